// SPDX-License-Identifier: GPL-2.0-or-later
//! `which name...`: prints the file that each name runs. Status 1 if one runs none.
#![no_std]
#![no_main]

use abi::sys::stat::S_ISREG;
use abi::unistd::X_OK;
use alloc::ffi::CString;
use core::ffi::CStr;
use programs::command::{options, usage};
use programs::path::{c_string, join};
use user::{calls, env, stdio};

extern crate alloc;

user::program!(main);

const USAGE: &str = "which name...";

fn main() -> i32 {
    let options = options("", USAGE);
    if options.operands.is_empty() {
        usage(USAGE);
    }
    let mut missing = false;
    for name in &options.operands {
        match find(name) {
            Some(path) => stdio::put(&[path.to_bytes(), b"\n"].concat()),
            None => missing = true,
        }
    }
    missing.into()
}

fn find(name: &CStr) -> Option<CString> {
    if name.to_bytes().contains(&b'/') {
        return is_program(name).then(|| name.into());
    }
    let path = env::var(b"PATH").unwrap_or_default();
    let mut files = path
        .split(|&byte| byte == b':')
        .map(|directory| join(&c_string(directory), name.to_bytes()));
    files.find(|file| is_program(file))
}

fn is_program(path: &CStr) -> bool {
    calls::access(path, X_OK).is_ok() && calls::stat(path).is_ok_and(|stat| S_ISREG(stat.st_mode))
}
