//! What the syntax of a source says: whether it is a module, and phases of imports that QuickJS does not know.

use oxc_allocator::Allocator;
use oxc_ast::ast::{Argument, Expression, ImportDeclaration, ImportExpression, ImportPhase};
use oxc_ast_visit::{Visit, walk};
use oxc_parser::{Parser, ParserReturn};
use oxc_span::{GetSpan, SourceType, Span};

use crate::error::{ErrorClass, HostError};

/// Before the specifier of an import in the source phase.
pub(super) const SOURCE_PHASE: &str = "bolide-source:";

/// Parses a program.
pub(super) fn parse<'a>(
    allocator: &'a Allocator,
    source: &'a str,
    kind: SourceType,
) -> ParserReturn<'a> {
    Parser::new(allocator, source, kind).parse()
}

/// Whether the text must be an ES module: it has `import` or `export` declarations or `import.meta`, or `await`
/// outside of functions. As Node decides where neither the ending of the file nor package.json does.
pub(super) fn is_module(source: &str) -> bool {
    if !may_be_module(source) {
        return false;
    }
    let allocator = Allocator::default();
    let module = parse(&allocator, source, SourceType::mjs());
    if module.module_record.has_module_syntax {
        return true;
    }
    source.contains("await")
        && module.diagnostics.is_empty()
        && !parse(&allocator, source, SourceType::cjs())
            .diagnostics
            .is_empty()
}

/// A quick look, so that most CommonJS sources are not parsed.
fn may_be_module(source: &str) -> bool {
    let follows = |word: &str, starts: &[char]| {
        let mut found = source.match_indices(word);
        found.any(|(at, _)| {
            let rest = &source[at + word.len()..];
            rest.starts_with(|next: char| next.is_whitespace() || starts.contains(&next))
        })
    };
    follows("import", &['{', '*', '"', '\'', '.', '/'])
        || follows("export", &['{', '*', '/'])
        || source.contains("await")
}

/// Rewrites `import source x from "…"` and `import.source(…)`, which QuickJS takes for errors of syntax, to imports
/// whose specifier begins with [`SOURCE_PHASE`]. `None` if the text has none. Lines stay where they are.
pub(super) fn rewrite_phases(source: &str) -> Result<Option<String>, HostError> {
    if !may_have_phases(source) {
        return Ok(None);
    }
    let allocator = Allocator::default();
    let parsed = parse(&allocator, source, SourceType::mjs());
    let mut phases = Phases {
        source,
        edits: Vec::new(),
        deferred: None,
    };
    phases.visit_program(&parsed.program);
    if let Some(offset) = phases.deferred {
        let line = source[..offset as usize].matches('\n').count() + 1;
        let message = format!(
            "`import defer` is not supported (line {line}); use `import()` where the module is needed"
        );
        return Err(HostError::new(ErrorClass::Syntax, message));
    }
    Ok((!phases.edits.is_empty()).then(|| apply(source, phases.edits)))
}

fn may_have_phases(source: &str) -> bool {
    source.match_indices("import").any(|(at, word)| {
        let rest = source[at + word.len()..].trim_start();
        let rest = rest.strip_prefix('.').unwrap_or(rest).trim_start();
        rest.starts_with("source") || rest.starts_with("defer")
    })
}

/// A part of the text and what takes its place.
pub(super) type Edit = (Span, String);

/// Applies edits that do not overlap.
pub(super) fn apply(source: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|(span, _)| span.start);
    let mut text = String::with_capacity(source.len() + 64);
    let mut at = 0;
    for (span, replacement) in edits {
        text.push_str(&source[at..span.start as usize]);
        text.push_str(&replacement);
        at = span.end as usize;
    }
    text.push_str(&source[at..]);
    text
}

/// A string literal in JavaScript.
pub(super) fn quote(text: &str) -> String {
    let quoted = serde_json::to_string(text).unwrap_or_default();
    // JSON lets these through, and JavaScript does as well; tools that read the text may not.
    quoted
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

struct Phases<'s> {
    source: &'s str,
    edits: Vec<Edit>,
    /// Where the first `import defer` is.
    deferred: Option<u32>,
}

impl Phases<'_> {
    /// As many line breaks as there are between two offsets.
    fn lines(&self, start: u32, end: u32) -> String {
        let text = &self.source[start as usize..end as usize];
        "\n".repeat(text.matches('\n').count())
    }
}

impl<'a> Visit<'a> for Phases<'_> {
    fn visit_import_declaration(&mut self, import: &ImportDeclaration<'a>) {
        match import.phase {
            Some(ImportPhase::Source) => {
                let local = import.specifiers.as_ref().and_then(|list| list.first());
                if let Some(local) = local {
                    let (start, end) = (import.span.start, local.span().start);
                    let replacement = format!("import {}", self.lines(start, end));
                    self.edits.push((Span::new(start, end), replacement));
                    let specifier = format!("{SOURCE_PHASE}{}", import.source.value);
                    self.edits.push((import.source.span, quote(&specifier)));
                }
            }
            Some(ImportPhase::Defer) => {
                self.deferred.get_or_insert(import.span.start);
            }
            None => {}
        }
    }

    fn visit_import_expression(&mut self, import: &ImportExpression<'a>) {
        match import.phase {
            Some(ImportPhase::Source) => {
                let (start, inner) = (import.span.start, import.source.span());
                let head = format!(
                    "import({}`{SOURCE_PHASE}${{",
                    self.lines(start, inner.start)
                );
                self.edits.push((Span::new(start, inner.start), head));
                self.edits.push((Span::empty(inner.end), "}`".to_owned()));
                let end = Span::empty(import.span.end);
                self.edits
                    .push((end, ".then((module) => module.default)".to_owned()));
            }
            Some(ImportPhase::Defer) => {
                self.deferred.get_or_insert(import.span.start);
            }
            None => {}
        }
        walk::walk_import_expression(self, import);
    }
}

/// The text of an argument that is a string literal.
pub(super) fn string_argument<'a>(argument: &Argument<'a>) -> Option<&'a str> {
    match argument {
        Argument::StringLiteral(literal) => Some(literal.value.as_str()),
        _ => None,
    }
}

/// The specifier of `require("…")`.
pub(super) fn required<'a>(expression: &Expression<'a>) -> Option<&'a str> {
    let Expression::CallExpression(call) = expression else {
        return None;
    };
    match call.callee.is_specific_id("require") {
        true => string_argument(call.arguments.first()?),
        false => None,
    }
}
