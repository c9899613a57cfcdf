;; 64-bit addresses: the end of the access must not wrap around.
(module
  (memory i64 1)
  (func (param i64) (result i32)
    (i32.load offset=100000000 (local.get 0)))
  (func (param i64) (result i32)
    (i32.load offset=40000 (local.get 0)))
  (func (result i32)
    (i32.load (i64.const 65532)))
  (func (param i64) (result i64)
    (memory.grow (local.get 0))))

;; clif:
;; function u0:0(i64 vmctx, i64) -> i32 tail {
;;     region0 = 196608 "memory definitions"
;;     region1 = 327680 "memory 0"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly gv0
;;     gv2 = load.i64 notrap aligned readonly gv1
;;     sig0 = (i64 vmctx, i64) -> i32 tail
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i64):
;; @002c                               v3 = load.i64 notrap aligned region0 v0+40
;; @002c                               v4 = iconst.i64 0x05f5_e104
;; @002c                               v5 = uadd_overflow_trap v1, v4, heap_oob  ; v4 = 0x05f5_e104
;; @002c                               v6 = icmp ugt v5, v3
;; @002c                               trapnz v6, heap_oob
;; @002c                               v7 = load.i64 notrap aligned region0 v0+32
;; @002c                               v8 = iadd v7, v1
;; @002c                               v9 = load.i32 little region1 v8+0x05f5_e100
;; @0032                               return v9
;; }
;;
;; function u0:0(i64 vmctx, i64) -> i32 tail {
;;     region0 = 196608 "memory definitions"
;;     region1 = 327680 "memory 0"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly gv0
;;     gv2 = load.i64 notrap aligned readonly gv1
;;     sig0 = (i64 vmctx, i64) -> i32 tail
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i64):
;; @0037                               v3 = load.i64 notrap aligned region0 v0+40
;; @0037                               v4 = icmp ugt v1, v3
;; @0037                               trapnz v4, heap_oob
;; @0037                               v5 = load.i64 notrap aligned region0 v0+32
;; @0037                               v6 = iadd v5, v1
;; @0037                               v7 = load.i32 little region1 v6+0x9c40
;; @003c                               return v7
;; }
;;
;; function u0:0(i64 vmctx) -> i32 tail {
;;     region0 = 196608 "memory definitions"
;;     region1 = 327680 "memory 0"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly gv0
;;     gv2 = load.i64 notrap aligned readonly gv1
;;     sig0 = (i64 vmctx) -> i32 tail
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64):
;; @003f                               v2 = iconst.i64 0xfffc
;; @0043                               v3 = load.i64 notrap aligned region0 v0+32
;; @0043                               v4 = iadd v3, v2  ; v2 = 0xfffc
;; @0043                               v5 = load.i32 little region1 v4
;; @0046                               return v5
;; }
;;
;; function u0:0(i64 vmctx, i64) -> i64 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly gv0
;;     gv2 = load.i64 notrap aligned readonly gv1
;;     sig0 = (i64 vmctx, i64) -> i64 tail
;;     sig1 = (i64 vmctx, i32, i64) -> i64 system_v
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i64):
;; @004b                               v3 = iconst.i32 0
;; @004b                               v4 = load.i64 notrap aligned readonly v0+24
;; @004b                               v5 = load.i64 notrap aligned readonly v4
;; @004b                               v6 = call_indirect sig1, v5(v0, v3, v1)  ; v3 = 0
;; @004d                               return v6
;; }
