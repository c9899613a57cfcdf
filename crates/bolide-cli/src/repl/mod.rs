//! `bolide repl`.

mod commands;
mod history;
mod line;
mod worker;

use std::cell::RefCell;
use std::io::{BufRead, IsTerminal, Write};
use std::rc::Rc;
use std::sync::mpsc::channel;

use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{CompletionType, Config, Editor};

use crate::args::ReplArgs;
use crate::exit;
use crate::failure::Failure;
use crate::script;
use crate::terminal::{self, Stream, Style};
use commands::{Command, Step};
use line::Helper;
use worker::{Client, Outcome, Session};

const PROMPT: &str = "> ";

/// Lines that the history keeps at most.
const HISTORY: usize = 1000;

/// Reads, evaluates and prints until the input ends, and returns the exit code.
pub(crate) fn repl(args: &ReplArgs) -> Result<u8, Failure> {
    let (sender, receiver) = channel();
    let session = Session::new(args);
    let client = Client::new(sender, session.interrupts());
    std::thread::scope(|scope| {
        let worker =
            scope.spawn(|| script::on_large_stack(args.max_stack, || session.run(receiver)));
        let result = match std::io::stdin().is_terminal() && std::io::stdout().is_terminal() {
            true => converse(&client),
            false => read_all(&client),
        };
        drop(client);
        // Panics end the process.
        let ended = worker.join().unwrap_or(Ok(()));
        ended.and(result)
    })
}

/// Evaluates and prints. Returns an exit code if that was the end.
fn evaluate(client: &Client, code: &str) -> Result<Option<u8>, Failure> {
    match client.evaluate(code)? {
        Outcome::Value(text) => terminal::print(&format!("{text}\n"))?,
        Outcome::Failed(text) => terminal::print(&text)?,
        Outcome::Interrupted => terminal::print("Interrupted\n")?,
        Outcome::Exit(code) => return Ok(Some(code)),
    }
    Ok(None)
}

/// Without a terminal: no prompts, no history.
fn read_all(client: &Client) -> Result<u8, Failure> {
    let mut inputs = commands::Inputs::default();
    for line in std::io::stdin().lock().lines() {
        let line =
            line.map_err(|error| Failure::new(format!("cannot read standard input: {error}")))?;
        if let Some(code) = step(client, inputs.push(&line), &mut inputs)? {
            return Ok(code);
        }
    }
    if let Some(rest) = inputs.finish()
        && let Some(code) = evaluate(client, &rest)?
    {
        return Ok(code);
    }
    client.finish()
}

/// Does what was entered. Returns an exit code if that was the end.
fn step(client: &Client, step: Step, inputs: &mut commands::Inputs) -> Result<Option<u8>, Failure> {
    match step {
        Step::More => Ok(None),
        Step::Evaluate(code) => evaluate(client, &code),
        Step::Command(Command::Exit) => Ok(Some(exit::OK)),
        Step::Command(command) => {
            let code = command.run(client, inputs)?;
            match code {
                Some(code) => evaluate(client, &code),
                None => Ok(None),
            }
        }
    }
}

fn converse(client: &Client) -> Result<u8, Failure> {
    let config = Config::builder()
        .completion_type(CompletionType::List)
        .max_history_size(HISTORY)
        .and_then(|config| config.history_ignore_dups(true))
        .map_err(|error| broken(&error))?
        .build();
    let inputs = Rc::new(RefCell::new(commands::Inputs::default()));
    let styled = Stream::Stdout.is_styled();
    let mut editor: Editor<Helper<'_>, FileHistory> =
        Editor::with_config(config).map_err(|error| broken(&error))?;
    editor.set_helper(Some(Helper::new(client, styled, inputs.clone())));
    let history = history::file();
    if let Some(file) = &history {
        // There is none at first, and one that cannot be read is as good as none.
        let _ = editor.load_history(file);
    }
    client.watch_interrupts()?;
    terminal::print(&format!(
        "bolide {}, JavaScript and WebAssembly; {} for help\n",
        env!("CARGO_PKG_VERSION"),
        Style::Strong.apply(".help", styled)
    ))?;
    let mut asked_to_leave = false;
    let code = loop {
        match editor.readline(PROMPT) {
            Ok(text) => {
                asked_to_leave = false;
                if !text.trim().is_empty() {
                    // Without a history there are only fewer comforts.
                    let _ = editor.add_history_entry(text.as_str());
                }
                let next = inputs.borrow_mut().push_all(&text);
                let inputs = &mut *inputs.borrow_mut();
                if let Some(code) = step(client, next, inputs)? {
                    break code;
                }
            }
            Err(ReadlineError::Interrupted) => {
                let pending = inputs.borrow_mut().reset();
                if asked_to_leave && !pending {
                    break exit::OK;
                }
                asked_to_leave = !pending;
                if asked_to_leave {
                    terminal::print("(press Ctrl-C again, or Ctrl-D, to leave)\n")?;
                }
            }
            Err(ReadlineError::Eof) => {
                // Of the editor mode, Ctrl-D ends the text only.
                let text = inputs.borrow_mut().end_editor();
                match text {
                    Some(text) => {
                        if let Some(code) = evaluate(client, &text)? {
                            break code;
                        }
                    }
                    None => break exit::OK,
                }
            }
            Err(error) => return Err(broken(&error)),
        }
    };
    if let Some(file) = &history {
        history::save(&mut editor, file);
    }
    let _ = std::io::stdout().flush();
    Ok(code)
}

fn broken(error: &ReadlineError) -> Failure {
    Failure::new("cannot read from the terminal")
        .with_cause(error.to_string())
        .with_help("without a terminal, code can be piped in: `bolide repl < FILE`")
}
