;; Indirect calls: to a final type, to an open type, and through a table that makes the check
;; superfluous.
(module
  (type $final (func (param i32) (result i32)))
  (type $open (sub (func (result i64))))
  (table $any 10 funcref)
  (table $typed 10 10 (ref null $final))
  (func (param i32) (result i32)
    (call_indirect $any (type $final) (local.get 0) (local.get 0)))
  (func (param i32) (result i64)
    (call_indirect $any (type $open) (local.get 0)))
  (func (param i32) (result i32)
    (call_indirect $typed (type $final) (local.get 0) (local.get 0)))
  (func (param (ref null $final)) (result i32)
    (return_call_ref $final (i32.const 1) (local.get 0))))

;; clif:
;; function u0:0(i64 vmctx, i32) -> i32 tail {
;;     region0 = 262144 "table definitions"
;;     region1 = 458752 "table 0"
;;     region2 = 0 "store"
;;     region3 = 131072 "code slots"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly gv0
;;     gv2 = load.i64 notrap aligned readonly gv1
;;     sig0 = (i64 vmctx, i32) -> i32 tail
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32):
;; @003c                               v3 = load.i64 notrap aligned region0 v0+40
;; @003c                               v4 = uextend.i64 v1
;; @003c                               v5 = icmp uge v4, v3
;; @003c                               trapnz v5, user15
;; @003c                               v6 = load.i64 notrap aligned region0 v0+32
;; @003c                               v7 = iconst.i64 3
;; @003c                               v8 = ishl v4, v7  ; v7 = 3
;; @003c                               v9 = iadd v6, v8
;; @003c                               v10 = load.i64 notrap aligned region1 v9
;; @003c                               v11 = load.i32 user5 aligned readonly v10+16
;; @003c                               v12 = iconst.i32 0
;; @003c                               v13 = icmp eq v11, v12  ; v12 = 0
;; @003c                               trapz v13, user6
;; @003c                               v14 = load.i64 notrap aligned readonly v10+8
;; @003c                               v15 = load.i64 notrap aligned readonly can_move v0
;; @003c                               store notrap aligned region2 v0, v15+24
;; @003c                               v16 = load.i64 notrap aligned region3 v10+24
;; @003c                               v17 = call_indirect sig0, v16(v14, v1)
;; @003f                               return v17
;; }
;;
;; function u0:0(i64 vmctx, i32) -> i64 tail {
;;     region0 = 262144 "table definitions"
;;     region1 = 458752 "table 0"
;;     region2 = 0 "store"
;;     region3 = 131072 "code slots"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly gv0
;;     gv2 = load.i64 notrap aligned readonly gv1
;;     sig0 = (i64 vmctx, i32) -> i64 tail
;;     sig1 = (i64 vmctx, i32, i32) -> i32 system_v
;;     sig2 = (i64 vmctx) -> i64 tail
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32):
;; @0044                               v3 = load.i64 notrap aligned region0 v0+40
;; @0044                               v4 = uextend.i64 v1
;; @0044                               v5 = icmp uge v4, v3
;; @0044                               trapnz v5, user15
;; @0044                               v6 = load.i64 notrap aligned region0 v0+32
;; @0044                               v7 = iconst.i64 3
;; @0044                               v8 = ishl v4, v7  ; v7 = 3
;; @0044                               v9 = iadd v6, v8
;; @0044                               v10 = load.i64 notrap aligned region1 v9
;; @0044                               v11 = load.i32 user5 aligned readonly v10+16
;; @0044                               v12 = iconst.i32 1
;; @0044                               v13 = icmp eq v11, v12  ; v12 = 1
;; @0044                               brif v13, block3, block2
;;
;;                                 block2 cold:
;; @0044                               v14 = load.i64 notrap aligned readonly v0+24
;; @0044                               v15 = load.i64 notrap aligned readonly v14+120
;; @0044                               v16 = call_indirect sig1, v15(v0, v11, v12)  ; v12 = 1
;; @0044                               trapz v16, user6
;; @0044                               jump block3
;;
;;                                 block3:
;; @0044                               v17 = load.i64 notrap aligned readonly v10+8
;; @0044                               v18 = load.i64 notrap aligned readonly can_move v0
;; @0044                               store.i64 notrap aligned region2 v0, v18+24
;; @0044                               v19 = load.i64 notrap aligned region3 v10+24
;; @0044                               v20 = call_indirect sig2, v19(v17)
;; @0047                               return v20
;; }
;;
;; function u0:0(i64 vmctx, i32) -> i32 tail {
;;     region0 = 262144 "table definitions"
;;     region1 = 458753 "table 1"
;;     region2 = 0 "store"
;;     region3 = 131072 "code slots"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly gv0
;;     gv2 = load.i64 notrap aligned readonly gv1
;;     sig0 = (i64 vmctx, i32) -> i32 tail
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32):
;; @004e                               v3 = iconst.i64 10
;; @004e                               v4 = uextend.i64 v1
;; @004e                               v5 = icmp uge v4, v3  ; v3 = 10
;; @004e                               trapnz v5, user15
;; @004e                               v6 = load.i64 notrap aligned region0 v0+48
;; @004e                               v7 = iconst.i64 3
;; @004e                               v8 = ishl v4, v7  ; v7 = 3
;; @004e                               v9 = iadd v6, v8
;; @004e                               v10 = load.i64 notrap aligned region1 v9
;; @004e                               v11 = load.i64 user5 aligned readonly v10+8
;; @004e                               v12 = load.i64 notrap aligned readonly can_move v0
;; @004e                               store notrap aligned region2 v0, v12+24
;; @004e                               v13 = load.i64 notrap aligned region3 v10+24
;; @004e                               v14 = call_indirect sig0, v13(v11, v1)
;; @0051                               return v14
;; }
;;
;; function u0:0(i64 vmctx, i64) -> i32 tail {
;;     region0 = 0 "store"
;;     region1 = 131072 "code slots"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly gv0
;;     gv2 = load.i64 notrap aligned readonly gv1
;;     sig0 = (i64 vmctx, i64) -> i32 tail
;;     sig1 = (i64 vmctx, i32) -> i32 tail
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i64):
;; @0054                               v3 = iconst.i32 1
;; @0058                               v4 = load.i64 user14 aligned readonly v1+8
;; @0058                               v5 = load.i64 notrap aligned readonly can_move v0
;; @0058                               store notrap aligned region0 v0, v5+24
;; @0058                               v6 = load.i64 notrap aligned region1 v1+24
;; @0058                               return_call_indirect sig1, v6(v4, v3)  ; v3 = 1
;; }
