//! Guarded calls: a call through a table or a reference that has had one or two targets compares the reference with
//! those first, and calls or inlines the function that it turns out to be.
//!
//! A reference to a function of this instance is the address of its record in the vmctx, and nothing else is. The
//! comparison thus answers everything that the call would have to check: that the reference is not null, that the
//! function has the type, and whose instance it is.

use bolide_module::{FuncIndex, TypeId};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, InstBuilder, Value};

use crate::control::block_args;
use crate::slot::Slot;
use crate::translate::{Result, Translator, lookup};

impl Translator<'_, '_> {
    /// `call_indirect`.
    pub(crate) fn call_element(&mut self, type_index: u32, table: u32) -> Result<()> {
        let ty = *lookup(&self.module.types, type_index)?;
        let funcref = self.element(table)?;
        self.guarded_call(funcref, ty, |translator| {
            let target = translator.element_target(table, funcref, ty)?;
            translator.call(target, ty)
        })
    }

    /// `call_ref`.
    pub(crate) fn call_reference(&mut self, type_index: u32) -> Result<()> {
        let ty = *lookup(&self.module.types, type_index)?;
        let funcref = self.pop()?;
        self.guarded_call(funcref, ty, |translator| {
            let target = translator.reference_target(funcref);
            translator.call(target, ty)
        })
    }

    /// Calls `funcref`, with `otherwise` if it is none of the likely targets.
    fn guarded_call(
        &mut self,
        funcref: Value,
        ty: TypeId,
        otherwise: impl FnOnce(&mut Self) -> Result<()>,
    ) -> Result<()> {
        let targets = self.likely_targets(ty);
        if targets.is_empty() {
            return otherwise(self);
        }
        let func_type = self.module.registry.func_type(ty);
        let results: Vec<Slot> = func_type.results.iter().map(|ty| Slot::from(*ty)).collect();
        let exit = self.new_block(&results);
        let operands = self.stack.clone();
        for (func, record) in targets {
            let expected = self.builder.ins().iadd_imm_s(self.vmctx, i64::from(record));
            let same = self.builder.ins().icmp(IntCC::Equal, funcref, expected);
            let hit = self.builder.create_block();
            let next = self.builder.create_block();
            self.builder.ins().brif(same, hit, [], next, []);
            self.builder.seal_block(hit);
            self.builder.seal_block(next);
            self.builder.switch_to_block(hit);
            if !self.inline_call(func)? {
                let (target, _) = self.direct_target(func.0)?;
                self.call(target, ty)?;
            }
            if self.reachable {
                self.leave_for(exit, results.len())?;
            }
            self.reachable = true;
            self.stack.clone_from(&operands);
            self.builder.switch_to_block(next);
        }
        if let Some(block) = self.builder.current_block() {
            self.builder.set_cold_block(block);
        }
        otherwise(self)?;
        self.leave_for(exit, results.len())?;
        self.builder.seal_block(exit);
        self.builder.switch_to_block(exit);
        let results = self.builder.block_params(exit)[..results.len()].to_vec();
        self.stack.extend(results);
        Ok(())
    }

    /// Goes to `exit` with `count` results.
    fn leave_for(&mut self, exit: Block, count: usize) -> Result<()> {
        let args = block_args(&self.top(count)?);
        self.discard(count);
        self.builder.ins().jump(exit, &args);
        Ok(())
    }

    /// The functions that the current instruction calls mostly, if they can be told by their references: with the
    /// offsets of their records in the vmctx.
    fn likely_targets(&self, ty: TypeId) -> Vec<(FuncIndex, u32)> {
        let Some(profile) = self
            .call_profile
            .filter(|_| self.optimizations.guarded_calls)
        else {
            return Vec::new();
        };
        let record = |func: FuncIndex| {
            let module = self.module;
            module.defined_func(func)?;
            let actual = *module.functions.get(func.index())?;
            let position = *module.funcref_index.get(func.index())?;
            let known = position != u32::MAX && module.registry.is_subtype(actual, ty);
            known.then(|| (func, self.layout.funcref(position)))
        };
        let targets = profile.targets(self.offset);
        targets.into_iter().flatten().filter_map(record).collect()
    }
}
