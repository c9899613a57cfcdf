//! x86-64 Linux.

use std::arch::naked_asm;
use std::mem::offset_of;

use bolide_abi as abi;

use crate::vm::{EntryFrame, HostFrame, VMContext, VMHostContext, call_flags};

/// Calls wasm code with the registers and stack arguments of `frame` and stores its results there.
/// Returns 0 if the code returned and 1 if it was unwound by [`raise`] or the signal handler.
///
/// # Safety
///
/// `frame` must describe a call that matches the signature of `frame.code`, whose vmctx belongs to
/// `frame.store`. The store's `entry_sp` is overwritten; the caller restores it.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn enter(frame: *mut EntryFrame) -> u32 {
    naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "push rbx",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        "push rdi",
        "mov rbx, rdi",
        "mov rax, [rdi + {store}]",
        "mov [rax + {entry_sp}], rsp",
        // Stack arguments, from the highest address down.
        "mov rcx, [rdi + {stack_bytes}]",
        "test rcx, rcx",
        "jz 3f",
        "mov rax, [rdi + {stack}]",
        "2:",
        "push qword ptr [rax + rcx - 8]",
        "sub rcx, 8",
        "jnz 2b",
        "3:",
        "test dword ptr [rbx + {flags}], {float_args}",
        "jz 4f",
        "movaps xmm0, [rbx + {floats}]",
        "movaps xmm1, [rbx + {floats} + 16]",
        "movaps xmm2, [rbx + {floats} + 32]",
        "movaps xmm3, [rbx + {floats} + 48]",
        "movaps xmm4, [rbx + {floats} + 64]",
        "movaps xmm5, [rbx + {floats} + 80]",
        "movaps xmm6, [rbx + {floats} + 96]",
        "movaps xmm7, [rbx + {floats} + 112]",
        "4:",
        "mov rdi, [rbx + {ints}]",
        "mov rsi, [rbx + {ints} + 8]",
        "mov rdx, [rbx + {ints} + 16]",
        "mov rcx, [rbx + {ints} + 24]",
        "mov r8, [rbx + {ints} + 32]",
        "mov r9, [rbx + {ints} + 40]",
        "call [rbx + {code}]",
        ".globl bolide_enter_return",
        ".hidden bolide_enter_return",
        "bolide_enter_return:",
        "mov [rbx + {ints}], rax",
        "mov eax, [rbx + {flags}]",
        "test eax, {many_results}",
        "jz 5f",
        "mov [rbx + {ints} + 8], rcx",
        "mov [rbx + {ints} + 16], rdx",
        "mov [rbx + {ints} + 24], rsi",
        "mov [rbx + {ints} + 32], rdi",
        "mov [rbx + {ints} + 40], r8",
        "mov [rbx + {ints} + 48], r9",
        "mov [rbx + {ints} + 56], r10",
        "5:",
        "test eax, {float_results}",
        "jz 6f",
        "movaps [rbx + {floats}], xmm0",
        "movaps [rbx + {floats} + 16], xmm1",
        "movaps [rbx + {floats} + 32], xmm2",
        "movaps [rbx + {floats} + 48], xmm3",
        "movaps [rbx + {floats} + 64], xmm4",
        "movaps [rbx + {floats} + 80], xmm5",
        "movaps [rbx + {floats} + 96], xmm6",
        "movaps [rbx + {floats} + 112], xmm7",
        "6:",
        "xor eax, eax",
        "7:",
        "pop rdi",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbx",
        "pop rbp",
        "ret",
        // Whoever unwinds sets rsp to the store's entry_sp and comes here.
        ".globl bolide_unwind_landing",
        ".hidden bolide_unwind_landing",
        "bolide_unwind_landing:",
        "mov eax, 1",
        "jmp 7b",
        store = const offset_of!(EntryFrame, store),
        entry_sp = const abi::STORE_ENTRY_SP,
        stack = const offset_of!(EntryFrame, stack),
        stack_bytes = const offset_of!(EntryFrame, stack_bytes),
        flags = const offset_of!(EntryFrame, flags),
        floats = const offset_of!(EntryFrame, floats),
        ints = const offset_of!(EntryFrame, ints),
        code = const offset_of!(EntryFrame, code),
        float_args = const call_flags::FLOAT_ARGS,
        many_results = const call_flags::MANY_INT_RESULTS,
        float_results = const call_flags::FLOAT_RESULTS,
    )
}

unsafe extern "C" {
    fn bolide_enter_return();
    fn bolide_unwind_landing();
}

