//! x86-64.
//!
//! `r14` is the vmctx, `r15` the base of memory 0, `r11`, `xmm14` and `xmm15` are scratch registers.

mod atomics;
mod convert;
mod float;
mod frame;
mod int;
mod simd;
mod simd_float;
mod simd_int;
mod simd_lanes;

use bolide_abi::{CompileError, CompiledFunction, TrapCode};

use super::{
    Address, AtomicUpdate, Cond, Extend, Fault, FloatBinary, FloatUnary, IntBinary, Kind, Lane,
    MacroAssembler, Reg, RegSet, Rhs, Saved, Shift, Target, VectorBinary, VectorLoad,
    VectorTernary, VectorTest, VectorUnary, Width,
};
use crate::asm::x64::vec_ops::{MOVSD, MOVSS, MOVUPS, VecMove};
use crate::asm::x64::{self, Assembler, Feature, Features, Gpr, Mem, Scale, Size, Xmm};
use crate::asm::{CodeBuffer, CodeOffset, Label};

/// Emits x86-64 code.
#[derive(Debug)]
pub(crate) struct X64 {
    asm: Assembler,
    features: Features,
    avx: bool,
    /// A feature that an instruction of the present function needs and the processor does not have,
    /// and where that was in the module.
    missing: Option<(Feature, u32)>,
}

impl X64 {
    pub(crate) fn new(features: Features) -> X64 {
        X64 {
            asm: Assembler::new(),
            features,
            avx: features.has(Feature::Avx),
            missing: None,
        }
    }

    /// What is emitted next needs this feature of the processor.
    #[inline(always)]
    fn need(&mut self, feature: Feature) {
        if !self.features.has(feature) {
            let source = self.asm.buf.source();
            self.missing.get_or_insert((feature, source));
        }
    }
}

const fn int(gpr: Gpr) -> Reg {
    Reg::int(gpr.index())
}

const SCRATCH: Gpr = Gpr::R11;
const FLOAT_SCRATCH: Xmm = Xmm::Xmm15;

const ARGUMENTS: [Gpr; 6] = [Gpr::Rdi, Gpr::Rsi, Gpr::Rdx, Gpr::Rcx, Gpr::R8, Gpr::R9];
const RESULTS: [Gpr; 8] = [
    Gpr::Rax,
    Gpr::Rcx,
    Gpr::Rdx,
    Gpr::Rsi,
    Gpr::Rdi,
    Gpr::R8,
    Gpr::R9,
    Gpr::R10,
];

#[inline(always)]
fn gpr(reg: Reg) -> Gpr {
    debug_assert!(!reg.is_float());
    Gpr::from_index(reg.number())
}

#[inline(always)]
fn xmm(reg: Reg) -> Xmm {
    debug_assert!(reg.is_float());
    Xmm::from_index(reg.number())
}

#[inline(always)]
fn size(width: Width) -> Size {
    match width {
        Width::W32 => Size::S32,
        Width::W64 => Size::S64,
    }
}

/// A place in the frame.
#[inline(always)]
fn frame(below: u32) -> Mem {
    Mem::base(Gpr::Rbp, -(below as i32))
}

#[inline(always)]
fn mem(address: Address) -> Mem {
    let base = gpr(address.base);
    match address.index {
        None => Mem::base(base, address.offset),
        Some(index) => {
            let scale = Scale::ALL[(address.shift & 3) as usize];
            Mem::base_index(base, gpr(index), scale, address.offset)
        }
    }
}

/// How values of a kind are moved between memory and registers.
enum Move {
    Int(Size),
    Float(VecMove),
}

#[inline(always)]
fn move_of(kind: Kind) -> Move {
    match kind {
        Kind::I32 => Move::Int(Size::S32),
        Kind::I64 | Kind::Ref => Move::Int(Size::S64),
        Kind::F32 => Move::Float(MOVSS),
        Kind::F64 => Move::Float(MOVSD),
        Kind::V128 => Move::Float(MOVUPS),
    }
}

