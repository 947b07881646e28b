// SPDX-License-Identifier: GPL-2.0-or-later
//! `id [-ugnr] [name]`: prints who a user is, or this process: user and group by
//! number and name, and the effective ones where they differ. `-u` and `-g` print
//! only the user's or the group's (effective) number, with `-n` the name, with `-r`
//! the real one.
#![no_std]
#![no_main]

use lib::user::{calls, stdio};
use lib::{print, println};
use programs::accounts::Accounts;
use programs::command::{fail, options, usage};

lib::program!(main);

const USAGE: &str = "id [-ugnr] [name]";

/// Real and effective ids.
struct Ids {
    user: (u16, u16),
    group: (u8, u8),
}

fn main() -> i32 {
    let options = options("ugnr", USAGE);
    let (users, groups) = (Accounts::users(), Accounts::groups());
    let ids = match options.operands.as_slice() {
        [] => Ids {
            user: (calls::getuid(), calls::geteuid()),
            group: (calls::getgid(), calls::getegid()),
        },
        [name] => match users.user(name.to_bytes()) {
            Some(user) => Ids {
                user: (user.uid, user.uid),
                group: (user.gid, user.gid),
            },
            None => fail(&[name.to_bytes()], "no such user"),
        },
        _ => usage(USAGE),
    };
    let show_one = |(real, effective): (u32, u32), accounts: &Accounts| {
        let number = if options.has('r') { real } else { effective };
        match options.has('n') {
            true => stdio::put(&accounts.name(number)),
            false => print!("{number}"),
        }
    };
    let user = (ids.user.0.into(), ids.user.1.into());
    let group = (ids.group.0.into(), ids.group.1.into());
    match (options.has('u'), options.has('g')) {
        (false, false) if options.has('n') || options.has('r') => usage(USAGE),
        (false, false) => show_all(user, group, &users, &groups),
        (true, false) => show_one(user, &users),
        (false, true) => show_one(group, &groups),
        (true, true) => usage(USAGE),
    }
    println!();
    0
}

fn show_all(user: (u32, u32), group: (u32, u32), users: &Accounts, groups: &Accounts) {
    let show = |what: &str, number: u32, accounts: &Accounts| {
        print!("{what}={number}(");
        stdio::put(&accounts.name(number));
        print!(")");
    };
    show("uid", user.0, users);
    show(" gid", group.0, groups);
    if user.1 != user.0 {
        show(" euid", user.1, users);
    }
    if group.1 != group.0 {
        show(" egid", group.1, groups);
    }
}
