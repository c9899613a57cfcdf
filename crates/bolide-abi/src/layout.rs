//! Layout of the structures that compiled code reads and writes. All offsets are in bytes.
//!
//! A *vmctx* is one instance's context: a fixed header, then arrays whose sizes depend on the
//! module. References of every kind are 64-bit: function references are pointers to a
//! [function reference](FUNCREF_SIZE), others are handles of the collector; null is 0.

use bolide_module::{FuncIndex, GlobalIndex, MemoryIndex, Module, TableIndex, TagIndex};

/// vmctx: pointer to the store context. Never changes.
pub const VMCTX_STORE: u32 = 0;
/// vmctx: the runtime's instance; opaque to compiled code. Never changes.
pub const VMCTX_INSTANCE: u32 = 8;
/// vmctx: pointer to the module's code slots, one code pointer per defined function. Never changes.
pub const VMCTX_CODE_SLOTS: u32 = 16;
/// vmctx: pointer to the builtin table. Never changes.
pub const VMCTX_BUILTINS: u32 = 24;
/// Size of the fixed part of a vmctx.
pub const VMCTX_HEADER_SIZE: u32 = 32;

/// Store context: lowest stack pointer that wasm code may have. Checked in prologues.
pub const STORE_STACK_LIMIT: u32 = 0;
/// Store context: fuel, a signed 64-bit counter that rises by the cost of each instruction and
/// that has run out when it is not negative.
pub const STORE_FUEL: u32 = 8;
/// Store context: 32-bit flag that other threads set to interrupt the guest; polled at function
/// entries and loop headers when the engine is configured for it.
pub const STORE_INTERRUPT: u32 = 16;
/// Store context: vmctx of the instance that made the last call that may have left its instance.
/// Compiled code stores its own vmctx here before each call through an import, a table or a
/// reference, so that a host function can know its caller.
pub const STORE_CALLER_VMCTX: u32 = 24;
/// Store context: pointer to the result buffer (see [`ResultLoc::Buffer`](crate::ResultLoc)).
pub const STORE_RESULTS: u32 = 32;
/// Store context: frame pointer of the wasm frame that last left wasm code.
pub const STORE_EXIT_FP: u32 = 40;
/// Store context: return address into the wasm code that last left.
pub const STORE_EXIT_PC: u32 = 48;
/// Store context: stack pointer of the innermost entry frame, for unwinding.
pub const STORE_ENTRY_SP: u32 = 56;
/// Store context: pointer to the OSR buffer, aligned to 16: the values of an [`OsrLoop`](crate::OsrLoop) in the order
/// of its slots, [`OSR_BUFFER_SLOT`](crate::OSR_BUFFER_SLOT) bytes each. Valid from a `tier_up` that returned an OSR
/// entry until wasm code is left again.
pub const STORE_OSR_BUFFER: u32 = 64;

/// Function reference: pointer to the code slot (which holds the code pointer).
pub const FUNCREF_SLOT: u32 = 0;
/// Function reference: vmctx of the callee.
pub const FUNCREF_VMCTX: u32 = 8;
/// Function reference: canonical type id, 32 bits.
pub const FUNCREF_TYPE: u32 = 16;
/// Function reference: index of the function in its module, 32 bits.
pub const FUNCREF_INDEX: u32 = 20;
/// Function reference: code of the function, not necessarily the newest.
pub const FUNCREF_CODE: u32 = 24;
/// Size of a function reference.
pub const FUNCREF_SIZE: u32 = 32;

/// Imported function: pointer to the code slot.
pub const FUNC_IMPORT_SLOT: u32 = 0;
/// Imported function: vmctx of the callee.
pub const FUNC_IMPORT_VMCTX: u32 = 8;
/// Imported function: pointer to its function reference.
pub const FUNC_IMPORT_FUNCREF: u32 = 16;
/// Size of an imported function.
pub const FUNC_IMPORT_SIZE: u32 = 24;

/// Memory definition: pointer to byte 0.
pub const MEMORY_BASE: u32 = 0;
/// Memory definition: current size in bytes, 64 bits. For a shared memory, read it atomically.
pub const MEMORY_LENGTH: u32 = 8;
/// Size of a memory definition.
pub const MEMORY_SIZE: u32 = 16;

/// Table definition: pointer to element 0; elements are 8 bytes.
pub const TABLE_BASE: u32 = 0;
/// Table definition: current number of elements, 64 bits.
pub const TABLE_LENGTH: u32 = 8;
/// Size of a table definition.
pub const TABLE_SIZE: u32 = 16;

/// Size of a global's storage, aligned to 16.
pub const GLOBAL_SIZE: u32 = 16;
/// Size of a defined tag.
pub const TAG_SIZE: u32 = 8;

/// Offset of a builtin in the builtin table.
pub const fn builtin_offset(builtin: crate::Builtin) -> u32 {
    builtin as u32 * 8
}

/// Offset of a function of the C library in the builtin table.
pub const fn leaf_offset(function: crate::LeafFunction) -> u32 {
    (crate::Builtin::ALL.len() as u32 + function as u32) * 8
}

