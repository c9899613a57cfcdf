//! Vector and float instructions: every row of the tables, in both forms.

use bolide_baseline::asm::x64::Size::{S32, S64};
use bolide_baseline::asm::x64::vec_ops::*;
use bolide_baseline::asm::x64::{Assembler, Feature, Gpr, Mem, Size, Xmm};
use iced_x86::Mnemonic;

use crate::support::Operand::{I, M, R, X};
use crate::support::{Checker, legacy_name, mnemonic, vex_name};

const IMM: u8 = 0xa5;

fn reg(number: u8) -> Gpr {
    Gpr::from_index(number)
}

fn xmm(number: u8) -> Xmm {
    Xmm::from_index(number)
}

fn pairs() -> impl Iterator<Item = (Xmm, Xmm)> {
    let all = || Xmm::ALL.into_iter();
    all().flat_map(move |a| all().map(move |b| (a, b)))
}

fn triples() -> impl Iterator<Item = (Xmm, Xmm, Xmm)> {
    let all = || Xmm::ALL.into_iter();
    all().flat_map(move |a| pairs().map(move |(b, d)| (a, b, d)))
}

/// `op dst, src` and `op dst, [src]`, with an immediate if `imm` says so.
fn two_operands(
    name: Mnemonic,
    feature: Feature,
    imm: bool,
    rr: impl Fn(&mut Assembler, Xmm, Xmm),
    rm: impl Fn(&mut Assembler, Xmm, Mem),
) {
    let mut c = Checker::new();
    let shown = if imm { 3 } else { 2 };
    for (a, b) in pairs() {
        let operands = [X(a), X(b), I(IMM.into())];
        c.case(name, &operands[..shown], |asm| rr(asm, a, b));
        c.needs(feature);
    }
    c.with_addresses(|c, number, mem| {
        let a = xmm(number);
        let operands = [X(a), M(mem), I(IMM.into())];
        c.case(name, &operands[..shown], |asm| rm(asm, a, mem));
        c.needs(feature);
    });
    c.check();
}

/// `op dst, a, src` and `op dst, a, [src]`, with an immediate if `imm` says so.
fn three_operands(
    name: Mnemonic,
    feature: Feature,
    imm: bool,
    rrr: impl Fn(&mut Assembler, Xmm, Xmm, Xmm),
    rrm: impl Fn(&mut Assembler, Xmm, Xmm, Mem),
) {
    let mut c = Checker::new();
    let shown = if imm { 4 } else { 3 };
    for (a, b, d) in triples() {
        let operands = [X(a), X(b), X(d), I(IMM.into())];
        c.case(name, &operands[..shown], |asm| rrr(asm, a, b, d));
        c.needs(feature);
    }
    c.with_addresses(|c, number, mem| {
        let (a, b) = (xmm(number), xmm(number.wrapping_add(9)));
        let operands = [X(a), X(b), M(mem), I(IMM.into())];
        c.case(name, &operands[..shown], |asm| rrm(asm, a, b, mem));
        c.needs(feature);
    });
    c.check();
}

#[test]
fn binary() {
    for &(name, op) in VEC_BIN_TABLE {
        let legacy = mnemonic(legacy_name(name));
        two_operands(
            legacy,
            op.feature(),
            false,
            |asm, a, b| asm.bin_rr(op, a, b),
            |asm, a, m| asm.bin_rm(op, a, m),
        );
    }
    for &(name, op) in VEC_BIN_IMM_TABLE {
        let legacy = mnemonic(legacy_name(name));
        two_operands(
            legacy,
            op.feature(),
            true,
            |asm, a, b| asm.bin_rri(op, a, b, IMM),
            |asm, a, m| asm.bin_rmi(op, a, m, IMM),
        );
    }
}

#[test]
fn binary_vex() {
    let both = VEC_BIN_TABLE.iter().map(|&(name, op)| (name, op.into()));
    for (name, op) in both.chain(AVX_BIN_TABLE.iter().copied()) {
        three_operands(
            mnemonic(&vex_name(name)),
            op.feature(),
            false,
            |asm, a, b, d| asm.vbin_rrr(op, a, b, d),
            |asm, a, b, m| asm.vbin_rrm(op, a, b, m),
        );
    }
    let both = VEC_BIN_IMM_TABLE
        .iter()
        .map(|&(name, op)| (name, op.into()));
    for (name, op) in both.chain(AVX_BIN_IMM_TABLE.iter().copied()) {
        three_operands(
            mnemonic(&vex_name(name)),
            op.feature(),
            true,
            |asm, a, b, d| asm.vbin_rrri(op, a, b, d, IMM),
            |asm, a, b, m| asm.vbin_rrmi(op, a, b, m, IMM),
        );
    }
}

#[test]
fn unary() {
    for &(name, op) in VEC_UN_TABLE {
        let legacy = mnemonic(legacy_name(name));
        two_operands(
            legacy,
            op.feature(),
            false,
            |asm, a, b| asm.un_rr(op, a, b),
            |asm, a, m| asm.un_rm(op, a, m),
        );
    }
    for &(name, op) in VEC_UN_IMM_TABLE {
        let legacy = mnemonic(legacy_name(name));
        two_operands(
            legacy,
            op.feature(),
            true,
            |asm, a, b| asm.un_rri(op, a, b, IMM),
            |asm, a, m| asm.un_rmi(op, a, m, IMM),
        );
    }
}

