//! Trap codes of the contract to Cranelift's and back. This is the only place that knows both.

use bolide_abi::TrapCode;
use cranelift_codegen::ir;

/// Cranelift's code for a trap of ours.
pub(crate) const fn to_cranelift(code: TrapCode) -> ir::TrapCode {
    match code {
        TrapCode::StackOverflow => ir::TrapCode::STACK_OVERFLOW,
        TrapCode::IntegerOverflow => ir::TrapCode::INTEGER_OVERFLOW,
        TrapCode::IntegerDivisionByZero => ir::TrapCode::INTEGER_DIVISION_BY_ZERO,
        TrapCode::BadConversionToInteger => ir::TrapCode::BAD_CONVERSION_TO_INTEGER,
        TrapCode::MemoryOutOfBounds => ir::TrapCode::HEAP_OUT_OF_BOUNDS,
        _ => ir::TrapCode::unwrap_user(code as u8),
    }
}

/// The first of Cranelift's codes that stand for [`TrapCode::MemoryOutOfBounds`] of stores, too.
const FIRST_OF_STORES: u8 = 100;
/// How many there are.
const CODES_OF_STORES: u32 = 100;

/// Cranelift's code for a store to linear memory that is out of bounds, which differs from those of the stores before
/// and after it.
pub(crate) const fn of_store(serial: u32) -> ir::TrapCode {
    ir::TrapCode::unwrap_user(FIRST_OF_STORES + (serial % CODES_OF_STORES) as u8)
}

/// Our code for a trap of Cranelift's.
pub(crate) fn from_cranelift(code: ir::TrapCode) -> Option<TrapCode> {
    let last = FIRST_OF_STORES + (CODES_OF_STORES - 1) as u8;
    if (FIRST_OF_STORES..=last).contains(&code.as_raw().get()) {
        return Some(TrapCode::MemoryOutOfBounds);
    }
    TrapCode::ALL
        .iter()
        .copied()
        .find(|ours| to_cranelift(*ours) == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_survives_the_round_trip() {
        for code in TrapCode::ALL {
            assert_eq!(from_cranelift(to_cranelift(*code)), Some(*code));
        }
        for serial in 0..2 * CODES_OF_STORES {
            let code = from_cranelift(of_store(serial));
            assert_eq!(code, Some(TrapCode::MemoryOutOfBounds));
        }
        for code in ir::TrapCode::non_user_traps() {
            assert!(from_cranelift(*code).is_some(), "{code}");
        }
    }
}
