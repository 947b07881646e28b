// SPDX-License-Identifier: GPL-2.0-or-later
//! `id [-uGgnr] [name]`: prints who a user is, or this process: user and group by
//! number and name, the effective ones where they differ, and other groups. `-u` and
//! `-g` print only the user's or the group's (effective) number, `-G` those of all
//! groups, with `-n` the name, with `-r` the real one.
#![no_std]
#![no_main]

use alloc::vec::Vec;
use programs::accounts::Accounts;
use programs::command::{fail, options, usage};
use user::{calls, stdio};
use user::{print, println};

extern crate alloc;

user::program!(main);

const USAGE: &str = "id [-uGgnr] [name]";

/// Real and effective ids.
struct Ids {
    user: (u16, u16),
    group: (u8, u8),
    others: Vec<u16>,
}

fn main() -> i32 {
    let options = options("uGgnr", USAGE);
    let (users, groups) = (Accounts::users(), Accounts::groups());
    let ids = match options.operands.as_slice() {
        [] => Ids {
            user: (calls::getuid(), calls::geteuid()),
            group: (calls::getgid(), calls::getegid()),
            others: calls::getgroups().unwrap_or_default(),
        },
        [name] => match users.user(name.to_bytes()) {
            Some(user) => Ids {
                user: (user.uid, user.uid),
                group: (user.gid, user.gid),
                others: groups.groups_of(&user.name, user.gid),
            },
            None => fail(&[name.to_bytes()], "no such user"),
        },
        _ => usage(USAGE),
    };
    let show = |number: u32, accounts: &Accounts| match options.has('n') {
        true => stdio::put(&accounts.name(number)),
        false => print!("{number}"),
    };
    let show_one = |(real, effective): (u32, u32), accounts: &Accounts| {
        show(if options.has('r') { real } else { effective }, accounts);
    };
    let user = (ids.user.0.into(), ids.user.1.into());
    let group = (ids.group.0.into(), ids.group.1.into());
    if options.has('G') && !options.has('u') && !options.has('g') {
        show_one(group, &groups);
        for other in ids.others {
            print!(" ");
            show(other.into(), &groups);
        }
        println!();
        return 0;
    }
    match (options.has('u'), options.has('g')) {
        (false, false) if options.has('n') || options.has('r') => usage(USAGE),
        (false, false) => show_all(user, group, &ids.others, &users, &groups),
        (true, false) => show_one(user, &users),
        (false, true) => show_one(group, &groups),
        (true, true) => usage(USAGE),
    }
    println!();
    0
}

fn show_all(
    user: (u32, u32),
    group: (u32, u32),
    others: &[u16],
    users: &Accounts,
    groups: &Accounts,
) {
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
    for (index, &other) in others.iter().enumerate() {
        let before = if index == 0 { " groups=" } else { "," };
        print!("{before}{other}(");
        stdio::put(&groups.name(other.into()));
        print!(")");
    }
}
