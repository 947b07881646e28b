// SPDX-License-Identifier: GPL-2.0-or-later
//! The processes of the shell: pipelines, the background, and how they end.

use crate::execute::{Interpreter, Leave};
use alloc::vec::Vec;
use lib::fcntl::O_RDONLY;
use lib::signal::Signal;
use lib::sys::wait::{WNOHANG, WaitStatus};
use lib::user::calls::{self, Fd, Pid};
use lib::user::crt0::exit;
use lib::user::signal::{Handler, sigaction};
use lib::user::stdio;
use lib::{Errno, eprintln, println};
use programs::command::complain;
use programs::shell::tree::{AndOr, Command};

impl Interpreter {
    /// Starts each command in a process of its own, with a pipe to the next,
    /// and waits for all. The last one's status counts.
    pub fn pipe(&mut self, commands: &[Command]) {
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
        // After a failure half-way. Who writes to it must see that nobody reads.
        if let Some(fd) = input {
            let _ = calls::close(fd);
        }
        for &child in &children {
            self.wait_for(child);
        }
        if children.len() < commands.len() {
            self.variables.status = 1;
        }
    }

    /// Runs `child` in a new process, which does not come back from it. `None`
    /// after a message if there can't be one.
    pub fn fork(&mut self, child: impl FnOnce(&mut Interpreter)) -> Option<Pid> {
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

    /// Starts commands that are not waited for.
    pub fn start_background(&mut self, and_or: &AndOr) {
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
    pub fn wait_for(&mut self, child: Pid) {
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
                // One new line behind the ^C, however many commands it ended.
                if self.interactive && self.leave.is_none() {
                    println!();
                    stdio::flush();
                }
                self.leave = Some(Leave::Interrupt);
            }
            Some(signal) => eprintln!("{}", signal.text()),
        }
    }

    /// Takes leave of background processes that ended.
    pub fn reap_background(&mut self) {
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

    /// What commands print, run in a process of their own.
    pub fn capture(&mut self, commands: &[u8]) -> Vec<u8> {
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
