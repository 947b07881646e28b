// SPDX-License-Identifier: GPL-2.0-or-later
//! From tokens to a tree.

use super::lexer::{Token, tokens};
use super::tree::{
    Argument, Expression, Function, Item, Operator, Parameter, Place, Printed, Statement,
};
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;

/// How deep brackets may be in brackets, for the sake of the stack.
const DEPTH: usize = 100;

/// Why a text is no program.
#[derive(Debug, PartialEq)]
pub enum Wrong {
    /// More lines are needed.
    Incomplete,
    Syntax(&'static str),
}

type Parsed<T> = Result<T, Wrong>;

struct Parser {
    tokens: Vec<Token>,
    place: usize,
    depth: usize,
}

/// Makes statements and functions of some lines.
pub fn parse(text: &[u8]) -> Parsed<Vec<Item>> {
    let mut parser = Parser {
        tokens: tokens(text)?,
        place: 0,
        depth: 0,
    };
    let mut items = Vec::new();
    loop {
        while parser.take("\n") || parser.take(";") {}
        match parser.token() {
            Token::End => return Ok(items),
            Token::Sign("define") => items.push(parser.function()?),
            _ => {
                items.push(Item::Statement(parser.statement()?));
                parser.end()?;
            }
        }
    }
}

impl Parser {
    fn token(&self) -> &Token {
        self.tokens.get(self.place).unwrap_or(&Token::End)
    }

    fn is(&self, sign: &str) -> bool {
        matches!(self.token(), Token::Sign(now) if *now == sign)
    }

    fn take(&mut self, sign: &str) -> bool {
        let found = self.is(sign);
        self.place += usize::from(found);
        found
    }

    fn unexpected<T>(&self) -> Parsed<T> {
        match self.token() {
            Token::End => Err(Wrong::Incomplete),
            _ => Err(Wrong::Syntax("syntax error")),
        }
    }

    fn expect(&mut self, sign: &str) -> Parsed<()> {
        match self.take(sign) {
            true => Ok(()),
            false => self.unexpected(),
        }
    }

    fn skip_newlines(&mut self) {
        while self.take("\n") {}
    }

    fn deeper<T>(&mut self, what: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth == DEPTH {
            return Err(Wrong::Syntax("brackets too deep"));
        }
        self.depth += 1;
        let result = what(self);
        self.depth -= 1;
        result
    }

    /// What ends a statement; a `}` is left.
    fn end(&mut self) -> Parsed<()> {
        match self.take("\n") || self.take(";") || self.is("}") || *self.token() == Token::End {
            true => Ok(()),
            false => self.unexpected(),
        }
    }

    fn name(&mut self) -> Parsed<String> {
        match self.token().clone() {
            Token::Name(name) => {
                self.place += 1;
                Ok(name)
            }
            _ => self.unexpected(),
        }
    }

    fn parameters(&mut self) -> Parsed<Vec<Parameter>> {
        let mut all = Vec::new();
        loop {
            // An array may be passed with a `*` before it, which means nothing here.
            let _ = self.take("*");
            let name = self.name()?;
            let is_array = self.take("[");
            if is_array {
                self.expect("]")?;
            }
            let one = Parameter { name, is_array };
            if all.contains(&one) {
                return Err(Wrong::Syntax("two parameters of the same name"));
            }
            all.push(one);
            if !self.take(",") {
                return Ok(all);
            }
        }
    }

    fn function(&mut self) -> Parsed<Item> {
        self.expect("define")?;
        let _ = self.take("void");
        let name = self.name()?;
        self.expect("(")?;
        let parameters = match self.is(")") {
            true => Vec::new(),
            false => self.parameters()?,
        };
        self.expect(")")?;
        self.skip_newlines();
        self.expect("{")?;
        while self.take("\n") || self.take(";") {}
        let mut locals = Vec::new();
        if self.take("auto") {
            locals = self.parameters()?;
            self.end()?;
        }
        let body = self.block()?;
        Ok(Item::Function(
            name,
            Rc::new(Function {
                parameters,
                locals,
                body,
            }),
        ))
    }

    /// Statements up to a `}`.
    fn block(&mut self) -> Parsed<Vec<Statement>> {
        let mut statements = Vec::new();
        loop {
            while self.take("\n") || self.take(";") {}
            if self.take("}") {
                return Ok(statements);
            }
            statements.push(self.statement()?);
            self.end()?;
        }
    }

