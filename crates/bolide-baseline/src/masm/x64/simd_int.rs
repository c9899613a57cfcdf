//! Vectors of integers.

use super::simd::{TEMP, splat8, splat16, splat32, splat64};
use super::{FLOAT_SCRATCH, Lane, Rhs, SCRATCH, Shift, VectorBinary, X64, gpr};
use crate::asm::x64::vec_ops::*;
use crate::asm::x64::{Size, Xmm};
use crate::masm::{Cond, Half};

/// The operation with lanes of this width; `None` if there is none.
const fn by_lane<T: Copy>(lane: Lane, ops: [Option<T>; 4]) -> Option<T> {
    ops[lane as usize]
}

/// The instruction that does exactly what an operation does.
pub(super) fn one_instruction(op: VectorBinary) -> Option<VecBin> {
    use VectorBinary::*;
    let all = |lane, ops: [VecBin; 4]| by_lane(lane, ops.map(Some));
    let narrow = |lane, b, w| by_lane(lane, [Some(b), Some(w), None, None]);
    let upto32 = |lane, b, w, d| by_lane(lane, [Some(b), Some(w), Some(d), None]);
    match op {
        And => Some(PAND),
        Or => Some(POR),
        Xor => Some(PXOR),
        Add(lane) => all(lane, [PADDB, PADDW, PADDD, PADDQ]),
        Sub(lane) => all(lane, [PSUBB, PSUBW, PSUBD, PSUBQ]),
        Mul(lane) => by_lane(lane, [None, Some(PMULLW), Some(PMULLD), None]),
        AddSaturating(true, lane) => narrow(lane, PADDSB, PADDSW),
        AddSaturating(false, lane) => narrow(lane, PADDUSB, PADDUSW),
        SubSaturating(true, lane) => narrow(lane, PSUBSB, PSUBSW),
        SubSaturating(false, lane) => narrow(lane, PSUBUSB, PSUBUSW),
        Min(true, lane) => upto32(lane, PMINSB, PMINSW, PMINSD),
        Min(false, lane) => upto32(lane, PMINUB, PMINUW, PMINUD),
        Max(true, lane) => upto32(lane, PMAXSB, PMAXSW, PMAXSD),
        Max(false, lane) => upto32(lane, PMAXUB, PMAXUW, PMAXUD),
        Average(lane) => narrow(lane, PAVGB, PAVGW),
        MulRoundRelaxed => Some(PMULHRSW),
        SwizzleRelaxed => Some(PSHUFB),
        Narrow(true, lane) => narrow(lane, PACKSSWB, PACKSSDW),
        Narrow(false, lane) => narrow(lane, PACKUSWB, PACKUSDW),
        Dot => Some(PMADDWD),
        Compare(Cond::Eq, lane) => all(lane, [PCMPEQB, PCMPEQW, PCMPEQD, PCMPEQQ]),
        Compare(Cond::GtS, lane) => all(lane, [PCMPGTB, PCMPGTW, PCMPGTD, PCMPGTQ]),
        FloatAdd(width) => Some(super::simd_float::pick(width, ADDPS, ADDPD)),
        FloatSub(width) => Some(super::simd_float::pick(width, SUBPS, SUBPD)),
        FloatMul(width) => Some(super::simd_float::pick(width, MULPS, MULPD)),
        FloatDiv(width) => Some(super::simd_float::pick(width, DIVPS, DIVPD)),
        _ => None,
    }
}

impl X64 {
    pub(super) fn abs_lanes(&mut self, lane: Lane, dst: Xmm, src: Xmm) {
        match lane {
            Lane::B8 => self.vec_unary(PABSB, dst, src),
            Lane::B16 => self.vec_unary(PABSW, dst, src),
            Lane::B32 => self.vec_unary(PABSD, dst, src),
            Lane::B64 => {
                // The sign in all bits of both halves of a lane.
                self.vec_unary_imm(PSHUFD, TEMP, src, 0xf5);
                self.vec_shift_imm(PSRAD_IMM, TEMP, TEMP, 31);
                self.vec_binary(PXOR, dst, src, TEMP);
                self.vec_binary(PSUBQ, dst, dst, TEMP);
            }
        }
    }