impl X64 {
    #[inline(always)]
    fn fault(&mut self, fault: Fault) {
        if let Some(code) = fault {
            self.asm.buf.trap_site(code);
        }
    }

    #[inline(always)]
    fn load_mem(&mut self, kind: Kind, dst: Reg, src: Mem) {
        match move_of(kind) {
            Move::Int(size) => self.asm.mov_rm(size, gpr(dst), src),
            Move::Float(op) if self.avx => self.asm.vload(op, xmm(dst), src),
            Move::Float(op) => self.asm.load(op, xmm(dst), src),
        }
    }

    #[inline(always)]
    fn store_mem(&mut self, kind: Kind, dst: Mem, src: Reg) {
        match move_of(kind) {
            Move::Int(size) => self.asm.mov_mr(size, dst, gpr(src)),
            Move::Float(op) if self.avx => self.asm.vstore(op, dst, xmm(src)),
            Move::Float(op) => self.asm.store(op, dst, xmm(src)),
        }
    }
}

impl MacroAssembler for X64 {
    const VOLATILE: RegSet = RegSet::of(&[
        int(Gpr::Rax),
        int(Gpr::Rcx),
        int(Gpr::Rdx),
        int(Gpr::Rsi),
        int(Gpr::Rdi),
        int(Gpr::R8),
        int(Gpr::R9),
        int(Gpr::R10),
    ]);
    const PRESERVED: RegSet = RegSet::of(&[int(Gpr::Rbx), int(Gpr::R12), int(Gpr::R13)]);
    const FLOATS: RegSet = RegSet::of(&[
        Reg::float(0),
        Reg::float(1),
        Reg::float(2),
        Reg::float(3),
        Reg::float(4),
        Reg::float(5),
        Reg::float(6),
        Reg::float(7),
        Reg::float(8),
        Reg::float(9),
        Reg::float(10),
        Reg::float(11),
        Reg::float(12),
        Reg::float(13),
    ]);
    const VMCTX: Reg = int(Gpr::R14);
    const MEMORY_BASE: Reg = int(Gpr::R15);
    const SCRATCH: Reg = int(SCRATCH);
    const FLOAT_SCRATCH: Reg = Reg::float(FLOAT_SCRATCH.index());
    const FRAME_HEADER: u32 = frame::HEADER;
    const DIVISION: (Reg, Reg) = (int(Gpr::Rax), int(Gpr::Rdx));
    const CALLEE: Reg = int(Gpr::Rax);
    const EXCHANGED: Reg = int(Gpr::Rax);

    #[inline]
    fn count_register(&self, op: Shift) -> Option<Reg> {
        let anywhere = self.features.has(Feature::Bmi2)
            && !matches!(op, Shift::RotateLeft | Shift::RotateRight);
        (!anywhere).then_some(int(Gpr::Rcx))
    }

    fn int_argument(position: u8) -> Reg {
        int(ARGUMENTS[position as usize])
    }

    fn float_argument(position: u8) -> Reg {
        Reg::float(position)
    }

    fn int_result(position: u8) -> Reg {
        int(RESULTS[position as usize])
    }

    fn counts_bits(&self) -> bool {
        self.features.has(Feature::Popcnt)
            && self.features.has(Feature::Lzcnt)
            && self.features.has(Feature::Bmi1)
    }

    fn rounds_floats(&self) -> bool {
        self.features.has(Feature::Sse41)
    }

    #[inline(always)]
    fn buf(&mut self) -> &mut CodeBuffer {
        &mut self.asm.buf
    }

    fn prologue(&mut self, saved: &Saved) -> CodeOffset {
        self.enter(saved)
    }

    fn epilogue(&mut self, saved: &Saved) {
        self.leave(saved);
    }

    fn tail_call(&mut self, saved: &Saved, target: Target, bytes: u32) {
        self.leave_for(saved, target, bytes);
    }

