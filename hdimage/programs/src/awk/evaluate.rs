// SPDX-License-Identifier: GPL-2.0-or-later
//! The values of expressions.

use super::Open;
use super::input::Input;
use super::interpreter::{Flow, Interpreter, Opened, Valued, error};
use super::tree::{Arithmetic, Comparison, Expression, Name, Source, global};
use super::value::{Array, Cell, Text, Value};
use crate::regex::Regex;
use alloc::rc::Rc;
use alloc::vec::Vec;

/// How deep functions may call each other, for the sake of the stack.
const CALLS: usize = 1000;

impl Interpreter<'_> {
    /// The value of an expression.
    pub fn evaluate(&mut self, expression: &Expression) -> Valued {
        Ok(match expression {
            Expression::Number(number) => Value::Number(*number),
            Expression::Text(text) => Value::Text(text.clone()),
            Expression::Regex(regex) => {
                let record = self.whole_record().to_text(b"");
                Value::truth(regex.matches(&record))
            }
            Expression::Variable(name) => self.variable(*name)?,
            Expression::Field(_) | Expression::Element(..) => {
                let place = self.place(expression)?;
                self.value_at(&place)?
            }
            Expression::In(subscripts, array) => {
                let key = self.key(subscripts)?;
                Value::truth(self.array(*array)?.borrow().contains_key(&key))
            }
            Expression::Assign(place, value) => {
                let value = self.evaluate(value)?;
                let place = self.place(place)?;
                self.store(&place, value.clone())?;
                value
            }
            Expression::Update(operator, place, value) => {
                let by = self.evaluate(value)?.to_number();
                let place = self.place(place)?;
                let old = self.value_at(&place)?.to_number();
                let value = Value::Number(arithmetic(*operator, old, by)?);
                self.store(&place, value.clone())?;
                value
            }
            Expression::Step { place, by, old } => {
                let place = self.place(place)?;
                let before = self.value_at(&place)?.to_number();
                self.store(&place, Value::Number(before + by))?;
                Value::Number(if *old { before } else { before + by })
            }
            Expression::If(condition, yes, no) => match self.evaluate(condition)?.is_true() {
                true => self.evaluate(yes)?,
                false => self.evaluate(no)?,
            },
            Expression::And(left, right) => {
                Value::truth(self.evaluate(left)?.is_true() && self.evaluate(right)?.is_true())
            }
            Expression::Or(left, right) => {
                Value::truth(self.evaluate(left)?.is_true() || self.evaluate(right)?.is_true())
            }
            Expression::Not(operand) => Value::truth(!self.evaluate(operand)?.is_true()),
            Expression::Negative(operand) => Value::Number(-self.evaluate(operand)?.to_number()),
            Expression::Positive(operand) => Value::Number(self.evaluate(operand)?.to_number()),
            Expression::Arithmetic(operator, left, right) => {
                let left = self.evaluate(left)?.to_number();
                let right = self.evaluate(right)?.to_number();
                Value::Number(arithmetic(*operator, left, right)?)
            }
            Expression::Concatenation(left, right) => {
                let left = self.evaluate(left)?;
                let left = self.text(&left);
                let right = self.evaluate(right)?;
                Value::text(&[&left[..], &self.text(&right)].concat())
            }
            Expression::Comparison(operator, left, right) => {
                let left = self.evaluate(left)?;
                let right = self.evaluate(right)?;
                Value::truth(self.compares(*operator, &left, &right))
            }
            Expression::Match {
                text,
                regex,
                negated,
            } => {
                let text = self.evaluate(text)?;
                let regex = self.regex_of(regex)?;
                Value::truth(regex.matches(&self.text(&text)) != *negated)
            }
            Expression::Call(function, arguments) => self.call(*function, arguments)?,
            Expression::Builtin(builtin, arguments) => self.builtin(*builtin, arguments)?,
            Expression::Getline(place, source) => self.getline(place.as_deref(), source)?,
            Expression::Group(inside) => self.evaluate(inside)?,
        })
    }

    fn compares(&self, operator: Comparison, left: &Value, right: &Value) -> bool {
        let order = left.compare(right, &self.global_text(global::CONVFMT));
        match (operator, order) {
            (Comparison::NotEqual, order) => order.is_none_or(|order| order.is_ne()),
            (_, None) => false,
            (Comparison::Less, Some(order)) => order.is_lt(),
            (Comparison::LessOrEqual, Some(order)) => order.is_le(),
            (Comparison::Equal, Some(order)) => order.is_eq(),
            (Comparison::Greater, Some(order)) => order.is_gt(),
            (Comparison::GreaterOrEqual, Some(order)) => order.is_ge(),
        }
    }

    /// An expression that stands where a regular expression is expected: `/regex/`
    /// itself, or a text.
    pub fn regex_of(&mut self, expression: &Expression) -> Valued<Rc<Regex>> {
        if let Expression::Regex(regex) = expression {
            return Ok(regex.clone());
        }
        let text = self.evaluate(expression)?;
        let text = self.text(&text);
        self.regex(&text)
    }

    fn call(&mut self, function: usize, arguments: &[Expression]) -> Valued {
        let Some(function) = self.program.functions.get(function) else {
            return error("no such function");
        };
        if arguments.len() > function.parameters {
            return error("a function has more arguments than parameters");
        }
        if self.depth == CALLS {
            return error("functions call each other too deep");
        }
        let mut cells: Vec<Cell> = Vec::new();
        for argument in arguments {
            cells.push(self.passed(argument)?);
        }
        cells.resize_with(function.parameters, Cell::default);
        let frame = core::mem::replace(&mut self.frame, self.locals.len());
        self.locals.extend(cells);
        self.depth += 1;
        let result = function
            .body
            .as_ref()
            .map_or(Ok(()), |body| self.execute(body));
        self.depth -= 1;
        self.locals.truncate(self.frame);
        self.frame = frame;
        match result {
            Ok(()) => Ok(Value::Unset),
            Err(Flow::Return(value)) => Ok(value),
            Err(flow) => Err(flow),
        }
    }

    /// An argument. A name that has shown nothing yet may turn out to be an array in the
    /// function; then it is the same array here.
    fn passed(&mut self, argument: &Expression) -> Valued<Cell> {
        let Expression::Variable(name) = argument else {
            return self.evaluate(argument).map(Cell::Value);
        };
        let cell = match *name {
            Name::Global(place) => self.globals.get_mut(place),
            Name::Local(place) => self.locals.get_mut(self.frame + place),
        };
        Ok(match cell {
            Some(Cell::Array(array)) => Cell::Array(array.clone()),
            Some(Cell::Passed(array)) => Cell::Passed(array.clone()),
            Some(cell @ Cell::Unset) if *name != Name::Global(global::NF) => {
                let array = Array::default();
                *cell = Cell::Passed(array.clone());
                Cell::Passed(array)
            }
            _ => Cell::Value(self.variable(*name)?),
        })
    }

    /// Reads a record: 1, 0 at the end, -1 after an error.
    fn getline(&mut self, place: Option<&Expression>, source: &Source) -> Valued {
        let record = match source {
            Source::Main => match self.next_record()? {
                Some(record) => record,
                None => return Ok(Value::Number(0.0)),
            },
            Source::File(name) | Source::Command(name) => {
                let name = self.evaluate(name)?;
                let name = self.text(&name);
                let is_command = matches!(source, Source::Command(_));
                let how = if is_command {
                    Open::ReadCommand
                } else {
                    Open::Read
                };
                match self.read_from(&name, how)? {
                    Ok(Some(record)) => {
                        if is_command {
                            self.count(false);
                        }
                        record
                    }
                    Ok(None) => return Ok(Value::Number(0.0)),
                    Err(_) => return Ok(Value::Number(-1.0)),
                }
            }
        };
        match place {
            None => self.record.set(&record),
            Some(place) => {
                let place = self.place(place)?;
                self.store(&place, Value::input(&record))?;
            }
        }
        Ok(Value::Number(1.0))
    }

    fn read_from(&mut self, name: &Text, how: Open) -> Valued<abi::Result<Option<Vec<u8>>>> {
        let separator = self.separator()?;
        let is_it =
            |opened: &(Text, Opened)| opened.0 == *name && matches!(opened.1, Opened::Input(_));
        let place = match self.opened.iter().position(is_it) {
            Some(place) => place,
            None => {
                self.flush_all()?;
                let stream = match self.world.open(name, how) {
                    Ok(stream) => stream,
                    Err(errno) => return Ok(Err(errno)),
                };
                let input = Opened::Input(Input::new(stream));
                self.opened.push((name.clone(), input));
                self.opened.len() - 1
            }
        };
        match self.opened.get_mut(place) {
            Some((_, Opened::Input(input))) => Ok(input.record(&separator)),
            _ => error("no input"),
        }
    }
}

fn arithmetic(operator: Arithmetic, left: f64, right: f64) -> Valued<f64> {
    Ok(match operator {
        Arithmetic::Add => left + right,
        Arithmetic::Subtract => left - right,
        Arithmetic::Multiply => left * right,
        Arithmetic::Divide | Arithmetic::Remainder if right == 0.0 => {
            return error("division by zero");
        }
        Arithmetic::Divide => left / right,
        Arithmetic::Remainder => libm::fmod(left, right),
        Arithmetic::Power => libm::pow(left, right),
    })
}
