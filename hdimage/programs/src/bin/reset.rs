// SPDX-License-Identifier: GPL-2.0-or-later
//! `reset`: makes a terminal usable again on which a program has left its mode, its
//! colours or its scrolling lines, and clears it.
#![no_std]
#![no_main]

use programs::command::{At, report};
use programs::process::Command;
use user::calls::{self, Fd};

user::program!(main);

/// A VT102's reset (VT102 User Guide).
const RESET: &[u8] = b"\x1bc\x1b[r\x1b[m\x1b[H\x1b[J";

fn main() -> i32 {
    let settings = Command::new("stty").arg("sane").status();
    let written = calls::write_all(Fd::STDOUT, RESET);
    let done = settings.and_then(|status| written.map(|()| status));
    report(done.at(c"terminal")).map_or(1, |status| i32::from(status.exit_status() != Some(0)))
}
