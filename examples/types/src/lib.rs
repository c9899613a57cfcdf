//! What crosses between Rust and JavaScript, a module for each kind. `main.mjs` uses all of it.

mod classes;
mod closures;
mod data;
mod enums;
mod errors;
mod later;
mod numbers;
mod text;

use std::sync::atomic::{AtomicBool, Ordering};

use wasm_bindgen::prelude::*;

static STARTED: AtomicBool = AtomicBool::new(false);

/// Runs when the module is loaded, before anything else of it.
#[wasm_bindgen(start)]
fn start() {
    STARTED.store(true, Ordering::Relaxed);
}

/// Whether the start function has run.
#[wasm_bindgen(js_name = hasStarted)]
pub fn has_started() -> bool {
    STARTED.load(Ordering::Relaxed)
}
