//! Crossing from the host into wasm and back: entry frames, traps, host errors and panics.
//!
//! A thread's live entries form a list of [`Activation`]s. Wasm code is left early in one way only:
//! by resuming at the landing of the innermost entry frame, which skips wasm frames and trampolines
//! but never a host frame. The signal handler does so for hardware traps; host functions and
//! builtins record why in the activation and return a status that makes their stub do so.

use std::any::Any;
use std::cell::{Cell, RefCell, UnsafeCell};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr::null;
use std::sync::Once;

use bolide_abi::TrapCode;

use crate::arch::{self, SignalContext};
use crate::code;
use crate::error::{Error, Result};
use crate::stack::{self, TrapFrames};
use crate::store::StoreInner;
use crate::vm::EntryFrame;

/// Why wasm code was left early.
enum UnwindReason {
    /// A host function or builtin failed.
    Error(Error),
    /// A host function panicked.
    Panic(Box<dyn Any + Send>),
}

/// One live entry into wasm on this thread.
pub(crate) struct Activation {
    previous: *const Activation,
    store: *mut StoreInner,
    hardware_trap: Cell<Option<TrapCode>>,
    reason: RefCell<Option<UnwindReason>>,
    /// Where the enclosing entry of the same store had left wasm: the next frames of a stack walk.
    outer_exit_fp: usize,
    outer_exit_pc: usize,
    outer_entry_sp: usize,
}

thread_local! {
    static CURRENT: Cell<*const Activation> = const { Cell::new(null()) };
    /// Frames of this thread's last hardware trap. Constant and without destructor, so that a signal
    /// handler may access it.
    static TRAP_FRAMES: UnsafeCell<TrapFrames> = const { UnsafeCell::new(TrapFrames::EMPTY) };
}

/// Calls wasm code.
///
/// # Errors
///
/// The trap or the host's error, with the wasm backtrace.
///
/// # Panics
///
/// With the payload of a host function's panic, so that it continues to the embedder.
///
/// # Safety
///
/// `store` must be the live store of `frame`, and `frame` must describe a call that matches the
/// signature of its code.
// Not inlined into other crates, where each access to a thread-local would be a call.
#[inline(never)]
pub(crate) unsafe fn enter(store: *mut StoreInner, frame: *mut EntryFrame) -> Result<()> {
    // SAFETY: the caller promises a live store.
    let vm = unsafe { &(*store).vm };
    let previous = CURRENT.get();
    // SAFETY: the cells of the store context are only accessed by the thread that runs the store.
    let activation = unsafe {
        *vm.caller_vmctx.get() = std::ptr::null_mut();
        Activation {
            previous,
            store,
            hardware_trap: Cell::new(None),
            reason: RefCell::new(None),
            outer_exit_fp: *vm.exit_fp.get(),
            outer_exit_pc: *vm.exit_pc.get(),
            outer_entry_sp: *vm.entry_sp.get(),
        }
    };
    // SAFETY: as above.
    let outer_limit = unsafe { *vm.stack_limit.get() };
    // SAFETY: as above.
    let new_limit = outer_limit == usize::MAX || unsafe { (*store).extends_nested_stack };
    if new_limit {
        // SAFETY: as above.
        unsafe { *vm.stack_limit.get() = stack::limit((*store).max_wasm_stack()) };
    }
    CURRENT.set(&activation);
    // SAFETY: the caller promises that the frame matches its code.
    let status = unsafe { arch::enter(frame) };
    CURRENT.set(previous);
    // SAFETY: as above.
    unsafe {
        *vm.exit_fp.get() = activation.outer_exit_fp;
        *vm.exit_pc.get() = activation.outer_exit_pc;
        *vm.entry_sp.get() = activation.outer_entry_sp;
        if new_limit {
            *vm.stack_limit.get() = outer_limit;
        }
    }
    if status == 0 {
        Ok(())
    } else {
        Err(activation.take_error())
    }
}

impl Activation {
    #[cold]
    fn take_error(&self) -> Error {
        if let Some(code) = self.hardware_trap.take() {
            let frames = TRAP_FRAMES.with(|frames| {
                // SAFETY: written only by a signal handler on this thread, which does not run now.
                unsafe { (*frames.get()).walk(self) }
            });
            return crate::error::attach_backtrace(code.into(), || frames);
        }
        match self.reason.take() {
            Some(UnwindReason::Error(error)) => error,
            Some(UnwindReason::Panic(payload)) => resume_unwind(payload),
            None => unreachable!("whoever unwinds records why"),
        }
    }

    /// The enclosing activation of the same thread.
    pub(crate) fn previous(&self) -> Option<&Activation> {
        // SAFETY: enclosing activations live on the stack below this one.
        unsafe { self.previous.as_ref() }
    }

    /// The store that was entered.
    pub(crate) fn store(&self) -> *mut StoreInner {
        self.store
    }

    /// Frame pointer and return address where the enclosing entry of the same store left wasm.
    pub(crate) fn outer_exit(&self) -> (usize, usize) {
        (self.outer_exit_fp, self.outer_exit_pc)
    }
}

/// The innermost activation of this thread, if it is in wasm.
pub(crate) fn with_current<R>(f: impl FnOnce(Option<&Activation>) -> R) -> R {
    // SAFETY: a current activation lives on this thread's stack until `enter` resets the cell.
    f(unsafe { CURRENT.get().as_ref() })
}

