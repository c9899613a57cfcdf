//! The comments that stand above declarations.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::dwarf::Place;

/// The source files that have been read.
#[derive(Debug, Default)]
pub(super) struct Sources {
    files: BTreeMap<PathBuf, Vec<String>>,
}

impl Sources {
    /// The comment directly above what is declared at `place`.
    pub(super) fn comment(&mut self, place: &Place) -> Option<String> {
        let line = usize::try_from(place.line).ok()?.checked_sub(1)?;
        comment_above(self.lines(&place.file), line)
    }

    /// The comment directly above the first declaration of the function `name` in the file.
    pub(super) fn comment_in(&mut self, file: &Path, name: &str) -> Option<String> {
        let lines = self.lines(file);
        let mut declarations = (0..lines.len()).filter(|line| declares(&lines[*line], name));
        declarations.find_map(|line| comment_above(lines, line))
    }

    fn lines(&mut self, file: &Path) -> &[String] {
        if !self.files.contains_key(file) {
            // A source that cannot be read any more has no comments.
            let text = std::fs::read(file).unwrap_or_default();
            let text = String::from_utf8_lossy(&text);
            self.files
                .insert(file.to_owned(), text.lines().map(str::to_owned).collect());
        }
        &self.files[file]
    }
}

/// Whether the line has the name, followed by parameters.
fn declares(line: &str, name: &str) -> bool {
    let is_code = !is_comment(line.trim_start());
    is_code
        && line.match_indices(name).any(|(start, _)| {
            let is_word = |c: char| c.is_alphanumeric() || c == '_';
            !line[..start].ends_with(is_word)
                && line[start + name.len()..].trim_start().starts_with('(')
        })
}

/// The comment above the declaration whose name is in the line `line`, from 0.
fn comment_above(lines: &[String], line: usize) -> Option<String> {
    let mut above = lines
        .get(..line)?
        .iter()
        .rev()
        .map(|line| line.trim())
        .peekable();
    // What precedes the name in its declaration: attributes, and the type of the result.
    while above
        .next_if(|line| !is_comment(line) && !ends_declaration(line))
        .is_some()
    {}
    let mut comment: Vec<&str> = Vec::new();
    if above.peek().is_some_and(|line| line.ends_with("*/")) {
        for line in above {
            comment.push(line);
            if line.starts_with("/*") {
                break;
            }
        }
    } else {
        while let Some(line) = above.next_if(|line| line.starts_with("//")) {
            comment.push(line);
        }
    }
    comment.reverse();
    let text: Vec<&str> = comment.into_iter().map(without_marks).collect();
    let text = text.join("\n");
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn is_comment(line: &str) -> bool {
    line.starts_with("//") || line.ends_with("*/")
}

fn ends_declaration(line: &str) -> bool {
    line.is_empty() || line.starts_with('#') || line.ends_with([';', '{', '}'])
}

fn without_marks(line: &str) -> &str {
    let line = line.strip_suffix("*/").unwrap_or(line);
    let line = if line.starts_with("/") {
        line.trim_start_matches(['/', '*', '!'])
    } else {
        line.strip_prefix('*').unwrap_or(line)
    };
    line.strip_prefix(' ').unwrap_or(line).trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_of_all_kinds() {
        for (source, expected) in [
            ("/// One.\n/// Two.\nint f(void)", Some("One.\nTwo.")),
            ("// One.\nint f(void)", Some("One.")),
            ("/** One. */\nint f(void)", Some("One.")),
            (
                "/*\n * One.\n *\n *   Two.\n */\nEXPORT\nint f(void)",
                Some("One.\n\n  Two."),
            ),
            (
                "/// One.\n__attribute__((export_name(\"f\")))\nint f(void)",
                Some("One."),
            ),
            ("/* A licence. */\n\nint f(void)", None),
            ("// Another.\nint g(void);\nint f(void)", None),
            ("//\nint f(void)", None),
            ("int f(void)", None),
        ] {
            let lines: Vec<String> = source.lines().map(str::to_owned).collect();
            let comment = comment_above(&lines, lines.len() - 1);
            assert_eq!(comment.as_deref(), expected, "{source}");
        }
    }
}
