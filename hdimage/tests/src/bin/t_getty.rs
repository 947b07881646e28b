// SPDX-License-Identifier: GPL-2.0-or-later
//! `t_getty TERMINAL`: a shell on a terminal, as the leader of a session that
//! the terminal controls.
#![no_std]
#![no_main]

use abi::fcntl::O_RDWR;
use programs::command::fail;
use user::calls::{self, Fd};
use user::env;

user::program!(main);

fn main() -> i32 {
    let Some(path) = env::args().first() else {
        return 2;
    };
    // Whoever leads a group can't begin a session, but its child can.
    if matches!(calls::fork(), Ok(Some(_))) {
        return 0;
    }
    for fd in [Fd::STDIN, Fd::STDOUT, Fd::STDERR] {
        let _ = calls::close(fd);
    }
    let opened = calls::setsid().and_then(|_| calls::open(path, O_RDWR, 0));
    if let Err(errno) = opened.and_then(calls::dup).and_then(calls::dup) {
        fail(&[path.to_bytes()], errno);
    }
    fail(
        &[b"/bin/sh"],
        calls::execve(c"/bin/sh", &[c"-sh"], env::vars()),
    )
}
