;; A constant global, a mutable one, and imported ones.
(module
  (import "" "limit" (global $limit i32))
  (import "" "state" (global $state (mut externref)))
  (global $answer i32 (i32.const 42))
  (global $count (mut i64) (i64.const 0))
  (func (result i32)
    (global.set $count (i64.add (global.get $count) (i64.const 1)))
    (i32.add (global.get $answer) (global.get $limit)))
  (func (param externref) (result externref)
    (global.get $state)
    (global.set $state (local.get 0))))

;; clif:
;; function u0:0(i64 vmctx) -> i32 tail {
;;     region0 = 589827 "global 3"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly gv0
;;     gv2 = load.i64 notrap aligned readonly gv1
;;     sig0 = (i64 vmctx) -> i32 tail
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64):
;; @0042                               v2 = load.i64 notrap aligned region0 v0+64
;; @0044                               v3 = iconst.i64 1
;; @0046                               v4 = iadd v2, v3  ; v3 = 1
;; @0047                               store notrap aligned region0 v4, v0+64
;; @0049                               v5 = iconst.i32 42
;; @004b                               v6 = load.i64 notrap aligned readonly can_move v0+32
;; @004b                               v7 = load.i32 notrap aligned readonly can_move v6
;; @004d                               v8 = iadd v5, v7  ; v5 = 42
;; @004e                               return v8
;; }
;;
;; function u0:0(i64 vmctx, i64) -> i64 tail {
;;     region0 = 655360 "imported globals"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly gv0
;;     gv2 = load.i64 notrap aligned readonly gv1
;;     sig0 = (i64 vmctx, i64) -> i64 tail
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i64):
;; @0051                               v3 = load.i64 notrap aligned readonly can_move v0+40
;; @0051                               v4 = load.i64 notrap aligned region0 v3
;; @0055                               v5 = load.i64 notrap aligned readonly can_move v0+40
;; @0055                               store notrap aligned region0 v1, v5
;; @0057                               return v4
;; }
