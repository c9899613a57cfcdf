//! Fuel and interruption. The rule that all tiers follow is in `bolide_abi::fuel`.

use bolide_abi::{
    Builtin, STORE_FUEL, STORE_INTERRUPT, VMCTX_STORE, is_fuel_boundary, operator_cost,
};
use wasmparser::Operator;

use crate::compiler::Compiler;
use crate::masm::{Address, Cond, Kind, MacroAssembler, Width};

impl<M: MacroAssembler> Compiler<'_, M> {
    /// The address of a field of the store context, relative to the scratch register.
    fn store_field(&mut self, offset: u32) -> Address {
        let store = Address::base(M::VMCTX, VMCTX_STORE);
        self.masm.load(Kind::I64, M::SCRATCH, store, None);
        Address::base(M::SCRATCH, offset)
    }

    /// Adds the cost of an operator, and charges what is pending if control may leave here.
    pub(crate) fn count_fuel(&mut self, op: &Operator<'_>) {
        self.pending_fuel += operator_cost(op);
        if self.pending_fuel == 0 || !is_fuel_boundary(op) {
            return;
        }
        let fuel = self.store_field(STORE_FUEL);
        // The cost of a straight line is less than its length in bytes.
        self.masm.add_to_memory(fuel, self.pending_fuel as i32);
        self.pending_fuel = 0;
    }

    /// Calls the runtime if fuel has run out.
    pub(crate) fn check_fuel(&mut self) {
        if self.options.consume_fuel {
            let fuel = self.store_field(STORE_FUEL);
            self.masm.compare_memory_constant(Width::W64, fuel, 0);
            self.call_if(Cond::GeS, Builtin::out_of_fuel);
        }
    }

    /// Calls the runtime if another thread asked for it.
    pub(crate) fn check_interruption(&mut self) {
        if self.options.interruption {
            let flag = self.store_field(STORE_INTERRUPT);
            self.masm.compare_memory_constant(Width::W32, flag, 0);
            self.call_if(Cond::Ne, Builtin::interrupt);
        }
    }
}
