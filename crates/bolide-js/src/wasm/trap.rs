//! What stops a guest, as a JavaScript exception.
#![allow(
    unsafe_code,
    reason = "exceptions pass through frames of C and of guests"
)]

use std::any::Any;
use std::fmt;
use std::fmt::Write as _;

use bolide::{Trap, WasmBacktrace, demangle};
use bolide_wasi::I32Exit;
use rquickjs::object::Property;
use rquickjs::{Ctx, Object, Value, qjs};

use super::WasmState;
use crate::error::HostError;

/// Says that JavaScript has thrown, and that the exception is pending in the context. Passes through guests.
#[derive(Debug)]
pub(super) struct Thrown;

impl fmt::Display for Thrown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an imported function threw")
    }
}

impl std::error::Error for Thrown {}

impl Thrown {
    /// The error for a guest, after a failure of `rquickjs` whose exception stays pending.
    pub(super) fn from_js(ctx: &Ctx<'_>, error: rquickjs::Error) -> bolide::Error {
        pending(ctx, error);
        thrown()
    }
}

/// The error for a guest, when an exception is pending.
#[cold]
pub(super) fn thrown() -> bolide::Error {
    bolide::Error::new(Thrown)
}

/// Makes sure that an exception is pending.
pub(super) fn pending(ctx: &Ctx<'_>, error: rquickjs::Error) -> qjs::JSValue {
    if !error.is_exception() {
        HostError::type_error(error.to_string()).throw(ctx);
    }
    qjs::JS_EXCEPTION
}

/// Throws for a panic of Rust, which must not pass through frames of C.
///
/// # Safety
///
/// The context must be live.
#[cold]
pub(super) unsafe fn throw_panic(
    ctx: *mut qjs::JSContext,
    panic: &(dyn Any + Send),
) -> qjs::JSValue {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    // SAFETY: promised by the caller.
    let ctx = unsafe { Ctx::from_raw(std::ptr::NonNull::new_unchecked(ctx)) };
    let message = format!("internal error: {}", text.unwrap_or("a panic"));
    HostError::error(message).throw(&ctx);
    qjs::JS_EXCEPTION
}

/// Throws for an error of a guest.
///
/// # Safety
///
/// The context must be live.
#[cold]
#[inline(never)]
pub(super) unsafe fn throw(
    ctx: *mut qjs::JSContext,
    state: &WasmState,
    error: bolide::Error,
) -> qjs::JSValue {
    // SAFETY: promised by the caller.
    let ctx = unsafe { Ctx::from_raw(std::ptr::NonNull::new_unchecked(ctx)) };
    let error = into_exception(&ctx, state, error);
    pending(&ctx, error)
}

/// As [`throw`].
#[cold]
pub(super) fn into_exception(
    ctx: &Ctx<'_>,
    _state: &WasmState,
    error: bolide::Error,
) -> rquickjs::Error {
    let frames = error.downcast_ref::<WasmBacktrace>().map(describe_frames);
    if error.is::<Thrown>() {
        let value = ctx.catch();
        if let Some(frames) = frames {
            splice_frames(ctx, &value, &frames);
        }
        return ctx.throw(value);
    }
    let value = match error.downcast_ref::<Trap>() {
        Some(Trap::StackOverflow) => {
            new_error(ctx, "RangeError", "Maximum call stack size exceeded")
        }
        Some(trap) => new_error(ctx, "RuntimeError", trap_message(*trap)),
        None => new_error(ctx, "RuntimeError", &error.root_cause().to_string()),
    };
    let value = match value {
        Ok(value) => value,
        Err(error) => return error,
    };
    if let Some(exit) = error.downcast_ref::<I32Exit>() {
        let code = exit.0;
        if let Err(error) = value.set("exitCode", code) {
            return error;
        }
    }
    let value = value.into_value();
    if let Some(frames) = frames {
        splice_frames(ctx, &value, &frames);
    }
    ctx.throw(value)
}

/// The message of a trap, as engines of browsers word it.
fn trap_message(trap: Trap) -> &'static str {
    match trap {
        Trap::MemoryOutOfBounds => "memory access out of bounds",
        Trap::HeapMisaligned => "operation does not support unaligned accesses",
        Trap::TableOutOfBounds => "table index is out of bounds",
        Trap::IndirectCallToNull | Trap::BadSignature => {
            "null function or function signature mismatch"
        }
        Trap::IndirectCallOutOfBounds => "table index is out of bounds",
        Trap::IntegerOverflow => "divide result unrepresentable",
        Trap::IntegerDivisionByZero => "divide by zero",
        Trap::BadConversionToInteger => "float unrepresentable in integer range",
        Trap::UnreachableCodeReached => "unreachable",
        Trap::NullReference => "dereferencing a null pointer",
        Trap::AtomicWaitNonSharedMemory => "Atomics.wait cannot be called in this context",
        other => other.message(),
    }
}

