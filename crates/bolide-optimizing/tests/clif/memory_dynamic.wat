;; A memory that may move: base and length are loaded again, and the check covers the offset.
;; options: dynamic-memory
(module
  (memory 1)
  (func (param i32) (result i64)
    (i64.load offset=67108864 (local.get 0)))
  (func (param i32) (param i32)
    (i32.store8 (local.get 0) (local.get 1))))

;; clif:
;; function u0:0(i64 vmctx, i32) -> i64 tail {
;;     region0 = 196608 "memory definitions"
;;     region1 = 327680 "memory 0"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly gv0
;;     gv2 = load.i64 notrap aligned readonly gv1
;;     sig0 = (i64 vmctx, i32) -> i64 tail
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32):
;; @0026                               v3 = uextend.i64 v1
;; @0026                               v4 = load.i64 notrap aligned region0 v0+40
;; @0026                               v5 = iconst.i64 0x0400_0008
;; @0026                               v6 = iadd v3, v5  ; v5 = 0x0400_0008
;; @0026                               v7 = icmp ugt v6, v4
;; @0026                               trapnz v7, heap_oob
;; @0026                               v8 = load.i64 notrap aligned region0 v0+32
;; @0026                               v9 = iadd v8, v3
;; @0026                               v10 = load.i64 little region1 v9+0x0400_0000
;; @002c                               return v10
;; }
;;
;; function u0:0(i64 vmctx, i32, i32) tail {
;;     region0 = 196608 "memory definitions"
;;     region1 = 327680 "memory 0"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly gv0
;;     gv2 = load.i64 notrap aligned readonly gv1
;;     sig0 = (i64 vmctx, i32, i32) tail
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32, v2: i32):
;; @0033                               v3 = uextend.i64 v1
;; @0033                               v4 = load.i64 notrap aligned region0 v0+40
;; @0033                               v5 = icmp ugt v3, v4
;; @0033                               trapnz v5, heap_oob
;; @0033                               v6 = load.i64 notrap aligned region0 v0+32
;; @0033                               v7 = iadd v6, v3
;; @0033                               istore8 user101 little region1 v2, v7
;; @0036                               return
;; }
