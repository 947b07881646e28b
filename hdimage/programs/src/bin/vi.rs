// SPDX-License-Identifier: GPL-2.0-or-later
//! `vi [+command] [file...]`: edits text on the whole screen.
//!
//! The editor itself is [`programs::vi`]; here are its terminal, its files, and the
//! programs that it runs.
//!
//! A file is written to a new one beside it, which then takes its name: if the disk is
//! full or the machine stops, the old one is still there. The new one has the owner and
//! the permissions of the old one, and of a symbolic link the target is replaced. Where
//! that can't be done (another name of the file would keep the old text, the owner can't
//! be kept, the directory can't be written to), the text is written over the old one,
//! and `:w!` always does that. It is in memory until it was written.
#![no_std]
#![no_main]

use abi::fcntl::{O_APPEND, O_CREAT, O_EXCL, O_RDWR, O_TRUNC, O_WRONLY};
use abi::limits::PATH_MAX;
use abi::signal::Signal;
use abi::sys::stat::{S_IFMT, S_ISLNK, S_ISREG, Stat};
use abi::sys::types::{Device, major};
use abi::unistd::SEEK_SET;
use abi::{Errno, Result};
use alloc::ffi::CString;
use alloc::format;
use alloc::vec::Vec;
use core::ffi::CStr;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use programs::command::{complain, fail, status};
use programs::files::is_directory;
use programs::io::Read;
use programs::path::{c_string, directory_name, join};
use programs::process::{Command, Stdio};
use programs::terminal::RawMode;
use programs::vi::{Vi, World};
use user::calls::{self, Fd, File};
use user::env;
use user::signal::{Handler, sigaction};

extern crate alloc;

user::program!(main);

/// A screen that does not tell its size.
const DEFAULT_SIZE: (usize, usize) = (25, 80);
/// The first terminal that is no console.
const FIRST_SERIAL: u8 = 64;

/// The signal that ends the editor.
static ENDED_BY: AtomicU32 = AtomicU32::new(0);

extern "C" fn end(signal: u32) {
    ENDED_BY.store(signal, Relaxed);
}

fn main() -> i32 {
    let (mut commands, mut files) = (Vec::new(), Vec::new());
    for argument in env::args() {
        match argument.to_bytes() {
            b"+" => commands.push(b"$".to_vec()),
            [b'+', command @ ..] => commands.push(command.to_vec()),
            path => files.push(path.to_vec()),
        }
    }
    for signal in [Signal::SIGHUP, Signal::SIGTERM] {
        let _ = sigaction(signal, Handler::Catch(end));
    }
    let mut terminal = Terminal { raw: None };
    if let Err(errno) = terminal.begin() {
        fail(&[b"standard input"], errno);
    }
    let (rows, columns) = size();
    let mut vi = Vi::new(rows, columns, is_console());
    vi.start(files, &mut terminal);
    for command in commands {
        vi.run(&command, &mut terminal);
    }
    let ended = edit(&mut vi, &mut terminal);
    terminal.leave(rows);
    if let Err(errno) = ended {
        rescue(&vi, errno);
    }
    status()
}

fn size() -> (usize, usize) {
    let size = calls::window_size(Fd::STDOUT).ok();
    let size = size.map(|size| (usize::from(size.ws_row), usize::from(size.ws_col)));
    let known = size.filter(|&(rows, columns)| rows > 1 && columns > 1);
    known.unwrap_or(DEFAULT_SIZE)
}

/// Whether the terminal is a console, which shows every byte as one character. What is
/// at the other end of a serial line may take some of them for commands.
fn is_console() -> bool {
    calls::fstat(Fd::STDIN).is_ok_and(|stat| {
        let device = Device(stat.st_rdev);
        device.major() == major::TTYX && device.minor() < FIRST_SERIAL
    })
}

/// Hands keys to the editor until it is done, or a signal ends it.
fn edit(vi: &mut Vi, terminal: &mut Terminal) -> Result<()> {
    let mut keys = [0; 64];
    while !vi.is_finished() {
        let drawn = vi.draw();
        calls::write_all(Fd::STDOUT, &drawn)?;
        let count = match calls::read(Fd::STDIN, &mut keys) {
            Ok(0) => return Err(Errno::EIO),
            Ok(count) => count,
            Err(Errno::EINTR) if ENDED_BY.load(Relaxed) == 0 => 0,
            Err(errno) => return Err(errno),
        };
        for &key in keys.iter().take(count) {
            if !vi.is_finished() {
                vi.key(key, terminal);
            }
        }
        if ENDED_BY.load(Relaxed) != 0 {
            return Err(Errno::EINTR);
        }
    }
    Ok(())
}

/// The terminal is gone, or a signal has come: keeps the text.
fn rescue(vi: &Vi, errno: Errno) {
    let Some(text) = vi.unsaved() else { return };
    let saved = new_file(c"/tmp").and_then(|(file, path)| {
        calls::write_all(file.fd(), &text)?;
        Ok(path)
    });
    match saved {
        Ok(path) => complain(&[b"text saved in", path.to_bytes()], errno),
        Err(errno) => complain(&[b"text not saved"], errno),
    }
}

/// The terminal and what is behind it; its mode is raw but while others use it.
struct Terminal {
    raw: Option<RawMode>,
}

