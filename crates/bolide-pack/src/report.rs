//! What a user is told while work goes on.

use std::fmt::Display;

/// Is told what happens.
pub trait Report {
    /// A step begins: `verb` is what cargo would print in green before it (`Compiling`), `what` the rest of the line.
    fn step(&mut self, verb: &str, what: &dyn Display);

    /// Something that the user should know, but that does not stop the work.
    fn warn(&mut self, what: &dyn Display);

    /// Something that explains what happens, for those who want to know everything.
    fn note(&mut self, _what: &dyn Display) {}

    /// Whether what other programs print on standard error goes to [`Report::output`], and not to that of this process.
    fn captures(&self) -> bool {
        false
    }

    /// Something that another program has printed; it need not be whole lines.
    fn output(&mut self, _bytes: &[u8]) {}
}

/// Tells nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Report for Silent {
    fn step(&mut self, _: &str, _: &dyn Display) {}

    fn warn(&mut self, _: &dyn Display) {}
}