/// The return address that ends a walk over wasm frames: that of the call in [`enter`].
pub(crate) fn entry_return_address() -> usize {
    bolide_enter_return as *const () as usize
}

/// Unwinds to the innermost entry frame of the store that the context in `rdi` belongs to. All
/// frames in between must be wasm frames or trampolines, which own nothing.
///
/// # Safety
///
/// `vmctx` must belong to a store with a live entry frame on this thread.
#[unsafe(naked)]
unsafe extern "C" fn raise(vmctx: *mut VMContext) -> ! {
    naked_asm!(
        "mov rax, [rdi + {store}]",
        "mov rsp, [rax + {entry_sp}]",
        "jmp bolide_unwind_landing",
        store = const abi::VMCTX_STORE,
        entry_sp = const abi::STORE_ENTRY_SP,
    )
}

/// Code of every host function: moves the arguments of a wasm call into a [`HostFrame`], calls the
/// context's shim, and moves the results back.
///
/// # Safety
///
/// Only wasm code and [`enter`] may call it, with a [`VMHostContext`] in `rdi` whose `stack_bytes`
/// and `flags` match the signature that the caller used.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn host_trampoline() {
    naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "sub rsp, {frame_size} + 16",
        "mov [rsp + {frame_size}], rdi",
        "mov [rsp + {ints} + 8], rsi",
        "mov [rsp + {ints} + 16], rdx",
        "mov [rsp + {ints} + 24], rcx",
        "mov [rsp + {ints} + 32], r8",
        "mov [rsp + {ints} + 40], r9",
        "test dword ptr [rdi + {flags}], {float_args}",
        "jz 2f",
        "movaps [rsp + {floats}], xmm0",
        "movaps [rsp + {floats} + 16], xmm1",
        "movaps [rsp + {floats} + 32], xmm2",
        "movaps [rsp + {floats} + 48], xmm3",
        "movaps [rsp + {floats} + 64], xmm4",
        "movaps [rsp + {floats} + 80], xmm5",
        "movaps [rsp + {floats} + 96], xmm6",
        "movaps [rsp + {floats} + 112], xmm7",
        "2:",
        "lea rax, [rbp + 16]",
        "mov [rsp + {stack}], rax",
        "mov rax, [rdi + {store}]",
        "mov rcx, [rbp]",
        "mov [rax + {exit_fp}], rcx",
        "mov rcx, [rbp + 8]",
        "mov [rax + {exit_pc}], rcx",
        "mov rsi, rsp",
        "call [rdi + {shim}]",
        "mov r11, [rsp + {frame_size}]",
        "test eax, eax",
        "jnz 5f",
        "mov rax, [rsp + {ints}]",
        "test dword ptr [r11 + {flags}], {many_results}",
        "jz 3f",
        "mov rcx, [rsp + {ints} + 8]",
        "mov rdx, [rsp + {ints} + 16]",
        "mov rsi, [rsp + {ints} + 24]",
        "mov rdi, [rsp + {ints} + 32]",
        "mov r8, [rsp + {ints} + 40]",
        "mov r9, [rsp + {ints} + 48]",
        "mov r10, [rsp + {ints} + 56]",
        "3:",
        "test dword ptr [r11 + {flags}], {float_results}",
        "jz 4f",
        "movaps xmm0, [rsp + {floats}]",
        "movaps xmm1, [rsp + {floats} + 16]",
        "movaps xmm2, [rsp + {floats} + 32]",
        "movaps xmm3, [rsp + {floats} + 48]",
        "movaps xmm4, [rsp + {floats} + 64]",
        "movaps xmm5, [rsp + {floats} + 80]",
        "movaps xmm6, [rsp + {floats} + 96]",
        "movaps xmm7, [rsp + {floats} + 112]",
        "4:",
        "mov r11d, [r11 + {stack_bytes}]",
        "leave",
        // The callee pops its stack arguments: move the return address to their end.
        "test r11d, r11d",
        "jnz 6f",
        "ret",
        "6:",
        "pop qword ptr [rsp + r11 - 8]",
        "lea rsp, [rsp + r11 - 8]",
        "ret",
        "5:",
        "mov rdi, r11",
        "jmp {raise}",
        // Rounded so that rsp stays aligned and [rsp + frame_size] is free for the context.
        frame_size = const size_of::<HostFrame>(),
        ints = const offset_of!(HostFrame, ints),
        floats = const offset_of!(HostFrame, floats),
        stack = const offset_of!(HostFrame, stack),
        flags = const offset_of!(VMHostContext, flags),
        store = const offset_of!(VMHostContext, store),
        shim = const offset_of!(VMHostContext, shim),
        stack_bytes = const offset_of!(VMHostContext, stack_bytes),
        exit_fp = const abi::STORE_EXIT_FP,
        exit_pc = const abi::STORE_EXIT_PC,
        float_args = const call_flags::FLOAT_ARGS,
        many_results = const call_flags::MANY_INT_RESULTS,
        float_results = const call_flags::FLOAT_RESULTS,
        raise = sym raise,
    )
}

