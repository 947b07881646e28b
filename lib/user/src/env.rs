// SPDX-License-Identifier: GPL-2.0-or-later
//! The arguments and the environment of the program.

use crate::single::Single;
use alloc::vec::Vec;
use core::ffi::{CStr, c_char};

/// The segments of programs have a multiple of this many bytes.
const SEGMENT_UNIT: u32 = 64 << 20;

/// What the kernel has left on the stack.
struct Start {
    argv: *const *const c_char,
    envp: *const *const c_char,
    built_as: &'static str,
}

static START: Single<Option<Start>> = Single::new(None);
// The list is made at the first call of `args`: a program without arguments needs
// no memory for it.
static ARGUMENTS: Single<Option<&'static [&'static CStr]>> = Single::new(None);
static ENVIRONMENT: Single<Option<&'static [&'static CStr]>> = Single::new(None);

/// Takes both vectors from the initial stack, and the name that the program was
/// built with. Called once, by `crt0`.
///
/// # Safety
/// Both end with a null pointer, or are null; they and the strings stay and
/// do not change.
pub(super) unsafe fn init(
    argv: *const *const c_char,
    envp: *const *const c_char,
    built_as: &'static str,
) {
    *START.lock() = Some(Start {
        argv,
        envp,
        built_as,
    });
}

/// The strings of a vector of the initial stack.
fn strings(vector: impl Fn(&Start) -> *const *const c_char) -> &'static [&'static CStr] {
    let mut vector = START.lock().as_ref().map_or(core::ptr::null(), vector);
    let mut strings = Vec::new();
    // SAFETY: as `init` was told, the vector ends with a null pointer.
    while !vector.is_null() && !unsafe { *vector }.is_null() {
        // SAFETY: each entry is a C string that stays; the next entry exists,
        // since this one was not the last.
        unsafe {
            strings.push(CStr::from_ptr(*vector));
            vector = vector.add(1);
        }
    }
    strings.leak()
}

/// The arguments, the name of the program not among them.
pub fn args() -> &'static [&'static CStr] {
    let mut arguments = ARGUMENTS.lock();
    let arguments = arguments.get_or_insert_with(|| strings(|start| start.argv));
    arguments.get(1..).unwrap_or_default()
}

/// The name by which the program was called, as it was given. If it was called
/// without any name, this is the name that it was built with. It needs no memory, so
/// that a message about missing memory can have it.
pub fn full_name() -> &'static [u8] {
    let start = START.lock();
    let Some(start) = start.as_ref() else {
        return b"";
    };
    // SAFETY: as `init` was told: a null pointer ends the vector, the first string
    // stays.
    let name = unsafe {
        match start.argv.is_null() || (*start.argv).is_null() {
            true => b"",
            false => CStr::from_ptr(*start.argv).to_bytes(),
        }
    };
    match name {
        b"" => start.built_as.as_bytes(),
        name => name,
    }
}

/// The name by which the program was called, without directories.
pub fn program_name() -> &'static [u8] {
    let path = full_name();
    path.rsplit(|&byte| byte == b'/').next().unwrap_or(path)
}

/// The address where the program's segment ends. It depends on the edition of the
/// kernel (docs/editions.md), so it is no constant: the stack begins there, and what
/// the kernel has left at its start takes less than a unit of a segment.
pub fn task_size() -> u32 {
    let start = START.lock();
    let at = start.as_ref().map_or(0, |start| start.argv as u32);
    (at | (SEGMENT_UNIT - 1)) + 1
}

/// The environment, entries of the form `NAME=value`.
pub fn vars() -> &'static [&'static CStr] {
    let mut environment = ENVIRONMENT.lock();
    environment.get_or_insert_with(|| strings(|start| start.envp))
}

/// The value of a variable of the environment.
pub fn var(name: &[u8]) -> Option<&'static [u8]> {
    vars()
        .iter()
        .find_map(|entry| entry.to_bytes().strip_prefix(name)?.strip_prefix(b"="))
}
