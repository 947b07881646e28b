// SPDX-License-Identifier: GPL-2.0-or-later
//! `ps [-aefluwx]`: lists the processes, all of them with everything about each: the
//! options, with a dash or without (`ps aux`), are those of other systems, and change
//! nothing. A name in brackets is that of a thread of the kernel.
#![no_std]
#![no_main]

use abi::limits::HZ;
use abi::sys::types::{Device, major};
use programs::command::{options, report, status};
use programs::tasks::{Task, tasks};
use user::stdio;
use user::{print, println};

user::program!(main);

/// The first serial line among the terminals' minor numbers.
const FIRST_SERIAL: u8 = 64;

fn main() -> i32 {
    options("aefluwx", "ps");
    if let Some(tasks) = report(tasks()) {
        println!("  PID  PPID  PGRP TTY    STAT   TIME     SIZE COMMAND");
        tasks.iter().for_each(show);
    }
    status()
}

fn show(task: &Task) {
    let seconds = task.ticks / HZ;
    print!("{:5} {:5} {:5} ", task.pid, task.parent, task.group);
    show_terminal(task.terminal);
    stdio::put(&[task.state]);
    print!(
        "   {:3}:{:02} {:7}K ",
        seconds / 60,
        seconds % 60,
        task.size.div_ceil(1024)
    );
    stdio::put(&task.name);
    println!();
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
