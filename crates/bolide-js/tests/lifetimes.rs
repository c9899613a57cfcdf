//! References across the boundary neither leak nor die early: each program makes and drops many objects of the
//! `WebAssembly` namespace, and memory stays flat; and a runtime can be dropped whatever lives in it.

use std::sync::{Mutex, MutexGuard};

use bolide_js::Runtime;

/// Held by each test, because what one of them measures are the others' bytes, too.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    // A test that failed leaves nothing that counts.
    ALONE
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// Bytes of this process that are in memory.
fn resident() -> usize {
    let text = std::fs::read_to_string("/proc/self/statm").expect("this is Linux");
    let pages: usize = text
        .split(' ')
        .nth(1)
        .expect("a column")
        .parse()
        .expect("a number");
    pages * 4096
}

/// What all programs share: a module with an import, a memory, tables and references.
const PRELUDE: &str = r#"
    const bytes = Uint8Array.from(atob(MODULE), (c) => c.charCodeAt(0));
    const module = new WebAssembly.Module(bytes);
    const noop = () => {};
    const make = (f = noop) => new WebAssembly.Instance(module, { m: { f } }).exports;
    const newTable = () => new WebAssembly.Table({ element: "anyfunc", initial: 2 });
    const sharing = new WebAssembly.Module(Uint8Array.from(atob(SHARING), (c) => c.charCodeAt(0)));
    const share = (t, f = noop) => new WebAssembly.Instance(sharing, { m: { f, t } }).exports;
"#;

const MODULE: &str = r#"(module
    (import "m" "f" (func $f (param i32) (result i32)))
    (memory (export "memory") 1)
    (table (export "funcs") 4 funcref)
    (table (export "externs") 4 externref)
    (global (export "held") (mut externref) (ref.null extern))
    (elem (i32.const 0) $own $f)
    (func $own (export "own") (param i32) (result i32) (call $f (local.get 0)))
    (func (export "keep") (param funcref) (table.set 0 (i32.const 2) (local.get 0)))
    (func (export "keepAt") (param funcref i32) (table.set 0 (local.get 1) (local.get 0)))
    (func (export "ignore") (param funcref))
    (func (export "hold") (param i32 externref) (table.set 1 (local.get 0) (local.get 1)))
    (func (export "get") (param i32) (result externref) (table.get 1 (local.get 0))))"#;

/// A module whose instances share a table.
const SHARING: &str = r#"(module
    (import "m" "f" (func $f (param i32) (result i32)))
    (import "m" "t" (table $t 2 funcref))
    (elem declare func $own)
    (func $own (param i32) (result i32) (call $f (local.get 0)))
    (func (export "put") (param i32) (table.set $t (local.get 0) (ref.func $own)))
    (func (export "run") (param i32 i32) (result i32)
        (call_indirect $t (param i32) (result i32) (local.get 1) (local.get 0)))
    (func (export "pass") (param i32 funcref)
        (call_indirect $t (param funcref) (local.get 1) (local.get 0))))"#;

fn base64(module: &str) -> String {
    let module = bolide::parse_text(module).expect("valid");
    base64::Engine::encode(&base64::engine::general_purpose::STANDARD, module)
}

fn runtime() -> Runtime {
    let mut runtime = Runtime::builder().build().expect("a runtime");
    let (module, sharing) = (base64(MODULE), base64(SHARING));
    let program = format!("const MODULE = {module:?}, SHARING = {sharing:?}; {PRELUDE}");
    runtime.eval(&program).expect("the prelude runs");
    runtime
}

/// Runs `body` many times in one runtime; after the first round memory must not grow by more than a little.
fn check(name: &str, rounds: usize, body: &str) {
    let mut runtime = runtime();
    let define =
        format!("globalThis.round = (count) => {{ for (let i = 0; i < count; i++) {{ {body} }} }}");
    runtime.eval(&define).expect("the program is valid");
    let mut run = |count: usize| {
        let result = runtime.eval(&format!("round({count})"));
        result.unwrap_or_else(|error| panic!("{name}: {error}"));
    };
    run(rounds / 4);
    let before = resident();
    run(rounds * 3 / 4);
    let grown = resident().saturating_sub(before);
    assert!(grown < 12 << 20, "{name}: grew by {} KiB", grown >> 10);
}

#[test]
fn memory_stays_flat() {
    let _alone = alone();
    check("instances", 100_000, "make();");
    check(
        "instances in a cycle",
        20_000,
        "const e = make((x) => e.own ? x : 0);",
    );
    check(
        "host functions and their exports",
        20_000,
        "const e = make((x) => x + i); if (e.own(1) !== i + 1) throw i;",
    );
    check(
        "memories with buffers",
        20_000,
        "const m = new WebAssembly.Memory({ initial: 1 }); m.buffer; m.grow(1); m.buffer.owner = m;",
    );
    check(
        "tables that hold instances",
        20_000,
        "const t = new WebAssembly.Table({ element: 'anyfunc', initial: 1 }); t.set(0, make().own);",
    );
    check(
        "tables and functions in a cycle",
        20_000,
        "const t = new WebAssembly.Table({ element: 'externref', initial: 1 }); t.set(0, { t, e: make() });",
    );
    check(
        "globals that hold themselves",
        100_000,
        "const g = new WebAssembly.Global({ value: 'externref', mutable: true }); g.value = { g };",
    );
    check(
        "instances that hold each other",
        20_000,
        "const a = make(), b = make(); a.keep(b.own); b.keep(a.own); a.hold(0, b); b.hold(0, a);",
    );
    check(
        "external references through one instance",
        100_000,
        "globalThis.one ??= make(); one.hold(i & 3, { i }); if (one.get(i & 3).i !== i) throw i;",
    );
    check(
        "errors of start and of imports",
        20_000,
        "try { make(() => { throw new Error('no'); }).own(1); } catch {} ",
    );
    check(
        "functions by their index",
        20_000,
        "const f = make().funcs.get(0); if (f.name !== '1') throw f.name;",
    );
}

