// SPDX-License-Identifier: GPL-2.0-or-later
//! Which characters the keys make (0.11: `key_map`, `shift_map`, `alt_map`).
//!
//! The tables are indexed by scan code. They hold 0 for keys that make no
//! character, and end where the keys do.

/// The characters of a national keyboard.
pub struct Layout {
    /// Without shift.
    pub plain: &'static [u8],
    /// With shift.
    pub shift: &'static [u8],
    /// With the right Alt key, AltGr; a key that has none there makes the
    /// character of the left Alt key.
    pub alt_gr: &'static [u8],
    /// The key between left shift and Z, which US keyboards do not have:
    /// plain, shift, AltGr.
    pub key_102: [u8; 3],
}

/// The scan code of [`Layout::key_102`].
const KEY_102: u8 = 0x56;

impl Layout {
    /// The character of a key, if it makes one.
    pub fn character(&self, scan_code: u8, shift: bool, alt_gr: bool) -> Option<u8> {
        let level = if alt_gr { 2 } else { usize::from(shift) };
        let character = if scan_code == KEY_102 {
            self.key_102[level]
        } else {
            let table = [self.plain, self.shift, self.alt_gr][level];
            table.get(usize::from(scan_code)).copied().unwrap_or(0)
        };
        (character != 0).then_some(character)
    }
}

/// The keyboard of the United States.
pub static US: Layout = Layout {
    plain: b"\0\x1b1234567890-=\x7f\tqwertyuiop[]\r\0asdfghjkl;'`\0\\zxcvbnm,./\0*\0 ",
    shift: b"\0\x1b!@#$%^&*()_+\x7f\tQWERTYUIOP{}\r\0ASDFGHJKL:\"~\0|ZXCVBNM<>?\0*\0 ",
    alt_gr: b"",
    key_102: *b"<>|",
};
