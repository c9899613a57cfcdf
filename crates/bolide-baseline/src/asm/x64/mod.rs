//! x86-64 instructions.
//!
//! One method of [`Assembler`] is one form of an instruction. Names end in the operands, destination
//! first: `r` register, `m` memory, `i` immediate, `c` the count in `cl`. What has many operations
//! of one form takes the operation as a value, [`Alu`] for instance, of which there are also named
//! shorthands such as [`Assembler::add_rr`]. Operations on vectors and floats are the constants of
//! [`vec_ops`]; the methods that take them come in pairs, `bin_rr` for the legacy and `vbin_rrr` for
//! the VEX form for instance.
//!
//! ```
//! use bolide_baseline::asm::x64::{Assembler, Cond, Gpr::*, Mem, Size::*, Xmm::*, vec_ops::*};
//!
//! let mut asm = Assembler::new();
//! let top = asm.buf.label_here();
//! asm.load(MOVSD, Xmm0, Mem::base(Rdi, 8));
//! let one = asm.buf.constant8(1f64.to_le_bytes());
//! asm.bin_rm(ADDSD, Xmm0, Mem::label(one));
//! asm.store(MOVSD, Mem::base(Rdi, 8), Xmm0);
//! asm.sub_ri(S32, Rsi, 1);
//! asm.jcc(Cond::Ne, top);
//! asm.ret();
//! let code = asm.buf.finish().unwrap().function.code;
//! ```

mod bmi;
mod control;
mod encode;
mod features;
mod gpr;
mod operand;
mod regs;
mod vec;
pub mod vec_ops;

use crate::asm::CodeBuffer;

pub use bmi::{BmiBin, BmiLowest, BmiShift};
pub use features::{Feature, Features};
pub use gpr::{Alu, Bits, Shift, Unary};
pub use operand::{Cond, Mem, Scale, Size};
pub use regs::{Gpr, Xmm};

/// `ud2`, which traps.
const UD2: &[u8] = &[0x0f, 0x0b];

/// Writes x86-64 instructions to a [`CodeBuffer`].
#[derive(Debug)]
pub struct Assembler {
    /// Where they go. Labels, constants and side tables are made here.
    pub buf: CodeBuffer,
}

impl Default for Assembler {
    fn default() -> Self {
        Self::new()
    }
}

impl Assembler {
    /// An assembler with an empty buffer.
    pub fn new() -> Assembler {
        Assembler {
            buf: CodeBuffer::new(UD2),
        }
    }
}
