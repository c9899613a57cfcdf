//! Stack traces with what a test's author can use: neither the machinery of panics at the top, nor that of the test runtime
//! at the bottom, nor the glue.

/// What the module writes before the name of a test when it begins.
const ANNOUNCEMENT: &str = "Invoking test: ";

/// What stands before a trace in a message of wasm-bindgen, or of its tests.
const STACK: &str = "\n\nStack:\n";

/// What glue says before the message of an exception that it passes on.
const THROWN: &str =
    "wasm-bindgen: imported JS function that was not marked as `catch` threw an error: ";

/// Whether frames are left out. `RUST_BACKTRACE=full` keeps all, as in other Rust programs.
fn is_wanted() -> bool {
    std::env::var_os("RUST_BACKTRACE").is_none_or(|value| value != "full")
}

/// An error's text with a shorter trace.
pub(super) fn tidy(text: &str) -> String {
    match is_wanted() {
        true => shorten(text),
        false => text.to_owned(),
    }
}

/// The test or benchmark that a line announces.
pub(super) fn announced(line: &str) -> Option<&str> {
    line.strip_prefix(ANNOUNCEMENT)?.strip_suffix('\n')
}

/// What a test has written, without the line that announces it, and without traces, for the exception that follows has a
/// better one.
pub(super) fn tidy_output(output: &str, name: &str) -> String {
    let announcement = format!("{ANNOUNCEMENT}{name}\n");
    let mut rest = output.strip_prefix(&announcement).unwrap_or(output);
    if !is_wanted() {
        return rest.to_owned();
    }
    let mut text = String::new();
    while let Some((before, after)) = rest.split_once(STACK) {
        match before.rsplit_once(THROWN) {
            // That is the panic.
            Some((before, "unreachable")) => text.push_str(before),
            _ => {
                text.push_str(before);
                text.push('\n');
            }
        }
        let after = after.strip_prefix('\n').unwrap_or(after);
        let mut lines = after.split_inclusive('\n').peekable();
        // The error, then its frames, and an empty line or two if it was a panic.
        let mut length = lines.next().map_or(0, str::len);
        while let Some(line) = lines.next_if(|line| line.starts_with("    at ") || *line == "\n") {
            length += line.len();
        }
        rest = &after[length..];
    }
    text.push_str(rest);
    let is_hidden = |line: &str| line.starts_with("    at ") && (is_glue(line) || is_bottom(line));
    let lines = text.split_inclusive('\n');
    lines.filter(|line| !is_hidden(line.trim_end())).collect()
}

/// The frames of an exception that a panic has caused.
pub(super) fn frames_of_panic(exception: &str) -> Option<&str> {
    let (message, frames) = exception.split_once('\n').unwrap_or((exception, ""));
    let is_trap =
        message == "RuntimeError: unreachable" || message == "RuntimeError: unreachable executed";
    is_trap.then_some(frames)
}

fn shorten(text: &str) -> String {
    let is_frame = |line: &&str| line.trim_start().starts_with("at ");
    let Some(first) = text.lines().position(|line| is_frame(&line)) else {
        return text.to_owned();
    };
    let head = text.lines().take(first);
    let frames: Vec<String> = text
        .lines()
        .skip(first)
        .take_while(is_frame)
        .map(frame)
        .collect();
    let tail = text.lines().skip(first + frames.len());
    let bottom = frames.iter().position(|frame| is_bottom(frame));
    let frames = &frames[..bottom.unwrap_or(frames.len())];
    let top = frames.iter().take_while(|frame| is_top(frame)).count();
    let mut frames: Vec<&str> = (frames[top..].iter())
        .map(String::as_str)
        .filter(|frame| !is_glue(frame))
        .collect();
    while frames.last().is_some_and(|frame| is_runtime(frame)) {
        frames.pop();
    }
    let lines: Vec<&str> = head.chain(frames).chain(tail).collect();
    lines.join("\n")
}

