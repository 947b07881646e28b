// SPDX-License-Identifier: GPL-2.0-or-later
//! The record and its fields. Each is made of the other when it is asked for.

use super::value::{Text, Value};
use crate::regex::Regex;
use alloc::rc::Rc;
use alloc::vec::Vec;

/// What separates fields.
pub enum FieldSeparator {
    /// Blanks and newlines, as many as there are.
    Blanks,
    Byte(u8),
    /// Nothing: each byte is a field.
    None,
    Regex(Rc<Regex>),
}

/// The fields of a text. If `lines` is set, each newline separates fields too.
pub fn split(text: &[u8], separator: &FieldSeparator, lines: bool) -> Vec<Value> {
    let pieces: Vec<&[u8]> = match separator {
        FieldSeparator::Blanks => text
            .split(|byte| matches!(byte, b' ' | b'\t' | b'\n'))
            .filter(|field| !field.is_empty())
            .collect(),
        _ if text.is_empty() => Vec::new(),
        FieldSeparator::Byte(separator) => text
            .split(|byte| byte == separator || lines && *byte == b'\n')
            .collect(),
        FieldSeparator::None => text.chunks(1).collect(),
        FieldSeparator::Regex(regex) if lines => {
            let pieces = text.split(|&byte| byte == b'\n');
            pieces.flat_map(|line| between(line, regex)).collect()
        }
        FieldSeparator::Regex(regex) => between(text, regex),
    };
    pieces.into_iter().map(Value::input).collect()
}

/// What is between the matches that are not empty.
fn between<'a>(text: &'a [u8], regex: &Regex) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    let (mut start, mut from) = (0, 0);
    while let Some(found) = regex.find(text, from) {
        let found = found.range();
        if found.is_empty() {
            from = found.end + 1;
            if from > text.len() {
                break;
            }
            continue;
        }
        pieces.extend(text.get(start..found.start));
        (start, from) = (found.end, found.end);
    }
    pieces.extend(text.get(start..));
    pieces
}

/// The record.
#[derive(Default)]
pub struct Record {
    text: Value,
    fields: Vec<Value>,
    /// Whether the fields are those of the text.
    is_split: bool,
    /// Whether the text is that of the fields.
    is_joined: bool,
}

impl Record {
    /// Sets the whole record.
    pub fn set(&mut self, text: &[u8]) {
        self.text = Value::input(text);
        (self.is_split, self.is_joined) = (false, true);
    }

    /// Whether [`split`](Self::split_by) has to be called before the fields are used.
    pub fn needs_split(&self) -> bool {
        !self.is_split
    }

    /// Takes the record apart.
    pub fn split_by(&mut self, separator: &FieldSeparator, lines: bool) {
        self.fields = split(&self.text.to_text(b""), separator, lines);
        self.is_split = true;
    }

    /// Whether [`join`](Self::join) has to be called before the text is used.
    pub fn needs_join(&self) -> bool {
        !self.is_joined && self.is_split
    }

    /// Puts the record together.
    pub fn join(&mut self, separator: &[u8], conversion: &[u8]) {
        let texts: Vec<Text> = self
            .fields
            .iter()
            .map(|field| field.to_text(conversion))
            .collect();
        self.text = Value::input(&texts.join(separator));
        self.is_joined = true;
    }

    /// The whole record.
    pub fn text(&self) -> &Value {
        &self.text
    }

    /// A field, counted from 1.
    pub fn field(&self, number: usize) -> Value {
        let field = self.fields.get(number.wrapping_sub(1));
        field.cloned().unwrap_or(Value::Unset)
    }

    /// Sets a field, counted from 1; those before it are there then, too.
    pub fn set_field(&mut self, number: usize, value: Value) {
        if number > self.fields.len() {
            self.set_count(number);
        }
        if let Some(field) = self.fields.get_mut(number.wrapping_sub(1)) {
            *field = value;
        }
        self.is_joined = false;
    }

    /// How many fields there are.
    pub fn count(&self) -> usize {
        self.fields.len()
    }

    /// Changes how many fields there are.
    pub fn set_count(&mut self, count: usize) {
        self.fields.resize(count, Value::Unset);
        self.is_joined = false;
    }
}
