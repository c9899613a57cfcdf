//! Registers.

macro_rules! registers {
    ($(#[$doc:meta])* $type:ident { $($name:ident = $index:literal,)* }) => {
        $(#[$doc])*
        #[allow(missing_docs, reason = "each is the register of that name")]
        #[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum $type {
            $($name = $index,)*
        }

        impl $type {
            /// All registers, by number.
            pub const ALL: [$type; 16] = [$($type::$name),*];

            /// The number in encodings, 0 to 15.
            #[inline(always)]
            pub const fn index(self) -> u8 {
                self as u8
            }

            /// The register whose number is the lowest four bits of `index`.
            #[inline(always)]
            pub const fn from_index(index: u8) -> $type {
                Self::ALL[(index & 15) as usize]
            }
        }
    };
}

registers! {
    /// A general-purpose register.
    Gpr {
        Rax = 0, Rcx = 1, Rdx = 2, Rbx = 3, Rsp = 4, Rbp = 5, Rsi = 6, Rdi = 7,
        R8 = 8, R9 = 9, R10 = 10, R11 = 11, R12 = 12, R13 = 13, R14 = 14, R15 = 15,
    }
}

registers! {
    /// A vector register.
    Xmm {
        Xmm0 = 0, Xmm1 = 1, Xmm2 = 2, Xmm3 = 3, Xmm4 = 4, Xmm5 = 5, Xmm6 = 6, Xmm7 = 7,
        Xmm8 = 8, Xmm9 = 9, Xmm10 = 10, Xmm11 = 11, Xmm12 = 12, Xmm13 = 13, Xmm14 = 14, Xmm15 = 15,
    }
}
