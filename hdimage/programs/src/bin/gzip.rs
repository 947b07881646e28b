// SPDX-License-Identifier: GPL-2.0-or-later
//! `gzip [-cdfknqtv123456789] [file...]`: compresses each file, and puts it under its name with
//! `.gz` in its place; `-d` does the reverse, as does `gunzip`. `-c` writes to standard
//! output and leaves the file, as does `zcat`; `-k` leaves it too. `-t` tests, `-f` writes
//! over files that are there.
#![no_std]
#![no_main]

use abi::Errno;
use abi::fcntl::{O_CREAT, O_EXCL, O_TRUNC, O_WRONLY};
use abi::sys::stat::{S_ISREG, Stat};
use abi::utime::Utimbuf;
use alloc::ffi::CString;
use core::cell::Cell;
use core::ffi::CStr;
use programs::command::{At, Outcome, complain, options, report, status};
use programs::gzip::{Decoder, Encoder};
use programs::io::{BufWriter, Read, Write};
use programs::path::{base_name, c_string};
use user::calls::{self, Fd, File};
use user::{env, stdio};

extern crate alloc;

user::program!(main);

const USAGE: &str = "gzip [-cdfknqt] [-1 ... -9] [file...]";
/// Bytes that are worked on at a time.
const CHUNK: usize = 4096;

struct Gzip {
    decompress: bool,
    to_stdout: bool,
    test: bool,
    force: bool,
    keep: bool,
    no_name: bool,
    level: u8,
    /// Something was left out: status 2, if nothing worse comes.
    warned: Cell<bool>,
}

fn main() -> i32 {
    let options = options("cdfknqtv123456789", USAGE);
    let called = env::program_name();
    let level = ('1'..='9').rfind(|&level| options.has(level));
    let gzip = Gzip {
        decompress: options.has('d') || options.has('t') || matches!(called, b"gunzip" | b"zcat"),
        to_stdout: options.has('c') || called == b"zcat",
        test: options.has('t'),
        force: options.has('f'),
        keep: options.has('k'),
        no_name: options.has('n'),
        level: level.map_or(6, |level| level as u8 - b'0'),
        warned: Cell::new(false),
    };
    let operands = match options.operands.as_slice() {
        [] => &[c"-"],
        operands => operands,
    };
    for path in operands {
        report(match *path == c"-" {
            true => gzip.work(Fd::STDIN, Fd::STDOUT, path, c"-", None).map(drop),
            false => gzip.file(path),
        });
    }
    match (status(), gzip.warned.get()) {
        (0, true) => 2,
        (status, _) => status,
    }
}

impl Gzip {
    /// Tells that a file is left out.
    fn warn(&self, path: &CStr, why: &str) {
        stdio::error_message(&[path.to_bytes()], &why);
        self.warned.set(true);
    }

    fn file(&self, path: &CStr) -> Outcome {
        // The suffix need not be given.
        let longer = c_string([path.to_bytes(), b".gz"].concat());
        let is_short = self.decompress && !path.to_bytes().ends_with(b".gz");
        if is_short && calls::lstat(&longer).is_ok() {
            return self.named(&longer);
        }
        self.named(path)
    }

    fn named(&self, path: &CStr) -> Outcome {
        let stat = calls::lstat(path).at(path)?;
        if !S_ISREG(stat.st_mode) && !self.to_stdout {
            self.warn(path, "not a regular file");
            return Ok(());
        }
        let source = File::open(path).at(path)?;
        if self.to_stdout || self.test {
            let done = self.work(source.fd(), Fd::STDOUT, path, c"-", Some(&stat));
            return done.map(drop);
        }
        let Some(target) = self.target(path) else {
            return Ok(());
        };
        let how = if self.force { O_TRUNC } else { O_EXCL };
        let file = File::open_with(&target, O_WRONLY | O_CREAT | how, 0o600);
        let file = match file {
            Err(Errno::EEXIST) => {
                self.warn(&target, "already exists; not overwritten");
                return Ok(());
            }
            file => file.at(&target)?,
        };
        let done = self.work(source.fd(), file.fd(), path, &target, Some(&stat));
        if !matches!(done, Ok(true)) {
            // What is there is not whole.
            let _ = calls::unlink(&target);
            return done.map(drop);
        }
        copy_attributes(&stat, &target)?;
        match self.keep {
            true => Ok(()),
            false => calls::unlink(path).at(path),
        }
    }

    /// The name of the file that is made. None if there is none.
    fn target(&self, path: &CStr) -> Option<CString> {
        let name = path.to_bytes();
        if !self.decompress {
            if name.ends_with(b".gz") {
                self.warn(path, "already has the suffix .gz");
                return None;
            }
            return Some(c_string([name, b".gz"].concat()));
        }
        if let Some(stem) = name.strip_suffix(b".tgz") {
            return Some(c_string([stem, b".tar"].concat()));
        }
        match name.strip_suffix(b".gz") {
            Some(stem) if !base_name(path).starts_with(b".gz") => Some(c_string(stem)),
            _ => {
                self.warn(path, "unknown suffix");
                None
            }
        }
    }

    /// Compresses, or does the reverse; false if what was read is damaged.
    fn work(
        &self,
        from: Fd,
        to: Fd,
        path: &CStr,
        target: &CStr,
        stat: Option<&Stat>,
    ) -> Outcome<bool> {
        stdio::flush();
        let mut buffer = alloc::vec![0; CHUNK];
        let mut output = BufWriter::new(to);
        if !self.decompress {
            let (name, time) = match stat {
                Some(stat) if !self.no_name => (base_name(path), stat.st_mtime),
                _ => (&b""[..], 0),
            };
            let mut encoder = Encoder::new(output, self.level, name, time).at(target)?;
            loop {
                let count = calls::read_on(from, &mut buffer).at(path)?;
                if count == 0 {
                    return encoder.finish().at(target).map(|_| true);
                }
                let piece = buffer.get(..count).unwrap_or_default();
                encoder.write_all(piece).at(target)?;
            }
        }
        let mut decoder = Decoder::new(from);
        loop {
            match decoder.read(&mut buffer) {
                Ok(0) => return output.flush().at(target).map(|()| true),
                Ok(_) if self.test => {}
                Ok(count) => {
                    let piece = buffer.get(..count).unwrap_or_default();
                    output.write_all(piece).at(target)?;
                }
                Err(Errno::EINVAL) => {
                    output.flush().at(target)?;
                    complain(&[path.to_bytes()], decoder.problem().unwrap_or("damaged"));
                    return Ok(false);
                }
                Err(errno) => return Err(errno).at(path),
            }
        }
    }
}

fn copy_attributes(stat: &Stat, path: &CStr) -> Outcome {
    let times = Utimbuf {
        actime: stat.st_atime,
        modtime: stat.st_mtime,
    };
    calls::utime(path, Some(&times)).at(path)?;
    // Only root may give files away.
    let _ = calls::chown(path, stat.st_uid, stat.st_gid);
    calls::chmod(path, stat.st_mode & 0o777).at(path)
}
