// SPDX-License-Identifier: GPL-2.0-or-later
//! `date [-u] [-d time | -r file] [+format]`: prints the time of day (UTC), or another
//! one; `date MMDDhhmm[[CC]YY][.ss]` and `date -s time` set the clock.
#![no_std]
#![no_main]

use programs::command::{At, complain, fail, options, report, status, usage};
use programs::date::{formatted_date, long_date, parse_date, parse_time};
use user::println;
use user::{calls, stdio};

user::program!(main);

const USAGE: &str = "date [-u] [-d time | -r file | -s time] [+format]\n       \
    date [-u] MMDDhhmm[[CC]YY][.ss]";

fn main() -> i32 {
    let options = options("ud:r:s:", USAGE);
    let now = calls::time();
    let parsed = |text: &core::ffi::CStr| {
        let text = text.to_bytes();
        parse_time(text, now).unwrap_or_else(|| fail(&[text], "not a date"))
    };
    let mut time = now;
    if let Some(path) = options.value('r') {
        match report(calls::stat(path).at(path)) {
            Some(stat) => time = stat.st_mtime,
            None => return status(),
        }
    }
    if let Some(text) = options.value('d') {
        time = parsed(text);
    }
    let mut new = options.value('s').map(parsed);
    let format = match options.operands.as_slice() {
        [] => None,
        [format] if format.to_bytes().starts_with(b"+") => format.to_bytes().get(1..),
        [text] => {
            let text = text.to_bytes();
            let parsed = parse_date(text, now);
            new = Some(parsed.unwrap_or_else(|| fail(&[text], "not a date")));
            None
        }
        _ => usage(USAGE),
    };
    if let Some(new) = new {
        time = new;
        if let Err(errno) = calls::stime(new) {
            complain(&[b"cannot set the time"], errno);
        }
    }
    match format {
        Some(format) => {
            stdio::put(&formatted_date(format, time));
            println!();
        }
        None => println!("{}", long_date(time)),
    }
    status()
}
