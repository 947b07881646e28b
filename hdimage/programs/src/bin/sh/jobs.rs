// SPDX-License-Identifier: GPL-2.0-or-later
//! Job control: which processes belong together, and who has the terminal.
//!
//! Each pipeline that a shell at a terminal starts is a [`Job`], a process group
//! of its own. The one in front has the [`Terminal`], so that ^C, ^\ and ^Z
//! mean it alone; afterwards the shell takes the terminal back. A job that is
//! stopped or in the background stays in the shell's table until it ends;
//! `fg`, `bg`, `kill` and `wait` name it `%number`.
//!
//! A shell without a terminal starts its processes in its own group, and has a
//! table only for `wait`.

use crate::redirect::copy_up;
use abi::signal::Signal;
use abi::sys::wait::WaitStatus;
use abi::termios::Termios;
use alloc::string::String;
use alloc::vec::Vec;
use programs::number::unsigned;
use user::calls::{self, Fd, Pid};

/// What a job does.
#[derive(Clone, Copy, PartialEq)]
pub enum State {
    /// At least one of its processes runs.
    Running,
    /// Its processes are stopped, or have ended.
    Stopped(Signal),
    /// All have ended; the status of the last one.
    Done(WaitStatus),
}

/// A pipeline that was started.
pub struct Job {
    /// How it is named; 0 before it is in the table.
    pub number: u32,
    /// Whether it gets the terminal.
    pub in_front: bool,
    /// Whether it is a process group of its own.
    pub grouped: bool,
    /// What the user was told that it does.
    pub told: State,
    /// The command, as it was written.
    pub text: Vec<u8>,
    /// The first of them gives the group its number.
    processes: Vec<(Pid, State)>,
}

impl Job {
    /// A job without processes.
    pub fn new(text: &[u8], in_front: bool, grouped: bool) -> Job {
        Job {
            number: 0,
            in_front,
            grouped,
            told: State::Running,
            text: text.to_vec(),
            processes: Vec::new(),
        }
    }

    /// A process was started.
    pub fn add(&mut self, pid: Pid) {
        self.processes.push((pid, State::Running));
    }

    /// How many processes were started.
    pub fn size(&self) -> usize {
        self.processes.len()
    }

    /// The process group, which is its first process; `None` before there is
    /// one.
    pub fn group(&self) -> Option<Pid> {
        self.processes.first().map(|&(pid, _)| pid)
    }

    /// The last process, which `$!` tells.
    pub fn last(&self) -> Option<Pid> {
        self.processes.last().map(|&(pid, _)| pid)
    }

    /// Takes news of a process; false if it is none of this job.
    pub fn note(&mut self, pid: Pid, status: WaitStatus) -> bool {
        let process = self.processes.iter_mut().find(|(other, _)| *other == pid);
        if let Some((_, state)) = process {
            *state = match status.stop_signal() {
                Some(signal) => State::Stopped(signal),
                None => State::Done(status),
            };
            return true;
        }
        false
    }

    /// Nothing is known of its processes any more.
    pub fn lose(&mut self) {
        for (_, state) in &mut self.processes {
            if !matches!(state, State::Done(_)) {
                *state = State::Done(WaitStatus::default());
            }
        }
    }

    /// What it does.
    pub fn state(&self) -> State {
        let states = || self.processes.iter().map(|&(_, state)| state);
        let stopped = states().find(|state| matches!(state, State::Stopped(_)));
        let running = states().find(|state| *state == State::Running);
        let done = State::Done(WaitStatus::default());
        running.or(stopped).or(states().next_back()).unwrap_or(done)
    }

    /// The signals that ended its processes.
    pub fn fatal_signals(&self) -> impl Iterator<Item = Signal> {
        self.processes.iter().filter_map(|&(_, state)| match state {
            State::Done(status) => status.term_signal(),
            _ => None,
        })
    }

    /// Sends a signal to all processes. Those of a group of its own are not
    /// counted, so that children of theirs get it too.
    pub fn signal(&self, signal: u32) -> abi::Result<()> {
        match self.group() {
            Some(Pid(group)) if self.grouped => calls::kill(-(group as i32), signal),
            _ => {
                let alive = |state| !matches!(state, State::Done(_));
                let mut alive = self.processes.iter().filter(|&&(_, state)| alive(state));
                alive.try_for_each(|&(Pid(pid), _)| calls::kill(pid as i32, signal))
            }
        }
    }

    /// Lets a stopped job go on.
    pub fn go_on(&mut self) -> abi::Result<()> {
        self.signal(Signal::SIGCONT.number())?;
        for (_, state) in &mut self.processes {
            if matches!(state, State::Stopped(_)) {
                *state = State::Running;
            }
        }
        self.told = State::Running;
        Ok(())
    }

    /// A line for the user: `[1] Done    sleep 10`.
    pub fn line(&self) -> String {
        let state = match self.state() {
            State::Running => "Running".into(),
            State::Stopped(signal) => signal.text().into(),
            State::Done(status) => match (status.term_signal(), status.exit_status()) {
                (Some(signal), _) => signal.text().into(),
                (_, None | Some(0)) => "Done".into(),
                (_, Some(status)) => alloc::format!("Exit {status}"),
            },
        };
        let text = String::from_utf8_lossy(&self.text).replace('\n', " ");
        alloc::format!("[{}] {state:<19} {text}", self.number)
    }
}