    /// Looks up both halves of every byte in a table.
    pub(super) fn count_ones_of_bytes(&mut self, dst: Xmm, src: Xmm) {
        const COUNTS: [u8; 16] = [0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4];
        self.vec_binary_const(PAND, TEMP, src, splat8(15));
        self.vec_shift_imm(PSRLW_IMM, dst, src, 4);
        self.vec_binary_const(PAND, dst, dst, splat8(15));
        self.load_vector_const(FLOAT_SCRATCH, COUNTS);
        self.vec_binary(PSHUFB, FLOAT_SCRATCH, FLOAT_SCRATCH, TEMP);
        self.load_vector_const(TEMP, COUNTS);
        self.vec_binary(PSHUFB, TEMP, TEMP, dst);
        self.vec_binary(PADDB, dst, TEMP, FLOAT_SCRATCH);
    }

    /// Overwrites no scratch register.
    pub(super) fn extend_half(&mut self, half: Half, signed: bool, lane: Lane, dst: Xmm, src: Xmm) {
        let src = match half {
            Half::Low => src,
            Half::High => {
                self.vec_unary_imm(PSHUFD, dst, src, 0xee);
                dst
            }
        };
        self.vec_unary(extension(signed, lane), dst, src);
    }

    pub(super) fn add_pairs(&mut self, signed: bool, lane: Lane, dst: Xmm, src: Xmm) {
        match (lane, signed) {
            (Lane::B8, true) => {
                // The first operand of the instruction is unsigned, the second signed.
                self.load_vector_const(TEMP, splat8(1));
                self.vec_binary(PMADDUBSW, dst, TEMP, src);
            }
            (Lane::B8, false) => self.vec_binary_const(PMADDUBSW, dst, src, splat8(1)),
            (_, true) => self.vec_binary_const(PMADDWD, dst, src, splat16(1)),
            (_, false) => {
                // As signed numbers, 2¹⁵ less each.
                self.vec_binary_const(PXOR, dst, src, splat16(1 << 15));
                self.vec_binary_const(PMADDWD, dst, dst, splat16(1));
                self.vec_binary_const(PADDD, dst, dst, splat32(1 << 16));
            }
        }
    }

    pub(super) fn multiply_round(&mut self, dst: Xmm, a: Xmm, b: Xmm) {
        self.vec_binary(PMULHRSW, dst, a, b);
        // Only the product of the two least numbers overflows.
        self.vec_binary_const(PCMPEQW, TEMP, dst, splat16(1 << 15));
        self.vec_binary(PXOR, dst, dst, TEMP);
    }

    /// 64-bit products: that of the lower halves and, shifted, the mixed ones.
    pub(super) fn multiply_quads(&mut self, dst: Xmm, a: Xmm, b: Xmm) {
        self.vec_shift_imm(PSRLQ_IMM, TEMP, a, 32);
        self.vec_binary(PMULUDQ, TEMP, TEMP, b);
        self.vec_shift_imm(PSRLQ_IMM, FLOAT_SCRATCH, b, 32);
        self.vec_binary(PMULUDQ, FLOAT_SCRATCH, FLOAT_SCRATCH, a);
        self.vec_binary(PADDQ, TEMP, TEMP, FLOAT_SCRATCH);
        self.vec_shift_imm(PSLLQ_IMM, TEMP, TEMP, 32);
        self.vec_binary(PMULUDQ, dst, a, b);
        self.vec_binary(PADDQ, dst, dst, TEMP);
    }

    pub(super) fn multiply_half(
        &mut self,
        half: Half,
        signed: bool,
        lane: Lane,
        dst: Xmm,
        a: Xmm,
        b: Xmm,
    ) {
        match lane {
            Lane::B8 => {
                self.extend_half(half, signed, lane, TEMP, a);
                self.extend_half(half, signed, lane, FLOAT_SCRATCH, b);
                self.vec_binary(PMULLW, dst, TEMP, FLOAT_SCRATCH);
            }
            Lane::B16 => {
                let upper = if signed { PMULHW } else { PMULHUW };
                self.vec_binary(upper, TEMP, a, b);
                self.vec_binary(PMULLW, dst, a, b);
                let unpack = match half {
                    Half::Low => PUNPCKLWD,
                    Half::High => PUNPCKHWD,
                };
                self.vec_binary(unpack, dst, dst, TEMP);
            }
            Lane::B32 | Lane::B64 => {
                let lanes = match half {
                    Half::Low => 0x50,
                    Half::High => 0xfa,
                };
                self.vec_unary_imm(PSHUFD, TEMP, a, lanes);
                self.vec_unary_imm(PSHUFD, FLOAT_SCRATCH, b, lanes);
                let multiply = if signed { PMULDQ } else { PMULUDQ };
                self.vec_binary(multiply, dst, TEMP, FLOAT_SCRATCH);
            }
        }
    }

