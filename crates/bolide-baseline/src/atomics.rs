//! Atomic operations.

use bolide_module::operator_name;
use wasmparser::Operator;

use crate::compiler::Compiler;
use crate::masm::MacroAssembler;

impl<M: MacroAssembler> Compiler<'_, M> {
    pub(crate) fn atomic_operator(&mut self, op: &Operator<'_>) {
        self.unsupported(operator_name(op));
    }
}
