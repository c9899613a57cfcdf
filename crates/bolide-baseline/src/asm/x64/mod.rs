//! x86-64 instructions.
//!
//! One method of [`Assembler`] is one form of an instruction. Names end in the operands, destination
//! first: `r` register, `m` memory, `i` immediate, `c` the count in `cl`. What has many operations
//! of one form takes the operation as a value, [`Alu`] for instance, of which there are also named
//! shorthands such as [`Assembler::add_rr`].

mod control;
mod encode;
mod gpr;
mod operand;
mod regs;

use crate::asm::CodeBuffer;

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