    fn statement(&mut self) -> Parsed<Statement> {
        self.deeper(Self::any_statement)
    }

    fn any_statement(&mut self) -> Parsed<Statement> {
        let sign = match self.token() {
            Token::Text(text) => {
                let text = text.clone();
                self.place += 1;
                return Ok(Statement::Text(text));
            }
            Token::Sign(sign) => *sign,
            _ => return self.expression().map(Statement::Expression),
        };
        self.place += 1;
        match sign {
            "{" => self.block().map(Statement::Block),
            "if" => {
                let condition = self.condition()?;
                let yes = self.body()?;
                let before = self.place;
                // In a block `else` may be on the next line.
                while self.depth > 1 && (self.is("\n") || self.is(";")) {
                    self.place += 1;
                }
                if self.take("else") {
                    return Ok(Statement::If(condition, yes, Some(self.body()?)));
                }
                self.place = before;
                Ok(Statement::If(condition, yes, None))
            }
            "while" => {
                let condition = self.condition()?;
                Ok(Statement::While(condition, self.body()?))
            }
            "for" => {
                self.expect("(")?;
                let mut parts = [None, None, None];
                for (part, end) in parts.iter_mut().zip([";", ";", ")"]) {
                    if !self.is(end) {
                        *part = Some(self.expression()?);
                    }
                    self.expect(end)?;
                }
                Ok(Statement::For(parts.into(), self.body()?))
            }
            "print" => {
                let mut list = Vec::new();
                loop {
                    list.push(match self.token().clone() {
                        Token::Text(text) => {
                            self.place += 1;
                            Printed::Text(text)
                        }
                        _ => Printed::Value(self.expression()?),
                    });
                    if !self.take(",") {
                        return Ok(Statement::Print(list));
                    }
                }
            }
            "break" => Ok(Statement::Break),
            "continue" => Ok(Statement::Continue),
            "quit" | "halt" => Ok(Statement::Quit),
            "return" => {
                let ends = ["\n", ";", "}"].iter().any(|end| self.is(end));
                let nothing = ends || *self.token() == Token::End;
                Ok(Statement::Return(match nothing {
                    true => None,
                    false => Some(self.expression()?),
                }))
            }
            _ => {
                self.place -= 1;
                self.expression().map(Statement::Expression)
            }
        }
    }

    fn condition(&mut self) -> Parsed<Expression> {
        self.expect("(")?;
        let condition = self.expression()?;
        self.expect(")")?;
        Ok(condition)
    }

    fn body(&mut self) -> Parsed<Box<Statement>> {
        self.skip_newlines();
        match self.is(";") {
            true => Ok(Statement::Block(Vec::new()).into()),
            false => Ok(self.statement()?.into()),
        }
    }

    fn expression(&mut self) -> Parsed<Expression> {
        self.deeper(Self::or)
    }

    fn or(&mut self) -> Parsed<Expression> {
        let mut left = self.and()?;
        while self.take("||") {
            left = Expression::Or(left.into(), self.and()?.into());
        }
        Ok(left)
    }

    fn and(&mut self) -> Parsed<Expression> {
        let mut left = self.not()?;
        while self.take("&&") {
            left = Expression::And(left.into(), self.not()?.into());
        }
        Ok(left)
    }

    fn not(&mut self) -> Parsed<Expression> {
        match self.take("!") {
            true => Ok(Expression::Not(self.deeper(Self::not)?.into())),
            false => self.comparison(),
        }
    }

    fn comparison(&mut self) -> Parsed<Expression> {
        let mut left = self.sum()?;
        loop {
            let signs = ["==", "!=", "<=", ">=", "<", ">"];
            let Some(sign) = signs.into_iter().find(|sign| self.is(sign)) else {
                return Ok(left);
            };
            self.place += 1;
            left = Expression::Comparison(sign, left.into(), self.sum()?.into());
        }
    }

    fn operator(&self, known: &[(&str, Operator)]) -> Option<Operator> {
        let found = known.iter().find(|(sign, _)| self.is(sign));
        found.map(|(_, operator)| *operator)
    }

