//! Integer instructions.

use bolide_baseline::asm::x64::Size::*;
use bolide_baseline::asm::x64::{
    Alu, Assembler, Bits, BmiBin, BmiLowest, BmiShift, Gpr, Mem, Shift, Size, Unary,
};

use crate::support::Operand::{I, M, R};
use crate::support::{Checker, mnemonic};

const NOT_8: &[Size] = &[S16, S32, S64];
const WIDE: &[Size] = &[S32, S64];
const IMMEDIATES: [i32; 11] = [
    0,
    1,
    -1,
    127,
    128,
    -128,
    -129,
    255,
    0x7fff,
    i32::MAX,
    i32::MIN,
];

fn reg(number: u8) -> Gpr {
    Gpr::from_index(number)
}

/// All pairs of registers: `op a, b`.
fn rr(c: &mut Checker, name: &str, sizes: &[Size], emit: impl Fn(&mut Assembler, Size, Gpr, Gpr)) {
    let name = mnemonic(name);
    for &size in sizes {
        for a in Gpr::ALL {
            for b in Gpr::ALL {
                let operands = [R(a, size), R(b, size)];
                c.case(name, &operands, |asm| emit(asm, size, a, b));
            }
        }
    }
}

/// All registers: `op a`.
fn r(c: &mut Checker, name: &str, sizes: &[Size], emit: impl Fn(&mut Assembler, Size, Gpr)) {
    let name = mnemonic(name);
    for &size in sizes {
        for a in Gpr::ALL {
            c.case(name, &[R(a, size)], |asm| emit(asm, size, a));
        }
    }
}

/// All addresses: `op r, [m]`.
fn rm(c: &mut Checker, name: &str, sizes: &[Size], emit: impl Fn(&mut Assembler, Size, Gpr, Mem)) {
    let name = mnemonic(name);
    for &size in sizes {
        c.with_addresses(|c, number, mem| {
            let a = reg(number);
            c.case(name, &[R(a, size), M(mem)], |asm| emit(asm, size, a, mem));
        });
    }
}

/// All addresses: `op [m], r`.
fn mr(c: &mut Checker, name: &str, sizes: &[Size], emit: impl Fn(&mut Assembler, Size, Mem, Gpr)) {
    let name = mnemonic(name);
    for &size in sizes {
        c.with_addresses(|c, number, mem| {
            let a = reg(number);
            c.case(name, &[M(mem), R(a, size)], |asm| emit(asm, size, mem, a));
        });
    }
}

/// All addresses: `op [m]`.
fn m(c: &mut Checker, name: &str, sizes: &[Size], emit: impl Fn(&mut Assembler, Size, Mem)) {
    let name = mnemonic(name);
    for &size in sizes {
        c.with_addresses(|c, _, mem| c.case(name, &[M(mem)], |asm| emit(asm, size, mem)));
    }
}

/// All registers and many immediates: `op r, i`.
fn ri(c: &mut Checker, name: &str, sizes: &[Size], emit: impl Fn(&mut Assembler, Size, Gpr, i32)) {
    let name = mnemonic(name);
    for &size in sizes {
        for a in Gpr::ALL {
            for imm in IMMEDIATES {
                let operands = [R(a, size), I(imm.into())];
                c.case(name, &operands, |asm| emit(asm, size, a, imm));
            }
        }
    }
}

/// All addresses and many immediates: `op [m], i`.
fn mi(c: &mut Checker, name: &str, sizes: &[Size], emit: impl Fn(&mut Assembler, Size, Mem, i32)) {
    let name = mnemonic(name);
    for &size in sizes {
        c.with_addresses(|c, number, mem| {
            let imm = IMMEDIATES[usize::from(number) % IMMEDIATES.len()];
            let operands = [M(mem), I(imm.into())];
            c.case(name, &operands, |asm| emit(asm, size, mem, imm));
        });
    }
}

