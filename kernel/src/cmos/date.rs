// SPDX-License-Identifier: GPL-2.0-or-later
//! What the registers of the CMOS clock mean.
//!
//! Source: Motorola, MC146818A data sheet, "Time, Calendar, and Alarm
//! Locations" and "Register B". The byte for the century is the PC's own
//! (IBM PS/2 and PC BIOS Interface Technical Reference, CMOS RAM, 32h).
#![deny(unsafe_code)]

use abi::time::Tm;

/// The clock's registers as they were read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Registers {
    /// Register 0.
    pub seconds: u8,
    /// Register 2.
    pub minutes: u8,
    /// Register 4.
    pub hours: u8,
    /// Register 7.
    pub day: u8,
    /// Register 8.
    pub month: u8,
    /// Register 9.
    pub year: u8,
    /// Register 32h.
    pub century: u8,
    /// Register B: how the others are to be read.
    pub status_b: u8,
}

/// Register B: numbers are binary, not decimal digits of four bits.
const BINARY: u8 = 0x04;
/// Register B: hours are 0 to 23, not 1 to 12.
const HOURS_24: u8 = 0x02;
/// Set in the hours of a clock that counts to 12: it is after noon.
const PM: u8 = 0x80;

impl Registers {
    fn number(&self, register: u8) -> i32 {
        if self.status_b & BINARY != 0 {
            return register.into();
        }
        i32::from(register & 0xF) + 10 * i32::from(register >> 4)
    }

    fn hour(&self) -> i32 {
        if self.status_b & HOURS_24 != 0 {
            return self.number(self.hours);
        }
        let hour = self.number(self.hours & !PM) % 12;
        if self.hours & PM != 0 {
            hour + 12
        } else {
            hour
        }
    }

    /// Years since 1900. If the century makes no sense, two digits from 70 on
    /// belong to the last century.
    fn year(&self) -> i32 {
        let year = self.number(self.year);
        match self.number(self.century) {
            century @ 19..=21 => (century - 19) * 100 + year,
            _ if year < 70 => year + 100,
            _ => year,
        }
    }

    /// The date that the clock shows.
    pub fn date(&self) -> Tm {
        Tm {
            tm_sec: self.number(self.seconds),
            tm_min: self.number(self.minutes),
            tm_hour: self.hour(),
            tm_mday: self.number(self.day),
            tm_mon: self.number(self.month) - 1,
            tm_year: self.year(),
            ..Tm::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DECIMAL: Registers = Registers {
        seconds: 0x59,
        minutes: 0x08,
        hours: 0x23,
        day: 0x31,
        month: 0x12,
        year: 0x91,
        century: 0x19,
        status_b: HOURS_24,
    };

    fn fields(registers: &Registers) -> [i32; 6] {
        let tm = registers.date();
        [
            tm.tm_year, tm.tm_mon, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
        ]
    }

    #[test]
    fn decimal_and_binary_say_the_same() {
        let binary = Registers {
            seconds: 59,
            minutes: 8,
            hours: 23,
            day: 31,
            month: 12,
            year: 91,
            century: 19,
            status_b: HOURS_24 | BINARY,
        };
        assert_eq!(fields(&DECIMAL), [91, 11, 31, 23, 8, 59]);
        assert_eq!(fields(&binary), fields(&DECIMAL));
    }

    #[test]
    fn hours_to_twelve() {
        for (hours, hour) in [
            (0x12, 0),
            (0x01, 1),
            (0x11, 11),
            (0x92, 12),
            (0x81, 13),
            (0x91, 23),
        ] {
            let clock = Registers {
                hours,
                status_b: 0,
                ..DECIMAL
            };
            assert_eq!(clock.date().tm_hour, hour);
        }
        let clock = Registers {
            hours: 0x80 | 11,
            status_b: BINARY,
            ..DECIMAL
        };
        assert_eq!(clock.date().tm_hour, 23);
    }

    #[test]
    fn centuries() {
        for (century, year, since_1900) in [
            (0x19, 0x99, 99),
            (0x20, 0x00, 100),
            (0x20, 0x70, 170),
            (0x21, 0x05, 205),
            // Without a century.
            (0x00, 0x91, 91),
            (0xFF, 0x26, 126),
        ] {
            let clock = Registers {
                century,
                year,
                ..DECIMAL
            };
            assert_eq!(clock.date().tm_year, since_1900);
        }
    }
}
