// SPDX-License-Identifier: GPL-2.0-or-later
//! How long the beep lasts (0.11: `beepcount`).
//!
//! Call [`Beep::start`] when the loudspeaker is switched on. Then [`Beep::tick`],
//! at each clock tick, says when to switch it off. Nothing here touches a device.

use sync::AtomicWord;

/// Ticks until the beep stops; 0 if there is none.
pub struct Beep(AtomicWord);

impl Beep {
    /// Silence.
    pub const fn new() -> Beep {
        Beep(AtomicWord::new(0))
    }

    /// Makes the beep last `ticks` from now on, even if it had begun before.
    pub fn start(&self, ticks: u32) {
        self.0.set(ticks);
    }

    /// Whether the loudspeaker is to be switched off at this tick.
    #[inline]
    pub fn tick(&self) -> bool {
        let left = self.0.get();
        if left > 0 {
            self.0.set(left - 1);
        }
        left == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticks(beep: &Beep, count: usize) -> Vec<bool> {
        (0..count).map(|_| beep.tick()).collect()
    }

    #[test]
    fn it_stops_once_and_not_before_its_time() {
        let beep = Beep::new();
        assert_eq!(ticks(&beep, 3), [false; 3]);
        beep.start(3);
        assert_eq!(ticks(&beep, 5), [false, false, true, false, false]);
    }

    #[test]
    fn a_second_bell_makes_it_longer() {
        let beep = Beep::new();
        beep.start(3);
        assert_eq!(ticks(&beep, 2), [false; 2]);
        beep.start(3);
        assert_eq!(ticks(&beep, 4), [false, false, true, false]);
    }
}
