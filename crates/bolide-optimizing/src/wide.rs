//! Zero extension to 64 bits, which every index of a 32-bit memory needs.
//!
//! The processor's loads into a 32-bit register extend, but Cranelift extends their results again, with an instruction
//! that stands between the load of a pointer and the load through it. So a load whose result is extended becomes one
//! that extends by definition, followed by a reduction, which is no machine code.

use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::{
    DataFlowGraph, InstBuilder, InstBuilderBase, InstructionData, Opcode, Value, ValueDef, types,
};

use crate::translate::Translator;

impl Translator<'_, '_> {
    /// A 32-bit value, zero-extended to 64 bits; a 64-bit value as it is.
    pub(crate) fn widen(&mut self, value: Value) -> Value {
        if self.value_type(value) != types::I32 {
            return value;
        }
        match self.widen_load(value) {
            Some(wide) => wide,
            None => self.builder.ins().uextend(types::I64, value),
        }
    }

    /// The wide result of the load that `value` comes from, if it comes from one that extends with zeros.
    fn widen_load(&mut self, value: Value) -> Option<Value> {
        if !self.optimizations.wide_loads {
            return None;
        }
        let dfg = &self.builder.func.dfg;
        let ValueDef::Result(load, _) = dfg.value_def(value) else {
            return None;
        };
        let (narrow, arg, flags, offset) = match dfg.insts[load] {
            InstructionData::Load {
                opcode,
                arg,
                flags,
                offset,
            } => (opcode, arg, flags, offset),
            InstructionData::Unary {
                opcode: Opcode::Ireduce,
                arg,
            } => return is_extended(dfg, arg).then_some(arg),
            _ => return None,
        };
        let opcode = match narrow {
            Opcode::Load => Opcode::Uload32,
            Opcode::Uload8 | Opcode::Uload16 => narrow,
            _ => return None,
        };
        let location = self.builder.func.srcloc(load);
        let mut cursor = FuncCursor::new(self.builder.func)
            .at_inst(load)
            .with_srcloc(location);
        let wide = InstructionData::Load {
            opcode,
            arg,
            flags,
            offset,
        };
        let (inst, dfg) = cursor.ins().build(wide, types::I64);
        let wide = dfg.first_result(inst);
        dfg.insts[load] = InstructionData::Unary {
            opcode: Opcode::Ireduce,
            arg: wide,
        };
        Some(wide)
    }
}

/// Whether the upper half of a 64-bit value is zero because a load made it so.
fn is_extended(dfg: &DataFlowGraph, value: Value) -> bool {
    let ValueDef::Result(inst, _) = dfg.value_def(value) else {
        return false;
    };
    let opcode = dfg.insts[inst].opcode();
    matches!(opcode, Opcode::Uload8 | Opcode::Uload16 | Opcode::Uload32)
}
