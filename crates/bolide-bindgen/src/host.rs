//! What calls go through: a package, or the caller of a closure.

use std::cell::RefCell;

use bolide_js::rquickjs::{self, Ctx, Value as JsValue};
use bolide_js::{Exception, Runtime};

use crate::error::{Error, ErrorKind, Failure, Result};

mod sealed {
    pub trait Sealed {}
    impl Sealed for crate::Package {}
    impl Sealed for crate::Caller<'_> {}
}

/// Whether a promise is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    Yes,
    No,
}

/// Where objects and functions can be used: a [`Package`](crate::Package), or the [`Caller`](crate::Caller) that a
/// closure gets.
///
/// ```
/// use bolide_bindgen::{Host, Object, Package, Result};
///
/// /// For the program and for its closures.
/// fn advance_twice(host: &mut impl Host, counter: &Object) -> Result<i32> {
///     counter.call::<_, i32>(host, "advance", ())?;
///     counter.call(host, "advance", ())
/// }
/// # let _folder = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/docs/pkg.rs"));
///
/// let mut package = Package::load("pkg")?;
/// let counter = package.construct("Counter", ("c",))?;
/// assert_eq!(advance_twice(&mut package, &counter)?, 2);
/// # Ok::<(), bolide_bindgen::Error>(())
/// ```
pub trait Host: sealed::Sealed {
    #[doc(hidden)]
    fn run<R>(
        &mut self,
        what: &str,
        wait: Wait,
        start: impl for<'js> FnOnce(&Ctx<'js>) -> Result<JsValue<'js>, Failure>,
        finish: impl for<'js> FnOnce(&Ctx<'js>, JsValue<'js>) -> Result<R, Failure>,
    ) -> Result<R>;
}

/// Runs a call of a package: JavaScript's own failures go to the runtime, others around it.
pub(crate) fn run_in<R>(
    runtime: &mut Runtime,
    what: &str,
    wait: Wait,
    start: impl for<'js> FnOnce(&Ctx<'js>) -> Result<JsValue<'js>, Failure>,
    finish: impl for<'js> FnOnce(&Ctx<'js>, JsValue<'js>) -> Result<R, Failure>,
) -> Result<R> {
    let own = RefCell::new(None);
    let js = |failure| match failure {
        Failure::Js(error) => error,
        Failure::Own(kind, text) => {
            own.replace(Some(Error::new(kind, what, text)));
            rquickjs::Error::Unknown
        }
    };
    let result = match wait {
        Wait::Yes => runtime.settle(
            |ctx| start(ctx).map_err(js),
            |ctx, value| finish(ctx, value).map_err(js),
        ),
        Wait::No => runtime.with_ctx(|ctx| {
            let finished = start(ctx).and_then(|value| finish(ctx, value));
            finished.map_err(js)
        }),
    };
    match (result, own.into_inner()) {
        (Ok(value), _) => Ok(value),
        (Err(bolide_js::Error::Exception(_)), Some(error)) => Err(error),
        (Err(error), _) => Err(Error::from_runtime(what, error)),
    }
}

/// Runs a call within a call from JavaScript.
pub(crate) fn run_within<'js, R>(
    ctx: &Ctx<'js>,
    what: &str,
    wait: Wait,
    start: impl FnOnce(&Ctx<'js>) -> Result<JsValue<'js>, Failure>,
    finish: impl FnOnce(&Ctx<'js>, JsValue<'js>) -> Result<R, Failure>,
) -> Result<R> {
    let run = || {
        let value = start(ctx)?;
        if wait == Wait::Yes && value.is_promise() {
            let text = "the result is a promise, which a closure cannot wait for";
            return Err(Failure::Own(ErrorKind::Host, text.to_owned()));
        }
        finish(ctx, value)
    };
    run().map_err(|failure| match failure {
        Failure::Js(error) => Error::from_exception(what, Exception::catch(ctx, error)),
        Failure::Own(kind, text) => Error::new(kind, what, text),
    })
}
