//! Running JavaScript.

use bolide_js::{Error, Runtime};

use crate::args::RunArgs;
use crate::failure::Failure;

/// Runs a script and returns its exit code.
pub(crate) fn run(args: &RunArgs) -> Result<u8, Failure> {
    let file = std::path::absolute(args.file())
        .map_err(|error| Failure::new("cannot find the script").with_cause(error.to_string()))?;
    let folder = file.parent().unwrap_or(&file);
    let mut builder = Runtime::builder().dir(folder, folder, false);
    for arg in args.args() {
        builder = builder.arg(arg.to_string_lossy());
    }
    for variable in &args.env {
        builder = builder.env(
            variable.name.to_string_lossy(),
            variable.value.to_string_lossy(),
        );
    }
    let mut runtime = builder
        .build()
        .map_err(|error| Failure::new(error.to_string()))?;
    match runtime.run_file(&file) {
        Ok(()) => Ok(0),
        Err(Error::Exit(code)) => Ok(code as u8),
        Err(Error::Exception(exception)) => {
            eprintln!("{}", exception.report);
            Ok(1)
        }
        Err(error) => Err(Failure::new(error.to_string())),
    }
}
