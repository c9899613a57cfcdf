//! What users see of tests while they run, and after: the form that Rust's own test harness has.

use std::io::{self, Write};
use std::time::Duration;

use super::module::Test;
use super::outcome::{Finished, Outcome};
use super::trace;

/// How results are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// A line for each test.
    #[default]
    Pretty,
    /// A character for each test.
    Terse,
}

/// How many characters of [`Format::Terse`] fit in a line.
const TERSE_WIDTH: usize = 88;

/// Prints the results of one module, and counts them.
pub(super) struct Printer<'a> {
    out: &'a mut dyn Write,
    format: Format,
    styled: bool,
    /// Whether what tests write is kept until they have failed.
    captures: bool,
    /// Whether what tests have written is printed if they succeed, too.
    shows_output: bool,
    total: usize,
    done: usize,
    passed: usize,
    ignored: usize,
    failures: Vec<(String, String)>,
    successes: Vec<(String, String)>,
}

/// Colours, as codes of terminals.
#[derive(Clone, Copy)]
enum Colour {
    Red = 31,
    Green = 32,
    Yellow = 33,
}

impl<'a> Printer<'a> {
    pub(super) fn new(
        out: &'a mut dyn Write,
        format: Format,
        styled: bool,
        captures: bool,
        shows_output: bool,
    ) -> Printer<'a> {
        Printer {
            out,
            format,
            styled,
            captures,
            shows_output,
            total: 0,
            done: 0,
            passed: 0,
            ignored: 0,
            failures: Vec::new(),
            successes: Vec::new(),
        }
    }

    fn paint(&self, text: &str, colour: Colour) -> String {
        match self.styled {
            true => format!("\x1b[{}m{text}\x1b[0m", colour as u8),
            false => text.to_owned(),
        }
    }

    /// The names of tests, in the form that other programs read.
    pub(super) fn list(&mut self, tests: &[Test], kind: &str) -> io::Result<()> {
        for test in tests {
            writeln!(self.out, "{}: {kind}", test.name)?;
        }
        if self.format == Format::Pretty {
            let (tests, benchmarks) = match kind {
                "test" => (tests.len(), 0),
                _ => (0, tests.len()),
            };
            let tests = plural(tests, "test");
            let benchmarks = plural(benchmarks, "benchmark");
            writeln!(self.out, "\n{tests}, {benchmarks}")?;
        }
        self.out.flush()
    }

    /// `total` tests are about to run.
    pub(super) fn start(&mut self, total: usize) -> io::Result<()> {
        self.total = total;
        writeln!(self.out, "\nrunning {}", plural(total, "test"))?;
        self.out.flush()
    }

    /// A test is about to run.
    pub(super) fn test(&mut self, name: &str) -> io::Result<()> {
        // What the test writes would stand between the two halves of the line.
        if self.format == Format::Pretty && self.captures {
            write!(self.out, "test {name} ... ")?;
            self.out.flush()?;
        }
        Ok(())
    }

    /// A test is done.
    pub(super) fn finished(&mut self, name: &str, finished: Finished) -> io::Result<()> {
        let (word, letter, colour) = match &finished.outcome {
            Outcome::Passed => ("ok".to_owned(), ".", Colour::Green),
            Outcome::Ignored(None) => ("ignored".to_owned(), "i", Colour::Yellow),
            Outcome::Ignored(Some(why)) => (format!("ignored, {why}"), "i", Colour::Yellow),
            Outcome::Failed(_) => ("FAILED".to_owned(), "F", Colour::Red),
        };
        self.done += 1;
        match self.format {
            Format::Pretty => {
                let start = match self.captures {
                    true => String::new(),
                    false => format!("test {name} ... "),
                };
                let word = self.paint(&word, colour);
                writeln!(self.out, "{start}{word}")?;
            }
            Format::Terse => {
                let letter = self.paint(letter, colour);
                write!(self.out, "{letter}")?;
                if self.done.is_multiple_of(TERSE_WIDTH) {
                    writeln!(self.out, " {}/{}", self.done, self.total)?;
                }
            }
        }
        self.out.flush()?;
        let output = trace::tidy_output(&finished.output, name);
        match finished.outcome {
            Outcome::Passed => {
                self.passed += 1;
                if self.shows_output && !output.is_empty() {
                    self.successes.push((name.to_owned(), output));
                }
            }
            Outcome::Ignored(_) => self.ignored += 1,
            Outcome::Failed(why) => {
                self.failures.push((name.to_owned(), details(output, &why)));
            }
        }
        Ok(())
    }

    /// All tests are done; says whether none failed.
    pub(super) fn end(&mut self, filtered: usize, elapsed: Duration) -> io::Result<bool> {
        if self.format == Format::Terse && !self.done.is_multiple_of(TERSE_WIDTH) {
            writeln!(self.out)?;
        }
        for (heading, tests) in [("successes", &self.successes), ("failures", &self.failures)] {
            if tests.is_empty() {
                continue;
            }
            writeln!(self.out, "\n{heading}:\n")?;
            for (name, text) in tests {
                writeln!(self.out, "---- {name} stdout ----\n{}\n", text.trim_end())?;
            }
            writeln!(self.out, "\n{heading}:")?;
            for (name, _) in tests {
                writeln!(self.out, "    {name}")?;
            }
        }
        let ok = self.failures.is_empty();
        let word = match ok {
            true => self.paint("ok", Colour::Green),
            false => self.paint("FAILED", Colour::Red),
        };
        writeln!(
            self.out,
            "\ntest result: {word}. {} passed; {} failed; {} ignored; {filtered} filtered out; finished in {:.2}s\n",
            self.passed,
            self.failures.len(),
            self.ignored,
            elapsed.as_secs_f64()
        )?;
        self.out.flush()?;
        Ok(ok)
    }
}

/// What is printed about a test that failed: what it has written, then what was wrong.
fn details(mut output: String, why: &str) -> String {
    if !output.is_empty() && !output.ends_with('\n') {
        output.push('\n');
    }
    match trace::frames_of_panic(why) {
        // The message of the panic is in the output.
        Some("") if output.contains("panicked at ") => output,
        Some(frames) if output.contains("panicked at ") => {
            format!("{output}stack backtrace:\n{frames}")
        }
        _ => output + why,
    }
}

fn plural(count: usize, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        count => format!("{count} {noun}s"),
    }
}
