// SPDX-License-Identifier: GPL-2.0-or-later
//! `seq [-w] [-s separator] [first [step]] last`: prints numbers, which may have
//! fractions; with `-w` all of the same width.
#![no_std]
#![no_main]

use alloc::format;
use alloc::string::String;
use programs::command::{fail, status, usage};
use programs::number::unsigned;
use programs::options::Options;
use user::env;
use user::stdio;

extern crate alloc;

user::program!(main);

const USAGE: &str = "seq [-w] [-s separator] [first [step]] last";

/// A decimal number: its digits without the point, and how many are behind that.
#[derive(Clone, Copy)]
struct Decimal {
    digits: i64,
    places: u32,
}

impl Decimal {
    fn parse(text: &[u8]) -> Option<Decimal> {
        let (negative, text) = match text {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] | rest => (false, rest),
        };
        let point = text
            .iter()
            .position(|&byte| byte == b'.')
            .unwrap_or(text.len());
        let (whole, fraction) = text.split_at(point);
        let fraction = fraction.strip_prefix(b".").unwrap_or_default();
        if fraction.len() > 9 || whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let value = |digits: &[u8]| match digits {
            [] => Some(0),
            digits => unsigned(digits, 10).map(i64::from),
        };
        let places = fraction.len() as u32;
        let digits = value(whole)? * 10i64.pow(places) + value(fraction)?;
        Some(Decimal {
            digits: if negative { -digits } else { digits },
            places,
        })
    }

    /// The digits with so many places.
    fn scaled(self, places: u32) -> i64 {
        self.digits.saturating_mul(10i64.pow(places - self.places))
    }
}

fn shown(digits: i64, places: u32, width: usize) -> String {
    let unit = 10u64.pow(places);
    let (whole, fraction) = (digits.unsigned_abs() / unit, digits.unsigned_abs() % unit);
    let sign = if digits < 0 { "-" } else { "" };
    let point = if places > 0 { places as usize + 1 } else { 0 };
    let width = width.saturating_sub(sign.len() + point);
    match places {
        0 => format!("{sign}{whole:0width$}"),
        places => format!(
            "{sign}{whole:0width$}.{fraction:0places$}",
            places = places as usize
        ),
    }
}

fn main() -> i32 {
    // A negative number is no option.
    let is_number = |word: &&core::ffi::CStr| Decimal::parse(word.to_bytes()).is_some();
    let split = env::args().iter().rposition(|word| !is_number(word));
    let (words, numbers) = env::args().split_at(split.map_or(0, |place| place + 1));
    let options = Options::parse(words, "ws:").unwrap_or_else(|_| usage(USAGE));
    if let Some(word) = options.operands.first() {
        fail(&[word.to_bytes()], "not a number");
    }
    let number = |index: usize| {
        let word = numbers.get(index).copied().unwrap_or(c"1").to_bytes();
        Decimal::parse(word).unwrap_or_else(|| fail(&[word], "not a number"))
    };
    let one = Decimal {
        digits: 1,
        places: 0,
    };
    let (first, step, last) = match numbers.len() {
        1 => (one, one, number(0)),
        2 => (number(0), one, number(1)),
        3 => (number(0), number(1), number(2)),
        _ => usage(USAGE),
    };
    if step.digits == 0 {
        fail(&[], "the step is 0");
    }
    let places = first.places.max(step.places);
    // What of the end is finer than the numbers does not count.
    let finest = places.max(last.places);
    let (mut now, step) = (first.scaled(finest), step.scaled(finest));
    let last = last.scaled(finest);
    let coarser = 10i64.pow(finest - places);
    let width = match options.has('w') {
        true => {
            let ends = [now, last].map(|end| shown(end / coarser, places, 0).len());
            ends.into_iter().max().unwrap_or(0)
        }
        false => 0,
    };
    let separator = options.value('s').unwrap_or(c"\n").to_bytes();
    let mut some = false;
    while if step > 0 { now <= last } else { now >= last } {
        if some {
            stdio::put(separator);
        }
        some = true;
        stdio::put(shown(now / coarser, places, width).as_bytes());
        match now.checked_add(step) {
            Some(next) => now = next,
            None => break,
        }
    }
    if some {
        stdio::put(b"\n");
    }
    status()
}
