//! Vectors.

use bolide_module::operator_name;
use wasmparser::{Operator, VisitSimdOperator};

use crate::compiler::Compiler;
use crate::masm::{Kind, MacroAssembler};

macro_rules! define_vector {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
        $(define_vector!(one $visit $op $({ $($arg: $argty),* })?);)*
    };
    (one visit_v128_load $($rest:tt)*) => {};
    (one visit_v128_store $($rest:tt)*) => {};
    (one visit_v128_const $($rest:tt)*) => {};
    (one $visit:ident $op:ident $({ $($arg:ident: $argty:ty),* })?) => {
        #[cold]
        fn $visit(&mut self $($(,$arg: $argty)*)?) {
            self.unsupported(operator_name(&Operator::$op $({ $($arg),* })?));
        }
    };
}

impl<'a, M: MacroAssembler> VisitSimdOperator<'a> for Compiler<'_, M> {
    wasmparser::for_each_visit_simd_operator!(define_vector);

    fn visit_v128_load(&mut self, memarg: wasmparser::MemArg) {
        self.load(&memarg, Kind::V128);
    }

    fn visit_v128_store(&mut self, memarg: wasmparser::MemArg) {
        self.store(&memarg, Kind::V128);
    }

    fn visit_v128_const(&mut self, value: wasmparser::V128) {
        self.vector_const(*value.bytes());
    }
}
