// SPDX-License-Identifier: GPL-2.0-or-later
//! `du [-a] [-h] [-k] [-s] [path...]`: tells how much room directories take on the
//! disk, in kilobytes, with all that is in them; `-a` tells it of files, too, `-s` only
//! the sums, `-h` in megabytes where there are many. A file with several names is
//! counted once.
#![no_std]
#![no_main]

use abi::sys::stat::{S_ISDIR, Stat};
use alloc::vec::Vec;
use core::ffi::CStr;
use programs::command::{At, options, report, status};
use programs::files::names_in;
use programs::number::human;
use programs::path::join;
use user::print;
use user::{calls, stdio};

extern crate alloc;

user::program!(main);

/// Zones whose numbers stand in the inode, and in a block of such numbers.
const DIRECT: u32 = 7;
const LISTED: u32 = 512;
const BLOCK: u32 = 1024;

struct Walk {
    all: bool,
    sums_only: bool,
    human: bool,
    /// Device and inode of the files with several names that were counted, sorted.
    counted: Vec<(u16, u16)>,
}

fn main() -> i32 {
    let options = options("ahks", "du [-a] [-h] [-k] [-s] [path...]");
    let mut walk = Walk {
        all: options.has('a'),
        sums_only: options.has('s'),
        human: options.has('h'),
        counted: Vec::new(),
    };
    let here: &CStr = c".";
    let paths = match options.operands.as_slice() {
        [] => &[here],
        some => some,
    };
    for path in paths {
        walk.size_of(path, true);
    }
    status()
}

impl Walk {
    /// The kilobytes of a file, or of a directory and what is in it; tells of those
    /// that are to be told of.
    fn size_of(&mut self, path: &CStr, is_operand: bool) -> u32 {
        let Some(stat) = report(calls::lstat(path).at(path)) else {
            return 0;
        };
        let is_directory = S_ISDIR(stat.st_mode);
        if !is_directory && stat.st_nlink > 1 {
            let file = (stat.st_dev, stat.st_ino);
            match self.counted.binary_search(&file) {
                Ok(_) => return 0,
                Err(place) => self.counted.insert(place, file),
            }
        }
        let mut size = blocks(&stat);
        if is_directory {
            for name in report(names_in(path)).unwrap_or_default() {
                size += self.size_of(&join(path, &name), false);
            }
        }
        if is_operand || (!self.sums_only && (is_directory || self.all)) {
            self.tell(size, path);
        }
        size
    }

    fn tell(&self, size: u32, path: &CStr) {
        match self.human {
            true => print!("{}\t", human(u64::from(size) * 1024)),
            false => print!("{size}\t"),
        }
        stdio::put(path.to_bytes());
        stdio::put(b"\n");
    }
}

/// The blocks that a file of this size has, with those of numbers; holes are counted
/// too, as the kernel does not tell of them.
fn blocks(stat: &Stat) -> u32 {
    let data = (stat.st_size as u32).div_ceil(BLOCK);
    let behind = data.saturating_sub(DIRECT);
    let lists = match behind {
        0 => 0,
        1..=LISTED => 1,
        // The first list, the list of lists, and those.
        _ => 2 + (behind - LISTED).div_ceil(LISTED),
    };
    data + lists
}
