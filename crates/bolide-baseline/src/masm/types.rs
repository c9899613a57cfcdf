//! Registers, widths and operations, as the compiler names them.

use bolide_module::ValType;

/// How a value is represented.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// 32-bit integer.
    I32,
    /// 64-bit integer, or a function reference.
    I64,
    /// 32-bit float.
    F32,
    /// 64-bit float.
    F64,
    /// Vector.
    V128,
    /// A reference that the garbage collector must see.
    Ref,
}

impl From<ValType> for Kind {
    fn from(ty: ValType) -> Kind {
        match ty {
            ValType::I32 => Kind::I32,
            ValType::I64 => Kind::I64,
            ValType::F32 => Kind::F32,
            ValType::F64 => Kind::F64,
            ValType::V128 => Kind::V128,
            ValType::Ref(_) if ty.is_collectable() => Kind::Ref,
            ValType::Ref(_) => Kind::I64,
        }
    }
}

impl Kind {
    /// Whether values live in float and vector registers.
    #[inline(always)]
    pub(crate) const fn is_float(self) -> bool {
        matches!(self, Kind::F32 | Kind::F64 | Kind::V128)
    }
}

/// Width of an integer or float.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum Width {
    /// 32 bits.
    W32,
    /// 64 bits.
    W64,
}

impl Width {
    /// The integer of this width.
    pub(crate) const fn int(self) -> Kind {
        match self {
            Width::W32 => Kind::I32,
            Width::W64 => Kind::I64,
        }
    }

    /// The float of this width.
    pub(crate) const fn float(self) -> Kind {
        match self {
            Width::W32 => Kind::F32,
            Width::W64 => Kind::F64,
        }
    }

    /// Number of bits.
    pub(crate) const fn bits(self) -> u32 {
        match self {
            Width::W32 => 32,
            Width::W64 => 64,
        }
    }

    /// `value` cut to this width and zero-extended.
    pub(crate) const fn truncate(self, value: u64) -> u64 {
        match self {
            Width::W32 => value as u32 as u64,
            Width::W64 => value,
        }
    }

    /// `value` cut to this width and sign-extended.
    pub(crate) const fn signed(self, value: u64) -> i64 {
        match self {
            Width::W32 => value as i32 as i64,
            Width::W64 => value as i64,
        }
    }
}

/// A register: 0 to 15 for integers, 16 to 31 for floats and vectors.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reg(u8);

impl Reg {
    pub(crate) const COUNT: usize = 32;

    pub(crate) const fn int(number: u8) -> Reg {
        Reg(number & 15)
    }

    pub(crate) const fn float(number: u8) -> Reg {
        Reg(number & 15 | 16)
    }

    /// Number within its class.
    #[inline(always)]
    pub(crate) const fn number(self) -> u8 {
        self.0 & 15
    }

    /// Number among all registers, below [`Self::COUNT`].
    #[inline(always)]
    pub(crate) const fn index(self) -> usize {
        (self.0 & 31) as usize
    }

    #[inline(always)]
    pub(crate) const fn is_float(self) -> bool {
        self.0 & 16 != 0
    }
}

/// A set of registers.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RegSet(u32);

impl RegSet {
    pub(crate) const EMPTY: RegSet = RegSet(0);

    pub(crate) const fn of(regs: &[Reg]) -> RegSet {
        let mut set = 0;
        let mut i = 0;
        while i < regs.len() {
            set |= 1 << regs[i].0;
            i += 1;
        }
        RegSet(set)
    }

    #[inline(always)]
    pub(crate) const fn has(self, reg: Reg) -> bool {
        self.0 & 1 << reg.0 != 0
    }

    #[inline(always)]
    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Number of registers in the set.
    pub(crate) const fn count(self) -> usize {
        self.0.count_ones() as usize
    }

    #[inline(always)]
    pub(crate) fn insert(&mut self, reg: Reg) {
        self.0 |= 1 << reg.0;
    }

    #[inline(always)]
    pub(crate) fn remove(&mut self, reg: Reg) {
        self.0 &= !(1 << reg.0);
    }

    #[inline(always)]
    pub(crate) const fn union(self, other: RegSet) -> RegSet {
        RegSet(self.0 | other.0)
    }

    #[inline(always)]
    pub(crate) const fn intersection(self, other: RegSet) -> RegSet {
        RegSet(self.0 & other.0)
    }

    /// What is in this set and not in `other`.
    #[inline(always)]
    pub(crate) const fn without(self, other: RegSet) -> RegSet {
        RegSet(self.0 & !other.0)
    }

    /// The register with the lowest number.
    #[inline(always)]
    pub(crate) const fn lowest(self) -> Option<Reg> {
        if self.0 == 0 {
            None
        } else {
            Some(Reg(self.0.trailing_zeros() as u8))
        }
    }

