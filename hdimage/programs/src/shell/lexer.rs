// SPDX-License-Identifier: GPL-2.0-or-later
//! The parser's lower half: lines to bytes, and bytes to tokens.
//!
//! A backslash before a newline joins two lines, everywhere but inside `' '`, in
//! comments and in here-documents with a quoted delimiter: [`Parser::peek`] goes
//! over both, [`Parser::peek_raw`] does not.

use super::parser::Parser;
use super::source::{Result, SyntaxError};
use super::tree::{Piece, RedirectKind, Word};
use crate::number::unsigned;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::OnceCell;

/// The smallest unit of the language.
#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    /// A word.
    Word(Word),
    /// A redirection, with the descriptor it is for.
    Redirect(u32, RedirectKind),
    /// `<<` or, if tabs are stripped, `<<-`, with the descriptor.
    HereDocument(u32, bool),
    /// `;`
    Semicolon,
    /// `;;`
    DoubleSemicolon,
    /// `&`
    Background,
    /// `&&`
    And,
    /// `||`
    Or,
    /// `|`
    Pipe,
    /// `(`
    Open,
    /// `)`
    Close,
    /// The end of a line.
    Newline,
    /// The end of the text.
    End,
}

/// A here-document whose lines begin behind the next newline.
pub struct Document {
    /// The line that ends it, and whether that was quoted.
    delimiter: Vec<u8>,
    quoted: bool,
    strip_tabs: bool,
    target: Rc<OnceCell<Word>>,
}

impl Parser<'_> {
    /// The next byte, which may be behind a joint of lines; `None` at the end.
    pub(super) fn peek(&mut self) -> Result<Option<u8>> {
        loop {
            let byte = self.peek_raw()?;
            if byte != Some(b'\\') || self.text.get(self.at + 1) != Some(&b'\n') {
                return Ok(byte);
            }
            self.at += 2;
        }
    }

    /// The next byte as it is.
    pub(super) fn peek_raw(&mut self) -> Result<Option<u8>> {
        if self.at == self.text.len()
            && let Some(line) = self.source.line()?
        {
            self.text.extend_from_slice(&line);
        }
        Ok(self.text.get(self.at).copied())
    }

    /// Goes over a byte of any kind, which must be there.
    pub(super) fn any_byte(&mut self) -> Result<u8> {
        let byte = self.peek_raw()?.ok_or(SyntaxError::EndOfFile)?;
        self.at += 1;
        Ok(byte)
    }

    /// Goes over `expected` if it comes next.
    pub(super) fn accept_byte(&mut self, expected: u8) -> Result<bool> {
        let found = self.peek()? == Some(expected);
        self.at += usize::from(found);
        Ok(found)
    }

    /// Reads the next token; `start` is where it begins.
    pub(super) fn token(&mut self) -> Result<Token> {
        while let Some(b' ' | b'\t') = self.peek()? {
            self.at += 1;
        }
        if self.peek()? == Some(b'#') {
            while self.peek_raw()?.is_some_and(|byte| byte != b'\n') {
                self.at += 1;
            }
        }
        self.start = self.at;
        if let Some(redirect) = self.redirect()? {
            return Ok(redirect);
        }
        let Some(byte) = self.peek()? else {
            self.read_documents()?;
            return Ok(Token::End);
        };
        let double = match byte {
            b'&' => Token::And,
            b'|' => Token::Or,
            b';' => Token::DoubleSemicolon,
            _ => Token::End,
        };
        let single = match byte {
            b'&' => Token::Background,
            b'|' => Token::Pipe,
            b';' => Token::Semicolon,
            b'(' => Token::Open,
            b')' => Token::Close,
            b'\n' => Token::Newline,
            _ => return self.word().map(Token::Word),
        };
        self.at += 1;
        if single == Token::Newline {
            self.read_documents()?;
        } else if double != Token::End && self.accept_byte(byte)? {
            return Ok(double);
        }
        Ok(single)
    }

    /// A redirection, perhaps with a number in front.
    fn redirect(&mut self) -> Result<Option<Token>> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let is_digit = |byte: &&u8| byte.is_ascii_digit();
        let digits = rest.iter().take_while(is_digit).count();
        let (number, rest) = rest.split_at(digits);
        if !rest.starts_with(b"<") && !rest.starts_with(b">") {
            return Ok(None);
        }
        let number = unsigned(number, 10);
        self.at += digits;
        if self.accept_byte(b'<')? {
            let fd = number.unwrap_or(0);
            return Ok(Some(match self.peek()? {
                Some(b'<') => {
                    self.at += 1;
                    Token::HereDocument(fd, self.accept_byte(b'-')?)
                }
                Some(b'&') => self.long_redirect(fd, RedirectKind::Duplicate),
                Some(b'>') => self.long_redirect(fd, RedirectKind::ReadWrite),
                _ => Token::Redirect(fd, RedirectKind::Read),
            }));
        }
        self.at += 1;
        let fd = number.unwrap_or(1);
        Ok(Some(match self.peek()? {
            Some(b'>') => self.long_redirect(fd, RedirectKind::Append),
            Some(b'&') => self.long_redirect(fd, RedirectKind::Duplicate),
            Some(b'|') => self.long_redirect(fd, RedirectKind::Clobber),
            _ => Token::Redirect(fd, RedirectKind::Write),
        }))
    }

    /// A redirection of two characters, the second of which comes next.
    fn long_redirect(&mut self, fd: u32, kind: RedirectKind) -> Token {
        self.at += 1;
        Token::Redirect(fd, kind)
    }

    /// A here-document begins behind this line. A delimiter with quotes says that
    /// nothing in its lines has a meaning.
    pub(super) fn add_document(
        &mut self,
        delimiter: &Word,
        strip_tabs: bool,
    ) -> Rc<OnceCell<Word>> {
        let target = Rc::new(OnceCell::new());
        self.documents.push(Document {
            delimiter: delimiter.without_quotes(),
            quoted: delimiter.plain().is_none(),
            strip_tabs,
            target: target.clone(),
        });
        target
    }

    /// Reads the here-documents that the line before asked for.
    fn read_documents(&mut self) -> Result<()> {
        for document in core::mem::take(&mut self.documents) {
            let mut body = Vec::new();
            let mut joined = false;
            while let Some(mut line) = self.whole_line()? {
                if document.strip_tabs {
                    let tabs = line.iter().take_while(|&&byte| byte == b'\t').count();
                    line.drain(..tabs);
                }
                let text = line.strip_suffix(b"\n").unwrap_or(&line);
                if text == document.delimiter && !joined {
                    break;
                }
                let backslashes = text.iter().rev().take_while(|&&byte| byte == b'\\');
                joined = !document.quoted && backslashes.count() % 2 == 1;
                body.extend_from_slice(&line);
            }
            let word = if document.quoted {
                Word(alloc::vec![Piece::Quoted(body)])
            } else {
                self.expandable(&body)?
            };
            // It is set here only.
            let _ = document.target.set(word);
        }
        Ok(())
    }

    /// What is left of a line, with its newline; `None` at the end.
    fn whole_line(&mut self) -> Result<Option<Vec<u8>>> {
        if self.peek_raw()?.is_none() {
            return Ok(None);
        }
        let rest = self.text.get(self.at..).unwrap_or_default();
        let line = rest.split_inclusive(|&byte| byte == b'\n').next();
        let line = line.unwrap_or_default().to_vec();
        self.at += line.len();
        Ok(Some(line))
    }
}
