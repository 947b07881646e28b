// SPDX-License-Identifier: GPL-2.0-or-later
//! `top [-d seconds] [-n times]`: shows the processes that use the processor most, and
//! begins anew every few seconds; `q` ends it.
#![no_std]
#![no_main]

use abi::Errno;
use abi::limits::HZ;
use abi::sys::time::Timeval;
use alloc::vec::Vec;
use core::ffi::CStr;
use programs::command::{Outcome, options, report, status, usage};
use programs::number::unsigned;
use programs::tasks::{Task, tasks};
use programs::terminal::RawMode;
use user::calls::{self, Fd};
use user::stdio;
use user::{print, println};

extern crate alloc;

user::program!(main);

const USAGE: &str = "top [-d seconds] [-n times]";
const HOME: &[u8] = b"\x1b[H";
/// Erases to the end of the line, and all below the cursor.
const ERASE_LINE: &[u8] = b"\x1b[K";
const ERASE_BELOW: &[u8] = b"\x1b[J";
const CLEAR: &[u8] = b"\x1b[H\x1b[2J";
const USUAL_ROWS: u16 = 25;
/// Lines above the processes.
const HEAD: usize = 3;

fn main() -> i32 {
    let options = options("d:n:", USAGE);
    let number = |letter, usual| match options.value(letter).map(CStr::to_bytes) {
        Some(text) => unsigned(text, 10).unwrap_or_else(|| usage(USAGE)),
        None => usual,
    };
    let (seconds, times) = (number('d', 3).max(1), number('n', u32::MAX));
    // Where there is no keyboard it only shows.
    let keyboard = RawMode::new(Fd::STDIN).ok();
    stdio::put(CLEAR);
    report(show_all(seconds, times, keyboard.as_ref()));
    drop(keyboard);
    status()
}

fn show_all(seconds: u32, times: u32, keyboard: Option<&RawMode>) -> Outcome {
    let mut before: Vec<Task> = Vec::new();
    let mut last = 0;
    for _ in 0..times {
        let now = tasks()?;
        let up = calls::times().map_or(0, |(_, ticks)| ticks);
        show(&now, &before, up, up.wrapping_sub(last));
        (before, last) = (now, up);
        if wants_to_end(seconds, keyboard) {
            break;
        }
    }
    Ok(())
}

/// Waits for the next turn; whether somebody has typed `q`.
fn wants_to_end(seconds: u32, keyboard: Option<&RawMode>) -> bool {
    let mut ready = [keyboard.is_some().into(), 0, 0];
    let mut timeout = Timeval {
        tv_sec: seconds as i32,
        tv_usec: 0,
    };
    match (calls::select(1, &mut ready, Some(&mut timeout)), keyboard) {
        // It was stopped for a while: the screen is somebody else's by now.
        (Ok(0) | Err(Errno::EINTR), _) => false,
        (Ok(_), Some(keyboard)) => !matches!(keyboard.read_key(), Ok(Some(key)) if key != b'q'),
        _ => true,
    }
}

/// One screen: what the processes used in the `ticks` since `before`. The machine was
/// started `up` ticks ago.
fn show(now: &[Task], before: &[Task], up: u32, ticks: u32) {
    let used = |task: &Task| {
        let earlier = before.iter().find(|known| known.pid == task.pid);
        earlier.map_or(0, |known| task.ticks.wrapping_sub(known.ticks))
    };
    let mut sorted: Vec<(u32, &Task)> = now.iter().map(|task| (used(task), task)).collect();
    sorted.sort_unstable_by_key(|(used, task)| (core::cmp::Reverse(*used), task.pid));
    let rows = calls::window_size(Fd::STDOUT).map_or(USUAL_ROWS, |size| size.ws_row);
    let rows = if rows == 0 { USUAL_ROWS } else { rows };
    let up = up / HZ;
    stdio::put(HOME);
    print!(
        "up {}:{:02}:{:02}, {} processes",
        up / 3600,
        up / 60 % 60,
        up % 60,
        now.len()
    );
    end_line();
    end_line();
    print!("  PID  PPID S  %CPU   TIME     SIZE COMMAND");
    end_line();
    for (used, task) in sorted
        .into_iter()
        .take(usize::from(rows).saturating_sub(HEAD + 1))
    {
        let tenths = (used * 1000).checked_div(ticks).unwrap_or(0);
        let seconds = task.ticks / HZ;
        print!("{:5} {:5} ", task.pid, task.parent);
        stdio::put(&[task.state]);
        print!(
            " {:3}.{} {:3}:{:02} {:7}K ",
            tenths / 10,
            tenths % 10,
            seconds / 60,
            seconds % 60,
            task.size.div_ceil(1024)
        );
        stdio::put(&task.name);
        end_line();
    }
    stdio::put(ERASE_BELOW);
    stdio::flush();
}

fn end_line() {
    stdio::put(ERASE_LINE);
    println!();
}
