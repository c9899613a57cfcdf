//! Code that is entered line by line: declarations last, `await` and `import` work everywhere.

use oxc_allocator::Allocator;
use oxc_ast::ast::{
    ArrowFunctionExpression, AwaitExpression, BindingIdentifier, Class, Expression, ForOfStatement,
    Function, ImportDeclaration, ImportDeclarationSpecifier, ModuleExportName, Program, Statement,
    VariableDeclaration, VariableDeclarationKind,
};
use oxc_ast_visit::{Visit, walk};
use oxc_span::{GetSpan, SourceType, Span};
use oxc_syntax::scope::ScopeFlags;
use rquickjs::{Ctx, Value};

use super::evaluate;
use super::syntax::{Edit, apply, parse, quote};
use crate::agent::agent;

/// What entered code came to.
pub(crate) struct Evaluation<'js> {
    /// The value of the last statement; if `awaited`, a promise of an object whose `value` it is.
    pub(crate) value: Value<'js>,
    /// Whether the code waits for something before its value is known.
    pub(crate) awaited: bool,
}

/// Evaluates what was entered. Variables, functions, classes and imports of former calls are there, and may be
/// declared again (`let` and `const` become `var`). Specifiers are resolved from the current folder. An object literal
/// need not be in parentheses.
///
/// # Errors
///
/// What the code throws before it waits for something; afterwards the promise is rejected.
pub(crate) fn eval_repl<'js>(ctx: &Ctx<'js>, code: &str) -> rquickjs::Result<Evaluation<'js>> {
    if !ctx.globals().contains_key("require")? {
        let base = agent(ctx).settings.cwd.join("[repl]");
        evaluate::define_commonjs(ctx, &base.display().to_string())?;
    }
    let (code, awaited) = rewrite(code);
    let value = evaluate::script(ctx, &code, "[repl]")?;
    Ok(Evaluation { value, awaited })
}

/// Whether more text could make the code complete: a bracket, a template or a comment is open.
pub(crate) fn is_incomplete(code: &str) -> bool {
    let allocator = Allocator::default();
    let parsed = parse(&allocator, code, SourceType::mjs());
    let end = code.trim_end().len() as u32;
    parsed.diagnostics.iter().any(|error| {
        let mut labels = error.labels.iter();
        let at_end = labels.any(|label| label.offset() + label.len() >= end);
        let starts = |text: &str| error.message.starts_with(text);
        starts("Unterminated multiline comment")
            || (starts("Unexpected token")
                && error
                    .labels
                    .iter()
                    .any(|label| is_template(code, label.offset())))
            || (at_end && !starts("Unterminated string"))
    })
}

/// Whether a template that is never closed begins or continues at this offset.
fn is_template(code: &str, offset: u32) -> bool {
    let Some((before, rest)) = code.split_at_checked(offset as usize) else {
        return false;
    };
    rest.starts_with('`') || (rest.starts_with('}') && before.contains('`'))
}

/// The script to evaluate, and whether its value is awaited.
fn rewrite(code: &str) -> (String, bool) {
    let wrapped = format!("({})", code.trim().trim_end_matches(';'));
    let allocator = Allocator::default();
    let code = match code.trim_start().starts_with('{')
        && parse(&allocator, &wrapped, SourceType::mjs())
            .diagnostics
            .is_empty()
    {
        true => wrapped.as_str(),
        false => code,
    };
    let parsed = parse(&allocator, code, SourceType::mjs());
    if !parsed.diagnostics.is_empty() {
        // Sloppy code, or an error that the engine describes.
        return (code.to_owned(), false);
    }
    let mut rewriter = Rewriter {
        code,
        asynchronous: needs_await(&parsed.program),
        edits: Vec::new(),
        names: Vec::new(),
        functions: Vec::new(),
    };
    rewriter.program(&parsed.program);
    let text = apply(code, rewriter.edits);
    if !rewriter.asynchronous {
        return (text, false);
    }
    let names = match rewriter.names.is_empty() {
        true => String::new(),
        false => format!("var {};", rewriter.names.join(", ")),
    };
    let functions: Vec<String> = rewriter
        .functions
        .iter()
        .map(|name| format!("globalThis.{name} = {name};"))
        .collect();
    let text = format!(
        "{names}(async () => {{ {}{text}\n; return {{ value: undefined }}; }})()",
        functions.concat()
    );
    (text, true)
}

