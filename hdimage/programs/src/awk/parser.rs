// SPDX-License-Identifier: GPL-2.0-or-later
//! From tokens to a tree: the rules and functions, and operators.
//! `operands` has what stands between these, `statements` the statements.

use super::lexer::{Lexer, Token};
use super::tree::{
    Arithmetic, Comparison, Expression, Function, Name, Pattern, Program, Rule, Source, Statement,
    global,
};
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// How deep brackets may be in brackets, for the sake of the stack.
const DEPTH: usize = 100;

pub type Parsed<T> = Result<T, String>;

/// Where the text was read to.
pub struct Parser<'a> {
    pub lexer: Lexer<'a>,
    /// The next token.
    pub token: Token,
    globals: Vec<Vec<u8>>,
    locals: Vec<Vec<u8>>,
    functions: Vec<Function>,
    depth: usize,
    /// `>` belongs to the `print` around.
    pub no_greater: bool,
}

/// Makes a program of its text; an error has the number of the line.
pub fn parse(text: &[u8]) -> Result<Program, String> {
    let names = global::NAMES.iter();
    let mut parser = Parser {
        lexer: Lexer::new(text),
        token: Token::Sign("\n"),
        globals: names.map(|name| name.as_bytes().to_vec()).collect(),
        locals: Vec::new(),
        functions: Vec::new(),
        depth: 0,
        no_greater: false,
    };
    let rules = parser.rules();
    let rules = rules.map_err(|error| format!("line {}: {error}", parser.lexer.line()))?;
    if let Some(missing) = parser.functions.iter().find(|one| one.body.is_none()) {
        let name = String::from_utf8_lossy(&missing.name);
        return Err(format!("there is no function {name}"));
    }
    Ok(Program {
        rules,
        functions: parser.functions,
        globals: parser.globals,
    })
}

impl<'a> Parser<'a> {
    pub fn advance(&mut self) -> Parsed<Token> {
        let next = self.lexer.next()?;
        Ok(core::mem::replace(&mut self.token, next))
    }

    pub fn is(&self, sign: &str) -> bool {
        matches!(self.token, Token::Sign(now) if now == sign)
    }

