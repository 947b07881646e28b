// SPDX-License-Identifier: GPL-2.0-or-later
//! `trace [-s | -b ADDRESS] PROGRAM [ARGUMENT]...`: runs a program and tells on
//! standard error what it does.
//!
//! Without an option: its system calls, with arguments and results. With `-s`:
//! how many instructions it executes in ring 3, one by one. With `-b`: its
//! registers whenever it comes to an address (hexadecimal). Signals that it gets
//! are told in any case. The exit status is that of the program.
#![no_std]
#![no_main]

use abi::ptrace::register::{EAX, EBP, EBX, ECX, EDI, EDX, EFL, EIP, ESI, ORIG_EAX, UESP};
use abi::ptrace::*;
use abi::signal::Signal;
use abi::sys::wait::WaitStatus;
use abi::unistd::number::{ARGUMENTS, NAMES};
use abi::{Errno, Result};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::ffi::CStr;
use core::fmt::{self, Display};
use programs::command::complain;
use programs::run::{DEFAULT_PATH, execute, not_run};
use user::calls::{self, Pid};
use user::crt0::exit;
use user::eprintln;
use user::{env, stdio};

extern crate alloc;

user::program!(main);

/// `int3`.
const BREAKPOINT: u32 = 0xCC;
/// Bytes of a path that are shown.
const MOST_OF_PATH: usize = 60;
/// Numbers up to this are shown in decimal.
const MOST_DECIMAL: u32 = 0xFFFF;

fn main() -> i32 {
    let result = match env::args() {
        [flag, program @ ..] if flag.to_bytes() == b"-s" && !program.is_empty() => {
            count_steps(program)
        }
        [flag, address, program @ ..] if flag.to_bytes() == b"-b" && !program.is_empty() => {
            match hexadecimal(address.to_bytes()) {
                Some(address) => watch_address(program, address),
                None => usage(),
            }
        }
        [first, ..] if first.to_bytes().starts_with(b"-") => usage(),
        [] => usage(),
        program => show_calls(program),
    };
    result.unwrap_or_else(|errno| {
        complain(&[], errno);
        1
    })
}

fn usage() -> ! {
    eprintln!("usage: trace [-s | -b ADDRESS] PROGRAM [ARGUMENT]...");
    exit(2)
}

fn hexadecimal(text: &[u8]) -> Option<u32> {
    u32::from_str_radix(core::str::from_utf8(text).ok()?, 16).ok()
}

/// A program that is traced.
struct Tracee {
    pid: Pid,
    /// Why it stands, or how it ended.
    status: WaitStatus,
    /// The SIGTRAP that it stands for comes of an instruction of its own.
    has_trapped: bool,
}

impl Tracee {
    /// Runs a program up to its first instruction.
    fn run(program: &[&CStr]) -> Result<Tracee> {
        stdio::flush();
        let Some(pid) = calls::fork()? else {
            let _ = calls::ptrace(PTRACE_TRACEME, Pid(0), 0, 0);
            let path = env::var(b"PATH").unwrap_or(DEFAULT_PATH);
            let errno = execute(program, env::vars(), path);
            exit(not_run(
                program.first().map_or(&[], |name| name.to_bytes()),
                errno,
            ))
        };
        let mut tracee = Tracee {
            pid,
            status: WaitStatus(0),
            has_trapped: false,
        };
        tracee.wait()?;
        Ok(tracee)
    }

    /// Waits until it stops or ends.
    fn wait(&mut self) -> Result<()> {
        loop {
            match calls::waitpid(self.pid.0 as i32, 0) {
                Ok(Some((_, status))) => {
                    self.status = status;
                    return Ok(());
                }
                Ok(None) | Err(Errno::EINTR) => {}
                Err(errno) => return Err(errno),
            }
        }
    }

    /// Whether it stands, and why.
    fn stopped(&self) -> Option<Signal> {
        self.status.stop_signal()
    }

    /// Lets it go on by a request until it stops or ends. A signal is told and
    /// handed on; SIGTRAP too, if it is the program's own.
    fn go_on(&mut self, request: u32) -> Result<()> {
        let is_ours = |signal| signal == Signal::SIGTRAP && !self.has_trapped;
        let signal = self.stopped().filter(|signal| !is_ours(*signal));
        self.has_trapped = false;
        if let Some(signal) = signal {
            eprintln!("--- SIG{} ---", signal.name());
        }
        calls::ptrace(request, self.pid, 0, signal.map_or(0, Signal::number))?;
        self.wait()
    }

    fn register(&self, register: usize) -> Result<u32> {
        calls::ptrace(PTRACE_PEEKUSER, self.pid, register as u32 * 4, 0)
    }

    fn word(&self, address: u32) -> Result<u32> {
        calls::ptrace(PTRACE_PEEKDATA, self.pid, address, 0)
    }

