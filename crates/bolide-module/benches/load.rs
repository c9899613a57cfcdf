//! Loading (decoding and validating) of large modules, in bytes per second.
//!
//! Run with `cargo bench -p bolide-module`. Besides a generated module, every `.wasm` file of at
//! least 8 MiB under the workspace's `.cache` directory is measured.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bolide_module::{Bytes, Features, Module, StreamingModule, TypeRegistry};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use wasm_encoder::{
    BlockType, CodeSection, Function, FunctionSection, MemArg, MemArgTarget, MemorySection,
    MemoryType, TypeSection, ValType,
};

/// About as many bytes per instruction, and the same common instructions, as compiled C.
fn generated(size: usize) -> Vec<u8> {
    let mut types = TypeSection::new();
    let params = [ValType::I32, ValType::I32];
    types.ty().function(params, [ValType::I32]);
    let mut functions = FunctionSection::new();
    let mut code = CodeSection::new();
    while code.byte_len() < size {
        let index = functions.len();
        functions.function(0);
        let mut function = Function::new([(4, ValType::I32), (1, ValType::F64)]);
        let mut body = function.instructions();
        let field = |offset| MemArg {
            offset,
            align: 2,
            target: MemArgTarget::Memory(0),
            ordering: None,
        };
        for i in 0..20 {
            body.local_get(0).i32_load(field(i * 4)).local_tee(2);
            body.block(BlockType::Empty);
            body.local_get(1).i32_const(i as i32 * 100).i32_lt_s();
            body.br_if(0);
            body.local_get(0).local_get(2).i32_const(3).i32_shl();
            body.i32_add().local_get(1).i32_store(field(0)).end();
            body.local_get(1).call(index / 2).local_set(3);
            body.local_get(3).f64_convert_i32_s().local_set(6);
            body.local_get(3).i32_const(1).i32_sub().local_set(1);
        }
        body.local_get(3).end();
        code.function(&function);
    }
    let mut memories = MemorySection::new();
    memories.memory(MemoryType {
        minimum: 1,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    let mut module = wasm_encoder::Module::new();
    module.section(&types).section(&functions);
    module.section(&memories).section(&code);
    module.finish()
}

fn wasm_files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in directory.read_dir().into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            wasm_files(&path, found);
        } else if path.extension().is_some_and(|e| e == "wasm")
            && entry.metadata().is_ok_and(|m| m.len() >= 8 << 20)
        {
            found.push(path);
        }
    }
}

fn measure(c: &mut Criterion, name: &str, module: &[u8]) {
    let mut group = c.benchmark_group(format!("load/{name}"));
    group.throughput(Throughput::Bytes(module.len() as u64));
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(2));
    let registry = Arc::new(TypeRegistry::new());
    let features = Features::default();
    let bytes = Bytes::from(module.to_vec());
    let load = || black_box(Module::new(&registry, features, bytes.clone())).expect("valid");
    let stream = || {
        let mut stream = StreamingModule::new(&registry, features);
        for chunk in module.chunks(64 << 10) {
            stream.push(chunk).expect("valid");
        }
        black_box(stream.finish()).expect("valid")
    };
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    let one = one.expect("a thread can be started");
    group.bench_function("one core", |b| one.install(|| b.iter(load)));
    group.bench_function("all cores", |b| b.iter(load));
    group.bench_function("streaming, one core", |b| one.install(|| b.iter(stream)));
    group.bench_function("streaming, all cores", |b| b.iter(stream));
    group.finish();
}

fn load(c: &mut Criterion) {
    measure(c, "generated", &generated(10 << 20));
    let mut files = Vec::new();
    let cache = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.cache");
    wasm_files(&cache, &mut files);
    for path in files {
        let (Some(name), Ok(module)) = (path.file_name(), std::fs::read(&path)) else {
            continue;
        };
        measure(c, &name.to_string_lossy(), &module);
    }
}

criterion_group!(benches, load);
criterion_main!(benches);
