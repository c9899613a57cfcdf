//! What a call can fail with.

use std::fmt;

use bolide_js::rquickjs::{self, IntoJs as _};
use bolide_js::{Exception, Value};

use crate::convert::{ConvertError, FromJs};
use crate::host::{Host, Wait};

/// `Result` with [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What a package, or a call of it, failed with. It says what was called.
///
/// ```
/// # let _folder = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/docs/pkg.rs"));
/// use bolide_bindgen::{ErrorKind, Package};
///
/// let mut package = Package::load("pkg")?;
/// let error = package.call::<_, i32>("parse", ("4x",)).unwrap_err();
/// assert_eq!(error.to_string(), "`parse` threw Error: invalid digit found in string");
/// assert_eq!(error.kind(), ErrorKind::Thrown);
/// // pub fn fail(value: JsValue) -> Result<(), JsValue> { Err(value) }
/// let error = package.call::<_, ()>("fail", ("reason",)).unwrap_err();
/// assert_eq!(error.payload::<String>(&mut package)?, "reason");
/// # Ok::<(), bolide_bindgen::Error>(())
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    /// What was called or read; empty if nothing was.
    what: String,
    cause: Cause,
}

enum Cause {
    Exception(Box<Exception>),
    Text(String),
}

/// What sort of [`Error`] it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The package threw: a Rust function returned `Err`, or its glue refused an argument.
    Thrown,
    /// WebAssembly trapped: a Rust function panicked, say. As wherever wasm-bindgen's glue runs, the package can
    /// be called further, but nothing on its stack was dropped, so that values may be left half changed or borrowed.
    Trap,
    /// A value is not of the type that was asked for, or does not fit in it.
    Conversion,
    /// There is no such export, method or class, or it takes another number of arguments.
    Missing,
    /// The package cannot be loaded.
    Load,
    /// The timeout or an interrupt handle stopped the call.
    Interrupted,
    /// The package called `process.exit` with this code.
    Exit(i32),
    /// A promise is waited for that nothing will settle, or the JavaScript engine failed.
    Host,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, what: &str, text: impl Into<String>) -> Error {
        Error(Box::new(Inner {
            kind,
            what: what.to_owned(),
            cause: Cause::Text(text.into()),
        }))
    }

    pub(crate) fn from_exception(what: &str, exception: Exception) -> Error {
        let kind = match exception.name.as_str() {
            "RuntimeError" => ErrorKind::Trap,
            _ => ErrorKind::Thrown,
        };
        Error(Box::new(Inner {
            kind,
            what: what.to_owned(),
            cause: Cause::Exception(Box::new(exception)),
        }))
    }

    pub(crate) fn from_runtime(what: &str, error: bolide_js::Error) -> Error {
        let kind = match error {
            bolide_js::Error::Exception(exception) => {
                return Error::from_exception(what, *exception);
            }
            bolide_js::Error::Exit(code) => ErrorKind::Exit(code),
            bolide_js::Error::Interrupted => ErrorKind::Interrupted,
            _ => ErrorKind::Host,
        };
        let text = match kind {
            ErrorKind::Interrupted => "it took too long, or was interrupted".to_owned(),
            _ => error.to_string(),
        };
        Error::new(kind, what, text)
    }

    /// As an error of loading, with the reason in it.
    pub(crate) fn while_loading(self, path: &std::path::Path) -> Error {
        let kind = match self.0.kind {
            kind @ (ErrorKind::Interrupted | ErrorKind::Exit(_)) => kind,
            _ => ErrorKind::Load,
        };
        let what = format!("package {}", path.display());
        Error(Box::new(Inner {
            kind,
            what,
            cause: self.0.cause,
        }))
    }

    /// What sort of error it is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What was called, such as `greet` or `new Counter`; empty if nothing was.
    pub fn what(&self) -> &str {
        &self.0.what
    }

    /// Whether WebAssembly trapped, as it does when Rust code panics. See [`ErrorKind::Trap`].
    pub fn is_trap(&self) -> bool {
        self.0.kind == ErrorKind::Trap
    }

    /// What was thrown, in text: name, message, stack, and all that a console would print. `None` unless something
    /// was thrown.
    pub fn exception(&self) -> Option<&Exception> {
        match &self.0.cause {
            Cause::Exception(exception) => Some(exception),
            Cause::Text(_) => None,
        }
    }

    /// The `name` of the error object that was thrown, such as `TypeError`; empty if it was none.
    pub fn name(&self) -> &str {
        self.exception()
            .map_or("", |exception| exception.name.as_str())
    }

    /// The `message` of what was thrown, or the reason why the call failed, without what was called.
    pub fn message(&self) -> &str {
        match &self.0.cause {
            Cause::Exception(exception) => &exception.message,
            Cause::Text(text) => text,
        }
    }

    /// The frames of JavaScript and WebAssembly, innermost first, one per line; empty if nothing was thrown.
    pub fn stack(&self) -> &str {
        self.exception()
            .map_or("", |exception| exception.stack.as_str())
    }

    /// The value that was thrown: a copy, or a handle of an object. `None` if nothing was.
    pub fn thrown(&self) -> Option<&Value> {
        self.exception()?.thrown.as_deref()
    }

    /// The value that was thrown, as a Rust value: what a function returned in `Err(JsValue)`.
    ///
    /// # Errors
    ///
    /// If nothing was thrown, or the value has another type.
    pub fn payload<T: FromJs>(&self, host: &mut impl Host) -> Result<T> {
        let what = format!("what `{}` threw", self.0.what);
        let Some(thrown) = self.thrown() else {
            let text = format!("nothing was thrown: {self}");
            return Err(Error::new(ErrorKind::Missing, &what, text));
        };
        host.run(
            &what,
            Wait::No,
            |ctx| Ok(thrown.into_js(ctx)?),
            |ctx, value| Ok(T::from_js(ctx, value)?),
        )
    }

    /// What JavaScript sees of it if a closure returns it.
    pub(crate) fn to_exception(&self) -> Exception {
        match &self.0.cause {
            Cause::Exception(exception) => (**exception).clone(),
            Cause::Text(_) => Exception::new("Error", self.to_string()),
        }
    }
}

