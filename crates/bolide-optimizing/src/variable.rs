//! Locals, globals, constants, `select`, `drop` and references.

use bolide_abi::{FUNC_IMPORT_FUNCREF, TrapCode};
use bolide_module::{ConstOp, FuncIndex, GlobalIndex};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::immediates::{Ieee32, Ieee64};
use cranelift_codegen::ir::{ConstantData, InstBuilder, MemFlagsData, Value, types};
use cranelift_frontend::Variable;
use wasmparser::Operator;

use crate::env::Region;
use crate::slot::Slot;
use crate::translate::{Result, TRUSTED, Translator, internal, lookup};
use crate::trap;

impl Translator<'_, '_> {
    pub(crate) fn variable_operator(&mut self, op: &Operator<'_>) -> Result<bool> {
        match *op {
            Operator::LocalGet { local_index } => {
                let variable = self.local(local_index)?;
                let value = self.builder.use_var(variable);
                self.push(value);
            }
            Operator::LocalSet { local_index } => {
                let value = self.pop()?;
                self.set_local(local_index, value)?;
            }
            Operator::LocalTee { local_index } => {
                let value = self.pop()?;
                self.set_local(local_index, value)?;
                self.push(value);
            }
            Operator::GlobalGet { global_index } => self.global_get(global_index)?,
            Operator::GlobalSet { global_index } => self.global_set(global_index)?,
            Operator::Drop => {
                self.pop()?;
            }
            Operator::Select => self.select(None)?,
            Operator::TypedSelect { ty } => {
                let slot = Slot::in_body(self.module, ty)?;
                self.select(Some(slot))?;
            }
            Operator::I32Const { value } => {
                let value = self.i32_const(value as u32);
                self.push(value);
            }
            Operator::I64Const { value } => {
                let value = self.i64_const(value as u64);
                self.push(value);
            }
            Operator::F32Const { value } => {
                let value = self.f32_const(value.bits());
                self.push(value);
            }
            Operator::F64Const { value } => {
                let value = self.f64_const(value.bits());
                self.push(value);
            }
            Operator::V128Const { value } => {
                let value = self.v128_const(*value.bytes());
                self.push(value);
            }
            Operator::RefNull { .. } => {
                let null = self.i64_const(0);
                self.push(null);
            }
            Operator::RefIsNull => {
                let reference = self.pop()?;
                let is_null = self.is_null(reference);
                let result = self.builder.ins().uextend(types::I32, is_null);
                self.push(result);
            }
            Operator::RefAsNonNull => {
                let reference = self.pop()?;
                let code = trap::to_cranelift(TrapCode::NullReference);
                self.builder.ins().trapz(reference, code);
                self.push(reference);
            }
            Operator::RefFunc { function_index } => self.ref_func(function_index)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn local(&self, index: u32) -> Result<Variable> {
        lookup(&self.locals, index).copied()
    }

    fn set_local(&mut self, index: u32, value: Value) -> Result<()> {
        let variable = self.local(index)?;
        let value = self.canonical(value);
        self.builder
            .try_def_var(variable, value)
            .map_err(|error| internal(error.to_string()))
    }

    fn f32_const(&mut self, bits: u32) -> Value {
        self.builder.ins().f32const(Ieee32::with_bits(bits))
    }

    fn f64_const(&mut self, bits: u64) -> Value {
        self.builder.ins().f64const(Ieee64::with_bits(bits))
    }

    pub(crate) fn v128_const(&mut self, bytes: [u8; 16]) -> Value {
        let data = ConstantData::from(&bytes[..]);
        let constant = self.builder.func.dfg.constants.insert(data);
        self.builder.ins().vconst(types::I8X16, constant)
    }

    /// Whether a reference is null, as an 8-bit integer.
    pub(crate) fn is_null(&mut self, reference: Value) -> Value {
        self.builder.ins().icmp_imm_s(IntCC::Equal, reference, 0)
    }

    fn select(&mut self, slot: Option<Slot>) -> Result<()> {
        let [a, b, condition] = self.pops()?;
        let a = self.canonical(a);
        let b = self.canonical(b);
        let result = self.builder.ins().select(condition, a, b);
        match slot {
            Some(slot) => self.push_reference_or(slot, result),
            None => self.push(result),
        }
        Ok(())
    }

    fn ref_func(&mut self, index: u32) -> Result<()> {
        let func = FuncIndex(index);
        let reference = if self.module.defined_func(func).is_none() {
            let import = self.layout.func_import(func);
            self.vmctx_pointer(import + FUNC_IMPORT_FUNCREF)
        } else {
            let position = *lookup(&self.module.funcref_index, index)?;
            if position == u32::MAX {
                return Err(internal(format!("function {index} has no reference")));
            }
            let offset = self.layout.funcref(position);
            self.builder.ins().iadd_imm_s(self.vmctx, i64::from(offset))
        };
        self.push(reference);
        Ok(())
    }

    /// The value of an immutable global that its initializer alone determines.
    fn constant_global(&mut self, index: u32) -> Option<Value> {
        let defined = index.checked_sub(self.module.imported_globals)?;
        let init = self.module.global_inits.get(defined as usize)?;
        match init.ops[..] {
            [ConstOp::I32Const(value)] => Some(self.i32_const(value as u32)),
            [ConstOp::I64Const(value)] => Some(self.i64_const(value as u64)),
            [ConstOp::F32Const(bits)] => Some(self.f32_const(bits)),
            [ConstOp::F64Const(bits)] => Some(self.f64_const(bits)),
            [ConstOp::V128Const(bits)] => Some(self.v128_const(bits.to_le_bytes())),
            [ConstOp::RefNull(_)] => Some(self.i64_const(0)),
            _ => None,
        }
    }

    fn global_get(&mut self, index: u32) -> Result<()> {
        let ty = *lookup(&self.module.globals, index)?;
        let slot = Slot::from(ty.content);
        if !ty.mutable
            && let Some(value) = self.constant_global(index)
        {
            self.push(value);
            return Ok(());
        }
        let (base, offset) = self.place(self.layout.global(GlobalIndex(index)));
        let flags = if ty.mutable || slot.collectable {
            self.global_flags(index)
        } else {
            // A collectable reference must not be shared across calls by optimizations that run
            // after stack maps were made, so it is excluded here.
            TRUSTED.with_readonly().with_can_move()
        };
        let value = self.builder.ins().load(slot.ty, flags, base, offset as i32);
        self.push_reference_or(slot, value);
        Ok(())
    }

    fn global_set(&mut self, index: u32) -> Result<()> {
        let value = self.pop()?;
        let value = self.canonical(value);
        lookup(&self.module.globals, index)?;
        let (base, offset) = self.place(self.layout.global(GlobalIndex(index)));
        let flags = self.global_flags(index);
        self.builder.ins().store(flags, value, base, offset as i32);
        Ok(())
    }

    fn global_flags(&mut self, index: u32) -> MemFlagsData {
        let region = if index < self.module.imported_globals {
            Region::ImportedGlobals
        } else {
            Region::Global(index)
        };
        self.in_region(TRUSTED, region)
    }
}
