// SPDX-License-Identifier: GPL-2.0-or-later
//! `chgrp [-R] group file...`: gives files to another group.
#![no_std]
#![no_main]

use programs::accounts::Accounts;
use programs::command::{At, fail, options, status, usage};
use programs::files::for_tree;
use user::calls;

user::program!(main);

const USAGE: &str = "chgrp [-R] group file...";

fn main() -> i32 {
    let options = options("R", USAGE);
    let [name, files @ ..] = options.operands.as_slice() else {
        usage(USAGE);
    };
    if files.is_empty() {
        usage(USAGE);
    }
    let name = name.to_bytes();
    let number = Accounts::groups().number(name);
    let Some(group) = number.and_then(|number| u8::try_from(number).ok()) else {
        fail(&[name], "no such group");
    };
    for path in files {
        for_tree(path, options.has('R'), &mut |path, stat| {
            calls::chown(path, stat.st_uid, group).at(path)
        });
    }
    status()
}
