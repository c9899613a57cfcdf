//! `bolide inspect`.

mod assembly;
mod html;
mod layout;
mod page;
mod report;
mod sections;
mod table;
mod types;

use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;

use bolide::Features;
use bolide_module::{Bytes, Module};

use crate::args::InspectArgs;
use crate::exit;
use crate::failure::Failure;
use crate::input::{self, Source};
use crate::terminal::{self, Stream};
use report::Report;

/// Functions on a page, unless the user says otherwise.
const FUNCTIONS: usize = 20;

/// The fields of the JSON form. They are kept stable: new ones may be added.
pub(crate) const JSON_HELP: &str = "\
JSON fields (sizes in bytes; offsets from the start of the file):
  file, size, name    the file, its size, the module's name or null
  kind                command, reactor, object or module
  unsupported         what bolide validates but cannot run yet, or null:
                      what, proposal, offset
  start               index of the start function, or null
  sections[]          name, custom, offset, size
  imports[]           module, name, kind, index, type
  exports[]           name, kind, index, type
  functions           imported, defined, code_size, largest[]: index, name,
                      symbol, type, offset, size
  memories[]          index, name, imported, type, initial_bytes,
                      maximum_bytes, data_bytes, layout[]: what, start, end
  data[]              index, name, mode, memory, offset, size
  tables[], tags[]    index, name, imported, type
  elements[]          index, name, mode, table, offset, type, count
  globals[]           index, name, imported, type, init
  producers[]         field, name, version
  target_features[]   name, used

kind of an import or export: func, table, memory, global or tag; mode: active,
passive or declared; offset of a segment and init: constant expressions. Types
are written as in the text format. The name of a function is demangled, its
symbol is as in the module.";

/// Shows what is in a module.
pub(crate) fn inspect(args: &InspectArgs) -> Result<u8, Failure> {
    let output = args.output.as_deref().unwrap_or(Path::new("-"));
    if args.html && output == Path::new("-") && std::io::stdout().is_terminal() {
        return Err(
            Failure::new("a page for browsers is not for a terminal").with_help(format!(
                "write it to a file: `bolide inspect --html {} --output page.html`",
                terminal::printable(&args.file.to_string_lossy())
            )),
        );
    }
    let source = Source::read(&args.file)?;
    if let Some(function) = &args.asm {
        let text = assembly::show(source, function, args.tier)?;
        terminal::write(output, text.as_bytes())?;
        return Ok(exit::OK);
    }
    let module = Module::new(&Arc::default(), Features::ALL, Bytes::from(source.binary));
    let module = module.map_err(|error| input::invalid(&source.name, &error, None))?;
    let functions = args.functions.unwrap_or(match () {
        () if args.json => usize::MAX,
        () if args.html => html::FUNCTIONS,
        () => FUNCTIONS,
    });
    let report = Report::new(&args.file, &module, functions);
    let text = if args.html {
        html::render(report, &module)?
    } else if args.json {
        let json = serde_json::to_string_pretty(&report);
        json.map_err(|error| Failure::new(format!("cannot write JSON: {error}")))? + "\n"
    } else if output == Path::new("-") {
        page::render(&report, terminal::width(), Stream::Stdout.is_styled())
    } else {
        page::render(&report, None, false)
    };
    terminal::write(output, text.as_bytes())?;
    Ok(exit::OK)
}
