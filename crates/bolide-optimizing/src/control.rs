//! Structured control flow to blocks.
//!
//! A frame's exit block takes the block's results as parameters. It is only entered if some branch
//! uses it; otherwise falling off the end just continues in the current block.

use bolide_abi::TrapCode;
use bolide_module::{FuncType, ValType};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, BlockArg, BlockCall, InstBuilder, JumpTableData, Value};
use wasmparser::{BlockType, BrTable, Operator};

use crate::slot::Slot;
use crate::translate::{Result, Translator, internal, lookup};
use crate::trap;
use crate::unroll::Loop;

/// So many entries of a table become comparisons.
const MOST_COMPARISONS: usize = 3;

/// An enclosing block.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) kind: FrameKind,
    /// Where the code goes that is behind the block: for one that is no loop, by branches to it.
    exit: Block,
    exit_used: bool,
    /// Height of the operand stack below the parameters.
    pub(crate) height: usize,
    pub(crate) params: usize,
    results: usize,
}

#[derive(Debug)]
pub(crate) enum FrameKind {
    Block,
    Loop(Loop),
    If {
        /// Where the code goes when the condition is zero.
        otherwise: Block,
        /// Its operands.
        params: Box<[Value]>,
    },
}

impl Frame {
    pub(crate) fn is_loop(&self) -> bool {
        matches!(self.kind, FrameKind::Loop(_))
    }
}

/// Parameters and results of a block.
struct Signature {
    params: Vec<Slot>,
    results: Vec<Slot>,
}

pub(crate) fn block_args(values: &[Value]) -> Vec<BlockArg> {
    values.iter().map(|v| BlockArg::Value(*v)).collect()
}

