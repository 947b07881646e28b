// SPDX-License-Identifier: GPL-2.0-or-later
//! What `login`, `su` and `passwd` share: asking for a password, and becoming a user.
//!
//! `su` and `passwd` run with root's rights on behalf of anybody, who chooses what they
//! are given: arguments, environment, open files, limits, signals. They begin with
//! [`fill_standard_files`].

use crate::accounts::{Accounts, User};
use crate::password::{self, LONGEST};
use crate::path::c_string;
use crate::time::sleep;
use abi::Result;
use abi::fcntl::O_RDWR;
use abi::signal::Signal;
use abi::sys::types::Device;
use abi::termios::LocalFlags;
use abi::utmp::line;
use alloc::ffi::CString;
use alloc::vec::Vec;
use core::ffi::CStr;
use core::time::Duration;
use user::calls::{self, Fd, File};
use user::crt0::exit;
use user::signal::{Handler, sigaction};

/// How long one waits behind a wrong password.
const PENALTY: Duration = Duration::from_secs(2);
/// The signals of the keys.
pub const KEYS: [Signal; 3] = [Signal::SIGINT, Signal::SIGQUIT, Signal::SIGTSTP];

/// Opens what is missing of standard input, output and error as `/dev/null`: the next
/// file that is opened would be one of them, and messages would go into it.
pub fn fill_standard_files() {
    while let Ok(fd) = calls::open(c"/dev/null", O_RDWR, 0) {
        if fd.0 > Fd::STDERR.0 {
            let _ = calls::close(fd);
            return;
        }
    }
    exit(126)
}

/// A line without its newline. `None` at the end of the input, or if a signal comes.
/// What is longer than any password or name is cut.
pub fn read_line(fd: Fd) -> Option<Vec<u8>> {
    let mut line = Vec::new();
    loop {
        let mut byte = [0];
        match (calls::read(fd, &mut byte), byte) {
            (Err(_) | Ok(0), _) => return None,
            (_, [b'\n']) => return Some(line),
            (_, [byte]) if line.len() <= LONGEST => line.push(byte),
            _ => {}
        }
    }
}

/// Asks for a password, on the controlling terminal if there is one, where it is not
/// shown. `None` if the person gives up, by ^C or ^D.
pub fn ask_password(question: &[u8]) -> Option<Vec<u8>> {
    extern "C" fn give_up(_signal: u32) {}
    let terminal = File::open_with(c"/dev/tty", O_RDWR, 0);
    let (input, output) = match &terminal {
        Ok(file) => (file.fd(), file.fd()),
        Err(_) => (Fd::STDIN, Fd::STDERR),
    };
    let actions = KEYS.map(|signal| (signal, sigaction(signal, Handler::Catch(give_up))));
    let before = calls::tcgetattr(input);
    if let Ok(mut quiet) = before {
        quiet.c_lflag.remove(LocalFlags::ECHO);
        let _ = calls::tcsetattr(input, &quiet);
    }
    let _ = calls::write_all(output, question);
    let line = read_line(input);
    if let Ok(before) = before {
        let _ = calls::write_all(output, b"\n");
        let _ = calls::tcsetattr(input, &before);
    }
    for (signal, action) in actions {
        let _ = action.and_then(|action| sigaction(signal, action));
    }
    line
}

/// Whether this is somebody's password; takes its time if not. For nobody it is never
/// right, and takes as long.
pub fn is_password(user: Option<&User>, password: &[u8]) -> bool {
    let is_right = password::matches(password, user.map_or(b"*", |user| &user.password));
    if !is_right {
        let _ = sleep(PENALTY);
    }
    is_right
}

/// Becomes a user, for good. The user id comes last: afterwards nothing may be changed
/// any more.
pub fn become_user(user: &User) -> Result<()> {
    calls::setgroups(&Accounts::groups().groups_of(&user.name, user.gid))?;
    calls::setgid(user.gid)?;
    calls::setuid(user.uid)
}

/// What the environment says of a user.
pub fn environment(user: &User) -> [CString; 4] {
    [
        [b"HOME=", user.home.as_slice()].concat(),
        [b"SHELL=", user.shell.as_slice()].concat(),
        [b"USER=", user.name.as_slice()].concat(),
        [b"LOGNAME=", user.name.as_slice()].concat(),
    ]
    .map(c_string)
}

/// The device of a terminal that is open.
pub fn terminal(fd: Fd) -> Option<Device> {
    let is_terminal = calls::isatty(fd);
    let stat = calls::fstat(fd).ok().filter(|_| is_terminal)?;
    Some(Device(stat.st_rdev))
}

/// Gives a terminal to a user: nobody else may open it.
pub fn give_terminal(terminal: Device, uid: u16, gid: u8) {
    let number = |minor: u8| alloc::format!("tty{minor}").into_bytes();
    let names = [
        line(terminal).map(Vec::from),
        Some(number(terminal.minor())),
    ];
    for name in names.into_iter().flatten() {
        let path = c_string([b"/dev/", name.as_slice()].concat());
        if calls::stat(&path).is_ok_and(|stat| stat.st_rdev == terminal.0) {
            // The mode first: in between it is still the former user's.
            let _ = calls::chmod(&path, 0o600);
            let _ = calls::chown(&path, uid, gid);
        }
    }
}

/// Runs the shell of a user, as a login shell if `is_login`. Comes back only with an
/// error.
pub fn run_shell(
    user: &User,
    is_login: bool,
    arguments: &[&CStr],
    environment: &[&CStr],
) -> abi::Errno {
    let shell = c_string(user.shell.as_slice());
    let name = crate::path::base_name(&shell);
    let name = c_string([if is_login { &b"-"[..] } else { b"" }, name].concat());
    let all: Vec<&CStr> = [&*name]
        .into_iter()
        .chain(arguments.iter().copied())
        .collect();
    calls::execve(&shell, &all, environment)
}
