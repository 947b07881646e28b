// SPDX-License-Identifier: GPL-2.0-or-later
//! `tty [-s]`: prints the name of the terminal that is standard input, or says that it
//! is none; with `-s` only the exit status tells.
#![no_std]
#![no_main]

use abi::sys::types::Device;
use programs::command::options;
use programs::files::terminal_node;
use user::calls::{self, Fd};
use user::stdio;

user::program!(main);

fn main() -> i32 {
    let silent = options("s", "tty [-s]").has('s');
    let is_terminal = calls::isatty(Fd::STDIN);
    if !silent {
        let device = calls::fstat(Fd::STDIN).map(|stat| Device(stat.st_rdev));
        let node = device.ok().filter(|_| is_terminal).and_then(terminal_node);
        stdio::put(node.as_deref().map_or(b"not a tty", |node| node.to_bytes()));
        stdio::put(b"\n");
    }
    i32::from(!is_terminal)
}
