// SPDX-License-Identifier: GPL-2.0-or-later
//! From scan codes to characters (0.11: `key_table` and what it calls in
//! `kernel/chr_drv/keyboard.S`).
//!
//! A keyboard sends a scan code when a key goes down, again while it is held,
//! and the code with bit 7 set when it goes up. The keys that the first PC did
//! not have send E0h first; Pause alone sends E1h and two codes. These are the
//! codes of set 1, to which the keyboard controller translates (IBM PC AT
//! Technical Reference, Keyboard).
//!
//! Nothing here touches a device.

use super::layout::Layout;
use bitflags::bitflags;

bitflags! {
    /// The lights, as the keyboard takes them.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub struct Leds: u8 {
        /// Scroll lock.
        const SCROLL = 1;
        /// Num lock: the keypad makes digits.
        const NUM = 2;
        /// Caps lock: letters are capitals.
        const CAPS = 4;
    }
}

bitflags! {
    /// Keys that are held down.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    struct Held: u16 {
        const LEFT_SHIFT = 0x01;
        const RIGHT_SHIFT = 0x02;
        const LEFT_CONTROL = 0x04;
        const RIGHT_CONTROL = 0x08;
        const LEFT_ALT = 0x10;
        const RIGHT_ALT = 0x20;
        /// The locks must not change again while the key repeats.
        const CAPS = 0x40;
        const NUM = 0x80;
        const SCROLL = 0x100;

        const SHIFT = 0x03;
        const CONTROL = 0x0C;
        const ALT = 0x30;
    }
}

/// What a key does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// It types these bytes.
    Type(Characters),
    /// It changes the lights.
    Light(Leds),
    /// Ctrl-Scroll Lock: lists the tasks.
    ShowTasks,
    /// Ctrl-Alt-Del.
    Reboot,
}

/// Up to four bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Characters {
    bytes: [u8; 4],
    length: usize,
}

impl Characters {
    /// The bytes, cut after four.
    fn new(bytes: &[u8]) -> Characters {
        let length = bytes.len().min(4);
        let mut characters = Characters { bytes: [0; 4], length };
        characters.bytes[..length].copy_from_slice(&bytes[..length]);
        characters
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

/// What came before the code.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Prefix {
    None,
    /// E0h.
    Extended,
    /// E1h: this many codes of the Pause key follow.
    Pause(u8),
}

/// What is known of the keyboard.
pub struct Decoder {
    layout: &'static Layout,
    held: Held,
    leds: Leds,
    prefix: Prefix,
}

/// Bit 7: the key went up.
const RELEASE: u8 = 0x80;
const ESCAPE: u8 = 0x1B;

impl Decoder {
    /// No key is down, num lock is on.
    pub const fn new(layout: &'static Layout) -> Decoder {
        Decoder { layout, held: Held::empty(), leds: Leds::NUM, prefix: Prefix::None }
    }

    /// The lights that ought to be on.
    pub fn leds(&self) -> Leds {
        self.leds
    }

    /// The next code from the keyboard.
    pub fn scan_code(&mut self, code: u8) -> Option<Action> {
        let prefix = core::mem::replace(&mut self.prefix, Prefix::None);
        match (code, prefix) {
            (0xE0, _) => self.prefix = Prefix::Extended,
            (0xE1, _) => self.prefix = Prefix::Pause(2),
            (_, Prefix::Pause(left)) => {
                if left > 1 {
                    self.prefix = Prefix::Pause(left - 1);
                }
            }
            _ => return self.key(code & !RELEASE, prefix == Prefix::Extended, code & RELEASE == 0),
        }
        None
    }

    fn key(&mut self, code: u8, extended: bool, pressed: bool) -> Option<Action> {
        if let Some(key) = modifier(code, extended) {
            let repeats = pressed && self.held.contains(key);
            self.held.set(key, pressed);
            return if pressed && !repeats { self.lock(key) } else { None };
        }
        if !pressed {
            return None;
        }
        match (code, extended) {
            // Shifts that the keyboard makes up around the extended keys.
            (0x2A | 0x36, true) => None,
            (0x35, true) => self.character(b'/'),
            (0x1C, true) => self.character(b'\r'),
            (0x47..=0x53, _) => self.keypad(code, extended),
            (0x3B..=0x44, false) => Some(function_key(code - 0x3B)),
            (0x57..=0x58, false) => Some(function_key(code - 0x57 + 10)),
            (_, false) => self.mapped(code),
            (_, true) => None,
        }
    }

