//! `bolide wast`.

use std::path::Path;

use bolide::{Config, Engine, Store};
use bolide_wast::{Report, SpectestConfig, WastContext};

use crate::args::WastArgs;
use crate::exit;
use crate::failure::Failure;
use crate::input;
use crate::terminal::{self, printable};

/// Runs all scripts, and returns the exit code.
pub(crate) fn wast(args: &WastArgs) -> Result<u8, Failure> {
    let mut config = Config::new();
    config.features(args.features.features);
    let engine = Engine::new(&config)
        .map_err(|error| Failure::from_error("cannot start the engine", &error))?;
    let mut code = exit::OK;
    for file in &args.files {
        match script(&engine, file) {
            Ok(report) => {
                let name = printable(&file.to_string_lossy());
                // Failures begin with the file's name, the counts do not.
                let report_text = report.to_string();
                let (lines, counts) = report_text.rsplit_once('\n').unwrap_or(("", &report_text));
                let lines = if lines.is_empty() {
                    String::new()
                } else {
                    printable_lines(lines)
                };
                terminal::print(&format!("{lines}{name}: {counts}\n"))?;
                if !report.is_success() {
                    code = exit::ERROR;
                }
            }
            Err(failure) => {
                failure.print();
                code = exit::ERROR;
            }
        }
    }
    Ok(code)
}

fn printable_lines(text: &str) -> String {
    text.lines().map(|line| printable(line) + "\n").collect()
}

fn script(engine: &Engine, file: &Path) -> Result<Report, Failure> {
    let name = input::display(file);
    let bytes = input::read_file(file, &name)?;
    let failed = |error| Failure::from_error(format!("cannot run {name}"), &error);
    let mut context = WastContext::new(Store::new(engine, ()));
    context
        .register_spectest(&SpectestConfig::default())
        .map_err(failed)?;
    context
        .run_wast(&file.to_string_lossy(), &bytes)
        .map_err(failed)
}
