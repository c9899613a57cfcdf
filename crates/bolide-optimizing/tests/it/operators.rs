//! Every operator of every feature compiles, except those of garbage collection and exceptions.
//!
//! The operators come from `wasmparser`'s list and the bytes of their instances are found by
//! search: opcode by opcode, immediates and operands are tried until the validator accepts them.

use std::collections::BTreeMap;

use bolide_abi::CompileError;
use bolide_module::Features;
use bolide_optimizing::OptimizingCompiler;
use wasm_encoder::{
    CodeSection, DataCountSection, DataSection, ElementSection, Elements, FieldType, Function,
    FunctionSection, GlobalSection, GlobalType, HeapType, MemorySection, MemoryType, Module,
    RefType, StorageType, TableSection, TableType, TagKind, TagSection, TagType, TypeSection,
    ValType,
};
use wasmparser::{BinaryReader, FunctionBody, Operator, Validator};

use super::{EVERY_OPTION, OPTIONS, compile, load};

/// Proposals whose operators are valid but not compiled.
const NOT_COMPILED: &[&str] = &["gc", "exceptions"];

const fn nullable(index: u32) -> ValType {
    ValType::Ref(RefType {
        nullable: true,
        heap_type: HeapType::Concrete(index),
    })
}

/// Types of operands that are tried, in this order.
const OPERANDS: &[ValType] = &[
    ValType::I32,
    ValType::I64,
    ValType::F32,
    ValType::F64,
    ValType::V128,
    ValType::FUNCREF,
    ValType::EXTERNREF,
    nullable(0),
    nullable(1),
    nullable(2),
    nullable(3),
    nullable(4),
    nullable(5),
    ValType::Ref(RefType::ANYREF),
    ValType::Ref(RefType::EQREF),
    ValType::Ref(RefType::I31REF),
    ValType::EXNREF,
];

/// Code before and after the instruction under test.
const CONTEXTS: &[(&[u8], &[u8])] = &[
    (&[], &[0x00, 0x0b]),
    // Instructions that open a block.
    (&[], &[0x00, 0x0b, 0x00, 0x0b]),
    // `else`.
    (&[0x41, 0x00, 0x04, 0x40], &[0x00, 0x0b, 0x00, 0x0b]),
    // `end`.
    (&[0x02, 0x40], &[0x00, 0x0b]),
    // Branches with a function reference, or another one.
    (&[0x02, 0x70], &[0x00, 0x0b, 0x00, 0x0b]),
    (&[0x02, 0x6e], &[0x00, 0x0b, 0x00, 0x0b]),
];

/// Immediates that are tried.
fn immediates() -> Vec<Vec<u8>> {
    let mut all = vec![vec![]];
    let single = (0..10).chain([0x40, 0x70, 0x6b]);
    all.extend(single.map(|byte| vec![byte]));
    for a in 0..8 {
        all.extend((0..8).map(|b| vec![a, b]));
    }
    for a in 0..5 {
        all.extend((0..3).map(|b| vec![a, b, 0]));
    }
    all.extend([vec![1, 0x7f], vec![0x40, 0], vec![3, 0, 0x6e, 0x6b]]);
    all.extend([4, 8, 16].map(|size| vec![0; size]));
    all
}

/// Encodings of opcodes: one byte, or a prefix and a number.
fn opcodes() -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> = (0..0xfb).map(|byte| vec![byte]).collect();
    for prefix in 0xfb..=0xfe {
        all.extend((0..0x80).map(|code| vec![prefix, code]));
        all.extend((0x80u32..0x180).map(|code| vec![prefix, code as u8 | 0x80, (code >> 7) as u8]));
    }
    all
}

