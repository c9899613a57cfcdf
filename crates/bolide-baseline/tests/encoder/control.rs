//! Jumps, calls and conditions.

use bolide_baseline::asm::x64::Size::{S8, S32, S64};
use bolide_baseline::asm::x64::{Assembler, Cond, Gpr};
use bolide_baseline::asm::{Label, Part};
use iced_x86::{Decoder, DecoderOptions, Instruction, Mnemonic};

use crate::support::Operand::{I, M, R};
use crate::support::{Checker, mnemonic};

/// As in mnemonics of the disassembler.
const CONDITIONS: [&str; 16] = [
    "o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g",
];

#[test]
fn conditions() {
    let mut c = Checker::new();
    for (cond, suffix) in Cond::ALL.into_iter().zip(CONDITIONS) {
        let (set, cmov) = (format!("set{suffix}"), format!("cmov{suffix}"));
        let (set, cmov) = (mnemonic(&set), mnemonic(&cmov));
        for a in Gpr::ALL {
            c.case(set, &[R(a, S8)], |asm| asm.setcc_r(cond, a));
            for b in Gpr::ALL {
                for size in [S32, S64] {
                    let operands = [R(a, size), R(b, size)];
                    c.case(cmov, &operands, |asm| asm.cmovcc_rr(cond, size, a, b));
                }
            }
        }
        c.with_addresses(|c, number, mem| {
            let a = Gpr::from_index(number);
            c.case(set, &[M(mem)], |asm| asm.setcc_m(cond, mem));
            for size in [S32, S64] {
                let operands = [R(a, size), M(mem)];
                c.case(cmov, &operands, |asm| asm.cmovcc_rm(cond, size, a, mem));
            }
        });
    }
    c.check();
}

#[test]
fn indirect_and_without_operands() {
    let mut c = Checker::new();
    let (jmp, call) = (mnemonic("jmp"), mnemonic("call"));
    for a in Gpr::ALL {
        c.case(jmp, &[R(a, S64)], |asm| asm.jmp_r(a));
        c.case(call, &[R(a, S64)], |asm| asm.call_r(a));
    }
    c.with_addresses(|c, _, mem| {
        c.case(jmp, &[M(mem)], |asm| asm.jmp_m(mem));
        c.case(call, &[M(mem)], |asm| asm.call_m(mem));
    });
    c.case(mnemonic("ret"), &[], Assembler::ret);
    c.case(mnemonic("ret"), &[I(0xfff8)], |asm| asm.ret_i(0xfff8));
    c.case(mnemonic("leave"), &[], Assembler::leave);
    c.case(mnemonic("ud2"), &[], Assembler::ud2);
    c.case(mnemonic("int3"), &[], Assembler::int3);
    c.check();
}

#[test]
fn negation_and_swap() {
    let negated = [1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14];
    for (cond, negated) in Cond::ALL.into_iter().zip(negated) {
        assert_eq!(cond.negate() as u8, negated);
        assert_eq!(cond.swap().swap(), cond);
    }
    assert_eq!(Cond::B.swap(), Cond::A);
    assert_eq!(Cond::Le.swap(), Cond::Ge);
    assert_eq!(Cond::E.swap(), Cond::E);
}

#[test]
fn nops_of_every_length() {
    for len in 0..40 {
        let mut asm = Assembler::new();
        asm.nop(len);
        let code = asm.buf.finish().unwrap().function.code;
        assert_eq!(code.len(), len);
        let decoded = decode(&code);
        assert!(decoded.iter().all(|i| i.mnemonic() == Mnemonic::Nop));
        assert_eq!(decoded.len(), len.div_ceil(9));
    }
}

#[test]
fn alignment() {
    for before in 0..33usize {
        for alignment in [1, 2, 4, 8, 16] {
            let mut asm = Assembler::new();
            (0..before).for_each(|_| asm.int3());
            asm.align(alignment);
            asm.ret();
            let code = asm.buf.finish().unwrap().function.code;
            assert_eq!(code.len(), before.next_multiple_of(alignment) + 1);
        }
    }
}

fn decode(code: &[u8]) -> Vec<Instruction> {
    Decoder::with_ip(64, code, 0, DecoderOptions::NONE)
        .into_iter()
        .collect()
}

/// The kinds of jump to a label.
#[derive(Copy, Clone, Debug)]
enum Jump {
    Jmp,
    Jcc(Cond),
    Call,
}

