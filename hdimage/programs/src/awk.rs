// SPDX-License-Identifier: GPL-2.0-or-later
//! `awk`, as POSIX has it: a program of patterns and actions, run on each record of its
//! input.
//!
//! [`parse`] makes a tree (`tree`) of the text, token by token (`lexer`); an
//! [`Interpreter`] walks over the tree. What it works with are values that are numbers,
//! texts, or both (`value`), and the record with its fields (`record`). All that a
//! program wants of the system it asks of a [`World`], which the program `awk` makes of
//! files and pipes, and a test of memory.
//!
//! Bytes are characters. Beside what POSIX has there are `**`, `nextfile`, `fflush`,
//! `length(array)`, `delete array`, and a record separator that is a regular expression.

mod assign;
mod builtins;
mod evaluate;
mod execute;
mod format;
mod input;
mod interpreter;
mod lexer;
mod operands;
mod parser;
mod pattern;
mod record;
mod statements;
#[cfg(test)]
mod tests;
mod tree;
mod value;

pub use interpreter::Interpreter;
pub use lexer::unescape;
pub use parser::parse;

use alloc::boxed::Box;
use alloc::vec::Vec;

/// How something is opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Open {
    /// A file to be read.
    Read,
    /// A command whose output is read.
    ReadCommand,
    /// A file that is written anew.
    Write,
    /// A file that is written at its end.
    Append,
    /// A command that reads what is written.
    WriteCommand,
}

/// What was opened.
pub trait Stream {
    /// Reads at most as many bytes as the buffer has; 0 at the end.
    fn read(&mut self, buffer: &mut [u8]) -> abi::Result<usize>;
    /// Writes all bytes.
    fn write(&mut self, bytes: &[u8]) -> abi::Result<()>;
    /// Ends it. A command is waited for: its exit status.
    fn close(self: Box<Self>) -> i32;
}

/// The system as an `awk` program sees it.
pub trait World {
    /// Opens a file or a command. The file `-` is standard input.
    fn open(&mut self, name: &[u8], how: Open) -> abi::Result<Box<dyn Stream>>;
    /// Writes to standard output, sooner or later.
    fn print(&mut self, bytes: &[u8]);
    /// Writes to standard output now.
    fn flush(&mut self);
    /// Runs a command; its exit status.
    fn system(&mut self, command: &[u8]) -> i32;
    /// Tells that an input could not be read.
    fn complain(&mut self, name: &[u8], errno: abi::Errno);
    /// The seconds since 1970.
    fn time(&self) -> u32;
    /// The environment, names and values.
    fn environment(&self) -> Vec<(Vec<u8>, Vec<u8>)>;
}
