// SPDX-License-Identifier: GPL-2.0-or-later
//! Running commands.

use crate::builtins;
use crate::input::{Input, Read};
use crate::redirect;
use crate::variables::Variables;
use alloc::ffi::CString;
use alloc::vec::Vec;
use core::ffi::CStr;
use core::sync::atomic::{AtomicBool, Ordering::Relaxed};
use lib::fcntl::O_RDONLY;
use lib::signal::Signal;
use lib::sys::wait::{WNOHANG, WaitStatus};
use lib::user::calls::{self, Fd, File, Pid};
use lib::user::crt0::exit;
use lib::user::dirent::read_directory;
use lib::user::signal::{Handler, sigaction};
use lib::user::stdio;
use lib::{Errno, eprintln, println};
use programs::command::complain;
use programs::glob::matches;
use programs::path::c_string;
use programs::run::execute;
use programs::shell::expand::{Shell, arguments, pattern, single};
use programs::shell::lexer::{SyntaxError, Word};
use programs::shell::parser::{AndOr, Command, CommandKind, Connector, List, Pipeline, parse};

/// ^C was typed while a command of the shell itself ran.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

extern "C" fn on_interrupt(_signal: u32) {
    INTERRUPTED.store(true, Relaxed);
}

/// Signals that mean the foreground command, not a shell at a terminal. Job
/// control signals among them: a stopped child could not be continued.
const IGNORED_AT_TERMINAL: [Signal; 5] = [
    Signal::SIGQUIT,
    Signal::SIGTERM,
    Signal::SIGTSTP,
    Signal::SIGTTIN,
    Signal::SIGTTOU,
];

/// Where programs are looked for if `PATH` is not set.
const DEFAULT_PATH: &[u8] = b"/bin:/usr/bin";

/// Why commands are left before they are done.
#[derive(Clone, Copy, PartialEq)]
pub enum Leave {
    /// `break`, out of so many loops.
    Break(u32),
    /// `continue`, of the so-manieth loop.
    Continue(u32),
    /// ^C.
    Interrupt,
}

