// SPDX-License-Identifier: GPL-2.0-or-later
//! Users and groups by name, from `/etc/passwd` and `/etc/group`.
//!
//! A line of `/etc/passwd` is `name:password:uid:gid:full name:home:shell`, one of
//! `/etc/group` is `name:password:gid:member,member`. A line that is not so is no
//! user's: no field is ever guessed, or a broken line would give somebody uid 0.

use crate::number::unsigned;
use abi::limits::NGROUPS_MAX;
use alloc::vec::Vec;

/// What `/etc/passwd` says of a user.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct User {
    /// The name.
    pub name: Vec<u8>,
    /// The hashed password ([`crate::password`]); empty if none is needed.
    pub password: Vec<u8>,
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
    #[cfg(target_os = "none")]
    pub fn users() -> Accounts {
        Accounts::read(c"/etc/passwd")
    }

    /// The groups.
    #[cfg(target_os = "none")]
    pub fn groups() -> Accounts {
        Accounts::read(c"/etc/group")
    }

    /// Nobody, so that all have only their numbers.
    pub fn none() -> Accounts {
        Accounts(Vec::new())
    }

    /// Those of such a file.
    pub fn of(file: Vec<u8>) -> Accounts {
        Accounts(file)
    }

    #[cfg(target_os = "none")]
    fn read(path: &core::ffi::CStr) -> Accounts {
        Accounts(crate::files::read_file(path).unwrap_or_default())
    }

    /// The lines, with their ends.
    fn lines(&self) -> impl Iterator<Item = &[u8]> {
        self.0.split_inclusive(|&byte| byte == b'\n')
    }

    /// All names with their numbers.
    fn entries(&self) -> impl Iterator<Item = (&[u8], u32)> {
        self.lines().filter_map(|line| {
            let mut fields = fields(line);
            let name = fields.next().filter(|name| !name.is_empty())?;
            Some((name, unsigned(fields.nth(1)?, 10)?))
        })
    }

    /// What `/etc/passwd` says of the user `name`.
    pub fn user(&self, name: &[u8]) -> Option<User> {
        self.lines().filter_map(user).find(|user| user.name == name)
    }

    /// The file with another password for the user `name`.
    pub fn with_password(&self, name: &[u8], password: &[u8]) -> Option<Vec<u8>> {
        let is_it = |line: &&[u8]| user(line).is_some_and(|user| user.name == name);
        let index = self.lines().position(|line| is_it(&line))?;
        let mut file = Vec::new();
        for (at, line) in self.lines().enumerate() {
            let mut fields = line.splitn(3, |&byte| byte == b':');
            match (fields.next(), fields.nth(1)) {
                (Some(name), Some(rest)) if at == index => {
                    file.extend([name, b":", password, b":", rest].concat());
                }
                _ => file.extend_from_slice(line),
            }
        }
        Some(file)
    }

    /// The groups that `/etc/group` names a user as member of, besides `own`.
    pub fn groups_of(&self, name: &[u8], own: u8) -> Vec<u16> {
        let is_member = |line: &&[u8]| {
            let members = fields(line).nth(3).unwrap_or_default();
            !name.is_empty()
                && members
                    .split(|&byte| byte == b',')
                    .any(|member| member == name)
        };
        let number = |line: &[u8]| {
            let id: u8 = unsigned(fields(line).nth(2)?, 10)?.try_into().ok()?;
            (id != own).then_some(id.into())
        };
        let lines = self.lines().filter(is_member);
        lines.filter_map(number).take(NGROUPS_MAX).collect()
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

fn fields(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.split(|&byte| byte == b':')
}

/// The user of a line of `/etc/passwd`.
fn user(line: &[u8]) -> Option<User> {
    let fields: Vec<&[u8]> = fields(line).collect();
    let [name @ [_, ..], password, uid, gid, _full_name, home, shell] = fields.as_slice() else {
        return None;
    };
    let or = |field: &[u8], default: &[u8]| match field {
        [] => default.to_vec(),
        field => field.to_vec(),
    };
    Some(User {
        name: name.to_vec(),
        password: password.to_vec(),
        uid: unsigned(uid, 10)?.try_into().ok()?,
        gid: unsigned(gid, 10)?.try_into().ok()?,
        home: or(home, b"/"),
        shell: or(shell, b"/bin/sh"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &[u8] = b"root::0:0:root:/usr/root:/bin/sh\n\
        bin:*:1:1:bin:/bin:\n\
        guest:$5$salt$hash:100:100:A. Guest:/home/guest:/bin/sh\n\
        last:x:7:7:::";

    fn users(file: &[u8]) -> Accounts {
        Accounts::of(file.to_vec())
    }

    #[test]
    fn a_broken_line_is_nobodys() {
        for line in [
            "evil",
            "evil:",
            "evil::",
            "evil:::0:x:/:",
            "evil::0",
            "evil::0:0",
            "evil::0:0:x:/",
            "evil::0:0:x:/:/bin/sh:more",
            "evil:::::/:",
            "evil::x:0::/:",
            "evil::-1:0::/:",
            "evil::+0:0::/:",
            "evil:: 0:0::/:",
            "evil::65536:0::/:",
            "evil::4294967296:0::/:",
            "evil::0:256::/:",
            "evil::0x0:0::/:",
            "evil::0 :0::/:",
            " evil::0:0::/:",
            "::0:0::/:",
        ] {
            let users = users(line.as_bytes());
            assert_eq!(users.user(b"evil"), None, "{line}");
            assert_eq!(users.user(b""), None, "{line}");
            assert_eq!(users.with_password(b"evil", b""), None, "{line}");
            assert_ne!(users.name(0), b"", "{line}");
        }
    }

    #[test]
    fn a_user_is_found_whole() {
        let guest = users(PASSWD).user(b"guest").unwrap();
        assert_eq!((guest.uid, guest.gid), (100, 100));
        assert_eq!(guest.password, b"$5$salt$hash");
        assert_eq!(guest.home, b"/home/guest");
        let last = users(PASSWD).user(b"last").unwrap();
        assert_eq!(
            (last.home, last.shell),
            (b"/".to_vec(), b"/bin/sh".to_vec())
        );
        assert_eq!(users(PASSWD).user(b"gues"), None);
    }

    #[test]
    fn a_password_changes_and_nothing_else() {
        let text = |file: Option<Vec<u8>>| String::from_utf8(file.unwrap()).unwrap();
        let old = text(Some(PASSWD.to_vec()));
        for name in ["root", "bin", "guest", "last"] {
            let user = users(PASSWD).user(name.as_bytes()).unwrap();
            let field = String::from_utf8(user.password).unwrap();
            let new = text(users(PASSWD).with_password(name.as_bytes(), b"$5$new"));
            let (before, after) = (format!("{name}:{field}:"), format!("{name}:$5$new:"));
            assert_eq!(new, old.replacen(&before, &after, 1));
        }
        // The first of two lines counts, and a broken one is left as it is.
        let two = users(b"a:broken\na:1:5:5:::\na:2:0:0:::\n");
        assert_eq!(
            text(two.with_password(b"a", b"")),
            "a:broken\na::5:5:::\na:2:0:0:::\n"
        );
        assert_eq!(two.user(b"a").unwrap().uid, 5);
        assert_eq!(users(PASSWD).with_password(b"nobody", b""), None);
    }

    #[test]
    fn groups_by_their_members() {
        let groups = users(b"root:*:0:root\nusers:*:100:guest\ntty:*:5:other,guest\nbad:*:x:guest\nbin:*:1:\nbig:*:300:guest\n");
        assert_eq!(groups.groups_of(b"guest", 100), [5]);
        assert_eq!(groups.groups_of(b"guest", 5), [100]);
        assert_eq!(groups.groups_of(b"other", 1), [5]);
        assert_eq!(groups.groups_of(b"", 1), []);
        let many = "g:*:7:guest\n".repeat(NGROUPS_MAX + 1);
        assert_eq!(
            users(many.as_bytes()).groups_of(b"guest", 0).len(),
            NGROUPS_MAX
        );
    }
}
