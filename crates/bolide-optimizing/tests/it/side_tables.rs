//! Traps, relocations, source positions and stack maps of compiled functions.

use bolide_abi::{
    CompileRequest, CompiledFunction, FunctionCompiler, Optimizations, RelocTarget, TrapCode,
    VmctxLayout,
};
use bolide_module::DefinedFuncIndex;
use bolide_optimizing::OptimizingCompiler;

use super::{EVERY_OPTION, OPTIONS, compile, from_text};

fn first(text: &str) -> CompiledFunction {
    let compiler = OptimizingCompiler::new(OPTIONS).unwrap();
    compile(&compiler, &from_text(text)).unwrap().remove(0)
}

/// The trap codes of the first function, each once, in the order of their sites.
fn traps(text: &str) -> Vec<TrapCode> {
    let function = first(text);
    assert!(function.traps.is_sorted_by_key(|site| site.offset));
    let mut codes: Vec<TrapCode> = Vec::new();
    for site in &function.traps {
        assert!((site.offset as usize) < function.code.len());
        if !codes.contains(&site.code) {
            codes.push(site.code);
        }
    }
    codes.sort_by_key(|code| *code as u8);
    codes
}

#[test]
fn trap_sites() {
    use TrapCode::*;
    let check = |body: &str, expected: &[TrapCode]| {
        let module = format!(
            "(module (memory 1) (table 1 5 funcref) (type $t (func)) (rec (type $open (sub (func))))
               (func (param i32 i64 f32 (ref null $t) externref) {body}))"
        );
        assert_eq!(traps(&module), expected, "{body}");
    };
    check("", &[]);
    check("unreachable", &[UnreachableCodeReached]);
    check(
        "(drop (i32.div_u (i32.const 1) (local.get 0)))",
        &[IntegerDivisionByZero],
    );
    check(
        "(drop (i32.div_s (i32.const 1) (local.get 0)))",
        &[IntegerOverflow, IntegerDivisionByZero],
    );
    check(
        "(drop (i32.trunc_f32_s (local.get 2)))",
        &[IntegerOverflow, BadConversionToInteger],
    );
    check("(drop (i32.load (local.get 0)))", &[MemoryOutOfBounds]);
    check(
        "(drop (i32.atomic.load (local.get 0)))",
        &[MemoryOutOfBounds, HeapMisaligned],
    );
    check("(drop (table.get 0 (local.get 0)))", &[TableOutOfBounds]);
    check(
        "(call_indirect (type $t) (local.get 0))",
        &[
            StackOverflow,
            IndirectCallToNull,
            BadSignature,
            IndirectCallOutOfBounds,
        ],
    );
    check(
        "(call_ref $t (local.get 3))",
        &[StackOverflow, NullReference],
    );
    check("(drop (ref.as_non_null (local.get 4)))", &[NullReference]);
}

#[test]
fn bounds_are_checked_where_guard_pages_do_not_reach() {
    let explicit = |memory: &str, access: &str| {
        let module = from_text(&format!(
            "(module (memory {memory}) (func (param $i i32) (param $j i64) (drop {access})))"
        ));
        let compiler = OptimizingCompiler::new(OPTIONS).unwrap();
        let layout = bolide_abi::VmctxLayout::new(&module).unwrap();
        let clif = compiler
            .clif(bolide_abi::CompileRequest::new(
                &module,
                &layout,
                bolide_module::DefinedFuncIndex(0),
            ))
            .unwrap();
        clif.contains("trapnz")
    };
    let guard = OPTIONS.memory.guard;
    assert!(!explicit("1", "(i32.load (local.get $i))"));
    let last = guard - 3;
    assert!(!explicit(
        "1",
        &format!("(i32.load offset={last} (local.get $i))")
    ));
    assert!(explicit(
        "1",
        &format!("(i32.load offset={guard} (local.get $i))")
    ));
    assert!(explicit("1", "(i32.load offset=4294967295 (local.get $i))"));
    assert!(explicit("i64 1", "(i32.load (local.get $j))"));
    assert!(explicit(
        "i64 1",
        "(i32.load offset=18446744073709551615 (local.get $j))"
    ));
    assert!(!explicit("i64 1", "(i32.load (i64.const 65532))"));
    assert!(explicit("i64 1", "(i32.load (i64.const 65533))"));
}

