// SPDX-License-Identifier: GPL-2.0-or-later
//! Output, error messages, and input by lines.
//!
//! Standard output is buffered: by lines on a terminal, by kilobytes
//! elsewhere. Call [`flush`] before `fork`. Standard error is not.
//!
//! If standard output cannot be written, the program ends with a message and status
//! 1, since nobody would see the rest of its work; a broken pipe ends it without a
//! message. A program that must go on calls [`keep_errors`], and gets the error
//! from [`close_stdout`].

use crate::calls::{self, Fd};
use crate::single::Single;
use crate::{crt0, env};
use abi::errno::{Errno, Result};
use alloc::vec::Vec;
use core::fmt::{self, Write};
use core::sync::atomic::{AtomicBool, AtomicI32, Ordering::Relaxed};

/// Bytes that standard output collects.
const BUFFER: usize = 1024;

/// When standard output is written. All of [`STDOUT`] begins as zeros: it then
/// takes no room in the program's file.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Buffering {
    /// Nothing was printed so far.
    Unknown = 0,
    /// On a terminal each line is written at once.
    Lines,
    /// Elsewhere it is written when the buffer is full.
    Blocks,
}

struct Stdout {
    buffer: [u8; BUFFER],
    used: usize,
    buffering: Buffering,
    /// The first error; later output is thrown away.
    error: Option<Errno>,
}

/// The exit status of a program whose output was lost, if that is not 1.
static ERROR_STATUS: AtomicI32 = AtomicI32::new(0);

/// Whether an error of standard output is left to [`close_stdout`].
static KEEPS_ERRORS: AtomicBool = AtomicBool::new(false);

static STDOUT: Single<Stdout> = Single::new(Stdout {
    buffer: [0; BUFFER],
    used: 0,
    buffering: Buffering::Unknown,
    error: None,
});

impl Stdout {
    fn put(&mut self, bytes: &[u8]) {
        if self.buffering == Buffering::Unknown {
            crt0::at_exit(end);
            self.buffering = match calls::isatty(Fd::STDOUT) {
                true => Buffering::Lines,
                false => Buffering::Blocks,
            };
        }
        if self.used + bytes.len() > BUFFER {
            self.flush();
        }
        match self.buffer.get_mut(self.used..self.used + bytes.len()) {
            Some(room) => {
                room.copy_from_slice(bytes);
                self.used += bytes.len();
            }
            // They are too many to be collected.
            None => write(bytes, &mut self.error),
        }
        if self.buffering == Buffering::Lines && bytes.contains(&b'\n') {
            self.flush();
        }
    }

    fn flush(&mut self) {
        let collected = self.buffer.get(..self.used).unwrap_or_default();
        write(collected, &mut self.error);
        self.used = 0;
    }
}

/// Writes bytes, unless some were lost before.
fn write(bytes: &[u8], error: &mut Option<Errno>) {
    if error.is_none() && !bytes.is_empty() {
        *error = calls::write_all(Fd::STDOUT, bytes).err();
    }
}

impl Write for Stdout {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.put(text.as_bytes());
        Ok(())
    }
}

/// The exit status if output is lost, for programs whose status 1 is an answer.
pub fn set_error_status(status: i32) {
    ERROR_STATUS.store(status, Relaxed);
}

/// From here on, an error of standard output does not end the program.
pub fn keep_errors() {
    KEEPS_ERRORS.store(true, Relaxed);
}

/// Writes the rest when the program ends; gives its exit status.
fn end(status: i32) -> i32 {
    match close_stdout() {
        Ok(()) => status,
        Err(errno) => {
            if errno != Errno::EPIPE {
                error_message(&[b"write error"], &errno);
            }
            status.max(1).max(ERROR_STATUS.load(Relaxed))
        }
    }
}

/// Ends the program if something was lost.
fn end_on_error() {
    let failed = STDOUT.lock().error.is_some();
    if failed && !KEEPS_ERRORS.load(Relaxed) {
        crt0::exit(1);
    }
}

/// Writes bytes to standard output.
pub fn put(bytes: &[u8]) {
    STDOUT.lock().put(bytes);
    end_on_error();
}

/// Writes what standard output has collected.
pub fn flush() {
    STDOUT.lock().flush();
    end_on_error();
}

/// Writes what standard output has collected, and tells whether anything
/// written to it was lost since the last call.
pub fn close_stdout() -> Result<()> {
    let mut stdout = STDOUT.lock();
    stdout.flush();
    stdout.error.take().map_or(Ok(()), Err)
}

