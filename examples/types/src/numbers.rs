//! Numbers and arrays of them. A slice or a `Vec` is copied; a typed array of `js_sys` stays where it is.

use js_sys::{Float32Array, Uint8Array};
use wasm_bindgen::prelude::*;

/// The sum of an array of any length.
#[wasm_bindgen]
pub fn sum(values: &[f64]) -> f64 {
    values.iter().sum()
}

/// Sorts the caller's own array: what a mutable slice holds is copied back.
#[wasm_bindgen]
pub fn sort(values: &mut [i32]) {
    values.sort_unstable();
}

/// The checksum of Fletcher, 16 bits wide.
#[wasm_bindgen]
pub fn checksum(bytes: Vec<u8>) -> u16 {
    let (mut low, mut high) = (0_u16, 0_u16);
    for byte in bytes {
        low = (low + u16::from(byte)) % 255;
        high = (high + low) % 255;
    }
    high << 8 | low
}

/// The first `count` squares, as a `Float64Array`.
#[wasm_bindgen]
pub fn squares(count: u32) -> Vec<f64> {
    (0..count).map(|n| f64::from(n * n)).collect()
}

/// The bytes of the text, as an `Uint8Array`.
#[wasm_bindgen]
pub fn encode(text: &str) -> Vec<u8> {
    text.as_bytes().to_vec()
}

/// A `Float32Array` twice as long, with zeros at its end.
#[wasm_bindgen]
pub fn padded(values: &Float32Array) -> Float32Array {
    let longer = Float32Array::new_with_length(values.length() * 2);
    longer.set(values, 0);
    longer
}

/// Fills the caller's array, without a copy of it.
#[wasm_bindgen]
pub fn fill(bytes: &Uint8Array, value: u8) {
    bytes.fill(value, 0, bytes.length());
}

/// The factorial, as a `bigint`: nothing if it needs more than 64 bits.
#[wasm_bindgen]
pub fn factorial(n: u64) -> Option<u64> {
    (1..=n).try_fold(1_u64, u64::checked_mul)
}

/// The smallest and the largest `i64`.
#[wasm_bindgen]
pub fn extremes() -> Vec<i64> {
    vec![i64::MIN, i64::MAX]
}

/// The whole product of two `u64`.
#[wasm_bindgen(js_name = wideProduct)]
pub fn wide_product(a: u64, b: u64) -> u128 {
    u128::from(a) * u128::from(b)
}

/// Each width of integer wraps around as its Rust type does.
#[wasm_bindgen]
pub fn wrapped(a: i8, b: u8, c: i16, d: u16, e: i32, f: u32) -> Vec<f64> {
    let (a, b, c) = (a.wrapping_add(1), b.wrapping_add(1), c.wrapping_add(1));
    let (d, e, f) = (d.wrapping_add(1), e.wrapping_add(1), f.wrapping_add(1));
    vec![a.into(), b.into(), c.into(), d.into(), e.into(), f.into()]
}