    fn leave_for_entry(&mut self, saved: &Saved, entry: Reg) {
        self.asm.mov_rr(Size::S64, Gpr::Rdi, Gpr::R14);
        self.restore(saved);
        self.asm.leave();
        self.asm.jmp_r(gpr(entry));
    }

    fn finish(
        &mut self,
        prologue: CodeOffset,
        frame: u32,
    ) -> Result<CompiledFunction, CompileError> {
        self.finish_function(prologue, frame)
    }

    fn reserve_arguments(&mut self, bytes: u32) {
        self.asm.sub_ri(Size::S64, Gpr::Rsp, bytes as i32);
    }

    fn store_argument(&mut self, kind: Kind, offset: u32, src: Reg) {
        self.store_mem(kind, Mem::base(Gpr::Rsp, offset as i32), src);
    }

    fn load_parameter(&mut self, kind: Kind, dst: Reg, offset: u32) {
        // Above the saved frame pointer and the return address.
        self.load_mem(kind, dst, Mem::base(Gpr::Rbp, offset as i32 + 16));
    }

    fn call(&mut self, target: Target) {
        match target {
            Target::Itself => self.asm.call_reloc(bolide_abi::RelocTarget::SelfStart),
            Target::Indirect(address) => self.asm.call_m(mem(address)),
        }
    }

    #[inline]
    fn mov(&mut self, kind: Kind, dst: Reg, src: Reg) {
        match kind {
            Kind::I32 => self.asm.mov_rr(Size::S32, gpr(dst), gpr(src)),
            Kind::I64 | Kind::Ref => self.asm.mov_rr(Size::S64, gpr(dst), gpr(src)),
            _ => self.mov_float(xmm(dst), xmm(src)),
        }
    }

    #[inline]
    fn constant(&mut self, dst: Reg, value: u64) {
        self.asm.mov_ri(gpr(dst), value);
    }

    fn float_constant(&mut self, width: Width, dst: Reg, bits: u64) {
        self.load_float_constant(width, xmm(dst), bits);
    }

    fn vector_constant(&mut self, dst: Reg, bytes: [u8; 16]) {
        if bytes == [0; 16] {
            return self.zero_float(xmm(dst));
        }
        let label = self.asm.buf.constant16(bytes);
        self.load_mem(Kind::V128, dst, Mem::label(label));
    }

    #[inline]
    fn load_frame(&mut self, kind: Kind, dst: Reg, below: u32) {
        self.load_mem(kind, dst, frame(below));
    }

    #[inline]
    fn store_frame(&mut self, kind: Kind, below: u32, src: Reg) {
        self.store_mem(kind, frame(below), src);
    }

    fn store_frame_constant(&mut self, kind: Kind, below: u32, value: u64) {
        match kind {
            Kind::I32 | Kind::F32 => self.asm.mov_mi(Size::S32, frame(below), value as i32),
            _ => match i32::try_from(value as i64) {
                Ok(value) => self.asm.mov_mi(Size::S64, frame(below), value),
                Err(_) => {
                    self.asm.mov_ri(SCRATCH, value);
                    self.asm.mov_mr(Size::S64, frame(below), SCRATCH);
                }
            },
        }
    }

    fn zero_frame(&mut self, low: u32, high: u32) {
        self.zero_range(low, high);
    }

    #[inline]
    fn load(&mut self, kind: Kind, dst: Reg, src: Address, fault: Fault) {
        self.fault(fault);
        self.load_mem(kind, dst, mem(src));
    }

    #[inline]
    fn load_extend(&mut self, extend: Extend, width: Width, dst: Reg, src: Address, fault: Fault) {
        self.fault(fault);
        let (dst, src) = (gpr(dst), mem(src));
        match extend {
            Extend::U8 => self.asm.movzx_rm(Size::S8, dst, src),
            Extend::U16 => self.asm.movzx_rm(Size::S16, dst, src),
            Extend::U32 => self.asm.mov_rm(Size::S32, dst, src),
            Extend::S8 => self.asm.movsx_rm(Size::S8, size(width), dst, src),
            Extend::S16 => self.asm.movsx_rm(Size::S16, size(width), dst, src),
            Extend::S32 => self.asm.movsx_rm(Size::S32, size(width), dst, src),
        }
    }

