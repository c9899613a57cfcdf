//! Errors: what went wrong, why, and what to do about it.

use std::fmt;
use std::path::Path;

/// The result of what can fail here.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something could not be built, served or tested, in the words that a user gets.
#[derive(Debug)]
pub struct Error(Box<Parts>);

#[derive(Debug)]
struct Parts {
    what: String,
    causes: Vec<String>,
    help: Vec<String>,
    told: bool,
}

impl Error {
    /// An error that says `what` went wrong, where.
    pub fn new(what: impl Into<String>) -> Error {
        Error(Box::new(Parts {
            what: what.into(),
            causes: Vec::new(),
            help: Vec::new(),
            told: false,
        }))
    }

    /// That a file or folder could not be used: ``cannot {verb} `{path}` ``, because of `cause`.
    pub fn io(verb: &str, path: &Path, cause: &std::io::Error) -> Error {
        Error::new(format!("cannot {verb} `{}`", path.display())).with_cause(cause.to_string())
    }

    /// An error that another program has told the user about already: there is nothing left to say but that.
    pub fn told(what: impl Into<String>) -> Error {
        let mut error = Error::new(what);
        error.0.told = true;
        error
    }

    /// With what led to it.
    pub fn with_cause(mut self, cause: impl Into<String>) -> Error {
        self.0.causes.push(cause.into());
        self
    }

    /// With something to do about it.
    pub fn with_help(mut self, help: impl Into<String>) -> Error {
        self.0.help.push(help.into());
        self
    }

    /// What went wrong, where.
    pub fn what(&self) -> &str {
        &self.0.what
    }

    /// What led to it, from the outside to the inside.
    pub fn causes(&self) -> impl Iterator<Item = &str> {
        self.0.causes.iter().map(String::as_str)
    }

    /// What to do about it.
    pub fn help(&self) -> impl Iterator<Item = &str> {
        self.0.help.iter().map(String::as_str)
    }

    /// Whether another program, such as cargo, has told the user about it already.
    pub fn is_told(&self) -> bool {
        self.0.told
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.what)?;
        for cause in &self.0.causes {
            write!(f, ": {cause}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
