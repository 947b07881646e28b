// SPDX-License-Identifier: GPL-2.0-or-later
//! `groups [name]`: prints the groups of a user, or of this process, by name.
#![no_std]
#![no_main]

use programs::accounts::Accounts;
use programs::command::{fail, options, usage};
use user::println;
use user::{calls, stdio};

user::program!(main);

const USAGE: &str = "groups [name]";

fn main() -> i32 {
    let groups = Accounts::groups();
    let (own, others) = match options("", USAGE).operands.as_slice() {
        [] => (calls::getegid(), calls::getgroups().unwrap_or_default()),
        [name] => match Accounts::users().user(name.to_bytes()) {
            Some(user) => (user.gid, groups.groups_of(&user.name, user.gid)),
            None => fail(&[name.to_bytes()], "no such user"),
        },
        _ => usage(USAGE),
    };
    stdio::put(&groups.name(own.into()));
    for other in others {
        stdio::put(b" ");
        stdio::put(&groups.name(other.into()));
    }
    println!();
    0
}
