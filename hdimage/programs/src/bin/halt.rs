// SPDX-License-Identifier: GPL-2.0-or-later
//! `halt`: stops the machine.
#![no_std]
#![no_main]

use abi::reboot::REBOOT_HALT;
use programs::command::shut_down;

user::program!(main);

fn main() -> i32 {
    shut_down(REBOOT_HALT)
}
