//! A program with a JavaScript console: host functions, a script, a memory that both sides share, and an error.
//!
//! cargo run -p bolide-js --example embed

use bolide::{Memory, MemoryType};
use bolide_js::{Error, Exception, Runtime, Value};

const SCRIPT: &str = r#"
    console.log("hello from", app.name());

    // The bytes are those that the host sees.
    const pixels = new Uint8Array(memory.buffer, 0, 4);
    pixels.set([10, 20, 30, 255]);

    // Host functions take values, and throw what they return as errors.
    globalThis.scale = (factor) => app.scale(pixels[0], factor);
    try {
        scale(100);
    } catch (error) {
        console.log("caught:", error.name, "-", error.message);
    }
"#;

fn main() -> Result<(), Error> {
    let mut runtime = Runtime::builder().build()?;
    runtime.register("app.name", || "embed.rs")?;
    runtime.register("app.scale", |value: u8, factor: u32| {
        u8::try_from(u32::from(value) * factor)
            .map_err(|_| Exception::new("RangeError", "a pixel is at most 255"))
    })?;

    let memory = runtime
        .with_store(|mut store| Memory::new(&mut store, MemoryType::new(1, None)))?
        .map_err(|error| Error::Host(error.to_string()))?;
    let object = runtime.expose(memory)?;
    runtime.set_global("memory", object)?;

    runtime.eval(SCRIPT)?;
    let pixels = runtime.with_store(|store| memory.data(&store)[..4].to_vec())?;
    println!("the host sees {pixels:?}");
    let scaled = runtime.call("scale", &[Value::from(3)])?;
    println!("scaled: {scaled}");

    match runtime.call("scale", &[Value::from("three")]) {
        Err(Error::Exception(exception)) => println!("not caught: {exception}"),
        other => println!("unexpected: {other:?}"),
    }
    Ok(())
}
