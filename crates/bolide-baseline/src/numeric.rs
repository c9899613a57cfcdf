//! Scalar arithmetic and comparisons.

use bolide_abi::TrapCode;

use crate::compiler::Compiler;
use crate::masm::{
    Cond, Extend, FloatBinary, FloatUnary, IntBinary, Kind, MacroAssembler, Rhs, Shift, Width,
};
use crate::stack::{Entry, Loc, Operand};

/// A quotient or a remainder.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum Division {
    Quotient,
    Remainder,
}

/// Operations that count bits.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum Count {
    LeadingZeros,
    TrailingZeros,
    Ones,
}

impl<M: MacroAssembler> Compiler<'_, M> {
    fn two_constants(&self) -> Option<(u64, u64)> {
        match self.stack[..] {
            [
                ..,
                Entry {
                    loc: Loc::Const(a), ..
                },
                Entry {
                    loc: Loc::Const(b), ..
                },
            ] => Some((a, b)),
            _ => None,
        }
    }

    /// Pops two constants and pushes another.
    fn fold(&mut self, kind: Kind, value: u64) {
        self.pop();
        self.pop();
        self.push_const(kind, value);
    }

    pub(crate) fn int_binary(&mut self, op: IntBinary, width: Width) {
        if let Some((a, b)) = self.two_constants() {
            let value = match op {
                IntBinary::Add => a.wrapping_add(b),
                IntBinary::Sub => a.wrapping_sub(b),
                IntBinary::And => a & b,
                IntBinary::Or => a | b,
                IntBinary::Xor => a ^ b,
            };
            return self.fold(width.int(), width.truncate(value));
        }
        let (mut b, mut a) = (self.pop(), self.pop());
        if op.is_commutative() && (a.constant().is_some() || a.loc == Loc::Slot) {
            std::mem::swap(&mut a, &mut b);
        }
        let mut op = op;
        if let (IntBinary::Sub, Loc::Const(value)) = (op, &mut b.loc) {
            op = IntBinary::Add;
            *value = width.truncate(value.wrapping_neg());
        }
        let a = self.operand(a);
        let (b, b_operand) = self.rhs(b, width);
        let (a, b, b_operand) = if op.is_commutative() {
            overwritable_first(a, b, b_operand)
        } else {
            (a, b, b_operand)
        };
        if op == IntBinary::And && self.zero_test_is_used(width) {
            self.masm.test(width, a.reg, b);
            self.release(a);
            self.release_rhs(b_operand);
            return self.push(width.int(), Loc::Flags(Cond::Ne));
        }
        let other = b_operand.filter(|_| op.is_commutative());
        let dst = self.destination_or(width.int(), a, other);
        self.masm.int_binary(op, width, dst, a.reg, b);
        self.release_rhs(b_operand);
        self.push_reg(width.int(), dst);
    }

    pub(crate) fn multiply(&mut self, width: Width) {
        if let Some((a, b)) = self.two_constants() {
            return self.fold(width.int(), width.truncate(a.wrapping_mul(b)));
        }
        let (mut b, mut a) = (self.pop(), self.pop());
        if a.constant().is_some() {
            std::mem::swap(&mut a, &mut b);
        }
        let a = self.operand(a);
        let (b, b_operand) = self.rhs(b, width);
        let (a, b, b_operand) = overwritable_first(a, b, b_operand);
        let dst = self.destination_or(width.int(), a, b_operand);
        match b {
            Rhs::Imm(factor) if width.truncate(factor as u64).is_power_of_two() => {
                let count = width.truncate(factor as u64).trailing_zeros();
                let count = Rhs::Imm(count.into());
                self.masm.shift(Shift::Left, width, dst, a.reg, count);
            }
            _ => self.masm.multiply(width, dst, a.reg, b),
        }
        self.release_rhs(b_operand);
        self.push_reg(width.int(), dst);
    }

    pub(crate) fn shift(&mut self, op: Shift, width: Width) {
        let count = self.stack.last().and_then(Entry::constant);
        if let Some(count) = count {
            self.pop();
            let a = self.pop_operand();
            let dst = self.destination(width.int(), a);
            let count = Rhs::Imm(count as i64);
            self.masm.shift(op, width, dst, a.reg, count);
            return self.push_reg(width.int(), dst);
        }
        let fixed = self.masm.count_register(op);
        if let Some(reg) = fixed {
            self.claim(reg);
        }
        let count = self.pop();
        let (count, count_owned) = match fixed {
            Some(reg) => {
                self.load_entry(count, reg);
                self.discard(count);
                (reg, true)
            }
            None => {
                let operand = self.operand(count);
                (operand.reg, operand.owned)
            }
        };
        let a = self.pop_operand();
        let dst = self.destination(width.int(), a);
        self.masm.shift(op, width, dst, a.reg, Rhs::Reg(count));
        if count_owned {
            self.busy.remove(count);
        }
        self.push_reg(width.int(), dst);
    }

    pub(crate) fn count(&mut self, op: Count, width: Width) {
        if !self.masm.counts_bits() {
            return self.unsupported("bit counts on this processor".into());
        }
        let a = self.pop_operand();
        let dst = self.destination(width.int(), a);
        match op {
            Count::LeadingZeros => self.masm.leading_zeros(width, dst, a.reg),
            Count::TrailingZeros => self.masm.trailing_zeros(width, dst, a.reg),
            Count::Ones => self.masm.count_ones(width, dst, a.reg),
        }
        self.push_reg(width.int(), dst);
    }

    pub(crate) fn extend(&mut self, extend: Extend, to: Width) {
        let a = self.pop();
        if let Some(value) = a.constant() {
            let value = match extend {
                Extend::S8 => value as i8 as u64,
                Extend::S16 => value as i16 as u64,
                Extend::S32 => value as i32 as u64,
                Extend::U8 | Extend::U16 | Extend::U32 => value as u32 as u64,
            };
            return self.push_const(to.int(), to.truncate(value));
        }
        let a = self.operand(a);
        if extend == Extend::U32 && a.owned && to == Width::W64 {
            // `i32` in registers are zero-extended already.
            return self.push_reg(Kind::I64, a.reg);
        }
        let dst = self.destination(to.int(), a);
        self.masm.extend(extend, to, dst, a.reg);
        self.push_reg(to.int(), dst);
    }

    pub(crate) fn wrap(&mut self) {
        let a = self.pop();
        if let Some(value) = a.constant() {
            return self.push_const(Kind::I32, value as u32 as u64);
        }
        let a = self.operand(a);
        let dst = self.destination(Kind::I32, a);
        self.masm.extend(Extend::U32, Width::W32, dst, a.reg);
        self.push_reg(Kind::I32, dst);
    }

    // Division.

    pub(crate) fn divide(&mut self, what: Division, signed: bool, width: Width) {
        let constant = self.stack.last().and_then(Entry::constant);
        if let Some(divisor) = constant
            && self.divide_by_constant(what, signed, width, divisor)
        {
            return;
        }
        let (quotient, remainder) = M::DIVISION;
        self.claim(remainder);
        let dividend = self.stack[self.stack.len() - 2].loc;
        if dividend != Loc::Reg(quotient) {
            self.claim(quotient);
        }
        let (b, a) = (self.pop(), self.pop());
        let divisor = self.operand(b);
        if dividend != Loc::Reg(quotient) {
            self.load_entry(a, quotient);
            self.discard(a);
        }
        let done = self.masm.buf().label();
        match constant.map(|value| width.signed(value)) {
            // Neither zero nor minus one.
            Some(value) if value != 0 && !(signed && value == -1) => {}
            _ => {
                self.masm.compare(width, divisor.reg, Rhs::Imm(0));
                self.masm.trap_if(Cond::Eq, TrapCode::IntegerDivisionByZero);
                if signed {
                    self.check_minus_one(what, width, divisor.reg, done);
                }
            }
        }
        self.masm.divide(signed, width, divisor.reg);
        self.masm.buf().bind(done);
        self.release(divisor);
        let (result, other) = match what {
            Division::Quotient => (quotient, remainder),
            Division::Remainder => (remainder, quotient),
        };
        self.busy.remove(other);
        self.push_reg(width.int(), result);
    }

    /// The least integer divided by minus one overflows, and the remainder is zero.
    fn check_minus_one(
        &mut self,
        what: Division,
        width: Width,
        divisor: crate::masm::Reg,
        done: crate::asm::Label,
    ) {
        let (quotient, remainder) = M::DIVISION;
        let other = self.masm.buf().label();
        self.masm.compare(width, divisor, Rhs::Imm(-1));
        match what {
            Division::Quotient => {
                self.masm.branch(Cond::Ne, other);
                self.masm.compare(width, quotient, Rhs::Imm(1));
                self.masm.trap_if(Cond::Overflow, TrapCode::IntegerOverflow);
                self.masm.buf().bind(other);
            }
            Division::Remainder => {
                self.masm.constant(remainder, 0);
                self.masm.branch(Cond::Eq, done);
                self.masm.buf().bind(other);
            }
        }
    }

    /// Division by a constant without a division, if that is simple.
    fn divide_by_constant(
        &mut self,
        what: Division,
        signed: bool,
        width: Width,
        divisor: u64,
    ) -> bool {
        let kind = width.int();
        if divisor.is_power_of_two() && !signed {
            self.pop();
            let a = self.pop_operand();
            let dst = self.destination(kind, a);
            match what {
                Division::Quotient => {
                    let count = Rhs::Imm(divisor.trailing_zeros().into());
                    self.masm
                        .shift(Shift::RightUnsigned, width, dst, a.reg, count);
                }
                Division::Remainder => {
                    let mask = Rhs::Imm(width.signed(divisor - 1));
                    self.masm
                        .int_binary(IntBinary::And, width, dst, a.reg, mask);
                }
            }
            self.push_reg(kind, dst);
            return true;
        }
        let is_power = divisor.is_power_of_two() && divisor > 1 && width.signed(divisor) > 0;
        let magic = match (signed, width) {
            (true, _) if !is_power => return false,
            (false, Width::W64) => return false,
            (false, Width::W32) => match reciprocal(divisor as u32) {
                Some(magic) => magic,
                None => return false,
            },
            (true, _) => (0, 0),
        };
        self.pop();
        let a = self.pop_operand();
        let dst = self.allocate(kind);
        let shift = divisor.trailing_zeros() as u8;
        if signed {
            self.masm.divide_by_power(width, dst, a.reg, shift);
        } else {
            self.masm.multiply_high32(dst, a.reg, magic.0, magic.1);
        }
        if what == Division::Remainder {
            let factor = Rhs::Imm(width.signed(divisor));
            if signed {
                let count = Rhs::Imm(shift.into());
                self.masm.shift(Shift::Left, width, dst, dst, count);
            } else {
                self.masm.multiply(width, dst, dst, factor);
            }
            let product = Rhs::Reg(dst);
            self.masm
                .int_binary(IntBinary::Sub, width, dst, a.reg, product);
        }
        self.release(a);
        self.push_reg(kind, dst);
        true
    }

    // Comparisons.

    /// Pushes a condition that is in the flags.
    pub(crate) fn push_condition(&mut self, cond: Cond) {
        if self.condition_is_used() {
            return self.push(Kind::I32, Loc::Flags(cond));
        }
        let none = self.nothing();
        let dst = self.destination(Kind::I32, none);
        self.masm.set(cond, dst);
        self.push_reg(Kind::I32, dst);
    }

    pub(crate) fn compare(&mut self, cond: Cond, width: Width) {
        let (mut b, mut a) = (self.pop(), self.pop());
        let mut cond = cond;
        if a.constant().is_some() || (a.loc == Loc::Slot && b.constant().is_none()) {
            std::mem::swap(&mut a, &mut b);
            cond = cond.swap();
        }
        if let (Loc::Slot, Loc::Const(value)) = (a.loc, b.loc)
            && let Ok(value) = i32::try_from(width.signed(value))
        {
            self.masm.compare_frame(width, a.below, value);
            return self.push_condition(cond);
        }
        let a = self.operand(a);
        let (b, b_operand) = self.rhs(b, width);
        self.masm.compare(width, a.reg, b);
        self.release(a);
        self.release_rhs(b_operand);
        self.push_condition(cond);
    }

    pub(crate) fn equals_zero(&mut self, width: Width) {
        let a = self.pop();
        match a.loc {
            Loc::Flags(cond) => return self.push_condition(cond.negate()),
            Loc::Slot => self.masm.compare_frame(width, a.below, 0),
            _ => {
                let a = self.operand(a);
                self.masm.compare(width, a.reg, Rhs::Imm(0));
                self.release(a);
            }
        }
        self.push_condition(Cond::Eq);
    }

    pub(crate) fn float_compare(&mut self, cond: Cond, width: Width) {
        let b = self.pop_operand();
        let a = self.pop_operand();
        self.masm.float_compare(cond, width, a.reg, b.reg);
        self.release(a);
        self.release(b);
        self.push_condition(cond);
    }

    // Floats.

    pub(crate) fn float_binary(&mut self, op: FloatBinary, width: Width) {
        let b = self.pop_operand();
        let a = self.pop_operand();
        let dst = self.destination_or(width.float(), a, Some(b));
        self.masm.float_binary(op, width, dst, a.reg, b.reg);
        self.release(b);
        if op != FloatBinary::Copysign {
            self.canonicalize(width, dst);
        }
        self.push_reg(width.float(), dst);
    }

    pub(crate) fn float_unary(&mut self, op: FloatUnary, width: Width) {
        let rounds = !matches!(op, FloatUnary::Abs | FloatUnary::Neg | FloatUnary::Sqrt);
        if rounds && !self.masm.rounds_floats() {
            return self.unsupported("rounding floats on this processor".into());
        }
        let a = self.pop_operand();
        let dst = self.destination(width.float(), a);
        self.masm.float_unary(op, width, dst, a.reg);
        if !matches!(op, FloatUnary::Abs | FloatUnary::Neg) {
            self.canonicalize(width, dst);
        }
        self.push_reg(width.float(), dst);
    }

    fn canonicalize(&mut self, width: Width, reg: crate::masm::Reg) {
        if self.options.canonicalize_nans {
            self.masm.canonicalize(width, reg);
        }
    }

    // Conversions.

    pub(crate) fn convert_float(&mut self, to: Width) {
        let a = self.pop_operand();
        let dst = self.destination(to.float(), a);
        self.masm.convert_float(to, dst, a.reg);
        self.canonicalize(to, dst);
        self.push_reg(to.float(), dst);
    }

    pub(crate) fn int_to_float(&mut self, signed: bool, from: Width, to: Width) {
        let a = if !signed && from == Width::W64 {
            let reg = self.pop_owned();
            crate::stack::Operand { reg, owned: true }
        } else {
            self.pop_operand()
        };
        let dst = self.destination(to.float(), a);
        self.masm.int_to_float(signed, from, to, dst, a.reg);
        self.push_reg(to.float(), dst);
    }

    pub(crate) fn float_to_int(&mut self, signed: bool, saturating: bool, from: Width, to: Width) {
        let reg = self.pop_owned();
        let a = crate::stack::Operand { reg, owned: true };
        let dst = self.destination(to.int(), a);
        if saturating {
            self.masm
                .float_to_int_saturating(signed, from, to, dst, reg);
        } else {
            self.masm.float_to_int(signed, from, to, dst, reg);
        }
        self.push_reg(to.int(), dst);
    }

    pub(crate) fn float_bits(&mut self, width: Width) {
        let a = self.pop();
        if let Some(value) = a.constant() {
            return self.push_const(width.int(), value);
        }
        let a = self.operand(a);
        let dst = self.destination(width.int(), a);
        self.masm.float_bits(width, dst, a.reg);
        self.push_reg(width.int(), dst);
    }

    pub(crate) fn float_from_bits(&mut self, width: Width) {
        let a = self.pop();
        if let Some(value) = a.constant() {
            return self.push_const(width.float(), value);
        }
        let a = self.operand(a);
        let dst = self.destination(width.float(), a);
        self.masm.float_from_bits(width, dst, a.reg);
        self.push_reg(width.float(), dst);
    }
}

