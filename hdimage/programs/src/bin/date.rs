// SPDX-License-Identifier: GPL-2.0-or-later
//! `date [+format | MMDDhhmm[[CC]YY][.ss]]`: prints the time of day (UTC), or sets it.
#![no_std]
#![no_main]

use lib::println;
use lib::user::{calls, stdio};
use programs::command::{complain, fail, options, status, usage};
use programs::date::{formatted_date, long_date, parse_date};

lib::program!(main);

const USAGE: &str = "date [+format | MMDDhhmm[[CC]YY][.ss]]";

fn main() -> i32 {
    let options = options("u", USAGE);
    match options.operands.as_slice() {
        [] => {}
        [format] if format.to_bytes().starts_with(b"+") => {
            let format = format.to_bytes().get(1..).unwrap_or_default();
            stdio::put(&formatted_date(format, calls::time()));
            println!();
            return status();
        }
        [text] => match parse_date(text.to_bytes(), calls::time()) {
            Some(time) => {
                if let Err(errno) = calls::stime(time) {
                    complain(&[b"cannot set the time"], errno);
                }
            }
            None => fail(&[text.to_bytes()], "not a date"),
        },
        _ => usage(USAGE),
    }
    println!("{}", long_date(calls::time()));
    status()
}