    fn sum(&mut self) -> Parsed<Expression> {
        let mut left = self.product()?;
        while let Some(operator) = self.operator(&[("+", Operator::Add), ("-", Operator::Subtract)])
        {
            self.place += 1;
            left = Expression::Operation(operator, left.into(), self.product()?.into());
        }
        Ok(left)
    }

    fn product(&mut self) -> Parsed<Expression> {
        let mut left = self.power()?;
        while let Some(operator) = self.operator(&[
            ("*", Operator::Multiply),
            ("/", Operator::Divide),
            ("%", Operator::Remainder),
        ]) {
            self.place += 1;
            left = Expression::Operation(operator, left.into(), self.power()?.into());
        }
        Ok(left)
    }

    /// 2^3^2 is 2^(3^2), and -2^2 is (-2)^2.
    fn power(&mut self) -> Parsed<Expression> {
        let base = self.unary()?;
        if !self.take("^") {
            return Ok(base);
        }
        let exponent = self.deeper(Self::power)?;
        Ok(Expression::Operation(
            Operator::Power,
            base.into(),
            exponent.into(),
        ))
    }

    fn unary(&mut self) -> Parsed<Expression> {
        if self.take("-") {
            return Ok(Expression::Negative(self.deeper(Self::unary)?.into()));
        }
        for (sign, up) in [("++", true), ("--", false)] {
            if self.take(sign) {
                let Expression::Place(place) = self.deeper(Self::primary)? else {
                    return self.unexpected();
                };
                return Ok(Expression::Step {
                    place,
                    up,
                    old: false,
                });
            }
        }
        match self.primary()? {
            Expression::Place(place) => self.assignment(place),
            other => Ok(other),
        }
    }

    /// What is behind a variable.
    fn assignment(&mut self, place: Place) -> Parsed<Expression> {
        for (sign, up) in [("++", true), ("--", false)] {
            if self.take(sign) {
                return Ok(Expression::Step {
                    place,
                    up,
                    old: true,
                });
            }
        }
        if self.take("=") {
            return Ok(Expression::Assign(place, self.deeper(Self::sum)?.into()));
        }
        let known = [
            ("+=", Operator::Add),
            ("-=", Operator::Subtract),
            ("*=", Operator::Multiply),
            ("/=", Operator::Divide),
            ("%=", Operator::Remainder),
            ("^=", Operator::Power),
        ];
        match self.operator(&known) {
            None => Ok(Expression::Place(place)),
            Some(operator) => {
                self.place += 1;
                let value = self.deeper(Self::sum)?;
                Ok(Expression::Update(operator, place, value.into()))
            }
        }
    }

    fn primary(&mut self) -> Parsed<Expression> {
        let token = self.token().clone();
        self.place += 1;
        match token {
            Token::Number(digits) => Ok(Expression::Number(digits)),
            Token::Name(name) if self.take("(") => {
                let arguments = self.arguments()?;
                Ok(Expression::Call(name, arguments))
            }
            Token::Name(name) if self.take("[") => {
                let index = self.expression()?;
                self.expect("]")?;
                Ok(Expression::Place(Place::Element(name, index.into())))
            }
            Token::Name(name) => Ok(Expression::Place(Place::Variable(name))),
            Token::Sign("(") => {
                let inside = self.expression()?;
                self.expect(")")?;
                Ok(Expression::Group(inside.into()))
            }
            Token::Sign("scale") if !self.is("(") => {
                Ok(Expression::Place(Place::Variable("scale".into())))
            }
            Token::Sign(sign @ ("length" | "sqrt" | "scale")) => {
                let inside = Box::new(self.condition()?);
                Ok(match sign {
                    "length" => Expression::Length(inside),
                    "sqrt" => Expression::Root(inside),
                    _ => Expression::Scale(inside),
                })
            }
            _ => {
                self.place -= 1;
                self.unexpected()
            }
        }
    }

    fn arguments(&mut self) -> Parsed<Vec<Argument>> {
        let mut all = Vec::new();
        if self.take(")") {
            return Ok(all);
        }
        loop {
            let before = self.place;
            let array = self.name().ok();
            match array {
                Some(name) if self.take("[") && self.take("]") => all.push(Argument::Array(name)),
                _ => {
                    self.place = before;
                    all.push(Argument::Value(self.expression()?));
                }
            }
            if !self.take(",") {
                self.expect(")")?;
                return Ok(all);
            }
        }
    }
}