    #[inline]
    fn store(&mut self, kind: Kind, dst: Address, src: Reg, fault: Fault) {
        self.fault(fault);
        self.store_mem(kind, mem(dst), src);
    }

    #[inline]
    fn store_int(&mut self, bytes: u32, dst: Address, src: Reg, fault: Fault) {
        self.fault(fault);
        self.asm.mov_mr(size_of_bytes(bytes), mem(dst), gpr(src));
    }

    fn store_constant(&mut self, bytes: u32, dst: Address, value: i32, fault: Fault) {
        self.fault(fault);
        self.asm.mov_mi(size_of_bytes(bytes), mem(dst), value);
    }

    fn address_of(&mut self, dst: Reg, src: Address) {
        self.asm.lea(Size::S64, gpr(dst), mem(src));
    }

    #[inline]
    fn int_binary(&mut self, op: IntBinary, width: Width, dst: Reg, a: Reg, b: Rhs) {
        self.binary(op, size(width), gpr(dst), gpr(a), b);
    }

    fn multiply(&mut self, width: Width, dst: Reg, a: Reg, b: Rhs) {
        self.mul(size(width), gpr(dst), gpr(a), b);
    }

    fn shift(&mut self, op: Shift, width: Width, dst: Reg, a: Reg, b: Rhs) {
        self.shift_or_rotate(op, width, gpr(dst), gpr(a), b);
    }

    fn divide(&mut self, signed: bool, width: Width, divisor: Reg) {
        let size = size(width);
        match (signed, width) {
            (false, _) => {
                self.asm.xor_rr(Size::S32, Gpr::Rdx, Gpr::Rdx);
                self.asm.div_r(size, gpr(divisor));
            }
            (true, Width::W32) => {
                self.asm.cdq();
                self.asm.idiv_r(size, gpr(divisor));
            }
            (true, Width::W64) => {
                self.asm.cqo();
                self.asm.idiv_r(size, gpr(divisor));
            }
        }
    }

    fn divide_by_power(&mut self, width: Width, dst: Reg, a: Reg, shift: u8) {
        self.power_quotient(width, gpr(dst), gpr(a), shift);
    }

    fn multiply_high32(&mut self, dst: Reg, a: Reg, factor: u32, shift: u8) {
        let (dst, a) = (gpr(dst), gpr(a));
        // The factor as an unsigned number; the product of two 32-bit numbers fits.
        self.asm.mov_ri(SCRATCH, factor.into());
        self.asm.mov_rr(Size::S32, dst, a);
        self.asm.imul_rr(Size::S64, dst, SCRATCH);
        self.asm.shr_ri(Size::S64, dst, 32 + shift);
    }

    fn leading_zeros(&mut self, width: Width, dst: Reg, src: Reg) {
        self.asm.lzcnt_rr(size(width), gpr(dst), gpr(src));
    }

    fn trailing_zeros(&mut self, width: Width, dst: Reg, src: Reg) {
        self.asm.tzcnt_rr(size(width), gpr(dst), gpr(src));
    }

    fn count_ones(&mut self, width: Width, dst: Reg, src: Reg) {
        self.asm.popcnt_rr(size(width), gpr(dst), gpr(src));
    }

    fn extend(&mut self, extend: Extend, width: Width, dst: Reg, src: Reg) {
        let (dst, src) = (gpr(dst), gpr(src));
        match extend {
            Extend::U8 => self.asm.movzx_rr(Size::S8, dst, src),
            Extend::U16 => self.asm.movzx_rr(Size::S16, dst, src),
            Extend::U32 => self.asm.mov_rr(Size::S32, dst, src),
            Extend::S8 => self.asm.movsx_rr(Size::S8, size(width), dst, src),
            Extend::S16 => self.asm.movsx_rr(Size::S16, size(width), dst, src),
            Extend::S32 => self.asm.movsx_rr(Size::S32, size(width), dst, src),
        }
    }

