//! Structured control flow.
//!
//! A place where several paths meet has a state that all paths bring about before they jump there:
//! which registers hold which locals, and where the values are that the branch carries: one alone in
//! a register, several in their slots. The first branch chooses the state, so that it costs nothing
//! there. Operands below those values are constants or in their slots.

use std::sync::Arc;

use bolide_abi::TrapCode;
use wasmparser::{BlockType, BrTable};

use crate::asm::Label;
use crate::compiler::Compiler;
use crate::masm::{Cond, Kind, MacroAssembler, Reg, Rhs, Width};
use crate::regs::Cache;
use crate::signature::Signature;
use crate::stack::{Entry, Loc, slot_after};

/// An enclosing block.
#[derive(Debug)]
pub(crate) struct Frame {
    kind: FrameKind,
    /// Where branches go: the end of the block, or the header of a loop.
    label: Label,
    /// The state there, once there is a branch.
    state: Option<State>,
    /// Height of the operand stack below the parameters.
    height: usize,
    ty: BlockKinds,
}

#[derive(Debug)]
enum FrameKind {
    Function,
    Block,
    Loop,
    /// Where the code goes when the condition is zero, and the state there.
    If(Label, Cache),
}

#[derive(Copy, Clone, Debug)]
struct State {
    cache: Cache,
    /// Register of the value that the branch carries, if that is one.
    result: Option<Reg>,
}

/// Parameters and results of a block.
#[derive(Clone, Debug)]
enum BlockKinds {
    Empty,
    Result(Kind),
    Function(Arc<Signature>),
}

impl BlockKinds {
    fn params(&self) -> &[Kind] {
        match self {
            BlockKinds::Function(signature) => &signature.params,
            _ => &[],
        }
    }

    fn results(&self) -> &[Kind] {
        match self {
            BlockKinds::Empty => &[],
            BlockKinds::Result(kind) => std::slice::from_ref(kind),
            BlockKinds::Function(signature) => &signature.results,
        }
    }
}

impl Frame {
    /// Kinds of the values that a branch here carries.
    fn carried(&self) -> &[Kind] {
        match self.kind {
            FrameKind::Loop => self.ty.params(),
            _ => self.ty.results(),
        }
    }
}

