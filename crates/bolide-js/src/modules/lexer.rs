//! The names that a CommonJS module exports, found in its text: what Node's `cjs-module-lexer` finds.
//!
//! Found are assignments to `exports.name` and `module.exports`, `Object.defineProperty(exports, "name", …)`, and what
//! the compilers of TypeScript, Babel and esbuild write for exports and re-exports.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use oxc_allocator::Allocator;
use oxc_ast::ast::{
    AssignmentExpression, AssignmentTarget, BindingPattern, CallExpression, Expression,
    ObjectExpression, ObjectPropertyKind, VariableDeclarator,
};
use oxc_ast_visit::{Visit, walk};
use oxc_span::SourceType;

use super::load::{Format, decode, format, resolver};
use super::resolve::Location;
use super::syntax::{parse, required, string_argument};
use super::url::{Importer, from_path};
use crate::agent::AgentRef;

/// The names that the module at `path` with this text exports, without duplicates, in order; also those of modules
/// that it re-exports.
pub(super) fn export_names(agent: &AgentRef, path: &Path, source: &str) -> Vec<String> {
    let mut names = Names::default();
    let mut visited = HashSet::from([path.to_owned()]);
    collect(agent, path, source, &mut visited, &mut names);
    names.list
}

#[derive(Default)]
struct Names {
    list: Vec<String>,
    known: HashSet<String>,
}

impl Names {
    fn add(&mut self, name: &str) {
        if self.known.insert(name.to_owned()) {
            self.list.push(name.to_owned());
        }
    }
}

fn collect(
    agent: &AgentRef,
    path: &Path,
    source: &str,
    visited: &mut HashSet<PathBuf>,
    names: &mut Names,
) {
    let found = scan(source);
    for name in &found.names {
        names.add(name);
    }
    let importer = Importer::new(from_path(path));
    for specifier in &found.reexports {
        // What cannot be found or read fails when the module runs, with a better error.
        let Ok(Location::File(path, _)) = resolver(agent).require(specifier, &importer) else {
            continue;
        };
        if !visited.insert(path.clone()) {
            continue;
        }
        let Ok(bytes) = agent.files.read(&path) else {
            continue;
        };
        if matches!(format(agent, &path, &bytes, true), Ok(Format::CommonJs)) {
            collect(agent, &path, &decode(&bytes), visited, names);
        }
    }
}

/// What one text exports.
#[derive(Debug, Default, PartialEq)]
struct Found {
    names: Vec<String>,
    /// Specifiers of modules whose exports are exported as well.
    reexports: Vec<String>,
}

fn scan(source: &str) -> Found {
    let allocator = Allocator::default();
    let parsed = parse(&allocator, source, SourceType::cjs());
    let mut scanner = Scanner::default();
    scanner.visit_program(&parsed.program);
    scanner.found
}

#[derive(Default)]
struct Scanner {
    found: Found,
    /// Variables that hold a required module.
    modules: HashMap<String, String>,
}

impl Scanner {
    fn name(&mut self, name: &str) {
        self.found.names.push(name.to_owned());
    }

    fn reexport(&mut self, specifier: &str) {
        self.found.reexports.push(specifier.to_owned());
    }

    /// `module.exports = {…}`.
    fn object(&mut self, object: &ObjectExpression<'_>) {
        for property in &object.properties {
            match property {
                ObjectPropertyKind::ObjectProperty(property) => {
                    if let Some(name) = property.key.static_name().filter(|_| !property.computed) {
                        self.name(&name);
                    }
                }
                ObjectPropertyKind::SpreadProperty(spread) => {
                    if let Some(specifier) = required(&spread.argument) {
                        self.reexport(specifier);
                    }
                }
            }
        }
    }

    /// A value that becomes `module.exports`.
    fn exports(&mut self, value: &Expression<'_>) {
        match value {
            Expression::ObjectExpression(object) => self.object(object),
            Expression::Identifier(name) => {
                if let Some(specifier) = self.modules.get(name.name.as_str()).cloned() {
                    self.reexport(&specifier);
                }
            }
            Expression::AssignmentExpression(inner) => self.exports(&inner.right),
            _ => {
                if let Some(specifier) = required(value) {
                    self.reexport(specifier);
                }
            }
        }
    }

    /// Helpers of compilers: `__exportStar(require("x"), exports)`, `__export(require("x"))` and
    /// `__export(exports, { name: () => name })`.
    fn helper(&mut self, call: &CallExpression<'_>) {
        for argument in call
            .arguments
            .iter()
            .filter_map(|argument| argument.as_expression())
        {
            match argument {
                Expression::ObjectExpression(object) => {
                    let first = call
                        .arguments
                        .first()
                        .and_then(|first| first.as_expression());
                    if first.is_some_and(is_exports) {
                        self.object(object);
                    }
                }
                _ => {
                    if let Some(specifier) = required(argument) {
                        self.reexport(specifier);
                    }
                }
            }
        }
    }

