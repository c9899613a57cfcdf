//! From opcodes to the methods that translate them.

use bolide_module::operator_name;
use wasmparser::{
    BlockType, BrTable, FrameKind, FrameStack, HeapType, Ieee32, Ieee64, MemArg, Operator,
    VisitOperator, VisitSimdOperator,
};

use crate::compiler::Compiler;
use crate::masm::{
    Cond, Extend, FloatBinary, FloatUnary, IntBinary, Kind, MacroAssembler, Shift, Width,
};
use crate::numeric::{Count, Division};

/// The body is valid, so its nesting is right.
impl<M> FrameStack for Compiler<'_, M> {
    #[inline(always)]
    fn current_frame(&self) -> Option<FrameKind> {
        (!self.control.is_empty()).then_some(FrameKind::If)
    }
}

/// Methods for whole proposals: `by_hand` for those that have their own below.
macro_rules! define_others {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
        $(define_others!(one @$proposal $op $({ $($arg: $argty),* })? => $visit);)*
    };
    (one @mvp $($rest:tt)*) => {};
    (one @sign_extension $($rest:tt)*) => {};
    (one @saturating_float_to_int $($rest:tt)*) => {};
    (one @bulk_memory $($rest:tt)*) => {};
    (one @reference_types $($rest:tt)*) => {};
    (one @tail_call $($rest:tt)*) => {};
    (one @function_references $($rest:tt)*) => {};
    (one @threads $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident) => {
        fn $visit(&mut self $($(,$arg: $argty)*)?) {
            self.atomic_operator(&Operator::$op $({ $($arg),* })?);
        }
    };
    (one @$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident) => {
        #[cold]
        fn $visit(&mut self $($(,$arg: $argty)*)?) {
            self.unsupported(operator_name(&Operator::$op $({ $($arg),* })?));
        }
    };
}

/// Methods that only pass on what they stand for: `name(arguments) => method(arguments)`.
macro_rules! define {
    ($($visit:ident($($arg:ident: $argty:ty),*) => $method:ident($($value:expr),*);)*) => {
        $(
            #[inline]
            fn $visit(&mut self $(,$arg: $argty)*) {
                self.$method($($value),*);
            }
        )*
    };
}

pub(crate) use define;

use Width::{W32, W64};

