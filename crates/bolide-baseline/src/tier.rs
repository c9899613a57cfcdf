//! Counting how often the code runs, and leaving it for optimized code (see `bolide_abi::tiering`).

use bolide_abi::{
    Builtin, Counters, FUNCREF_TYPE, NOT_IN_A_LOOP, OsrLoop, OsrSlot, TARGET_LAST, TARGET_MISSES,
    TARGET_OTHER, TrapCode,
};
use bolide_module::ValType;

use crate::asm::{Label, Part};
use crate::compiler::Compiler;
use crate::masm::{Address, Cond, Kind, MacroAssembler, Rhs, Width};
use crate::stack::{Entry, Loc};

/// A type whose values are represented like this, for the compiler of OSR entries: it tells apart
/// references that are collected and others, and no more.
fn type_of(kind: Kind) -> ValType {
    match kind {
        Kind::I32 => ValType::I32,
        Kind::I64 => ValType::I64,
        Kind::F32 => ValType::F32,
        Kind::F64 => ValType::F64,
        Kind::V128 => ValType::V128,
        Kind::Ref => ValType::EXTERNREF,
    }
}

/// Most slots of all loops of a function together. Each loop describes the whole frame, so that
/// without a limit many loops and many locals multiply.
const MAX_LOOP_SLOTS: usize = 1 << 16;

impl<M: MacroAssembler> Compiler<'_, M> {
    /// Counts that the function is entered.
    pub(crate) fn count_entry(&mut self) {
        let Some(counters) = self.counters else {
            return;
        };
        self.count_for_function(&counters, counters.entry_weight);
    }

    /// Counts, and lets the runtime know if the function is hot.
    fn count_for_function(&mut self, counters: &Counters, weight: i32) {
        let slow = self.masm.buf().label();
        self.count_down(counters, weight, slow);
        let back = self.masm.buf().label_here();
        let before = self.masm.buf().enter(Part::Cold);
        self.masm.buf().bind(slow);
        self.save_cached();
        self.call_tier_up(NOT_IN_A_LOOP);
        self.restore_cached();
        self.masm.jump(back);
        self.masm.buf().enter(before);
    }

    /// Counts that the header of a loop is reached. Operands must be constants or in their slots.
    pub(crate) fn count_loop(&mut self) {
        let Some(counters) = self.counters else {
            return;
        };
        let slots = self.locals.len() + self.stack.len();
        if self.loop_slots + slots > self.table_limit(MAX_LOOP_SLOTS) {
            // Running code cannot leave this loop, but the next call starts in better code.
            return self.count_for_function(&counters, counters.loop_weight);
        }
        self.loop_slots += slots;
        let slow = self.masm.buf().label();
        self.count_down(&counters, counters.loop_weight, slow);
        let back = self.masm.buf().label_here();
        let index = self.loops.len() as u32;
        self.add_loop();
        let before = self.masm.buf().enter(Part::Cold);
        self.masm.buf().bind(slow);
        self.complete_frame();
        self.call_tier_up(index);
        let stay = self.masm.buf().label();
        let entry = M::int_result(0);
        self.masm.compare(Width::W64, entry, Rhs::Imm(0));
        self.masm.branch(Cond::Eq, stay);
        let saved = self.saved;
        self.masm.leave_for_entry(&saved, entry);
        self.masm.buf().bind(stay);
        self.restore_cached();
        self.masm.jump(back);
        self.masm.buf().enter(before);
    }

    /// Notes the function reference to call, whose null this may find first. Only the scratch registers and that
    /// of the callee's vmctx are free.
    pub(crate) fn note_target(&mut self, null: Option<TrapCode>) {
        let Some(targets) = self.targets else {
            return;
        };
        let func = M::int_argument(0);
        let cell = |field| Address::base(M::SCRATCH, field);
        let identity = Address::base(M::CALLEE, FUNCREF_TYPE);
        let address = targets.address(self.source());
        self.masm.load(Kind::I64, func, identity, null);
        self.masm.constant(M::SCRATCH, address);
        self.masm.compare_memory(func, cell(TARGET_LAST));
        let other = self.masm.buf().label();
        self.masm.branch(Cond::Ne, other);
        let back = self.masm.buf().label_here();
        let before = self.masm.buf().enter(Part::Cold);
        self.masm.buf().bind(other);
        self.masm.compare_memory(func, cell(TARGET_OTHER));
        let known = self.masm.buf().label();
        self.masm.branch(Cond::Eq, known);
        self.masm.add_to_memory(cell(TARGET_MISSES), 1);
        self.masm.buf().bind(known);
        let last = M::FLOAT_SCRATCH;
        self.masm.load(Kind::F64, last, cell(TARGET_LAST), None);
        self.masm.store(Kind::F64, cell(TARGET_OTHER), last, None);
        self.masm.store(Kind::I64, cell(TARGET_LAST), func, None);
        self.masm.jump(back);
        self.masm.buf().enter(before);
    }

    fn count_down(&mut self, counters: &Counters, weight: i32, negative: Label) {
        if let Some(func) = self.module.defined_func(self.func) {
            self.masm
                .count_down(counters.address(func), weight, negative);
        }
    }

    fn call_tier_up(&mut self, index: u32) {
        let func = self.module.defined_func(self.func).map_or(0, |func| func.0);
        self.masm.constant(M::int_argument(1), func.into());
        self.masm.constant(M::int_argument(2), index.into());
        self.emit_builtin_call(Builtin::tier_up);
    }

    /// Says where the values are at the header of the loop that starts here.
    fn add_loop(&mut self) {
        let slot = |kind, below_fp| OsrSlot {
            ty: type_of(kind),
            below_fp,
        };
        let locals = self.locals.iter();
        let locals = locals.map(|local| slot(local.kind, local.below));
        let operands = self.stack.iter();
        let operands = operands.map(|entry| slot(entry.kind, entry.below));
        self.loops.push(OsrLoop {
            wasm_offset: self.source(),
            slots: locals.chain(operands).collect(),
        });
    }

    /// Puts everything into its slot, without changing what is known about the present state.
    fn complete_frame(&mut self) {
        for reg in self.cache.dirty {
            let local = self.locals[self.cache.local_in(reg) as usize];
            self.masm.store_frame(local.kind, local.below, reg);
        }
        self.spend(self.stack.len());
        for index in 0..self.stack.len() {
            let Entry { loc, kind, below } = self.stack[index];
            if let Loc::Const(value) = loc {
                self.masm.store_frame_constant(kind, below, value);
            }
        }
    }
}
