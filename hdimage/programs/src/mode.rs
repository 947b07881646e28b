// SPDX-License-Identifier: GPL-2.0-or-later
//! File modes as text: `drwxr-xr-x`, `755`, `u+x`.

use crate::number::unsigned;
use abi::sys::stat::{
    S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG, S_ISDIR, S_ISGID, S_ISUID,
    S_ISVTX,
};

/// The ten characters that `ls -l` shows.
pub fn mode_string(mode: u16) -> [u8; 10] {
    let mut text = *b"?rwxrwxrwx";
    text[0] = match mode & S_IFMT {
        S_IFREG => b'-',
        S_IFDIR => b'd',
        S_IFCHR => b'c',
        S_IFBLK => b'b',
        S_IFIFO => b'p',
        S_IFLNK => b'l',
        _ => b'?',
    };
    for (index, letter) in text.iter_mut().skip(1).enumerate() {
        if mode & (0o400 >> index) == 0 {
            *letter = b'-';
        }
    }
    for (bit, index, letter) in [(S_ISUID, 3, b's'), (S_ISGID, 6, b's'), (S_ISVTX, 9, b't')] {
        if mode & bit != 0 {
            let executable = text[index] == b'x';
            text[index] = if executable {
                letter
            } else {
                letter.to_ascii_uppercase()
            };
        }
    }
    text
}

/// The mode that `chmod` makes of `old`. `change` is octal, or clauses like
/// `u+x,go-w`; `mask` is the umask, which counts where nobody is named.
/// `None` if it can't be understood.
pub fn change_mode(old: u16, change: &[u8], mask: u16) -> Option<u16> {
    if change.first().is_some_and(u8::is_ascii_digit) {
        return unsigned(change, 8)
            .filter(|&mode| mode <= 0o7777)
            .map(|mode| mode as u16);
    }
    change
        .split(|&byte| byte == b',')
        .try_fold(old, |mode, clause| change_clause(mode, clause, mask))
        .map(|mode| mode & 0o7777)
}

/// One clause: who, then actions of operator and permissions.
fn change_clause(mut mode: u16, clause: &[u8], mask: u16) -> Option<u16> {
    let actions = clause.iter().position(|byte| b"+-=".contains(byte))?;
    let (who, mut rest) = clause.split_at(actions);
    let named = who
        .iter()
        .try_fold(0, |named, letter| Some(named | who_bits(*letter)?))?;
    let (affected, kept) = if who.is_empty() {
        (0o7777, mask)
    } else {
        (named, 0)
    };
    while let [operator, tail @ ..] = rest {
        let length = tail
            .iter()
            .position(|byte| b"+-=".contains(byte))
            .unwrap_or(tail.len());
        let (letters, next) = tail.split_at(length);
        let bits = letters.iter().try_fold(0, |bits, letter| {
            Some(bits | permission_bits(*letter, mode)?)
        })?;
        let bits = bits & affected & !kept;
        mode = match operator {
            b'+' => mode | bits,
            b'-' => mode & !bits,
            _ => mode & !(affected & 0o777) | bits,
        };
        rest = next;
    }
    Some(mode)
}

fn who_bits(letter: u8) -> Option<u16> {
    match letter {
        b'u' => Some(S_ISUID | 0o700),
        b'g' => Some(S_ISGID | 0o070),
        b'o' => Some(S_ISVTX | 0o007),
        b'a' => Some(0o7777),
        _ => None,
    }
}

fn permission_bits(letter: u8, mode: u16) -> Option<u16> {
    match letter {
        b'r' => Some(0o444),
        b'w' => Some(0o222),
        b'x' => Some(0o111),
        b'X' if S_ISDIR(mode) || mode & 0o111 != 0 => Some(0o111),
        b'X' => Some(0),
        b's' => Some(S_ISUID | S_ISGID),
        b't' => Some(S_ISVTX),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shown() {
        assert_eq!(&mode_string(0o040755), b"drwxr-xr-x");
        assert_eq!(&mode_string(0o100640), b"-rw-r-----");
        assert_eq!(&mode_string(0o104711), b"-rws--x--x");
        assert_eq!(&mode_string(0o102644), b"-rw-r-Sr--");
        assert_eq!(&mode_string(0o041777), b"drwxrwxrwt");
        assert_eq!(&mode_string(0o060600), b"brw-------");
    }

    #[test]
    fn changed() {
        let cases: [(u16, &str, Option<u16>); 14] = [
            (0o644, "755", Some(0o755)),
            (0o644, "4755", Some(0o4755)),
            (0o644, "u+x", Some(0o744)),
            (0o777, "go-w", Some(0o755)),
            (0o777, "go=r,u-x", Some(0o644)),
            (0o644, "+x", Some(0o755)),
            (0o666, "a=rw+x", Some(0o777)),
            (0o755, "u+s", Some(0o4755)),
            (0o040644, "a+X", Some(0o755)),
            (0o100644, "a+X", Some(0o644)),
            (0o644, "u", None),
            (0o644, "z+x", None),
            (0o644, "u+q", None),
            (0o644, "99", None),
        ];
        for (old, change, new) in cases {
            assert_eq!(change_mode(old, change.as_bytes(), 0o022), new, "{change}");
        }
        assert_eq!(change_mode(0o600, b"+w", 0o022), Some(0o600));
    }
}
