(module
  (func $wrong (export "wrong") (result i32)
    (i64.const 1)))
