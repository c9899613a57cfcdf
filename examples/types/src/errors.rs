//! Errors: what Rust returns is thrown, and what JavaScript throws is returned.

use js_sys::{Error, RangeError, Reflect};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// `JSON.parse`, whose exception is a value.
    #[wasm_bindgen(catch, js_namespace = JSON, js_name = parse)]
    fn parse_json(text: &str) -> Result<JsValue, JsValue>;
}

/// Any error of Rust becomes an `Error` with its message.
#[wasm_bindgen(js_name = parseNumber)]
pub fn parse_number(text: &str) -> Result<i32, JsError> {
    Ok(text.parse::<i32>()?)
}

/// Throws one of JavaScript's own kinds of errors.
#[wasm_bindgen]
pub fn item(index: u32) -> Result<String, RangeError> {
    match index {
        0..3 => Ok(format!("item {index}")),
        _ => Err(RangeError::new(&format!("no item {index}, there are 3"))),
    }
}

/// Throws an `Error` that has a `code`, as those of Node have.
#[wasm_bindgen]
pub fn open(name: &str) -> Result<(), JsValue> {
    let error = Error::new(&format!("no file {name}"));
    Reflect::set(&error, &"code".into(), &"ENOENT".into())?;
    Err(error.into())
}

/// What [`withdraw`] throws: an object of a class of Rust.
#[wasm_bindgen]
pub struct Overdrawn {
    /// How much is missing.
    pub missing: u32,
}

/// What is left; or throws an [`Overdrawn`].
#[wasm_bindgen]
pub fn withdraw(balance: u32, amount: u32) -> Result<u32, Overdrawn> {
    balance.checked_sub(amount).ok_or(Overdrawn {
        missing: amount.wrapping_sub(balance),
    })
}

/// Calls a function that may throw, and says what it threw.
#[wasm_bindgen]
pub fn attempt(function: &js_sys::Function) -> String {
    match function.call0(&JsValue::UNDEFINED) {
        Ok(value) => format!("returned {value:?}"),
        Err(thrown) => match thrown.dyn_ref::<Error>() {
            Some(error) => format!("threw a {}: {}", error.name(), error.message()),
            None => format!("threw {thrown:?}"),
        },
    }
}

/// Whether the text is JSON: `JSON.parse` throws if it is not.
#[wasm_bindgen(js_name = isJson)]
pub fn is_json(text: &str) -> bool {
    parse_json(text).is_ok()
}

/// Panics if there is no such element. A panic ends the call with a `WebAssembly.RuntimeError`.
#[wasm_bindgen]
pub fn element(values: &[u8], index: usize) -> u8 {
    values[index]
}
