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
    /// Alt-F1 to Alt-F4: brings a console, counted from 0, to the front.
    Console(usize),
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
        let mut characters = Characters {
            bytes: [0; 4],
            length,
        };
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
/// Function keys that bring a console to the front.
const CONSOLE_KEYS: u8 = 4;

impl Decoder {
    /// No key is down, num lock is on.
    pub const fn new(layout: &'static Layout) -> Decoder {
        Decoder {
            layout,
            held: Held::empty(),
            leds: Leds::NUM,
            prefix: Prefix::None,
        }
    }

    /// The lights that ought to be on.
    pub fn leds(&self) -> Leds {
        self.leds
    }

    /// Takes another layout.
    pub fn set_layout(&mut self, layout: &'static Layout) {
        self.layout = layout;
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
            _ => {
                return self.key(
                    code & !RELEASE,
                    prefix == Prefix::Extended,
                    code & RELEASE == 0,
                );
            }
        }
        None
    }

    fn key(&mut self, code: u8, extended: bool, pressed: bool) -> Option<Action> {
        if let Some(key) = modifier(code, extended) {
            let repeats = pressed && self.held.contains(key);
            self.held.set(key, pressed);
            return if pressed && !repeats {
                self.lock(key)
            } else {
                None
            };
        }
        if !pressed {
            return None;
        }
        match (code, extended) {
            (0x35, true) => self.character(b'/'),
            (0x1C, true) => self.character(b'\r'),
            (0x47..=0x53, _) => self.keypad(code, extended),
            (0x3B..=0x44, false) => Some(self.function_key(code - 0x3B)),
            (0x57..=0x58, false) => Some(self.function_key(code - 0x57 + 10)),
            (_, false) => self.mapped(code),
            // Among these, shifts that the keyboard makes up around the keys
            // above.
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
        let digits = [
            b'7',
            b'8',
            b'9',
            b'-',
            b'4',
            b'5',
            b'6',
            b'+',
            b'1',
            b'2',
            b'3',
            b'0',
            self.layout.decimal,
        ];
        const CURSOR: [u8; 13] = *b"HA5-DGC+YB623";
        const DELETE: u8 = 0x53;
        let index = usize::from(code.checked_sub(0x47)?);
        let (digit, letter) = (*digits.get(index)?, *CURSOR.get(index)?);
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

    /// F1 to F12: `ESC [ [ A` to `ESC [ [ L` (0.11: `func`); the first ones with
    /// Alt are for the kernel.
    fn function_key(&self, index: u8) -> Action {
        if index < CONSOLE_KEYS && self.held.intersects(Held::ALT) {
            return Action::Console(usize::from(index));
        }
        Action::Type(Characters::new(&[ESCAPE, b'[', b'[', b'A' + index]))
    }

    /// A key that the layout knows (0.11: `do_self`).
    fn mapped(&self, code: u8) -> Option<Action> {
        let shift = self.held.intersects(Held::SHIFT);
        if self.layout.has_alt_gr() && self.held.contains(Held::RIGHT_ALT) {
            return self.character(self.layout.alt_gr(code)?);
        }
        let caps = self.leds.contains(Leds::CAPS);
        let character = self.layout.character(code, shift, caps)?;
        if character == b'\t' && shift {
            return Some(Action::Type(Characters::new(&[ESCAPE, b'[', b'Z'])));
        }
        self.character(character)
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
        let alt = if self.layout.has_alt_gr() {
            Held::LEFT_ALT
        } else {
            Held::ALT
        };
        let meta = if self.held.intersects(alt) { 0x80 } else { 0 };
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

#[cfg(test)]
mod tests {
    use super::super::layout::LAYOUTS;
    use super::*;

    const US: &Layout = &LAYOUTS[0];
    const GERMAN: &Layout = &LAYOUTS[1];

    /// What a keyboard types that sends these codes.
    fn type_codes(decoder: &mut Decoder, codes: &[u8]) -> Vec<u8> {
        let mut typed = Vec::new();
        for &code in codes {
            if let Some(Action::Type(characters)) = decoder.scan_code(code) {
                typed.extend_from_slice(characters.as_bytes());
            }
        }
        typed
    }

    #[track_caller]
    fn check(codes: &[u8], typed: &[u8]) {
        let found = type_codes(&mut Decoder::new(US), codes);
        assert_eq!(found, typed, "{:?}", String::from_utf8_lossy(&found));
    }

    #[test]
    fn every_key_of_the_us_layout() {
        let codes: Vec<u8> = (0x02..=0x0D)
            .chain(0x10..=0x1B)
            .chain(0x1E..=0x29)
            .collect();
        check(&codes, b"1234567890-=qwertyuiop[]asdfghjkl;'`");
        let shifted: Vec<u8> = [0x2A].into_iter().chain(codes).collect();
        check(&shifted, b"!@#$%^&*()_+QWERTYUIOP{}ASDFGHJKL:\"~");
        check(
            &[
                0x2B, 0x2C, 0x2D, 0x2E, 0x2F, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35,
            ],
            b"\\zxcvbnm,./",
        );
        check(
            &[0x36, 0x2B, 0x2C, 0x32, 0x33, 0x34, 0x35, 0x56],
            b"|ZM<>?>",
        );
        check(&[0x01, 0x0E, 0x0F, 0x1C, 0x39, 0x37], b"\x1b\x7f\t\r *");
    }

    #[test]
    fn shift_counts_while_it_is_held() {
        check(&[0x2A, 0x1E, 0x9E, 0xAA, 0x1E], b"Aa");
        check(&[0x2A, 0x36, 0xAA, 0x1E, 0xB6, 0x1E], b"Aa");
        check(&[0x2A, 0x0F], b"\x1b[Z");
    }

    #[test]
    fn control_and_alt() {
        check(&[0x1D, 0x2E, 0xAE, 0x9D, 0x2E], b"\x03c");
        check(&[0xE0, 0x1D, 0x2B, 0xE0, 0x9D, 0x2B], b"\x1c\\");
        check(
            &[0x1D, 0x2A, 0x03, 0xAA, 0x39, 0x02, 0x35],
            b"\x00\x001\x1f",
        );
        check(&[0x38, 0x1E, 0xB8, 0x1E], b"\xe1a");
        check(&[0xE0, 0x38, 0x1E, 0xE0, 0xB8, 0x1E], b"\xe1a");
    }

    #[track_caller]
    fn check_german(codes: &[u8], typed: &[u8]) {
        let found = type_codes(&mut Decoder::new(GERMAN), codes);
        assert_eq!(found, typed, "{:?}", String::from_utf8_lossy(&found));
    }

    #[test]
    fn alt_gr_is_no_alt() {
        // z, \u{fc}, @, nothing, then Alt-a.
        check_german(&[0x15, 0x1A, 0xE0, 0x38, 0x10, 0x1E, 0xE0, 0xB8], b"z\x81@");
        check_german(&[0x38, 0x1E], b"\xe1");
        // Control with AltGr-8 and with AltGr-\u{df}: ^[ and ^\.
        check_german(&[0x1D, 0xE0, 0x38, 0x09, 0x0C], b"\x1b\x1c");
        check_german(&[0x53, 0x2A, 0x2B], b",'");
    }

    #[test]
    fn another_layout_counts_from_the_next_key_on() {
        let mut decoder = Decoder::new(US);
        assert_eq!(type_codes(&mut decoder, &[0x2A, 0x15]), b"Y");
        decoder.set_layout(GERMAN);
        assert_eq!(type_codes(&mut decoder, &[0x15, 0xAA, 0x15]), b"Zz");
    }

    #[test]
    fn locks_change_once_however_long_the_key_is_held() {
        let mut decoder = Decoder::new(US);
        let caps = Some(Action::Light(Leds::CAPS | Leds::NUM));
        assert_eq!(
            [0x3A, 0x3A, 0x3A, 0xBA].map(|code| decoder.scan_code(code)),
            [caps, None, None, None]
        );
        assert_eq!(
            type_codes(&mut decoder, &[0x1E, 0x02, 0x2A, 0x1E, 0x02]),
            b"A1a!"
        );
        assert_eq!(decoder.scan_code(0x3A), Some(Action::Light(Leds::NUM)));
        assert_eq!(
            decoder.scan_code(0x46),
            Some(Action::Light(Leds::NUM | Leds::SCROLL))
        );
        assert_eq!(decoder.scan_code(0x45), Some(Action::Light(Leds::SCROLL)));
    }

    #[test]
    fn keypad() {
        check(
            &[0x47, 0x48, 0x49, 0x4A, 0x4B, 0x4C, 0x4D, 0x4E],
            b"789-456+",
        );
        check(
            &[0x4F, 0x50, 0x51, 0x52, 0x53, 0xE0, 0x35, 0xE0, 0x1C],
            b"1230./\r",
        );
        check(
            &[0x45, 0xC5, 0x48, 0x4A, 0x4E, 0x4C, 0x53],
            b"\x1b[A-+\x1b[G\x1b[3~",
        );
        check(&[0x2A, 0x48], b"\x1b[A");
    }

    #[test]
    fn cursor_keys() {
        let keys: [(u8, &[u8]); 10] = [
            (0x47, b"\x1b[H"),
            (0x48, b"\x1b[A"),
            (0x49, b"\x1b[5~"),
            (0x4B, b"\x1b[D"),
            (0x4D, b"\x1b[C"),
            (0x4F, b"\x1b[Y"),
            (0x50, b"\x1b[B"),
            (0x51, b"\x1b[6~"),
            (0x52, b"\x1b[2~"),
            (0x53, b"\x1b[3~"),
        ];
        for (code, typed) in keys {
            // Num lock does not count for them, though the keyboard makes up
            // shifts around them because of it.
            check(
                &[0xE0, 0x2A, 0xE0, code, 0xE0, code | 0x80, 0xE0, 0xAA],
                typed,
            );
        }
    }

    #[test]
    fn function_keys() {
        check(&[0x3B, 0x44, 0x57, 0x58], b"\x1b[[A\x1b[[J\x1b[[K\x1b[[L");
    }

    #[test]
    fn function_keys_with_alt_are_for_the_consoles() {
        for alt in [&[0x38][..], &[0xE0, 0x38], &[0x1D, 0x38]] {
            let mut decoder = Decoder::new(US);
            type_codes(&mut decoder, alt);
            for (key, console) in [(0x3B, 0), (0x3C, 1), (0x3D, 2), (0x3E, 3)] {
                assert_eq!(decoder.scan_code(key), Some(Action::Console(console)));
                assert_eq!(decoder.scan_code(key | 0x80), None);
            }
            assert_eq!(type_codes(&mut decoder, &[0x3F]), b"\x1b[[E");
        }
    }

    #[test]
    fn keys_for_the_kernel() {
        let mut decoder = Decoder::new(US);
        type_codes(&mut decoder, &[0x1D]);
        assert_eq!(decoder.scan_code(0x46), Some(Action::ShowTasks));
        assert!(matches!(decoder.scan_code(0x53), Some(Action::Type(_))));
        type_codes(&mut decoder, &[0x38, 0xE0]);
        assert_eq!(decoder.scan_code(0x53), Some(Action::Reboot));
    }

    #[test]
    fn keys_that_type_nothing() {
        // Pause, Print Screen, the Windows keys, codes that no key sends.
        check(&[0xE1, 0x1D, 0x45, 0xE1, 0x9D, 0xC5, 0x1E], b"a");
        check(
            &[0xE0, 0x2A, 0xE0, 0x37, 0xE0, 0xB7, 0xE0, 0xAA, 0x1E],
            b"a",
        );
        check(&[0xE0, 0x5B, 0xE0, 0xDB, 0x1E], b"a");
        for code in 0..=0xFF {
            for prefix in [0, 0xE0, 0xE1] {
                let mut decoder = Decoder::new(US);
                decoder.scan_code(prefix);
                decoder.scan_code(code);
                decoder.scan_code(code);
            }
        }
    }
}
