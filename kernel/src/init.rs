// SPDX-License-Identifier: GPL-2.0-or-later
//! Tasks 0 and 1 in ring 3 (0.11: `init` and the end of `main` in
//! `init/main.c`).
//!
//! This code lies in the kernel but runs as a program: it may read the
//! kernel's text and constants, it has a stack of its own, and it reaches
//! everything else by system calls. It must not touch a static variable.

use core::ffi::CStr;
use lib::fcntl::{O_RDONLY, O_RDWR};
use lib::reboot::REBOOT_HALT;
use lib::syscall;
use lib::sys::wait::WaitStatus;

/// Bytes of the kernel command line, with its NUL.
const COMMAND_LINE: usize = 512;

const SHELL: &CStr = c"/bin/sh";
const ENVIRONMENT: [&CStr; 4] = [c"HOME=/root", c"PATH=/bin:/sbin:/usr/bin", c"TERM=console", c"USER=root"];

/// Task 0: makes task 1, then idles whenever there is nothing else to do.
pub extern "C" fn task_0() -> ! {
    if let Ok(0) = syscall::fork() {
        init();
    }
    loop {
        let _ = syscall::pause();
    }
}

/// Task 1: mounts root, opens the terminal, runs the start-up script, then a
/// shell, again and again. With `init=` on the command line it runs that
/// program instead and halts when it ends.
fn init() -> ! {
    let mut buffer = [0; COMMAND_LINE];
    let _ = syscall::setup(&mut buffer);
    let line = CStr::from_bytes_until_nul(&buffer).unwrap_or_default().to_bytes();
    let mut path = [0; COMMAND_LINE];
    let console = device_path(parameter(line, b"console").unwrap_or(b"tty0"), &mut path);
    open_terminal(console);
    let mut program = [0; COMMAND_LINE];
    match parameter(line, b"init").and_then(|name| c_string(&[name], &mut program)) {
        Some(program) => {
            run(program, &[program], Input::Terminal(console));
            say(b"init: the program has ended\n");
            let _ = syscall::sync();
            let _ = syscall::reboot(REBOOT_HALT);
        }
        None => {
            run(SHELL, &[c"/bin/sh"], Input::Script(c"/etc/rc"));
            loop {
                run(SHELL, &[c"-sh"], Input::Terminal(console));
                say(b"\n");
                let _ = syscall::sync();
            }
        }
    }
    loop {
        let _ = syscall::pause();
    }
}

/// What standard input is to be.
enum Input<'a> {
    /// The terminal, as the controlling terminal of a new session.
    Terminal(&'a CStr),
    /// A file.
    Script(&'a CStr),
}

/// Runs a program and waits for it, burying orphans meanwhile.
fn run(program: &CStr, arguments: &[&CStr], input: Input<'_>) {
    match syscall::fork() {
        Ok(0) => become_program(program, arguments, input),
        Ok(pid) => while !matches!(syscall::waitpid(-1, 0), Ok((ended, _)) if ended == pid) {},
        Err(_) => say(b"init: cannot fork\n"),
    }
}

fn become_program(program: &CStr, arguments: &[&CStr], input: Input<'_>) -> ! {
    match input {
        Input::Terminal(terminal) => {
            for fd in 0..3 {
                let _ = syscall::close(fd);
            }
            let _ = syscall::setsid();
            open_terminal(terminal);
        }
        Input::Script(script) => {
            let _ = syscall::close(0);
            if syscall::open(script, O_RDONLY, 0).is_err() {
                syscall::exit(0);
            }
        }
    }
    let _ = syscall::execve(program, arguments, &ENVIRONMENT);
    say(b"init: cannot run ");
    say(program.to_bytes());
    say(b"\n");
    // Not at once again: somebody wants to read the message.
    let _ = syscall::alarm(5);
    let _ = syscall::pause();
    syscall::exit(1)
}

/// Opens the terminal as standard input, output and error.
fn open_terminal(path: &CStr) {
    let _ = syscall::open(path, O_RDWR, 0);
    let _ = syscall::dup(0);
    let _ = syscall::dup(0);
}

fn say(text: &[u8]) {
    let _ = syscall::write(1, text);
}

/// The value of `name=value` on the command line.
fn parameter<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    line.split(u8::is_ascii_whitespace).find_map(|word| word.strip_prefix(name)?.strip_prefix(b"="))
}

/// Puts pieces together to a string that ends with NUL.
fn c_string<'a>(pieces: &[&[u8]], buffer: &'a mut [u8]) -> Option<&'a CStr> {
    let mut length = 0;
    for piece in pieces {
        buffer.get_mut(length..length + piece.len())?.copy_from_slice(piece);
        length += piece.len();
    }
    *buffer.get_mut(length)? = 0;
    CStr::from_bytes_until_nul(buffer).ok()
}

/// `/dev/NAME`.
fn device_path<'a>(name: &[u8], buffer: &'a mut [u8]) -> &'a CStr {
    c_string(&[b"/dev/", name], buffer).unwrap_or(c"/dev/tty0")
}
