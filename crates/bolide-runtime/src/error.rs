//! Errors, traps and backtraces.

use std::fmt;

pub use anyhow::{Context, Error, Result, bail, ensure, format_err};
pub use bolide_abi::TrapCode as Trap;

use crate::Module;
use crate::stack::WalkedFrame;
use crate::store::{AsContext, StoreInner};

/// Frames that a [`WasmBacktrace`] holds at most: the innermost ones. With that many, there may have
/// been more further out.
///
/// ```
/// # use bolide::{MAX_BACKTRACE_FRAMES, WasmBacktrace};
/// fn is_complete(backtrace: &WasmBacktrace) -> bool {
///     backtrace.frames().len() < MAX_BACKTRACE_FRAMES
/// }
/// ```
pub const MAX_BACKTRACE_FRAMES: usize = 256;

/// The wasm frames that were live when an error happened, innermost first. Get it from an error with
/// `error.downcast_ref::<WasmBacktrace>()`.
///
/// ```
/// use bolide::*;
///
/// let mut store = Store::<()>::default();
/// let module = Module::new(
///     store.engine(),
///     r#"(module $game
///         (func $divide (param i32) (result i32) (i32.div_u (i32.const 100) (local.get 0)))
///         (func (export "score") (param i32) (result i32) (call $divide (local.get 0))))"#,
/// )?;
/// let instance = Instance::new(&mut store, &module, &[])?;
/// let score = instance.get_typed_func::<i32, i32>(&mut store, "score")?;
///
/// let error = score.call(&mut store, 0).unwrap_err();
/// assert_eq!(error.downcast_ref::<Trap>(), Some(&Trap::IntegerDivisionByZero));
/// let backtrace = error.downcast_ref::<WasmBacktrace>().unwrap();
/// assert_eq!(backtrace.frames().len(), 2);
/// assert_eq!(backtrace.frames()[0].func_name(), Some("divide"));
/// assert!(backtrace.to_string().contains("game!divide"));
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug)]
pub struct WasmBacktrace {
    frames: Vec<FrameInfo>,
}

/// One wasm frame of a backtrace.
///
/// ```
/// use bolide::*;
///
/// let mut store = Store::<()>::default();
/// let module = Module::new(
///     store.engine(),
///     r#"(module $m (func $boom (export "boom") unreachable))"#,
/// )?;
/// let instance = Instance::new(&mut store, &module, &[])?;
/// let boom = instance.get_typed_func::<(), ()>(&mut store, "boom")?;
/// let error = boom.call(&mut store, ()).unwrap_err();
/// let frame: &FrameInfo = &error.downcast_ref::<WasmBacktrace>().unwrap().frames()[0];
/// assert_eq!(frame.func_name(), Some("boom"));
/// assert_eq!(frame.func_index(), 0);
/// assert_eq!(frame.module().name(), Some("m"));
/// assert!(frame.module_offset() > frame.func_offset());
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug)]
pub struct FrameInfo {
    module: Module,
    func_index: u32,
    module_offset: Option<usize>,
    func_start: usize,
    host_calls: u32,
}

/// A place in the source of a frame, from the module's DWARF.
///
/// ```
/// use bolide::*;
///
/// /// The source line of the innermost frame, if the module has debug information.
/// fn line(backtrace: &WasmBacktrace) -> Option<String> {
///     let symbols: Vec<FrameSymbol> = backtrace.frames().first()?.symbols();
///     let symbol = symbols.first()?;
///     Some(format!("{}:{}", symbol.file()?, symbol.line()?))
/// }
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FrameSymbol {
    pub(crate) name: Option<String>,
    pub(crate) file: Option<String>,
    pub(crate) line: Option<u32>,
    pub(crate) column: Option<u32>,
}

impl FrameSymbol {
    /// Demangled name of the function (one frame can have several through inlining).
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Source file.
    pub fn file(&self) -> Option<&str> {
        self.file.as_deref()
    }

    /// Line, from 1.
    pub fn line(&self) -> Option<u32> {
        self.line
    }

    /// Column, from 1.
    pub fn column(&self) -> Option<u32> {
        self.column
    }
}

