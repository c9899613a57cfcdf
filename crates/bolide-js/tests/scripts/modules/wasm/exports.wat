(module
  (memory (export "memory") 1)
  (table (export "table") 2 funcref)
  (global (export "constant") i32 (i32.const 42))
  (global (export "big") i64 (i64.const 5))
  (global $counter (export "counter") (mut i32) (i32.const 0))
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "not an identifier") (result i32) (i32.const 7))
  (func (export "increment") (global.set $counter (i32.add (global.get $counter) (i32.const 1)))))