impl Jump {
    fn emit(self, asm: &mut Assembler, target: Label) {
        match self {
            Jump::Jmp => asm.jmp(target),
            Jump::Jcc(cond) => asm.jcc(cond, target),
            Jump::Call => asm.call(target),
        }
    }

    fn mnemonic(self) -> Mnemonic {
        match self {
            Jump::Jmp => Mnemonic::Jmp,
            Jump::Jcc(cond) => mnemonic(&format!("j{}", CONDITIONS[cond as usize])),
            Jump::Call => Mnemonic::Call,
        }
    }
}

#[test]
fn backward_jumps_are_as_short_as_possible() {
    // What is between target and jump, and the length of the jump.
    for (jump, between, len) in [
        (Jump::Jmp, 0, 2),
        (Jump::Jmp, 126, 2),
        (Jump::Jmp, 127, 5),
        (Jump::Jcc(Cond::E), 126, 2),
        (Jump::Jcc(Cond::G), 127, 6),
        (Jump::Call, 0, 5),
    ] {
        let mut asm = Assembler::new();
        asm.int3();
        let target = asm.buf.label_here();
        (0..between).for_each(|_| asm.int3());
        jump.emit(&mut asm, target);
        let code = asm.buf.finish().unwrap().function.code;
        let decoded = decode(&code);
        let last = decoded.last().unwrap();
        assert_eq!(last.mnemonic(), jump.mnemonic());
        assert_eq!(last.near_branch_target(), 1, "{jump:?} over {between}");
        assert_eq!(last.len(), len, "{jump:?} over {between}");
    }
}

#[test]
fn short_forward_jumps() {
    for (between, fits) in [(0, true), (127, true), (128, false)] {
        for conditional in [false, true] {
            let mut asm = Assembler::new();
            let target = asm.buf.label();
            if conditional {
                asm.jcc_short(Cond::Np, target);
            } else {
                asm.jmp_short(target);
            }
            (0..between).for_each(|_| asm.int3());
            asm.buf.bind(target);
            asm.ret();
            match asm.buf.finish() {
                Ok(done) => {
                    assert!(fits);
                    let decoded = decode(&done.function.code);
                    assert_eq!(decoded[0].near_branch_target(), 2 + between);
                }
                Err(error) => assert!(!fits && error.to_string().contains("short jump")),
            }
        }
    }
}

/// A fixed sequence of numbers without apparent order.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % limit
    }
}

/// Jumps of all kinds between many labels in both parts, near and far, back and forth, arrive.
#[test]
fn jumps_arrive() {
    let mut asm = Assembler::new();
    for seed in 0..60 {
        let mut numbers = Numbers(seed);
        let labels: Vec<Label> = (0..50).map(|_| asm.buf.label()).collect();
        let mut unbound = labels.clone();
        let mut jumps = Vec::new();
        while !unbound.is_empty() {
            match numbers.below(8) {
                0 => {
                    let part = [Part::Main, Part::Cold][numbers.below(2)];
                    asm.buf.enter(part);
                }
                1 => {
                    let label = unbound.swap_remove(numbers.below(unbound.len()));
                    asm.buf.bind(label);
                }
                2 => {
                    let bytes = [1, 20, 100, 5000][numbers.below(4)];
                    (0..bytes).for_each(|_| asm.int3());
                }
                _ => {
                    let target = labels[numbers.below(labels.len())];
                    let cond = Cond::ALL[numbers.below(16)];
                    let jump = [Jump::Jmp, Jump::Jcc(cond), Jump::Call][numbers.below(3)];
                    jumps.push((asm.buf.offset(), jump, target));
                    jump.emit(&mut asm, target);
                }
            }
        }
        let places: Vec<_> = labels.iter().map(|&l| asm.buf.label_offset(l)).collect();
        let done = asm.buf.finish().unwrap();
        for (at, jump, target) in jumps {
            let at = done.resolve(at);
            let index = labels.iter().position(|&label| label == target).unwrap();
            let meant = done.resolve(places[index].unwrap());
            let bytes = &done.function.code[at as usize..];
            let found = Decoder::with_ip(64, bytes, at.into(), DecoderOptions::NONE).decode();
            assert_eq!(found.mnemonic(), jump.mnemonic(), "seed {seed}");
            assert_eq!(found.near_branch_target(), meant.into(), "seed {seed}");
        }
    }
}
