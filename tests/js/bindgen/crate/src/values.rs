//! Strings, numbers, arrays, options and JavaScript's own values.

use js_sys::{Array, BigInt64Array, Float32Array, Map, Object, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
pub fn greet(name: &str) -> String {
    format!("Hello, {name}!")
}

/// The text in reverse, by characters.
#[wasm_bindgen]
pub fn reverse(text: &str) -> String {
    text.chars().rev().collect()
}

#[wasm_bindgen]
pub fn next_char(c: char) -> char {
    char::from_u32(c as u32 + 1).unwrap_or(c)
}

#[wasm_bindgen]
pub fn join(parts: Vec<String>, separator: Option<String>) -> String {
    parts.join(separator.as_deref().unwrap_or(","))
}

#[wasm_bindgen]
pub fn first_word(text: &str) -> Option<String> {
    text.split_whitespace().next().map(str::to_owned)
}

#[wasm_bindgen]
pub fn numbers(a: i8, b: u16, c: i32, d: u32, e: f32, f: f64, g: bool) -> f64 {
    f64::from(a)
        + f64::from(b)
        + f64::from(c)
        + f64::from(d)
        + f64::from(e)
        + f
        + f64::from(u8::from(g))
}

#[wasm_bindgen]
pub fn big_sum(a: i64, b: u64) -> i64 {
    a.wrapping_add_unsigned(b)
}

#[wasm_bindgen]
pub fn largest() -> u64 {
    u64::MAX
}

#[wasm_bindgen]
pub fn widest(a: i128) -> i128 {
    a.wrapping_mul(3)
}

#[wasm_bindgen]
pub fn half(value: Option<f64>) -> Option<f64> {
    value.filter(|v| *v != 0.0).map(|v| v / 2.0)
}

#[wasm_bindgen]
pub fn checked_add(a: Option<u32>, b: u32) -> Option<u32> {
    a?.checked_add(b)
}

#[wasm_bindgen]
pub fn sum_bytes(bytes: &[u8]) -> u32 {
    bytes.iter().map(|b| u32::from(*b)).sum()
}

/// Doubles the numbers in place.
#[wasm_bindgen]
pub fn double_all(values: &mut [f64]) {
    values.iter_mut().for_each(|v| *v *= 2.0);
}

#[wasm_bindgen]
pub fn squares(count: u32) -> Vec<u32> {
    (0..count).map(|n| n * n).collect()
}

#[wasm_bindgen]
pub fn fill(target: &Uint8Array, value: u8) -> u32 {
    target.fill(value, 1, target.length() - 1);
    target.length()
}

#[wasm_bindgen]
pub fn copied(source: Float32Array) -> Float32Array {
    let values: Vec<f32> = source.to_vec().into_iter().map(|v| v + 0.5).collect();
    Float32Array::from(values.as_slice())
}

#[wasm_bindgen]
pub fn big_array() -> BigInt64Array {
    BigInt64Array::from([i64::MIN, -1, 0, i64::MAX].as_slice())
}

/// What kind of value it is, and itself.
#[wasm_bindgen]
pub fn describe(value: JsValue) -> Array {
    let kind = match () {
        () if value.is_null() => "null",
        () if value.is_undefined() => "undefined",
        () if value.is_string() => "string",
        () if value.is_function() => "function",
        () if Array::is_array(&value) => "array",
        () if value.is_object() => "object",
        () if value.as_bool().is_some() => "boolean",
        () if value.as_f64().is_some() => "number",
        () if value.is_bigint() => "bigint",
        () if value.is_symbol() => "symbol",
        () => "other",
    };
    Array::of2(&JsValue::from_str(kind), &value)
}

#[wasm_bindgen]
pub fn counted(words: Vec<JsValue>) -> Result<Map, JsValue> {
    let map = Map::new();
    for word in words {
        let count = map.get(&word).as_f64().unwrap_or(0.0);
        map.set(&word, &JsValue::from(count + 1.0));
    }
    Ok(map)
}

#[wasm_bindgen]
pub fn pair(key: &str, value: &JsValue) -> Result<Object, JsValue> {
    let object = Object::new();
    Reflect::set(&object, &JsValue::from_str(key), value)?;
    Ok(object)
}

/// Grows the module's memory, so that views of it must be made anew.
#[wasm_bindgen]
pub fn grow_by(bytes: usize) -> usize {
    let block = vec![1u8; bytes];
    block.iter().map(|b| usize::from(*b)).sum()
}
