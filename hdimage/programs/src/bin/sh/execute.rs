// SPDX-License-Identifier: GPL-2.0-or-later
//! The shell itself: where commands come from, lists, pipelines.
//!
//! `simple`, `compound`, `processes` and `traps` hold the rest of [`Interpreter`].
//!
//! Nothing ends the shell half-way: what is to be left, by `exit` or ^C as much as
//! by `break`, sets [`Interpreter::leave`], and all that runs comes back.

use crate::input::{Input, Prompted};
use crate::jobs::{Jobs, Terminal};
use crate::options::Options;
use crate::redirect;
use crate::traps::{self, Traps};
use crate::typing::History;
use crate::variables::{Scope, Variables};
use abi::Errno;
use abi::signal::Signal;
use abi::sys::stat::S_ISDIR;
use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::ffi::CStr;
use programs::command::complain;
use programs::shell::parser::parse_line;
use programs::shell::source::SyntaxError;
use programs::shell::tree::{AndOr, Command, CommandKind, Connector, List, Pipeline};
use user::calls::{self, Fd, File};
use user::signal::{Handler, sigaction};
use user::{eprintln, println};

/// Signals that mean the foreground command, not a shell at a terminal.
const IGNORED_AT_TERMINAL: [Signal; 5] = [
    Signal::SIGQUIT,
    Signal::SIGTERM,
    Signal::SIGTSTP,
    Signal::SIGTTIN,
    Signal::SIGTTOU,
];

/// How deep commands may run inside of each other, as in functions that call
/// themselves, so that they do not overflow the stack.
const DEEPEST: u32 = 1200;

/// Why commands are left before they are done.
#[derive(Clone, Copy, PartialEq)]
pub enum Leave {
    /// `break`, out of so many loops.
    Break(u32),
    /// `continue`, with the loop that is so many levels out.
    Continue(u32),
    /// `return`, out of a function or a file.
    Return,
    /// ^C, or a mistake at the prompt.
    Interrupt,
    /// The end of the shell: `exit`, or a mistake in a script.
    Exit,
}

/// The state of the shell.
pub struct Interpreter {
    /// Variables, parameters and options.
    pub variables: Variables,
    /// What was defined by `name() command`.
    pub functions: BTreeMap<Vec<u8>, Rc<Command>>,
    /// What was defined by `alias`.
    pub aliases: BTreeMap<Vec<u8>, Vec<u8>>,
    /// What was defined by `trap`.
    pub traps: Traps,
    /// Jobs that are stopped or in the background.
    pub jobs: Jobs,
    /// The terminal, if there is job control.
    pub terminal: Option<Terminal>,
    /// The commands that run, as they were written.
    pub text: Vec<u8>,
    /// Set when what runs is to be left; loops and lists look at it.
    pub leave: Option<Leave>,
    /// How many loops run around the command.
    pub loops: u32,
    /// How many functions and files run around the command.
    pub calls: u32,
    /// What `local` has hidden, for each function that runs.
    pub scopes: Vec<Scope>,
    /// How many commands run around the command.
    depth: u32,
    /// How many of those ask whether it fails, so that `set -e` does not count.
    pub tested: u32,
    /// The status of the last `$( )` of this command.
    pub substituted: i32,
    /// A built-in command was called in a way that makes no sense.
    pub mistaken: bool,
    /// What was typed.
    pub history: History,
    /// The user knows that there are stopped jobs.
    pub warned: bool,
    /// Whether somebody types the commands.
    pub interactive: bool,
}

impl Interpreter {
    /// A shell with the variables of its environment.
    pub fn new() -> Interpreter {
        Interpreter {
            variables: Variables::from_environment(),
            functions: BTreeMap::new(),
            aliases: BTreeMap::new(),
            traps: Traps::default(),
            jobs: Jobs::default(),
            terminal: None,
            text: Vec::new(),
            leave: None,
            loops: 0,
            calls: 0,
            scopes: Vec::new(),
            depth: 0,
            tested: 0,
            substituted: 0,
            mistaken: false,
            history: History::default(),
            warned: false,
            interactive: false,
        }
    }

    /// Whether an option of `set` is on.
    pub fn option(&self, letter: u8) -> bool {
        self.variables.options.has(letter)
    }

    /// The options, to be changed.
    pub fn options(&mut self) -> &mut Options {
        &mut self.variables.options
    }

