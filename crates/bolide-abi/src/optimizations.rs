//! Switches of the optimizing tier.

use std::fmt;
use std::str::FromStr;

/// An optimization that can be switched on and off.
struct Switch {
    name: &'static str,
    get: fn(&Optimizations) -> bool,
    set: fn(&mut Optimizations, bool),
}

macro_rules! switches {
    ($($(#[$doc:meta])* $field:ident, $name:literal;)*) => {
        /// What the optimizing tier does beyond translating instruction by instruction. Results never depend on it:
        /// the switches are there to measure what each is worth, and to find which one is to blame.
        ///
        /// In text a list of names, each with `=on` or `=off`, changes the default, in which everything is on:
        ///
        /// ```
        /// use bolide_abi::Optimizations;
        ///
        /// let optimizations: Optimizations = "inline=off".parse().unwrap();
        /// assert_eq!(optimizations, Optimizations { inline: false, ..Optimizations::default() });
        /// let only: Optimizations = "all=off,inline=on".parse().unwrap();
        /// assert_eq!(only, Optimizations { inline: true, ..Optimizations::NONE });
        /// ```
        #[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
        pub struct Optimizations {
            $($(#[$doc])* pub $field: bool,)*
        }

        impl Optimizations {
            /// Everything is on.
            pub const ALL: Optimizations = Optimizations { $($field: true,)* };
            /// Everything is off.
            pub const NONE: Optimizations = Optimizations { $($field: false,)* };

            const SWITCHES: &[Switch] = &[$(Switch {
                name: $name,
                get: |optimizations| optimizations.$field,
                set: |optimizations, on| optimizations.$field = on,
            },)*];
        }
    };
}

switches! {
    /// Direct calls of functions of the same module become the body of the callee, if that is small.
    inline, "inline";
    /// Functions that call themselves are inlined into themselves, a few levels deep.
    inline_recursion, "inline-recursion";
    /// Of the functions that may be inlined, larger ones are if they are hot, and hardly any if they were never called.
    inline_by_heat, "inline-by-heat";
    /// Code that calls what was never called stands behind all other code.
    cold_blocks, "cold-blocks";
    /// Calls through tables and references that have had one or two targets compare with these first, call them
    /// directly, and inline them.
    guarded_calls, "guarded-calls";
    /// Choices of a few compare one after the other instead of going through a jump table.
    few_choices, "few-choices";
    /// The bodies of small loops are translated several times.
    unroll, "unroll";
    /// Loads whose results are extended to 64 bits, as indices are, extend them.
    wide_loads, "wide-loads";
    /// `memory.copy` and `memory.fill` check bounds themselves, and do what is short with loads and stores.
    short_copies, "short-copies";
}

impl Default for Optimizations {
    fn default() -> Self {
        Optimizations::ALL
    }
}

/// What is wrong with a list of optimizations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseOptimizationsError {
    item: String,
}

impl fmt::Display for ParseOptimizationsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = Optimizations::SWITCHES.iter().map(|s| s.name).collect();
        write!(
            f,
            "`{}` is not NAME=on or NAME=off, where NAME is `all`, `{}`",
            self.item,
            names.join("`, `")
        )
    }
}

impl std::error::Error for ParseOptimizationsError {}

impl FromStr for Optimizations {
    type Err = ParseOptimizationsError;

    fn from_str(list: &str) -> Result<Self, Self::Err> {
        let mut optimizations = Optimizations::default();
        for item in list.split(',').filter(|item| !item.is_empty()) {
            let error = || ParseOptimizationsError { item: item.into() };
            let (name, value) = item.split_once('=').ok_or_else(error)?;
            let on = match value {
                "on" => true,
                "off" => false,
                _ => return Err(error()),
            };
            if name == "all" {
                optimizations = if on {
                    Optimizations::ALL
                } else {
                    Optimizations::NONE
                };
                continue;
            }
            let switch = Optimizations::SWITCHES.iter().find(|s| s.name == name);
            (switch.ok_or_else(error)?.set)(&mut optimizations, on);
        }
        Ok(optimizations)
    }
}

/// The list that parses to it.
impl fmt::Display for Optimizations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, switch) in Optimizations::SWITCHES.iter().enumerate() {
            let comma = if i > 0 { "," } else { "" };
            let value = if (switch.get)(self) { "on" } else { "off" };
            write!(f, "{comma}{}={value}", switch.name)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_switch_is_its_own() {
        let mut seen = vec![Optimizations::ALL];
        for switch in Optimizations::SWITCHES {
            let off: Optimizations = format!("{}=off", switch.name).parse().unwrap();
            assert!(!seen.contains(&off), "{}", switch.name);
            assert_eq!(off.to_string().parse(), Ok(off));
            seen.push(off);
        }
    }

    #[test]
    fn later_items_win_and_errors_name_the_item() {
        let parse = |list: &str| list.parse::<Optimizations>();
        assert_eq!(parse(""), Ok(Optimizations::ALL));
        assert_eq!(parse("inline=off,all=on"), Ok(Optimizations::ALL));
        for list in ["inline", "inline=1", "all=on,nonsense=off"] {
            let error = parse(list).unwrap_err().to_string();
            let item = list.rsplit(',').next().unwrap();
            assert!(error.starts_with(&format!("`{item}` is not")), "{error}");
            assert!(error.contains("`inline-recursion`"), "{error}");
        }
    }
}
