//! Compilers that the tests put in the place of the tiers.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};

use bolide_abi::{
    Builtin, CodegenOptions, CompileError, CompileMode, CompileRequest, CompiledFunction,
    FunctionCompiler, NOT_IN_A_LOOP, Optimizations, OsrLoop, OsrSlot, builtin_offset,
};
use bolide_module::ValType;
use bolide_optimizing::OptimizingCompiler;

/// Values in the templates that are replaced.
const COUNTER: u64 = 0x1111_2222_3333_4444;
const WEIGHT: u32 = 0x5555_6666;
const FUNC: u32 = 0x7777_0888;
/// What the hand-written loop has in a vector slot.
const MARK: u64 = 0x0123_4567_89ab_cdef;

std::arch::global_asm!(
    ".pushsection .rodata",
    // Counts an entry; what it precedes is the function itself.
    "bolide_test_entry:",
    "movabs r11, {counter}",
    "sub dword ptr [r11], {weight}",
    "jns 2f",
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
    "mov esi, {func}",
    "mov edx, {not_in_a_loop}",
    "mov rax, [rdi + {builtins}]",
    "call [rax + {tier_up}]",
    "mov rdi, [rsp]",
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
    "2:",
    "bolide_test_entry_end:",
    // Baseline code of the loop in `LOOP`, with a vector in its frame besides.
    "bolide_test_loop:",
    "push rbp",
    "mov rbp, rsp",
    "sub rsp, 64",
    "mov [rbp - 8], r14",
    "mov [rbp - 16], r15",
    "mov [rbp - 24], rdi",
    "mov r14, rdi",
    "mov [rbp - 32], rsi",
    "mov qword ptr [rbp - 40], 0",
    "movabs rax, {mark}",
    "mov [rbp - 64], rax",
    "not rax",
    "mov [rbp - 56], rax",
    "movabs r11, {counter}",
    "sub dword ptr [r11], 1",
    "3:",
    "movabs r11, {counter}",
    "sub dword ptr [r11], {weight}",
    "js 5f",
    "4:",
    "mov rax, [rbp - 32]",
    "add [rbp - 40], rax",
    "dec qword ptr [rbp - 32]",
    "jnz 3b",
    "mov rax, [rbp - 40]",
    "mov r14, [rbp - 8]",
    "mov r15, [rbp - 16]",
    "leave",
    "ret",
    "5:",
    "mov rdi, r14",
    "mov esi, {func}",
    "xor edx, edx",
    "mov rax, [r14 + {builtins}]",
    "call [rax + {tier_up}]",
    "test rax, rax",
    "jz 4b",
    "mov rdi, r14",
    "mov r14, [rbp - 8]",
    "mov r15, [rbp - 16]",
    "leave",
    "jmp rax",
    "bolide_test_loop_end:",
    // The OSR entry of that loop.
    "bolide_test_osr:",
    "push rbp",
    "mov rbp, rsp",
    "mov rax, [rdi + {store}]",
    "mov rax, [rax + {osr_buffer}]",
    "mov rsi, [rax]",
    "mov rcx, [rax + 16]",
    "movabs rdx, {mark}",
    "cmp rdx, [rax + 32]",
    "jne 7f",
    "not rdx",
    "cmp rdx, [rax + 40]",
    "jne 7f",
    "6:",
    "add rcx, rsi",
    "dec rsi",
    "jnz 6b",
    "mov rax, rcx",
    "pop rbp",
    "ret",
    // A wrong result.
    "7:",
    "xor eax, eax",
    "pop rbp",
    "ret",
    "bolide_test_osr_end:",
    ".popsection",
    counter = const COUNTER,
    weight = const WEIGHT,
    func = const FUNC,
    mark = const MARK,
    not_in_a_loop = const NOT_IN_A_LOOP,
    builtins = const bolide_abi::VMCTX_BUILTINS,
    tier_up = const builtin_offset(Builtin::tier_up),
    store = const bolide_abi::VMCTX_STORE,
    osr_buffer = const bolide_abi::STORE_OSR_BUFFER,
);

