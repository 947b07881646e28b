// SPDX-License-Identifier: GPL-2.0-or-later
//! Which keys of a US keyboard make a character, by QEMU's names for them.

/// The keys held down together for `character`, shift or control first.
/// `None` where no key makes it.
pub fn for_character(character: char) -> Option<Vec<String>> {
    const SHIFTED: &str = "~!@#$%^&*()_+{}|:\"<>?";
    const UNSHIFTED: &str = "`1234567890-=[]\\;',./";
    let plain = |name: &str| Some(vec![name.to_string()]);
    match character {
        'a'..='z' | '0'..='9' => plain(&character.to_string()),
        'A'..='Z' => Some(vec![
            "shift".into(),
            character.to_ascii_lowercase().to_string(),
        ]),
        '\n' | '\r' => plain("ret"),
        '\t' => plain("tab"),
        '\x7f' | '\x08' => plain("backspace"),
        '\x1b' => plain("esc"),
        '\x1c' => Some(vec!["ctrl".into(), "backslash".into()]),
        '\x01'..='\x1a' => {
            let letter = char::from(b'a' + character as u8 - 1);
            Some(vec!["ctrl".into(), letter.to_string()])
        }
        _ => {
            if let Some(name) = punctuation(character) {
                return plain(name);
            }
            let index = SHIFTED.find(character)?;
            let mut keys = for_character(UNSHIFTED.chars().nth(index)?)?;
            keys.insert(0, "shift".into());
            Some(keys)
        }
    }
}

fn punctuation(character: char) -> Option<&'static str> {
    Some(match character {
        ' ' => "spc",
        '`' => "grave_accent",
        '-' => "minus",
        '=' => "equal",
        '[' => "bracket_left",
        ']' => "bracket_right",
        '\\' => "backslash",
        ';' => "semicolon",
        '\'' => "apostrophe",
        ',' => "comma",
        '.' => "dot",
        '/' => "slash",
        _ => return None,
    })
}

/// What a PC's keyboard sends when the key `name` is pressed, of set 1, which 0.11's
/// `kernel/chr_drv/keyboard.S` reads. Not the keys that send two bytes.
pub fn scancode(name: &str) -> Option<u8> {
    /// The code of the first key, and keys of consecutive codes.
    const ROWS: [(usize, &str); 5] = [
        (1, "esc 1 2 3 4 5 6 7 8 9 0 minus equal backspace"),
        (15, "tab q w e r t y u i o p bracket_left bracket_right ret"),
        (
            29,
            "ctrl a s d f g h j k l semicolon apostrophe grave_accent",
        ),
        (42, "shift backslash z x c v b n m comma dot slash shift_r"),
        (56, "alt spc caps_lock f1 f2 f3 f4 f5 f6 f7 f8 f9 f10"),
    ];
    let code = |(first, names): (usize, &str)| {
        let place = names.split(' ').position(|known| known == name)?;
        u8::try_from(first + place).ok()
    };
    ROWS.into_iter().find_map(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_printable_character_has_keys() {
        for byte in b' '..=b'~' {
            assert!(
                for_character(char::from(byte)).is_some(),
                "{}",
                char::from(byte)
            );
        }
    }

    #[test]
    fn every_key_of_a_character_has_a_scancode() {
        for byte in (b' '..=b'~').chain(1..=0x1C).chain([0x7F]) {
            for name in for_character(char::from(byte)).unwrap() {
                assert!(scancode(&name).is_some(), "{name}");
            }
        }
        let known = ["ret", "grave_accent", "slash", "spc", "f4"].map(scancode);
        assert_eq!(known, [28, 41, 53, 57, 62].map(Some));
        assert_eq!(scancode("pgup"), None);
    }

    #[test]
    fn shift_and_control() {
        assert_eq!(for_character('|').unwrap(), ["shift", "backslash"]);
        assert_eq!(for_character('A').unwrap(), ["shift", "a"]);
        assert_eq!(for_character('\x03').unwrap(), ["ctrl", "c"]);
        assert_eq!(for_character('\x15').unwrap(), ["ctrl", "u"]);
    }
}
