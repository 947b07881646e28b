// SPDX-License-Identifier: GPL-2.0-or-later
//! `su [-] [-c command] [user]`: runs the shell of a user, root if none is named, as that
//! user, after the user's password; root is not asked. With `-` it is as if the user had
//! logged in; without it, place and environment stay, but for HOME, SHELL, USER and
//! LOGNAME.
//!
//! The shell shares the caller's terminal. It can't type there for the caller: that is
//! for the super-user only (TIOCSTI).
#![no_std]
#![no_main]

use alloc::vec::Vec;
use core::ffi::CStr;
use programs::accounts::{Accounts, User};
use programs::authentication::{
    ask_password, become_user, environment, fill_standard_files, is_password, run_shell,
};
use programs::command::{At, complain, fail, options, report, usage};
use programs::path::c_string;
use programs::run::DEFAULT_PATH;
use user::{calls, env};

extern crate alloc;

user::program!(main);

const USAGE: &str = "su [-] [-c command] [user]";

fn main() -> i32 {
    fill_standard_files();
    let options = options("c:", USAGE);
    let (is_login, name) = match options.operands.as_slice() {
        [] => (false, c"root"),
        [dash] if *dash == c"-" => (true, c"root"),
        [name] => (false, *name),
        [dash, name] if *dash == c"-" => (true, *name),
        _ => usage(USAGE),
    };
    let user = Accounts::users().user(name.to_bytes());
    if calls::getuid() != 0 && user.as_ref().is_none_or(|user| !user.password.is_empty()) {
        let password = ask_password(b"Password: ");
        if !password.is_some_and(|password| is_password(user.as_ref(), &password)) {
            fail(&[name.to_bytes()], "wrong password");
        }
    }
    let Some(user) = user else {
        fail(&[name.to_bytes()], "no such user");
    };
    if let Err(errno) = become_user(&user) {
        fail(&[name.to_bytes()], errno);
    }
    let command = options.value('c').map(|command| [c"-c", command]);
    let errno = run(&user, is_login, command.as_ref().map_or(&[], |both| both));
    complain(&[&user.shell], errno);
    126
}

/// Turns this process into the shell; comes back only with an error.
fn run(user: &User, is_login: bool, arguments: &[&CStr]) -> abi::Errno {
    let own = environment(user);
    let path = c_string([b"PATH=", DEFAULT_PATH].concat());
    let set: Vec<&CStr> = match is_login {
        true => own.iter().map(|entry| &**entry).chain([&*path]).collect(),
        false => own.iter().map(|entry| &**entry).collect(),
    };
    let name_of = |entry: &CStr| {
        entry
            .to_bytes()
            .split(|&byte| byte == b'=')
            .next()
            .map(<[u8]>::to_vec)
    };
    let is_kept = |entry: &CStr| match is_login {
        true => name_of(entry).is_some_and(|name| name == b"TERM"),
        false => !set.iter().any(|other| name_of(other) == name_of(entry)),
    };
    let kept = env::vars().iter().copied().filter(|entry| is_kept(entry));
    let variables: Vec<&CStr> = kept.chain(set.iter().copied()).collect();
    if is_login {
        // A home that cannot be entered is no reason not to come in.
        let home = c_string(user.home.as_slice());
        report(calls::chdir(&home).at(&home));
    }
    run_shell(user, is_login, arguments, &variables)
}
