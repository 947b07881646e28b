// SPDX-License-Identifier: GPL-2.0-or-later
//! Tokens to commands, by recursive descent.
//!
//! ```text
//! list      = and_or { (";" | "&" | newline) and_or }
//! and_or    = pipeline { ("&&" | "||") pipeline }
//! pipeline  = ["!"] command { "|" command } | "time" pipeline
//! command   = simple | compound { redirect }
//! compound  = "(" list ")" | "{" list "}" | if | while | until | for | case
//! simple    = { NAME=word } { word | redirect } | function
//! function  = NAME "(" ")" compound { redirect }
//! ```
//!
//! A token is read when it is looked at and not before, so that the commands of a
//! line run before the next line is asked for.

use super::is_name;
use super::lexer::{Document, Token};
use super::source::{Result, Source, SyntaxError, Text};
use super::tree::{
    AndOr, Command, CommandKind, Connector, List, Piece, Pipeline, Redirect, RedirectKind, Word,
};
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::OnceCell;

/// How deep commands and words may be nested, so that no text overflows the stack.
const DEEPEST: usize = 100;

/// The commands of the next line, and of further ones where a command goes on;
/// `None` at the end.
pub fn parse_line(source: &mut dyn Source) -> Result<Option<List>> {
    Parser::nested(source, 0).whole_line_of_commands()
}

/// The commands of a whole text.
pub fn parse(text: &[u8]) -> Result<List> {
    let mut source = Text::new(text);
    let mut list = List::new();
    while let Some(line) = parse_line(&mut source)? {
        list.extend(line);
    }
    Ok(list)
}

/// Reads commands from lines. The other half of it is in `lexer` and `quotes`.
pub struct Parser<'a> {
    pub(super) source: &'a mut dyn Source,
    /// The lines that were read.
    pub(super) text: Vec<u8>,
    /// What of it is to be read next.
    pub(super) at: usize,
    /// The token that was looked at.
    next: Option<Token>,
    /// Where it begins.
    pub(super) start: usize,
    /// Where the token before it ends.
    pub(super) end: usize,
    pub(super) depth: usize,
    /// The here-documents that begin behind this line.
    pub(super) documents: Vec<Document>,
    /// Where a `$(` was found to be followed by commands, though another `(`
    /// follows.
    pub(super) not_arithmetic: Vec<usize>,
    /// Aliases whose values are being read, and where those end.
    aliases: Vec<(Vec<u8>, usize)>,
    /// The word behind this place may be an alias too.
    alias_follows: Option<usize>,
}

