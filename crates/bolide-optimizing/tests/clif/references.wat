;; References across a call: the collectable one is spilled, the function reference is not.
(module
  (import "" "" (func $import))
  (table $t 5 externref)
  (func $f (param externref) (param funcref) (result externref funcref)
    (call $import)
    (table.set $t (i32.const 1) (local.get 0))
    (drop (ref.is_null (local.get 0)))
    (table.get $t (i32.const 2))
    (ref.func $f))
  (export "f" (func $f)))

;; clif:
;; function u0:0(i64 vmctx, i64, i64) -> i64, i64 tail {
;;     ss0 = explicit_slot 8, align = 8
;;     region0 = 0 "store"
;;     region1 = 131072 "code slots"
;;     region2 = 262144 "table definitions"
;;     region3 = 458752 "table 0"
;;     region4 = 720896 "spills"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly gv0
;;     gv2 = load.i64 notrap aligned readonly gv1
;;     sig0 = (i64 vmctx, i64, i64) -> i64, i64 tail
;;     sig1 = (i64 vmctx) tail
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i64, v2: i64):
;;                                     v35 = stack_addr.i64 ss0
;;                                     store notrap aligned region4 v1, v35
;; @0032                               v5 = load.i64 notrap aligned readonly v0+32
;; @0032                               v6 = load.i64 notrap aligned readonly v0+40
;; @0032                               v7 = load.i64 notrap aligned readonly can_move v0
;; @0032                               store notrap aligned region0 v0, v7+24
;; @0032                               v8 = load.i64 notrap aligned region1 v5
;; @0032                               call_indirect sig1, v8(v6), stack_map=[i64 @ ss0+0]
;; @0034                               v9 = iconst.i32 1
;; @0038                               v10 = load.i64 notrap aligned region2 v0+64
;; @0038                               v11 = uextend.i64 v9  ; v9 = 1
;; @0038                               v12 = icmp uge v11, v10
;; @0038                               trapnz v12, user4
;; @0038                               v13 = load.i64 notrap aligned region2 v0+56
;; @0038                               v14 = iconst.i64 3
;; @0038                               v15 = ishl v11, v14  ; v14 = 3
;; @0038                               v16 = iadd v13, v15
;;                                     v33 = stack_addr.i64 ss0
;;                                     v34 = load.i64 notrap aligned region4 v33
;; @0038                               store notrap aligned region3 v34, v16
;; @003c                               v17 = iconst.i64 0
;;                                     v31 = stack_addr.i64 ss0
;;                                     v32 = load.i64 notrap aligned region4 v31
;; @003c                               v18 = icmp eq v32, v17  ; v17 = 0
;; @003c                               v19 = uextend.i32 v18
;; @003e                               v20 = iconst.i32 2
;; @0040                               v21 = load.i64 notrap aligned region2 v0+64
;; @0040                               v22 = uextend.i64 v20  ; v20 = 2
;; @0040                               v23 = icmp uge v22, v21
;; @0040                               trapnz v23, user4
;; @0040                               v24 = load.i64 notrap aligned region2 v0+56
;; @0040                               v25 = iconst.i64 3
;; @0040                               v26 = ishl v22, v25  ; v25 = 3
;; @0040                               v27 = iadd v24, v26
;; @0040                               v28 = load.i64 notrap aligned region3 v27
;; @0042                               v29 = iconst.i64 80
;; @0042                               v30 = iadd v0, v29  ; v29 = 80
;; @0044                               return v28, v30
;; }