/// Makes an error whose stack begins at the JavaScript that runs.
pub(super) fn new_error<'js>(
    ctx: &Ctx<'js>,
    class: &str,
    message: &str,
) -> rquickjs::Result<Object<'js>> {
    let constructor: Object<'js> = match class {
        "CompileError" | "LinkError" | "RuntimeError" => {
            crate::builtins::load(ctx, "wasm/errors")?.get(class)?
        }
        _ => ctx.globals().get(class)?,
    };
    let prototype: Object<'js> = constructor.get("prototype")?;
    // SAFETY: the context is live, and the new value ours.
    let error = unsafe { Value::from_raw(ctx.clone(), qjs::JS_NewError(ctx.as_raw().as_ptr())) };
    let Some(error) = error.into_object() else {
        return Err(rquickjs::Error::Exception);
    };
    error.set_prototype(Some(&prototype))?;
    error.prop("message", Property::from(message).configurable().writable())?;
    Ok(error)
}

/// Throws an error of a class, such as `LinkError`.
pub(super) fn throw_error(ctx: &Ctx<'_>, class: &str, message: &str) -> rquickjs::Error {
    match new_error(ctx, class, message) {
        Ok(error) => ctx.throw(error.into_value()),
        Err(error) => error,
    }
}

/// The frames of guests, one line each, in the form of a stack trace (Web API "stack trace format").
fn describe_frames(backtrace: &WasmBacktrace) -> String {
    let mut text = String::new();
    // The others are between frames of JavaScript further out, and get there when the error does.
    let frames = backtrace.frames().iter();
    for frame in frames.take_while(|frame| frame.host_calls() == 0) {
        let module = frame.module().name().unwrap_or("module");
        let name = match frame.func_name() {
            Some(name) => demangle(name).to_string(),
            None => format!("wasm-function[{}]", frame.func_index()),
        };
        let index = frame.func_index();
        let offset = frame.module_offset().unwrap_or_default();
        let _ = writeln!(
            text,
            "    at {name} (wasm://{module}:wasm-function[{index}]:{offset:#x})"
        );
    }
    text
}

/// Stacks of this length get no more frames, so that an exception passes through a deep recursion in linear time.
const MAX_STACK_TEXT: usize = 16 << 10;

/// Puts frames of guests into the stack of an error, before the frames of the JavaScript that called them: these are
/// the end of the error's stack.
fn splice_frames(ctx: &Ctx<'_>, error: &Value<'_>, frames: &str) {
    // SAFETY: the functions accept any value.
    let spare =
        unsafe { !qjs::JS_IsError(error.as_raw()) || qjs::JS_IsUncatchableError(error.as_raw()) };
    if spare {
        return;
    }
    let Some(object) = error.as_object() else {
        return;
    };
    let stack = |object: &Object<'_>| object.get::<_, String>("stack").ok();
    let Some(inner) = stack(object).filter(|text| text.len() < MAX_STACK_TEXT) else {
        if ctx.has_exception() {
            ctx.catch();
        }
        return;
    };
    // SAFETY: the context is live, and the new value ours.
    let here = unsafe { Value::from_raw(ctx.clone(), qjs::JS_NewError(ctx.as_raw().as_ptr())) };
    let outer = here.as_object().and_then(stack);
    if let Some(outer) = outer {
        let (head, tail) = inner.split_at(outer_start(&inner, &outer));
        let line_end = if head.is_empty() || head.ends_with('\n') {
            ""
        } else {
            "\n"
        };
        let mut spliced = format!("{head}{line_end}{frames}{tail}");
        if !inner.ends_with('\n') {
            spliced.truncate(spliced.trim_end().len());
        }
        let _ = object.prop("stack", Property::from(spliced).configurable().writable());
    }
    // What went wrong here, such as a getter that throws, must not replace the error.
    if ctx.has_exception() {
        ctx.catch();
    }
}

/// Where in `inner` the frames of `outer` begin. Both may begin with name and message, and be cut at their ends.
fn outer_start(inner: &str, outer: &str) -> usize {
    const FRAME: &str = "    at ";
    let is_first = |(at, _): &(usize, &str)| *at == 0 || outer.as_bytes()[at - 1] == b'\n';
    let first = outer.match_indices(FRAME).find(is_first);
    let outer = first.map_or("", |(at, _)| outer[at..].trim_end());
    let starts = std::iter::once(0).chain(inner.match_indices('\n').map(|(i, _)| i + 1));
    let found = starts
        .filter(|at| inner[*at..].starts_with(FRAME))
        .find(|at| outer.starts_with(inner[*at..].trim_end()));
    found.unwrap_or(inner.len())
}

#[cfg(test)]
mod tests {
    use super::outer_start;

    #[test]
    fn outer_frames_are_found() {
        // Letters stand for frames, capitals for other lines.
        let lines = |text: &str, end: &str| -> String {
            let line = |c: char| match c.is_lowercase() {
                true => format!("    at {c}\n"),
                false => format!("{c}\n"),
            };
            let text: String = text.chars().map(line).collect();
            text.trim_end_matches('\n').to_owned() + if text.is_empty() { "" } else { end }
        };
        let check = |inner: &str, outer: &str, expected: &str| {
            for end in ["", "\n"] {
                let inner = lines(inner, end);
                let found = &inner[outer_start(&inner, &lines(outer, "\n"))..];
                assert_eq!(found, lines(expected, end), "{inner:?}");
            }
        };
        check("abcd", "cd", "cd");
        check("abc", "cd", "c");
        check("cd", "cd", "cd");
        check("Mcd", "cd", "cd");
        check("Mabcd", "Ecd", "cd");
        check("Mcd", "E", "");
        check("ab", "cd", "");
        check("ab", "", "");
    }
}