/// A frame without hashes of crates, and without the place in the module if the function has a name.
fn frame(line: &str) -> String {
    let line = match line.rsplit_once(" (") {
        Some((function, place)) if place.contains("wasm-function[") => {
            // Chromium puts the name of the module before that of the function.
            match function.split_once(".wasm.") {
                Some((_, function)) => format!("at {function}"),
                None => function.to_owned(),
            }
        }
        Some((function, place)) => match place.split_once("/snippets/") {
            Some((_, path)) => format!("{function} (snippets/{path}"),
            None => line.to_owned(),
        },
        None => line.to_owned(),
    };
    without_hashes(line.trim_start())
}

/// `std[39d22da4d375839c]::process` without the brackets, or `std::process::hb94d13b7039f80af`, as older compilers have it,
/// without its end; indented.
fn without_hashes(line: &str) -> String {
    /// Leading zeros are missing.
    const DIGITS: std::ops::RangeInclusive<usize> = 9..=16;
    let mut text = String::from("    ");
    let line = without_legacy_hash(line);
    let mut rest = line.as_str();
    while let Some((before, after)) = rest.split_once('[') {
        text.push_str(before);
        rest = after;
        match after.split_once(']') {
            Some((hash, behind))
                if DIGITS.contains(&hash.len()) && hash.bytes().all(|b| b.is_ascii_hexdigit()) =>
            {
                rest = behind;
            }
            _ => text.push('['),
        }
    }
    text + rest
}

/// Without the hash that ends the name of a function in Rust's legacy mangling. wasm-bindgen may have written more words
/// behind it.
fn without_legacy_hash(name: &str) -> String {
    const DIGITS: usize = 16;
    let parts = name.rsplit_once("::h").and_then(|(function, rest)| {
        let (hash, more) = rest.split_at_checked(DIGITS)?;
        let is_hash = hash.bytes().all(|b| b.is_ascii_hexdigit());
        (is_hash && (more.is_empty() || more.starts_with(' '))).then_some((function, more))
    });
    match parts {
        Some((function, more)) => format!("{function}{more}"),
        None => name.to_owned(),
    }
}

/// What panics go through.
fn is_top(frame: &str) -> bool {
    const MACHINERY: [&str; 8] = [
        "std::panicking::",
        "std::sys::",
        "std::process::abort",
        "core::panicking::",
        "__rustc::",
        "__rust_",
        "rust_panic",
        "rust_begin_unwind",
    ];
    let function = function(frame);
    MACHINERY.iter().any(|name| function.starts_with(name))
}

/// The runtime that calls tests.
fn is_bottom(frame: &str) -> bool {
    const RUNTIME: [&str; 4] = [
        "wasm_bindgen_test::__rt::",
        "/harness.mjs",
        "__rust_begin_short_backtrace",
        // What rustdoc puts around doctests.
        " doctest_runner_",
    ];
    RUNTIME.iter().any(|name| frame.contains(name))
}

/// JavaScript that wasm-bindgen makes, and what it calls of the host.
fn is_glue(frame: &str) -> bool {
    frame.contains("/tests.js?") || frame.ends_with("(native)")
}

/// What calls Rust closures.
fn is_runtime(frame: &str) -> bool {
    const CALLERS: [&str; 6] = [
        "wasm_bindgen::",
        "js_sys::futures::",
        "wasm_bindgen_futures::",
        "core::ops::function::FnOnce",
        "core::panic::unwind_safe::",
        "core::future::",
    ];
    let function = function(frame);
    CALLERS.iter().any(|name| function.contains(name))
}

