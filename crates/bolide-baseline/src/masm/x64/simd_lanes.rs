//! Lanes of vectors: from and to other registers and memory, and in another order.

use super::simd::{TEMP, splat8};
use super::simd_int::extension;
use super::{FLOAT_SCRATCH, Fault, Lane, SCRATCH, VectorLoad, Width, X64};
use crate::asm::x64::vec_ops::*;
use crate::asm::x64::{Feature, Gpr, Mem, Size, Xmm};

/// [`PSHUFD`] of the lowest 64 bits to both halves, and of the highest.
const LOW_TWICE: u8 = 0x44;
const HIGH_TWICE: u8 = 0xee;

impl X64 {
    /// The lowest lane for all lanes; from a register that is not [`TEMP`].
    fn splat_lane(&mut self, lane: Lane, dst: Xmm, src: Xmm) {
        let avx2 = self.features.has(Feature::Avx2);
        match lane {
            Lane::B8 if avx2 => self.asm.vun_rr(VPBROADCASTB, dst, src),
            Lane::B8 => {
                self.zero_float(TEMP);
                self.vec_binary(PSHUFB, dst, src, TEMP);
            }
            Lane::B16 if avx2 => self.asm.vun_rr(VPBROADCASTW, dst, src),
            Lane::B16 => {
                self.vec_unary_imm(PSHUFLW, dst, src, 0);
                self.vec_unary_imm(PSHUFD, dst, dst, 0);
            }
            Lane::B32 => self.vec_unary_imm(PSHUFD, dst, src, 0),
            Lane::B64 => self.vec_unary_imm(PSHUFD, dst, src, LOW_TWICE),
        }
    }

    pub(super) fn splat_gpr(&mut self, lane: Lane, dst: Xmm, src: Gpr) {
        let size = if lane == Lane::B64 {
            Size::S64
        } else {
            Size::S32
        };
        self.vec_from_gpr(size, dst, src);
        self.splat_lane(lane, dst, dst);
    }

    pub(super) fn splat_low(&mut self, width: Width, dst: Xmm, src: Xmm) {
        let lane = match width {
            Width::W32 => Lane::B32,
            Width::W64 => Lane::B64,
        };
        self.splat_lane(lane, dst, src);
    }

    pub(super) fn extract_gpr(&mut self, lane: Lane, index: u8, dst: Gpr, src: Xmm) {
        let op = extraction(lane);
        self.need(op.feature());
        if self.avx {
            self.asm.vextract_rxi(op, dst, src, index);
        } else {
            self.asm.extract_rxi(op, dst, src, index);
        }
    }

    pub(super) fn extract_low(&mut self, width: Width, index: u8, dst: Xmm, src: Xmm) {
        match (width, index) {
            (_, 0) => self.mov_float(dst, src),
            (Width::W32, _) => self.vec_unary_imm(PSHUFD, dst, src, index),
            (Width::W64, _) => self.vec_unary_imm(PSHUFD, dst, src, HIGH_TWICE),
        }
    }

    pub(super) fn insert_gpr(&mut self, lane: Lane, index: u8, dst: Xmm, a: Xmm, src: Gpr) {
        let op = insertion(lane);
        self.need(op.feature());
        if self.avx {
            self.asm.vinsert_xxri(op, dst, a, src, index);
        } else {
            self.mov_float(dst, a);
            self.asm.insert_xri(op, dst, src, index);
        }
    }

    pub(super) fn insert_low(&mut self, width: Width, index: u8, dst: Xmm, a: Xmm, src: Xmm) {
        match (width, index) {
            (Width::W32, _) => self.vec_binary_imm(INSERTPS, dst, a, src, index << 4),
            (Width::W64, 0) if self.avx => self.asm.vmerge_rrr(MOVSD_MERGE, dst, a, src),
            (Width::W64, 0) => {
                self.mov_float(dst, a);
                self.asm.merge_rr(MOVSD_MERGE, dst, src);
            }
            (Width::W64, _) => self.vec_binary(UNPCKLPD, dst, a, src),
        }
    }

    // Memory.

