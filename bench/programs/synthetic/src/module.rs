//! The sections of a module.

use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, DataSection, ElementSection, Elements, ExportKind,
    ExportSection, Function, FunctionSection, GlobalSection, GlobalType, MemorySection, MemoryType,
    Module, NameMap, NameSection, RefType, TableSection, TableType, TypeSection, ValType,
};

use crate::body::{Context, Length, body};
use crate::random::Random;

/// What a module shall be like.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Goal {
    /// About so many bytes.
    Bytes(usize),
    /// So many functions.
    Functions(u32),
}

/// The signatures: all have the depth to which they may call as their first parameter, and one result.
pub(crate) const SIGNATURES: &[(&[ValType], ValType)] = &[
    (&[ValType::I32, ValType::I32], ValType::I32),
    (&[ValType::I32, ValType::I32, ValType::I32], ValType::I32),
    (&[ValType::I32, ValType::I64], ValType::I64),
    (&[ValType::I32, ValType::I32, ValType::F64], ValType::F64),
    (
        &[ValType::I32, ValType::I32, ValType::I64, ValType::I32],
        ValType::I32,
    ),
];

/// The type of `bench_run`, after [`SIGNATURES`].
const RUN_TYPE: u32 = SIGNATURES.len() as u32;

/// Pages of memory, of 64 KiB.
const PAGES: u64 = 4;

/// What functions read and write: the first page, and as much more as offsets of accesses can reach.
const WORKING_BYTES: i32 = 65_536 + 1_024;

/// Where the data is, and where each call of `bench_run` copies it to.
const DATA: i32 = 131_072;
const WORKING_DATA: i32 = 1_024;
const DATA_BYTES: i32 = 512;

/// The initial value of the global that functions treat as a stack pointer.
const STACK_POINTER: i32 = 65_528;

/// How many functions are in the table; a power of 2, so that a mask gives an index.
pub(crate) const TABLE_SIZE: u32 = 8;

/// What a function takes in another section than that of code: the index of its type.
const BYTES_BESIDE_CODE: usize = 1;

/// About what everything but functions takes, `bench_run` included.
const BYTES_OF_THE_REST: usize = 1_600;

/// How many of its functions `bench_run` calls.
const CALLED: u32 = 64;

/// The type of function `index`. All signatures are in turn, so that callers know them without a list.
pub(crate) fn signature(index: u32) -> usize {
    index as usize % SIGNATURES.len()
}

/// The module's bytes.
pub(crate) fn make(goal: Goal) -> Vec<u8> {
    let mut random = Random::new(26);
    let mut code = CodeSection::new();
    let mut count = 0;
    let size_with = |code: &CodeSection, count: u32| {
        code.byte_len() + BYTES_BESIDE_CODE * count as usize + BYTES_OF_THE_REST
    };
    loop {
        let length = match goal {
            Goal::Bytes(bytes) if size_with(&code, count) >= bytes => break,
            Goal::Functions(functions) if count + 1 >= functions => break,
            Goal::Bytes(_) => Length::Usual,
            Goal::Functions(_) => Length::Short,
        };
        let context = Context {
            index: count,
            length,
        };
        code.function(&body(&mut random, &context));
        count += 1;
    }
    code.function(&run(count));
    assemble(count, &code)
}

/// `bench_run`: calls functions all over the module. What earlier calls have left is removed first.
fn run(count: u32) -> Function {
    let (n, checksum) = (0, 1);
    let mut function = Function::new([(1, ValType::I64)]);
    let mut code = function.instructions();
    code.i32_const(0)
        .i32_const(0)
        .i32_const(WORKING_BYTES)
        .memory_fill(0);
    code.i32_const(WORKING_DATA)
        .i32_const(DATA)
        .i32_const(DATA_BYTES)
        .memory_copy(0, 0);
    code.i32_const(STACK_POINTER).global_set(0);
    code.block(BlockType::Empty).loop_(BlockType::Empty);
    code.local_get(n).i32_const(0).i32_le_s().br_if(1);
    let calls = CALLED.min(count);
    for call in 0..calls {
        let callee = (u64::from(count - 1) * u64::from(call) / u64::from(calls.max(2) - 1)) as u32;
        let (params, result) = SIGNATURES[signature(callee)];
        code.i32_const(2);
        for param in &params[1..] {
            code.local_get(n).i32_const(call as i32).i32_add();
            match param {
                ValType::I64 => drop(code.i64_extend_i32_s()),
                ValType::F64 => drop(code.f64_convert_i32_s()),
                _ => {}
            }
        }
        code.call(callee);
        match result {
            ValType::I32 => drop(code.i64_extend_i32_s()),
            ValType::F64 => drop(code.i64_reinterpret_f64()),
            _ => {}
        }
        code.local_get(checksum)
            .i64_const(7)
            .i64_rotl()
            .i64_xor()
            .local_set(checksum);
    }
    code.local_get(n).i32_const(1).i32_sub().local_set(n).br(0);
    code.end().end().local_get(checksum).end();
    function
}