fn function(frame: &str) -> &str {
    frame.trim_start().trim_start_matches("at ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic() {
        let trace = "\
RuntimeError: unreachable
    at std[39d22da4d375839c]::process::abort (wasm://a.wasm:wasm-function[1]:0x19)
    at __rustc[b1da763420d39311]::rust_panic (wasm://a.wasm:wasm-function[2]:0xd0)
    at core[4488c3f2ebed0714]::panicking::panic_fmt (wasm://a.wasm:wasm-function[3]:0x13)
    at krate[53dd2dd62c4981c6]::index::<[u8; 4]> (wasm://a.wasm:wasm-function[4]:0x13)
    at __wbg_call (file:///x/tests.js?1:1:2)
    at apply (native)
    at krate[53dd2dd62c4981c6]::a_test (wasm://a.wasm:wasm-function[5]:0xc1)
    at <krate[53dd2dd62c4981c6]::a_test as core[4488c3f2ebed0714]::ops::function::FnOnce<()>>::call_once (wasm://a.wasm:wasm-function[6]:0x1)
    at <wasm_bindgen_test[18860edcccf9cb9]::__rt::Context>::execute_sync (wasm://a.wasm:wasm-function[7]:0x1)
    at <anonymous> (file:///x/harness.mjs:17:16)";
        let expected = "    at krate::index::<[u8; 4]>\n    at krate::a_test";
        assert_eq!(frames_of_panic(&shorten(trace)), Some(expected));
    }

    #[test]
    fn a_panic_with_legacy_names() {
        let trace = "\
RuntimeError: unreachable
    at std::process::abort::h0123456789abcdef (wasm://a.wasm:wasm-function[1]:0x19)
    at rust_panic (wasm://a.wasm:wasm-function[2]:0xd0)
    at std::panicking::begin_panic_handler::{{closure}}::h0123456789abcdef (wasm://a.wasm:wasm-function[2]:0xd0)
    at core::panicking::panic_fmt::h0123456789abcdef (wasm://a.wasm:wasm-function[3]:0x13)
    at <krate::A as krate::B>::index::hb94d13b7039f80af (wasm://a.wasm:wasm-function[4]:0x13)
    at krate::h0123456789abcde (wasm://a.wasm:wasm-function[4]:0x13)
    at krate::callback::h0123456789abcdef externref shim (wasm://a.wasm:wasm-function[4]:0x13)
    at krate::a_test::hb94d13b7039f80af (wasm://a.wasm:wasm-function[5]:0xc1)
    at core::ops::function::FnOnce::call_once::h0123456789abcdef (wasm://a.wasm:wasm-function[6]:0x1)
    at wasm_bindgen_test::__rt::Context::execute_sync::h0123456789abcdef (wasm://a.wasm:wasm-function[7]:0x1)
    at <anonymous> (file:///x/harness.mjs:17:16)";
        let expected = "    at <krate::A as krate::B>::index\n    at krate::h0123456789abcde\n    \
                        at krate::callback externref shim\n    at krate::a_test";
        assert_eq!(frames_of_panic(&shorten(trace)), Some(expected));
    }

    #[test]
    fn an_exception() {
        let trace = "\
RangeError: out of range
    at fail (file:///x/snippets/krate-af4c8bf7cc527dd0/inline0.js:2:40)
    at krate[53dd2dd62c4981c6]::a_test (wasm://a.wasm:wasm-function[5]:0xc1)
    at <anonymous> (file:///x/harness.mjs:17:16)
and more";
        let expected = "\
RangeError: out of range
    at fail (snippets/krate-af4c8bf7cc527dd0/inline0.js:2:40)
    at krate::a_test
and more";
        assert_eq!(shorten(trace), expected);
        assert_eq!(frames_of_panic(expected), None);
    }

    #[test]
    fn output_of_a_panic() {
        let output = "Invoking test: t\none\npanicked at a.rs:1:2:\nno\n\nStack:\n\nError\n    at f (x:1:2)\n\n\ntwo\n";
        assert_eq!(
            tidy_output(output, "t"),
            "one\npanicked at a.rs:1:2:\nno\ntwo\n"
        );
        let output = "one\nwasm-bindgen: imported JS function that was not marked as `catch` threw an error: unreachable\n\n\
                      Stack:\nRuntimeError: unreachable\n    at f (x:1:2)\ntwo\n";
        assert_eq!(tidy_output(output, "t"), "one\ntwo\n");
        assert_eq!(tidy_output("Invoking test: u\n", "t"), "Invoking test: u\n");
    }
}
