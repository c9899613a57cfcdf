//! Frames and calls.
//!
//! ```text
//! rbp + 16   stack arguments
//! rbp + 8    return address
//! rbp        caller's rbp
//! rbp - 8    caller's r14
//! rbp - 16   caller's r15, if it is used
//! rbp - 24   caller's rbx, r12, r13, if they are used
//! rbp - 48   locals, then the operand stack
//! ```

use bolide_abi::{
    CompileError, CompiledFunction, RelocTarget, STORE_STACK_LIMIT, TrapCode, VMCTX_STORE,
};

use super::{FLOAT_SCRATCH, SCRATCH, X64, frame, mem};
use crate::asm::CodeOffset;
use crate::asm::x64::vec_ops::{MOVQ, MOVUPS};
use crate::asm::x64::{Cond as C, Gpr, Mem, Size};
use crate::masm::{Saved, Target};

/// Bytes at the top of the frame for the registers of the caller.
pub(super) const HEADER: u32 = 40;

const SAVED_VMCTX: (Gpr, u32) = (Gpr::R14, 8);
const SAVED_BASE: (Gpr, u32) = (Gpr::R15, 16);
const SAVED_PRESERVED: [(Gpr, u32); 3] = [(Gpr::Rbx, 24), (Gpr::R12, 32), (Gpr::R13, 40)];

/// A displacement that needs four bytes, to be replaced by the size of the frame.
const UNKNOWN_FRAME: i32 = i32::MIN / 2;

/// More words than this are zeroed in a loop.
const UNROLLED_WORDS: u32 = 24;

fn saved_registers(saved: &Saved) -> impl Iterator<Item = (Gpr, u32)> {
    let base = saved.memory_base.then_some(SAVED_BASE);
    let preserved = saved.preserved.then_some(SAVED_PRESERVED);
    [SAVED_VMCTX]
        .into_iter()
        .chain(base)
        .chain(preserved.into_iter().flatten())
}

impl X64 {
    /// Neither argument registers nor the stack above are touched.
    pub(super) fn enter(&mut self, saved: &Saved) -> CodeOffset {
        self.missing = None;
        let asm = &mut self.asm;
        asm.push_r(Gpr::Rbp);
        asm.mov_rr(Size::S64, Gpr::Rbp, Gpr::Rsp);
        let store = Mem::base(Gpr::Rdi, VMCTX_STORE as i32);
        asm.mov_rm(Size::S64, SCRATCH, store);
        asm.lea(Size::S64, Gpr::R10, Mem::base(Gpr::Rsp, UNKNOWN_FRAME));
        let prologue = asm.buf.offset();
        let limit = Mem::base(SCRATCH, STORE_STACK_LIMIT as i32);
        asm.cmp_rm(Size::S64, Gpr::R10, limit);
        asm.trap_if(C::B, TrapCode::StackOverflow);
        asm.mov_rr(Size::S64, Gpr::Rsp, Gpr::R10);
        for (reg, below) in saved_registers(saved) {
            asm.mov_mr(Size::S64, frame(below), reg);
        }
        asm.mov_rr(Size::S64, Gpr::R14, Gpr::Rdi);
        prologue
    }

    pub(super) fn restore(&mut self, saved: &Saved) {
        for (reg, below) in saved_registers(saved) {
            self.asm.mov_rm(Size::S64, reg, frame(below));
        }
    }

    pub(super) fn leave(&mut self, saved: &Saved) {
        self.restore(saved);
        self.asm.leave();
        match u16::try_from(saved.argument_bytes) {
            Ok(0) => self.asm.ret(),
            Ok(bytes) => self.asm.ret_i(bytes),
            Err(_) => {
                // Moves the return address to the end of the arguments.
                let end = saved.argument_bytes as i32 - 8;
                self.asm.pop_m(Mem::base(Gpr::Rsp, end));
                self.asm.lea(Size::S64, Gpr::Rsp, Mem::base(Gpr::Rsp, end));
                self.asm.ret();
            }
        }
    }

