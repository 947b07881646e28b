// SPDX-License-Identifier: GPL-2.0-or-later
//! `touch [-acm] [-r file | -t [[CC]YY]MMDDhhmm[.ss]] file...`: sets the times of files
//! to now, to those of another file, or to a date; makes files that are not there, but
//! with `-c`. `-a` sets only the time of the last reading, `-m` of the last change.
#![no_std]
#![no_main]

use abi::Errno;
use abi::fcntl::{O_CREAT, O_WRONLY};
use abi::sys::types::Time;
use abi::utime::Utimbuf;
use core::ffi::CStr;
use programs::command::{At, Outcome, fail, options, report, status, usage};
use programs::date::parse_date;
use programs::options::Options;
use user::calls::{self, File};

user::program!(main);

const USAGE: &str = "touch [-acm] [-r file | -t [[CC]YY]MMDDhhmm[.ss]] file...";

fn main() -> i32 {
    let options = options("acmr:t:", USAGE);
    if options.operands.is_empty() {
        usage(USAGE);
    }
    let Some(times) = report(wanted_times(&options)) else {
        return status();
    };
    for path in &options.operands {
        report(touch(path, times, &options));
    }
    status()
}

/// The times that are asked for.
fn wanted_times(options: &Options) -> Outcome<Utimbuf> {
    if let Some(path) = options.value('r') {
        let stat = calls::stat(path).at(path)?;
        return Ok(Utimbuf {
            actime: stat.st_atime,
            modtime: stat.st_mtime,
        });
    }
    let now = calls::time();
    let time = match options.value('t') {
        Some(date) => date_of(date.to_bytes(), now)
            .unwrap_or_else(|| fail(&[date.to_bytes()], "not a date like MMDDhhmm")),
        None => now,
    };
    Ok(Utimbuf {
        actime: time,
        modtime: time,
    })
}

/// The date of `-t`, which has the year in front; that of `date` has it behind.
fn date_of(text: &[u8], now: Time) -> Option<Time> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (year, rest) = text.split_at(digits.checked_sub(8)?);
    let (date, seconds) = rest.split_at(8);
    parse_date(&[date, year, seconds].concat(), now)
}

fn touch(path: &CStr, mut times: Utimbuf, options: &Options) -> Outcome {
    let old = match calls::stat(path) {
        Err(Errno::ENOENT) if options.has('c') => return Ok(()),
        Err(Errno::ENOENT) => {
            File::open_with(path, O_WRONLY | O_CREAT, 0o666).at(path)?;
            calls::stat(path)
        }
        result => result,
    }
    .at(path)?;
    let one_of_both = options.has('a') != options.has('m');
    let is_now = !one_of_both && options.value('r').or(options.value('t')).is_none();
    if is_now {
        // Whoever may write a file may say that he has done so.
        return calls::utime(path, None).at(path);
    }
    if one_of_both && options.has('m') {
        times.actime = old.st_atime;
    }
    if one_of_both && options.has('a') {
        times.modtime = old.st_mtime;
    }
    calls::utime(path, Some(&times)).at(path)
}
