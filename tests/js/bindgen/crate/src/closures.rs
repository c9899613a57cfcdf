//! Functions as values, in both directions.

use std::cell::RefCell;

use js_sys::Function;
use wasm_bindgen::prelude::*;

/// Calls the function for each number and adds the results up.
#[wasm_bindgen]
pub fn sum_of(function: &Function, count: u32) -> Result<f64, JsValue> {
    let mut sum = 0.0;
    for n in 0..count {
        sum += function
            .call1(&JsValue::NULL, &n.into())?
            .as_f64()
            .unwrap_or(f64::NAN);
    }
    Ok(sum)
}

/// A function that adds up all that it was called with.
#[wasm_bindgen]
pub fn adder() -> JsValue {
    let mut total = 0;
    Closure::wrap(Box::new(move |n: i32| {
        total += n;
        total
    }) as Box<dyn FnMut(i32) -> i32>)
    .into_js_value()
}

#[wasm_bindgen]
extern "C" {
    /// Calls the function with some words, while the call lasts.
    #[wasm_bindgen(js_namespace = host, js_name = withWords)]
    fn with_words(function: &mut dyn FnMut(String, u32) -> bool);

    #[wasm_bindgen(js_namespace = host)]
    fn later(function: &Closure<dyn FnMut(JsValue)>);

    #[wasm_bindgen(js_namespace = host, js_name = applyOnce)]
    fn apply_once(function: &JsValue) -> JsValue;
}

#[wasm_bindgen]
pub fn words() -> Vec<String> {
    let mut found = Vec::new();
    with_words(&mut |word, index| {
        found.push(format!("{index}:{word}"));
        found.len() < 2
    });
    found
}

thread_local! {
    static KEPT: RefCell<Option<Closure<dyn FnMut(JsValue)>>> = const { RefCell::new(None) };
}

/// Gives the script a function to call later; it notes its argument and lets itself go.
#[wasm_bindgen]
pub fn listen() {
    let closure = Closure::new(|value: JsValue| {
        crate::note(&format!("heard {}", value.as_string().unwrap_or_default()));
    });
    later(&closure);
    KEPT.set(Some(closure));
}

/// Drops the function that `listen` gave away; calling it throws then.
#[wasm_bindgen(js_name = stopListening)]
pub fn stop_listening() -> bool {
    KEPT.take().is_some()
}

#[wasm_bindgen]
pub fn once() -> JsValue {
    let text = String::from("moved");
    apply_once(&Closure::once_into_js(move |suffix: String| {
        format!("{text} {suffix}")
    }))
}

/// Rust to JavaScript to Rust, as deep as asked.
#[wasm_bindgen]
pub fn bounce(function: &Function, depth: u32) -> Result<JsValue, JsValue> {
    if depth == 0 {
        return Ok("bottom".into());
    }
    function.call2(&JsValue::UNDEFINED, function, &(depth - 1).into())
}
