// SPDX-License-Identifier: GPL-2.0-or-later
//! Dates as text.

use crate::number::unsigned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use lib::sys::types::Time;
use lib::time::{Tm, gmtime, mktime};

const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
/// Half a year: beyond it `ls` shows the year in place of the hour.
const HALF_YEAR: Time = 182 * 86_400;

fn month(tm: &Tm) -> &'static str {
    MONTHS.get(tm.tm_mon as usize).copied().unwrap_or("???")
}

/// As `date` prints it: `Tue Sep 17 12:00:00 UTC 1991`.
pub fn long_date(time: Time) -> String {
    let tm = gmtime(time);
    let day = DAYS.get(tm.tm_wday as usize).copied().unwrap_or("???");
    format!(
        "{day} {} {:2} {:02}:{:02}:{:02} UTC {}",
        month(&tm),
        tm.tm_mday,
        tm.tm_hour,
        tm.tm_min,
        tm.tm_sec,
        tm.tm_year + 1900
    )
}

/// As `date +format` prints it: `%` and a letter stand for a part of the date,
/// as in C's `strftime`; other letters stay as they are.
pub fn formatted_date(format: &[u8], time: Time) -> Vec<u8> {
    let tm = gmtime(time);
    let day = DAYS.get(tm.tm_wday as usize).copied().unwrap_or("???");
    let mut text = Vec::new();
    let mut bytes = format.iter();
    while let Some(&byte) = bytes.next() {
        if byte != b'%' {
            text.push(byte);
            continue;
        }
        let part = match bytes.next() {
            Some(b'Y') => format!("{}", tm.tm_year + 1900),
            Some(b'y') => format!("{:02}", tm.tm_year % 100),
            Some(b'm') => format!("{:02}", tm.tm_mon + 1),
            Some(b'd') => format!("{:02}", tm.tm_mday),
            Some(b'e') => format!("{:2}", tm.tm_mday),
            Some(b'j') => format!("{:03}", tm.tm_yday + 1),
            Some(b'H') => format!("{:02}", tm.tm_hour),
            Some(b'M') => format!("{:02}", tm.tm_min),
            Some(b'S') => format!("{:02}", tm.tm_sec),
            Some(b'a') => day.into(),
            Some(b'b' | b'h') => month(&tm).into(),
            Some(b's') => format!("{time}"),
            Some(b'Z') => "UTC".into(),
            Some(b'n') => "\n".into(),
            Some(b't') => "\t".into(),
            Some(b'F') => String::from_utf8_lossy(&formatted_date(b"%Y-%m-%d", time)).into(),
            Some(b'T') => String::from_utf8_lossy(&formatted_date(b"%H:%M:%S", time)).into(),
            Some(b'D') => String::from_utf8_lossy(&formatted_date(b"%m/%d/%y", time)).into(),
            Some(b'%') | None => "%".into(),
            Some(other) => format!("%{}", char::from(*other)),
        };
        text.extend_from_slice(part.as_bytes());
    }
    text
}

/// As `ls -l` prints it: `Sep 17 12:00`, or `Sep 17  1991` if it is long ago
/// or still to come.
pub fn short_date(time: Time, now: Time) -> String {
    let tm = gmtime(time);
    if now.checked_sub(time).is_some_and(|age| age < HALF_YEAR) {
        format!(
            "{} {:2} {:02}:{:02}",
            month(&tm),
            tm.tm_mday,
            tm.tm_hour,
            tm.tm_min
        )
    } else {
        format!("{} {:2}  {}", month(&tm), tm.tm_mday, tm.tm_year + 1900)
    }
}

/// What `date` takes to set the clock: `MMDDhhmm`, then the year with two or
/// four digits or none for this one, then `.ss` or nothing. `None` if it isn't
/// such a date.
pub fn parse_date(text: &[u8], now: Time) -> Option<Time> {
    let (digits, second) = match text.iter().position(|&byte| byte == b'.') {
        Some(dot) => (text.get(..dot)?, in_range(text.get(dot + 1..)?, 0..=59)?),
        None => (text, 0),
    };
    let year = match digits.get(8..)? {
        [] => gmtime(now).tm_year,
        year @ [_, _] => {
            in_range(year, 0..=99).map(|year| if year < 70 { year + 100 } else { year })?
        }
        year @ [_, _, _, _] => in_range(year, 1970..=2106)? - 1900,
        _ => return None,
    };
    let tm = Tm {
        tm_sec: second,
        tm_min: in_range(digits.get(6..8)?, 0..=59)?,
        tm_hour: in_range(digits.get(4..6)?, 0..=23)?,
        tm_mday: in_range(digits.get(2..4)?, 1..=31)?,
        tm_mon: in_range(digits.get(..2)?, 1..=12)? - 1,
        tm_year: year,
        ..Tm::default()
    };
    // The 31st of a short month would become the first of the next.
    mktime(&tm).filter(|&time| gmtime(time).tm_mday == tm.tm_mday)
}

fn in_range(digits: &[u8], range: core::ops::RangeInclusive<i32>) -> Option<i32> {
    unsigned(digits, 10)?
        .try_into()
        .ok()
        .filter(|value| range.contains(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEPTEMBER_17: Time = 685_108_800;

    #[test]
    fn shown() {
        assert_eq!(long_date(SEPTEMBER_17), "Tue Sep 17 12:00:00 UTC 1991");
        assert_eq!(long_date(0), "Thu Jan  1 00:00:00 UTC 1970");
        assert_eq!(short_date(SEPTEMBER_17, SEPTEMBER_17 + 60), "Sep 17 12:00");
        assert_eq!(
            short_date(SEPTEMBER_17, SEPTEMBER_17 + HALF_YEAR),
            "Sep 17  1991"
        );
        assert_eq!(short_date(SEPTEMBER_17, SEPTEMBER_17 - 1), "Sep 17  1991");
    }

    #[test]
    fn formatted() {
        let date = |format: &[u8]| formatted_date(format, SEPTEMBER_17);
        assert_eq!(date(b"%Y-%m-%d"), date(b"%F"));
        assert_eq!(date(b"%F %T"), b"1991-09-17 12:00:00");
        assert_eq!(date(b"%D %e%%%q%"), b"09/17/91 17%%q%");
        assert_eq!(date(b"%a %b %j %s %Z"), b"Tue Sep 260 685108800 UTC");
    }

    #[test]
    fn read() {
        for text in ["09171200", "0917120091", "091712001991", "091712001991.00"] {
            assert_eq!(
                parse_date(text.as_bytes(), SEPTEMBER_17),
                Some(SEPTEMBER_17),
                "{text}"
            );
        }
        assert_eq!(parse_date(b"0101000000", 0), Some(946_684_800));
        for text in [
            "",
            "0917",
            "13171200",
            "09311200",
            "02291200",
            "0917120",
            "091712609",
            "09171200.60",
        ] {
            assert_eq!(parse_date(text.as_bytes(), SEPTEMBER_17), None, "{text}");
        }
    }
}
