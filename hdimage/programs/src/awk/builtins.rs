// SPDX-License-Identifier: GPL-2.0-or-later
//! The functions that every program has.

use super::interpreter::{Interpreter, Valued, error};
use super::record::split;
use super::tree::{Builtin, Expression, Name, global};
use super::value::{Cell, Text, Value};
use crate::regex::Match;
use alloc::string::ToString;
use alloc::vec::Vec;

impl Interpreter<'_> {
    /// Calls a function; the parser has counted the arguments.
    pub fn builtin(&mut self, builtin: Builtin, arguments: &[Expression]) -> Valued {
        match (builtin, arguments) {
            (Builtin::Length, [Expression::Variable(name)]) if self.is_array(*name) => {
                let array = self.array(*name)?;
                let length = array.borrow().len();
                Ok(Value::Number(length as f64))
            }
            (Builtin::Sub | Builtin::Gsub, [regex, replacement, rest @ ..]) => {
                self.substitute(builtin == Builtin::Gsub, regex, replacement, rest.first())
            }
            (Builtin::Split, [text, array, rest @ ..]) => self.split(text, array, rest.first()),
            (Builtin::Match, [text, regex]) => self.matches(text, regex),
            (Builtin::Sprintf, list) => Ok(Value::text(&self.formatted(list)?)),
            (builtin, arguments) => {
                let mut values = Vec::new();
                for argument in arguments {
                    values.push(self.evaluate(argument)?);
                }
                match values.as_slice() {
                    [] => self.of_nothing(builtin),
                    [value] => self.of_one(builtin, value),
                    [first, rest @ ..] => Ok(self.of_more(builtin, first, rest)),
                }
            }
        }
    }

    fn is_array(&self, name: Name) -> bool {
        let cell = match name {
            Name::Global(place) => self.globals.get(place),
            Name::Local(place) => self.locals.get(self.frame + place),
        };
        match cell {
            Some(Cell::Array(_)) => true,
            Some(Cell::Passed(array)) => !array.borrow().is_empty(),
            _ => false,
        }
    }

    fn of_nothing(&mut self, builtin: Builtin) -> Valued {
        match builtin {
            Builtin::Length => {
                let length = self.whole_record().to_text(b"").len();
                Ok(Value::Number(length as f64))
            }
            Builtin::Rand => Ok(Value::Number(self.next_random())),
            Builtin::Srand => {
                let time = f64::from(self.world.time());
                self.of_one(builtin, &Value::Number(time))
            }
            _ => {
                self.flush_all()?;
                Ok(Value::Number(0.0))
            }
        }
    }

    fn of_one(&mut self, builtin: Builtin, value: &Value) -> Valued {
        let number = value.to_number();
        let result = match builtin {
            Builtin::Tolower | Builtin::Toupper => {
                let mut text = self.text(value).to_vec();
                match builtin {
                    Builtin::Tolower => text.make_ascii_lowercase(),
                    _ => text.make_ascii_uppercase(),
                }
                return Ok(Value::text(&text));
            }
            Builtin::Length => self.text(value).len() as f64,
            Builtin::Cos => libm::cos(number),
            Builtin::Exp => libm::exp(number),
            Builtin::Int => libm::trunc(number),
            Builtin::Log => libm::log(number),
            Builtin::Sin => libm::sin(number),
            Builtin::Sqrt => libm::sqrt(number),
            Builtin::Srand => {
                self.random = number.to_bits() ^ 0x9e37_79b9_7f4a_7c15;
                // The first numbers of seeds that are near each other are so, too.
                for _ in 0..8 {
                    self.next_random();
                }
                core::mem::replace(&mut self.seed, number)
            }
            Builtin::Close => {
                let name = self.text(value);
                self.close(&name)?.into()
            }
            Builtin::System => {
                self.flush_all()?;
                let command = self.text(value);
                self.world.system(&command).into()
            }
            _ => {
                self.flush_all()?;
                0.0
            }
        };
        Ok(Value::Number(result))
    }

    fn of_more(&mut self, builtin: Builtin, first: &Value, rest: &[Value]) -> Value {
        let second = rest.first().cloned().unwrap_or_default();
        match builtin {
            Builtin::Atan2 => Value::Number(libm::atan2(first.to_number(), second.to_number())),
            Builtin::Index => {
                let (text, part) = (self.text(first), self.text(&second));
                let found = match part.is_empty() {
                    true => None,
                    false => text.windows(part.len()).position(|window| window == &*part),
                };
                Value::Number(found.map_or(0.0, |place| place as f64 + 1.0))
            }
            _ => {
                let text = self.text(first);
                let start = libm::rint(second.to_number());
                let length = rest.get(1).map(|length| libm::rint(length.to_number()));
                let end = length.map_or(f64::INFINITY, |length| start + length);
                // A float that is out of range becomes the nearest index.
                let from = (start.max(1.0) - 1.0) as usize;
                let to = ((end.max(1.0) - 1.0) as usize).min(text.len());
                Value::text(text.get(from..to).unwrap_or_default())
            }
        }
    }

    /// A number from 0 on and below 1 (Marsaglia's xorshift).
    fn next_random(&mut self) -> f64 {
        let mut x = self.random.max(1);
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        self.random = x;
        (x >> 11) as f64 / (1u64 << 53) as f64
    }

    fn matches(&mut self, text: &Expression, regex: &Expression) -> Valued {
        let text = self.evaluate(text)?;
        let text = self.text(&text);
        let found = self.regex_of(regex)?.find(&text, 0);
        let found = found.map(|found| found.range());
        let start = found.as_ref().map_or(0.0, |range| range.start as f64 + 1.0);
        let length = found.map_or(-1.0, |range| range.len() as f64);
        self.set_global(global::RSTART, Value::Number(start));
        self.set_global(global::RLENGTH, Value::Number(length));
        Ok(Value::Number(start))
    }

    fn split(
        &mut self,
        text: &Expression,
        array: &Expression,
        separator: Option<&Expression>,
    ) -> Valued {
        let text = self.evaluate(text)?;
        let text = self.text(&text);
        let Expression::Variable(name) = array else {
            return error("split needs an array");
        };
        let separator = match separator {
            Some(Expression::Regex(regex)) => super::record::FieldSeparator::Regex(regex.clone()),
            Some(other) => {
                let text = self.evaluate(other)?;
                let text = self.text(&text);
                self.field_separator(&text)?
            }
            None => {
                let text = self.global_text(global::FS);
                self.field_separator(&text)?
            }
        };
        let array = self.array(*name)?;
        let mut array = array.borrow_mut();
        array.clear();
        for (number, piece) in (1..).zip(split(&text, &separator, false)) {
            array.insert(u32::to_string(&number).into_bytes().into(), piece);
        }
        Ok(Value::Number(array.len() as f64))
    }

    fn substitute(
        &mut self,
        all: bool,
        regex: &Expression,
        replacement: &Expression,
        target: Option<&Expression>,
    ) -> Valued {
        let regex = self.regex_of(regex)?;
        let replacement = self.evaluate(replacement)?;
        let replacement = self.text(&replacement);
        let place = match target {
            None => super::assign::Place::Field(0),
            Some(target) => self.place(target)?,
        };
        let text = self.value_at(&place)?;
        let text = self.text(&text);
        let mut out = Vec::new();
        let (mut copied, mut from, mut count) = (0, 0, 0);
        while let Some(found) = regex.find(&text, from) {
            let range = found.range();
            // Nothing right behind a match is no other match.
            if !(range.is_empty() && count > 0 && range.start == copied) {
                out.extend_from_slice(text.get(copied..range.start).unwrap_or_default());
                replaced(&mut out, &replacement, &text, &found);
                count += 1;
                copied = range.end;
            }
            from = range.end + usize::from(range.is_empty());
            if !all || from > text.len() {
                break;
            }
        }
        if count > 0 {
            out.extend_from_slice(text.get(copied..).unwrap_or_default());
            self.store(&place, Value::text(&out))?;
        }
        Ok(Value::Number(count.into()))
    }
}

/// The replacement: `&` is what has matched, `\&` an ordinary one.
fn replaced(out: &mut Vec<u8>, replacement: &Text, text: &[u8], found: &Match) {
    let mut rest = &replacement[..];
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        match (byte, rest) {
            (b'\\', [next @ (b'&' | b'\\'), behind @ ..]) => {
                out.push(*next);
                rest = behind;
            }
            (b'&', _) => out.extend_from_slice(text.get(found.range()).unwrap_or_default()),
            _ => out.push(byte),
        }
    }
}
