// SPDX-License-Identifier: GPL-2.0-or-later
//! Runs programs.

use super::decimal::Decimal;
use super::parser::{Wrong, parse};
use super::tree::{
    Argument, Expression, Function, Item, Operator, Parameter, Place, Printed, Statement,
};
use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Ordering;

/// How deep functions may call each other, for the sake of the stack.
const CALLS: usize = 500;
/// Characters of a line; a longer one goes on behind a `\`.
const LINE: usize = 69;
/// The highest base that numbers are printed to.
const HIGHEST: usize = 1_000_000;

/// Why a statement was not the end of its work.
enum Flow {
    Break,
    Continue,
    Return(Decimal),
    Quit,
    Error(String),
}

type Valued<T = Decimal> = Result<T, Flow>;

type Array = BTreeMap<usize, Decimal>;

/// What a name stood for before a function was called.
enum Saved {
    Variable(String, Option<Decimal>),
    Array(String, Option<Array>),
}

/// What programs have set, and where they print.
pub struct Calculator<'a> {
    print: &'a mut dyn FnMut(&[u8]),
    variables: BTreeMap<String, Decimal>,
    arrays: BTreeMap<String, Array>,
    functions: BTreeMap<String, Rc<Function>>,
    depth: usize,
    /// What was read but is not yet a whole statement.
    pending: Vec<u8>,
}

fn error<T>(text: &str) -> Valued<T> {
    Err(Flow::Error(text.into()))
}

