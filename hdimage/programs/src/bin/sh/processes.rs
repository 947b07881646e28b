// SPDX-License-Identifier: GPL-2.0-or-later
//! The processes of the shell: pipelines, the background, and how they end.

use crate::execute::{Interpreter, Leave};
use crate::jobs::{Job, State};
use crate::traps;
use abi::Errno;
use abi::fcntl::O_RDONLY;
use abi::signal::Signal;
use abi::sys::wait::{WNOHANG, WUNTRACED, WaitStatus};
use alloc::vec::Vec;
use programs::command::complain;
use programs::shell::tree::{AndOr, Command, List};
use user::calls::{self, Fd};
use user::crt0::exit;
use user::signal::{Handler, sigaction};
use user::stdio;
use user::{eprintln, println};

/// Signals that a shell at a terminal keeps from itself but not from commands.
const FOR_COMMANDS: [Signal; 3] = [Signal::SIGINT, Signal::SIGQUIT, Signal::SIGTERM];
/// Signals that stop a job; only a job of its own can be continued.
const FOR_JOBS: [Signal; 3] = [Signal::SIGTSTP, Signal::SIGTTIN, Signal::SIGTTOU];

impl Interpreter {
    /// A job of the commands that run now.
    pub fn new_job(&self, in_front: bool) -> Job {
        Job::new(&self.text, in_front, self.terminal.is_some())
    }

