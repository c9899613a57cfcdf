//! WASI's functions as imports of real modules.

use bolide::{Engine, Linker, Module, Store, ValType};
use bolide_wasi::functions::{FUNCTIONS, ParamType};
use bolide_wasi::pipe::MemoryOutputPipe;
use bolide_wasi::{I32Exit, MemoryError, WasiCtx, WasiCtxBuilder, add_to_linker};

struct Host {
    wasi: WasiCtx,
}

fn run(wat: &str) -> (bolide::Result<()>, Vec<u8>) {
    let output = MemoryOutputPipe::new(1024);
    let wasi = WasiCtxBuilder::new().stdout(output.clone()).build();
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    add_to_linker(&mut linker, |host: &mut Host| &mut host.wasi).unwrap();
    let module = Module::new(&engine, wat).unwrap();
    let mut store = Store::new(&engine, Host { wasi });
    let result = linker
        .instantiate(&mut store, &module)
        .and_then(|instance| instance.get_typed_func::<(), ()>(&mut store, "_start"))
        .and_then(|start| start.call(&mut store, ()));
    (result, output.contents())
}

/// A program that writes `hi` and exits with the number of the error (0) plus 3.
fn hello(module: &str, memory: &str) -> String {
    format!(
        r#"(module
            (import "{module}" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (import "{module}" "proc_exit" (func $exit (param i32)))
            {memory}
            (data (i32.const 0) "\08\00\00\00\02\00\00\00hi")
            (func (export "_start")
                (call $exit (i32.add (i32.const 3)
                    (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16))))
                unreachable))"#
    )
}

#[test]
fn programs_write_and_exit_under_both_names() {
    for module in ["wasi_snapshot_preview1", "wasi_unstable"] {
        let (result, output) = run(&hello(module, r#"(memory (export "memory") 1)"#));
        let error = result.unwrap_err();
        assert_eq!(
            error.downcast_ref::<I32Exit>(),
            Some(&I32Exit(3)),
            "{error:?}"
        );
        assert_eq!(output, b"hi", "{module}");
    }
}

#[test]
fn a_memory_that_cannot_be_used_is_named_as_the_reason() {
    for (memory, expected) in [
        ("(memory 1)", MemoryError::Missing),
        (r#"(memory (export "mem") 1)"#, MemoryError::Missing),
        (
            r#"(memory 1) (global (export "memory") i32 (i32.const 0))"#,
            MemoryError::Missing,
        ),
        (
            r#"(memory (export "memory") 1 1 shared)"#,
            MemoryError::Shared,
        ),
    ] {
        let (result, output) = run(&hello("wasi_snapshot_preview1", memory));
        let error = result.unwrap_err();
        assert_eq!(
            error.downcast_ref::<MemoryError>(),
            Some(&expected),
            "{error:?}"
        );
        assert!(output.is_empty());
    }
}

#[test]
fn every_function_is_linked_with_the_type_of_the_witx() {
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    add_to_linker(&mut linker, |host: &mut Host| &mut host.wasi).unwrap();
    let wasi = WasiCtxBuilder::new().build();
    let mut store = Store::new(&engine, Host { wasi });
    for function in FUNCTIONS {
        let name = function.name;
        for module in function.modules() {
            let item = linker.get(&mut store, module, name).unwrap();
            let ty = item.into_func().unwrap().ty(&store);
            let params: Vec<_> = ty.params().map(|p| matches!(p, ValType::I64)).collect();
            let expected: Vec<_> = function
                .params
                .iter()
                .map(|&p| p == ParamType::I64)
                .collect();
            assert_eq!(params, expected, "{module} {name}");
            assert!(
                ty.params()
                    .all(|p| matches!(p, ValType::I32 | ValType::I64))
            );
            let results: Vec<_> = ty.results().map(|r| matches!(r, ValType::I32)).collect();
            assert_eq!(
                results,
                vec![true; usize::from(function.returns_errno)],
                "{name}"
            );
        }
    }
}
