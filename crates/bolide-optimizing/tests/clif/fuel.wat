;; Fuel is charged where control may leave a straight line; fuel and interruption are checked at the
;; entry and at loop headers.
;; options: fuel interruption
(module
  (func (param i32)
    (loop $again
      (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
      (br_if $again (local.get 0)))))

;; clif:
;; function u0:0(i64 vmctx, i32) tail {
;;     region0 = 0 "store"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly gv0
;;     gv2 = load.i64 notrap aligned readonly gv1
;;     sig0 = (i64 vmctx, i32) tail
;;     sig1 = (i64 vmctx) system_v
;;     sig2 = (i64 vmctx) system_v
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32):
;;                                     v41 -> v1
;;                                     v42 -> v1
;; @0017                               v2 = load.i64 notrap aligned readonly can_move v0
;; @0017                               v3 = iconst.i64 16
;; @0017                               v4 = iadd v2, v3  ; v3 = 16
;; @0017                               v5 = atomic_load.i32 notrap aligned v4
;; @0017                               brif v5, block2, block3
;;
;;                                 block2 cold:
;; @0017                               v6 = load.i64 notrap aligned readonly v0+24
;; @0017                               v7 = load.i64 notrap aligned readonly v6+104
;; @0017                               call_indirect sig1, v7(v0)
;; @0017                               jump block3
;;
;;                                 block3:
;; @0017                               v8 = load.i64 notrap aligned readonly can_move v0
;; @0017                               v9 = load.i64 notrap aligned region0 v8+8
;; @0017                               v10 = iconst.i64 0
;; @0017                               v11 = icmp sge v9, v10  ; v10 = 0
;; @0017                               brif v11, block4, block5
;;
;;                                 block4 cold:
;; @0017                               v12 = load.i64 notrap aligned readonly v0+24
;; @0017                               v13 = load.i64 notrap aligned readonly v12+112
;; @0017                               call_indirect sig2, v13(v0)
;; @0017                               jump block5
;;
;;                                 block5:
;; @0018                               v14 = load.i64 notrap aligned readonly can_move v0
;; @0018                               v15 = load.i64 notrap aligned region0 v14+8
;; @0018                               v16 = iconst.i64 1
;; @0018                               v17 = iadd v15, v16  ; v16 = 1
;; @0018                               v18 = load.i64 notrap aligned readonly can_move v0
;; @0018                               store notrap aligned region0 v17, v18+8
;; @0018                               jump block6(v1)
;;
;;                                 block6(v33: i32):
;;                                     v31 -> v33
;;                                     v32 -> v33
;; @0018                               v19 = load.i64 notrap aligned readonly can_move v0
;; @0018                               v20 = iconst.i64 16
;; @0018                               v21 = iadd v19, v20  ; v20 = 16
;; @0018                               v22 = atomic_load.i32 notrap aligned v21
;; @0018                               brif v22, block8, block9
;;
;;                                 block8 cold:
;; @0018                               v23 = load.i64 notrap aligned readonly v0+24
;; @0018                               v24 = load.i64 notrap aligned readonly v23+104
;; @0018                               call_indirect sig1, v24(v0)
;; @0018                               jump block9
;;
;;                                 block9:
;; @0018                               v25 = load.i64 notrap aligned readonly can_move v0
;; @0018                               v26 = load.i64 notrap aligned region0 v25+8
;; @0018                               v27 = iconst.i64 0
;; @0018                               v28 = icmp sge v26, v27  ; v27 = 0
;; @0018                               brif v28, block10, block11
;;
;;                                 block10 cold:
;; @0018                               v29 = load.i64 notrap aligned readonly v0+24
;; @0018                               v30 = load.i64 notrap aligned readonly v29+112
;; @0018                               call_indirect sig2, v30(v0)
;; @0018                               jump block11
;;
;;                                 block11:
;; @001c                               v34 = iconst.i32 1
;; @001e                               v35 = isub.i32 v33, v34  ; v34 = 1
;; @0023                               v36 = load.i64 notrap aligned readonly can_move v0
;; @0023                               v37 = load.i64 notrap aligned region0 v36+8
;; @0023                               v38 = iconst.i64 6
;; @0023                               v39 = iadd v37, v38  ; v38 = 6
;; @0023                               v40 = load.i64 notrap aligned readonly can_move v0
;; @0023                               store notrap aligned region0 v39, v40+8
;; @0023                               brif v35, block6(v35), block12
;;
;;                                 block12:
;; @0026                               return
;; }
