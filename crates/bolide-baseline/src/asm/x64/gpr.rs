//! Integer instructions.

use bolide_abi::RelocTarget;

use super::encode::{Imm, Lead, Map, Opcode, Prefix};
use super::features::Feature;
use super::{Assembler, Gpr, Mem, Size};
use crate::asm::CodeOffset;

/// Operations that share an encoding and differ in a number, with a shorthand method for each form.
macro_rules! operations {
    (
        $(#[$doc:meta])* $type:ident {
            $($variant:ident = $number:literal $mnemonic:literal
                $({ $($method:ident = $form:ident($($arg:ident: $arg_type:ty),*);)* })?)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Copy, Clone, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum $type {
            $(#[doc = concat!("`", $mnemonic, "`")] $variant = $number,)*
        }

        impl $type {
            /// All operations.
            pub const ALL: &'static [$type] = &[$($type::$variant),*];

            /// The name of the instruction.
            pub const fn mnemonic(self) -> &'static str {
                match self {
                    $($type::$variant => $mnemonic,)*
                }
            }
        }

        impl Assembler {
            $($($(
                #[doc = concat!("`", $mnemonic, "`, see [`", stringify!($form), "`](Self::", stringify!($form), ")")]
                #[inline]
                pub fn $method(&mut self, size: Size, $($arg: $arg_type),*) {
                    self.$form($type::$variant, size, $($arg),*);
                }
            )*)?)*
        }
    };
}

operations! {
    /// Operations on two integers. All set the flags; [`Alu::Cmp`] only those.
    Alu {
        Add = 0 "add" {
            add_rr = alu_rr(dst: Gpr, src: Gpr);
            add_rm = alu_rm(dst: Gpr, src: Mem);
            add_mr = alu_mr(dst: Mem, src: Gpr);
            add_ri = alu_ri(dst: Gpr, imm: i32);
            add_mi = alu_mi(dst: Mem, imm: i32);
        }
        Or = 1 "or" {
            or_rr = alu_rr(dst: Gpr, src: Gpr);
            or_rm = alu_rm(dst: Gpr, src: Mem);
            or_mr = alu_mr(dst: Mem, src: Gpr);
            or_ri = alu_ri(dst: Gpr, imm: i32);
            or_mi = alu_mi(dst: Mem, imm: i32);
        }
        Adc = 2 "adc" {
            adc_rr = alu_rr(dst: Gpr, src: Gpr);
            adc_rm = alu_rm(dst: Gpr, src: Mem);
            adc_ri = alu_ri(dst: Gpr, imm: i32);
        }
        Sbb = 3 "sbb" {
            sbb_rr = alu_rr(dst: Gpr, src: Gpr);
            sbb_rm = alu_rm(dst: Gpr, src: Mem);
            sbb_ri = alu_ri(dst: Gpr, imm: i32);
        }
        And = 4 "and" {
            and_rr = alu_rr(dst: Gpr, src: Gpr);
            and_rm = alu_rm(dst: Gpr, src: Mem);
            and_mr = alu_mr(dst: Mem, src: Gpr);
            and_ri = alu_ri(dst: Gpr, imm: i32);
            and_mi = alu_mi(dst: Mem, imm: i32);
        }
        Sub = 5 "sub" {
            sub_rr = alu_rr(dst: Gpr, src: Gpr);
            sub_rm = alu_rm(dst: Gpr, src: Mem);
            sub_mr = alu_mr(dst: Mem, src: Gpr);
            sub_ri = alu_ri(dst: Gpr, imm: i32);
            sub_mi = alu_mi(dst: Mem, imm: i32);
        }
        Xor = 6 "xor" {
            xor_rr = alu_rr(dst: Gpr, src: Gpr);
            xor_rm = alu_rm(dst: Gpr, src: Mem);
            xor_mr = alu_mr(dst: Mem, src: Gpr);
            xor_ri = alu_ri(dst: Gpr, imm: i32);
            xor_mi = alu_mi(dst: Mem, imm: i32);
        }
        Cmp = 7 "cmp" {
            cmp_rr = alu_rr(dst: Gpr, src: Gpr);
            cmp_rm = alu_rm(dst: Gpr, src: Mem);
            cmp_mr = alu_mr(dst: Mem, src: Gpr);
            cmp_ri = alu_ri(dst: Gpr, imm: i32);
            cmp_mi = alu_mi(dst: Mem, imm: i32);
        }
    }
}

operations! {
    /// Shifts and rotations. The count is taken modulo the width, for 8 and 16 bits modulo 32.
    Shift {
        Rol = 0 "rol" {
            rol_rc = shift_rc(dst: Gpr);
            rol_ri = shift_ri(dst: Gpr, count: u8);
        }
        Ror = 1 "ror" {
            ror_rc = shift_rc(dst: Gpr);
            ror_ri = shift_ri(dst: Gpr, count: u8);
        }
        Shl = 4 "shl" {
            shl_rc = shift_rc(dst: Gpr);
            shl_ri = shift_ri(dst: Gpr, count: u8);
        }
        Shr = 5 "shr" {
            shr_rc = shift_rc(dst: Gpr);
            shr_ri = shift_ri(dst: Gpr, count: u8);
        }
        Sar = 7 "sar" {
            sar_rc = shift_rc(dst: Gpr);
            sar_ri = shift_ri(dst: Gpr, count: u8);
        }
    }
}

operations! {
    /// Operations on one integer. Multiplications and divisions are of `rdx:rax`.
    Unary {
        Not = 2 "not" { not_r = unary_r(dst: Gpr); not_m = unary_m(dst: Mem); }
        Neg = 3 "neg" { neg_r = unary_r(dst: Gpr); neg_m = unary_m(dst: Mem); }
        Mul = 4 "mul" { mul_r = unary_r(src: Gpr); mul_m = unary_m(src: Mem); }
        Imul = 5 "imul" { imul_r = unary_r(src: Gpr); imul_m = unary_m(src: Mem); }
        Div = 6 "div" { div_r = unary_r(src: Gpr); div_m = unary_m(src: Mem); }
        Idiv = 7 "idiv" { idiv_r = unary_r(src: Gpr); idiv_m = unary_m(src: Mem); }
    }
}

operations! {
    /// Bit counts and scans, of 16, 32 or 64 bits. All but `bsf` and `bsr` need a feature of the
    /// processor, without which they mean another instruction.
    Bits {
        Popcnt = 0 "popcnt" {
            popcnt_rr = bits_rr(dst: Gpr, src: Gpr);
            popcnt_rm = bits_rm(dst: Gpr, src: Mem);
        }
        Lzcnt = 1 "lzcnt" {
            lzcnt_rr = bits_rr(dst: Gpr, src: Gpr);
            lzcnt_rm = bits_rm(dst: Gpr, src: Mem);
        }
        Tzcnt = 2 "tzcnt" {
            tzcnt_rr = bits_rr(dst: Gpr, src: Gpr);
            tzcnt_rm = bits_rm(dst: Gpr, src: Mem);
        }
        Bsf = 3 "bsf" {
            bsf_rr = bits_rr(dst: Gpr, src: Gpr);
            bsf_rm = bits_rm(dst: Gpr, src: Mem);
        }
        Bsr = 4 "bsr" {
            bsr_rr = bits_rr(dst: Gpr, src: Gpr);
            bsr_rm = bits_rm(dst: Gpr, src: Mem);
        }
    }
}

impl Bits {
    /// What the processor must have.
    pub const fn feature(self) -> Feature {
        match self {
            Bits::Popcnt => Feature::Popcnt,
            Bits::Lzcnt => Feature::Lzcnt,
            Bits::Tzcnt => Feature::Bmi1,
            Bits::Bsf | Bits::Bsr => Feature::Sse2,
        }
    }

    const fn opcode(self) -> Opcode {
        let (prefix, byte) = match self {
            Bits::Popcnt => (Prefix::F3, 0xb8),
            Bits::Lzcnt => (Prefix::F3, 0xbd),
            Bits::Tzcnt => (Prefix::F3, 0xbc),
            Bits::Bsf => (Prefix::Np, 0xbc),
            Bits::Bsr => (Prefix::Np, 0xbd),
        };
        Opcode::new(prefix, Map::M0F, byte)
    }
}

/// Needs REX to name the low byte of `reg` rather than `ah` and its like.
#[inline(always)]
fn names_high_byte(size: Size, reg: Gpr) -> bool {
    size == Size::S8 && (4..8).contains(&reg.index())
}

/// For opcodes of which the lowest bit tells 8-bit operands from others.
#[inline(always)]
fn sized(size: Size, byte: u8) -> u8 {
    byte | u8::from(size != Size::S8)
}

/// The immediate of an instruction that has one of its operands' width, at most 32 bits.
#[inline(always)]
fn full_imm(size: Size, imm: i32) -> Imm {
    match size {
        Size::S8 => Imm::i8(imm as u8),
        Size::S16 => Imm::i16(imm as u16),
        Size::S32 | Size::S64 => Imm::i32(imm as u32),
    }
}

/// Whether an immediate of this width may be given as a byte to be sign-extended.
#[inline(always)]
fn fits_byte(size: Size, imm: i32) -> bool {
    match size {
        Size::S8 => false,
        Size::S16 => imm as i16 == imm as i8 as i16,
        Size::S32 | Size::S64 => imm == imm as i8 as i32,
    }
}

// The common forms.
impl Assembler {
    /// Appends one byte.
    #[inline(always)]
    pub(super) fn byte(&mut self, byte: u8) {
        self.buf.put(byte.into(), 1);
    }

    #[inline(always)]
    fn operand_size(&mut self, size: Size) {
        if size == Size::S16 {
            self.byte(0x66);
        }
    }

    /// An integer instruction whose operands both have this size.
    #[inline(always)]
    fn int_rr(&mut self, size: Size, op: Opcode, reg: Gpr, rm: Gpr, imm: Imm) {
        self.operand_size(size);
        let force_rex = names_high_byte(size, reg) || names_high_byte(size, rm);
        let op = op.wide(size == Size::S64);
        let lead = Lead::Legacy { force_rex };
        self.emit_rr(op, lead, reg.index(), rm.index(), imm);
    }

    #[inline(always)]
    fn int_rm(&mut self, size: Size, op: Opcode, reg: Gpr, mem: Mem, imm: Imm) {
        self.operand_size(size);
        let force_rex = names_high_byte(size, reg);
        let op = op.wide(size == Size::S64);
        self.emit_rm(op, Lead::Legacy { force_rex }, reg.index(), mem, imm);
    }

    /// An integer instruction with an extension of the opcode in place of the first register.
    #[inline(always)]
    fn ext_r(&mut self, size: Size, op: Opcode, extension: u8, rm: Gpr, imm: Imm) {
        self.operand_size(size);
        let force_rex = names_high_byte(size, rm);
        let op = op.wide(size == Size::S64);
        let lead = Lead::Legacy { force_rex };
        self.emit_rr(op, lead, extension, rm.index(), imm);
    }

    #[inline(always)]
    fn ext_m(&mut self, size: Size, op: Opcode, extension: u8, mem: Mem, imm: Imm) {
        self.operand_size(size);
        let op = op.wide(size == Size::S64);
        self.emit_rm(op, Lead::LEGACY, extension, mem, imm);
    }
}

/// Arithmetic and logic.
impl Assembler {
    /// `op dst, src`
    #[inline]
    pub fn alu_rr(&mut self, op: Alu, size: Size, dst: Gpr, src: Gpr) {
        let code = Opcode::one(sized(size, (op as u8) << 3));
        self.int_rr(size, code, src, dst, Imm::NONE);
    }

    /// `op dst, [src]`
    #[inline]
    pub fn alu_rm(&mut self, op: Alu, size: Size, dst: Gpr, src: Mem) {
        let code = Opcode::one(sized(size, (op as u8) << 3 | 2));
        self.int_rm(size, code, dst, src, Imm::NONE);
    }

    /// `op [dst], src`
    #[inline]
    pub fn alu_mr(&mut self, op: Alu, size: Size, dst: Mem, src: Gpr) {
        let code = Opcode::one(sized(size, (op as u8) << 3));
        self.int_rm(size, code, src, dst, Imm::NONE);
    }

    /// `op dst, imm`. The lowest bits of `imm` for 8 and 16 bits; sign-extended for 64.
    #[inline]
    pub fn alu_ri(&mut self, op: Alu, size: Size, dst: Gpr, imm: i32) {
        if fits_byte(size, imm) {
            let imm = Imm::i8(imm as u8);
            self.ext_r(size, Opcode::one(0x83), op as u8, dst, imm);
        } else if dst == Gpr::Rax {
            self.operand_size(size);
            if size == Size::S64 {
                self.byte(0x48);
            }
            self.byte(sized(size, (op as u8) << 3 | 4));
            self.imm(full_imm(size, imm));
        } else {
            let code = Opcode::one(sized(size, 0x80));
            self.ext_r(size, code, op as u8, dst, full_imm(size, imm));
        }
    }

    /// `op dst, imm`, of 32 or 64 bits, with an immediate that is unknown yet: its place, for
    /// [`patch32`](crate::asm::CodeBuffer::patch32).
    pub fn alu_ri_later(&mut self, op: Alu, size: Size, dst: Gpr) -> CodeOffset {
        debug_assert!(size >= Size::S32);
        let code = Opcode::one(0x81);
        self.ext_r(size, code, op as u8, dst, Imm::NONE);
        let at = self.buf.offset();
        self.buf.put(0, 4);
        at
    }

    /// `op [dst], imm`. The lowest bits of `imm` for 8 and 16 bits; sign-extended for 64.
    #[inline]
    pub fn alu_mi(&mut self, op: Alu, size: Size, dst: Mem, imm: i32) {
        if fits_byte(size, imm) {
            let imm = Imm::i8(imm as u8);
            self.ext_m(size, Opcode::one(0x83), op as u8, dst, imm);
        } else {
            let code = Opcode::one(sized(size, 0x80));
            self.ext_m(size, code, op as u8, dst, full_imm(size, imm));
        }
    }

    /// `test a, b`
    #[inline]
    pub fn test_rr(&mut self, size: Size, a: Gpr, b: Gpr) {
        self.int_rr(size, Opcode::one(sized(size, 0x84)), b, a, Imm::NONE);
    }

    /// `test [a], b`
    #[inline]
    pub fn test_mr(&mut self, size: Size, a: Mem, b: Gpr) {
        self.int_rm(size, Opcode::one(sized(size, 0x84)), b, a, Imm::NONE);
    }

    /// `test a, imm`. The lowest bits of `imm` for 8 and 16 bits; sign-extended for 64.
    #[inline]
    pub fn test_ri(&mut self, size: Size, a: Gpr, imm: i32) {
        let code = Opcode::one(sized(size, 0xf6));
        self.ext_r(size, code, 0, a, full_imm(size, imm));
    }

    /// `test [a], imm`. The lowest bits of `imm` for 8 and 16 bits; sign-extended for 64.
    #[inline]
    pub fn test_mi(&mut self, size: Size, a: Mem, imm: i32) {
        let code = Opcode::one(sized(size, 0xf6));
        self.ext_m(size, code, 0, a, full_imm(size, imm));
    }

    /// `op dst`
    #[inline]
    pub fn unary_r(&mut self, op: Unary, size: Size, dst: Gpr) {
        let code = Opcode::one(sized(size, 0xf6));
        self.ext_r(size, code, op as u8, dst, Imm::NONE);
    }

    /// `op [dst]`
    #[inline]
    pub fn unary_m(&mut self, op: Unary, size: Size, dst: Mem) {
        let code = Opcode::one(sized(size, 0xf6));
        self.ext_m(size, code, op as u8, dst, Imm::NONE);
    }

    /// `imul dst, src`, not of 8 bits.
    #[inline]
    pub fn imul_rr(&mut self, size: Size, dst: Gpr, src: Gpr) {
        debug_assert!(size != Size::S8);
        self.int_rr(size, Opcode::two(0xaf), dst, src, Imm::NONE);
    }

    /// `imul dst, [src]`, not of 8 bits.
    #[inline]
    pub fn imul_rm(&mut self, size: Size, dst: Gpr, src: Mem) {
        debug_assert!(size != Size::S8);
        self.int_rm(size, Opcode::two(0xaf), dst, src, Imm::NONE);
    }

    /// `imul dst, src, imm`, not of 8 bits.
    #[inline]
    pub fn imul_rri(&mut self, size: Size, dst: Gpr, src: Gpr, imm: i32) {
        debug_assert!(size != Size::S8);
        if fits_byte(size, imm) {
            self.int_rr(size, Opcode::one(0x6b), dst, src, Imm::i8(imm as u8));
        } else {
            self.int_rr(size, Opcode::one(0x69), dst, src, full_imm(size, imm));
        }
    }

    /// `imul dst, [src], imm`, not of 8 bits.
    #[inline]
    pub fn imul_rmi(&mut self, size: Size, dst: Gpr, src: Mem, imm: i32) {
        debug_assert!(size != Size::S8);
        if fits_byte(size, imm) {
            self.int_rm(size, Opcode::one(0x6b), dst, src, Imm::i8(imm as u8));
        } else {
            self.int_rm(size, Opcode::one(0x69), dst, src, full_imm(size, imm));
        }
    }

    /// `cdq`: the sign of `eax` fills `edx`.
    #[inline]
    pub fn cdq(&mut self) {
        self.byte(0x99);
    }

    /// `cqo`: the sign of `rax` fills `rdx`.
    #[inline]
    pub fn cqo(&mut self) {
        self.buf.put(0x9948, 2);
    }
}

/// Shifts and bits.
impl Assembler {
    /// `op dst, cl`
    #[inline]
    pub fn shift_rc(&mut self, op: Shift, size: Size, dst: Gpr) {
        let code = Opcode::one(sized(size, 0xd2));
        self.ext_r(size, code, op as u8, dst, Imm::NONE);
    }

    /// `op dst, count`
    #[inline]
    pub fn shift_ri(&mut self, op: Shift, size: Size, dst: Gpr, count: u8) {
        if count == 1 {
            let code = Opcode::one(sized(size, 0xd0));
            self.ext_r(size, code, op as u8, dst, Imm::NONE);
        } else {
            let code = Opcode::one(sized(size, 0xc0));
            self.ext_r(size, code, op as u8, dst, Imm::i8(count));
        }
    }

    /// `op dst, src`, not of 8 bits.
    #[inline]
    pub fn bits_rr(&mut self, op: Bits, size: Size, dst: Gpr, src: Gpr) {
        debug_assert!(size != Size::S8);
        self.int_rr(size, op.opcode(), dst, src, Imm::NONE);
    }

    /// `op dst, [src]`, not of 8 bits.
    #[inline]
    pub fn bits_rm(&mut self, op: Bits, size: Size, dst: Gpr, src: Mem) {
        debug_assert!(size != Size::S8);
        self.int_rm(size, op.opcode(), dst, src, Imm::NONE);
    }

    /// `bt a, bit`: the bit of that number, modulo the width, becomes the carry. Not of 8 bits.
    #[inline]
    pub fn bt_ri(&mut self, size: Size, a: Gpr, bit: u8) {
        debug_assert!(size != Size::S8);
        self.ext_r(size, Opcode::two(0xba), 4, a, Imm::i8(bit));
    }

    /// `bt a, bit`: the bit of that number, modulo the width, becomes the carry. Not of 8 bits.
    #[inline]
    pub fn bt_rr(&mut self, size: Size, a: Gpr, bit: Gpr) {
        debug_assert!(size != Size::S8);
        self.int_rr(size, Opcode::two(0xa3), bit, a, Imm::NONE);
    }

    /// `bswap dst`, of 32 or 64 bits.
    #[inline]
    pub fn bswap_r(&mut self, size: Size, dst: Gpr) {
        debug_assert!(size >= Size::S32);
        let op = Opcode::two(0xc8 | dst.index() & 7).wide(size == Size::S64);
        self.opcode_with_register(op, dst);
    }

    /// REX if needed and an opcode whose lowest bits are those of `reg`.
    #[inline(always)]
    fn opcode_with_register(&mut self, op: Opcode, reg: Gpr) {
        let rex = u8::from(op.wide) << 3 | reg.index() >> 3;
        if rex != 0 {
            self.byte(0x40 | rex);
        }
        match op.map {
            Map::One => self.byte(op.byte),
            _ => self.buf.put(u64::from(op.byte) << 8 | 0x0f, 2),
        }
    }

    #[inline(always)]
    fn imm(&mut self, imm: Imm) {
        self.buf.put(imm.value().into(), imm.bytes());
    }
}

/// Moves.
impl Assembler {
    /// `mov dst, src`
    #[inline]
    pub fn mov_rr(&mut self, size: Size, dst: Gpr, src: Gpr) {
        self.int_rr(size, Opcode::one(sized(size, 0x88)), src, dst, Imm::NONE);
    }

    /// `mov dst, [src]`. With 8 or 16 bits the rest of `dst` stays as it is;
    /// [`movzx_rm`](Self::movzx_rm) is faster.
    #[inline]
    pub fn mov_rm(&mut self, size: Size, dst: Gpr, src: Mem) {
        self.int_rm(size, Opcode::one(sized(size, 0x8a)), dst, src, Imm::NONE);
    }

    /// `mov [dst], src`
    #[inline]
    pub fn mov_mr(&mut self, size: Size, dst: Mem, src: Gpr) {
        self.int_rm(size, Opcode::one(sized(size, 0x88)), src, dst, Imm::NONE);
    }

    /// `mov [dst], imm`. The lowest bits of `imm` for 8 and 16 bits; sign-extended for 64.
    #[inline]
    pub fn mov_mi(&mut self, size: Size, dst: Mem, imm: i32) {
        let code = Opcode::one(sized(size, 0xc6));
        self.ext_m(size, code, 0, dst, full_imm(size, imm));
    }

    /// The whole register becomes `imm`, by the shortest `mov`. Leaves the flags alone.
    #[inline]
    pub fn mov_ri(&mut self, dst: Gpr, imm: u64) {
        let code = 0xb8 | dst.index() & 7;
        if let Ok(imm) = u32::try_from(imm) {
            self.opcode_with_register(Opcode::one(code), dst);
            self.buf.put(imm.into(), 4);
        } else if imm as i64 == imm as i32 as i64 {
            let imm = Imm::i32(imm as u32);
            self.ext_r(Size::S64, Opcode::one(0xc7), 0, dst, imm);
        } else {
            self.opcode_with_register(Opcode::one(code).wide(true), dst);
            self.buf.put(imm, 8);
        }
    }

    /// The register becomes the address of `target`.
    pub fn mov_reloc(&mut self, dst: Gpr, target: RelocTarget) {
        let code = Opcode::one(0xb8 | dst.index() & 7).wide(true);
        self.opcode_with_register(code, dst);
        self.buf.reloc(target, 0, true);
        self.buf.put(0, 8);
    }

    /// `movzx dst, src`: the lowest 8, 16 or 32 bits, zero-extended to 64.
    #[inline]
    pub fn movzx_rr(&mut self, from: Size, dst: Gpr, src: Gpr) {
        match from {
            Size::S8 => self.extend_rr(Opcode::two(0xb6), from, dst, src),
            Size::S16 => self.extend_rr(Opcode::two(0xb7), from, dst, src),
            Size::S32 | Size::S64 => self.mov_rr(from, dst, src),
        }
    }

    /// `movzx dst, [src]`: 8, 16 or 32 bits, zero-extended to 64.
    #[inline]
    pub fn movzx_rm(&mut self, from: Size, dst: Gpr, src: Mem) {
        let op = match from {
            Size::S8 => Opcode::two(0xb6),
            Size::S16 => Opcode::two(0xb7),
            Size::S32 | Size::S64 => return self.mov_rm(from, dst, src),
        };
        self.emit_rm(op, Lead::LEGACY, dst.index(), src, Imm::NONE);
    }

    /// `movsx dst, src`: the lowest bits, sign-extended to 32 or 64.
    #[inline]
    pub fn movsx_rr(&mut self, from: Size, to: Size, dst: Gpr, src: Gpr) {
        match sign_extension(from, to) {
            Some(op) => self.extend_rr(op, from, dst, src),
            None => self.mov_rr(to, dst, src),
        }
    }

    /// `movsx dst, [src]`: sign-extended to 32 or 64 bits.
    #[inline]
    pub fn movsx_rm(&mut self, from: Size, to: Size, dst: Gpr, src: Mem) {
        match sign_extension(from, to) {
            Some(op) => self.emit_rm(op, Lead::LEGACY, dst.index(), src, Imm::NONE),
            None => self.mov_rm(to, dst, src),
        }
    }

    #[inline(always)]
    fn extend_rr(&mut self, op: Opcode, from: Size, dst: Gpr, src: Gpr) {
        let force_rex = names_high_byte(from, src);
        let lead = Lead::Legacy { force_rex };
        self.emit_rr(op, lead, dst.index(), src.index(), Imm::NONE);
    }

    /// `lea dst, [src]`, of 32 or 64 bits.
    #[inline]
    pub fn lea(&mut self, size: Size, dst: Gpr, src: Mem) {
        debug_assert!(size >= Size::S32);
        self.int_rm(size, Opcode::one(0x8d), dst, src, Imm::NONE);
    }

    /// `push src`
    #[inline]
    pub fn push_r(&mut self, src: Gpr) {
        self.opcode_with_register(Opcode::one(0x50 | src.index() & 7), src);
    }

    /// `pop dst`
    #[inline]
    pub fn pop_r(&mut self, dst: Gpr) {
        self.opcode_with_register(Opcode::one(0x58 | dst.index() & 7), dst);
    }

    /// `push qword [src]`
    #[inline]
    pub fn push_m(&mut self, src: Mem) {
        self.emit_rm(Opcode::one(0xff), Lead::LEGACY, 6, src, Imm::NONE);
    }

    /// `pop qword [dst]`
    #[inline]
    pub fn pop_m(&mut self, dst: Mem) {
        self.emit_rm(Opcode::one(0x8f), Lead::LEGACY, 0, dst, Imm::NONE);
    }

    /// `push imm`, sign-extended to 64 bits.
    #[inline]
    pub fn push_i(&mut self, imm: i32) {
        if imm == imm as i8 as i32 {
            self.buf.put(0x6a | u64::from(imm as u8) << 8, 2);
        } else {
            self.buf.put(0x68 | u64::from(imm as u32) << 8, 5);
        }
    }
}

/// `None` if the sizes are the same.
#[inline(always)]
fn sign_extension(from: Size, to: Size) -> Option<Opcode> {
    debug_assert!(to >= Size::S32 && from <= to);
    let op = match from {
        Size::S8 => Opcode::two(0xbe),
        Size::S16 => Opcode::two(0xbf),
        Size::S32 if to == Size::S64 => Opcode::one(0x63),
        Size::S32 | Size::S64 => return None,
    };
    Some(op.wide(to == Size::S64))
}

/// Atomic operations. A plain `mov` is a load or, together with [`mfence`](Self::mfence), a store.
impl Assembler {
    /// `xchg [dst], src`, which is atomic by itself.
    #[inline]
    pub fn xchg_mr(&mut self, size: Size, dst: Mem, src: Gpr) {
        self.int_rm(size, Opcode::one(sized(size, 0x86)), src, dst, Imm::NONE);
    }

    /// `xchg a, b`
    #[inline]
    pub fn xchg_rr(&mut self, size: Size, a: Gpr, b: Gpr) {
        self.int_rr(size, Opcode::one(sized(size, 0x86)), b, a, Imm::NONE);
    }

    /// `lock xadd [dst], src`: `src` becomes the old value.
    #[inline]
    pub fn lock_xadd_mr(&mut self, size: Size, dst: Mem, src: Gpr) {
        self.byte(0xf0);
        self.int_rm(size, Opcode::two(sized(size, 0xc0)), src, dst, Imm::NONE);
    }

    /// `lock cmpxchg [dst], src`: if `dst` equals the accumulator it becomes `src`, else the
    /// accumulator becomes it.
    #[inline]
    pub fn lock_cmpxchg_mr(&mut self, size: Size, dst: Mem, src: Gpr) {
        self.byte(0xf0);
        self.int_rm(size, Opcode::two(sized(size, 0xb0)), src, dst, Imm::NONE);
    }

    /// `lock op [dst], src`, not for [`Alu::Cmp`].
    #[inline]
    pub fn lock_alu_mr(&mut self, op: Alu, size: Size, dst: Mem, src: Gpr) {
        debug_assert!(op != Alu::Cmp);
        self.byte(0xf0);
        self.alu_mr(op, size, dst, src);
    }

    /// `lock op [dst], imm`, not for [`Alu::Cmp`].
    #[inline]
    pub fn lock_alu_mi(&mut self, op: Alu, size: Size, dst: Mem, imm: i32) {
        debug_assert!(op != Alu::Cmp);
        self.byte(0xf0);
        self.alu_mi(op, size, dst, imm);
    }

    /// `mfence`
    #[inline]
    pub fn mfence(&mut self) {
        self.buf.put(0xf0ae0f, 3);
    }

    /// `pause`
    #[inline]
    pub fn pause(&mut self) {
        self.buf.put(0x90f3, 2);
    }
}
