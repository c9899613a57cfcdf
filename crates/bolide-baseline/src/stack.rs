//! The operand stack: where its values are while the code is generated.

use crate::compiler::Compiler;
use crate::masm::{Cond, Kind, MacroAssembler, Reg, RegSet, Rhs, Width};

/// Where an operand is.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum Loc {
    /// Nowhere yet: a constant, zero-extended.
    Const(u64),
    /// In a register that belongs to it.
    Reg(Reg),
    /// The local's present value. The local is not written before this has changed.
    Local(u32),
    /// In its own slot of the frame.
    Slot,
    /// In the flags, for the instruction that comes next.
    Flags(Cond),
}

/// An operand.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) loc: Loc,
    pub(crate) kind: Kind,
    /// Its slot: bytes below the frame pointer.
    pub(crate) below: u32,
}

impl Entry {
    pub(crate) fn constant(&self) -> Option<u64> {
        match self.loc {
            Loc::Const(value) => Some(value),
            _ => None,
        }
    }
}

/// An operand in a register.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Operand {
    pub(crate) reg: Reg,
    /// Whether the register may be overwritten; otherwise it holds a local, and is locked.
    pub(crate) owned: bool,
}

/// The slot of a value of this kind that lies after what ends `after` bytes below the frame
/// pointer.
pub(crate) fn slot_after(after: u32, kind: Kind) -> u32 {
    match kind {
        Kind::V128 => (after + 16).next_multiple_of(16),
        _ => after + 8,
    }
}

