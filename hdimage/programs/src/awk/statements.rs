// SPDX-License-Identifier: GPL-2.0-or-later
//! From tokens to a tree: the statements.

use super::Open;
use super::lexer::Token;
use super::parser::{Parsed, Parser};
use super::tree::{Expression, For, Name, Redirection, Statement};
use alloc::boxed::Box;
use alloc::vec::Vec;

impl Parser<'_> {
    /// All statements up to a `}`.
    pub fn statements(&mut self) -> Parsed<Vec<Statement>> {
        let mut statements = Vec::new();
        loop {
            while self.take("\n")? || self.take(";")? {}
            if self.is("}") {
                return Ok(statements);
            }
            statements.push(self.statement()?);
        }
    }

    /// A statement, and what ends it.
    fn statement(&mut self) -> Parsed<Statement> {
        self.deeper(|parser| match parser.token {
            Token::Sign("{") => parser.block(),
            Token::Sign("if") => parser.if_statement(),
            Token::Sign("while") => {
                let condition = parser.condition()?;
                Ok(Statement::While(condition, parser.body()?))
            }
            Token::Sign("for") => parser.for_statement(),
            _ => {
                let statement = match parser.is("do") {
                    true => parser.do_statement()?,
                    false => parser.simple()?,
                };
                parser.end()?;
                Ok(statement)
            }
        })
    }

    /// What ends a statement. A `}` is left to whoever waits for it.
    fn end(&mut self) -> Parsed<()> {
        if self.take(";")? || self.take("\n")? || self.is("}") || self.token == Token::End {
            return Ok(());
        }
        self.expect(";")
    }

    /// The statement behind a condition; a `;` alone is none.
    fn body(&mut self) -> Parsed<Box<Statement>> {
        self.skip_newlines()?;
        if self.take(";")? {
            return Ok(Statement::Block(Vec::new()).into());
        }
        Ok(self.statement()?.into())
    }

    /// The keyword, and `( )` with an expression.
    fn condition(&mut self) -> Parsed<Expression> {
        self.advance()?;
        self.expect("(")?;
        let condition = self.expression()?;
        self.expect(")")?;
        Ok(condition)
    }

    fn if_statement(&mut self) -> Parsed<Statement> {
        let condition = self.condition()?;
        let yes = self.body()?;
        let otherwise = self.attempt(|parser| {
            while parser.take("\n")? || parser.take(";")? {}
            parser.take("else").map(|found| found.then_some(()))
        });
        let no = otherwise.map(|()| self.body()).transpose()?;
        Ok(Statement::If(condition, yes, no))
    }

    fn do_statement(&mut self) -> Parsed<Statement> {
        self.advance()?;
        let body = self.body()?;
        while self.take("\n")? || self.take(";")? {}
        match self.is("while") {
            true => Ok(Statement::Do(body, self.condition()?)),
            false => Err("do without its while".into()),
        }
    }

    fn for_statement(&mut self) -> Parsed<Statement> {
        self.advance()?;
        self.expect("(")?;
        if let Some((variable, array)) = self.attempt(Self::for_in) {
            return Ok(Statement::ForIn(variable, array, self.body()?));
        }
        let part = |parser: &mut Self, end: &str| match parser.is(end) {
            true => Ok(None),
            false => parser.simple().map(Some),
        };
        let first = part(self, ";")?;
        self.expect(";")?;
        self.skip_newlines()?;
        let condition = match self.is(";") {
            true => None,
            false => Some(self.expression()?),
        };
        self.expect(";")?;
        self.skip_newlines()?;
        let step = part(self, ")")?;
        self.expect(")")?;
        let body = *self.body()?;
        Ok(Statement::For(Box::new(For {
            first,
            condition,
            step,
            body,
        })))
    }

    /// `name in array)`
    fn for_in(&mut self) -> Parsed<Option<(Name, Name)>> {
        let Token::Name(name) = self.advance()? else {
            return Ok(None);
        };
        if !self.take("in")? {
            return Ok(None);
        }
        let variable = self.name(&name);
        let array = self.array()?;
        Ok(self.take(")")?.then_some((variable, array)))
    }

    /// A statement that has no other in it.
    fn simple(&mut self) -> Parsed<Statement> {
        let Token::Sign(sign) = self.token else {
            return self.expression().map(Statement::Expression);
        };
        let statement = match sign {
            "print" | "printf" => return self.print(),
            "delete" => {
                self.advance()?;
                let array = self.array()?;
                let mut subscripts = None;
                if self.take("[")? {
                    subscripts = Some(self.list()?);
                    self.expect("]")?;
                }
                return Ok(Statement::Delete(array, subscripts));
            }
            "exit" | "return" => {
                self.advance()?;
                let ends = [";", "\n", "}"].iter().any(|end| self.is(end));
                let value = match ends || self.token == Token::End {
                    true => None,
                    false => Some(self.expression()?),
                };
                return Ok(match sign {
                    "exit" => Statement::Exit(value),
                    _ => Statement::Return(value),
                });
            }
            "break" => Statement::Break,
            "continue" => Statement::Continue,
            "next" => Statement::Next,
            "nextfile" => Statement::NextFile,
            _ => return self.expression().map(Statement::Expression),
        };
        self.advance()?;
        Ok(statement)
    }

    fn print(&mut self) -> Parsed<Statement> {
        let formatted = self.is("printf");
        self.advance()?;
        let list = match self.attempt(Self::list_in_brackets) {
            Some(list) => list,
            None if self.is_end_of_print() => Vec::new(),
            None => {
                let before = core::mem::replace(&mut self.no_greater, true);
                let list = self.list();
                self.no_greater = before;
                list?
            }
        };
        if formatted && list.is_empty() {
            return Err("printf needs a format".into());
        }
        let redirection = self.redirection()?;
        Ok(match formatted {
            true => Statement::Printf(list, redirection),
            false => Statement::Print(list, redirection),
        })
    }

    fn is_end_of_print(&self) -> bool {
        let ends = [";", "\n", "}", ")", ">", ">>", "|"];
        ends.iter().any(|end| self.is(end)) || self.token == Token::End
    }

    /// `print (a, b) > "file"`: all that is printed is in the brackets.
    fn list_in_brackets(&mut self) -> Parsed<Option<Vec<Expression>>> {
        if !self.take("(")? {
            return Ok(None);
        }
        self.no_greater = false;
        let list = self.list()?;
        self.expect(")")?;
        Ok(self.is_end_of_print().then_some(list))
    }

    fn redirection(&mut self) -> Parsed<Option<Redirection>> {
        let how = match self.token {
            Token::Sign(">") => Open::Write,
            Token::Sign(">>") => Open::Append,
            Token::Sign("|") => Open::WriteCommand,
            _ => return Ok(None),
        };
        self.advance()?;
        let name = self.concatenation()?;
        Ok(Some(Redirection { how, name }))
    }
}