#[test]
fn unary_vex() {
    let both = VEC_UN_TABLE.iter().map(|&(name, op)| (name, op.into()));
    for (name, op) in both.chain(AVX_UN_TABLE.iter().copied()) {
        two_operands(
            mnemonic(&vex_name(name)),
            op.feature(),
            false,
            |asm, a, b| asm.vun_rr(op, a, b),
            |asm, a, m| asm.vun_rm(op, a, m),
        );
    }
    let both = VEC_UN_IMM_TABLE.iter().map(|&(name, op)| (name, op.into()));
    for (name, op) in both.chain(AVX_UN_IMM_TABLE.iter().copied()) {
        two_operands(
            mnemonic(&vex_name(name)),
            op.feature(),
            true,
            |asm, a, b| asm.vun_rri(op, a, b, IMM),
            |asm, a, m| asm.vun_rmi(op, a, m, IMM),
        );
    }
}

#[test]
fn merges_and_shifts() {
    let mut c = Checker::new();
    for &(name, op) in VEC_MERGE_TABLE {
        for (a, b) in pairs() {
            let legacy = mnemonic(legacy_name(name));
            c.case(legacy, &[X(a), X(b)], |asm| asm.merge_rr(op, a, b));
            c.needs(op.feature());
        }
        for (a, b, d) in triples() {
            let operands = [X(a), X(b), X(d)];
            let vex = mnemonic(&vex_name(name));
            c.case(vex, &operands, |asm| asm.vmerge_rrr(op, a, b, d));
        }
    }
    for &(name, op) in VEC_SHIFT_TABLE {
        let (legacy, vex) = (mnemonic(legacy_name(name)), mnemonic(&vex_name(name)));
        let imm = I(IMM.into());
        for a in Xmm::ALL {
            c.case(legacy, &[X(a), imm], |asm| asm.vec_shift_ri(op, a, IMM));
            c.needs(Feature::Sse2);
        }
        for (a, b) in pairs() {
            let operands = [X(a), X(b), imm];
            c.case(vex, &operands, |asm| asm.vvec_shift_rri(op, a, b, IMM));
            c.needs(Feature::Avx);
        }
    }
    c.check();
}

#[test]
fn blends() {
    for &(name, op) in VEC_BLEND_TABLE {
        let (legacy, vex) = (mnemonic(legacy_name(name)), mnemonic(&vex_name(name)));
        two_operands(
            legacy,
            Feature::Sse41,
            false,
            |asm, a, b| asm.blendv_rr(op, a, b),
            |asm, a, m| asm.blendv_rm(op, a, m),
        );
        let mut c = Checker::new();
        for (a, b, d) in triples() {
            let mask = xmm(a.index() ^ b.index() ^ d.index());
            let operands = [X(a), X(b), X(d), X(mask)];
            c.case(vex, &operands, |asm| asm.vblendv_rrrr(op, a, b, d, mask));
            c.needs(Feature::Avx);
        }
        c.with_addresses(|c, number, mem| {
            let (a, b, mask) = (xmm(number), xmm(number ^ 3), xmm(15 - number));
            let operands = [X(a), X(b), M(mem), X(mask)];
            c.case(vex, &operands, |asm| asm.vblendv_rrmr(op, a, b, mem, mask));
        });
        c.check();
    }
}

#[test]
fn loads_and_stores() {
    let mut c = Checker::new();
    for &(name, op) in VEC_MOVE_TABLE {
        let (legacy, vex) = (mnemonic(legacy_name(name)), mnemonic(&vex_name(name)));
        c.with_addresses(|c, number, mem| {
            let a = xmm(number);
            let (load, store) = ([X(a), M(mem)], [M(mem), X(a)]);
            c.case(legacy, &load, |asm| asm.load(op, a, mem));
            c.needs(Feature::Sse2);
            c.case(legacy, &store, |asm| asm.store(op, mem, a));
            c.case(vex, &load, |asm| asm.vload(op, a, mem));
            c.case(vex, &store, |asm| asm.vstore(op, mem, a));
        });
    }
    for &(name, op) in VEC_HALF_TABLE {
        let (legacy, vex) = (mnemonic(legacy_name(name)), mnemonic(&vex_name(name)));
        c.with_addresses(|c, number, mem| {
            let (a, b) = (xmm(number), xmm(number ^ 10));
            let (load, store) = ([X(a), M(mem)], [M(mem), X(a)]);
            c.case(legacy, &load, |asm| asm.load_half(op, a, mem));
            c.case(legacy, &store, |asm| asm.store_half(op, mem, a));
            let load = [X(a), X(b), M(mem)];
            c.case(vex, &load, |asm| asm.vload_half(op, a, b, mem));
            c.case(vex, &store, |asm| asm.vstore_half(op, mem, a));
        });
    }
    for (a, b) in pairs() {
        c.case(mnemonic("movaps"), &[X(a), X(b)], |asm| asm.movaps_rr(a, b));
        c.case(mnemonic("vmovaps"), &[X(a), X(b)], |asm| {
            asm.vmovaps_rr(a, b)
        });
    }
    c.check();
}

