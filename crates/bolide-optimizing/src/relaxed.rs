//! Relaxed SIMD: the deterministic results if the engine asks for them, otherwise whatever the
//! processor does fastest among the results that the specification allows.

use cranelift_codegen::ir::condcodes::FloatCC;
use cranelift_codegen::ir::{InstBuilder, Type, Value, types};
use types::{F32X4, F64X2, I8X16, I16X8, I32X4, I64X2};
use wasmparser::Operator;

use crate::translate::{Result, Translator};

impl Translator<'_, '_> {
    pub(crate) fn relaxed_operator(&mut self, op: &Operator<'_>) -> Result<bool> {
        use Operator::*;
        match op {
            I8x16RelaxedSwizzle => {
                let native = self.may_use_native() && self.isa.has_x86_pshufb_lowering();
                self.vector_binary(I8X16, |i, a, b| {
                    if native {
                        i.x86_pshufb(a, b)
                    } else {
                        i.swizzle(a, b)
                    }
                })
            }
            I32x4RelaxedTruncF32x4S => {
                let native = self.may_use_x86();
                self.vector_unary(F32X4, |i, a| {
                    if native {
                        i.x86_cvtt2dq(I32X4, a)
                    } else {
                        i.fcvt_to_sint_sat(I32X4, a)
                    }
                })
            }
            I32x4RelaxedTruncF64x2SZero => {
                let native = self.may_use_x86();
                self.vector_unary(F64X2, |i, a| {
                    if native {
                        i.x86_cvtt2dq(I64X2, a)
                    } else {
                        i.fcvt_to_sint_sat(I64X2, a)
                    }
                })?;
                let zero = self.zero(I64X2);
                self.unary(|i, a| i.snarrow(a, zero))
            }
            // No native choice is faster for unsigned conversions.
            I32x4RelaxedTruncF32x4U => self.vector_operator(&I32x4TruncSatF32x4U),
            I32x4RelaxedTruncF64x2UZero => self.vector_operator(&I32x4TruncSatF64x2UZero),
            F32x4RelaxedMadd => self.multiply_add(F32X4, false),
            F64x2RelaxedMadd => self.multiply_add(F64X2, false),
            F32x4RelaxedNmadd => self.multiply_add(F32X4, true),
            F64x2RelaxedNmadd => self.multiply_add(F64X2, true),
            I8x16RelaxedLaneselect => self.lane_select(I8X16),
            I16x8RelaxedLaneselect => self.lane_select(I16X8),
            I32x4RelaxedLaneselect => self.lane_select(I32X4),
            I64x2RelaxedLaneselect => self.lane_select(I64X2),
            F32x4RelaxedMin => self.relaxed_minimum(F32X4),
            F64x2RelaxedMin => self.relaxed_minimum(F64X2),
            F32x4RelaxedMax => self.relaxed_maximum(F32X4),
            F64x2RelaxedMax => self.relaxed_maximum(F64X2),
            I16x8RelaxedQ15mulrS => {
                let native = self.may_use_native() && self.isa.has_x86_pmulhrsw_lowering();
                self.vector_binary(I16X8, |i, a, b| {
                    if native {
                        i.x86_pmulhrsw(a, b)
                    } else {
                        i.sqmul_round_sat(a, b)
                    }
                })
            }
            I16x8RelaxedDotI8x16I7x16S => {
                let [a, b] = self.pops()?;
                let dot = self.byte_dot(a, b);
                self.push(dot);
                Ok(true)
            }
            I32x4RelaxedDotI8x16I7x16AddS => {
                let [a, b, addend] = self.pops()?;
                let addend = self.as_vector(addend, I32X4);
                let dot = self.byte_dot(a, b);
                let low = self.builder.ins().swiden_low(dot);
                let high = self.builder.ins().swiden_high(dot);
                let sums = self.builder.ins().iadd_pairwise(low, high);
                let result = self.builder.ins().iadd(sums, addend);
                self.push(result);
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    fn may_use_native(&self) -> bool {
        !self.options.deterministic_relaxed_simd
    }

    fn may_use_x86(&self) -> bool {
        self.may_use_native() && cfg!(target_arch = "x86_64")
    }

    /// `a * b + c` or `-(a * b) + c`; the deterministic result is rounded once. Without an instruction that does it,
    /// rounding once is a call for each lane.
    fn multiply_add(&mut self, ty: Type, negate: bool) -> Result<bool> {
        let [a, b, c] = self.pop_vectors(ty)?;
        let a = if negate {
            self.builder.ins().fneg(a)
        } else {
            a
        };
        let result = if !self.may_use_native() || self.options.fused_multiply_add {
            self.builder.ins().fma(a, b, c)
        } else {
            let product = self.builder.ins().fmul(a, b);
            self.builder.ins().fadd(product, c)
        };
        self.push(result);
        Ok(true)
    }

    fn lane_select(&mut self, ty: Type) -> Result<bool> {
        let [a, b, mask] = self.pop_vectors(ty)?;
        let result = if self.may_use_native() && self.isa.has_blendv_lowering(ty) {
            self.builder.ins().blendv(mask, a, b)
        } else {
            self.builder.ins().bitselect(mask, a, b)
        };
        self.push(result);
        Ok(true)
    }

    // The comparisons and the order of operands are those that become one x86 instruction.

    fn relaxed_minimum(&mut self, ty: Type) -> Result<bool> {
        let [a, b] = self.pop_vectors(ty)?;
        let result = if self.may_use_x86() {
            self.select_if_less(ty, b, a, b, a)
        } else {
            self.builder.ins().fmin(a, b)
        };
        self.push(result);
        Ok(true)
    }

    fn relaxed_maximum(&mut self, ty: Type) -> Result<bool> {
        let [a, b] = self.pop_vectors(ty)?;
        let result = if self.may_use_x86() {
            self.select_if_less(ty, a, b, b, a)
        } else {
            self.builder.ins().fmax(a, b)
        };
        self.push(result);
        Ok(true)
    }

    /// Lanes of `yes` where `left < right`, else of `no`.
    pub(crate) fn select_if_less(
        &mut self,
        ty: Type,
        left: Value,
        right: Value,
        yes: Value,
        no: Value,
    ) -> Value {
        let mask = self.builder.ins().fcmp(FloatCC::LessThan, left, right);
        let mask = self.as_vector(mask, ty);
        self.builder.ins().bitselect(mask, yes, no)
    }

    /// Sums of products of adjacent signed bytes; bytes of `b` have 7 bits.
    fn byte_dot(&mut self, a: Value, b: Value) -> Value {
        let a = self.as_vector(a, I8X16);
        let b = self.as_vector(b, I8X16);
        if self.may_use_native() && self.isa.has_x86_pmaddubsw_lowering() {
            self.builder.ins().x86_pmaddubsw(a, b)
        } else {
            self.dot_product(a, b)
        }
    }
}