/// The state of the shell.
pub struct Interpreter {
    /// Variables and parameters.
    pub variables: Variables,
    /// Background processes not waited for yet.
    background: Vec<Pid>,
    /// Set when what runs is to be left; loops and lists look at it.
    pub leave: Option<Leave>,
    /// How many loops run around the command.
    pub loops: u32,
    /// Whether somebody types the commands.
    interactive: bool,
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
            background: Vec::new(),
            leave: None,
            loops: 0,
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
        // None of these numbers is refused.
        let _ = sigaction(Signal::SIGINT, Handler::Catch(on_interrupt));
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
                    self.list(&list);
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
                    }
                    return self.variables.status;
                }
            }
        }
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
        let fd = redirect::copy_up(file.fd())?;
        drop(file);
        let status = self.run_input(Input::script(fd));
        let _ = calls::close(fd);
        Ok(status)
    }

    fn syntax_error(&mut self, what: &str) {
        complain(&[b"syntax error"], format_args!("unexpected {what}"));
        self.variables.status = 2;
    }

    /// Whether the commands that follow are not to be run.
    fn leaving(&mut self) -> bool {
        if INTERRUPTED.swap(false, Relaxed) {
            self.leave = Some(Leave::Interrupt);
        }
        self.leave.is_some()
    }

    fn list(&mut self, list: &List) {
        for and_or in list {
            if self.leaving() {
                return;
            }
            if and_or.background {
                self.start_background(and_or)
            } else {
                self.and_or(and_or)
            }
        }
    }

    fn and_or(&mut self, and_or: &AndOr) {
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
        match pipeline.commands.as_slice() {
            [command] => self.command(command),
            commands => self.pipe(commands),
        }
        if pipeline.negated {
            self.variables.status = (self.variables.status == 0).into();
        }
    }

    /// Starts each command in a process of its own, with a pipe to the next,
    /// and waits for all. The last one's status counts.
    fn pipe(&mut self, commands: &[Command]) {
        let mut children = Vec::new();
        let mut input: Option<Fd> = None;
        for (index, command) in commands.iter().enumerate() {
            let last = index + 1 == commands.len();
            let next = if last {
                None
            } else {
                calls::pipe()
                    .map_err(|errno| complain(&[b"pipe"], errno))
                    .ok()
            };
            let child = self.fork(|shell| {
                connect(input, Fd::STDIN);
                if let Some((read_end, write_end)) = next {
                    let _ = calls::close(read_end);
                    connect(Some(write_end), Fd::STDOUT);
                }
                shell.command_and_exit(command);
            });
            children.extend(child);
            for fd in [input, next.map(|(_, write_end)| write_end)]
                .into_iter()
                .flatten()
            {
                let _ = calls::close(fd);
            }
            input = next.map(|(read_end, _)| read_end);
            if child.is_none() || !last && next.is_none() {
                break;
            }
        }
        // After a failure half-way.
        if let Some(fd) = input {
            let _ = calls::close(fd);
        }
        for child in children {
            self.wait_for(child);
        }
    }

    /// Runs `child` in a new process, which does not come back from it. `None`
    /// after a message if there can't be one.
    fn fork(&mut self, child: impl FnOnce(&mut Interpreter)) -> Option<Pid> {
        stdio::flush();
        match calls::fork() {
            Ok(None) => {
                self.become_subshell();
                child(self);
                exit(self.variables.status)
            }
            Ok(pid) => pid,
            Err(errno) => {
                complain(&[b"fork"], errno);
                self.variables.status = 1;
                None
            }
        }
    }

    /// A child gets the signals that the shell at the terminal keeps from
    /// itself, but can't be stopped, as nobody could continue it.
    fn become_subshell(&mut self) {
        if self.interactive {
            for signal in [Signal::SIGINT, Signal::SIGQUIT, Signal::SIGTERM] {
                let _ = sigaction(signal, Handler::Default);
            }
        }
        self.interactive = false;
        self.background.clear();
    }

    fn start_background(&mut self, and_or: &AndOr) {
        let interactive = self.interactive;
        let child = self.fork(|shell| {
            // ^C means the command in front, which also has the keyboard.
            for signal in [Signal::SIGINT, Signal::SIGQUIT] {
                let _ = sigaction(signal, Handler::Ignore);
            }
            if let Ok(null) = calls::open(c"/dev/null", O_RDONLY, 0) {
                connect(Some(null), Fd::STDIN);
            }
            match (and_or.first.commands.as_slice(), and_or.rest.is_empty()) {
                ([command], true) if !and_or.first.negated => shell.command_and_exit(command),
                _ => shell.and_or(and_or),
            }
        });
        if let Some(pid) = child {
            self.background.push(pid);
            self.variables.last_background = Some(pid);
            self.variables.status = 0;
            if interactive {
                eprintln!("[{}]", pid.0);
            }
        }
    }

    /// Waits for a child in front, and takes its status.
    fn wait_for(&mut self, child: Pid) {
        loop {
            match calls::waitpid(child.0 as i32, 0) {
                Ok(Some((_, status))) => return self.take_status(status),
                Err(Errno::EINTR) => {}
                _ => return,
            }
        }
    }

    fn take_status(&mut self, status: WaitStatus) {
        self.variables.status = status_number(status);
        match status.term_signal() {
            None | Some(Signal::SIGPIPE) => {}
            Some(Signal::SIGINT) => {
                if self.interactive {
                    println!();
                    stdio::flush();
                }
                self.leave = Some(Leave::Interrupt);
            }
            Some(signal) => eprintln!("{}", signal.text()),
        }
    }

    /// Takes leave of background processes that ended.
    fn reap_background(&mut self) {
        let mut background = core::mem::take(&mut self.background);
        background.retain(|pid| match calls::waitpid(pid.0 as i32, WNOHANG) {
            Ok(Some((_, status))) => {
                if self.interactive {
                    let text = status.term_signal().map_or("Done", Signal::text);
                    eprintln!("[{}] {text}", pid.0);
                }
                false
            }
            Ok(None) | Err(Errno::EINTR) => true,
            Err(_) => false,
        });
        self.background = background;
    }

    /// `wait`: waits for the background processes, or for one of them. ^C ends
    /// the waiting.
    pub fn wait_background(&mut self, only: Option<Pid>) -> i32 {
        let mut result = 0;
        for pid in self.background.clone() {
            if only.is_some_and(|only| only != pid) {
                continue;
            }
            match calls::waitpid(pid.0 as i32, 0) {
                Ok(Some((_, status))) => result = status_number(status),
                Err(Errno::EINTR) => return 128 + Signal::SIGINT.number() as i32,
                _ => {}
            }
            self.background.retain(|other| *other != pid);
        }
        if only.is_some() { result } else { 0 }
    }

    fn command(&mut self, command: &Command) {
        match &command.kind {
            CommandKind::Simple { assignments, words } => self.simple(command, assignments, words),
            CommandKind::Subshell(_) => {
                if let Some(child) = self.fork(|shell| shell.command_and_exit(command)) {
                    self.wait_for(child);
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
    fn redirected(&mut self, command: &Command) -> Option<redirect::Saved> {
        let saved = redirect::apply(&command.redirects, self);
        if saved.is_none() {
            self.variables.status = 1;
        }
        saved
    }

    /// Runs a command in a process that ends with it.
    fn command_and_exit(&mut self, command: &Command) {
        let Some(saved) = self.redirected(command) else {
            return;
        };
        saved.keep();
        match &command.kind {
            CommandKind::Simple { assignments, words } => {
                let words = self.arguments(words);
                self.assign(assignments, true);
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
        let builtin = arguments
            .first()
            .is_none_or(|name| builtins::is_builtin(name));
        if builtin {
            let Some(saved) = self.redirected(command) else {
                return;
            };
            self.variables.status = 0;
            self.assign(assignments, false);
            let kept = arguments.as_slice() == [b"exec"];
            if !arguments.is_empty() {
                let status = builtins::run(self, &arguments);
                self.variables.status = status.unwrap_or(127);
            }
            if kept {
                saved.keep();
            }
            return;
        }
        let child = self.fork(|shell| {
            let Some(saved) = shell.redirected(command) else {
                return;
            };
            saved.keep();
            shell.assign(assignments, true);
            shell.replace(&arguments);
        });
        if let Some(child) = child {
            self.wait_for(child);
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

    fn arguments(&mut self, words: &[Word]) -> Vec<Vec<u8>> {
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

    fn compound(&mut self, kind: &CommandKind) {
        match kind {
            CommandKind::Group(list) | CommandKind::Subshell(list) => self.list(list),
            CommandKind::If {
                branches,
                otherwise,
            } => self.if_command(branches, otherwise),
            CommandKind::While {
                until,
                condition,
                body,
            } => {
                self.while_command(*until, condition, body);
            }
            CommandKind::For { name, words, body } => {
                self.for_command(name, words.as_deref(), body)
            }
            CommandKind::Case { subject, branches } => self.case_command(subject, branches),
            CommandKind::Simple { .. } => {}
        }
    }

    /// Runs commands whose status decides something.
    fn condition(&mut self, list: &List) -> bool {
        let exit_on_failure = core::mem::take(&mut self.exit_on_failure);
        self.list(list);
        self.exit_on_failure = exit_on_failure;
        self.variables.status == 0
    }

    fn if_command(&mut self, branches: &[(List, List)], otherwise: &List) {
        for (condition, body) in branches {
            let chosen = self.condition(condition);
            if self.leave.is_some() {
                return;
            }
            if chosen {
                return self.list(body);
            }
        }
        self.variables.status = 0;
        self.list(otherwise);
    }

    fn while_command(&mut self, until: bool, condition: &List, body: &List) {
        let mut status = 0;
        self.loops += 1;
        while self.condition(condition) != until && self.loop_goes_on() {
            self.list(body);
            status = self.variables.status;
            if !self.loop_goes_on() {
                break;
            }
        }
        self.loops -= 1;
        self.variables.status = status;
    }

    fn for_command(&mut self, name: &[u8], words: Option<&[Word]>, body: &List) {
        let values = match words {
            Some(words) => self.arguments(words),
            None => self.variables.parameters().to_vec(),
        };
        self.variables.status = 0;
        self.loops += 1;
        for value in values {
            self.variables.set(name, &value);
            self.list(body);
            if !self.loop_goes_on() {
                break;
            }
        }
        self.loops -= 1;
    }

    /// Takes account of `break` and `continue` behind a part of a loop.
    fn loop_goes_on(&mut self) -> bool {
        if !self.leaving() {
            return true;
        }
        let (left, goes_on) = match self.leave {
            Some(Leave::Break(1)) => (None, false),
            Some(Leave::Continue(1)) => (None, true),
            Some(Leave::Break(levels)) => (Some(Leave::Break(levels - 1)), false),
            Some(Leave::Continue(levels)) => (Some(Leave::Continue(levels - 1)), false),
            other => (other, false),
        };
        self.leave = left;
        goes_on
    }

    fn case_command(&mut self, subject: &Word, branches: &[(Vec<Word>, List)]) {
        let subject = single(subject, self);
        self.variables.status = 0;
        for (patterns, list) in branches {
            if patterns
                .iter()
                .any(|word| matches(&pattern(word, self), &subject))
            {
                return self.list(list);
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
        let Ok((read_end, write_end)) = calls::pipe() else {
            return Vec::new();
        };
        let child = self.fork(|shell| {
            let _ = calls::close(read_end);
            connect(Some(write_end), Fd::STDOUT);
            shell.run_text(commands);
        });
        let _ = calls::close(write_end);
        let mut output = Vec::new();
        let mut buffer = [0; 512];
        loop {
            match calls::read(read_end, &mut buffer) {
                Ok(0) => break,
                Ok(count) => output.extend_from_slice(buffer.get(..count).unwrap_or_default()),
                Err(Errno::EINTR) => {}
                Err(_) => break,
            }
        }
        let _ = calls::close(read_end);
        if let Some(child) = child {
            self.wait_for(child);
        }
        output
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

/// Makes `target` a descriptor of the file `source`, which it stands for from
/// here on.
fn connect(source: Option<Fd>, target: Fd) {
    if let Some(source) = source.filter(|source| *source != target) {
        // Both are open descriptors of ours.
        let _ = calls::dup2(source, target);
        let _ = calls::close(source);
    }
}

/// The status as `$?` tells it.
fn status_number(status: WaitStatus) -> i32 {
    match status.term_signal() {
        Some(signal) => 128 + signal.number() as i32,
        None => status.exit_status().unwrap_or(0) as i32,
    }
}