impl<'a, M: MacroAssembler> VisitOperator<'a> for Compiler<'_, M> {
    type Output = ();

    fn simd_visitor(&mut self) -> Option<&mut dyn VisitSimdOperator<'a, Output = ()>> {
        Some(self)
    }

    wasmparser::for_each_visit_operator!(define_others);

    fn visit_nop(&mut self) {}

    fn visit_return(&mut self) {
        self.return_();
    }

    fn visit_br_table(&mut self, targets: BrTable<'a>) {
        self.br_table(&targets);
    }

    fn visit_call(&mut self, function_index: u32) {
        let (callee, signature) = self.direct_callee(function_index);
        self.call(callee, &signature);
    }

    fn visit_call_indirect(&mut self, type_index: u32, table_index: u32) {
        let (callee, signature) = self.indirect_callee(type_index, table_index);
        self.call(callee, &signature);
    }

    fn visit_call_ref(&mut self, type_index: u32) {
        let (callee, signature) = self.reference_callee(type_index);
        self.call(callee, &signature);
    }

    fn visit_return_call(&mut self, function_index: u32) {
        let (callee, signature) = self.direct_callee(function_index);
        self.return_call(callee, &signature);
    }

    fn visit_return_call_indirect(&mut self, type_index: u32, table_index: u32) {
        let (callee, signature) = self.indirect_callee(type_index, table_index);
        self.return_call(callee, &signature);
    }

    fn visit_return_call_ref(&mut self, type_index: u32) {
        let (callee, signature) = self.reference_callee(type_index);
        self.return_call(callee, &signature);
    }

    fn visit_typed_select(&mut self, _ty: wasmparser::ValType) {
        self.select();
    }

    fn visit_typed_select_multi(&mut self, tys: Vec<wasmparser::ValType>) {
        self.unsupported(operator_name(&Operator::TypedSelectMulti { tys }));
    }

    fn visit_ref_null(&mut self, hty: HeapType) {
        let kind = if self.is_function(hty) {
            Kind::I64
        } else {
            Kind::Ref
        };
        self.push_const(kind, 0);
    }

    define! {
        visit_unreachable() => unreachable();
        visit_block(ty: BlockType) => enter_block(ty);
        visit_loop(ty: BlockType) => enter_loop(ty);
        visit_if(ty: BlockType) => enter_if(ty);
        visit_else() => enter_else();
        visit_end() => end();
        visit_br(depth: u32) => br(depth);
        visit_br_if(depth: u32) => br_if(depth);
        visit_br_on_null(depth: u32) => br_on_null_operand(depth);
        visit_br_on_non_null(depth: u32) => br_on_non_null_operand(depth);

        visit_drop() => drop_operand();
        visit_select() => select();
        visit_local_get(index: u32) => local_get(index);
        visit_local_set(index: u32) => local_set(index);
        visit_local_tee(index: u32) => local_tee(index);
        visit_global_get(index: u32) => global_get(index);
        visit_global_set(index: u32) => global_set(index);
        visit_ref_is_null() => ref_is_null();
        visit_ref_func(index: u32) => ref_func(index);
        visit_ref_as_non_null() => check_not_null();
        visit_i32_const(value: i32) => push_const(Kind::I32, value as u32 as u64);
        visit_i64_const(value: i64) => push_const(Kind::I64, value as u64);
        visit_f32_const(value: Ieee32) => push_const(Kind::F32, value.bits().into());
        visit_f64_const(value: Ieee64) => push_const(Kind::F64, value.bits());

        visit_i32_load(memarg: MemArg) => load(&memarg, Kind::I32);
        visit_i64_load(memarg: MemArg) => load(&memarg, Kind::I64);
        visit_f32_load(memarg: MemArg) => load(&memarg, Kind::F32);
        visit_f64_load(memarg: MemArg) => load(&memarg, Kind::F64);
        visit_i32_load8_s(memarg: MemArg) => load_extend(&memarg, Extend::S8, W32);
        visit_i32_load8_u(memarg: MemArg) => load_extend(&memarg, Extend::U8, W32);
        visit_i32_load16_s(memarg: MemArg) => load_extend(&memarg, Extend::S16, W32);
        visit_i32_load16_u(memarg: MemArg) => load_extend(&memarg, Extend::U16, W32);
        visit_i64_load8_s(memarg: MemArg) => load_extend(&memarg, Extend::S8, W64);
        visit_i64_load8_u(memarg: MemArg) => load_extend(&memarg, Extend::U8, W64);
        visit_i64_load16_s(memarg: MemArg) => load_extend(&memarg, Extend::S16, W64);
        visit_i64_load16_u(memarg: MemArg) => load_extend(&memarg, Extend::U16, W64);
        visit_i64_load32_s(memarg: MemArg) => load_extend(&memarg, Extend::S32, W64);
        visit_i64_load32_u(memarg: MemArg) => load_extend(&memarg, Extend::U32, W64);
        visit_i32_store(memarg: MemArg) => store(&memarg, Kind::I32);
        visit_i64_store(memarg: MemArg) => store(&memarg, Kind::I64);
        visit_f32_store(memarg: MemArg) => store(&memarg, Kind::F32);
        visit_f64_store(memarg: MemArg) => store(&memarg, Kind::F64);
        visit_i32_store8(memarg: MemArg) => store_narrow(&memarg, 1);
        visit_i32_store16(memarg: MemArg) => store_narrow(&memarg, 2);
        visit_i64_store8(memarg: MemArg) => store_narrow(&memarg, 1);
        visit_i64_store16(memarg: MemArg) => store_narrow(&memarg, 2);
        visit_i64_store32(memarg: MemArg) => store_narrow(&memarg, 4);
        visit_memory_size(memory: u32) => memory_size(memory);
        visit_memory_grow(memory: u32) => memory_grow(memory);
        visit_memory_init(segment: u32, memory: u32) => memory_init(segment, memory);
        visit_data_drop(segment: u32) => data_drop(segment);
        visit_memory_copy(dst: u32, src: u32) => memory_copy(dst, src);
        visit_memory_fill(memory: u32) => memory_fill(memory);
        visit_table_init(segment: u32, table: u32) => table_init(segment, table);
        visit_elem_drop(segment: u32) => elem_drop(segment);
        visit_table_copy(dst: u32, src: u32) => table_copy(dst, src);
        visit_table_fill(table: u32) => table_fill(table);
        visit_table_get(table: u32) => table_get(table);
        visit_table_set(table: u32) => table_set(table);
        visit_table_grow(table: u32) => table_grow(table);
        visit_table_size(table: u32) => table_size(table);

        visit_i32_eqz() => equals_zero(W32);
        visit_i32_eq() => compare(Cond::Eq, W32);
        visit_i32_ne() => compare(Cond::Ne, W32);
        visit_i32_lt_s() => compare(Cond::LtS, W32);
        visit_i32_lt_u() => compare(Cond::LtU, W32);
        visit_i32_gt_s() => compare(Cond::GtS, W32);
        visit_i32_gt_u() => compare(Cond::GtU, W32);
        visit_i32_le_s() => compare(Cond::LeS, W32);
        visit_i32_le_u() => compare(Cond::LeU, W32);
        visit_i32_ge_s() => compare(Cond::GeS, W32);
        visit_i32_ge_u() => compare(Cond::GeU, W32);
        visit_i64_eqz() => equals_zero(W64);
        visit_i64_eq() => compare(Cond::Eq, W64);
        visit_i64_ne() => compare(Cond::Ne, W64);
        visit_i64_lt_s() => compare(Cond::LtS, W64);
        visit_i64_lt_u() => compare(Cond::LtU, W64);
        visit_i64_gt_s() => compare(Cond::GtS, W64);
        visit_i64_gt_u() => compare(Cond::GtU, W64);
        visit_i64_le_s() => compare(Cond::LeS, W64);
        visit_i64_le_u() => compare(Cond::LeU, W64);
        visit_i64_ge_s() => compare(Cond::GeS, W64);
        visit_i64_ge_u() => compare(Cond::GeU, W64);
        visit_f32_eq() => float_compare(Cond::FloatEq, W32);
        visit_f32_ne() => float_compare(Cond::FloatNe, W32);
        visit_f32_lt() => float_compare(Cond::FloatLt, W32);
        visit_f32_gt() => float_compare(Cond::FloatGt, W32);
        visit_f32_le() => float_compare(Cond::FloatLe, W32);
        visit_f32_ge() => float_compare(Cond::FloatGe, W32);
        visit_f64_eq() => float_compare(Cond::FloatEq, W64);
        visit_f64_ne() => float_compare(Cond::FloatNe, W64);
        visit_f64_lt() => float_compare(Cond::FloatLt, W64);
        visit_f64_gt() => float_compare(Cond::FloatGt, W64);
        visit_f64_le() => float_compare(Cond::FloatLe, W64);
        visit_f64_ge() => float_compare(Cond::FloatGe, W64);

        visit_i32_clz() => count(Count::LeadingZeros, W32);
        visit_i32_ctz() => count(Count::TrailingZeros, W32);
        visit_i32_popcnt() => count(Count::Ones, W32);
        visit_i32_add() => int_binary(IntBinary::Add, W32);
        visit_i32_sub() => int_binary(IntBinary::Sub, W32);
        visit_i32_mul() => multiply(W32);
        visit_i32_div_s() => divide(Division::Quotient, true, W32);
        visit_i32_div_u() => divide(Division::Quotient, false, W32);
        visit_i32_rem_s() => divide(Division::Remainder, true, W32);
        visit_i32_rem_u() => divide(Division::Remainder, false, W32);
        visit_i32_and() => int_binary(IntBinary::And, W32);
        visit_i32_or() => int_binary(IntBinary::Or, W32);
        visit_i32_xor() => int_binary(IntBinary::Xor, W32);
        visit_i32_shl() => shift(Shift::Left, W32);
        visit_i32_shr_s() => shift(Shift::RightSigned, W32);
        visit_i32_shr_u() => shift(Shift::RightUnsigned, W32);
        visit_i32_rotl() => shift(Shift::RotateLeft, W32);
        visit_i32_rotr() => shift(Shift::RotateRight, W32);
        visit_i64_clz() => count(Count::LeadingZeros, W64);
        visit_i64_ctz() => count(Count::TrailingZeros, W64);
        visit_i64_popcnt() => count(Count::Ones, W64);
        visit_i64_add() => int_binary(IntBinary::Add, W64);
        visit_i64_sub() => int_binary(IntBinary::Sub, W64);
        visit_i64_mul() => multiply(W64);
        visit_i64_div_s() => divide(Division::Quotient, true, W64);
        visit_i64_div_u() => divide(Division::Quotient, false, W64);
        visit_i64_rem_s() => divide(Division::Remainder, true, W64);
        visit_i64_rem_u() => divide(Division::Remainder, false, W64);
        visit_i64_and() => int_binary(IntBinary::And, W64);
        visit_i64_or() => int_binary(IntBinary::Or, W64);
        visit_i64_xor() => int_binary(IntBinary::Xor, W64);
        visit_i64_shl() => shift(Shift::Left, W64);
        visit_i64_shr_s() => shift(Shift::RightSigned, W64);
        visit_i64_shr_u() => shift(Shift::RightUnsigned, W64);
        visit_i64_rotl() => shift(Shift::RotateLeft, W64);
        visit_i64_rotr() => shift(Shift::RotateRight, W64);

        visit_f32_abs() => float_unary(FloatUnary::Abs, W32);
        visit_f32_neg() => float_unary(FloatUnary::Neg, W32);
        visit_f32_ceil() => float_unary(FloatUnary::Ceil, W32);
        visit_f32_floor() => float_unary(FloatUnary::Floor, W32);
        visit_f32_trunc() => float_unary(FloatUnary::Trunc, W32);
        visit_f32_nearest() => float_unary(FloatUnary::Nearest, W32);
        visit_f32_sqrt() => float_unary(FloatUnary::Sqrt, W32);
        visit_f32_add() => float_binary(FloatBinary::Add, W32);
        visit_f32_sub() => float_binary(FloatBinary::Sub, W32);
        visit_f32_mul() => float_binary(FloatBinary::Mul, W32);
        visit_f32_div() => float_binary(FloatBinary::Div, W32);
        visit_f32_min() => float_binary(FloatBinary::Min, W32);
        visit_f32_max() => float_binary(FloatBinary::Max, W32);
        visit_f32_copysign() => float_binary(FloatBinary::Copysign, W32);
        visit_f64_abs() => float_unary(FloatUnary::Abs, W64);
        visit_f64_neg() => float_unary(FloatUnary::Neg, W64);
        visit_f64_ceil() => float_unary(FloatUnary::Ceil, W64);
        visit_f64_floor() => float_unary(FloatUnary::Floor, W64);
        visit_f64_trunc() => float_unary(FloatUnary::Trunc, W64);
        visit_f64_nearest() => float_unary(FloatUnary::Nearest, W64);
        visit_f64_sqrt() => float_unary(FloatUnary::Sqrt, W64);
        visit_f64_add() => float_binary(FloatBinary::Add, W64);
        visit_f64_sub() => float_binary(FloatBinary::Sub, W64);
        visit_f64_mul() => float_binary(FloatBinary::Mul, W64);
        visit_f64_div() => float_binary(FloatBinary::Div, W64);
        visit_f64_min() => float_binary(FloatBinary::Min, W64);
        visit_f64_max() => float_binary(FloatBinary::Max, W64);
        visit_f64_copysign() => float_binary(FloatBinary::Copysign, W64);

        visit_i32_wrap_i64() => wrap();
        visit_i32_trunc_f32_s() => float_to_int(true, false, W32, W32);
        visit_i32_trunc_f32_u() => float_to_int(false, false, W32, W32);
        visit_i32_trunc_f64_s() => float_to_int(true, false, W64, W32);
        visit_i32_trunc_f64_u() => float_to_int(false, false, W64, W32);
        visit_i64_extend_i32_s() => extend(Extend::S32, W64);
        visit_i64_extend_i32_u() => extend(Extend::U32, W64);
        visit_i64_trunc_f32_s() => float_to_int(true, false, W32, W64);
        visit_i64_trunc_f32_u() => float_to_int(false, false, W32, W64);
        visit_i64_trunc_f64_s() => float_to_int(true, false, W64, W64);
        visit_i64_trunc_f64_u() => float_to_int(false, false, W64, W64);
        visit_f32_convert_i32_s() => int_to_float(true, W32, W32);
        visit_f32_convert_i32_u() => int_to_float(false, W32, W32);
        visit_f32_convert_i64_s() => int_to_float(true, W64, W32);
        visit_f32_convert_i64_u() => int_to_float(false, W64, W32);
        visit_f32_demote_f64() => convert_float(W32);
        visit_f64_convert_i32_s() => int_to_float(true, W32, W64);
        visit_f64_convert_i32_u() => int_to_float(false, W32, W64);
        visit_f64_convert_i64_s() => int_to_float(true, W64, W64);
        visit_f64_convert_i64_u() => int_to_float(false, W64, W64);
        visit_f64_promote_f32() => convert_float(W64);
        visit_i32_reinterpret_f32() => float_bits(W32);
        visit_i64_reinterpret_f64() => float_bits(W64);
        visit_f32_reinterpret_i32() => float_from_bits(W32);
        visit_f64_reinterpret_i64() => float_from_bits(W64);
        visit_i32_extend8_s() => extend(Extend::S8, W32);
        visit_i32_extend16_s() => extend(Extend::S16, W32);
        visit_i64_extend8_s() => extend(Extend::S8, W64);
        visit_i64_extend16_s() => extend(Extend::S16, W64);
        visit_i64_extend32_s() => extend(Extend::S32, W64);
        visit_i32_trunc_sat_f32_s() => float_to_int(true, true, W32, W32);
        visit_i32_trunc_sat_f32_u() => float_to_int(false, true, W32, W32);
        visit_i32_trunc_sat_f64_s() => float_to_int(true, true, W64, W32);
        visit_i32_trunc_sat_f64_u() => float_to_int(false, true, W64, W32);
        visit_i64_trunc_sat_f32_s() => float_to_int(true, true, W32, W64);
        visit_i64_trunc_sat_f32_u() => float_to_int(false, true, W32, W64);
        visit_i64_trunc_sat_f64_s() => float_to_int(true, true, W64, W64);
        visit_i64_trunc_sat_f64_u() => float_to_int(false, true, W64, W64);
    }
}

