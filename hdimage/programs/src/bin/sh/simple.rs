// SPDX-License-Identifier: GPL-2.0-or-later
//! Simple commands: assignments, functions, built-in commands, programs.

use crate::builtins;
use crate::execute::Interpreter;
use crate::variables::{Scope, in_quotes};
use abi::Errno;
use alloc::ffi::CString;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::ffi::CStr;
use programs::accounts::Accounts;
use programs::command::complain;
use programs::path::c_string;
use programs::run::execute;
use programs::shell::expand::{Shell, arguments, assigned, expanded_text};
use programs::shell::tree::{Command, CommandKind, List, Word};
use user::calls::{self, Fd};
use user::dirent::read_directory;
use user::stdio;

/// `NAME=word` in front of a command.
type Assignment = (Vec<u8>, Word);

impl Interpreter {
    /// Runs a simple command.
    pub fn simple(&mut self, command: &Command, assignments: &[Assignment], words: &[Word]) {
        if let Some(arguments) = self.run_unless_program(command, assignments, words) {
            let mut job = self.new_job(true);
            let started = self.fork(&mut job, |shell| {
                shell.program(command, assignments, &arguments);
            });
            if started {
                self.wait_in_front(job);
            }
        }
    }

    /// As [`simple`](Self::simple), in a process that ends with it.
    fn simple_and_exit(&mut self, command: &Command, assignments: &[Assignment], words: &[Word]) {
        if let Some(arguments) = self.run_unless_program(command, assignments, words) {
            self.program(command, assignments, &arguments);
        }
    }

    /// Runs a simple command that is no program. The words of a program.
    fn run_unless_program(
        &mut self,
        command: &Command,
        assignments: &[Assignment],
        words: &[Word],
    ) -> Option<Vec<Vec<u8>>> {
        self.substituted = 0;
        let arguments = self.arguments(words);
        if self.leave.is_some() {
            return None;
        }
        let Some(name) = arguments.first() else {
            self.only_assignments(command, assignments);
            return None;
        };
        if let Some(body) = self.functions.get(name).cloned() {
            self.run_here(command, assignments, |shell| {
                shell.trace(&[], &arguments);
                shell.call(&body, &arguments);
            });
        } else if builtins::is_special(name) {
            self.special(command, assignments, &arguments);
        } else if builtins::is_builtin(name) {
            self.run_here(command, assignments, |shell| {
                shell.trace(&[], &arguments);
                builtins::run(shell, &arguments);
            });
        } else {
            return Some(arguments);
        }
        None
    }

    /// What has no name: the assignments stay.
    fn only_assignments(&mut self, command: &Command, assignments: &[Assignment]) {
        let saved = self.redirected(command);
        if saved.is_none() {
            return;
        }
        self.assign_all(assignments, &mut None);
        if self.leave.is_none() {
            self.variables.status = self.substituted;
        }
    }

    /// A built-in command that POSIX calls special: assignments before it stay, and
    /// a mistake ends a script.
    fn special(&mut self, command: &Command, assignments: &[Assignment], arguments: &[Vec<u8>]) {
        let Some(saved) = self.redirected(command) else {
            return self.abort(2);
        };
        self.assign_all(assignments, &mut None);
        if self.leave.is_some() {
            return;
        }
        self.trace(&[], arguments);
        builtins::run(self, arguments);
        if core::mem::take(&mut self.mistaken) {
            self.abort(self.variables.status);
        }
        if arguments == [b"exec"] {
            saved.keep();
        }
    }

    /// Runs a function or built-in command, for which alone the assignments are.
    fn run_here(
        &mut self,
        command: &Command,
        assignments: &[Assignment],
        run: impl FnOnce(&mut Interpreter),
    ) {
        let Some(_redirected) = self.redirected(command) else {
            return;
        };
        let mut scope = Some(Scope::new());
        self.assign_all(assignments, &mut scope);
        if self.leave.is_none() {
            run(self);
        }
        self.mistaken = false;
        self.variables.restore(scope.unwrap_or_default());
    }

    /// In a process of its own: becomes the program.
    fn program(&mut self, command: &Command, assignments: &[Assignment], arguments: &[Vec<u8>]) {
        let Some(saved) = self.redirected(command) else {
            return;
        };
        saved.keep();
        self.assign_all(assignments, &mut Some(Scope::new()));
        if self.leave.is_none() {
            self.trace(&[], arguments);
            self.replace(arguments);
        }
    }

