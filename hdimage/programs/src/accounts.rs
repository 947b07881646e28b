// SPDX-License-Identifier: GPL-2.0-or-later
//! Users and groups by name, from `/etc/passwd` and `/etc/group`.

use crate::files::read_file;
use crate::number::unsigned;
use alloc::vec::Vec;
use core::ffi::CStr;

/// A file of lines `name:password:number:...`, read once.
pub struct Accounts(Vec<u8>);

impl Accounts {
    /// The users. None are known if there is no such file.
    pub fn users() -> Accounts {
        Accounts::read(c"/etc/passwd")
    }

    /// The groups.
    pub fn groups() -> Accounts {
        Accounts::read(c"/etc/group")
    }

    fn read(path: &CStr) -> Accounts {
        Accounts(read_file(path).unwrap_or_default())
    }

    /// All names with their numbers.
    fn entries(&self) -> impl Iterator<Item = (&[u8], u32)> {
        self.0.split(|&byte| byte == b'\n').filter_map(|line| {
            let mut fields = line.split(|&byte| byte == b':');
            Some((fields.next()?, unsigned(fields.nth(1)?, 10)?))
        })
    }

    /// The name of a number, or the number itself.
    pub fn name(&self, number: u32) -> Vec<u8> {
        match self.entries().find(|&(_, other)| other == number) {
            Some((name, _)) => name.to_vec(),
            None => alloc::format!("{number}").into_bytes(),
        }
    }

    /// The number of a name, which may be a number already.
    pub fn number(&self, name: &[u8]) -> Option<u32> {
        let known = self.entries().find(|&(other, _)| other == name);
        known
            .map(|(_, number)| number)
            .or_else(|| unsigned(name, 10))
    }
}
