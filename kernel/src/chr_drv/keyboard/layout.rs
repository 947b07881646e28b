// SPDX-License-Identifier: GPL-2.0-or-later
//! Which characters the keys make (0.11: `key_map`, `shift_map`, `alt_map`, one
//! set of which was compiled in).
//!
//! Letters and signs beyond ASCII have their numbers in the PC's font, code page
//! 437, so that the screen shows what the key says. 0.11 has the national variants of ISO
//! 646, where they take the numbers of brackets. If the font lacks the sign of a key, or
//! has it below 20h (§ ¤ ¨), the key makes no character. The key ´ makes an apostrophe, as
//! in 0.11. There are no dead keys: an accent is a character of its own.

/// The characters of a national keyboard.
pub struct Layout {
    /// The characters without shift.
    plain: Level,
    /// The characters with shift.
    shift: Level,
    /// The characters with the right Alt key, if that is AltGr.
    alt_gr: Option<Level>,
    /// The keypad's decimal sign.
    pub decimal: u8,
}

/// The characters of the keys while the same other keys are held down, row by row in the
/// order of the scan codes. 0 stands for no character.
struct Level {
    /// Scan codes 02h to 0Dh, from the key 1 on.
    digits: &'static [u8; 12],
    /// Scan codes 10h to 1Bh, from the key Q on.
    upper: &'static [u8; 12],
    /// Scan codes 1Eh to 29h, from the key A on; the last one is the key left of 1.
    middle: &'static [u8; 12],
    /// Scan codes 2Bh to 35h; the first one is the key at Enter, the second one is Z.
    lower: &'static [u8; 11],
    /// Scan code 56h, the key between shift and Z, which US keyboards do not have.
    key_102: u8,
}

impl Level {
    fn character(&self, scan_code: u8) -> Option<u8> {
        let key = usize::from(scan_code);
        let character = match scan_code {
            0x02..=0x0D => *self.digits.get(key - 0x02)?,
            0x10..=0x1B => *self.upper.get(key - 0x10)?,
            0x1E..=0x29 => *self.middle.get(key - 0x1E)?,
            0x2B..=0x35 => *self.lower.get(key - 0x2B)?,
            0x56 => self.key_102,
            _ => common(scan_code),
        };
        (character != 0).then_some(character)
    }
}

/// The keys that are the same everywhere.
fn common(scan_code: u8) -> u8 {
    match scan_code {
        0x01 => 0x1B,
        0x0E => 0x7F,
        0x0F => b'\t',
        0x1C => b'\r',
        0x37 => b'*',
        0x39 => b' ',
        _ => 0,
    }
}

/// Small and capital letters of code page 437.
const CAPITALS: [(u8, u8); 5] = [
    (0x84, 0x8E), // ä
    (0x94, 0x99), // ö
    (0x81, 0x9A), // ü
    (0x86, 0x8F), // å
    (0x82, 0x90), // é
];

fn capital(letter: u8) -> u8 {
    CAPITALS
        .iter()
        .find(|(small, _)| *small == letter)
        .map_or(letter.to_ascii_uppercase(), |&(_, capital)| capital)
}

impl Layout {
    /// The character of a key, if it makes one. Caps lock is shift for keys that
    /// make a small and a capital letter.
    pub fn character(&self, scan_code: u8, shift: bool, caps: bool) -> Option<u8> {
        let (small, large) = (
            self.plain.character(scan_code),
            self.shift.character(scan_code),
        );
        let is_letter = small != large && small.map(capital) == large;
        if shift != (caps && is_letter) {
            large
        } else {
            small
        }
    }

    /// Whether the right Alt key is AltGr.
    pub fn has_alt_gr(&self) -> bool {
        self.alt_gr.is_some()
    }

    /// The character of a key with AltGr, if it makes one.
    pub fn alt_gr(&self, scan_code: u8) -> Option<u8> {
        self.alt_gr.as_ref()?.character(scan_code)
    }
}

const NOTHING: &[u8; 12] = &[0; 12];

/// All layouts, in the order of [`abi::kd::LAYOUTS`].
pub static LAYOUTS: [Layout; abi::kd::LAYOUTS.len()] = [US, GERMAN, FRENCH, FINNISH];

/// The United States.
const US: Layout = Layout {
    plain: Level {
        digits: b"1234567890-=",
        upper: b"qwertyuiop[]",
        middle: b"asdfghjkl;'`",
        lower: b"\\zxcvbnm,./",
        key_102: b'<',
    },
    shift: Level {
        digits: b"!@#$%^&*()_+",
        upper: b"QWERTYUIOP{}",
        middle: b"ASDFGHJKL:\"~",
        lower: b"|ZXCVBNM<>?",
        key_102: b'>',
    },
    alt_gr: None,
    decimal: b'.',
};

