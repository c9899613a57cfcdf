//! Async functions are functions that return a promise; a promise is a future.

use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(function: &Function, milliseconds: u32);
}

/// Returns after that time.
#[wasm_bindgen]
pub async fn sleep(milliseconds: u32) -> Result<(), JsValue> {
    let promise = Promise::new(&mut |resolve, _| set_timeout(&resolve, milliseconds));
    JsFuture::from(promise).await?;
    Ok(())
}

/// Awaits a promise of JavaScript. If it is rejected, so is this.
#[wasm_bindgen]
pub async fn doubled(number: Promise) -> Result<f64, JsValue> {
    let number = JsFuture::from(number).await?;
    let number = number
        .as_f64()
        .ok_or_else(|| JsError::new("that is no number"))?;
    sleep(1).await?;
    Ok(number * 2.0)
}

/// Calls an async function of JavaScript for each name, one after the other, and says what came of it.
#[wasm_bindgen(js_name = loadAll)]
pub async fn load_all(names: Vec<String>, load: Function) -> Result<Vec<String>, JsValue> {
    let mut texts = Vec::new();
    for name in names {
        let promise = load.call1(&JsValue::UNDEFINED, &JsValue::from_str(&name))?;
        let text = match JsFuture::from(Promise::resolve(&promise)).await {
            Ok(text) => text.as_string().unwrap_or_default(),
            Err(error) => match error.dyn_into::<js_sys::Error>() {
                Ok(error) => format!("no {name}: {}", error.message()),
                Err(_) => format!("no {name}"),
            },
        };
        texts.push(text);
    }
    Ok(texts)
}

/// Starts a task that goes on by itself and reports each of its steps.
#[wasm_bindgen]
pub fn background(name: String, steps: u32, report: Function) {
    spawn_local(async move {
        for step in 1..=steps {
            let line = JsValue::from_str(&format!("{name}: step {step} of {steps}"));
            // A listener that throws ends the task.
            if report.call1(&JsValue::UNDEFINED, &line).is_err() {
                return;
            }
            let _ = JsFuture::from(Promise::resolve(&JsValue::UNDEFINED)).await;
        }
    });
}
