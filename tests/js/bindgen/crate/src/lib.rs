//! One of everything that wasm-bindgen passes between Rust and JavaScript.

mod asynchronous;
mod classes;
mod closures;
mod errors;
mod values;

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// Prints a line; the scripts that run the gallery define it.
    #[wasm_bindgen(js_namespace = host)]
    fn note(text: &str);
}

/// Runs when the module is instantiated.
#[wasm_bindgen(start)]
fn start() {
    note("started");
}