    /// The register with the highest number.
    #[inline(always)]
    pub(crate) const fn highest(self) -> Option<Reg> {
        if self.0 == 0 {
            None
        } else {
            Some(Reg(31 - self.0.leading_zeros() as u8))
        }
    }
}

impl Iterator for RegSet {
    type Item = Reg;

    #[inline(always)]
    fn next(&mut self) -> Option<Reg> {
        let reg = self.lowest()?;
        self.remove(reg);
        Some(reg)
    }
}

/// The second operand of an integer operation.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum Rhs {
    /// A register.
    Reg(Reg),
    /// A constant, sign-extended from the operation's width.
    Imm(i64),
    /// A value in the frame, this far below the frame pointer.
    Frame(u32),
}

/// An address in memory.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) base: Reg,
    /// Added to the base.
    pub(crate) index: Option<Reg>,
    /// Binary logarithm of what the index is multiplied with, at most 3.
    pub(crate) shift: u8,
    /// Bytes.
    pub(crate) offset: i32,
}

impl Address {
    pub(crate) const fn base(base: Reg, offset: u32) -> Address {
        Address {
            base,
            index: None,
            shift: 0,
            offset: offset as i32,
        }
    }

    pub(crate) const fn indexed(base: Reg, index: Reg, offset: i32) -> Address {
        Address {
            base,
            index: Some(index),
            shift: 0,
            offset,
        }
    }
}

/// Integer operations with two operands.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum IntBinary {
    Add,
    Sub,
    And,
    Or,
    Xor,
}

impl IntBinary {
    pub(crate) const fn is_commutative(self) -> bool {
        !matches!(self, IntBinary::Sub)
    }
}

/// Atomic operations that change a number in memory and give the old one.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum AtomicUpdate {
    Add,
    Sub,
    And,
    Or,
    Xor,
    Exchange,
}

/// Shifts and rotations; the count is taken modulo the width.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shift {
    Left,
    RightSigned,
    RightUnsigned,
    RotateLeft,
    RotateRight,
}

/// What the lowest bits of an integer are extended with, and how many they are.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum Extend {
    S8,
    S16,
    S32,
    U8,
    U16,
    U32,
}

impl Extend {
    pub(crate) const fn bytes(self) -> u32 {
        match self {
            Extend::S8 | Extend::U8 => 1,
            Extend::S16 | Extend::U16 => 2,
            Extend::S32 | Extend::U32 => 4,
        }
    }
}

/// Float operations with two operands.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum FloatBinary {
    Add,
    Sub,
    Mul,
    Div,
    Min,
    Max,
    Copysign,
}

/// Float operations with one operand.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum FloatUnary {
    Abs,
    Neg,
    Ceil,
    Floor,
    Trunc,
    Nearest,
    Sqrt,
}

/// What a comparison found.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cond {
    Eq,
    Ne,
    LtS,
    LtU,
    GtS,
    GtU,
    LeS,
    LeU,
    GeS,
    GeU,
    /// The last arithmetic operation overflowed.
    Overflow,
    /// It did not.
    NoOverflow,
    FloatEq,
    /// Not equal or unordered.
    FloatNe,
    FloatLt,
    FloatGt,
    FloatLe,
    FloatGe,
    FloatNotLt,
    FloatNotGt,
    FloatNotLe,
    FloatNotGe,
}

impl Cond {
    /// The opposite.
    pub(crate) const fn negate(self) -> Cond {
        use Cond::*;
        match self {
            Eq => Ne,
            Ne => Eq,
            LtS => GeS,
            LtU => GeU,
            GtS => LeS,
            GtU => LeU,
            LeS => GtS,
            LeU => GtU,
            GeS => LtS,
            GeU => LtU,
            Overflow => NoOverflow,
            NoOverflow => Overflow,
            FloatEq => FloatNe,
            FloatNe => FloatEq,
            FloatLt => FloatNotLt,
            FloatGt => FloatNotGt,
            FloatLe => FloatNotLe,
            FloatGe => FloatNotGe,
            FloatNotLt => FloatLt,
            FloatNotGt => FloatGt,
            FloatNotLe => FloatLe,
            FloatNotGe => FloatGe,
        }
    }

    /// The condition on integers that holds for `b, a` when this one holds for `a, b`.
    pub(crate) const fn swap(self) -> Cond {
        use Cond::*;
        match self {
            LtS => GtS,
            LtU => GtU,
            GtS => LtS,
            GtU => LtU,
            LeS => GeS,
            LeU => GeU,
            GeS => LeS,
            GeU => LeU,
            other => other,
        }
    }
}
