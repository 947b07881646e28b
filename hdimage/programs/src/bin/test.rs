// SPDX-License-Identifier: GPL-2.0-or-later
//! `test expression`, `[ expression ]`: succeeds if the expression is true; status 2
//! if it is none.
#![no_std]
#![no_main]

use alloc::vec::Vec;
use programs::command::complain;
use programs::file_tests::test;
use user::env;

extern crate alloc;

user::program!(main);

fn main() -> i32 {
    let words: Vec<&[u8]> = env::args().iter().map(|word| word.to_bytes()).collect();
    match test(env::program_name(), &words) {
        Ok(value) => (!value).into(),
        Err(error) => {
            complain(&[], error);
            2
        }
    }
}
