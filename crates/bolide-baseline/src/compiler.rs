//! One pass over a function body that emits machine code.

use std::sync::Arc;

use bolide_abi::{
    CallTargets, CodegenOptions, CompileError, CompileMode, CompileRequest, CompiledFunction,
    Counters, FUNCTION_ENTRY_COST, OsrLoop, VmctxLayout,
};
use bolide_module::{FuncIndex, Module};
use wasmparser::{BinaryReader, FunctionBody, OperatorsReader, VisitOperator};

use crate::asm::{CodeOffset, Label};
use crate::control::Frame;
use crate::loops::LoopUses;
use crate::masm::{Kind, MacroAssembler, RegSet, Saved, Width};
use crate::memory::Heap;
use crate::merge::Move;
use crate::regs::{Cache, Local};
use crate::signature::{Signature, Signatures};
use crate::stack::Entry;
use crate::visitor::Unreachable;

/// Steps beyond one pass over the body that any function may take.
const BASE_WORK: usize = 1 << 20;
/// Steps that each byte of the body adds. esbuild, swc, Ruby and SQLite stay below.
const WORK_PER_BYTE: usize = 32;

/// Buffers of a compilation, kept for the next one.
#[derive(Debug)]
pub(crate) struct Workspace<M> {
    masm: M,
    locals: Vec<Local>,
    stack: Vec<Entry>,
    control: Vec<Frame>,
    moves: Vec<Move>,
    labels: Vec<Label>,
    branch_labels: Vec<Option<Label>>,
    signatures: Signatures,
    loop_uses: LoopUses,
}

impl<M> Workspace<M> {
    pub(crate) fn new(masm: M) -> Self {
        Workspace {
            masm,
            locals: Vec::new(),
            stack: Vec::new(),
            control: Vec::new(),
            moves: Vec::new(),
            labels: Vec::new(),
            branch_labels: Vec::new(),
            signatures: Signatures::default(),
            loop_uses: LoopUses::default(),
        }
    }
}

impl<M: MacroAssembler> Workspace<M> {
    /// Bytes of code that the buffers have room for.
    pub(crate) fn code_capacity(&mut self) -> usize {
        self.masm.buf().capacity()
    }
}

/// State of a compilation.
pub(crate) struct Compiler<'a, M> {
    pub(crate) masm: &'a mut M,
    pub(crate) options: &'a CodegenOptions,
    pub(crate) module: &'a Module,
    pub(crate) layout: &'a VmctxLayout,
    /// The function being compiled.
    pub(crate) func: FuncIndex,
    pub(crate) signature: Arc<Signature>,
    /// Its body, and the position in it of the instruction being compiled.
    body: &'a [u8],
    at: usize,
    /// Offset of the body in the module.
    body_start: u32,

    pub(crate) locals: Vec<Local>,
    /// The operand stack.
    pub(crate) stack: Vec<Entry>,
    /// Enclosing blocks, the function itself first.
    pub(crate) control: Vec<Frame>,
    pub(crate) moves: Vec<Move>,
    pub(crate) labels: Vec<Label>,
    pub(crate) branch_labels: Vec<Option<Label>>,
    pub(crate) signatures: &'a mut Signatures,
    pub(crate) loop_uses: &'a mut LoopUses,

    /// Registers of operands.
    pub(crate) busy: RegSet,
    /// Registers of locals.
    pub(crate) cache: Cache,
    /// Registers of locals that the current instruction uses.
    pub(crate) locked: RegSet,
    /// Where the search for a register to evict starts.
    pub(crate) victim: u8,
    /// Registers whose locals were used since registers were last looked through for one to evict.
    pub(crate) recent: RegSet,
    /// Loops that are open.
    pub(crate) open_loops: u32,
    /// How many operands at the bottom of the stack are constants or in their slots for good.
    pub(crate) settled: usize,
    /// Bytes below the frame pointer where the operands' slots begin.
    pub(crate) operands_from: u32,
    /// Bytes below the frame pointer of the lowest slot.
    pub(crate) frame_end: u32,
    pub(crate) saved: Saved,
    /// Where the locals are that are collectable references, in bytes below the frame pointer.
    pub(crate) reference_locals: Vec<u32>,
    /// Whether there may be collectable references in the frame.
    pub(crate) has_references: bool,
    /// Whether the current instruction can execute.
    pub(crate) reachable: bool,
    /// How many blocks were opened and not yet closed since code became unreachable.
    pub(crate) skipped_blocks: u32,
    /// Cost of the instructions since fuel was last charged.
    pub(crate) pending_fuel: i64,
    /// Memory 0.
    pub(crate) memory: Option<Heap>,
    /// Where the code counts how often it runs.
    pub(crate) counters: Option<Counters>,
    /// Where it notes what it calls.
    pub(crate) targets: Option<CallTargets>,
    /// Loops at whose headers it can be left.
    pub(crate) loops: Vec<OsrLoop>,
    /// Slots of all of these.
    pub(crate) loop_slots: usize,
    /// Slots of all stack maps.
    pub(crate) stack_map_slots: usize,
    /// Where branches that leave the function go.
    pub(crate) exit: Label,
    /// See [`Compiler::spend`].
    work: usize,
    failure: Option<CompileError>,
}

