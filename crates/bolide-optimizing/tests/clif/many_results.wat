;; Results that do not fit in registers go through the result buffer.
(module
  (func $ten (result i32 i32 i32 i32 i32 i32 i32 i32 i32 i64)
    i32.const 0 i32.const 1 i32.const 2 i32.const 3 i32.const 4
    i32.const 5 i32.const 6 i32.const 7 i32.const 8 i64.const 9)
  (func (result i64)
    call $ten
    return))

;; clif:
;; function u0:0(i64 vmctx) -> i32, i32, i32, i32, i32, i32, i32, i32 tail {
;;     region0 = 0 "store"
;;     region1 = 65536 "result buffer"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly gv0
;;     gv2 = load.i64 notrap aligned readonly gv1
;;     sig0 = (i64 vmctx) -> i32, i32, i32, i32, i32, i32, i32, i32 tail
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64):
;; @0026                               v11 = iconst.i32 0
;; @0028                               v12 = iconst.i32 1
;; @002a                               v13 = iconst.i32 2
;; @002c                               v14 = iconst.i32 3
;; @002e                               v15 = iconst.i32 4
;; @0030                               v16 = iconst.i32 5
;; @0032                               v17 = iconst.i32 6
;; @0034                               v18 = iconst.i32 7
;; @0036                               v19 = iconst.i32 8
;; @0038                               v20 = iconst.i64 9
;; @003a                               v21 = load.i64 notrap aligned readonly can_move v0
;; @003a                               v22 = load.i64 notrap aligned region0 v21+32
;; @003a                               store notrap aligned region1 v19, v22  ; v19 = 8
;; @003a                               store notrap aligned region1 v20, v22+16  ; v20 = 9
;; @003a                               return v11, v12, v13, v14, v15, v16, v17, v18  ; v11 = 0, v12 = 1, v13 = 2, v14 = 3, v15 = 4, v16 = 5, v17 = 6, v18 = 7
;; }
;;
;; function u0:0(i64 vmctx) -> i64 tail {
;;     region0 = 131072 "code slots"
;;     region1 = 0 "store"
;;     region2 = 65536 "result buffer"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly gv0
;;     gv2 = load.i64 notrap aligned readonly gv1
;;     sig0 = (i64 vmctx) -> i64 tail
;;     sig1 = (i64 vmctx) -> i32, i32, i32, i32, i32, i32, i32, i32 tail
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64):
;; @003d                               v2 = load.i64 notrap aligned readonly v0+16
;; @003d                               v3 = load.i64 notrap aligned region0 v2
;; @003d                               v4, v5, v6, v7, v8, v9, v10, v11 = call_indirect sig1, v3(v0)
;; @003d                               v12 = load.i64 notrap aligned readonly can_move v0
;; @003d                               v13 = load.i64 notrap aligned region1 v12+32
;; @003d                               v14 = load.i32 notrap aligned region2 v13
;; @003d                               v15 = load.i64 notrap aligned region2 v13+16
;; @003f                               return v15
;; }