unsafe extern "C" {
    static bolide_test_entry: u8;
    static bolide_test_entry_end: u8;
    static bolide_test_loop: u8;
    static bolide_test_loop_end: u8;
    static bolide_test_osr: u8;
    static bolide_test_osr_end: u8;
}

/// The bytes between two labels.
fn template(start: *const u8, end: *const u8) -> Vec<u8> {
    let len = end as usize - start as usize;
    // SAFETY: the labels enclose bytes of one section that is never changed.
    unsafe { std::slice::from_raw_parts(start, len) }.to_vec()
}

/// Puts a value in all places of another one, of which there is at least one.
fn patch(code: &mut [u8], from: &[u8], to: &[u8]) {
    let places: Vec<usize> = (0..=code.len() - from.len())
        .filter(|&i| &code[i..i + from.len()] == from)
        .collect();
    assert!(!places.is_empty());
    for place in places {
        code[place..place + to.len()].copy_from_slice(to);
    }
}

/// Function 0 of this module is what the hand-written code computes: `n + (n - 1) + … + 1`.
pub(super) const LOOP: &str = r#"(module
    (func (export "sum") (param $n i64) (result i64) (local $sum i64) (local v128)
        (loop $again
            (local.set $sum (i64.add (local.get $sum) (local.get $n)))
            (local.tee $n (i64.sub (local.get $n) (i64.const 1)))
            (br_if $again (i64.ne (i64.const 0))))
        (local.get $sum)))"#;

fn hand_written_loop(request: CompileRequest<'_>) -> CompiledFunction {
    let counters = request.counters.expect("baseline code counts");
    let mut code = template(&raw const bolide_test_loop, &raw const bolide_test_loop_end);
    let counter = counters.address(request.func).to_le_bytes();
    patch(&mut code, &COUNTER.to_le_bytes(), &counter);
    let weight = counters.loop_weight.to_le_bytes();
    patch(&mut code, &WEIGHT.to_le_bytes(), &weight);
    let func = request.func.0.to_le_bytes();
    patch(&mut code, &FUNC.to_le_bytes(), &func);
    let slot = |ty, below_fp| OsrSlot { ty, below_fp };
    CompiledFunction {
        code,
        alignment: 16,
        loops: vec![OsrLoop {
            wasm_offset: request.module.bodies[0].start + 5,
            slots: [
                slot(ValType::I64, 32),
                slot(ValType::I64, 40),
                slot(ValType::V128, 64),
            ]
            .into(),
        }],
        ..CompiledFunction::default()
    }
}

fn hand_written_osr_entry() -> CompiledFunction {
    CompiledFunction {
        code: template(&raw const bolide_test_osr, &raw const bolide_test_osr_end),
        alignment: 16,
        ..CompiledFunction::default()
    }
}

/// Whether function 0 is the loop of `LOOP`.
fn is_loop(request: &CompileRequest<'_>) -> bool {
    request.func.0 == 0 && request.module.export("sum").is_some()
}

/// A compiler that leaves calls what they are, so that each function that runs is compiled.
fn without_inlining(options: CodegenOptions) -> OptimizingCompiler {
    let compiler = OptimizingCompiler::new(options).unwrap();
    compiler.with_optimizations(Optimizations::NONE)
}

/// Baseline code: that of the optimizing compiler, behind code that counts; or the hand-written loop.
#[derive(Debug)]
pub(super) struct Counting {
    optimizing: OptimizingCompiler,
    pub(super) compiled: AtomicUsize,
    /// The function, by index, that it cannot compile.
    unsupported: Option<u32>,
}

impl Counting {
    pub(super) fn new(options: CodegenOptions, unsupported: Option<u32>) -> Arc<Counting> {
        Arc::new(Counting {
            optimizing: without_inlining(options),
            compiled: AtomicUsize::new(0),
            unsupported,
        })
    }
}

