// SPDX-License-Identifier: GPL-2.0-or-later
//! Users and groups by name, from `/etc/passwd` and `/etc/group`.

use crate::files::read_file;
use crate::number::unsigned;
use alloc::vec::Vec;
use core::ffi::CStr;

/// What `/etc/passwd` says of a user.
pub struct User {
    /// The name.
    pub name: Vec<u8>,
    /// User id.
    pub uid: u16,
    /// Group id.
    pub gid: u8,
    /// The home directory; `/` if none is named.
    pub home: Vec<u8>,
    /// The program that is run for the user; `/bin/sh` if none is named.
    pub shell: Vec<u8>,
}

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

    /// Nobody, so that all have only their numbers.
    pub fn none() -> Accounts {
        Accounts(Vec::new())
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

    /// What `/etc/passwd` says of the user `name`.
    pub fn user(&self, name: &[u8]) -> Option<User> {
        let mut lines = self.0.split(|&byte| byte == b'\n');
        lines.find_map(|line| {
            let fields: Vec<&[u8]> = line.split(|&byte| byte == b':').collect();
            let [found, _password, uid, gid, _full_name, home, shell] = fields.as_slice() else {
                return None;
            };
            let or = |field: &[u8], default: &[u8]| match field {
                [] => default.to_vec(),
                field => field.to_vec(),
            };
            (*found == name).then_some(User {
                name: name.to_vec(),
                uid: unsigned(uid, 10)?.try_into().ok()?,
                gid: unsigned(gid, 10)?.try_into().ok()?,
                home: or(home, b"/"),
                shell: or(shell, b"/bin/sh"),
            })
        })
    }

    /// The name of a number, or the number itself.
    pub fn name(&self, number: u32) -> Vec<u8> {
        match self.entries().find(|&(_, other)| other == number) {
            Some((name, _)) => name.to_vec(),
            None => alloc::format!("{number}").into_bytes(),
        }
    }

    /// Whether the number has a name.
    pub fn has(&self, number: u32) -> bool {
        self.entries().any(|(_, other)| other == number)
    }

    /// The number of a name, which may be a number already.
    pub fn number(&self, name: &[u8]) -> Option<u32> {
        let known = self.entries().find(|&(other, _)| other == name);
        known
            .map(|(_, number)| number)
            .or_else(|| unsigned(name, 10))
    }
}