/// Compiles `request.func`.
pub(crate) fn function<M: MacroAssembler>(
    workspace: &mut Workspace<M>,
    options: &CodegenOptions,
    request: CompileRequest<'_>,
) -> Result<CompiledFunction, CompileError> {
    let module = request.module;
    let func = module.func_index(request.func);
    let Some(range) = module.bodies.get(request.func.index()) else {
        return Err(CompileError::Internal("the function has no body".into()));
    };
    if let CompileMode::Osr(entry) = request.mode {
        return Err(CompileError::Unsupported {
            what: "OSR entry".into(),
            offset: entry.wasm_offset,
        });
    }
    let body = module.body(request.func);
    workspace.masm.buf().clear();
    workspace.signatures.prepare(module);
    let signature = workspace
        .signatures
        .get(module, module.functions[func.index()]);
    let exit = workspace.masm.buf().label();
    let mut compiler = Compiler {
        masm: &mut workspace.masm,
        options,
        module,
        layout: request.layout,
        func,
        signature,
        body,
        at: 0,
        body_start: range.start,
        locals: std::mem::take(&mut workspace.locals),
        stack: std::mem::take(&mut workspace.stack),
        control: std::mem::take(&mut workspace.control),
        moves: std::mem::take(&mut workspace.moves),
        labels: std::mem::take(&mut workspace.labels),
        branch_labels: std::mem::take(&mut workspace.branch_labels),
        signatures: &mut workspace.signatures,
        loop_uses: &mut workspace.loop_uses,
        busy: RegSet::EMPTY,
        cache: Cache::EMPTY,
        locked: RegSet::EMPTY,
        victim: 0,
        recent: RegSet::EMPTY,
        open_loops: 0,
        settled: 0,
        operands_from: 0,
        frame_end: 0,
        saved: Saved::default(),
        reference_locals: Vec::new(),
        has_references: false,
        reachable: true,
        skipped_blocks: 0,
        pending_fuel: FUNCTION_ENTRY_COST,
        memory: None,
        counters: request.counters,
        targets: request.targets,
        loops: Vec::new(),
        loop_slots: 0,
        stack_map_slots: 0,
        exit,
        work: BASE_WORK + WORK_PER_BYTE * body.len(),
        failure: None,
    };
    compiler.locals.clear();
    compiler.stack.clear();
    compiler.control.clear();
    let result = compiler.compile();
    workspace.locals = compiler.locals;
    workspace.stack = compiler.stack;
    workspace.control = compiler.control;
    workspace.moves = compiler.moves;
    workspace.labels = compiler.labels;
    workspace.branch_labels = compiler.branch_labels;
    result
}

