//! Registers: which are free, and which hold locals.
//!
//! A register is *busy* if it belongs to an operand, or *cached* if it holds the present value of a
//! local; *dirty* if that local's slot is out of date. While an instruction is translated, registers
//! of locals that are its operands are *locked*.

use crate::compiler::Compiler;
use crate::masm::{Kind, MacroAssembler, Reg, RegSet};
use crate::stack::Loc;

/// A local variable.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Local {
    pub(crate) kind: Kind,
    /// Its slot: bytes below the frame pointer.
    pub(crate) below: u32,
    /// The register that holds it.
    pub(crate) reg: Option<Reg>,
    /// How many operands are [`Loc::Local`] of this one.
    pub(crate) pending: u32,
}

/// Which registers hold which locals.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Cache {
    pub(crate) cached: RegSet,
    pub(crate) dirty: RegSet,
    /// By register, of those that are cached.
    pub(crate) local: [u32; Reg::COUNT],
}

impl Cache {
    pub(crate) const EMPTY: Cache = Cache {
        cached: RegSet::EMPTY,
        dirty: RegSet::EMPTY,
        local: [0; Reg::COUNT],
    };

    #[inline(always)]
    pub(crate) fn local_in(&self, reg: Reg) -> u32 {
        self.local[reg.index()]
    }
}