/// The operands of a commutative operation, with one first that may be overwritten, if there is one.
fn overwritable_first(
    a: Operand,
    b: Rhs,
    b_operand: Option<Operand>,
) -> (Operand, Rhs, Option<Operand>) {
    match b_operand {
        Some(other) if other.owned && !a.owned => (other, Rhs::Reg(a.reg), Some(a)),
        _ => (a, b, b_operand),
    }
}

/// A factor and a shift such that `n / divisor` is the upper half of `n * factor`, shifted right, for
/// every 32-bit `n`; if a 32-bit factor is enough. Granlund and Montgomery, "Division by invariant
/// integers using multiplication", theorem 4.2.
fn reciprocal(divisor: u32) -> Option<(u32, u8)> {
    if divisor < 3 {
        return None;
    }
    (0..32u8).find_map(|shift| {
        let power = 1u128 << (32 + shift);
        let factor = power.div_ceil(divisor.into());
        let error = factor * u128::from(divisor) - power;
        let factor = u32::try_from(factor).ok()?;
        (error <= 1 << shift).then_some((factor, shift))
    })
}

#[cfg(test)]
mod tests {
    use super::reciprocal;

    #[test]
    fn reciprocals_divide() {
        let interesting = |divisor: u32| {
            let near = |n: u32| [n.wrapping_sub(1), n, n.wrapping_add(1)];
            let multiples = (0..32).map(move |bit| (1u32 << bit) / divisor * divisor);
            multiples.flat_map(near).chain([0, 1, u32::MAX])
        };
        let mut found = 0;
        for divisor in (3..2000).chain([12345, 1 << 20, (1 << 31) + 1, u32::MAX]) {
            let Some((factor, shift)) = reciprocal(divisor) else {
                continue;
            };
            found += 1;
            for n in interesting(divisor) {
                let product = u64::from(n) * u64::from(factor);
                assert_eq!(
                    (product >> 32 >> shift) as u32,
                    n / divisor,
                    "{n} / {divisor}"
                );
            }
        }
        assert!(found > 1000);
    }
}
