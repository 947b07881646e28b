// SPDX-License-Identifier: GPL-2.0-or-later
//! Where commands come from: a terminal or a script.

use alloc::vec::Vec;
use lib::Errno;
use lib::unistd::SEEK_CUR;
use lib::user::calls::{self, Fd};
use lib::user::stdio::{self, LineReader};
use programs::shell::lexer::SyntaxError;
use programs::shell::parser::parse;
use programs::shell::tree::List;

/// Source of commands.
pub struct Input {
    reader: LineReader,
    /// Whether somebody types.
    pub interactive: bool,
}

/// What was read.
pub enum Read {
    /// Commands to be run.
    Commands(List),
    /// Nothing, as ^C was typed.
    Interrupted,
    /// Something that is no command.
    Mistake(&'static str),
    /// Nothing, as it ended.
    End,
}

impl Input {
    /// A terminal.
    pub fn terminal(fd: Fd) -> Input {
        Input {
            reader: LineReader::new(fd).interruptible(),
            interactive: true,
        }
    }

    /// A file or pipe. What the shell hasn't come to yet is left to the
    /// commands that it runs, if they can see it: so a pipe, and any script on
    /// standard input, is read byte by byte.
    pub fn script(fd: Fd) -> Input {
        let shared = fd == Fd::STDIN || calls::lseek(fd, 0, SEEK_CUR).is_err();
        let capacity = if shared { 1 } else { 1024 };
        Input {
            reader: LineReader::with_capacity(fd, capacity),
            interactive: false,
        }
    }

    /// Reads lines until they are commands. `prompts` are shown before the
    /// first line and before each further one.
    pub fn read(&mut self, prompts: [&[u8]; 2]) -> Read {
        let mut text = Vec::new();
        let mut line = Vec::new();
        loop {
            if self.interactive {
                stdio::flush();
                let prompt = prompts[usize::from(!text.is_empty())];
                // Standard output may be elsewhere. A lost prompt is no harm.
                let _ = calls::write_all(Fd::STDERR, prompt);
            }
            match self.reader.read_line(&mut line) {
                Ok(true) => {}
                Ok(false) if text.is_empty() => return Read::End,
                Ok(false) => return Read::Mistake("end of file"),
                Err(Errno::EINTR) => return Read::Interrupted,
                Err(_) => return Read::End,
            }
            text.extend_from_slice(&line);
            text.push(b'\n');
            match parse(&text) {
                Ok(list) => return Read::Commands(list),
                Err(SyntaxError::Unexpected(what)) => return Read::Mistake(what),
                Err(SyntaxError::Incomplete) => {}
            }
        }
    }
}