    /// Multiplies even and odd bytes separately.
    pub(super) fn dot_bytes(&mut self, dst: Xmm, a: Xmm, b: Xmm) {
        self.vec_shift_imm(PSLLW_IMM, TEMP, a, 8);
        self.vec_shift_imm(PSRAW_IMM, TEMP, TEMP, 8);
        self.vec_shift_imm(PSLLW_IMM, FLOAT_SCRATCH, b, 8);
        self.vec_shift_imm(PSRAW_IMM, FLOAT_SCRATCH, FLOAT_SCRATCH, 8);
        self.vec_binary(PMULLW, TEMP, TEMP, FLOAT_SCRATCH);
        self.vec_shift_imm(PSRAW_IMM, FLOAT_SCRATCH, b, 8);
        self.vec_shift_imm(PSRAW_IMM, dst, a, 8);
        self.vec_binary(PMULLW, dst, dst, FLOAT_SCRATCH);
        self.vec_binary(PADDW, dst, dst, TEMP);
    }

    /// Every comparison but "equal" and "greater", which are instructions.
    pub(super) fn compare_lanes(&mut self, cond: Cond, lane: Lane, dst: Xmm, a: Xmm, b: Xmm) {
        use VectorBinary::{Compare, Max, Min};
        let equal = Compare(Cond::Eq, lane);
        let greater = Compare(Cond::GtS, lane);
        match cond {
            Cond::LtS => self.binary_vector(greater, dst, b, a),
            Cond::LeS | Cond::GeS if lane == Lane::B64 => {
                let opposite = cond.negate();
                self.binary_vector(Compare(opposite, lane), dst, a, b);
                self.invert(dst, dst);
            }
            // One of them is the maximum or minimum of both.
            Cond::LeS | Cond::LeU => {
                self.binary_vector(Min(cond == Cond::LeS, lane), TEMP, a, b);
                self.binary_vector(equal, dst, a, TEMP);
            }
            Cond::GeS | Cond::GeU => {
                self.binary_vector(Max(cond == Cond::GeS, lane), TEMP, a, b);
                self.binary_vector(equal, dst, a, TEMP);
            }
            _ => {
                self.binary_vector(Compare(cond.negate(), lane), dst, a, b);
                self.invert(dst, dst);
            }
        }
    }

    // Shifts.

    pub(super) fn shift_vector(&mut self, op: Shift, lane: Lane, dst: Xmm, a: Xmm, count: Rhs) {
        let mask = lane.bytes() as i32 * 8 - 1;
        match count {
            Rhs::Imm(count) => {
                self.shift_by_constant(op, lane, dst, a, (count as i32 & mask) as u8)
            }
            Rhs::Reg(count) => {
                self.asm.mov_rr(Size::S32, SCRATCH, gpr(count));
                self.asm.and_ri(Size::S32, SCRATCH, mask);
                self.shift_by_scratch(op, lane, dst, a);
            }
            Rhs::Frame(below) => {
                self.asm.mov_rm(Size::S32, SCRATCH, super::frame(below));
                self.asm.and_ri(Size::S32, SCRATCH, mask);
                self.shift_by_scratch(op, lane, dst, a);
            }
        }
    }

