// SPDX-License-Identifier: GPL-2.0-or-later
//! `awk [-F separator] [-v name=value]... program [file...]`, `awk -f file... [file...]`:
//! runs a program of patterns and actions on each line.
#![no_std]
#![no_main]

use abi::fcntl::{F_SETFD, FD_CLOEXEC, O_APPEND, O_CREAT, O_WRONLY};
use abi::sys::stat::S_ISDIR;
use abi::sys::wait::WaitStatus;
use abi::{Errno, Result};
use alloc::boxed::Box;
use alloc::vec::Vec;
use programs::awk::{Interpreter, Open, Stream, World, parse, unescape};
use programs::command::{complain, fail, leading_options, report, status, usage};
use programs::files::read_file;
use programs::path::c_string;
use programs::process::{Child, Command, Stdio};
use user::calls::{self, Fd, File};
use user::crt0::exit;
use user::{env, stdio};

extern crate alloc;

user::program!(main);

const USAGE: &str = "awk [-F separator] [-v name=value]... program [file...]\n       \
    awk [-F separator] [-v name=value]... -f file... [file...]";

fn main() -> i32 {
    stdio::set_error_status(2);
    let (options, mut operands) = leading_options("F:v:f:", USAGE);
    let mut pieces: Vec<Vec<u8>> = Vec::new();
    for path in options.values('f') {
        let Some(text) = report(read_program(path)) else {
            exit(2)
        };
        pieces.push(text);
    }
    if pieces.is_empty() {
        let Some((program, rest)) = operands.split_first() else {
            usage(USAGE)
        };
        pieces.push(program.to_bytes().to_vec());
        operands = rest;
    }
    let program = parse(&pieces.join(&b'\n')).unwrap_or_else(|error| {
        complain(&[], error);
        exit(2)
    });
    let arguments = operands.iter().map(|operand| operand.to_bytes());
    let arguments: Vec<&[u8]> = core::iter::once(&b"awk"[..]).chain(arguments).collect();
    let mut world = System;
    let mut interpreter = Interpreter::new(&program, &mut world, &arguments);
    if let Some(separator) = options.value('F') {
        let separator = match separator.to_bytes() {
            b"t" => b"\t",
            other => other,
        };
        assign(&mut interpreter, b"FS", separator);
    }
    for assignment in options.values('v') {
        let text = assignment.to_bytes();
        let Some(equals) = text.iter().position(|&byte| byte == b'=') else {
            fail(&[text], "no name=value")
        };
        let (name, value) = text.split_at(equals);
        assign(&mut interpreter, name, value.get(1..).unwrap_or_default());
    }
    match interpreter.run() {
        Ok(ended) if ended != 0 => ended,
        Ok(_) => 2 * status(),
        Err(error) => {
            complain(&[], error);
            2
        }
    }
}

fn assign(interpreter: &mut Interpreter<'_>, name: &[u8], value: &[u8]) {
    if let Err(error) = interpreter.assign(name, &unescape(value)) {
        fail(&[], error)
    }
}

fn read_program(path: &core::ffi::CStr) -> programs::command::Outcome<Vec<u8>> {
    match path == c"-" {
        true => read_file(c"/dev/stdin"),
        false => read_file(path),
    }
}

struct System;

/// A file, or a command at the other end of a pipe.
struct Opened {
    fd: Fd,
    child: Option<Child>,
}

impl Stream for Opened {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        calls::read(self.fd, buffer)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        calls::write_all(self.fd, bytes)
    }

    fn close(self: Box<Self>) -> i32 {
        let closed = match self.fd == Fd::STDIN {
            true => Ok(()),
            false => calls::close(self.fd),
        };
        match self.child {
            Some(child) => child.wait().map_or(-1, exit_status),
            None => closed.map_or(-1, |_| 0),
        }
    }
}

fn exit_status(status: WaitStatus) -> i32 {
    match status.exit_status() {
        Some(status) => status as i32,
        None => {
            256 + status
                .term_signal()
                .map_or(0, |signal| signal.number() as i32)
        }
    }
}

fn shell(command: &[u8]) -> Command {
    let mut shell = Command::new("/bin/sh");
    shell.arg("-c").arg(command);
    shell
}

/// Starts a command; this end of the pipe is that with this number.
fn connected(command: &[u8], reads: bool) -> Result<Opened> {
    let (from, to) = calls::pipe()?;
    let (ours, theirs) = if reads { (from, to) } else { (to, from) };
    let mut shell = shell(command);
    match reads {
        true => shell.stdout(Stdio::File(theirs)),
        false => shell.stdin(Stdio::File(theirs)),
    };
    // The command would wait for its own end of the pipe.
    let child = calls::fcntl(ours, F_SETFD, FD_CLOEXEC).and_then(|_| shell.spawn());
    calls::close(theirs)?;
    Ok(Opened {
        fd: ours,
        child: Some(child?),
    })
}

impl World for System {
    fn open(&mut self, name: &[u8], how: Open) -> Result<Box<dyn Stream>> {
        let path = c_string(name);
        let file = match how {
            Open::ReadCommand => return Ok(Box::new(connected(name, true)?)),
            Open::WriteCommand => return Ok(Box::new(connected(name, false)?)),
            Open::Read if matches!(name, b"-" | b"/dev/stdin") => {
                return Ok(Box::new(Opened {
                    fd: Fd::STDIN,
                    child: None,
                }));
            }
            Open::Read => File::open(&path)?,
            Open::Write if name == b"/dev/stderr" => {
                return Ok(Box::new(Opened {
                    fd: calls::dup(Fd::STDERR)?,
                    child: None,
                }));
            }
            Open::Write => File::create(&path)?,
            Open::Append => File::open_with(&path, O_WRONLY | O_CREAT | O_APPEND, 0o666)?,
        };
        if how == Open::Read && S_ISDIR(calls::fstat(file.fd())?.st_mode) {
            return Err(Errno::EISDIR);
        }
        calls::fcntl(file.fd(), F_SETFD, FD_CLOEXEC)?;
        let fd = file.fd();
        core::mem::forget(file);
        Ok(Box::new(Opened { fd, child: None }))
    }

    fn print(&mut self, bytes: &[u8]) {
        stdio::put(bytes);
    }

    fn flush(&mut self) {
        stdio::flush();
    }

    fn system(&mut self, command: &[u8]) -> i32 {
        shell(command).status().map_or(-1, exit_status)
    }

    fn complain(&mut self, name: &[u8], errno: Errno) {
        complain(&[name], errno);
    }

    fn time(&self) -> u32 {
        calls::time()
    }

    fn environment(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        let entries = env::vars().iter().filter_map(|entry| {
            let entry = entry.to_bytes();
            let equals = entry.iter().position(|&byte| byte == b'=')?;
            Some((
                entry.get(..equals)?.to_vec(),
                entry.get(equals + 1..)?.to_vec(),
            ))
        });
        entries.collect()
    }
}
