//! The web platform: scripts that check themselves, and scripts whose output is that of Node.
//!
//! `BLESS_WITH=/path/to/node` records the outputs anew.

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use bolide_js::{Error, Runtime};

use common::Output;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts/web")
}

fn report(error: Error) -> String {
    match error {
        Error::Exception(exception) => exception.report,
        other => other.to_string(),
    }
}

/// Runs a script of the folder and compares what it prints with the file beside it.
fn check(name: &str) {
    let folder = folder();
    let script = folder.join(format!("{name}.mjs"));
    let recorded = folder.join(format!("{name}.out"));
    if let Some(node) = std::env::var_os("BLESS_WITH") {
        let output = Command::new(node).arg(&script).output().unwrap();
        assert!(output.status.success(), "{name}: {output:?}");
        std::fs::write(&recorded, output.stdout).unwrap();
    }
    let output = Output::default();
    let runtime = Runtime::builder()
        .dir(&folder, &folder, false)
        .stdout(output.clone())
        .build();
    let result = runtime.unwrap().run_file(&script);
    if let Err(error) = result {
        panic!("{name}: {}\n{}", report(error), output.text());
    }
    let expected = std::fs::read_to_string(&recorded).unwrap();
    let text = output.text();
    for (index, (line, wanted)) in text.lines().zip(expected.lines()).enumerate() {
        assert_eq!(line, wanted, "{name}: line {} of the output", index + 1);
    }
    assert_eq!(text.lines().count(), expected.lines().count(), "{name}");
}

macro_rules! scripts {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            check(stringify!($name));
        })*

        #[test]
        fn every_script_has_a_test() {
            let files = std::fs::read_dir(folder()).unwrap();
            for file in files.map(|file| file.unwrap().path()) {
                let name = file.file_stem().unwrap().to_str().unwrap();
                assert!([$(stringify!($name)),*].contains(&name), "{name}");
            }
        }
    };
}

scripts! { clone crypto encoding events format global inspect internals order timers url }

/// What ends a script, as text: what was thrown where, and what was printed before.
fn ends_with(source: &str) -> (Option<String>, String) {
    let output = Output::default();
    let mut runtime = Runtime::builder().stdout(output.clone()).build().unwrap();
    let result = runtime.eval(source);
    let error = result.err().map(|error| match error {
        Error::Exception(exception) => exception.report,
        other => panic!("{other}"),
    });
    (error, output.text())
}

#[test]
fn errors_that_nothing_catches_end_the_script() {
    for (source, first_line) in [
        (
            "setTimeout(() => { throw new TypeError('timer') }, 1)",
            "TypeError: timer",
        ),
        (
            "queueMicrotask(() => { throw new TypeError('job') })",
            "TypeError: job",
        ),
        ("setImmediate(() => { throw 'text' })", "text"),
        (
            "Promise.reject(new RangeError('rejected')); 1",
            "RangeError: rejected",
        ),
        (
            "(async () => { await null; throw new Error('async') })(); 1",
            "Error: async",
        ),
        ("reportError(new Error('reported'))", "Error: reported"),
        (
            "const t = new EventTarget(); t.addEventListener('x', () => { throw new Error('listener') }); t.dispatchEvent(new Event('x'))",
            "Error: listener",
        ),
        (
            "throw { toString() { throw 1 }, get x() { throw 2 } }",
            "{ toString: [Function: toString], x: [Getter] }",
        ),
        ("throw Object.create(null)", "[Object: null prototype] {}"),
        (
            "throw Object.create(null, { [Symbol.toStringTag]: { get() { throw 1 } } })",
            "an error that cannot be shown, for looking at it throws another",
        ),
        ("throw undefined", "undefined"),
        ("throw Symbol('s')", "Symbol(s)"),
    ] {
        let after = format!("setTimeout(() => console.log('goes on'), 20); {source}");
        let (error, output) = ends_with(&after);
        let report = error.unwrap_or_else(|| panic!("{source}: no error"));
        assert_eq!(report.lines().next(), Some(first_line), "{source}");
        assert!(!output.contains("goes on"), "{source}");
    }
}

#[test]
fn the_report_shows_causes_and_properties() {
    let source = "throw Object.assign(new Error('outer', { cause: new TypeError('inner') }), { code: 'E_CODE' })";
    let report = ends_with(source).0.unwrap();
    for part in [
        "Error: outer\n    at ",
        "code: 'E_CODE'",
        "[cause]: TypeError: inner\n",
    ] {
        assert!(report.contains(part), "{part:?} is not in {report}");
    }
    let report = ends_with("throw new AggregateError([new Error('one'), 2], 'many')")
        .0
        .unwrap();
    for part in ["AggregateError: many\n", "[errors]: [\n", "Error: one\n"] {
        assert!(report.contains(part), "{part:?} is not in {report}");
    }
}

