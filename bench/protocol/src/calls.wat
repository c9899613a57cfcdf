;; Calls in each direction. Each `bench_*` function but the first makes n calls of a function that adds one, and
;; returns the sum, which is n.
(module
  (type $unary (func (param i32) (result i32)))
  (type $bench (func (param i32) (result i64)))
  (import "host" "add_one" (func $host (type $unary)))
  (memory (export "memory") 1)
  (table 4 4 funcref)
  (elem (i32.const 0) $a $b $c $d)
  ;; Four functions that differ, so that an engine cannot make them one.
  (func $a (type $unary) (i32.add (local.get 0) (i32.const 1)))
  (func $b (type $unary) (i32.sub (local.get 0) (i32.const -1)))
  (func $c (type $unary) (i32.xor (i32.sub (i32.xor (local.get 0) (i32.const -1)) (i32.const 1)) (i32.const -1)))
  (func $d (type $unary) (i32.sub (i32.const 1) (i32.sub (i32.const 0) (local.get 0))))

  ;; What the host calls: returns n.
  (func (export "bench_identity") (type $bench) (i64.extend_i32_s (local.get 0)))

  (func (export "bench_to_host") (type $bench)
    (local $sum i32)
    (loop $again
      (local.set $sum (call $host (local.get $sum)))
      (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (i64.extend_i32_s (local.get $sum)))

  ;; A table call whose target changes with every call.
  (func (export "bench_indirect") (type $bench)
    (local $sum i32)
    (loop $again
      (local.set $sum
        (call_indirect (type $unary) (local.get $sum) (i32.and (local.get 0) (i32.const 3))))
      (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (i64.extend_i32_s (local.get $sum)))
)
