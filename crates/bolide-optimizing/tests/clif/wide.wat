;; Loads whose results are indices extend them: pointers, bytes, and what is extended later. What is not an index is
;; loaded as it is.
;; options: wide-loads
(module
  (memory 1)
  (func (param i32) (result i32)
    (i32.load offset=4 (i32.load offset=8 (i32.load (local.get 0)))))
  (func (param i32) (result i32 i32 i64)
    (local i32)
    (local.set 1 (i32.load8_u (local.get 0)))
    (i32.store (i32.const 0) (i32.const 7))
    (i32.load16_u (local.get 1))
    (local.get 1)
    (i64.extend_i32_u (local.get 1)))
  (func (param i32) (result i64)
    (i64.load (i32.load8_s (local.get 0))))
  (func (param i32) (result i64)
    (i64.load (i32.wrap_i64 (i64.load (local.get 0)))))
  (func (param i32) (result i64)
    (i64.load (i32.wrap_i64 (i64.load32_u (local.get 0))))))

;; clif:
;; function u0:0(i64 vmctx, i32) -> i32 tail {
;;     region0 = 327680 "memory 0"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly gv0
;;     gv2 = load.i64 notrap aligned readonly gv1
;;     sig0 = (i64 vmctx, i32) -> i32 tail
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32):
;; @0030                               v3 = uextend.i64 v1
;; @0030                               v4 = load.i64 notrap aligned readonly can_move v0+32
;; @0030                               v5 = iadd v4, v3
;; @0030                               v7 = uload32 little region0 v5
;; @0030                               v6 = ireduce.i32 v7
;; @0033                               v8 = load.i64 notrap aligned readonly can_move v0+32
;; @0033                               v9 = iadd v8, v7
;; @0033                               v11 = uload32 little region0 v9+8
;; @0033                               v10 = ireduce.i32 v11
;; @0036                               v12 = load.i64 notrap aligned readonly can_move v0+32
;; @0036                               v13 = iadd v12, v11
;; @0036                               v14 = load.i32 little region0 v13+4
;; @0039                               return v14
;; }
;;
;; function u0:0(i64 vmctx, i32) -> i32, i32, i64 tail {
;;     region0 = 327680 "memory 0"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly gv0
;;     gv2 = load.i64 notrap aligned readonly gv1
;;     sig0 = (i64 vmctx, i32) -> i32, i32, i64 tail
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32):
;;                                     v2 = iconst.i32 0
;; @0040                               v6 = uextend.i64 v1
;; @0040                               v7 = load.i64 notrap aligned readonly can_move v0+32
;; @0040                               v8 = iadd v7, v6
;; @0040                               v15 = uload8.i64 little region0 v8
;; @0040                               v9 = ireduce.i32 v15
;; @0045                               v10 = iconst.i32 0
;; @0047                               v11 = iconst.i32 7
;; @0049                               v12 = uextend.i64 v10  ; v10 = 0
;; @0049                               v13 = load.i64 notrap aligned readonly can_move v0+32
;; @0049                               v14 = iadd v13, v12
;; @0049                               store user101 little region0 v11, v14  ; v11 = 7
;; @004e                               v16 = load.i64 notrap aligned readonly can_move v0+32
;; @004e                               v17 = iadd v16, v15
;; @004e                               v18 = uload16.i32 little region0 v17
;; @0056                               return v18, v9, v15
;; }
;;
;; function u0:0(i64 vmctx, i32) -> i64 tail {
;;     region0 = 327680 "memory 0"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly gv0
;;     gv2 = load.i64 notrap aligned readonly gv1
;;     sig0 = (i64 vmctx, i32) -> i64 tail
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32):
;; @005b                               v3 = uextend.i64 v1
;; @005b                               v4 = load.i64 notrap aligned readonly can_move v0+32
;; @005b                               v5 = iadd v4, v3
;; @005b                               v6 = sload8.i32 little region0 v5
;; @005e                               v7 = uextend.i64 v6
;; @005e                               v8 = load.i64 notrap aligned readonly can_move v0+32
;; @005e                               v9 = iadd v8, v7
;; @005e                               v10 = load.i64 little region0 v9
;; @0061                               return v10
;; }
;;
;; function u0:0(i64 vmctx, i32) -> i64 tail {
;;     region0 = 327680 "memory 0"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly gv0
;;     gv2 = load.i64 notrap aligned readonly gv1
;;     sig0 = (i64 vmctx, i32) -> i64 tail
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32):
;; @0066                               v3 = uextend.i64 v1
;; @0066                               v4 = load.i64 notrap aligned readonly can_move v0+32
;; @0066                               v5 = iadd v4, v3
;; @0066                               v6 = load.i64 little region0 v5
;; @0069                               v7 = ireduce.i32 v6
;; @006a                               v8 = uextend.i64 v7
;; @006a                               v9 = load.i64 notrap aligned readonly can_move v0+32
;; @006a                               v10 = iadd v9, v8
;; @006a                               v11 = load.i64 little region0 v10
;; @006d                               return v11
;; }
;;
;; function u0:0(i64 vmctx, i32) -> i64 tail {
;;     region0 = 327680 "memory 0"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly gv0
;;     gv2 = load.i64 notrap aligned readonly gv1
;;     sig0 = (i64 vmctx, i32) -> i64 tail
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32):
;; @0072                               v3 = uextend.i64 v1
;; @0072                               v4 = load.i64 notrap aligned readonly can_move v0+32
;; @0072                               v5 = iadd v4, v3
;; @0072                               v6 = uload32 little region0 v5
;; @0075                               v7 = ireduce.i32 v6
;; @0076                               v8 = load.i64 notrap aligned readonly can_move v0+32
;; @0076                               v9 = iadd v8, v6
;; @0076                               v10 = load.i64 little region0 v9
;; @0079                               return v10
;; }
