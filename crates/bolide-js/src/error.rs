//! Errors, for both sides: what embedders get, and what natives throw.

use std::fmt;

use rquickjs::{Ctx, Exception as JsException, IntoJs, Object, Value as JsValue};

use crate::value::Value;

/// What went wrong in a runtime.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// JavaScript threw and nothing caught it.
    Exception(Box<Exception>),
    /// The script called `process.exit` with this code.
    Exit(i32),
    /// An [`InterruptHandle`](crate::InterruptHandle) or the timeout stopped it.
    Interrupted,
    /// The runtime could not be made or used; the text says why.
    Host(String),
}

/// `Result` with [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A JavaScript error in text.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Exception {
    /// The value of `name`, such as `TypeError`; empty if what was thrown is no error object.
    pub name: String,
    /// The value of `message`, or the thrown value as text.
    pub message: String,
    /// The frames, JavaScript and WebAssembly, innermost first, one per line.
    pub stack: String,
    /// Everything that a console would print: the stack, the cause, further properties.
    pub report: String,
    /// The innermost place in JavaScript, if there is one.
    pub location: Option<Box<Location>>,
    /// What was thrown: an error object by reference, other values as [`Value`] says. `None` in exceptions that were
    /// made by [`Exception::new`].
    pub thrown: Option<Box<Value>>,
}

/// A place in a script.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Location {
    /// The URL of the script, or the name that it was evaluated under.
    pub file: String,
    /// Counted from 1.
    pub line: u32,
    /// In UTF-16 code units, counted from 1.
    pub column: u32,
    /// The text of the line, if the script can read its own source.
    pub text: Option<String>,
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.is_empty() {
            return f.write_str(&self.message);
        }
        write!(f, "{}: {}", self.name, self.message)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Exception(exception) => exception.fmt(f),
            Error::Exit(code) => write!(f, "the script exited with code {code}"),
            Error::Interrupted => f.write_str("the script was interrupted"),
            Error::Host(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Error {}

/// The kind of JavaScript error that a native throws.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ErrorClass {
    Error,
    Type,
    Range,
    Syntax,
    /// An `Error` as Node's system errors: `code` such as `ENOENT`, `errno` positive, and the call.
    System {
        code: &'static str,
        errno: i32,
        syscall: &'static str,
        path: Option<Box<str>>,
        /// The second path, of calls that have two.
        dest: Option<Box<str>>,
    },
}

/// An error that becomes a JavaScript exception. It is `Send`, so that background work can fail with it.
#[derive(Clone, Debug)]
pub(crate) struct HostError {
    pub(crate) class: ErrorClass,
    pub(crate) message: String,
    /// The property `code`, as Node's errors have it.
    pub(crate) code: Option<&'static str>,
}

impl HostError {
    pub(crate) fn new(class: ErrorClass, message: impl Into<String>) -> HostError {
        HostError {
            class,
            message: message.into(),
            code: None,
        }
    }

    pub(crate) fn error(message: impl Into<String>) -> HostError {
        HostError::new(ErrorClass::Error, message)
    }

    pub(crate) fn type_error(message: impl Into<String>) -> HostError {
        HostError::new(ErrorClass::Type, message)
    }

    pub(crate) fn range_error(message: impl Into<String>) -> HostError {
        HostError::new(ErrorClass::Range, message)
    }

    pub(crate) fn with_code(mut self, code: &'static str) -> HostError {
        self.code = Some(code);
        self
    }

    /// Whether a file is missing.
    pub(crate) fn is_not_found(&self) -> bool {
        matches!(self.class, ErrorClass::System { code: "ENOENT", .. })
    }

    /// A refused access. `what` reads like "reading /etc/passwd", `flag` like "--dir /etc".
    pub(crate) fn denied(what: impl fmt::Display, flag: impl fmt::Display) -> HostError {
        HostError::error(format!("{what} is not allowed; `{flag}` allows it"))
            .with_code("ERR_ACCESS_DENIED")
    }

    /// The error object.
    pub(crate) fn into_value<'js>(self, ctx: &Ctx<'js>) -> rquickjs::Result<JsValue<'js>> {
        let global = match self.class {
            ErrorClass::Type => "TypeError",
            ErrorClass::Range => "RangeError",
            ErrorClass::Syntax => "SyntaxError",
            _ => "Error",
        };
        let constructor: rquickjs::function::Constructor<'js> = ctx.globals().get(global)?;
        let error: Object<'js> = constructor.construct((self.message,))?;
        if let Some(code) = self.code {
            error.set("code", code)?;
        }
        if let ErrorClass::System {
            code,
            errno,
            syscall,
            path,
            dest,
        } = self.class
        {
            error.set("errno", -errno)?;
            error.set("code", code)?;
            error.set("syscall", syscall)?;
            if let Some(path) = path {
                error.set("path", &*path)?;
            }
            if let Some(dest) = dest {
                error.set("dest", &*dest)?;
            }
        }
        Ok(error.into_value())
    }

    /// Throws it.
    pub(crate) fn throw(self, ctx: &Ctx<'_>) -> rquickjs::Error {
        match self.into_value(ctx) {
            Ok(value) => ctx.throw(value),
            Err(error) => error,
        }
    }
}

