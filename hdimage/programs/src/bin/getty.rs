// SPDX-License-Identifier: GPL-2.0-or-later
//! `getty line`: asks who is there on a terminal, `tty2` or `/dev/tty2`, and runs
//! `login` there. Task 1 runs it on the consoles; `while :; do getty ttyS1; done &` has a
//! serial line served, too.
//!
//! Whoever had the terminal before must not read what is typed next: it becomes root's,
//! then it is hung up, which takes it away from all who have it open.
#![no_std]
#![no_main]

use abi::fcntl::{O_NOCTTY, O_NONBLOCK, O_RDWR};
use abi::signal::Signal;
use core::ffi::CStr;
use programs::authentication::{KEYS, give_terminal, read_line, terminal};
use programs::command::{At, Outcome, fail, report, status, usage};
use programs::files::read_file;
use programs::path::{c_string, join};
use programs::terminal::sane;
use user::calls::{self, Fd, Pid};
use user::signal::{Handler, sigaction};
use user::{env, stdio};

user::program!(main);

const USAGE: &str = "getty line";
const LOGIN: &CStr = c"/bin/login";
const INIT: Pid = Pid(1);

fn main() -> i32 {
    let [line] = env::args() else { usage(USAGE) };
    if calls::geteuid() != 0 {
        fail(&[], "only for the super-user");
    }
    // Whoever leads a process group can't begin a session; init has begun one for us.
    if calls::setsid().is_err() && calls::getppid() != INIT {
        match calls::fork() {
            Ok(None) => drop(calls::setsid()),
            Ok(Some(child)) => {
                while calls::waitpid(child.0 as i32, 0) == Err(abi::Errno::EINTR) {}
                return 0;
            }
            Err(errno) => fail(&[b"fork"], errno),
        }
    }
    let path = match line.to_bytes() {
        [b'/', ..] => (*line).into(),
        name => join(c"/dev", name),
    };
    report(open_terminal(&path));
    if status() == 0 {
        log_in(&path);
    }
    status()
}

/// Makes the terminal standard input, output and error, and nobody else's.
fn open_terminal(path: &CStr) -> Outcome {
    for signal in KEYS.into_iter().chain([Signal::SIGHUP]) {
        let _ = sigaction(signal, Handler::Ignore);
    }
    // A line without a carrier would have to be waited for.
    let first = calls::open(path, O_RDWR | O_NOCTTY | O_NONBLOCK, 0).at(path)?;
    let device = terminal(first).ok_or(abi::Errno::ENOTTY).at(path)?;
    give_terminal(device, 0, 0);
    calls::hang_up(first).at(path)?;
    for fd in [first, Fd::STDIN, Fd::STDOUT, Fd::STDERR] {
        let _ = calls::close(fd);
    }
    calls::open(path, O_RDWR, 0)
        .and_then(calls::dup)
        .and_then(calls::dup)
        .at(path)?;
    let mut termios = calls::tcgetattr(Fd::STDIN).at(path)?;
    sane(&mut termios);
    calls::tcsetattr(Fd::STDIN, &termios).at(path)
}

/// Asks for a name until there is one.
fn log_in(path: &CStr) {
    stdio::put(&read_file(c"/etc/issue").unwrap_or_else(|_| b"\nEleven\n\n".to_vec()));
    let name = loop {
        stdio::put(path.to_bytes().strip_prefix(b"/dev/").unwrap_or_default());
        stdio::put(b" login: ");
        stdio::flush();
        match read_line(Fd::STDIN) {
            None => return,
            Some(name) if name.trim_ascii().is_empty() => {}
            Some(name) => break c_string(name.trim_ascii()),
        }
    };
    let _ = sigaction(Signal::SIGHUP, Handler::Default);
    fail(
        &[LOGIN.to_bytes()],
        calls::execve(LOGIN, &[c"login", &name], env::vars()),
    );
}
