// SPDX-License-Identifier: GPL-2.0-or-later
//! Dates as text.

use crate::number::unsigned;
use abi::sys::types::Time;
use abi::time::{Tm, gmtime, mktime};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
const LONG_DAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];
/// As `date` and `cal` print them.
pub const LONG_MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
/// Half a year: beyond it `ls` shows the year in place of the hour.
const HALF_YEAR: Time = 182 * 86_400;

fn name(names: &[&'static str], index: i32) -> &'static str {
    names.get(index as usize).copied().unwrap_or("???")
}

fn month(tm: &Tm) -> &'static str {
    name(&MONTHS, tm.tm_mon)
}

/// As `date` prints it: `Tue Sep 17 12:00:00 UTC 1991`.
pub fn long_date(time: Time) -> String {
    let tm = gmtime(time);
    format!(
        "{} {} {:2} {:02}:{:02}:{:02} UTC {}",
        name(&DAYS, tm.tm_wday),
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
    let mut text = Vec::new();
    let mut bytes = format.iter();
    while let Some(&byte) = bytes.next() {
        match byte {
            b'%' => text.extend(part(bytes.next().copied().unwrap_or(b'%'), &tm, time)),
            byte => text.push(byte),
        }
    }
    text
}

/// What `%` and a letter stand for: most are numbers with zeros before them.
fn part(letter: u8, tm: &Tm, time: Time) -> Vec<u8> {
    // In weeks that begin on Monday.
    let since_monday = (tm.tm_wday + 6) % 7;
    let twelve_hours = (tm.tm_hour + 11) % 12 + 1;
    let (value, width) = match letter {
        b'Y' => (tm.tm_year + 1900, 4),
        b'y' => (tm.tm_year % 100, 2),
        b'C' => ((tm.tm_year + 1900) / 100, 2),
        b'm' => (tm.tm_mon + 1, 2),
        b'd' => (tm.tm_mday, 2),
        b'j' => (tm.tm_yday + 1, 3),
        b'H' => (tm.tm_hour, 2),
        b'I' => (twelve_hours, 2),
        b'M' => (tm.tm_min, 2),
        b'S' => (tm.tm_sec, 2),
        b'u' => (since_monday + 1, 1),
        b'w' => (tm.tm_wday, 1),
        b'U' => ((tm.tm_yday + 7 - tm.tm_wday) / 7, 2),
        b'W' => ((tm.tm_yday + 7 - since_monday) / 7, 2),
        b'e' => return blanks(tm.tm_mday),
        b'k' => return blanks(tm.tm_hour),
        b'l' => return blanks(twelve_hours),
        b's' => return format!("{time}").into(),
        b'F' => return formatted_date(b"%Y-%m-%d", time),
        b'T' | b'X' => return formatted_date(b"%H:%M:%S", time),
        b'R' => return formatted_date(b"%H:%M", time),
        b'r' => return formatted_date(b"%I:%M:%S %p", time),
        b'c' => return formatted_date(b"%a %b %e %T %Y", time),
        b'x' | b'D' => return formatted_date(b"%m/%d/%y", time),
        letter => return word(letter, tm),
    };
    format!("{value:0width$}").into()
}

fn blanks(value: i32) -> Vec<u8> {
    format!("{value:2}").into()
}

fn word(letter: u8, tm: &Tm) -> Vec<u8> {
    let word = match letter {
        b'p' if tm.tm_hour < 12 => "AM",
        b'p' => "PM",
        b'A' => name(&LONG_DAYS, tm.tm_wday),
        b'a' => name(&DAYS, tm.tm_wday),
        b'B' => name(&LONG_MONTHS, tm.tm_mon),
        b'b' | b'h' => month(tm),
        b'Z' => "UTC",
        b'z' => "+0000",
        b'n' => "\n",
        b't' => "\t",
        b'%' => "%",
        other => return [b'%', other].into(),
    };
    word.into()
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

/// What `date -d` takes: `@seconds`, `1991-09-17`, with ` 12:00` or ` 12:00:00` behind
/// it, or what sets the clock.
pub fn parse_time(text: &[u8], now: Time) -> Option<Time> {
    if let Some(seconds) = text.strip_prefix(b"@") {
        return unsigned(seconds, 10);
    }
    if text == b"now" {
        return Some(now);
    }
    let numbers: Vec<&[u8]> = text.split(|byte| b"- :T".contains(byte)).collect();
    let field = |index: usize| numbers.get(index).copied().unwrap_or(b"0");
    if !matches!(numbers.len(), 3 | 5 | 6) || field(0).len() != 4 {
        return parse_date(text, now);
    }
    let tm = Tm {
        tm_sec: in_range(field(5), 0..=59)?,
        tm_min: in_range(field(4), 0..=59)?,
        tm_hour: in_range(field(3), 0..=23)?,
        tm_mday: in_range(field(2), 1..=31)?,
        tm_mon: in_range(field(1), 1..=12)? - 1,
        tm_year: in_range(field(0), 1970..=2106)? - 1900,
        ..Tm::default()
    };
    mktime(&tm).filter(|&time| gmtime(time).tm_mday == tm.tm_mday)
}

/// The days of a month, counted from 1, and the day of the week of its first (0 is
/// Sunday). Until September 1752, which is short, the calendar was Julius Caesar's.
fn month_days(year: u32, month: u32) -> (u32, u32) {
    let julian = (year, month) < (1752, 10);
    let leap = match julian {
        true => year.is_multiple_of(4),
        false => year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400),
    };
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u32::from(leap),
        _ => 31,
    };
    // Zeller's congruence; its year begins in March.
    let (year, month) = if month < 3 {
        (year - 1, month + 12)
    } else {
        (year, month)
    };
    let century = match julian {
        true => 5,
        false => year / 100 / 4 + 5 * (year / 100),
    };
    let in_century = match julian {
        true => year + year / 4,
        false => year % 100 + year % 100 / 4,
    };
    // It counts from Saturday.
    let day = (1 + 13 * (month + 1) / 5 + in_century + century) % 7;
    (days, (day + 6) % 7)
}

/// The weeks of a month, as `cal` prints them: six lines of 20 columns.
pub fn calendar(year: u32, month: u32) -> Vec<String> {
    let (days, first) = month_days(year, month);
    let mut cells: Vec<String> = (0..first).map(|_| "  ".into()).collect();
    let missing = |day: u32| (year, month) == (1752, 9) && (3..14).contains(&day);
    cells.extend(
        (1..=days)
            .filter(|&day| !missing(day))
            .map(|day| format!("{day:2}")),
    );
    let weeks = (0..6).map(|week| {
        let days = cells.iter().skip(7 * week).take(7).cloned();
        format!("{:20}", days.collect::<Vec<_>>().join(" "))
    });
    weeks.collect()
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
    fn times_for_people() {
        let date =
            |format: &[u8], time: Time| String::from_utf8(formatted_date(format, time)).unwrap();
        assert_eq!(
            date(b"%A %B %I %p %u %w %U %W", SEPTEMBER_17),
            "Tuesday September 12 PM 2 2 37 37"
        );
        assert_eq!(date(b"%I%p %C %R", 0), "12AM 19 00:00");
        for text in [
            "@685108800",
            "1991-09-17 12:00",
            "1991-09-17T12:00:00",
            "09171200",
        ] {
            assert_eq!(
                parse_time(text.as_bytes(), SEPTEMBER_17),
                Some(SEPTEMBER_17),
                "{text}"
            );
        }
        assert_eq!(parse_time(b"1970-01-02", 0), Some(86_400));
        for text in [
            "",
            "@x",
            "1991-02-30",
            "1991-9-17 25:00",
            "91-09-17",
            "1991-09-17 12",
        ] {
            assert_eq!(parse_time(text.as_bytes(), 0), None, "{text}");
        }
    }

    #[test]
    fn calendars() {
        assert_eq!(month_days(1991, 9), (30, 0));
        assert_eq!(month_days(2000, 2), (29, 2));
        assert_eq!(month_days(1900, 2), (28, 4));
        assert_eq!(month_days(1752, 9), (30, 2));
        assert_eq!(month_days(1752, 10), (31, 0));
        assert_eq!(month_days(1700, 2).0, 29);
        assert_eq!(calendar(1752, 9)[0], "       1  2 14 15 16");
        assert_eq!(calendar(1991, 9)[4], "29 30               ");
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
