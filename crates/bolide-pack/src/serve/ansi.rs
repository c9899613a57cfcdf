//! What programs print for terminals, as text with classes.

use serde::Serialize;

/// A piece of text in one style.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Run {
    text: String,
    /// What the style is made of, as a list of CSS classes: `bold`, `red`, …
    class: String,
}

const COLORS: [&str; 8] = [
    "black", "red", "green", "yellow", "blue", "magenta", "cyan", "white",
];

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Style {
    bold: bool,
    dim: bool,
    italic: bool,
    underline: bool,
    color: Option<usize>,
}

/// The text without its styles.
pub(super) fn plain(text: &str) -> String {
    runs(text).into_iter().map(|run| run.text).collect()
}

/// The text with its styles. Escape sequences for other things are left out.
pub(super) fn runs(text: &str) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut style = Style::default();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find('\x1b').unwrap_or(rest.len());
        push(&mut runs, &rest[..end], style);
        rest = &rest[end..];
        if let Some(sequence) = rest.strip_prefix('\x1b') {
            rest = skip(sequence, &mut style);
        }
    }
    runs
}

fn push(runs: &mut Vec<Run>, text: &str, style: Style) {
    let shown = |c: &char| !c.is_control() || matches!(c, '\n' | '\t');
    let text: String = text.chars().filter(shown).collect();
    if text.is_empty() {
        return;
    }
    let class = style.class();
    match runs.last_mut() {
        Some(last) if last.class == class => last.text.push_str(&text),
        _ => runs.push(Run { text, class }),
    }
}

/// What comes after an escape sequence, of which `text` has everything but the escape character.
fn skip<'a>(text: &'a str, style: &mut Style) -> &'a str {
    if let Some(sequence) = text.strip_prefix('[') {
        let Some(end) = sequence.find(|c: char| ('@'..='~').contains(&c)) else {
            return "";
        };
        if sequence[end..].starts_with('m') {
            style.change(&sequence[..end]);
        }
        return &sequence[end + 1..];
    }
    if let Some(sequence) = text.strip_prefix(']') {
        // Hyperlinks and titles end with BEL, or with `ESC \`, of which the first starts a sequence of its own.
        return match sequence.find(['\x07', '\x1b']) {
            Some(end) if sequence[end..].starts_with('\x07') => &sequence[end + 1..],
            Some(end) => sequence[end + 1..]
                .strip_prefix('\\')
                .unwrap_or(&sequence[end..]),
            None => "",
        };
    }
    let mut rest = text.chars();
    rest.next();
    rest.as_str()
}

impl Style {
    fn change(&mut self, codes: &str) {
        let mut codes = codes.split([';', ':']);
        while let Some(code) = codes.next() {
            match code.parse().unwrap_or(0) {
                0 => *self = Style::default(),
                1 => self.bold = true,
                2 => self.dim = true,
                3 => self.italic = true,
                4 => self.underline = true,
                22 => (self.bold, self.dim) = (false, false),
                23 => self.italic = false,
                24 => self.underline = false,
                code @ 30..=37 => self.color = Some(code - 30),
                code @ 90..=97 => self.color = Some(code - 90),
                38 => self.color = extended(&mut codes),
                48 => _ = extended(&mut codes),
                39 => self.color = None,
                _ => {}
            }
        }
    }

    fn class(self) -> String {
        let mut classes = Vec::new();
        let flags = [
            (self.bold, "bold"),
            (self.dim, "dim"),
            (self.italic, "italic"),
            (self.underline, "underline"),
        ];
        classes.extend(
            flags
                .into_iter()
                .filter(|(on, _)| *on)
                .map(|(_, name)| name),
        );
        classes.extend(self.color.map(|color| COLORS[color]));
        classes.join(" ")
    }
}

/// A colour of the larger palettes: one of the 16 that have names, or none.
fn extended<'a>(codes: &mut impl Iterator<Item = &'a str>) -> Option<usize> {
    let mut next = || codes.next().and_then(|code| code.parse::<usize>().ok());
    match next()? {
        5 => next().filter(|&color| color < 16).map(|color| color % 8),
        2 => {
            for _ in 0..3 {
                next();
            }
            None
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles() {
        for (text, expected) in [
            ("plain", "plain"),
            ("\x1b[31mred\x1b[0m not", "<red>red<> not"),
            ("\x1b[0m\x1b[1m\x1b[38;5;9merror\x1b[0m", "<bold red>error"),
            ("\x1b[1;94mblue\x1b[22mthin", "<bold blue>blue<blue>thin"),
            ("\x1b[38;2;1;2;3mx\x1b[4my\x1b[mz", "x<underline>y<>z"),
            ("\x1b[48;5;1mback", "back"),
            ("a\x1b[2K\x1b[1Gb", "ab"),
            ("\x1b]8;;https://x/\x1b\\link\x1b]8;;\x07!", "link!"),
            ("<script>&\x07", "<script>&"),
            ("cut\x1b[3", "cut"),
            ("cut\x1b", "cut"),
            ("cut\x1b]8;", "cut"),
            ("\x1bMx", "x"),
            ("ä\x1b[31mö\x1bü", "ä<red>ö"),
            ("\x1b[31m\x1b[0m", ""),
        ] {
            let mut found = String::new();
            let mut class = String::new();
            for run in runs(text) {
                if run.class != class {
                    found += &format!("<{}>", run.class);
                    class = run.class;
                }
                found += &run.text;
            }
            assert_eq!(found, expected, "{text:?}");
        }
    }
}
