// SPDX-License-Identifier: GPL-2.0-or-later
//! Redirections, and undoing them.

use crate::execute::Interpreter;
use abi::Errno;
use abi::fcntl::{
    F_DUPFD, F_SETFD, FD_CLOEXEC, O_APPEND, O_CREAT, O_EXCL, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY,
};
use abi::sys::stat::S_ISREG;
use abi::unistd::SEEK_SET;
use alloc::vec::Vec;
use programs::command::complain;
use programs::number::unsigned;
use programs::path::c_string;
use programs::shell::expand::single;
use programs::shell::tree::{Redirect, RedirectKind};
use user::calls::{self, Fd};

/// Less than any pipe holds.
const PIPE: usize = 2048;
/// The first descriptor of the shell's own.
const FIRST_OWN: u32 = 10;

/// What descriptors were before they were redirected; restored when dropped.
#[derive(Default)]
pub struct Saved(Vec<(Fd, Option<Fd>)>);

impl Saved {
    /// Leaves the descriptors redirected.
    pub fn keep(mut self) {
        for (_, copy) in self.0.drain(..) {
            if let Some(copy) = copy {
                let _ = calls::close(copy);
            }
        }
    }
}

impl Drop for Saved {
    fn drop(&mut self) {
        user::stdio::flush();
        for (fd, copy) in self.0.drain(..).rev() {
            // A descriptor that was open fits where it was.
            match copy {
                Some(copy) => {
                    let _ = calls::dup2(copy, fd);
                    let _ = calls::close(copy);
                }
                None => drop(calls::close(fd)),
            }
        }
    }
}

/// Another descriptor of the same file, out of the way of the commands and
/// closed in the programs that are run.
pub fn copy_up(fd: Fd) -> abi::Result<Fd> {
    let copy = Fd(calls::fcntl(fd, F_DUPFD, FIRST_OWN)?);
    calls::fcntl(copy, F_SETFD, FD_CLOEXEC)?;
    Ok(copy)
}

/// Redirects; `None` after a message if one can't be done, all undone.
pub fn apply(redirects: &[Redirect], shell: &mut Interpreter) -> Option<Saved> {
    user::stdio::flush();
    let mut saved = Saved::default();
    for redirect in redirects {
        let target = redirect.target.get();
        let target = target.map_or_else(Vec::new, |word| single(word, shell));
        if shell.leave.is_some() {
            return None;
        }
        let keeps_files = shell.option(b'C');
        if let Err(errno) = apply_one(redirect, &target, keeps_files, &mut saved) {
            drop(saved);
            match redirect.kind {
                RedirectKind::HereDocument => complain(&[b"here-document"], errno),
                _ => complain(&[&target], errno),
            }
            return None;
        }
    }
    Some(saved)
}

fn apply_one(
    redirect: &Redirect,
    target: &[u8],
    keeps_files: bool,
    saved: &mut Saved,
) -> abi::Result<()> {
    let fd = Fd(redirect.fd);
    if fd.0 >= FIRST_OWN {
        return Err(Errno::EBADF);
    }
    let copy = match copy_up(fd) {
        Ok(copy) => Some(copy),
        Err(Errno::EBADF) => None,
        Err(errno) => return Err(errno),
    };
    saved.0.push((fd, copy));
    let flags = match redirect.kind {
        RedirectKind::Read => O_RDONLY,
        RedirectKind::Write if keeps_files && is_other_than_file(target)? => O_WRONLY,
        RedirectKind::Write if keeps_files => O_WRONLY | O_CREAT | O_EXCL,
        RedirectKind::Write | RedirectKind::Clobber => O_WRONLY | O_CREAT | O_TRUNC,
        RedirectKind::ReadWrite => O_RDWR | O_CREAT,
        RedirectKind::Append => O_WRONLY | O_CREAT | O_APPEND,
        RedirectKind::Duplicate if target == b"-" => {
            // It may have been closed before.
            let _ = calls::close(fd);
            return Ok(());
        }
        RedirectKind::Duplicate => {
            let source = Fd(unsigned(target, 10).ok_or(Errno::EBADF)?);
            return calls::dup2(source, fd).map(drop);
        }
        RedirectKind::HereDocument => return place(here_document(target)?, fd),
    };
    place(calls::open(&c_string(target), flags, 0o666)?, fd)
}

/// Whether there is something else than a file, as a device, which is never
/// overwritten (`set -C`).
fn is_other_than_file(path: &[u8]) -> abi::Result<bool> {
    match calls::stat(&c_string(path)) {
        Ok(stat) => Ok(!S_ISREG(stat.st_mode)),
        Err(Errno::ENOENT) => Ok(false),
        Err(errno) => Err(errno),
    }
}

/// Makes `fd` the descriptor of a file that was just opened.
fn place(file: Fd, fd: Fd) -> abi::Result<()> {
    if file != fd {
        calls::dup2(file, fd)?;
        calls::close(file)?;
    }
    Ok(())
}

/// A file without a name, to be read from the start; a pipe if the text fits into
/// one, so that no disk need be there for it.
fn here_document(text: &[u8]) -> abi::Result<Fd> {
    if text.len() < PIPE {
        let (read_end, write_end) = calls::pipe()?;
        let filled = calls::write_all(write_end, text);
        calls::close(write_end)?;
        return filled.map(|()| read_end);
    }
    let path = alloc::format!("/tmp/sh{}", calls::getpid().0);
    let path = c_string(path.as_bytes());
    let file = calls::open(&path, O_RDWR | O_CREAT | O_EXCL, 0o600)?;
    let filled = calls::unlink(&path)
        .and_then(|()| calls::write_all(file, text))
        .and_then(|()| calls::lseek(file, 0, SEEK_SET));
    match filled {
        Ok(_) => Ok(file),
        Err(errno) => {
            let _ = calls::close(file);
            Err(errno)
        }
    }
}
