// SPDX-License-Identifier: GPL-2.0-or-later
//! Variables, fields and elements of arrays: how they are found and set.

use super::interpreter::{Interpreter, Valued, error};
use super::tree::{Expression, Name, global};
use super::value::{Array, Cell, Text, Value};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// The highest number of a field.
const FIELDS: f64 = 100_000.0;

/// Where a value is stored. Subscripts are evaluated once, also for `a[i++] += 2`.
pub enum Place {
    Variable(Name),
    Field(usize),
    Element(Array, Text),
}

impl Interpreter<'_> {
    fn cell(&mut self, name: Name) -> &mut Cell {
        match name {
            Name::Global(place) => &mut self.globals[place],
            Name::Local(place) => &mut self.locals[self.frame + place],
        }
    }

    /// The array of this name.
    pub fn array(&mut self, name: Name) -> Valued<Array> {
        let cell = self.cell(name);
        let array = match cell {
            Cell::Array(array) => return Ok(array.clone()),
            Cell::Unset => Array::default(),
            Cell::Passed(array) => array.clone(),
            Cell::Value(_) => return error(&self.what(name, "is no array")),
        };
        *cell = Cell::Array(array.clone());
        Ok(array)
    }

    fn what(&self, name: Name, text: &str) -> String {
        match name {
            Name::Global(place) => {
                let name = self.program.globals.get(place).map(Vec::as_slice);
                format!(
                    "{} {text}",
                    String::from_utf8_lossy(name.unwrap_or_default())
                )
            }
            Name::Local(_) => format!("a parameter {text}"),
        }
    }

    /// The value of a variable.
    pub fn variable(&mut self, name: Name) -> Valued {
        if name == Name::Global(global::NF) {
            self.split_record()?;
            return Ok(Value::Number(self.record.count() as f64));
        }
        match self.cell(name) {
            Cell::Value(value) => Ok(value.clone()),
            Cell::Unset => Ok(Value::Unset),
            Cell::Passed(array) if array.borrow().is_empty() => Ok(Value::Unset),
            Cell::Array(_) | Cell::Passed(_) => error(&self.what(name, "is an array")),
        }
    }

    /// Sets a variable.
    pub fn set_variable(&mut self, name: Name, value: Value) -> Valued<()> {
        if name == Name::Global(global::NF) {
            self.split_record()?;
            let count = value.to_number();
            if !(0.0..=FIELDS).contains(&count) {
                return error("NF cannot be that");
            }
            self.record.set_count(count as usize);
            return Ok(());
        }
        if let Cell::Array(_) = self.cell(name) {
            return error(&self.what(name, "is an array"));
        }
        *self.cell(name) = Cell::Value(value);
        Ok(())
    }

    /// The key of an element.
    pub fn key(&mut self, subscripts: &[Expression]) -> Valued<Text> {
        let mut key = Vec::new();
        for (number, subscript) in subscripts.iter().enumerate() {
            let value = self.evaluate(subscript)?;
            let text = self.text(&value);
            if subscripts.len() == 1 {
                return Ok(text);
            }
            if number > 0 {
                key.extend_from_slice(&self.global_text(global::SUBSEP));
            }
            key.extend_from_slice(&text);
        }
        Ok(key.into())
    }

    fn field_number(&mut self, number: &Expression) -> Valued<usize> {
        let number = self.evaluate(number)?.to_number();
        match (0.0..=FIELDS).contains(&number) {
            true => Ok(number as usize),
            false => error("there is no field of that number"),
        }
    }

    /// A field; 0 is the whole record.
    pub fn field(&mut self, number: usize) -> Valued {
        if number == 0 {
            return Ok(self.whole_record());
        }
        self.split_record()?;
        Ok(self.record.field(number))
    }

    /// Where an expression that can be assigned to is.
    pub fn place(&mut self, expression: &Expression) -> Valued<Place> {
        match expression {
            Expression::Variable(name) => Ok(Place::Variable(*name)),
            Expression::Field(number) => Ok(Place::Field(self.field_number(number)?)),
            Expression::Element(name, subscripts) => {
                let key = self.key(subscripts)?;
                Ok(Place::Element(self.array(*name)?, key))
            }
            _ => error("cannot be assigned to"),
        }
    }

    /// What is there.
    pub fn value_at(&mut self, place: &Place) -> Valued {
        match place {
            Place::Variable(name) => self.variable(*name),
            Place::Field(number) => self.field(*number),
            Place::Element(array, key) => {
                let mut array = array.borrow_mut();
                // An element is there as soon as somebody has looked at it.
                Ok(array.entry(key.clone()).or_default().clone())
            }
        }
    }

    /// Puts a value there.
    pub fn store(&mut self, place: &Place, value: Value) -> Valued<()> {
        match place {
            Place::Variable(name) => self.set_variable(*name, value),
            Place::Field(0) => {
                let text = self.text(&value);
                self.record.set(&text);
                Ok(())
            }
            Place::Field(number) => {
                self.split_record()?;
                self.record.set_field(*number, value);
                Ok(())
            }
            Place::Element(array, key) => {
                array.borrow_mut().insert(key.clone(), value);
                Ok(())
            }
        }
    }
}