#[test]
fn arithmetic_and_logic() {
    for &op in Alu::ALL {
        let mut c = Checker::new();
        let (name, all) = (op.mnemonic(), &Size::ALL);
        rr(&mut c, name, all, |asm, size, a, b| {
            asm.alu_rr(op, size, a, b)
        });
        rm(&mut c, name, all, |asm, size, a, m| {
            asm.alu_rm(op, size, a, m)
        });
        mr(&mut c, name, all, |asm, size, m, a| {
            asm.alu_mr(op, size, m, a)
        });
        ri(&mut c, name, all, |asm, size, a, i| {
            asm.alu_ri(op, size, a, i)
        });
        mi(&mut c, name, all, |asm, size, m, i| {
            asm.alu_mi(op, size, m, i)
        });
        c.check();
    }
}

#[test]
fn shorthands() {
    let mut c = Checker::new();
    rr(&mut c, "add", WIDE, Assembler::add_rr);
    rr(&mut c, "or", WIDE, Assembler::or_rr);
    rr(&mut c, "adc", WIDE, Assembler::adc_rr);
    rr(&mut c, "sbb", WIDE, Assembler::sbb_rr);
    rr(&mut c, "and", WIDE, Assembler::and_rr);
    rr(&mut c, "sub", WIDE, Assembler::sub_rr);
    rr(&mut c, "xor", WIDE, Assembler::xor_rr);
    rr(&mut c, "cmp", WIDE, Assembler::cmp_rr);
    rr(&mut c, "popcnt", WIDE, Assembler::popcnt_rr);
    r(&mut c, "not", WIDE, Assembler::not_r);
    r(&mut c, "neg", WIDE, Assembler::neg_r);
    r(&mut c, "mul", WIDE, Assembler::mul_r);
    r(&mut c, "imul", WIDE, Assembler::imul_r);
    r(&mut c, "div", WIDE, Assembler::div_r);
    r(&mut c, "idiv", WIDE, Assembler::idiv_r);
    c.check();
}

#[test]
fn tests_and_single_operands() {
    let mut c = Checker::new();
    rr(&mut c, "test", &Size::ALL, Assembler::test_rr);
    mr(&mut c, "test", &Size::ALL, Assembler::test_mr);
    ri(&mut c, "test", &Size::ALL, Assembler::test_ri);
    mi(&mut c, "test", &Size::ALL, Assembler::test_mi);
    for &op in Unary::ALL {
        let (name, all) = (op.mnemonic(), &Size::ALL);
        r(&mut c, name, all, |asm, size, a| asm.unary_r(op, size, a));
        m(&mut c, name, all, |asm, size, m| asm.unary_m(op, size, m));
    }
    c.check();
}

#[test]
fn multiplications() {
    let mut c = Checker::new();
    rr(&mut c, "imul", NOT_8, Assembler::imul_rr);
    rm(&mut c, "imul", NOT_8, Assembler::imul_rm);
    let name = mnemonic("imul");
    for &size in NOT_8 {
        for imm in IMMEDIATES {
            let i = I(imm.into());
            for a in Gpr::ALL {
                for b in Gpr::ALL {
                    let operands = [R(a, size), R(b, size), i];
                    c.case(name, &operands, |asm| asm.imul_rri(size, a, b, imm));
                }
            }
            c.with_addresses(|c, number, mem| {
                let a = reg(number);
                let operands = [R(a, size), M(mem), i];
                c.case(name, &operands, |asm| asm.imul_rmi(size, a, mem, imm));
            });
        }
    }
    c.case(mnemonic("cdq"), &[], Assembler::cdq);
    c.case(mnemonic("cqo"), &[], Assembler::cqo);
    c.check();
}

#[test]
fn shifts() {
    let mut c = Checker::new();
    for &op in Shift::ALL {
        let name = mnemonic(op.mnemonic());
        for size in Size::ALL {
            for a in Gpr::ALL {
                let by_cl = [R(a, size), R(Gpr::Rcx, S8)];
                c.case(name, &by_cl, |asm| asm.shift_rc(op, size, a));
                for count in [0, 1, 2, 7, 31, 32, 63, 255] {
                    let operands = [R(a, size), I(count.into())];
                    c.case(name, &operands, |asm| asm.shift_ri(op, size, a, count));
                }
            }
        }
    }
    c.check();
}

