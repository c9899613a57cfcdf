//! The forms of vector and float instructions. What they do is in [`super::vec_ops`].
//!
//! Methods whose names start with `v` encode the VEX form, which needs AVX. It has its own
//! destination, allows unaligned memory operands, and clears the upper half of the 256-bit register
//! that the destination is part of.

use super::encode::{Imm, Lead, Opcode};
use super::vec_ops::{
    AvxBin, AvxBinImm, AvxUn, AvxUnImm, GprToVec, MOVAPS, MOVD, VecBin, VecBinImm, VecBlend,
    VecExtract, VecHalf, VecInsert, VecMerge, VecMove, VecShift, VecToGpr, VecUn, VecUnImm,
};
use super::{Assembler, Gpr, Mem, Size, Xmm};

/// VEX without an additional register.
const VEX: Lead = Lead::Vex { vvvv: 0 };

#[inline(always)]
fn vex(register: Xmm) -> Lead {
    Lead::Vex {
        vvvv: register.index(),
    }
}

impl Assembler {
    #[inline(always)]
    fn vec_rr(&mut self, op: Opcode, lead: Lead, reg: Xmm, rm: Xmm, imm: Imm) {
        self.emit_rr(op, lead, reg.index(), rm.index(), imm);
    }

    #[inline(always)]
    fn vec_rm(&mut self, op: Opcode, lead: Lead, reg: Xmm, rm: Mem, imm: Imm) {
        self.emit_rm(op, lead, reg.index(), rm, imm);
    }
}

/// Legacy forms.
impl Assembler {
    /// `op dst, src`
    #[inline]
    pub fn bin_rr(&mut self, op: VecBin, dst: Xmm, src: Xmm) {
        self.vec_rr(op.opcode, Lead::LEGACY, dst, src, Imm::NONE);
    }

    /// `op dst, [src]`
    #[inline]
    pub fn bin_rm(&mut self, op: VecBin, dst: Xmm, src: Mem) {
        self.vec_rm(op.opcode, Lead::LEGACY, dst, src, Imm::NONE);
    }

    /// `op dst, src, imm`
    #[inline]
    pub fn bin_rri(&mut self, op: VecBinImm, dst: Xmm, src: Xmm, imm: u8) {
        self.vec_rr(op.opcode, Lead::LEGACY, dst, src, Imm::i8(imm));
    }

    /// `op dst, [src], imm`
    #[inline]
    pub fn bin_rmi(&mut self, op: VecBinImm, dst: Xmm, src: Mem, imm: u8) {
        self.vec_rm(op.opcode, Lead::LEGACY, dst, src, Imm::i8(imm));
    }

    /// `op dst, src`
    #[inline]
    pub fn un_rr(&mut self, op: VecUn, dst: Xmm, src: Xmm) {
        self.vec_rr(op.opcode, Lead::LEGACY, dst, src, Imm::NONE);
    }

    /// `op dst, [src]`
    #[inline]
    pub fn un_rm(&mut self, op: VecUn, dst: Xmm, src: Mem) {
        self.vec_rm(op.opcode, Lead::LEGACY, dst, src, Imm::NONE);
    }

    /// `op dst, src, imm`
    #[inline]
    pub fn un_rri(&mut self, op: VecUnImm, dst: Xmm, src: Xmm, imm: u8) {
        self.vec_rr(op.opcode, Lead::LEGACY, dst, src, Imm::i8(imm));
    }

    /// `op dst, [src], imm`
    #[inline]
    pub fn un_rmi(&mut self, op: VecUnImm, dst: Xmm, src: Mem, imm: u8) {
        self.vec_rm(op.opcode, Lead::LEGACY, dst, src, Imm::i8(imm));
    }

    /// `op dst, src`
    #[inline]
    pub fn merge_rr(&mut self, op: VecMerge, dst: Xmm, src: Xmm) {
        self.vec_rr(op.opcode, Lead::LEGACY, dst, src, Imm::NONE);
    }

    /// `op dst, imm`
    #[inline]
    pub fn vec_shift_ri(&mut self, op: VecShift, dst: Xmm, imm: u8) {
        let (extension, rm) = (op.extension, dst.index());
        self.emit_rr(op.opcode, Lead::LEGACY, extension, rm, Imm::i8(imm));
    }

    /// `op dst, src, xmm0`
    #[inline]
    pub fn blendv_rr(&mut self, op: VecBlend, dst: Xmm, src: Xmm) {
        self.vec_rr(op.legacy, Lead::LEGACY, dst, src, Imm::NONE);
    }

