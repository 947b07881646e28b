// SPDX-License-Identifier: GPL-2.0-or-later
//! `sync`: writes all that is buffered to the disks.
#![no_std]
#![no_main]

user::program!(main);

fn main() -> i32 {
    user::calls::sync();
    0
}
