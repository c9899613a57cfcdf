//! Entering a function at a loop header, with what baseline code had in its frame.
//!
//! The whole body is translated, but its start has no predecessor, so that Cranelift removes what only leads from
//! there to the loop; the entry jumps to the header instead. Values that the loop does not get as its parameters and
//! that code behind it uses come from both sides: locals are variables anyway, and the operands below the blocks
//! around the loop are variables, too, from where these blocks start to where they end.

use bolide_abi::{OSR_BUFFER_SLOT, OsrLoop, STORE_OSR_BUFFER};
use cranelift_codegen::ir::{Block, InstBuilder, Value, types};
use cranelift_frontend::Variable;
use wasmparser::{FunctionBody, Operator};

use crate::slot::Slot;
use crate::translate::{Result, TRUSTED, Translator, internal, malformed};

/// State of a translation that starts at a loop.
#[derive(Debug)]
pub(crate) struct Osr<'a> {
    at: &'a OsrLoop,
    /// Byte offsets of the blocks around the loop and of the loop, outermost first.
    around: Vec<u32>,
    /// How many of them have been reached.
    reached: usize,
    /// How many of them are open; the function itself counts.
    open: usize,
    /// The OSR buffer.
    buffer: Value,
    /// Where the entry goes when all values are loaded.
    entry: Option<Block>,
    /// Operands at the header, the loop's parameters included.
    operands: Vec<Variable>,
    /// How many of them are up to date on the way from the function's start.
    saved: usize,
}

impl<'a> Osr<'a> {
    pub(crate) fn new(at: &'a OsrLoop, body: &FunctionBody<'_>) -> Result<Osr<'a>> {
        Ok(Osr {
            at,
            around: blocks_around(at.wasm_offset, body)?,
            reached: 0,
            open: 0,
            buffer: Value::from_u32(0),
            entry: None,
            operands: Vec::new(),
            saved: 0,
        })
    }
}

/// Byte offsets of the blocks that are open behind the `loop` instruction at `offset`.
fn blocks_around(offset: u32, body: &FunctionBody<'_>) -> Result<Vec<u32>> {
    let mut open = Vec::new();
    let mut reader = body.get_operators_reader().map_err(malformed)?;
    while !reader.eof() {
        let (op, at) = reader.read_with_offset().map_err(malformed)?;
        match op {
            Operator::Block { .. }
            | Operator::Loop { .. }
            | Operator::If { .. }
            | Operator::Try { .. }
            | Operator::TryTable { .. } => open.push(at as u32),
            Operator::End => {
                open.pop();
            }
            _ => {}
        }
        if at == u64::from(offset) && matches!(op, Operator::Loop { .. }) {
            return Ok(open);
        }
    }
    Err(internal(format!("there is no loop at {offset:#x}")))
}

impl Translator<'_, '_> {
    /// Finds the OSR buffer.
    pub(crate) fn open_buffer(&mut self) {
        if self.osr.is_none() {
            return;
        }
        let buffer = self.load_store_field(types::I64, STORE_OSR_BUFFER);
        if let Some(osr) = &mut self.osr {
            osr.buffer = buffer;
        }
    }

    /// A value of the OSR buffer.
    pub(crate) fn read_buffer(&mut self, index: usize, slot: Slot) -> Option<Value> {
        let buffer = self.osr.as_ref()?.buffer;
        let offset = index as i32 * OSR_BUFFER_SLOT as i32;
        let value = self.builder.ins().load(slot.ty, TRUSTED, buffer, offset);
        Some(value)
    }

    /// Loads the operands from the OSR buffer, and goes on at the start of the function, which nothing reaches.
    pub(crate) fn finish_entry(&mut self) -> Result<()> {
        let Some(osr) = &self.osr else {
            return Ok(());
        };
        let at = osr.at;
        let locals = self.locals.len();
        let operands = at
            .slots
            .get(locals..)
            .ok_or_else(|| internal("a loop with too few locals"))?;
        let mut variables = Vec::with_capacity(operands.len());
        for (index, operand) in operands.iter().enumerate() {
            let slot = Slot::from(operand.ty);
            let variable = self.declare_variable(slot);
            if let Some(value) = self.read_buffer(locals + index, slot) {
                self.builder.def_var(variable, value);
            }
            variables.push(variable);
        }
        let entry = self.builder.create_block();
        let start = self.builder.create_block();
        self.builder.ins().jump(entry, []);
        self.builder.seal_block(entry);
        self.builder.seal_block(start);
        self.builder.switch_to_block(start);
        if let Some(osr) = &mut self.osr {
            osr.entry = Some(entry);
            osr.operands = variables;
        }
        Ok(())
    }

    /// A block starts at the current instruction: if the loop is in it, or it is the loop, the operands below the
    /// block's parameters become variables.
    pub(crate) fn save_operands(&mut self, params: usize) -> Result<()> {
        let offset = self.offset;
        let height = self.height_below(params)?;
        let Some(osr) = &mut self.osr else {
            return Ok(());
        };
        if osr.around.get(osr.reached) != Some(&offset) {
            return Ok(());
        }
        osr.reached += 1;
        let saved = std::mem::replace(&mut osr.saved, height);
        let variables = osr
            .operands
            .get(saved..height)
            .ok_or_else(|| internal("a loop with too few operands"))?
            .to_vec();
        for (index, variable) in (saved..).zip(variables) {
            let value = self.canonical(self.stack[index]);
            self.builder
                .try_def_var(variable, value)
                .map_err(|error| internal(error.to_string()))?;
        }
        Ok(())
    }

    /// Lets the entry jump to the header of the loop that starts at the current instruction, if that is the loop. The
    /// current block must have its end.
    pub(crate) fn enter_from_buffer(&mut self, header: Block) -> Result<()> {
        let offset = self.offset;
        let Some(osr) = &mut self.osr else {
            return Ok(());
        };
        if osr.at.wasm_offset != offset {
            return Ok(());
        }
        let Some(entry) = osr.entry.take() else {
            return Err(internal("a loop is entered twice"));
        };
        if osr.operands.len() != self.stack.len() {
            return Err(internal("a loop with another number of operands"));
        }
        // The function, and those around and the loop itself.
        osr.open = 1 + osr.around.len();
        let params = osr.operands[osr.saved..].to_vec();
        self.builder.switch_to_block(entry);
        let args: Vec<Value> = params.iter().map(|v| self.builder.use_var(*v)).collect();
        let args = crate::control::block_args(&args);
        self.builder.ins().jump(header, &args);
        Ok(())
    }

    /// A block has ended, and the operands below it can be used again: `parent` is their number below the block
    /// that is the innermost now, `height` that below the one that has ended.
    pub(crate) fn restore_operands(&mut self, parent: usize, height: usize) {
        let open = self.control.len();
        let Some(osr) = &mut self.osr else {
            return;
        };
        if osr.open != open + 1 {
            return;
        }
        osr.open = open;
        if !self.reachable {
            return;
        }
        let variables = osr.operands[parent..height].to_vec();
        for (operand, variable) in self.stack[parent..].iter_mut().zip(variables) {
            *operand = self.builder.use_var(variable);
        }
    }

    /// Whether the loop was found.
    pub(crate) fn check_entry(&self) -> Result<()> {
        match &self.osr {
            Some(osr) if osr.entry.is_some() => Err(internal(format!(
                "the loop at {:#x} cannot be reached",
                osr.at.wasm_offset
            ))),
            _ => Ok(()),
        }
    }
}
