;; A small but complete instance: a page of memory with data in it, a table, globals, two functions.
;; `bench_run` returns n plus the first byte of memory, which is 7.
(module
  (type $bench (func (param i32) (result i64)))
  (memory (export "memory") 1)
  (global $calls (mut i64) (i64.const 0))
  (table 2 2 funcref)
  (elem (i32.const 0) $run $calls_so_far)
  (data (i32.const 0) "\07 the data that an instance starts with")
  (func $run (export "bench_run") (type $bench)
    (global.set $calls (i64.add (global.get $calls) (i64.const 1)))
    (i64.add (i64.extend_i32_s (local.get 0)) (i64.extend_i32_u (i32.load8_u (i32.const 0)))))
  (func $calls_so_far (export "calls") (result i64) (global.get $calls))
)
