//! Where paths meet: bringing registers and slots into the state that the other paths leave them
//! in.

use crate::compiler::Compiler;
use crate::masm::{Kind, MacroAssembler, Reg};
use crate::regs::Cache;
use crate::stack::{Entry, Loc};

/// A move between registers that is part of a parallel one.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Move {
    pub(crate) kind: Kind,
    pub(crate) dst: Reg,
    pub(crate) src: Reg,
}

impl<M: MacroAssembler> Compiler<'_, M> {
    /// Whether nothing needs to be done to go from the present state of locals to `target`.
    pub(crate) fn conforms_to(&self, target: &Cache) -> bool {
        let stale = self.cache.dirty.without(target.dirty);
        if !target.cached.without(self.cache.cached).is_empty() || !stale.is_empty() {
            return false;
        }
        target
            .cached
            .into_iter()
            .all(|reg| target.local_in(reg) == self.cache.local_in(reg))
    }

    /// Emits what brings locals into the state `target`, and `result` into the register there. What
    /// is known about the present state does not change: this may be one of several ways to go on.
    pub(crate) fn conform(&mut self, target: &Cache, result: Option<(Entry, Reg)>) {
        for reg in self.cache.dirty {
            let local = self.cache.local_in(reg);
            let kept = target
                .dirty
                .into_iter()
                .any(|other| target.local_in(other) == local);
            if !kept {
                let local = self.locals[local as usize];
                self.masm.store_frame(local.kind, local.below, reg);
            }
        }
        self.moves.clear();
        let mut loads = target.cached;
        for reg in target.cached {
            let local = self.locals[target.local_in(reg) as usize];
            if let Some(src) = local.reg {
                loads.remove(reg);
                self.plan_move(local.kind, reg, src);
            }
        }
        let mut late_result = None;
        if let Some((entry, dst)) = result {
            match self.register_of(entry) {
                Some(src) => self.plan_move(entry.kind, dst, src),
                None => late_result = Some((entry, dst)),
            }
        }
        self.run_moves();
        for reg in loads {
            let local = self.locals[target.local_in(reg) as usize];
            self.masm.load_frame(local.kind, reg, local.below);
        }
        if let Some((entry, dst)) = late_result {
            self.load_entry(entry, dst);
        }
    }

    /// The register that an operand is in.
    pub(crate) fn register_of(&self, entry: Entry) -> Option<Reg> {
        match entry.loc {
            Loc::Reg(reg) => Some(reg),
            Loc::Local(local) => self.locals[local as usize].reg,
            _ => None,
        }
    }

    /// Adds to the moves that [`Self::run_moves`] makes at once.
    pub(crate) fn plan_move(&mut self, kind: Kind, dst: Reg, src: Reg) {
        if dst != src {
            self.moves.push(Move { kind, dst, src });
        }
    }

    /// Makes the planned moves as if all happened at the same time.
    pub(crate) fn run_moves(&mut self) {
        while !self.moves.is_empty() {
            let ready = self.moves.iter().position(|candidate| {
                let needed = |other: &Move| other.src == candidate.dst;
                !self.moves.iter().any(needed)
            });
            if let Some(index) = ready {
                let Move { kind, dst, src } = self.moves.swap_remove(index);
                self.masm.mov(kind, dst, src);
                continue;
            }
            // Only cycles are left. One register is saved, which breaks one of them.
            let blocked = self.moves[0].dst;
            let (kind, spare) = if blocked.is_float() {
                (Kind::V128, M::FLOAT_SCRATCH)
            } else {
                (Kind::I64, M::SCRATCH)
            };
            self.masm.mov(kind, spare, blocked);
            for other in &mut self.moves {
                if other.src == blocked {
                    other.src = spare;
                }
            }
        }
    }
}
