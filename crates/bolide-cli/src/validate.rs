//! `bolide validate`.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use bolide::{Features, SourceKind};
use bolide_module::{Bytes, Module, StreamingModule, TypeRegistry};

use crate::args::ValidateArgs;
use crate::exit;
use crate::failure::Failure;
use crate::input::{self, Source};
use crate::terminal::{self, Stream, Style};

/// Bytes that are read at once.
const CHUNK: usize = 64 << 10;

/// Checks all files, and returns the exit code.
pub(crate) fn validate(args: &ValidateArgs) -> Result<u8, Failure> {
    let mut code = exit::OK;
    for file in &args.files {
        let result = match file == Path::new("-") {
            true => validate_stream(args.features.features),
            false => validate_file(file, args.features.features),
        };
        match result {
            Ok(module) => terminal::print(&report(file, &module))?,
            Err(failure) => {
                failure.print();
                code = exit::ERROR;
            }
        }
    }
    Ok(code)
}

fn report(file: &Path, module: &Module) -> String {
    let ok = Style::Good
        .apply("ok", Stream::Stdout.is_styled())
        .into_owned();
    let name = match file == Path::new("-") {
        true => "standard input".to_owned(),
        false => terminal::printable(&file.to_string_lossy()),
    };
    match &module.unsupported {
        None => format!("{name}: {ok}\n"),
        Some(unsupported) => format!(
            "{name}: {ok}, but cannot be run yet: `{}` of the {} proposal at offset {:#x}\n",
            unsupported.what, unsupported.proposal, unsupported.offset
        ),
    }
}

fn validate_file(file: &Path, features: Features) -> Result<Module, Failure> {
    let source = Source::read(file)?;
    let registry = Arc::new(TypeRegistry::new());
    let module = Module::new(&registry, features, Bytes::from(source.binary));
    module.map_err(|error| input::invalid(&source.name, &error, None))
}

/// Validates standard input while it arrives. Text is translated when it is complete.
fn validate_stream(features: Features) -> Result<Module, Failure> {
    let name = input::display(Path::new("-"));
    let unreadable = |error| Failure::new(format!("cannot read {name}: {error}"));
    let mut stdin = std::io::stdin().lock();
    let mut head = Vec::new();
    let read = stdin.by_ref().take(CHUNK as u64).read_to_end(&mut head);
    read.map_err(unreadable)?;
    if SourceKind::detect(&head) == SourceKind::Text {
        stdin.read_to_end(&mut head).map_err(unreadable)?;
        let source = Source::from_bytes(name.clone(), head)?;
        let module = Module::new(&Arc::default(), features, Bytes::from(source.binary));
        return module.map_err(|error| input::invalid(&name, &error, None));
    }
    let invalid = |error| input::invalid(&name, &error, None);
    let mut module = StreamingModule::new(&Arc::default(), features);
    module.push(&head).map_err(invalid)?;
    let mut chunk = vec![0; CHUNK];
    loop {
        let length = match stdin.read(&mut chunk) {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(unreadable(error)),
        };
        module.push(&chunk[..length]).map_err(invalid)?;
    }
    module.finish().map_err(invalid)
}
