// SPDX-License-Identifier: GPL-2.0-or-later
//! Forks 200 times, one child after the other, each with its own exit status:
//! prints `ok` if all come back right.
#![no_std]
#![no_main]

use user::calls;
use user::println;

user::program!(main);

fn main() -> i32 {
    for number in 0..200u32 {
        match calls::fork() {
            Ok(None) => calls::_exit(number as i32),
            Ok(Some(child)) => match calls::waitpid(child.0 as i32, 0) {
                Ok(Some((pid, status))) if pid == child && status.exit_status() == Some(number) => {
                }
                other => {
                    println!("t_fork200: child {number} ended as {other:?}");
                    return 1;
                }
            },
            Err(errno) => {
                println!("t_fork200: fork {number}: {errno}");
                return 1;
            }
        }
    }
    println!("ok");
    0
}