/// Adds what wasm-bindgen does not say.
fn explanation(exception: &Exception) -> &'static str {
    match exception.message.as_str() {
        "null pointer passed to rust" => " (the object was freed, or moved into a call)",
        message if message.starts_with("recursive use of an object detected") => {
            " (the object is borrowed by a call that has not returned, or that trapped)"
        }
        _ => "",
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { kind, what, cause } = &*self.0;
        match (kind, cause) {
            (_, Cause::Text(text)) if what.is_empty() => f.write_str(text),
            (ErrorKind::Load, cause) => {
                write!(f, "cannot load {what}: ")?;
                match cause {
                    Cause::Text(text) => f.write_str(text),
                    Cause::Exception(exception) => exception.fmt(f),
                }
            }
            (_, Cause::Text(text)) => write!(f, "`{what}`: {text}"),
            (ErrorKind::Trap, Cause::Exception(exception)) => {
                write!(f, "`{what}` trapped: {}", exception.message)
            }
            (_, Cause::Exception(exception)) => {
                write!(f, "`{what}` threw {exception}{}", explanation(exception))
            }
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {self}", self.0.kind)?;
        match self.stack() {
            "" => Ok(()),
            stack => write!(f, "\n{stack}"),
        }
    }
}

impl std::error::Error for Error {}

/// Why a step inside of the engine failed.
pub enum Failure {
    /// JavaScript has thrown.
    Js(rquickjs::Error),
    /// The kind and the text of an error of this crate.
    Own(ErrorKind, String),
}

impl Failure {
    /// The value of this name cannot be converted.
    pub(crate) fn converting(name: &str, error: ConvertError) -> Failure {
        match error.into_js() {
            Ok(error) => Failure::Js(error),
            Err(error) => Failure::Own(ErrorKind::Conversion, error.about(name)),
        }
    }

    pub(crate) fn missing(text: impl Into<String>) -> Failure {
        Failure::Own(ErrorKind::Missing, text.into())
    }
}

impl From<rquickjs::Error> for Failure {
    fn from(error: rquickjs::Error) -> Failure {
        Failure::Js(error)
    }
}

/// For results; what is passed to JavaScript has a name: see [`Failure::converting`].
impl From<ConvertError> for Failure {
    fn from(error: ConvertError) -> Failure {
        Failure::converting("the result", error)
    }
}

#[cfg(test)]
mod tests {
    use super::Error;

    #[test]
    fn errors_are_one_pointer_and_may_cross_threads() {
        fn check<T: Send + Sync + 'static>() {}
        check::<Error>();
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }
}
