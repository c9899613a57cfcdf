use super::*;

fn check(bytes: &[u8], expected: SourceKind) {
    assert_eq!(
        SourceKind::detect(bytes),
        expected,
        "{:?}",
        String::from_utf8_lossy(bytes)
    );
}

#[test]
fn kinds_of_files() {
    check(b"\0asm\x01\0\0\0", SourceKind::Module);
    check(b"\0asm\x0d\0\x01\0", SourceKind::Component);
    check(b"\0asm\x02\0\0\0", SourceKind::UnknownVersion);
    check(b"", SourceKind::Empty);
    check(b"\x1f\x8b\x08\0\0\0", SourceKind::Gzip);
    check(b"\x28\xb5\x2f\xfd\0", SourceKind::Zstd);
    check(b"BZh91AY", SourceKind::Bzip2);
    check(b"\xfd7zXZ\0\0", SourceKind::Xz);
    check(b"PK\x03\x04rest", SourceKind::Zip);
    check(b"\x7fELF\x02\x01\x01", SourceKind::Elf);
    check(b"\xcf\xfa\xed\xfe\x07\0", SourceKind::MachO);
    check(b"MZ\x90\0\x03", SourceKind::Pe);
    check(b"BC\xc0\xde5", SourceKind::LlvmBitcode);
    check(b"!<arch>\n", SourceKind::Archive);
    check(b"\xff\xfe(\0m\0", SourceKind::Utf16);
    check(b"#!/bin/sh\n", SourceKind::Script);
    check(b"\n<!DOCTYPE html>\n<html>", SourceKind::Html);
    check(b"<?xml version='1.0'?>", SourceKind::Html);
    check(b"{\"version\": 3}", SourceKind::Json);
    check(b"import init from './x.js';", SourceKind::JavaScript);
    check(b"// glue\nlet wasm;", SourceKind::JavaScript);
    check(b"(module)", SourceKind::Text);
    check(b"\xef\xbb\xbf  (func)", SourceKind::Text);
    check(b";; comment\n(module)", SourceKind::Text);
    check(b"(; comment ;)", SourceKind::Text);
    check(b"MZ is how this text starts", SourceKind::OtherText);
    check(b"hello", SourceKind::OtherText);
    check(b"\x8b\x05\x80<brotli>\x03\xff", SourceKind::Unknown);
    check(b"a\0b", SourceKind::Unknown);
    // The 512th byte is inside a character.
    check(("x".repeat(511) + "ä").as_bytes(), SourceKind::OtherText);
}

#[test]
fn errors_say_what_the_file_is_and_what_to_do() {
    let error = load(b"\x1f\x8b\x08\0").expect_err("not a module");
    let expected = "the file is a gzip file; decompress it first with `gunzip`";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn binary_or_text() {
    let load = |bytes: &[u8]| {
        let bytes = Bytes::from(bytes.to_vec());
        Module::from_binary_or_text(&Arc::default(), Features::default(), bytes)
    };
    assert!(load(b"\0asm\x01\0\0\0").is_ok());
    assert!(load(b"(module (func))").is_ok());
    assert!(load(b"\xef\xbb\xbf(module (func))").is_ok());
    let error = load(b"(module \"\xff\")").expect_err("not UTF-8");
    assert_eq!(error.offset(), Some(9));
    let error = load(b"{}").expect_err("JSON");
    assert_eq!(error.kind(), ModuleErrorKind::WrongFormat(SourceKind::Json));
}

#[test]
fn text_errors_have_line_and_column() {
    let error = parse_text("(module\n  (func (i32.kaputt)))").expect_err("malformed");
    let (line, column) = (2, 10);
    assert_eq!(error.kind(), ModuleErrorKind::Text { line, column });
    assert!(
        error.to_string().contains("at line 2, column 10"),
        "{error}"
    );
}
