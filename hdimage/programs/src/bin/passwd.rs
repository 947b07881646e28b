// SPDX-License-Identifier: GPL-2.0-or-later
//! `passwd [-d] [user]`: changes a password: one's own after the old one, any for root.
//! With `-d`, which is root's, the user needs none any more.
//!
//! The new `/etc/passwd` is written beside the old one, as `/etc/ptmp`, and takes its
//! place whole. Where that file is, somebody else is at it, or it is what a power cut has
//! left; `/etc/rc` removes it.
#![no_std]
#![no_main]

use abi::fcntl::{O_CREAT, O_EXCL, O_WRONLY};
use abi::sys::resource::{RLIM_INFINITY, RLIM_NLIMITS, Rlimit};
use alloc::vec::Vec;
use core::ffi::CStr;
use programs::accounts::{Accounts, User};
use programs::authentication::{ask_password, fill_standard_files, is_password};
use programs::command::{At, Outcome, fail, options, report, status, usage};
use programs::files::read_file;
use programs::password::{SEED, hash};
use user::calls::{self, File};

extern crate alloc;

user::program!(main);

const USAGE: &str = "passwd [-d] [user]";
const PASSWD: &CStr = c"/etc/passwd";
const NEW: &CStr = c"/etc/ptmp";

fn main() -> i32 {
    fill_standard_files();
    let options = options("d", USAGE);
    let users = Accounts::users();
    let name = match options.operands.as_slice() {
        [] => users.name(calls::getuid().into()),
        [name] => name.to_bytes().to_vec(),
        _ => usage(USAGE),
    };
    let Some(user) = users.user(&name) else {
        fail(&[&name], "no such user");
    };
    let is_root = calls::getuid() == 0;
    if !is_root && (user.uid != calls::getuid() || options.has('d')) {
        fail(&[&name], "only the super-user may do that");
    }
    let field = match options.has('d') {
        true => Vec::new(),
        false => ask(&user, is_root),
    };
    report(lock().and_then(|file| replace(&file, &user, &field)));
    status()
}

/// Asks for the old password and twice for the new one; gives its hash.
fn ask(user: &User, is_root: bool) -> Vec<u8> {
    let unchanged = |why: &str| -> ! { fail(&[&user.name], why) };
    if !is_root && !user.password.is_empty() {
        let old = ask_password(b"Old password: ").unwrap_or_default();
        if !is_password(Some(user), &old) {
            unchanged("wrong password");
        }
    }
    let new = ask_password(b"New password: ").unwrap_or_default();
    if new.is_empty() {
        unchanged("unchanged");
    }
    if ask_password(b"New password again: ") != Some(new.clone()) {
        unchanged("unchanged: they differ");
    }
    hash(&new, &seed())
}

/// Bytes that make passwords differ that are equal.
fn seed() -> [u8; SEED] {
    let mut seed = [0; SEED];
    let file = File::open(c"/dev/urandom").at(c"/dev/urandom");
    if let Some(file) = report(file)
        && calls::read(file.fd(), &mut seed) == Ok(SEED)
    {
        return seed;
    }
    fail(&[b"/dev/urandom"], "too few bytes");
}

/// Makes the file that the new one is written to. From here on the person who has started
/// this cannot stop it half-way: neither by signals nor by limits.
fn lock() -> Outcome<File> {
    calls::setuid(0).at(NEW)?;
    calls::ssetmask(!0);
    let unlimited = Rlimit {
        rlim_cur: RLIM_INFINITY,
        rlim_max: RLIM_INFINITY,
    };
    for resource in 0..RLIM_NLIMITS as u32 {
        // Not each of them has one.
        let _ = calls::setrlimit(resource, &unlimited);
    }
    File::open_with(NEW, O_WRONLY | O_CREAT | O_EXCL, 0o600).at(NEW)
}

fn replace(file: &File, user: &User, field: &[u8]) -> Outcome {
    let result = write(file, user, field).and_then(|()| calls::rename(NEW, PASSWD).at(PASSWD));
    if result.is_err() {
        let _ = calls::unlink(NEW);
    }
    calls::sync();
    result
}

/// Writes the file as it is to be, with owner and mode of the old one, to the disk.
fn write(file: &File, user: &User, field: &[u8]) -> Outcome {
    // As it is now: it may have changed while the person was typing.
    let users = Accounts::of(read_file(PASSWD)?);
    let is_same = users
        .user(&user.name)
        .is_some_and(|now| now.uid == user.uid);
    let new = users.with_password(&user.name, field).filter(|_| is_same);
    let new = new.ok_or(abi::Errno::EINVAL).at(PASSWD)?;
    calls::write_all(file.fd(), &new).at(NEW)?;
    let old = calls::stat(PASSWD).at(PASSWD)?;
    calls::chown(NEW, old.st_uid, old.st_gid).at(NEW)?;
    calls::chmod(NEW, old.st_mode & 0o777).at(NEW)?;
    calls::sync();
    Ok(())
}
