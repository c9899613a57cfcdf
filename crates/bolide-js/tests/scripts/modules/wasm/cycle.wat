(module
  (import "./cycle.mjs" "fromJs" (func $fromJs (result i32)))
  (func (export "callBack") (result i32) (call $fromJs)))
