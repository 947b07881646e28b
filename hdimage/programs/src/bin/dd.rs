// SPDX-License-Identifier: GPL-2.0-or-later
//! `dd [if=file] [of=file] [bs=n] [count=n] [skip=n] [seek=n] [conv=notrunc]`: copies blocks of `bs`
//! bytes (512), at most `count`, from block `skip` of the input to block `seek` of
//! the output. A `k` behind a number multiplies it by 1024, a `b` by 512.
#![no_std]
#![no_main]

use abi::Errno;
use abi::fcntl::{O_CREAT, O_RDONLY, O_TRUNC, O_WRONLY};
use abi::unistd::SEEK_SET;
use alloc::ffi::CString;
use alloc::format;
use alloc::vec::Vec;
use core::ffi::CStr;
use programs::command::{At, Outcome, report, status, usage};
use programs::number::unsigned;
use programs::path::c_string;
use user::calls::{self, Fd, File};
use user::env;
use user::eprintln;

extern crate alloc;

user::program!(main);

const USAGE: &str = "dd [if=file] [of=file] [bs=n] [count=n] [skip=n] [seek=n] [conv=notrunc]";
const NAMES: [&str; 7] = ["if", "of", "bs", "count", "skip", "seek", "conv"];

fn main() -> i32 {
    let is_known = |text: &CStr| NAMES.iter().any(|name| value(text, name).is_some());
    if !env::args().iter().all(|text| is_known(text)) {
        usage(USAGE);
    }
    report(copy());
    status()
}

/// What stands behind `name=`.
fn value<'a>(text: &'a CStr, name: &str) -> Option<&'a [u8]> {
    let rest = text.to_bytes().strip_prefix(name.as_bytes())?;
    rest.strip_prefix(b"=")
}

/// The value of the last argument of that name.
fn argument(name: &str) -> Option<&'static [u8]> {
    env::args().iter().rev().find_map(|text| value(text, name))
}

fn number(name: &str, default: u32) -> u32 {
    let Some(text) = argument(name) else {
        return default;
    };
    let (digits, unit) = match text {
        [digits @ .., b'k'] => (digits, 1024),
        [digits @ .., b'b'] => (digits, 512),
        _ => (text, 1),
    };
    unsigned(digits, 10)
        .and_then(|number| number.checked_mul(unit))
        .unwrap_or_else(|| usage(USAGE))
}

/// Where to copy from or to.
struct End {
    path: CString,
    /// `None`: standard input or output.
    file: Option<File>,
    standard: Fd,
}

impl End {
    fn open(name: &str, standard: Fd, flags: u32) -> Outcome<End> {
        let path = c_string(argument(name).unwrap_or(b"-"));
        let file = match argument(name) {
            Some(_) => Some(File::open_with(&path, flags, 0o666).at(&path)?),
            None => None,
        };
        Ok(End {
            path,
            file,
            standard,
        })
    }

    fn fd(&self) -> Fd {
        self.file.as_ref().map_or(self.standard, File::fd)
    }

    fn seek(&self, blocks: u32, size: u32) -> Outcome {
        if blocks == 0 {
            return Ok(());
        }
        let place = blocks.checked_mul(size).and_then(|n| i32::try_from(n).ok());
        place
            .ok_or(Errno::EINVAL)
            .and_then(|place| calls::lseek(self.fd(), place, SEEK_SET))
            .map(drop)
            .at(&self.path)
    }
}

fn copy() -> Outcome {
    let (size, count) = (number("bs", 512), number("count", u32::MAX));
    let (skip, seek) = (number("skip", 0), number("seek", 0));
    let truncate = match argument("conv") {
        Some(b"notrunc") => 0,
        None if seek == 0 => O_TRUNC,
        None => 0,
        Some(_) => usage(USAGE),
    };
    if size == 0 {
        usage(USAGE);
    }
    let from = End::open("if", Fd::STDIN, O_RDONLY)?;
    let to = End::open("of", Fd::STDOUT, O_WRONLY | O_CREAT | truncate)?;
    from.seek(skip, size)?;
    to.seek(seek, size)?;
    let mut buffer = Vec::new();
    if size > isize::MAX as u32 || buffer.try_reserve_exact(size as usize).is_err() {
        return Err(Errno::ENOMEM).at(&c_string(format!("bs={size}")));
    }
    buffer.resize(size as usize, 0);
    let (mut whole, mut partial) = (0, 0);
    for _ in 0..count {
        let read = calls::read_on(from.fd(), &mut buffer).at(&from.path)?;
        let Some(data @ [_, ..]) = buffer.get(..read) else {
            break;
        };
        calls::write_all(to.fd(), data).at(&to.path)?;
        match read == buffer.len() {
            true => whole += 1,
            false => partial += 1,
        }
    }
    eprintln!("{whole}+{partial} records");
    Ok(())
}
