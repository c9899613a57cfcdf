//! What is entered: code, and commands, which begin with a dot.

use std::fs;

use super::worker::Client;
use crate::failure::Failure;
use crate::terminal;

const COMMANDS: [(&str, &str); 6] = [
    (".clear", "forget all variables"),
    (".editor", "enter text of many lines; Ctrl-D evaluates it"),
    (".exit", "leave, as Ctrl-D does"),
    (".help", "show this"),
    (".load", "FILE: evaluate a file"),
    (".save", "FILE: write what was evaluated to a file"),
];

/// The names of commands, for completion.
pub(super) fn names_that_begin_with(text: &str) -> Vec<String> {
    let names = COMMANDS.iter().map(|(name, _)| (*name).to_owned());
    names.filter(|name| name.starts_with(text)).collect()
}

/// Whether a line is a command, known or not, rather than code: numbers may begin with a dot as well.
pub(super) fn is_command(line: &str) -> bool {
    let mut characters = line.chars();
    characters.next() == Some('.') && characters.next().is_some_and(|c| c.is_ascii_alphabetic())
}

/// A command.
#[derive(Debug, PartialEq)]
pub(super) enum Command {
    Clear,
    Editor,
    Exit,
    Help,
    Load(String),
    Save(String),
    /// No command has this name.
    Unknown(String),
    /// The command of this name needs a file.
    NoFile(String),
}

/// What to do next.
#[derive(Debug, PartialEq)]
pub(super) enum Step {
    /// Read more.
    More,
    Evaluate(String),
    Command(Command),
}

impl Command {
    fn parse(line: &str) -> Command {
        let (name, argument) = match line.trim().split_once(char::is_whitespace) {
            Some((name, argument)) => (name, argument.trim()),
            None => (line.trim(), ""),
        };
        match (name, argument) {
            (".clear", _) => Command::Clear,
            (".editor", _) => Command::Editor,
            (".exit", _) => Command::Exit,
            (".help", _) => Command::Help,
            (".load" | ".save", "") => Command::NoFile(name.to_owned()),
            (".load", file) => Command::Load(file.to_owned()),
            (".save", file) => Command::Save(file.to_owned()),
            _ => Command::Unknown(name.to_owned()),
        }
    }

    /// Does it. Returns code to evaluate, if that is what it does.
    pub(super) fn run(
        self,
        client: &Client,
        inputs: &mut Inputs,
    ) -> Result<Option<String>, Failure> {
        match self {
            Command::Clear => {
                client.clear()?;
                inputs.evaluated.clear();
            }
            Command::Editor => {
                inputs.editor = Some(String::new());
                terminal::print("(Ctrl-D evaluates the text, Ctrl-C drops it)\n")?;
            }
            Command::Exit => {}
            Command::Help => {
                let lines = COMMANDS.map(|(name, text)| format!("{name:<8} {text}\n"));
                terminal::print(&lines.concat())?;
            }
            Command::Load(file) => match fs::read_to_string(&file) {
                Ok(text) => return Ok(Some(text)),
                Err(error) => complain(&format!("cannot read `{file}`: {error}"))?,
            },
            Command::Save(file) => {
                let text: String = inputs
                    .evaluated
                    .iter()
                    .map(|code| format!("{code}\n"))
                    .collect();
                if let Err(error) = fs::write(&file, text) {
                    complain(&format!("cannot write `{file}`: {error}"))?;
                }
            }
            Command::Unknown(name) => {
                complain(&format!("there is no command `{name}`; see .help"))?
            }
            Command::NoFile(name) => complain(&format!("`{name}` needs the name of a file"))?,
        }
        Ok(None)
    }
}

fn complain(text: &str) -> Result<(), Failure> {
    terminal::print(&format!("{}\n", terminal::printable(text)))
}

/// What has been entered.
#[derive(Debug, Default)]
pub(super) struct Inputs {
    /// Lines of code that is not complete.
    pending: String,
    /// The text of `.editor`, in that mode.
    editor: Option<String>,
    evaluated: Vec<String>,
}

impl Inputs {
    /// One more line. Code is evaluated when it is complete.
    pub(super) fn push(&mut self, line: &str) -> Step {
        if self.editor.is_some() || self.pending.is_empty() && is_command(line) {
            return self.push_all(line);
        }
        self.pending.push_str(line);
        self.pending.push('\n');
        match bolide_js::is_incomplete(&self.pending) {
            true => Step::More,
            false => {
                let code = std::mem::take(&mut self.pending);
                self.evaluate(code.trim_end())
            }
        }
    }

    /// Text that is complete.
    pub(super) fn push_all(&mut self, text: &str) -> Step {
        if let Some(editor) = &mut self.editor {
            editor.push_str(text);
            editor.push('\n');
            return Step::More;
        }
        match is_command(text) {
            true => Step::Command(Command::parse(text)),
            false => self.evaluate(text),
        }
    }

    fn evaluate(&mut self, code: &str) -> Step {
        if code.trim().is_empty() {
            return Step::More;
        }
        self.evaluated.push(code.to_owned());
        Step::Evaluate(code.to_owned())
    }

    /// What is left when the input ends.
    pub(super) fn finish(&mut self) -> Option<String> {
        let rest = self
            .end_editor()
            .unwrap_or_else(|| std::mem::take(&mut self.pending));
        (!rest.trim().is_empty()).then_some(rest)
    }

    /// Leaves the editor mode with its text.
    pub(super) fn end_editor(&mut self) -> Option<String> {
        let text = self.editor.take()?;
        self.evaluated.push(text.clone());
        Some(text)
    }

    pub(super) fn is_editor(&self) -> bool {
        self.editor.is_some()
    }

    /// Forgets what is not complete. Returns whether there was anything.
    pub(super) fn reset(&mut self) -> bool {
        let pending = !std::mem::take(&mut self.pending).is_empty();
        self.editor.take().is_some() || pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_become_steps() {
        for (lines, expected) in [
            (&["1 + 1"][..], Step::Evaluate("1 + 1".to_owned())),
            (&["f(", "1)"], Step::Evaluate("f(\n1)".to_owned())),
            (&["f("], Step::More),
            (&[""], Step::More),
            (&[".5"], Step::Evaluate(".5".to_owned())),
            (&[".exit"], Step::Command(Command::Exit)),
            (
                &[".load  a b.js "],
                Step::Command(Command::Load("a b.js".to_owned())),
            ),
            (
                &[".save"],
                Step::Command(Command::NoFile(".save".to_owned())),
            ),
            (&[".no"], Step::Command(Command::Unknown(".no".to_owned()))),
            (
                &["[1]", "[2]", "  .map(f)"],
                Step::Evaluate("  .map(f)".to_owned()),
            ),
        ] {
            let mut inputs = Inputs::default();
            let last = lines.iter().map(|line| inputs.push(line)).last();
            assert_eq!(last, Some(expected), "{lines:?}");
        }
    }
}
