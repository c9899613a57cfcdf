//! Calls, tail calls and returns (the convention is in `bolide_abi::callconv` and `layout`).

use std::sync::Arc;

use bolide_abi::{
    ArgLoc, Builtin, FUNC_IMPORT_SLOT, FUNC_IMPORT_VMCTX, FUNCREF_SLOT, FUNCREF_TYPE,
    FUNCREF_VMCTX, ResultLoc, STORE_CALLER_VMCTX, STORE_RESULTS, TrapCode, VMCTX_BUILTINS,
    VMCTX_CODE_SLOTS, VMCTX_STORE, builtin_offset,
};
use bolide_module::{FuncIndex, HeapType, TypeId};

use crate::asm::Part;
use crate::compiler::Compiler;
use crate::masm::{Address, Cond, Extend, Kind, MacroAssembler, Reg, RegSet, Rhs, Target, Width};
use crate::signature::Signature;
use crate::stack::{Entry, Loc, slot_after};

/// Bytes of a slot of the result buffer.
const RESULT_SLOT_SIZE: u32 = 16;
/// Bytes of a code slot.
const CODE_SLOT_SIZE: u32 = 8;

/// What is called.
#[derive(Copy, Clone, Debug)]
pub(crate) enum Callee {
    /// The function being compiled, whose code stays what it is.
    Itself,
    /// Another function of the module: its position among the defined ones.
    Defined(u32),
    /// An imported function: offset of its record in the vmctx.
    Imported(u32),
    /// The function reference in [`MacroAssembler::CALLEE`]. What comes next may fault with this
    /// code if it is null.
    Reference(Option<TrapCode>),
}

