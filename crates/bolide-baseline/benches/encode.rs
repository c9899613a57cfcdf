//! How many instructions are encoded in a second, for a mix like that of a one-pass compiler.

use std::hint::black_box;
use std::time::Instant;

use bolide_baseline::asm::x64::Gpr::*;
use bolide_baseline::asm::x64::Size::*;
use bolide_baseline::asm::x64::Xmm::*;
use bolide_baseline::asm::x64::vec_ops::*;
use bolide_baseline::asm::x64::{Alu, Assembler, Cond, Gpr, Mem, Scale};

/// Instructions in a function.
const PER_FUNCTION: u32 = 1000;
/// Functions in a sample, which is short, so that some are not interrupted.
const FUNCTIONS: u32 = 200;
const SAMPLES: u32 = 200;

fn main() {
    measure("registers", 5, |asm, i| {
        let reg = register(i);
        asm.add_rr(S32, reg, Rcx);
        asm.mov_rr(S64, Rdx, reg);
        asm.add_ri(S32, reg, i as i32);
        asm.alu_rr(black_box(Alu::Xor), S64, R9, reg);
        asm.shl_ri(S32, reg, 3);
    });
    measure("memory", 5, |asm, i| {
        let reg = register(i);
        let slot = Mem::base(Rbp, -8 * i as i32);
        asm.mov_rm(S32, reg, slot);
        asm.mov_mr(S64, slot, reg);
        asm.mov_rm(S32, Rax, Mem::base_index(R15, reg, Scale::X1, 16));
        asm.add_rm(S64, R8, slot);
        asm.mov_mi(S32, slot, 1);
    });
    measure("floats", 5, |asm, i| {
        let slot = Mem::base(Rbp, -8 * i as i32);
        asm.load(MOVSD, Xmm1, slot);
        asm.bin_rr(ADDSD, Xmm1, Xmm9);
        asm.vbin_rrr(MULSD, Xmm2, Xmm1, Xmm9);
        asm.vbin_rrm(PADDD, Xmm2, Xmm1, slot);
        asm.store(MOVSD, slot, Xmm2);
    });
    measure("mixed", 10, |asm, i| {
        let reg = register(i);
        let slot = Mem::base(Rbp, -8 * i as i32);
        let skip = asm.buf.label();
        asm.buf.set_source(i);
        asm.mov_rm(S32, reg, slot);
        asm.add_ri(S32, reg, 4);
        asm.buf.trap_site(bolide_abi::TrapCode::MemoryOutOfBounds);
        asm.mov_rm(S32, Rax, Mem::base_index(R15, reg, Scale::X1, 16));
        asm.cmp_rr(S32, Rax, reg);
        asm.jcc(Cond::L, skip);
        asm.mov_mr(S64, slot, reg);
        asm.load(MOVSD, Xmm1, slot);
        asm.bin_rr(ADDSD, Xmm1, Xmm2);
        asm.buf.bind(skip);
        asm.store(MOVSD, slot, Xmm2);
        asm.lea(S32, Rcx, Mem::base_index(Rax, reg, Scale::X4, 1));
    });
}

fn register(i: u32) -> Gpr {
    Gpr::from_index((i & 7) as u8 | 8)
}

fn measure(name: &str, per_round: u32, mut round: impl FnMut(&mut Assembler, u32)) {
    let mut asm = Assembler::new();
    let mut best = f64::MAX;
    let mut bytes = 0;
    for _ in 0..SAMPLES {
        let start = Instant::now();
        for _ in 0..FUNCTIONS {
            for i in 0..PER_FUNCTION / per_round {
                round(&mut asm, i);
            }
            let code = asm
                .buf
                .finish()
                .expect("the labels are bound")
                .function
                .code;
            bytes = black_box(code).len();
        }
        best = best.min(start.elapsed().as_secs_f64());
    }
    let instructions = f64::from(FUNCTIONS * PER_FUNCTION);
    println!(
        "{name:10} {:6.0} M instructions/s, {:.1} bytes each",
        instructions / best / 1e6,
        bytes as f64 / f64::from(PER_FUNCTION),
    );
}
