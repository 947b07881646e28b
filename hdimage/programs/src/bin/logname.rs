// SPDX-License-Identifier: GPL-2.0-or-later
//! `logname`: prints the name that was given to log in on this terminal, whoever one has
//! become since by `su`.
#![no_std]
#![no_main]

use programs::authentication::terminal;
use programs::command::fail;
use programs::logins::logins;
use user::calls::Fd;
use user::println;
use user::stdio;

user::program!(main);

fn main() -> i32 {
    let own = terminal(Fd::STDIN);
    match logins().iter().find(|login| own == Some(login.terminal)) {
        Some(login) => stdio::put(&login.user),
        None => fail(&[], "nobody has logged in on this terminal"),
    }
    println!();
    0
}
