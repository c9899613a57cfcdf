//! Errors in both directions, and the trap that a panic is.

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
pub fn parse(text: &str) -> Result<i32, JsError> {
    Ok(text.trim().parse::<i32>()?)
}

/// Throws the value itself.
#[wasm_bindgen]
pub fn fail(value: JsValue) -> Result<(), JsValue> {
    Err(value)
}

#[wasm_bindgen]
pub fn throw_text() {
    wasm_bindgen::throw_str("thrown from the middle");
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = host, catch)]
    fn risky(name: &str) -> Result<u32, JsValue>;

    #[wasm_bindgen(js_namespace = host, js_name = risky)]
    fn unguarded(name: &str) -> u32;
}

#[wasm_bindgen]
pub fn guarded(name: &str) -> String {
    match risky(name) {
        Ok(number) => format!("number {number}"),
        Err(error) => match error.dyn_into::<js_sys::Error>() {
            Ok(error) => format!("{}: {}", error.name(), error.message()),
            Err(other) => format!("other {other:?}"),
        },
    }
}

/// As `guarded`, but lets what is thrown pass.
#[wasm_bindgen]
pub fn exposed(name: &str) -> u32 {
    unguarded(name) + 1
}

/// Panics, which ends the module.
#[wasm_bindgen]
pub fn index(values: &[u8], at: usize) -> u8 {
    values[at]
}
