//! Unrolling: the body of a small loop is translated several times, and branches to the loop go from each copy to the
//! next, and from the last one to the first.
//!
//! Each copy keeps its own tests of when the loop ends, so nothing need be known of how often it runs. What is saved is
//! what an edge back costs: moving variables to where the header expects them, which is loads and stores when
//! registers are short, and computing again what the copy before has left in a register.

use cranelift_codegen::ir::Block;
use wasmparser::{Operator, OperatorsReader};

use crate::control::FrameKind;
use crate::slot::Slot;
use crate::translate::{Result, Translator, malformed};

/// How often the body of a loop that counts, and does nothing else that could make it end, is translated at most.
const MOST_COUNTING_COPIES: usize = 8;

/// How often another body is translated at most.
const MOST_COPIES: usize = 4;

/// Of how many instructions, beside those that only move values, all copies together consist at most.
const MOST_INSTRUCTIONS: usize = 200;

/// How many operators are translated again in a function at most, so that one full of loops does not take many times
/// as long.
const MOST_OPERATORS: usize = 10_000;

/// Cranelift's frontend has tables of variables and blocks. In functions with more locals, loops get no more blocks.
const MOST_LOCALS: usize = 1000;

/// The unrolling in one compilation.
#[derive(Debug)]
pub(crate) struct Unroller {
    /// How many operators may still be translated again.
    operators: usize,
    /// How often the body is translated of the loop that the current instruction starts.
    copies: usize,
    /// Whether the loop that the current instruction ends goes on with another copy of its body.
    pub(crate) is_copy_to_come: bool,
}

impl Unroller {
    pub(crate) fn new() -> Unroller {
        Unroller {
            operators: MOST_OPERATORS,
            copies: 1,
            is_copy_to_come: false,
        }
    }
}

/// A loop whose body is translated once or more.
#[derive(Debug)]
pub(crate) struct Loop {
    /// Where it is entered: the first copy of its body.
    pub(crate) header: Block,
    /// Byte offset in the module of its `loop` instruction.
    offset: u32,
    /// The copies that are still to come, the last one first.
    copies: Vec<Block>,
    /// Whether the current copy branches to the loop.
    is_repeated: bool,
}

impl Loop {
    /// Where branches to the loop go.
    pub(crate) fn target(&mut self) -> Block {
        self.is_repeated = true;
        *self.copies.last().unwrap_or(&self.header)
    }

    /// The block of the next copy.
    fn next_copy(&mut self) -> Option<Block> {
        let is_repeated = std::mem::take(&mut self.is_repeated);
        self.copies.pop().filter(|_| is_repeated)
    }
}

/// What is known of a loop's body.
#[derive(Default)]
struct Body {
    operators: usize,
    /// How many instructions are more than moving values.
    size: usize,
    /// Whether there are branches in it.
    branches: bool,
    /// Whether a local steps by a constant.
    counts: bool,
}

/// How much of what steps a local by a constant was just read.
#[derive(Copy, Clone)]
enum Step {
    None,
    Get(u32),
    Const(u32),
    Sum(u32),
}

impl Step {
    /// What `op` adds to it.
    fn then(self, op: &Operator<'_>) -> Step {
        match (self, op) {
            (_, Operator::LocalGet { local_index }) => Step::Get(*local_index),
            (Step::Get(local), Operator::I32Const { .. } | Operator::I64Const { .. }) => {
                Step::Const(local)
            }
            (
                Step::Const(local),
                Operator::I32Add | Operator::I64Add | Operator::I32Sub | Operator::I64Sub,
            ) => Step::Sum(local),
            _ => Step::None,
        }
    }

    /// Whether `op` ends it.
    fn ends_with(self, op: &Operator<'_>) -> bool {
        match (self, op) {
            (
                Step::Sum(local),
                Operator::LocalSet { local_index } | Operator::LocalTee { local_index },
            ) => local == *local_index,
            _ => false,
        }
    }
}