impl FrameInfo {
    /// Index in the module's function index space.
    pub fn func_index(&self) -> u32 {
        self.func_index
    }

    /// The module.
    pub fn module(&self) -> &Module {
        &self.module
    }

    /// Name from the name section, as it stands there.
    pub fn func_name(&self) -> Option<&str> {
        self.module
            .decoded()
            .names()
            .function(bolide_module::FuncIndex(self.func_index))
    }

    /// How many host functions are between this frame and the innermost one: functions of the host that a guest
    /// called and that called a guest of the same store.
    pub fn host_calls(&self) -> u32 {
        self.host_calls
    }

    /// Byte offset of the instruction in the module.
    pub fn module_offset(&self) -> Option<usize> {
        self.module_offset
    }

    /// Byte offset of the instruction in the function's body.
    pub fn func_offset(&self) -> Option<usize> {
        self.module_offset
            .map(|o| o.saturating_sub(self.func_start))
    }

    /// Source positions from the module's DWARF, innermost inlined function first. Empty without DWARF.
    pub fn symbols(&self) -> Vec<FrameSymbol> {
        match self.module_offset {
            Some(offset) => crate::dwarf::symbols(&self.module, offset),
            None => Vec::new(),
        }
    }
}

impl WasmBacktrace {
    /// The wasm frames below a host function that a guest of this store has called. Empty if none has.
    pub fn capture(store: impl AsContext) -> WasmBacktrace {
        let store: *const StoreInner = store.as_context().inner();
        WasmBacktrace::new(crate::stack::walk_exit(store.cast_mut()))
    }

    /// As [`capture`](Self::capture).
    pub fn force_capture(store: impl AsContext) -> WasmBacktrace {
        WasmBacktrace::capture(store)
    }

    /// The frames, innermost first. At most 256.
    pub fn frames(&self) -> &[FrameInfo] {
        &self.frames
    }

    fn new(walked: Vec<WalkedFrame>) -> WasmBacktrace {
        let frames = walked.into_iter().filter_map(|frame| {
            let inner = frame.location.module.upgrade()?;
            let func = frame.location.func;
            Some(FrameInfo {
                func_index: inner.module.func_index(func).0,
                func_start: inner.module.bodies[func.index()].start as usize,
                module_offset: frame.location.wasm_offset.map(|o| o as usize),
                host_calls: frame.host_calls,
                module: Module { inner },
            })
        });
        WasmBacktrace {
            frames: frames.collect(),
        }
    }
}

impl fmt::Display for WasmBacktrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error while executing at wasm backtrace:")?;
        for (i, frame) in self.frames.iter().enumerate() {
            write!(f, "\n  {i:>3}: ")?;
            match frame.module_offset {
                Some(offset) => write!(f, "{offset:#8x} - ")?,
                None => write!(f, "{:>8} - ", "?")?,
            }
            let module = frame.module.name().unwrap_or("<unknown>");
            let name = frame.func_name().map(crate::dwarf::demangle);
            match name {
                Some(name) => write!(f, "{module}!{name}")?,
                None => write!(f, "{module}!<wasm function {}>", frame.func_index)?,
            }
            for (j, symbol) in frame.symbols().iter().enumerate() {
                if j > 0 {
                    write!(
                        f,
                        "\n            - {}",
                        symbol.name().unwrap_or("<inlined>")
                    )?;
                }
                if let Some(file) = symbol.file() {
                    write!(f, "\n                    at {file}")?;
                    if let Some(line) = symbol.line() {
                        write!(f, ":{line}")?;
                        if let Some(column) = symbol.column() {
                            write!(f, ":{column}")?;
                        }
                    }
                }
            }
        }
        Ok(())
    }
}

/// Adds the backtrace that `walk` finds, unless the error has one.
pub(crate) fn attach_backtrace(error: Error, walk: impl FnOnce() -> Vec<WalkedFrame>) -> Error {
    if error.is::<WasmBacktrace>() {
        return error;
    }
    let frames = walk();
    if frames.is_empty() {
        return error;
    }
    error.context(WasmBacktrace::new(frames))
}
