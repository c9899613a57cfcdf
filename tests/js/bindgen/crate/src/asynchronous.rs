//! Promises as futures and futures as promises.

use js_sys::{Array, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, future_to_promise, spawn_local};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = host)]
    fn sleep(milliseconds: u32) -> Promise;

    #[wasm_bindgen(js_namespace = host, js_name = loadText, catch)]
    async fn load_text(name: &str) -> Result<JsValue, JsValue>;
}

#[wasm_bindgen(js_name = addLater)]
pub async fn add_later(a: Promise, b: u32) -> Result<f64, JsValue> {
    let a = JsFuture::from(a).await?;
    JsFuture::from(sleep(1)).await?;
    a.as_f64()
        .map(|a| a + f64::from(b))
        .ok_or_else(|| JsError::new("not a number").into())
}

#[wasm_bindgen(js_name = loadAll)]
pub async fn load_all(names: Vec<String>) -> Array {
    let results = Array::new();
    for name in names {
        let text = match load_text(&name).await {
            Ok(text) => text,
            Err(error) => format!("failed: {}", js_sys::Error::from(error).message()).into(),
        };
        results.push(&text);
    }
    results
}

/// Notes the steps of two tasks that take turns.
#[wasm_bindgen]
pub fn tasks() -> Promise {
    for name in ["first", "second"] {
        spawn_local(async move {
            for step in 1..=2 {
                crate::note(&format!("{name} task, step {step}"));
                let _ = JsFuture::from(Promise::resolve(&JsValue::UNDEFINED)).await;
            }
        });
    }
    future_to_promise(async {
        JsFuture::from(sleep(5)).await?;
        Ok("tasks done".into())
    })
}
