//! Operations on vectors, as the compiler names them.
//!
//! `bool` fields that are not named say whether lanes are signed.

use super::{Cond, FloatUnary, Width};

/// Width of integer lanes, in bits.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    B8,
    B16,
    B32,
    B64,
}

impl Lane {
    /// Bytes of a lane.
    pub(crate) const fn bytes(self) -> u32 {
        1 << self as u32
    }

    /// The integer that lanes are passed as.
    pub(crate) const fn width(self) -> Width {
        match self {
            Lane::B64 => Width::W64,
            _ => Width::W32,
        }
    }
}

/// Half of a vector.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum Half {
    Low,
    High,
}

/// Operations with one operand.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum VectorUnary {
    Not,
    Abs(Lane),
    Neg(Lane),
    /// Of bytes.
    CountOnes,
    Float(FloatUnary, Width),
    /// Lanes of this width become twice as wide.
    Extend(Half, bool, Lane),
    /// Sums of two adjacent lanes of this width, twice as wide.
    AddPairs(bool, Lane),
    /// `i32` to `f32`.
    FloatFromInt(bool),
    /// The lower two `i32` to `f64`.
    DoubleFromInt(bool),
    /// The lower two `f32` to `f64`.
    Promote,
    /// `f64` to the lower two `f32`; the others are zero.
    Demote,
    /// Floats of this width to the nearest `i32`; lanes that have no counterpart are zero.
    Truncate(bool, Width),
    /// The same, signed; any result for what does not fit.
    TruncateRelaxed(Width),
}

/// Operations with two operands.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum VectorBinary {
    And,
    /// `a & !b`
    AndNot,
    Or,
    Xor,
    Add(Lane),
    Sub(Lane),
    /// Not of bytes.
    Mul(Lane),
    /// Of bytes and 16-bit lanes.
    AddSaturating(bool, Lane),
    /// Of bytes and 16-bit lanes.
    SubSaturating(bool, Lane),
    /// Not of 64-bit lanes.
    Min(bool, Lane),
    /// Not of 64-bit lanes.
    Max(bool, Lane),
    /// Of unsigned bytes and 16-bit lanes, rounded up.
    Average(Lane),
    /// Fixed-point product of signed 16-bit lanes, rounded and saturated.
    MulRound,
    /// The same; any result for what does not fit.
    MulRoundRelaxed,
    /// Bytes of `a` at the positions in `b`; zero for positions from 16.
    Swizzle,
    /// The same; any byte for positions from 16.
    SwizzleRelaxed,
    /// Signed lanes, saturated to lanes of this width, 8 or 16, and signedness.
    Narrow(bool, Lane),
    /// Products of lanes of this width, twice as wide.
    MulExtend(Half, bool, Lane),
    /// Sums of two adjacent products of signed 16-bit lanes.
    Dot,
    /// Sums of two adjacent products of signed bytes, cut to 16 bits.
    DotBytes,
    /// The same; any allowed result if a byte of `b` is negative.
    DotBytesRelaxed,
    /// All ones where an integer comparison holds.
    Compare(Cond, Lane),
    /// All ones where a float comparison holds.
    FloatCompare(Cond, Width),
    FloatAdd(Width),
    FloatSub(Width),
    FloatMul(Width),
    FloatDiv(Width),
    FloatMin(Width),
    FloatMax(Width),
    /// `b < a ? b : a`
    PseudoMin(Width),
    /// `a < b ? b : a`
    PseudoMax(Width),
}

/// Operations with three operands.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum VectorTernary {
    /// Bits of `a` where `c` has ones, of `b` elsewhere.
    Select,
    /// Lanes of `a` where `c` is all ones, of `b` where it is zero; any choice elsewhere.
    SelectRelaxed(Lane),
    /// `a * b + c`, or `-(a * b) + c`, rounded once.
    MulAdd { negate: bool, width: Width },
    /// The same, rounded after the product and after the sum.
    MulAddTwice { negate: bool, width: Width },
    /// `c` and sums of four adjacent products of signed bytes.
    DotBytesAdd,
    /// The same; any allowed result if a byte of `b` is negative.
    DotBytesAddRelaxed,
}

/// Questions about a vector.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum VectorTest {
    /// Whether any bit is set.
    Any,
    /// Whether no lane is zero.
    All(Lane),
}

/// Loads that make a vector of less than 16 bytes.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum VectorLoad {
    /// Eight bytes of lanes of this width, which become twice as wide.
    Extend(bool, Lane),
    /// One value for all lanes.
    Splat(Lane),
    /// The lowest lane, of 32 or 64 bits; the others are zero.
    Zero(Lane),
}

impl VectorLoad {
    /// How many bytes it loads.
    pub(crate) const fn bytes(self) -> u32 {
        match self {
            VectorLoad::Extend(..) => 8,
            VectorLoad::Splat(lane) | VectorLoad::Zero(lane) => lane.bytes(),
        }
    }
}
