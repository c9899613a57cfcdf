//! Access to what a vmctx holds.

use std::borrow::Cow;

use bolide_abi::{Builtin, BuiltinType, Place, VMCTX_BUILTINS, VMCTX_STORE, builtin_offset};
use cranelift_codegen::ir::immediates::Offset32;
use cranelift_codegen::ir::{
    AbiParam, AliasRegion, AliasRegionData, AliasRegionSet, ArgumentPurpose, InstBuilder,
    MemFlagsData, Signature, Type, Value, types,
};
use cranelift_codegen::isa::CallConv;

use crate::translate::{Result, TRUSTED, Translator, internal};

/// Entities of one kind beyond this many share a region: distinct flags of memory accesses are
/// numbered with 16 bits in Cranelift.
const MAX_REGIONS_PER_KIND: u32 = 1000;

/// Disjoint parts of the machine's memory, for alias analysis.
#[derive(Copy, Clone, Debug)]
pub(crate) enum Region {
    /// The store context.
    Store,
    /// The store's result buffer.
    Results,
    /// Code slots of modules, and the code of function references.
    CodeSlots,
    /// Base and length of memories.
    MemoryDefinitions,
    /// Base and length of tables.
    TableDefinitions,
    /// Contents of a memory that the module defines.
    Memory(u32),
    /// Contents of any imported memory: the same one may be imported twice.
    ImportedMemories,
    /// Elements of a table that the module defines.
    Table(u32),
    /// Elements of any imported table.
    ImportedTables,
    /// A global that the module defines.
    Global(u32),
    /// Any imported global.
    ImportedGlobals,
    /// Stack slots of collectable references.
    Spills,
}

impl Region {
    fn kind_and_index(self) -> (u32, &'static str, u32) {
        match self {
            Region::Store => (0, "store", 0),
            Region::Results => (1, "result buffer", 0),
            Region::CodeSlots => (2, "code slots", 0),
            Region::MemoryDefinitions => (3, "memory definitions", 0),
            Region::TableDefinitions => (4, "table definitions", 0),
            Region::Memory(index) => (5, "memory", index),
            Region::ImportedMemories => (6, "imported memories", 0),
            Region::Table(index) => (7, "table", index),
            Region::ImportedTables => (8, "imported tables", 0),
            Region::Global(index) => (9, "global", index),
            Region::ImportedGlobals => (10, "imported globals", 0),
            Region::Spills => (11, "spills", 0),
        }
    }
}

impl Region {
    /// This region in a function's set.
    pub(crate) fn declare(self, regions: &mut AliasRegionSet) -> AliasRegion {
        let (kind, name, index) = self.kind_and_index();
        let index = index.min(MAX_REGIONS_PER_KIND);
        let user_id = kind << 16 | index;
        regions.get(user_id).unwrap_or_else(|| {
            let description = match self {
                Region::Memory(_) | Region::Table(_) | Region::Global(_) => {
                    Cow::Owned(format!("{name} {index}"))
                }
                _ => Cow::Borrowed(name),
            };
            regions.insert(AliasRegionData {
                user_id,
                description,
            })
        })
    }
}

impl Translator<'_, '_> {
    /// `flags` with the given region.
    pub(crate) fn in_region(&mut self, flags: MemFlagsData, region: Region) -> MemFlagsData {
        let region = region.declare(&mut self.builder.func.dfg.alias_regions);
        flags.with_alias_region(Some(region))
    }

    /// Loads something that never changes while the function runs and is always accessible, so
    /// that the load can be hoisted and shared.
    pub(crate) fn load_constant(&mut self, ty: Type, base: Value, offset: u32) -> Value {
        let flags = TRUSTED.with_readonly().with_can_move();
        self.builder.ins().load(ty, flags, base, offset as i32)
    }

    /// Loads a pointer that never changes and that a call needs. It stays where the call is:
    /// hoisting it would only occupy a register that the call must preserve.
    pub(crate) fn load_for_call(&mut self, base: Value, offset: u32) -> Value {
        let flags = TRUSTED.with_readonly();
        self.builder
            .ins()
            .load(types::I64, flags, base, offset as i32)
    }

    /// Loads a pointer that never changes from the vmctx.
    pub(crate) fn vmctx_pointer(&mut self, offset: u32) -> Value {
        self.load_constant(types::I64, self.vmctx, offset)
    }

    /// The store context.
    pub(crate) fn store_context(&mut self) -> Value {
        self.vmctx_pointer(VMCTX_STORE)
    }

    /// Loads a field of the store context.
    pub(crate) fn load_store_field(&mut self, ty: Type, offset: u32) -> Value {
        let store = self.store_context();
        let flags = self.in_region(TRUSTED, Region::Store);
        self.builder.ins().load(ty, flags, store, offset as i32)
    }

    /// Writes a field of the store context.
    pub(crate) fn write_store_field(&mut self, offset: u32, value: Value) {
        let store = self.store_context();
        let flags = self.in_region(TRUSTED, Region::Store);
        self.builder.ins().store(flags, value, store, offset as i32);
    }

    /// Address of a definition, as base and offset.
    pub(crate) fn place(&mut self, place: Place) -> (Value, u32) {
        match place {
            Place::Inline(offset) => (self.vmctx, offset),
            Place::Indirect(offset) => (self.vmctx_pointer(offset), 0),
        }
    }

    /// Calls a runtime function. Arguments must already have the builtin's types.
    pub(crate) fn call_builtin(
        &mut self,
        builtin: Builtin,
        args: &[Value],
    ) -> Result<Option<Value>> {
        let expected = builtin.params();
        if args.len() != expected.len()
            || args
                .iter()
                .zip(expected)
                .any(|(arg, ty)| self.value_type(*arg) != builtin_type(*ty))
        {
            return Err(internal(format!("wrong arguments for {builtin:?}")));
        }
        let signature = match self.builtins.get(&builtin) {
            Some(signature) => *signature,
            None => {
                let signature = self.builder.import_signature(builtin_signature(builtin));
                self.builtins.insert(builtin, signature);
                signature
            }
        };
        let table = self.load_for_call(self.vmctx, VMCTX_BUILTINS);
        let code = self.load_for_call(table, builtin_offset(builtin));
        let mut all = Vec::with_capacity(args.len() + 1);
        all.push(self.vmctx);
        all.extend_from_slice(args);
        let call = self.builder.ins().call_indirect(signature, code, &all);
        Ok(self.builder.inst_results(call).first().copied())
    }

    /// Like [`Self::call_builtin`] for one that returns a value.
    pub(crate) fn call_builtin_value(&mut self, builtin: Builtin, args: &[Value]) -> Result<Value> {
        self.call_builtin(builtin, args)?
            .ok_or_else(|| internal(format!("{builtin:?} has no result")))
    }
}

fn builtin_type(ty: BuiltinType) -> Type {
    match ty {
        BuiltinType::I32 => types::I32,
        BuiltinType::I64 => types::I64,
    }
}

fn builtin_signature(builtin: Builtin) -> Signature {
    let mut signature = Signature::new(CallConv::SystemV);
    signature
        .params
        .push(AbiParam::special(types::I64, ArgumentPurpose::VMContext));
    let param = |ty: &BuiltinType| AbiParam::new(builtin_type(*ty));
    signature.params.extend(builtin.params().iter().map(param));
    signature.returns.extend(builtin.result().iter().map(param));
    signature
}

/// Byte offset as Cranelift's immediate, if it fits.
pub(crate) fn immediate_offset(offset: u64) -> Option<Offset32> {
    i32::try_from(offset).ok().map(Offset32::new)
}
