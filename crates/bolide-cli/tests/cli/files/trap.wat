;; Ways to trap, with mangled names and without.
(module
  (func $_ZN4core9panicking5panic17h0123456789abcdefE unreachable)
  (func $_ZN9container2atEi (param i32) (drop (i32.div_s (i32.const 1) (local.get 0))))
  (func (param i32) (call $_ZN9container2atEi (local.get 0)))
  (func (export "panic") (call $_ZN4core9panicking5panic17h0123456789abcdefE))
  (func (export "divide") (call 2 (i32.const 0)))
  (func $forever (export "forever") (loop $again (br $again)))
  (func $recurse (export "recurse") (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (i32.add (i32.const 1) (call $recurse (i32.sub (local.get 0) (i32.const 1)))))
      (else (i32.const 0)))))
