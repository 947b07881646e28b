// SPDX-License-Identifier: GPL-2.0-or-later
//! What can go wrong, said so that it can be repaired: each message names the
//! file, the place in it, and what was expected there.

use std::fmt;
use std::path::PathBuf;

/// What every step that reads or writes returns.
pub type Result<T> = std::result::Result<T, Error>;

/// Why nothing could be done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The host would not read or write.
    #[error("{}: cannot {action}: {source}", .path.display())]
    Host {
        /// The file or folder.
        path: PathBuf,
        /// What was tried: "read", "write", ...
        action: &'static str,
        /// The host's answer.
        source: std::io::Error,
    },
    /// A file does not contain what it should.
    #[error("{0}")]
    Contents(Problem),
    /// What was given as the sources of 0.11 is something else.
    #[error("{}: {problem}", .path.display())]
    NotTheOriginal {
        /// The folder or archive.
        path: PathBuf,
        /// What was found and what was expected.
        problem: String,
    },
}

impl Error {
    /// For `map_err`: the host refused to do something to a file.
    pub fn host(
        path: impl Into<PathBuf>,
        action: &'static str,
    ) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.into();
        move |source| Error::Host {
            path,
            action,
            source,
        }
    }
}

/// Something wrong in a file that leaves the rest of it usable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file, from the project's folder or that of 0.11.
    pub file: String,
    /// Counted from 1; `None` if it is about the whole file.
    pub line: Option<usize>,
    /// What is wrong, and what was expected.
    pub what: String,
}

impl Problem {
    /// About a line.
    pub fn at(file: &str, line: usize, what: impl Into<String>) -> Problem {
        Problem {
            file: file.to_owned(),
            line: Some(line),
            what: what.into(),
        }
    }

    /// About a whole file.
    pub fn with(file: &str, what: impl Into<String>) -> Problem {
        Problem {
            file: file.to_owned(),
            line: None,
            what: what.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file, self.what),
            None => write!(f, "{}: {}", self.file, self.what),
        }
    }
}
