// SPDX-License-Identifier: GPL-2.0-or-later
//! `printf`: a format with `%` and `\`, filled in from arguments; it is used again
//! as long as there are any left.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// What came of it.
#[derive(Debug, Default, PartialEq)]
pub struct Output {
    /// What is to be written.
    pub text: Vec<u8>,
    /// What was wrong with it: an argument or the format, and why.
    pub errors: Vec<(Vec<u8>, &'static str)>,
}

/// Fills in `format`.
pub fn printf(format: &[u8], arguments: &[&[u8]]) -> Output {
    let mut printer = Printer {
        output: Output::default(),
        arguments,
        stopped: false,
    };
    loop {
        let left = printer.arguments.len();
        printer.once(format);
        let used = left > printer.arguments.len();
        if printer.stopped || printer.arguments.is_empty() || !used {
            return printer.output;
        }
    }
}

struct Printer<'a> {
    output: Output,
    arguments: &'a [&'a [u8]],
    /// `\c`, or a format that can't be understood.
    stopped: bool,
}

/// What stands between `%` and the letter.
#[derive(Default)]
struct Spec {
    left: bool,
    zero: bool,
    sign: Option<u8>,
    alternative: bool,
    width: usize,
    precision: Option<usize>,
}

impl<'a> Printer<'a> {
    fn once(&mut self, format: &[u8]) {
        let mut rest = format;
        while let Some((&byte, behind)) = rest.split_first() {
            if self.stopped {
                return;
            }
            rest = match byte {
                b'%' => self.directive(behind),
                b'\\' => self.escape(behind, false),
                byte => {
                    self.output.text.push(byte);
                    behind
                }
            };
        }
    }