impl<M: MacroAssembler> Compiler<'_, M> {
    /// All registers that values of a kind may be in.
    #[inline(always)]
    pub(crate) fn pool(&self, kind: Kind) -> RegSet {
        if kind.is_float() {
            M::FLOATS
        } else if self.saved.preserved && kind != Kind::Ref {
            // The collector looks for references in the frame only, so they do not survive calls
            // in registers.
            M::VOLATILE.union(M::PRESERVED)
        } else {
            M::VOLATILE
        }
    }

    #[inline(always)]
    fn free(&self, pool: RegSet) -> RegSet {
        let taken = self.busy.union(self.cache.cached).union(self.locked);
        pool.without(taken)
    }

    pub(crate) fn has_free(&self, kind: Kind) -> bool {
        !self.free(self.pool(kind)).is_empty()
    }

    /// A register for a value that is soon used.
    #[inline]
    pub(crate) fn allocate(&mut self, kind: Kind) -> Reg {
        let pool = self.pool(kind);
        let free = self.free(pool);
        let best = free.without(M::PRESERVED).lowest().or(free.lowest());
        let reg = match best {
            Some(reg) => reg,
            None => self.evict(pool),
        };
        self.busy.insert(reg);
        reg
    }

    /// A register for a value that becomes a local.
    pub(crate) fn allocate_for_local(&mut self, kind: Kind) -> Reg {
        let pool = self.pool(kind);
        let free = self.free(pool);
        let best = free.intersection(M::PRESERVED).lowest().or(free.highest());
        let reg = match best {
            Some(reg) => reg,
            None => self.evict(pool),
        };
        self.busy.insert(reg);
        reg
    }

    /// Makes a register free.
    #[cold]
    fn evict(&mut self, pool: RegSet) -> Reg {
        let candidates = pool.intersection(self.cache.cached).without(self.locked);
        // What was not used for long goes first, because it is often dead. Storing it costs less than loading another.
        let mut old = candidates.without(self.recent);
        if old.is_empty() {
            self.recent = self.recent.without(pool);
            old = candidates;
        }
        let clean = old.without(self.cache.dirty);
        // In turns, so that two values that are used alternately do not evict each other.
        self.victim = (self.victim + 1) % Reg::COUNT as u8;
        let later = |set: RegSet| {
            set.into_iter()
                .find(|reg| reg.index() as u8 >= self.victim)
                .or(set.lowest())
        };
        if let Some(reg) = later(clean).or(later(old)) {
            self.victim = reg.index() as u8;
            self.write_back(reg);
            self.forget(reg);
            return reg;
        }
        self.spend(self.stack.len().saturating_sub(self.settled));
        for index in self.settled..self.stack.len() {
            let entry = self.stack[index];
            if let Loc::Reg(reg) = entry.loc
                && pool.has(reg)
            {
                self.masm.store_frame(entry.kind, entry.below, reg);
                self.stack[index].loc = Loc::Slot;
                self.busy.remove(reg);
                return reg;
            }
        }
        self.fail_internal("an instruction needs too many registers");
        pool.lowest().unwrap_or(M::SCRATCH)
    }

    /// Makes one certain register free and takes it. To be called before the operands of the
    /// instruction are popped.
    pub(crate) fn claim(&mut self, reg: Reg) {
        if self.cache.cached.has(reg) {
            self.write_back(reg);
            self.forget(reg);
        } else if self.busy.has(reg) {
            self.spend(self.stack.len().saturating_sub(self.settled));
            let at = (self.settled..self.stack.len()).find(|i| self.stack[*i].loc == Loc::Reg(reg));
            match at {
                Some(index) => {
                    let kind = self.stack[index].kind;
                    let other = self.allocate(kind);
                    // The search for a register may have spilled this very operand.
                    if self.stack[index].loc == Loc::Reg(reg) {
                        self.masm.mov(kind, other, reg);
                        self.stack[index].loc = Loc::Reg(other);
                    } else {
                        self.busy.remove(other);
                    }
                }
                None => self.fail_internal("a register is claimed twice"),
            }
        }
        self.busy.insert(reg);
    }

    /// Stores a cached local to its slot if that is out of date.
    pub(crate) fn write_back(&mut self, reg: Reg) {
        if self.cache.dirty.has(reg) {
            let local = self.locals[self.cache.local_in(reg) as usize];
            self.masm.store_frame(local.kind, local.below, reg);
            self.cache.dirty.remove(reg);
        }
    }

    /// A register does not hold its local any more.
    pub(crate) fn forget(&mut self, reg: Reg) {
        let local = self.cache.local_in(reg);
        self.locals[local as usize].reg = None;
        self.cache.cached.remove(reg);
        self.cache.dirty.remove(reg);
    }

    /// A register that is not busy holds a local from now on.
    pub(crate) fn remember(&mut self, reg: Reg, local: u32, dirty: bool) {
        debug_assert!(!self.busy.has(reg));
        self.recent.insert(reg);
        self.cache.cached.insert(reg);
        if dirty {
            self.cache.dirty.insert(reg);
        } else {
            self.cache.dirty.remove(reg);
        }
        self.cache.local[reg.index()] = local;
        self.locals[local as usize].reg = Some(reg);
    }

    /// The register of a local, which is loaded if necessary.
    pub(crate) fn local_register(&mut self, local: u32) -> Reg {
        let known = self.locals[local as usize];
        if let Some(reg) = known.reg {
            self.recent.insert(reg);
            return reg;
        }
        let reg = self.allocate_for_local(known.kind);
        self.masm.load_frame(known.kind, reg, known.below);
        self.busy.remove(reg);
        self.remember(reg, local, false);
        reg
    }

    /// Replaces what registers hold, at a place where several paths meet.
    pub(crate) fn set_cache(&mut self, cache: &Cache) {
        for reg in self.cache.cached {
            self.locals[self.cache.local_in(reg) as usize].reg = None;
        }
        self.cache = *cache;
        for reg in cache.cached {
            self.locals[cache.local_in(reg) as usize].reg = Some(reg);
        }
    }

    /// Stores what a call would destroy, without forgetting it.
    pub(crate) fn write_back_volatile(&mut self) {
        for reg in self.cache.dirty.without(M::PRESERVED) {
            self.write_back(reg);
        }
    }

    /// Forgets what a call has destroyed.
    pub(crate) fn forget_volatile(&mut self) {
        for reg in self.cache.cached.without(M::PRESERVED) {
            self.forget(reg);
        }
        self.busy = self.busy.intersection(M::PRESERVED);
    }

    /// Before a local is written: gives the operands that stand for its present value a register
    /// of their own.
    pub(crate) fn detach(&mut self, local: u32) {
        self.spend(self.stack.len().saturating_sub(self.settled));
        for index in self.settled..self.stack.len() {
            if self.stack[index].loc != Loc::Local(local) {
                continue;
            }
            let known = self.locals[local as usize];
            let reg = match known.reg {
                Some(reg) if known.pending == 1 && !self.locked.has(reg) => {
                    // Its slot is not brought up to date: it is about to be overwritten.
                    self.forget(reg);
                    self.busy.insert(reg);
                    reg
                }
                Some(reg) => {
                    self.locked.insert(reg);
                    let copy = self.allocate(known.kind);
                    self.masm.mov(known.kind, copy, reg);
                    self.locked.remove(reg);
                    copy
                }
                None => {
                    let copy = self.allocate(known.kind);
                    self.masm.load_frame(known.kind, copy, known.below);
                    copy
                }
            };
            self.stack[index].loc = Loc::Reg(reg);
            self.locals[local as usize].pending -= 1;
            if self.locals[local as usize].pending == 0 {
                return;
            }
        }
    }
}
