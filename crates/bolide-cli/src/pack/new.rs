//! `bolide new`.

use std::path::{Path, PathBuf};

use bolide_pack::Report;
use bolide_pack::new::{Created, Membership, Options, TEMPLATES, Template, create};
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum, ValueHint};

use super::report::Progress;
use crate::exit;
use crate::failure::Failure;

#[derive(Args, Debug)]
pub(crate) struct NewArgs {
    /// The folder of the project, which gives it its name; `.` is the current one.
    #[arg(value_name = "NAME", value_hint = ValueHint::DirPath)]
    path: PathBuf,

    /// What the project is.
    #[arg(long, value_name = "TEMPLATE", default_value = TEMPLATES[0].name, value_parser = templates())]
    template: &'static Template,

    /// The name of the project, if it is not that of its folder.
    #[arg(long)]
    name: Option<String>,

    /// Whether the project becomes a Git repository.
    ///
    /// By default it does where Git is installed and the folder is in no repository yet.
    #[arg(long)]
    vcs: Option<Vcs>,

    /// Say only what needs attention.
    #[arg(short, long)]
    quiet: bool,
}

/// A version control system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Vcs {
    Git,
    None,
}

fn templates() -> impl TypedValueParser<Value = &'static Template> {
    let names = TEMPLATES.iter();
    let names = names.map(|template| PossibleValue::new(template.name).help(template.summary));
    PossibleValuesParser::new(names)
        .map(|name| Template::find(&name).expect("only names of templates are possible"))
}

/// Makes a project.
pub(crate) fn new(args: &NewArgs) -> Result<u8, Failure> {
    let created = create(&Options {
        path: args.path.clone(),
        name: args.name.clone(),
        template: args.template,
        git: args.vcs.map(|vcs| vcs == Vcs::Git),
    })?;
    tell(&created, args);
    Ok(exit::OK)
}

/// Says what was made, and what to do with it.
fn tell(created: &Created, args: &NewArgs) {
    let mut progress = Progress::new(args.quiet, 0);
    let (name, summary) = (&created.name, args.template.summary);
    progress.step("Created", &format_args!("`{name}`: {summary}"));
    match &created.membership {
        Membership::None => {}
        membership => progress.step("Note", membership),
    }
    let enter = (created.folder != Path::new("."))
        .then(|| format!("cd {}", quote(&created.folder.to_string_lossy())));
    let steps: Vec<String> = enter
        .into_iter()
        .chain(created.next.iter().cloned())
        .collect();
    progress.step("Next", &steps.join("\n             "));
}

/// The word as a shell takes it.
fn quote(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./".contains(c);
    if word.chars().all(is_plain) && !word.starts_with('-') {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}