/// Germany: ß ü ö ä, ° and AltGr with ² and µ.
const GERMAN: Layout = Layout {
    plain: Level {
        digits: b"1234567890\xE1'",
        upper: b"qwertzuiop\x81+",
        middle: b"asdfghjkl\x94\x84^",
        lower: b"#yxcvbnm,.-",
        key_102: b'<',
    },
    shift: Level {
        digits: b"!\"\0$%&/()=?`",
        upper: b"QWERTZUIOP\x9A*",
        middle: b"ASDFGHJKL\x99\x8E\xF8",
        lower: b"'YXCVBNM;:_",
        key_102: b'>',
    },
    alt_gr: Some(Level {
        digits: b"\0\xFD\0\0\0\0{[]}\\\0",
        upper: b"@\0\0\0\0\0\0\0\0\0\0~",
        middle: NOTHING,
        lower: b"\0\0\0\0\0\0\0\xE6\0\0\0",
        key_102: b'|',
    }),
    decimal: b',',
};

/// France: é è ç à ù ² plain, ° £ µ with shift.
const FRENCH: Layout = Layout {
    plain: Level {
        digits: b"&\x82\"'(-\x8A_\x87\x85)=",
        upper: b"azertyuiop^$",
        middle: b"qsdfghjklm\x97\xFD",
        lower: b"*wxcvbn,;:!",
        key_102: b'<',
    },
    shift: Level {
        digits: b"1234567890\xF8+",
        upper: b"AZERTYUIOP\0\x9C",
        middle: b"QSDFGHJKLM%\0",
        lower: b"\xE6WXCVBN?./\0",
        key_102: b'>',
    },
    alt_gr: Some(Level {
        digits: b"\0~#{[|`\\^@]}",
        upper: NOTHING,
        middle: NOTHING,
        lower: &[0; 11],
        key_102: 0,
    }),
    decimal: b'.',
};

