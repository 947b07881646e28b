// SPDX-License-Identifier: GPL-2.0-or-later
//! Where commands come from: a terminal, a script or a text.

use crate::execute::Interpreter;
use crate::typing;
use abi::Errno;
use abi::unistd::SEEK_CUR;
use alloc::vec::Vec;
use programs::shell::expand::expanded_text;
use programs::shell::source::{Result, Source, SyntaxError};
use user::calls::{self, Fd};
use user::stdio::{self, LineReader};

/// Source of commands.
pub struct Input<'a> {
    lines: Lines<'a>,
    /// Whether somebody types.
    pub interactive: bool,
}

enum Lines<'a> {
    File(LineReader),
    Text(&'a [u8]),
}

impl<'a> Input<'a> {
    /// A terminal.
    pub fn terminal(fd: Fd) -> Input<'a> {
        Input {
            lines: Lines::File(LineReader::new(fd).interruptible()),
            interactive: true,
        }
    }

    /// A file or pipe. What the shell hasn't come to yet is left to the
    /// commands that it runs, if they can see it: so a pipe, and any script on
    /// standard input, is read byte by byte.
    pub fn script(fd: Fd) -> Input<'a> {
        let shared = fd == Fd::STDIN || calls::lseek(fd, 0, SEEK_CUR).is_err();
        let capacity = if shared { 1 } else { 1024 };
        Input {
            lines: Lines::File(LineReader::with_capacity(fd, capacity)),
            interactive: false,
        }
    }

    /// A text.
    pub fn text(text: &'a [u8]) -> Input<'a> {
        Input {
            lines: Lines::Text(text),
            interactive: false,
        }
    }

    /// The next line, with its newline.
    fn line(&mut self) -> abi::Result<Option<Vec<u8>>> {
        match &mut self.lines {
            Lines::File(reader) => {
                let mut line = Vec::new();
                let ended = reader.read_line_or_rest(&mut line)?;
                if ended == Some(true) {
                    line.push(b'\n');
                }
                Ok(ended.map(|_| line))
            }
            Lines::Text(rest) => {
                let line = rest.split_inclusive(|&byte| byte == b'\n').next();
                *rest = rest.get(line.map_or(0, <[u8]>::len)..).unwrap_or_default();
                Ok(line.map(<[u8]>::to_vec))
            }
        }
    }
}

/// The lines of one command, each with its prompt.
pub struct Prompted<'a, 'b> {
    pub input: &'a mut Input<'b>,
    pub shell: &'a mut Interpreter,
    /// Whether a line was read already.
    pub begun: bool,
}

impl Prompted<'_, '_> {
    /// A line that is typed, behind its prompt.
    fn typed_line(&mut self) -> abi::Result<Option<Vec<u8>>> {
        stdio::flush();
        let name: &[u8] = if self.begun { b"PS2" } else { b"PS1" };
        let prompt = self.shell.variables.get(name).unwrap_or_default();
        let prompt = expanded_text(&prompt, self.shell);
        if typing::edits(self.shell) {
            return typing::read_line(self.shell, &prompt, Fd::STDIN);
        }
        // Standard output may be elsewhere. A lost prompt is no harm.
        let _ = calls::write_all(Fd::STDERR, &prompt);
        self.input.line()
    }
}

impl Source for Prompted<'_, '_> {
    fn line(&mut self) -> Result<Option<Vec<u8>>> {
        let line = match self.input.interactive {
            true => self.typed_line(),
            false => self.input.line(),
        };
        self.begun = true;
        match line {
            Ok(line) => {
                if let Some(line) = line.as_ref().filter(|_| self.shell.option(b'v')) {
                    let _ = calls::write_all(Fd::STDERR, line);
                }
                Ok(line)
            }
            Err(Errno::EINTR) if self.input.interactive => Err(SyntaxError::Interrupted),
            Err(_) => Ok(None),
        }
    }

    fn alias(&self, name: &[u8]) -> Option<Vec<u8>> {
        self.shell.aliases.get(name).cloned()
    }

    fn keeps_text(&self) -> bool {
        self.shell.interactive
    }
}