    /// Makes it the shell of a terminal.
    pub fn interactive(&mut self) -> Input<'static> {
        self.interactive = true;
        // None of these numbers is refused. SIGTTIN is still to stop a shell in
        // the background.
        traps::catch_interrupt();
        let _ = sigaction(Signal::SIGTTOU, Handler::Ignore);
        let _ = sigaction(Signal::SIGTTIN, Handler::Default);
        self.terminal = Terminal::take();
        for signal in IGNORED_AT_TERMINAL {
            let _ = sigaction(signal, Handler::Ignore);
        }
        let monitors = self.terminal.is_some();
        self.options().set(b'i', true);
        self.options().set(b'm', monitors);
        Input::terminal(Fd::STDIN)
    }

    /// What the shell itself does on a signal.
    pub fn own_handler(&self, signal: Option<Signal>) -> Handler {
        let ignored = signal.is_some_and(|signal| IGNORED_AT_TERMINAL.contains(&signal));
        match ignored && self.interactive {
            true => Handler::Ignore,
            false => Handler::Default,
        }
    }

    /// Runs commands until they end or are left.
    pub fn run_input(&mut self, mut input: Input<'_>) {
        let mut any = false;
        loop {
            if input.interactive {
                self.reap_background();
                traps::forget_interrupt();
            }
            let mut lines = Prompted {
                input: &mut input,
                shell: self,
                begun: false,
            };
            match parse_line(&mut lines) {
                Ok(Some(list)) => {
                    any = true;
                    self.run_line(&list, input.interactive);
                }
                Ok(None) if input.interactive => {
                    println!();
                    if self.stays_for_stopped_jobs() {
                        continue;
                    }
                    self.jobs.hang_up();
                    return;
                }
                Ok(None) => {
                    if !any {
                        self.variables.status = 0;
                    }
                    return;
                }
                Err(SyntaxError::Interrupted) => {
                    println!();
                    self.variables.status = 128 + Signal::SIGINT.number() as i32;
                }
                Err(SyntaxError::Unexpected(what)) => self.syntax_error(what),
                Err(SyntaxError::EndOfFile) => self.syntax_error("end of file"),
            }
            if self.leave == Some(Leave::Exit) || (self.leave.is_some() && !input.interactive) {
                return;
            }
            self.leave = None;
        }
    }

    fn run_line(&mut self, list: &List, interactive: bool) {
        let warned = self.warned;
        if interactive || !self.option(b'n') {
            self.list(list);
            // What the last command was sent is acted on too.
            self.leaving();
        }
        // The warning is for the very next command.
        self.warned &= !warned;
    }

    /// Warns once of stopped jobs, which would end with the shell.
    pub fn stays_for_stopped_jobs(&mut self) -> bool {
        let stays = self.jobs.any_stopped() && !self.warned;
        if stays {
            self.warned = true;
            eprintln!("There are stopped jobs.");
        }
        stays
    }

    /// Runs the commands of a file in this shell (`.`).
    pub fn run_file(&mut self, path: &CStr) -> abi::Result<()> {
        let file = File::open(path)?;
        if S_ISDIR(calls::fstat(file.fd())?.st_mode) {
            return Err(Errno::EISDIR);
        }
        let fd = redirect::copy_up(file.fd())?;
        drop(file);
        self.calls += 1;
        if self.enter() {
            self.run_input(Input::script(fd));
            self.depth -= 1;
        }
        self.leave_call();
        let _ = calls::close(fd);
        Ok(())
    }

    /// The end of a function or file.
    pub fn leave_call(&mut self) {
        self.calls -= 1;
        if self.leave == Some(Leave::Return) {
            self.leave = None;
        }
    }

    /// One command more inside of others; false after a message if there are too
    /// many.
    fn enter(&mut self) -> bool {
        let possible = self.depth < DEEPEST;
        if possible {
            self.depth += 1;
        } else {
            complain(&[], "commands are nested too deeply");
            self.abort(2);
        }
        possible
    }

    fn syntax_error(&mut self, what: &str) {
        complain(&[b"syntax error"], format_args!("unexpected {what}"));
        self.abort(2);
    }

    /// Gives up what runs after a mistake: a script as a whole, but only the line
    /// at the prompt.
    pub fn abort(&mut self, status: i32) {
        self.variables.status = status;
        self.leave = Some(match self.interactive {
            true => Leave::Interrupt,
            false => Leave::Exit,
        });
    }

    /// Runs commands one after the other.
    pub fn list(&mut self, list: &List) {
        for and_or in list {
            if self.leaving() {
                return;
            }
            if and_or.background {
                self.start_background(and_or);
            } else {
                self.and_or(and_or);
            }
        }
    }

    /// Runs pipelines as `&&` and `||` say.
    pub fn and_or(&mut self, and_or: &AndOr) {
        let last = and_or.rest.len();
        self.tested_pipeline(&and_or.first, last > 0);
        for (index, (connector, pipeline)) in and_or.rest.iter().enumerate() {
            if self.leaving() {
                return;
            }
            if (self.variables.status == 0) == (*connector == Connector::And) {
                self.tested_pipeline(pipeline, index + 1 < last);
            }
        }
    }

    fn tested_pipeline(&mut self, pipeline: &Pipeline, tested: bool) {
        let tested = u32::from(tested || pipeline.negated);
        self.tested += tested;
        self.pipeline(pipeline);
        self.tested -= tested;
    }

    pub fn pipeline(&mut self, pipeline: &Pipeline) {
        if self.interactive {
            self.text = pipeline.text.clone();
        }
        match pipeline.commands.as_slice() {
            [command] => self.command(command),
            commands => {
                self.pipe(commands);
                self.exit_on_failure();
            }
        }
        if pipeline.negated && self.leave.is_none() {
            self.variables.status = (self.variables.status == 0).into();
        }
    }

    /// `set -e`: the end at the first failure that nobody asks for.
    fn exit_on_failure(&mut self) {
        let failed = self.variables.status != 0 && self.leave.is_none();
        if failed && self.tested == 0 && self.option(b'e') {
            self.leave = Some(Leave::Exit);
        }
    }

    /// Runs a command, and waits for it.
    pub fn command(&mut self, command: &Command) {
        if !self.enter() {
            return;
        }
        match &command.kind {
            CommandKind::Simple { assignments, words } => {
                self.simple(command, assignments, words);
                self.exit_on_failure();
            }
            CommandKind::Subshell(_) => {
                let mut job = self.new_job(true);
                if self.fork(&mut job, |shell| shell.command_and_exit(command)) {
                    self.wait_in_front(job);
                }
                self.exit_on_failure();
            }
            compound => {
                if let Some(_saved) = self.redirected(command) {
                    self.compound(compound);
                }
            }
        }
        self.depth -= 1;
    }

    /// The redirections of a command, undone when the result is dropped.
    pub fn redirected(&mut self, command: &Command) -> Option<redirect::Saved> {
        let saved = redirect::apply(&command.redirects, self);
        if saved.is_none() {
            self.variables.status = 2;
        }
        saved
    }
}
