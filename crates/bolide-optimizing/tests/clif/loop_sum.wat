;; A loop over memory: no bounds check, and the base is loaded with flags that let it be hoisted.
(module
  (memory 1)
  (func (param $p i32) (param $end i32) (result i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (i32.load offset=8 (local.get $p))))
      (local.set $p (i32.add (local.get $p) (i32.const 4)))
      (br_if $next (i32.lt_u (local.get $p) (local.get $end))))
    (local.get $sum)))

;; clif:
;; function u0:0(i64 vmctx, i32, i32) -> i32 tail {
;;     region0 = 327680 "memory 0"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly gv0
;;     gv2 = load.i64 notrap aligned readonly gv1
;;     sig0 = (i64 vmctx, i32, i32) -> i32 tail
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32, v2: i32):
;;                                     v14 -> v2
;;                                     v3 = iconst.i32 0
;; @0021                               jump block2(v3, v1)  ; v3 = 0
;;
;;                                 block2(v5: i32, v6: i32):
;; @0027                               v7 = uextend.i64 v6
;; @0027                               v8 = load.i64 notrap aligned readonly can_move v0+32
;; @0027                               v9 = iadd v8, v7
;; @0027                               v10 = load.i32 little region0 v9+8
;; @002a                               v11 = iadd v5, v10
;; @002f                               v12 = iconst.i32 4
;; @0031                               v13 = iadd v6, v12  ; v12 = 4
;; @0038                               v15 = icmp ult v13, v14
;; @0038                               v16 = uextend.i32 v15
;; @0039                               brif v16, block2(v11, v13), block4
;;
;;                                 block4:
;; @003e                               return v11
;; }
