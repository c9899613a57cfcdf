;; Reads beyond the end of its memory: the message and the backtrace name the functions. Run it with
;;     bolide run --invoke sum examples/trap.wat 16384
;; 16383 numbers fit in one page after the first four bytes, so 16383 works and 16384 traps.
(module $trap
  (memory 1)
  (func $load (param $index i32) (result i32)
    (i32.load offset=4 (i32.shl (local.get $index) (i32.const 2))))
  (func $sum (export "sum") (param $count i32) (result i32)
    (local $sum i32)
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $count)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (local.set $sum (i32.add (local.get $sum) (call $load (local.get $count))))
        (br $next)))
    (local.get $sum)))
