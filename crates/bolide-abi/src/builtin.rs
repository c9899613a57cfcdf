//! Runtime functions that compiled code calls.
//!
//! A builtin takes the caller's vmctx and up to five more integers in the first argument registers
//! of the platform's C calling convention, and returns at most one integer. Compiled code calls it
//! through the table at [`VMCTX_BUILTINS`](crate::VMCTX_BUILTINS). Every entry is a
//! stub that records the caller's frame pointer and return address in the store context first, and
//! that unwinds to the entry frame if the builtin fails, so compiled code checks no status.

/// Register class of a builtin's argument or result.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum BuiltinType {
    /// 32-bit integer. The upper half of the register is undefined.
    I32,
    /// 64-bit integer, pointer or reference.
    I64,
}

/// Calls `$mac!` with one row per builtin: `name(arg: type, ...) -> result?;`. The vmctx
/// argument that comes first is implied.
#[macro_export]
macro_rules! for_each_builtin {
    ($mac:ident) => {
        $mac! {
            /// `memory.grow`: previous size in pages, or -1.
            memory_grow(memory: I32, delta: I64) -> I64;
            /// `memory.copy`.
            memory_copy(dst_memory: I32, src_memory: I32, dst: I64, src: I64, len: I64);
            /// `memory.fill`.
            memory_fill(memory: I32, dst: I64, value: I32, len: I64);
            /// `memory.init`.
            memory_init(memory: I32, segment: I32, dst: I64, src: I32, len: I32);
            /// `data.drop`.
            data_drop(segment: I32);
            /// `table.grow`: previous size in elements, or -1.
            table_grow(table: I32, delta: I64, init: I64) -> I64;
            /// `table.fill`.
            table_fill(table: I32, dst: I64, value: I64, len: I64);
            /// `table.copy`.
            table_copy(dst_table: I32, src_table: I32, dst: I64, src: I64, len: I64);
            /// `table.init`.
            table_init(table: I32, segment: I32, dst: I64, src: I32, len: I32);
            /// `elem.drop`.
            elem_drop(segment: I32);
            /// `memory.atomic.wait32` at an effective address (index plus static offset, already
            /// computed without overflow); the builtin checks bounds, alignment and sharedness.
            memory_atomic_wait32(memory: I32, address: I64, expected: I32, timeout: I64) -> I32;
            /// `memory.atomic.wait64`.
            memory_atomic_wait64(memory: I32, address: I64, expected: I64, timeout: I64) -> I32;
            /// `memory.atomic.notify`: number of waiters woken.
            memory_atomic_notify(memory: I32, address: I64, count: I32) -> I32;
            /// The interrupt flag is set: returns if execution shall continue.
            interrupt();
            /// Fuel has run out: returns if execution shall continue.
            out_of_fuel();
            /// Whether canonical type `actual` is `expected` or a declared subtype of it: 1 or 0.
            is_subtype(actual: I32, expected: I32) -> I32;
            /// The counter of a function is negative: `func` is its index among the defined functions,
            /// `loop_index` the position in `CompiledFunction::loops` of the loop whose header counted, or
            /// `NOT_IN_A_LOOP`. Returns the address of an OSR entry, whose values are then in the store's OSR
            /// buffer, or 0 to go on. Always 0 if not in a loop.
            tier_up(func: I32, loop_index: I32) -> I64;
        }
    };
}

macro_rules! define_builtins {
    ($($(#[$doc:meta])* $name:ident($($arg:ident: $ty:ident),*) $(-> $ret:ident)?;)*) => {
        /// A runtime function; its discriminant is its index in the builtin table.
        #[allow(non_camel_case_types, reason = "the names are those of the runtime functions")]
        #[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
        #[repr(u32)]
        pub enum Builtin {
            $($(#[$doc])* $name,)*
        }

        impl Builtin {
            /// Every builtin in table order.
            pub const ALL: &'static [Builtin] = &[$(Builtin::$name),*];

            /// Types of the arguments after the vmctx.
            pub const fn params(self) -> &'static [BuiltinType] {
                match self {
                    $(Builtin::$name => &[$(BuiltinType::$ty),*],)*
                }
            }

            /// Type of the result.
            pub const fn result(self) -> Option<BuiltinType> {
                match self {
                    $(Builtin::$name => define_builtins!(@ret $($ret)?),)*
                }
            }
        }
    };
    (@ret) => { None };
    (@ret $ret:ident) => { Some(BuiltinType::$ret) };
}

for_each_builtin!(define_builtins);

/// A function of the platform's C library that compiled code calls directly, with the C calling convention and without a
/// vmctx. It cannot fail, nothing looks at the stack while it runs, and it uses no more stack than a builtin. Arguments
/// must have been checked: whatever it touches is in bounds. It stands behind the builtins in their table.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum LeafFunction {
    /// `void *memmove(void *dst, const void *src, size_t len)`.
    Memmove,
    /// `void *memset(void *dst, int value, size_t len)`.
    Memset,
}

impl LeafFunction {
    /// Every function in table order.
    pub const ALL: &'static [LeafFunction] = &[LeafFunction::Memmove, LeafFunction::Memset];
}
