// SPDX-License-Identifier: GPL-2.0-or-later
//! `cal [[month] year]`: prints the calendar of a month, this one if none is given, or of
//! a year.
#![no_std]
#![no_main]

use abi::time::gmtime;
use alloc::format;
use core::ffi::CStr;
use programs::command::{fail, options, status, usage};
use programs::date::{LONG_MONTHS, calendar};
use programs::number::unsigned;
use user::calls;
use user::println;

extern crate alloc;

user::program!(main);

const USAGE: &str = "cal [[month] year]";
const DAYS: &str = "Su Mo Tu We Th Fr Sa";

fn main() -> i32 {
    let options = options("", USAGE);
    let now = gmtime(calls::time());
    match options.operands.as_slice() {
        [] => print_month(now.tm_year as u32 + 1900, now.tm_mon as u32 + 1),
        [year] => print_year(number(year, 9999)),
        [month, year] => print_month(number(year, 9999), number(month, 12)),
        _ => usage(USAGE),
    }
    status()
}

fn number(text: &CStr, most: u32) -> u32 {
    let text = text.to_bytes();
    match unsigned(text, 10) {
        Some(number) if (1..=most).contains(&number) => number,
        _ => fail(&[text], "no such month or year"),
    }
}

fn name(month: u32) -> &'static str {
    LONG_MONTHS.get(month as usize - 1).copied().unwrap_or("")
}

fn print_month(year: u32, month: u32) {
    println!(
        "{}",
        format!("{:^20}", format!("{} {year}", name(month))).trim_ascii_end()
    );
    println!("{DAYS}");
    for week in calendar(year, month) {
        println!("{}", week.trim_ascii_end());
    }
}

fn print_year(year: u32) {
    println!("{}", format!("{year:^64}").trim_ascii_end());
    for quarter in 0..4 {
        let months = [1, 2, 3].map(|month| 3 * quarter + month);
        let titles = months.map(|month| format!("{:^20}", name(month)));
        println!("\n{}", titles.join("  ").trim_ascii_end());
        println!("{}", [DAYS; 3].join("  "));
        let weeks = months.map(|month| calendar(year, month));
        for week in 0..6 {
            let line = weeks.each_ref().map(|weeks| weeks[week].as_str());
            println!("{}", line.join("  ").trim_ascii_end());
        }
    }
}