    fn argument(&mut self) -> Option<&'a [u8]> {
        let (first, rest) = self.arguments.split_first()?;
        self.arguments = rest;
        Some(first)
    }

    fn error(&mut self, what: &[u8], error: &'static str) {
        self.output.errors.push((what.to_vec(), error));
    }

    /// What follows a `\`; the rest behind it. In arguments of `%b` an octal number
    /// has a 0 in front, and `\c` ends all.
    fn escape<'b>(&mut self, text: &'b [u8], in_argument: bool) -> &'b [u8] {
        let Some((&letter, rest)) = text.split_first() else {
            self.output.text.push(b'\\');
            return text;
        };
        let byte = match letter {
            b'a' => 7,
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'v' => 11,
            b'\\' => b'\\',
            b'0'..=b'7' => {
                let most = if in_argument && letter == b'0' { 4 } else { 3 };
                let is_digit = |byte: &&u8| matches!(byte, b'0'..=b'7');
                let length = text.iter().take(most).take_while(is_digit).count();
                let (digits, rest) = text.split_at(length);
                let value = digits
                    .iter()
                    .fold(0u32, |value, digit| value * 8 + u32::from(digit - b'0'));
                self.output.text.push(value as u8);
                return rest;
            }
            b'c' if in_argument => {
                self.stopped = true;
                return rest;
            }
            other => {
                self.output.text.extend([b'\\', other]);
                return rest;
            }
        };
        self.output.text.push(byte);
        rest
    }

    /// What follows a `%`; the rest behind it.
    fn directive<'b>(&mut self, text: &'b [u8]) -> &'b [u8] {
        let mut spec = Spec::default();
        let mut rest = text;
        while let Some((&flag, behind)) = rest.split_first() {
            match flag {
                b'-' => spec.left = true,
                b'0' => spec.zero = true,
                b'+' => spec.sign = Some(b'+'),
                b' ' => spec.sign = spec.sign.or(Some(b' ')),
                b'#' => spec.alternative = true,
                _ => break,
            }
            rest = behind;
        }
        let (width, behind) = self.size(rest);
        spec.left |= width < 0;
        spec.width = width.unsigned_abs() as usize;
        rest = behind;
        if let Some(behind) = rest.strip_prefix(b".") {
            let (precision, behind) = self.size(behind);
            spec.precision = usize::try_from(precision).ok();
            rest = behind;
        }
        let Some((&letter, behind)) = rest.split_first() else {
            self.error(b"%", "letter missing");
            self.stopped = true;
            return rest;
        };
        match letter {
            b'%' => self.output.text.push(b'%'),
            b'c' => {
                let text = self.argument().unwrap_or_default();
                self.pad(&spec, text.get(..1).unwrap_or_default());
            }
            b's' => {
                let text = self.argument().unwrap_or_default();
                self.string(&spec, text);
            }
            b'b' => {
                let mut text = self.argument().unwrap_or_default();
                let before = core::mem::take(&mut self.output.text);
                while let Some((&byte, behind)) = text.split_first() {
                    text = match byte {
                        b'\\' => self.escape(behind, true),
                        byte => {
                            self.output.text.push(byte);
                            behind
                        }
                    };
                    if self.stopped {
                        break;
                    }
                }
                let text = core::mem::replace(&mut self.output.text, before);
                self.string(&spec, &text);
            }
            b'd' | b'i' | b'u' | b'o' | b'x' | b'X' => {
                let value = self.number();
                self.integer(&spec, letter, value);
            }
            other => {
                self.error(&[b'%', other], "unknown letter");
                self.stopped = true;
            }
        }
        behind
    }

    /// Digits, or `*` for the next argument.
    fn size<'b>(&mut self, text: &'b [u8]) -> (i32, &'b [u8]) {
        /// The widest field.
        const MOST: i32 = 4096;
        if let Some(rest) = text.strip_prefix(b"*") {
            return (
                self.number().clamp(-i64::from(MOST), MOST.into()) as i32,
                rest,
            );
        }
        let digits = text.iter().take_while(|byte| byte.is_ascii_digit());
        let (digits, rest) = text.split_at(digits.count());
        let add = |value: i32, digit: &u8| (value * 10 + i32::from(digit - b'0')).min(MOST);
        (digits.iter().fold(0, add), rest)
    }

    /// The value of the next argument.
    fn number(&mut self) -> i64 {
        let Some(word) = self.argument() else {
            return 0;
        };
        if let [b'\'' | b'"', rest @ ..] = word {
            return rest.first().copied().unwrap_or(0).into();
        }
        let text = word.trim_ascii_start();
        let (negative, text) = match text {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] | rest => (false, rest),
        };
        let (base, text) = match text {
            [b'0', b'x' | b'X', rest @ ..] => (16, rest),
            [b'0', ..] => (8, text),
            text => (10, text),
        };
        let is_digit = |byte: &&u8| char::from(**byte).is_digit(base);
        let length = text.iter().take_while(is_digit).count();
        let digit = |byte: &u8| char::from(*byte).to_digit(base).unwrap_or(0).into();
        let mut digits = text.iter().take(length).map(digit);
        let value: Option<u64> = digits.try_fold(0u64, |value: u64, digit: u64| {
            value.checked_mul(base.into())?.checked_add(digit)
        });
        if length == 0 {
            self.error(word, "is no number");
        } else if length < text.len() {
            self.error(word, "is not all of it a number");
        } else if value.is_none() {
            self.error(word, "is too large");
        }
        let value = value.unwrap_or(i64::MAX as u64) as i64;
        if negative {
            value.wrapping_neg()
        } else {
            value
        }
    }

    fn integer(&mut self, spec: &Spec, letter: u8, value: i64) {
        let (sign, digits) = match letter {
            b'd' | b'i' if value < 0 => ("-".to_string(), value.unsigned_abs().to_string()),
            b'd' | b'i' => {
                let sign = spec.sign.map(char::from);
                (
                    sign.map_or_else(String::new, String::from),
                    value.to_string(),
                )
            }
            b'u' => (String::new(), (value as u64).to_string()),
            b'o' => {
                let sign = if spec.alternative { "0" } else { "" };
                (sign.into(), format!("{value:o}"))
            }
            b'x' => {
                let sign = if spec.alternative && value != 0 {
                    "0x"
                } else {
                    ""
                };
                (sign.into(), format!("{value:x}"))
            }
            _ => {
                let sign = if spec.alternative && value != 0 {
                    "0X"
                } else {
                    ""
                };
                (sign.into(), format!("{value:X}"))
            }
        };
        let width = match spec.precision {
            Some(precision) => precision,
            None if spec.zero && !spec.left => spec.width.saturating_sub(sign.len()),
            None => 0,
        };
        let zeros = "0".repeat(width.saturating_sub(digits.len()));
        self.pad(spec, [sign, zeros, digits].concat().as_bytes());
    }

    fn string(&mut self, spec: &Spec, text: &[u8]) {
        let length = spec.precision.unwrap_or(text.len()).min(text.len());
        self.pad(spec, text.get(..length).unwrap_or_default());
    }

    fn pad(&mut self, spec: &Spec, text: &[u8]) {
        let blanks = b" ".repeat(spec.width.saturating_sub(text.len()));
        let (before, behind) = match spec.left {
            true => (&b""[..], blanks.as_slice()),
            false => (blanks.as_slice(), &b""[..]),
        };
        for part in [before, text, behind] {
            self.output.text.extend_from_slice(part);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(format: &str, arguments: &[&str]) -> String {
        let arguments: Vec<_> = arguments.iter().map(|word| word.as_bytes()).collect();
        String::from_utf8(printf(format.as_bytes(), &arguments).text).unwrap()
    }

    #[test]
    fn formats() {
        for (format, arguments, expected) in [
            ("a\\tb\\n", &[][..], "a\tb\n"),
            ("%s-%s|", &["a", "b", "c"], "a-b|c-|"),
            ("%5s|%-5s|%.2s|", &["ab", "cd", "efg"], "   ab|cd   |ef|"),
            ("%d %i %u", &["-7", "0x1f", "010"], "-7 31 8"),
            (
                "%05d|%+d|% d|%5d|%-5d|",
                &["42", "42", "42", "42", "42"],
                "00042|+42| 42|   42|42   |",
            ),
            (
                "%x %X %o %#x %#o",
                &["255", "255", "8", "255", "8"],
                "ff FF 10 0xff 010",
            ),
            ("%x", &["-1"], "ffffffffffffffff"),
            ("%c%c", &["abc", ""], "a"),
            ("%%|%b|", &["x\\ty\\101"], "%|x\tyA|"),
            ("%b%s", &["a\\cb", "c"], "a"),
            ("%*d|%.*s", &["5", "42", "1", "ab"], "   42|a"),
            ("%d", &["'A"], "65"),
            ("\\101\\0\\q", &[], "A\0\\q"),
            ("%.3d", &["7"], "007"),
            ("no", &["argument", "is", "used"], "no"),
            ("%s\n", &[], "\n"),
        ] {
            assert_eq!(text(format, arguments), expected, "{format}");
        }
    }

    #[test]
    fn mistakes() {
        let errors = |format: &str, argument: &str| {
            let output = printf(format.as_bytes(), &[argument.as_bytes()]);
            output.errors.first().map(|(_, error)| *error)
        };
        assert_eq!(errors("%d", "x"), Some("is no number"));
        assert_eq!(errors("%d", "1x"), Some("is not all of it a number"));
        assert_eq!(errors("%d", "99999999999999999999"), Some("is too large"));
        assert_eq!(errors("%q", "x"), Some("unknown letter"));
        assert_eq!(errors("%", "x"), Some("letter missing"));
        assert_eq!(text("%999999999d", &["1"]).len(), 4096);
    }
}