impl Terminal {
    fn begin(&mut self) -> Result<()> {
        self.raw = Some(RawMode::every_key(Fd::STDIN)?);
        Ok(())
    }

    /// Gives it back, with the cursor below the text.
    fn leave(&mut self, rows: usize) {
        let text = format!("\x1b[{rows};1H\x1b[K");
        // If nothing can be written any more, there is nobody to read it.
        let _ = calls::write_all(Fd::STDOUT, text.as_bytes());
        self.raw = None;
    }
}

impl World for Terminal {
    fn read(&mut self, path: &[u8]) -> Result<Vec<u8>> {
        let path = c_string(path);
        // A device may never come to its end.
        let stat = calls::stat(&path)?;
        if is_directory(&path) {
            return Err(Errno::EISDIR);
        }
        if !S_ISREG(stat.st_mode) {
            return Err(Errno::EINVAL);
        }
        let mut text = Vec::new();
        File::open(&path)?.read_to_end(&mut text)?;
        Ok(text)
    }

    fn write(&mut self, path: &[u8], text: &[u8], add: bool, force: bool) -> Result<()> {
        let path = c_string(path);
        if add {
            let file = File::open_with(&path, O_WRONLY | O_CREAT | O_APPEND, 0o666)?;
            return calls::write_all(file.fd(), text);
        }
        let path = target(&path)?;
        match calls::stat(&path) {
            Ok(stat) if !force && S_ISREG(stat.st_mode) => match replace(&path, &stat, text) {
                Err(Errno::EACCES | Errno::EPERM) => overwrite(&path, text),
                result => result,
            },
            _ => overwrite(&path, text),
        }
    }

    fn exists(&mut self, path: &[u8]) -> bool {
        calls::stat(&c_string(path)).is_ok()
    }

    fn run(&mut self, command: &[u8]) {
        self.leave(size().0);
        if let Err(errno) = Command::new("sh").arg("-c").arg(command).status() {
            complain(&[b"sh"], errno);
        }
        let _ = calls::write_all(Fd::STDOUT, b"[Press Return]");
        let mut key = [0];
        while calls::read(Fd::STDIN, &mut key) == Ok(1) && key != *b"\n" {}
        // It was set before.
        let _ = self.begin();
    }

    fn filter(&mut self, command: &[u8], input: &[u8]) -> Result<Vec<u8>> {
        let (file, name) = new_file(c"/tmp")?;
        let _ = calls::unlink(&name);
        calls::write_all(file.fd(), input)?;
        calls::lseek(file.fd(), 0, SEEK_SET)?;
        let mut shell = Command::new("sh");
        shell.arg("-c").arg([command, b" 2>&1"].concat());
        Ok(shell.stdin(Stdio::File(file.fd())).output()?.stdout)
    }

    fn suspend(&mut self) {
        self.leave(size().0);
        let _ = calls::kill(0, Signal::SIGTSTP.number());
        let _ = self.begin();
    }
}

/// A new file that only this user may read, and its path. Files of the same name may be
/// left from editors that were ended.
fn new_file(directory: &CStr) -> Result<(File, CString)> {
    const TRIES: u32 = 10;
    for number in 0..TRIES {
        let name = format!("vi.{}.{number}", calls::getpid());
        let path = join(directory, name.as_bytes());
        match File::open_with(&path, O_RDWR | O_CREAT | O_EXCL, 0o600) {
            Err(Errno::EEXIST) => {}
            result => return Ok((result?, path)),
        }
    }
    Err(Errno::EEXIST)
}

/// What a path of symbolic links leads to, whether it is there or not.
fn target(path: &CStr) -> Result<CString> {
    const MOST_LINKS: usize = 8;
    let mut path: CString = path.into();
    for _ in 0..MOST_LINKS {
        if !calls::lstat(&path).is_ok_and(|stat| S_ISLNK(stat.st_mode)) {
            return Ok(path);
        }
        let mut buffer = [0; PATH_MAX];
        let next = calls::readlink(&path, &mut buffer)?;
        path = match next {
            [b'/', ..] => c_string(next),
            _ => join(&directory_name(&path), next),
        };
    }
    Err(Errno::ELOOP)
}

/// Writes a new file and gives it the name of the old one. EACCES or EPERM if that is
/// not the same as writing to the old one.
fn replace(path: &CStr, old: &Stat, text: &[u8]) -> Result<()> {
    const WRITE: u32 = 2;
    calls::access(path, WRITE)?;
    let own = (old.st_uid, old.st_gid) == (calls::geteuid(), calls::getegid());
    if old.st_nlink != 1 || !own && calls::geteuid() != 0 {
        return Err(Errno::EPERM);
    }
    let (file, new) = new_file(&directory_name(path))?;
    let result = calls::write_all(file.fd(), text)
        .and_then(|()| calls::chown(&new, old.st_uid, old.st_gid))
        .and_then(|()| calls::chmod(&new, old.st_mode & !S_IFMT))
        .and_then(|()| {
            // The text is on the disk before the name is that of the new file.
            calls::sync();
            calls::rename(&new, path)
        });
    if result.is_err() {
        let _ = calls::unlink(&new);
    }
    result
}

fn overwrite(path: &CStr, text: &[u8]) -> Result<()> {
    let file = File::open_with(path, O_WRONLY | O_CREAT | O_TRUNC, 0o666)?;
    calls::write_all(file.fd(), text)
}
