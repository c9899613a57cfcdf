//! The crate `pulldown-cmark`: `n` documents of about 10 KB are parsed and rendered as HTML.

use std::fmt::Write;

use bench_support::{Checksum, Random, push_words};
use pulldown_cmark::{Options, Parser, html};

bench_support::export!(run);

/// A piece of text with some of the inline syntax.
fn push_inline(text: &mut String, random: &mut Random) {
    for _ in 0..random.below(6) + 1 {
        let (before, after) = random.choose(&[
            ("", ""),
            ("*", "*"),
            ("**", "**"),
            ("`", "`"),
            ("[", "](https://example.org/page?a=1&b=2 \"title\")"),
            ("~~", "~~"),
            ("![", "](image.png)"),
            ("&amp; <b>", "</b>"),
        ]);
        let words = random.below(8) + 1;
        text.push_str(before);
        push_words(text, random, words);
        text.push_str(after);
        text.push_str(random.choose(&[" ", ", ", ".  \n", "\n"]));
    }
}

fn push_block(text: &mut String, random: &mut Random) {
    match random.below(7) {
        0 => {
            let level = random.below(4) as usize + 1;
            let _ = write!(text, "{} ", &"####"[..level]);
            push_words(text, random, 4);
        }
        1 => {
            for i in 0..random.below(6) + 2 {
                let marker = random.choose(&["- ", "- [x] ", "  - ", "1. "]);
                let _ = write!(text, "{marker}{i} ");
                push_words(text, random, 6);
                text.push('\n');
            }
        }
        2 => {
            text.push_str("```rust\n");
            for i in 0..random.below(8) {
                let _ = writeln!(text, "let x{i} = <{i} as T>::call(&y);");
            }
            text.push_str("```\n");
        }
        3 => {
            text.push_str("> ");
            push_inline(text, random);
        }
        4 => {
            text.push_str("| name | value | note |\n|:-----|------:|------|\n");
            for i in 0..random.below(6) {
                let _ = write!(text, "| row {i} | {} | ", random.below(1000));
                push_words(text, random, 3);
                text.push_str(" |\n");
            }
        }
        _ => push_inline(text, random),
    }
    text.push_str("\n\n");
}

fn run(n: u32) -> u64 {
    let mut random = Random::new(22);
    let mut checksum = Checksum::default();
    for _ in 0..n {
        let mut markdown = String::new();
        while markdown.len() < 10_000 {
            push_block(&mut markdown, &mut random);
        }
        let mut rendered = String::new();
        html::push_html(&mut rendered, Parser::new_ext(&markdown, Options::all()));
        checksum.add_bytes(rendered.as_bytes());
    }
    checksum.get()
}
