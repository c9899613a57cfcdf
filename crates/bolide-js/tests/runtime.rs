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

#[test]
fn objects_are_finalized() {
    let prelude = "
        var finalized = [];
        var registry = new FinalizationRegistry((value) => finalized.push(value));
        var other = new FinalizationRegistry((value) => finalized.push('other ' + value));
        var token = {};";
    let programs = [
        // What wasm-bindgen's glue does: the object is its own token.
        ("(() => { const o = {}; registry.register(o, 1, o) })()", "1"),
        ("(() => { registry.register({}, 1, token); registry.register({}, 2) })()", "1,2"),
        (
            "(() => { const o = {}; registry.register(o, 1, o); registry.unregister(o) })()",
            "",
        ),
        (
            "(() => {
                const o = {};
                registry.register(o, 1, token);
                registry.register(o, 2, token);
                other.register(o, 3, token);
                finalized.push(registry.unregister(token), registry.unregister(token));
            })()",
            "true,false,other 3",
        ),
        (
            "for (const bad of [1, 'a', null]) {
                try { registry.register({}, 1, bad); registry.unregister(bad) } catch (e) { finalized.push(e.name) }
            }",
            "TypeError,TypeError,TypeError",
        ),
        ("registry.register(token, 1, token)", ""),
    ];
    for (program, expected) in programs {
        let mut runtime = Runtime::builder().build().unwrap();
        runtime.eval(prelude).unwrap();
        runtime.eval(program).unwrap();
        let finalized = runtime.eval("finalized.join()").unwrap();
        assert_eq!(finalized, Value::from(expected), "{program}");
    }
}

#[test]
fn provided_modules_go_before_files_and_packages() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("env.js", "throw new Error('this is the file')");
    let programs = [
        (
            "a.mjs",
            "import { n, f } from './env.js'; globalThis.seen = f(n)",
        ),
        (
            "b.mjs",
            "import env from './env.js'; globalThis.seen = env.f(env.n)",
        ),
        (
            "c.mjs",
            "import * as env from './env.js'; globalThis.seen = env.default.f(env.n)",
        ),
        (
            "d.mjs",
            "const { f, n } = await import('./env.js'); globalThis.seen = f(n)",
        ),
        (
            "e.cjs",
            "const { f, n } = require('./env.js'); globalThis.seen = f(n)",
        ),
        (
            "f.mjs",
            "import { n, f } from 'node:fs'; globalThis.seen = f(n)",
        ),
        (
            "g.cjs",
            "const { f, n } = require('no-such-package'); globalThis.seen = f(n)",
        ),
    ];
    for (name, text) in programs {
        write(name, text);
        let builder = Runtime::builder().own_folder(folder.path());
        let mut runtime = builder.build().unwrap();
        let env = runtime.eval_object("({ n: 20, f: (n) => n + 1 })").unwrap();
        for specifier in ["./env.js", "node:fs", "no-such-package"] {
            runtime.define_module(specifier, &env).unwrap();
        }
        runtime.run_file(&folder.path().join(name)).unwrap();
        assert_eq!(runtime.global("seen").unwrap(), Value::from(21), "{name}");
    }
}

#[test]
fn exceptions_keep_what_was_thrown() {
    let mut runtime = Runtime::builder().build().unwrap();
    for (program, expected) in [
        ("throw 'text'", Value::from("text")),
        (
            "throw { a: [1] }",
            Value::Json(serde_json::json!({ "a": [1] })),
        ),
        ("Promise.reject(7)", Value::from(7)),
        ("throw undefined", Value::Undefined),
    ] {
        let Error::Exception(exception) = runtime.eval(program).unwrap_err() else {
            panic!("{program}")
        };
        assert_eq!(exception.thrown.as_deref(), Some(&expected), "{program}");
    }
    // A host function that returns it throws the same value again.
    runtime
        .eval("globalThis.original = new RangeError('once')")
        .unwrap();
    let Error::Exception(exception) = runtime.eval("throw original").unwrap_err() else {
        panic!("an exception")
    };
    runtime
        .register("again", move || Err::<(), _>((*exception).clone()))
        .unwrap();
    let same = runtime.eval("try { again() } catch (error) { error === original }");
    assert_eq!(same.unwrap(), Value::Bool(true));
}

#[test]
fn settling_waits_for_one_promise() {
    use bolide_js::rquickjs;

    let check = |program: &str, expected: Result<&str, &str>| {
        let mut runtime = Runtime::builder().build().unwrap();
        let settled = runtime.settle(
            |ctx| ctx.eval(program),
            |_, value| value.get::<rquickjs::Coerced<String>>(),
        );
        let settled = settled
            .map(|text| text.0)
            .map_err(|error| error.to_string());
        assert_eq!(
            settled.as_deref().map_err(String::as_str),
            expected,
            "{program}"
        );
    };
    check("1 + 1", Ok("2"));
    check("Promise.resolve('now')", Ok("now"));
    check(
        "setInterval(() => {}, 1); new Promise((resolve) => setTimeout(resolve, 5, 'later'))",
        Ok("later"),
    );
    check("Promise.reject(new TypeError('no'))", Err("TypeError: no"));
    check(
        "new Promise((_, reject) => setTimeout(() => reject(new TypeError('later')), 1))",
        Err("TypeError: later"),
    );
    check(
        "new Promise(() => {})",
        Err("the script waits for a promise that nothing will settle"),
    );
    check(
        "Promise.reject(new Error('elsewhere')); 'ignored'",
        Err("Error: elsewhere"),
    );
}
