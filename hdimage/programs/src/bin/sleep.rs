// SPDX-License-Identifier: GPL-2.0-or-later
//! `sleep seconds`: waits; `sleep 0.5` half a second.
#![no_std]
#![no_main]

use core::time::Duration;
use programs::command::{options, usage};
use programs::number::unsigned;
use programs::time::sleep;

user::program!(main);

const USAGE: &str = "sleep seconds";

fn main() -> i32 {
    let options = options("", USAGE);
    match options.operands.as_slice() {
        [text] => match duration(text.to_bytes()) {
            Some(duration) => sleep(duration).is_err().into(),
            None => usage(USAGE),
        },
        _ => usage(USAGE),
    }
}

/// A number of seconds; digits behind the milliseconds do not count.
fn duration(text: &[u8]) -> Option<Duration> {
    let mut parts = text.splitn(2, |&byte| byte == b'.');
    let seconds = unsigned(parts.next()?, 10)?;
    let mut milliseconds = 0;
    for (digit, weight) in parts
        .next()
        .unwrap_or_default()
        .iter()
        .zip([100, 10, 1, 0, 0, 0])
    {
        milliseconds += char::from(*digit).to_digit(10)? * weight;
    }
    Some(Duration::from_millis(
        u64::from(seconds) * 1000 + u64::from(milliseconds),
    ))
}
