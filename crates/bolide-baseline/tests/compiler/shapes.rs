//! What the code of typical constructs looks like: instructions between prologue and epilogue.

use bolide_baseline::BaselineCompiler;
use iced_x86::{FastFormatter, Instruction, Mnemonic};

use crate::check::{Subject, check, configurations, instructions};

/// The instructions of the only function of `module`.
fn compile(module: &str) -> Vec<Instruction> {
    let compiler = BaselineCompiler::new(configurations()[0]);
    let function = Subject::text(module).compile(&compiler, 0).unwrap();
    check(&function);
    instructions(&function)
}

/// The mnemonics of the body: after the vmctx is set, up to the restoration of registers.
#[track_caller]
fn check_body(body: &str, expected: &[&str]) {
    let module = format!("(module (memory 1) {body})");
    let mut formatter = FastFormatter::new();
    let code = compile(&module);
    let text = code.iter().map(|instruction| {
        let mut text = String::new();
        formatter.format(instruction, &mut text);
        text
    });
    let text: Vec<String> = text.collect();
    let start = text.iter().position(|t| t == "mov r14,rdi").unwrap() + 1;
    let end = text.iter().position(|t| t == "mov r14,[rbp-8h]").unwrap();
    assert_eq!(text[start..end], *expected);
}

#[test]
fn arithmetic_works_in_place() {
    check_body(
        "(func (param i64 i64) (result i64)
           (local.set 0 (i64.add (local.get 0) (i64.const 1)))
           (i64.sub (local.get 0) (local.get 1)))",
        &["add rsi,1h", "mov rax,rsi", "sub rax,rdx"],
    );
}

#[test]
fn comparisons_fuse_with_branches() {
    check_body(
        "(func (param i64 i64) (block (br_if 0 (i64.lt_s (local.get 0) (local.get 1))) (unreachable)))",
        &["cmp rsi,rdx", "jl 2Dh", "ud2"],
    );
}

#[test]
fn offsets_are_part_of_the_address() {
    check_body(
        "(func (param i32) (result i32)
           (i32.load offset=20 (local.get 0)))",
        &["mov r15,[r14+20h]", "mov esi,esi", "mov eax,[r15+rsi+14h]"],
    );
}

#[test]
fn loops_keep_locals_in_registers() {
    let code = compile(
        "(module (func (param i64) (result i64) (local i64)
           (loop
             (local.set 1 (i64.add (local.get 1) (local.get 0)))
             (local.set 0 (i64.sub (local.get 0) (i64.const 1)))
             (br_if 0 (i64.ne (local.get 0) (i64.const 0))))
           (local.get 1)))",
    );
    let back = code
        .iter()
        .find(|i| i.mnemonic() == Mnemonic::Jne && i.near_branch_target() < i.ip())
        .expect("a conditional jump closes the loop");
    let body = code
        .iter()
        .filter(|i| (back.near_branch_target()..back.ip()).contains(&i.ip()));
    let accesses = body.filter(|i| i.memory_base() != iced_x86::Register::None);
    assert_eq!(accesses.count(), 0, "the loop accesses memory");
}

#[test]
fn constant_divisors_need_no_division() {
    for (op, constant) in [
        ("div_u", 10),
        ("rem_u", 5),
        ("div_s", 8),
        ("rem_s", 16),
        ("rem_u", 32),
    ] {
        let code = compile(&format!(
            "(module (func (param i32) (result i32)
               (i32.{op} (local.get 0) (i32.const {constant}))))"
        ));
        let divides = code
            .iter()
            .any(|i| matches!(i.mnemonic(), Mnemonic::Div | Mnemonic::Idiv));
        assert!(!divides, "{op} by {constant}");
    }
}

