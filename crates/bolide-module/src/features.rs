//! Features of WebAssembly: one table says what exists, what each needs and since when.

use std::fmt;
use std::str::FromStr;

use wasmparser::WasmFeatures;

/// Edition of the core specification that a feature belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Edition {
    /// WebAssembly 1.0 (2019).
    Wasm1,
    /// WebAssembly 2.0 (2022).
    Wasm2,
    /// WebAssembly 3.0 (2025).
    Wasm3,
    /// A finished proposal that is in no edition yet.
    Proposal,
}

macro_rules! features {
    ($($variant:ident $name:literal $flag:ident $edition:ident [$($needs:ident)*] $doc:literal;)*) => {
        /// A feature that can be switched on or off.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Feature {
            $(#[doc = $doc] $variant,)*
        }

        impl Feature {
            /// Every feature, each after the ones that it needs.
            pub const ALL: &[Feature] = &[$(Feature::$variant),*];

            /// Name as used on the command line, such as `tail-call`.
            pub const fn name(self) -> &'static str {
                match self { $(Feature::$variant => $name,)* }
            }

            /// What the feature adds, in one line.
            pub const fn doc(self) -> &'static str {
                match self { $(Feature::$variant => $doc,)* }
            }

            /// Features that this one cannot exist without. Enabling this one enables them;
            /// disabling one of them disables this one.
            pub const fn needs(self) -> &'static [Feature] {
                match self { $(Feature::$variant => &[$(Feature::$needs),*],)* }
            }

            /// Edition of the specification that the feature belongs to.
            pub const fn edition(self) -> Edition {
                match self { $(Feature::$variant => Edition::$edition,)* }
            }

            const fn flag(self) -> WasmFeatures {
                match self { $(Feature::$variant => WasmFeatures::$flag,)* }
            }
        }
    };
}

features! {
    MutableGlobal "mutable-global" MUTABLE_GLOBAL Wasm1 []
        "Mutable globals can be imported and exported.";
    SignExtension "sign-extension" SIGN_EXTENSION Wasm2 []
        "Sign extension of the low bits of an integer (`i32.extend8_s`, …).";
    SaturatingFloatToInt "saturating-float-to-int" SATURATING_FLOAT_TO_INT Wasm2 []
        "Float to integer conversion that never traps (`i32.trunc_sat_f32_s`, …).";
    MultiValue "multi-value" MULTI_VALUE Wasm2 []
        "Several results of functions and blocks, and parameters of blocks.";
    BulkMemory "bulk-memory" BULK_MEMORY Wasm2 []
        "Bulk operations on memories and tables, passive segments.";
    ReferenceTypes "reference-types" REFERENCE_TYPES Wasm2 [BulkMemory]
        "References as values (`funcref`, `externref`), several tables.";
    Simd "simd" SIMD Wasm2 []
        "128-bit vectors.";
    RelaxedSimd "relaxed-simd" RELAXED_SIMD Wasm3 [Simd]
        "Vector instructions whose results may depend on the host.";
    TailCall "tail-call" TAIL_CALL Wasm3 []
        "Calls that replace the caller's frame (`return_call`, …).";
    ExtendedConst "extended-const" EXTENDED_CONST Wasm3 []
        "Integer arithmetic in constant expressions.";
    MultiMemory "multi-memory" MULTI_MEMORY Wasm3 []
        "Several memories in one module.";
    Memory64 "memory64" MEMORY64 Wasm3 []
        "Memories and tables with 64-bit addresses.";
    FunctionReferences "function-references" FUNCTION_REFERENCES Wasm3 [ReferenceTypes]
        "Typed function references and non-null references (`call_ref`, …).";
    Gc "gc" GC Wasm3 [FunctionReferences]
        "Recursive and sub types, structures and arrays managed by a garbage collector.";
    Exceptions "exceptions" EXCEPTIONS Wasm3 [ReferenceTypes]
        "Exceptions with tags (`throw`, `try_table`, …).";
    Threads "threads" THREADS Proposal [BulkMemory]
        "Shared memories and atomic instructions.";
}

impl Feature {
    /// Looks a feature up by its command line name.
    pub fn from_name(name: &str) -> Option<Feature> {
        Feature::ALL.iter().copied().find(|f| f.name() == name)
    }

    /// The feature that a flag of `wasmparser`, or a part of it, stands for, if it is in the table.
    pub(crate) fn from_flag(flag: WasmFeatures) -> Option<Feature> {
        let mut all = Feature::ALL.iter().copied();
        all.find(|f| f.flag().contains(flag))
    }

