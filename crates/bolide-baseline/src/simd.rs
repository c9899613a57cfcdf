//! Vectors: from opcodes to operations, and the operands of those.

use wasmparser::{MemArg, V128, VisitSimdOperator};

use crate::compiler::Compiler;
use crate::masm::VectorBinary::*;
use crate::masm::VectorUnary::*;
use crate::masm::{
    Cond, Extend, FloatUnary, Half, Kind, Lane, MacroAssembler, Rhs, Shift, VectorBinary,
    VectorLoad, VectorTernary, VectorTest, VectorUnary, Width,
};
use crate::memory::OUT_OF_BOUNDS;
use crate::visitor::define;

use Half::{High, Low};
use Lane::{B8, B16, B32, B64};
use VectorTernary as Ternary;
use VectorTest::{All, Any};
use Width::{W32, W64};

/// Signed and unsigned lanes.
const S: bool = true;
const U: bool = false;

impl<M: MacroAssembler> Compiler<'_, M> {
    /// Whether the deterministic results of relaxed instructions are wanted.
    fn exact(&self) -> bool {
        self.options.deterministic_relaxed_simd
    }

    fn canonicalize_lanes(&mut self, width: Width, reg: crate::masm::Reg) {
        if self.options.canonicalize_nans {
            self.masm.vector_canonicalize(width, reg);
        }
    }

    fn vector_unary(&mut self, op: VectorUnary) {
        let a = self.pop_operand();
        let dst = self.destination(Kind::V128, a);
        self.masm.vector_unary(op, dst, a.reg);
        match op {
            Float(FloatUnary::Abs | FloatUnary::Neg, _) => {}
            Float(_, width) => self.canonicalize_lanes(width, dst),
            Promote => self.canonicalize_lanes(W64, dst),
            Demote => self.canonicalize_lanes(W32, dst),
            _ => {}
        }
        self.push_reg(Kind::V128, dst);
    }

    /// An operation that has a deterministic and a relaxed form.
    fn relaxed_unary(&mut self, exact: VectorUnary, relaxed: VectorUnary) {
        self.vector_unary(if self.exact() { exact } else { relaxed });
    }

    fn vector_binary(&mut self, op: VectorBinary) {
        let b = self.pop_operand();
        let a = self.pop_operand();
        let dst = self.destination(Kind::V128, a);
        self.masm.vector_binary(op, dst, a.reg, b.reg);
        self.release(b);
        if let FloatAdd(width) | FloatSub(width) | FloatMul(width) | FloatDiv(width)
        | FloatMin(width) | FloatMax(width) = op
        {
            self.canonicalize_lanes(width, dst);
        }
        self.push_reg(Kind::V128, dst);
    }

    fn relaxed_binary(&mut self, exact: VectorBinary, relaxed: VectorBinary) {
        self.vector_binary(if self.exact() { exact } else { relaxed });
    }

    fn vector_ternary(&mut self, op: VectorTernary) {
        let c = self.pop_operand();
        let b = self.pop_operand();
        let a = self.pop_operand();
        let dst = self.destination(Kind::V128, a);
        self.masm.vector_ternary(op, dst, a.reg, b.reg, c.reg);
        self.release(b);
        self.release(c);
        if let Ternary::MulAdd { width, .. } | Ternary::MulAddTwice { width, .. } = op {
            self.canonicalize_lanes(width, dst);
        }
        self.push_reg(Kind::V128, dst);
    }

    fn relaxed_ternary(&mut self, exact: VectorTernary, relaxed: VectorTernary) {
        self.vector_ternary(if self.exact() { exact } else { relaxed });
    }

    fn multiply_add(&mut self, negate: bool, width: Width) {
        let once = self.exact() || self.options.fused_multiply_add;
        self.vector_ternary(if once {
            Ternary::MulAdd { negate, width }
        } else {
            Ternary::MulAddTwice { negate, width }
        });
    }

    fn lane_select(&mut self, lane: Lane) {
        self.relaxed_ternary(Ternary::Select, Ternary::SelectRelaxed(lane));
    }

    fn vector_shift(&mut self, op: Shift, lane: Lane) {
        let count = self.pop();
        let (count, count_operand) = match count.constant() {
            Some(count) => (Rhs::Imm(count as i64), None),
            None => self.rhs(count, W32),
        };
        let a = self.pop_operand();
        let dst = self.destination(Kind::V128, a);
        self.masm.vector_shift(op, lane, dst, a.reg, count);
        self.release_rhs(count_operand);
        self.push_reg(Kind::V128, dst);
    }

    fn vector_test(&mut self, op: VectorTest) {
        let a = self.pop_operand();
        let cond = self.masm.vector_test(op, a.reg);
        self.release(a);
        self.push_condition(cond);
    }

    fn vector_bitmask(&mut self, lane: Lane) {
        let a = self.pop_operand();
        let dst = self.destination(Kind::I32, a);
        self.masm.vector_bitmask(lane, dst, a.reg);
        self.push_reg(Kind::I32, dst);
    }

    fn vector_shuffle(&mut self, lanes: [u8; 16]) {
        let b = self.pop_operand();
        let a = self.pop_operand();
        let dst = self.destination(Kind::V128, a);
        self.masm.vector_shuffle(lanes, dst, a.reg, b.reg);
        self.release(b);
        self.push_reg(Kind::V128, dst);
    }

    // Lanes.

    fn splat_int(&mut self, lane: Lane) {
        let a = self.pop_operand();
        let dst = self.destination(Kind::V128, a);
        self.masm.splat_int(lane, dst, a.reg);
        self.push_reg(Kind::V128, dst);
    }

    fn splat_float(&mut self, width: Width) {
        let a = self.pop_operand();
        let dst = self.destination(Kind::V128, a);
        self.masm.splat_float(width, dst, a.reg);
        self.push_reg(Kind::V128, dst);
    }

    fn extract_int(&mut self, lane: Lane, index: u8, extend: Option<Extend>) {
        let kind = lane.width().int();
        let a = self.pop_operand();
        let dst = self.destination(kind, a);
        self.masm.extract_int(lane, index, dst, a.reg);
        if let Some(extend) = extend {
            self.masm.extend(extend, W32, dst, dst);
        }
        self.push_reg(kind, dst);
    }

    fn extract_float(&mut self, width: Width, index: u8) {
        let a = self.pop_operand();
        let dst = self.destination(width.float(), a);
        self.masm.extract_float(width, index, dst, a.reg);
        self.push_reg(width.float(), dst);
    }

    fn replace_int(&mut self, lane: Lane, index: u8) {
        let value = self.pop_operand();
        let a = self.pop_operand();
        let dst = self.destination(Kind::V128, a);
        self.masm.replace_int(lane, index, dst, a.reg, value.reg);
        self.release(value);
        self.push_reg(Kind::V128, dst);
    }

    fn replace_float(&mut self, width: Width, index: u8) {
        let value = self.pop_operand();
        let a = self.pop_operand();
        let dst = self.destination(Kind::V128, a);
        self.masm.replace_float(width, index, dst, a.reg, value.reg);
        self.release(value);
        self.push_reg(Kind::V128, dst);
    }

    // Memory.

    fn load_vector(&mut self, memarg: &MemArg, op: VectorLoad) {
        let access = self.pop_address(memarg, op.bytes());
        let dst = self.load_destination(Kind::V128, &access);
        self.masm
            .load_vector(op, dst, access.address, OUT_OF_BOUNDS);
        self.push_reg(Kind::V128, dst);
    }

    fn load_lane(&mut self, memarg: &MemArg, lane: Lane, index: u8) {
        let a = self.pop_operand();
        let access = self.pop_address(memarg, lane.bytes());
        let dst = self.destination(Kind::V128, a);
        self.masm
            .load_lane(lane, index, dst, a.reg, access.address, OUT_OF_BOUNDS);
        self.release_access(&access);
        self.push_reg(Kind::V128, dst);
    }

    fn store_lane(&mut self, memarg: &MemArg, lane: Lane, index: u8) {
        let value = self.pop_operand();
        let access = self.pop_address(memarg, lane.bytes());
        self.masm
            .store_lane(lane, index, access.address, value.reg, OUT_OF_BOUNDS);
        self.release_access(&access);
        self.release(value);
    }
}

