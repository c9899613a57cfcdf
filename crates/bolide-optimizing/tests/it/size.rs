//! Functions at the limits of what validation accepts compile, whatever their shape.

use std::fmt::Write;

use bolide_optimizing::OptimizingCompiler;

use super::{EVERY_OPTION, OPTIONS, compile, from_text};

fn check(text: &str) {
    let module = from_text(text);
    for options in [OPTIONS, EVERY_OPTION] {
        let compiler = OptimizingCompiler::new(options).unwrap();
        let functions = compile(&compiler, &module).unwrap();
        assert!(functions.iter().all(|f| !f.code.is_empty()));
    }
}

fn repeat(count: usize, piece: impl Fn(usize) -> String) -> String {
    (0..count).fold(String::new(), |mut text, i| {
        writeln!(text, "{}", piece(i)).unwrap();
        text
    })
}

#[test]
fn deep_nesting() {
    const DEPTH: usize = 2_000;
    for (open, close) in [
        ("block local.get 0 br_if 0", "end"),
        ("loop local.get 0 br_if 0", "end"),
        ("local.get 0 if", "else nop end"),
        ("local.get 0 if", "end"),
    ] {
        check(&format!(
            "(module (func (param i32) {} {}))",
            repeat(DEPTH, |_| open.into()),
            repeat(DEPTH, |_| close.into())
        ));
    }
}

#[test]
fn deep_nesting_without_branches() {
    const DEPTH: usize = 100_000;
    check(&format!(
        "(module (func {} {}))",
        repeat(DEPTH, |_| "block".into()),
        repeat(DEPTH, |_| "end".into())
    ));
}

#[test]
fn deep_nesting_of_unreachable_code() {
    const DEPTH: usize = 20_000;
    check(&format!(
        "(module (func unreachable {} {}))",
        repeat(DEPTH, |_| "block loop i32.const 0 if".into()),
        repeat(DEPTH, |_| "else end end end".into()),
    ));
}

#[test]
fn many_locals() {
    const COUNT: usize = 49_990;
    check(&format!(
        "(module (func (param i32) (result i32) (local {}) {} local.get 7))",
        repeat(COUNT, |_| "i32".into()),
        repeat(COUNT, |i| format!("local.get {i} local.set {}", i + 1)),
    ));
}

#[test]
fn many_parameters_and_results() {
    let types = ["i32", "f32", "i64", "f64", "v128", "funcref", "externref"];
    let list = repeat(1000, |i| types[i % types.len()].into());
    check(&format!(
        "(module (type $t (func (param {list}) (result {list})))
           (import \"\" \"\" (func $import (type $t)))
           (table 1 funcref)
           (func $f (type $t) {get} call $f call $import)
           (func (type $t) {get} i32.const 0 call_indirect (type $t) return_call $f))",
        get = repeat(1000, |i| format!("local.get {i}")),
    ));
}

#[test]
fn large_branch_table() {
    check(&format!(
        "(module (func (param i32) (result i32)
           (block (result i32) (block (result i32)
             i32.const 1 local.get 0 br_table {} 0)
           i32.const 1 i32.add)))",
        repeat(20_000, |i| (i % 3).to_string())
    ));
}

#[test]
fn more_entities_than_alias_regions() {
    check(&format!(
        "(module {} {} (func {}))",
        repeat(3000, |i| format!("(global $g{i} (mut i32) (i32.const 0))")),
        repeat(1100, |i| format!("(table $t{i} 10 funcref)")),
        repeat(1100, |i| format!(
            "global.get $g{i} global.set $g{} (table.set $t{i} (i32.const 1) (ref.null func))",
            2 * i
        )),
    ));
}

#[test]
fn large_straight_line() {
    check(&format!(
        "(module (memory 1) (func (param i32) (result i32) {} local.get 0))",
        repeat(20_000, |i| format!(
            "local.get 0 i32.load offset={} local.get 0 i32.add i32.const {i} i32.mul local.set 0",
            i * 4
        )),
    ));
}
