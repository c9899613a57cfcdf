//! Optional features of the processor.

macro_rules! features {
    ($($(#[$doc:meta])* $name:ident = $bit:literal $cpu:tt,)*) => {
        /// What an instruction needs beyond the x86-64 of 2003, which includes SSE2.
        #[derive(Copy, Clone, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Feature {
            /// Nothing.
            Sse2 = 0,
            $($(#[$doc])* $name = $bit,)*
        }

        impl Features {
            /// The features of the processor that this runs on.
            #[cfg(target_arch = "x86_64")]
            pub fn detect() -> Features {
                let mut found = Features::SSE2;
                $(if std::arch::is_x86_feature_detected!($cpu) {
                    found = found.with(Feature::$name);
                })*
                found
            }
        }
    };
}

features! {
    /// SSE3.
    Sse3 = 1 "sse3",
    /// SSSE3.
    Ssse3 = 2 "ssse3",
    /// SSE4.1.
    Sse41 = 3 "sse4.1",
    /// SSE4.2.
    Sse42 = 4 "sse4.2",
    /// AVX: the VEX forms of everything up to SSE4.2.
    Avx = 5 "avx",
    /// AVX2.
    Avx2 = 6 "avx2",
    /// Fused multiply-add.
    Fma = 7 "fma",
    /// `popcnt`.
    Popcnt = 8 "popcnt",
    /// `lzcnt`.
    Lzcnt = 9 "lzcnt",
    /// `tzcnt`, `andn`, `bls*`, `bextr`.
    Bmi1 = 10 "bmi1",
    /// Shifts without flags, `bzhi`, `pdep`, `pext`, `mulx`, `rorx`.
    Bmi2 = 11 "bmi2",
}

/// A set of features.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Features(u16);

impl Features {
    /// What every x86-64 processor has.
    pub const SSE2: Features = Features(1 << Feature::Sse2 as u8);

    /// This and `feature`.
    pub const fn with(self, feature: Feature) -> Features {
        Features(self.0 | 1 << feature as u8)
    }

    /// This without `feature`. [`Feature::Sse2`] stays.
    pub const fn without(self, feature: Feature) -> Features {
        Features(self.0 & !(1 << feature as u8) | Self::SSE2.0)
    }

    /// Whether `feature` is among them.
    #[inline(always)]
    pub const fn has(self, feature: Feature) -> bool {
        self.0 & 1 << feature as u8 != 0
    }
}