    /// Starts each command in a process of its own, with a pipe to the next,
    /// and waits for all. The last one's status counts.
    pub fn pipe(&mut self, commands: &[Command]) {
        let mut job = self.new_job(true);
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
            let ready = last || next.is_some();
            let started = ready
                && self.fork(&mut job, |shell| {
                    connect(input, Fd::STDIN);
                    if let Some((read_end, write_end)) = next {
                        let _ = calls::close(read_end);
                        connect(Some(write_end), Fd::STDOUT);
                    }
                    shell.command_and_exit(command);
                });
            for fd in [input, next.map(|(_, write_end)| write_end)]
                .into_iter()
                .flatten()
            {
                let _ = calls::close(fd);
            }
            input = next.map(|(read_end, _)| read_end);
            if !started {
                break;
            }
        }
        // After a failure half-way. Who writes to it must see that nobody reads.
        if let Some(fd) = input {
            let _ = calls::close(fd);
        }
        let complete = job.size() == commands.len();
        self.wait_in_front(job);
        if !complete {
            self.variables.status = 1;
        }
    }

    /// Runs `child` in a new process of a job, which does not come back from
    /// it. False after a message if there can't be one.
    pub fn fork(&mut self, job: &mut Job, child: impl FnOnce(&mut Interpreter)) -> bool {
        stdio::flush();
        let held = HeldSignals::new();
        match calls::fork() {
            Ok(None) => {
                self.become_child(job);
                drop(held);
                child(self);
                exit(self.finish())
            }
            Ok(Some(pid)) => {
                if let Some(terminal) = self.terminal.as_ref().filter(|_| job.grouped) {
                    terminal.place(pid, job);
                }
                job.add(pid);
                true
            }
            Err(errno) => {
                complain(&[b"fork"], errno);
                self.variables.status = 2;
                false
            }
        }
    }

    /// A child gets the signals that the shell at the terminal keeps from
    /// itself. Those that came since it was made are held until then.
    fn become_child(&mut self, job: &Job) {
        let defaults = |signals: [Signal; 3]| {
            for signal in signals {
                // All of them can be set.
                let _ = sigaction(signal, Handler::Default);
            }
        };
        if let Some(terminal) = self.terminal.take().filter(|_| job.grouped) {
            terminal.place(calls::getpid(), job);
            defaults(FOR_JOBS);
        }
        if self.interactive {
            defaults(FOR_COMMANDS);
            // A ^C that came between the line and here means this command.
            if traps::pending() == Some(Signal::SIGINT) {
                let _ = calls::raise(Signal::SIGINT);
            }
        }
        self.traps.forget();
        self.interactive = false;
        self.warned = false;
        self.jobs.0.clear();
    }

    /// Starts commands that are not waited for.
    pub fn start_background(&mut self, and_or: &AndOr) {
        let mut job = Job::new(&and_or.text, false, self.terminal.is_some());
        let grouped = job.grouped;
        let started = self.fork(&mut job, |shell| {
            if !grouped {
                // ^C means the command in front, which also has the keyboard.
                for signal in [Signal::SIGINT, Signal::SIGQUIT] {
                    let _ = sigaction(signal, Handler::Ignore);
                }
                if let Ok(null) = calls::open(c"/dev/null", O_RDONLY, 0) {
                    connect(Some(null), Fd::STDIN);
                }
            }
            match (and_or.first.commands.as_slice(), and_or.rest.is_empty()) {
                ([command], true) if !and_or.first.negated => shell.command_and_exit(command),
                _ => shell.and_or(and_or),
            }
        });
        if started {
            self.variables.status = 0;
            self.variables.last_background = job.last();
            let pid = job.last().map_or(0, |pid| pid.0);
            let number = self.jobs.add(job);
            if self.interactive {
                eprintln!("[{number}] {pid}");
            }
        }
    }

    /// Waits for news of a child and notes it, for `job` or one of the table.
    /// False if there are no children, or with WNOHANG no news; EINTR after a
    /// signal.
    fn wait_for_news(&mut self, mut job: Option<&mut Job>, options: u32) -> abi::Result<bool> {
        // Without job control, nobody lets stopped processes go on from here.
        let untraced = if self.terminal.is_some() {
            WUNTRACED
        } else {
            0
        };
        match calls::waitpid(-1, options | untraced) {
            Ok(Some((pid, status))) => {
                let noted = job.as_mut().is_some_and(|job| job.note(pid, status));
                if !noted {
                    self.jobs.note(pid, status);
                }
                Ok(true)
            }
            Err(Errno::EINTR) => Err(Errno::EINTR),
            Ok(None) | Err(_) => Ok(false),
        }
    }

    /// Waits until a job in front has ended or was stopped, and takes its
    /// status.
    pub fn wait_in_front(&mut self, mut job: Job) {
        while job.state() == State::Running {
            if self.wait_for_news(Some(&mut job), 0) == Ok(false) {
                job.lose();
            }
        }
        if let Some(terminal) = self.terminal.as_mut().filter(|_| job.grouped) {
            let exited = |status: WaitStatus| status.exit_status().is_some();
            terminal.take_back(matches!(job.state(), State::Done(status) if exited(status)));
        }
        match job.state() {
            State::Stopped(signal) => {
                self.variables.status = status_of_signal(signal);
                // As after ^C, what follows is not run.
                self.leave = Some(Leave::Interrupt);
                self.put_aside(job);
            }
            State::Done(status) if job.size() > 0 => {
                self.variables.status = status_number(status);
                self.show_fatal_signals(&job);
            }
            _ => {}
        }
    }

    /// A job in front was stopped: it stays in the table.
    fn put_aside(&mut self, mut job: Job) {
        job.in_front = false;
        job.told = job.state();
        let number = self.jobs.add(job);
        if let Some(job) = self.jobs.0.iter().find(|job| job.number == number) {
            // Behind the ^Z.
            eprintln!("\n{}", job.line());
        }
    }

    /// Says by what signals the processes of a job in front were ended.
    fn show_fatal_signals(&mut self, job: &Job) {
        let mut shown = None;
        for signal in job.fatal_signals() {
            match signal {
                Signal::SIGPIPE => {}
                // A script had it too, unless that does something else about it.
                Signal::SIGINT if !self.interactive => {}
                Signal::SIGINT => {
                    // One new line behind the ^C, however many commands it ended.
                    if self.leave.is_none() {
                        println!();
                        stdio::flush();
                    }
                    self.leave = Some(Leave::Interrupt);
                }
                signal if shown == Some(signal) => {}
                signal => {
                    eprintln!("{}", signal.text());
                    shown = Some(signal);
                }
            }
        }
    }

    /// Notes what happened to the children up to now.
    pub fn note_news(&mut self) {
        while self.wait_for_news(None, WNOHANG) == Ok(true) {}
    }

    /// Takes the jobs that have ended out of the table.
    pub fn forget_done(&mut self) {
        self.jobs
            .0
            .retain(|job| !matches!(job.state(), State::Done(_)));
    }

    /// Tells the user at the prompt of background jobs that ended or stopped.
    pub fn reap_background(&mut self) {
        self.note_news();
        if !self.interactive {
            return;
        }
        for job in &mut self.jobs.0 {
            if job.state() != job.told {
                job.told = job.state();
                eprintln!("{}", job.line());
            }
        }
        self.forget_done();
    }

    /// Waits until no background job runs any more, or the one at `place` in
    /// the table does not; tells the status of that. ^C ends the waiting.
    pub fn wait_background(&mut self, place: Option<usize>) -> i32 {
        let is_meant = |index: usize| place.is_none_or(|place| place == index);
        loop {
            let mut meant = self.jobs.0.iter().enumerate();
            if !meant.any(|(index, job)| is_meant(index) && job.state() == State::Running) {
                break;
            }
            match self.wait_for_news(None, 0) {
                Ok(true) => {}
                Ok(false) => self.jobs.0.iter_mut().for_each(Job::lose),
                // Without one, it was ignored, or meant somebody else.
                Err(_) => {
                    if let Some(signal) = traps::pending() {
                        return status_of_signal(signal);
                    }
                }
            }
        }
        let job = place.and_then(|place| self.jobs.0.get(place));
        let status = match job.map(Job::state) {
            Some(State::Done(status)) => status_number(status),
            Some(State::Stopped(signal)) => status_of_signal(signal),
            _ => 0,
        };
        if !self.interactive {
            let done = |job: &Job| matches!(job.state(), State::Done(_));
            let mut index = 0..;
            self.jobs
                .0
                .retain(|job| !(index.next().is_some_and(is_meant) && done(job)));
        }
        status
    }

    /// What commands print, run in a process of their own that can't be
    /// stopped.
    pub fn capture(&mut self, commands: &List) -> Vec<u8> {
        let (read_end, write_end) = match calls::pipe() {
            Ok(ends) => ends,
            Err(errno) => {
                complain(&[b"pipe"], errno);
                self.substituted = 2;
                return Vec::new();
            }
        };
        let status = self.variables.status;
        let mut job = Job::new(b"", false, false);
        self.fork(&mut job, |shell| {
            let _ = calls::close(read_end);
            connect(Some(write_end), Fd::STDOUT);
            shell.tested = 0;
            shell.list_and_exit(commands);
        });
        let _ = calls::close(write_end);
        let mut output = Vec::new();
        let mut buffer = [0; 512];
        loop {
            match calls::read_on(read_end, &mut buffer) {
                Ok(0) | Err(_) => break,
                Ok(count) => output.extend_from_slice(buffer.get(..count).unwrap_or_default()),
            }
        }
        let _ = calls::close(read_end);
        self.wait_in_front(job);
        self.substituted = self.variables.status;
        self.variables.status = status;
        output
    }

    /// Runs commands in a process that ends with them: the last one, if it is a
    /// program, needs no other.
    fn list_and_exit(&mut self, list: &List) {
        match list.as_slice() {
            [and_or] if !and_or.background && and_or.rest.is_empty() => {
                match and_or.first.commands.as_slice() {
                    [command] if !and_or.first.negated => self.command_and_exit(command),
                    _ => self.list(list),
                }
            }
            _ => self.list(list),
        }
    }
}

/// No signal is let in as long as this lives: a new process ignores what the
/// shell ignores until it has said otherwise, and what comes before, as by
/// `kill %1`, must not be lost.
struct HeldSignals {
    before: u32,
}

impl HeldSignals {
    fn new() -> HeldSignals {
        HeldSignals {
            before: calls::ssetmask(u32::MAX),
        }
    }
}

impl Drop for HeldSignals {
    fn drop(&mut self) {
        calls::ssetmask(self.before);
    }
}

/// Makes `target` a descriptor of the file `source`, which it stands for from
/// here on.
pub fn connect(source: Option<Fd>, target: Fd) {
    if let Some(source) = source.filter(|source| *source != target) {
        // Both are open descriptors of ours.
        let _ = calls::dup2(source, target);
        let _ = calls::close(source);
    }
}

fn status_of_signal(signal: Signal) -> i32 {
    128 + signal.number() as i32
}

/// The status as `$?` tells it.
fn status_number(status: WaitStatus) -> i32 {
    match status.term_signal() {
        Some(signal) => status_of_signal(signal),
        None => status.exit_status().unwrap_or(0) as i32,
    }
}
