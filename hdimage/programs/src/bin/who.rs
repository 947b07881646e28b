// SPDX-License-Identifier: GPL-2.0-or-later
//! `who`: prints who is logged in, where and since when. `who am i` only this terminal's
//! user. Called `w` it also tells what was started last there, called `users` only the
//! names.
#![no_std]
#![no_main]

use programs::authentication::terminal;
use programs::command::{options, usage};
use programs::date::short_date;
use programs::logins::logins;
use programs::time::seconds_since_1970;
use user::calls::Fd;
use user::println;
use user::{env, stdio};

user::program!(main);

const USAGE: &str = "who [am i]";

fn main() -> i32 {
    let operands = options("", USAGE).operands;
    let mut all = logins();
    match operands.as_slice() {
        [] => {}
        [_am, _i] => {
            let own = terminal(Fd::STDIN);
            all.retain(|login| own == Some(login.terminal));
        }
        _ => usage(USAGE),
    }
    match env::program_name() {
        b"users" => {
            for (index, login) in all.iter().enumerate() {
                stdio::put(if index == 0 { b"" } else { b" " });
                stdio::put(&login.user);
            }
            println!();
        }
        name => all.iter().for_each(|login| {
            put(&login.user, 9);
            put(&login.line, 6);
            stdio::put(short_date(login.time, seconds_since_1970()).as_bytes());
            if name == b"w" {
                stdio::put(b" ");
                stdio::put(&login.program);
            }
            println!();
        }),
    }
    0
}

/// Prints a name in a column.
fn put(name: &[u8], width: usize) {
    stdio::put(name);
    (name.len()..width).for_each(|_| stdio::put(b" "));
}
