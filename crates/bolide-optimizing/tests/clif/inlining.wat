;; Calls become the bodies of their callees: returns are branches, fuel is that of calls, and recursion ends in a call.
;; options: fuel inline inline-recursion
(module
  (func $f (param i32 i32) (result i32)
    (i32.add (call $g (local.get 0)) (local.get 1)))
  (func $g (param i32) (result i32)
    (if (local.get 0) (then (return (i32.const 5))))
    (i32.const 6))
  (func $down (param i32)
    (br_if 0 (i32.eqz (local.get 0)))
    (call $down (i32.sub (local.get 0) (i32.const 1)))))

;; clif:
;; function u0:0(i64 vmctx, i32, i32) -> i32 tail {
;;     region0 = 0 "store"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly gv0
;;     gv2 = load.i64 notrap aligned readonly gv1
;;     sig0 = (i64 vmctx, i32, i32) -> i32 tail
;;     sig1 = (i64 vmctx) system_v
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32, v2: i32):
;;                                     v10 -> v1
;;                                     v23 -> v1
;;                                     v41 -> v2
;;                                     v42 -> v2
;;                                     v43 -> v2
;; @0024                               v4 = load.i64 notrap aligned readonly can_move v0
;; @0024                               v5 = load.i64 notrap aligned region0 v4+8
;; @0024                               v6 = iconst.i64 0
;; @0024                               v7 = icmp sge v5, v6  ; v6 = 0
;; @0024                               brif v7, block2, block3
;;
;;                                 block2 cold:
;; @0024                               v8 = load.i64 notrap aligned readonly v0+24
;; @0024                               v9 = load.i64 notrap aligned readonly v8+112
;; @0024                               call_indirect sig1, v9(v0)
;; @0024                               jump block3
;;
;;                                 block3:
;; @0027                               v11 = load.i64 notrap aligned readonly can_move v0
;; @0027                               v12 = load.i64 notrap aligned region0 v11+8
;; @0027                               v13 = iconst.i64 3
;; @0027                               v14 = iadd v12, v13  ; v13 = 3
;; @0027                               v15 = load.i64 notrap aligned readonly can_move v0
;; @0027                               store notrap aligned region0 v14, v15+8
;; @80000000                           v17 = load.i64 notrap aligned readonly can_move v0
;; @80000000                           v18 = load.i64 notrap aligned region0 v17+8
;; @80000000                           v19 = iconst.i64 0
;; @80000000                           v20 = icmp sge v18, v19  ; v19 = 0
;; @80000000                           brif v20, block5, block6
;;
;;                                 block5 cold:
;; @80000000                           v21 = load.i64 notrap aligned readonly v0+24
;; @80000000                           v22 = load.i64 notrap aligned readonly v21+112
;; @80000000                           call_indirect sig1, v22(v0)
;; @80000000                           jump block6
;;
;;                                 block6:
;; @80000002                           v24 = load.i64 notrap aligned readonly can_move v0
;; @80000002                           v25 = load.i64 notrap aligned region0 v24+8
;; @80000002                           v26 = iconst.i64 3
;; @80000002                           v27 = iadd v25, v26  ; v26 = 3
;; @80000002                           v28 = load.i64 notrap aligned readonly can_move v0
;; @80000002                           store notrap aligned region0 v27, v28+8
;; @80000002                           brif.i32 v1, block8, block9
;;
;;                                 block8:
;; @80000003                           v29 = iconst.i32 5
;; @80000004                           v30 = load.i64 notrap aligned readonly can_move v0
;; @80000004                           v31 = load.i64 notrap aligned region0 v30+8
;; @80000004                           v32 = iconst.i64 1
;; @80000004                           v33 = iadd v31, v32  ; v32 = 1
;; @80000004                           v34 = load.i64 notrap aligned readonly can_move v0
;; @80000004                           store notrap aligned region0 v33, v34+8
;; @80000004                           jump block4(v29)  ; v29 = 5
;;
;;                                 block9:
;; @80000006                           v35 = iconst.i32 6
;; @80000007                           v36 = load.i64 notrap aligned readonly can_move v0
;; @80000007                           v37 = load.i64 notrap aligned region0 v36+8
;; @80000007                           v38 = iconst.i64 1
;; @80000007                           v39 = iadd v37, v38  ; v38 = 1
;; @80000007                           v40 = load.i64 notrap aligned readonly can_move v0
;; @80000007                           store notrap aligned region0 v39, v40+8
;; @80000007                           jump block4(v35)  ; v35 = 6
;;
;;                                 block4(v16: i32):
;; @002b                               v44 = iadd v16, v2
;; @002c                               v45 = load.i64 notrap aligned readonly can_move v0
;; @002c                               v46 = load.i64 notrap aligned region0 v45+8
;; @002c                               v47 = iconst.i64 2
;; @002c                               v48 = iadd v46, v47  ; v47 = 2
;; @002c                               v49 = load.i64 notrap aligned readonly can_move v0
;; @002c                               store notrap aligned region0 v48, v49+8
;; @002c                               return v44
;; }
;;
;; function u0:0(i64 vmctx, i32) -> i32 tail {
;;     region0 = 0 "store"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly gv0
;;     gv2 = load.i64 notrap aligned readonly gv1
;;     sig0 = (i64 vmctx, i32) -> i32 tail
;;     sig1 = (i64 vmctx) system_v
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32):
;;                                     v9 -> v1
;; @002e                               v3 = load.i64 notrap aligned readonly can_move v0
;; @002e                               v4 = load.i64 notrap aligned region0 v3+8
;; @002e                               v5 = iconst.i64 0
;; @002e                               v6 = icmp sge v4, v5  ; v5 = 0
;; @002e                               brif v6, block2, block3
;;
;;                                 block2 cold:
;; @002e                               v7 = load.i64 notrap aligned readonly v0+24
;; @002e                               v8 = load.i64 notrap aligned readonly v7+112
;; @002e                               call_indirect sig1, v8(v0)
;; @002e                               jump block3
;;
;;                                 block3:
;; @0031                               v10 = load.i64 notrap aligned readonly can_move v0
;; @0031                               v11 = load.i64 notrap aligned region0 v10+8
;; @0031                               v12 = iconst.i64 3
;; @0031                               v13 = iadd v11, v12  ; v12 = 3
;; @0031                               v14 = load.i64 notrap aligned readonly can_move v0
;; @0031                               store notrap aligned region0 v13, v14+8
;; @0031                               brif.i32 v1, block5, block6
;;
;;                                 block5:
;; @0033                               v15 = iconst.i32 5
;; @0035                               v16 = load.i64 notrap aligned readonly can_move v0
;; @0035                               v17 = load.i64 notrap aligned region0 v16+8
;; @0035                               v18 = iconst.i64 1
;; @0035                               v19 = iadd v17, v18  ; v18 = 1
;; @0035                               v20 = load.i64 notrap aligned readonly can_move v0
;; @0035                               store notrap aligned region0 v19, v20+8
;; @0035                               return v15  ; v15 = 5
;;
;;                                 block6:
;; @0037                               v21 = iconst.i32 6
;; @0039                               v22 = load.i64 notrap aligned readonly can_move v0
;; @0039                               v23 = load.i64 notrap aligned region0 v22+8
;; @0039                               v24 = iconst.i64 1
;; @0039                               v25 = iadd v23, v24  ; v24 = 1
;; @0039                               v26 = load.i64 notrap aligned readonly can_move v0
;; @0039                               store notrap aligned region0 v25, v26+8
;; @0039                               return v21  ; v21 = 6
;; }
;;
;; function u0:0(i64 vmctx, i32) tail {
;;     region0 = 0 "store"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly gv0
;;     gv2 = load.i64 notrap aligned readonly gv1
;;     sig0 = (i64 vmctx, i32) tail
;;     sig1 = (i64 vmctx) system_v
;;     fn0 = colocated u0:2 sig0
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32):
;;                                     v8 -> v1
;; @003b                               v2 = load.i64 notrap aligned readonly can_move v0
;; @003b                               v3 = load.i64 notrap aligned region0 v2+8
;; @003b                               v4 = iconst.i64 0
;; @003b                               v5 = icmp sge v3, v4  ; v4 = 0
;; @003b                               brif v5, block2, block3
;;
;;                                 block2 cold:
;; @003b                               v6 = load.i64 notrap aligned readonly v0+24
;; @003b                               v7 = load.i64 notrap aligned readonly v6+112
;; @003b                               call_indirect sig1, v7(v0)
;; @003b                               jump block3
;;
;;                                 block3:
;; @003e                               v9 = iconst.i32 0
;; @003e                               v10 = icmp.i32 eq v1, v9  ; v9 = 0
;; @003e                               v11 = uextend.i32 v10
;; @003f                               v12 = load.i64 notrap aligned readonly can_move v0
;; @003f                               v13 = load.i64 notrap aligned region0 v12+8
;; @003f                               v14 = iconst.i64 4
;; @003f                               v15 = iadd v13, v14  ; v14 = 4
;; @003f                               v16 = load.i64 notrap aligned readonly can_move v0
;; @003f                               store notrap aligned region0 v15, v16+8
;; @003f                               brif v11, block1, block4
;;
;;                                 block4:
;; @0043                               v17 = iconst.i32 1
;; @0045                               v18 = isub.i32 v8, v17  ; v17 = 1
;;                                     v30 -> v18
;; @0046                               v19 = load.i64 notrap aligned readonly can_move v0
;; @0046                               v20 = load.i64 notrap aligned region0 v19+8
;; @0046                               v21 = iconst.i64 4
;; @0046                               v22 = iadd v20, v21  ; v21 = 4
;; @0046                               v23 = load.i64 notrap aligned readonly can_move v0
;; @0046                               store notrap aligned region0 v22, v23+8
;; @80000000                           v24 = load.i64 notrap aligned readonly can_move v0
;; @80000000                           v25 = load.i64 notrap aligned region0 v24+8
;; @80000000                           v26 = iconst.i64 0
;; @80000000                           v27 = icmp sge v25, v26  ; v26 = 0
;; @80000000                           brif v27, block6, block7
;;
;;                                 block6 cold:
;; @80000000                           v28 = load.i64 notrap aligned readonly v0+24
;; @80000000                           v29 = load.i64 notrap aligned readonly v28+112
;; @80000000                           call_indirect sig1, v29(v0)
;; @80000000                           jump block7
;;
;;                                 block7:
;; @80000002                           v31 = iconst.i32 0
;; @80000002                           v32 = icmp.i32 eq v18, v31  ; v31 = 0
;; @80000002                           v33 = uextend.i32 v32
;; @80000003                           v34 = load.i64 notrap aligned readonly can_move v0
;; @80000003                           v35 = load.i64 notrap aligned region0 v34+8
;; @80000003                           v36 = iconst.i64 4
;; @80000003                           v37 = iadd v35, v36  ; v36 = 4
;; @80000003                           v38 = load.i64 notrap aligned readonly can_move v0
;; @80000003                           store notrap aligned region0 v37, v38+8
;; @80000003                           brif v33, block5, block8
;;
;;                                 block8:
;; @80000005                           v39 = iconst.i32 1
;; @80000006                           v40 = isub.i32 v30, v39  ; v39 = 1
;;                                     v52 -> v40
;; @80000007                           v41 = load.i64 notrap aligned readonly can_move v0
;; @80000007                           v42 = load.i64 notrap aligned region0 v41+8
;; @80000007                           v43 = iconst.i64 4
;; @80000007                           v44 = iadd v42, v43  ; v43 = 4
;; @80000007                           v45 = load.i64 notrap aligned readonly can_move v0
;; @80000007                           store notrap aligned region0 v44, v45+8
;; @80000008                           v46 = load.i64 notrap aligned readonly can_move v0
;; @80000008                           v47 = load.i64 notrap aligned region0 v46+8
;; @80000008                           v48 = iconst.i64 0
;; @80000008                           v49 = icmp sge v47, v48  ; v48 = 0
;; @80000008                           brif v49, block10, block11
;;
;;                                 block10 cold:
;; @80000008                           v50 = load.i64 notrap aligned readonly v0+24
;; @80000008                           v51 = load.i64 notrap aligned readonly v50+112
;; @80000008                           call_indirect sig1, v51(v0)
;; @80000008                           jump block11
;;
;;                                 block11:
;; @8000000a                           v53 = iconst.i32 0
;; @8000000a                           v54 = icmp.i32 eq v40, v53  ; v53 = 0
;; @8000000a                           v55 = uextend.i32 v54
;; @8000000b                           v56 = load.i64 notrap aligned readonly can_move v0
;; @8000000b                           v57 = load.i64 notrap aligned region0 v56+8
;; @8000000b                           v58 = iconst.i64 4
;; @8000000b                           v59 = iadd v57, v58  ; v58 = 4
;; @8000000b                           v60 = load.i64 notrap aligned readonly can_move v0
;; @8000000b                           store notrap aligned region0 v59, v60+8
;; @8000000b                           brif v55, block9, block12
;;
;;                                 block12:
;; @8000000d                           v61 = iconst.i32 1
;; @8000000e                           v62 = isub.i32 v52, v61  ; v61 = 1
;;                                     v74 -> v62
;; @8000000f                           v63 = load.i64 notrap aligned readonly can_move v0
;; @8000000f                           v64 = load.i64 notrap aligned region0 v63+8
;; @8000000f                           v65 = iconst.i64 4
;; @8000000f                           v66 = iadd v64, v65  ; v65 = 4
;; @8000000f                           v67 = load.i64 notrap aligned readonly can_move v0
;; @8000000f                           store notrap aligned region0 v66, v67+8
;; @80000010                           v68 = load.i64 notrap aligned readonly can_move v0
;; @80000010                           v69 = load.i64 notrap aligned region0 v68+8
;; @80000010                           v70 = iconst.i64 0
;; @80000010                           v71 = icmp sge v69, v70  ; v70 = 0
;; @80000010                           brif v71, block14, block15
;;
;;                                 block14 cold:
;; @80000010                           v72 = load.i64 notrap aligned readonly v0+24
;; @80000010                           v73 = load.i64 notrap aligned readonly v72+112
;; @80000010                           call_indirect sig1, v73(v0)
;; @80000010                           jump block15
;;
;;                                 block15:
;; @80000012                           v75 = iconst.i32 0
;; @80000012                           v76 = icmp.i32 eq v62, v75  ; v75 = 0
;; @80000012                           v77 = uextend.i32 v76
;; @80000013                           v78 = load.i64 notrap aligned readonly can_move v0
;; @80000013                           v79 = load.i64 notrap aligned region0 v78+8
;; @80000013                           v80 = iconst.i64 4
;; @80000013                           v81 = iadd v79, v80  ; v80 = 4
;; @80000013                           v82 = load.i64 notrap aligned readonly can_move v0
;; @80000013                           store notrap aligned region0 v81, v82+8
;; @80000013                           brif v77, block13, block16
;;
;;                                 block16:
;; @80000015                           v83 = iconst.i32 1
;; @80000016                           v84 = isub.i32 v74, v83  ; v83 = 1
;; @80000017                           v85 = load.i64 notrap aligned readonly can_move v0
;; @80000017                           v86 = load.i64 notrap aligned region0 v85+8
;; @80000017                           v87 = iconst.i64 4
;; @80000017                           v88 = iadd v86, v87  ; v87 = 4
;; @80000017                           v89 = load.i64 notrap aligned readonly can_move v0
;; @80000017                           store notrap aligned region0 v88, v89+8
;; @80000017                           call fn0(v0, v84)
;; @80000018                           jump block13
;;
;;                                 block13:
;; @8000001a                           jump block9
;;
;;                                 block9:
;; @8000001c                           jump block5
;;
;;                                 block5:
;; @0048                               jump block1
;;
;;                                 block1:
;; @0048                               return
;; }
