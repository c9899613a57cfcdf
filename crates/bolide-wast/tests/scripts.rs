//! Directives that the official suite does not use, and reports of what fails.

use bolide::{Config, Engine, Result, Store};
use bolide_wast::{Report, SpectestConfig, WastContext};

fn context() -> WastContext<()> {
    let engine = Engine::new(&Config::new()).unwrap();
    let mut context = WastContext::new(Store::new(&engine, ()));
    context
        .register_spectest(&SpectestConfig::default())
        .unwrap();
    context
}

fn run(name: &str) -> Result<Report> {
    let path = format!("{}/tests/scripts/{name}", env!("CARGO_MANIFEST_DIR"));
    context().run_wast(name, &std::fs::read(path).unwrap())
}

fn check(name: &str, passed: usize, commands: usize) {
    let report = run(name).unwrap();
    assert_eq!(report.failed, [], "{report}");
    assert_eq!(report.skipped, [], "{report}");
    assert_eq!((report.passed, report.commands), (passed, commands));
    assert!(report.is_success());
}

#[test]
fn threads() {
    for _ in 0..20 {
        check("threads.wast", 4, 12);
    }
}

#[test]
fn modules() {
    check("modules.wast", 19, 6);
}

#[test]
fn failures_say_where_and_what() {
    let report = run("failures.wast").unwrap();
    let expected = "\
FAILED failures.wast:9:2: assert_return: result 0: expected i32 2, found i32 1
FAILED failures.wast:10:2: assert_return: expected 0 results, found 1
FAILED failures.wast:11:2: assert_return: result 0: expected ref.extern 4, found ref.extern 3
FAILED failures.wast:12:2: assert_return: result 0: expected f32 nan:canonical, found f32 NaN (0x7fa00000)
FAILED failures.wast:13:2: assert_return: result 0: expected v128 0x00000005000000030000000200000001, found v128 0x00000004000000030000000200000001
FAILED failures.wast:14:2: assert_return: result 0: expected i32 2 or i64 1, found i32 1
FAILED failures.wast:15:2: assert_return: wasm trap: integer divide by zero
FAILED failures.wast:16:2: assert_trap: expected the trap `unreachable`, found `integer divide by zero`
FAILED failures.wast:17:2: assert_trap: expected the trap `unreachable`, but it returned
FAILED failures.wast:18:2: assert_return: there is no function export `two`
FAILED failures.wast:19:2: assert_return: there is no global export `one`
FAILED failures.wast:20:2: assert_return: there is no instance `$nobody`
FAILED failures.wast:21:2: invoke: expected 0 arguments, got 1
FAILED failures.wast:22:2: assert_invalid: expected the module to be rejected with `type mismatch`, but it is accepted
FAILED failures.wast:23:2: assert_malformed: expected the module to be rejected with `unexpected token`, but it is accepted
FAILED failures.wast:24:2: assert_unlinkable: expected the link error `unknown import`, but the module was instantiated
FAILED failures.wast:25:2: assert_unlinkable: expected the link error `incompatible import type`, found: unknown import: `a::b` of type (func) is not defined
FAILED failures.wast:26:2: module: unknown import: `a::b` of type (func) is not defined
FAILED failures.wast:27:2: assert_return: unknown import: `a::b` of type (func) is not defined
FAILED failures.wast:28:2: wait: no thread `$nobody` is running
SKIPPED failures.wast:29:2: assert_exception: the `exceptions` proposal is not supported
SKIPPED failures.wast:30:2: module: `throw` at offset 0x27 belongs to the `exceptions` proposal, which this version validates but cannot execute
SKIPPED failures.wast:31:2: assert_return: `throw` at offset 0x27 belongs to the `exceptions` proposal, which this version validates but cannot execute
0 assertions passed, 17 failed, 2 skipped; 3 other directives failed";
    assert_eq!(report.to_string(), expected);
    assert_eq!((report.passed, report.commands), (0, 1));
    assert!(!report.is_success());
}

#[test]
fn broken_scripts_are_errors() {
    for (script, part) in [
        (&b"(assert_return (invoke"[..], "broken.wast:1:23"),
        (b"(module\n)\n(assert_nothing)", "broken.wast:3:2"),
        (b"\xff", "not UTF-8"),
    ] {
        let error = context().run_wast("broken.wast", script).unwrap_err();
        let text = format!("{error:#}");
        assert!(text.contains(part), "{text}");
    }
}

/// A context keeps its modules from one script to the next.
#[test]
fn scripts_share_a_context() {
    let mut context = context();
    let first =
        br#"(module $M (func (export "one") (result i32) (i32.const 1))) (register "M" $M)"#;
    context.run_wast("first.wast", first).unwrap();
    let second = br#"(module (import "M" "one" (func (result i32))) (export "again" (func 0)))
        (assert_return (invoke "again") (i32.const 1))
        (assert_return (invoke $M "one") (i32.const 1))"#;
    let report = context.run_wast("second.wast", second).unwrap();
    assert_eq!((report.passed, report.failed.len()), (2, 0), "{report}");
}