/// Finland and Sweden: å ö ä, ½ with shift, £ with AltGr. The key of ¤ makes $ instead.
const FINNISH: Layout = Layout {
    plain: Level {
        digits: b"1234567890+'",
        upper: b"qwertyuiop\x86\0",
        middle: b"asdfghjkl\x94\x84\0",
        lower: b"'zxcvbnm,.-",
        key_102: b'<',
    },
    shift: Level {
        digits: b"!\"#$%&/()=?`",
        upper: b"QWERTYUIOP\x8F^",
        middle: b"ASDFGHJKL\x99\x8E\xAB",
        lower: b"*ZXCVBNM;:_",
        key_102: b'>',
    },
    alt_gr: Some(Level {
        digits: b"\0@\x9C$\0\0{[]}\\\0",
        upper: b"\0\0\0\0\0\0\0\0\0\0\0~",
        middle: NOTHING,
        lower: &[0; 11],
        key_102: b'|',
    }),
    decimal: b',',
};

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    /// The printable half of code page 437 that the keyboards need (IBM, CP00437).
    const CODE_PAGE: [(char, u8); 19] = [
        ('é', 0x82),
        ('ä', 0x84),
        ('à', 0x85),
        ('å', 0x86),
        ('ç', 0x87),
        ('è', 0x8A),
        ('Ä', 0x8E),
        ('Å', 0x8F),
        ('ö', 0x94),
        ('ù', 0x97),
        ('Ö', 0x99),
        ('Ü', 0x9A),
        ('£', 0x9C),
        ('ü', 0x81),
        ('½', 0xAB),
        ('ß', 0xE1),
        ('µ', 0xE6),
        ('°', 0xF8),
        ('²', 0xFD),
    ];

    /// The keys in the order of the tables below: the row of digits begins left
    /// of 1, the lowest row right of shift.
    const KEYS: [&[u8]; 4] = [
        &[
            0x29, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0A, 0x0B, 0x0C, 0x0D,
        ],
        &[
            0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1A, 0x1B,
        ],
        &[
            0x1E, 0x1F, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28, 0x2B,
        ],
        &[
            0x56, 0x2C, 0x2D, 0x2E, 0x2F, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35,
        ],
    ];

    /// Compares what each key makes with a picture of the keyboard, in which a
    /// blank stands for nothing.
    #[track_caller]
    fn check(layout: usize, key: impl Fn(&Layout, u8) -> Option<u8>, rows: [&str; 4]) {
        let codes: HashMap<char, u8> = CODE_PAGE.into_iter().collect();
        for (keys, row) in KEYS.iter().zip(rows) {
            assert_eq!(keys.len(), row.chars().count(), "{row}");
            for (&scan_code, character) in keys.iter().zip(row.chars()) {
                let expected = match character {
                    ' ' => None,
                    _ => Some(codes.get(&character).map_or(character as u8, |&code| code)),
                };
                let found = key(&LAYOUTS[layout], scan_code);
                assert_eq!(found, expected, "{scan_code:02x}h, {character}");
            }
        }
    }

    fn plain(layout: &Layout, scan_code: u8) -> Option<u8> {
        layout.character(scan_code, false, false)
    }

    fn shift(layout: &Layout, scan_code: u8) -> Option<u8> {
        layout.character(scan_code, true, false)
    }

    #[test]
    fn us() {
        check(
            0,
            plain,
            [
                "`1234567890-=",
                "qwertyuiop[]",
                "asdfghjkl;'\\",
                "<zxcvbnm,./",
            ],
        );
        check(
            0,
            shift,
            [
                "~!@#$%^&*()_+",
                "QWERTYUIOP{}",
                "ASDFGHJKL:\"|",
                ">ZXCVBNM<>?",
            ],
        );
        assert!(!LAYOUTS[0].has_alt_gr());
    }

    #[test]
    fn german() {
        check(
            1,
            plain,
            [
                "^1234567890ß'",
                "qwertzuiopü+",
                "asdfghjklöä#",
                "<yxcvbnm,.-",
            ],
        );
        check(
            1,
            shift,
            [
                "°!\" $%&/()=?`",
                "QWERTZUIOPÜ*",
                "ASDFGHJKLÖÄ'",
                ">YXCVBNM;:_",
            ],
        );
        check(
            1,
            Layout::alt_gr,
            [
                "  ²    {[]}\\ ",
                "@          ~",
                "            ",
                "|      µ   ",
            ],
        );
    }

    #[test]
    fn french() {
        check(
            2,
            plain,
            [
                "²&é\"'(-è_çà)=",
                "azertyuiop^$",
                "qsdfghjklmù*",
                "<wxcvbn,;:!",
            ],
        );
        check(
            2,
            shift,
            [
                " 1234567890°+",
                "AZERTYUIOP £",
                "QSDFGHJKLM%µ",
                ">WXCVBN?./ ",
            ],
        );
        check(
            2,
            Layout::alt_gr,
            [
                "  ~#{[|`\\^@]}",
                "            ",
                "            ",
                "           ",
            ],
        );
    }

    #[test]
    fn finnish() {
        check(
            3,
            plain,
            [
                " 1234567890+'",
                "qwertyuiopå ",
                "asdfghjklöä'",
                "<zxcvbnm,.-",
            ],
        );
        check(
            3,
            shift,
            [
                "½!\"#$%&/()=?`",
                "QWERTYUIOPÅ^",
                "ASDFGHJKLÖÄ*",
                ">ZXCVBNM;:_",
            ],
        );
        check(
            3,
            Layout::alt_gr,
            [
                "  @£$  {[]}\\ ",
                "           ~",
                "            ",
                "|          ",
            ],
        );
    }

    #[test]
    fn caps_lock_shifts_letters_only() {
        let caps = |layout: &Layout, scan_code| layout.character(scan_code, false, true);
        check(
            1,
            caps,
            [
                "^1234567890ß'",
                "QWERTZUIOPÜ+",
                "ASDFGHJKLÖÄ#",
                "<YXCVBNM,.-",
            ],
        );
        check(
            2,
            caps,
            [
                "²&é\"'(-è_çà)=",
                "AZERTYUIOP^$",
                "QSDFGHJKLMù*",
                "<WXCVBN,;:!",
            ],
        );
        let both = |layout: &Layout, scan_code| layout.character(scan_code, true, true);
        check(
            3,
            both,
            [
                "½!\"#$%&/()=?`",
                "qwertyuiopå^",
                "asdfghjklöä*",
                ">zxcvbnm;:_",
            ],
        );
    }

    #[test]
    fn the_other_keys_are_the_same_in_all() {
        for layout in &LAYOUTS {
            let typed = [0x01, 0x0E, 0x0F, 0x1C, 0x37, 0x39].map(|key| plain(layout, key));
            assert_eq!(typed, [0x1B, 0x7F, b'\t', b'\r', b'*', b' '].map(Some));
            for scan_code in [0x00, 0x1D, 0x2A, 0x36, 0x38, 0x3A, 0x3B, 0x54, 0x57, 0xFF] {
                assert_eq!(plain(layout, scan_code), None);
            }
        }
    }
}