/// The function behind `print!`.
pub fn print(arguments: fmt::Arguments<'_>) {
    // `Stdout` takes everything, and keeps errors to itself.
    let _ = STDOUT.lock().write_fmt(arguments);
    end_on_error();
}

/// The function behind `println!`.
pub fn print_line(arguments: fmt::Arguments<'_>) {
    print(arguments);
    put(b"\n");
}

/// Collects a message, so that it is written in one piece and messages of
/// several processes do not mix.
struct Stderr {
    buffer: [u8; 128],
    used: usize,
}

impl Stderr {
    const fn new() -> Stderr {
        Stderr {
            buffer: [0; 128],
            used: 0,
        }
    }

    fn put(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if self.used == self.buffer.len() {
                self.flush();
            }
            if let Some(room) = self.buffer.get_mut(self.used) {
                *room = byte;
                self.used += 1;
            }
        }
    }

    fn flush(&mut self) {
        let bytes = self.buffer.get(..self.used).unwrap_or_default();
        // There is nowhere to tell of an error.
        let _ = calls::write_all(Fd::STDERR, bytes);
        self.used = 0;
    }
}

impl Write for Stderr {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.put(text.as_bytes());
        Ok(())
    }
}

impl Drop for Stderr {
    fn drop(&mut self) {
        self.flush();
    }
}

/// The function behind `eprintln!`. What standard output has collected goes
/// first, so that a terminal shows both in order.
pub fn eprint_line(arguments: fmt::Arguments<'_>) {
    flush();
    // `Stderr` takes everything.
    let _ = writeln!(Stderr::new(), "{arguments}");
}

/// Prints `program: what: what: error text` on standard error, as `perror`
/// does; the names are written byte for byte.
pub fn error_message(what: &[&[u8]], error: &dyn fmt::Display) {
    flush();
    let mut stderr = Stderr::new();
    stderr.put(env::program_name());
    for part in what {
        stderr.put(b": ");
        stderr.put(part);
    }
    // `Stderr` takes everything.
    let _ = writeln!(stderr, ": {error}");
}

/// Prints to standard output.
#[macro_export]
macro_rules! print {
    ($($argument:tt)*) => { $crate::stdio::print(format_args!($($argument)*)) };
}

/// Prints a line to standard output.
#[macro_export]
macro_rules! println {
    () => { $crate::stdio::put(b"\n") };
    ($($argument:tt)*) => { $crate::stdio::print_line(format_args!($($argument)*)) };
}

/// Prints a line to standard error.
#[macro_export]
macro_rules! eprintln {
    ($($argument:tt)*) => { $crate::stdio::eprint_line(format_args!($($argument)*)) };
}

/// Reads a descriptor line by line.
pub struct LineReader {
    fd: Fd,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Whether a signal ends the reading.
    interruptible: bool,
}

impl LineReader {
    /// Reads ahead by a kilobyte.
    pub fn new(fd: Fd) -> LineReader {
        LineReader::with_capacity(fd, 1024)
    }

    /// Reads ahead by `capacity` bytes. With 1, what is behind a line is left
    /// to others who read the same file.
    pub fn with_capacity(fd: Fd, capacity: usize) -> LineReader {
        LineReader {
            fd,
            buffer: alloc::vec![0; capacity],
            start: 0,
            end: 0,
            interruptible: false,
        }
    }

    /// The reader, with EINTR as answer to a signal instead of going on.
    #[must_use]
    pub fn interruptible(mut self) -> LineReader {
        self.interruptible = true;
        self
    }

    /// Replaces `line` by the next line, without its newline. False at the
    /// end of the file.
    pub fn read_line(&mut self, line: &mut Vec<u8>) -> Result<bool> {
        Ok(self.read_line_or_rest(line)?.is_some())
    }

    /// As [`read_line`](Self::read_line); tells whether the line had a
    /// newline, `None` at the end of the file.
    pub fn read_line_or_rest(&mut self, line: &mut Vec<u8>) -> Result<Option<bool>> {
        line.clear();
        loop {
            let ahead = self.buffer.get(self.start..self.end).unwrap_or_default();
            if let Some(length) = ahead.iter().position(|&byte| byte == b'\n') {
                line.extend_from_slice(&ahead[..length]);
                self.start += length + 1;
                return Ok(Some(true));
            }
            line.extend_from_slice(ahead);
            // Nothing is ahead if the read fails.
            (self.start, self.end) = (0, 0);
            self.end = if self.interruptible {
                calls::read(self.fd, &mut self.buffer)?
            } else {
                calls::read_on(self.fd, &mut self.buffer)?
            };
            if self.end == 0 {
                return Ok((!line.is_empty()).then_some(false));
            }
        }
    }
}
