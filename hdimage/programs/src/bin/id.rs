// SPDX-License-Identifier: GPL-2.0-or-later
//! `id`: prints who this process is: user and group by number and name, and the
//! effective ones where they differ.
#![no_std]
#![no_main]

use lib::user::{calls, stdio};
use lib::{print, println};
use programs::accounts::Accounts;

lib::program!(main);

fn main() -> i32 {
    let (users, groups) = (Accounts::users(), Accounts::groups());
    let show = |what: &str, number: u32, accounts: &Accounts| {
        print!("{what}={number}(");
        stdio::put(&accounts.name(number));
        print!(")");
    };
    let (uid, gid) = (calls::getuid(), calls::getgid());
    let (euid, egid) = (calls::geteuid(), calls::getegid());
    show("uid", uid.into(), &users);
    show(" gid", gid.into(), &groups);
    if euid != uid {
        show(" euid", euid.into(), &users);
    }
    if egid != gid {
        show(" egid", egid.into(), &groups);
    }
    println!();
    0
}
