;; The body of a small loop is there several times, each with its own test; the last one goes back to the first.
;; options: unroll
(module
  (func (param $n i32) (param $x f64) (result f64)
    (local.get $x)
    (loop $next (param f64) (result f64)
      (f64.sqrt)
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br_if $next (local.get $n)))))

;; clif:
;; function u0:0(i64 vmctx, i32, f64) -> f64 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly gv0
;;     gv2 = load.i64 notrap aligned readonly gv1
;;     sig0 = (i64 vmctx, i32, f64) -> f64 tail
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32, v2: f64):
;; @0021                               jump block2(v2, v1)
;;
;;                                 block2(v4: f64, v14: i32):
;; @0023                               v13 = sqrt v4
;; @0026                               v15 = iconst.i32 1
;; @0028                               v16 = isub v14, v15  ; v15 = 1
;; @002d                               brif v16, block9(v13), block11
;;
;;                                 block11:
;; @002f                               jump block10(v13)
;;
;;                                 block9(v11: f64):
;; @0023                               v17 = sqrt v11
;; @0026                               v18 = iconst.i32 1
;; @0028                               v19 = isub.i32 v16, v18  ; v18 = 1
;; @002d                               brif v19, block8(v17), block12
;;
;;                                 block12:
;; @002f                               jump block10(v17)
;;
;;                                 block8(v10: f64):
;; @0023                               v20 = sqrt v10
;; @0026                               v21 = iconst.i32 1
;; @0028                               v22 = isub.i32 v19, v21  ; v21 = 1
;; @002d                               brif v22, block7(v20), block13
;;
;;                                 block13:
;; @002f                               jump block10(v20)
;;
;;                                 block7(v9: f64):
;; @0023                               v23 = sqrt v9
;; @0026                               v24 = iconst.i32 1
;; @0028                               v25 = isub.i32 v22, v24  ; v24 = 1
;; @002d                               brif v25, block6(v23), block14
;;
;;                                 block14:
;; @002f                               jump block10(v23)
;;
;;                                 block6(v8: f64):
;; @0023                               v26 = sqrt v8
;; @0026                               v27 = iconst.i32 1
;; @0028                               v28 = isub.i32 v25, v27  ; v27 = 1
;; @002d                               brif v28, block5(v26), block15
;;
;;                                 block15:
;; @002f                               jump block10(v26)
;;
;;                                 block5(v7: f64):
;; @0023                               v29 = sqrt v7
;; @0026                               v30 = iconst.i32 1
;; @0028                               v31 = isub.i32 v28, v30  ; v30 = 1
;; @002d                               brif v31, block4(v29), block16
;;
;;                                 block16:
;; @002f                               jump block10(v29)
;;
;;                                 block4(v6: f64):
;; @0023                               v32 = sqrt v6
;; @0026                               v33 = iconst.i32 1
;; @0028                               v34 = isub.i32 v31, v33  ; v33 = 1
;; @002d                               brif v34, block3(v32), block17
;;
;;                                 block17:
;; @002f                               jump block10(v32)
;;
;;                                 block3(v5: f64):
;; @0023                               v35 = sqrt v5
;; @0026                               v36 = iconst.i32 1
;; @0028                               v37 = isub.i32 v34, v36  ; v36 = 1
;; @002d                               brif v37, block2(v35, v37), block18
;;
;;                                 block18:
;; @002f                               jump block10(v35)
;;
;;                                 block10(v12: f64):
;; @0030                               return v12
;; }
