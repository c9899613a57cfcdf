//! Scalar arithmetic, comparisons and conversions.
//!
//! Shift counts, division and float-to-integer traps, and float minimum and maximum have the same
//! meaning in Cranelift's IR as in wasm.

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Type, Value, types};
use wasmparser::Operator;

use crate::translate::{Result, Translator};

impl Translator<'_, '_> {
    pub(crate) fn numeric_operator(&mut self, op: &Operator<'_>) -> Result<bool> {
        Ok(self.integer_operator(op)?
            || self.integer_comparison(op)?
            || self.float_operator(op)?
            || self.float_comparison(op)?)
    }

    fn integer_operator(&mut self, op: &Operator<'_>) -> Result<bool> {
        use Operator::*;
        match op {
            I32Add | I64Add => self.binary(|i, a, b| i.iadd(a, b)),
            I32Sub | I64Sub => self.binary(|i, a, b| i.isub(a, b)),
            I32Mul | I64Mul => self.multiply(),
            I32And | I64And => self.binary(|i, a, b| i.band(a, b)),
            I32Or | I64Or => self.binary(|i, a, b| i.bor(a, b)),
            I32Xor | I64Xor => self.binary(|i, a, b| i.bxor(a, b)),
            I32Shl | I64Shl => self.binary(|i, a, b| i.ishl(a, b)),
            I32ShrS | I64ShrS => self.binary(|i, a, b| i.sshr(a, b)),
            I32ShrU | I64ShrU => self.binary(|i, a, b| i.ushr(a, b)),
            I32Rotl | I64Rotl => self.binary(|i, a, b| i.rotl(a, b)),
            I32Rotr | I64Rotr => self.binary(|i, a, b| i.rotr(a, b)),
            I32DivS | I64DivS => self.binary(|i, a, b| i.sdiv(a, b)),
            I32DivU | I64DivU => self.binary(|i, a, b| i.udiv(a, b)),
            I32RemS | I64RemS => self.binary(|i, a, b| i.srem(a, b)),
            I32RemU | I64RemU => self.binary(|i, a, b| i.urem(a, b)),
            I32Clz | I64Clz => self.unary(|i, a| i.clz(a)),
            I32Ctz | I64Ctz => self.unary(|i, a| i.ctz(a)),
            I32Popcnt | I64Popcnt => self.unary(|i, a| i.popcnt(a)),
            _ => Ok(false),
        }
    }

    /// A multiplication. The processor takes three cycles for it, and one or two for what some constants come to.
    fn multiply(&mut self) -> Result<bool> {
        let [a, b] = self.pops()?;
        let constants = [a, b].map(|value| self.known_constant(value));
        let product = match constants {
            [None, Some(factor)] => self.multiple(a, factor),
            [Some(factor), None] => self.multiple(b, factor),
            _ => None,
        };
        let product = match product {
            Some(product) => product,
            None => self.builder.ins().imul(a, b),
        };
        self.push(product);
        Ok(true)
    }

    /// `value` times a factor that needs one addition or subtraction, and a shift or two.
    fn multiple(&mut self, value: Value, factor: u64) -> Option<Value> {
        let shifted = |translator: &mut Self, value, shift: u32| match shift {
            0 => value,
            _ => translator.builder.ins().ishl_imm_u(value, i64::from(shift)),
        };
        let low = factor.trailing_zeros();
        let odd = factor >> low.min(63);
        // An address computation adds a value to one that is shifted by up to three bits.
        if matches!(odd, 3 | 5 | 9) {
            let high = shifted(self, value, odd.ilog2());
            let sum = self.builder.ins().iadd(value, high);
            return Some(shifted(self, sum, low));
        }
        let is_power = |factor: u64| factor.is_power_of_two() && factor > 1;
        if is_power(factor.wrapping_sub(1)) {
            let high = shifted(self, value, factor.ilog2());
            return Some(self.builder.ins().iadd(high, value));
        }
        let bits = self.value_type(value).bits();
        if is_power(factor.wrapping_add(1)) && factor > 1 && factor.ilog2() + 1 < bits {
            let high = shifted(self, value, factor.ilog2() + 1);
            return Some(self.builder.ins().isub(high, value));
        }
        None
    }

