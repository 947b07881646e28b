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
    fn shift_and_control() {
        assert_eq!(for_character('|').unwrap(), ["shift", "backslash"]);
        assert_eq!(for_character('A').unwrap(), ["shift", "a"]);
        assert_eq!(for_character('\x03').unwrap(), ["ctrl", "c"]);
        assert_eq!(for_character('\x15').unwrap(), ["ctrl", "u"]);
    }
}
