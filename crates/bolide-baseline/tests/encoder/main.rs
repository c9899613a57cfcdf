//! Everything the assembler encodes, decoded by an independent disassembler and compared.

mod buffer;
mod control;
mod gpr;
mod support;
mod vec;
