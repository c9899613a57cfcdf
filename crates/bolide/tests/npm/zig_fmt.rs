//! `@wasm-fmt/zig_fmt`: Zig's own formatter. Returns two values.

use std::fmt::Write;

use bolide::{Engine, Linker, Store};

use super::{Guest, module};

fn guest() -> Guest<()> {
    let engine = Engine::default();
    let module = module(&engine, "zig_fmt");
    Guest::new(Store::new(&engine, ()), &Linker::new(&engine), &module)
}

/// Formats a source; `None` if it has a mistake.
fn format(guest: &mut Guest<()>, source: &str) -> Option<String> {
    let len = source.len() as u32;
    let address: u32 = guest.call("alloc", len);
    assert!(address != 0 && address != u32::MAX, "out of memory");
    guest.write(address, source.as_bytes());
    let (result, result_len): (u32, u32) = guest.call("format", (address, len));
    let text = (result_len > 0).then(|| guest.text(result, result_len));
    if text.is_some() {
        let packed: u64 = guest.call("format_impl", (address, len));
        let again = guest.text((packed >> 32) as u32, packed as u32);
        assert_eq!(text.as_ref(), Some(&again), "both exports do the same");
    }
    guest.call::<(), ()>("free_all", ());
    text
}

#[test]
fn zig_is_formatted() {
    let mut guest = guest();
    for (source, expected) in [
        ("const a=1;", Some("const a = 1;\n")),
        ("const = ;", None),
        (
            r#"const std=@import("std");pub fn main()!void{const x:u32=1+ 2;std.debug.print("{d}\n",.{x});if(x==3){return;}}"#,
            Some(concat!(
                "const std = @import(\"std\");\n",
                "pub fn main() !void {\n",
                "    const x: u32 = 1 + 2;\n",
                "    std.debug.print(\"{d}\\n\", .{x});\n",
                "    if (x == 3) {\n",
                "        return;\n",
                "    }\n",
                "}\n",
            )),
        ),
    ] {
        let formatted = format(&mut guest, source);
        assert_eq!(formatted.as_deref(), expected, "{source}");
    }
}

#[test]
fn long_zig_grows_the_memory() {
    let (mut source, mut expected) = (String::new(), String::new());
    for i in 0..2000 {
        writeln!(source, "fn f{i}(a:u32,b:u32)u32{{return a*b+{i};}}").expect("infallible");
        let separator = if i == 0 { "" } else { "\n" };
        write!(
            expected,
            "{separator}fn f{i}(a: u32, b: u32) u32 {{\n    return a * b + {i};\n}}\n"
        )
        .expect("infallible");
    }
    let mut guest = guest();
    let before = guest.memory.data_size(&guest.store);
    let formatted = format(&mut guest, &source).expect("it has no mistake");
    assert_eq!(formatted.len(), 113_780);
    assert_eq!(
        formatted.replace("\n\n", "\n"),
        expected.replace("\n\n", "\n")
    );
    assert!(guest.memory.data_size(&guest.store) > before);
}
