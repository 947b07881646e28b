// SPDX-License-Identifier: GPL-2.0-or-later
//! The shell itself: where commands come from, lists, simple commands.
//!
//! `compound` and `processes` hold the rest of [`Interpreter`].

use crate::builtins;
use crate::input::{Input, Read};
use crate::jobs::{Jobs, Terminal};
use crate::redirect;
use crate::variables::Variables;
use alloc::collections::BTreeMap;
use alloc::ffi::CString;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::ffi::CStr;
use core::sync::atomic::{AtomicBool, Ordering::Relaxed};
use lib::signal::Signal;
use lib::sys::stat::S_ISDIR;
use lib::user::calls::{self, Fd, File};
use lib::user::crt0::exit;
use lib::user::dirent::read_directory;
use lib::user::signal::{Handler, sigaction};
use lib::user::stdio;
use lib::{Errno, eprintln, println};
use programs::command::complain;
use programs::path::c_string;
use programs::run::{DEFAULT_PATH, execute};
use programs::shell::expand::{Shell, arguments, single};
use programs::shell::lexer::{SyntaxError, Word};
use programs::shell::parser::parse;
use programs::shell::tree::{AndOr, Command, CommandKind, Connector, List, Pipeline};

/// ^C was typed while a command of the shell itself ran.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

extern "C" fn on_interrupt(_signal: u32) {
    INTERRUPTED.store(true, Relaxed);
}

/// Signals that mean the foreground command, not a shell at a terminal.
const IGNORED_AT_TERMINAL: [Signal; 5] = [
    Signal::SIGQUIT,
    Signal::SIGTERM,
    Signal::SIGTSTP,
    Signal::SIGTTIN,
    Signal::SIGTTOU,
];

/// How deep functions and `.` may call each other, so that they do not overflow
/// the stack.
const DEEPEST: u32 = 200;

/// Why commands are left before they are done.
#[derive(Clone, Copy, PartialEq)]
pub enum Leave {
    /// `break`, out of so many loops.
    Break(u32),
    /// `continue`, with the loop that is so many levels out.
    Continue(u32),
    /// `return`, out of a function or a file.
    Return,
    /// ^C, or a mistake in an expression.
    Interrupt,
}

/// The state of the shell.
pub struct Interpreter {
    /// Variables and parameters.
    pub variables: Variables,
    /// What was defined by `name() command`.
    pub functions: BTreeMap<Vec<u8>, Rc<Command>>,
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
    /// The user knows that there are stopped jobs.
    pub warned: bool,
    /// Whether somebody types the commands.
    pub interactive: bool,
    /// `set -e`: end at the first failure.
    pub exit_on_failure: bool,
    /// `set -x`: show commands before they run.
    pub trace: bool,
}

impl Interpreter {
    /// A shell with the variables of its environment.
    pub fn new() -> Interpreter {
        let mut variables = Variables::from_environment();
        for (name, value) in [(&b"PATH"[..], DEFAULT_PATH), (b"PS2", b"> ")] {
            if variables.get(name).is_none() {
                variables.set(name, value);
            }
        }
        Interpreter {
            variables,
            functions: BTreeMap::new(),
            jobs: Jobs::default(),
            terminal: None,
            text: Vec::new(),
            leave: None,
            loops: 0,
            calls: 0,
            warned: false,
            interactive: false,
            exit_on_failure: false,
            trace: false,
        }
    }

    /// Makes it the shell of a terminal.
    pub fn interactive(&mut self) -> Input {
        self.interactive = true;
        if self.variables.get(b"PS1").is_none() {
            self.variables
                .set(b"PS1", if calls::geteuid() == 0 { b"# " } else { b"$ " });
        }
        // None of these numbers is refused. SIGTTIN is still to stop a shell in
        // the background.
        let _ = sigaction(Signal::SIGINT, Handler::Catch(on_interrupt));
        let _ = sigaction(Signal::SIGTTOU, Handler::Ignore);
        let _ = sigaction(Signal::SIGTTIN, Handler::Default);
        self.terminal = Terminal::take();
        for signal in IGNORED_AT_TERMINAL {
            let _ = sigaction(signal, Handler::Ignore);
        }
        Input::terminal(Fd::STDIN)
    }

