// SPDX-License-Identifier: GPL-2.0-or-later
//! What can go wrong, said so that it can be repaired.
//!
//! Every message names the file, the place in it, and what was expected
//! there. Code that looks at bytes without knowing their file returns a
//! [`Fault`]; who knows the file turns it into an [`Error`] with
//! [`Fault::in_file`].

use abi::Errno;
use std::io;
use std::path::{Path, PathBuf};

/// What every command returns.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a command failed. Its `Display` is the message for the user.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The host would not read or write a file.
    #[error("{}: cannot {action}: {source}", .path.display())]
    Host {
        /// The file on the host.
        path: PathBuf,
        /// What was tried: "read", "create", ...
        action: &'static str,
        /// The host's answer.
        source: io::Error,
    },
    /// Standard output is full, or closed.
    #[error("standard output: {0}")]
    Output(io::Error),
    /// A file's contents are not what they should be.
    #[error("{}: {fault}", .path.display())]
    Contents {
        /// The file on the host.
        path: PathBuf,
        /// Where in it, and what was expected.
        fault: Fault,
    },
    /// The manifest asks for something impossible.
    #[error("{}:{line}: {key}: {problem}", .path.display())]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// The dotted key, `disk.cylinders`.
        key: String,
        /// What is wrong and what was expected.
        problem: String,
    },
    /// The file system in the image refused.
    #[error("{}: {path}: cannot {action}: {}{}", .image.display(), .errno.text(), after_colon(.messages))]
    InImage {
        /// The image on the host.
        image: PathBuf,
        /// The path inside the image.
        path: String,
        /// What was tried: "create", "write", ...
        action: &'static str,
        /// The answer of the file system.
        errno: Errno,
        /// What it said beside that, or nothing.
        messages: String,
    },
}

fn after_colon(messages: &str) -> String {
    match messages {
        "" => String::new(),
        messages => format!(": {messages}"),
    }
}

/// What is wrong with some bytes, before it is known which file they are from.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct Fault {
    /// Where: "sector 0", "program header 2", ...
    pub place: String,
    /// What is wrong and what was expected.
    pub problem: String,
}

impl Fault {
    /// A fault at `place`.
    pub fn new(place: impl Into<String>, problem: impl Into<String>) -> Fault {
        Fault {
            place: place.into(),
            problem: problem.into(),
        }
    }

    /// The bytes were those of the host file `path`.
    pub fn in_file(self, path: &Path) -> Error {
        Error::Contents {
            path: path.to_owned(),
            fault: self,
        }
    }
}

impl From<fsck::Fault> for Fault {
    fn from(fault: fsck::Fault) -> Fault {
        Fault::new(fault.place, fault.problem)
    }
}

/// Names the file and the attempt in an error of the host.
pub trait HostContext<T> {
    /// `action` is a verb: "read", "create", ...
    fn on_host(self, action: &'static str, path: &Path) -> Result<T>;
}

impl<T> HostContext<T> for io::Result<T> {
    fn on_host(self, action: &'static str, path: &Path) -> Result<T> {
        self.map_err(|source| Error::Host {
            path: path.to_owned(),
            action,
            source,
        })
    }
}

/// Says that an error is one of standard output.
pub trait OutputContext {
    /// Nothing to add.
    fn on_output(self) -> Result<()>;
}

impl OutputContext for io::Result<()> {
    fn on_output(self) -> Result<()> {
        self.map_err(Error::Output)
    }
}

/// Names the file in a [`Fault`].
pub trait FaultContext<T> {
    /// The bytes at fault were those of the host file `path`.
    fn in_file(self, path: &Path) -> Result<T>;
}

impl<T, F: Into<Fault>> FaultContext<T> for std::result::Result<T, F> {
    fn in_file(self, path: &Path) -> Result<T> {
        self.map_err(|fault| fault.into().in_file(path))
    }
}
