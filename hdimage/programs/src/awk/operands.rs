// SPDX-License-Identifier: GPL-2.0-or-later
//! From tokens to a tree: what stands between operators.

use super::lexer::Token;
use super::parser::{Parsed, Parser, is_place};
use super::pattern;
use super::tree::{Builtin, Expression, Source};
use alloc::boxed::Box;
use alloc::format;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;

impl Parser<'_> {
    /// What no operator is in, but in brackets.
    pub fn primary(&mut self) -> Parsed<Expression> {
        if self.is("/") || self.is("/=") {
            return self.regex();
        }
        match self.advance()? {
            Token::Number(number) => Ok(Expression::Number(number)),
            Token::Text(text) => Ok(Expression::Text(text.into())),
            Token::Name(name) => self.variable(&name),
            Token::Function(name) => {
                let number = self.function_number(name);
                Ok(Expression::Call(number, self.arguments()?))
            }
            Token::Builtin(builtin) => self.builtin(builtin),
            Token::Sign("$") => self.deeper(Self::field),
            Token::Sign(sign @ ("++" | "--")) => {
                let place = self.deeper(Self::primary)?;
                if !is_place(&place) {
                    return Err(format!("{sign} needs a variable"));
                }
                Ok(Expression::Step {
                    place: place.into(),
                    by: if sign == "++" { 1.0 } else { -1.0 },
                    old: false,
                })
            }
            Token::Sign(sign @ ("-" | "+" | "!")) => {
                let operand = Box::new(self.deeper(Self::unary)?);
                Ok(match sign {
                    "-" => Expression::Negative(operand),
                    "+" => Expression::Positive(operand),
                    _ => Expression::Not(operand),
                })
            }
            Token::Sign("(") => self.bracketed(Self::group),
            Token::Sign("getline") => {
                let place = self.getline_place()?;
                let source = match self.take("<")? {
                    true => Source::File(self.deeper(Self::primary)?.into()),
                    false => Source::Main,
                };
                Ok(Expression::Getline(place, source))
            }
            token => {
                self.token = token;
                Err(format!("{} where a value was expected", self.shown()))
            }
        }
    }

    /// `$`: what is behind it binds closer than anything else.
    fn field(&mut self) -> Parsed<Expression> {
        Ok(Expression::Field(self.primary()?.into()))
    }

    fn regex(&mut self) -> Parsed<Expression> {
        let mut text = Vec::new();
        if self.is("/=") {
            text.push(b'=');
        }
        text.extend(self.lexer.regex()?);
        self.advance()?;
        let regex = pattern::regex(&text).map_err(|error| String::from(error.text()))?;
        Ok(Expression::Regex(Rc::new(regex)))
    }

    fn variable(&mut self, name: &[u8]) -> Parsed<Expression> {
        let name = self.name(name);
        if !self.take("[")? {
            return Ok(Expression::Variable(name));
        }
        let subscripts = self.bracketed(Self::list)?;
        self.expect("]")?;
        Ok(Expression::Element(name, subscripts))
    }

    /// Expressions between commas.
    pub fn list(&mut self) -> Parsed<Vec<Expression>> {
        let mut list = alloc::vec![self.expression()?];
        while self.take(",")? {
            self.skip_newlines()?;
            list.push(self.expression()?);
        }
        Ok(list)
    }

    /// What is behind a `(`.
    fn group(&mut self) -> Parsed<Expression> {
        let mut list = self.list()?;
        self.expect(")")?;
        if list.len() > 1 {
            self.expect("in")?;
            return Ok(Expression::In(list, self.array()?));
        }
        let only = list.pop().ok_or("nothing in ( )")?;
        Ok(Expression::Group(only.into()))
    }

    fn arguments(&mut self) -> Parsed<Vec<Expression>> {
        self.expect("(")?;
        self.bracketed(|parser| {
            parser.skip_newlines()?;
            let arguments = match parser.is(")") {
                true => Vec::new(),
                false => parser.list()?,
            };
            parser.skip_newlines()?;
            parser.expect(")")?;
            Ok(arguments)
        })
    }

    fn builtin(&mut self, builtin: Builtin) -> Parsed<Expression> {
        let arguments = match self.is("(") {
            true => self.arguments()?,
            false if builtin == Builtin::Length => Vec::new(),
            false => return Err("a function without its ( )".into()),
        };
        let row = Builtin::ALL.iter().find(|(_, other, ..)| *other == builtin);
        let fits =
            row.is_some_and(|(_, _, least, most)| (*least..=*most).contains(&arguments.len()));
        match fits {
            true => Ok(Expression::Builtin(builtin, arguments)),
            false => Err("a function has too few or too many arguments".into()),
        }
    }

    /// Where `getline` puts what it has read.
    pub fn getline_place(&mut self) -> Parsed<Option<Box<Expression>>> {
        let place = match &self.token {
            Token::Name(name) => {
                let name = name.clone();
                self.advance()?;
                self.variable(&name)?
            }
            Token::Sign("$") => {
                self.advance()?;
                self.field()?
            }
            _ => return Ok(None),
        };
        Ok(Some(place.into()))
    }
}
