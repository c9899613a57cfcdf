//! Between integers and floats.

use bolide_abi::TrapCode;

use super::{FLOAT_SCRATCH, SCRATCH, Width, X64, size};
use crate::asm::Part;
use crate::asm::x64::vec_ops::*;
use crate::asm::x64::{Cond as C, Gpr, Size, Xmm};
use crate::masm::Cond;

/// Bits of 2⁶³ as a float.
const fn two_to_63(width: Width) -> u64 {
    match width {
        Width::W32 => 0x5f00_0000,
        Width::W64 => 0x43e0_0000_0000_0000,
    }
}

/// The largest float below the range of a signed integer, or the smallest of the range if `true`.
const fn lower_bound(from: Width, to: Width) -> (u64, bool) {
    match (from, to) {
        (Width::W64, Width::W32) => (0xc1e0_0000_0020_0000, false),
        (Width::W32, Width::W32) => (0xcf00_0000, true),
        (Width::W32, Width::W64) => (0xdf00_0000, true),
        (Width::W64, Width::W64) => (0xc3e0_0000_0000_0000, true),
    }
}

impl X64 {
    pub(super) fn convert_int(&mut self, signed: bool, from: Width, to: Width, dst: Xmm, src: Gpr) {
        match (signed, from) {
            (true, _) => self.convert_signed(size(from), to, dst, src),
            // The upper half of the register is zero.
            (false, Width::W32) => self.convert_signed(Size::S64, to, dst, src),
            (false, Width::W64) => self.convert_unsigned64(to, dst, src),
        }
    }

    fn convert_signed(&mut self, size: Size, to: Width, dst: Xmm, src: Gpr) {
        let op = match to {
            Width::W32 => CVTSI2SS,
            Width::W64 => CVTSI2SD,
        };
        // Breaks the dependency on what the register held.
        self.zero_float(dst);
        if self.avx {
            self.asm.vcvt_xxr(op, size, dst, dst, src);
        } else {
            self.asm.cvt_xr(op, size, dst, src);
        }
    }

    /// A number above the signed range is halved, with the lowest bit kept for correct rounding, and
    /// doubled afterwards.
    fn convert_unsigned64(&mut self, to: Width, dst: Xmm, src: Gpr) {
        let (large, done) = (self.asm.buf.label(), self.asm.buf.label());
        self.asm.test_rr(Size::S64, src, src);
        self.asm.jcc_short(C::S, large);
        self.convert_signed(Size::S64, to, dst, src);
        self.asm.jmp_short(done);
        self.asm.buf.bind(large);
        self.asm.mov_rr(Size::S64, SCRATCH, src);
        self.asm.and_ri(Size::S32, SCRATCH, 1);
        self.asm.shr_ri(Size::S64, src, 1);
        self.asm.or_rr(Size::S64, src, SCRATCH);
        self.convert_signed(Size::S64, to, dst, src);
        let add = if to == Width::W32 { ADDSS } else { ADDSD };
        self.vec_binary(add, dst, dst, dst);
        self.asm.buf.bind(done);
    }

    fn truncate(&mut self, from: Width, size: Size, dst: Gpr, src: Xmm) {
        let op = match from {
            Width::W32 => CVTTSS2SI,
            Width::W64 => CVTTSD2SI,
        };
        if self.avx {
            self.asm.vcvt_rx(op, size, dst, src);
        } else {
            self.asm.cvt_rx(op, size, dst, src);
        }
    }

    /// Traps if `src` is NaN.
    fn trap_if_nan(&mut self, width: Width, src: Xmm) {
        self.compare_floats(Cond::FloatEq, width, src, src);
        self.asm.trap_if(C::P, TrapCode::BadConversionToInteger);
    }

    pub(super) fn truncate_to_int(
        &mut self,
        signed: bool,
        from: Width,
        to: Width,
        dst: Gpr,
        src: Xmm,
    ) {
        match (signed, to) {
            (true, _) => self.truncate_signed(from, to, dst, src),
            (false, Width::W32) => self.truncate_unsigned32(from, dst, src),
            (false, Width::W64) => self.truncate_unsigned64(from, dst, src),
        }
    }

    fn truncate_signed(&mut self, from: Width, to: Width, dst: Gpr, src: Xmm) {
        let size = size(to);
        self.truncate(from, size, dst, src);
        // Only the result for what does not fit, which is the least integer, overflows.
        self.asm.cmp_ri(size, dst, 1);
        let (slow, done) = (self.asm.buf.label(), self.asm.buf.label());
        self.asm.jcc(C::O, slow);
        self.asm.buf.bind(done);

        let before = self.asm.buf.enter(Part::Cold);
        self.asm.buf.bind(slow);
        self.trap_if_nan(from, src);
        let (bound, inclusive) = lower_bound(from, to);
        let bound = self.float_in_memory(from, bound);
        self.compare_with(from, src, bound);
        let below = if inclusive { C::B } else { C::Be };
        self.asm.trap_if(below, TrapCode::IntegerOverflow);
        self.zero_float(FLOAT_SCRATCH);
        self.compare_floats(Cond::FloatGt, from, src, FLOAT_SCRATCH);
        self.asm.trap_if(C::A, TrapCode::IntegerOverflow);
        self.asm.jmp(done);
        self.asm.buf.enter(before);
    }

    fn truncate_unsigned32(&mut self, from: Width, dst: Gpr, src: Xmm) {
        self.truncate(from, Size::S64, dst, src);
        self.asm.mov_rr(Size::S32, SCRATCH, dst);
        self.asm.cmp_rr(Size::S64, SCRATCH, dst);
        let slow = self.asm.buf.label();
        self.asm.jcc(C::Ne, slow);

        let before = self.asm.buf.enter(Part::Cold);
        self.asm.buf.bind(slow);
        self.trap_if_nan(from, src);
        self.asm.trap(TrapCode::IntegerOverflow);
        self.asm.buf.enter(before);
    }

