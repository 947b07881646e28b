// SPDX-License-Identifier: GPL-2.0-or-later
//! `chown [-R] owner[:group] file...`: gives files to another user.
#![no_std]
#![no_main]

use programs::accounts::Accounts;
use programs::command::{At, fail, options, status, usage};
use programs::files::for_tree;
use user::calls;

user::program!(main);

const USAGE: &str = "chown [-R] owner[:group] file...\n       chown [-R] :group file...";

fn main() -> i32 {
    let options = options("R", USAGE);
    let Some((who, files)) = options
        .operands
        .split_first()
        .filter(|(_, files)| !files.is_empty())
    else {
        usage(USAGE);
    };
    let mut names = who.to_bytes().splitn(2, |byte| b":.".contains(byte));
    let owner: Option<u16> = number(names.next(), &Accounts::users());
    let group: Option<u8> = number(names.next(), &Accounts::groups());
    for path in files {
        for_tree(path, options.has('R'), &mut |path, stat| {
            let (uid, gid) = (owner.unwrap_or(stat.st_uid), group.unwrap_or(stat.st_gid));
            calls::chown(path, uid, gid).at(path)
        });
    }
    status()
}

/// The number of a name, if there is one to be changed.
fn number<T: TryFrom<u32>>(name: Option<&[u8]>, accounts: &Accounts) -> Option<T> {
    let name = name.filter(|name| !name.is_empty())?;
    let number = accounts
        .number(name)
        .and_then(|number| T::try_from(number).ok());
    Some(number.unwrap_or_else(|| fail(&[name], "no such user or group")))
}
