//! Functions as values, in both directions.

use js_sys::Function;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// An array of JavaScript.
    #[wasm_bindgen(js_name = Array, typescript_type = "number[]")]
    pub type Numbers;

    /// Calls the closure for each number; it lives as long as the call.
    #[wasm_bindgen(method, js_name = forEach)]
    fn for_each(this: &Numbers, visit: &mut dyn FnMut(f64));
}

/// Calls the function of JavaScript for each value. What it throws is thrown on.
#[wasm_bindgen]
pub fn map(values: &[f64], function: &Function) -> Result<Vec<f64>, JsValue> {
    let call = |value: &f64| function.call1(&JsValue::UNDEFINED, &JsValue::from(*value));
    let number = |result: JsValue| result.as_f64().unwrap_or(f64::NAN);
    values.iter().map(|value| call(value).map(number)).collect()
}

/// Lets JavaScript call a closure that changes what is around it.
#[wasm_bindgen]
pub fn largest(values: &Numbers) -> f64 {
    let mut largest = f64::NEG_INFINITY;
    values.for_each(&mut |value| largest = largest.max(value));
    largest
}

/// A function that counts its calls, which JavaScript keeps.
#[wasm_bindgen]
pub fn counter(step: u32) -> JsValue {
    let mut count = 0;
    let next = Closure::<dyn FnMut() -> u32>::new(move || {
        count += step;
        count
    });
    next.into_js_value()
}

/// A function that can be called once, for it gives away what it holds.
#[wasm_bindgen]
pub fn envelope(letter: String) -> JsValue {
    Closure::once_into_js(move || letter)
}

/// Keeps functions of JavaScript, and calls them when something happens.
#[wasm_bindgen]
#[derive(Default)]
pub struct Bell {
    listeners: Vec<Function>,
}

#[wasm_bindgen]
impl Bell {
    /// A bell that nobody hears.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Bell {
        Bell::default()
    }

    /// Keeps the function; it is called with the number of the ring.
    #[wasm_bindgen(js_name = onRing)]
    pub fn on_ring(&mut self, listener: Function) {
        self.listeners.push(listener);
    }

    /// Rings so often. Returns how many calls were made.
    pub fn ring(&self, times: u32) -> Result<u32, JsValue> {
        let mut calls = 0;
        for number in 1..=times {
            for listener in &self.listeners {
                listener.call1(&JsValue::UNDEFINED, &number.into())?;
                calls += 1;
            }
        }
        Ok(calls)
    }
}