    pub(super) fn leave_for(&mut self, saved: &Saved, target: Target, bytes: u32) {
        if let Target::Indirect(address) = target {
            self.asm.mov_rm(Size::S64, Gpr::Rax, mem(address));
        }
        self.restore(saved);
        if bytes == 0 && saved.argument_bytes == 0 {
            self.asm.leave();
        } else {
            self.replace_arguments(saved.argument_bytes, bytes);
        }
        match target {
            Target::Itself => self.asm.jmp_reloc(RelocTarget::SelfStart),
            Target::Indirect(_) => self.asm.jmp_r(Gpr::Rax),
        }
    }

    /// Moves the arguments at the stack pointer to where the caller expects them to be popped, with
    /// the return address below them.
    fn replace_arguments(&mut self, old: u32, new: u32) {
        let asm = &mut self.asm;
        let shift = old as i32 - new as i32;
        asm.mov_rm(Size::S64, Gpr::R10, Mem::base(Gpr::Rbp, 8));
        asm.mov_rm(Size::S64, SCRATCH, Mem::base(Gpr::Rbp, 0));
        // From the highest address down, because the areas may overlap.
        for offset in (0..new as i32).step_by(16).rev() {
            let (src, dst) = (
                Mem::base(Gpr::Rsp, offset),
                Mem::base(Gpr::Rbp, 16 + shift + offset),
            );
            asm.load(MOVUPS, FLOAT_SCRATCH, src);
            asm.store(MOVUPS, dst, FLOAT_SCRATCH);
        }
        asm.lea(Size::S64, Gpr::Rsp, Mem::base(Gpr::Rbp, 8 + shift));
        asm.mov_mr(Size::S64, Mem::base(Gpr::Rsp, 0), Gpr::R10);
        asm.mov_rr(Size::S64, Gpr::Rbp, SCRATCH);
    }

    pub(super) fn zero_range(&mut self, low: u32, high: u32) {
        let words = (high - low) / 8;
        if words == 0 {
            return;
        }
        if words == 1 {
            return self.asm.mov_mi(Size::S64, frame(high), 0);
        }
        self.zero_float(FLOAT_SCRATCH);
        let mut next = high;
        if words > UNROLLED_WORDS {
            next -= words / 2 * 16;
            self.zero_loop(next, high);
        }
        while next >= low + 16 {
            self.store_zero(MOVUPS, frame(next));
            next -= 16;
        }
        if next > low {
            self.store_zero(MOVQ, frame(next));
        }
    }

    fn store_zero(&mut self, op: crate::asm::x64::vec_ops::VecMove, dst: Mem) {
        if self.avx {
            self.asm.vstore(op, dst, FLOAT_SCRATCH);
        } else {
            self.asm.store(op, dst, FLOAT_SCRATCH);
        }
    }

    /// Zeroes a multiple of 16 bytes. Overwrites `r10`.
    fn zero_loop(&mut self, low: u32, high: u32) {
        self.asm.lea(Size::S64, SCRATCH, frame(high));
        self.asm.lea(Size::S64, Gpr::R10, frame(low));
        let top = self.asm.buf.label_here();
        self.store_zero(MOVUPS, Mem::base(SCRATCH, 0));
        self.asm.add_ri(Size::S64, SCRATCH, 16);
        self.asm.cmp_rr(Size::S64, SCRATCH, Gpr::R10);
        self.asm.jcc(C::Ne, top);
    }

    pub(super) fn finish_function(
        &mut self,
        prologue: CodeOffset,
        frame: u32,
    ) -> Result<CompiledFunction, CompileError> {
        if let Some((feature, offset)) = self.missing {
            let what = format!("an instruction that needs {feature:?} of the processor");
            return Err(CompileError::Unsupported { what, offset });
        }
        let mut assembled = self.asm.buf.finish()?;
        // The displacement ends where the instruction does.
        let end = assembled.resolve(prologue) as usize;
        let displacement = -(frame as i32);
        assembled.function.code[end - 4..end].copy_from_slice(&displacement.to_le_bytes());
        Ok(assembled.function)
    }
}
