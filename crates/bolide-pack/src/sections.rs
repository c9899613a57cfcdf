//! Custom sections of a module in binary form.

use std::ops::Range;

use wasmparser::{Parser, Payload};

/// The contents of the custom sections called `name`.
pub(crate) fn custom<'a>(wasm: &'a [u8], name: &str) -> Vec<&'a [u8]> {
    payloads(wasm)
        .filter_map(|(payload, _)| match payload {
            Payload::CustomSection(section) if section.name() == name => Some(section.data()),
            _ => None,
        })
        .collect()
}

/// The module without the custom sections whose names `drops` says yes to.
pub(crate) fn without(wasm: &[u8], drops: impl Fn(&str) -> bool) -> Vec<u8> {
    let mut kept = Vec::with_capacity(wasm.len());
    let mut from = 0;
    for (payload, whole) in payloads(wasm) {
        if let Payload::CustomSection(section) = payload
            && drops(section.name())
        {
            kept.extend_from_slice(&wasm[from..whole.start]);
            from = whole.end;
        }
    }
    kept.extend_from_slice(&wasm[from..]);
    kept
}

/// Appends the section that says where the debug information is.
///
/// See "External DWARF" in the tool conventions of WebAssembly.
pub(crate) fn refer_to_debug_info(wasm: &mut Vec<u8>, url: &str) {
    let mut contents = Vec::new();
    for text in ["external_debug_info", url] {
        number(&mut contents, text.len());
        contents.extend_from_slice(text.as_bytes());
    }
    wasm.push(0);
    number(wasm, contents.len());
    wasm.extend_from_slice(&contents);
}

/// Unsigned LEB128.
fn number(bytes: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// The sections, with the range of each that includes its header, up to the first that is damaged.
fn payloads(wasm: &[u8]) -> impl Iterator<Item = (Payload<'_>, Range<usize>)> {
    let mut start = 0;
    Parser::new(0).parse_all(wasm).map_while(move |payload| {
        let payload = payload.ok()?;
        let end = match &payload {
            Payload::Version { range, .. } => Some(range.end),
            other => other.as_section().map(|(_, range)| range.end),
        };
        let end = end.map_or(start, |end| end as usize);
        let whole = start..end;
        start = end;
        Some((payload, whole))
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// An empty module with custom sections.
    pub(crate) fn module(sections: &[(&str, &[u8])]) -> Vec<u8> {
        let mut wasm = b"\0asm\x01\0\0\0".to_vec();
        for (name, data) in sections {
            let mut contents = Vec::new();
            number(&mut contents, name.len());
            contents.extend_from_slice(name.as_bytes());
            contents.extend_from_slice(data);
            wasm.push(0);
            number(&mut wasm, contents.len());
            wasm.extend_from_slice(&contents);
        }
        wasm
    }

    #[test]
    fn sections_are_found_and_removed_by_name() {
        let long = [7; 300];
        let all = module(&[("name", &long), (".debug_info", b"x"), ("other", b"yz")]);
        assert_eq!(custom(&all, "other"), [b"yz"]);
        assert_eq!(custom(&all, "name"), [&long]);
        let rest = without(&all, |name| name.starts_with(".debug_"));
        assert_eq!(rest, module(&[("name", &long), ("other", b"yz")]));
        assert_eq!(without(&rest, |_| true), module(&[]));
        assert_eq!(without(&rest, |_| false), rest);
    }

    #[test]
    fn the_place_of_debug_info_is_a_section() {
        let mut wasm = module(&[]);
        refer_to_debug_info(&mut wasm, "a.wasm");
        assert_eq!(custom(&wasm, "external_debug_info"), [b"\x06a.wasm"]);
    }

    #[test]
    fn damaged_modules_are_left_alone() {
        for wasm in [&b""[..], b"\0asm", b"\0asm\x01\0\0\0\0\x05\x09a"] {
            assert_eq!(without(wasm, |_| true), wasm);
            assert!(custom(wasm, "a").is_empty());
        }
    }
}