impl<M: MacroAssembler> Compiler<'_, M> {
    fn compile(&mut self) -> Result<CompiledFunction, CompileError> {
        let reader = BinaryReader::new(self.body, self.body_start.into());
        let body = FunctionBody::new(reader);
        let mut locals = body.get_locals_reader().map_err(malformed)?;
        let mut groups = Vec::new();
        for _ in 0..locals.get_count() {
            groups.push(locals.read().map_err(malformed)?);
        }
        let mut code = locals.get_binary_reader();
        self.memory = (!self.module.memories.is_empty()).then(|| self.heap(0));
        let prologue = self.enter_function(&groups, self.position(&code))?;
        if self.options.consume_fuel {
            self.operators_with_fuel(code)?;
        } else {
            while !code.eof() && self.failure.is_none() {
                self.start(self.position(&code));
                if self.reachable {
                    code.visit_operator(self).map_err(malformed)?;
                } else {
                    code.visit_operator(&mut Unreachable(self))
                        .map_err(malformed)?;
                }
            }
        }
        self.finish(prologue)
    }

    /// Like the loop over all operators, and charges for each.
    fn operators_with_fuel(&mut self, code: BinaryReader<'_>) -> Result<(), CompileError> {
        let mut reader = OperatorsReader::new(code);
        while !reader.eof() && self.failure.is_none() {
            let (op, offset) = reader.read_with_offset().map_err(malformed)?;
            self.start((offset as u32 - self.body_start) as usize);
            if self.reachable {
                self.count_fuel(&op);
                self.visit_operator(&op);
            } else {
                Unreachable(self).visit_operator(&op);
            }
        }
        Ok(())
    }

    fn position(&self, reader: &BinaryReader<'_>) -> usize {
        (reader.original_position() as u32 - self.body_start) as usize
    }

    /// Starts the instruction at this position.
    #[inline(always)]
    fn start(&mut self, at: usize) {
        self.at = at;
        self.locked = RegSet::EMPTY;
        let source = self.source();
        self.masm.buf().set_source(source);
    }

    pub(crate) fn rest_of_body(&self, from: usize) -> &[u8] {
        self.body.get(from..).unwrap_or(&[])
    }

    /// Position in the body of the current instruction.
    pub(crate) fn current(&self) -> usize {
        self.at
    }

    /// Most entries of a table of which `most` is enough for any function: in proportion to the
    /// body, so that the tables of many small functions are not large together, either.
    pub(crate) fn table_limit(&self, most: usize) -> usize {
        const ENTRIES_PER_BYTE: usize = 64;
        most.min(self.body.len() * ENTRIES_PER_BYTE)
    }

    /// Offset of a position of the body in the module.
    pub(crate) fn source_at(&self, at: usize) -> u32 {
        self.body_start + at as u32
    }

    /// Offset of the current instruction in the module.
    pub(crate) fn source(&self) -> u32 {
        self.source_at(self.at)
    }

    fn finish(&mut self, prologue: CodeOffset) -> Result<CompiledFunction, CompileError> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        if !self.control.is_empty() {
            return Err(CompileError::Internal(
                "the body ends inside a block".into(),
            ));
        }
        if self.frame_end >= MAX_FRAME {
            return Err(CompileError::TooLarge(format!(
                "its frame of {} bytes exceeds {MAX_FRAME}",
                self.frame_end
            )));
        }
        let frame = self.frame_end.next_multiple_of(16);
        let function = self.masm.finish(prologue, frame)?;
        Ok(CompiledFunction {
            loops: std::mem::take(&mut self.loops),
            ..function
        })
    }

    /// To be called before steps whose number does not depend on the length of the instruction: searches of the operand
    /// stack, copies of many values. Together they are limited, so that time and code are in proportion to the body
    /// whatever it is; the other compiler is better at what takes more.
    #[inline]
    pub(crate) fn spend(&mut self, steps: usize) {
        match self.work.checked_sub(steps) {
            Some(rest) => self.work = rest,
            None => self.give_up(),
        }
    }

    #[cold]
    fn give_up(&mut self) {
        self.work = 0;
        self.fail(CompileError::TooLarge(
            "it takes too long to compile in one pass".into(),
        ));
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.failure.is_some()
    }

    pub(crate) fn fail(&mut self, error: CompileError) {
        self.failure.get_or_insert(error);
    }

    /// The error of a state that validation excludes.
    #[cold]
    pub(crate) fn fail_internal(&mut self, what: &str) {
        let what = format!(
            "function {}, offset {:#x}: {what}",
            self.func.0,
            self.source()
        );
        self.fail(CompileError::Internal(what));
    }

    #[cold]
    pub(crate) fn unsupported(&mut self, what: String) {
        let offset = self.source();
        self.fail(CompileError::Unsupported { what, offset });
    }

    // What comes next.

    /// The bytes after the current instruction, if that is a single byte.
    #[inline]
    fn after(&self) -> &[u8] {
        self.body.get(self.at + 1..).unwrap_or(&[])
    }

    /// The bytes after the current instruction, for every instruction whose result a local may take from it.
    fn after_immediates(&self) -> &[u8] {
        let rest = self.after();
        match self.body.get(self.at) {
            Some(0x28..=0x35) => after_memory_argument(rest),
            Some(0x45..=0xc4) => rest,
            Some(0xfd) => after_vector_immediates(rest),
            _ => &[],
        }
    }

    /// The local that the next instruction sets, if it is `local.set` or `local.tee`.
    pub(crate) fn upcoming_set(&self) -> Option<u32> {
        match *self.after_immediates() {
            [0x21 | 0x22, low, ..] if low & 0x80 == 0 => Some(low.into()),
            [0x21 | 0x22, low, high, ..] if high & 0x80 == 0 => {
                Some(u32::from(low & 0x7f) | u32::from(high) << 7)
            }
            _ => None,
        }
    }

    /// Whether the next instruction takes a condition from the flags.
    pub(crate) fn condition_is_used(&self) -> bool {
        const BR_IF: u8 = 0x0d;
        const IF: u8 = 0x04;
        const SELECT: u8 = 0x1b;
        const I32_EQZ: u8 = 0x45;
        let next = match self.body.get(self.at) {
            Some(0xfd) => after_vector_immediates(self.after()),
            _ => self.after(),
        };
        // Charging fuel would overwrite the flags.
        !self.options.consume_fuel && matches!(next.first(), Some(&(BR_IF | IF | SELECT | I32_EQZ)))
    }

    /// Whether the next instruction only asks whether an integer is zero.
    pub(crate) fn zero_test_is_used(&self, width: Width) -> bool {
        const I64_EQZ: u8 = 0x50;
        match width {
            Width::W32 => self.condition_is_used(),
            Width::W64 => !self.options.consume_fuel && self.after().first() == Some(&I64_EQZ),
        }
    }

    /// The kind of a type that is written in a function body.
    pub(crate) fn kind_of(&self, ty: wasmparser::ValType) -> Kind {
        use wasmparser::ValType;
        match ty {
            ValType::I32 => Kind::I32,
            ValType::I64 => Kind::I64,
            ValType::F32 => Kind::F32,
            ValType::F64 => Kind::F64,
            ValType::V128 => Kind::V128,
            ValType::Ref(ty) if self.is_function(ty.heap_type()) => Kind::I64,
            ValType::Ref(_) => Kind::Ref,
        }
    }

    /// Whether references to a heap type are function references.
    pub(crate) fn is_function(&self, heap: wasmparser::HeapType) -> bool {
        use bolide_module::CompositeType;
        use wasmparser::{AbstractHeapType, HeapType};
        match heap {
            HeapType::Abstract { ty, .. } => {
                matches!(ty, AbstractHeapType::Func | AbstractHeapType::NoFunc)
            }
            HeapType::Concrete(index) | HeapType::Exact(index) => {
                let id = index
                    .as_module_index()
                    .and_then(|index| self.module.types.get(index as usize));
                id.is_some_and(|id| {
                    let ty = self.module.registry.get(*id);
                    matches!(ty.composite, CompositeType::Func(_))
                })
            }
        }
    }
}

