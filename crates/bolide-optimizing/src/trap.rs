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

/// Our code for a trap of Cranelift's.
pub(crate) fn from_cranelift(code: ir::TrapCode) -> Option<TrapCode> {
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
        for code in ir::TrapCode::non_user_traps() {
            assert!(from_cranelift(*code).is_some(), "{code}");
        }
    }
}