fn unsupported() -> CompileError {
    CompileError::Unsupported {
        what: "test".into(),
        offset: 0,
    }
}

impl FunctionCompiler for Counting {
    fn compile(&self, request: CompileRequest<'_>) -> Result<CompiledFunction, CompileError> {
        assert_eq!(request.mode, CompileMode::Function);
        self.compiled.fetch_add(1, Ordering::SeqCst);
        if self.unsupported == Some(request.func.0) {
            return Err(unsupported());
        }
        if is_loop(&request) {
            return Ok(hand_written_loop(request));
        }
        let mut compiled = self.optimizing.compile(request)?;
        let counters = request.counters.expect("baseline code counts");
        let mut code = template(
            &raw const bolide_test_entry,
            &raw const bolide_test_entry_end,
        );
        let counter = counters.address(request.func).to_le_bytes();
        patch(&mut code, &COUNTER.to_le_bytes(), &counter);
        let weight = counters.entry_weight.to_le_bytes();
        patch(&mut code, &WEIGHT.to_le_bytes(), &weight);
        patch(
            &mut code,
            &FUNC.to_le_bytes(),
            &request.func.0.to_le_bytes(),
        );
        let alignment = compiled.alignment.max(16) as usize;
        code.resize(code.len().next_multiple_of(alignment), 0x90);
        let shift = code.len() as u32;
        code.extend_from_slice(&compiled.code);
        compiled.code = code;
        for reloc in &mut compiled.relocs {
            reloc.offset += shift;
        }
        for trap in &mut compiled.traps {
            trap.offset += shift;
        }
        for entry in &mut compiled.address_map {
            entry.code += shift;
        }
        for map in &mut compiled.stack_maps {
            map.return_offset += shift;
        }
        Ok(compiled)
    }
}

/// Lets compilations begin and end when a test wants it.
#[derive(Debug, Default)]
pub(super) struct Gate {
    state: Mutex<GateState>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct GateState {
    closed: bool,
    waiting: usize,
}

impl Gate {
    pub(super) fn close(&self) {
        self.state.lock().unwrap().closed = true;
    }

    pub(super) fn open(&self) {
        self.state.lock().unwrap().closed = false;
        self.changed.notify_all();
    }

    /// Waits until `count` compilations are at the gate.
    pub(super) fn wait_for(&self, count: usize) {
        let mut state = self.state.lock().unwrap();
        while state.waiting < count {
            state = self.changed.wait(state).unwrap();
        }
    }

    fn pass(&self) {
        let mut state = self.state.lock().unwrap();
        state.waiting += 1;
        self.changed.notify_all();
        while state.closed {
            state = self.changed.wait(state).unwrap();
        }
        state.waiting -= 1;
    }
}

/// Optimized code: that of the optimizing compiler, and a hand-written OSR entry.
#[derive(Debug)]
pub(super) struct Optimized {
    optimizing: OptimizingCompiler,
    pub(super) gate: Gate,
    /// The function, by index, that it cannot compile.
    unsupported: Option<u32>,
    enters_loops: bool,
}

impl Optimized {
    pub(super) fn new(
        options: CodegenOptions,
        unsupported: Option<u32>,
        enters_loops: bool,
    ) -> Arc<Optimized> {
        Arc::new(Optimized {
            optimizing: without_inlining(options),
            gate: Gate::default(),
            unsupported,
            enters_loops,
        })
    }
}

impl FunctionCompiler for Optimized {
    fn compile(&self, request: CompileRequest<'_>) -> Result<CompiledFunction, CompileError> {
        assert_eq!(request.counters, None);
        self.gate.pass();
        match request.mode {
            _ if self.unsupported == Some(request.func.0) => Err(unsupported()),
            CompileMode::Function => self.optimizing.compile(request),
            CompileMode::Osr(_) if self.enters_loops && is_loop(&request) => {
                Ok(hand_written_osr_entry())
            }
            CompileMode::Osr(_) => Err(unsupported()),
        }
    }
}