    fn compare(&mut self, width: Width, a: Reg, b: Rhs) {
        let (size, a) = (size(width), gpr(a));
        match b {
            Rhs::Imm(0) => self.asm.test_rr(size, a, a),
            Rhs::Imm(value) => match self.immediate(value) {
                Ok(value) => self.asm.cmp_ri(size, a, value),
                Err(scratch) => self.asm.cmp_rr(size, a, scratch),
            },
            Rhs::Reg(b) => self.asm.cmp_rr(size, a, gpr(b)),
            Rhs::Frame(below) => self.asm.cmp_rm(size, a, frame(below)),
        }
    }

    fn compare_frame(&mut self, width: Width, below: u32, b: i32) {
        self.asm.cmp_mi(size(width), frame(below), b);
    }

    fn test(&mut self, width: Width, a: Reg, b: Rhs) {
        let (size, a) = (size(width), gpr(a));
        match b {
            Rhs::Imm(value @ 0..=0x7f) => self.asm.test_ri(Size::S8, a, value as i32),
            Rhs::Imm(value) => match self.immediate(value) {
                Ok(value) => self.asm.test_ri(size, a, value),
                Err(scratch) => self.asm.test_rr(size, a, scratch),
            },
            Rhs::Reg(b) => self.asm.test_rr(size, a, gpr(b)),
            Rhs::Frame(below) => self.asm.test_mr(size, frame(below), a),
        }
    }

    fn float_compare(&mut self, cond: Cond, width: Width, a: Reg, b: Reg) {
        self.compare_floats(cond, width, xmm(a), xmm(b));
    }

    fn compare_memory(&mut self, a: Reg, b: Address) {
        self.asm.cmp_rm(Size::S64, gpr(a), mem(b));
    }

    fn set(&mut self, cond: Cond, dst: Reg) {
        self.set_condition(cond, gpr(dst));
    }

    fn branch(&mut self, cond: Cond, target: Label) {
        self.branch_if(cond, target);
    }

    #[inline]
    fn jump(&mut self, target: Label) {
        self.asm.jmp(target);
    }

    fn trap_if(&mut self, cond: Cond, code: TrapCode) {
        let trap = self.asm.buf.cold_trap(code);
        self.branch_if(cond, trap);
    }

    fn trap(&mut self, code: TrapCode) {
        self.asm.trap(code);
    }

    fn select(&mut self, cond: Cond, kind: Kind, dst: Reg, other: Reg) {
        match kind {
            Kind::I32 => self.select_int(cond, Size::S32, gpr(dst), gpr(other)),
            Kind::I64 | Kind::Ref => self.select_int(cond, Size::S64, gpr(dst), gpr(other)),
            _ => {
                let done = self.asm.buf.label();
                self.branch_if(cond, done);
                self.mov_float(xmm(dst), xmm(other));
                self.asm.buf.bind(done);
            }
        }
    }

    fn jump_table(&mut self, index: Reg, temporary: Reg, targets: &[Label]) {
        let (index, temporary) = (gpr(index), gpr(temporary));
        let table = self.asm.buf.jump_table(targets);
        self.asm.lea(Size::S64, temporary, Mem::label(table));
        let entry = Mem::base_index(temporary, index, Scale::X4, 0);
        self.asm.movsx_rm(Size::S32, Size::S64, index, entry);
        self.asm.add_rr(Size::S64, temporary, index);
        self.asm.jmp_r(temporary);
    }

    fn float_binary(&mut self, op: FloatBinary, width: Width, dst: Reg, a: Reg, b: Reg) {
        self.binary_float(op, width, xmm(dst), xmm(a), xmm(b));
    }

    fn float_unary(&mut self, op: FloatUnary, width: Width, dst: Reg, src: Reg) {
        self.unary_float(op, width, xmm(dst), xmm(src));
    }

