;; bolide parse examples/quick-guide/demo.wat && bolide run examples/quick-guide/demo.mjs

(module
  (import "imports" "hello_from_js" (func $hello_from_js (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "Hello")
  (func (export "hello_from_wasm")
    i32.const 42
    call $hello_from_js))