/// Turns the errors of natives into exceptions.
pub(crate) trait OrThrow<T> {
    fn or_throw(self, ctx: &Ctx<'_>) -> rquickjs::Result<T>;
}

impl<T> OrThrow<T> for std::result::Result<T, HostError> {
    fn or_throw(self, ctx: &Ctx<'_>) -> rquickjs::Result<T> {
        self.map_err(|error| error.throw(ctx))
    }
}

/// The value that a failed call of `rquickjs` threw, or an error object that describes the failure.
pub(crate) fn thrown<'js>(ctx: &Ctx<'js>, error: rquickjs::Error) -> JsValue<'js> {
    if error.is_exception() {
        return ctx.catch();
    }
    let message = error.to_string();
    HostError::type_error(message)
        .into_value(ctx)
        .unwrap_or_else(|_| JsValue::new_undefined(ctx.clone()))
}

impl Exception {
    /// An error for host functions to return: JavaScript sees an error object of the class that `name` says if it is
    /// one of the language's, such as `RangeError`, and an `Error` otherwise.
    pub fn new(name: impl Into<String>, message: impl Into<String>) -> Exception {
        Exception {
            name: name.into(),
            message: message.into(),
            ..Exception::default()
        }
    }

    /// The exception that a host function's error becomes: itself if it is one, or else an `Error` whose message is
    /// that of the error and of its sources, joined by colons.
    ///
    /// ```
    /// use bolide_js::Exception;
    ///
    /// let error = "x".parse::<i32>().unwrap_err();
    /// let exception = Exception::from_error(&error);
    /// assert_eq!(exception.to_string(), "Error: invalid digit found in string");
    /// ```
    pub fn from_error(error: &(dyn std::error::Error + 'static)) -> Exception {
        if let Some(exception) = error.downcast_ref::<Exception>() {
            return exception.clone();
        }
        if let Some(Error::Exception(exception)) = error.downcast_ref::<Error>() {
            return (**exception).clone();
        }
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            text.push_str(": ");
            text.push_str(&cause.to_string());
            source = cause.source();
        }
        Exception::new("Error", text)
    }

    /// Describes what a call of the engine's own API threw, which is not pending any more.
    pub fn catch(ctx: &Ctx<'_>, error: rquickjs::Error) -> Exception {
        let value = thrown(ctx, error);
        Exception::describe(ctx, value, None)
    }

    /// Throws it, with the engine's own API: the value that was thrown if there is one, and a new error object of the
    /// class that [`Exception::new`] says otherwise.
    pub fn throw(&self, ctx: &Ctx<'_>) -> rquickjs::Error {
        match &self.thrown {
            Some(value) => match value.into_js(ctx) {
                Ok(value) => ctx.throw(value),
                Err(error) => error,
            },
            None => HostError::from(self).throw(ctx),
        }
    }

    /// Describes a thrown value. `source` is the name and the text of what is evaluated, if it is no file.
    pub(crate) fn describe<'js>(
        ctx: &Ctx<'js>,
        value: JsValue<'js>,
        source: Option<(&str, &str)>,
    ) -> Exception {
        let report = without_host_frames(&crate::web::report(ctx, &value));
        // A value that throws while it is copied is described all the same.
        let thrown = Value::copy(ctx, value.clone()).inspect_err(|_| drop(ctx.catch()));
        let thrown = thrown.ok().map(Box::new);
        let Some(error) = JsException::from_value(value.clone()).ok() else {
            return Exception {
                message: report.clone(),
                report,
                thrown,
                ..Exception::default()
            };
        };
        let text = |key| {
            let value: rquickjs::Result<JsValue<'js>> = error.as_object().get(key);
            // A getter may throw, which is of no interest here.
            let value = value.inspect_err(|_| drop(ctx.catch())).ok()?;
            crate::buffer::lossy_text(value.as_string()?).ok()
        };
        let stack = text("stack").unwrap_or_default();
        Exception {
            name: text("name").unwrap_or_else(|| "Error".to_owned()),
            message: text("message").unwrap_or_default(),
            location: Location::innermost(ctx, &stack, source).map(Box::new),
            stack,
            report,
            thrown,
        }
    }
}

impl std::error::Error for Exception {}

