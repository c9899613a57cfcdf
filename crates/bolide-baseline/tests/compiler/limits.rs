//! Bodies for which one pass would take time or code that is not in proportion to their size.

use bolide_abi::CompileError;
use bolide_baseline::BaselineCompiler;

use crate::check::{Subject, configurations};

fn compiles(module: &str) -> bool {
    let compiler = BaselineCompiler::new(configurations()[0]);
    match Subject::text(module).compile(&compiler, 0) {
        Ok(_) => true,
        Err(CompileError::TooLarge(_)) => false,
        Err(error) => panic!("{error}"),
    }
}

/// Whether the shape is compiled if it is small, and left to the other compiler if it is large.
fn is_limited(shape: impl Fn(usize) -> String) {
    assert!(compiles(&shape(50)));
    assert!(!compiles(&shape(6_000)));
}

#[test]
fn calls_under_many_operands() {
    is_limited(|n| {
        let (push, call, drop) = (
            "i32.const 0 ".repeat(n),
            "call 1 ".repeat(n),
            "drop ".repeat(n),
        );
        format!("(module (func {push}{call}{drop}) (func))")
    });
}

#[test]
fn registers_under_many_operands() {
    is_limited(|n| {
        let push = "local.get 0 i32.eqz ".repeat(n);
        let drop = "drop ".repeat(n);
        format!("(module (func (param i32) {push}{drop}))")
    });
}

#[test]
fn locals_that_are_operands_and_change() {
    is_limited(|n| {
        let push = "i32.const 0 ".repeat(n);
        let change = "local.get 0 i32.const 1 local.set 0 drop ".repeat(n);
        let drop = "drop ".repeat(n);
        format!("(module (func (param i32) {push}{change}{drop}))")
    });
}

#[test]
fn branches_with_many_values() {
    is_limited(|n| {
        let results = "i32 ".repeat(900);
        let branches = "i32.const 0 br_if 0 ".repeat(n);
        format!(
            "(module
              (func (result {results}) block (result {results}) call 1 {branches} end)
              (func (result {results}) unreachable))"
        )
    });
}

#[test]
fn jump_tables_in_many_blocks() {
    is_limited(|n| {
        let open = "block ".repeat(n);
        let tables = "block i32.const 0 br_table 0 0 end ".repeat(n);
        let close = "end ".repeat(n);
        format!("(module (func {open}{tables}{close}))")
    });
}

#[test]
fn stack_maps_under_many_operands() {
    is_limited(|n| {
        // Operands below the block stay where they are: only what looks for references takes time.
        let push = "i32.const 0 ".repeat(n);
        let calls = "call 1 ".repeat(n);
        let drop = "drop ".repeat(n);
        format!("(module (func (param externref) {push} block {calls} end {drop}) (func))")
    });
}

#[test]
fn stack_maps_with_many_references() {
    is_limited(|n| {
        let push = "local.get 0 ".repeat(n);
        let calls = "call 1 ".repeat(n);
        let drop = "drop ".repeat(n);
        format!("(module (func (param externref) {push} block {calls} end {drop}) (func))")
    });
    is_limited(|n| {
        let locals = "externref ".repeat(n);
        let calls = "call 1 ".repeat(n);
        format!("(module (func (local {locals}) {calls}) (func))")
    });
}