fn assemble(count: u32, code: &CodeSection) -> Vec<u8> {
    let mut types = TypeSection::new();
    for (params, result) in SIGNATURES {
        types.ty().function(params.iter().copied(), [*result]);
    }
    types.ty().function([ValType::I32], [ValType::I64]);
    let mut functions = FunctionSection::new();
    for index in 0..count {
        functions.function(signature(index) as u32);
    }
    functions.function(RUN_TYPE);

    let mut tables = TableSection::new();
    tables.table(TableType {
        element_type: RefType::FUNCREF,
        table64: false,
        minimum: u64::from(TABLE_SIZE),
        maximum: Some(u64::from(TABLE_SIZE)),
        shared: false,
    });
    let mut memories = MemorySection::new();
    memories.memory(MemoryType {
        minimum: PAGES,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    let mut globals = GlobalSection::new();
    let mutable = |val_type| GlobalType {
        val_type,
        mutable: true,
        shared: false,
    };
    globals.global(mutable(ValType::I32), &ConstExpr::i32_const(STACK_POINTER));
    let mut exports = ExportSection::new();
    exports.export("memory", ExportKind::Memory, 0);
    exports.export("bench_run", ExportKind::Func, count);

    // The first functions of the first signature, of which every module has enough.
    let members: Vec<u32> = (0..TABLE_SIZE)
        .map(|i| i % 2 * SIGNATURES.len() as u32)
        .collect();
    let mut elements = ElementSection::new();
    elements.active(
        None,
        &ConstExpr::i32_const(0),
        Elements::Functions(members.into()),
    );
    let mut data = DataSection::new();
    let mut random = Random::new(27);
    let text: Vec<u8> = (0..DATA_BYTES).map(|_| random.next_u64() as u8).collect();
    data.active(0, &ConstExpr::i32_const(DATA), text);

    let mut names = NameSection::new();
    let mut function_names = NameMap::new();
    function_names.append(count, "bench_run");
    names.functions(&function_names);

    let mut module = Module::new();
    module
        .section(&types)
        .section(&functions)
        .section(&tables)
        .section(&memories)
        .section(&globals)
        .section(&exports)
        .section(&elements)
        .section(code)
        .section(&data)
        .section(&names);
    module.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The module is valid, deterministic, and as large as it shall be; returns how many functions it has.
    fn check(goal: Goal, sizes: std::ops::Range<usize>) -> usize {
        let bytes = make(goal);
        assert!(
            bytes == make(goal),
            "{goal:?} differs from one run to the next"
        );
        assert!(
            sizes.contains(&bytes.len()),
            "{goal:?} has {} bytes",
            bytes.len()
        );
        wasmparser::validate(&bytes).unwrap_or_else(|error| panic!("{goal:?}: {error}"));
        let payloads = wasmparser::Parser::new(0).parse_all(&bytes);
        let bodies = payloads
            .filter(|payload| matches!(payload, Ok(wasmparser::Payload::CodeSectionEntry(_))));
        bodies.count()
    }

    #[test]
    fn sizes() {
        for size in [10_000, 100_000, 1_000_000] {
            let functions = check(Goal::Bytes(size), size * 9 / 10..size * 11 / 10);
            let average = size / functions;
            assert!((200..500).contains(&average), "{size}: {average} bytes");
        }
    }

    #[test]
    fn numbers_of_functions() {
        for functions in [10, 1000, 30_000] {
            let bytes = functions as usize;
            assert_eq!(
                check(Goal::Functions(functions), bytes * 30..4000 + bytes * 90),
                bytes
            );
        }
    }
}