impl<'a> Parser<'a> {
    /// A parser of text that is so deep inside of other text.
    pub(super) fn nested(source: &'a mut dyn Source, depth: usize) -> Parser<'a> {
        Parser {
            source,
            text: Vec::new(),
            at: 0,
            next: None,
            start: 0,
            end: 0,
            depth,
            documents: Vec::new(),
            not_arithmetic: Vec::new(),
            aliases: Vec::new(),
            alias_follows: None,
        }
    }

    fn whole_line_of_commands(&mut self) -> Result<Option<List>> {
        let mut list = List::new();
        loop {
            if *self.look()? == Token::End {
                return Ok((!list.is_empty()).then_some(list));
            }
            while !matches!(self.look()?, Token::Newline | Token::End) {
                let (and_or, separated) = self.separated_and_or()?;
                list.push(and_or);
                if !separated && !matches!(self.look()?, Token::Newline | Token::End) {
                    return Err(self.unexpected());
                }
            }
            // The value of an alias may have more lines.
            if !self.accept(&Token::Newline)? || self.at == self.text.len() {
                return Ok(Some(list));
            }
        }
    }

    /// One level of nesting more.
    pub(super) fn enter(&mut self) -> Result<()> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(SyntaxError::Unexpected("nesting"));
        }
        Ok(())
    }

    pub(super) fn leave(&mut self) {
        self.depth -= 1;
    }

    /// The next token, which stays the next.
    fn look(&mut self) -> Result<&Token> {
        let token = match self.next.take() {
            Some(token) => token,
            None => {
                self.end = self.at;
                self.token()?
            }
        };
        Ok(self.next.insert(token))
    }

    /// Goes over the next token.
    fn advance(&mut self) -> Result<Token> {
        self.look()?;
        self.end = self.at;
        Ok(self.next.take().unwrap_or(Token::End))
    }

    /// Goes over `token` if it comes next.
    pub(super) fn accept(&mut self, token: &Token) -> Result<bool> {
        let found = self.look()? == token;
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    /// Where the next token begins.
    fn start(&mut self) -> Result<usize> {
        self.look()?;
        Ok(self.start)
    }

    /// What was parsed since `start`, as it was written, if anybody asks for it.
    fn text_since(&self, start: usize) -> Vec<u8> {
        match self.source.keeps_text() {
            true => self.text.get(start..self.end).unwrap_or_default().to_vec(),
            false => Vec::new(),
        }
    }

    fn newlines(&mut self) -> Result<()> {
        while self.accept(&Token::Newline)? {}
        Ok(())
    }

    /// Whether the reserved word comes next.
    fn at_word(&mut self, reserved: &str) -> Result<bool> {
        let next = self.look()?;
        Ok(matches!(next, Token::Word(word) if word.plain() == Some(reserved.as_bytes())))
    }

    /// Goes over a reserved word if it comes next.
    fn accept_word(&mut self, reserved: &str) -> Result<bool> {
        let found = self.at_word(reserved)?;
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    fn expect_word(&mut self, reserved: &str) -> Result<()> {
        match self.accept_word(reserved)? {
            true => Ok(()),
            false => Err(self.unexpected()),
        }
    }

    /// The error that names the next token, which was looked at.
    pub(super) fn unexpected(&self) -> SyntaxError {
        SyntaxError::Unexpected(match &self.next {
            None | Some(Token::End) => return SyntaxError::EndOfFile,
            Some(Token::Word(word)) => match list_end(word) {
                Some(reserved) => reserved,
                None => "word",
            },
            Some(Token::Redirect(..) | Token::HereDocument(..)) => "redirection",
            Some(Token::Semicolon) => ";",
            Some(Token::DoubleSemicolon) => ";;",
            Some(Token::Background) => "&",
            Some(Token::And) => "&&",
            Some(Token::Or) => "||",
            Some(Token::Pipe) => "|",
            Some(Token::Open) => "(",
            Some(Token::Close) => ")",
            Some(Token::Newline) => "newline",
        })
    }

    /// Puts the value of an alias in the place of its name, if the next word is
    /// one. Inside of its own value it is none.
    fn replace_alias(&mut self) -> Result<()> {
        loop {
            let start = self.start()?;
            let Some(Token::Word(word)) = &self.next else {
                return Ok(());
            };
            let Some(name) = word.plain() else {
                return Ok(());
            };
            self.aliases.retain(|&(_, end)| start < end);
            if list_end(word).is_some() || self.aliases.iter().any(|(used, _)| used == name) {
                return Ok(());
            }
            let Some(value) = self.source.alias(name) else {
                return Ok(());
            };
            let name = name.to_vec();
            let (length, old_length) = (value.len(), self.at - start);
            let ends = self.aliases.iter_mut().map(|(_, end)| end);
            for end in ends.chain(&mut self.alias_follows) {
                *end = *end + length - old_length;
            }
            if let [.., b' ' | b'\t'] = value.as_slice() {
                self.alias_follows = Some(start + length);
            }
            self.text.splice(start..self.at, value);
            self.aliases.push((name, start + length));
            self.not_arithmetic.clear();
            (self.at, self.next) = (start, None);
        }
    }

    /// Whether a list ends here.
    fn at_list_end(&mut self) -> Result<bool> {
        Ok(match self.look()? {
            Token::End | Token::Close | Token::DoubleSemicolon => true,
            Token::Word(word) => list_end(word).is_some(),
            _ => false,
        })
    }

    /// Commands up to what can't begin one.
    pub(super) fn list(&mut self) -> Result<List> {
        let mut list = Vec::new();
        self.newlines()?;
        while !self.at_list_end()? {
            let (and_or, separated) = self.separated_and_or()?;
            list.push(and_or);
            if *self.look()? == Token::Newline {
                self.newlines()?;
            } else if !separated {
                break;
            }
        }
        Ok(list)
    }

    /// What one `;` or `&` ends, and whether one does.
    fn separated_and_or(&mut self) -> Result<(AndOr, bool)> {
        let mut and_or = self.and_or()?;
        and_or.background = self.accept(&Token::Background)?;
        let separated = and_or.background || self.accept(&Token::Semicolon)?;
        Ok((and_or, separated))
    }

    /// A list that may not be empty.
    fn body(&mut self) -> Result<List> {
        let list = self.list()?;
        if list.is_empty() {
            Err(self.unexpected())
        } else {
            Ok(list)
        }
    }

    fn and_or(&mut self) -> Result<AndOr> {
        let start = self.start()?;
        let first = self.pipeline()?;
        let mut rest = Vec::new();
        loop {
            let connector = match self.look()? {
                Token::And => Connector::And,
                Token::Or => Connector::Or,
                _ => {
                    return Ok(AndOr {
                        first,
                        rest,
                        background: false,
                        text: self.text_since(start),
                    });
                }
            };
            self.advance()?;
            self.newlines()?;
            rest.push((connector, self.pipeline()?));
        }
    }

    fn pipeline(&mut self) -> Result<Pipeline> {
        let start = self.start()?;
        let negated = self.accept_word("!")?;
        let mut commands = Vec::new();
        if self.accept_word("time")? {
            self.enter()?;
            let kind = CommandKind::Timed(Box::new(self.pipeline()?));
            self.leave();
            let redirects = Vec::new();
            commands.push(Command { kind, redirects });
        } else {
            commands.push(self.command()?);
            while self.accept(&Token::Pipe)? {
                self.newlines()?;
                commands.push(self.command()?);
            }
        }
        Ok(Pipeline {
            negated,
            commands,
            text: self.text_since(start),
        })
    }

    fn command(&mut self) -> Result<Command> {
        self.enter()?;
        self.replace_alias()?;
        let command = match self.compound()? {
            Some(kind) => Command {
                kind,
                redirects: self.redirects()?,
            },
            None => self.simple()?,
        };
        self.leave();
        if let CommandKind::Simple { assignments, words } = &command.kind
            && words.is_empty()
            && assignments.is_empty()
            && command.redirects.is_empty()
        {
            return Err(self.unexpected());
        }
        Ok(command)
    }

    fn redirects(&mut self) -> Result<Vec<Redirect>> {
        let mut redirects = Vec::new();
        loop {
            let redirect = match *self.look()? {
                Token::Redirect(fd, kind) => {
                    self.advance()?;
                    Redirect {
                        fd,
                        kind,
                        target: Rc::new(OnceCell::from(self.any_word()?)),
                    }
                }
                Token::HereDocument(fd, strip_tabs) => {
                    self.advance()?;
                    let delimiter = self.any_word()?;
                    Redirect {
                        fd,
                        kind: RedirectKind::HereDocument,
                        target: self.add_document(&delimiter, strip_tabs),
                    }
                }
                _ => return Ok(redirects),
            };
            redirects.push(redirect);
        }
    }

    fn any_word(&mut self) -> Result<Word> {
        match self.look()? {
            Token::Word(_) => match self.advance()? {
                Token::Word(word) => Ok(word),
                _ => Err(self.unexpected()),
            },
            _ => Err(self.unexpected()),
        }
    }

    fn simple(&mut self) -> Result<Command> {
        let (mut assignments, mut words, mut redirects) = (Vec::new(), Vec::new(), Vec::new());
        if let Token::Word(word) = self.look()?
            && list_end(word).is_some()
        {
            return Err(self.unexpected());
        }
        loop {
            let start = self.start()?;
            let behind_alias = self.alias_follows.take_if(|end| *end <= start).is_some();
            if behind_alias || (words.is_empty() && !assignments.is_empty()) {
                self.replace_alias()?;
            }
            match self.look()? {
                Token::Word(_) => {
                    let word = self.any_word()?;
                    match assignment(&word) {
                        Some(assignment) if words.is_empty() => assignments.push(assignment),
                        _ => words.push(word),
                    }
                }
                Token::Redirect(..) | Token::HereDocument(..) => {
                    redirects.extend(self.redirects()?);
                }
                Token::Open if assignments.is_empty() && redirects.is_empty() => {
                    return self.function(&words);
                }
                _ => {
                    return Ok(Command {
                        kind: CommandKind::Simple { assignments, words },
                        redirects,
                    });
                }
            }
        }
    }

    /// What follows the name of a function, from its `(` on.
    fn function(&mut self, words: &[Word]) -> Result<Command> {
        let name = match words {
            [name] => name.plain().filter(|name| is_name(name)),
            _ => None,
        };
        let name = name.ok_or_else(|| self.unexpected())?.to_vec();
        self.advance()?;
        if !self.accept(&Token::Close)? {
            return Err(self.unexpected());
        }
        self.newlines()?;
        let body = self.command()?;
        if let CommandKind::Simple { .. } | CommandKind::Function { .. } = body.kind {
            return Err(SyntaxError::Unexpected("word"));
        }
        let body = Rc::new(body);
        Ok(Command {
            kind: CommandKind::Function { name, body },
            redirects: Vec::new(),
        })
    }

    fn compound(&mut self) -> Result<Option<CommandKind>> {
        let kind = if self.accept(&Token::Open)? {
            let list = self.body()?;
            if !self.accept(&Token::Close)? {
                return Err(self.unexpected());
            }
            CommandKind::Subshell(list)
        } else if self.accept_word("{")? {
            let list = self.body()?;
            self.expect_word("}")?;
            CommandKind::Group(list)
        } else if self.accept_word("if")? {
            self.if_command()?
        } else if self.accept_word("while")? {
            self.while_command(false)?
        } else if self.accept_word("until")? {
            self.while_command(true)?
        } else if self.accept_word("for")? {
            self.for_command()?
        } else if self.accept_word("case")? {
            self.case_command()?
        } else {
            return Ok(None);
        };
        Ok(Some(kind))
    }

    fn if_command(&mut self) -> Result<CommandKind> {
        let mut branches = Vec::new();
        loop {
            let condition = self.body()?;
            self.expect_word("then")?;
            branches.push((condition, self.body()?));
            if !self.accept_word("elif")? {
                break;
            }
        }
        let otherwise = if self.accept_word("else")? {
            self.body()?
        } else {
            List::new()
        };
        self.expect_word("fi")?;
        Ok(CommandKind::If {
            branches,
            otherwise,
        })
    }

    fn while_command(&mut self, until: bool) -> Result<CommandKind> {
        let condition = self.body()?;
        Ok(CommandKind::While {
            until,
            condition,
            body: self.do_done()?,
        })
    }

    fn do_done(&mut self) -> Result<List> {
        self.expect_word("do")?;
        let body = self.body()?;
        self.expect_word("done")?;
        Ok(body)
    }

    fn for_command(&mut self) -> Result<CommandKind> {
        let name = self.any_word()?;
        let name = name
            .plain()
            .filter(|name| is_name(name))
            .map(<[u8]>::to_vec);
        let name = name.ok_or(SyntaxError::Unexpected("name"))?;
        self.newlines()?;
        let words = if self.accept_word("in")? {
            let mut words = Vec::new();
            while let Token::Word(_) = self.look()? {
                words.push(self.any_word()?);
            }
            Some(words)
        } else {
            None
        };
        self.accept(&Token::Semicolon)?;
        self.newlines()?;
        Ok(CommandKind::For {
            name,
            words,
            body: self.do_done()?,
        })
    }

    fn case_command(&mut self) -> Result<CommandKind> {
        let subject = self.any_word()?;
        self.newlines()?;
        self.expect_word("in")?;
        self.newlines()?;
        let mut branches = Vec::new();
        while !self.accept_word("esac")? {
            self.accept(&Token::Open)?;
            let mut patterns = alloc::vec![self.any_word()?];
            while self.accept(&Token::Pipe)? {
                patterns.push(self.any_word()?);
            }
            if !self.accept(&Token::Close)? {
                return Err(self.unexpected());
            }
            branches.push((patterns, self.list()?));
            if !self.accept(&Token::DoubleSemicolon)? {
                self.expect_word("esac")?;
                break;
            }
            self.newlines()?;
        }
        Ok(CommandKind::Case { subject, branches })
    }
}

/// Words that end a list, and so can't be the name of a command.
const LIST_ENDS: [&str; 8] = ["}", "then", "elif", "else", "fi", "do", "done", "esac"];

/// The reserved word that ends a list, if it is one.
fn list_end(word: &Word) -> Option<&'static str> {
    let plain = word.plain()?;
    let mut reserved = LIST_ENDS.into_iter();
    reserved.find(|reserved| reserved.as_bytes() == plain)
}

/// A word of the form `NAME=value`.
fn assignment(word: &Word) -> Option<(Vec<u8>, Word)> {
    let (Piece::Text(text), rest) = word.0.split_first()? else {
        return None;
    };
    let equals = text.iter().position(|&byte| byte == b'=')?;
    let (name, value) = text.split_at(equals);
    let value = Piece::Text(value.get(1..)?.to_vec());
    let pieces = core::iter::once(value)
        .chain(rest.iter().cloned())
        .collect();
    is_name(name).then(|| (name.to_vec(), Word(pieces)))
}

#[cfg(test)]
mod tests;
