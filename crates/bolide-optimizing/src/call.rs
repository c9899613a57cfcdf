//! Calls, tail calls and returns (the convention is in `bolide_abi::callconv` and `layout`).

use std::rc::Rc;
use std::sync::Arc;

use bolide_abi::{
    Builtin, FUNC_IMPORT_SLOT, FUNC_IMPORT_VMCTX, FUNCREF_CODE, FUNCREF_TYPE, FUNCREF_VMCTX, Heat,
    ResultLoc, STORE_CALLER_VMCTX, STORE_RESULTS, TrapCode, VMCTX_CODE_SLOTS, result_locs,
};
use bolide_module::{FuncIndex, FuncType, HeapType, TypeId};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    AbiParam, ArgumentPurpose, ExtFuncData, ExternalName, FuncRef, Inst, InstBuilder, SigRef,
    Signature, UserExternalName, Value, types,
};
use cranelift_codegen::isa::CallConv;
use wasmparser::Operator;

use crate::env::Region;
use crate::slot::Slot;
use crate::translate::{Result, TRUSTED, Translator, internal, lookup};
use crate::trap;

/// Bytes of a slot of the result buffer.
const RESULT_SLOT_SIZE: u32 = 16;
/// Bytes of a code slot.
const CODE_SLOT_SIZE: u32 = 8;

/// A function type as callers and callees of it see it.
#[derive(Debug)]
pub(crate) struct Callee {
    pub(crate) ty: Arc<FuncType>,
    /// Its machine signature.
    pub(crate) signature: SigRef,
    results: Box<[ResultLoc]>,
}

/// What a call jumps to.
enum Code {
    /// The function being compiled.
    Itself(FuncRef),
    /// A code pointer.
    Pointer(Value),
}

/// A call that is ready to be emitted.
pub(crate) struct Target {
    code: Code,
    vmctx: Value,
}

impl Translator<'_, '_> {
    /// A block that calls what was never called has not been entered so far, and is out of the way at the end.
    fn note_cold_call(&mut self, func: FuncIndex) {
        let Some(profile) = self.call_profile.filter(|_| self.optimizations.cold_blocks) else {
            return;
        };
        let is_cold = |func| profile.heat(func) == Heat::Never;
        if self.module.defined_func(func).is_some_and(is_cold)
            && let Some(block) = self.builder.current_block()
            && self.builder.func.layout.entry_block() != Some(block)
        {
            self.builder.set_cold_block(block);
        }
    }

