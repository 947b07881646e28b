// SPDX-License-Identifier: GPL-2.0-or-later
//! The conversation with the keyboard about its lights (0.11: `set_leds`, which
//! sends and does not look at the answers).
//!
//! The keyboard acknowledges the command [`SET_LEDS`], takes the byte with the
//! lights, and acknowledges that; instead it may ask for the byte again. Scan codes
//! can come in between (IBM PC AT Technical Reference, Keyboard).
//!
//! Nothing here touches a device: the functions say what to send.

use super::decoder::Leds;

/// To the keyboard: a byte with the lights follows.
const SET_LEDS: u8 = 0xED;
/// From the keyboard: understood.
pub const ACKNOWLEDGE: u8 = 0xFA;
/// From the keyboard: say it again.
pub const RESEND: u8 = 0xFE;
/// Times that a byte is said again.
const MOST_RESENDS: u32 = 3;

/// What the keyboard is to answer next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing.
    Quiet,
    /// The command.
    Command,
    /// The byte with the lights.
    Data,
}

/// The lights as they ought to be, and how much of this the keyboard knows.
pub struct Lights {
    leds: Leds,
    state: State,
    resends: u32,
}

impl Lights {
    /// The keyboard knows nothing.
    pub const fn new() -> Lights {
        Lights {
            leds: Leds::empty(),
            state: State::Quiet,
            resends: 0,
        }
    }

    /// Sets the lights to `leds`, and returns the byte to send. A missing answer
    /// does no harm: the conversation begins again.
    pub fn set(&mut self, leds: Leds) -> u8 {
        *self = Lights {
            leds,
            state: State::Command,
            resends: 0,
        };
        SET_LEDS
    }

    /// Takes the keyboard's answer, [`ACKNOWLEDGE`] or [`RESEND`]. Returns the byte
    /// to send, if there is one.
    pub fn answer(&mut self, answer: u8) -> Option<u8> {
        self.state = match (self.state, answer) {
            (State::Command, ACKNOWLEDGE) => State::Data,
            (state, RESEND) if self.resends < MOST_RESENDS => {
                self.resends += 1;
                state
            }
            _ => State::Quiet,
        };
        match self.state {
            State::Quiet => None,
            State::Command => Some(SET_LEDS),
            State::Data => Some(self.leds.bits()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_and_lights_follow_each_other() {
        let mut lights = Lights::new();
        assert_eq!(lights.set(Leds::CAPS | Leds::NUM), 0xED);
        assert_eq!(lights.answer(ACKNOWLEDGE), Some(0b110));
        assert_eq!(lights.answer(ACKNOWLEDGE), None);
        // Nobody has asked for these.
        assert_eq!(lights.answer(ACKNOWLEDGE), None);
        assert_eq!(lights.answer(RESEND), None);
    }

    #[test]
    fn what_was_not_understood_is_said_again_but_not_for_ever() {
        let mut lights = Lights::new();
        lights.set(Leds::SCROLL);
        assert_eq!(lights.answer(RESEND), Some(0xED));
        assert_eq!(lights.answer(ACKNOWLEDGE), Some(1));
        assert_eq!(lights.answer(RESEND), Some(1));
        assert_eq!(lights.answer(RESEND), Some(1));
        assert_eq!(lights.answer(RESEND), None);
        assert_eq!(lights.set(Leds::SCROLL), 0xED);
        assert_eq!(lights.answer(RESEND), Some(0xED));
    }

    #[test]
    fn a_change_in_between_ends_with_the_last_lights() {
        let mut lights = Lights::new();
        lights.set(Leds::CAPS);
        assert_eq!(lights.set(Leds::NUM), 0xED);
        assert_eq!(lights.answer(ACKNOWLEDGE), Some(Leds::NUM.bits()));
        // The answers to the second command and to the lights.
        assert_eq!(lights.answer(ACKNOWLEDGE), None);
        assert_eq!(lights.answer(ACKNOWLEDGE), None);
    }
}
