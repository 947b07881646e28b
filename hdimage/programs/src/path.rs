// SPDX-License-Identifier: GPL-2.0-or-later
//! Paths as bytes.

use alloc::ffi::CString;
use alloc::vec::Vec;
use core::ffi::CStr;

/// A C string of bytes, which end at the first NUL if there is one.
pub fn c_string(bytes: impl Into<Vec<u8>>) -> CString {
    let mut bytes: Vec<u8> = bytes.into();
    if let Some(length) = bytes.iter().position(|&byte| byte == 0) {
        bytes.truncate(length);
    }
    CString::new(bytes).unwrap_or_default()
}

/// The entry `name` of the directory `directory`.
pub fn join(directory: &CStr, name: &[u8]) -> CString {
    let mut path = directory.to_bytes().to_vec();
    if !path.is_empty() && path.last() != Some(&b'/') {
        path.push(b'/');
    }
    path.extend_from_slice(name);
    c_string(path)
}

/// The last name of a path, slashes at its end left out; `/` for the root.
pub fn base_name(path: &CStr) -> &[u8] {
    let path = without_slashes(path.to_bytes());
    match path.iter().rposition(|&byte| byte == b'/') {
        Some(slash) if path.len() > 1 => path.get(slash + 1..).unwrap_or_default(),
        _ => path,
    }
}

/// The path of the directory that a path's last name is in.
pub fn directory_name(path: &CStr) -> CString {
    let path = without_slashes(path.to_bytes());
    match path.iter().rposition(|&byte| byte == b'/') {
        Some(0) => c_string(b"/"),
        Some(slash) => c_string(without_slashes(path.get(..slash).unwrap_or_default())),
        None => c_string(b"."),
    }
}

/// The path without slashes at its end, but for the root's own.
fn without_slashes(mut path: &[u8]) -> &[u8] {
    while let [rest @ .., b'/'] = path
        && !rest.is_empty()
    {
        path = rest;
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taken_apart_and_joined() {
        for (path, directory, name) in [
            (c"/usr/bin/ls", c"/usr/bin", "ls"),
            (c"usr/", c".", "usr"),
            (c"/usr//", c"/", "usr"),
            (c"a//b", c"a", "b"),
            (c"/", c"/", "/"),
            (c"//", c"/", "/"),
        ] {
            assert_eq!(base_name(path), name.as_bytes(), "{path:?}");
            assert_eq!(directory_name(path).as_c_str(), directory, "{path:?}");
        }
        assert_eq!(join(c"/", b"a").as_c_str(), c"/a");
        assert_eq!(join(c"x", b"a").as_c_str(), c"x/a");
        assert_eq!(c_string(*b"a\0b").as_c_str(), c"a");
    }
}
