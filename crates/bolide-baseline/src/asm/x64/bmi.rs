//! Integer instructions in VEX form, of 32 or 64 bits. All but `andn` and `bls*` leave the flags
//! alone, except [`BmiShift::Bzhi`] and [`BmiShift::Bextr`].

use super::encode::{Imm, Lead, Map, Opcode, Prefix};
use super::features::Feature;
use super::{Assembler, Gpr, Mem, Size};

macro_rules! bmi {
    ($(#[$doc:meta])* $type:ident {
        $($variant:ident = $mnemonic:literal $feature:ident $prefix:ident $byte:literal $(/ $extension:literal)?,)*
    }) => {
        $(#[$doc])*
        #[derive(Copy, Clone, Debug, PartialEq, Eq)]
        pub enum $type {
            $(#[doc = concat!("`", $mnemonic, "`")] $variant,)*
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

            /// What the processor must have.
            pub const fn feature(self) -> Feature {
                match self {
                    $($type::$variant => Feature::$feature,)*
                }
            }

            /// The opcode, and its extension or 0.
            const fn opcode(self) -> (Opcode, u8) {
                match self {
                    $($type::$variant => (
                        Opcode::new(Prefix::$prefix, Map::M38, $byte),
                        0 $(+ $extension)?,
                    ),)*
                }
            }
        }
    };
}

bmi! {
    /// `dst = a op src`
    BmiBin {
        Andn = "andn" Bmi1 Np 0xf2,
        Pext = "pext" Bmi2 F3 0xf5,
        Pdep = "pdep" Bmi2 F2 0xf5,
        Mulx = "mulx" Bmi2 F2 0xf6,
    }
}

bmi! {
    /// `dst = src op control`
    BmiShift {
        Shlx = "shlx" Bmi2 P66 0xf7,
        Sarx = "sarx" Bmi2 F3 0xf7,
        Shrx = "shrx" Bmi2 F2 0xf7,
        Bzhi = "bzhi" Bmi2 Np 0xf5,
        Bextr = "bextr" Bmi1 Np 0xf7,
    }
}

bmi! {
    /// `dst = op src` on the lowest bit that is set.
    BmiLowest {
        Blsr = "blsr" Bmi1 Np 0xf3 / 1,
        Blsmsk = "blsmsk" Bmi1 Np 0xf3 / 2,
        Blsi = "blsi" Bmi1 Np 0xf3 / 3,
    }
}

#[inline(always)]
fn form(op: Opcode, size: Size, vvvv: Gpr) -> (Opcode, Lead) {
    debug_assert!(size >= Size::S32);
    let vvvv = vvvv.index();
    (op.wide(size == Size::S64), Lead::Vex { vvvv })
}

impl Assembler {
    /// `op dst, a, src`. For [`BmiBin::Mulx`], the upper half, the lower half and a factor; the
    /// other factor is `rdx`.
    #[inline]
    pub fn bmi_rrr(&mut self, op: BmiBin, size: Size, dst: Gpr, a: Gpr, src: Gpr) {
        let (op, lead) = form(op.opcode().0, size, a);
        self.emit_rr(op, lead, dst.index(), src.index(), Imm::NONE);
    }

    /// `op dst, a, [src]`
    #[inline]
    pub fn bmi_rrm(&mut self, op: BmiBin, size: Size, dst: Gpr, a: Gpr, src: Mem) {
        let (op, lead) = form(op.opcode().0, size, a);
        self.emit_rm(op, lead, dst.index(), src, Imm::NONE);
    }

    /// `op dst, src, control`
    #[inline]
    pub fn bmi_shift_rrr(&mut self, op: BmiShift, size: Size, dst: Gpr, src: Gpr, control: Gpr) {
        let (op, lead) = form(op.opcode().0, size, control);
        self.emit_rr(op, lead, dst.index(), src.index(), Imm::NONE);
    }

    /// `op dst, [src], control`
    #[inline]
    pub fn bmi_shift_rmr(&mut self, op: BmiShift, size: Size, dst: Gpr, src: Mem, control: Gpr) {
        let (op, lead) = form(op.opcode().0, size, control);
        self.emit_rm(op, lead, dst.index(), src, Imm::NONE);
    }

    /// `op dst, src`
    #[inline]
    pub fn bmi_lowest_rr(&mut self, op: BmiLowest, size: Size, dst: Gpr, src: Gpr) {
        let (code, extension) = op.opcode();
        let (code, lead) = form(code, size, dst);
        self.emit_rr(code, lead, extension, src.index(), Imm::NONE);
    }

    /// `op dst, [src]`
    #[inline]
    pub fn bmi_lowest_rm(&mut self, op: BmiLowest, size: Size, dst: Gpr, src: Mem) {
        let (code, extension) = op.opcode();
        let (code, lead) = form(code, size, dst);
        self.emit_rm(code, lead, extension, src, Imm::NONE);
    }

    /// `rorx dst, src, count`; needs BMI2.
    #[inline]
    pub fn rorx_rri(&mut self, size: Size, dst: Gpr, src: Gpr, count: u8) {
        debug_assert!(size >= Size::S32);
        let op = Opcode::new(Prefix::F2, Map::M3A, 0xf0).wide(size == Size::S64);
        let lead = Lead::Vex { vvvv: 0 };
        self.emit_rr(op, lead, dst.index(), src.index(), Imm::i8(count));
    }
}
