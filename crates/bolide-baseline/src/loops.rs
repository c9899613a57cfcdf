//! Which locals a loop keeps in registers.
//!
//! Whatever is in registers at the header must be there again at the end of each iteration. So the
//! body is read ahead, to keep there what it uses most, to take out what it does not use, and to
//! know what it changes: that is called dirty from the start, so that it need not be stored in each
//! iteration.

use wasmparser::{BinaryReader, FrameKind, FrameStack, VisitOperator, VisitSimdOperator};

use crate::compiler::Compiler;
use crate::masm::{Kind, MacroAssembler, Reg, RegSet};

/// As many instructions are read ahead at most. What comes later is taken for unused, which costs
/// speed alone.
const READ_AHEAD: usize = 2000;
/// Reading an instruction is quicker than compiling one, as many times.
const READ_PER_STEP: usize = 4;
/// A use in an inner loop counts as many times more.
const LOOP_WEIGHT: u32 = 8;
/// Loops within loops beyond this depth have the same weight.
const MAX_WEIGHTED_DEPTH: u32 = 4;
/// Registers of each kind that are left for operands.
const INT_OPERANDS: usize = 4;
const FLOAT_OPERANDS: usize = 4;

/// How a loop uses a local.
#[derive(Copy, Clone, Debug, Default)]
struct Use {
    weight: u32,
    assigned: bool,
}

/// How a loop uses locals.
#[derive(Debug, Default)]
pub(crate) struct LoopUses {
    /// By local.
    uses: Vec<Use>,
    /// Locals that are used, each once.
    used: Vec<u32>,
    calls: u32,
    /// Blocks that are open.
    blocks: u32,
    /// Loops among them, with the depth at which each was opened.
    loops: Vec<u32>,
    is_call: bool,
    is_unreachable: bool,
}

impl LoopUses {
    fn clear(&mut self, locals: usize) {
        for local in self.used.drain(..) {
            self.uses[local as usize] = Use::default();
        }
        if self.uses.len() < locals {
            self.uses.resize(locals, Use::default());
        }
        self.calls = 0;
        self.blocks = 0;
        self.loops.clear();
    }

    /// Reads the loop that `code` starts with. Returns how many instructions were read.
    fn read(&mut self, code: &[u8], locals: usize) -> usize {
        self.clear(locals);
        let mut reader = BinaryReader::new(code, 0);
        let mut after_call = false;
        for count in 0..READ_AHEAD {
            self.is_call = false;
            self.is_unreachable = false;
            if reader.visit_operator(self).is_err() || self.blocks == 0 {
                return count;
            }
            // A call that does not return is rarely made.
            if after_call && self.is_unreachable {
                self.calls -= 1;
            }
            after_call = self.is_call;
        }
        READ_AHEAD
    }

    fn count(&mut self, local: u32, assigned: bool) {
        let nesting = (self.loops.len() as u32).clamp(1, MAX_WEIGHTED_DEPTH) - 1;
        let Some(known) = self.uses.get_mut(local as usize) else {
            return;
        };
        if known.weight == 0 {
            self.used.push(local);
        }
        known.weight += LOOP_WEIGHT.pow(nesting);
        known.assigned |= assigned;
    }

    fn call(&mut self) {
        self.calls += 1;
        self.is_call = true;
    }
}

impl FrameStack for LoopUses {
    fn current_frame(&self) -> Option<FrameKind> {
        Some(FrameKind::If)
    }
}

macro_rules! define_counted {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
        $(define_counted!(one $visit $({ $($arg: $argty),* })?);)*
    };
    (one visit_local_get { $local:ident: $argty:ty }) => {
        fn visit_local_get(&mut self, local: u32) { self.count(local, false); }
    };
    (one visit_local_set { $local:ident: $argty:ty }) => {
        fn visit_local_set(&mut self, local: u32) { self.count(local, true); }
    };
    (one visit_local_tee { $local:ident: $argty:ty }) => {
        fn visit_local_tee(&mut self, local: u32) { self.count(local, true); }
    };
    (one visit_unreachable) => {
        fn visit_unreachable(&mut self) { self.is_unreachable = true; }
    };
    (one visit_loop { $arg:ident: $argty:ty }) => {
        fn visit_loop(&mut self, _: $argty) {
            self.loops.push(self.blocks);
            self.blocks += 1;
        }
    };
    (one visit_end) => {
        fn visit_end(&mut self) {
            self.blocks = self.blocks.saturating_sub(1);
            self.loops.pop_if(|opened| *opened == self.blocks);
        }
    };
    (one visit_block { $($rest:tt)* }) => { define_counted!(opens visit_block { $($rest)* }); };
    (one visit_if { $($rest:tt)* }) => { define_counted!(opens visit_if { $($rest)* }); };
    (one visit_try_table { $($rest:tt)* }) => { define_counted!(opens visit_try_table { $($rest)* }); };
    (one visit_call { $($rest:tt)* }) => { define_counted!(calls visit_call { $($rest)* }); };
    (one visit_call_indirect { $($rest:tt)* }) => { define_counted!(calls visit_call_indirect { $($rest)* }); };
    (one visit_call_ref { $($rest:tt)* }) => { define_counted!(calls visit_call_ref { $($rest)* }); };
    (one visit_memory_grow { $($rest:tt)* }) => { define_counted!(calls visit_memory_grow { $($rest)* }); };
    (one visit_memory_copy { $($rest:tt)* }) => { define_counted!(calls visit_memory_copy { $($rest)* }); };
    (one visit_memory_fill { $($rest:tt)* }) => { define_counted!(calls visit_memory_fill { $($rest)* }); };
    (opens $visit:ident { $arg:ident: $argty:ty }) => {
        fn $visit(&mut self, _: $argty) { self.blocks += 1; }
    };
    (calls $visit:ident { $($arg:ident: $argty:ty),* }) => {
        fn $visit(&mut self $(,_: $argty)*) { self.call(); }
    };
    (one $visit:ident $({ $($arg:ident: $argty:ty),* })?) => {
        fn $visit(&mut self $($(,_: $argty)*)?) {}
    };
}

