// SPDX-License-Identifier: GPL-2.0-or-later
//! `hostname [-s]`: prints the name of this machine, which is short with `-s` and without.
#![no_std]
#![no_main]

use programs::command::{At, options, report, status};
use user::{calls, stdio};

user::program!(main);

fn main() -> i32 {
    options("s", "hostname");
    if let Some(names) = report(calls::uname().at(c"uname")) {
        let name = names.nodename.split(|&byte| byte == 0).next();
        stdio::put(name.unwrap_or_default());
        stdio::put(b"\n");
    }
    status()
}
