;; peer: wasmi 2.0.0 swaps the operands of a `select` on `eqz` while a value is in its accumulator
;; remainder => Returned([i32:0x0])
;; sum => Returned([i32:0x3e9])
(module
  (global $g (mut i32) (i32.const 1000))
  (func (export "remainder") (result i32) (local $zero i32)
    global.get $g
    i32.const 1
    local.get $zero
    local.get $zero
    i32.eqz
    select
    i32.rem_u)
  (func (export "sum") (result i32) (local $zero i32)
    global.get $g
    i32.const 1
    local.get $zero
    local.get $zero
    i32.eqz
    select
    i32.add))