/// Follows the nesting of code that cannot execute, and translates what ends it.
pub(crate) struct Unreachable<'c, 'a, M>(pub(crate) &'c mut Compiler<'a, M>);

impl<M> FrameStack for Unreachable<'_, '_, M> {
    fn current_frame(&self) -> Option<FrameKind> {
        self.0.current_frame()
    }
}

macro_rules! define_skipped {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
        $(define_skipped!(one $visit $op $({ $($arg: $argty),* })?);)*
    };
    (one visit_block $($rest:tt)*) => { define_skipped!(opens visit_block $($rest)*); };
    (one visit_loop $($rest:tt)*) => { define_skipped!(opens visit_loop $($rest)*); };
    (one visit_if $($rest:tt)*) => { define_skipped!(opens visit_if $($rest)*); };
    (one visit_try $($rest:tt)*) => { define_skipped!(opens visit_try $($rest)*); };
    (one visit_try_table $($rest:tt)*) => { define_skipped!(opens visit_try_table $($rest)*); };
    (one visit_else $($rest:tt)*) => {
        fn visit_else(&mut self) {
            if self.0.skipped_blocks == 0 {
                self.0.enter_else();
            }
        }
    };
    (one visit_end $($rest:tt)*) => {
        fn visit_end(&mut self) {
            match self.0.skipped_blocks.checked_sub(1) {
                Some(left) => self.0.skipped_blocks = left,
                None => self.0.end(),
            }
        }
    };
    (opens $visit:ident $op:ident { $arg:ident: $argty:ty }) => {
        fn $visit(&mut self, _: $argty) {
            self.0.skipped_blocks += 1;
        }
    };
    (one $visit:ident $op:ident $({ $($arg:ident: $argty:ty),* })?) => {
        fn $visit(&mut self $($(,_: $argty)*)?) {}
    };
}

impl<'a, M: MacroAssembler> VisitOperator<'a> for Unreachable<'_, '_, M> {
    type Output = ();

    fn simd_visitor(&mut self) -> Option<&mut dyn VisitSimdOperator<'a, Output = ()>> {
        Some(self)
    }

    wasmparser::for_each_visit_operator!(define_skipped);
}

impl<'a, M: MacroAssembler> VisitSimdOperator<'a> for Unreachable<'_, '_, M> {
    wasmparser::for_each_visit_simd_operator!(define_skipped);
}