#[test]
fn natives_look_at_bytes_that_are_there() {
    let source = r#"
        const lie = (target, name, get) => Object.defineProperty(target, name, { get, configurable: true });
        const liar = new DataView(new ArrayBuffer(8));
        lie(liar, "buffer", () => new ArrayBuffer(64 << 20));
        lie(liar, "byteOffset", () => 0);
        lie(liar, "byteLength", () => 64 << 20);
        console.log(WebAssembly.validate(liar));
        try { new WebAssembly.Module(liar); } catch (error) { console.log(error.name); }

        const bytes = new Uint8Array([9, 9, 0, 97, 115, 109, 1, 0, 0, 0, 9]);
        const part = new DataView(bytes.buffer, 2, 8);
        const names = ["buffer", "byteOffset", "byteLength"];
        for (const name of names) lie(DataView.prototype, name, () => { throw new Error("asked"); });
        console.log(WebAssembly.validate(part));
        bytes.buffer.transfer();
        console.log(WebAssembly.validate(part));

        const target = new Uint8Array(1 << 20);
        const takes = { toString() { target.buffer.transfer(0); return "a".repeat(1 << 20); } };
        console.log(new TextEncoder().encodeInto(takes, target));"#;
    let expected = "false\nCompileError\ntrue\nfalse\n{ read: 0, written: 0 }\n";
    assert_eq!(ends_with(source), (None, expected.to_owned()));
}

#[test]
fn handlers_settle_errors() {
    let source = "
        const settled = [];
        addEventListener('error', (event) => { settled.push(event.message); event.preventDefault(); });
        addEventListener('unhandledrejection', (event) => { settled.push(event.reason); event.preventDefault(); });
        addEventListener('rejectionhandled', (event) => { settled.push(['late', event.reason]); });
        setTimeout(() => { throw new Error('timer') }, 1);
        queueMicrotask(() => { throw new Error('job') });
        const late = Promise.reject('late');
        setTimeout(() => late.catch(() => {}), 5);
        setTimeout(() => console.log(settled), 20);
        1";
    let (error, output) = ends_with(source);
    assert_eq!(error, None);
    let expected = "[\n  'Uncaught Error: job',\n  'late',\n  'Uncaught Error: timer',\n  [ 'late', 'late' ]\n]\n";
    assert_eq!(output, expected);
}

#[test]
fn handlers_that_only_watch_do_not_settle() {
    let source = "addEventListener('unhandledrejection', (event) => console.log('seen', event.reason)); Promise.reject(7); 1";
    assert_eq!(
        ends_with(source),
        (Some("7".to_owned()), "seen 7\n".to_owned())
    );
}

#[test]
fn colors_are_for_terminals() {
    for (colors, expected) in [
        (false, "[ 1, 'a' ]\n"),
        (true, "[ \u{1b}[33m1\u{1b}[39m, \u{1b}[32m'a'\u{1b}[39m ]\n"),
    ] {
        let output = Output::default();
        let builder = Runtime::builder()
            .stdout(output.clone())
            .colors(colors, false);
        builder
            .build()
            .unwrap()
            .eval("console.log([1, 'a'])")
            .unwrap();
        assert_eq!(output.text(), expected);
    }
}

#[test]
fn warnings_go_to_standard_error() {
    let output = Output::default();
    let errors = Output::default();
    let builder = Runtime::builder()
        .stdout(output.clone())
        .stderr(errors.clone());
    let source = "
        console.error('error'); console.warn('warn', [1]); console.assert(false, 'assert %d', 1); console.assert(0);
        console.countReset('x'); console.timeEnd('y'); console.trace('here');";
    builder.build().unwrap().eval(source).unwrap();
    assert_eq!(output.text(), "");
    let text = errors.text();
    let expected = "error\nwarn [ 1 ]\nAssertion failed: assert 1\nAssertion failed\n\
        Warning: Count for 'x' does not exist\nWarning: No such label 'y' for console.time()\nTrace: here\n    at ";
    assert!(text.starts_with(expected), "{text}");
}

#[test]
fn the_main_script_has_an_end() {
    let folder = tempfile::tempdir().unwrap();
    for (name, source, end, printed) in [
        (
            "a.cjs",
            "process.on('exit', (code) => console.log('exit', code)); process.exitCode = 3",
            "exited with code 3",
            "exit 3\n",
        ),
        (
            "b.cjs",
            "process.on('exit', (code) => console.log('exit', code)); throw new Error('no')",
            "Error: no",
            "exit 1\n",
        ),
        (
            "c.mjs",
            "process.on('exit', (code) => console.log('exit', code)); throw new Error('no')",
            "Error: no",
            "exit 1\n",
        ),
        (
            "d.cjs",
            "process.on('uncaughtException', (error) => console.log('caught', error.message)); throw new Error('no')",
            "",
            "caught no\n",
        ),
        (
            "e.mjs",
            "process.on('exit', () => console.log('exit')); process.exit(4)",
            "exited with code 4",
            "exit\n",
        ),
    ] {
        let script = folder.path().join(name);
        std::fs::write(&script, source).unwrap();
        let output = Output::default();
        let builder = Runtime::builder().dir(folder.path(), folder.path(), false);
        let mut runtime = builder.stdout(output.clone()).build().unwrap();
        let text = match runtime.run_file(&script) {
            Ok(()) => String::new(),
            Err(error) => error.to_string(),
        };
        assert!(
            text.ends_with(end) && text.is_empty() == end.is_empty(),
            "{name}: {text}"
        );
        assert_eq!(output.text(), printed, "{name}");
    }
}
