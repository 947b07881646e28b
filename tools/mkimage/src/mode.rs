// SPDX-License-Identifier: GPL-2.0-or-later
//! Changes of permissions as chmod(1) takes them: `755`, `u+x`, `go-w,a=r`.

use std::str::FromStr;

/// What is to become of the twelve lower bits of a mode.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ModeChange {
    /// They are these.
    Exact(u16),
    /// One change after the other.
    Symbolic(Vec<Clause>),
}

/// One of the changes between commas.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Clause {
    /// Bits of those who are meant.
    who: u16,
    /// `+`, `-` or `=`.
    operator: char,
    /// Bits, for everybody.
    bits: u16,
    /// The x bits, if it is a directory or somebody has one.
    is_search: bool,
}

impl ModeChange {
    /// The new mode of what has `mode`.
    pub fn apply(&self, mode: u16, is_directory: bool) -> u16 {
        let clauses = match self {
            ModeChange::Exact(mode) => return *mode,
            ModeChange::Symbolic(clauses) => clauses,
        };
        clauses.iter().fold(mode & 0o7777, |mode, clause| {
            let may_search = clause.is_search && (is_directory || mode & 0o111 != 0);
            let bits = (clause.bits | if may_search { 0o111 } else { 0 }) & clause.who;
            let kept = match clause.operator {
                '=' => mode & !clause.who,
                _ => mode,
            };
            match clause.operator {
                '-' => kept & !bits,
                _ => kept | bits,
            }
        })
    }
}

impl FromStr for ModeChange {
    type Err = String;

    fn from_str(text: &str) -> Result<ModeChange, String> {
        let is_number = text.starts_with(|first: char| first.is_ascii_digit());
        let change = match is_number {
            true => u16::from_str_radix(text, 8)
                .ok()
                .filter(|mode| *mode <= 0o7777)
                .map(ModeChange::Exact),
            false => text
                .split(',')
                .map(clause)
                .collect::<Option<_>>()
                .map(ModeChange::Symbolic),
        };
        change.ok_or_else(|| "expected an octal number up to 7777, or as u+x,go-w".to_owned())
    }
}

fn clause(text: &str) -> Option<Clause> {
    let at = text.find(['+', '-', '='])?;
    let (who, rest) = text.split_at(at);
    let mut letters = rest.chars();
    let mut clause = Clause {
        who: if who.is_empty() { 0o7777 } else { 0 },
        operator: letters.next()?,
        bits: 0,
        is_search: false,
    };
    for letter in who.chars() {
        clause.who |= match letter {
            'u' => 0o4700,
            'g' => 0o2070,
            'o' => 0o1007,
            'a' => 0o7777,
            _ => return None,
        };
    }
    for letter in letters {
        clause.bits |= match letter {
            'r' => 0o444,
            'w' => 0o222,
            'x' => 0o111,
            's' => 0o6000,
            't' => 0o1000,
            'X' => {
                clause.is_search = true;
                0
            }
            _ => return None,
        };
    }
    Some(clause)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes() {
        for (text, old, new) in [
            ("755", 0o644, 0o755),
            ("u+x", 0o644, 0o744),
            ("+x", 0o644, 0o755),
            ("go-w,a+r", 0o222, 0o644),
            ("a=r", 0o4755, 0o444),
            ("u=rws,o=", 0o777, 0o4670),
            ("u+s,g-s,+t", 0o2755, 0o5755),
            ("a+X", 0o644, 0o644),
            ("a+X", 0o744, 0o755),
            // What is there or said already.
            ("uu+xx", 0o644, 0o744),
            ("aug+xX", 0o755, 0o755),
            ("o=xXtt", 0o1777, 0o1771),
        ] {
            let change: ModeChange = text.parse().unwrap();
            assert_eq!(change.apply(old, false), new, "{text} of {old:o}");
        }
        let search: ModeChange = "a+X".parse().unwrap();
        assert_eq!(search.apply(0o644, true), 0o755);
        for bad in ["", "8", "10000", "x", "u", "z+x", "u+y", "u+x,", "755,u+x"] {
            assert!(bad.parse::<ModeChange>().is_err(), "{bad}");
        }
    }
}