    pub(crate) fn call_operator(&mut self, op: &Operator<'_>) -> Result<bool> {
        match *op {
            Operator::Call { function_index } => {
                self.note_cold_call(FuncIndex(function_index));
                if self.inline_call(FuncIndex(function_index))? {
                    return Ok(true);
                }
                let (target, ty) = self.direct_target(function_index)?;
                self.call(target, ty)?;
            }
            Operator::ReturnCall { function_index } => {
                let (target, ty) = self.direct_target(function_index)?;
                self.return_call(target, ty)?;
            }
            Operator::CallIndirect {
                type_index,
                table_index,
            } => {
                self.call_element(type_index, table_index)?;
            }
            Operator::ReturnCallIndirect {
                type_index,
                table_index,
            } => {
                let funcref = self.element(table_index)?;
                let ty = self.type_at(type_index)?;
                let target = self.element_target(table_index, funcref, ty)?;
                self.return_call(target, ty)?;
            }
            Operator::CallRef { type_index } => {
                self.call_reference(type_index)?;
            }
            Operator::ReturnCallRef { type_index } => {
                let funcref = self.pop()?;
                let ty = self.type_at(type_index)?;
                let target = self.reference_target(funcref);
                self.return_call(target, ty)?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The canonical type of a function.
    pub(crate) fn type_of(&self, func: FuncIndex) -> Result<TypeId> {
        lookup(&self.module.functions, func.0).copied()
    }

    /// The machine signature of a function type.
    pub(crate) fn callee(&mut self, ty: TypeId) -> Result<Rc<Callee>> {
        if let Some(callee) = self.callees.get(&ty) {
            return Ok(callee.clone());
        }
        let func = self.module.registry.func_type(ty);
        let results = result_locs(&func.results);
        let mut signature = Signature::new(CallConv::Tail);
        signature
            .params
            .push(AbiParam::special(types::I64, ArgumentPurpose::VMContext));
        let param = |ty| AbiParam::new(Slot::from(ty).ty);
        signature
            .params
            .extend(func.params.iter().map(|ty| param(*ty)));
        let in_registers = func.results.iter().zip(&results);
        signature.returns.extend(
            in_registers
                .filter(|(_, loc)| !matches!(loc, ResultLoc::Buffer(_)))
                .map(|(ty, _)| param(*ty)),
        );
        let callee = Rc::new(Callee {
            ty: func,
            signature: self.builder.import_signature(signature),
            results,
        });
        self.callees.insert(ty, callee.clone());
        Ok(callee)
    }

    fn type_at(&self, type_index: u32) -> Result<TypeId> {
        lookup(&self.module.types, type_index).copied()
    }

    pub(crate) fn direct_target(&mut self, index: u32) -> Result<(Target, TypeId)> {
        let func = FuncIndex(index);
        let ty = self.type_of(func)?;
        let Some(defined) = self.module.defined_func(func) else {
            return Ok((self.import_target(func), ty));
        };
        // The start of an OSR entry's code is not that of the function.
        let starts_here = self.is_entered_at_start && cfg!(target_arch = "x86_64");
        let code = if func == self.func && starts_here {
            Code::Itself(self.self_reference(ty)?)
        } else {
            let slots = self.load_for_call(self.vmctx, VMCTX_CODE_SLOTS);
            let offset = i32::try_from(u64::from(defined.0) * u64::from(CODE_SLOT_SIZE))
                .map_err(|_| internal("too many functions"))?;
            Code::Pointer(self.load_code(slots, offset))
        };
        let vmctx = self.vmctx;
        Ok((Target { code, vmctx }, ty))
    }

    fn import_target(&mut self, func: FuncIndex) -> Target {
        let import = self.layout.func_import(func);
        let slot = self.load_for_call(self.vmctx, import + FUNC_IMPORT_SLOT);
        let vmctx = self.load_for_call(self.vmctx, import + FUNC_IMPORT_VMCTX);
        self.leave_instance();
        Target {
            code: Code::Pointer(self.load_code(slot, 0)),
            vmctx,
        }
    }

    /// Loads a code pointer, which changes when the function tiers up.
    fn load_code(&mut self, slot: Value, offset: i32) -> Value {
        let flags = self.in_region(TRUSTED, Region::CodeSlots);
        self.builder.ins().load(types::I64, flags, slot, offset)
    }

    /// Lets a host function that is about to be called know its caller.
    fn leave_instance(&mut self) {
        self.write_store_field(STORE_CALLER_VMCTX, self.vmctx);
    }

    fn self_reference(&mut self, ty: TypeId) -> Result<FuncRef> {
        if let Some(func) = self.self_ref {
            return Ok(func);
        }
        let signature = self.callee(ty)?.signature;
        let name = self
            .builder
            .func
            .declare_imported_user_function(UserExternalName::new(0, self.func.0));
        let func = self.builder.import_function(ExtFuncData {
            name: ExternalName::user(name),
            signature,
            colocated: true,
            patchable: false,
        });
        self.self_ref = Some(func);
        Ok(func)
    }

    pub(crate) fn reference_target(&mut self, funcref: Value) -> Target {
        self.funcref_target(funcref, Some(TrapCode::NullReference))
    }

    /// The target of a function reference, with the trap if it is null, unless it cannot be.
    fn funcref_target(&mut self, funcref: Value, null: Option<TrapCode>) -> Target {
        let mut flags = TRUSTED.with_readonly();
        if let Some(null) = null {
            // Fields of a null reference lie in the first page, which is never accessible.
            flags = flags.with_trap_code(Some(trap::to_cranelift(null)));
        }
        let vmctx = self
            .builder
            .ins()
            .load(types::I64, flags, funcref, FUNCREF_VMCTX as i32);
        self.leave_instance();
        Target {
            code: Code::Pointer(self.load_code(funcref, FUNCREF_CODE as i32)),
            vmctx,
        }
    }

    /// The element of a table at the index on the stack.
    pub(crate) fn element(&mut self, table: u32) -> Result<Value> {
        let index = self.pop()?;
        let address = self.element_address(table, index, TrapCode::IndirectCallOutOfBounds)?;
        let flags = self.table_flags(table);
        Ok(self.builder.ins().load(types::I64, flags, address, 0))
    }

    /// The target of an element of a table.
    pub(crate) fn element_target(
        &mut self,
        table: u32,
        funcref: Value,
        expected: TypeId,
    ) -> Result<Target> {
        let checked = self.check_signature(table, funcref, expected)?;
        let null = (!checked).then_some(TrapCode::IndirectCallToNull);
        Ok(self.funcref_target(funcref, null))
    }

    /// Traps unless `funcref` has type `expected` or a subtype. Returns whether that also rules out
    /// null; if the table's type makes the check superfluous, it does not.
    fn check_signature(&mut self, table: u32, funcref: Value, expected: TypeId) -> Result<bool> {
        let registry = &self.module.registry;
        let element = lookup(&self.module.tables, table)?.ty.element;
        if let HeapType::ConcreteFunc(actual) = element.heap
            && registry.is_subtype(actual, expected)
        {
            return Ok(!element.nullable);
        }
        let is_final = registry.get(expected).is_final;
        let mut flags = TRUSTED.with_readonly();
        if element.nullable {
            flags = flags.with_trap_code(Some(trap::to_cranelift(TrapCode::IndirectCallToNull)));
        }
        let actual = self
            .builder
            .ins()
            .load(types::I32, flags, funcref, FUNCREF_TYPE as i32);
        let id = self.i32_const(expected.0);
        let bad_signature = trap::to_cranelift(TrapCode::BadSignature);
        let same = self.builder.ins().icmp(IntCC::Equal, actual, id);
        if is_final {
            self.builder.ins().trapz(same, bad_signature);
            return Ok(true);
        }
        let slow = self.builder.create_block();
        let done = self.builder.create_block();
        self.builder.set_cold_block(slow);
        self.builder.ins().brif(same, done, [], slow, []);
        self.builder.seal_block(slow);
        self.builder.switch_to_block(slow);
        let matches = self.call_builtin_value(Builtin::is_subtype, &[actual, id])?;
        self.builder.ins().trapz(matches, bad_signature);
        self.builder.ins().jump(done, []);
        self.builder.seal_block(done);
        self.builder.switch_to_block(done);
        Ok(true)
    }

    pub(crate) fn call(&mut self, target: Target, ty: TypeId) -> Result<()> {
        let callee = self.callee(ty)?;
        let args = self.arguments(&target, &callee)?;
        let call = match target.code {
            Code::Itself(func) => self.builder.ins().call(func, &args),
            Code::Pointer(code) => self
                .builder
                .ins()
                .call_indirect(callee.signature, code, &args),
        };
        self.push_results(&callee, call)
    }

    fn return_call(&mut self, target: Target, ty: TypeId) -> Result<()> {
        let callee = self.callee(ty)?;
        let args = self.arguments(&target, &callee)?;
        match target.code {
            Code::Itself(func) => self.builder.ins().return_call(func, &args),
            Code::Pointer(code) => {
                self.builder
                    .ins()
                    .return_call_indirect(callee.signature, code, &args)
            }
        };
        self.reachable = false;
        Ok(())
    }

    /// Pops the operands of a call.
    fn arguments(&mut self, target: &Target, callee: &Callee) -> Result<Vec<Value>> {
        let count = callee.ty.params.len();
        let mut args = Vec::with_capacity(count + 1);
        args.push(target.vmctx);
        args.extend(self.top(count)?);
        self.discard(count);
        Ok(args)
    }

    fn push_results(&mut self, callee: &Callee, call: Inst) -> Result<()> {
        let mut registers = self.builder.inst_results(call).to_vec().into_iter();
        let mut buffer = None;
        for (ty, loc) in callee.ty.results.iter().zip(&callee.results) {
            let slot = Slot::from(*ty);
            let value = match loc {
                ResultLoc::Int(_) | ResultLoc::Float(_) => registers
                    .next()
                    .ok_or_else(|| internal("a call has too few results"))?,
                ResultLoc::Buffer(index) => {
                    let base = match buffer {
                        Some(base) => base,
                        None => self.load_store_field(types::I64, STORE_RESULTS),
                    };
                    buffer = Some(base);
                    let flags = self.in_region(TRUSTED, Region::Results);
                    let offset = (index * RESULT_SLOT_SIZE) as i32;
                    self.builder.ins().load(slot.ty, flags, base, offset)
                }
            };
            self.push_reference_or(slot, value);
        }
        Ok(())
    }

    /// Pushes a new value that the collector may have to know about.
    pub(crate) fn push_reference_or(&mut self, slot: Slot, value: Value) {
        if slot.collectable {
            self.builder.declare_value_needs_stack_map(value);
        }
        self.push(value);
    }

    /// Returns `values` to the caller.
    pub(crate) fn emit_return(&mut self, values: &[Value]) -> Result<()> {
        let callee = self.callee(self.type_of(self.func)?)?;
        let mut registers = Vec::with_capacity(values.len());
        let mut buffer = None;
        for (value, loc) in values.iter().zip(&callee.results) {
            match loc {
                ResultLoc::Int(_) | ResultLoc::Float(_) => registers.push(*value),
                ResultLoc::Buffer(index) => {
                    let base = match buffer {
                        Some(base) => base,
                        None => self.load_store_field(types::I64, STORE_RESULTS),
                    };
                    buffer = Some(base);
                    let flags = self.in_region(TRUSTED, Region::Results);
                    let offset = (index * RESULT_SLOT_SIZE) as i32;
                    self.builder.ins().store(flags, *value, base, offset);
                }
            }
        }
        self.builder.ins().return_(&registers);
        Ok(())
    }
}