    pub(super) fn load_to_vector(&mut self, op: VectorLoad, dst: Xmm, src: Mem) {
        let avx2 = self.features.has(Feature::Avx2);
        match op {
            VectorLoad::Extend(signed, lane) => {
                self.vec_unary_mem(extension(signed, lane), dst, src);
            }
            VectorLoad::Splat(Lane::B8) if avx2 => self.asm.vun_rm(VPBROADCASTB, dst, src),
            VectorLoad::Splat(Lane::B16) if avx2 => self.asm.vun_rm(VPBROADCASTW, dst, src),
            VectorLoad::Splat(Lane::B32) if avx2 => self.asm.vun_rm(VPBROADCASTD, dst, src),
            VectorLoad::Splat(Lane::B64) if avx2 => self.asm.vun_rm(VPBROADCASTQ, dst, src),
            VectorLoad::Splat(lane @ (Lane::B8 | Lane::B16)) => {
                let size = if lane == Lane::B8 {
                    Size::S8
                } else {
                    Size::S16
                };
                self.asm.movzx_rm(size, SCRATCH, src);
                self.splat_gpr(lane, dst, SCRATCH);
            }
            VectorLoad::Splat(lane) => {
                self.load_low(lane, dst, src);
                self.splat_lane(lane, dst, dst);
            }
            VectorLoad::Zero(lane) => self.load_low(lane, dst, src),
        }
    }

    /// Loads 32 or 64 bits; the rest becomes zero.
    fn load_low(&mut self, lane: Lane, dst: Xmm, src: Mem) {
        let op = if lane == Lane::B64 { MOVSD } else { MOVSS };
        if self.avx {
            self.asm.vload(op, dst, src);
        } else {
            self.asm.load(op, dst, src);
        }
    }

    pub(super) fn insert_mem(
        &mut self,
        lane: Lane,
        index: u8,
        dst: Xmm,
        a: Xmm,
        src: Mem,
        fault: Fault,
    ) {
        let op = insertion(lane);
        self.need(op.feature());
        if self.avx {
            self.fault(fault);
            self.asm.vinsert_xxmi(op, dst, a, src, index);
        } else {
            self.mov_float(dst, a);
            self.fault(fault);
            self.asm.insert_xmi(op, dst, src, index);
        }
    }

    pub(super) fn extract_mem(&mut self, lane: Lane, index: u8, dst: Mem, src: Xmm) {
        let op = extraction(lane);
        self.need(op.feature());
        if self.avx {
            self.asm.vextract_mxi(op, dst, src, index);
        } else {
            self.asm.extract_mxi(op, dst, src, index);
        }
    }

    // Shuffles.

    pub(super) fn shuffle(&mut self, lanes: [u8; 16], dst: Xmm, a: Xmm, b: Xmm) {
        let from_a = lanes.iter().any(|lane| *lane < 16);
        let from_b = lanes.iter().any(|lane| *lane >= 16);
        match (from_a && a != b, from_b && a != b) {
            (true, true) if self.shuffle_at_once(lanes, dst, a, b) => {}
            (true, true) => {
                self.vec_binary_const(PSHUFB, FLOAT_SCRATCH, b, choose(lanes, 16));
                self.vec_binary_const(PSHUFB, dst, a, choose(lanes, 0));
                self.vec_binary(POR, dst, dst, FLOAT_SCRATCH);
            }
            (false, true) => self.permute(lanes, dst, b),
            _ => self.permute(lanes, dst, a),
        }
    }

    /// A shuffle of two registers that is one instruction. Returns whether it is.
    fn shuffle_at_once(&mut self, lanes: [u8; 16], dst: Xmm, a: Xmm, b: Xmm) -> bool {
        let swapped = lanes.map(|lane| lane ^ 16);
        if let Some(op) = interleaving(lanes) {
            self.vec_binary(op, dst, a, b);
        } else if let Some(op) = interleaving(swapped) {
            self.vec_binary(op, dst, b, a);
        } else if let Some(distance) = window(lanes) {
            // The first operand is what comes second.
            self.vec_binary_imm(PALIGNR, dst, b, a, distance);
        } else if let Some(distance) = window(swapped) {
            self.vec_binary_imm(PALIGNR, dst, a, b, distance);
        } else if let Some(order) = words_of_each(lanes) {
            self.vec_binary_imm(SHUFPS, dst, a, b, order);
        } else if let Some(order) = words_of_each(swapped) {
            self.vec_binary_imm(SHUFPS, dst, b, a, order);
        } else if let Some(mask) = merged_shorts(lanes) {
            self.vec_binary_imm(PBLENDW, dst, a, b, mask);
        } else {
            return false;
        }
        true
    }

