//! Editing a line on a terminal.

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;

use rustyline::completion::Completer;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Context, Result};

use super::commands::{self, Inputs};
use super::worker::Client;
use crate::terminal::Style;

/// What the line editor asks of the session.
pub(super) struct Helper<'a> {
    client: &'a Client,
    styled: bool,
    inputs: Rc<RefCell<Inputs>>,
}

impl<'a> Helper<'a> {
    pub(super) fn new(client: &'a Client, styled: bool, inputs: Rc<RefCell<Inputs>>) -> Helper<'a> {
        Helper {
            client,
            styled,
            inputs,
        }
    }
}

impl Completer for Helper<'_> {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        position: usize,
        _: &Context<'_>,
    ) -> Result<(usize, Vec<String>)> {
        let before = &line[..position];
        if before.starts_with('.') {
            return Ok((0, commands::names_that_begin_with(before)));
        }
        Ok(self.client.complete(before))
    }
}

impl Hinter for Helper<'_> {
    type Hint = String;
}

impl Highlighter for Helper<'_> {
    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(
        &'s self,
        prompt: &'p str,
        _default: bool,
    ) -> Cow<'b, str> {
        Style::Strong.apply(prompt, self.styled)
    }
}

impl Validator for Helper<'_> {
    fn validate(&self, context: &mut ValidationContext<'_>) -> Result<ValidationResult> {
        let text = context.input();
        let complete = self.inputs.borrow().is_editor()
            || commands::is_command(text)
            || !bolide_js::is_incomplete(text);
        Ok(match complete {
            true => ValidationResult::Valid(None),
            false => ValidationResult::Incomplete,
        })
    }
}

impl rustyline::Helper for Helper<'_> {}
