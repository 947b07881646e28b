// SPDX-License-Identifier: GPL-2.0-or-later
//! `update`: writes all that is buffered to the disks every 30 seconds, so
//! that a power cut costs no more than that. `/etc/rc` starts it.
#![no_std]
#![no_main]

use user::calls;

user::program!(main);

const SECONDS: u32 = 30;

fn main() -> i32 {
    loop {
        calls::sync();
        // Woken early by a signal: then it is written early.
        let _ = calls::sleep(SECONDS);
    }
}