    fn shift_by_constant(&mut self, op: Shift, lane: Lane, dst: Xmm, a: Xmm, count: u8) {
        if let Some((_, op)) = shift_instructions(op, lane) {
            return self.vec_shift_imm(op, dst, a, count);
        }
        match (op, lane) {
            (Shift::Left, _) => {
                self.vec_shift_imm(PSLLW_IMM, dst, a, count);
                self.vec_binary_const(PAND, dst, dst, splat8(0xff << count));
            }
            (Shift::RightSigned, Lane::B8) => {
                self.vec_binary(PUNPCKLBW, TEMP, a, a);
                self.vec_shift_imm(PSRAW_IMM, TEMP, TEMP, 8 + count);
                self.vec_binary(PUNPCKHBW, dst, a, a);
                self.vec_shift_imm(PSRAW_IMM, dst, dst, 8 + count);
                self.vec_binary(PACKSSWB, dst, TEMP, dst);
            }
            (Shift::RightSigned, _) => {
                // Extends what has been the sign.
                let sign = splat64(1 << 63 >> count);
                self.vec_shift_imm(PSRLQ_IMM, dst, a, count);
                self.vec_binary_const(PXOR, dst, dst, sign);
                self.vec_binary_const(PSUBQ, dst, dst, sign);
            }
            _ => {
                self.vec_shift_imm(PSRLW_IMM, dst, a, count);
                self.vec_binary_const(PAND, dst, dst, splat8(0xff >> count));
            }
        }
    }

    /// Shifts by the number in [`SCRATCH`], which is less than the width.
    fn shift_by_scratch(&mut self, op: Shift, lane: Lane, dst: Xmm, a: Xmm) {
        const COUNT: Xmm = FLOAT_SCRATCH;
        let widened = (op, lane) == (Shift::RightSigned, Lane::B8);
        if widened {
            self.asm.add_ri(Size::S32, SCRATCH, 8);
        }
        self.vec_from_gpr(Size::S32, COUNT, SCRATCH);
        if let Some((op, _)) = shift_instructions(op, lane) {
            return self.vec_binary(op, dst, a, COUNT);
        }
        match (op, lane) {
            (Shift::RightSigned, Lane::B8) => {
                self.vec_binary(PUNPCKLBW, TEMP, a, a);
                self.vec_binary(PSRAW, TEMP, TEMP, COUNT);
                self.vec_binary(PUNPCKHBW, dst, a, a);
                self.vec_binary(PSRAW, dst, dst, COUNT);
                self.vec_binary(PACKSSWB, dst, TEMP, dst);
            }
            (Shift::RightSigned, _) => {
                self.load_vector_const(TEMP, splat64(1 << 63));
                self.vec_binary(PSRLQ, TEMP, TEMP, COUNT);
                self.vec_binary(PSRLQ, dst, a, COUNT);
                self.vec_binary(PXOR, dst, dst, TEMP);
                self.vec_binary(PSUBQ, dst, dst, TEMP);
            }
            _ => {
                // The mask for what comes from the byte itself is that of the lowest byte.
                let shift = if op == Shift::Left { PSLLW } else { PSRLW };
                self.all_ones(TEMP);
                self.vec_binary(shift, TEMP, TEMP, COUNT);
                if op != Shift::Left {
                    self.vec_shift_imm(PSRLW_IMM, TEMP, TEMP, 8);
                }
                self.vec_binary(shift, dst, a, COUNT);
                self.zero_float(FLOAT_SCRATCH);
                self.vec_binary(PSHUFB, TEMP, TEMP, FLOAT_SCRATCH);
                self.vec_binary(PAND, dst, dst, TEMP);
            }
        }
    }
}

/// The instruction that makes lanes of this width in the low half twice as wide.
pub(super) const fn extension(signed: bool, lane: Lane) -> VecUn {
    match (signed, lane) {
        (true, Lane::B8) => PMOVSXBW,
        (true, Lane::B16) => PMOVSXWD,
        (true, _) => PMOVSXDQ,
        (false, Lane::B8) => PMOVZXBW,
        (false, Lane::B16) => PMOVZXWD,
        (false, _) => PMOVZXDQ,
    }
}

/// Shifts by a register and by a constant, where there are any.
fn shift_instructions(op: Shift, lane: Lane) -> Option<(VecBin, VecShift)> {
    let found = match op {
        Shift::Left => [
            None,
            Some((PSLLW, PSLLW_IMM)),
            Some((PSLLD, PSLLD_IMM)),
            Some((PSLLQ, PSLLQ_IMM)),
        ],
        Shift::RightSigned => [
            None,
            Some((PSRAW, PSRAW_IMM)),
            Some((PSRAD, PSRAD_IMM)),
            None,
        ],
        _ => [
            None,
            Some((PSRLW, PSRLW_IMM)),
            Some((PSRLD, PSRLD_IMM)),
            Some((PSRLQ, PSRLQ_IMM)),
        ],
    };
    by_lane(lane, found)
}
