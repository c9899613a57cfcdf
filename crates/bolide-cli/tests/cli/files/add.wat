;; Functions of every kind of type, to be called with --invoke.
(module $math
  (func (export "add") (param $a i32) (param $b i32) (result i32)
    (i32.add (local.get $a) (local.get $b)))
  (func (export "wide") (param i64) (result i64) (local.get 0))
  (func (export "single") (param f32) (result f32) (local.get 0))
  (func (export "double") (param f64) (result f64) (local.get 0))
  (func (export "vector") (param v128) (result v128) (local.get 0))
  (func (export "reference") (param externref) (result externref) (local.get 0))
  (func (export "not_null") (param (ref func)))
  (func (export "self") (result funcref) (ref.func 0))
  (func (export "pair") (result i32 f64) (i32.const 1) (f64.const 0.5))
  (func (export "nothing"))
  (global (export "answer") i32 (i32.const 42)))