    fn integer_comparison(&mut self, op: &Operator<'_>) -> Result<bool> {
        use Operator::*;
        let condition = match op {
            I32Eqz | I64Eqz => {
                let a = self.pop()?;
                let result = self.builder.ins().icmp_imm_s(IntCC::Equal, a, 0);
                let result = self.builder.ins().uextend(types::I32, result);
                self.push(result);
                return Ok(true);
            }
            I32Eq | I64Eq => IntCC::Equal,
            I32Ne | I64Ne => IntCC::NotEqual,
            I32LtS | I64LtS => IntCC::SignedLessThan,
            I32LtU | I64LtU => IntCC::UnsignedLessThan,
            I32GtS | I64GtS => IntCC::SignedGreaterThan,
            I32GtU | I64GtU => IntCC::UnsignedGreaterThan,
            I32LeS | I64LeS => IntCC::SignedLessThanOrEqual,
            I32LeU | I64LeU => IntCC::UnsignedLessThanOrEqual,
            I32GeS | I64GeS => IntCC::SignedGreaterThanOrEqual,
            I32GeU | I64GeU => IntCC::UnsignedGreaterThanOrEqual,
            _ => return Ok(false),
        };
        let [a, b] = self.pops()?;
        let result = self.builder.ins().icmp(condition, a, b);
        let result = self.builder.ins().uextend(types::I32, result);
        self.push(result);
        Ok(true)
    }

    fn float_operator(&mut self, op: &Operator<'_>) -> Result<bool> {
        use Operator::*;
        match op {
            F32Add | F64Add => self.binary(|i, a, b| i.fadd(a, b)),
            F32Sub | F64Sub => self.binary(|i, a, b| i.fsub(a, b)),
            F32Mul | F64Mul => self.binary(|i, a, b| i.fmul(a, b)),
            F32Div | F64Div => self.binary(|i, a, b| i.fdiv(a, b)),
            F32Min | F64Min => self.binary(|i, a, b| i.fmin(a, b)),
            F32Max | F64Max => self.binary(|i, a, b| i.fmax(a, b)),
            F32Copysign | F64Copysign => self.binary(|i, a, b| i.fcopysign(a, b)),
            F32Abs | F64Abs => self.unary(|i, a| i.fabs(a)),
            F32Neg | F64Neg => self.unary(|i, a| i.fneg(a)),
            F32Ceil | F64Ceil => self.unary(|i, a| i.ceil(a)),
            F32Floor | F64Floor => self.unary(|i, a| i.floor(a)),
            F32Trunc | F64Trunc => self.unary(|i, a| i.trunc(a)),
            F32Nearest | F64Nearest => self.unary(|i, a| i.nearest(a)),
            F32Sqrt | F64Sqrt => self.unary(|i, a| i.sqrt(a)),
            _ => Ok(false),
        }
    }

    fn float_comparison(&mut self, op: &Operator<'_>) -> Result<bool> {
        use Operator::*;
        let condition = match op {
            F32Eq | F64Eq => FloatCC::Equal,
            F32Ne | F64Ne => FloatCC::NotEqual,
            F32Lt | F64Lt => FloatCC::LessThan,
            F32Gt | F64Gt => FloatCC::GreaterThan,
            F32Le | F64Le => FloatCC::LessThanOrEqual,
            F32Ge | F64Ge => FloatCC::GreaterThanOrEqual,
            _ => return Ok(false),
        };
        let [a, b] = self.pops()?;
        let result = self.builder.ins().fcmp(condition, a, b);
        let result = self.builder.ins().uextend(types::I32, result);
        self.push(result);
        Ok(true)
    }

