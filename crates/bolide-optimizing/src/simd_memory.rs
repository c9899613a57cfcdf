//! Loads and stores of vectors, lanes and splats.

use cranelift_codegen::ir::{InstBuilder, Type, Value, types};
use types::{F32X4, F64X2, I8X16, I16X8, I32X4, I64X2};
use wasmparser::{MemArg, Operator};

use crate::translate::{Result, Translator};

impl Translator<'_, '_> {
    pub(crate) fn vector_memory_operator(&mut self, op: &Operator<'_>) -> Result<bool> {
        use Operator::*;
        match *op {
            V128Load { ref memarg } => self.load(memarg, I8X16),
            V128Store { ref memarg } => self.store(memarg, 16),
            V128Load8x8S { ref memarg } => {
                self.load_with(memarg, 8, |i, a| i.sload8x8(a.flags, a.base, a.offset))
            }
            V128Load8x8U { ref memarg } => {
                self.load_with(memarg, 8, |i, a| i.uload8x8(a.flags, a.base, a.offset))
            }
            V128Load16x4S { ref memarg } => {
                self.load_with(memarg, 8, |i, a| i.sload16x4(a.flags, a.base, a.offset))
            }
            V128Load16x4U { ref memarg } => {
                self.load_with(memarg, 8, |i, a| i.uload16x4(a.flags, a.base, a.offset))
            }
            V128Load32x2S { ref memarg } => {
                self.load_with(memarg, 8, |i, a| i.sload32x2(a.flags, a.base, a.offset))
            }
            V128Load32x2U { ref memarg } => {
                self.load_with(memarg, 8, |i, a| i.uload32x2(a.flags, a.base, a.offset))
            }
            V128Load8Splat { ref memarg } => self.load_splat(memarg, I8X16),
            V128Load16Splat { ref memarg } => self.load_splat(memarg, I16X8),
            V128Load32Splat { ref memarg } => self.load_splat(memarg, I32X4),
            V128Load64Splat { ref memarg } => self.load_splat(memarg, I64X2),
            V128Load32Zero { ref memarg } => self.load_low_lane(memarg, I32X4),
            V128Load64Zero { ref memarg } => self.load_low_lane(memarg, I64X2),
            V128Load8Lane { ref memarg, lane } => self.load_lane(memarg, I8X16, lane),
            V128Load16Lane { ref memarg, lane } => self.load_lane(memarg, I16X8, lane),
            V128Load32Lane { ref memarg, lane } => self.load_lane(memarg, I32X4, lane),
            V128Load64Lane { ref memarg, lane } => self.load_lane(memarg, I64X2, lane),
            V128Store8Lane { ref memarg, lane } => self.store_lane(memarg, I8X16, lane),
            V128Store16Lane { ref memarg, lane } => self.store_lane(memarg, I16X8, lane),
            V128Store32Lane { ref memarg, lane } => self.store_lane(memarg, I32X4, lane),
            V128Store64Lane { ref memarg, lane } => self.store_lane(memarg, I64X2, lane),
            _ => self.lane_operator(op),
        }
    }

    fn lane_operator(&mut self, op: &Operator<'_>) -> Result<bool> {
        use Operator::*;
        match *op {
            I8x16ExtractLaneS { lane } => self.extract_narrow(I8X16, lane, true),
            I8x16ExtractLaneU { lane } => self.extract_narrow(I8X16, lane, false),
            I16x8ExtractLaneS { lane } => self.extract_narrow(I16X8, lane, true),
            I16x8ExtractLaneU { lane } => self.extract_narrow(I16X8, lane, false),
            I32x4ExtractLane { lane } => self.vector_unary(I32X4, |i, a| i.extractlane(a, lane)),
            I64x2ExtractLane { lane } => self.vector_unary(I64X2, |i, a| i.extractlane(a, lane)),
            F32x4ExtractLane { lane } => self.vector_unary(F32X4, |i, a| i.extractlane(a, lane)),
            F64x2ExtractLane { lane } => self.vector_unary(F64X2, |i, a| i.extractlane(a, lane)),
            I8x16ReplaceLane { lane } => self.replace_lane(I8X16, lane),
            I16x8ReplaceLane { lane } => self.replace_lane(I16X8, lane),
            I32x4ReplaceLane { lane } => self.replace_lane(I32X4, lane),
            I64x2ReplaceLane { lane } => self.replace_lane(I64X2, lane),
            F32x4ReplaceLane { lane } => self.replace_lane(F32X4, lane),
            F64x2ReplaceLane { lane } => self.replace_lane(F64X2, lane),
            I8x16Splat => self.splat(I8X16),
            I16x8Splat => self.splat(I16X8),
            I32x4Splat => self.splat(I32X4),
            I64x2Splat => self.splat(I64X2),
            F32x4Splat => self.splat(F32X4),
            F64x2Splat => self.splat(F64X2),
            I8x16Shuffle { lanes } => {
                let mask = self.builder.func.dfg.immediates.push(lanes[..].into());
                self.vector_binary(I8X16, |i, a, b| i.shuffle(a, b, mask))
            }
            _ => Ok(false),
        }
    }

    fn load_splat(&mut self, memarg: &MemArg, ty: Type) -> Result<bool> {
        self.load(memarg, ty.lane_type())?;
        self.unary(|i, a| i.splat(ty, a))
    }

    fn load_low_lane(&mut self, memarg: &MemArg, ty: Type) -> Result<bool> {
        self.load(memarg, ty.lane_type())?;
        self.unary(|i, a| i.scalar_to_vector(ty, a))
    }

    fn load_lane(&mut self, memarg: &MemArg, ty: Type, lane: u8) -> Result<bool> {
        let vector = self.pop()?;
        let vector = self.as_vector(vector, ty);
        self.load(memarg, ty.lane_type())?;
        self.unary(|i, a| i.insertlane(vector, a, lane))
    }

    fn store_lane(&mut self, memarg: &MemArg, ty: Type, lane: u8) -> Result<bool> {
        self.vector_unary(ty, |i, a| i.extractlane(a, lane))?;
        self.store(memarg, ty.lane_type().bytes())
    }

    fn extract_narrow(&mut self, ty: Type, lane: u8, signed: bool) -> Result<bool> {
        self.vector_unary(ty, |i, a| i.extractlane(a, lane))?;
        self.unary(|i, a| {
            if signed {
                i.sextend(types::I32, a)
            } else {
                i.uextend(types::I32, a)
            }
        })
    }

    fn replace_lane(&mut self, ty: Type, lane: u8) -> Result<bool> {
        let [vector, value] = self.pops()?;
        let vector = self.as_vector(vector, ty);
        let value = self.lane_value(ty, value);
        let result = self.builder.ins().insertlane(vector, value, lane);
        self.push(result);
        Ok(true)
    }

    fn splat(&mut self, ty: Type) -> Result<bool> {
        let value = self.pop()?;
        let value = self.lane_value(ty, value);
        let result = self.builder.ins().splat(ty, value);
        self.push(result);
        Ok(true)
    }

    /// An operand as a lane of `ty`: narrow lanes take the low bits of an `i32`.
    fn lane_value(&mut self, ty: Type, value: Value) -> Value {
        let lane = ty.lane_type();
        if self.value_type(value) == lane {
            value
        } else {
            self.builder.ins().ireduce(lane, value)
        }
    }
}
