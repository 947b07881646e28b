// SPDX-License-Identifier: GPL-2.0-or-later
//! Comparing clock ticks, and alarms.
//!
//! The clock ticks ([`jiffies`](super::jiffies)) are counted in 32 bits, and after
//! 497 days they begin again at 0. So `<` does not tell which of two ticks is the
//! earlier one. [`has_come`] does, as long as they are no more than [`MOST_TICKS`]
//! apart. [`after`] makes the ticks that are stored, and never returns 0, because 0
//! stands for "never".
#![deny(unsafe_code)]

use abi::limits::HZ;

/// How far apart two ticks may be: 248 days.
pub const MOST_TICKS: u32 = i32::MAX as u32;
/// The same in whole seconds.
const MOST_SECONDS: u32 = MOST_TICKS / HZ;

/// Whether `tick` has come, if it is `now` now.
pub fn has_come(tick: u32, now: u32) -> bool {
    now.wrapping_sub(tick) <= MOST_TICKS
}

/// The tick that comes `ticks` after `now`, or [`MOST_TICKS`] if that is less. It
/// is 1 instead of 0.
pub fn after(now: u32, ticks: u32) -> u32 {
    now.wrapping_add(ticks.min(MOST_TICKS)).max(1)
}

/// An alarm. It rings at a tick. If it is too far ahead for ticks to be compared,
/// it counts on from that tick.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Alarm {
    /// The tick at which it rings or counts on; 0 if there is no alarm.
    pub tick: u32,
    /// The seconds that are left at that tick.
    pub seconds_beyond: u32,
}

impl Alarm {
    /// No alarm.
    pub const NONE: Alarm = Alarm {
        tick: 0,
        seconds_beyond: 0,
    };

    /// `seconds` after `now`; none if that is 0.
    pub fn after(now: u32, seconds: u32) -> Alarm {
        if seconds == 0 {
            return Alarm::NONE;
        }
        let near = seconds.min(MOST_SECONDS);
        Alarm {
            tick: after(now, near * HZ),
            seconds_beyond: seconds - near,
        }
    }

    /// What the alarm becomes when its tick has come; if that is [`Alarm::NONE`] it
    /// rings.
    pub fn count_on(self) -> Alarm {
        Alarm::after(self.tick, self.seconds_beyond)
    }

    /// The seconds until it rings, rounded up; 0 if there is no alarm.
    pub fn seconds_left(self, now: u32) -> u32 {
        if self.tick == 0 {
            return 0;
        }
        let ticks = match has_come(self.tick, now) {
            true => 0,
            false => self.tick.wrapping_sub(now),
        };
        ticks.div_ceil(HZ) + self.seconds_beyond
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Some of the ticks at which arithmetic may go wrong.
    const NOWS: [u32; 6] = [0, 1, MOST_TICKS, MOST_TICKS + 1, u32::MAX - 1, u32::MAX];

    #[test]
    fn ticks_are_compared_across_the_end() {
        for now in NOWS {
            for ticks in [2, HZ, MOST_TICKS] {
                let tick = after(now, ticks);
                assert_ne!(tick, 0);
                assert!(!has_come(tick, now), "{ticks} after {now}");
                assert!(!has_come(tick, tick.wrapping_sub(1)), "{ticks} after {now}");
                assert!(has_come(tick, tick), "{ticks} after {now}");
                assert!(has_come(tick, tick.wrapping_add(MOST_TICKS)));
            }
            assert!(!has_come(after(now, u32::MAX), now), "for ever after {now}");
        }
    }

    #[test]
    fn zero_is_never() {
        assert_eq!(after(u32::MAX, 1), 1);
        assert_eq!(after(0, 0), 1);
        assert_eq!(Alarm::after(u32::MAX - HZ + 1, 1).tick, 1);
    }

    /// Lets an alarm run, from tick to tick at which it is looked at; how many
    /// ticks it takes until it rings.
    fn ticks_until_it_rings(now: u32, seconds: u32) -> u64 {
        let (mut alarm, mut now, mut ticks) = (Alarm::after(now, seconds), now, 0u64);
        while alarm != Alarm::NONE {
            assert!(!has_come(alarm.tick, now), "{seconds} seconds at {now}");
            ticks += u64::from(alarm.tick.wrapping_sub(now));
            now = alarm.tick;
            alarm = alarm.count_on();
        }
        ticks
    }

    #[test]
    fn an_alarm_rings_after_its_seconds_however_many() {
        const DAY: u32 = 24 * 60 * 60;
        for now in NOWS {
            for seconds in [1, DAY, 248 * DAY, 249 * DAY, 600 * DAY, u32::MAX] {
                assert_eq!(Alarm::after(now, seconds).seconds_left(now), seconds);
                // Where a tick would be 0 it is the next one.
                let late = ticks_until_it_rings(now, seconds) - u64::from(seconds) * u64::from(HZ);
                assert!(late <= 1, "{seconds} seconds at {now}: {late} ticks late");
            }
        }
        assert_eq!(Alarm::after(5, 0), Alarm::NONE);
        assert_eq!(Alarm::NONE.seconds_left(5), 0);
    }

    #[test]
    fn what_is_left_is_rounded_up_and_never_negative() {
        let alarm = Alarm::after(u32::MAX - 10, 2);
        assert_eq!(alarm.seconds_left(u32::MAX - 9), 2);
        assert_eq!(alarm.seconds_left(alarm.tick.wrapping_sub(1)), 1);
        assert_eq!(alarm.seconds_left(alarm.tick.wrapping_add(7)), 0);
    }
}
