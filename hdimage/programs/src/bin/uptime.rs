// SPDX-License-Identifier: GPL-2.0-or-later
//! `uptime`: tells the time of day, for how long the system has been up, and how many
//! processes there are.
#![no_std]
#![no_main]

use abi::time::gmtime;
use programs::command::{options, report, status};
use programs::tasks::tasks;
use programs::time::{Instant, seconds_since_1970};
use user::{print, println};

user::program!(main);

fn main() -> i32 {
    options("", "uptime");
    let up = Instant::since_start().as_secs() as u32;
    let (days, hours, minutes) = (up / 86_400, up / 3600 % 24, up / 60 % 60);
    if let Some(tasks) = report(tasks()) {
        let running = tasks.iter().filter(|task| task.state == b'R').count();
        let now = gmtime(seconds_since_1970());
        print!(" {:02}:{:02}:{:02}", now.tm_hour, now.tm_min, now.tm_sec);
        println!(
            " up {days} days, {hours:2}:{minutes:02}, {} processes, {running} running",
            tasks.len()
        );
    }
    status()
}
