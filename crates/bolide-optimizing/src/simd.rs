//! 128-bit vector arithmetic.
//!
//! Wasm has one vector type where Cranelift has one for each shape, so operands are cast to the
//! shape of the instruction; a cast emits no code.

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{InstBuilder, Type, Value, types};
use cranelift_frontend::FuncInstBuilder;
use types::{F32X4, F64X2, I8X16, I16X8, I32, I32X4, I64X2};
use wasmparser::Operator;

use crate::translate::{Result, Translator};

/// Shape of an instruction, from the first part of its name.
fn shape(op: &Operator<'_>) -> Type {
    macro_rules! shapes {
        ($(@$proposal:ident $op:ident $({ $($arg:ident: $ty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
            match op {
                $(Operator::$op { .. } => const { shape_of_name(stringify!($visit)) },)*
                _ => types::INVALID,
            }
        };
    }
    wasmparser::for_each_operator!(shapes)
}

const fn shape_of_name(visit: &str) -> Type {
    match visit.as_bytes() {
        [b'v', b'i', b's', b'i', b't', b'_', name @ ..] => match name {
            [b'i', b'8', b'x', ..] | [b'v', b'1', b'2', b'8', ..] => I8X16,
            [b'i', b'1', b'6', b'x', ..] => I16X8,
            [b'i', b'3', b'2', b'x', ..] => I32X4,
            [b'i', b'6', b'4', b'x', ..] => I64X2,
            [b'f', b'3', b'2', b'x', ..] => F32X4,
            [b'f', b'6', b'4', b'x', ..] => F64X2,
            _ => types::INVALID,
        },
        _ => types::INVALID,
    }
}

/// Which half of a vector, and how its lanes are widened.
#[derive(Copy, Clone)]
enum Half {
    LowS,
    LowU,
    HighS,
    HighU,
}

impl<'f> Translator<'_, 'f> {
    pub(crate) fn vector_operator(&mut self, op: &Operator<'_>) -> Result<bool> {
        let shape = shape(op);
        if shape == types::INVALID {
            return Ok(false);
        }
        Ok(self.vector_integer_operator(op, shape)?
            || self.vector_float_operator(op, shape)?
            || self.vector_bitwise_operator(op, shape)?
            || self.vector_comparison(op, shape)?
            || self.vector_conversion(op)?
            || self.vector_widening(op)?)
    }

    fn vector_integer_operator(&mut self, op: &Operator<'_>, ty: Type) -> Result<bool> {
        use Operator::*;
        match op {
            I8x16Add | I16x8Add | I32x4Add | I64x2Add => {
                self.vector_binary(ty, |i, a, b| i.iadd(a, b))
            }
            I8x16Sub | I16x8Sub | I32x4Sub | I64x2Sub => {
                self.vector_binary(ty, |i, a, b| i.isub(a, b))
            }
            I16x8Mul | I32x4Mul | I64x2Mul => self.vector_binary(ty, |i, a, b| i.imul(a, b)),
            I8x16AddSatS | I16x8AddSatS => self.vector_binary(ty, |i, a, b| i.sadd_sat(a, b)),
            I8x16AddSatU | I16x8AddSatU => self.vector_binary(ty, |i, a, b| i.uadd_sat(a, b)),
            I8x16SubSatS | I16x8SubSatS => self.vector_binary(ty, |i, a, b| i.ssub_sat(a, b)),
            I8x16SubSatU | I16x8SubSatU => self.vector_binary(ty, |i, a, b| i.usub_sat(a, b)),
            I8x16MinS | I16x8MinS | I32x4MinS => self.vector_binary(ty, |i, a, b| i.smin(a, b)),
            I8x16MinU | I16x8MinU | I32x4MinU => self.vector_binary(ty, |i, a, b| i.umin(a, b)),
            I8x16MaxS | I16x8MaxS | I32x4MaxS => self.vector_binary(ty, |i, a, b| i.smax(a, b)),
            I8x16MaxU | I16x8MaxU | I32x4MaxU => self.vector_binary(ty, |i, a, b| i.umax(a, b)),
            I8x16AvgrU | I16x8AvgrU => self.vector_binary(ty, |i, a, b| i.avg_round(a, b)),
            I16x8Q15MulrSatS => self.vector_binary(ty, |i, a, b| i.sqmul_round_sat(a, b)),
            I8x16Swizzle => self.vector_binary(ty, |i, a, b| i.swizzle(a, b)),
            I8x16Abs | I16x8Abs | I32x4Abs | I64x2Abs => self.vector_unary(ty, |i, a| i.iabs(a)),
            I8x16Neg | I16x8Neg | I32x4Neg | I64x2Neg => self.vector_unary(ty, |i, a| i.ineg(a)),
            I8x16Popcnt => self.vector_unary(ty, |i, a| i.popcnt(a)),
            I8x16Shl | I16x8Shl | I32x4Shl | I64x2Shl => {
                self.vector_shift(ty, |i, a, b| i.ishl(a, b))
            }
            I8x16ShrS | I16x8ShrS | I32x4ShrS | I64x2ShrS => {
                self.vector_shift(ty, |i, a, b| i.sshr(a, b))
            }
            I8x16ShrU | I16x8ShrU | I32x4ShrU | I64x2ShrU => {
                self.vector_shift(ty, |i, a, b| i.ushr(a, b))
            }
            _ => Ok(false),
        }
    }

    fn vector_float_operator(&mut self, op: &Operator<'_>, ty: Type) -> Result<bool> {
        use Operator::*;
        match op {
            F32x4Add | F64x2Add => self.vector_binary(ty, |i, a, b| i.fadd(a, b)),
            F32x4Sub | F64x2Sub => self.vector_binary(ty, |i, a, b| i.fsub(a, b)),
            F32x4Mul | F64x2Mul => self.vector_binary(ty, |i, a, b| i.fmul(a, b)),
            F32x4Div | F64x2Div => self.vector_binary(ty, |i, a, b| i.fdiv(a, b)),
            F32x4Min | F64x2Min => self.vector_binary(ty, |i, a, b| i.fmin(a, b)),
            F32x4Max | F64x2Max => self.vector_binary(ty, |i, a, b| i.fmax(a, b)),
            F32x4PMin | F64x2PMin => {
                let [a, b] = self.pop_vectors(ty)?;
                let result = self.select_if_less(ty, b, a, b, a);
                self.push(result);
                Ok(true)
            }
            F32x4PMax | F64x2PMax => {
                let [a, b] = self.pop_vectors(ty)?;
                let result = self.select_if_less(ty, a, b, b, a);
                self.push(result);
                Ok(true)
            }
            F32x4Abs | F64x2Abs => self.vector_unary(ty, |i, a| i.fabs(a)),
            F32x4Neg | F64x2Neg => self.vector_unary(ty, |i, a| i.fneg(a)),
            F32x4Sqrt | F64x2Sqrt => self.vector_unary(ty, |i, a| i.sqrt(a)),
            F32x4Ceil | F64x2Ceil => self.vector_unary(ty, |i, a| i.ceil(a)),
            F32x4Floor | F64x2Floor => self.vector_unary(ty, |i, a| i.floor(a)),
            F32x4Trunc | F64x2Trunc => self.vector_unary(ty, |i, a| i.trunc(a)),
            F32x4Nearest | F64x2Nearest => self.vector_unary(ty, |i, a| i.nearest(a)),
            _ => Ok(false),
        }
    }

    fn vector_bitwise_operator(&mut self, op: &Operator<'_>, ty: Type) -> Result<bool> {
        use Operator::*;
        match op {
            V128Not => self.vector_unary(ty, |i, a| i.bnot(a)),
            V128And => self.vector_binary(ty, |i, a, b| i.band(a, b)),
            V128AndNot => self.vector_binary(ty, |i, a, b| i.band_not(a, b)),
            V128Or => self.vector_binary(ty, |i, a, b| i.bor(a, b)),
            V128Xor => self.vector_binary(ty, |i, a, b| i.bxor(a, b)),
            V128Bitselect => {
                let [a, b, mask] = self.pop_vectors(ty)?;
                let result = self.builder.ins().bitselect(mask, a, b);
                self.push(result);
                Ok(true)
            }
            V128AnyTrue => {
                self.vector_unary(ty, |i, a| i.vany_true(a))?;
                self.unary(|i, a| i.uextend(I32, a))
            }
            I8x16AllTrue | I16x8AllTrue | I32x4AllTrue | I64x2AllTrue => {
                self.vector_unary(ty, |i, a| i.vall_true(a))?;
                self.unary(|i, a| i.uextend(I32, a))
            }
            I8x16Bitmask | I16x8Bitmask | I32x4Bitmask | I64x2Bitmask => {
                self.vector_unary(ty, |i, a| i.vhigh_bits(I32, a))
            }
            _ => Ok(false),
        }
    }

    fn vector_comparison(&mut self, op: &Operator<'_>, ty: Type) -> Result<bool> {
        use Operator::*;
        let condition = match op {
            I8x16Eq | I16x8Eq | I32x4Eq | I64x2Eq => IntCC::Equal,
            I8x16Ne | I16x8Ne | I32x4Ne | I64x2Ne => IntCC::NotEqual,
            I8x16LtS | I16x8LtS | I32x4LtS | I64x2LtS => IntCC::SignedLessThan,
            I8x16LtU | I16x8LtU | I32x4LtU => IntCC::UnsignedLessThan,
            I8x16GtS | I16x8GtS | I32x4GtS | I64x2GtS => IntCC::SignedGreaterThan,
            I8x16GtU | I16x8GtU | I32x4GtU => IntCC::UnsignedGreaterThan,
            I8x16LeS | I16x8LeS | I32x4LeS | I64x2LeS => IntCC::SignedLessThanOrEqual,
            I8x16LeU | I16x8LeU | I32x4LeU => IntCC::UnsignedLessThanOrEqual,
            I8x16GeS | I16x8GeS | I32x4GeS | I64x2GeS => IntCC::SignedGreaterThanOrEqual,
            I8x16GeU | I16x8GeU | I32x4GeU => IntCC::UnsignedGreaterThanOrEqual,
            _ => return self.vector_float_comparison(op, ty),
        };
        self.vector_binary(ty, |i, a, b| i.icmp(condition, a, b))
    }

    fn vector_float_comparison(&mut self, op: &Operator<'_>, ty: Type) -> Result<bool> {
        use Operator::*;
        let condition = match op {
            F32x4Eq | F64x2Eq => FloatCC::Equal,
            F32x4Ne | F64x2Ne => FloatCC::NotEqual,
            F32x4Lt | F64x2Lt => FloatCC::LessThan,
            F32x4Gt | F64x2Gt => FloatCC::GreaterThan,
            F32x4Le | F64x2Le => FloatCC::LessThanOrEqual,
            F32x4Ge | F64x2Ge => FloatCC::GreaterThanOrEqual,
            _ => return Ok(false),
        };
        self.vector_binary(ty, |i, a, b| i.fcmp(condition, a, b))
    }

    fn vector_conversion(&mut self, op: &Operator<'_>) -> Result<bool> {
        use Operator::*;
        match op {
            F32x4ConvertI32x4S => self.vector_unary(I32X4, |i, a| i.fcvt_from_sint(F32X4, a)),
            F32x4ConvertI32x4U => self.vector_unary(I32X4, |i, a| i.fcvt_from_uint(F32X4, a)),
            F64x2ConvertLowI32x4S => {
                self.vector_unary(I32X4, |i, a| i.swiden_low(a))?;
                self.unary(|i, a| i.fcvt_from_sint(F64X2, a))
            }
            F64x2ConvertLowI32x4U => {
                self.vector_unary(I32X4, |i, a| i.uwiden_low(a))?;
                self.unary(|i, a| i.fcvt_from_uint(F64X2, a))
            }
            F64x2PromoteLowF32x4 => self.vector_unary(F32X4, |i, a| i.fvpromote_low(a)),
            F32x4DemoteF64x2Zero => self.vector_unary(F64X2, |i, a| i.fvdemote(a)),
            I32x4TruncSatF32x4S => self.vector_unary(F32X4, |i, a| i.fcvt_to_sint_sat(I32X4, a)),
            I32x4TruncSatF32x4U => self.vector_unary(F32X4, |i, a| i.fcvt_to_uint_sat(I32X4, a)),
            I32x4TruncSatF64x2SZero => {
                self.vector_unary(F64X2, |i, a| i.fcvt_to_sint_sat(I64X2, a))?;
                let zero = self.zero(I64X2);
                self.unary(|i, a| i.snarrow(a, zero))
            }
            I32x4TruncSatF64x2UZero => {
                self.vector_unary(F64X2, |i, a| i.fcvt_to_uint_sat(I64X2, a))?;
                let zero = self.zero(I64X2);
                self.unary(|i, a| i.uunarrow(a, zero))
            }
            I8x16NarrowI16x8S => self.vector_binary(I16X8, |i, a, b| i.snarrow(a, b)),
            I8x16NarrowI16x8U => self.vector_binary(I16X8, |i, a, b| i.unarrow(a, b)),
            I16x8NarrowI32x4S => self.vector_binary(I32X4, |i, a, b| i.snarrow(a, b)),
            I16x8NarrowI32x4U => self.vector_binary(I32X4, |i, a, b| i.unarrow(a, b)),
            _ => Ok(false),
        }
    }

    fn vector_widening(&mut self, op: &Operator<'_>) -> Result<bool> {
        use Half::*;
        use Operator::*;
        match op {
            I16x8ExtendLowI8x16S => self.widen_half(I8X16, LowS),
            I16x8ExtendHighI8x16S => self.widen_half(I8X16, HighS),
            I16x8ExtendLowI8x16U => self.widen_half(I8X16, LowU),
            I16x8ExtendHighI8x16U => self.widen_half(I8X16, HighU),
            I32x4ExtendLowI16x8S => self.widen_half(I16X8, LowS),
            I32x4ExtendHighI16x8S => self.widen_half(I16X8, HighS),
            I32x4ExtendLowI16x8U => self.widen_half(I16X8, LowU),
            I32x4ExtendHighI16x8U => self.widen_half(I16X8, HighU),
            I64x2ExtendLowI32x4S => self.widen_half(I32X4, LowS),
            I64x2ExtendHighI32x4S => self.widen_half(I32X4, HighS),
            I64x2ExtendLowI32x4U => self.widen_half(I32X4, LowU),
            I64x2ExtendHighI32x4U => self.widen_half(I32X4, HighU),
            I16x8ExtMulLowI8x16S => self.multiply_half(I8X16, LowS),
            I16x8ExtMulHighI8x16S => self.multiply_half(I8X16, HighS),
            I16x8ExtMulLowI8x16U => self.multiply_half(I8X16, LowU),
            I16x8ExtMulHighI8x16U => self.multiply_half(I8X16, HighU),
            I32x4ExtMulLowI16x8S => self.multiply_half(I16X8, LowS),
            I32x4ExtMulHighI16x8S => self.multiply_half(I16X8, HighS),
            I32x4ExtMulLowI16x8U => self.multiply_half(I16X8, LowU),
            I32x4ExtMulHighI16x8U => self.multiply_half(I16X8, HighU),
            I64x2ExtMulLowI32x4S => self.multiply_half(I32X4, LowS),
            I64x2ExtMulHighI32x4S => self.multiply_half(I32X4, HighS),
            I64x2ExtMulLowI32x4U => self.multiply_half(I32X4, LowU),
            I64x2ExtMulHighI32x4U => self.multiply_half(I32X4, HighU),
            I16x8ExtAddPairwiseI8x16S => self.add_pairs(I8X16, LowS, HighS),
            I16x8ExtAddPairwiseI8x16U => self.add_pairs(I8X16, LowU, HighU),
            I32x4ExtAddPairwiseI16x8S => self.add_pairs(I16X8, LowS, HighS),
            I32x4ExtAddPairwiseI16x8U => self.add_pairs(I16X8, LowU, HighU),
            I32x4DotI16x8S => {
                let [a, b] = self.pop_vectors(I16X8)?;
                let result = self.dot_product(a, b);
                self.push(result);
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    fn half(&mut self, half: Half, value: Value) -> Value {
        let ins = self.builder.ins();
        match half {
            Half::LowS => ins.swiden_low(value),
            Half::LowU => ins.uwiden_low(value),
            Half::HighS => ins.swiden_high(value),
            Half::HighU => ins.uwiden_high(value),
        }
    }

    fn widen_half(&mut self, ty: Type, half: Half) -> Result<bool> {
        let [a] = self.pop_vectors(ty)?;
        let result = self.half(half, a);
        self.push(result);
        Ok(true)
    }

    fn multiply_half(&mut self, ty: Type, half: Half) -> Result<bool> {
        let [a, b] = self.pop_vectors(ty)?;
        let a = self.half(half, a);
        let b = self.half(half, b);
        let result = self.builder.ins().imul(a, b);
        self.push(result);
        Ok(true)
    }

    fn add_pairs(&mut self, ty: Type, low: Half, high: Half) -> Result<bool> {
        let [a] = self.pop_vectors(ty)?;
        let low = self.half(low, a);
        let high = self.half(high, a);
        let result = self.builder.ins().iadd_pairwise(low, high);
        self.push(result);
        Ok(true)
    }

    /// Sums of products of adjacent signed lanes.
    pub(crate) fn dot_product(&mut self, a: Value, b: Value) -> Value {
        let a_low = self.half(Half::LowS, a);
        let b_low = self.half(Half::LowS, b);
        let low = self.builder.ins().imul(a_low, b_low);
        let a_high = self.half(Half::HighS, a);
        let b_high = self.half(Half::HighS, b);
        let high = self.builder.ins().imul(a_high, b_high);
        self.builder.ins().iadd_pairwise(low, high)
    }

    /// Pops `N` vectors as `ty`.
    pub(crate) fn pop_vectors<const N: usize>(&mut self, ty: Type) -> Result<[Value; N]> {
        let values = self.pops::<N>()?;
        Ok(values.map(|value| self.as_vector(value, ty)))
    }

    pub(crate) fn vector_unary(
        &mut self,
        ty: Type,
        f: impl FnOnce(FuncInstBuilder<'_, 'f>, Value) -> Value,
    ) -> Result<bool> {
        let [a] = self.pop_vectors(ty)?;
        let result = f(self.builder.ins(), a);
        self.push(result);
        Ok(true)
    }

    pub(crate) fn vector_binary(
        &mut self,
        ty: Type,
        f: impl FnOnce(FuncInstBuilder<'_, 'f>, Value, Value) -> Value,
    ) -> Result<bool> {
        let [a, b] = self.pop_vectors(ty)?;
        let result = f(self.builder.ins(), a, b);
        self.push(result);
        Ok(true)
    }

    /// A shift by a scalar count, taken modulo the lane width.
    fn vector_shift(
        &mut self,
        ty: Type,
        f: impl FnOnce(FuncInstBuilder<'_, 'f>, Value, Value) -> Value,
    ) -> Result<bool> {
        let [a, count] = self.pops()?;
        let a = self.as_vector(a, ty);
        let result = f(self.builder.ins(), a, count);
        self.push(result);
        Ok(true)
    }
}