    /// A string, as far as it is shown; `None` if it cannot be read.
    fn string(&self, address: u32) -> Option<Vec<u8>> {
        let mut string = Vec::new();
        while string.len() < MOST_OF_PATH {
            let word = self.word(address.checked_add(string.len() as u32)?).ok()?;
            for byte in word.to_le_bytes() {
                if byte == 0 {
                    return Some(string);
                }
                string.push(byte);
            }
        }
        Some(string)
    }

    /// How it ended, for people; the exit status.
    fn end(&self) -> i32 {
        match (self.status.exit_status(), self.status.term_signal()) {
            (Some(status), _) => status as i32,
            (_, Some(signal)) => {
                eprintln!("+++ {} +++", signal.text());
                128 + signal.number() as i32
            }
            _ => 1,
        }
    }
}

/// Each system call is a stop before it and a stop behind it.
fn show_calls(program: &[&CStr]) -> Result<i32> {
    let mut tracee = Tracee::run(program)?;
    let mut call = None;
    while tracee.stopped().is_some() {
        tracee.go_on(PTRACE_SYSCALL)?;
        let is_trap = tracee.stopped() == Some(Signal::SIGTRAP);
        match call.take() {
            Some(text) if is_trap => eprintln!("{text} = {}", Answer(tracee.register(EAX)?)),
            Some(text) => eprintln!("{text} = ?"),
            None if is_trap => {
                call = call_text(&tracee)?;
                tracee.has_trapped = call.is_none();
            }
            None => {}
        }
    }
    Ok(tracee.end())
}

/// The call that is about to be made; `None` if the stop is another.
fn call_text(tracee: &Tracee) -> Result<Option<String>> {
    let number = tracee.register(ORIG_EAX)? as usize;
    if number == u32::MAX as usize {
        return Ok(None);
    }
    let Some((name, arguments)) = NAMES.get(number).zip(ARGUMENTS.get(number)) else {
        return Ok(Some(format!("system call {number}()")));
    };
    let mut texts = Vec::new();
    for (argument, register) in arguments.iter().zip([EBX, ECX, EDX, ESI]) {
        let value = tracee.register(register)?;
        texts.push(
            match tracee.string(value).filter(|_| argument.ends_with("path")) {
                Some(path) => format!("\"{}\"", path.escape_ascii()),
                None => Number(value).to_string(),
            },
        );
    }
    let name = name.trim_end_matches('_');
    Ok(Some(format!("{name}({})", texts.join(", "))))
}

/// A number that may be an address.
struct Number(u32);

impl Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 > MOST_DECIMAL {
            write!(f, "{:#x}", self.0)
        } else {
            write!(f, "{}", self.0)
        }
    }
}

/// The result of a call.
struct Answer(u32);

impl Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Errno::from_eax(self.0 as i32) {
            Err(errno) => write!(f, "-1 {} ({errno})", errno.name()),
            Ok(value) => Number(value).fmt(f),
        }
    }
}

fn count_steps(program: &[&CStr]) -> Result<i32> {
    let mut tracee = Tracee::run(program)?;
    let mut steps = 0u32;
    while tracee.stopped().is_some() {
        tracee.go_on(PTRACE_SINGLESTEP)?;
        steps = steps.saturating_add(1);
    }
    eprintln!("{steps} instructions");
    Ok(tracee.end())
}

/// The instruction's first byte is replaced by `int3`; when that has been
/// reached, the instruction is put back, executed alone and replaced again.
fn watch_address(program: &[&CStr], address: u32) -> Result<i32> {
    let mut tracee = Tracee::run(program)?;
    if tracee.stopped().is_none() {
        return Ok(tracee.end());
    }
    let original = tracee.word(address)?;
    let planted = original & !0xFF | BREAKPOINT;
    let plant = |tracee: &Tracee, word| calls::ptrace(PTRACE_POKETEXT, tracee.pid, address, word);
    plant(&tracee, planted)?;
    while tracee.stopped().is_some() {
        tracee.go_on(PTRACE_CONT)?;
        let is_trap = tracee.stopped() == Some(Signal::SIGTRAP);
        if is_trap && tracee.register(EIP)? == address.wrapping_add(1) {
            calls::ptrace(PTRACE_POKEUSER, tracee.pid, EIP as u32 * 4, address)?;
            show_registers(&tracee)?;
            plant(&tracee, original)?;
            tracee.go_on(PTRACE_SINGLESTEP)?;
            if tracee.stopped().is_some() {
                plant(&tracee, planted)?;
            }
        }
    }
    Ok(tracee.end())
}

fn show_registers(tracee: &Tracee) -> Result<()> {
    let names = [
        ("eip", EIP),
        ("eax", EAX),
        ("ebx", EBX),
        ("ecx", ECX),
        ("edx", EDX),
        ("esi", ESI),
        ("edi", EDI),
        ("ebp", EBP),
        ("esp", UESP),
        ("eflags", EFL),
    ];
    let mut texts = Vec::new();
    for (name, register) in names {
        texts.push(format!("{name} {:08x}", tracee.register(register)?));
    }
    eprintln!("{}", texts.join(" "));
    Ok(())
}
