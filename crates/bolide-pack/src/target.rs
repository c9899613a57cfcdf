//! Where a package is used.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};

/// Where a package is used, which decides how its glue gets the module.
///
/// Every target is an ES module. In the packages of [`Target::Web`] and [`Target::All`] the default export, `init`, gets the
/// module and makes it ready; `initSync` does so with a module that one already has. In the others the module
/// is ready as soon as it is imported, and there is neither.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Target {
    /// Everywhere: browsers with and without a bundler, Node, Deno and Bolide.
    ///
    /// One module and one API, by whichever way it is imported. Its default export `init` makes the module ready in
    /// browsers. Where files can be read at once (Bolide, Deno, Node), the module is ready when it is imported, `init` resolves
    /// at once and does nothing, and `require` works as well as `import`. So a script that begins with `await init()` runs in
    /// all of them.
    #[default]
    All,
    /// Browsers without a bundler, and bundlers that know `new URL("file", import.meta.url)`.
    Web,
    /// Bundlers that link WebAssembly as modules (the ESM integration): the module is ready when it is imported.
    Bundler,
    /// Node, by `import` or `require`.
    Node,
    /// Deno.
    Deno,
    /// Bolide: as for Node, whose modules it has.
    Bolide,
}

impl Target {
    /// All targets, in the order in which help lists them.
    pub const ALL: [Target; 6] = [
        Target::All,
        Target::Web,
        Target::Bundler,
        Target::Node,
        Target::Deno,
        Target::Bolide,
    ];

    /// What it is called on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Target::All => "all",
            Target::Web => "web",
            Target::Bundler => "bundler",
            Target::Node => "node",
            Target::Deno => "deno",
            Target::Bolide => "bolide",
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Target {
    type Err = Error;

    /// Takes the names that wasm-pack has for targets, too.
    fn from_str(text: &str) -> Result<Target> {
        if text == "nodejs" {
            return Ok(Target::Node);
        }
        let mut targets = Target::ALL.into_iter();
        if let Some(target) = targets.find(|target| target.name() == text) {
            return Ok(target);
        }
        let error = Error::new(format!("there is no target `{text}`"));
        Err(if text == "no-modules" {
            error.with_help("every browser of today has modules: use `all` or `web`, and `<script type=\"module\">`")
        } else {
            let names: Vec<_> = Target::ALL.iter().map(|target| target.name()).collect();
            error.with_help(format!("it is one of {}", names.join(", ")))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_their_targets() {
        for target in Target::ALL {
            assert_eq!(target.name().parse::<Target>().unwrap(), target);
        }
        assert_eq!("nodejs".parse::<Target>().unwrap(), Target::Node);
    }

    #[test]
    fn a_wrong_name_is_answered_with_the_right_ones() {
        for (text, help) in [("no-modules", "modules"), ("wbe", "all, web, bundler")] {
            let error = text.parse::<Target>().unwrap_err();
            assert!(error.help().any(|line| line.contains(help)), "{error:?}");
        }
    }
}
