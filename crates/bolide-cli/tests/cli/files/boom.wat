(module
  (import "host" "back" (func $back))
  (func $inner (export "inner") unreachable)
  (func (export "outer") call $back))
