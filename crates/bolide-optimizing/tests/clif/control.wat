;; Blocks with results and parameters, branch tables with arguments, and code after a branch.
(module
  (func (param i32) (result i32)
    (block $a (result i32)
      (block $b (result i32)
        (br_table $b $a (i32.const 10) (local.get 0)))
      (i32.const 1)
      (i32.add)))
  (func (param i32) (result i32)
    (local.get 0)
    (if (param i32) (result i32) (i32.eqz (local.get 0))
      (then (i32.const 1) (i32.add))
      (else (drop) (return (i32.const 2)) (i32.const 3)))))

;; clif:
;; function u0:0(i64 vmctx, i32) -> i32 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly gv0
;;     gv2 = load.i64 notrap aligned readonly gv1
;;     sig0 = (i64 vmctx, i32) -> i32 tail
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32):
;; @001e                               v5 = iconst.i32 10
;; @0022                               br_table v1, block2(v5), [block3(v5)]  ; v5 = 10, v5 = 10
;;
;;                                 block3(v4: i32):
;; @0027                               v6 = iconst.i32 1
;; @0029                               v7 = iadd v4, v6  ; v6 = 1
;; @002a                               jump block2(v7)
;;
;;                                 block2(v3: i32):
;; @002b                               return v3
;; }
;;
;; function u0:0(i64 vmctx, i32) -> i32 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly gv0
;;     gv2 = load.i64 notrap aligned readonly gv1
;;     sig0 = (i64 vmctx, i32) -> i32 tail
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32):
;; @0032                               v3 = iconst.i32 0
;; @0032                               v4 = icmp eq v1, v3  ; v3 = 0
;; @0032                               v5 = uextend.i32 v4
;; @0033                               brif v5, block3, block4
;;
;;                                 block3:
;; @0035                               v7 = iconst.i32 1
;; @0037                               v8 = iadd.i32 v1, v7  ; v7 = 1
;; @0038                               jump block2(v8)
;;
;;                                 block4:
;; @003a                               v9 = iconst.i32 2
;; @003c                               return v9  ; v9 = 2
;;
;;                                 block2(v6: i32):
;; @0040                               return v6
;; }