/// A module with one of everything, around a body.
fn module(body: &[u8]) -> Vec<u8> {
    let mut types = TypeSection::new();
    types.ty().function([], []);
    types.ty().struct_([FieldType {
        element_type: StorageType::Val(ValType::I32),
        mutable: true,
    }]);
    types.ty().array(&StorageType::Val(ValType::I32), true);
    types.ty().array(&StorageType::I8, true);
    types.ty().array(&StorageType::Val(ValType::FUNCREF), true);
    types.ty().struct_([FieldType {
        element_type: StorageType::I8,
        mutable: true,
    }]);
    let mut functions = FunctionSection::new();
    functions.function(0);
    let mut tables = TableSection::new();
    tables.table(TableType {
        element_type: RefType::FUNCREF,
        table64: false,
        minimum: 10,
        maximum: None,
        shared: false,
    });
    let mut memories = MemorySection::new();
    memories.memory(MemoryType {
        minimum: 1,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    let mut tags = TagSection::new();
    tags.tag(TagType {
        kind: TagKind::Exception,
        func_type_idx: 0,
    });
    let mut globals = GlobalSection::new();
    globals.global(
        GlobalType {
            val_type: ValType::I32,
            mutable: true,
            shared: false,
        },
        &wasm_encoder::ConstExpr::i32_const(1),
    );
    let mut elements = ElementSection::new();
    elements.passive(Elements::Functions([0][..].into()));
    let mut data = DataSection::new();
    data.passive([1, 2, 3]);
    let mut function = Function::new(OPERANDS.iter().map(|ty| (1, *ty)));
    function.raw(body.iter().copied());
    let mut code = CodeSection::new();
    code.function(&function);
    let mut module = Module::new();
    module
        .section(&types)
        .section(&functions)
        .section(&tables)
        .section(&memories)
        .section(&tags)
        .section(&globals)
        .section(&elements)
        .section(&DataCountSection { count: 1 })
        .section(&code)
        .section(&data);
    module.finish()
}

fn is_valid(body: &[u8]) -> bool {
    Validator::new_with_features(Features::ALL.to_wasmparser())
        .validate_all(&module(body))
        .is_ok()
}

/// A body around `op`, with one local for each operand.
fn body(context: (&[u8], &[u8]), polymorphic: bool, operands: &[u8], op: &[u8]) -> Vec<u8> {
    let mut body = context.0.to_vec();
    if polymorphic {
        body.push(0x00);
    }
    for operand in operands {
        body.extend([0x20, *operand]);
    }
    body.extend_from_slice(op);
    body.extend_from_slice(context.1);
    body
}

/// The operands that `op` takes in this context, if it is valid there.
fn operands(context: (&[u8], &[u8]), op: &[u8]) -> Option<Vec<u8>> {
    let mut operands = Vec::new();
    if !is_valid(&body(context, true, &operands, op)) {
        return None;
    }
    // Below what was found so far, unreachable code provides any operand.
    while !is_valid(&body(context, false, &operands, op)) {
        if operands.len() == 6 {
            return None;
        }
        operands.insert(0, 0);
        let fits = (0..OPERANDS.len() as u8).find(|ty| {
            operands[0] = *ty;
            is_valid(&body(context, true, &operands, op))
        })?;
        operands[0] = fits;
    }
    Some(operands)
}

/// Proposal and name of an operator.
fn describe(op: &Operator<'_>) -> (&'static str, &'static str) {
    macro_rules! describe {
        ($(@$proposal:ident $op:ident $({ $($arg:ident: $ty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
            match op {
                $(Operator::$op { .. } => (stringify!($proposal), stringify!($op)),)*
                _ => panic!("{op:?} is not in the list of operators"),
            }
        };
    }
    wasmparser::for_each_operator!(describe)
}

/// The operator that `op` encodes, if it is exactly one.
fn decode(context: (&[u8], &[u8]), op: &[u8]) -> Option<(&'static str, &'static str)> {
    let bytes = [&[0][..], context.0, op].concat();
    let body = FunctionBody::new(BinaryReader::new(&bytes, 0));
    let mut reader = body.get_operators_reader().ok()?;
    let mut last = None;
    let mut start = 0;
    while !reader.eof() {
        start = reader.original_position() as usize;
        last = Some(describe(&reader.read().ok()?));
    }
    (start == 1 + context.0.len()).then_some(last).flatten()
}

/// A body for each operator that can be valid.
fn instances() -> BTreeMap<(&'static str, &'static str), Vec<u8>> {
    let immediates = immediates();
    let mut found = BTreeMap::new();
    for opcode in opcodes() {
        for immediate in &immediates {
            let op = [&opcode[..], immediate].concat();
            for context in CONTEXTS {
                let Some(name) = decode(*context, &op) else {
                    continue;
                };
                if !found.contains_key(&name)
                    && let Some(operands) = operands(*context, &op)
                {
                    found.insert(name, body(*context, false, &operands, &op));
                }
            }
        }
    }
    found
}

/// Names of all operators of the proposals that the engine's features switch on.
fn expected() -> Vec<(&'static str, &'static str)> {
    macro_rules! list {
        ($(@$proposal:ident $op:ident $({ $($arg:ident: $ty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
            vec![$((stringify!($proposal), stringify!($op))),*]
        };
    }
    let all: Vec<(&str, &str)> = wasmparser::for_each_operator!(list);
    // Proposals that no feature of the engine enables.
    let foreign = [
        "legacy_exceptions",
        "memory_control",
        "shared_everything_threads",
        "stack_switching",
        "wide_arithmetic",
        "custom_descriptors",
        "acquire_release_atomics",
    ];
    all.into_iter()
        .filter(|(proposal, name)| {
            // `select` with several types has an encoding but is never valid.
            !foreign.contains(proposal) && *name != "TypedSelectMulti"
        })
        .collect()
}

#[test]
fn every_operator_compiles_or_is_reported() {
    let instances = instances();
    let missing: Vec<_> = expected()
        .into_iter()
        .filter(|name| !instances.contains_key(name))
        .collect();
    assert!(missing.is_empty(), "no instance was found of {missing:?}");

    for options in [OPTIONS, EVERY_OPTION] {
        let compiler = OptimizingCompiler::new(options).unwrap();
        for ((proposal, name), body) in &instances {
            let module = load(&module(body)).unwrap();
            let result = compile(&compiler, &module);
            if NOT_COMPILED.contains(proposal) {
                assert!(
                    matches!(result, Err(CompileError::Unsupported { .. })),
                    "{name}: {result:?}"
                );
            } else if let Err(error) = result {
                panic!("{proposal} {name}: {error}\nbody: {body:x?}");
            }
        }
    }
}