#[test]
fn bits() {
    let mut c = Checker::new();
    for &op in Bits::ALL {
        let name = op.mnemonic();
        rr(&mut c, name, NOT_8, |asm, size, a, b| {
            asm.bits_rr(op, size, a, b)
        });
        c.needs(op.feature());
        rm(&mut c, name, NOT_8, |asm, size, a, m| {
            asm.bits_rm(op, size, a, m)
        });
    }
    rr(&mut c, "bt", NOT_8, Assembler::bt_rr);
    r(&mut c, "bswap", WIDE, Assembler::bswap_r);
    for &size in NOT_8 {
        for a in Gpr::ALL {
            let operands = [R(a, size), I(13)];
            c.case(mnemonic("bt"), &operands, |asm| asm.bt_ri(size, a, 13));
        }
    }
    c.check();
}

#[test]
fn bmi() {
    let mut c = Checker::new();
    for &size in WIDE {
        for (a, b, d) in triples() {
            let operands = [R(a, size), R(b, size), R(d, size)];
            for &op in BmiBin::ALL {
                let name = mnemonic(op.mnemonic());
                c.case(name, &operands, |asm| asm.bmi_rrr(op, size, a, b, d));
                c.needs(op.feature());
            }
            for &op in BmiShift::ALL {
                let name = mnemonic(op.mnemonic());
                c.case(name, &operands, |asm| asm.bmi_shift_rrr(op, size, a, b, d));
                c.needs(op.feature());
            }
        }
        c.with_addresses(|c, number, mem| {
            let (a, b) = (reg(number), reg(number.wrapping_add(5)));
            let (ra, rb) = (R(a, size), R(b, size));
            for &op in BmiBin::ALL {
                let name = mnemonic(op.mnemonic());
                c.case(name, &[ra, rb, M(mem)], |asm| {
                    asm.bmi_rrm(op, size, a, b, mem)
                });
            }
            for &op in BmiShift::ALL {
                let name = mnemonic(op.mnemonic());
                c.case(name, &[ra, M(mem), rb], |asm| {
                    asm.bmi_shift_rmr(op, size, a, mem, b);
                });
            }
        });
        for a in Gpr::ALL {
            for b in Gpr::ALL {
                let operands = [R(a, size), R(b, size), I(17)];
                c.case(mnemonic("rorx"), &operands, |asm| {
                    asm.rorx_rri(size, a, b, 17)
                });
            }
        }
    }
    for &op in BmiLowest::ALL {
        let name = op.mnemonic();
        rr(&mut c, name, WIDE, |asm, size, a, b| {
            asm.bmi_lowest_rr(op, size, a, b)
        });
        c.needs(op.feature());
        rm(&mut c, name, WIDE, |asm, size, a, m| {
            asm.bmi_lowest_rm(op, size, a, m)
        });
    }
    c.check();
}

fn triples() -> impl Iterator<Item = (Gpr, Gpr, Gpr)> {
    let all = || Gpr::ALL.into_iter();
    all().flat_map(move |a| all().flat_map(move |b| all().map(move |d| (a, b, d))))
}

#[test]
fn moves() {
    let mut c = Checker::new();
    rr(&mut c, "mov", &Size::ALL, Assembler::mov_rr);
    rm(&mut c, "mov", &Size::ALL, Assembler::mov_rm);
    mr(&mut c, "mov", &Size::ALL, Assembler::mov_mr);
    mi(&mut c, "mov", &Size::ALL, Assembler::mov_mi);
    rm(&mut c, "lea", WIDE, Assembler::lea);
    r(&mut c, "push", &[S64], |asm, _, a| asm.push_r(a));
    r(&mut c, "pop", &[S64], |asm, _, a| asm.pop_r(a));
    m(&mut c, "push", &[S64], |asm, _, m| asm.push_m(m));
    m(&mut c, "pop", &[S64], |asm, _, m| asm.pop_m(m));
    for imm in IMMEDIATES {
        c.case(mnemonic("push"), &[I(imm.into())], |asm| asm.push_i(imm));
    }
    c.check();
}