impl From<&Exception> for HostError {
    fn from(exception: &Exception) -> HostError {
        let class = match exception.name.as_str() {
            "TypeError" => ErrorClass::Type,
            "RangeError" => ErrorClass::Range,
            "SyntaxError" => ErrorClass::Syntax,
            _ => ErrorClass::Error,
        };
        HostError::new(class, exception.message.clone())
    }
}

impl Location {
    /// The first frame of a stack that is in a script.
    fn innermost(ctx: &Ctx<'_>, stack: &str, source: Option<(&str, &str)>) -> Option<Location> {
        // Code without a file is named after what it was entered for.
        let is_source = |file: &str| {
            let last = file.rsplit('/').next().unwrap_or(file);
            source.is_some_and(|(name, _)| file == name || last.starts_with(name))
        };
        // CommonJS modules are named by their paths.
        let is_known =
            |file: &str| file.starts_with("file:") || file.starts_with('/') || is_source(file);
        let frames = stack.lines().filter_map(parse_frame);
        let (file, line, column) = frames.into_iter().find(|(file, ..)| is_known(file))?;
        let index = line.checked_sub(1)? as usize;
        let text = match source {
            Some((_, text)) if is_source(file) => text.lines().nth(index).map(str::to_owned),
            _ => match file.starts_with('/') {
                true => Some(std::path::PathBuf::from(file)),
                false => url::Url::parse(file)
                    .ok()
                    .and_then(|url| url.to_file_path().ok()),
            }
            .and_then(|path| crate::agent::agent(ctx).files.read(&path).ok())
            .and_then(|bytes| {
                let text = String::from_utf8_lossy(&bytes);
                text.lines().nth(index).map(str::to_owned)
            }),
        };
        Some(Location {
            file: file.to_owned(),
            line,
            column,
            text,
        })
    }
}

/// Leaves out the frames of builtins, and of the natives through which they call.
fn without_host_frames(report: &str) -> String {
    let is_frame = |line: &str| line.trim_start().starts_with("at ");
    let is_builtin =
        |line: &str| is_frame(line) && (line.contains("(bolide:") || line.contains("at bolide:"));
    let is_native = |line: &str| is_frame(line) && line.ends_with("(native)");
    let mut kept = Vec::new();
    let mut below_is_builtin = false;
    // What `util.inspect` puts behind the last frame if properties follow.
    let mut brace = "";
    for line in report.lines().rev() {
        let frame = line.strip_suffix(" {").unwrap_or(line);
        // A native stands above the builtin that calls it.
        below_is_builtin = is_builtin(frame) || (below_is_builtin && is_native(frame));
        if below_is_builtin {
            brace = if frame == line { brace } else { " {" };
        } else {
            kept.push(format!("{line}{}", std::mem::take(&mut brace)));
        }
    }
    kept.reverse();
    kept.join("\n")
}

/// File, line and column of `    at name (file:line:column)` and `    at file:line:column`.
fn parse_frame(line: &str) -> Option<(&str, u32, u32)> {
    let frame = line.trim_start().strip_prefix("at ")?;
    let place = match frame.strip_suffix(')') {
        Some(frame) => frame.rsplit_once(" (").map_or(frame, |(_, place)| place),
        None => frame,
    };
    let (place, column) = place.rsplit_once(':')?;
    let (file, line) = place.rsplit_once(':')?;
    Some((file, line.parse().ok()?, column.parse().ok()?))
}

/// Lets natives return `Result<T, HostError>` as a value.
impl<'js> IntoJs<'js> for HostError {
    fn into_js(self, ctx: &Ctx<'js>) -> rquickjs::Result<JsValue<'js>> {
        self.into_value(ctx)
    }
}

#[cfg(test)]
mod tests {
    use super::{parse_frame, without_host_frames};

    #[test]
    fn frames_of_the_host_are_left_out() {
        let report = "Error: a\n    at f (native)\n    at g (/a.cjs:1:2)\n    at apply (native)\n    at _compile \
                      (bolide:modules/require:1:2) {\n  code: 1\n}";
        let expected = "Error: a\n    at f (native)\n    at g (/a.cjs:1:2) {\n  code: 1\n}";
        assert_eq!(without_host_frames(report), expected);
    }

    #[test]
    fn frames() {
        for (line, expected) in [
            (
                "    at f (file:///a/b.mjs:3:9)",
                Some(("file:///a/b.mjs", 3, 9)),
            ),
            (
                "    at file:///a/b.mjs:3:9",
                Some(("file:///a/b.mjs", 3, 9)),
            ),
            (
                "    at f (g) (file:///a%20(1).js:10:2)",
                Some(("file:///a%20(1).js", 10, 2)),
            ),
            ("    at f (native)", None),
            ("    at add (wasm://wasm/1:wasm-function[0]:0x1f)", None),
            ("TypeError: at work (a:1:2)", None),
        ] {
            assert_eq!(parse_frame(line), expected, "{line}");
        }
    }
}
