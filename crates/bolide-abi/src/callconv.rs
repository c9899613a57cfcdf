//! Where arguments and results of a wasm function live.
//!
//! This is Cranelift's `Tail` convention on x86-64. Integer and reference arguments: `rdi` (the
//! callee's vmctx), `rsi`, `rdx`, `rcx`, `r8`, `r9`; floats and vectors: `xmm0`–`xmm7`; the rest on
//! the stack from low to high addresses directly above the return address, each in a slot of 8
//! bytes (16, aligned to 16, for vectors), the whole rounded up to 16 bytes and popped by the
//! callee. Integer results: `rax`, `rcx`, `rdx`, `rsi`, `rdi`, `r8`, `r9`, `r10`; floats and vectors:
//! `xmm0`–`xmm7`. Results that do not fit go through the store's result buffer, 16 bytes each, in the
//! order of the results that overflow. `rbx`, `rbp`, `r12`–`r15` are preserved by the callee.

use bolide_module::ValType;

/// Integer argument registers, the vmctx included.
pub const MAX_INT_ARG_REGS: usize = 6;
/// Floating-point registers for arguments, and also for results.
pub const MAX_FLOAT_REGS: usize = 8;
/// Integer result registers.
pub const MAX_INT_RESULT_REGS: usize = 8;

/// Where an argument lives.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum ArgLoc {
    /// Integer argument register by position; 0 is the vmctx.
    Int(u8),
    /// Floating-point argument register by position.
    Float(u8),
    /// Byte offset in the stack argument area.
    Stack(u32),
}

/// Locations of all parameters of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArgLocs {
    /// One location for each wasm parameter.
    pub locs: Box<[ArgLoc]>,
    /// Bytes of the stack argument area, a multiple of 16.
    pub stack_bytes: u32,
}

/// Assigns the parameters of a function.
pub fn param_locs(params: &[ValType]) -> ArgLocs {
    let (mut ints, mut floats, mut stack) = (1u8, 0u8, 0u32);
    let locs = params
        .iter()
        .map(|ty| {
            if ty.is_float_or_vector() {
                if (floats as usize) < MAX_FLOAT_REGS {
                    floats += 1;
                    return ArgLoc::Float(floats - 1);
                }
            } else if (ints as usize) < MAX_INT_ARG_REGS {
                ints += 1;
                return ArgLoc::Int(ints - 1);
            }
            let size = if *ty == ValType::V128 { 16 } else { 8 };
            let offset = stack.next_multiple_of(size);
            stack = offset + size;
            ArgLoc::Stack(offset)
        })
        .collect();
    ArgLocs {
        locs,
        stack_bytes: stack.next_multiple_of(16),
    }
}

/// Where a result lives.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum ResultLoc {
    /// Integer result register by position.
    Int(u8),
    /// Floating-point result register by position.
    Float(u8),
    /// Index of a 16-byte slot in the store's result buffer.
    Buffer(u32),
}

/// Assigns the results of a function.
pub fn result_locs(results: &[ValType]) -> Box<[ResultLoc]> {
    let (mut ints, mut floats, mut buffer) = (0u8, 0u8, 0u32);
    results
        .iter()
        .map(|ty| {
            if ty.is_float_or_vector() {
                if (floats as usize) < MAX_FLOAT_REGS {
                    floats += 1;
                    return ResultLoc::Float(floats - 1);
                }
            } else if (ints as usize) < MAX_INT_RESULT_REGS {
                ints += 1;
                return ResultLoc::Int(ints - 1);
            }
            buffer += 1;
            ResultLoc::Buffer(buffer - 1)
        })
        .collect()
}

/// How many slots of the result buffer functions with these results use.
pub fn buffer_slots(results: &[ValType]) -> usize {
    result_locs(results)
        .iter()
        .filter(|loc| matches!(loc, ResultLoc::Buffer(_)))
        .count()
}
