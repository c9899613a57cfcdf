//! Operands other than registers.

use super::Gpr;
use crate::asm::Label;

/// Width of an integer operation.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Size {
    /// 8 bits. The low byte of every register can be named; `ah` and its like cannot.
    S8,
    /// 16 bits.
    S16,
    /// 32 bits. A result zero-extends to the whole register.
    S32,
    /// 64 bits.
    S64,
}

impl Size {
    /// All sizes, ascending.
    pub const ALL: [Size; 4] = [Size::S8, Size::S16, Size::S32, Size::S64];

    /// Width in bytes.
    pub const fn bytes(self) -> u32 {
        1 << self as u32
    }
}

/// What an index register is multiplied with.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Scale {
    /// 1.
    X1 = 0,
    /// 2.
    X2 = 1,
    /// 4.
    X4 = 2,
    /// 8.
    X8 = 3,
}

impl Scale {
    /// All scales, ascending.
    pub const ALL: [Scale; 4] = [Scale::X1, Scale::X2, Scale::X4, Scale::X8];

    /// The factor.
    pub const fn factor(self) -> u32 {
        1 << self as u32
    }
}

/// An address. All arithmetic is in 64 bits and wraps.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Mem {
    /// `[base + disp]`
    Base {
        /// Any register.
        base: Gpr,
        /// Bytes.
        disp: i32,
    },
    /// `[base + index * scale + disp]`
    BaseIndex {
        /// Any register.
        base: Gpr,
        /// Any register but `rsp`.
        index: Gpr,
        /// Factor of the index.
        scale: Scale,
        /// Bytes.
        disp: i32,
    },
    /// `[index * scale + disp]`
    Index {
        /// Any register but `rsp`.
        index: Gpr,
        /// Factor of the index.
        scale: Scale,
        /// Bytes.
        disp: i32,
    },
    /// `[label + disp]`, relative to `rip`: a place in the code or a constant.
    Label {
        /// Bound or not.
        label: Label,
        /// Bytes.
        disp: i32,
    },
}

impl Mem {
    /// `[base + disp]`
    #[inline(always)]
    pub const fn base(base: Gpr, disp: i32) -> Mem {
        Mem::Base { base, disp }
    }

    /// `[base + index * scale + disp]`
    #[inline(always)]
    pub const fn base_index(base: Gpr, index: Gpr, scale: Scale, disp: i32) -> Mem {
        Mem::BaseIndex {
            base,
            index,
            scale,
            disp,
        }
    }

    /// `[index * scale + disp]`
    #[inline(always)]
    pub const fn index(index: Gpr, scale: Scale, disp: i32) -> Mem {
        Mem::Index { index, scale, disp }
    }

    /// `[label]`
    #[inline(always)]
    pub const fn label(label: Label) -> Mem {
        Mem::Label { label, disp: 0 }
    }

    /// The address `bytes` further, unless the displacement would overflow.
    pub fn checked_add(self, bytes: i32) -> Option<Mem> {
        let mut mem = self;
        let (Mem::Base { disp, .. }
        | Mem::BaseIndex { disp, .. }
        | Mem::Index { disp, .. }
        | Mem::Label { disp, .. }) = &mut mem;
        *disp = disp.checked_add(bytes)?;
        Some(mem)
    }

    /// Whether `reg` is part of the address.
    pub fn uses(self, reg: Gpr) -> bool {
        match self {
            Mem::Base { base, .. } => base == reg,
            Mem::BaseIndex { base, index, .. } => base == reg || index == reg,
            Mem::Index { index, .. } => index == reg,
            Mem::Label { .. } => false,
        }
    }
}

/// A condition on the flags, named after what a comparison `cmp a, b` found.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Cond {
    /// Overflow.
    O = 0,
    /// No overflow.
    No = 1,
    /// Unsigned less; carry.
    B = 2,
    /// Unsigned greater or equal; no carry.
    Ae = 3,
    /// Equal; zero.
    E = 4,
    /// Not equal; not zero.
    Ne = 5,
    /// Unsigned less or equal.
    Be = 6,
    /// Unsigned greater.
    A = 7,
    /// Negative.
    S = 8,
    /// Not negative.
    Ns = 9,
    /// Parity even; unordered after a comparison of floats.
    P = 10,
    /// Parity odd; ordered after a comparison of floats.
    Np = 11,
    /// Signed less.
    L = 12,
    /// Signed greater or equal.
    Ge = 13,
    /// Signed less or equal.
    Le = 14,
    /// Signed greater.
    G = 15,
}

impl Cond {
    /// All conditions, by number.
    pub const ALL: [Cond; 16] = [
        Cond::O,
        Cond::No,
        Cond::B,
        Cond::Ae,
        Cond::E,
        Cond::Ne,
        Cond::Be,
        Cond::A,
        Cond::S,
        Cond::Ns,
        Cond::P,
        Cond::Np,
        Cond::L,
        Cond::Ge,
        Cond::Le,
        Cond::G,
    ];

    /// The opposite.
    pub const fn negate(self) -> Cond {
        Self::ALL[(self as u8 ^ 1) as usize]
    }

    /// The condition that holds for `cmp b, a` when this holds for `cmp a, b`. Only for comparisons:
    /// those of overflow, sign and parity have none, and are returned as they are.
    pub const fn swap(self) -> Cond {
        match self {
            Cond::B => Cond::A,
            Cond::A => Cond::B,
            Cond::Ae => Cond::Be,
            Cond::Be => Cond::Ae,
            Cond::L => Cond::G,
            Cond::G => Cond::L,
            Cond::Ge => Cond::Le,
            Cond::Le => Cond::Ge,
            _ => self,
        }
    }
}
