//! Jumps, calls and conditions.

use bolide_abi::{RelocTarget, TrapCode};

use super::encode::{Imm, Lead, Opcode};
use super::{Assembler, Cond, Gpr, Mem, Size, UD2};
use crate::asm::{Label, Part};

/// Long `nop`s by length, from 1.
const NOPS: [&[u8]; 9] = [
    &[0x90],
    &[0x66, 0x90],
    &[0x0f, 0x1f, 0x00],
    &[0x0f, 0x1f, 0x40, 0x00],
    &[0x0f, 0x1f, 0x44, 0x00, 0x00],
    &[0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00],
    &[0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00],
    &[0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00],
    &[0x66, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00],
];

impl Assembler {
    /// `jmp target`: with a distance of one byte if `target` is bound and that is enough.
    #[inline]
    pub fn jmp(&mut self, target: Label) {
        match self.buf.distance_back(target) {
            Some(back) if back + 2 <= 128 => {
                self.buf
                    .put(0xeb | u64::from(-(back as i32 + 2) as u8) << 8, 2);
            }
            _ => {
                self.byte(0xe9);
                self.buf.put_rel32(target, -4);
            }
        }
    }

    /// `jcc target`: with a distance of one byte if `target` is bound and that is enough.
    #[inline]
    pub fn jcc(&mut self, cond: Cond, target: Label) {
        match self.buf.distance_back(target) {
            Some(back) if back + 2 <= 128 => {
                let distance = u64::from(-(back as i32 + 2) as u8);
                self.buf
                    .put(u64::from(0x70 | cond as u8) | distance << 8, 2);
            }
            _ => {
                self.buf.put(0x0f | u64::from(0x80 | cond as u8) << 8, 2);
                self.buf.put_rel32(target, -4);
            }
        }
    }

    /// `jmp target` to a label of the same part at most 127 bytes ahead. Otherwise
    /// [`finish`](crate::asm::CodeBuffer::finish) fails.
    #[inline]
    pub fn jmp_short(&mut self, target: Label) {
        self.byte(0xeb);
        self.buf.put_rel8(target, -1);
    }

    /// `jcc target` to a label of the same part at most 127 bytes ahead. Otherwise
    /// [`finish`](crate::asm::CodeBuffer::finish) fails.
    #[inline]
    pub fn jcc_short(&mut self, cond: Cond, target: Label) {
        self.byte(0x70 | cond as u8);
        self.buf.put_rel8(target, -1);
    }

    /// `jmp target`
    #[inline]
    pub fn jmp_r(&mut self, target: Gpr) {
        let rm = target.index();
        self.emit_rr(Opcode::one(0xff), Lead::LEGACY, 4, rm, Imm::NONE);
    }

    /// `jmp [target]`
    #[inline]
    pub fn jmp_m(&mut self, target: Mem) {
        self.emit_rm(Opcode::one(0xff), Lead::LEGACY, 4, target, Imm::NONE);
    }

    /// `jmp target`
    pub fn jmp_reloc(&mut self, target: RelocTarget) {
        self.byte(0xe9);
        self.buf.reloc(target, -4, false);
        self.buf.put(0, 4);
    }

    /// `call target`
    #[inline]
    pub fn call(&mut self, target: Label) {
        self.byte(0xe8);
        self.buf.put_rel32(target, -4);
    }

    /// `call target`
    #[inline]
    pub fn call_r(&mut self, target: Gpr) {
        let rm = target.index();
        self.emit_rr(Opcode::one(0xff), Lead::LEGACY, 2, rm, Imm::NONE);
    }

    /// `call [target]`
    #[inline]
    pub fn call_m(&mut self, target: Mem) {
        self.emit_rm(Opcode::one(0xff), Lead::LEGACY, 2, target, Imm::NONE);
    }

    /// `call target`
    pub fn call_reloc(&mut self, target: RelocTarget) {
        self.byte(0xe8);
        self.buf.reloc(target, -4, false);
        self.buf.put(0, 4);
    }

    /// `ret`
    #[inline]
    pub fn ret(&mut self) {
        self.byte(0xc3);
    }

    /// `ret bytes`: pops as many bytes of arguments.
    #[inline]
    pub fn ret_i(&mut self, bytes: u16) {
        self.buf.put(0xc2 | u64::from(bytes) << 8, 3);
    }

    /// `leave`
    #[inline]
    pub fn leave(&mut self) {
        self.byte(0xc9);
    }

    /// `ud2`, without a trap site.
    #[inline]
    pub fn ud2(&mut self) {
        self.buf.put_slice(UD2);
    }

    /// `int3`
    #[inline]
    pub fn int3(&mut self) {
        self.byte(0xcc);
    }

    /// Traps with `code`, in line.
    #[inline]
    pub fn trap(&mut self, code: TrapCode) {
        self.buf.trap_site(code);
        self.ud2();
    }

    /// Traps with `code`, out of line, if `cond` holds.
    #[inline]
    pub fn trap_if(&mut self, cond: Cond, code: TrapCode) {
        let trap = self.buf.cold_trap(code);
        self.jcc(cond, trap);
    }

    /// As many bytes of `nop`, in as few instructions as possible.
    pub fn nop(&mut self, bytes: usize) {
        let mut left = bytes;
        while left > 0 {
            let nop = NOPS[left.min(NOPS.len()) - 1];
            self.buf.put_slice(nop);
            left -= nop.len();
        }
    }

    /// `nop`s up to the next multiple of `alignment`, a power of two up to 16, in the main part.
    pub fn align(&mut self, alignment: usize) {
        debug_assert!(self.buf.part() == Part::Main && 16usize.is_multiple_of(alignment));
        let at = self.buf.position();
        self.nop(at.next_multiple_of(alignment) - at);
    }

    /// `setcc dst`, the low byte alone.
    #[inline]
    pub fn setcc_r(&mut self, cond: Cond, dst: Gpr) {
        let force_rex = (4..8).contains(&dst.index());
        let op = Opcode::two(0x90 | cond as u8);
        self.emit_rr(op, Lead::Legacy { force_rex }, 0, dst.index(), Imm::NONE);
    }

    /// `setcc byte [dst]`
    #[inline]
    pub fn setcc_m(&mut self, cond: Cond, dst: Mem) {
        let op = Opcode::two(0x90 | cond as u8);
        self.emit_rm(op, Lead::LEGACY, 0, dst, Imm::NONE);
    }

    /// `cmovcc dst, src`, of 32 or 64 bits. With 32, the upper half becomes zero in any case.
    #[inline]
    pub fn cmovcc_rr(&mut self, cond: Cond, size: Size, dst: Gpr, src: Gpr) {
        debug_assert!(size >= Size::S32);
        let op = Opcode::two(0x40 | cond as u8).wide(size == Size::S64);
        self.emit_rr(op, Lead::LEGACY, dst.index(), src.index(), Imm::NONE);
    }

    /// `cmovcc dst, [src]`, of 32 or 64 bits. Loads in any case.
    #[inline]
    pub fn cmovcc_rm(&mut self, cond: Cond, size: Size, dst: Gpr, src: Mem) {
        debug_assert!(size >= Size::S32);
        let op = Opcode::two(0x40 | cond as u8).wide(size == Size::S64);
        self.emit_rm(op, Lead::LEGACY, dst.index(), src, Imm::NONE);
    }
}
