//! `bolide parse`.

use std::path::Path;

use bolide::SourceKind;

use crate::args::ParseArgs;
use crate::exit;
use crate::failure::Failure;
use crate::input::{self, Source};
use crate::terminal;

/// Translates a module, and returns the exit code.
pub(crate) fn parse(args: &ParseArgs) -> Result<u8, Failure> {
    let name = input::display(&args.file);
    let bytes = input::read(&args.file)?;
    if SourceKind::detect(&bytes) != SourceKind::Text {
        return Err(Failure::new(format!("{name} is not text"))
            .with_help("`bolide parse` takes a module in text format, usually a `.wat` file"));
    }
    let source = Source::from_bytes(name, bytes)?;
    let output = match &args.output {
        Some(output) => output.clone(),
        None if args.file == Path::new("-") => "-".into(),
        None => args.file.with_extension("wasm"),
    };
    terminal::write(&output, &source.binary)?;
    Ok(exit::OK)
}
