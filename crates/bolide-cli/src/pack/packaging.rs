//! The options about the package that comes out of a build.

use bolide_pack::{DebugInfo, Packaging, Target, WasmOpt};
use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

#[derive(Args, Debug)]
#[command(next_help_heading = "Package")]
pub(crate) struct PackagingArgs {
    /// Where the package is used.
    #[arg(long, value_name = "TARGET", default_value = "all", value_parser = targets())]
    target: Target,

    /// The name of the files, without `.js`; that of the library by default.
    #[arg(long, value_name = "NAME")]
    out_name: Option<String>,

    /// The scope of the package's name in npm.
    #[arg(long)]
    scope: Option<String>,

    /// Make no declarations for TypeScript.
    #[arg(long)]
    no_typescript: bool,

    /// Keep the names of functions, which stack traces show; without this, they are kept if the profile has debug information.
    #[arg(long, conflicts_with = "strip")]
    names: bool,

    /// Keep names and DWARF, which cargo is told to make.
    #[arg(long, conflicts_with_all = ["split_debug_info", "strip"])]
    debug_info: bool,

    /// As `--debug-info`, with DWARF in a file of its own, which debuggers load on demand.
    #[arg(long, conflicts_with = "strip")]
    split_debug_info: bool,

    /// Keep neither names nor what the module says about the tools that made it.
    #[arg(long)]
    strip: bool,

    /// Run wasm-opt, in all profiles, with these arguments instead of `-Os`.
    #[arg(
        long,
        value_name = "ARGS",
        require_equals = true,
        allow_hyphen_values = true,
        conflicts_with = "no_wasm_opt"
    )]
    wasm_opt: Option<String>,

    /// Do not run wasm-opt.
    #[arg(long)]
    no_wasm_opt: bool,
}

/// The names of targets, and those that wasm-pack has for them.
fn targets() -> impl TypedValueParser<Value = Target> {
    let values = Target::ALL.into_iter().map(|target| {
        let value = PossibleValue::new(target.name());
        if target == Target::Node {
            value.alias("nodejs")
        } else {
            value
        }
    });
    PossibleValuesParser::new(values).try_map(|name| name.parse::<Target>())
}

impl PackagingArgs {
    /// What the library is asked for.
    pub(crate) fn packaging(&self) -> Packaging {
        Packaging {
            target: self.target,
            out_name: self.out_name.clone(),
            scope: self.scope.clone(),
            no_typescript: self.no_typescript,
            debug_info: match self {
                PackagingArgs { strip: true, .. } => DebugInfo::None,
                PackagingArgs {
                    split_debug_info: true,
                    ..
                } => DebugInfo::Split,
                PackagingArgs {
                    debug_info: true, ..
                } => DebugInfo::Full,
                PackagingArgs { names: true, .. } => DebugInfo::Names,
                _ => DebugInfo::Profile,
            },
            wasm_opt: match &self.wasm_opt {
                _ if self.no_wasm_opt => WasmOpt::Off,
                Some(line) => WasmOpt::with(line),
                None => WasmOpt::Default,
            },
        }
    }
}
