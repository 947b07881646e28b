// SPDX-License-Identifier: GPL-2.0-or-later
//! `whoami`: prints the name of the user on whose behalf it runs.
#![no_std]
#![no_main]

use programs::accounts::Accounts;
use user::{calls, stdio};

user::program!(main);

fn main() -> i32 {
    stdio::put(&Accounts::users().name(calls::geteuid().into()));
    stdio::put(b"\n");
    0
}
