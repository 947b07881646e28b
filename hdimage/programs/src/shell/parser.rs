// SPDX-License-Identifier: GPL-2.0-or-later
//! Tokens to commands, by recursive descent.
//!
//! ```text
//! list      = and_or { (";" | "&" | newline) and_or }
//! and_or    = pipeline { ("&&" | "||") pipeline }
//! pipeline  = ["!"] command { "|" command }
//! command   = simple | compound { redirect }
//! compound  = "(" list ")" | "{" list "}" | if | while | until | for | case
//! simple    = { NAME=word } { word | redirect } | function
//! function  = NAME "(" ")" compound { redirect }
//! ```

use super::lexer::{Lexer, Piece, RedirectKind, SyntaxError, Token, Word, is_name};
use super::tree::{AndOr, Command, CommandKind, Connector, List, Pipeline, Redirect};
use alloc::rc::Rc;
use alloc::vec::Vec;

/// How deep commands may be nested, so that no text overflows the stack.
const DEEPEST: usize = 100;

type Result<T> = core::result::Result<T, SyntaxError>;

/// Makes commands of a whole text.
pub fn parse(text: &[u8]) -> Result<List> {
    let mut lexer = Lexer::new(text);
    let next = lexer.token()?;
    let mut parser = Parser {
        text,
        lexer,
        next,
        end: 0,
        depth: 0,
    };
    let list = parser.list()?;
    match parser.next {
        Token::End => Ok(list),
        _ => Err(parser.unexpected()),
    }
}

struct Parser<'a> {
    text: &'a [u8],
    lexer: Lexer<'a>,
    next: Token,
    /// Where the token before `next` ends.
    end: usize,
    depth: usize,
}

impl Parser<'_> {
    fn advance(&mut self) -> Result<Token> {
        self.end = self.lexer.span().1;
        let next = self.lexer.token()?;
        Ok(core::mem::replace(&mut self.next, next))
    }

    /// Goes over `token` if it comes next.
    fn accept(&mut self, token: &Token) -> Result<bool> {
        let found = self.next == *token;
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    /// Where the next token begins.
    fn start(&self) -> usize {
        self.lexer.span().0
    }

    /// What was parsed since `start`, as it was written.
    fn text_since(&self, start: usize) -> Vec<u8> {
        self.text.get(start..self.end).unwrap_or_default().to_vec()
    }

    fn newlines(&mut self) -> Result<()> {
        while self.accept(&Token::Newline)? {}
        Ok(())
    }

    /// Whether the reserved word comes next.
    fn at_word(&self, reserved: &str) -> bool {
        matches!(&self.next, Token::Word(word) if word.plain() == Some(reserved.as_bytes()))
    }

    /// Goes over a reserved word if it comes next.
    fn accept_word(&mut self, reserved: &str) -> Result<bool> {
        let found = self.at_word(reserved);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    fn expect_word(&mut self, reserved: &str) -> Result<()> {
        if self.accept_word(reserved)? {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    /// The error that names the next token.
    fn unexpected(&self) -> SyntaxError {
        SyntaxError::Unexpected(match &self.next {
            Token::End => return SyntaxError::Incomplete,
            Token::Word(_) => LIST_ENDS
                .iter()
                .find(|reserved| self.at_word(reserved))
                .unwrap_or(&"word"),
            Token::Redirect(..) | Token::HereDocument(..) => "redirection",
            Token::Semicolon => ";",
            Token::DoubleSemicolon => ";;",
            Token::Background => "&",
            Token::And => "&&",
            Token::Or => "||",
            Token::Pipe => "|",
            Token::Open => "(",
            Token::Close => ")",
            Token::Newline => "newline",
        })
    }

    /// Whether a list ends here.
    fn at_list_end(&self) -> bool {
        matches!(
            self.next,
            Token::End | Token::Close | Token::DoubleSemicolon
        ) || self.at_list_end_word()
    }

    fn at_list_end_word(&self) -> bool {
        LIST_ENDS.iter().any(|reserved| self.at_word(reserved))
    }

    fn list(&mut self) -> Result<List> {
        let mut list = Vec::new();
        self.newlines()?;
        while !self.at_list_end() {
            let mut and_or = self.and_or()?;
            and_or.background = self.accept(&Token::Background)?;
            let separated = and_or.background || self.accept(&Token::Semicolon)?;
            list.push(and_or);
            if self.next == Token::Newline {
                self.newlines()?;
            } else if !separated {
                break;
            }
        }
        Ok(list)
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
        let start = self.start();
        let first = self.pipeline()?;
        let mut rest = Vec::new();
        loop {
            let connector = match self.next {
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
        let start = self.start();
        let negated = self.accept_word("!")?;
        let mut commands = alloc::vec![self.command()?];
        while self.accept(&Token::Pipe)? {
            self.newlines()?;
            commands.push(self.command()?);
        }
        Ok(Pipeline {
            negated,
            commands,
            text: self.text_since(start),
        })
    }

    fn command(&mut self) -> Result<Command> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(SyntaxError::Unexpected("nesting"));
        }
        let mut command = match self.compound()? {
            Some(kind) => Command {
                kind,
                redirects: self.redirects()?,
            },
            None => self.simple()?,
        };
        self.depth -= 1;
        if let CommandKind::Simple { assignments, words } = &mut command.kind
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
            redirects.push(match self.next {
                Token::Redirect(fd, kind) => {
                    self.advance()?;
                    let target = self.any_word()?;
                    Redirect { fd, kind, target }
                }
                Token::HereDocument(..) => match self.advance()? {
                    Token::HereDocument(fd, target) => Redirect {
                        fd,
                        kind: RedirectKind::HereDocument,
                        target,
                    },
                    _ => return Err(self.unexpected()),
                },
                _ => return Ok(redirects),
            });
        }
    }

    fn any_word(&mut self) -> Result<Word> {
        match &self.next {
            Token::Word(_) => match self.advance()? {
                Token::Word(word) => Ok(word),
                _ => Err(self.unexpected()),
            },
            _ => Err(self.unexpected()),
        }
    }

    fn simple(&mut self) -> Result<Command> {
        let (mut assignments, mut words, mut redirects) = (Vec::new(), Vec::new(), Vec::new());
        if self.at_list_end_word() {
            return Err(self.unexpected());
        }
        loop {
            match &self.next {
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
            while let Token::Word(_) = self.next {
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