    /// Bytes of one register at these positions, modulo 16.
    fn permute(&mut self, lanes: [u8; 16], dst: Xmm, src: Xmm) {
        let lanes = lanes.map(|lane| lane & 15);
        if lanes == splat8(lanes[0]) && lanes[0] == 0 {
            return self.splat_lane(Lane::B8, dst, src);
        }
        match whole_words(lanes) {
            Some(order) => self.vec_unary_imm(PSHUFD, dst, src, order),
            None => self.vec_binary_const(PSHUFB, dst, src, lanes),
        }
    }
}

/// Positions in the register whose first byte is number `first`; others, which become zero.
fn choose(lanes: [u8; 16], first: u8) -> [u8; 16] {
    lanes.map(|lane| if lane & 16 == first { lane & 15 } else { 0x80 })
}

/// The instruction that takes lanes in turn from the lower or upper halves of both registers, if that gives these.
fn interleaving(lanes: [u8; 16]) -> Option<VecBin> {
    const ALL: [(VecBin, u8, u8); 8] = [
        (PUNPCKLBW, 1, 0),
        (PUNPCKHBW, 1, 8),
        (PUNPCKLWD, 2, 0),
        (PUNPCKHWD, 2, 8),
        (PUNPCKLDQ, 4, 0),
        (PUNPCKHDQ, 4, 8),
        (PUNPCKLQDQ, 8, 0),
        (PUNPCKHQDQ, 8, 8),
    ];
    let found = ALL.into_iter().find(|&(_, size, first)| {
        let taken = |at: u8| {
            let (lane, byte) = (at / size, at % size);
            first + lane / 2 * size + byte + lane % 2 * 16
        };
        (0..16).map(taken).eq(lanes)
    });
    found.map(|(op, ..)| op)
}

/// The position of 16 adjacent bytes, if they begin in the first register and end in the second.
fn window(lanes: [u8; 16]) -> Option<u8> {
    let first = lanes[0];
    ((1..16).contains(&first) && (first..first + 16).eq(lanes)).then_some(first)
}

/// The operand of [`SHUFPS`], if these are two 32-bit lanes of the first register and then two of the second.
fn words_of_each(lanes: [u8; 16]) -> Option<u8> {
    let order_in = whole_words(lanes.map(|lane| lane & 15))?;
    let from = |words: &[u8], register: u8| words.iter().all(|lane| lane & 16 == register);
    (from(&lanes[..8], 0) && from(&lanes[8..], 16)).then_some(order_in)
}

/// The operand of [`PBLENDW`], if each 16-bit lane stays where it is in one of the registers.
fn merged_shorts(lanes: [u8; 16]) -> Option<u8> {
    let mut mask = 0;
    for (index, short) in lanes.chunks_exact(2).enumerate() {
        let at = 2 * index as u8;
        if short[0] & 15 != at || short[1] != short[0] + 1 {
            return None;
        }
        mask |= (short[0] >> 4) << index;
    }
    Some(mask)
}

/// The operand of [`PSHUFD`] for these positions of bytes, if they are those of 32-bit lanes.
fn whole_words(lanes: [u8; 16]) -> Option<u8> {
    let mut order = 0;
    for (index, word) in lanes.chunks_exact(4).enumerate() {
        let first = word[0];
        let adjacent = (first..)
            .zip(word)
            .all(|(expected, lane)| expected == *lane);
        if first % 4 != 0 || !adjacent {
            return None;
        }
        order |= (first / 4) << (2 * index);
    }
    Some(order)
}

const fn extraction(lane: Lane) -> VecExtract {
    match lane {
        Lane::B8 => PEXTRB,
        Lane::B16 => PEXTRW,
        Lane::B32 => PEXTRD,
        Lane::B64 => PEXTRQ,
    }
}

const fn insertion(lane: Lane) -> VecInsert {
    match lane {
        Lane::B8 => PINSRB,
        Lane::B16 => PINSRW,
        Lane::B32 => PINSRD,
        Lane::B64 => PINSRQ,
    }
}