    /// The keys that change the lights, when they go down.
    fn lock(&mut self, key: Held) -> Option<Action> {
        let light = match key {
            Held::CAPS => Leds::CAPS,
            Held::NUM => Leds::NUM,
            Held::SCROLL if self.held.intersects(Held::CONTROL) => return Some(Action::ShowTasks),
            Held::SCROLL => Leds::SCROLL,
            _ => return None,
        };
        self.leds.toggle(light);
        Some(Action::Light(self.leds))
    }

    /// The keypad, and the cursor keys, which are its extended twins (0.11:
    /// `cursor`).
    fn keypad(&self, code: u8, extended: bool) -> Option<Action> {
        const DIGITS: [u8; 13] = *b"789-456+1230.";
        const CURSOR: [u8; 13] = *b"HA5-DGC+YB623";
        const DELETE: u8 = 0x53;
        let index = usize::from(code.checked_sub(0x47)?);
        let (digit, letter) = (*DIGITS.get(index)?, *CURSOR.get(index)?);
        if code == DELETE && self.held.intersects(Held::CONTROL) && self.held.intersects(Held::ALT)
        {
            return Some(Action::Reboot);
        }
        let is_digit = self.leds.contains(Leds::NUM) && !self.held.intersects(Held::SHIFT);
        if matches!(digit, b'+' | b'-') || (is_digit && !extended) {
            return self.character(digit);
        }
        // What the letters do not tell ends with a tilde: ESC [ 5 ~.
        let sequence = [ESCAPE, b'[', letter, b'~'];
        let length = if letter.is_ascii_digit() { 4 } else { 3 };
        Some(Action::Type(Characters::new(&sequence[..length])))
    }

    /// A key that the layout knows (0.11: `do_self`).
    fn mapped(&self, code: u8) -> Option<Action> {
        let shift = self.held.intersects(Held::SHIFT);
        let alt_gr = self.held.contains(Held::RIGHT_ALT);
        if alt_gr && let Some(character) = self.layout.character(code, shift, true) {
            return Some(Action::Type(Characters::new(&[character])));
        }
        let character = self.layout.character(code, shift, false)?;
        if character == b'\t' && shift {
            return Some(Action::Type(Characters::new(&[ESCAPE, b'[', b'Z'])));
        }
        let caps = self.leds.contains(Leds::CAPS) && character.is_ascii_alphabetic();
        self.character(if caps { character ^ 0x20 } else { character })
    }

    /// Types a character, changed by the keys held down with it: control
    /// clears all but five bits, Alt sets bit 7.
    fn character(&self, character: u8) -> Option<Action> {
        let control = self.held.intersects(Held::CONTROL);
        let character = match character {
            b'@'..=b'~' if control => character & 0x1F,
            b' ' if control => 0,
            b'/' if control => 0x1F,
            _ => character,
        };
        let meta = if self.held.intersects(Held::ALT) { 0x80 } else { 0 };
        Some(Action::Type(Characters::new(&[character | meta])))
    }
}

/// The key, if it only changes what others do.
fn modifier(code: u8, extended: bool) -> Option<Held> {
    Some(match (code, extended) {
        (0x2A, false) => Held::LEFT_SHIFT,
        (0x36, false) => Held::RIGHT_SHIFT,
        (0x1D, false) => Held::LEFT_CONTROL,
        (0x1D, true) => Held::RIGHT_CONTROL,
        (0x38, false) => Held::LEFT_ALT,
        (0x38, true) => Held::RIGHT_ALT,
        (0x3A, false) => Held::CAPS,
        (0x45, false) => Held::NUM,
        (0x46, false) => Held::SCROLL,
        _ => return None,
    })
}

/// F1 to F12: `ESC [ [ A` to `ESC [ [ L` (0.11: `func`).
fn function_key(index: u8) -> Action {
    Action::Type(Characters::new(&[ESCAPE, b'[', b'[', b'A' + index]))
}