    fn canonicalize(&mut self, width: Width, reg: Reg) {
        self.canonicalize_nan(width, xmm(reg));
    }

    fn convert_float(&mut self, to: Width, dst: Reg, src: Reg) {
        self.change_width(to, xmm(dst), xmm(src));
    }

    fn int_to_float(&mut self, signed: bool, from: Width, to: Width, dst: Reg, src: Reg) {
        self.convert_int(signed, from, to, xmm(dst), gpr(src));
    }

    fn float_to_int(&mut self, signed: bool, from: Width, to: Width, dst: Reg, src: Reg) {
        self.truncate_to_int(signed, from, to, gpr(dst), xmm(src));
    }

    fn float_to_int_saturating(
        &mut self,
        signed: bool,
        from: Width,
        to: Width,
        dst: Reg,
        src: Reg,
    ) {
        self.saturate_to_int(signed, from, to, gpr(dst), xmm(src));
    }

    fn float_bits(&mut self, width: Width, dst: Reg, src: Reg) {
        if self.avx {
            self.asm.vmovd_rx(size(width), gpr(dst), xmm(src));
        } else {
            self.asm.movd_rx(size(width), gpr(dst), xmm(src));
        }
    }

    fn float_from_bits(&mut self, width: Width, dst: Reg, src: Reg) {
        if self.avx {
            self.asm.vmovd_xr(size(width), xmm(dst), gpr(src));
        } else {
            self.asm.movd_xr(size(width), xmm(dst), gpr(src));
        }
    }

    fn vector_unary(&mut self, op: VectorUnary, dst: Reg, src: Reg) {
        self.unary_vector(op, xmm(dst), xmm(src));
    }

    fn vector_binary(&mut self, op: VectorBinary, dst: Reg, a: Reg, b: Reg) {
        self.binary_vector(op, xmm(dst), xmm(a), xmm(b));
    }

    fn vector_ternary(&mut self, op: VectorTernary, dst: Reg, a: Reg, b: Reg, c: Reg) {
        self.ternary_vector(op, xmm(dst), xmm(a), xmm(b), xmm(c));
    }

    fn vector_shift(&mut self, op: Shift, lane: Lane, dst: Reg, a: Reg, count: Rhs) {
        self.shift_vector(op, lane, xmm(dst), xmm(a), count);
    }

    fn vector_canonicalize(&mut self, width: Width, reg: Reg) {
        self.canonicalize_vector(width, xmm(reg));
    }

    fn vector_test(&mut self, op: VectorTest, src: Reg) -> Cond {
        self.test_vector(op, xmm(src))
    }

    fn vector_bitmask(&mut self, lane: Lane, dst: Reg, src: Reg) {
        self.bitmask(lane, gpr(dst), xmm(src));
    }

    fn vector_shuffle(&mut self, lanes: [u8; 16], dst: Reg, a: Reg, b: Reg) {
        self.shuffle(lanes, xmm(dst), xmm(a), xmm(b));
    }

    fn splat_int(&mut self, lane: Lane, dst: Reg, src: Reg) {
        self.splat_gpr(lane, xmm(dst), gpr(src));
    }

    fn splat_float(&mut self, width: Width, dst: Reg, src: Reg) {
        self.splat_low(width, xmm(dst), xmm(src));
    }

    fn extract_int(&mut self, lane: Lane, index: u8, dst: Reg, src: Reg) {
        self.extract_gpr(lane, index, gpr(dst), xmm(src));
    }

    fn extract_float(&mut self, width: Width, index: u8, dst: Reg, src: Reg) {
        self.extract_low(width, index, xmm(dst), xmm(src));
    }

    fn replace_int(&mut self, lane: Lane, index: u8, dst: Reg, a: Reg, src: Reg) {
        self.insert_gpr(lane, index, xmm(dst), xmm(a), gpr(src));
    }

    fn replace_float(&mut self, width: Width, index: u8, dst: Reg, a: Reg, src: Reg) {
        self.insert_low(width, index, xmm(dst), xmm(a), xmm(src));
    }

