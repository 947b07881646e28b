// SPDX-License-Identifier: GPL-2.0-or-later
//! What `set` and the command line switch on and off.

use alloc::vec::Vec;
use user::println;

/// The letters of the options, and their names behind `-o`. Those that say how the
/// shell was started can't be set.
const OPTIONS: [(u8, &str); 12] = [
    (b'a', "allexport"),
    (b'C', "noclobber"),
    (b'E', "emacs"),
    (b'e', "errexit"),
    (b'f', "noglob"),
    (b'i', "interactive"),
    (b'm', "monitor"),
    (b'n', "noexec"),
    (b's', "stdin"),
    (b'u', "nounset"),
    (b'v', "verbose"),
    (b'x', "xtrace"),
];

/// The options that are on, a bit for each of [`OPTIONS`].
#[derive(Clone, Copy, Default)]
pub struct Options(u32);

impl Options {
    fn bit(letter: u8) -> Option<u32> {
        let place = OPTIONS.iter().position(|&(known, _)| known == letter)?;
        Some(1 << place)
    }

    /// Whether the option is on.
    pub fn has(self, letter: u8) -> bool {
        Options::bit(letter).is_some_and(|bit| self.0 & bit != 0)
    }

    /// Switches an option on or off; false if there is none such.
    pub fn set(&mut self, letter: u8, on: bool) -> bool {
        let bit = Options::bit(letter);
        if let Some(bit) = bit {
            self.0 = if on { self.0 | bit } else { self.0 & !bit };
        }
        bit.is_some()
    }

    /// As [`set`](Self::set), by name.
    pub fn set_named(&mut self, name: &[u8], on: bool) -> bool {
        let mut options = OPTIONS.iter();
        let found = options.find(|(_, known)| known.as_bytes() == name);
        found.is_some_and(|&(letter, _)| self.set(letter, on))
    }

    /// The letters of those that are on: `$-`.
    pub fn letters(self) -> Vec<u8> {
        let letters = OPTIONS.iter().map(|&(letter, _)| letter);
        letters.filter(|&letter| self.has(letter)).collect()
    }

    /// Prints all of them, or the commands that set them.
    pub fn print(self, as_commands: bool) {
        for (letter, name) in OPTIONS {
            let on = self.has(letter);
            match as_commands {
                true => println!("set {}o {name}", if on { '-' } else { '+' }),
                false => println!("{name:<16}{}", if on { "on" } else { "off" }),
            }
        }
    }
}
