// SPDX-License-Identifier: GPL-2.0-or-later
//! What keys mean together: `"a2d3fx` is a register, a count, an operator, another
//! count, a motion and its character.

/// A command of command mode.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Command {
    /// The register, `a` to `z`; 0 for the one without a name.
    pub register: u8,
    /// How often.
    pub count: Option<usize>,
    /// `d`, `c`, `y`, `<` or `>`; 0 for none.
    pub operator: u8,
    /// The command, or the motion of the operator.
    pub key: u8,
    /// The character that `f`, `r`, `m` and others take.
    pub argument: u8,
}

/// What became of the keys so far.
#[derive(PartialEq, Debug)]
pub enum Parsed {
    /// More is needed.
    More,
    /// It is complete.
    Complete(Command),
    /// There is no such command.
    Wrong,
}

/// The largest count; a larger one is cut.
const MOST: usize = 99_999;

impl Command {
    /// The count, 1 if there is none.
    pub fn times(&self) -> usize {
        self.count.unwrap_or(1)
    }

    /// An operator over lines (`dd`).
    pub fn is_doubled(&self) -> bool {
        self.operator != 0 && self.key == self.operator
    }
}

fn is_operator(key: u8) -> bool {
    matches!(key, b'd' | b'c' | b'y' | b'<' | b'>')
}

fn takes_argument(key: u8) -> bool {
    matches!(
        key,
        b'f' | b'F' | b't' | b'T' | b'r' | b'm' | b'\'' | b'`' | b'g' | b'Z'
    )
}

/// Reads what was typed in command mode.
pub fn parse(keys: &[u8]) -> Parsed {
    let mut command = Command::default();
    let mut keys = keys.iter().copied().peekable();
    let mut count: Option<usize> = None;
    loop {
        let Some(key) = keys.next() else {
            return Parsed::More;
        };
        match key {
            b'"' if command.operator == 0 => match keys.next() {
                Some(name) if name.is_ascii_alphabetic() => command.register = name,
                Some(_) => return Parsed::Wrong,
                None => return Parsed::More,
            },
            b'1'..=b'9' | b'0' if key != b'0' || count.is_some() => {
                let number = count.unwrap_or(0) * 10 + usize::from(key - b'0');
                count = Some(number.min(MOST));
            }
            key => {
                command.count = match (command.count, count.take()) {
                    (Some(a), Some(b)) => Some((a * b).min(MOST)),
                    (a, b) => a.or(b),
                };
                if command.operator == 0 && is_operator(key) {
                    command.operator = key;
                    continue;
                }
                command.key = key;
                if takes_argument(key) {
                    let Some(argument) = keys.next() else {
                        return Parsed::More;
                    };
                    command.argument = argument;
                }
                return Parsed::Complete(command);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_become_commands() {
        let complete = |register, count, operator, key, argument| {
            Parsed::Complete(Command {
                register,
                count,
                operator,
                key,
                argument,
            })
        };
        assert_eq!(parse(b"0"), complete(0, None, 0, b'0', 0));
        assert_eq!(parse(b"10j"), complete(0, Some(10), 0, b'j', 0));
        assert_eq!(parse(b"2d3fx"), complete(0, Some(6), b'd', b'f', b'x'));
        assert_eq!(parse(b"\"ayy"), complete(b'a', None, b'y', b'y', 0));
        assert_eq!(parse(b"d0"), complete(0, None, b'd', b'0', 0));
        assert_eq!(parse(b"9999999999x"), complete(0, Some(MOST), 0, b'x', 0));
        for more in [&b""[..], b"2", b"d", b"d2", b"\"", b"\"a", b"f", b"g"] {
            assert_eq!(parse(more), Parsed::More);
        }
        assert_eq!(parse(b"\"!"), Parsed::Wrong);
    }
}
