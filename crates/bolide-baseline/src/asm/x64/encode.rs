//! How instructions become bytes.
//!
//! Everything up to the SIB byte is put together in one `u64` and stored at once, and so is what
//! follows: for most instructions two stores and no branch that is hard to predict.

use super::{Assembler, Gpr, Mem, Scale};

/// Which opcode bytes come before the last.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum Map {
    /// None.
    One,
    /// `0f`
    M0F,
    /// `0f 38`
    M38,
    /// `0f 3a`
    M3A,
}

/// The mandatory prefix.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum Prefix {
    /// None.
    Np,
    /// `66`
    P66,
    /// `f3`
    F3,
    /// `f2`
    F2,
}

/// The constant part of an encoding, the same for the legacy and the VEX form.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) struct Opcode {
    pub(super) prefix: Prefix,
    pub(super) map: Map,
    pub(super) byte: u8,
    /// REX.W or VEX.W.
    pub(super) wide: bool,
}

impl Opcode {
    pub(super) const fn new(prefix: Prefix, map: Map, byte: u8) -> Opcode {
        Opcode {
            prefix,
            map,
            byte,
            wide: false,
        }
    }

    /// Of an integer instruction with a one-byte opcode.
    pub(super) const fn one(byte: u8) -> Opcode {
        Opcode::new(Prefix::Np, Map::One, byte)
    }

    /// Of an integer instruction in map `0f`.
    pub(super) const fn two(byte: u8) -> Opcode {
        Opcode::new(Prefix::Np, Map::M0F, byte)
    }

    pub(super) const fn wide(self, wide: bool) -> Opcode {
        Opcode { wide, ..self }
    }

    #[inline(always)]
    const fn legacy_prefix(self) -> u64 {
        match self.prefix {
            Prefix::Np => 0,
            Prefix::P66 => 0x66,
            Prefix::F3 => 0xf3,
            Prefix::F2 => 0xf2,
        }
    }

    /// The opcode bytes in memory order, and their number.
    #[inline(always)]
    const fn legacy_bytes(self) -> (u64, usize) {
        let byte = self.byte as u64;
        match self.map {
            Map::One => (byte, 1),
            Map::M0F => (byte << 8 | 0x0f, 2),
            Map::M38 => (byte << 16 | 0x380f, 3),
            Map::M3A => (byte << 16 | 0x3a0f, 3),
        }
    }
}

/// An immediate at the end of an instruction.
#[derive(Copy, Clone, Debug)]
pub(super) struct Imm {
    value: u32,
    bytes: usize,
}

impl Imm {
    pub(super) const NONE: Imm = Imm { value: 0, bytes: 0 };

    #[inline(always)]
    pub(super) const fn i8(value: u8) -> Imm {
        Imm {
            value: value as u32,
            bytes: 1,
        }
    }

    #[inline(always)]
    pub(super) const fn i16(value: u16) -> Imm {
        Imm {
            value: value as u32,
            bytes: 2,
        }
    }

    #[inline(always)]
    pub(super) const fn i32(value: u32) -> Imm {
        Imm { value, bytes: 4 }
    }

    #[inline(always)]
    pub(super) const fn value(self) -> u32 {
        self.value
    }

    #[inline(always)]
    pub(super) const fn bytes(self) -> usize {
        self.bytes
    }
}

/// What comes before the ModRM byte.
#[derive(Copy, Clone, Debug)]
pub(super) enum Lead {
    /// Mandatory prefix, REX and opcode. `force_rex` names `spl`, `bpl`, `sil` and `dil` in place
    /// of `ah` and its like.
    Legacy { force_rex: bool },
    /// VEX with this additional register in `vvvv`, 0 if there is none.
    Vex { vvvv: u8 },
}

impl Lead {
    pub(super) const LEGACY: Lead = Lead::Legacy { force_rex: false };
}

/// ModRM and SIB of a memory operand with its displacement.
struct Address {
    /// ModRM without the register field, then SIB.
    bytes: u64,
    /// 1 or 2.
    count: usize,
    /// REX.X and REX.B in bits 1 and 0.
    rex: u8,
    disp: i32,
    /// 0, 1 or 4.
    disp_bytes: usize,
}

const SIB: u8 = 4;
const NO_INDEX: u8 = 4;
const NO_BASE: u8 = 5;

#[inline(always)]
fn displacement(disp: i32, base: u8) -> (u8, usize) {
    // Without a displacement, `rbp` and `r13` as base mean something else.
    if disp == 0 && base & 7 != NO_BASE {
        (0, 0)
    } else if disp == disp as i8 as i32 {
        (1, 1)
    } else {
        (2, 4)
    }
}

#[inline(always)]
fn sib_byte(scale: Scale, index: u8, base: u8) -> u64 {
    ((scale as u8) << 6 | (index & 7) << 3 | base & 7).into()
}

#[inline(always)]
fn base_address(base: Gpr, disp: i32) -> Address {
    let base = base.index();
    let (mode, disp_bytes) = displacement(disp, base);
    let modrm = u64::from(mode << 6 | base & 7);
    // `rsp` and `r12` as base take a SIB byte, which names them again.
    let needs_sib = base & 7 == SIB;
    let sib = sib_byte(Scale::X1, NO_INDEX, base) << 8;
    Address {
        bytes: modrm | sib,
        count: 1 + usize::from(needs_sib),
        rex: base >> 3,
        disp,
        disp_bytes,
    }
}