    /// `Object.defineProperty(exports, "name", …)` and `Object.keys(module).forEach(…)`.
    fn method(&mut self, call: &CallExpression<'_>) {
        let Some(member) = call.callee.as_member_expression() else {
            return;
        };
        let argument = |at: usize| call.arguments.get(at);
        match member.static_property_name() {
            Some("defineProperty") => {
                let target = argument(0).and_then(|target| target.as_expression());
                let name = argument(1).and_then(string_argument);
                if let (Some(target), Some(name)) = (target, name)
                    && is_exports(target)
                {
                    self.name(name);
                }
            }
            Some("forEach") => {
                let Expression::CallExpression(keys) = member.object() else {
                    return;
                };
                let is_keys = keys.callee.as_member_expression().is_some_and(|keys| {
                    keys.object().is_specific_id("Object")
                        && keys.static_property_name() == Some("keys")
                });
                let variable = keys
                    .arguments
                    .first()
                    .and_then(|first| first.as_expression());
                if let Some(Expression::Identifier(variable)) = variable
                    && is_keys
                    && let Some(specifier) = self.modules.get(variable.name.as_str()).cloned()
                {
                    self.reexport(&specifier);
                }
            }
            Some("__exportStar" | "__export") => self.helper(call),
            _ => {}
        }
    }
}

/// `exports` or `module.exports`.
fn is_exports(expression: &Expression<'_>) -> bool {
    if expression.is_specific_id("exports") {
        return true;
    }
    expression.as_member_expression().is_some_and(|member| {
        member.object().is_specific_id("module") && member.static_property_name() == Some("exports")
    })
}

/// The module in `require("x")`, `_interopRequireWildcard(require("x"))` and the like.
fn wrapped_require<'a>(expression: &Expression<'a>) -> Option<&'a str> {
    if let Some(specifier) = required(expression) {
        return Some(specifier);
    }
    let Expression::CallExpression(call) = expression else {
        return None;
    };
    required(call.arguments.first()?.as_expression()?)
}

impl<'a> Visit<'a> for Scanner {
    fn visit_assignment_expression(&mut self, assignment: &AssignmentExpression<'a>) {
        let member = match &assignment.left {
            AssignmentTarget::StaticMemberExpression(member) => {
                Some((&member.object, Some(member.property.name.as_str())))
            }
            AssignmentTarget::ComputedMemberExpression(member) => {
                let name = member.static_property_name();
                Some((&member.object, name.map(|name| name.as_str())))
            }
            _ => None,
        };
        if let Some((object, Some(name))) = member {
            if is_exports(object) {
                self.name(name);
            } else if object.is_specific_id("module") && name == "exports" {
                self.exports(&assignment.right);
            }
        }
        walk::walk_assignment_expression(self, assignment);
    }

    fn visit_variable_declarator(&mut self, declarator: &VariableDeclarator<'a>) {
        if let (BindingPattern::BindingIdentifier(name), Some(value)) =
            (&declarator.id, &declarator.init)
            && let Some(specifier) = wrapped_require(value)
        {
            self.modules
                .insert(name.name.to_string(), specifier.to_owned());
        }
        walk::walk_variable_declarator(self, declarator);
    }

    fn visit_call_expression(&mut self, call: &CallExpression<'a>) {
        match &call.callee {
            Expression::Identifier(name) => {
                if matches!(
                    name.name.as_str(),
                    "__exportStar" | "__export" | "__reExport"
                ) {
                    self.helper(call);
                }
            }
            _ => self.method(call),
        }
        walk::walk_call_expression(self, call);
    }
}

#[cfg(test)]
mod tests {
    use super::scan;

    #[test]
    fn names_and_reexports() {
        let cases: &[(&str, &[&str], &[&str])] = &[
            (
                "exports.a = 1; module.exports.b = 2; exports['c-d'] = 3;",
                &["a", "b", "c-d"],
                &[],
            ),
            ("exports.a = exports.b = void 0;", &["a", "b"], &[]),
            (
                "module.exports = { a, b: 1, 'c': 2, d() {}, [e]: 3 };",
                &["a", "b", "c", "d"],
                &[],
            ),
            (
                "module.exports = { ...require('./x'), y };",
                &["y"],
                &["./x"],
            ),
            ("module.exports = require('./x');", &[], &["./x"]),
            (
                "const x = require('./x'); module.exports = x;",
                &[],
                &["./x"],
            ),
            ("exports = module.exports = { a };", &["a"], &[]),
            (
                "Object.defineProperty(exports, '__esModule', { value: true });",
                &["__esModule"],
                &[],
            ),
            (
                "Object.defineProperty(module.exports, 'a', { get: f });",
                &["a"],
                &[],
            ),
            (
                "tslib_1.__exportStar(require('./a'), exports); __exportStar(require('./b'), exports);",
                &[],
                &["./a", "./b"],
            ),
            (
                "var _x = _interopRequireWildcard(require('./x')); Object.keys(_x).forEach(function (key) { exports[key] = _x[key]; });",
                &[],
                &["./x"],
            ),
            ("0 && (module.exports = { a, b });", &["a", "b"], &[]),
            (
                "__export(exports, { a: () => a }); __reExport(exports, require('./x'), module.exports);",
                &["a"],
                &["./x"],
            ),
            (
                "(function () { if (typeof exports === 'object') { exports.a = f(); } })();",
                &["a"],
                &[],
            ),
            (
                "let other = {}; other.exports = { a }; other.a = 1;",
                &[],
                &[],
            ),
            ("#!/usr/bin/env node\nreturn exports.a = 1;", &["a"], &[]),
        ];
        for (source, names, reexports) in cases {
            let found = scan(source);
            assert_eq!(found.names, *names, "{source}");
            assert_eq!(found.reexports, *reexports, "{source}");
        }
    }
}
