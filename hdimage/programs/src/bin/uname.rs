// SPDX-License-Identifier: GPL-2.0-or-later
//! `uname [-asnrvm]`: prints the name of the system.
#![no_std]
#![no_main]

use programs::command::{fail, options};
use user::calls;
use user::stdio;

user::program!(main);

fn main() -> i32 {
    let options = options("asnrvm", "uname [-asnrvm]");
    let utsname = calls::uname().unwrap_or_else(|errno| fail(&[], errno));
    let any = "snrvm".chars().any(|letter| options.has(letter));
    let fields = [
        ('s', &utsname.sysname),
        ('n', &utsname.nodename),
        ('r', &utsname.release),
        ('v', &utsname.version),
        ('m', &utsname.machine),
    ];
    let mut separator: &[u8] = b"";
    for (letter, field) in fields {
        if options.has('a') || options.has(letter) || !any && letter == 's' {
            stdio::put(separator);
            stdio::put(field.split(|&byte| byte == 0).next().unwrap_or_default());
            separator = b" ";
        }
    }
    stdio::put(b"\n");
    0
}