impl<'a, M: MacroAssembler> VisitSimdOperator<'a> for Compiler<'_, M> {
    define! {
        visit_v128_load(memarg: MemArg) => load(&memarg, Kind::V128);
        visit_v128_store(memarg: MemArg) => store(&memarg, Kind::V128);
        visit_v128_const(value: V128) => vector_const(*value.bytes());
        visit_v128_load8x8_s(memarg: MemArg) => load_vector(&memarg, VectorLoad::Extend(S, B8));
        visit_v128_load8x8_u(memarg: MemArg) => load_vector(&memarg, VectorLoad::Extend(U, B8));
        visit_v128_load16x4_s(memarg: MemArg) => load_vector(&memarg, VectorLoad::Extend(S, B16));
        visit_v128_load16x4_u(memarg: MemArg) => load_vector(&memarg, VectorLoad::Extend(U, B16));
        visit_v128_load32x2_s(memarg: MemArg) => load_vector(&memarg, VectorLoad::Extend(S, B32));
        visit_v128_load32x2_u(memarg: MemArg) => load_vector(&memarg, VectorLoad::Extend(U, B32));
        visit_v128_load8_splat(memarg: MemArg) => load_vector(&memarg, VectorLoad::Splat(B8));
        visit_v128_load16_splat(memarg: MemArg) => load_vector(&memarg, VectorLoad::Splat(B16));
        visit_v128_load32_splat(memarg: MemArg) => load_vector(&memarg, VectorLoad::Splat(B32));
        visit_v128_load64_splat(memarg: MemArg) => load_vector(&memarg, VectorLoad::Splat(B64));
        visit_v128_load32_zero(memarg: MemArg) => load_vector(&memarg, VectorLoad::Zero(B32));
        visit_v128_load64_zero(memarg: MemArg) => load_vector(&memarg, VectorLoad::Zero(B64));
        visit_v128_load8_lane(memarg: MemArg, lane: u8) => load_lane(&memarg, B8, lane);
        visit_v128_load16_lane(memarg: MemArg, lane: u8) => load_lane(&memarg, B16, lane);
        visit_v128_load32_lane(memarg: MemArg, lane: u8) => load_lane(&memarg, B32, lane);
        visit_v128_load64_lane(memarg: MemArg, lane: u8) => load_lane(&memarg, B64, lane);
        visit_v128_store8_lane(memarg: MemArg, lane: u8) => store_lane(&memarg, B8, lane);
        visit_v128_store16_lane(memarg: MemArg, lane: u8) => store_lane(&memarg, B16, lane);
        visit_v128_store32_lane(memarg: MemArg, lane: u8) => store_lane(&memarg, B32, lane);
        visit_v128_store64_lane(memarg: MemArg, lane: u8) => store_lane(&memarg, B64, lane);
        visit_i8x16_shuffle(lanes: [u8; 16]) => vector_shuffle(lanes);
        visit_i8x16_swizzle() => vector_binary(Swizzle);
        visit_i8x16_relaxed_swizzle() => relaxed_binary(Swizzle, SwizzleRelaxed);
        visit_i8x16_extract_lane_s(lane: u8) => extract_int(B8, lane, Some(Extend::S8));
        visit_i8x16_extract_lane_u(lane: u8) => extract_int(B8, lane, None);
        visit_i16x8_extract_lane_s(lane: u8) => extract_int(B16, lane, Some(Extend::S16));
        visit_i16x8_extract_lane_u(lane: u8) => extract_int(B16, lane, None);
        visit_i32x4_extract_lane(lane: u8) => extract_int(B32, lane, None);
        visit_i64x2_extract_lane(lane: u8) => extract_int(B64, lane, None);
        visit_i8x16_replace_lane(lane: u8) => replace_int(B8, lane);
        visit_i8x16_splat() => splat_int(B8);
        visit_i16x8_replace_lane(lane: u8) => replace_int(B16, lane);
        visit_i16x8_splat() => splat_int(B16);
        visit_i32x4_replace_lane(lane: u8) => replace_int(B32, lane);
        visit_i32x4_splat() => splat_int(B32);
        visit_i64x2_replace_lane(lane: u8) => replace_int(B64, lane);
        visit_i64x2_splat() => splat_int(B64);
        visit_f32x4_extract_lane(lane: u8) => extract_float(W32, lane);
        visit_f32x4_replace_lane(lane: u8) => replace_float(W32, lane);
        visit_f32x4_splat() => splat_float(W32);
        visit_f64x2_extract_lane(lane: u8) => extract_float(W64, lane);
        visit_f64x2_replace_lane(lane: u8) => replace_float(W64, lane);
        visit_f64x2_splat() => splat_float(W64);
        visit_v128_not() => vector_unary(Not);
        visit_v128_and() => vector_binary(And);
        visit_v128_andnot() => vector_binary(AndNot);
        visit_v128_or() => vector_binary(Or);
        visit_v128_xor() => vector_binary(Xor);
        visit_v128_bitselect() => vector_ternary(Ternary::Select);
        visit_v128_any_true() => vector_test(Any);
        visit_i8x16_eq() => vector_binary(Compare(Cond::Eq, B8));
        visit_i8x16_ne() => vector_binary(Compare(Cond::Ne, B8));
        visit_i8x16_lt_s() => vector_binary(Compare(Cond::LtS, B8));
        visit_i8x16_lt_u() => vector_binary(Compare(Cond::LtU, B8));
        visit_i8x16_gt_s() => vector_binary(Compare(Cond::GtS, B8));
        visit_i8x16_gt_u() => vector_binary(Compare(Cond::GtU, B8));
        visit_i8x16_le_s() => vector_binary(Compare(Cond::LeS, B8));
        visit_i8x16_le_u() => vector_binary(Compare(Cond::LeU, B8));
        visit_i8x16_ge_s() => vector_binary(Compare(Cond::GeS, B8));
        visit_i8x16_ge_u() => vector_binary(Compare(Cond::GeU, B8));
        visit_i8x16_abs() => vector_unary(Abs(B8));
        visit_i8x16_neg() => vector_unary(Neg(B8));
        visit_i8x16_popcnt() => vector_unary(CountOnes);
        visit_i8x16_all_true() => vector_test(All(B8));
        visit_i8x16_bitmask() => vector_bitmask(B8);
        visit_i8x16_shl() => vector_shift(Shift::Left, B8);
        visit_i8x16_shr_s() => vector_shift(Shift::RightSigned, B8);
        visit_i8x16_shr_u() => vector_shift(Shift::RightUnsigned, B8);
        visit_i8x16_add() => vector_binary(Add(B8));
        visit_i8x16_sub() => vector_binary(Sub(B8));
        visit_i8x16_add_sat_s() => vector_binary(AddSaturating(S, B8));
        visit_i8x16_add_sat_u() => vector_binary(AddSaturating(U, B8));
        visit_i8x16_sub_sat_s() => vector_binary(SubSaturating(S, B8));
        visit_i8x16_sub_sat_u() => vector_binary(SubSaturating(U, B8));
        visit_i8x16_avgr_u() => vector_binary(Average(B8));
        visit_i8x16_min_s() => vector_binary(Min(S, B8));
        visit_i8x16_min_u() => vector_binary(Min(U, B8));
        visit_i8x16_max_s() => vector_binary(Max(S, B8));
        visit_i8x16_max_u() => vector_binary(Max(U, B8));
        visit_i8x16_narrow_i16x8_s() => vector_binary(Narrow(S, B8));
        visit_i8x16_narrow_i16x8_u() => vector_binary(Narrow(U, B8));
        visit_i8x16_relaxed_laneselect() => lane_select(B8);
        visit_i16x8_eq() => vector_binary(Compare(Cond::Eq, B16));
        visit_i16x8_ne() => vector_binary(Compare(Cond::Ne, B16));
        visit_i16x8_lt_s() => vector_binary(Compare(Cond::LtS, B16));
        visit_i16x8_lt_u() => vector_binary(Compare(Cond::LtU, B16));
        visit_i16x8_gt_s() => vector_binary(Compare(Cond::GtS, B16));
        visit_i16x8_gt_u() => vector_binary(Compare(Cond::GtU, B16));
        visit_i16x8_le_s() => vector_binary(Compare(Cond::LeS, B16));
        visit_i16x8_le_u() => vector_binary(Compare(Cond::LeU, B16));
        visit_i16x8_ge_s() => vector_binary(Compare(Cond::GeS, B16));
        visit_i16x8_ge_u() => vector_binary(Compare(Cond::GeU, B16));
        visit_i16x8_abs() => vector_unary(Abs(B16));
        visit_i16x8_neg() => vector_unary(Neg(B16));
        visit_i16x8_all_true() => vector_test(All(B16));
        visit_i16x8_bitmask() => vector_bitmask(B16);
        visit_i16x8_shl() => vector_shift(Shift::Left, B16);
        visit_i16x8_shr_s() => vector_shift(Shift::RightSigned, B16);
        visit_i16x8_shr_u() => vector_shift(Shift::RightUnsigned, B16);
        visit_i16x8_add() => vector_binary(Add(B16));
        visit_i16x8_sub() => vector_binary(Sub(B16));
        visit_i16x8_mul() => vector_binary(Mul(B16));
        visit_i16x8_add_sat_s() => vector_binary(AddSaturating(S, B16));
        visit_i16x8_add_sat_u() => vector_binary(AddSaturating(U, B16));
        visit_i16x8_sub_sat_s() => vector_binary(SubSaturating(S, B16));
        visit_i16x8_sub_sat_u() => vector_binary(SubSaturating(U, B16));
        visit_i16x8_avgr_u() => vector_binary(Average(B16));
        visit_i16x8_min_s() => vector_binary(Min(S, B16));
        visit_i16x8_min_u() => vector_binary(Min(U, B16));
        visit_i16x8_max_s() => vector_binary(Max(S, B16));
        visit_i16x8_max_u() => vector_binary(Max(U, B16));
        visit_i16x8_q15mulr_sat_s() => vector_binary(MulRound);
        visit_i16x8_relaxed_q15mulr_s() => relaxed_binary(MulRound, MulRoundRelaxed);
        visit_i16x8_narrow_i32x4_s() => vector_binary(Narrow(S, B16));
        visit_i16x8_narrow_i32x4_u() => vector_binary(Narrow(U, B16));
        visit_i16x8_extend_low_i8x16_s() => vector_unary(VectorUnary::Extend(Low, S, B8));
        visit_i16x8_extend_low_i8x16_u() => vector_unary(VectorUnary::Extend(Low, U, B8));
        visit_i16x8_extend_high_i8x16_s() => vector_unary(VectorUnary::Extend(High, S, B8));
        visit_i16x8_extend_high_i8x16_u() => vector_unary(VectorUnary::Extend(High, U, B8));
        visit_i16x8_extmul_low_i8x16_s() => vector_binary(MulExtend(Low, S, B8));
        visit_i16x8_extmul_low_i8x16_u() => vector_binary(MulExtend(Low, U, B8));
        visit_i16x8_extmul_high_i8x16_s() => vector_binary(MulExtend(High, S, B8));
        visit_i16x8_extmul_high_i8x16_u() => vector_binary(MulExtend(High, U, B8));
        visit_i16x8_extadd_pairwise_i8x16_s() => vector_unary(AddPairs(S, B8));
        visit_i16x8_extadd_pairwise_i8x16_u() => vector_unary(AddPairs(U, B8));
        visit_i16x8_relaxed_dot_i8x16_i7x16_s() => relaxed_binary(DotBytes, DotBytesRelaxed);
        visit_i16x8_relaxed_laneselect() => lane_select(B16);
        visit_i32x4_eq() => vector_binary(Compare(Cond::Eq, B32));
        visit_i32x4_ne() => vector_binary(Compare(Cond::Ne, B32));
        visit_i32x4_lt_s() => vector_binary(Compare(Cond::LtS, B32));
        visit_i32x4_lt_u() => vector_binary(Compare(Cond::LtU, B32));
        visit_i32x4_gt_s() => vector_binary(Compare(Cond::GtS, B32));
        visit_i32x4_gt_u() => vector_binary(Compare(Cond::GtU, B32));
        visit_i32x4_le_s() => vector_binary(Compare(Cond::LeS, B32));
        visit_i32x4_le_u() => vector_binary(Compare(Cond::LeU, B32));
        visit_i32x4_ge_s() => vector_binary(Compare(Cond::GeS, B32));
        visit_i32x4_ge_u() => vector_binary(Compare(Cond::GeU, B32));
        visit_i32x4_abs() => vector_unary(Abs(B32));
        visit_i32x4_neg() => vector_unary(Neg(B32));
        visit_i32x4_all_true() => vector_test(All(B32));
        visit_i32x4_bitmask() => vector_bitmask(B32);
        visit_i32x4_shl() => vector_shift(Shift::Left, B32);
        visit_i32x4_shr_s() => vector_shift(Shift::RightSigned, B32);
        visit_i32x4_shr_u() => vector_shift(Shift::RightUnsigned, B32);
        visit_i32x4_add() => vector_binary(Add(B32));
        visit_i32x4_sub() => vector_binary(Sub(B32));
        visit_i32x4_mul() => vector_binary(Mul(B32));
        visit_i32x4_min_s() => vector_binary(Min(S, B32));
        visit_i32x4_min_u() => vector_binary(Min(U, B32));
        visit_i32x4_max_s() => vector_binary(Max(S, B32));
        visit_i32x4_max_u() => vector_binary(Max(U, B32));
        visit_i32x4_extend_low_i16x8_s() => vector_unary(VectorUnary::Extend(Low, S, B16));
        visit_i32x4_extend_low_i16x8_u() => vector_unary(VectorUnary::Extend(Low, U, B16));
        visit_i32x4_extend_high_i16x8_s() => vector_unary(VectorUnary::Extend(High, S, B16));
        visit_i32x4_extend_high_i16x8_u() => vector_unary(VectorUnary::Extend(High, U, B16));
        visit_i32x4_extmul_low_i16x8_s() => vector_binary(MulExtend(Low, S, B16));
        visit_i32x4_extmul_low_i16x8_u() => vector_binary(MulExtend(Low, U, B16));
        visit_i32x4_extmul_high_i16x8_s() => vector_binary(MulExtend(High, S, B16));
        visit_i32x4_extmul_high_i16x8_u() => vector_binary(MulExtend(High, U, B16));
        visit_i32x4_extadd_pairwise_i16x8_s() => vector_unary(AddPairs(S, B16));
        visit_i32x4_extadd_pairwise_i16x8_u() => vector_unary(AddPairs(U, B16));
        visit_i32x4_dot_i16x8_s() => vector_binary(Dot);
        visit_i32x4_relaxed_dot_i8x16_i7x16_add_s() => relaxed_ternary(Ternary::DotBytesAdd, Ternary::DotBytesAddRelaxed);
        visit_i32x4_relaxed_laneselect() => lane_select(B32);
        visit_i64x2_eq() => vector_binary(Compare(Cond::Eq, B64));
        visit_i64x2_ne() => vector_binary(Compare(Cond::Ne, B64));
        visit_i64x2_lt_s() => vector_binary(Compare(Cond::LtS, B64));
        visit_i64x2_gt_s() => vector_binary(Compare(Cond::GtS, B64));
        visit_i64x2_le_s() => vector_binary(Compare(Cond::LeS, B64));
        visit_i64x2_ge_s() => vector_binary(Compare(Cond::GeS, B64));
        visit_i64x2_abs() => vector_unary(Abs(B64));
        visit_i64x2_neg() => vector_unary(Neg(B64));
        visit_i64x2_all_true() => vector_test(All(B64));
        visit_i64x2_bitmask() => vector_bitmask(B64);
        visit_i64x2_shl() => vector_shift(Shift::Left, B64);
        visit_i64x2_shr_s() => vector_shift(Shift::RightSigned, B64);
        visit_i64x2_shr_u() => vector_shift(Shift::RightUnsigned, B64);
        visit_i64x2_add() => vector_binary(Add(B64));
        visit_i64x2_sub() => vector_binary(Sub(B64));
        visit_i64x2_mul() => vector_binary(Mul(B64));
        visit_i64x2_extend_low_i32x4_s() => vector_unary(VectorUnary::Extend(Low, S, B32));
        visit_i64x2_extend_low_i32x4_u() => vector_unary(VectorUnary::Extend(Low, U, B32));
        visit_i64x2_extend_high_i32x4_s() => vector_unary(VectorUnary::Extend(High, S, B32));
        visit_i64x2_extend_high_i32x4_u() => vector_unary(VectorUnary::Extend(High, U, B32));
        visit_i64x2_extmul_low_i32x4_s() => vector_binary(MulExtend(Low, S, B32));
        visit_i64x2_extmul_low_i32x4_u() => vector_binary(MulExtend(Low, U, B32));
        visit_i64x2_extmul_high_i32x4_s() => vector_binary(MulExtend(High, S, B32));
        visit_i64x2_extmul_high_i32x4_u() => vector_binary(MulExtend(High, U, B32));
        visit_i64x2_relaxed_laneselect() => lane_select(B64);
        visit_f32x4_eq() => vector_binary(FloatCompare(Cond::FloatEq, W32));
        visit_f32x4_ne() => vector_binary(FloatCompare(Cond::FloatNe, W32));
        visit_f32x4_lt() => vector_binary(FloatCompare(Cond::FloatLt, W32));
        visit_f32x4_gt() => vector_binary(FloatCompare(Cond::FloatGt, W32));
        visit_f32x4_le() => vector_binary(FloatCompare(Cond::FloatLe, W32));
        visit_f32x4_ge() => vector_binary(FloatCompare(Cond::FloatGe, W32));
        visit_f32x4_abs() => vector_unary(Float(FloatUnary::Abs, W32));
        visit_f32x4_neg() => vector_unary(Float(FloatUnary::Neg, W32));
        visit_f32x4_sqrt() => vector_unary(Float(FloatUnary::Sqrt, W32));
        visit_f32x4_ceil() => vector_unary(Float(FloatUnary::Ceil, W32));
        visit_f32x4_floor() => vector_unary(Float(FloatUnary::Floor, W32));
        visit_f32x4_trunc() => vector_unary(Float(FloatUnary::Trunc, W32));
        visit_f32x4_nearest() => vector_unary(Float(FloatUnary::Nearest, W32));
        visit_f32x4_add() => vector_binary(FloatAdd(W32));
        visit_f32x4_sub() => vector_binary(FloatSub(W32));
        visit_f32x4_mul() => vector_binary(FloatMul(W32));
        visit_f32x4_div() => vector_binary(FloatDiv(W32));
        visit_f32x4_min() => vector_binary(FloatMin(W32));
        visit_f32x4_max() => vector_binary(FloatMax(W32));
        visit_f32x4_pmin() => vector_binary(PseudoMin(W32));
        visit_f32x4_relaxed_min() => relaxed_binary(FloatMin(W32), PseudoMin(W32));
        visit_f32x4_pmax() => vector_binary(PseudoMax(W32));
        visit_f32x4_relaxed_max() => relaxed_binary(FloatMax(W32), PseudoMax(W32));
        visit_f32x4_relaxed_madd() => multiply_add(false, W32);
        visit_f32x4_relaxed_nmadd() => multiply_add(true, W32);
        visit_f64x2_eq() => vector_binary(FloatCompare(Cond::FloatEq, W64));
        visit_f64x2_ne() => vector_binary(FloatCompare(Cond::FloatNe, W64));
        visit_f64x2_lt() => vector_binary(FloatCompare(Cond::FloatLt, W64));
        visit_f64x2_gt() => vector_binary(FloatCompare(Cond::FloatGt, W64));
        visit_f64x2_le() => vector_binary(FloatCompare(Cond::FloatLe, W64));
        visit_f64x2_ge() => vector_binary(FloatCompare(Cond::FloatGe, W64));
        visit_f64x2_abs() => vector_unary(Float(FloatUnary::Abs, W64));
        visit_f64x2_neg() => vector_unary(Float(FloatUnary::Neg, W64));
        visit_f64x2_sqrt() => vector_unary(Float(FloatUnary::Sqrt, W64));
        visit_f64x2_ceil() => vector_unary(Float(FloatUnary::Ceil, W64));
        visit_f64x2_floor() => vector_unary(Float(FloatUnary::Floor, W64));
        visit_f64x2_trunc() => vector_unary(Float(FloatUnary::Trunc, W64));
        visit_f64x2_nearest() => vector_unary(Float(FloatUnary::Nearest, W64));
        visit_f64x2_add() => vector_binary(FloatAdd(W64));
        visit_f64x2_sub() => vector_binary(FloatSub(W64));
        visit_f64x2_mul() => vector_binary(FloatMul(W64));
        visit_f64x2_div() => vector_binary(FloatDiv(W64));
        visit_f64x2_min() => vector_binary(FloatMin(W64));
        visit_f64x2_max() => vector_binary(FloatMax(W64));
        visit_f64x2_pmin() => vector_binary(PseudoMin(W64));
        visit_f64x2_relaxed_min() => relaxed_binary(FloatMin(W64), PseudoMin(W64));
        visit_f64x2_pmax() => vector_binary(PseudoMax(W64));
        visit_f64x2_relaxed_max() => relaxed_binary(FloatMax(W64), PseudoMax(W64));
        visit_f64x2_relaxed_madd() => multiply_add(false, W64);
        visit_f64x2_relaxed_nmadd() => multiply_add(true, W64);
        visit_f32x4_convert_i32x4_s() => vector_unary(FloatFromInt(S));
        visit_f32x4_convert_i32x4_u() => vector_unary(FloatFromInt(U));
        visit_f64x2_convert_low_i32x4_s() => vector_unary(DoubleFromInt(S));
        visit_f64x2_convert_low_i32x4_u() => vector_unary(DoubleFromInt(U));
        visit_f64x2_promote_low_f32x4() => vector_unary(Promote);
        visit_f32x4_demote_f64x2_zero() => vector_unary(Demote);
        visit_i32x4_trunc_sat_f32x4_s() => vector_unary(Truncate(S, W32));
        visit_i32x4_trunc_sat_f32x4_u() => vector_unary(Truncate(U, W32));
        visit_i32x4_trunc_sat_f64x2_s_zero() => vector_unary(Truncate(S, W64));
        visit_i32x4_trunc_sat_f64x2_u_zero() => vector_unary(Truncate(U, W64));
        visit_i32x4_relaxed_trunc_f32x4_s() => relaxed_unary(Truncate(S, W32), TruncateRelaxed(W32));
        visit_i32x4_relaxed_trunc_f32x4_u() => vector_unary(Truncate(U, W32));
        visit_i32x4_relaxed_trunc_f64x2_s_zero() => relaxed_unary(Truncate(S, W64), TruncateRelaxed(W64));
        visit_i32x4_relaxed_trunc_f64x2_u_zero() => vector_unary(Truncate(U, W64));
    }
}
