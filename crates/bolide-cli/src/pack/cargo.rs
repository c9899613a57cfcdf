//! The options about what Cargo builds.

use std::ffi::OsString;
use std::path::PathBuf;

use bolide_pack::build::CargoOptions;
use clap::{Args, ValueHint};

use super::report::Progress;
use crate::terminal;

#[derive(Args, Debug)]
#[command(next_help_heading = "Cargo")]
pub(crate) struct CargoArgs {
    /// Optimize: the profile `release`.
    #[arg(short, long, group = "chosen_profile")]
    release: bool,

    /// Compile fast: the profile `dev`.
    #[arg(long, group = "chosen_profile", visible_alias = "debug")]
    dev: bool,

    /// Any profile of Cargo, also one of your own.
    #[arg(long, value_name = "NAME", group = "chosen_profile")]
    profile: Option<String>,

    /// The package of the workspace.
    #[arg(short, long, value_name = "NAME")]
    package: Option<String>,

    /// The program of the package, instead of its library.
    #[arg(long, value_name = "NAME")]
    bin: Option<String>,

    /// Features to switch on, separated by commas or spaces (repeatable).
    #[arg(short = 'F', long, value_name = "FEATURES")]
    features: Vec<String>,

    /// Switch on all features.
    #[arg(long)]
    all_features: bool,

    /// Leave out the feature `default`.
    #[arg(long)]
    no_default_features: bool,

    /// Fail if Cargo.lock would have to change.
    #[arg(long)]
    locked: bool,

    /// Do not use the network.
    #[arg(long)]
    offline: bool,

    /// As --locked and --offline together.
    #[arg(long)]
    frozen: bool,

    /// Where Cargo puts what it makes.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    target_dir: Option<PathBuf>,

    /// Say only what needs attention.
    #[arg(short, long, conflicts_with = "verbose")]
    pub(super) quiet: bool,

    /// Say more: which toolchain is used, and what Cargo runs (-vv: the output of build scripts, too).
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub(super) verbose: u8,
}

impl CargoArgs {
    /// Tells the user what they want to know.
    pub(super) fn progress(&self) -> Progress {
        Progress::new(self.quiet, self.verbose)
    }

    /// The first option that is given, as the user wrote it: an error where something else than Rust is built.
    pub(super) fn given(&self) -> Option<&'static str> {
        let given = [
            (self.release, "--release"),
            (self.dev, "--dev"),
            (self.profile.is_some(), "--profile"),
            (self.package.is_some(), "--package"),
            (self.bin.is_some(), "--bin"),
            (!self.features.is_empty(), "--features"),
            (self.all_features, "--all-features"),
            (self.no_default_features, "--no-default-features"),
            (self.locked, "--locked"),
            (self.offline, "--offline"),
            (self.frozen, "--frozen"),
            (self.target_dir.is_some(), "--target-dir"),
        ];
        given
            .into_iter()
            .find(|(is_given, _)| *is_given)
            .map(|(_, name)| name)
    }

    /// What the library is asked for; `profile` is that without any of the options, and `args` are for Cargo itself.
    pub(super) fn options(&self, profile: &str, args: &[OsString]) -> CargoOptions {
        let profile = match &self.profile {
            Some(profile) => profile,
            None if self.release => "release",
            None if self.dev => "dev",
            None => profile,
        };
        CargoOptions {
            package: self.package.clone(),
            bin: self.bin.clone(),
            features: self.features.clone(),
            all_features: self.all_features,
            no_default_features: self.no_default_features,
            locked: self.locked,
            offline: self.offline,
            frozen: self.frozen,
            target_dir: self.target_dir.clone(),
            args: args.to_vec(),
            quiet: self.quiet,
            verbose: self.verbose,
            color: terminal::chosen_colors(),
            ..CargoOptions::new(profile)
        }
    }
}
