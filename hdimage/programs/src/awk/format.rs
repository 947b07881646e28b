// SPDX-License-Identifier: GPL-2.0-or-later
//! `printf`, and numbers as texts.

use super::value::Value;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// The widest field and the most digits.
const MOST: usize = 4096;
/// Integers below it are exact, and are shown without a fraction.
const EXACT: f64 = 1e18;

/// A number as text: an integer as one, all others by the format.
pub fn number(value: f64, format: &[u8]) -> Vec<u8> {
    // A float becomes the nearest integer that there is, so this asks whether it is one.
    if value.abs() < EXACT && (value as i64) as f64 == value {
        return (value as i64).to_string().into_bytes();
    }
    printf(format, &[Value::Number(value)], format)
}

/// What stands between `%` and the letter.
#[derive(Default)]
struct Spec {
    left: bool,
    zero: bool,
    sign: &'static str,
    alternative: bool,
    width: usize,
    precision: Option<usize>,
}

/// Fills in a format; numbers that are to be texts become so by `conversion`.
pub fn printf(format: &[u8], arguments: &[Value], conversion: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut arguments = arguments.iter();
    let mut rest = format;
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let (spec, behind) = spec(rest, &mut arguments);
        let Some((&letter, behind)) = behind.split_first() else {
            out.extend_from_slice(&[b"%", rest].concat());
            break;
        };
        if !b"%diouxXeEfFgGcs".contains(&letter) {
            out.push(b'%');
            continue;
        }
        rest = behind;
        if letter == b'%' {
            out.push(b'%');
            continue;
        }
        let value = arguments.next().cloned().unwrap_or_default();
        directive(&mut out, &spec, letter, &value, conversion);
    }
    out
}

fn spec<'a, 'b>(
    format: &'a [u8],
    arguments: &mut impl Iterator<Item = &'b Value>,
) -> (Spec, &'a [u8]) {
    let mut spec = Spec::default();
    let mut rest = format;
    while let Some((flag, behind)) = rest.split_first() {
        match flag {
            b'-' => spec.left = true,
            b'0' => spec.zero = true,
            b'+' => spec.sign = "+",
            b' ' if spec.sign.is_empty() => spec.sign = " ",
            b' ' => {}
            b'#' => spec.alternative = true,
            _ => break,
        }
        rest = behind;
    }
    let (width, behind) = size(rest, arguments);
    spec.left |= width < 0;
    spec.width = width.unsigned_abs() as usize;
    rest = behind;
    if let Some(behind) = rest.strip_prefix(b".") {
        let (precision, behind) = size(behind, arguments);
        spec.precision = usize::try_from(precision).ok();
        rest = behind;
    }
    (spec, rest)
}

/// Digits, or `*` for the next argument.
fn size<'a, 'b>(
    text: &'a [u8],
    arguments: &mut impl Iterator<Item = &'b Value>,
) -> (i32, &'a [u8]) {
    let most = MOST as i32;
    if let Some(rest) = text.strip_prefix(b"*") {
        let value = arguments.next().map_or(0.0, Value::to_number);
        return ((value as i32).clamp(-most, most), rest);
    }
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit());
    let (digits, rest) = text.split_at(digits.count());
    let add = |value: i32, digit: &u8| (value * 10 + i32::from(digit - b'0')).min(most);
    (digits.iter().fold(0, add), rest)
}

fn directive(out: &mut Vec<u8>, spec: &Spec, letter: u8, value: &Value, conversion: &[u8]) {
    let cut = |text: &[u8], most: usize| text.get(..most).unwrap_or(text).to_vec();
    match letter {
        b's' => {
            let text = value.to_text(conversion);
            pad(out, spec, &cut(&text, spec.precision.unwrap_or(text.len())));
        }
        b'c' => match value {
            Value::Number(number) => pad(out, spec, &[*number as i64 as u8]),
            other => pad(out, spec, &cut(&other.to_text(conversion), 1)),
        },
        letter => numeric(out, spec, letter, value.to_number()),
    }
}

