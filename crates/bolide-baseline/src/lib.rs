//! The baseline compiler: one function body of a validated module to machine code in one pass,
//! without an intermediate representation.
//!
//! [`asm`] knows the machine and nothing of WebAssembly.
#![forbid(unsafe_code)]

pub mod asm;
