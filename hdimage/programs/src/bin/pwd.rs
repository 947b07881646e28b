// SPDX-License-Identifier: GPL-2.0-or-later
//! `pwd`: prints the path of the working directory.
//!
//! The kernel keeps no such path. Going up from directory to directory, the name
//! of each is the entry of its parent that has its inode.
#![no_std]
#![no_main]

use alloc::vec::Vec;
use core::ffi::CStr;
use lib::Errno;
use lib::sys::stat::Stat;
use lib::user::calls;
use lib::user::dirent::read_directory;
use lib::user::stdio;
use programs::command::fail;
use programs::files::same_file;
use programs::path::c_string;

extern crate alloc;

lib::program!(main);

fn main() -> i32 {
    let path = working_directory().unwrap_or_else(|errno| fail(&[], errno));
    stdio::put(&path);
    stdio::put(b"\n");
    0
}

fn working_directory() -> lib::Result<Vec<u8>> {
    let root = calls::stat(c"/")?;
    let mut here = calls::stat(c".")?;
    let mut path = Vec::new();
    while !same_file(&here, &root) {
        calls::chdir(c"..")?;
        let parent = calls::stat(c".")?;
        if same_file(&parent, &here) {
            break;
        }
        path = [b"/", name_of(&here, &parent)?.as_slice(), &path].concat();
        here = parent;
    }
    if path.is_empty() {
        path.push(b'/');
    }
    Ok(path)
}

/// The name of a directory in its parent, which is the working directory.
fn name_of(directory: &Stat, parent: &Stat) -> lib::Result<Vec<u8>> {
    // Where a file system is mounted, the entry has the inode below it.
    let mounted = directory.st_dev != parent.st_dev;
    for entry in read_directory(c".")? {
        let is_it = |name: &CStr| calls::stat(name).is_ok_and(|stat| same_file(&stat, directory));
        let candidate = mounted || entry.inode == directory.st_ino;
        if candidate && !matches!(entry.name(), b"." | b"..") && is_it(&c_string(entry.name())) {
            return Ok(entry.name().to_vec());
        }
    }
    Err(Errno::ENOENT)
}