impl<'a> VisitOperator<'a> for LoopUses {
    type Output = ();

    fn simd_visitor(&mut self) -> Option<&mut dyn VisitSimdOperator<'a, Output = ()>> {
        Some(self)
    }

    wasmparser::for_each_visit_operator!(define_counted);
}

impl VisitSimdOperator<'_> for LoopUses {
    wasmparser::for_each_visit_simd_operator!(define_counted);
}

impl<M: MacroAssembler> Compiler<'_, M> {
    /// Decides what is in registers at the header of the loop that starts here. Operands must be
    /// constants or in their slots.
    pub(crate) fn prepare_loop(&mut self) {
        let mut uses = std::mem::take(&mut *self.loop_uses);
        let read = uses.read(self.rest_of_body(self.current()), self.locals.len());
        self.spend(read / READ_PER_STEP);
        // The most used first. What is used equally often stays in the order of first use.
        let by_weight = |local: &u32| std::cmp::Reverse(uses.uses[*local as usize].weight);
        let mut order = std::mem::take(&mut uses.used);
        order.sort_by_key(by_weight);
        let (mut ints, mut floats) = (self.pool(Kind::I64), self.pool(Kind::F64));
        if uses.calls > 0 {
            ints = ints.intersection(M::PRESERVED);
            floats = floats.intersection(M::PRESERVED);
        }
        self.keep_used(&uses, &order, ints, INT_OPERANDS);
        self.keep_used(&uses, &order, floats, FLOAT_OPERANDS);
        self.forget_outside(ints.union(floats));
        for reg in self.cache.cached {
            let local = self.cache.local_in(reg) as usize;
            if uses.uses[local].assigned {
                self.cache.dirty.insert(reg);
            } else {
                self.write_back(reg);
            }
        }
        uses.used = order;
        *self.loop_uses = uses;
    }

    /// Stores a cached local and forgets it.
    fn flush(&mut self, reg: Reg) {
        self.write_back(reg);
        self.forget(reg);
    }

    fn forget_outside(&mut self, allowed: RegSet) {
        for reg in self.cache.cached.without(allowed) {
            self.flush(reg);
        }
    }

    /// Puts the locals of `order`, the most used first, into registers of `set`, as many as leave
    /// enough for operands. Others may stay if there is room.
    fn keep_used(&mut self, uses: &LoopUses, order: &[u32], set: RegSet, operands: usize) {
        let Some(class) = set.lowest().map(Reg::is_float) else {
            return;
        };
        let reserved = if set == M::PRESERVED { 0 } else { operands };
        let room = set.count().saturating_sub(reserved);
        let suits = |kind: Kind| kind != Kind::Ref && kind.is_float() == class;
        let mut kept = 0;
        for &local in order {
            let known = self.locals[local as usize];
            if !suits(known.kind) {
                continue;
            }
            if kept < room {
                kept += 1;
            } else if let Some(reg) = known.reg {
                self.flush(reg);
            }
        }
        let mut spare = room - kept;
        for reg in self.cache.cached.intersection(set) {
            if uses.uses[self.cache.local_in(reg) as usize].weight > 0 {
                continue;
            }
            match spare.checked_sub(1) {
                Some(rest) => spare = rest,
                None => self.flush(reg),
            }
        }
        let mut loaded = 0;
        for &local in order {
            if !suits(self.locals[local as usize].kind) {
                continue;
            }
            loaded += 1;
            if loaded > room {
                return;
            }
            let free = set.without(self.cache.cached).without(self.busy);
            let best = free.intersection(M::PRESERVED).lowest().or(free.highest());
            if let Some(reg) = best {
                self.bring(local, reg, set);
            }
        }
    }

    /// Puts a local into `reg` unless it is in a register of `set` already.
    fn bring(&mut self, local: u32, reg: Reg, set: RegSet) {
        let known = self.locals[local as usize];
        match known.reg {
            None => {
                self.masm.load_frame(known.kind, reg, known.below);
                self.remember(reg, local, false);
            }
            Some(other) if !set.has(other) => {
                let dirty = self.cache.dirty.has(other);
                self.forget(other);
                self.masm.mov(known.kind, reg, other);
                self.remember(reg, local, dirty);
            }
            Some(_) => {}
        }
    }
}