    /// Goes over the sign, if it is there.
    pub fn take(&mut self, sign: &str) -> Parsed<bool> {
        let found = self.is(sign);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    pub fn expect(&mut self, sign: &str) -> Parsed<()> {
        match self.take(sign)? {
            true => Ok(()),
            false => Err(format!("{} where {sign} was expected", self.shown())),
        }
    }

    pub fn shown(&self) -> String {
        match &self.token {
            Token::End => "the end".into(),
            Token::Sign("\n") => "the end of the line".into(),
            Token::Sign(sign) => (*sign).into(),
            Token::Name(name) | Token::Function(name) => String::from_utf8_lossy(name).into(),
            Token::Number(_) => "a number".into(),
            Token::Text(_) => "a text".into(),
            Token::Builtin(_) => "a function".into(),
        }
    }

    pub fn skip_newlines(&mut self) -> Parsed<()> {
        while self.take("\n")? {}
        Ok(())
    }

    /// Tries what may not be there: if it is not, all is as before.
    pub fn attempt<T>(&mut self, what: impl FnOnce(&mut Self) -> Parsed<Option<T>>) -> Option<T> {
        let (lexer, token) = (self.lexer.clone(), self.token.clone());
        let flags = (self.no_greater, self.depth);
        let result = what(self).ok().flatten();
        if result.is_none() {
            (self.lexer, self.token) = (lexer, token);
            (self.no_greater, self.depth) = flags;
        }
        result
    }

    /// What is inside of something else.
    pub fn deeper<T>(&mut self, what: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth == DEPTH {
            return Err("brackets too deep".into());
        }
        self.depth += 1;
        let result = what(self);
        self.depth -= 1;
        result
    }

    /// What is in brackets: there all operators are ordinary ones.
    pub fn bracketed<T>(&mut self, what: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        let before = core::mem::replace(&mut self.no_greater, false);
        let result = self.deeper(what);
        self.no_greater = before;
        result
    }

    fn rules(&mut self) -> Parsed<Vec<Rule>> {
        let mut rules = Vec::new();
        loop {
            while self.take("\n")? || self.take(";")? {}
            if self.token == Token::End {
                return Ok(rules);
            }
            if self.take("function")? {
                self.function()?;
                continue;
            }
            let pattern = self.pattern()?;
            let action = match self.is("{") {
                true => Some(self.block()?),
                false if matches!(pattern, Pattern::Begin | Pattern::End) => {
                    return Err("BEGIN and END need an action".into());
                }
                false => None,
            };
            rules.push(Rule { pattern, action });
        }
    }

    fn pattern(&mut self) -> Parsed<Pattern> {
        if self.take("BEGIN")? {
            return Ok(Pattern::Begin);
        }
        if self.take("END")? {
            return Ok(Pattern::End);
        }
        if self.is("{") {
            return Ok(Pattern::Always);
        }
        let first = self.expression()?;
        if !self.take(",")? {
            return Ok(Pattern::If(first));
        }
        self.skip_newlines()?;
        Ok(Pattern::Range(first, self.expression()?))
    }

    fn function(&mut self) -> Parsed<()> {
        let name = match self.advance()? {
            Token::Name(name) | Token::Function(name) => name,
            _ => return Err("a function needs a name".into()),
        };
        self.expect("(")?;
        while let Token::Name(parameter) = &self.token {
            if self.locals.contains(parameter) {
                return Err("two parameters of the same name".into());
            }
            self.locals.push(parameter.clone());
            self.advance()?;
            if self.take(",")? {
                self.skip_newlines()?;
            }
        }
        self.expect(")")?;
        self.skip_newlines()?;
        let number = self.function_number(name);
        let body = self.block()?;
        let parameters = core::mem::take(&mut self.locals).len();
        let function = &mut self.functions[number];
        if function.body.is_some() {
            let name = String::from_utf8_lossy(&function.name);
            return Err(format!("function {name} is there already"));
        }
        (function.body, function.parameters) = (Some(body), parameters);
        Ok(())
    }

    pub fn function_number(&mut self, name: Vec<u8>) -> usize {
        let known = self.functions.iter().position(|one| one.name == name);
        known.unwrap_or_else(|| {
            self.functions.push(Function {
                name,
                parameters: 0,
                body: None,
            });
            self.functions.len() - 1
        })
    }

    pub fn name(&mut self, name: &[u8]) -> Name {
        if let Some(local) = self.locals.iter().position(|other| other == name) {
            return Name::Local(local);
        }
        let known = self.globals.iter().position(|other| other == name);
        Name::Global(known.unwrap_or_else(|| {
            self.globals.push(name.to_vec());
            self.globals.len() - 1
        }))
    }

    pub fn block(&mut self) -> Parsed<Statement> {
        self.expect("{")?;
        let statements = self.statements()?;
        self.expect("}")?;
        Ok(Statement::Block(statements))
    }

    /// An expression of any kind.
    pub fn expression(&mut self) -> Parsed<Expression> {
        self.deeper(Self::conditional)
    }

    fn conditional(&mut self) -> Parsed<Expression> {
        let condition = self.or()?;
        if !self.take("?")? {
            return Ok(condition);
        }
        self.skip_newlines()?;
        let yes = self.expression()?;
        self.skip_newlines()?;
        self.expect(":")?;
        self.skip_newlines()?;
        let no = self.expression()?;
        Ok(Expression::If(condition.into(), yes.into(), no.into()))
    }

    fn or(&mut self) -> Parsed<Expression> {
        let mut left = self.and()?;
        while self.take("||")? {
            self.skip_newlines()?;
            left = Expression::Or(left.into(), self.and()?.into());
        }
        Ok(left)
    }

    fn and(&mut self) -> Parsed<Expression> {
        let mut left = self.membership()?;
        while self.take("&&")? {
            self.skip_newlines()?;
            left = Expression::And(left.into(), self.membership()?.into());
        }
        Ok(left)
    }

    fn membership(&mut self) -> Parsed<Expression> {
        let mut left = self.matching()?;
        while self.take("in")? {
            left = Expression::In(alloc::vec![left], self.array()?);
        }
        Ok(left)
    }

    /// The name of an array.
    pub fn array(&mut self) -> Parsed<Name> {
        match self.advance()? {
            Token::Name(name) => Ok(self.name(&name)),
            _ => Err("an array was expected".into()),
        }
    }

    fn matching(&mut self) -> Parsed<Expression> {
        let mut left = self.comparison()?;
        loop {
            let negated = self.is("!~");
            if !negated && !self.is("~") {
                return Ok(left);
            }
            self.advance()?;
            left = Expression::Match {
                text: left.into(),
                regex: self.comparison()?.into(),
                negated,
            };
        }
    }

    fn comparison(&mut self) -> Parsed<Expression> {
        let left = self.concatenation()?;
        let operator = match self.token {
            Token::Sign("<") => Comparison::Less,
            Token::Sign("<=") => Comparison::LessOrEqual,
            Token::Sign("==") => Comparison::Equal,
            Token::Sign("!=") => Comparison::NotEqual,
            Token::Sign(">") if !self.no_greater => Comparison::Greater,
            Token::Sign(">=") => Comparison::GreaterOrEqual,
            _ => return Ok(left),
        };
        self.advance()?;
        let right = self.concatenation()?;
        Ok(Expression::Comparison(operator, left.into(), right.into()))
    }

    /// Operands side by side, and `| getline` behind them.
    pub fn concatenation(&mut self) -> Parsed<Expression> {
        let mut left = self.sum()?;
        loop {
            let starts = match self.token {
                Token::Number(_) | Token::Text(_) | Token::Name(_) => true,
                Token::Function(_) | Token::Builtin(_) => true,
                Token::Sign(sign) => ["$", "!", "(", "++", "--"].contains(&sign),
                Token::End => false,
            };
            if starts {
                left = Expression::Concatenation(left.into(), self.sum()?.into());
            } else if self.is("|") {
                let getline = |parser: &mut Self| {
                    parser.expect("|")?;
                    parser.take("getline").map(|found| found.then_some(()))
                };
                if self.attempt(getline).is_none() {
                    return Ok(left);
                }
                let place = self.getline_place()?;
                left = Expression::Getline(place, Source::Command(left.into()));
            } else {
                return Ok(left);
            }
        }
    }

    fn sum(&mut self) -> Parsed<Expression> {
        let mut left = self.product()?;
        loop {
            let operator = match self.token {
                Token::Sign("+") => Arithmetic::Add,
                Token::Sign("-") => Arithmetic::Subtract,
                _ => return Ok(left),
            };
            self.advance()?;
            left = Expression::Arithmetic(operator, left.into(), self.product()?.into());
        }
    }

    fn product(&mut self) -> Parsed<Expression> {
        let mut left = self.unary()?;
        loop {
            let operator = match self.token {
                Token::Sign("*") => Arithmetic::Multiply,
                Token::Sign("/") => Arithmetic::Divide,
                Token::Sign("%") => Arithmetic::Remainder,
                _ => return Ok(left),
            };
            self.advance()?;
            left = Expression::Arithmetic(operator, left.into(), self.unary()?.into());
        }
    }

    pub fn unary(&mut self) -> Parsed<Expression> {
        let Token::Sign(sign @ ("!" | "-" | "+")) = self.token else {
            return self.power();
        };
        self.advance()?;
        let operand = Box::new(self.deeper(Self::unary)?);
        Ok(match sign {
            "!" => Expression::Not(operand),
            "-" => Expression::Negative(operand),
            _ => Expression::Positive(operand),
        })
    }

    fn power(&mut self) -> Parsed<Expression> {
        let base = self.postfix()?;
        if !self.take("^")? {
            return Ok(base);
        }
        // 2^-3, and 2^3^2 is 2^(3^2).
        let exponent = self.deeper(Self::unary)?;
        let operator = Arithmetic::Power;
        Ok(Expression::Arithmetic(
            operator,
            base.into(),
            exponent.into(),
        ))
    }

    /// An operand with `++` or `--` behind it, or an assignment to it. That binds to
    /// the place right before it, whatever else is before that.
    fn postfix(&mut self) -> Parsed<Expression> {
        let place = self.primary()?;
        if !is_place(&place) {
            return Ok(place);
        }
        let by = match self.token {
            Token::Sign("++") => 1.0,
            Token::Sign("--") => -1.0,
            _ => return self.assignment(place),
        };
        self.advance()?;
        Ok(Expression::Step {
            place: place.into(),
            by,
            old: true,
        })
    }

    fn assignment(&mut self, place: Expression) -> Parsed<Expression> {
        let operator = match self.token {
            Token::Sign("=") => None,
            Token::Sign("+=") => Some(Arithmetic::Add),
            Token::Sign("-=") => Some(Arithmetic::Subtract),
            Token::Sign("*=") => Some(Arithmetic::Multiply),
            Token::Sign("/=") => Some(Arithmetic::Divide),
            Token::Sign("%=") => Some(Arithmetic::Remainder),
            Token::Sign("^=") => Some(Arithmetic::Power),
            _ => return Ok(place),
        };
        self.advance()?;
        self.skip_newlines()?;
        let value = self.expression()?;
        Ok(match operator {
            None => Expression::Assign(place.into(), value.into()),
            Some(operator) => Expression::Update(operator, place.into(), value.into()),
        })
    }
}

/// Whether it can be assigned to.
pub fn is_place(expression: &Expression) -> bool {
    matches!(
        expression,
        Expression::Variable(_) | Expression::Element(..) | Expression::Field(_)
    )
}
