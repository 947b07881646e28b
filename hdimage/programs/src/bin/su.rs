// SPDX-License-Identifier: GPL-2.0-or-later
//! `su [user]`: runs the shell of a user, root if none is named, as that user. Only
//! root may: there are no passwords.
#![no_std]
#![no_main]

use alloc::vec::Vec;
use core::ffi::CStr;
use lib::user::{calls, env};
use programs::accounts::Accounts;
use programs::command::{At, complain, fail, options, report, usage};
use programs::path::c_string;

extern crate alloc;

lib::program!(main);

const USAGE: &str = "su [user]";

fn main() -> i32 {
    let options = options("", USAGE);
    let name = match options.operands.as_slice() {
        [] => &b"root"[..],
        [name] => name.to_bytes(),
        _ => usage(USAGE),
    };
    let Some(user) = Accounts::users().user(name) else {
        fail(&[name], "no such user");
    };
    // The group first: afterwards it may not be changed any more.
    if let Err(errno) = calls::setgid(user.gid).and_then(|()| calls::setuid(user.uid)) {
        fail(&[name], errno);
    }
    let settings = [
        [b"HOME=", user.home.as_slice()].concat(),
        [b"USER=", user.name.as_slice()].concat(),
        [b"SHELL=", user.shell.as_slice()].concat(),
    ];
    let settings = settings.map(c_string);
    let name_of = |setting: &CStr| {
        setting
            .to_bytes()
            .split(|&byte| byte == b'=')
            .next()
            .map(<[u8]>::to_vec)
    };
    let replaced: Vec<_> = settings.iter().map(|setting| name_of(setting)).collect();
    let kept = env::vars()
        .iter()
        .copied()
        .filter(|setting| !replaced.contains(&name_of(setting)));
    let environment: Vec<&CStr> = kept
        .chain(settings.iter().map(|setting| setting.as_c_str()))
        .collect();
    // A home that cannot be entered is no reason not to come in.
    report(calls::chdir(&c_string(user.home.as_slice())).at(&c_string(user.home.as_slice())));
    let shell = c_string(user.shell);
    let errno = calls::execve(&shell, &[&shell], &environment);
    complain(&[shell.to_bytes()], errno);
    126
}
