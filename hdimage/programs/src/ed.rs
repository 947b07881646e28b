// SPDX-License-Identifier: GPL-2.0-or-later
//! `ed`, the line editor, as POSIX has it.
//!
//! An [`Editor`] takes command lines one after the other ([`Editor::run`]). It holds the
//! lines of the file; `address` finds the lines that a command is for, `commands` does
//! the work, `substitute` has `s`. All that it wants of the system it asks of a
//! [`World`].

mod address;
mod commands;
mod global;
mod substitute;
#[cfg(test)]
mod tests;

use crate::regex::Regex;
use alloc::collections::VecDeque;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::ops::ControlFlow;

/// The system as the editor sees it.
pub trait World {
    /// The next line of input, without its newline.
    fn line(&mut self) -> Option<Vec<u8>>;
    /// Prints.
    fn print(&mut self, bytes: &[u8]);
    /// All of a file.
    fn read(&mut self, path: &[u8]) -> Result<Vec<u8>, Problem>;
    /// Writes a file, or adds to it.
    fn write(&mut self, path: &[u8], text: &[u8], append: bool) -> Result<(), Problem>;
    /// Runs a command.
    fn run(&mut self, command: &[u8]) -> Result<(), Problem>;
    /// What a command prints.
    fn output(&mut self, command: &[u8]) -> Result<Vec<u8>, Problem>;
    /// Gives text to a command.
    fn feed(&mut self, command: &[u8], text: &[u8]) -> Result<(), Problem>;
}

/// What `h` tells.
pub type Problem = &'static str;

type Done<T = ()> = Result<T, Problem>;

/// A line. The same line has the same memory, wherever it is moved.
type Line = Rc<Vec<u8>>;

/// What `u` takes back.
#[derive(Clone, Default)]
struct State {
    lines: Vec<Line>,
    dot: usize,
    modified: bool,
}

/// How lines are printed: `p`, `n`, `l`.
#[derive(Clone, Copy, Default, PartialEq)]
struct Style {
    print: bool,
    number: bool,
    list: bool,
}

/// An editor and its file.
pub struct Editor<'a> {
    world: &'a mut dyn World,
    now: State,
    before: State,
    file: Vec<u8>,
    marks: [Option<Line>; 26],
    regex: Option<Rc<Regex>>,
    substitution: Option<substitute::Substitution>,
    command: Vec<u8>,
    /// `-s`: sizes are not printed.
    silent: bool,
    prompt: Vec<u8>,
    prompting: bool,
    /// What was wrong last, and whether it is told at once.
    problem: Problem,
    verbose: bool,
    /// A second `q` or `e` right behind the first is meant.
    warned: bool,
    /// The lines of a command list that are still to be run.
    list: Option<VecDeque<Vec<u8>>>,
    failed: bool,
}

impl<'a> Editor<'a> {
    /// An editor without a file.
    pub fn new(world: &'a mut dyn World, silent: bool, prompt: &[u8]) -> Editor<'a> {
        Editor {
            world,
            now: State::default(),
            before: State::default(),
            file: Vec::new(),
            marks: [const { None }; 26],
            regex: None,
            substitution: None,
            command: Vec::new(),
            silent,
            prompt: if prompt.is_empty() { b"*" } else { prompt }.to_vec(),
            prompting: !prompt.is_empty(),
            problem: "",
            verbose: false,
            warned: false,
            list: None,
            failed: false,
        }
    }

    /// Reads the file that is named on the command line. It may not be there yet.
    pub fn open(&mut self, path: &[u8]) {
        if let Err(problem) = self.edit(path) {
            self.problem = problem;
        }
        if !path.starts_with(b"!") {
            self.file = path.to_vec();
        }
    }

    /// Takes command lines up to the end of the input or `q`; the exit status, which is 1 if
    /// one of them has failed.
    pub fn run(&mut self) -> i32 {
        loop {
            if self.prompting {
                self.world.print(&self.prompt);
            }
            let Some(line) = self.world.line() else {
                // As if `q` had been there.
                let lost = self.now.modified && !self.warned;
                return (self.failed || lost).into();
            };
            match self.execute(&line) {
                Ok(ControlFlow::Continue(())) => {}
                Ok(ControlFlow::Break(())) => return self.failed.into(),
                Err(problem) => self.complain(problem),
            }
        }
    }

    fn complain(&mut self, problem: Problem) {
        self.problem = problem;
        self.failed = true;
        self.world.print(b"?\n");
        if self.verbose {
            self.world.print(&[problem.as_bytes(), b"\n"].concat());
        }
    }

    /// The next line of input, or of the command list.
    fn next_line(&mut self) -> Option<Vec<u8>> {
        match &mut self.list {
            Some(list) => list.pop_front(),
            None => self.world.line(),
        }
    }

    /// The number of the last line.
    fn last(&self) -> usize {
        self.now.lines.len()
    }

    fn print_line(&mut self, number: usize, style: Style) {
        let Some(line) = self.now.lines.get(number.wrapping_sub(1)).cloned() else {
            return;
        };
        if style.number {
            let number = alloc::format!("{number}\t");
            self.world.print(number.as_bytes());
        }
        match style.list {
            true => self.world.print(&listed(&line)),
            false => self.world.print(&line),
        }
        self.world.print(b"\n");
    }
}

/// A line so that all of it can be seen, its end marked.
fn listed(line: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut column = 0;
    for &byte in line {
        let shown = match byte {
            b'\\' => b"\\\\".to_vec(),
            b'$' => b"\\$".to_vec(),
            7 => b"\\a".to_vec(),
            8 => b"\\b".to_vec(),
            12 => b"\\f".to_vec(),
            b'\r' => b"\\r".to_vec(),
            b'\t' => b"\\t".to_vec(),
            11 => b"\\v".to_vec(),
            b' '..=b'~' => alloc::vec![byte],
            _ => alloc::format!("\\{byte:03o}").into_bytes(),
        };
        // The line goes on in the next, behind a backslash.
        if column + shown.len() > 71 {
            out.extend_from_slice(b"\\\n");
            column = 0;
        }
        column += shown.len();
        out.extend_from_slice(&shown);
    }
    out.push(b'$');
    out
}