fn needs_await(program: &Program<'_>) -> bool {
    let imports = |statement: &Statement<'_>| matches!(statement, Statement::ImportDeclaration(_));
    let mut search = AwaitSearch(false);
    search.visit_program(program);
    search.0 || program.body.iter().any(imports)
}

/// Looks for `await` outside of functions.
struct AwaitSearch(bool);

impl<'a> Visit<'a> for AwaitSearch {
    fn visit_await_expression(&mut self, _: &AwaitExpression<'a>) {
        self.0 = true;
    }

    fn visit_for_of_statement(&mut self, statement: &ForOfStatement<'a>) {
        self.0 |= statement.r#await;
        walk::walk_for_of_statement(self, statement);
    }

    fn visit_function(&mut self, _: &Function<'a>, _: ScopeFlags) {}

    fn visit_arrow_function_expression(&mut self, _: &ArrowFunctionExpression<'a>) {}
}

struct Rewriter<'c> {
    code: &'c str,
    asynchronous: bool,
    edits: Vec<Edit>,
    /// Variables to declare outside of the asynchronous function.
    names: Vec<String>,
    functions: Vec<String>,
}

impl Rewriter<'_> {
    fn slice(&self, span: Span) -> &str {
        &self.code[span.start as usize..span.end as usize]
    }

    fn program(&mut self, program: &Program<'_>) {
        for statement in &program.body {
            match statement {
                Statement::VariableDeclaration(declaration) => self.variables(declaration),
                Statement::ClassDeclaration(class) => self.class(class),
                Statement::FunctionDeclaration(function) if self.asynchronous => {
                    self.functions
                        .extend(function.id.iter().map(|name| name.name.to_string()));
                }
                Statement::ImportDeclaration(import) => self.import(import),
                _ => {}
            }
        }
        if let (Some(Statement::ExpressionStatement(last)), true) =
            (program.body.last(), self.asynchronous)
        {
            let start = Span::empty(last.expression.span().start);
            let end = Span::empty(last.expression.span().end);
            self.edits.push((start, "return { value: (".to_owned()));
            self.edits.push((end, ") }".to_owned()));
        }
    }

    fn variables(&mut self, declaration: &VariableDeclaration<'_>) {
        let lexical = matches!(
            declaration.kind,
            VariableDeclarationKind::Let | VariableDeclarationKind::Const
        );
        if !lexical && declaration.kind != VariableDeclarationKind::Var {
            return;
        }
        if !self.asynchronous {
            if lexical {
                let start = declaration.span.start;
                let length = declaration.kind.as_str().len() as u32;
                self.edits
                    .push((Span::new(start, start + length), "var".to_owned()));
            }
            return;
        }
        let mut assignments = Vec::new();
        for declarator in &declaration.declarations {
            let mut names = Names(&mut self.names);
            names.visit_binding_pattern(&declarator.id);
            let target = self.slice(declarator.id.span());
            match &declarator.init {
                Some(value) => assignments.push(format!("{target} = {}", self.slice(value.span()))),
                None if lexical => assignments.push(format!("{target} = undefined")),
                None => {}
            }
        }
        let text = match assignments.is_empty() {
            true => ";".to_owned(),
            false => format!(";({});", assignments.join(", ")),
        };
        self.edits.push((declaration.span, text));
    }

    fn class(&mut self, class: &Class<'_>) {
        let Some(name) = &class.id else {
            return;
        };
        let name = name.name.to_string();
        let keyword = if self.asynchronous { ";" } else { "var " };
        self.edits
            .push((Span::empty(class.span.start), format!("{keyword}{name} = ")));
        self.edits
            .push((Span::empty(class.span.end), ";".to_owned()));
        self.names.push(name);
    }