    /// Runs a program, whatever functions there are, and waits for it; its status.
    pub fn run_program(&mut self, words: &[Vec<u8>]) -> i32 {
        let mut job = self.new_job(true);
        if self.fork(&mut job, |shell| shell.replace(words)) {
            self.wait_in_front(job);
        }
        self.variables.status
    }

    /// Runs a command in a process that ends with it.
    pub fn command_and_exit(&mut self, command: &Command) {
        match &command.kind {
            CommandKind::Simple { assignments, words } => {
                self.simple_and_exit(command, assignments, words);
            }
            CommandKind::Subshell(list) => {
                if let Some(saved) = self.redirected(command) {
                    saved.keep();
                    self.list(list);
                }
            }
            _ => self.command(command),
        }
    }

    /// Runs a function.
    fn call(&mut self, body: &Rc<Command>, words: &[Vec<u8>]) {
        let arguments = words.get(1..).unwrap_or_default();
        let parameters = self.variables.parameters().to_vec();
        let loops = core::mem::take(&mut self.loops);
        self.variables.set_parameters(arguments.iter().cloned());
        self.calls += 1;
        self.scopes.push(Scope::new());
        self.command(body);
        let scope = self.scopes.pop().unwrap_or_default();
        self.variables.restore(scope);
        self.leave_call();
        self.variables.set_parameters(parameters.into_iter());
        self.loops = loops;
    }

    /// `set -x`: shows a command before it runs.
    fn trace(&mut self, assignments: &[Vec<u8>], arguments: &[Vec<u8>]) {
        if self.option(b'x') {
            stdio::flush();
            let prompt = self.variables.get(b"PS4").unwrap_or_default();
            let prompt = expanded_text(&prompt, self);
            let words = [assignments, arguments].concat().join(&b' ');
            // Nobody would see an error.
            let _ = calls::write_all(Fd::STDERR, &[&prompt, words.as_slice(), b"\n"].concat());
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
        let missing = matches!(errno, Errno::ENOENT | Errno::ENOTDIR);
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

    /// Does all assignments. With a scope they go into the environment too, and
    /// what they hide is kept there.
    fn assign_all(&mut self, assignments: &[Assignment], scope: &mut Option<Scope>) {
        for (name, word) in assignments {
            let value = assigned(word, self);
            if self.leave.is_some() {
                return;
            }
            if let Some(scope) = scope {
                self.variables.save(name, scope);
            }
            self.assign(name, &value);
            if scope.is_some() {
                self.variables.edit(name).exported = true;
            }
            self.trace(&[[name, &b"="[..], &value].concat()], &[]);
        }
    }

    /// Prints lines `NAME='value'` behind a word.
    pub fn print_variables(
        &self,
        before: &[u8],
        wanted: impl Fn(&crate::variables::Variable) -> bool,
    ) {
        for (name, variable) in self
            .variables
            .iter()
            .filter(|(_, variable)| wanted(variable))
        {
            let value = match &variable.value {
                Some(value) => [&b"="[..], &in_quotes(value)].concat(),
                None => Vec::new(),
            };
            stdio::put(&[before, name, &value, b"\n"].concat());
        }
    }
}

impl Shell for Interpreter {
    fn variable(&self, name: &[u8]) -> Option<Vec<u8>> {
        self.variables.get(name)
    }

    fn assign(&mut self, name: &[u8], value: &[u8]) {
        if self.variables.is_read_only(name) {
            self.give_up(name, b"is read-only");
        } else {
            self.variables.set(name, value);
        }
    }

    fn parameters(&self) -> Vec<Vec<u8>> {
        self.variables.parameters().to_vec()
    }

    fn output_of(&mut self, commands: &List) -> Vec<u8> {
        self.capture(commands)
    }

    fn give_up(&mut self, what: &[u8], message: &[u8]) {
        complain(&[what], alloc::string::String::from_utf8_lossy(message));
        self.abort(2);
    }

    fn gave_up(&self) -> bool {
        self.leave.is_some()
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

    fn home_of(&self, user: &[u8]) -> Option<Vec<u8>> {
        Accounts::users().user(user).map(|user| user.home)
    }

    fn must_be_set(&self) -> bool {
        self.option(b'u')
    }

    fn matches_file_names(&self) -> bool {
        !self.option(b'f')
    }
}