#[test]
fn preserved_registers_are_saved_if_they_are_used() {
    // A loop whose block type is a type index is not recognized as one in advance.
    let code = compile(
        "(module (func (param i32) (result i32)
           (i32.const 1)
           (loop (param i32) (result i32)
             (drop)
             (br_if 0 (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (local.get 0)))))",
    );
    let writes = |register| {
        code.iter().any(|i| {
            i.op_count() > 0
                && i.op0_kind() == iced_x86::OpKind::Register
                && i.op0_register() == register
        })
    };
    let saves = code.iter().any(|i| {
        i.mnemonic() == Mnemonic::Mov
            && i.op1_kind() == iced_x86::OpKind::Register
            && i.op1_register() == iced_x86::Register::RBX
    });
    assert!(saves || !writes(iced_x86::Register::EBX) && !writes(iced_x86::Register::RBX));
}

#[test]
fn commutative_operations_overwrite_what_is_not_needed() {
    check_body(
        "(func (param i64 i64) (result i64)
           (i64.xor (local.get 0) (i64.or (local.get 1) (i64.const 1))))",
        &["mov rax,rdx", "or rax,1h", "xor rax,rsi"],
    );
    check_body(
        "(func (param i64 i64) (result i64)
           (select (local.get 0) (i64.add (local.get 1) (i64.const 1)) (i64.eqz (local.get 0))))",
        &["lea rax,[rdx+1h]", "test rsi,rsi", "cmove rax,rsi"],
    );
}

#[test]
fn questions_about_vectors_fuse_with_branches() {
    check_body(
        "(func (param v128) (block (br_if 0 (v128.any_true (local.get 0))) (unreachable)))",
        &["mov r15,[r14+20h]", "vptest xmm0,xmm0", "jne 37h", "ud2"],
    );
}

#[test]
fn vectors_are_computed_into_the_local_that_is_set() {
    let code = compile(
        "(module (func (param v128 v128 i32)
           (loop
             (local.set 0 (i32x4.add (local.get 0) (local.get 1)))
             (local.set 0 (i8x16.shuffle 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23
               (local.get 0) (local.get 1)))
             (br_if 0 (local.tee 2 (i32.sub (local.get 2) (i32.const 1)))))))",
    );
    let of_vectors = code.iter().map(Instruction::mnemonic).filter(|m| {
        use Mnemonic::*;
        matches!(m, Vmovaps | Vpaddd | Vpalignr | Vpshufb)
    });
    let expected = [Mnemonic::Vpaddd, Mnemonic::Vpalignr];
    assert_eq!(of_vectors.collect::<Vec<_>>(), expected);
}

#[test]
fn locals_move_to_the_registers_that_a_loop_with_calls_keeps() {
    let code = compile(
        "(module (func (param i64) (loop
           (call 0 (local.get 0))
           (local.set 0 (i64.sub (local.get 0) (i64.const 1)))
           (br_if 0 (i64.ne (local.get 0) (i64.const 0))))))",
    );
    let stored = |i: &Instruction| {
        i.op0_kind() == iced_x86::OpKind::Memory && i.op1_register() == iced_x86::Register::RSI
    };
    assert!(!code.iter().any(stored), "the parameter is stored");
}

#[test]
fn what_was_used_last_is_not_evicted() {
    // More locals than registers; the first is used all the time.
    let locals = "i32 ".repeat(20);
    let body: String = (1..20)
        .map(|i| format!("(local.set {i} (i32.load offset={i} (local.get 0)))"))
        .collect();
    let sum: String = (1..20).fold("(i32.const 0)".into(), |sum, i| {
        format!("(i32.xor {sum} (local.get {i}))")
    });
    let code = compile(&format!(
        "(module (memory 1) (func (param i32) (result i32) (local {locals}) {body} {sum}))"
    ));
    let reload = |i: &&Instruction| {
        i.mnemonic() == Mnemonic::Mov
            && i.op0_kind() == iced_x86::OpKind::Register
            && i.memory_base() == iced_x86::Register::RBP
            && i.memory_displacement64() as i64 == -0x30
    };
    assert_eq!(
        code.iter().filter(reload).count(),
        0,
        "the index is loaded again"
    );
}