/// Where compiled code finds an entity.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The definition (or value) lies in the vmctx at this offset.
    Inline(u32),
    /// The vmctx holds a pointer to the definition (or value) at this offset. The pointer never
    /// changes.
    Indirect(u32),
}

/// Offsets of the variable part of a vmctx.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VmctxLayout {
    imported_functions: u32,
    imported_tables: u32,
    imported_memories: u32,
    imported_globals: u32,
    imported_tags: u32,
    func_imports: u32,
    table_imports: u32,
    memory_imports: u32,
    global_imports: u32,
    tag_imports: u32,
    tables: u32,
    memories: u32,
    tags: u32,
    globals: u32,
    funcrefs: u32,
    size: u32,
}

impl VmctxLayout {
    /// Computes the layout for a module, or `None` if it would exceed 2³¹ − 1 bytes.
    pub fn new(module: &Module) -> Option<VmctxLayout> {
        let mut next = u64::from(VMCTX_HEADER_SIZE);
        let mut array = |count: u64, size: u32, align: u64| {
            next = next.next_multiple_of(align);
            let start = next;
            next += count * u64::from(size);
            start
        };
        let defined = |total: usize, imported: u32| total as u64 - u64::from(imported);
        let func_imports = array(module.imported_functions.into(), FUNC_IMPORT_SIZE, 8);
        let table_imports = array(module.imported_tables.into(), 8, 8);
        let memory_imports = array(module.imported_memories.into(), 8, 8);
        let global_imports = array(module.imported_globals.into(), 8, 8);
        let tag_imports = array(module.imported_tags.into(), 8, 8);
        let tables = array(
            defined(module.tables.len(), module.imported_tables),
            TABLE_SIZE,
            8,
        );
        let memories = array(
            defined(module.memories.len(), module.imported_memories),
            MEMORY_SIZE,
            8,
        );
        let tags = array(
            defined(module.tags.len(), module.imported_tags),
            TAG_SIZE,
            8,
        );
        let globals = array(
            defined(module.globals.len(), module.imported_globals),
            GLOBAL_SIZE,
            16,
        );
        let funcrefs = array(module.funcref_count.into(), FUNCREF_SIZE, 8);
        let size = next.next_multiple_of(16);
        if size > i32::MAX as u64 {
            return None;
        }
        Some(VmctxLayout {
            imported_functions: module.imported_functions,
            imported_tables: module.imported_tables,
            imported_memories: module.imported_memories,
            imported_globals: module.imported_globals,
            imported_tags: module.imported_tags,
            func_imports: func_imports as u32,
            table_imports: table_imports as u32,
            memory_imports: memory_imports as u32,
            global_imports: global_imports as u32,
            tag_imports: tag_imports as u32,
            tables: tables as u32,
            memories: memories as u32,
            tags: tags as u32,
            globals: globals as u32,
            funcrefs: funcrefs as u32,
            size: size as u32,
        })
    }

    /// Size of the whole vmctx, a multiple of 16.
    pub fn size(&self) -> u32 {
        self.size
    }

    /// Offset of an imported function's record.
    ///
    /// # Panics
    ///
    /// If the function is not imported.
    pub fn func_import(&self, func: FuncIndex) -> u32 {
        assert!(func.0 < self.imported_functions);
        self.func_imports + func.0 * FUNC_IMPORT_SIZE
    }

    /// Where a table's definition is.
    pub fn table(&self, table: TableIndex) -> Place {
        match table.0.checked_sub(self.imported_tables) {
            Some(i) => Place::Inline(self.tables + i * TABLE_SIZE),
            None => Place::Indirect(self.table_imports + table.0 * 8),
        }
    }

    /// Where a memory's definition is. A shared memory that the module defines is `Indirect`: the
    /// first 8 bytes of its slot point to the definition, which all its users share.
    pub fn memory(&self, memory: MemoryIndex, shared: bool) -> Place {
        match memory.0.checked_sub(self.imported_memories) {
            Some(i) if shared => Place::Indirect(self.memories + i * MEMORY_SIZE),
            Some(i) => Place::Inline(self.memories + i * MEMORY_SIZE),
            None => Place::Indirect(self.memory_imports + memory.0 * 8),
        }
    }

    /// Where a global's value is.
    pub fn global(&self, global: GlobalIndex) -> Place {
        match global.0.checked_sub(self.imported_globals) {
            Some(i) => Place::Inline(self.globals + i * GLOBAL_SIZE),
            None => Place::Indirect(self.global_imports + global.0 * 8),
        }
    }

    /// Where a tag's definition is.
    pub fn tag(&self, tag: TagIndex) -> Place {
        match tag.0.checked_sub(self.imported_tags) {
            Some(i) => Place::Inline(self.tags + i * TAG_SIZE),
            None => Place::Indirect(self.tag_imports + tag.0 * 8),
        }
    }

    /// Offset of the function reference at position `index` (see `Module::funcref_index`). Those of
    /// imported functions are unused: a reference to an import is its `FUNC_IMPORT_FUNCREF`.
    pub fn funcref(&self, index: u32) -> u32 {
        self.funcrefs + index * FUNCREF_SIZE
    }
}
