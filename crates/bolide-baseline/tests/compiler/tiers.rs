//! Code that counts, and its tables.

use bolide_abi::{CompileError, CompiledFunction, NOT_IN_A_LOOP, RelocTarget};
use bolide_baseline::BaselineCompiler;
use iced_x86::{Mnemonic, OpKind, Register};

use crate::check::{Subject, check, configurations, instructions};

fn compile_counting(module: &str) -> Result<CompiledFunction, CompileError> {
    let compiler = BaselineCompiler::new(configurations()[0]);
    let function = Subject::text(module).compile_counting(&compiler, 0)?;
    check(&function);
    Ok(function)
}

#[test]
fn recursion_finds_code_that_is_published_meanwhile() {
    for call in ["(call 0 (local.get 0))", "(return_call 0 (local.get 0))"] {
        let module = format!("(module (func (param i32) (result i32) {call}))");
        let calls_itself = |function: &CompiledFunction| {
            let mut relocs = function.relocs.iter();
            relocs.any(|reloc| matches!(reloc.target, RelocTarget::SelfStart))
        };
        let counting = compile_counting(&module).unwrap();
        assert!(!calls_itself(&counting), "{call}");
        let compiler = BaselineCompiler::new(configurations()[0]);
        let plain = Subject::text(&module).compile(&compiler, 0).unwrap();
        assert!(calls_itself(&plain), "{call}");
    }
}

/// The loop indices that the code passes to the runtime, in ascending order.
fn reported_loops(function: &CompiledFunction) -> Vec<u32> {
    let code = instructions(function);
    let loads = code.iter().filter(|i| {
        i.mnemonic() == Mnemonic::Mov
            && i.op0_kind() == OpKind::Register
            && i.op0_register() == Register::EDX
            && i.op1_kind() == OpKind::Immediate32
    });
    let mut loops: Vec<u32> = loads.map(|i| i.immediate32()).collect();
    let zeroed = code.iter().any(|i| {
        i.mnemonic() == Mnemonic::Xor
            && i.op0_register() == Register::EDX
            && i.op1_register() == Register::EDX
    });
    loops.extend(zeroed.then_some(0));
    loops.sort_unstable();
    loops
}

#[test]
fn loops_beyond_a_limit_count_for_the_function() {
    let module = |locals: usize, loops: usize| {
        let locals = "i64 ".repeat(locals);
        let loops = "(loop (br_if 0 (local.get 0)))".repeat(loops);
        format!("(module (func (param i32) (local {locals}) {loops}))")
    };
    let few = compile_counting(&module(3, 3)).unwrap();
    assert_eq!(few.loops.len(), 3);
    assert_eq!(reported_loops(&few), [0, 1, 2, NOT_IN_A_LOOP]);
    for (locals, loops) in [(40_000, 4), (20_000, 4_000), (700, 400)] {
        let many = compile_counting(&module(locals, loops)).unwrap();
        let slots: usize = many.loops.iter().map(|at| at.slots.len()).sum();
        assert!(slots <= 1 << 16, "{slots} slots");
        assert!(many.loops.len() < loops);
        let reported = reported_loops(&many);
        let without = reported.iter().filter(|index| **index == NOT_IN_A_LOOP);
        assert_eq!(without.count(), 1 + loops - many.loops.len());
    }
}

#[test]
fn functions_with_too_many_references_at_calls_are_refused() {
    let module = |locals: usize, calls: usize| {
        let locals = "externref ".repeat(locals);
        let calls = "(call 1)".repeat(calls);
        format!("(module (func (local {locals}) {calls}) (func))")
    };
    let few = compile_counting(&module(50, 500)).unwrap();
    assert!(few.stack_maps.iter().all(|map| map.slots.len() == 50));
    for (locals, calls) in [(50_000, 8_000), (50_000, 1), (2_000, 600)] {
        let error = compile_counting(&module(locals, calls)).unwrap_err();
        assert!(matches!(error, CompileError::TooLarge(_)), "{error}");
    }
}