const _: () = assert!(size_of::<HostFrame>().is_multiple_of(16));
// `raise` reads a host context as if it were a vmctx.
const _: () = assert!(offset_of!(VMHostContext, store) == abi::VMCTX_STORE as usize);

/// Common part of all lazy stubs: compiles the defined function whose index is in `eax` and jumps to
/// it with the arguments of the call that led here.
///
/// # Safety
///
/// Only a lazy stub may jump here, with a vmctx in `rdi`.
#[unsafe(naked)]
unsafe extern "C" fn lazy_compile() {
    naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "sub rsp, 176",
        "mov [rsp], rdi",
        "mov [rsp + 8], rsi",
        "mov [rsp + 16], rdx",
        "mov [rsp + 24], rcx",
        "mov [rsp + 32], r8",
        "mov [rsp + 40], r9",
        "movaps [rsp + 48], xmm0",
        "movaps [rsp + 64], xmm1",
        "movaps [rsp + 80], xmm2",
        "movaps [rsp + 96], xmm3",
        "movaps [rsp + 112], xmm4",
        "movaps [rsp + 128], xmm5",
        "movaps [rsp + 144], xmm6",
        "movaps [rsp + 160], xmm7",
        "mov r11, [rdi + {store}]",
        "mov rcx, [rbp]",
        "mov [r11 + {exit_fp}], rcx",
        "mov rcx, [rbp + 8]",
        "mov [r11 + {exit_pc}], rcx",
        "mov esi, eax",
        "call {compile}",
        "mov rdi, [rsp]",
        "test rax, rax",
        "jz {raise}",
        "mov rsi, [rsp + 8]",
        "mov rdx, [rsp + 16]",
        "mov rcx, [rsp + 24]",
        "mov r8, [rsp + 32]",
        "mov r9, [rsp + 40]",
        "movaps xmm0, [rsp + 48]",
        "movaps xmm1, [rsp + 64]",
        "movaps xmm2, [rsp + 80]",
        "movaps xmm3, [rsp + 96]",
        "movaps xmm4, [rsp + 112]",
        "movaps xmm5, [rsp + 128]",
        "movaps xmm6, [rsp + 144]",
        "movaps xmm7, [rsp + 160]",
        "leave",
        "jmp rax",
        store = const abi::VMCTX_STORE,
        exit_fp = const abi::STORE_EXIT_FP,
        exit_pc = const abi::STORE_EXIT_PC,
        compile = sym crate::module::compile_lazy,
        raise = sym raise,
    )
}

/// Bytes of one lazy stub.
pub(crate) const LAZY_STUB_SIZE: usize = 16;
/// Bytes before the first lazy stub of a block: the jump to [`lazy_compile`] that they share.
pub(crate) const LAZY_STUB_PROLOGUE: usize = 16;

/// Writes a block of lazy stubs for functions `first..first + count`: a shared jump, then stubs of
/// [`LAZY_STUB_SIZE`] bytes. Stubs depend on nothing but the function's index, so all modules share
/// them.
pub(crate) fn write_lazy_stubs(block: &mut [u8], first: u32) {
    let target = lazy_compile as *const () as usize as u64;
    // movabs r11, target; jmp r11
    block[0..2].copy_from_slice(&[0x49, 0xbb]);
    block[2..10].copy_from_slice(&target.to_le_bytes());
    block[10..13].copy_from_slice(&[0x41, 0xff, 0xe3]);
    let (_, stubs) = block.split_at_mut(LAZY_STUB_PROLOGUE);
    for (i, stub) in stubs.chunks_exact_mut(LAZY_STUB_SIZE).enumerate() {
        // mov eax, index; jmp prologue
        stub[0] = 0xb8;
        stub[1..5].copy_from_slice(&(first + i as u32).to_le_bytes());
        stub[5] = 0xe9;
        let end_of_jump = LAZY_STUB_PROLOGUE + i * LAZY_STUB_SIZE + 10;
        stub[6..10].copy_from_slice(&(-(end_of_jump as i32)).to_le_bytes());
    }
}

