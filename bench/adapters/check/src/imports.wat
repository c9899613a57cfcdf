;; Imports of each kind that all engines have, but Wasm3. Nothing but their types is used, and the function must trap.
(module
  (type $bench (func (param i32) (result i64)))
  (import "env" "function" (func $function (param i64 f64) (result i32)))
  (import "env" "memory" (memory 1 16))
  (import "env" "table" (table 3 funcref))
  (import "env" "constant" (global $constant i32))
  (global $thousand (mut i64) (i64.const 0))
  (func (export "_initialize") (global.set $thousand (i64.const 1000)))
  (func (export "bench_run") (type $bench)
    (i32.store (i32.const 8) (i32.add (local.get 0) (global.get $constant)))
    (i64.add (i64.load32_s (i32.const 8)) (global.get $thousand)))
  (func (export "bench_trap") (type $bench)
    (i64.extend_i32_s (call $function (i64.const 1) (f64.const 2)))))