    pub(crate) fn conversion_operator(&mut self, op: &Operator<'_>) -> Result<bool> {
        use Operator::*;
        use types::{F32, F64, I8, I16, I32, I64};
        match op {
            I32WrapI64 => self.unary(|i, a| i.ireduce(I32, a)),
            I64ExtendI32S => self.unary(|i, a| i.sextend(I64, a)),
            I64ExtendI32U => {
                let narrow = self.pop()?;
                let wide = self.widen(narrow);
                self.push(wide);
                Ok(true)
            }
            I32Extend8S => self.sign_extend(I8, I32),
            I32Extend16S => self.sign_extend(I16, I32),
            I64Extend8S => self.sign_extend(I8, I64),
            I64Extend16S => self.sign_extend(I16, I64),
            I64Extend32S => self.sign_extend(I32, I64),
            I32TruncF32S | I32TruncF64S => self.unary(|i, a| i.fcvt_to_sint(I32, a)),
            I32TruncF32U | I32TruncF64U => self.unary(|i, a| i.fcvt_to_uint(I32, a)),
            I64TruncF32S | I64TruncF64S => self.unary(|i, a| i.fcvt_to_sint(I64, a)),
            I64TruncF32U | I64TruncF64U => self.unary(|i, a| i.fcvt_to_uint(I64, a)),
            I32TruncSatF32S | I32TruncSatF64S => self.unary(|i, a| i.fcvt_to_sint_sat(I32, a)),
            I32TruncSatF32U | I32TruncSatF64U => self.unary(|i, a| i.fcvt_to_uint_sat(I32, a)),
            I64TruncSatF32S | I64TruncSatF64S => self.unary(|i, a| i.fcvt_to_sint_sat(I64, a)),
            I64TruncSatF32U | I64TruncSatF64U => self.unary(|i, a| i.fcvt_to_uint_sat(I64, a)),
            F32ConvertI32S | F32ConvertI64S => self.unary(|i, a| i.fcvt_from_sint(F32, a)),
            F32ConvertI32U => self.unary(|i, a| i.fcvt_from_uint(F32, a)),
            F32ConvertI64U => self.convert_unsigned(F32),
            F64ConvertI32S | F64ConvertI64S => self.unary(|i, a| i.fcvt_from_sint(F64, a)),
            F64ConvertI32U => self.unary(|i, a| i.fcvt_from_uint(F64, a)),
            F64ConvertI64U => self.convert_unsigned(F64),
            F32DemoteF64 => self.unary(|i, a| i.fdemote(F32, a)),
            F64PromoteF32 => self.unary(|i, a| i.fpromote(F64, a)),
            I32ReinterpretF32 => self.unary(|i, a| i.bitcast(I32, MemFlagsData::new(), a)),
            I64ReinterpretF64 => self.unary(|i, a| i.bitcast(I64, MemFlagsData::new(), a)),
            F32ReinterpretI32 => self.unary(|i, a| i.bitcast(F32, MemFlagsData::new(), a)),
            F64ReinterpretI64 => self.unary(|i, a| i.bitcast(F64, MemFlagsData::new(), a)),
            _ => Ok(false),
        }
    }

    /// Replaces the `i64` on top by the float that is nearest to its unsigned value.
    ///
    /// Cranelift's own instruction leaves the upper part of its target register as it was, and so waits for whatever
    /// computed that: loops with it took twice the time. The signed one does not.
    fn convert_unsigned(&mut self, to: Type) -> Result<bool> {
        let value = self.pop()?;
        let large = self.builder.create_block();
        let small = self.builder.create_block();
        let done = self.builder.create_block();
        self.builder.set_cold_block(large);
        let result = self.builder.append_block_param(done, to);
        let is_large = self
            .builder
            .ins()
            .icmp_imm_s(IntCC::SignedLessThan, value, 0);
        self.builder.ins().brif(is_large, large, &[], small, &[]);
        self.builder.seal_block(large);
        self.builder.seal_block(small);

        // Half of it fits. The lowest bit is kept as a sticky one, for rounding.
        self.builder.switch_to_block(large);
        let half = self.builder.ins().ushr_imm_u(value, 1);
        let lowest = self.builder.ins().band_imm_u(value, 1);
        let half = self.builder.ins().bor(half, lowest);
        let half = self.builder.ins().fcvt_from_sint(to, half);
        let whole = self.builder.ins().fadd(half, half);
        self.builder.ins().jump(done, &[whole.into()]);

        self.builder.switch_to_block(small);
        let whole = self.builder.ins().fcvt_from_sint(to, value);
        self.builder.ins().jump(done, &[whole.into()]);
        self.builder.seal_block(done);

        self.builder.switch_to_block(done);
        self.push(result);
        Ok(true)
    }

    /// Replaces the top operand by its low bits, sign-extended.
    fn sign_extend(&mut self, from: Type, to: Type) -> Result<bool> {
        let value = self.pop()?;
        let low = self.builder.ins().ireduce(from, value);
        let result = self.builder.ins().sextend(to, low);
        self.push(result);
        Ok(true)
    }
}