/// Defines the stub of a builtin: records where wasm code was left, calls the builtin, and unwinds if it
/// failed.
macro_rules! builtin_stub {
    ($name:ident) => {
        #[unsafe(naked)]
        pub(crate) unsafe extern "C" fn $name() {
            std::arch::naked_asm!(
                "mov r11, [rdi + {store}]",
                "mov [r11 + {exit_fp}], rbp",
                "mov rax, [rsp]",
                "mov [r11 + {exit_pc}], rax",
                "push rdi",
                "call {builtin}",
                "pop rdi",
                "test edx, edx",
                "jnz {raise}",
                "ret",
                store = const bolide_abi::VMCTX_STORE,
                exit_fp = const bolide_abi::STORE_EXIT_FP,
                exit_pc = const bolide_abi::STORE_EXIT_PC,
                builtin = sym crate::builtins::$name,
                raise = sym super::raise,
            )
        }
    };
}

/// Stubs of all builtins.
pub(crate) mod builtin_stubs {
    macro_rules! stubs {
        ($($(#[$doc:meta])* $name:ident($($arg:ident: $ty:ident),*) $(-> $ret:ident)?;)*) => {
            $(builtin_stub!($name);)*

            const STUBS: [EntryPoint; bolide_abi::Builtin::ALL.len()] = [$($name),*];
        };
    }
    bolide_abi::for_each_builtin!(stubs);

    /// Something that compiled code calls; its parameters are not part of the type.
    type EntryPoint = unsafe extern "C" fn();

    /// The builtin table: the stubs, and functions of the C library behind them.
    #[repr(C)]
    pub(crate) struct Table {
        stubs: [EntryPoint; bolide_abi::Builtin::ALL.len()],
        leaves: [EntryPoint; bolide_abi::LeafFunction::ALL.len()],
    }

    pub(crate) static TABLE: Table = Table {
        stubs: STUBS,
        leaves: [
            leaf(bolide_abi::LeafFunction::ALL[0]),
            leaf(bolide_abi::LeafFunction::ALL[1]),
        ],
    };

    const fn leaf(function: bolide_abi::LeafFunction) -> EntryPoint {
        use std::ffi::{c_int, c_void};
        type Memmove = unsafe extern "C" fn(*mut c_void, *const c_void, usize) -> *mut c_void;
        type Memset = unsafe extern "C" fn(*mut c_void, c_int, usize) -> *mut c_void;
        match function {
            // SAFETY: pointers to functions have one size, and only compiled code calls it, with the right arguments.
            bolide_abi::LeafFunction::Memmove => unsafe {
                std::mem::transmute::<Memmove, EntryPoint>(libc::memmove)
            },
            // SAFETY: as above.
            bolide_abi::LeafFunction::Memset => unsafe {
                std::mem::transmute::<Memset, EntryPoint>(libc::memset)
            },
        }
    }
}

/// Registers at a signal.
pub(crate) struct SignalContext<'a>(&'a mut libc::ucontext_t);

impl SignalContext<'_> {
    /// # Safety
    ///
    /// `context` is the third argument of a signal handler.
    pub(crate) unsafe fn new(context: *mut libc::c_void) -> Self {
        // SAFETY: the kernel passes a valid ucontext that the handler may change.
        SignalContext(unsafe { &mut *context.cast() })
    }

    pub(crate) fn pc(&self) -> usize {
        self.0.uc_mcontext.gregs[libc::REG_RIP as usize] as usize
    }

    pub(crate) fn fp(&self) -> usize {
        self.0.uc_mcontext.gregs[libc::REG_RBP as usize] as usize
    }

    /// Makes the handler return into the landing of [`enter`].
    ///
    /// # Safety
    ///
    /// `entry_sp` is the `entry_sp` of a live entry frame of the interrupted thread.
    pub(crate) unsafe fn resume_at_landing(&mut self, entry_sp: usize) {
        self.0.uc_mcontext.gregs[libc::REG_RSP as usize] = entry_sp as i64;
        self.0.uc_mcontext.gregs[libc::REG_RIP as usize] =
            bolide_unwind_landing as *const () as i64;
    }
}

/// The caller's frame pointer and return address that a frame saves.
///
/// # Safety
///
/// `fp` is the frame pointer of a live frame whose function keeps frame pointers.
pub(crate) unsafe fn caller_frame(fp: usize) -> (usize, usize) {
    // SAFETY: the frame starts with the saved frame pointer, followed by the return address.
    unsafe { (*(fp as *const usize), *(fp as *const usize).add(1)) }
}