impl<M: MacroAssembler> Compiler<'_, M> {
    // What to call.

    pub(crate) fn direct_callee(&mut self, index: u32) -> (Callee, Arc<Signature>) {
        let func = FuncIndex(index);
        let signature = self
            .signatures
            .get(self.module, self.module.functions[func.index()]);
        let callee = match self.module.defined_func(func) {
            None => Callee::Imported(self.layout.func_import(func)),
            // Code that counts gets replaced: recursion that has begun must find what is published.
            Some(_) if func == self.func && self.counters.is_none() => Callee::Itself,
            Some(defined) => Callee::Defined(defined.0),
        };
        (callee, signature)
    }

    pub(crate) fn reference_callee(&mut self, type_index: u32) -> (Callee, Arc<Signature>) {
        let id = self.module.types[type_index as usize];
        self.claim(M::CALLEE);
        let reference = self.pop_operand();
        self.masm.mov(Kind::I64, M::CALLEE, reference.reg);
        self.release(reference);
        let signature = self.signatures.get(self.module, id);
        (Callee::Reference(Some(TrapCode::NullReference)), signature)
    }

    pub(crate) fn indirect_callee(
        &mut self,
        type_index: u32,
        table: u32,
    ) -> (Callee, Arc<Signature>) {
        let expected = self.module.types[type_index as usize];
        self.claim(M::CALLEE);
        let index = self.pop();
        let element = self.element_address(table, index, TrapCode::IndirectCallOutOfBounds);
        self.masm.load(Kind::I64, M::CALLEE, element, None);
        self.locked = RegSet::EMPTY;
        let checked = self.check_signature(table, expected);
        let null = (!checked).then_some(TrapCode::IndirectCallToNull);
        let signature = self.signatures.get(self.module, expected);
        (Callee::Reference(null), signature)
    }

    /// Traps unless the function reference to call has type `expected` or a subtype. Returns
    /// whether that also rules out null; if the table's type makes the check superfluous, it does
    /// not.
    fn check_signature(&mut self, table: u32, expected: TypeId) -> bool {
        let registry = &self.module.registry;
        let element = self.module.tables[table as usize].ty.element;
        if let HeapType::ConcreteFunc(actual) = element.heap
            && registry.is_subtype(actual, expected)
        {
            return !element.nullable;
        }
        let is_final = registry.get(expected).is_final;
        if !is_final {
            // The slow path is a call.
            self.settle(self.stack.len());
            self.write_back_volatile();
            for reg in self.cache.cached.without(M::PRESERVED) {
                self.forget(reg);
            }
        }
        if element.nullable {
            self.masm.buf().trap_site(TrapCode::IndirectCallToNull);
        }
        let actual = Address::base(M::CALLEE, FUNCREF_TYPE);
        self.masm
            .compare_memory_constant(Width::W32, actual, expected.0 as i32);
        if is_final {
            self.masm.trap_if(Cond::Ne, TrapCode::BadSignature);
            return true;
        }
        let (slow, done) = (self.masm.buf().label(), self.masm.buf().label());
        self.masm.branch(Cond::Ne, slow);
        self.masm.buf().bind(done);
        let before = self.masm.buf().enter(Part::Cold);
        self.masm.buf().bind(slow);
        self.check_subtype(expected);
        self.masm.jump(done);
        self.masm.buf().enter(before);
        true
    }

    /// Traps unless the type of the function reference is a subtype. Only it is in a register.
    fn check_subtype(&mut self, expected: TypeId) {
        let reference = slot_after(self.slots_from(self.stack.len()), Kind::I64);
        self.frame_end = self.frame_end.max(reference);
        self.masm.store_frame(Kind::I64, reference, M::CALLEE);
        let actual = Address::base(M::CALLEE, FUNCREF_TYPE);
        self.masm.load(Kind::I32, M::int_argument(1), actual, None);
        self.masm.constant(M::int_argument(2), expected.0.into());
        self.emit_builtin_call(Builtin::is_subtype);
        self.masm.compare(Width::W32, M::int_result(0), Rhs::Imm(0));
        self.masm.trap_if(Cond::Eq, TrapCode::BadSignature);
        self.masm.load_frame(Kind::I64, M::CALLEE, reference);
    }

    // Calling.

    pub(crate) fn call(&mut self, callee: Callee, signature: &Signature) {
        let count = signature.params.len();
        let below = self.stack.len() - count;
        self.spill(below, M::VOLATILE.union(M::FLOATS));
        self.write_back_volatile();
        self.place_arguments(signature);
        self.drop_operands(count);
        let target = self.enter_callee(callee);
        self.masm.call(target);
        self.record_stack_map();
        self.forget_volatile();
        self.push_results(signature);
    }

    pub(crate) fn return_call(&mut self, callee: Callee, signature: &Signature) {
        self.place_arguments(signature);
        self.drop_operands(signature.params.len());
        let target = self.enter_callee(callee);
        let saved = self.saved;
        self.masm.tail_call(&saved, target, signature.stack_bytes);
        self.stop();
    }

    fn drop_operands(&mut self, count: usize) {
        let rest = self.stack.len() - count;
        self.truncate(rest);
    }

    /// Moves the topmost operands to where the callee expects them.
    fn place_arguments(&mut self, signature: &Signature) {
        let first = self.stack.len() - signature.params.len();
        self.spend(signature.params.len());
        if signature.stack_bytes > 0 {
            self.masm.reserve_arguments(signature.stack_bytes);
            for (index, loc) in signature.param_locs.iter().enumerate() {
                if let ArgLoc::Stack(offset) = *loc {
                    let entry = self.stack[first + index];
                    let reg = self.register_or_scratch(entry);
                    self.masm.store_argument(entry.kind, offset, reg);
                }
            }
        }
        self.moves.clear();
        for (index, loc) in signature.param_locs.iter().enumerate() {
            let entry = self.stack[first + index];
            if let (Some(dst), Some(src)) = (argument::<M>(*loc), self.register_of(entry)) {
                self.plan_move(entry.kind, dst, src);
            }
        }
        self.run_moves();
        for (index, loc) in signature.param_locs.iter().enumerate() {
            let entry = self.stack[first + index];
            if let (Some(dst), None) = (argument::<M>(*loc), self.register_of(entry)) {
                self.load_entry(entry, dst);
            }
        }
    }

    /// The register that an operand is in, or a scratch register that it is loaded to.
    fn register_or_scratch(&mut self, entry: Entry) -> Reg {
        if let Some(reg) = self.register_of(entry) {
            return reg;
        }
        let scratch = if entry.kind.is_float() {
            M::FLOAT_SCRATCH
        } else {
            M::SCRATCH
        };
        self.load_entry(entry, scratch);
        scratch
    }

    /// Sets the callee's vmctx, and lets a host function know its caller.
    fn enter_callee(&mut self, callee: Callee) -> Target {
        let vmctx = M::int_argument(0);
        match callee {
            Callee::Itself => {
                self.masm.mov(Kind::I64, vmctx, M::VMCTX);
                Target::Itself
            }
            Callee::Defined(index) => {
                self.masm.mov(Kind::I64, vmctx, M::VMCTX);
                let slots = Address::base(M::VMCTX, VMCTX_CODE_SLOTS);
                self.masm.load(Kind::I64, M::CALLEE, slots, None);
                Target::Indirect(Address::base(M::CALLEE, index * CODE_SLOT_SIZE))
            }
            Callee::Imported(record) => {
                let slot = Address::base(M::VMCTX, record + FUNC_IMPORT_SLOT);
                let callee_vmctx = Address::base(M::VMCTX, record + FUNC_IMPORT_VMCTX);
                self.masm.load(Kind::I64, vmctx, callee_vmctx, None);
                self.leave_instance();
                self.masm.load(Kind::I64, M::CALLEE, slot, None);
                Target::Indirect(Address::base(M::CALLEE, 0))
            }
            Callee::Reference(null) => {
                self.note_target(null);
                let callee_vmctx = Address::base(M::CALLEE, FUNCREF_VMCTX);
                self.masm.load(Kind::I64, vmctx, callee_vmctx, null);
                self.leave_instance();
                let slot = Address::base(M::CALLEE, FUNCREF_SLOT);
                self.masm.load(Kind::I64, M::CALLEE, slot, null);
                Target::Indirect(Address::base(M::CALLEE, 0))
            }
        }
    }

    fn leave_instance(&mut self) {
        let store = Address::base(M::VMCTX, VMCTX_STORE);
        self.masm.load(Kind::I64, M::SCRATCH, store, None);
        let caller = Address::base(M::SCRATCH, STORE_CALLER_VMCTX);
        self.masm.store(Kind::I64, caller, M::VMCTX, None);
    }

    fn push_results(&mut self, signature: &Signature) {
        let results = signature.results.iter().zip(&signature.result_locs);
        self.spend(signature.results.len());
        for (&kind, &loc) in results.clone() {
            if let Some(reg) = result::<M>(loc) {
                self.busy.insert(reg);
                if kind == Kind::I32 {
                    self.masm.extend(Extend::U32, Width::W32, reg, reg);
                }
            }
        }
        for (&kind, &loc) in results {
            self.has_references |= kind == Kind::Ref;
            match (result::<M>(loc), loc) {
                (None, ResultLoc::Buffer(index)) => {
                    let slot = self.result_slot(index);
                    self.push(kind, Loc::Slot);
                    let below = self.stack[self.stack.len() - 1].below;
                    self.copy_words(kind, |compiler, kind, word| {
                        let src = Address {
                            offset: slot.offset + word as i32,
                            ..slot
                        };
                        compiler.masm.load(kind, M::FLOAT_SCRATCH, src, None);
                        compiler
                            .masm
                            .store_frame(kind, below - word, M::FLOAT_SCRATCH);
                    });
                }
                (Some(reg), _) => self.push_reg(kind, reg),
                (None, _) => {}
            }
        }
    }

    /// Copies a value as floats, which leaves all integer registers alone.
    fn copy_words(&mut self, kind: Kind, mut copy: impl FnMut(&mut Self, Kind, u32)) {
        match kind {
            Kind::I32 | Kind::F32 => copy(self, Kind::F32, 0),
            Kind::I64 | Kind::Ref | Kind::F64 => copy(self, Kind::F64, 0),
            Kind::V128 => copy(self, Kind::V128, 0),
        }
    }

    /// The address of a slot of the result buffer, relative to the scratch register.
    fn result_slot(&mut self, index: u32) -> Address {
        let store = Address::base(M::VMCTX, VMCTX_STORE);
        self.masm.load(Kind::I64, M::SCRATCH, store, None);
        let buffer = Address::base(M::SCRATCH, STORE_RESULTS);
        self.masm.load(Kind::I64, M::SCRATCH, buffer, None);
        Address::base(M::SCRATCH, index * RESULT_SLOT_SIZE)
    }

    /// Moves the topmost operands to where the caller expects the results, without changing what is
    /// known about the present state.
    pub(crate) fn place_results(&mut self) {
        let signature = self.signature.clone();
        self.spend(signature.results.len());
        let Some(first) = self.stack.len().checked_sub(signature.results.len()) else {
            return self.fail_internal("the operand stack is too short for the results");
        };
        let locs = signature.result_locs.iter().enumerate();
        for (index, loc) in locs.clone() {
            if let ResultLoc::Buffer(slot) = *loc {
                self.store_result(self.stack[first + index], slot);
            }
        }
        self.moves.clear();
        for (index, loc) in locs.clone() {
            let entry = self.stack[first + index];
            if let (Some(dst), Some(src)) = (result::<M>(*loc), self.register_of(entry)) {
                self.plan_move(entry.kind, dst, src);
            }
        }
        self.run_moves();
        for (index, loc) in locs {
            let entry = self.stack[first + index];
            if let (Some(dst), None) = (result::<M>(*loc), self.register_of(entry)) {
                self.load_entry(entry, dst);
            }
        }
    }

    fn store_result(&mut self, entry: Entry, index: u32) {
        // A constant is put together in its slot, because both scratch registers are needed.
        let from = match (self.register_of(entry), entry.loc) {
            (Some(reg), _) => {
                let slot = self.result_slot(index);
                return self.masm.store(entry.kind, slot, reg, None);
            }
            (None, Loc::Local(local)) => self.locals[local as usize].below,
            (None, Loc::Slot) => entry.below,
            (None, _) => {
                self.store_entry(entry, entry.below);
                entry.below
            }
        };
        let slot = self.result_slot(index);
        self.copy_words(entry.kind, |compiler, kind, _| {
            compiler.masm.load_frame(kind, M::FLOAT_SCRATCH, from);
            compiler.masm.store(kind, slot, M::FLOAT_SCRATCH, None);
        });
    }

    // Builtins.

    /// Calls a builtin whose arguments after the vmctx are in place.
    pub(crate) fn emit_builtin_call(&mut self, builtin: Builtin) {
        self.masm.mov(Kind::I64, M::int_argument(0), M::VMCTX);
        let table = Address::base(M::VMCTX, VMCTX_BUILTINS);
        self.masm.load(Kind::I64, M::CALLEE, table, None);
        let code = Address::base(M::CALLEE, builtin_offset(builtin));
        self.masm.call(Target::Indirect(code));
        self.record_stack_map();
    }

    /// Calls a builtin with constants and then the topmost `count` operands as arguments, and
    /// pushes its result, if it has one, as `result`.
    pub(crate) fn call_builtin(
        &mut self,
        builtin: Builtin,
        constants: &[u32],
        count: usize,
        result: Option<Kind>,
    ) {
        let first = self.stack.len() - count;
        self.spill(first, M::VOLATILE.union(M::FLOATS));
        self.write_back_volatile();
        let position = |index: usize| M::int_argument((1 + constants.len() + index) as u8);
        self.moves.clear();
        for index in 0..count {
            let entry = self.stack[first + index];
            if let Some(src) = self.register_of(entry) {
                self.plan_move(entry.kind, position(index), src);
            }
        }
        self.run_moves();
        for index in 0..count {
            let entry = self.stack[first + index];
            if self.register_of(entry).is_none() {
                self.load_entry(entry, position(index));
            }
        }
        for (index, constant) in constants.iter().enumerate() {
            let reg = M::int_argument(1 + index as u8);
            self.masm.constant(reg, u64::from(*constant));
        }
        self.drop_operands(count);
        self.emit_builtin_call(builtin);
        self.forget_volatile();
        if let Some(kind) = result {
            let reg = M::int_result(0);
            self.busy.insert(reg);
            if kind == Kind::I32 {
                self.masm.extend(Extend::U32, Width::W32, reg, reg);
            }
            self.push_reg(kind, reg);
        }
    }

    /// Calls a builtin without arguments out of line if a condition in the flags holds. Every
    /// operand must be a constant or in its slot.
    pub(crate) fn call_if(&mut self, cond: Cond, builtin: Builtin) {
        let (slow, done) = (self.masm.buf().label(), self.masm.buf().label());
        self.masm.branch(cond, slow);
        self.masm.buf().bind(done);
        let before = self.masm.buf().enter(Part::Cold);
        self.masm.buf().bind(slow);
        self.save_cached();
        self.emit_builtin_call(builtin);
        self.restore_cached();
        self.masm.jump(done);
        self.masm.buf().enter(before);
    }

    /// Stores what a call out of line would destroy.
    pub(crate) fn save_cached(&mut self) {
        for reg in self.cache.dirty.without(M::PRESERVED) {
            let local = self.locals[self.cache.local_in(reg) as usize];
            self.masm.store_frame(local.kind, local.below, reg);
        }
    }

    /// Loads what a call out of line has destroyed.
    pub(crate) fn restore_cached(&mut self) {
        for reg in self.cache.cached.without(M::PRESERVED) {
            let local = self.locals[self.cache.local_in(reg) as usize];
            self.masm.load_frame(local.kind, reg, local.below);
        }
    }
}

/// The register of an argument.
fn argument<M: MacroAssembler>(loc: ArgLoc) -> Option<Reg> {
    match loc {
        ArgLoc::Int(position) => Some(M::int_argument(position)),
        ArgLoc::Float(position) => Some(M::float_argument(position)),
        ArgLoc::Stack(_) => None,
    }
}

/// The register of a result.
fn result<M: MacroAssembler>(loc: ResultLoc) -> Option<Reg> {
    match loc {
        ResultLoc::Int(position) => Some(M::int_result(position)),
        ResultLoc::Float(position) => Some(M::float_argument(position)),
        ResultLoc::Buffer(_) => None,
    }
}
