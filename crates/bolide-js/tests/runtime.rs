//! The runtime as embedders use it.

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