    const fn bit(self) -> u64 {
        1 << self as u64
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Set of enabled features. Always consistent: a feature is in the set only together with
/// everything that it [needs](Feature::needs).
///
/// The default is WebAssembly 3.0 and threads, which is everything in the table. Proposals that
/// are not in the table cannot be enabled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Features(u64);

/// Names that stand for whole sets in [`Features::apply`].
const SETS: &[(&str, Features)] = &[
    ("all", Features::ALL),
    ("none", Features::NONE),
    ("mvp", Features::NONE),
    ("wasm1", Features::WASM1),
    ("wasm2", Features::WASM2),
    ("wasm3", Features::WASM3),
];

impl Features {
    /// No feature: the minimum viable product of 2017.
    pub const NONE: Features = Features(0);
    /// WebAssembly 1.0.
    pub const WASM1: Features = Features::up_to(Edition::Wasm1);
    /// WebAssembly 2.0.
    pub const WASM2: Features = Features::up_to(Edition::Wasm2);
    /// WebAssembly 3.0.
    pub const WASM3: Features = Features::up_to(Edition::Wasm3);
    /// Every feature in the table.
    pub const ALL: Features = Features::up_to(Edition::Proposal);

    const fn up_to(edition: Edition) -> Features {
        let mut bits = 0;
        let mut i = 0;
        while i < Feature::ALL.len() {
            if Feature::ALL[i].edition() as u8 <= edition as u8 {
                bits |= Feature::ALL[i].bit();
            }
            i += 1;
        }
        Features(bits)
    }

    /// Whether `feature` is enabled.
    #[inline]
    pub const fn contains(self, feature: Feature) -> bool {
        self.0 & feature.bit() != 0
    }

    /// The enabled features.
    pub fn iter(self) -> impl Iterator<Item = Feature> {
        Feature::ALL
            .iter()
            .copied()
            .filter(move |&f| self.contains(f))
    }

    /// Enables `feature` and what it needs, or disables it and what needs it.
    pub fn set(&mut self, feature: Feature, enabled: bool) {
        if enabled == self.contains(feature) {
            return;
        }
        self.0 ^= feature.bit();
        if enabled {
            for &needed in feature.needs() {
                self.set(needed, true);
            }
        } else {
            for &other in Feature::ALL {
                if other.needs().contains(&feature) {
                    self.set(other, false);
                }
            }
        }
    }

    /// Changes the set as a comma-separated list says, from left to right.
    ///
    /// `name` or `+name` enables a feature with what it needs, `-name` disables it with what needs
    /// it. `all`, `none`, `mvp`, `wasm1`, `wasm2` and `wasm3` replace the whole set (with `+`: add
    /// to it, with `-`: take away from it).
    ///
    /// # Errors
    ///
    /// An unknown name, with the nearest known one. The set is then unchanged.
    pub fn apply(&mut self, list: &str) -> Result<(), FeatureError> {
        let mut result = *self;
        for item in list.split(',').map(str::trim).filter(|s| !s.is_empty()) {
            let (sign, name) = match item.as_bytes()[0] {
                sign @ (b'+' | b'-') => (Some(sign), item[1..].trim()),
                _ => (None, item),
            };
            if let Some(feature) = Feature::from_name(name) {
                result.set(feature, sign != Some(b'-'));
            } else if let Some((_, set)) = SETS.iter().find(|(n, _)| *n == name) {
                match sign {
                    None => result = *set,
                    Some(sign) => set.iter().for_each(|f| result.set(f, sign == b'+')),
                }
            } else {
                return Err(FeatureError::unknown(name));
            }
        }
        *self = result;
        Ok(())
    }

    /// The same set for `wasmparser`. What is not in the table is off, except for the two flags
    /// that stand for no proposal (floating point and garbage collected references).
    pub fn to_wasmparser(self) -> WasmFeatures {
        self.iter()
            .fold(WasmFeatures::FLOATS | WasmFeatures::GC_TYPES, |set, f| {
                set | f.flag()
            })
    }
}

impl Default for Features {
    fn default() -> Self {
        Features::ALL
    }
}

impl FromIterator<Feature> for Features {
    /// The smallest set with the given features.
    fn from_iter<I: IntoIterator<Item = Feature>>(iter: I) -> Self {
        let mut set = Features::NONE;
        iter.into_iter().for_each(|f| set.set(f, true));
        set
    }
}

impl FromStr for Features {
    type Err = FeatureError;

    /// The default set changed by a list, see [`Features::apply`].
    fn from_str(list: &str) -> Result<Self, Self::Err> {
        let mut features = Features::default();
        features.apply(list)?;
        Ok(features)
    }
}

impl fmt::Display for Features {
    /// A list that [`Features::apply`] turns into this set: `none` and the enabled names.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("none")?;
        self.iter().try_for_each(|feature| write!(f, ",{feature}"))
    }
}

/// A name in a list of features is unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeatureError {
    name: String,
    nearest: &'static str,
}

impl FeatureError {
    #[cold]
    fn unknown(name: &str) -> FeatureError {
        let known = Feature::ALL.iter().map(|f| f.name());
        let known = known.chain(SETS.iter().map(|(name, _)| *name));
        let nearest = known
            .max_by(|a, b| strsim::jaro_winkler(a, name).total_cmp(&strsim::jaro_winkler(b, name)))
            .unwrap_or("all");
        FeatureError {
            name: name.to_owned(),
            nearest,
        }
    }

    /// The name that was not found.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The known name that is most like it.
    pub fn nearest(&self) -> &'static str {
        self.nearest
    }
}

/// Similarity (Jaro-Winkler, 0 to 1) from which a known name is worth suggesting.
const SIMILAR: f64 = 0.75;

impl fmt::Display for FeatureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown WebAssembly feature `{}`; ", self.name)?;
        if strsim::jaro_winkler(self.nearest, &self.name) >= SIMILAR {
            write!(f, "did you mean `{}`? ", self.nearest)?;
        }
        f.write_str("known: ")?;
        for (i, feature) in Feature::ALL.iter().enumerate() {
            write!(f, "{}{feature}", if i > 0 { ", " } else { "" })?;
        }
        SETS.iter().try_for_each(|(name, _)| write!(f, ", {name}"))
    }
}

impl std::error::Error for FeatureError {}
