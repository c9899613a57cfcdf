//! The assembler: bytes, labels and side tables of one function. Nothing of WebAssembly.
//!
//! [`CodeBuffer`] is the same for every processor; [`x64`] encodes x86-64 instructions into one.

mod buffer;
mod finish;
mod pool;
pub mod x64;

pub use buffer::{CodeBuffer, CodeOffset, Label, Part};
pub use finish::Assembled;
