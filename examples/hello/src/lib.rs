//! Rust and JavaScript say hello to each other.

use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/src/hello.js")]
extern "C" {
    fn hello_from_js(name: &str) -> String;
}

/// Says hello to `name`, and passes on what JavaScript says to Rust.
#[wasm_bindgen]
pub fn hello_from_rust(name: &str) -> String {
    let answer = hello_from_js("Rust");
    format!("Hello {name}, this is Rust. JavaScript says: {answer}")
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::*;

    use super::*;

    #[wasm_bindgen_test]
    fn rust_hears_javascript() {
        assert_eq!(hello_from_js("Rust"), "Hello Rust, this is JavaScript.");
    }

    #[wasm_bindgen_test]
    fn rust_says_hello_and_passes_on_the_answer() {
        assert_eq!(
            hello_from_rust("World"),
            "Hello World, this is Rust. JavaScript says: Hello Rust, this is JavaScript."
        );
    }
}
