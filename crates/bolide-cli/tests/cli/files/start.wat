;; Runs at instantiation only.
(module
  (global $runs (mut i32) (i32.const 0))
  (func $main (global.set $runs (i32.const 1)))
  (start $main))