impl Body {
    /// Looks at the body that `reader` stands before. `None` if it is none to translate again.
    fn read(mut reader: OperatorsReader<'_>) -> Result<Option<Body>> {
        let mut body = Body::default();
        let mut depth = 0;
        let mut step = Step::None;
        while body.size <= MOST_INSTRUCTIONS / 2 && body.operators <= MOST_OPERATORS / 2 {
            body.operators += 1;
            let op = reader.read().map_err(malformed)?;
            body.counts |= step.ends_with(&op);
            step = step.then(&op);
            match op {
                Operator::End if depth == 0 => return Ok(Some(body)),
                Operator::End => depth -= 1,
                Operator::Block { .. } => depth += 1,
                Operator::If { .. } => {
                    depth += 1;
                    body.size += 1;
                    body.branches = true;
                }
                Operator::LocalGet { .. }
                | Operator::LocalSet { .. }
                | Operator::LocalTee { .. }
                | Operator::I32Const { .. }
                | Operator::I64Const { .. }
                | Operator::Drop
                | Operator::Nop => {}
                Operator::Br { relative_depth } | Operator::BrIf { relative_depth } => {
                    if relative_depth > depth {
                        return Ok(None);
                    }
                    body.size += 1;
                    body.branches |= relative_depth < depth;
                }
                Operator::BrTable { .. }
                | Operator::BrOnNull { .. }
                | Operator::BrOnNonNull { .. }
                | Operator::Return
                // What is around other loops is not where the time goes, and calls cost more than an edge.
                | Operator::Loop { .. }
                | Operator::Try { .. }
                | Operator::TryTable { .. }
                | Operator::Call { .. }
                | Operator::CallIndirect { .. }
                | Operator::CallRef { .. }
                | Operator::ReturnCall { .. }
                | Operator::ReturnCallIndirect { .. }
                | Operator::ReturnCallRef { .. } => return Ok(None),
                _ => body.size += 1,
            }
        }
        Ok(None)
    }

    fn is_counting(&self) -> bool {
        self.counts && !self.branches
    }

    fn copies(&self) -> usize {
        let most = match self.is_counting() {
            true => MOST_COUNTING_COPIES,
            false => MOST_COPIES,
        };
        (MOST_INSTRUCTIONS / self.size.max(1)).clamp(1, most)
    }
}

impl Translator<'_, '_> {
    /// Decides how often to translate the body of a loop that `reader` stands before.
    ///
    /// More than once if it is small, ends by not branching back only, and the function was hot because of its loops:
    /// a loop with other ends seldom runs for long, nor does one of a function that is called often. If nothing is
    /// known of the function, loops that count are taken to run for long.
    pub(crate) fn plan_loop(&mut self, reader: OperatorsReader<'_>) -> Result<()> {
        let is_unknown = self.call_profile.is_none();
        let is_looping = self.profile.hot_loop.is_some() && !self.inliner.is_inlined();
        if !self.optimizations.unroll
            || !(is_unknown || is_looping)
            || self.locals.len() > MOST_LOCALS
        {
            return Ok(());
        }
        let Some(body) = Body::read(reader)?.filter(|body| is_looping || body.is_counting()) else {
            return Ok(());
        };
        let copies = body.copies();
        let again = (copies - 1) * body.operators;
        if let Some(left) = self.unroller.operators.checked_sub(again) {
            self.unroller.operators = left;
            self.unroller.copies = copies;
        }
        Ok(())
    }

    /// The loop that the current instruction starts.
    pub(crate) fn new_loop(&mut self, header: Block, params: &[Slot]) -> Loop {
        let copies = std::mem::replace(&mut self.unroller.copies, 1);
        Loop {
            header,
            offset: self.offset,
            copies: (1..copies).map(|_| self.new_block(params)).collect(),
            is_repeated: false,
        }
    }

    /// At the end of a block: if it is a loop with copies to come, starts the next one.
    pub(crate) fn enter_next_copy(&mut self) -> Result<bool> {
        let frame = self.innermost()?;
        let (height, params) = (frame.height, frame.params);
        let FrameKind::Loop(this) = &mut frame.kind else {
            return Ok(false);
        };
        let Some(copy) = this.next_copy() else {
            return Ok(false);
        };
        let offset = this.offset;
        if self.reachable {
            self.jump_to_exit()?;
        }
        self.builder.seal_block(copy);
        self.builder.switch_to_block(copy);
        self.replace_operands(height, copy, params);
        self.reachable = true;
        self.unroller.is_copy_to_come = true;
        let header = self.inliner.source_location(offset.into());
        self.builder.set_srcloc(header);
        self.check_fuel()?;
        Ok(true)
    }
}
