//! What must hold for every compiled function.

use std::collections::BTreeSet;
use std::sync::Arc;

use bolide_abi::{
    CodegenOptions, CompileError, CompileRequest, CompiledFunction, Counters, FunctionCompiler,
    MemoryTuning, VmctxLayout,
};
use bolide_baseline::BaselineCompiler;
use bolide_module::{DefinedFuncIndex, Features, Module, TypeRegistry};
use iced_x86::{Code, Decoder, DecoderOptions, FlowControl, Instruction, Mnemonic, OpKind};

/// Bytes of the instruction that traps out of line.
const UD2_SIZE: u32 = 2;

/// Ways to configure the compiler that lead to different code.
pub(crate) fn configurations() -> Vec<CodegenOptions> {
    let guarded = CodegenOptions {
        memory: MemoryTuning {
            reservation: 1 << 32,
            guard: 32 << 20,
        },
        consume_fuel: false,
        interruption: false,
        canonicalize_nans: false,
        deterministic_relaxed_simd: false,
        fused_multiply_add: false,
    };
    let checked = CodegenOptions {
        memory: MemoryTuning {
            reservation: 0,
            guard: 64 << 10,
        },
        consume_fuel: true,
        interruption: true,
        canonicalize_nans: true,
        deterministic_relaxed_simd: true,
        fused_multiply_add: true,
    };
    vec![guarded, checked]
}

/// A module and what is needed to compile its functions.
pub(crate) struct Subject {
    module: Module,
    layout: VmctxLayout,
}

impl Subject {
    /// `None` if the module is not valid, too large, or refused when it is loaded.
    pub(crate) fn new(bytes: Vec<u8>) -> Option<Subject> {
        let registry = Arc::new(TypeRegistry::new());
        let module = Module::new(&registry, Features::default(), bytes.into()).ok()?;
        let layout = VmctxLayout::new(&module)?;
        (module.unsupported.is_none()).then_some(Subject { module, layout })
    }

    pub(crate) fn text(text: &str) -> Subject {
        let registry = Arc::new(TypeRegistry::new());
        let module = Module::from_text(&registry, Features::default(), text).unwrap();
        let layout = VmctxLayout::new(&module).unwrap();
        Subject { module, layout }
    }

    pub(crate) fn function_count(&self) -> u32 {
        self.module.bodies.len() as u32
    }

    pub(crate) fn compile(
        &self,
        compiler: &BaselineCompiler,
        func: u32,
    ) -> Result<CompiledFunction, CompileError> {
        compiler.compile(self.request(func))
    }

    /// Like `compile`, with code that counts how often it runs.
    pub(crate) fn compile_counting(
        &self,
        compiler: &BaselineCompiler,
        func: u32,
    ) -> Result<CompiledFunction, CompileError> {
        let counters = Counters {
            base: 0x7000_0000_0000,
            entry_weight: 257,
            loop_weight: 256,
        };
        compiler.compile(CompileRequest {
            counters: Some(counters),
            ..self.request(func)
        })
    }

    fn request(&self, func: u32) -> CompileRequest<'_> {
        CompileRequest::new(&self.module, &self.layout, DefinedFuncIndex(func))
    }
}

/// The instructions of a function, without the constants that follow them.
pub(crate) fn instructions(function: &CompiledFunction) -> Vec<Instruction> {
    // Constants come from no instruction, and so do prologue and stack overflow.
    let end = match function.address_map.last() {
        Some(last) if last.wasm == u32::MAX => {
            let traps = function.traps.iter().map(|site| site.offset + UD2_SIZE);
            traps.fold(last.code, u32::max) as usize
        }
        _ => function.code.len(),
    };
    let options = DecoderOptions::NONE;
    let mut decoder = Decoder::with_ip(64, &function.code[..end], 0, options);
    decoder.iter().collect()
}

/// Panics if something is wrong with the code or its tables.
pub(crate) fn check(function: &CompiledFunction) {
    let code = instructions(function);
    let starts: BTreeSet<u32> = code.iter().map(|i| i.ip() as u32).collect();
    let ends: BTreeSet<u32> = code.iter().map(|i| i.next_ip() as u32).collect();
    for instruction in &code {
        assert_ne!(
            instruction.code(),
            Code::INVALID,
            "at {:#x}",
            instruction.ip()
        );
        check_target(function, instruction, &starts);
    }
    check_traps(function, &code);
    check_order(function.address_map.iter().map(|entry| entry.code));
    for entry in &function.address_map {
        let known = starts.contains(&entry.code) || entry.wasm == u32::MAX;
        assert!(known, "{entry:?} is inside of an instruction");
    }
    check_order(function.stack_maps.iter().map(|map| map.return_offset));
    for map in &function.stack_maps {
        let call = code
            .iter()
            .find(|i| i.next_ip() as u32 == map.return_offset)
            .unwrap_or_else(|| panic!("{map:?} is inside of an instruction"));
        assert_eq!(call.mnemonic(), Mnemonic::Call, "{map:?}");
    }
    for reloc in &function.relocs {
        assert!(
            !reloc.absolute && ends.contains(&(reloc.offset + 4)),
            "{reloc:?}"
        );
    }
}

fn check_order(mut offsets: impl Iterator<Item = u32>) {
    let mut last = None;
    assert!(
        offsets.all(|offset| last.replace(offset).is_none_or(|last| last < offset)),
        "a table is not in order"
    );
}

/// Jumps go to instructions; relative operands lie in the function.
fn check_target(function: &CompiledFunction, instruction: &Instruction, starts: &BTreeSet<u32>) {
    let at = instruction.ip() as u32;
    let relocated = (function.relocs.iter()).any(|r| (at..at + 8).contains(&r.offset));
    let near = matches!(
        instruction.flow_control(),
        FlowControl::ConditionalBranch | FlowControl::UnconditionalBranch | FlowControl::Call
    ) && instruction.op0_kind() == OpKind::NearBranch64;
    if near && !relocated {
        let target = instruction.near_branch_target() as u32;
        assert!(starts.contains(&target), "{at:#x} jumps to {target:#x}");
    }
    if instruction.is_ip_rel_memory_operand() {
        let target = instruction.ip_rel_memory_address() as usize;
        // A table without entries may be last.
        assert!(
            target <= function.code.len(),
            "{at:#x} refers to {target:#x}"
        );
    }
}

/// A trap site is a `ud2` or an access to memory, and there is no `ud2` without one.
fn check_traps(function: &CompiledFunction, code: &[Instruction]) {
    check_order(function.traps.iter().map(|site| site.offset));
    let find = |offset: u32| code.binary_search_by_key(&u64::from(offset), Instruction::ip);
    for site in &function.traps {
        let index = find(site.offset).unwrap_or_else(|_| panic!("{site:?} is no instruction"));
        let instruction = &code[index];
        let accesses = (0..instruction.op_count())
            .any(|operand| instruction.op_kind(operand) == OpKind::Memory);
        assert!(
            accesses || instruction.mnemonic() == Mnemonic::Ud2,
            "{site:?} cannot trap"
        );
    }
    for instruction in code.iter().filter(|i| i.mnemonic() == Mnemonic::Ud2) {
        let at = instruction.ip() as u32;
        let known = function.traps.binary_search_by_key(&at, |site| site.offset);
        assert!(known.is_ok(), "no trap code for {at:#x}");
    }
}