/// The jobs that are not waited for in front.
#[derive(Default)]
pub struct Jobs(pub Vec<Job>);

impl Jobs {
    /// Takes a job in, with a number if it has none; tells the number.
    pub fn add(&mut self, mut job: Job) -> u32 {
        if job.number == 0 {
            job.number = self.0.iter().map(|job| job.number).max().unwrap_or(0) + 1;
        }
        let number = job.number;
        let place = self.0.iter().position(|other| other.number > number);
        self.0.insert(place.unwrap_or(self.0.len()), job);
        number
    }

    /// Takes news of a process of any job.
    pub fn note(&mut self, pid: Pid, status: WaitStatus) {
        let _ = self.0.iter_mut().any(|job| job.note(pid, status));
    }

    /// Where in the table the job is that `name` means: `%2`, `%%` or `%+` for
    /// the last one, or a process id.
    pub fn find(&self, name: &[u8]) -> Option<usize> {
        match name {
            b"%" | b"%%" | b"%+" => self.current(),
            [b'%', number @ ..] => {
                let number = unsigned(number, 10)?;
                self.0.iter().position(|job| job.number == number)
            }
            pid => {
                let pid = Pid(unsigned(pid, 10)?);
                let mut jobs = self.0.iter();
                jobs.position(|job| job.processes.iter().any(|&(other, _)| other == pid))
            }
        }
    }

    /// The job that is meant where none is named: the last stopped one, or the
    /// last.
    pub fn current(&self) -> Option<usize> {
        let stopped = |job: &Job| matches!(job.state(), State::Stopped(_));
        let last_stopped = self.0.iter().rposition(stopped);
        last_stopped.or(self.0.len().checked_sub(1))
    }

    /// Whether one is stopped.
    pub fn any_stopped(&self) -> bool {
        let mut states = self.0.iter().map(Job::state);
        states.any(|state| matches!(state, State::Stopped(_)))
    }

    /// Ends those that are stopped, as nobody could let them go on once the
    /// shell is gone.
    pub fn hang_up(&self) {
        for job in &self.0 {
            if let State::Stopped(_) = job.state() {
                // Whoever ended meanwhile needs no signal.
                let _ = job.signal(Signal::SIGHUP.number());
                let _ = job.signal(Signal::SIGCONT.number());
            }
        }
    }
}

/// How often a shell that is to be brought to the front stops.
const MOST_STOPS: u32 = 16;

/// The controlling terminal of a shell with job control.
pub struct Terminal {
    fd: Fd,
    shell: Pid,
    /// The settings at the prompt.
    settings: Termios,
}

impl Terminal {
    /// Brings the shell, as a process group of its own, to the front of its
    /// controlling terminal; `None` if standard input is none. A shell in the
    /// background stops until it is brought to the front; if it does not stop,
    /// nobody is there to bring it.
    ///
    /// SIGTTIN must have its default action, SIGTTOU must be ignored.
    pub fn take() -> Option<Terminal> {
        let is_in_front = || Some(calls::tcgetpgrp(Fd::STDIN).ok()? == calls::getpgrp());
        for _ in 0..MOST_STOPS {
            if is_in_front()? {
                break;
            }
            calls::kill(0, Signal::SIGTTIN.number()).ok()?;
        }
        if !is_in_front()? {
            return None;
        }
        let fd = copy_up(Fd::STDIN).ok()?;
        let shell = calls::getpid();
        // The leader of a session is the leader of its group already.
        let _ = calls::setpgid(shell, shell);
        let terminal = Terminal {
            fd,
            shell,
            settings: calls::tcgetattr(fd).ok()?,
        };
        terminal.give(shell);
        Some(terminal)
    }

    /// Brings a process group to the front.
    fn give(&self, group: Pid) {
        // It may have ended already.
        let _ = calls::tcsetpgrp(self.fd, group);
    }

    /// Puts a process that was just started into the group of its job, and that
    /// into the front. Parent and child both do so, as nobody knows who comes
    /// first.
    pub fn place(&self, pid: Pid, job: &Job) {
        let group = job.group().unwrap_or(pid);
        let _ = calls::setpgid(pid, group);
        if job.in_front {
            self.give(group);
        }
    }

    /// Lets a job in the table have the terminal.
    pub fn give_to(&self, job: &Job) {
        if let Some(group) = job.group() {
            self.give(group);
        }
    }

    /// Brings the shell to the front again. What a program set that ended by
    /// itself stays set; what others left behind is undone.
    pub fn take_back(&mut self, ended_by_itself: bool) {
        self.give(self.shell);
        let settings = if ended_by_itself {
            calls::tcgetattr(self.fd)
        } else {
            calls::tcsetattr(self.fd, &self.settings).map(|()| self.settings)
        };
        // Without an answer the old settings are the best guess.
        self.settings = settings.unwrap_or(self.settings);
    }
}