#[test]
fn constants_take_the_shortest_move() {
    let mut c = Checker::new();
    for dst in Gpr::ALL {
        for (imm, size) in [
            (0, S32),
            (0x7fff_ffff, S32),
            (0x8000_0000, S32),
            (0xffff_ffff, S32),
            (0x1_0000_0000, S64),
            (-1i64 as u64, S64),
            (i32::MIN as i64 as u64, S64),
            (i32::MIN as i64 as u64 - 1, S64),
            (0x1234_5678_9abc_def0, S64),
        ] {
            let operands = [R(dst, size), I(imm as i64)];
            c.case(mnemonic("mov"), &operands, |asm| asm.mov_ri(dst, imm));
        }
    }
    c.check();
    for (imm, len) in [(1, 5), (-1i64 as u64, 7), (1 << 40, 10)] {
        let mut asm = Assembler::new();
        asm.mov_ri(Gpr::Rax, imm);
        assert_eq!(asm.buf.code_len(), len, "{imm:#x}");
    }
}

#[test]
fn extensions() {
    let mut c = Checker::new();
    // From, to, mnemonic, width of the destination as encoded.
    for (from, to, name, as_encoded) in [
        (S8, S32, "movsx", S32),
        (S8, S64, "movsx", S64),
        (S16, S32, "movsx", S32),
        (S16, S64, "movsx", S64),
        (S32, S64, "movsxd", S64),
        (S32, S32, "mov", S32),
        (S64, S64, "mov", S64),
    ] {
        let name = mnemonic(name);
        for a in Gpr::ALL {
            for b in Gpr::ALL {
                let operands = [R(a, as_encoded), R(b, from)];
                c.case(name, &operands, |asm| asm.movsx_rr(from, to, a, b));
            }
        }
        c.with_addresses(|c, number, mem| {
            let operands = [R(reg(number), as_encoded), M(mem)];
            c.case(name, &operands, |asm| {
                asm.movsx_rm(from, to, reg(number), mem)
            });
        });
    }
    for (from, name, as_encoded) in [
        (S8, "movzx", S32),
        (S16, "movzx", S32),
        (S32, "mov", S32),
        (S64, "mov", S64),
    ] {
        let name = mnemonic(name);
        for a in Gpr::ALL {
            for b in Gpr::ALL {
                let operands = [R(a, as_encoded), R(b, from)];
                c.case(name, &operands, |asm| asm.movzx_rr(from, a, b));
            }
        }
        c.with_addresses(|c, number, mem| {
            let operands = [R(reg(number), as_encoded), M(mem)];
            c.case(name, &operands, |asm| asm.movzx_rm(from, reg(number), mem));
        });
    }
    c.check();
}

#[test]
fn atomics() {
    let mut c = Checker::new();
    let all = &Size::ALL;
    mr(&mut c, "xchg", all, Assembler::xchg_mr);
    // Exchange is symmetric, and written with the operands either way round.
    rr(&mut c, "xchg", all, |asm, size, a, b| {
        asm.xchg_rr(size, a, b)
    });
    for &size in all {
        c.with_addresses(|c, number, mem| {
            let a = reg(number);
            let operands = [M(mem), R(a, size)];
            let xadd = mnemonic("xadd");
            c.case(xadd, &operands, |asm| asm.lock_xadd_mr(size, mem, a));
            c.locked();
            let cmpxchg = mnemonic("cmpxchg");
            c.case(cmpxchg, &operands, |asm| asm.lock_cmpxchg_mr(size, mem, a));
            c.locked();
            for &op in Alu::ALL.iter().filter(|&&op| op != Alu::Cmp) {
                let name = mnemonic(op.mnemonic());
                c.case(name, &operands, |asm| asm.lock_alu_mr(op, size, mem, a));
                c.locked();
                let operands = [M(mem), I(0x1234567)];
                c.case(name, &operands, |asm| {
                    asm.lock_alu_mi(op, size, mem, 0x1234567)
                });
                c.locked();
            }
        });
    }
    c.case(mnemonic("mfence"), &[], Assembler::mfence);
    c.case(mnemonic("pause"), &[], Assembler::pause);
    c.check();
}