#[test]
fn to_and_from_integer_registers() {
    let mut c = Checker::new();
    for (size, name) in [(S32, "movd"), (S64, "movq")] {
        let (legacy, vex) = (mnemonic(name), mnemonic(&vex_name(name)));
        for (x, y) in pairs() {
            let g = reg(y.index());
            let (to, from) = ([X(x), R(g, size)], [R(g, size), X(x)]);
            c.case(legacy, &to, |asm| asm.movd_xr(size, x, g));
            c.case(legacy, &from, |asm| asm.movd_rx(size, g, x));
            c.case(vex, &to, |asm| asm.vmovd_xr(size, x, g));
            c.case(vex, &from, |asm| asm.vmovd_rx(size, g, x));
        }
        for &(name, op) in GPR_TO_VEC_TABLE {
            gpr_to_vec(&mut c, name, op, size);
        }
        for &(name, op) in VEC_TO_GPR_TABLE {
            // The mask moves have no operand size.
            if name.starts_with("CVT") || size == S32 {
                vec_to_gpr(&mut c, name, op, size);
            }
        }
    }
    c.check();
}

fn gpr_to_vec(c: &mut Checker, name: &str, op: GprToVec, size: Size) {
    let (legacy, vex) = (mnemonic(legacy_name(name)), mnemonic(&vex_name(name)));
    for (a, b, d) in triples() {
        let g = reg(d.index());
        c.case(legacy, &[X(a), R(g, size)], |asm| {
            asm.cvt_xr(op, size, a, g)
        });
        c.needs(op.feature());
        let operands = [X(a), X(b), R(g, size)];
        c.case(vex, &operands, |asm| asm.vcvt_xxr(op, size, a, b, g));
    }
    c.with_addresses(|c, number, mem| {
        let (a, b) = (xmm(number), xmm(number ^ 8));
        c.case(legacy, &[X(a), M(mem)], |asm| asm.cvt_xm(op, size, a, mem));
        let operands = [X(a), X(b), M(mem)];
        c.case(vex, &operands, |asm| asm.vcvt_xxm(op, size, a, b, mem));
    });
}

fn vec_to_gpr(c: &mut Checker, name: &str, op: VecToGpr, size: Size) {
    let (legacy, vex) = (mnemonic(legacy_name(name)), mnemonic(&vex_name(name)));
    for (a, b) in pairs() {
        let g = reg(a.index());
        let operands = [R(g, size), X(b)];
        c.case(legacy, &operands, |asm| asm.cvt_rx(op, size, g, b));
        c.needs(op.feature());
        c.case(vex, &operands, |asm| asm.vcvt_rx(op, size, g, b));
        c.needs(Feature::Avx);
    }
}

#[test]
fn lanes() {
    let mut c = Checker::new();
    let lane = 3;
    let width = |name: &str| if name.ends_with('Q') { S64 } else { S32 };
    for &(name, op) in VEC_INSERT_TABLE {
        let (legacy, vex) = (mnemonic(name), mnemonic(&vex_name(name)));
        for (a, b, d) in triples() {
            let g = reg(d.index());
            let source = R(g, width(name));
            let operands = [X(a), source, I(lane.into())];
            c.case(legacy, &operands, |asm| asm.insert_xri(op, a, g, lane));
            c.needs(op.feature());
            let operands = [X(a), X(b), source, I(lane.into())];
            c.case(vex, &operands, |asm| asm.vinsert_xxri(op, a, b, g, lane));
            c.needs(Feature::Avx);
        }
        c.with_addresses(|c, number, mem| {
            let (a, b) = (xmm(number), xmm(number ^ 12));
            let operands = [X(a), M(mem), I(lane.into())];
            c.case(legacy, &operands, |asm| asm.insert_xmi(op, a, mem, lane));
            let operands = [X(a), X(b), M(mem), I(lane.into())];
            c.case(vex, &operands, |asm| asm.vinsert_xxmi(op, a, b, mem, lane));
        });
    }
    for &(name, op) in VEC_EXTRACT_TABLE {
        let (legacy, vex) = (mnemonic(name), mnemonic(&vex_name(name)));
        for (a, b) in pairs() {
            let g = reg(a.index());
            let operands = [R(g, width(name)), X(b), I(lane.into())];
            c.case(legacy, &operands, |asm| asm.extract_rxi(op, g, b, lane));
            c.needs(op.feature());
            c.case(vex, &operands, |asm| asm.vextract_rxi(op, g, b, lane));
            c.needs(Feature::Avx);
        }
        c.with_addresses(|c, number, mem| {
            let operands = [M(mem), X(xmm(number)), I(lane.into())];
            c.case(legacy, &operands, |asm| {
                asm.extract_mxi(op, mem, xmm(number), lane)
            });
            c.case(vex, &operands, |asm| {
                asm.vextract_mxi(op, mem, xmm(number), lane)
            });
        });
    }
    c.check();
}