    fn load_vector(&mut self, op: VectorLoad, dst: Reg, src: Address, fault: Fault) {
        self.fault(fault);
        self.load_to_vector(op, xmm(dst), mem(src));
    }

    fn load_lane(&mut self, lane: Lane, index: u8, dst: Reg, a: Reg, src: Address, fault: Fault) {
        self.insert_mem(lane, index, xmm(dst), xmm(a), mem(src), fault);
    }

    fn store_lane(&mut self, lane: Lane, index: u8, dst: Address, src: Reg, fault: Fault) {
        self.fault(fault);
        self.extract_mem(lane, index, mem(dst), xmm(src));
    }

    fn updates_in_loop(op: AtomicUpdate) -> bool {
        atomics::in_loop(op)
    }

    fn atomic_load(&mut self, bytes: u32, dst: Reg, src: Address, fault: Fault) {
        self.fault(fault);
        self.load_narrow(bytes, gpr(dst), mem(src));
    }

    fn atomic_store(&mut self, bytes: u32, dst: Address, src: Reg, fault: Fault) {
        self.fault(fault);
        self.asm.xchg_mr(size_of_bytes(bytes), mem(dst), gpr(src));
    }

    fn atomic_update(
        &mut self,
        op: AtomicUpdate,
        bytes: u32,
        dst: Address,
        value: Reg,
        fault: Fault,
    ) {
        self.update(op, bytes, mem(dst), gpr(value), fault);
    }

    fn atomic_update_loop(
        &mut self,
        op: AtomicUpdate,
        bytes: u32,
        dst: Address,
        (value, temporary): (Reg, Reg),
        fault: Fault,
    ) {
        self.update_loop(op, bytes, mem(dst), gpr(value), gpr(temporary), fault);
    }

    fn compare_exchange(&mut self, bytes: u32, dst: Address, replacement: Reg, fault: Fault) {
        self.fault(fault);
        let size = size_of_bytes(bytes);
        self.asm.lock_cmpxchg_mr(size, mem(dst), gpr(replacement));
        self.zero_extend(bytes, Gpr::Rax);
    }

    fn fence(&mut self) {
        self.asm.mfence();
    }

    fn count_down(&mut self, address: u64, amount: i32, negative: Label) {
        self.asm.mov_ri(SCRATCH, address);
        self.asm.sub_mi(Size::S32, Mem::base(SCRATCH, 0), amount);
        self.asm.jcc(x64::Cond::S, negative);
    }

    fn add_to_memory(&mut self, dst: Address, value: i32) {
        self.asm.add_mi(Size::S64, mem(dst), value);
    }

    fn compare_memory_constant(&mut self, width: Width, a: Address, b: i32) {
        self.asm.cmp_mi(size(width), mem(a), b);
    }
}

fn size_of_bytes(bytes: u32) -> Size {
    match bytes {
        1 => Size::S8,
        2 => Size::S16,
        4 => Size::S32,
        _ => Size::S64,
    }
}

/// The processor's condition, for all conditions that are one of its own.
fn condition(cond: Cond) -> x64::Cond {
    use x64::Cond as C;
    match cond {
        Cond::Eq | Cond::FloatEq => C::E,
        Cond::Ne | Cond::FloatNe => C::Ne,
        Cond::LtS => C::L,
        Cond::LtU => C::B,
        Cond::GtS => C::G,
        Cond::GtU => C::A,
        Cond::LeS => C::Le,
        Cond::LeU => C::Be,
        Cond::GeS => C::Ge,
        Cond::GeU => C::Ae,
        Cond::Overflow => C::O,
        Cond::NoOverflow => C::No,
        // `compare_floats` swaps the operands of "less".
        Cond::FloatLt | Cond::FloatGt => C::A,
        Cond::FloatLe | Cond::FloatGe => C::Ae,
        Cond::FloatNotLt | Cond::FloatNotGt => C::Be,
        Cond::FloatNotLe | Cond::FloatNotGe => C::B,
    }
}
