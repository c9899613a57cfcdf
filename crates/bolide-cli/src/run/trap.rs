//! Traps and backtraces as users see them.

use std::fmt::Write as _;

use bolide::{Error, FrameInfo, FrameSymbol, Trap, WasmBacktrace};
use bolide_module::FuncIndex;

use crate::exit;
use crate::failure::Failure;
use crate::terminal::printable;

/// Lines of a backtrace at most.
const LINES: usize = 50;

/// The guest trapped.
pub(crate) fn failure(name: &str, trap: Trap) -> Failure {
    let failure = Failure::new(format!("{name} trapped: {}", trap.message())).with_code(exit::TRAP);
    match trap {
        Trap::OutOfFuel => failure.with_help("give it more with --fuel if it is not stuck"),
        Trap::StackOverflow => failure.with_help(
            "if it is no endless recursion, allow a deeper stack with --max-stack, such as 4MiB",
        ),
        _ => failure,
    }
}

/// The guest's calls when the error happened, innermost first.
pub(crate) fn backtrace(error: &Error) -> Option<String> {
    let backtrace = error.downcast_ref::<WasmBacktrace>()?;
    let mut text = "  backtrace, innermost call first:".to_owned();
    let (mut lines, mut number) = (0, 0);
    let mut rest = backtrace.frames();
    while let Some(frame) = rest.first() {
        let same = |f: &&FrameInfo| {
            f.func_index() == frame.func_index() && f.module_offset() == frame.module_offset()
        };
        let repeated = rest.iter().take_while(same).count();
        if lines >= LINES {
            let _ = write!(text, "\n     … and {} more", rest.len());
            break;
        }
        for line in frame_lines(frame) {
            let _ = write!(text, "\n  {number:>4}: {line}");
            lines += 1;
            number += 1;
        }
        if repeated > 1 {
            let _ = write!(text, "\n        … the same {} more times", repeated - 1);
            lines += 1;
        }
        rest = &rest[repeated..];
    }
    if backtrace.frames().len() >= bolide::MAX_BACKTRACE_FRAMES {
        let _ = write!(
            text,
            "\n     … and calls further out, which are not recorded"
        );
    }
    Some(text)
}

/// A line for the function and one for each that is inlined into it, innermost first.
fn frame_lines(frame: &FrameInfo) -> Vec<String> {
    let symbols = frame.symbols();
    let function = function_name(frame);
    let offset = match frame.module_offset() {
        Some(offset) => format!(" (offset {offset:#x})"),
        None => String::new(),
    };
    let Some((outermost, inlined)) = symbols.split_last() else {
        return vec![format!("{function}{offset}")];
    };
    let mut lines: Vec<String> = inlined
        .iter()
        .map(|symbol| {
            let name = symbol.name().unwrap_or("<unknown>");
            format!("{} (inlined){}", printable(name), place(symbol))
        })
        .collect();
    lines.push(match outermost.file() {
        Some(_) => format!("{function}{}", place(outermost)),
        None => format!("{function}{offset}"),
    });
    lines
}

fn function_name(frame: &FrameInfo) -> String {
    let index = frame.func_index();
    match frame.module().decoded().func_name(FuncIndex(index)) {
        Some(name) => printable(&bolide::demangle(name)),
        None => format!("<function {index}>"),
    }
}

fn place(symbol: &FrameSymbol) -> String {
    let mut place = String::new();
    if let Some(file) = symbol.file() {
        let _ = write!(place, " at {}", printable(file));
        if let Some(line) = symbol.line() {
            let _ = write!(place, ":{line}");
            if let Some(column) = symbol.column() {
                let _ = write!(place, ":{column}");
            }
        }
    }
    place
}
