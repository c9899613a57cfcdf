;; Direct calls through the code slot, through an import, and to itself.
(module
  (import "host" "log" (func $log (param i32)))
  (func $other (param i32) (result i32)
    (local.get 0))
  (func $self (param i32) (result i32)
    (call $log (local.get 0))
    (call $self (call $other (local.get 0)))))

;; clif:
;; function u0:0(i64 vmctx, i32) -> i32 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly gv0
;;     gv2 = load.i64 notrap aligned readonly gv1
;;     sig0 = (i64 vmctx, i32) -> i32 tail
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32):
;; @002e                               return v1
;; }
;;
;; function u0:0(i64 vmctx, i32) -> i32 tail {
;;     region0 = 0 "store"
;;     region1 = 131072 "code slots"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly gv0
;;     gv2 = load.i64 notrap aligned readonly gv1
;;     sig0 = (i64 vmctx, i32) -> i32 tail
;;     sig1 = (i64 vmctx, i32) tail
;;     fn0 = colocated u0:2 sig0
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32):
;; @0033                               v3 = load.i64 notrap aligned readonly v0+32
;; @0033                               v4 = load.i64 notrap aligned readonly v0+40
;; @0033                               v5 = load.i64 notrap aligned readonly can_move v0
;; @0033                               store notrap aligned region0 v0, v5+24
;; @0033                               v6 = load.i64 notrap aligned region1 v3
;; @0033                               call_indirect sig1, v6(v4, v1)
;; @0037                               v7 = load.i64 notrap aligned readonly v0+16
;; @0037                               v8 = load.i64 notrap aligned region1 v7
;; @0037                               v9 = call_indirect sig0, v8(v0, v1)
;; @0039                               v10 = call fn0(v0, v9)
;; @003b                               return v10
;; }