fn numeric(out: &mut Vec<u8>, spec: &Spec, letter: u8, value: f64) {
    let mut zeros = if spec.zero && !spec.left {
        spec.width
    } else {
        0
    };
    let mut sign = if value.is_sign_negative() {
        "-"
    } else {
        spec.sign
    };
    let digits = if !value.is_finite() {
        zeros = 0;
        String::from(if value.is_nan() { "nan" } else { "inf" })
    } else if matches!(letter, b'e' | b'E' | b'f' | b'F' | b'g' | b'G') {
        float(spec, letter.to_ascii_lowercase(), value.abs())
    } else {
        let integer = value as i64;
        if integer >= 0 && sign == "-" || letter == b'u' {
            sign = if letter == b'u' { "" } else { spec.sign };
        }
        if let Some(precision) = spec.precision {
            zeros = precision + sign.len();
        }
        let prefixed = spec.alternative && integer != 0;
        match letter {
            b'd' | b'i' => integer.unsigned_abs().to_string(),
            letter => {
                sign = match letter {
                    b'o' if spec.alternative => "0",
                    b'x' if prefixed => "0x",
                    b'X' if prefixed => "0X",
                    _ => "",
                };
                let bits = if integer < 0 {
                    integer as u64
                } else {
                    value as u64
                };
                match letter {
                    b'o' => format!("{bits:o}"),
                    b'u' => bits.to_string(),
                    _ => format!("{bits:x}"),
                }
            }
        }
    };
    let zeros = "0".repeat(zeros.saturating_sub(sign.len() + digits.len()));
    let mut digits = digits.into_bytes();
    if letter.is_ascii_uppercase() {
        digits.make_ascii_uppercase();
    }
    pad(
        out,
        spec,
        &[sign.as_bytes(), zeros.as_bytes(), &digits].concat(),
    );
}

/// A number that is not negative, as `%e`, `%f` or `%g` has it.
fn float(spec: &Spec, letter: u8, value: f64) -> String {
    let precision = spec.precision.unwrap_or(6);
    match letter {
        b'f' => {
            let point = if precision == 0 && spec.alternative {
                "."
            } else {
                ""
            };
            format!("{value:.precision$}{point}")
        }
        b'e' => exponential(value, precision, false),
        _ => {
            let digits = precision.max(1);
            let rounded = format!("{value:.*e}", digits - 1);
            let exponent = rounded
                .split_once('e')
                .map_or("0", |(_, exponent)| exponent);
            let exponent: i32 = exponent.parse().unwrap_or(0);
            if exponent < -4 || exponent >= digits as i32 {
                return exponential(value, digits - 1, !spec.alternative);
            }
            let places = (digits as i32 - 1 - exponent).max(0) as usize;
            let text = format!("{value:.places$}");
            match spec.alternative {
                true => text,
                false => without_zeros(&text).into(),
            }
        }
    }
}

fn without_zeros(text: &str) -> &str {
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => text,
    }
}

/// `1.5e+10`: the exponent has two digits at least.
fn exponential(value: f64, precision: usize, short: bool) -> String {
    let text = format!("{value:.precision$e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let mantissa = if short {
        without_zeros(mantissa)
    } else {
        mantissa
    };
    let (sign, digits) = match exponent.strip_prefix('-') {
        Some(digits) => ('-', digits),
        None => ('+', exponent),
    };
    format!("{mantissa}e{sign}{digits:0>2}")
}

fn pad(out: &mut Vec<u8>, spec: &Spec, text: &[u8]) {
    let blanks = b" ".repeat(spec.width.saturating_sub(text.len()));
    let parts = match spec.left {
        true => [text, &blanks],
        false => [&blanks, text],
    };
    parts.iter().for_each(|part| out.extend_from_slice(part));
}
