;; options: deterministic-relaxed-simd
;; Vectors are cast to the shape of each instruction and back at block boundaries.
(module
  (memory 1)
  (func (param i32) (result v128) (local v128)
    (loop
      (local.set 1 (f32x4.add (local.get 1) (i32x4.mul (local.get 1) (v128.load (local.get 0)))))
      (br_if 0 (v128.any_true (local.get 1))))
    (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23
      (local.get 1) (i16x8.splat (local.get 0))))
  (func (param v128 v128 v128) (result v128)
    (f32x4.relaxed_madd (local.get 0) (local.get 1) (local.get 2))))

;; clif:
;; function u0:0(i64 vmctx, i32) -> i8x16 tail {
;;     region0 = 327680 "memory 0"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly gv0
;;     gv2 = load.i64 notrap aligned readonly gv1
;;     sig0 = (i64 vmctx, i32) -> i8x16 tail
;;     const0 = 0x00000000000000000000000000000000
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32):
;;                                     v5 -> v1
;;                                     v2 = vconst.i8x16 const0
;; @0028                               jump block2(v2)  ; v2 = const0
;;
;;                                 block2(v4: i8x16):
;; @0030                               v6 = uextend.i64 v5
;; @0030                               v7 = load.i64 notrap aligned readonly can_move v0+32
;; @0030                               v8 = iadd v7, v6
;; @0030                               v9 = load.i8x16 little region0 v8
;; @0034                               v10 = bitcast.i32x4 little v4
;; @0034                               v11 = bitcast.i32x4 little v9
;; @0034                               v12 = imul v10, v11
;; @0037                               v13 = bitcast.f32x4 little v4
;; @0037                               v14 = bitcast.f32x4 little v12
;; @0037                               v15 = fadd v13, v14
;; @003a                               v16 = bitcast.i8x16 little v15
;; @003e                               v17 = vany_true v16
;; @003e                               v18 = uextend.i32 v17
;; @0040                               brif v18, block2(v16), block4
;;
;;                                 block4:
;; @0047                               v19 = ireduce.i16 v5
;; @0047                               v20 = splat.i16x8 v19
;; @0049                               v21 = bitcast.i8x16 little v20
;; @0049                               v22 = shuffle v16, v21, 0x17161514131211100706050403020100
;; @005b                               return v22
;; }
;;
;; function u0:0(i64 vmctx, i8x16, i8x16, i8x16) -> i8x16 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly gv0
;;     gv2 = load.i64 notrap aligned readonly gv1
;;     sig0 = (i64 vmctx, i8x16, i8x16, i8x16) -> i8x16 tail
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i8x16, v2: i8x16, v3: i8x16):
;; @0064                               v5 = bitcast.f32x4 little v1
;; @0064                               v6 = bitcast.f32x4 little v2
;; @0064                               v7 = bitcast.f32x4 little v3
;; @0064                               v8 = fma v5, v6, v7
;; @0067                               v9 = bitcast.i8x16 little v8
;; @0067                               return v9
;; }