/// Long-lived tables, globals and instances keep only what they hold.
#[test]
fn what_lives_long_forgets() {
    let _alone = alone();
    check(
        "functions in one slot of a table",
        50_000,
        "globalThis.t ??= newTable(); t.set(0, make().own);",
    );
    check(
        "functions in a global",
        20_000,
        "globalThis.g ??= new WebAssembly.Global({ value: 'anyfunc', mutable: true }, null); g.value = make().own;",
    );
    check(
        "functions that an instance stores",
        50_000,
        "globalThis.one ??= make(); one.keep(make((x) => x + i).own); if (one.funcs.get(2)(1) !== i + 1) throw i;",
    );
    check(
        "functions that an instance drops",
        50_000,
        "globalThis.one ??= make(); one.ignore(make().own);",
    );
    check(
        "functions that take references",
        20_000,
        "globalThis.one ??= make(); make().keep(one.keep);",
    );
    check(
        "instances that share a table",
        50_000,
        "globalThis.t ??= newTable(); share(t).put(i & 1); if (i & 1) t.set(0, null);",
    );
}

/// Values survive while only WebAssembly refers to them.
#[test]
fn nothing_dies_early() {
    let _alone = alone();
    let mut runtime = runtime();
    let result = runtime.eval(
        r#"
        const churn = () => { for (let i = 0; i < 20000; i++) make().hold(0, { i }); };
        const { hold, get, keep, funcs } = make();
        hold(1, { text: "held" });
        keep(make((x) => x * 2).own);
        const shared = new WebAssembly.Table({ element: "anyfunc", initial: 1 });
        shared.set(0, make((x) => x + 7).own);
        const view = new Uint8Array(make().memory.buffer);
        view[5] = 42;
        churn();
        [get(1).text, funcs.get(2)(21), shared.get(0)(1), view[5], view.length].join()
        "#,
    );
    let text = result.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(text.as_str(), Some("held,42,8,42,65536"));
}

/// What tables hold can be called after everything else of its instance is gone, whenever it came there.
#[test]
fn what_tables_hold_stays_callable() {
    let _alone = alone();
    let mut runtime = runtime();
    let result = runtime.eval(
        r#"
        const one = make();
        // Adds edges until some are trimmed.
        const churn = () => { for (let i = 0; i < 5000; i++) one.ignore(make().own); };
        // Leaves cycles until the collector runs.
        const collect = () => { for (let i = 0; i < 300000; i++) { const o = {}; o.o = o; } };
        const settle = () => { collect(); churn(); collect(); };
        const results = [];
        {
            const t = newTable();
            const reader = share(t);
            t.set(0, make((x) => x * 2).own);
            share(t, (x) => x * 3).put(1);
            settle();
            results.push(reader.run(0, 7), reader.run(1, 7));

            // Put there after edges were trimmed.
            let late = share(t, (x) => x * 5);
            settle();
            late.put(0);
            late = null;
            settle();
            results.push(reader.run(0, 7), t.get(0)(7));
        }
        {
            // Given by a call through a table to an instance that imports nothing of the giver.
            const keeper = make();
            let t = newTable();
            t.set(0, keeper.keep);
            let giver = share(t);
            settle();
            giver.pass(0, make((x) => x * 11).own);
            giver = null;
            t = null;
            settle();
            results.push(keeper.funcs.get(2)(7));
        }
        {
            // On its way while edges are trimmed.
            const keeper = make();
            keeper.keepAt(make((x) => x * 13).own, { valueOf() { churn(); return 3; } });
            settle();
            results.push(keeper.funcs.get(3)(7));
        }
        results.join()
        "#,
    );
    let text = result.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(text.as_str(), Some("14,21,35,35,77,91"));
}

/// A runtime is dropped with all this alive, and no value is left: QuickJS would abort the process.
#[test]
fn runtimes_are_dropped_cleanly() {
    let _alone = alone();
    let programs = [
        "globalThis.e = make(); e.hold(0, e); e.held.value = { e };",
        "globalThis.p = WebAssembly.instantiate(bytes, { m: { f: noop } });",
        "globalThis.m = new WebAssembly.Memory({ initial: 1 }); globalThis.b = m.buffer; b.m = m;",
        "globalThis.r = new WebAssembly.Memory({ initial: 1, maximum: 4 }).toResizableBuffer();",
        "globalThis.s = new WebAssembly.Memory({ initial: 1, maximum: 4, shared: true }).buffer;",
        "globalThis.t = new WebAssembly.Tag({ parameters: ['externref'] }); globalThis.x = new WebAssembly.Exception(t, [t]);",
        "const e = make(() => { throw e; }); e.own(1);",
        "make(() => process.exit(3)).own(1);",
        "const e = make((x) => e.own(x)); e.own(1);",
        "new WebAssembly.Instance(module, {});",
        "WebAssembly.compile(bytes); WebAssembly.compile(new Uint8Array(3)); throw 1;",
        "new WebAssembly.Global({ value: 'anyfunc', mutable: true }, make().own); new Promise(() => {});",
    ];
    for program in programs {
        let mut runtime = runtime();
        // Some of them fail; what counts is that the process goes on.
        let _ = runtime.eval(program);
        let _ = runtime.eval("1");
        drop(runtime);
    }
}
