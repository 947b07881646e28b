// SPDX-License-Identifier: GPL-2.0-or-later
//! The arguments and the environment of the program.

use alloc::vec::Vec;
use core::ffi::{CStr, c_char};
use spin::Once;

static ARGUMENTS: Once<Vec<&'static CStr>> = Once::new();
static ENVIRONMENT: Once<Vec<&'static CStr>> = Once::new();

/// Takes both vectors from the initial stack. Called once, by `crt0`.
///
/// # Safety
/// Both end with a null pointer, or are null; they and the strings stay and
/// do not change.
pub(super) unsafe fn init(argv: *const *const c_char, envp: *const *const c_char) {
    // SAFETY: passed on to the caller.
    unsafe {
        ARGUMENTS.call_once(|| strings(argv));
        ENVIRONMENT.call_once(|| strings(envp));
    }
}

/// # Safety
/// As [`init`].
unsafe fn strings(mut vector: *const *const c_char) -> Vec<&'static CStr> {
    let mut strings = Vec::new();
    // SAFETY: the vector ends with a null pointer.
    while !vector.is_null() && !unsafe { *vector }.is_null() {
        // SAFETY: each entry is a C string that stays; the next entry exists,
        // since this one was not the last.
        unsafe {
            strings.push(CStr::from_ptr(*vector));
            vector = vector.add(1);
        }
    }
    strings
}

/// The arguments, the name of the program not among them.
pub fn args() -> &'static [&'static CStr] {
    ARGUMENTS
        .get()
        .and_then(|all| all.get(1..))
        .unwrap_or_default()
}

/// The name by which the program was called, as it was given.
pub fn full_name() -> &'static [u8] {
    ARGUMENTS
        .get()
        .and_then(|all| all.first())
        .map_or(&b"?"[..], |name| name.to_bytes())
}

/// The name by which the program was called, without directories.
pub fn program_name() -> &'static [u8] {
    let path = full_name();
    path.rsplit(|&byte| byte == b'/').next().unwrap_or(path)
}

/// The environment, entries of the form `NAME=value`.
pub fn vars() -> &'static [&'static CStr] {
    ENVIRONMENT.get().map_or(&[], Vec::as_slice)
}

/// The value of a variable of the environment.
pub fn var(name: &[u8]) -> Option<&'static [u8]> {
    vars()
        .iter()
        .find_map(|entry| entry.to_bytes().strip_prefix(name)?.strip_prefix(b"="))
}