    /// `op dst, [src], xmm0`
    #[inline]
    pub fn blendv_rm(&mut self, op: VecBlend, dst: Xmm, src: Mem) {
        self.vec_rm(op.legacy, Lead::LEGACY, dst, src, Imm::NONE);
    }

    /// `movaps dst, src`: the whole register.
    #[inline]
    pub fn movaps_rr(&mut self, dst: Xmm, src: Xmm) {
        self.vec_rr(MOVAPS.load, Lead::LEGACY, dst, src, Imm::NONE);
    }

    /// `op dst, [src]`
    #[inline]
    pub fn load(&mut self, op: VecMove, dst: Xmm, src: Mem) {
        self.vec_rm(op.load, Lead::LEGACY, dst, src, Imm::NONE);
    }

    /// `op [dst], src`
    #[inline]
    pub fn store(&mut self, op: VecMove, dst: Mem, src: Xmm) {
        self.vec_rm(op.store, Lead::LEGACY, src, dst, Imm::NONE);
    }

    /// `op dst, [src]`
    #[inline]
    pub fn load_half(&mut self, op: VecHalf, dst: Xmm, src: Mem) {
        self.vec_rm(op.load, Lead::LEGACY, dst, src, Imm::NONE);
    }

    /// `op [dst], src`
    #[inline]
    pub fn store_half(&mut self, op: VecHalf, dst: Mem, src: Xmm) {
        self.vec_rm(op.store, Lead::LEGACY, src, dst, Imm::NONE);
    }

    /// `movd dst, src` or `movq dst, src`: the low 32 or 64 bits; the rest of `dst` becomes zero.
    #[inline]
    pub fn movd_xr(&mut self, size: Size, dst: Xmm, src: Gpr) {
        let op = of_width(MOVD.load, size);
        self.emit_rr(op, Lead::LEGACY, dst.index(), src.index(), Imm::NONE);
    }

    /// `movd dst, src` or `movq dst, src`: the low 32 or 64 bits.
    #[inline]
    pub fn movd_rx(&mut self, size: Size, dst: Gpr, src: Xmm) {
        let op = of_width(MOVD.store, size);
        self.emit_rr(op, Lead::LEGACY, src.index(), dst.index(), Imm::NONE);
    }

    /// `op dst, src`, with `src` of 32 or 64 bits.
    #[inline]
    pub fn cvt_xr(&mut self, op: GprToVec, size: Size, dst: Xmm, src: Gpr) {
        let op = of_width(op.opcode, size);
        self.emit_rr(op, Lead::LEGACY, dst.index(), src.index(), Imm::NONE);
    }

    /// `op dst, [src]`, with `src` of 32 or 64 bits.
    #[inline]
    pub fn cvt_xm(&mut self, op: GprToVec, size: Size, dst: Xmm, src: Mem) {
        let op = of_width(op.opcode, size);
        self.vec_rm(op, Lead::LEGACY, dst, src, Imm::NONE);
    }

    /// `op dst, src`, with `dst` of 32 or 64 bits.
    #[inline]
    pub fn cvt_rx(&mut self, op: VecToGpr, size: Size, dst: Gpr, src: Xmm) {
        let op = of_width(op.opcode, size);
        self.emit_rr(op, Lead::LEGACY, dst.index(), src.index(), Imm::NONE);
    }

    /// `op dst, src, lane`
    #[inline]
    pub fn insert_xri(&mut self, op: VecInsert, dst: Xmm, src: Gpr, lane: u8) {
        let (reg, rm) = (dst.index(), src.index());
        self.emit_rr(op.opcode, Lead::LEGACY, reg, rm, Imm::i8(lane));
    }

    /// `op dst, [src], lane`
    #[inline]
    pub fn insert_xmi(&mut self, op: VecInsert, dst: Xmm, src: Mem, lane: u8) {
        self.vec_rm(op.opcode, Lead::LEGACY, dst, src, Imm::i8(lane));
    }

    /// `op dst, src, lane`
    #[inline]
    pub fn extract_rxi(&mut self, op: VecExtract, dst: Gpr, src: Xmm, lane: u8) {
        let (reg, rm) = (src.index(), dst.index());
        self.emit_rr(op.opcode, Lead::LEGACY, reg, rm, Imm::i8(lane));
    }