impl<M: MacroAssembler> Compiler<'_, M> {
    pub(crate) fn push_function_frame(&mut self) {
        self.control.push(Frame {
            kind: FrameKind::Function,
            label: self.exit,
            state: None,
            height: 0,
            ty: BlockKinds::Function(self.signature.clone()),
        });
    }

    fn block_kinds(&mut self, ty: BlockType) -> BlockKinds {
        match ty {
            BlockType::Empty => BlockKinds::Empty,
            BlockType::Type(ty) => BlockKinds::Result(self.kind_of(ty)),
            BlockType::FuncType(index) => {
                let id = self.module.types[index as usize];
                BlockKinds::Function(self.signatures.get(self.module, id))
            }
        }
    }

    fn enter_frame(&mut self, kind: FrameKind, label: Label, ty: BlockKinds) {
        let height = self.stack.len().saturating_sub(ty.params().len());
        self.settle(height);
        self.control.push(Frame {
            kind,
            label,
            state: None,
            height,
            ty,
        });
    }

    pub(crate) fn enter_block(&mut self, ty: BlockType) {
        let ty = self.block_kinds(ty);
        let label = self.masm.buf().label();
        self.enter_frame(FrameKind::Block, label, ty);
    }

    pub(crate) fn enter_loop(&mut self, ty: BlockType) {
        let ty = self.block_kinds(ty);
        let params = self.stack.len().saturating_sub(ty.params().len());
        self.settle(params);
        self.settle_to_slots(params);
        self.prepare_loop();
        self.open_loops += 1;
        let header = self.masm.buf().label_here();
        self.enter_frame(FrameKind::Loop, header, ty);
        let cache = self.cache;
        if let Some(frame) = self.control.last_mut() {
            frame.state = Some(State {
                cache,
                result: None,
            });
        }
        self.count_loop();
        self.check_interruption();
        self.check_fuel();
    }

    pub(crate) fn enter_if(&mut self, ty: BlockType) {
        let condition = self.pop();
        let ty = self.block_kinds(ty);
        let params = self.stack.len().saturating_sub(ty.params().len());
        self.settle(params);
        self.settle_to_slots(params);
        let cond = self.condition(condition);
        let otherwise = self.masm.buf().label();
        self.masm.branch(cond.negate(), otherwise);
        let label = self.masm.buf().label();
        let kind = FrameKind::If(otherwise, self.cache);
        self.enter_frame(kind, label, ty);
    }

    /// Sets the flags by a popped condition.
    pub(crate) fn condition(&mut self, entry: Entry) -> Cond {
        match entry.loc {
            Loc::Flags(cond) => return cond,
            Loc::Slot => self.masm.compare_frame(Width::W32, entry.below, 0),
            _ => {
                let operand = self.operand(entry);
                self.masm.compare(Width::W32, operand.reg, Rhs::Imm(0));
                self.release(operand);
            }
        }
        Cond::Ne
    }

    /// Ends the first arm of an `if` and starts the other.
    pub(crate) fn enter_else(&mut self) {
        let depth = 0;
        if self.reachable {
            self.branch_always(depth);
        }
        let Some(frame) = self.control.last_mut() else {
            return self.fail_internal("no enclosing block");
        };
        let FrameKind::If(otherwise, cache) = std::mem::replace(&mut frame.kind, FrameKind::Block)
        else {
            return self.fail_internal("`else` without `if`");
        };
        let (height, ty) = (frame.height, frame.ty.clone());
        self.masm.buf().bind(otherwise);
        self.resume(height, &cache);
        for kind in ty.params() {
            self.push(*kind, Loc::Slot);
        }
        self.settled = self.stack.len();
    }

    /// Goes on where another path came from or a label was bound.
    fn resume(&mut self, height: usize, cache: &Cache) {
        self.truncate(height);
        self.settled = height;
        self.set_cache(cache);
        self.busy = crate::masm::RegSet::EMPTY;
        self.reachable = true;
    }

    /// Closes the innermost block.
    pub(crate) fn end(&mut self) {
        let Some(frame) = self.control.last() else {
            return self.fail_internal("no enclosing block");
        };
        match frame.kind {
            FrameKind::Function => self.end_function(),
            FrameKind::If(otherwise, cache) => self.end_if(otherwise, &cache),
            FrameKind::Block | FrameKind::Loop => self.end_block(),
        }
    }

    fn end_block(&mut self) {
        let Some(frame) = self.control.last() else {
            return;
        };
        let is_loop = matches!(frame.kind, FrameKind::Loop);
        let (height, state) = (frame.height, frame.state);
        self.open_loops -= u32::from(is_loop);
        match state.filter(|_| !is_loop) {
            Some(state) => {
                if self.reachable {
                    self.transition(0);
                }
                self.bind_exit(&state);
            }
            None if !self.reachable => self.truncate(height),
            None => {}
        }
        self.control.pop();
        self.settled = self.settled.min(height);
    }

    /// Binds the label of the innermost block and goes on in the state there.
    fn bind_exit(&mut self, state: &State) {
        let Some(frame) = self.control.last() else {
            return;
        };
        let (height, label, ty) = (frame.height, frame.label, frame.ty.clone());
        self.masm.buf().bind(label);
        self.resume(height, &state.cache);
        self.spend(ty.results().len());
        for kind in ty.results() {
            match state.result {
                Some(reg) => {
                    self.busy.insert(reg);
                    self.push_reg(*kind, reg);
                }
                None => self.push(*kind, Loc::Slot),
            }
        }
    }

    /// Without an `else`, the results are the parameters.
    fn end_if(&mut self, otherwise: Label, cache: &Cache) {
        let Some(frame) = self.control.last_mut() else {
            return;
        };
        if !frame.ty.params().is_empty() || frame.state.is_some() {
            self.enter_else();
            return self.end_block();
        }
        frame.kind = FrameKind::Block;
        let height = frame.height;
        let state = State {
            cache: *cache,
            result: None,
        };
        frame.state = Some(state);
        if self.reachable {
            self.transition(0);
        }
        self.masm.buf().bind(otherwise);
        self.resume(height, cache);
        self.control.pop();
    }

    fn end_function(&mut self) {
        let used = self.control.first().is_some_and(|f| f.state.is_some());
        if self.reachable {
            self.place_results();
        }
        if used {
            let exit = self.exit;
            self.masm.buf().bind(exit);
        }
        if self.reachable || used {
            let saved = self.saved;
            self.masm.epilogue(&saved);
        }
        self.truncate(0);
        self.control.clear();
        self.reachable = false;
    }

    pub(crate) fn return_(&mut self) {
        self.place_results();
        let saved = self.saved;
        self.masm.epilogue(&saved);
        self.stop();
    }

    /// What comes next in this block cannot execute.
    pub(crate) fn stop(&mut self) {
        let height = self.control.last().map_or(0, |frame| frame.height);
        self.truncate(height);
        self.reachable = false;
    }

    pub(crate) fn unreachable(&mut self) {
        self.masm.trap(TrapCode::UnreachableCodeReached);
        self.stop();
    }

    // Branches.

    fn target_index(&mut self, depth: u32) -> usize {
        match self.control.len().checked_sub(1 + depth as usize) {
            Some(index) => index,
            None => {
                self.fail_internal("branch to a block that does not exist");
                0
            }
        }
    }

    /// Makes sure that the target of a branch has a state. Leaves the flags alone.
    fn prepare(&mut self, depth: u32) {
        let index = self.target_index(depth);
        let frame = &self.control[index];
        if frame.state.is_some() {
            return;
        }
        let mut result = None;
        if let &[kind] = frame.carried()
            && !matches!(frame.kind, FrameKind::Function)
        {
            result = self.top_to_register(kind);
        }
        let cache = self.cache;
        self.control[index].state = Some(State { cache, result });
    }

    /// Gives the topmost operand a register of its own.
    fn top_to_register(&mut self, kind: Kind) -> Option<Reg> {
        let entry = self.pop();
        let reg = self.owned(entry);
        self.push(kind, Loc::Reg(reg));
        Some(reg)
    }

    /// Whether a branch needs nothing but a jump.
    fn is_direct(&self, index: usize) -> bool {
        let frame = &self.control[index];
        let Some(state) = &frame.state else {
            return false;
        };
        if matches!(frame.kind, FrameKind::Function) {
            return frame.ty.results().is_empty();
        }
        let carried = frame.carried().len();
        let in_place = match (carried, state.result) {
            (0, _) => true,
            (_, Some(reg)) => self
                .stack
                .last()
                .is_some_and(|entry| entry.loc == Loc::Reg(reg)),
            (_, None) => false,
        };
        in_place && self.conforms_to(&state.cache)
    }

    /// Emits what brings about the state at the target of a branch, without changing what is known
    /// about the present state.
    fn transition(&mut self, depth: u32) {
        let index = self.target_index(depth);
        if matches!(self.control[index].kind, FrameKind::Function) {
            return self.place_results();
        }
        let Some(state) = self.control[index].state else {
            return self.fail_internal("branch to a block without a state");
        };
        match (self.control[index].carried().len(), state.result) {
            (0, _) => self.conform(&state.cache, None),
            (_, Some(reg)) => {
                let top = self.stack.last().copied();
                self.conform(&state.cache, top.map(|top| (top, reg)));
            }
            (count, None) => {
                self.move_to_slots(index, count);
                self.conform(&state.cache, None);
            }
        }
    }

    /// Moves the topmost operands to the slots where the target of a branch expects them. From the
    /// lowest up, because they move down and may overlap.
    fn move_to_slots(&mut self, index: usize, count: usize) {
        self.spend(count);
        let mut below = self.slots_from(self.control[index].height);
        for position in self.stack.len() - count..self.stack.len() {
            let entry = self.stack[position];
            below = slot_after(below, entry.kind);
            self.store_entry(entry, below);
        }
    }

    fn branch_always(&mut self, depth: u32) {
        let index = self.target_index(depth);
        if matches!(self.control[index].kind, FrameKind::Function) {
            self.place_results();
            let saved = self.saved;
            return self.masm.epilogue(&saved);
        }
        self.prepare(depth);
        self.transition(depth);
        let label = self.control[index].label;
        self.masm.jump(label);
    }

    pub(crate) fn br(&mut self, depth: u32) {
        self.branch_always(depth);
        self.stop();
    }

    pub(crate) fn br_if(&mut self, depth: u32) {
        let condition = self.pop();
        if matches!(condition.loc, Loc::Flags(_)) {
            self.prepare(depth);
            let cond = self.condition(condition);
            return self.branch_if(cond, depth);
        }
        // Whatever moves a value to a register comes before the comparison.
        let condition = match condition.loc {
            Loc::Slot => condition,
            _ => {
                let operand = self.operand(condition);
                self.prepare(depth);
                self.masm.compare(Width::W32, operand.reg, Rhs::Imm(0));
                self.release(operand);
                return self.branch_if(Cond::Ne, depth);
            }
        };
        self.prepare(depth);
        let cond = self.condition(condition);
        self.branch_if(cond, depth);
    }

    /// Branches if a condition in the flags holds; the target is prepared.
    fn branch_if(&mut self, cond: Cond, depth: u32) {
        let index = self.target_index(depth);
        let label = self.control[index].label;
        if self.is_direct(index) {
            return self.masm.branch(cond, label);
        }
        let skip = self.masm.buf().label();
        self.masm.branch(cond.negate(), skip);
        self.transition(depth);
        self.masm.jump(label);
        self.masm.buf().bind(skip);
    }

    /// Branches depending on whether a reference is null.
    pub(crate) fn branch_on_reference(&mut self, cond: Cond, reference: Reg, depth: u32) {
        self.prepare(depth);
        self.masm.compare(Width::W64, reference, Rhs::Imm(0));
        self.branch_if(cond, depth);
    }

    pub(crate) fn br_table(&mut self, table: &BrTable<'_>) {
        let index = self.pop_owned();
        let temporary = self.allocate(Kind::I64);
        self.spend(2 * self.control.len());
        self.labels.clear();
        self.branch_labels.clear();
        self.branch_labels.resize(self.control.len(), None);
        let mut stubs = std::mem::take(&mut self.branch_labels);
        let mut labels = std::mem::take(&mut self.labels);
        self.prepare(table.default());
        for depth in table.targets().flatten() {
            // Preparation may move values to registers, and must not happen after the jump.
            self.prepare(depth);
        }
        for depth in table.targets().flatten() {
            labels.push(self.entry_label(depth, &mut stubs));
        }
        let default = self.entry_label(table.default(), &mut stubs);
        let count = i64::from(table.len());
        self.masm.compare(Width::W32, index, Rhs::Imm(count));
        self.masm.branch(Cond::GeU, default);
        self.masm.jump_table(index, temporary, &labels);
        self.busy.remove(index);
        self.busy.remove(temporary);
        for (depth, stub) in stubs.iter().enumerate() {
            let target = self.control.len() - 1 - depth;
            if let Some(stub) = *stub
                && stub != self.control[target].label
                && !self.has_failed()
            {
                self.masm.buf().bind(stub);
                self.transition(depth as u32);
                let label = self.control[target].label;
                self.masm.jump(label);
            }
        }
        self.branch_labels = stubs;
        self.labels = labels;
        self.stop();
    }

    /// Where the jump table jumps for a branch: its target, or code that goes there.
    fn entry_label(&mut self, depth: u32, stubs: &mut [Option<Label>]) -> Label {
        let index = self.target_index(depth);
        let known = &mut stubs[depth as usize];
        if let Some(label) = *known {
            return label;
        }
        let label = if self.is_direct(index) {
            self.control[index].label
        } else {
            self.masm.buf().label()
        };
        *known = Some(label);
        label
    }
}
