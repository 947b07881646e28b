// SPDX-License-Identifier: GPL-2.0-or-later
//! The parser's middle: words, with quotes, `$` and backquotes.

use super::lexer::Token;
use super::parser::Parser;
use super::source::{Result, SyntaxError, Text};
use super::tree::{Action, Operation, Parameter, Piece, Word};
use super::{is_name, is_name_byte};
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;

/// Parameters whose name is one special character.
const SPECIAL: &[u8] = b"?$#!@*-";
/// What a backslash takes the meaning from inside double quotes.
const ESCAPED: &[u8] = b"\"\\$`";
/// Something in `${ }` that is no parameter.
const BAD: SyntaxError = SyntaxError::Unexpected("${");

impl Parser<'_> {
    /// A word, which ends at a blank or an operator.
    pub(super) fn word(&mut self) -> Result<Word> {
        let mut word = Word::default();
        while let Some(byte) = self.peek()? {
            if b" \t\n;&|<>()".contains(&byte) {
                break;
            }
            self.at += 1;
            match byte {
                b'\'' => self.single_quoted(&mut word)?,
                b'"' => self.double_quoted(&mut word)?,
                b'$' => self.dollar(&mut word, false)?,
                b'`' => self.backquoted(&mut word, false)?,
                b'\\' => word.push_quoted(self.escaped()?),
                _ => word.push(byte),
            }
        }
        Ok(word)
    }

    /// What a backslash, just read, stands before. At the end of the text it
    /// stands for itself.
    fn escaped(&mut self) -> Result<u8> {
        match self.peek_raw()? {
            Some(_) => self.any_byte(),
            None => Ok(b'\\'),
        }
    }

    fn single_quoted(&mut self, word: &mut Word) -> Result<()> {
        word.0.push(Piece::Quoted(Vec::new()));
        loop {
            match self.any_byte()? {
                b'\'' => return Ok(()),
                byte => word.push_quoted(byte),
            }
        }
    }

    fn double_quoted(&mut self, word: &mut Word) -> Result<()> {
        let pieces = word.0.len();
        while !self.accept_byte(b'"')? {
            self.in_quotes(ESCAPED, word)?;
        }
        // `""` is a word, though an empty one.
        if word.0.len() == pieces {
            word.0.push(Piece::Quoted(Vec::new()));
        }
        Ok(())
    }

    /// A byte where only `$`, backquotes and backslashes before the bytes of
    /// `escaped` have a meaning.
    fn in_quotes(&mut self, escaped: &[u8], word: &mut Word) -> Result<()> {
        self.peek()?;
        match self.any_byte()? {
            b'$' => self.dollar(word, true)?,
            b'`' => self.backquoted(word, true)?,
            b'\\' => match self.escaped()? {
                literal if escaped.contains(&literal) => word.push_quoted(literal),
                other => {
                    word.push_quoted(b'\\');
                    word.push_quoted(other);
                }
            },
            byte => word.push_quoted(byte),
        }
        Ok(())
    }

    /// What follows a `$`.
    fn dollar(&mut self, word: &mut Word, quoted: bool) -> Result<()> {
        self.enter()?;
        match self.peek()? {
            Some(b'(') => {
                self.at += 1;
                let piece = match self.arithmetic()? {
                    Some(expression) => Piece::Arithmetic { expression, quoted },
                    None => Piece::Command {
                        list: Rc::new(self.commands_in_parentheses()?),
                        quoted,
                    },
                };
                word.0.push(piece);
            }
            Some(b'{') => {
                self.at += 1;
                let parameter = self.braced(quoted)?;
                word.0.push(Piece::Parameter(Box::new(parameter)));
            }
            Some(byte) if SPECIAL.contains(&byte) || is_name_byte(byte) => {
                let name = if byte.is_ascii_digit() || SPECIAL.contains(&byte) {
                    self.at += 1;
                    alloc::vec![byte]
                } else {
                    self.name()?
                };
                word.0.push(Piece::Parameter(Box::new(Parameter {
                    name,
                    operation: Operation::Value,
                    quoted,
                })));
            }
            _ => word.push_as(b'$', quoted),
        }
        self.leave();
        Ok(())
    }

    fn name(&mut self) -> Result<Vec<u8>> {
        let mut name = Vec::new();
        while let Some(byte) = self.peek()?.filter(|&byte| is_name_byte(byte)) {
            self.at += 1;
            name.push(byte);
        }
        Ok(name)
    }

    /// The name in `${ }`.
    fn braced_name(&mut self) -> Result<Vec<u8>> {
        let name = self.name()?;
        if name.is_empty() {
            let special = self.any_byte()?;
            return match SPECIAL.contains(&special) {
                true => Ok(alloc::vec![special]),
                false => Err(BAD),
            };
        }
        let number = name.iter().all(u8::is_ascii_digit);
        if number || is_name(&name) {
            Ok(name)
        } else {
            Err(BAD)
        }
    }

    /// What follows `${`.
    fn braced(&mut self, quoted: bool) -> Result<Parameter> {
        let mut parameter = Parameter {
            name: self.braced_name()?,
            operation: Operation::Value,
            quoted,
        };
        if parameter.name == b"#" && self.peek()? != Some(b'}') {
            parameter.name = self.braced_name()?;
            parameter.operation = Operation::Length;
            return match self.accept_byte(b'}')? {
                true => Ok(parameter),
                false => Err(BAD),
            };
        }
        let or_empty = self.accept_byte(b':')?;
        let action = match self.any_byte()? {
            b'}' if !or_empty => return Ok(parameter),
            b'-' => Action::Default,
            b'=' => Action::Assign,
            b'?' => Action::Error,
            b'+' => Action::Alternative,
            byte @ (b'#' | b'%') if !or_empty => {
                parameter.operation = Operation::Cut {
                    end: byte == b'%',
                    longest: self.accept_byte(byte)?,
                    // Quotes around all say nothing about the pattern.
                    pattern: self.braced_word(false)?,
                };
                return Ok(parameter);
            }
            _ => return Err(BAD),
        };
        parameter.operation = Operation::IfSet {
            action,
            or_empty,
            word: self.braced_word(quoted)?,
        };
        Ok(parameter)
    }

    /// A word up to the `}`.
    fn braced_word(&mut self, quoted: bool) -> Result<Word> {
        let mut word = Word::default();
        loop {
            match self.peek()? {
                Some(b'}') => {
                    self.at += 1;
                    return Ok(word);
                }
                // Quotes inside of quotes change nothing.
                Some(b'"') if quoted => self.at += 1,
                Some(_) if quoted => self.in_quotes(b"\"\\$`}", &mut word)?,
                _ => match self.any_byte()? {
                    b'\'' => self.single_quoted(&mut word)?,
                    b'"' => self.double_quoted(&mut word)?,
                    b'$' => self.dollar(&mut word, false)?,
                    b'`' => self.backquoted(&mut word, false)?,
                    b'\\' => word.push_quoted(self.escaped()?),
                    byte => word.push(byte),
                },
            }
        }
    }

    /// The expression if `$(`, just read, begins one: if another `(` follows and
    /// what that opens ends in `))`. Else nothing is read.
    fn arithmetic(&mut self) -> Result<Option<Word>> {
        let (start, documents, depth) = (self.at, self.documents.len(), self.depth);
        if self.not_arithmetic.contains(&start) || !self.accept_byte(b'(')? {
            return Ok(None);
        }
        let mut expression = Word(alloc::vec![Piece::Quoted(Vec::new())]);
        let mut open = 0;
        loop {
            match self.peek()? {
                Some(b'(') => open += 1,
                Some(b')') if open == 0 => {
                    self.at += 1;
                    if self.accept_byte(b')')? {
                        return Ok(Some(expression));
                    }
                    break;
                }
                Some(b')') => open -= 1,
                Some(b'"') => {
                    self.at += 1;
                    continue;
                }
                None => return Err(SyntaxError::EndOfFile),
                _ => {}
            }
            match self.in_quotes(ESCAPED, &mut expression) {
                Err(SyntaxError::Unexpected(_)) => break,
                result => result?,
            }
        }
        // Whoever comes here again, in the commands around, need not try.
        self.not_arithmetic.push(start);
        (self.at, self.depth) = (start, depth);
        self.documents.truncate(documents);
        Ok(None)
    }

    /// The commands up to the `)` that belongs to a `$(` already read.
    fn commands_in_parentheses(&mut self) -> Result<super::tree::List> {
        let (start, end) = (self.start, self.end);
        let list = self.list()?;
        if !self.accept(&Token::Close)? {
            return Err(self.unexpected());
        }
        (self.start, self.end) = (start, end);
        Ok(list)
    }

    /// The commands up to the backquote that belongs to the one already read.
    fn backquoted(&mut self, word: &mut Word, quoted: bool) -> Result<()> {
        let mut text = Vec::new();
        loop {
            match self.any_byte()? {
                b'`' => break,
                b'\\' => match self.any_byte()? {
                    b'\n' => {}
                    literal @ (b'`' | b'\\' | b'$') => text.push(literal),
                    b'"' if quoted => text.push(b'"'),
                    other => text.extend([b'\\', other]),
                },
                byte => text.push(byte),
            }
        }
        self.enter()?;
        let mut source = Text::new(&text);
        let mut parser = Parser::nested(&mut source, self.depth);
        let list = parser.list()?;
        if !parser.accept(&Token::End)? {
            return Err(parser.unexpected());
        }
        self.leave();
        word.0.push(Piece::Command {
            list: Rc::new(list),
            quoted,
        });
        Ok(())
    }

    /// The text as one quoted word in which `$`, backquotes and backslashes before
    /// these have a meaning.
    pub(super) fn expandable(&mut self, text: &[u8]) -> Result<Word> {
        self.enter()?;
        let mut source = Text::new(text);
        let mut parser = Parser::nested(&mut source, self.depth);
        let mut word = Word(alloc::vec![Piece::Quoted(Vec::new())]);
        while parser.peek()?.is_some() {
            parser.in_quotes(b"\\$`", &mut word)?;
        }
        self.leave();
        Ok(word)
    }
}

/// As [`Parser::expandable`], of a prompt or another text; as it is where it
/// makes no sense.
pub fn expandable(text: &[u8]) -> Word {
    let mut nothing = Text::new(b"");
    let word = Parser::nested(&mut nothing, 0).expandable(text);
    word.unwrap_or_else(|_| Word(alloc::vec![Piece::Quoted(text.to_vec())]))
}