impl Translator<'_, '_> {
    pub(crate) fn control_operator(&mut self, op: &Operator<'_>) -> Result<bool> {
        match op {
            Operator::Nop => {}
            Operator::Unreachable => self.trap(TrapCode::UnreachableCodeReached),
            Operator::Block { blockty } => self.enter_block(*blockty)?,
            Operator::Loop { blockty } => self.enter_loop(*blockty)?,
            Operator::If { blockty } => self.enter_if(*blockty)?,
            Operator::Else => self.enter_else()?,
            Operator::End => self.end()?,
            Operator::Br { relative_depth } => {
                let (block, args) = self.branch(*relative_depth)?;
                self.builder.ins().jump(block, &args);
                self.reachable = false;
            }
            Operator::BrIf { relative_depth } => {
                let condition = self.pop()?;
                let (block, args) = self.branch(*relative_depth)?;
                self.branch_if(condition, block, &args);
            }
            Operator::BrTable { targets } => self.branch_table(targets)?,
            Operator::BrOnNull { relative_depth } => {
                let reference = self.pop()?;
                let (block, args) = self.branch(*relative_depth)?;
                let is_null = self.is_null(reference);
                self.branch_if(is_null, block, &args);
                self.push(reference);
            }
            Operator::BrOnNonNull { relative_depth } => {
                let (block, args) = self.branch(*relative_depth)?;
                let reference = self.pop()?;
                self.branch_if(reference, block, &args);
            }
            Operator::Return => {
                let count = self.control.first().map_or(0, |frame| frame.results);
                let values = self.top(count)?;
                if self.inliner.is_inlined() {
                    self.return_to_caller(&values)?;
                } else {
                    self.emit_return(&values)?;
                }
                self.reachable = false;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The frame of the function itself.
    pub(crate) fn push_function_frame(&mut self, results: &[ValType]) {
        let results: Vec<Slot> = results.iter().map(|ty| Slot::from(*ty)).collect();
        let exit = self.new_block(&results);
        self.control.push(Frame {
            kind: FrameKind::Block,
            exit,
            exit_used: false,
            height: 0,
            params: 0,
            results: results.len(),
        });
    }

    /// Follows the nesting of code that cannot execute.
    pub(crate) fn skip(&mut self, op: &Operator<'_>) -> Result<()> {
        match op {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => {
                self.skipped_blocks += 1;
            }
            // Unsupported blocks of other proposals would unbalance the nesting.
            Operator::TryTable { .. } | Operator::Try { .. } => self.skipped_blocks += 1,
            Operator::End if self.skipped_blocks > 0 => self.skipped_blocks -= 1,
            Operator::End => self.end()?,
            Operator::Else if self.skipped_blocks == 0 => self.enter_else()?,
            _ => {}
        }
        Ok(())
    }

    /// A trap that ends the block.
    pub(crate) fn trap(&mut self, code: TrapCode) {
        // Of a block that only traps, Cranelift would make a conditional trap where the branch is, and backtraces
        // would name the branch. With this, which is no code, the block has something else in it.
        self.builder.ins().nop();
        if let Some(block) = self.builder.current_block()
            && self.builder.func.layout.entry_block() != Some(block)
        {
            self.builder.set_cold_block(block);
        }
        self.builder.ins().trap(trap::to_cranelift(code));
        self.reachable = false;
    }

    /// A block with parameters.
    pub(crate) fn new_block(&mut self, params: &[Slot]) -> Block {
        let block = self.builder.create_block();
        for slot in params {
            let value = self.builder.append_block_param(block, slot.ty);
            if slot.collectable {
                self.builder.declare_value_needs_stack_map(value);
            }
        }
        block
    }

    fn signature(&self, ty: BlockType) -> Result<Signature> {
        let slots = |types: &[ValType]| types.iter().map(|ty| Slot::from(*ty)).collect();
        Ok(match ty {
            BlockType::Empty => Signature {
                params: Vec::new(),
                results: Vec::new(),
            },
            BlockType::Type(ty) => Signature {
                params: Vec::new(),
                results: vec![Slot::in_body(self.module, ty)?],
            },
            BlockType::FuncType(index) => {
                let ty: &FuncType = &self
                    .module
                    .registry
                    .func_type(*lookup(&self.module.types, index)?);
                Signature {
                    params: slots(&ty.params),
                    results: slots(&ty.results),
                }
            }
        })
    }

    pub(crate) fn height_below(&self, params: usize) -> Result<usize> {
        self.stack
            .len()
            .checked_sub(params)
            .ok_or_else(|| internal("the operand stack is too short for a block"))
    }

    fn enter_block(&mut self, ty: BlockType) -> Result<()> {
        let signature = self.signature(ty)?;
        self.save_operands(signature.params.len())?;
        let exit = self.new_block(&signature.results);
        self.control.push(Frame {
            kind: FrameKind::Block,
            exit,
            exit_used: false,
            height: self.height_below(signature.params.len())?,
            params: signature.params.len(),
            results: signature.results.len(),
        });
        Ok(())
    }

    fn enter_loop(&mut self, ty: BlockType) -> Result<()> {
        let signature = self.signature(ty)?;
        let count = signature.params.len();
        self.save_operands(count)?;
        let header = self.new_block(&signature.params);
        let height = self.height_below(count)?;
        let args = block_args(&self.top(count)?);
        self.builder.ins().jump(header, &args);
        self.enter_from_buffer(header)?;
        self.builder.switch_to_block(header);
        self.replace_operands(height, header, count);
        let kind = FrameKind::Loop(self.new_loop(header, &signature.params));
        let exit = self.new_block(&signature.results);
        self.control.push(Frame {
            kind,
            exit,
            exit_used: false,
            height,
            params: count,
            results: signature.results.len(),
        });
        self.check_interruption()?;
        self.check_fuel()?;
        Ok(())
    }

    fn enter_if(&mut self, ty: BlockType) -> Result<()> {
        let condition = self.pop()?;
        let signature = self.signature(ty)?;
        self.save_operands(signature.params.len())?;
        let exit = self.new_block(&signature.results);
        let then = self.builder.create_block();
        let otherwise = self.builder.create_block();
        let height = self.height_below(signature.params.len())?;
        let params = self.stack[height..].into();
        self.builder.ins().brif(condition, then, [], otherwise, []);
        self.builder.seal_block(then);
        self.builder.seal_block(otherwise);
        self.builder.switch_to_block(then);
        self.control.push(Frame {
            kind: FrameKind::If { otherwise, params },
            exit,
            exit_used: false,
            height,
            params: signature.params.len(),
            results: signature.results.len(),
        });
        Ok(())
    }

    /// Ends the first arm of an `if` and starts the other, if that has not happened yet.
    fn enter_else(&mut self) -> Result<()> {
        if self.reachable {
            self.jump_to_exit()?;
        }
        let frame = self.innermost()?;
        let FrameKind::If { otherwise, params } =
            std::mem::replace(&mut frame.kind, FrameKind::Block)
        else {
            return Err(internal("`else` without `if`"));
        };
        let height = frame.height;
        self.stack.truncate(height);
        self.stack.extend_from_slice(&params);
        self.builder.switch_to_block(otherwise);
        self.reachable = true;
        Ok(())
    }

    pub(crate) fn innermost(&mut self) -> Result<&mut Frame> {
        self.control
            .last_mut()
            .ok_or_else(|| internal("no enclosing block"))
    }

    /// Goes where the outermost block of an inlined function ends.
    fn return_to_caller(&mut self, values: &[Value]) -> Result<()> {
        let outermost = self.control.len().saturating_sub(1);
        let (exit, _) = self.destination(outermost as u32)?;
        self.builder.ins().jump(exit, &block_args(values));
        Ok(())
    }

    pub(crate) fn jump_to_exit(&mut self) -> Result<()> {
        let frame = self.innermost()?;
        frame.exit_used = true;
        let (exit, results) = (frame.exit, frame.results);
        let args = block_args(&self.top(results)?);
        self.builder.ins().jump(exit, &args);
        Ok(())
    }

    /// Closes the innermost block.
    fn end(&mut self) -> Result<()> {
        if matches!(self.innermost()?.kind, FrameKind::If { .. }) {
            // An absent `else` passes the parameters on.
            self.enter_else()?;
        }
        if self.enter_next_copy()? {
            return Ok(());
        }
        let frame = self
            .control
            .pop()
            .ok_or_else(|| internal("no enclosing block"))?;
        if let FrameKind::Loop(this) = &frame.kind {
            self.builder.seal_block(this.header);
        }
        if frame.exit_used {
            if self.reachable {
                let args = block_args(&self.top(frame.results)?);
                self.builder.ins().jump(frame.exit, &args);
            }
            self.builder.seal_block(frame.exit);
            self.builder.switch_to_block(frame.exit);
            self.replace_operands(frame.height, frame.exit, frame.results);
            self.reachable = true;
        }
        self.restore_operands(self.control.last().map_or(0, |f| f.height), frame.height);
        if self.control.is_empty() && self.reachable && !self.inliner.is_inlined() {
            let values = self.top(frame.results)?;
            self.emit_return(&values)?;
            self.reachable = false;
        }
        if !self.reachable {
            self.stack.truncate(frame.height);
        }
        Ok(())
    }

    /// Cuts the operand stack to `height` and pushes the first `count` parameters of `block`.
    pub(crate) fn replace_operands(&mut self, height: usize, block: Block, count: usize) {
        self.stack.truncate(height);
        self.stack
            .extend_from_slice(&self.builder.block_params(block)[..count]);
    }

    /// Destination and arguments of a branch to the frame at `depth`.
    fn branch(&mut self, depth: u32) -> Result<(Block, Vec<BlockArg>)> {
        let (block, count) = self.destination(depth)?;
        Ok((block, block_args(&self.top(count)?)))
    }

    fn destination(&mut self, depth: u32) -> Result<(Block, usize)> {
        let frame = self
            .control
            .len()
            .checked_sub(1 + depth as usize)
            .and_then(|index| self.control.get_mut(index))
            .ok_or_else(|| internal("branch to a block that does not exist"))?;
        Ok(match &mut frame.kind {
            FrameKind::Loop(this) => (this.target(), frame.params),
            FrameKind::Block | FrameKind::If { .. } => {
                frame.exit_used = true;
                (frame.exit, frame.results)
            }
        })
    }

    fn branch_if(&mut self, condition: Value, block: Block, args: &[BlockArg]) {
        let next = self.builder.create_block();
        self.builder.ins().brif(condition, block, args, next, []);
        self.builder.seal_block(next);
        self.builder.switch_to_block(next);
    }

    fn branch_table(&mut self, table: &BrTable<'_>) -> Result<()> {
        let index = self.pop()?;
        let (_, count) = self.destination(table.default())?;
        let args = block_args(&self.top(count)?);
        if let Some(choices) = self.few_choices(table)? {
            return self.choose(index, &choices, table.default(), &args);
        }
        let default = self.table_entry(table.default(), &args)?;
        let mut entries = Vec::with_capacity(table.len() as usize);
        for depth in table.targets() {
            let depth = depth.map_err(|error| internal(error.to_string()))?;
            entries.push(self.table_entry(depth, &args)?);
        }
        let table = self
            .builder
            .create_jump_table(JumpTableData::new(default, &entries));
        self.builder.ins().br_table(index, table);
        self.reachable = false;
        Ok(())
    }

    /// Indices and targets of the entries that are not the default, if they are few.
    fn few_choices(&self, table: &BrTable<'_>) -> Result<Option<Vec<(u32, u32)>>> {
        let mut choices = Vec::new();
        for (index, depth) in (0..).zip(table.targets()) {
            let depth = depth.map_err(|error| internal(error.to_string()))?;
            if depth != table.default() {
                choices.push((index, depth));
            }
            if choices.len() > MOST_COMPARISONS || !self.optimizations.few_choices {
                return Ok(None);
            }
        }
        Ok(Some(choices))
    }

    /// Branches to the choice that `index` is, with comparisons, which processors predict better than a table.
    fn choose(
        &mut self,
        index: Value,
        choices: &[(u32, u32)],
        default: u32,
        args: &[BlockArg],
    ) -> Result<()> {
        for (choice, depth) in choices {
            let (target, _) = self.destination(*depth)?;
            let choice = self.i32_const(*choice);
            let same = self.builder.ins().icmp(IntCC::Equal, index, choice);
            self.branch_if(same, target, args);
        }
        let (default, _) = self.destination(default)?;
        self.builder.ins().jump(default, args);
        self.reachable = false;
        Ok(())
    }

    fn table_entry(&mut self, depth: u32, args: &[BlockArg]) -> Result<BlockCall> {
        let (block, _) = self.destination(depth)?;
        let pool = &mut self.builder.func.dfg.value_lists;
        Ok(BlockCall::new(block, args.iter().copied(), pool))
    }
}
