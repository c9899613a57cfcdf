use super::*;

fn parse(list: &str) -> Result<Features, FeatureError> {
    list.parse()
}

fn check(list: &str, expected: &str) {
    let features = parse(list).unwrap_or_else(|e| panic!("{e}"));
    let names: Vec<_> = features.iter().map(Feature::name).collect();
    assert_eq!(names.join(" "), expected, "{list}");
}

#[test]
fn lists() {
    let all: Vec<_> = Feature::ALL.iter().map(|f| f.name()).collect();
    let all = all.join(" ");
    check("", &all);
    check("all", &all);
    check("none", "");
    check("mvp", "");
    check("-all", "");
    check("wasm1", "mutable-global");
    check("none,simd", "simd");
    check("none, +simd ,, tail-call", "simd tail-call");
    check(
        "none,gc",
        "bulk-memory reference-types function-references gc",
    );
    check("none,gc,-reference-types", "bulk-memory");
    check(
        "none,gc,exceptions,-function-references",
        "bulk-memory reference-types exceptions",
    );
    check("none,relaxed-simd", "simd relaxed-simd");
    check("none,relaxed-simd,-simd", "");
    check("none,+wasm1,threads", "mutable-global bulk-memory threads");
    check(
        "wasm2,-wasm1,-simd,-reference-types",
        "sign-extension saturating-float-to-int multi-value bulk-memory",
    );
}

#[test]
fn sets_are_consistent_and_survive_printing() {
    for set in [
        Features::NONE,
        Features::WASM1,
        Features::WASM2,
        Features::WASM3,
        Features::ALL,
    ] {
        let rebuilt: Features = set.iter().collect();
        assert_eq!(set, rebuilt);
        assert_eq!(parse(&set.to_string()), Ok(set));
    }
    assert!(Features::WASM3.contains(Feature::Gc) && !Features::WASM3.contains(Feature::Threads));
    assert!(
        Features::WASM2.contains(Feature::Simd) && !Features::WASM2.contains(Feature::TailCall)
    );
    for &feature in Feature::ALL {
        assert_eq!(Feature::from_name(feature.name()), Some(feature));
        let mut without = Features::ALL;
        without.set(feature, false);
        for other in Feature::ALL.iter().filter(|f| f.needs().contains(&feature)) {
            assert!(!without.contains(*other), "{other} without {feature}");
        }
    }
}

#[test]
fn unknown_names_suggest_the_nearest() {
    for (list, name, nearest) in [
        ("tailcall", "tailcall", "tail-call"),
        ("+simd,-thread", "thread", "threads"),
        ("memory-64", "memory-64", "memory64"),
        ("wasm4", "wasm4", "wasm"),
        ("bulk_memory", "bulk_memory", "bulk-memory"),
        ("component-model", "component-model", ""),
    ] {
        let error = parse(list).expect_err("unknown");
        assert_eq!(error.name(), name);
        assert!(error.nearest().starts_with(nearest), "{error}");
        assert!(error.to_string().contains(error.nearest()));
    }
    let mut features = Features::WASM1;
    assert!(features.apply("simd,kaputt").is_err());
    assert_eq!(features, Features::WASM1, "unchanged after an error");
}

/// What needs each feature, and what the error says when the feature is off.
#[test]
fn every_feature_can_be_switched_off() {
    for &feature in Feature::ALL {
        let wat = match feature {
            Feature::MutableGlobal => r#"(module (global (export "g") (mut i32) (i32.const 0)))"#,
            Feature::SignExtension => "(module (func (drop (i32.extend8_s (i32.const 0)))))",
            Feature::SaturatingFloatToInt => {
                "(module (func (drop (i32.trunc_sat_f32_s (f32.const 0)))))"
            }
            Feature::MultiValue => "(module (func (result i32 i32) (unreachable)))",
            Feature::BulkMemory => {
                "(module (memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 0))))"
            }
            Feature::ReferenceTypes => "(module (func (param externref)))",
            Feature::Simd => "(module (func (param v128)))",
            Feature::RelaxedSimd => {
                "(module (func (param v128) (result v128)
                    (i8x16.relaxed_swizzle (local.get 0) (local.get 0))))"
            }
            Feature::TailCall => "(module (func (return_call 0)))",
            Feature::ExtendedConst => "(module (global i32 (i32.add (i32.const 1) (i32.const 2))))",
            Feature::MultiMemory => "(module (memory 1) (memory 1))",
            Feature::Memory64 => "(module (memory i64 1))",
            Feature::FunctionReferences => "(module (func (param (ref func))))",
            Feature::Gc => "(module (type (struct)))",
            Feature::Exceptions => "(module (tag))",
            Feature::Threads => "(module (memory 1 1 shared))",
            other => panic!("no module for {other}"),
        };
        let bytes = binary(wat);
        load(&bytes).unwrap_or_else(|e| panic!("{feature}: {e}"));
        let mut without = Features::ALL;
        without.set(feature, false);
        let error = load_with(&Arc::default(), without, &bytes).expect_err("disabled");
        assert!(error.offset().is_some());
        let expected = ModuleErrorKind::DisabledFeature(feature);
        assert_eq!(error.kind(), expected, "{feature}: {error}");
        let help = format!("enable the feature `{feature}`");
        assert_eq!(error.help(), Some(&*help));
    }
}

#[test]
fn proposals_outside_of_the_table_are_named() {
    // (try (do)), of the legacy exception handling proposal.
    let bytes =
        b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x0a\x07\x01\x05\0\x06\x40\x0b\x0b";
    let error = load(bytes).expect_err("legacy exceptions");
    assert_eq!(error.kind(), ModuleErrorKind::UnknownProposal);
    let help = error.help().unwrap_or_default();
    assert!(
        help.contains("`legacy-exceptions` is not supported"),
        "{error}"
    );
}
