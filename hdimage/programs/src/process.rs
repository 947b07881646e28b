// SPDX-License-Identifier: GPL-2.0-or-later
//! Other programs: starting them, waiting for them, ending them, as `std::process`
//! has it.
//!
//! ```ignore
//! let status = Command::new("ls").arg("-l").status()?;
//! let listing = Command::new("ls").output()?.stdout;
//! ```
//!
//! Below it are `fork`, `execve` and `waitpid` ([`user::calls`]).

use crate::files::for_each_chunk;
use crate::path::c_string;
use crate::run::{DEFAULT_PATH, execute};
use abi::fcntl::{F_SETFD, FD_CLOEXEC, O_RDWR};
use abi::signal::Signal;
use abi::sys::wait::WaitStatus;
use abi::{Errno, Result};
use alloc::ffi::CString;
use alloc::vec::Vec;
use core::ffi::CStr;
use user::calls::{self, Fd, File, Pid};
use user::env;

pub use user::crt0::exit;

/// What a child has as its standard input or output.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub enum Stdio {
    /// What this process has.
    #[default]
    Inherit,
    /// `/dev/null`.
    Null,
    /// This open file.
    File(Fd),
}

/// A program to be run.
pub struct Command {
    arguments: Vec<CString>,
    environment: Vec<CString>,
    directory: Option<CString>,
    files: [Stdio; 3],
}

/// What a program has printed, and how it ended.
pub struct Output {
    /// How it ended.
    pub status: WaitStatus,
    /// What it has written to standard output.
    pub stdout: Vec<u8>,
}

/// A program that runs. Nobody waits for it by itself.
pub struct Child(Pid);

impl Command {
    /// A program, by path or by a name that is looked for in `PATH`.
    pub fn new(program: impl AsRef<[u8]>) -> Command {
        Command {
            arguments: alloc::vec![c_string(program.as_ref())],
            environment: env::vars().iter().map(|&entry| entry.into()).collect(),
            directory: None,
            files: [Stdio::Inherit; 3],
        }
    }

    /// Adds an argument.
    pub fn arg(&mut self, argument: impl AsRef<[u8]>) -> &mut Command {
        self.arguments.push(c_string(argument.as_ref()));
        self
    }

    /// Adds arguments.
    pub fn args<T: AsRef<[u8]>>(&mut self, all: impl IntoIterator<Item = T>) -> &mut Command {
        for argument in all {
            self.arg(argument);
        }
        self
    }

    /// Sets a variable of the environment.
    pub fn env(&mut self, name: &str, value: impl AsRef<[u8]>) -> &mut Command {
        let name = [name.as_bytes(), b"="].concat();
        self.environment
            .retain(|entry| !entry.to_bytes().starts_with(&name));
        self.environment
            .push(c_string([name.as_slice(), value.as_ref()].concat()));
        self
    }

    /// Where it is to run.
    pub fn current_dir(&mut self, directory: impl AsRef<[u8]>) -> &mut Command {
        self.directory = Some(c_string(directory.as_ref()));
        self
    }

    /// Its standard input.
    pub fn stdin(&mut self, file: Stdio) -> &mut Command {
        self.files[0] = file;
        self
    }

    /// Its standard output.
    pub fn stdout(&mut self, file: Stdio) -> &mut Command {
        self.files[1] = file;
        self
    }

    /// Its standard error.
    pub fn stderr(&mut self, file: Stdio) -> &mut Command {
        self.files[2] = file;
        self
    }

    /// Starts it. That it cannot be run is told here: the child says so in a pipe,
    /// which a program that does run closes.
    pub fn spawn(&mut self) -> Result<Child> {
        user::stdio::flush();
        let (answer, tell) = calls::pipe()?;
        let child = calls::fcntl(tell, F_SETFD, FD_CLOEXEC).and_then(|_| calls::fork());
        if let Ok(None) = child {
            // The parent's end would keep the pipe open.
            let _ = calls::close(answer);
            let errno = self.become_it();
            let _ = calls::write_all(tell, &[errno.number()]);
            calls::_exit(127);
        }
        let _ = calls::close(tell);
        let mut number = [0];
        let told = child.and_then(|_| calls::read_on(answer, &mut number));
        let _ = calls::close(answer);
        let child = Child(child?.ok_or(Errno::EINVAL)?);
        if told? == 0 {
            return Ok(child);
        }
        child.wait()?;
        Err(Errno::from_eax(-i32::from(number[0]))
            .err()
            .unwrap_or(Errno::EIO))
    }

    /// Turns this process into the program; comes back only with an error.
    fn become_it(&self) -> Errno {
        match self.prepare() {
            Ok(()) => {}
            Err(errno) => return errno,
        }
        let arguments: Vec<&CStr> = self.arguments.iter().map(CString::as_c_str).collect();
        let environment: Vec<&CStr> = self.environment.iter().map(CString::as_c_str).collect();
        let path = env::var(b"PATH").unwrap_or(DEFAULT_PATH);
        execute(&arguments, &environment, path)
    }

    fn prepare(&self) -> Result<()> {
        for (file, number) in self.files.iter().zip(0..) {
            match file {
                Stdio::Inherit => {}
                Stdio::Null => {
                    let null = File::open_with(c"/dev/null", O_RDWR, 0)?;
                    calls::dup2(null.fd(), Fd(number))?;
                }
                Stdio::File(fd) => drop(calls::dup2(*fd, Fd(number))?),
            }
        }
        self.directory.as_deref().map_or(Ok(()), calls::chdir)
    }

    /// Runs it and waits for its end.
    pub fn status(&mut self) -> Result<WaitStatus> {
        self.spawn()?.wait()
    }

    /// Runs it, waits for its end, and gives what it has printed.
    pub fn output(&mut self) -> Result<Output> {
        let (from, to) = calls::pipe()?;
        // A child that kept the reading end would not be told that nobody reads.
        let child = calls::fcntl(from, F_SETFD, FD_CLOEXEC)
            .and_then(|_| self.stdout(Stdio::File(to)).spawn());
        let _ = calls::close(to);
        let mut stdout = Vec::new();
        let read = child.is_ok().then(|| {
            let keep = |chunk: &[u8]| {
                stdout.extend_from_slice(chunk);
                Ok(())
            };
            for_each_chunk(from, keep, c"-").map_err(|failure| failure.errno())
        });
        let _ = calls::close(from);
        let status = child?.wait()?;
        read.unwrap_or(Ok(()))?;
        Ok(Output { status, stdout })
    }
}

impl Child {
    /// Its number.
    pub fn id(&self) -> Pid {
        self.0
    }

    /// Waits for its end.
    pub fn wait(self) -> Result<WaitStatus> {
        loop {
            match calls::waitpid(self.0.0 as i32, 0) {
                Ok(Some((_, status))) => return Ok(status),
                Ok(None) | Err(Errno::EINTR) => {}
                Err(errno) => return Err(errno),
            }
        }
    }

    /// Sends it a signal.
    pub fn kill(&self, signal: Signal) -> Result<()> {
        calls::kill(self.0.0 as i32, signal.number())
    }
}
