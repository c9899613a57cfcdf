;; A library with a state that `_initialize` sets.
(module
  (import "wasi_snapshot_preview1" "sched_yield" (func $sched_yield (result i32)))
  (memory (export "memory") 1)
  (global $state (mut i32) (i32.const 0))
  (func (export "_initialize") (global.set $state (i32.const 7)))
  (func (export "state") (result i32) (i32.add (global.get $state) (call $sched_yield))))