    fn truncate_unsigned64(&mut self, from: Width, dst: Gpr, src: Xmm) {
        self.truncate(from, Size::S64, dst, src);
        self.asm.test_rr(Size::S64, dst, dst);
        let (slow, done) = (self.asm.buf.label(), self.asm.buf.label());
        self.asm.jcc(C::S, slow);
        self.asm.buf.bind(done);

        let before = self.asm.buf.enter(Part::Cold);
        self.asm.buf.bind(slow);
        self.trap_if_nan(from, src);
        self.above_signed_range(from, dst, src);
        // Below the unsigned range, or above it.
        self.asm.trap_if(C::S, TrapCode::IntegerOverflow);
        self.flip_sign(dst);
        self.asm.jmp(done);
        self.asm.buf.enter(before);
    }

    /// Converts `src - 2⁶³` and sets the sign flag unless that is in the signed range and positive.
    fn above_signed_range(&mut self, from: Width, dst: Gpr, src: Xmm) {
        let sub = if from == Width::W32 { SUBSS } else { SUBSD };
        let offset = self.float_in_memory(from, two_to_63(from));
        self.vec_binary_mem(sub, src, src, offset);
        self.truncate(from, Size::S64, dst, src);
        self.asm.test_rr(Size::S64, dst, dst);
    }

    fn flip_sign(&mut self, dst: Gpr) {
        self.asm.mov_ri(SCRATCH, 1 << 63);
        self.asm.xor_rr(Size::S64, dst, SCRATCH);
    }

    pub(super) fn saturate_to_int(
        &mut self,
        signed: bool,
        from: Width,
        to: Width,
        dst: Gpr,
        src: Xmm,
    ) {
        match (signed, to) {
            (true, _) => self.saturate_signed(from, to, dst, src),
            (false, Width::W32) => self.saturate_unsigned32(from, dst, src),
            (false, Width::W64) => self.saturate_unsigned64(from, dst, src),
        }
    }

    fn saturate_signed(&mut self, from: Width, to: Width, dst: Gpr, src: Xmm) {
        let size = size(to);
        self.truncate(from, size, dst, src);
        self.asm.cmp_ri(size, dst, 1);
        let (slow, done) = (self.asm.buf.label(), self.asm.buf.label());
        self.asm.jcc(C::O, slow);
        self.asm.buf.bind(done);

        let before = self.asm.buf.enter(Part::Cold);
        self.asm.buf.bind(slow);
        // The register holds the least integer, which is right for what is negative.
        let ordered = self.asm.buf.label();
        self.compare_floats(Cond::FloatEq, from, src, src);
        self.asm.jcc_short(C::Np, ordered);
        self.asm.mov_ri(dst, 0);
        self.asm.jmp(done);
        self.asm.buf.bind(ordered);
        self.zero_float(FLOAT_SCRATCH);
        self.compare_floats(Cond::FloatGt, from, src, FLOAT_SCRATCH);
        self.asm.jcc(C::Be, done);
        let largest = match to {
            Width::W32 => i32::MAX as u64,
            Width::W64 => i64::MAX as u64,
        };
        self.asm.mov_ri(dst, largest);
        self.asm.jmp(done);
        self.asm.buf.enter(before);
    }

    /// Sets `dst` to zero if `src` is NaN or negative, to the largest integer otherwise.
    fn saturate_unsigned(&mut self, from: Width, to: Width, dst: Gpr, src: Xmm) {
        let done = self.asm.buf.label();
        self.asm.mov_ri(dst, 0);
        self.zero_float(FLOAT_SCRATCH);
        self.compare_floats(Cond::FloatGt, from, src, FLOAT_SCRATCH);
        // Holds for NaN, too.
        self.asm.jcc_short(C::Be, done);
        self.asm.mov_ri(dst, to.truncate(u64::MAX));
        self.asm.buf.bind(done);
    }

    fn saturate_unsigned32(&mut self, from: Width, dst: Gpr, src: Xmm) {
        self.truncate(from, Size::S64, dst, src);
        self.asm.mov_rr(Size::S32, SCRATCH, dst);
        self.asm.cmp_rr(Size::S64, SCRATCH, dst);
        let (slow, done) = (self.asm.buf.label(), self.asm.buf.label());
        self.asm.jcc(C::Ne, slow);
        self.asm.buf.bind(done);

        let before = self.asm.buf.enter(Part::Cold);
        self.asm.buf.bind(slow);
        self.saturate_unsigned(from, Width::W32, dst, src);
        self.asm.jmp(done);
        self.asm.buf.enter(before);
    }

    fn saturate_unsigned64(&mut self, from: Width, dst: Gpr, src: Xmm) {
        self.truncate(from, Size::S64, dst, src);
        self.asm.test_rr(Size::S64, dst, dst);
        let (slow, done) = (self.asm.buf.label(), self.asm.buf.label());
        self.asm.jcc(C::S, slow);
        self.asm.buf.bind(done);

        let before = self.asm.buf.enter(Part::Cold);
        self.asm.buf.bind(slow);
        let beyond = self.asm.buf.label();
        // What is above the signed range stays positive, everything else is decided by its sign.
        self.mov_float(FLOAT_SCRATCH, src);
        self.above_signed_range(from, dst, FLOAT_SCRATCH);
        self.asm.jcc_short(C::S, beyond);
        self.flip_sign(dst);
        self.asm.jmp(done);
        self.asm.buf.bind(beyond);
        self.saturate_unsigned(from, Width::W64, dst, src);
        self.asm.jmp(done);
        self.asm.buf.enter(before);
    }
}