impl<'a> Calculator<'a> {
    /// A calculator that prints so.
    pub fn new(print: &'a mut dyn FnMut(&[u8])) -> Calculator<'a> {
        let base = |name: &str| (String::from(name), Decimal::whole(10));
        Calculator {
            print,
            variables: [base("ibase"), base("obase")].into(),
            arrays: BTreeMap::new(),
            functions: BTreeMap::new(),
            depth: 0,
            pending: Vec::new(),
        }
    }

    /// Takes a line, and runs what is whole by it. False after `quit`; or what was wrong.
    pub fn line(&mut self, line: &[u8]) -> Result<bool, String> {
        self.pending.extend_from_slice(line);
        self.pending.push(b'\n');
        let items = match parse(&self.pending) {
            Err(Wrong::Incomplete) => return Ok(true),
            Err(Wrong::Syntax(text)) => {
                self.pending.clear();
                return Err(text.into());
            }
            Ok(items) => items,
        };
        self.pending.clear();
        for item in &items {
            let flow = match item {
                Item::Function(name, function) => {
                    self.functions.insert(name.clone(), function.clone());
                    continue;
                }
                Item::Statement(statement) => self.execute(statement),
            };
            match flow {
                Ok(()) | Err(Flow::Return(_)) => {}
                Err(Flow::Quit) => return Ok(false),
                Err(Flow::Error(text)) => return Err(text),
                Err(Flow::Break | Flow::Continue) => return Err("break outside of a loop".into()),
            }
        }
        Ok(true)
    }

    /// Whether lines are missing at the end of the input.
    pub fn is_incomplete(&self) -> bool {
        !self.pending.is_empty()
    }

    fn small(&self, name: &str, otherwise: usize) -> usize {
        let value = self.variables.get(name);
        value.map_or(otherwise, |value| value.small().unwrap_or(otherwise))
    }

    fn scale(&self) -> usize {
        self.small("scale", 0)
    }

    fn put(&mut self, value: &Decimal) {
        let text = value.text(self.small("obase", 10) as u32);
        let mut rest = text.as_bytes();
        while rest.len() > LINE {
            let (now, later) = rest.split_at(LINE - 1);
            (self.print)(now);
            (self.print)(b"\\\n");
            rest = later;
        }
        (self.print)(rest);
    }

    fn execute(&mut self, statement: &Statement) -> Valued<()> {
        match statement {
            Statement::Expression(expression) => {
                let value = self.evaluate(expression)?;
                if !matches!(expression, Expression::Assign(..) | Expression::Update(..)) {
                    self.put(&value);
                    (self.print)(b"\n");
                    self.variables.insert("last".into(), value);
                }
                Ok(())
            }
            Statement::Text(text) => {
                (self.print)(text);
                Ok(())
            }
            Statement::Print(list) => list.iter().try_for_each(|one| match one {
                Printed::Text(text) => {
                    (self.print)(&unescaped(text));
                    Ok(())
                }
                Printed::Value(expression) => {
                    let value = self.evaluate(expression)?;
                    self.put(&value);
                    Ok(())
                }
            }),
            Statement::Block(statements) => statements
                .iter()
                .try_for_each(|statement| self.execute(statement)),
            Statement::If(condition, yes, no) => match (self.is_true(condition)?, no) {
                (true, _) => self.execute(yes),
                (false, Some(no)) => self.execute(no),
                (false, None) => Ok(()),
            },
            Statement::While(condition, body) => {
                while self.is_true(condition)? && self.goes_on(body)? {}
                Ok(())
            }
            Statement::For(parts, body) => {
                let [first, condition, step] = parts.as_ref();
                if let Some(first) = first {
                    self.evaluate(first)?;
                }
                loop {
                    if let Some(condition) = condition
                        && !self.is_true(condition)?
                    {
                        return Ok(());
                    }
                    if !self.goes_on(body)? {
                        return Ok(());
                    }
                    if let Some(step) = step {
                        self.evaluate(step)?;
                    }
                }
            }
            Statement::Break => Err(Flow::Break),
            Statement::Continue => Err(Flow::Continue),
            Statement::Quit => Err(Flow::Quit),
            Statement::Return(value) => Err(Flow::Return(match value {
                Some(value) => self.evaluate(value)?,
                None => Decimal::default(),
            })),
        }
    }

    /// Runs the body of a loop; whether the loop goes on.
    fn goes_on(&mut self, body: &Statement) -> Valued<bool> {
        match self.execute(body) {
            Ok(()) | Err(Flow::Continue) => Ok(true),
            Err(Flow::Break) => Ok(false),
            Err(flow) => Err(flow),
        }
    }

    fn is_true(&mut self, condition: &Expression) -> Valued<bool> {
        Ok(!self.evaluate(condition)?.is_zero())
    }

    fn evaluate(&mut self, expression: &Expression) -> Valued {
        let truth = |truth: bool| Decimal::whole(truth.into());
        Ok(match expression {
            Expression::Number(digits) => Decimal::parse(digits, self.small("ibase", 10) as u32),
            Expression::Place(place) => {
                let index = self.index(place)?;
                self.value_at(place, index)
            }
            Expression::Assign(place, value) => {
                let index = self.index(place)?;
                let value = self.evaluate(value)?;
                self.store(place, index, value)?
            }
            Expression::Update(operator, place, value) => {
                let index = self.index(place)?;
                let by = self.evaluate(value)?;
                let value = self.operate(*operator, &self.value_at(place, index), &by)?;
                self.store(place, index, value)?
            }
            Expression::Step { place, up, old } => {
                let index = self.index(place)?;
                let before = self.value_at(place, index);
                let one = Decimal::whole(1);
                let after = match up {
                    true => before.add(&one),
                    false => before.subtract(&one),
                };
                let after = self.store(place, index, after)?;
                if *old { before } else { after }
            }
            Expression::Operation(operator, left, right) => {
                let left = self.evaluate(left)?;
                let right = self.evaluate(right)?;
                self.operate(*operator, &left, &right)?
            }
            Expression::Comparison(sign, left, right) => {
                let order = self.evaluate(left)?.compare(&self.evaluate(right)?);
                truth(match *sign {
                    "==" => order == Ordering::Equal,
                    "!=" => order != Ordering::Equal,
                    "<" => order == Ordering::Less,
                    "<=" => order != Ordering::Greater,
                    ">" => order == Ordering::Greater,
                    _ => order != Ordering::Less,
                })
            }
            Expression::And(left, right) => truth(self.is_true(left)? && self.is_true(right)?),
            Expression::Or(left, right) => truth(self.is_true(left)? || self.is_true(right)?),
            Expression::Not(inside) => truth(!self.is_true(inside)?),
            Expression::Negative(inside) => self.evaluate(inside)?.negated(),
            Expression::Call(name, arguments) => self.call(name, arguments)?,
            Expression::Length(inside) => Decimal::whole(self.evaluate(inside)?.length() as u64),
            Expression::Scale(inside) => Decimal::whole(self.evaluate(inside)?.scale() as u64),
            Expression::Root(inside) => match self.evaluate(inside)?.root(self.scale()) {
                Some(root) => root,
                None => return error("square root of a negative number"),
            },
            Expression::Group(inside) => self.evaluate(inside)?,
        })
    }

    fn operate(&self, operator: Operator, left: &Decimal, right: &Decimal) -> Valued {
        let scale = self.scale();
        let by_zero = || Flow::Error("divide by zero".into());
        match operator {
            Operator::Add => Ok(left.add(right)),
            Operator::Subtract => Ok(left.subtract(right)),
            Operator::Multiply => Ok(left.multiply(right, scale)),
            Operator::Divide => left.divide(right, scale).ok_or_else(by_zero),
            Operator::Remainder => left.remainder(right, scale).ok_or_else(by_zero),
            Operator::Power if left.is_zero() && right.is_negative() => Err(by_zero()),
            Operator::Power => {
                let power = left.power(right, scale);
                power.ok_or_else(|| Flow::Error("exponent too large".into()))
            }
        }
    }

    /// The subscript of an element.
    fn index(&mut self, place: &Place) -> Valued<usize> {
        match place {
            Place::Variable(_) => Ok(0),
            Place::Element(_, index) => match self.evaluate(index)?.small() {
                Some(index) => Ok(index),
                None => error("no such subscript"),
            },
        }
    }

    fn value_at(&self, place: &Place, index: usize) -> Decimal {
        let value = match place {
            Place::Variable(name) => self.variables.get(name),
            Place::Element(name, _) => self.arrays.get(name).and_then(|array| array.get(&index)),
        };
        value.cloned().unwrap_or_default()
    }

    fn store(&mut self, place: &Place, index: usize, value: Decimal) -> Valued {
        match place {
            Place::Variable(name) => {
                let limits = match name.as_str() {
                    "ibase" => Some(2..=16),
                    "obase" => Some(2..=HIGHEST),
                    "scale" => Some(0..=HIGHEST),
                    _ => None,
                };
                let fits = |limits: core::ops::RangeInclusive<usize>| {
                    value.small().is_some_and(|value| limits.contains(&value))
                };
                let value = match limits {
                    Some(limits) if !fits(limits.clone()) => return error("value out of range"),
                    Some(_) => value.with_scale(0),
                    None => value,
                };
                self.variables.insert(name.clone(), value.clone());
                Ok(value)
            }
            Place::Element(name, _) => {
                let array = self.arrays.entry(name.clone()).or_default();
                array.insert(index, value.clone());
                Ok(value)
            }
        }
    }

    /// Calls a function. Its parameters and locals are variables like all others, whose
    /// old values are put back in the end.
    fn call(&mut self, name: &str, arguments: &[Argument]) -> Valued {
        let Some(function) = self.functions.get(name).cloned() else {
            return Err(Flow::Error(alloc::format!(
                "function {name} is not defined"
            )));
        };
        if arguments.len() != function.parameters.len() {
            return error("wrong number of arguments");
        }
        if self.depth == CALLS {
            return error("functions call each other too deep");
        }
        let mut values: Vec<(&Parameter, Decimal, Array)> = Vec::new();
        for (argument, parameter) in arguments.iter().zip(&function.parameters) {
            values.push(match (argument, parameter.is_array) {
                (Argument::Value(value), false) => (parameter, self.evaluate(value)?, Array::new()),
                (Argument::Array(name), true) => {
                    let array = self.arrays.get(name).cloned().unwrap_or_default();
                    (parameter, Decimal::default(), array)
                }
                _ => return error("an array and a number are not the same"),
            });
        }
        let nothing = |local| (local, Decimal::default(), Array::new());
        values.extend(function.locals.iter().map(nothing));
        let mut saved = Vec::new();
        for (parameter, value, array) in values {
            let name = parameter.name.clone();
            saved.push(match parameter.is_array {
                true => Saved::Array(name.clone(), self.arrays.insert(name, array)),
                false => Saved::Variable(name.clone(), self.variables.insert(name, value)),
            });
        }
        self.depth += 1;
        let result = function
            .body
            .iter()
            .try_for_each(|statement| self.execute(statement));
        self.depth -= 1;
        for one in saved.into_iter().rev() {
            match one {
                Saved::Variable(name, Some(value)) => drop(self.variables.insert(name, value)),
                Saved::Variable(name, None) => drop(self.variables.remove(&name)),
                Saved::Array(name, Some(array)) => drop(self.arrays.insert(name, array)),
                Saved::Array(name, None) => drop(self.arrays.remove(&name)),
            }
        }
        match result {
            Ok(()) => Ok(Decimal::default()),
            Err(Flow::Return(value)) => Ok(value),
            Err(flow) => Err(flow),
        }
    }
}

/// A text of `print` without its escapes.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        let Some((&letter, behind)) = rest.split_first().filter(|_| byte == b'\\') else {
            out.push(byte);
            continue;
        };
        rest = behind;
        out.push(match letter {
            b'a' => 7,
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'q' => b'"',
            b'r' => b'\r',
            b't' => b'\t',
            other => other,
        });
    }
    out
}
