// SPDX-License-Identifier: GPL-2.0-or-later
//! Clocks and waiting. For calendars see [`crate::date`].

use abi::limits::HZ;
use abi::sys::time::Timeval;
use abi::{Errno, Result};
use core::time::Duration;
use user::calls;

const NANOSECONDS_PER_TICK: u32 = 1_000_000_000 / HZ;

pub use user::calls::time as seconds_since_1970;

/// A moment since the system was started, in steps of a tick.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Instant(u32);

impl Instant {
    /// This moment.
    pub fn now() -> Instant {
        Instant(calls::times().map_or(0, |(_, ticks)| ticks))
    }

    /// How long the system has been up.
    pub fn since_start() -> Duration {
        Instant(0).elapsed()
    }

    /// How long ago that was.
    pub fn elapsed(self) -> Duration {
        let ticks = Instant::now().0.wrapping_sub(self.0);
        // The processor divides 32 bits by itself, 64 bits take a function.
        Duration::new((ticks / HZ).into(), ticks % HZ * NANOSECONDS_PER_TICK)
    }
}

/// Waits, whatever signals come meanwhile.
pub fn sleep(duration: Duration) -> Result<()> {
    let start = Instant::now();
    loop {
        let left = duration.saturating_sub(start.elapsed());
        let mut timeout = Timeval {
            tv_sec: left.as_secs().try_into().map_err(|_| Errno::EINVAL)?,
            tv_usec: left.subsec_micros() as i32,
        };
        match calls::select(0, &mut [0; 3], Some(&mut timeout)) {
            Err(Errno::EINTR) => {}
            result => return result.map(drop),
        }
    }
}