    /// `op [dst], src, lane`
    #[inline]
    pub fn extract_mxi(&mut self, op: VecExtract, dst: Mem, src: Xmm, lane: u8) {
        self.vec_rm(op.opcode, Lead::LEGACY, src, dst, Imm::i8(lane));
    }
}

/// VEX forms.
impl Assembler {
    /// `vop dst, a, src`
    #[inline]
    pub fn vbin_rrr(&mut self, op: impl Into<AvxBin>, dst: Xmm, a: Xmm, src: Xmm) {
        self.vec_rr(op.into().opcode, vex(a), dst, src, Imm::NONE);
    }

    /// `vop dst, a, [src]`
    #[inline]
    pub fn vbin_rrm(&mut self, op: impl Into<AvxBin>, dst: Xmm, a: Xmm, src: Mem) {
        self.vec_rm(op.into().opcode, vex(a), dst, src, Imm::NONE);
    }

    /// `vop dst, a, src, imm`
    #[inline]
    pub fn vbin_rrri(&mut self, op: impl Into<AvxBinImm>, dst: Xmm, a: Xmm, src: Xmm, imm: u8) {
        self.vec_rr(op.into().opcode, vex(a), dst, src, Imm::i8(imm));
    }

    /// `vop dst, a, [src], imm`
    #[inline]
    pub fn vbin_rrmi(&mut self, op: impl Into<AvxBinImm>, dst: Xmm, a: Xmm, src: Mem, imm: u8) {
        self.vec_rm(op.into().opcode, vex(a), dst, src, Imm::i8(imm));
    }

    /// `vop dst, src`
    #[inline]
    pub fn vun_rr(&mut self, op: impl Into<AvxUn>, dst: Xmm, src: Xmm) {
        self.vec_rr(op.into().opcode, VEX, dst, src, Imm::NONE);
    }

    /// `vop dst, [src]`
    #[inline]
    pub fn vun_rm(&mut self, op: impl Into<AvxUn>, dst: Xmm, src: Mem) {
        self.vec_rm(op.into().opcode, VEX, dst, src, Imm::NONE);
    }

    /// `vop dst, src, imm`
    #[inline]
    pub fn vun_rri(&mut self, op: impl Into<AvxUnImm>, dst: Xmm, src: Xmm, imm: u8) {
        self.vec_rr(op.into().opcode, VEX, dst, src, Imm::i8(imm));
    }

    /// `vop dst, [src], imm`
    #[inline]
    pub fn vun_rmi(&mut self, op: impl Into<AvxUnImm>, dst: Xmm, src: Mem, imm: u8) {
        self.vec_rm(op.into().opcode, VEX, dst, src, Imm::i8(imm));
    }

    /// `vop dst, a, src`
    #[inline]
    pub fn vmerge_rrr(&mut self, op: VecMerge, dst: Xmm, a: Xmm, src: Xmm) {
        self.vec_rr(op.opcode, vex(a), dst, src, Imm::NONE);
    }

    /// `vop dst, src, imm`
    #[inline]
    pub fn vvec_shift_rri(&mut self, op: VecShift, dst: Xmm, src: Xmm, imm: u8) {
        let (extension, rm) = (op.extension, src.index());
        self.emit_rr(op.opcode, vex(dst), extension, rm, Imm::i8(imm));
    }

    /// `vop dst, a, src, mask`: lanes of `src` where the mask's highest bit is set, else of `a`.
    #[inline]
    pub fn vblendv_rrrr(&mut self, op: VecBlend, dst: Xmm, a: Xmm, src: Xmm, mask: Xmm) {
        let mask = Imm::i8(mask.index() << 4);
        self.vec_rr(op.vex, vex(a), dst, src, mask);
    }

    /// `vop dst, a, [src], mask`: lanes of `src` where the mask's highest bit is set, else of `a`.
    #[inline]
    pub fn vblendv_rrmr(&mut self, op: VecBlend, dst: Xmm, a: Xmm, src: Mem, mask: Xmm) {
        let mask = Imm::i8(mask.index() << 4);
        self.vec_rm(op.vex, vex(a), dst, src, mask);
    }

    /// `vmovaps dst, src`: the whole register.
    #[inline]
    pub fn vmovaps_rr(&mut self, dst: Xmm, src: Xmm) {
        if src.index() >= 8 && dst.index() < 8 {
            // The store's opcode has the operands the other way round, which saves a byte.
            self.vec_rr(MOVAPS.store, VEX, src, dst, Imm::NONE);
        } else {
            self.vec_rr(MOVAPS.load, VEX, dst, src, Imm::NONE);
        }
    }

