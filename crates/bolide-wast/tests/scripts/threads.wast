;; Threads of a script: their own modules, shared memories, wait and notify between them.

(module $Mem
  (memory (export "shared") 1 1 shared)
  (func (export "not shared") (result i32) (i32.const 1)))

(thread $writer (shared (module $Mem))
  (register "mem" $Mem)
  (module
    (memory (import "mem" "shared") 1 1 shared)
    (func (export "run")
      (i32.atomic.store (i32.const 4) (i32.const 42))
      (i32.atomic.store (i32.const 0) (i32.const 1))
      (drop (memory.atomic.notify (i32.const 0) (i32.const 10)))))
  (invoke "run"))

(thread $reader (shared (module $Mem))
  (register "mem" $Mem)
  (module
    (memory (import "mem" "shared") 1 1 shared)
    (func (export "run") (result i32)
      (loop $again
        (if (i32.eqz (i32.atomic.load (i32.const 0)))
          (then
            (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const 1000000)))
            (br $again))))
      (i32.atomic.load (i32.const 4))))
  (assert_return (invoke "run") (i32.const 42))
  ;; Only the shared memory came along.
  (assert_unlinkable (module (import "mem" "not shared" (func (result i32)))) "unknown import"))

(wait $writer)
(wait $reader)

(register "mem" $Mem)
(module
  (memory (import "mem" "shared") 1 1 shared)
  (func (export "load") (result i32) (i32.load (i32.const 4)))
  (func (export "timeout") (result i32)
    (memory.atomic.wait32 (i32.const 0) (i32.const 1) (i64.const 1000))))
(assert_return (invoke "load") (i32.const 42))
(assert_return (invoke "timeout") (i32.const 2))
