// SPDX-License-Identifier: GPL-2.0-or-later
//! What a variable can have: a number, a text, or what came from outside and looks like
//! a number, which counts as one when it is compared.

use super::format;
use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use core::cell::RefCell;
use core::cmp::Ordering;

/// Bytes that many can have.
pub type Text = Rc<[u8]>;

/// An array: those to whom it was passed have the same.
pub type Array = Rc<RefCell<BTreeMap<Text, Value>>>;

/// A value.
#[derive(Clone, Debug, Default)]
pub enum Value {
    /// That of a variable that has got none: 0 and the empty text.
    #[default]
    Unset,
    Number(f64),
    Text(Text),
    /// From outside, with the number that it looks like.
    Input(Text, f64),
}

/// What a name stands for.
#[derive(Default)]
pub enum Cell {
    /// It has not shown yet what it is.
    #[default]
    Unset,
    /// Likewise, but it was passed on: if it becomes an array, then this one.
    Passed(Array),
    Value(Value),
    Array(Array),
}

impl Value {
    /// What came from outside: a field, a line, an argument.
    pub fn input(bytes: &[u8]) -> Value {
        let text = bytes.trim_ascii();
        match leading_number(text) {
            (number, length) if length > 0 && length == text.len() => {
                Value::Input(bytes.into(), number)
            }
            _ => Value::text(bytes),
        }
    }

    /// A text.
    pub fn text(bytes: &[u8]) -> Value {
        Value::Text(bytes.into())
    }

    /// 1 or 0.
    pub fn truth(truth: bool) -> Value {
        Value::Number(truth.into())
    }

    /// As a number; 0 if it is none.
    pub fn to_number(&self) -> f64 {
        match self {
            Value::Unset => 0.0,
            Value::Number(number) | Value::Input(_, number) => *number,
            Value::Text(text) => leading_number(text.trim_ascii_start()).0,
        }
    }

    /// As a text; a number that is no integer by this format.
    pub fn to_text(&self, format: &[u8]) -> Text {
        match self {
            Value::Unset => Rc::from(&b""[..]),
            Value::Number(number) => format::number(*number, format).into(),
            Value::Text(text) | Value::Input(text, _) => text.clone(),
        }
    }

    /// Whether it counts as true.
    pub fn is_true(&self) -> bool {
        match self {
            Value::Text(text) => !text.is_empty(),
            other => other.to_number() != 0.0,
        }
    }

    /// Compares numbers as numbers, and all else as texts. None if one is no number at
    /// all (NaN).
    pub fn compare(&self, other: &Value, format: &[u8]) -> Option<Ordering> {
        if matches!(self, Value::Text(_)) || matches!(other, Value::Text(_)) {
            return Some(self.to_text(format).cmp(&other.to_text(format)));
        }
        self.to_number().partial_cmp(&other.to_number())
    }
}

/// The decimal number that a text begins with, and its length; 0 and 0 if it begins
/// with none.
pub fn leading_number(text: &[u8]) -> (f64, usize) {
    let digits = |from: usize| {
        let rest = text.get(from..).unwrap_or_default();
        rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
    };
    let sign = usize::from(matches!(text, [b'-' | b'+', ..]));
    let whole = digits(sign);
    let mut end = sign + whole;
    let mut count = whole;
    if text.get(end) == Some(&b'.') {
        let fraction = digits(end + 1);
        count += fraction;
        end += 1 + fraction;
    }
    if count == 0 {
        return (0.0, 0);
    }
    if matches!(text.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(text.get(end + 1), Some(b'-' | b'+')));
        let exponent = digits(end + 1 + sign);
        if exponent > 0 {
            end += 1 + sign + exponent;
        }
    }
    let number = text.get(..end).unwrap_or_default();
    let number = core::str::from_utf8(number).ok();
    (
        number.and_then(|text| text.parse().ok()).unwrap_or(0.0),
        end,
    )
}
