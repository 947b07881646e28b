// SPDX-License-Identifier: GPL-2.0-or-later
//! Statements are run.

use super::Open;
use super::format;
use super::interpreter::{Flow, Interpreter, Opened, Output, Valued, at, error};
use super::tree::{Expression, Pattern, Redirection, Rule, Statement, global};
use super::value::{Text, Value};
use alloc::rc::Rc;
use alloc::vec::Vec;

impl Interpreter<'_> {
    /// Runs the rules for which the record is.
    pub fn run_on_record(&mut self) -> Valued<()> {
        let program = self.program;
        for (number, rule) in program.rules.iter().enumerate() {
            if self.is_for_record(number, rule)? {
                match &rule.action {
                    Some(action) => self.execute(action)?,
                    None => self.print(&[], None)?,
                }
            }
        }
        Ok(())
    }

    fn is_for_record(&mut self, number: usize, rule: &Rule) -> Valued<bool> {
        match &rule.pattern {
            Pattern::Begin | Pattern::End => Ok(false),
            Pattern::Always => Ok(true),
            Pattern::If(condition) => Ok(self.evaluate(condition)?.is_true()),
            Pattern::Range(first, last) => {
                let inside = self.ranges[number] || self.evaluate(first)?.is_true();
                self.ranges[number] = inside && !self.evaluate(last)?.is_true();
                Ok(inside)
            }
        }
    }

    /// Runs a statement.
    pub fn execute(&mut self, statement: &Statement) -> Valued<()> {
        match statement {
            Statement::Block(statements) => statements
                .iter()
                .try_for_each(|statement| self.execute(statement)),
            Statement::Expression(expression) => self.evaluate(expression).map(drop),
            Statement::Print(list, redirection) => self.print(list, redirection.as_ref()),
            Statement::Printf(list, redirection) => {
                let text = self.formatted(list)?;
                self.put(&text, redirection.as_ref())
            }
            Statement::If(condition, yes, no) => {
                if self.evaluate(condition)?.is_true() {
                    return self.execute(yes);
                }
                no.as_ref().map_or(Ok(()), |no| self.execute(no))
            }
            Statement::While(condition, body) => {
                while self.evaluate(condition)?.is_true() && self.goes_on(body)? {}
                Ok(())
            }
            Statement::Do(body, condition) => {
                while self.goes_on(body)? && self.evaluate(condition)?.is_true() {}
                Ok(())
            }
            Statement::For(parts) => {
                if let Some(first) = &parts.first {
                    self.execute(first)?;
                }
                loop {
                    if let Some(condition) = &parts.condition
                        && !self.evaluate(condition)?.is_true()
                    {
                        return Ok(());
                    }
                    if !self.goes_on(&parts.body)? {
                        return Ok(());
                    }
                    if let Some(step) = &parts.step {
                        self.execute(step)?;
                    }
                }
            }
            Statement::ForIn(variable, array, body) => {
                let array = self.array(*array)?;
                let keys: Vec<Text> = array.borrow().keys().cloned().collect();
                for key in keys {
                    self.set_variable(*variable, Value::input(&key))?;
                    if !self.goes_on(body)? {
                        break;
                    }
                }
                Ok(())
            }
            Statement::Delete(array, subscripts) => {
                let array = self.array(*array)?;
                match subscripts {
                    None => array.borrow_mut().clear(),
                    Some(subscripts) => {
                        let key = self.key(subscripts)?;
                        array.borrow_mut().remove(&key);
                    }
                }
                Ok(())
            }
            Statement::Break => Err(Flow::Break),
            Statement::Continue => Err(Flow::Continue),
            Statement::Next => Err(Flow::Next),
            Statement::NextFile => Err(Flow::NextFile),
            Statement::Exit(status) => {
                if let Some(status) = status {
                    self.status = self.evaluate(status)?.to_number() as i64 as i32 & 0xff;
                }
                Err(Flow::Exit)
            }
            Statement::Return(value) => {
                let value = value.as_ref().map(|value| self.evaluate(value));
                Err(Flow::Return(value.transpose()?.unwrap_or_default()))
            }
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

    fn print(&mut self, list: &[Expression], to: Option<&Redirection>) -> Valued<()> {
        let mut line = Vec::new();
        if list.is_empty() {
            line.extend_from_slice(&self.whole_record().to_text(b""));
        }
        let between = self.global_text(global::OFS);
        for (number, expression) in list.iter().enumerate() {
            let value = self.evaluate(expression)?;
            if number > 0 {
                line.extend_from_slice(&between);
            }
            line.extend_from_slice(&value.to_text(&self.global_text(global::OFMT)));
        }
        line.extend_from_slice(&self.global_text(global::ORS));
        self.put(&line, to)
    }

    /// A format and what fills it in.
    pub fn formatted(&mut self, list: &[Expression]) -> Valued<Vec<u8>> {
        let mut values = Vec::new();
        for expression in list {
            values.push(self.evaluate(expression)?);
        }
        let Some((format, values)) = values.split_first() else {
            return error("printf without a format");
        };
        let conversion = self.global_text(global::CONVFMT);
        Ok(format::printf(&self.text(format), values, &conversion))
    }

    fn put(&mut self, bytes: &[u8], to: Option<&Redirection>) -> Valued<()> {
        let Some(to) = to else {
            self.world.print(bytes);
            return Ok(());
        };
        let name = self.evaluate(&to.name)?;
        let name = self.text(&name);
        if to.how != Open::WriteCommand && (*name == *b"/dev/stdout" || *name == *b"-") {
            self.world.print(bytes);
            return Ok(());
        }
        let output = self.output(&name, to.how)?;
        output.write(bytes).map_err(|errno| at(&name, errno))
    }

    fn output(&mut self, name: &Text, how: Open) -> Valued<&mut Output> {
        let is_it =
            |opened: &(Text, Opened)| opened.0 == *name && matches!(opened.1, Opened::Output(_));
        let place = match self.opened.iter().position(is_it) {
            Some(place) => place,
            None => {
                self.flush_all()?;
                let stream = self
                    .world
                    .open(name, how)
                    .map_err(|errno| at(name, errno))?;
                let buffer = Vec::new();
                let output = Output { stream, buffer };
                self.opened.push((Rc::clone(name), Opened::Output(output)));
                self.opened.len() - 1
            }
        };
        match self.opened.get_mut(place) {
            Some((_, Opened::Output(output))) => Ok(output),
            _ => error("no output"),
        }
    }
}
