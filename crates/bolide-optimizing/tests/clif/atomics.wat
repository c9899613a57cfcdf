;; Atomic accesses of a shared memory: alignment is checked, narrow operands are cut and extended.
(module
  (memory 1 10 shared)
  (func (param i32) (param i64) (result i64)
    (i64.atomic.rmw16.cmpxchg_u offset=6 (local.get 0) (local.get 1) (i64.const 3)))
  (func (param i32) (result i32)
    (memory.atomic.wait32 offset=8 (local.get 0) (i32.const 0) (i64.const -1)))
  (func (result i32)
    (atomic.fence)
    (memory.size)))

;; clif:
;; function u0:0(i64 vmctx, i32, i64) -> i64 tail {
;;     region0 = 327680 "memory 0"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly gv0
;;     gv2 = load.i64 notrap aligned readonly gv1
;;     sig0 = (i64 vmctx, i32, i64) -> i64 tail
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32, v2: i64):
;; @002f                               v4 = iconst.i64 3
;; @0031                               v5 = uextend.i64 v1
;; @0031                               v6 = iconst.i64 6
;; @0031                               v7 = iadd v5, v6  ; v6 = 6
;; @0031                               v8 = iconst.i64 1
;; @0031                               v9 = band v7, v8  ; v8 = 1
;; @0031                               trapnz v9, user3
;; @0031                               v10 = uextend.i64 v1
;; @0031                               v11 = load.i64 notrap aligned readonly can_move v0+32
;; @0031                               v12 = load.i64 notrap aligned readonly can_move v11
;; @0031                               v13 = iadd v12, v10
;; @0031                               v14 = iconst.i64 6
;; @0031                               v15 = iadd v13, v14  ; v14 = 6
;; @0031                               v16 = ireduce.i16 v2
;; @0031                               v17 = ireduce.i16 v4  ; v4 = 3
;; @0031                               v18 = atomic_cas v15, v16, v17
;; @0031                               v19 = uextend.i64 v18
;; @0035                               return v19
;; }
;;
;; function u0:0(i64 vmctx, i32) -> i32 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly gv0
;;     gv2 = load.i64 notrap aligned readonly gv1
;;     sig0 = (i64 vmctx, i32) -> i32 tail
;;     sig1 = (i64 vmctx, i32, i64, i32, i64) -> i32 system_v
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32):
;; @003a                               v3 = iconst.i32 0
;; @003c                               v4 = iconst.i64 -1
;; @003e                               v5 = uextend.i64 v1
;; @003e                               v6 = iconst.i64 8
;; @003e                               v7 = iadd v5, v6  ; v6 = 8
;; @003e                               v8 = iconst.i32 0
;; @003e                               v9 = load.i64 notrap aligned readonly v0+24
;; @003e                               v10 = load.i64 notrap aligned readonly v9+80
;; @003e                               v11 = call_indirect sig1, v10(v0, v8, v7, v3, v4)  ; v8 = 0, v3 = 0, v4 = -1
;; @0042                               return v11
;; }
;;
;; function u0:0(i64 vmctx) -> i32 tail {
;;     region0 = 196608 "memory definitions"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly gv0
;;     gv2 = load.i64 notrap aligned readonly gv1
;;     sig0 = (i64 vmctx) -> i32 tail
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64):
;; @0045                               fence
;; @0048                               v2 = load.i64 notrap aligned readonly can_move v0+32
;; @0048                               v3 = iconst.i64 8
;; @0048                               v4 = iadd v2, v3  ; v3 = 8
;; @0048                               v5 = atomic_load.i64 notrap aligned region0 v4
;; @0048                               v6 = iconst.i64 16
;; @0048                               v7 = ushr v5, v6  ; v6 = 16
;; @0048                               v8 = ireduce.i32 v7
;; @004a                               return v8
;; }
