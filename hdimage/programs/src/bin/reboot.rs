// SPDX-License-Identifier: GPL-2.0-or-later
//! `reboot`: restarts the machine.
#![no_std]
#![no_main]

use abi::reboot::REBOOT_RESTART;
use programs::command::shut_down;

user::program!(main);

fn main() -> i32 {
    shut_down(REBOOT_RESTART)
}