/// Runs host code that wasm called. On an error or a panic, records it for the innermost entry and
/// returns `None`; the caller must then return the failure status to its stub.
///
/// Errors get the wasm backtrace of the call unless they carry one already.
#[inline]
pub(crate) fn catch<R>(store: *mut StoreInner, f: impl FnOnce() -> Result<R>) -> Option<R> {
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(Ok(value)) => Some(value),
        Ok(Err(error)) => {
            record_error(store, error);
            None
        }
        Err(payload) => {
            record(UnwindReason::Panic(payload));
            None
        }
    }
}

#[cold]
fn record_error(store: *mut StoreInner, error: Error) {
    let error = crate::error::attach_backtrace(error, || stack::walk_exit(store));
    record(UnwindReason::Error(error));
}

#[cold]
fn record(reason: UnwindReason) {
    with_current(|activation| {
        let activation = activation.expect("wasm calls the host only inside an entry");
        *activation.reason.borrow_mut() = Some(reason);
    });
}

/// Bytes at address 0 that are never mapped: fields of a null reference.
const NULL_PAGE: usize = 4096;

static INSTALL: Once = Once::new();
static mut PREVIOUS: [Option<libc::sigaction>; 4] = [None; 4];
const SIGNALS: [libc::c_int; 4] = [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE];

/// Installs the handlers of this process's first engine.
///
/// # Panics
///
/// If the system refuses, which it does for no valid signal.
pub(crate) fn install_handlers() {
    INSTALL.call_once(|| {
        for (i, &signal) in SIGNALS.iter().enumerate() {
            // SAFETY: plain calls of sigaction with valid pointers; `PREVIOUS` is written once,
            // before the handler that reads it is installed.
            unsafe {
                let mut action: libc::sigaction = std::mem::zeroed();
                let mut previous: libc::sigaction = std::mem::zeroed();
                assert_eq!(libc::sigaction(signal, std::ptr::null(), &mut previous), 0);
                (&raw mut PREVIOUS)
                    .cast::<Option<libc::sigaction>>()
                    .add(i)
                    .write(Some(previous));
                action.sa_flags = libc::SA_SIGINFO | libc::SA_NODEFER | libc::SA_ONSTACK;
                action.sa_sigaction = handler as *const () as usize;
                libc::sigemptyset(&mut action.sa_mask);
                assert_eq!(libc::sigaction(signal, &action, std::ptr::null_mut()), 0);
            }
        }
    });
}

unsafe extern "C" fn handler(
    signal: libc::c_int,
    info: *mut libc::siginfo_t,
    context: *mut libc::c_void,
) {
    // SAFETY: the kernel passes a valid context and information.
    let handled = unsafe { handle(signal, &*info, SignalContext::new(context)) };
    if !handled {
        // SAFETY: as above.
        unsafe { forward(signal, info, context) };
    }
}

/// Turns a fault in compiled code into a trap. Returns whether it was one.
fn handle(signal: libc::c_int, info: &libc::siginfo_t, mut context: SignalContext<'_>) -> bool {
    let pc = context.pc();
    // SAFETY: see `with_current`.
    let Some(activation) = (unsafe { CURRENT.get().as_ref() }) else {
        return false;
    };
    if !code::is_code(pc) {
        return false;
    }
    let Some(code) = code::trap_at(pc) else {
        return false;
    };
    // SAFETY: the store is live while it is entered.
    let store = unsafe { &*activation.store };
    if signal == libc::SIGSEGV || signal == libc::SIGBUS {
        // SAFETY: these signals carry an address.
        let address = unsafe { info.si_addr() } as usize;
        let expected = match code {
            TrapCode::MemoryOutOfBounds => store.owns_address(address),
            TrapCode::NullReference | TrapCode::IndirectCallToNull => address < NULL_PAGE,
            _ => true,
        };
        if !expected {
            // Compiled code touched something that is none of its business: the sandbox is broken,
            // and going on would hide it.
            return false;
        }
    }
    activation.hardware_trap.set(Some(code));
    // SAFETY: `pc` is in a wasm frame of this thread, and nothing reads the frames before it resumes.
    TRAP_FRAMES.with(|frames| unsafe { (*frames.get()).capture(pc, context.fp()) });
    // SAFETY: the activation is live, so its entry frame is, and this thread is the interrupted one.
    unsafe { context.resume_at_landing(*store.vm.entry_sp.get()) };
    true
}

/// Passes a signal on to whoever handled it before.
///
/// # Safety
///
/// Only from the handler, with its arguments.
unsafe fn forward(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    let Some(i) = SIGNALS.iter().position(|&s| s == signal) else {
        return;
    };
    // SAFETY: written before the handler was installed, never after.
    let previous = unsafe {
        (&raw const PREVIOUS)
            .cast::<Option<libc::sigaction>>()
            .add(i)
            .read()
    };
    let Some(previous) = previous else { return };
    // SAFETY: the previous action is called the way its flags ask for; the default action is reached
    // by restoring it and executing the faulting instruction again.
    unsafe {
        if previous.sa_sigaction == libc::SIG_DFL || previous.sa_sigaction == libc::SIG_IGN {
            libc::sigaction(signal, &previous, std::ptr::null_mut());
        } else if previous.sa_flags & libc::SA_SIGINFO != 0 {
            let f: extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void) =
                std::mem::transmute(previous.sa_sigaction);
            f(signal, info, context);
        } else {
            let f: extern "C" fn(libc::c_int) = std::mem::transmute(previous.sa_sigaction);
            f(signal);
        }
    }
}
