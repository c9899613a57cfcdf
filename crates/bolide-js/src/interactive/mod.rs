//! Code that is entered by a person: on a command line, or line by line.

use rquickjs::promise::PromiseState;
use rquickjs::{Ctx, Function, Object, Type, Value as JsValue};

use crate::agent::agent;
use crate::builtins::{self, Area};
use crate::error::{Error, Result};
use crate::event_loop;
use crate::runtime::Runtime;

pub(crate) const AREA: Area = Area {
    sources: &[("interactive", include_str!("interactive.js"))],
    globals: &[],
    natives: &[("interactive", fill)],
    modules: &[],
};

fn fill<'js>(ctx: &Ctx<'js>, object: &Object<'js>) -> rquickjs::Result<()> {
    object.set("isProxy", Function::new(ctx.clone(), is_proxy)?)?;
    object.set("lazyGlobals", Function::new(ctx.clone(), lazy_globals)?)?;
    object.set("colors", Function::new(ctx.clone(), colors)?)
}

fn is_proxy(value: JsValue<'_>) -> bool {
    value.type_of() == Type::Proxy
}

fn lazy_globals() -> Vec<&'static str> {
    builtins::globals().collect()
}

fn colors(ctx: Ctx<'_>) -> bool {
    agent(&ctx).settings.colors.0
}

/// Whether more text could make the code complete: a bracket, a template or a comment is open.
///
/// ```
/// use bolide_js::is_incomplete;
///
/// assert!(is_incomplete("function f() {"));
/// assert!(!is_incomplete("f(1)"));
/// assert!(!is_incomplete("f)"));
/// ```
pub fn is_incomplete(code: &str) -> bool {
    crate::modules::is_incomplete(code)
}

/// For programs in which people enter code.
impl Runtime {
    /// Runs code that stands in no file, as the main script: as an ES module if it has `import` or `export`
    /// declarations or awaits something outside of functions, and with `require` and the other variables of CommonJS
    /// otherwise. Specifiers are relative to the working folder.
    ///
    /// # Errors
    ///
    /// As [`Runtime::eval`].
    ///
    /// ```
    /// use bolide_js::Runtime;
    ///
    /// let mut runtime = Runtime::builder().build()?;
    /// runtime.run_code("globalThis.seven = await Promise.resolve(7)")?;
    /// assert_eq!(runtime.global("seven")?.as_f64(), Some(7.0));
    /// # Ok::<(), bolide_js::Error>(())
    /// ```
    pub fn run_code(&mut self, code: &str) -> Result<()> {
        self.enter_main(Some(("[eval", code)), |ctx| {
            crate::modules::eval_code(ctx, code)
        })
    }

    /// Evaluates what was entered in a read-eval-print loop, and returns its value as `util.inspect` shows it. Variables,
    /// functions, classes and imports of former calls are there and may be declared again; `await` and `import` work
    /// everywhere; `_` becomes the value. The event loop runs until the value is known; [`Runtime::poll`] goes on.
    ///
    /// # Errors
    ///
    /// As [`Runtime::eval`].
    ///
    /// ```
    /// use bolide_js::Runtime;
    ///
    /// let mut runtime = Runtime::builder().build()?;
    /// runtime.eval_interactive("const one = await Promise.resolve(1)")?;
    /// assert_eq!(runtime.eval_interactive("{ sum: one + 1 }")?, "{ sum: 2 }");
    /// assert_eq!(runtime.eval_interactive("_.sum")?, "2");
    /// # Ok::<(), bolide_js::Error>(())
    /// ```
    pub fn eval_interactive(&mut self, code: &str) -> Result<String> {
        self.busy(|runtime, ctx| {
            let failed = |error| runtime.failure(ctx, error, None);
            let evaluation = crate::modules::eval_repl(ctx, code).map_err(failed)?;
            let mut value = evaluation.value;
            if evaluation.awaited
                && let Some(promise) = value.as_promise().cloned()
            {
                while promise.state() == PromiseState::Pending && event_loop::turn(ctx) {}
                runtime.ended(ctx, None)?;
                let Some(result) = promise.result::<Object<'_>>() else {
                    return Err(Error::Host(
                        "what is awaited can never be settled".to_owned(),
                    ));
                };
                value = result
                    .and_then(|result| result.get("value"))
                    .map_err(failed)?;
            } else {
                event_loop::run_ready(ctx);
                runtime.ended(ctx, None)?;
            }
            let show: rquickjs::Result<Function<'_>> =
                builtins::load(ctx, "interactive").and_then(|exports| exports.get("show"));
            show.and_then(|show| show.call((value,))).map_err(failed)
        })
    }

    /// How the name that `text` ends in may go on: where the name begins, in bytes, and the names. They are those of
    /// global variables, or of properties if there is a dot before the name. No code of scripts runs.
    ///
    /// # Errors
    ///
    /// If the time is over, or after the script has exited.
    ///
    /// ```
    /// use bolide_js::Runtime;
    ///
    /// let mut runtime = Runtime::builder().build()?;
    /// assert_eq!(runtime.complete("1 + Math.sq")?, (9, vec!["sqrt".to_owned()]));
    /// # Ok::<(), bolide_js::Error>(())
    /// ```
    pub fn complete(&mut self, text: &str) -> Result<(usize, Vec<String>)> {
        let (start, names): (usize, Vec<String>) = self.access(|ctx| {
            let complete: Function<'_> = builtins::load(ctx, "interactive")?.get("complete")?;
            let result: rquickjs::Array<'_> = complete.call((text,))?;
            Ok((result.get(0)?, result.get(1)?))
        })?;
        // JavaScript counts UTF-16 code units.
        let mut units = 0;
        let at = text.char_indices().find(|(_, c)| {
            let found = units >= start;
            units += c.len_utf16();
            found
        });
        Ok((at.map_or(text.len(), |(at, _)| at), names))
    }
}
