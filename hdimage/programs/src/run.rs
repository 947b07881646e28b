// SPDX-License-Identifier: GPL-2.0-or-later
//! Running programs by name.

use crate::command::complain;
use crate::path::{c_string, join};
use abi::Errno;
use alloc::vec::Vec;
use core::ffi::CStr;
use user::calls::{File, execve, read};

/// Where programs are looked for if `PATH` is not set.
pub const DEFAULT_PATH: &[u8] = b"/bin:/usr/bin";
/// What runs a file that is no program.
const SHELL: &CStr = c"/bin/sh";

/// Runs the program that the first of `arguments` names in this process. A
/// name without a slash is looked for in the directories of `path`, which are
/// separated by colons. Comes back only with an error: ENOENT if there is no
/// such program.
pub fn execute(arguments: &[&CStr], environment: &[&CStr], path: &[u8]) -> Errno {
    let Some(name) = arguments.first() else {
        return Errno::ENOENT;
    };
    if name.to_bytes().contains(&b'/') {
        return execute_file(name, arguments, environment);
    }
    let mut result = Errno::ENOENT;
    for directory in path.split(|&byte| byte == b':') {
        let file = join(&c_string(directory), name.to_bytes());
        match execute_file(&file, arguments, environment) {
            Errno::ENOENT | Errno::ENOTDIR => {}
            // Perhaps another directory has one that may be run.
            Errno::EACCES => result = Errno::EACCES,
            errno => return errno,
        }
    }
    result
}

/// Tells why [`execute`] did not run the program `name`. The exit status for that, as
/// POSIX has it: 127 if it was not found, 126 if it was.
pub fn not_run(name: &[u8], errno: Errno) -> i32 {
    complain(&[name], errno);
    if errno == Errno::ENOENT { 127 } else { 126 }
}

fn execute_file(file: &CStr, arguments: &[&CStr], environment: &[&CStr]) -> Errno {
    match execve(file, arguments, environment) {
        Errno::ENOEXEC if is_text(file) => {
            let rest = arguments.iter().skip(1).copied();
            let script: Vec<&CStr> = [SHELL, file].into_iter().chain(rest).collect();
            execve(SHELL, &script, environment)
        }
        errno => errno,
    }
}

/// Whether a file may be a script: programs in a format that the kernel does not
/// know have NULs in their headers.
fn is_text(file: &CStr) -> bool {
    let mut start = [0; 32];
    let length = File::open(file).and_then(|file| read(file.fd(), &mut start));
    length.is_ok_and(|length| !start.iter().take(length).any(|&byte| byte == 0))
}
