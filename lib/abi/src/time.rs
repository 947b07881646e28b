// SPDX-License-Identifier: GPL-2.0-or-later
//! Dates (0.11: `include/time.h`, and the arithmetic of `kernel/mktime.c`).
//!
//! [`gmtime`] and [`mktime`] are each other's inverse, in UTC, over all of
//! [`Time`](crate::sys::types::Time): 1970 to 2106. The kernel sets its clock
//! from the CMOS chip by [`mktime`]; `date` and `ls` print by [`gmtime`].

use crate::abi_struct;
use crate::sys::types::Time;

const SECONDS_PER_DAY: u32 = 86_400;
const DAYS_PER_400_YEARS: i32 = 146_097;
/// Days from the first of March of year 0 to the first of January of 1970.
const EPOCH: i32 = 719_468;

abi_struct! {
    /// A date taken apart (0.11: `struct tm`).
    pub struct Tm, 36 bytes {
        /// Second, 0..=59.
        0 => tm_sec: i32,
        /// Minute, 0..=59.
        4 => tm_min: i32,
        /// Hour, 0..=23.
        8 => tm_hour: i32,
        /// Day of the month, 1..=31.
        12 => tm_mday: i32,
        /// Month, 0 for January.
        16 => tm_mon: i32,
        /// Years since 1900.
        20 => tm_year: i32,
        /// Day of the week, 0 for Sunday.
        24 => tm_wday: i32,
        /// Day of the year, 0 for the first of January.
        28 => tm_yday: i32,
        /// Summer time; always 0.
        32 => tm_isdst: i32,
    }
}

/// The seconds since 1970 of a date in UTC, or `None` if it is before 1970,
/// after 2106, its month is not 0..=11, or its year has not four digits.
///
/// `tm_wday` and `tm_yday` are not read. Days, hours, minutes and seconds out
/// of range count on into the next unit.
pub fn mktime(tm: &Tm) -> Option<Time> {
    let year = tm.tm_year.checked_add(1900)?;
    if !(0..12).contains(&tm.tm_mon) || !(1000..10_000).contains(&year) {
        return None;
    }
    let day = i64::from(days_before_month(year, tm.tm_mon)) + i64::from(tm.tm_mday) - 1;
    let seconds = i64::from(tm.tm_hour) * 3600 + i64::from(tm.tm_min) * 60 + i64::from(tm.tm_sec);
    Time::try_from(day * i64::from(SECONDS_PER_DAY) + seconds).ok()
}

/// The date in UTC of `time`.
pub fn gmtime(time: Time) -> Tm {
    // Both fit: the processor divides 32 bits by itself, 64 bits take a function.
    let day = (time / SECONDS_PER_DAY) as i32;
    let second = (time % SECONDS_PER_DAY) as i32;
    // Years are counted from March, so that the leap day ends a year.
    let day_of_era = (day + EPOCH) % DAYS_PER_400_YEARS;
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let month = (month_from_march + 2) % 12;
    let year = (day + EPOCH) / DAYS_PER_400_YEARS * 400 + year_of_era + i32::from(month < 2);
    Tm {
        tm_sec: second % 60,
        tm_min: second / 60 % 60,
        tm_hour: second / 3600,
        tm_mday: day_of_year - (153 * month_from_march + 2) / 5 + 1,
        tm_mon: month,
        tm_year: year - 1900,
        // The first of January 1970 was a Thursday.
        tm_wday: (day + 4) % 7,
        tm_yday: day - days_before_month(year, 0),
        tm_isdst: 0,
    }
}

/// Days from 1970 to the first of the month; negative before 1970.
/// `year` has four digits, `month` is 0..=11.
fn days_before_month(year: i32, month: i32) -> i32 {
    let year = year - i32::from(month < 2);
    let month_from_march = (month + 10) % 12;
    let era = year / 400;
    let year_of_era = year % 400;
    let day_of_year = (153 * month_from_march + 2) / 5;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * DAYS_PER_400_YEARS + day_of_era - EPOCH
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tm(year: i32, mon: i32, mday: i32, hour: i32, min: i32, sec: i32) -> Tm {
        Tm {
            tm_sec: sec,
            tm_min: min,
            tm_hour: hour,
            tm_mday: mday,
            tm_mon: mon - 1,
            tm_year: year - 1900,
            ..Tm::default()
        }
    }

    #[test]
    fn known_dates() {
        assert_eq!(mktime(&tm(1970, 1, 1, 0, 0, 0)), Some(0));
        assert_eq!(mktime(&tm(1991, 9, 17, 12, 0, 0)), Some(685_108_800));
        assert_eq!(mktime(&tm(2000, 2, 29, 23, 59, 59)), Some(951_868_799));
        assert_eq!(mktime(&tm(2106, 2, 7, 6, 28, 15)), Some(u32::MAX));
        let date = gmtime(685_108_800);
        assert_eq!(
            (date.tm_year, date.tm_mon, date.tm_mday, date.tm_hour),
            (91, 8, 17, 12)
        );
        // A Tuesday, and day 260 of the year counted from 1.
        assert_eq!((date.tm_wday, date.tm_yday), (2, 259));
    }

    #[test]
    fn out_of_range() {
        assert_eq!(mktime(&tm(1969, 12, 31, 23, 59, 59)), None);
        assert_eq!(mktime(&tm(2106, 2, 7, 6, 28, 16)), None);
        assert_eq!(mktime(&tm(2000, 13, 1, 0, 0, 0)), None);
        assert_eq!(mktime(&tm(2107, 1, -400, 0, 0, 0)), Some(4_288_636_800));
        assert_eq!(mktime(&tm(10_000, 1, i32::MIN, 0, 0, 0)), None);
        assert_eq!(
            mktime(&tm(i32::MAX, 1, i32::MAX, i32::MAX, i32::MAX, i32::MAX)),
            None
        );
    }

    #[test]
    fn every_day_there_and_back() {
        let mut before = gmtime(0);
        for day in 1..=u32::MAX / 86_400 {
            let date = gmtime(day * 86_400);
            assert_eq!(mktime(&date), Some(day * 86_400));
            assert_eq!(date.tm_wday, (before.tm_wday + 1) % 7);
            let next_year = date.tm_year != before.tm_year;
            assert_eq!(date.tm_yday, if next_year { 0 } else { before.tm_yday + 1 });
            let next_month = date.tm_mon != before.tm_mon;
            assert_eq!(
                date.tm_mday,
                if next_month { 1 } else { before.tm_mday + 1 }
            );
            before = date;
        }
    }
}
