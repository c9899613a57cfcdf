//! The runtime as embedders use it.

use bolide::Extern;
use bolide_js::{Error, Runtime, Value};

#[test]
fn scripts_evaluate() {
    let mut runtime = Runtime::builder().build().unwrap();
    assert_eq!(runtime.eval("1 + 1").unwrap(), Value::Number(2.0));
    let error = runtime.eval("throw new TypeError('no')").unwrap_err();
    let Error::Exception(exception) = error else {
        panic!("{error:?}")
    };
    assert_eq!(exception.to_string(), "TypeError: no");
    assert_eq!(
        runtime.eval("new Uint8Array([1,2])").unwrap(),
        Value::Bytes(vec![1, 2])
    );
    assert_eq!(
        runtime.eval("Promise.resolve(3)").unwrap(),
        Value::Number(3.0)
    );
}

#[test]
fn objects_of_webassembly_show_entities() {
    let mut runtime = Runtime::builder().build().unwrap();
    let programs = [
        ("new WebAssembly.Memory({ initial: 1 })", "memory"),
        (
            "new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true })",
            "shared memory",
        ),
        (
            "new WebAssembly.Table({ element: 'anyfunc', initial: 1 })",
            "table",
        ),
        ("new WebAssembly.Global({ value: 'i32' })", "global"),
        ("new WebAssembly.Tag({ parameters: ['i32'] })", "tag"),
        ("({})", "nothing"),
    ];
    for (program, expected) in programs {
        let object = runtime.eval_object(program).unwrap();
        let found = match runtime.as_extern(&object).unwrap() {
            Some(Extern::Memory(_)) => "memory",
            Some(Extern::SharedMemory(_)) => "shared memory",
            Some(Extern::Table(_)) => "table",
            Some(Extern::Global(_)) => "global",
            Some(Extern::Tag(_)) => "tag",
            Some(Extern::Func(_)) => "function",
            None => "nothing",
        };
        assert_eq!(found, expected, "{program}");
    }
}