#[test]
fn recursion_is_relocated() {
    let module =
        from_text("(module (func $f (param i32) (call $f (local.get 0)) (call $f (local.get 0))))");
    let compiler = OptimizingCompiler::new(OPTIONS).unwrap();
    let compiler = compiler.with_optimizations(Optimizations::NONE);
    let function = compile(&compiler, &module).unwrap().remove(0);
    let targets: Vec<_> = function
        .relocs
        .iter()
        .map(|r| (r.target, r.absolute))
        .collect();
    assert_eq!(targets, [(RelocTarget::SelfStart, false); 2]);
    for reloc in &function.relocs {
        // `call rel32`
        assert_eq!(function.code[reloc.offset as usize - 1], 0xe8);
        assert_eq!(reloc.addend, -4);
    }
}

#[test]
fn inlined_calls_are_in_the_tables() {
    let text = "(module (memory 1)
        (func $f (param i32) (result i32) (i32.add (i32.const 1) (call $g (local.get 0))))
        (func $g (param i32) (result i32) (i32.div_u (i32.const 9) (call $h (local.get 0))))
        (func $h (param i32) (result i32) (i32.load (local.get 0))))";
    let function = first(text);
    assert!(function.relocs.is_empty());
    let inlining = &function.inlining;
    assert!(inlining.ranges.is_sorted_by_key(|range| range.code));
    let chain = |code| {
        let site = function
            .traps
            .iter()
            .find(|site| site.code == code)
            .unwrap();
        let calls = inlining.calls_at(site.offset);
        calls.map(|call| call.func.0).collect::<Vec<_>>()
    };
    assert_eq!(chain(TrapCode::MemoryOutOfBounds), [2, 1]);
    assert_eq!(chain(TrapCode::IntegerDivisionByZero), [1]);
    for call in &inlining.calls {
        assert_eq!(from_text(text).bytes.as_slice()[call.call as usize], 0x10);
    }
}

#[test]
fn what_cannot_be_compiled_is_not_inlined() {
    let text = "(module (type $s (struct)) (func (call $f)) (func $f (drop (struct.new $s))))";
    let module = from_text(text);
    let compiler = OptimizingCompiler::new(OPTIONS).unwrap();
    let layout = VmctxLayout::new(&module).unwrap();
    let compile = |func| {
        compiler.compile(CompileRequest::new(
            &module,
            &layout,
            DefinedFuncIndex(func),
        ))
    };
    assert!(compile(0).unwrap().inlining.calls.is_empty());
    assert!(compile(1).is_err());
}

#[test]
fn positions_are_module_offsets() {
    let text = "(module (func (param i32) (result i32) (i32.div_u (i32.const 9) (local.get 0))))";
    let module = from_text(text);
    let body = &module.bodies[0];
    let function = first(text);
    assert!(function.address_map.is_sorted_by_key(|entry| entry.code));
    let site = function.traps[0].offset;
    let entry = function
        .address_map
        .iter()
        .rev()
        .find(|entry| entry.code <= site)
        .unwrap();
    // One byte of locals, then `i32.const 9` and `local.get 0`.
    assert_eq!(entry.wasm, body.start + 1 + 2 + 2);
    assert_eq!(module.bytes.as_slice()[entry.wasm as usize], 0x6e);
}

#[test]
fn collectable_references_are_in_stack_maps() {
    let live_across_call = |ty: &str| {
        let function = first(&format!(
            "(module (import \"\" \"\" (func $import (param {ty})))
               (func (param {ty}) (call $import (local.get 0)) (call $import (local.get 0))))"
        ));
        function
            .stack_maps
            .iter()
            .map(|map| {
                assert!(map.slots.iter().all(|slot| *slot >= 8 && slot % 8 == 0));
                map.slots.len()
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(live_across_call("externref"), [1]);
    assert_eq!(live_across_call("funcref"), [] as [usize; 0]);
    assert_eq!(live_across_call("i64"), [] as [usize; 0]);
}

#[test]
fn errors_name_the_instruction_and_its_offset() {
    let text = "(module (type $s (struct)) (func (drop (struct.new $s))))";
    let module = from_text(text);
    for options in [OPTIONS, EVERY_OPTION] {
        let compiler = OptimizingCompiler::new(options).unwrap();
        let error = compile(&compiler, &module).unwrap_err();
        let offset = module.bodies[0].start + 1;
        assert_eq!(
            error.to_string(),
            format!("`struct.new` at offset {offset:#x} is not supported by this version")
        );
    }
}

#[test]
fn a_compiler_is_shared_by_threads() {
    let compiler = OptimizingCompiler::new(OPTIONS).unwrap();
    let module =
        from_text("(module (func (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3))))");
    let code = |_| compile(&compiler, &module).unwrap().remove(0).code;
    let expected = code(());
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| (0..20).map(|_| code(())).collect::<Vec<_>>()))
            .collect();
        for thread in threads {
            assert!(thread.join().unwrap().iter().all(|code| *code == expected));
        }
    });
}
