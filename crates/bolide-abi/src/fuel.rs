//! What executing an instruction costs in fuel, and when the cost is charged.
//!
//! Every tier follows the same rule, so that a program consumes the same fuel wherever it is
//! compiled and however often it tiers up:
//!
//! 1. A function starts with a pending cost of [`FUNCTION_ENTRY_COST`].
//! 2. Each instruction, in order, adds [`operator_cost`] to the pending cost. Instructions in code
//!    that validation considers unreachable never execute and count nothing.
//! 3. An instruction that is a [boundary](is_fuel_boundary) then moves the pending cost to the
//!    counter at [`STORE_FUEL`](crate::STORE_FUEL), before it has any effect. The boundaries depend
//!    on the instruction sequence alone, never on what a compiler knows about it.
//! 4. The counter is compared with zero at function entry and at each loop header (at the first
//!    iteration, too); if it is not negative,
//!    [`Builtin::out_of_fuel`](crate::Builtin::out_of_fuel) is called.
//!
//! An instruction that traps in the middle of a straight line thus leaves the cost of that line
//! uncharged, in every tier alike.

use wasmparser::Operator;

/// Fuel that every call costs the callee, so that empty functions are not free.
pub const FUNCTION_ENTRY_COST: i64 = 1;

/// Fuel that one execution of `op` costs: 0 for what only structures the code, 1 for the rest.
pub fn operator_cost(op: &Operator<'_>) -> i64 {
    match op {
        Operator::Nop
        | Operator::Drop
        | Operator::Block { .. }
        | Operator::Loop { .. }
        | Operator::Else
        | Operator::End
        | Operator::Unreachable
        | Operator::Return => 0,
        _ => 1,
    }
}

/// Whether control may leave the straight line at `op`, or join another one there, so that the
/// pending cost must be charged first.
pub fn is_fuel_boundary(op: &Operator<'_>) -> bool {
    matches!(
        op,
        Operator::Unreachable
            | Operator::Loop { .. }
            | Operator::If { .. }
            | Operator::Else
            | Operator::End
            | Operator::Br { .. }
            | Operator::BrIf { .. }
            | Operator::BrTable { .. }
            | Operator::BrOnNull { .. }
            | Operator::BrOnNonNull { .. }
            | Operator::BrOnCast { .. }
            | Operator::BrOnCastFail { .. }
            | Operator::Return
            | Operator::Call { .. }
            | Operator::CallIndirect { .. }
            | Operator::CallRef { .. }
            | Operator::ReturnCall { .. }
            | Operator::ReturnCallIndirect { .. }
            | Operator::ReturnCallRef { .. }
            | Operator::TryTable { .. }
            | Operator::Throw { .. }
            | Operator::ThrowRef
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn structure_is_free_and_work_is_not() {
        let block = Operator::Block {
            blockty: wasmparser::BlockType::Empty,
        };
        assert_eq!(operator_cost(&block), 0);
        assert!(!is_fuel_boundary(&block));
        assert_eq!(operator_cost(&Operator::I32Add), 1);
        assert!(!is_fuel_boundary(&Operator::I32Add));
        let br_if = Operator::BrIf { relative_depth: 0 };
        assert_eq!(operator_cost(&br_if), 1);
        assert!(is_fuel_boundary(&br_if));
    }
}
