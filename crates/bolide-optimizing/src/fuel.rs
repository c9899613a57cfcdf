//! Fuel and interruption. The rule that all tiers follow is in `bolide_abi::fuel`.

use bolide_abi::{Builtin, STORE_FUEL, STORE_INTERRUPT, is_fuel_boundary, operator_cost};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value, types};
use wasmparser::Operator;

use crate::translate::{Result, TRUSTED, Translator};

impl Translator<'_, '_> {
    /// Adds the cost of an operator, and charges what is pending if control may leave here.
    pub(crate) fn count_fuel(&mut self, op: &Operator<'_>) {
        if !self.options.consume_fuel {
            return;
        }
        self.pending_fuel += operator_cost(op);
        if self.pending_fuel != 0 && is_fuel_boundary(op) {
            let fuel = self.load_store_field(types::I64, STORE_FUEL);
            let fuel = self.builder.ins().iadd_imm_s(fuel, self.pending_fuel);
            self.write_store_field(STORE_FUEL, fuel);
            self.pending_fuel = 0;
        }
    }

    /// Calls the runtime if fuel has run out.
    pub(crate) fn check_fuel(&mut self) -> Result<()> {
        if !self.options.consume_fuel {
            return Ok(());
        }
        let fuel = self.load_store_field(types::I64, STORE_FUEL);
        let exhausted = self
            .builder
            .ins()
            .icmp_imm_s(IntCC::SignedGreaterThanOrEqual, fuel, 0);
        self.call_if(exhausted, Builtin::out_of_fuel)
    }

    /// Calls the runtime if another thread asked for it.
    pub(crate) fn check_interruption(&mut self) -> Result<()> {
        if !self.options.interruption {
            return Ok(());
        }
        let store = self.store_context();
        let address = self
            .builder
            .ins()
            .iadd_imm_s(store, i64::from(STORE_INTERRUPT));
        // An atomic load, because alias analysis would replace a plain one by the value that was
        // read before the loop.
        let flag = self.builder.ins().atomic_load(types::I32, TRUSTED, address);
        self.call_if(flag, Builtin::interrupt)
    }

    fn call_if(&mut self, condition: Value, builtin: Builtin) -> Result<()> {
        let slow = self.builder.create_block();
        let next = self.builder.create_block();
        self.builder.set_cold_block(slow);
        self.builder.ins().brif(condition, slow, [], next, []);
        self.builder.seal_block(slow);
        self.builder.switch_to_block(slow);
        self.call_builtin(builtin, &[])?;
        self.builder.ins().jump(next, []);
        self.builder.seal_block(next);
        self.builder.switch_to_block(next);
        Ok(())
    }
}
