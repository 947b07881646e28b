// SPDX-License-Identifier: GPL-2.0-or-later
//! What every program does the same way: its command line, its messages on
//! standard error, its exit status.
//!
//! A program takes its [`options`], hands the [`Outcome`] of the work on each
//! operand to [`report`], and ends with [`status`].

use crate::number::unsigned;
use crate::options::{OptionError, Options};
use abi::Errno;
use alloc::ffi::CString;
use core::ffi::CStr;
use core::fmt::Display;
use core::sync::atomic::{AtomicBool, Ordering::Relaxed};
use user::calls::{self, Fd};
use user::crt0::exit;
use user::env;
use user::stdio::{LineReader, error_message};

/// Whether any message was printed.
static FAILED: AtomicBool = AtomicBool::new(false);

/// A call that failed, and the path that it failed for.
pub struct Failure {
    path: CString,
    errno: Errno,
}

impl Failure {
    /// Why it failed.
    pub fn errno(&self) -> Errno {
        self.errno
    }
}

/// The result of work on a path.
pub type Outcome<T = ()> = Result<T, Failure>;

/// Adds the path to the result of a call.
pub trait At<T> {
    /// The result as that of work on `path`.
    fn at(self, path: &CStr) -> Outcome<T>;
}

impl<T> At<T> for abi::Result<T> {
    fn at(self, path: &CStr) -> Outcome<T> {
        self.map_err(|errno| Failure {
            path: path.into(),
            errno,
        })
    }
}

/// Prints `program: path: error` if the work failed; gives the value if not.
pub fn report<T>(outcome: Outcome<T>) -> Option<T> {
    outcome
        .map_err(|failure| complain(&[failure.path.to_bytes()], failure.errno))
        .ok()
}

/// Prints `program: what: error`, and remembers it for [`status`].
pub fn complain(what: &[&[u8]], error: impl Display) {
    failed();
    error_message(what, &error);
}

/// Remembers a failure that nothing is to be said about.
pub fn failed() {
    FAILED.store(true, Relaxed);
}

/// The exit status: 1 if anything was complained of.
pub fn status() -> i32 {
    FAILED.load(Relaxed).into()
}

/// As [`complain`], and ends the program with status 1.
pub fn fail(what: &[&[u8]], error: impl Display) -> ! {
    complain(what, error);
    exit(1)
}

/// Prints how the program is called, and ends it with status 2.
pub fn usage(synopsis: &str) -> ! {
    user::eprintln!("usage: {synopsis}");
    exit(2)
}

/// The command line, taken apart; see [`Options::parse`] for `letters`. If it
/// is wrong, says so and ends the program.
pub fn options(letters: &str, synopsis: &str) -> Options<'static> {
    options_of(env::args(), letters, synopsis)
}

fn options_of(arguments: &[&'static CStr], letters: &str, synopsis: &str) -> Options<'static> {
    Options::parse(arguments, letters).unwrap_or_else(|error| wrong_option(error, synopsis))
}

/// As [`options`], for what has another command behind its options: gives that too.
pub fn leading_options(
    letters: &str,
    synopsis: &str,
) -> (Options<'static>, &'static [&'static CStr]) {
    Options::parse_leading(env::args(), letters)
        .unwrap_or_else(|error| wrong_option(error, synopsis))
}

fn wrong_option(error: OptionError, synopsis: &str) -> ! {
    match error {
        OptionError::Unknown(letter) => complain(&[&[b'-', letter]], "unknown option"),
        OptionError::NoValue(letter) => complain(&[&[b'-', letter]], "needs a value"),
    }
    usage(synopsis)
}

/// What `head` and `tail` show of a file.
pub enum Extent {
    /// So many lines.
    Lines(usize),
    /// So many bytes.
    Bytes(usize),
    /// All but the lines before this one, counted from 1 (`tail -n +5`).
    FromLine(usize),
    /// All but the bytes before this one (`tail -c +5`).
    FromByte(usize),
    /// All but so many lines (`head -n -5`).
    ButLines(usize),
}

/// The command line of `head` and `tail`: how much (`-n 5`, `-5`, `-c 5`, 10
/// lines if nothing is said) and the operands. `letters` are their other options.
pub fn extent_options(letters: &str, synopsis: &str) -> (Extent, Options<'static>) {
    let short = env::args().split_first().and_then(|(first, rest)| {
        let digits = first.to_bytes().strip_prefix(b"-")?;
        Some((unsigned(digits, 10)?, rest))
    });
    if let Some((count, rest)) = short {
        return (
            Extent::Lines(count as usize),
            options_of(rest, letters, synopsis),
        );
    }
    let options = options(letters, synopsis);
    let number = |text: &[u8]| match unsigned(text, 10) {
        Some(number) => number as usize,
        None => fail(&[text], "not a number"),
    };
    let lines = options.value('n').unwrap_or(c"10").to_bytes();
    let bytes = options.value('c').map(CStr::to_bytes);
    let extent = match (bytes, lines) {
        (Some([b'+', byte @ ..]), _) => Extent::FromByte(number(byte)),
        (Some(bytes), _) => Extent::Bytes(number(bytes.strip_prefix(b"-").unwrap_or(bytes))),
        (None, [b'+', line @ ..]) => Extent::FromLine(number(line)),
        (None, [b'-', lines @ ..]) => Extent::ButLines(number(lines)),
        (None, lines) => Extent::Lines(number(lines)),
    };
    (extent, options)
}

/// Asks `program: question? ` on standard error; whether the answer on standard
/// input begins with a `y`.
pub fn confirm(question: &str, path: &CStr) -> bool {
    user::stdio::flush();
    let parts = [
        env::program_name(),
        b": ",
        question.as_bytes(),
        b" ",
        path.to_bytes(),
        b"? ",
    ];
    // Without the question, there is still the answer.
    let _ = calls::write_all(Fd::STDERR, &parts.concat());
    let mut answer = alloc::vec::Vec::new();
    let read = LineReader::with_capacity(Fd::STDIN, 1).read_line(&mut answer);
    read == Ok(true) && matches!(answer.trim_ascii_start(), [b'y' | b'Y', ..])
}

/// Writes all to disk, then halts or restarts the machine.
pub fn shut_down(flag: u32) -> i32 {
    user::stdio::flush();
    calls::sync();
    if let Err(errno) = calls::reboot(flag) {
        complain(&[], errno);
    }
    status()
}