    /// `vop dst, [src]`
    #[inline]
    pub fn vload(&mut self, op: VecMove, dst: Xmm, src: Mem) {
        self.vec_rm(op.load, VEX, dst, src, Imm::NONE);
    }

    /// `vop [dst], src`
    #[inline]
    pub fn vstore(&mut self, op: VecMove, dst: Mem, src: Xmm) {
        self.vec_rm(op.store, VEX, src, dst, Imm::NONE);
    }

    /// `vop dst, a, [src]`
    #[inline]
    pub fn vload_half(&mut self, op: VecHalf, dst: Xmm, a: Xmm, src: Mem) {
        self.vec_rm(op.load, vex(a), dst, src, Imm::NONE);
    }

    /// `vop [dst], src`
    #[inline]
    pub fn vstore_half(&mut self, op: VecHalf, dst: Mem, src: Xmm) {
        self.vec_rm(op.store, VEX, src, dst, Imm::NONE);
    }

    /// `vmovd dst, src` or `vmovq dst, src`: the low 32 or 64 bits; the rest of `dst` becomes zero.
    #[inline]
    pub fn vmovd_xr(&mut self, size: Size, dst: Xmm, src: Gpr) {
        let op = of_width(MOVD.load, size);
        self.emit_rr(op, VEX, dst.index(), src.index(), Imm::NONE);
    }

    /// `vmovd dst, src` or `vmovq dst, src`: the low 32 or 64 bits.
    #[inline]
    pub fn vmovd_rx(&mut self, size: Size, dst: Gpr, src: Xmm) {
        let op = of_width(MOVD.store, size);
        self.emit_rr(op, VEX, src.index(), dst.index(), Imm::NONE);
    }

    /// `vop dst, a, src`, with `src` of 32 or 64 bits.
    #[inline]
    pub fn vcvt_xxr(&mut self, op: GprToVec, size: Size, dst: Xmm, a: Xmm, src: Gpr) {
        let op = of_width(op.opcode, size);
        self.emit_rr(op, vex(a), dst.index(), src.index(), Imm::NONE);
    }

    /// `vop dst, a, [src]`, with `src` of 32 or 64 bits.
    #[inline]
    pub fn vcvt_xxm(&mut self, op: GprToVec, size: Size, dst: Xmm, a: Xmm, src: Mem) {
        let op = of_width(op.opcode, size);
        self.vec_rm(op, vex(a), dst, src, Imm::NONE);
    }

    /// `vop dst, src`, with `dst` of 32 or 64 bits.
    #[inline]
    pub fn vcvt_rx(&mut self, op: VecToGpr, size: Size, dst: Gpr, src: Xmm) {
        let op = of_width(op.opcode, size);
        self.emit_rr(op, VEX, dst.index(), src.index(), Imm::NONE);
    }

    /// `vop dst, a, src, lane`
    #[inline]
    pub fn vinsert_xxri(&mut self, op: VecInsert, dst: Xmm, a: Xmm, src: Gpr, lane: u8) {
        let (reg, rm) = (dst.index(), src.index());
        self.emit_rr(op.opcode, vex(a), reg, rm, Imm::i8(lane));
    }

    /// `vop dst, a, [src], lane`
    #[inline]
    pub fn vinsert_xxmi(&mut self, op: VecInsert, dst: Xmm, a: Xmm, src: Mem, lane: u8) {
        self.vec_rm(op.opcode, vex(a), dst, src, Imm::i8(lane));
    }

    /// `vop dst, src, lane`
    #[inline]
    pub fn vextract_rxi(&mut self, op: VecExtract, dst: Gpr, src: Xmm, lane: u8) {
        let (reg, rm) = (src.index(), dst.index());
        self.emit_rr(op.opcode, VEX, reg, rm, Imm::i8(lane));
    }

    /// `vop [dst], src, lane`
    #[inline]
    pub fn vextract_mxi(&mut self, op: VecExtract, dst: Mem, src: Xmm, lane: u8) {
        self.vec_rm(op.opcode, VEX, src, dst, Imm::i8(lane));
    }
}

/// For instructions whose general-purpose operand has 32 or 64 bits.
#[inline(always)]
fn of_width(op: Opcode, size: Size) -> Opcode {
    debug_assert!(size >= Size::S32);
    op.wide(size == Size::S64)
}