    /// An import becomes an `import()`; its names become variables.
    fn import(&mut self, import: &ImportDeclaration<'_>) {
        let specifier = quote(import.source.value.as_str());
        let options = match &import.with_clause {
            None => String::new(),
            Some(clause) => {
                let span = clause.span;
                let text = self.slice(span);
                let braces = text.find('{').map_or("{}", |at| &text[at..]);
                format!(", {{ with: {braces} }}")
            }
        };
        let module = match import.phase {
            Some(oxc_ast::ast::ImportPhase::Source) => {
                format!("({{ default: await import.source({specifier}) }})")
            }
            _ => format!("await import({specifier}{options})"),
        };
        let specifiers = import
            .specifiers
            .as_ref()
            .map_or(&[][..], |list| list.as_slice());
        let mut properties = Vec::new();
        let mut namespace = None;
        for item in specifiers {
            let local = item.local().name.to_string();
            match item {
                ImportDeclarationSpecifier::ImportSpecifier(item) => {
                    let imported = match &item.imported {
                        ModuleExportName::IdentifierName(name) => name.name.to_string(),
                        ModuleExportName::IdentifierReference(name) => name.name.to_string(),
                        ModuleExportName::StringLiteral(name) => quote(name.value.as_str()),
                    };
                    properties.push(format!("{imported}: {local}"));
                }
                ImportDeclarationSpecifier::ImportDefaultSpecifier(_) => {
                    properties.push(format!("default: {local}"));
                }
                ImportDeclarationSpecifier::ImportNamespaceSpecifier(_) => {
                    namespace = Some(local.clone())
                }
            }
            self.names.push(local);
        }
        let text = match (namespace, properties.is_empty()) {
            (None, true) => format!("{module};"),
            (None, false) => format!(";({{ {} }} = {module});", properties.join(", ")),
            (Some(name), true) => format!("{name} = {module};"),
            (Some(name), false) => {
                format!(
                    "{name} = {module}; ({{ {} }} = {name});",
                    properties.join(", ")
                )
            }
        };
        self.edits.push((import.span, text));
    }
}

/// Collects the names that a pattern binds.
struct Names<'n>(&'n mut Vec<String>);

impl<'a> Visit<'a> for Names<'_> {
    fn visit_binding_identifier(&mut self, name: &BindingIdentifier<'a>) {
        self.0.push(name.name.to_string());
    }

    // Defaults are expressions, whose names are not bound.
    fn visit_expression(&mut self, _: &Expression<'a>) {}
}

#[cfg(test)]
mod tests {
    use super::{is_incomplete, rewrite};

    #[test]
    fn entered_code_is_rewritten() {
        let end = "\n; return { value: undefined }; })()";
        let cases = [
            ("1 + 1", "1 + 1", false),
            ("{ a: 1 }", "({ a: 1 })", false),
            ("{ let a = 1; a }", "{ let a = 1; a }", false),
            (
                "let a = 1, b; const { c } = d;",
                "var a = 1, b; var { c } = d;",
                false,
            ),
            ("class A {}", "var A = class A {};", false),
            ("async () => await x", "async () => await x", false),
            ("with (a) b", "with (a) b", false),
            (
                "await x",
                "(async () => { return { value: (await x) }",
                true,
            ),
            (
                "const { a, b: [c = d] } = await x;",
                "var a, c;(async () => { ;({ a, b: [c = d] } = await x);",
                true,
            ),
            (
                "function f() {} class A {} await f()",
                "var A;(async () => { globalThis.f = f;function f() {} ;A = class A {}; return { value: (await f()) }",
                true,
            ),
            ("import 'x'", "(async () => { await import(\"x\");", true),
            (
                "import a, { b as c, 'd-e' as f } from 'x'",
                "var a, c, f;(async () => { ;({ default: a, b: c, \"d-e\": f } = await import(\"x\"));",
                true,
            ),
            (
                "import * as n from 'x'; n",
                "var n;(async () => { n = await import(\"x\"); return { value: (n) }",
                true,
            ),
            (
                "import j from './j.json' with { type: 'json' }",
                "var j;(async () => { ;({ default: j } = await import(\"./j.json\", { with: { type: 'json' } }));",
                true,
            ),
        ];
        for (code, expected, awaited) in cases {
            let (text, waits) = rewrite(code);
            assert_eq!(waits, awaited, "{code}");
            let text = text.strip_suffix(end).unwrap_or(&text);
            assert_eq!(text, expected, "{code}");
        }
    }

    #[test]
    fn open_brackets_ask_for_more() {
        for code in [
            "function f() {",
            "[1,",
            "`a",
            "/* b",
            "if (x)",
            "f(",
            "x =>",
        ] {
            assert!(is_incomplete(code), "{code}");
        }
        for code in ["1", "let a = 1;", "}", "'a", "a b", ""] {
            assert!(!is_incomplete(code), "{code}");
        }
    }
}