fn skip(bytes: &[u8], count: usize) -> &[u8] {
    bytes.get(count..).unwrap_or(&[])
}

fn after_integer(bytes: &[u8]) -> &[u8] {
    let more = bytes.iter().take_while(|byte| **byte & 0x80 != 0).count();
    skip(bytes, more + 1)
}

/// Skips alignment and offset, and the memory if bit 6 of the alignment is set.
fn after_memory_argument(bytes: &[u8]) -> &[u8] {
    let names_memory = bytes.first().is_some_and(|align| align & 0x40 != 0);
    let rest = after_integer(after_integer(bytes));
    if names_memory {
        after_integer(rest)
    } else {
        rest
    }
}

/// Skips the number of a vector instruction and its immediates.
fn after_vector_immediates(bytes: &[u8]) -> &[u8] {
    // It may have more bytes than it needs.
    let rest = after_integer(bytes);
    let digits = bytes[..bytes.len() - rest.len()].iter();
    let number = digits
        .rev()
        .fold(0u64, |number, byte| number << 7 | u64::from(byte & 0x7f));
    match number {
        // Loads.
        0..=11 | 92 | 93 => after_memory_argument(rest),
        // Constants and shuffles.
        12 | 13 => skip(rest, 16),
        // Lanes in registers, and lanes that are loaded or stored.
        21..=34 => skip(rest, 1),
        84..=91 => skip(after_memory_argument(rest), 1),
        _ => rest,
    }
}

/// Frames are smaller than this, in bytes.
const MAX_FRAME: u32 = 1 << 28;

pub(crate) fn malformed(error: wasmparser::Error) -> CompileError {
    CompileError::Internal(format!("the body does not decode: {error}"))
}

#[cfg(test)]
mod tests {
    use super::after_vector_immediates;

    #[track_caller]
    fn check(instruction: &[u8]) {
        const NEXT: [u8; 2] = [0x21, 0];
        let code = [instruction, &NEXT].concat();
        assert_eq!(after_vector_immediates(&code), NEXT);
    }

    #[test]
    fn immediates_of_vector_instructions() {
        check(&[0x53]);
        check(&[0xae, 0x01]);
        check(&[0x85, 0x02]);
        check(&[0x00, 0x04, 0x80, 0x01]);
        check(&[0x00, 0x44, 0x01, 0x80, 0x01]);
        check(&[0x15, 0x03]);
        check(&[0x54, 0x00, 0x05, 0x0f]);
        check(&[&[0x0c][..], &[0x21; 16]].concat());
        check(&[&[0x0d][..], &[0x1b; 16]].concat());
        // Numbers with more bytes than they need.
        check(&[&[0x8d, 0x80, 0x80, 0x80, 0x00][..], &[0x21; 16]].concat());
        check(&[0x95, 0x80, 0x00, 0x21]);
        check(&[0xd3, 0x80, 0x80, 0x00]);
    }
}
