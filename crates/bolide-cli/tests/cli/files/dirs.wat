;; For each directory: prints its name, creates the file `new` in it, and adds up the errors to its exit code.
(module
  (import "wasi_snapshot_preview1" "fd_prestat_get" (func $fd_prestat_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_dir_name" (func $fd_prestat_dir_name (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "new")
  (func (export "_start")
    (local $fd i32) (local $length i32) (local $errors i32)
    (local.set $fd (i32.const 3))
    (block $done
      (loop $next
        (br_if $done (call $fd_prestat_get (local.get $fd) (i32.const 16)))
        (local.set $length (i32.load (i32.const 20)))
        (drop (call $fd_prestat_dir_name (local.get $fd) (i32.const 1024) (local.get $length)))
        (i32.store8 offset=1024 (local.get $length) (i32.const 10))
        (i32.store (i32.const 32) (i32.const 1024))
        (i32.store (i32.const 36) (i32.add (local.get $length) (i32.const 1)))
        (drop (call $fd_write (i32.const 1) (i32.const 32) (i32.const 1) (i32.const 40)))
        (local.set $errors (i32.add (local.get $errors)
          (call $path_open (local.get $fd) (i32.const 0) (i32.const 0) (i32.const 3)
            (i32.const 1) (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 44))))
        (local.set $fd (i32.add (local.get $fd) (i32.const 1)))
        (br_if $next (i32.lt_u (local.get $fd) (i32.const 10)))))
    (call $proc_exit (local.get $errors))))
