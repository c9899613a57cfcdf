//! Text. Strings of JavaScript are UTF-16, those of Rust are UTF-8; they are copied when they cross.

use js_sys::JsString;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/shout.js")]
extern "C" {
    /// A function of the JavaScript file that comes with this crate.
    fn shout(text: &str) -> String;
}

/// Greets, and lets JavaScript be loud.
#[wasm_bindgen]
pub fn greet(name: &str) -> String {
    format!("Hello, {}!", shout(name))
}

/// The text backwards, character by character.
#[wasm_bindgen]
pub fn reverse(text: String) -> String {
    text.chars().rev().collect()
}

/// How long the text is in Rust, in bytes and in characters.
#[wasm_bindgen]
pub fn lengths(text: &str) -> Vec<u32> {
    [text.len(), text.chars().count()].map(|n| n as u32).into()
}

/// The character after this one.
#[wasm_bindgen(js_name = nextCharacter)]
pub fn next_character(c: char) -> Option<char> {
    char::from_u32(u32::from(c) + 1)
}

/// The texts in one, or nothing if there are none.
#[wasm_bindgen]
pub fn join(texts: Vec<String>, separator: Option<String>) -> Option<String> {
    let separator = separator.as_deref().unwrap_or(", ");
    (!texts.is_empty()).then(|| texts.join(separator))
}

/// Whether the text has halves of surrogate pairs, which no string of Rust can hold. A `JsString` stays in JavaScript.
#[wasm_bindgen(js_name = hasLoneSurrogates)]
pub fn has_lone_surrogates(text: &JsString) -> bool {
    !text.is_valid_utf16()
}