impl<M: MacroAssembler> Compiler<'_, M> {
    /// Where the slots of the operands above `height` begin.
    #[inline]
    pub(crate) fn slots_from(&self, height: usize) -> u32 {
        match height.checked_sub(1) {
            Some(last) => self.stack[last].below,
            None => self.operands_from,
        }
    }

    #[inline]
    pub(crate) fn push(&mut self, kind: Kind, loc: Loc) {
        let below = slot_after(self.slots_from(self.stack.len()), kind);
        self.frame_end = self.frame_end.max(below);
        self.stack.push(Entry { loc, kind, below });
    }

    #[inline]
    pub(crate) fn push_reg(&mut self, kind: Kind, reg: Reg) {
        debug_assert!(self.busy.has(reg));
        self.push(kind, Loc::Reg(reg));
    }

    #[inline]
    pub(crate) fn push_const(&mut self, kind: Kind, value: u64) {
        self.push(kind, Loc::Const(value));
    }

    /// Pops an operand; a register that belongs to it now belongs to the caller.
    #[inline]
    pub(crate) fn pop(&mut self) -> Entry {
        let Some(entry) = self.stack.pop() else {
            self.fail_internal("the operand stack is empty");
            return Entry {
                loc: Loc::Const(0),
                kind: Kind::I32,
                below: self.operands_from,
            };
        };
        self.settled = self.settled.min(self.stack.len());
        if let Loc::Local(local) = entry.loc {
            self.locals[local as usize].pending -= 1;
        }
        entry
    }

    /// Removes operands without looking at them.
    pub(crate) fn truncate(&mut self, height: usize) {
        while self.stack.len() > height {
            let entry = self.pop();
            self.discard(entry);
        }
    }

    /// Stands for the first operand of an instruction that has none.
    pub(crate) fn nothing(&self) -> Operand {
        Operand {
            reg: M::SCRATCH,
            owned: false,
        }
    }

    /// Gives up a popped operand.
    pub(crate) fn discard(&mut self, entry: Entry) {
        if let Loc::Reg(reg) = entry.loc {
            self.busy.remove(reg);
        }
    }

    #[inline]
    pub(crate) fn release(&mut self, operand: Operand) {
        if operand.owned {
            self.busy.remove(operand.reg);
        }
    }

    /// A popped operand in a register. Leaves the flags alone.
    pub(crate) fn operand(&mut self, entry: Entry) -> Operand {
        match entry.loc {
            Loc::Reg(reg) => Operand { reg, owned: true },
            Loc::Local(local) => {
                let reg = self.local_register(local);
                self.locked.insert(reg);
                Operand { reg, owned: false }
            }
            _ => {
                let reg = self.allocate(entry.kind);
                self.load_entry(entry, reg);
                Operand { reg, owned: true }
            }
        }
    }

    /// Moves a popped operand to a register, which may be one that it is in.
    pub(crate) fn load_entry(&mut self, entry: Entry, dst: Reg) {
        match entry.loc {
            Loc::Const(value) => match entry.kind {
                Kind::F32 => self.masm.float_constant(Width::W32, dst, value),
                Kind::F64 => self.masm.float_constant(Width::W64, dst, value),
                _ => self.masm.constant(dst, value),
            },
            Loc::Reg(src) if src == dst => {}
            Loc::Reg(src) => self.masm.mov(entry.kind, dst, src),
            Loc::Local(local) => {
                let local = self.locals[local as usize];
                match local.reg {
                    Some(src) if src == dst => {}
                    Some(src) => self.masm.mov(entry.kind, dst, src),
                    None => self.masm.load_frame(entry.kind, dst, local.below),
                }
            }
            Loc::Slot => self.masm.load_frame(entry.kind, dst, entry.below),
            Loc::Flags(cond) => self.masm.set(cond, dst),
        }
    }

    /// Pops an operand into a register.
    #[inline]
    pub(crate) fn pop_operand(&mut self) -> Operand {
        let entry = self.pop();
        self.operand(entry)
    }

    /// Pops an operand into a register that may be overwritten.
    pub(crate) fn pop_owned(&mut self) -> Reg {
        let entry = self.pop();
        self.owned(entry)
    }

    /// A popped operand in a register that may be overwritten.
    pub(crate) fn owned(&mut self, entry: Entry) -> Reg {
        let operand = self.operand(entry);
        if operand.owned {
            return operand.reg;
        }
        let reg = self.allocate(entry.kind);
        self.masm.mov(entry.kind, reg, operand.reg);
        reg
    }

    /// A popped integer as second operand of an operation, and the register to release afterwards.
    pub(crate) fn rhs(&mut self, entry: Entry, width: Width) -> (Rhs, Option<Operand>) {
        match entry.loc {
            Loc::Const(value) => (Rhs::Imm(width.signed(value)), None),
            Loc::Slot => (Rhs::Frame(entry.below), None),
            Loc::Local(local) => {
                let known = self.locals[local as usize];
                if known.reg.is_none() && !self.has_free(known.kind) {
                    return (Rhs::Frame(known.below), None);
                }
                let operand = self.operand(entry);
                (Rhs::Reg(operand.reg), Some(operand))
            }
            _ => {
                let operand = self.operand(entry);
                (Rhs::Reg(operand.reg), Some(operand))
            }
        }
    }

    pub(crate) fn release_rhs(&mut self, operand: Option<Operand>) {
        if let Some(operand) = operand {
            self.release(operand);
        }
    }

    /// A register for the result of an operation whose first operand is `a`, which is given up. It
    /// may be `a`'s; it is not that of another operand. If the result is about to become a local, it
    /// is that local's register where possible.
    pub(crate) fn destination(&mut self, kind: Kind, a: Operand) -> Reg {
        self.destination_or(kind, a, None)
    }

    /// Like [`Self::destination`], but the register of the other operand will do, too, if that is
    /// the local that is about to be set.
    pub(crate) fn destination_or(&mut self, kind: Kind, a: Operand, b: Option<Operand>) -> Reg {
        // Outside of loops, where the local is next does not matter, and moving it there would cost.
        let in_place = a.owned && self.open_loops == 0 && a.reg.is_float() == kind.is_float();
        if !in_place && let Some(local) = self.upcoming_set() {
            let known = self.locals[local as usize];
            if known.kind == kind && known.pending == 0 {
                let is_operand = |operand: Operand| known.reg == Some(operand.reg);
                if let Some(reg) = known.reg
                    && (is_operand(a) || b.is_some_and(is_operand) || !self.locked.has(reg))
                {
                    self.forget(reg);
                    self.release(a);
                    self.busy.insert(reg);
                    return reg;
                }
                if known.reg.is_none() && !a.owned {
                    return self.allocate_for_local(kind);
                }
            }
        }
        if a.owned && a.reg.is_float() == kind.is_float() {
            return a.reg;
        }
        let reg = self.allocate(kind);
        self.release(a);
        reg
    }

    /// Puts operands below `limit` where no code path can change them: constants stay, everything
    /// else goes to its slot.
    pub(crate) fn settle(&mut self, limit: usize) {
        self.spend(limit.saturating_sub(self.settled));
        for index in self.settled..limit {
            self.settle_entry(index);
        }
        self.settled = self.settled.max(limit);
    }

    fn settle_entry(&mut self, index: usize) {
        let entry = self.stack[index];
        match entry.loc {
            Loc::Const(_) | Loc::Slot => return,
            Loc::Local(local) => self.locals[local as usize].pending -= 1,
            Loc::Reg(reg) => self.busy.remove(reg),
            Loc::Flags(_) => {}
        }
        self.store_entry(entry, entry.below);
        self.stack[index].loc = Loc::Slot;
    }

    /// Puts operands from `start` to their slots, constants included.
    pub(crate) fn settle_to_slots(&mut self, start: usize) {
        for index in start..self.stack.len() {
            self.settle_entry(index);
            let entry = self.stack[index];
            if let Loc::Const(value) = entry.loc {
                self.masm
                    .store_frame_constant(entry.kind, entry.below, value);
                self.stack[index].loc = Loc::Slot;
            }
        }
        self.settled = self.stack.len();
    }

    /// Stores an operand, wherever it is, to a slot. Uses scratch registers.
    pub(crate) fn store_entry(&mut self, entry: Entry, below: u32) {
        let kind = entry.kind;
        let from = match entry.loc {
            Loc::Const(value) => return self.masm.store_frame_constant(kind, below, value),
            Loc::Reg(reg) => return self.masm.store_frame(kind, below, reg),
            Loc::Local(local) => {
                let local = self.locals[local as usize];
                if let Some(reg) = local.reg {
                    return self.masm.store_frame(kind, below, reg);
                }
                local.below
            }
            Loc::Slot => entry.below,
            Loc::Flags(cond) => {
                self.masm.set(cond, M::SCRATCH);
                return self.masm.store_frame(kind, below, M::SCRATCH);
            }
        };
        if from != below {
            self.copy_slot(kind, below, from);
        }
    }

    fn copy_slot(&mut self, kind: Kind, to: u32, from: u32) {
        let words: &[u32] = match kind {
            Kind::V128 => &[0, 8],
            _ => &[0],
        };
        for word in words {
            self.masm.load_frame(Kind::I64, M::SCRATCH, from - word);
            self.masm.store_frame(Kind::I64, to - word, M::SCRATCH);
        }
    }

    /// Puts operands below `limit` that are in registers of `regs` to their slots.
    pub(crate) fn spill(&mut self, limit: usize, regs: RegSet) {
        self.spend(limit.saturating_sub(self.settled));
        for index in self.settled..limit {
            let entry = self.stack[index];
            if let Loc::Reg(reg) = entry.loc
                && regs.has(reg)
            {
                self.masm.store_frame(entry.kind, entry.below, reg);
                self.busy.remove(reg);
                self.stack[index].loc = Loc::Slot;
            }
        }
    }
}
