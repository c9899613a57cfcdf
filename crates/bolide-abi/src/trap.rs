//! Trap codes.

macro_rules! traps {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $message:literal;)*) => {
        /// Why a guest stopped. The discriminant is what compilers put in trap tables.
        #[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        #[repr(u8)]
        pub enum TrapCode {
            $($(#[$doc])* $name = $code,)*
        }

        impl TrapCode {
            /// Every trap code.
            pub const ALL: &'static [TrapCode] = &[$(TrapCode::$name),*];

            /// The code with this discriminant.
            pub const fn from_u8(code: u8) -> Option<TrapCode> {
                match code {
                    $($code => Some(TrapCode::$name),)*
                    _ => None,
                }
            }

            /// The message, in the words of the specification's test suite.
            pub const fn message(self) -> &'static str {
                match self {
                    $(TrapCode::$name => $message,)*
                }
            }
        }
    };
}

traps! {
    /// The guest's stack is exhausted.
    StackOverflow = 1, "call stack exhausted";
    /// Access outside a linear memory.
    MemoryOutOfBounds = 2, "out of bounds memory access";
    /// Atomic access at an address that is not a multiple of its size.
    HeapMisaligned = 3, "unaligned atomic";
    /// Access outside a table.
    TableOutOfBounds = 4, "out of bounds table access";
    /// `call_indirect` through a null table element.
    IndirectCallToNull = 5, "uninitialized element";
    /// `call_indirect` with a function of another type.
    BadSignature = 6, "indirect call type mismatch";
    /// Signed integer overflow in a division.
    IntegerOverflow = 7, "integer overflow";
    /// Integer division by zero.
    IntegerDivisionByZero = 8, "integer divide by zero";
    /// Float to integer conversion out of range.
    BadConversionToInteger = 9, "invalid conversion to integer";
    /// `unreachable` was executed.
    UnreachableCodeReached = 10, "unreachable";
    /// The epoch deadline has passed or the store was interrupted.
    Interrupt = 11, "interrupt";
    /// All fuel has been consumed.
    OutOfFuel = 12, "all fuel consumed";
    /// `memory.atomic.wait` on a memory that is not shared.
    AtomicWaitNonSharedMemory = 13, "atomic wait on non-shared memory";
    /// Use of a null reference.
    NullReference = 14, "null reference";
    /// `table_index` of `call_indirect` is out of range.
    IndirectCallOutOfBounds = 15, "undefined element";
    /// An instruction that validates but that the engine cannot execute.
    Unsupported = 16, "unsupported instruction";
}

impl std::fmt::Display for TrapCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "wasm trap: {}", self.message())
    }
}

impl std::error::Error for TrapCode {}