    /// Runs commands until they end; the exit status.
    pub fn run_input(&mut self, mut input: Input) -> i32 {
        loop {
            self.reap_background();
            let prompts =
                [&b"PS1"[..], b"PS2"].map(|name| self.variables.get(name).unwrap_or_default());
            if input.interactive {
                INTERRUPTED.store(false, Relaxed);
            }
            match input.read([&prompts[0], &prompts[1]]) {
                Read::Commands(list) => {
                    let warned = self.warned;
                    self.list(&list);
                    // The warning is for the very next command.
                    self.warned &= !warned;
                    if input.interactive {
                        self.leave = None;
                    } else if self.leave.is_some() {
                        return self.variables.status;
                    }
                }
                Read::Interrupted => {
                    println!();
                    self.variables.status = 128 + Signal::SIGINT.number() as i32;
                }
                Read::Mistake(what) => {
                    self.syntax_error(what);
                    if !input.interactive {
                        return self.variables.status;
                    }
                }
                Read::End => {
                    if input.interactive {
                        println!();
                        if self.stays_for_stopped_jobs() {
                            continue;
                        }
                        self.jobs.hang_up();
                    }
                    return self.variables.status;
                }
            }
        }
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

    /// Runs a text of commands.
    pub fn run_text(&mut self, text: &[u8]) -> i32 {
        match parse(text) {
            Ok(list) => self.list(&list),
            Err(SyntaxError::Unexpected(what)) => self.syntax_error(what),
            Err(SyntaxError::Incomplete) => self.syntax_error("end of file"),
        }
        self.variables.status
    }

    /// Runs the commands of a file in this shell (`.`).
    pub fn run_file(&mut self, path: &CStr) -> lib::Result<i32> {
        let file = File::open(path)?;
        if S_ISDIR(calls::fstat(file.fd())?.st_mode) {
            return Err(Errno::EISDIR);
        }
        let fd = redirect::copy_up(file.fd())?;
        drop(file);
        if self.enter(path.to_bytes()) {
            self.run_input(Input::script(fd));
            self.leave_call();
        }
        let _ = calls::close(fd);
        Ok(self.variables.status)
    }

    /// Begins a function or file; false after a message if there are too many
    /// around it.
    fn enter(&mut self, name: &[u8]) -> bool {
        let possible = self.calls < DEEPEST;
        if possible {
            self.calls += 1;
        } else {
            complain(&[name], "nested too deeply");
            self.variables.status = 1;
            self.leave = Some(Leave::Interrupt);
        }
        possible
    }

    fn leave_call(&mut self) {
        self.calls -= 1;
        if self.leave == Some(Leave::Return) {
            self.leave = None;
        }
    }

    /// Runs a function.
    fn call(&mut self, body: &Command, words: &[Vec<u8>]) {
        let Some((name, arguments)) = words.split_first() else {
            return;
        };
        if self.enter(name) {
            let parameters = self.variables.parameters().to_vec();
            let loops = core::mem::take(&mut self.loops);
            self.variables.set_parameters(arguments.iter().cloned());
            self.command(body);
            self.variables.set_parameters(parameters.into_iter());
            self.loops = loops;
            self.leave_call();
        }
    }

    /// What a name means, if it is not a program.
    fn function(&self, words: &[Vec<u8>]) -> Option<Rc<Command>> {
        self.functions.get(words.first()?).cloned()
    }

    fn syntax_error(&mut self, what: &str) {
        complain(&[b"syntax error"], format_args!("unexpected {what}"));
        self.variables.status = 2;
    }

    /// Whether the commands that follow are not to be run.
    pub fn leaving(&mut self) -> bool {
        if INTERRUPTED.swap(false, Relaxed) {
            self.leave = Some(Leave::Interrupt);
        }
        self.leave.is_some()
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
        self.pipeline(&and_or.first);
        for (connector, pipeline) in &and_or.rest {
            if self.leaving() {
                return;
            }
            if (self.variables.status == 0) == (*connector == Connector::And) {
                self.pipeline(pipeline);
            }
        }
        if self.exit_on_failure
            && self.variables.status != 0
            && and_or.rest.is_empty()
            && !and_or.first.negated
        {
            exit(self.variables.status);
        }
    }

    fn pipeline(&mut self, pipeline: &Pipeline) {
        if self.interactive {
            self.text = pipeline.text.clone();
        }
        match pipeline.commands.as_slice() {
            [command] => self.command(command),
            commands => self.pipe(commands),
        }
        if pipeline.negated {
            self.variables.status = (self.variables.status == 0).into();
        }
    }

    /// Runs a command, and waits for it.
    pub fn command(&mut self, command: &Command) {
        match &command.kind {
            CommandKind::Simple { assignments, words } => self.simple(command, assignments, words),
            CommandKind::Subshell(_) => {
                let mut job = self.new_job(true);
                if self.fork(&mut job, |shell| shell.command_and_exit(command)) {
                    self.wait_in_front(job);
                }
            }
            compound => {
                if let Some(_saved) = self.redirected(command) {
                    self.compound(compound);
                }
            }
        }
    }

    /// The redirections of a command, undone when the result is dropped.
    pub fn redirected(&mut self, command: &Command) -> Option<redirect::Saved> {
        let saved = redirect::apply(&command.redirects, self);
        if saved.is_none() {
            self.variables.status = 1;
        }
        saved
    }

    /// Runs a command in a process that ends with it.
    pub fn command_and_exit(&mut self, command: &Command) {
        let Some(saved) = self.redirected(command) else {
            return;
        };
        saved.keep();
        match &command.kind {
            CommandKind::Simple { assignments, words } => {
                let words = self.arguments(words);
                self.assign(assignments, true);
                if self.leave.is_some() {
                    return;
                }
                if let Some(body) = self.function(&words) {
                    return self.call(&body, &words);
                }
                if words.is_empty() || builtins::run(self, &words).is_some() {
                    return;
                }
                self.replace(&words);
            }
            CommandKind::Subshell(list) => self.list(list),
            compound => self.compound(compound),
        }
    }

    fn simple(&mut self, command: &Command, assignments: &[(Vec<u8>, Word)], words: &[Word]) {
        let arguments = self.arguments(words);
        if self.trace {
            stdio::flush();
            eprintln!(
                "+ {}",
                alloc::string::String::from_utf8_lossy(&arguments.join(&b' '))
            );
        }
        if self.leave.is_some() {
            return;
        }
        let function = self.function(&arguments);
        let builtin = arguments
            .first()
            .is_none_or(|name| builtins::is_builtin(name));
        if builtin || function.is_some() {
            let Some(saved) = self.redirected(command) else {
                return;
            };
            self.variables.status = 0;
            self.assign(assignments, false);
            let kept = arguments.as_slice() == [b"exec"];
            if let Some(body) = function {
                self.call(&body, &arguments);
            } else {
                builtins::run(self, &arguments);
            }
            if kept {
                saved.keep();
            }
            return;
        }
        let mut job = self.new_job(true);
        let started = self.fork(&mut job, |shell| {
            let Some(saved) = shell.redirected(command) else {
                return;
            };
            saved.keep();
            shell.assign(assignments, true);
            shell.replace(&arguments);
        });
        if started {
            self.wait_in_front(job);
        }
    }

    /// Becomes the program, or sets the status that tells why not.
    pub fn replace(&mut self, words: &[Vec<u8>]) {
        stdio::flush();
        let words: Vec<CString> = words.iter().map(|word| c_string(word.as_slice())).collect();
        let environment = self.variables.environment();
        let words: Vec<&CStr> = words.iter().map(CString::as_c_str).collect();
        let environment: Vec<&CStr> = environment.iter().map(CString::as_c_str).collect();
        let path = self.variables.get(b"PATH").unwrap_or_default();
        let errno = execute(&words, &environment, &path);
        let name = words.first().map_or(&b""[..], |name| name.to_bytes());
        let missing = errno == Errno::ENOENT;
        if missing && !name.contains(&b'/') {
            complain(&[name], "not found");
        } else {
            complain(&[name], errno);
        }
        self.variables.status = if missing { 127 } else { 126 };
    }

    /// All arguments that words become.
    pub fn arguments(&mut self, words: &[Word]) -> Vec<Vec<u8>> {
        words
            .iter()
            .flat_map(|word| arguments(word, self))
            .collect()
    }

    fn assign(&mut self, assignments: &[(Vec<u8>, Word)], export: bool) {
        for (name, word) in assignments {
            let value = single(word, self);
            self.variables.set(name, &value);
            if export {
                self.variables.export(name);
            }
        }
    }
}

impl Shell for Interpreter {
    fn variable(&self, name: &[u8]) -> Option<Vec<u8>> {
        self.variables.get(name)
    }

    fn parameters(&self) -> Vec<Vec<u8>> {
        self.variables.parameters().to_vec()
    }

    fn output_of(&mut self, commands: &[u8]) -> Vec<u8> {
        self.capture(commands)
    }

    fn mistake(&mut self, expression: &[u8], error: &'static str) {
        complain(&[expression], error);
        self.variables.status = 1;
        self.leave = Some(Leave::Interrupt);
    }

    fn names_in(&self, directory: &[u8]) -> Vec<Vec<u8>> {
        let path = if directory.is_empty() {
            c".".into()
        } else {
            c_string(directory)
        };
        let entries = read_directory(&path).unwrap_or_default();
        entries.iter().map(|entry| entry.name().to_vec()).collect()
    }
}
