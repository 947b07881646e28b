// SPDX-License-Identifier: GPL-2.0-or-later
//! `ps`: lists the processes, as the kernel tells them in `/dev/ps`.
//!
//! Each line of that file is a process: its id, its parent, its process group, its
//! terminal (device number, or `-`), its state, its time in ticks, its memory in
//! bytes, its name.
#![no_std]
#![no_main]

use lib::limits::HZ;
use lib::sys::types::{Device, major};
use lib::user::stdio;
use lib::{print, println};
use programs::command::{options, report, status};
use programs::files::read_file;
use programs::number::unsigned;

lib::program!(main);

/// The first serial line among the terminals' minor numbers.
const FIRST_SERIAL: u8 = 64;

fn main() -> i32 {
    options("aefluwx", "ps");
    if let Some(text) = report(read_file(c"/dev/ps")) {
        println!("  PID  PPID  PGRP TTY    STAT   TIME   SIZE COMMAND");
        for line in text
            .split(|&byte| byte == b'\n')
            .filter(|line| !line.is_empty())
        {
            if show(line).is_none() {
                stdio::put(line);
                println!();
            }
        }
    }
    status()
}

/// Shows a process; `None` if the line is not as expected.
fn show(line: &[u8]) -> Option<()> {
    let mut fields = line.splitn(8, |&byte| byte == b' ');
    let [pid, ppid, pgrp] = [fields.next()?, fields.next()?, fields.next()?];
    let [pid, ppid, pgrp] = [unsigned(pid, 10)?, unsigned(ppid, 10)?, unsigned(pgrp, 10)?];
    let terminal = unsigned(fields.next()?, 10);
    let state = fields.next()?;
    let seconds = unsigned(fields.next()?, 10)? / HZ;
    let size = unsigned(fields.next()?, 10)?;
    let name = fields.next()?;
    print!("{pid:5} {ppid:5} {pgrp:5} ");
    show_terminal(
        terminal
            .and_then(|number| u16::try_from(number).ok())
            .map(Device),
    );
    stdio::put(state);
    print!(
        "   {:3}:{:02} {:5}K ",
        seconds / 60,
        seconds % 60,
        size.div_ceil(1024)
    );
    stdio::put(name);
    println!();
    Some(())
}

fn show_terminal(terminal: Option<Device>) {
    match terminal {
        Some(device) if device.major() == major::TTYX => match device.minor() {
            minor @ FIRST_SERIAL.. => print!("ttyS{:<2} ", minor - FIRST_SERIAL),
            minor => print!("tty{minor:<3} "),
        },
        Some(device) => print!("{device:6} "),
        None => print!("-      "),
    }
}