#[inline(always)]
fn base_index_address(base: Gpr, index: Gpr, scale: Scale, disp: i32) -> Address {
    debug_assert!(index != Gpr::Rsp, "rsp cannot be an index");
    let (base, index) = (base.index(), index.index());
    let (mode, disp_bytes) = displacement(disp, base);
    Address {
        bytes: u64::from(mode << 6 | SIB) | sib_byte(scale, index, base) << 8,
        count: 2,
        rex: index >> 3 << 1 | base >> 3,
        disp,
        disp_bytes,
    }
}

#[inline(always)]
fn index_address(index: Gpr, scale: Scale, disp: i32) -> Address {
    debug_assert!(index != Gpr::Rsp, "rsp cannot be an index");
    let index = index.index();
    Address {
        bytes: u64::from(SIB) | sib_byte(scale, index, NO_BASE) << 8,
        count: 2,
        rex: index >> 3 << 1,
        disp,
        disp_bytes: 4,
    }
}

/// Lowest byte first, and how many.
type Bytes = (u64, usize);

impl Assembler {
    /// An instruction with a register or opcode extension `reg` and a register `rm`.
    #[inline(always)]
    pub(super) fn emit_rr(&mut self, op: Opcode, lead: Lead, reg: u8, rm: u8, imm: Imm) {
        let modrm = u64::from(0xc0 | (reg & 7) << 3 | rm & 7);
        let rex = reg >> 3 << 2 | rm >> 3;
        let (bytes, len) = head(op, lead, rex, (modrm, 1));
        if imm.bytes == 0 {
            self.buf.put(bytes, len);
        } else {
            self.buf.put_pair(bytes, len, imm.value.into(), imm.bytes);
        }
    }

    /// An instruction with a register or opcode extension `reg` and a memory operand.
    #[inline(always)]
    pub(super) fn emit_rm(&mut self, op: Opcode, lead: Lead, reg: u8, mem: Mem, imm: Imm) {
        let address = match mem {
            Mem::Base { base, disp } => base_address(base, disp),
            Mem::BaseIndex {
                base,
                index,
                scale,
                disp,
            } => base_index_address(base, index, scale, disp),
            Mem::Index { index, scale, disp } => index_address(index, scale, disp),
            Mem::Label { label, disp } => {
                let modrm = u64::from((reg & 7) << 3 | NO_BASE);
                let (bytes, len) = head(op, lead, reg >> 3 << 2, (modrm, 1));
                self.buf.put(bytes, len);
                // `rip` is the end of the instruction.
                let after = 4 + imm.bytes as i32;
                self.buf.put_rel32(label, disp.wrapping_sub(after));
                return self.buf.put(imm.value.into(), imm.bytes);
            }
        };
        let modrm = address.bytes | u64::from((reg & 7) << 3);
        let rex = reg >> 3 << 2 | address.rex;
        let (bytes, len) = head(op, lead, rex, (modrm, address.count));
        let disp_bits = address.disp_bytes * 8;
        let disp = u64::from(address.disp as u32) & !(u64::MAX << disp_bits);
        let tail = disp | u64::from(imm.value) << disp_bits;
        let tail_len = address.disp_bytes + imm.bytes;
        self.buf.put_pair(bytes, len, tail, tail_len);
    }
}

/// Everything up to ModRM and SIB, which are `modrm`. `rex` has R, X and B in bits 2 to 0.
#[inline(always)]
fn head(op: Opcode, lead: Lead, rex: u8, modrm: Bytes) -> Bytes {
    match lead {
        Lead::Legacy { force_rex } => legacy_head(op, force_rex, rex, modrm),
        Lead::Vex { vvvv } => vex_head(op, vvvv, rex, modrm),
    }
}

#[inline(always)]
fn legacy_head(op: Opcode, force_rex: bool, rex: u8, (modrm, count): Bytes) -> Bytes {
    let (opcode, opcode_len) = op.legacy_bytes();
    let mut bytes = modrm << (opcode_len * 8) | opcode;
    let mut len = opcode_len + count;
    let rex = rex | u8::from(op.wide) << 3;
    if rex != 0 || force_rex {
        bytes = bytes << 8 | u64::from(0x40 | rex);
        len += 1;
    }
    if op.prefix != Prefix::Np {
        bytes = bytes << 8 | op.legacy_prefix();
        len += 1;
    }
    (bytes, len)
}

#[inline(always)]
fn vex_head(op: Opcode, vvvv: u8, rex: u8, (modrm, count): Bytes) -> Bytes {
    // R, X, B and vvvv are stored inverted. Vectors are 128 bits long, which is L = 0.
    let common = (vvvv ^ 15) << 3 | op.prefix as u8;
    let opcode = u64::from(op.byte);
    if op.map == Map::M0F && !op.wide && rex & 3 == 0 {
        let vex = u64::from((rex >> 2 ^ 1) << 7 | common);
        let bytes = 0xc5 | vex << 8 | opcode << 16 | modrm << 24;
        (bytes, 3 + count)
    } else {
        let first = u64::from((rex ^ 7) << 5 | op.map as u8);
        let second = u64::from(u8::from(op.wide) << 7 | common);
        let bytes = 0xc4 | first << 8 | second << 16 | opcode << 24 | modrm << 32;
        (bytes, 4 + count)
    }
}
