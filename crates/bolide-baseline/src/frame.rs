//! Function entry, and stack maps.

use bolide_abi::{ArgLoc, CompileError, MEMORY_BASE};

use crate::asm::{CodeBuffer, CodeOffset};
use crate::compiler::Compiler;
use crate::masm::{Address, Extend, Kind, MacroAssembler, Saved, Width};
use crate::regs::Local;
use crate::stack::{Loc, slot_after};

/// Functions of more bytes have more locals at a time than the other registers hold.
const LONG_BODY: usize = 400;

/// First byte of a `loop`, and the bytes that a block type starts with.
const LOOP: u8 = 0x03;
const BLOCK_TYPES: [u8; 10] = [0x40, 0x7f, 0x7e, 0x7d, 0x7c, 0x7b, 0x70, 0x6f, 0x63, 0x64];

/// Most slots of all stack maps of a function together. Each call lists all locals that are
/// references, so that without a limit many calls and many locals multiply.
const MAX_STACK_MAP_SLOTS: usize = 1 << 20;

impl<M: MacroAssembler> Compiler<'_, M> {
    /// Emits everything before the first instruction.
    pub(crate) fn enter_function(
        &mut self,
        groups: &[(u32, wasmparser::ValType)],
        code_start: usize,
    ) -> Result<CodeOffset, CompileError> {
        let code = self.rest_of_body(code_start);
        let static_memory = self.memory.filter(|heap| heap.is_static());
        self.saved = Saved {
            memory_base: static_memory.is_some() && may_access_memory(code),
            preserved: code.len() > LONG_BODY || has_loop(code),
            argument_bytes: self.signature.stack_bytes,
        };
        self.masm.buf().set_source(CodeBuffer::NO_SOURCE);
        let saved = self.saved;
        let prologue = self.masm.prologue(&saved);
        if let Some(heap) = static_memory
            && saved.memory_base
        {
            let definition = self.definition(heap.place, M::MEMORY_BASE, MEMORY_BASE);
            self.masm.load(Kind::I64, M::MEMORY_BASE, definition, None);
        }
        self.frame_end = M::FRAME_HEADER;
        self.enter_params();
        self.zero_locals(groups);
        self.frame_end = self.frame_end.next_multiple_of(16);
        self.operands_from = self.frame_end;
        self.has_references |= !self.reference_locals.is_empty();
        self.push_function_frame();
        let source = self.source_at(0);
        self.masm.buf().set_source(source);
        self.count_entry();
        self.check_interruption();
        self.check_fuel();
        Ok(prologue)
    }

    fn add_local(&mut self, kind: Kind) -> u32 {
        let below = slot_after(self.frame_end, kind);
        self.frame_end = below;
        if kind == Kind::Ref {
            self.reference_locals.push(below);
        }
        self.locals.push(Local {
            kind,
            below,
            reg: None,
            pending: 0,
        });
        below
    }

    /// Parameters stay in the registers that they come in.
    fn enter_params(&mut self) {
        let signature = self.signature.clone();
        let params = signature.params.iter().zip(&signature.param_locs);
        for (index, (&kind, &loc)) in params.enumerate() {
            let below = self.add_local(kind);
            let reg = match loc {
                ArgLoc::Int(position) => M::int_argument(position),
                ArgLoc::Float(position) => M::float_argument(position),
                ArgLoc::Stack(offset) => {
                    let scratch = if kind.is_float() {
                        M::FLOAT_SCRATCH
                    } else {
                        M::SCRATCH
                    };
                    self.masm.load_parameter(kind, scratch, offset);
                    self.masm.store_frame(kind, below, scratch);
                    continue;
                }
            };
            if kind == Kind::I32 {
                self.masm.extend(Extend::U32, Width::W32, reg, reg);
            }
            self.remember(reg, index as u32, true);
        }
    }

    fn zero_locals(&mut self, groups: &[(u32, wasmparser::ValType)]) {
        let low = self.frame_end;
        for &(count, ty) in groups {
            let kind = self.kind_of(ty);
            for _ in 0..count {
                self.add_local(kind);
            }
        }
        self.masm.zero_frame(low, self.frame_end);
    }

    /// The current position is the return address of a call: records where references are.
    pub(crate) fn record_stack_map(&mut self) {
        if !self.has_references {
            return;
        }
        self.spend(self.stack.len());
        let operands = self.stack.iter();
        let operands = operands.filter(|entry| entry.kind == Kind::Ref && entry.loc == Loc::Slot);
        let locals = self.reference_locals.iter().copied();
        let slots: Box<[u32]> = locals.chain(operands.map(|entry| entry.below)).collect();
        if slots.is_empty() {
            return;
        }
        self.stack_map_slots += slots.len();
        let limit = self.table_limit(MAX_STACK_MAP_SLOTS);
        if self.stack_map_slots > limit {
            let why = format!("its stack maps have more than {limit} slots");
            return self.fail(CompileError::TooLarge(why));
        }
        self.masm.buf().stack_map(slots);
    }

    /// The address of a field of a definition. Uses `temporary` if the definition is elsewhere.
    pub(crate) fn definition(
        &mut self,
        place: bolide_abi::Place,
        temporary: crate::masm::Reg,
        field: u32,
    ) -> Address {
        match place {
            bolide_abi::Place::Inline(offset) => Address::base(M::VMCTX, offset + field),
            bolide_abi::Place::Indirect(offset) => {
                let pointer = Address::base(M::VMCTX, offset);
                self.masm.load(Kind::I64, temporary, pointer, None);
                Address::base(temporary, field)
            }
        }
    }
}

/// Whether there may be a `loop` in the code. Immediates that look like one are taken for it.
fn has_loop(code: &[u8]) -> bool {
    code.windows(2)
        .any(|pair| pair[0] == LOOP && (BLOCK_TYPES.contains(&pair[1])))
}

/// Whether there may be an access to a memory in the code. Immediates that look like one are taken
/// for it.
fn may_access_memory(code: &[u8]) -> bool {
    code.iter()
        .any(|byte| matches!(byte, 0x28..=0x3e | 0xfd | 0xfe))
}
