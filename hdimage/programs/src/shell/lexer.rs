// SPDX-License-Identifier: GPL-2.0-or-later
//! Text to tokens: words with their quotes resolved, and operators.

use crate::number::unsigned;
use alloc::vec::Vec;

/// A part of a word.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// As it is; `*` and its kin are patterns.
    Text(Vec<u8>),
    /// As it is, and nothing in it has a meaning.
    Quoted(Vec<u8>),
    /// `$NAME`, `${NAME}` or `${NAME:-default}`.
    Variable {
        /// A name, a digit or one of `?$#!@*`.
        name: Vec<u8>,
        /// What stands for it if it is unset or empty.
        default: Option<Word>,
        /// Inside double quotes.
        quoted: bool,
    },
    /// `$(commands)` or `` `commands` ``.
    Command {
        /// The commands.
        text: Vec<u8>,
        /// Inside double quotes.
        quoted: bool,
    },
    /// `$((expression))`.
    Arithmetic {
        /// The expression, in which variables and commands are to be replaced.
        expression: Word,
        /// Inside double quotes.
        quoted: bool,
    },
}

/// A word as written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Word(pub Vec<Piece>);

impl Word {
    /// The text of a word without any quotes or variables: only such a word
    /// can be a reserved one.
    pub fn plain(&self) -> Option<&[u8]> {
        match self.0.as_slice() {
            [Piece::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The text of a word without its quotes, taking `$` and backquotes out.
    fn without_quotes(&self) -> Vec<u8> {
        let texts = self.0.iter().filter_map(|piece| match piece {
            Piece::Text(text) | Piece::Quoted(text) => Some(text.as_slice()),
            _ => None,
        });
        texts.collect::<Vec<_>>().concat()
    }

    /// Adds a byte that is not quoted.
    fn push(&mut self, byte: u8) {
        match self.0.last_mut() {
            Some(Piece::Text(text)) => text.push(byte),
            _ => self.0.push(Piece::Text(alloc::vec![byte])),
        }
    }

    /// Adds a byte that stands for itself.
    fn push_quoted(&mut self, byte: u8) {
        match self.0.last_mut() {
            Some(Piece::Quoted(text)) => text.push(byte),
            _ => self.0.push(Piece::Quoted(alloc::vec![byte])),
        }
    }
}

/// What a redirection does with the word behind it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RedirectKind {
    /// `<`
    Read,
    /// `>`
    Write,
    /// `>>`
    Append,
    /// `<&` and `>&`: the word is a descriptor, or `-` to close.
    Duplicate,
    /// `<<` and `<<-`: the word is what is to be read.
    HereDocument,
}

/// The smallest unit of the language.
#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    /// A word.
    Word(Word),
    /// `<`, `>`, `>>`, `<&`, `>&`, with the descriptor it is for.
    Redirect(u32, RedirectKind),
    /// `<<`, its delimiter and the lines up to that, with the descriptor.
    HereDocument(u32, Word),
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

/// Why text is no command.
#[derive(Clone, Debug, PartialEq)]
pub enum SyntaxError {
    /// It is the beginning of one: more lines are needed.
    Incomplete,
    /// This can't stand here.
    Unexpected(&'static str),
}

/// Reads tokens from text.
pub struct Lexer<'a> {
    text: &'a [u8],
    at: usize,
    /// Where the last token begins.
    start: usize,
    /// Where the here-documents of this line end; 0 if there are none.
    documents_end: usize,
}

type Result<T> = core::result::Result<T, SyntaxError>;

impl<'a> Lexer<'a> {
    /// Begins at the start of `text`.
    pub fn new(text: &'a [u8]) -> Lexer<'a> {
        Lexer {
            text,
            at: 0,
            start: 0,
            documents_end: 0,
        }
    }

    /// Where the last token begins and ends.
    pub fn span(&self) -> (usize, usize) {
        (self.start, self.at)
    }

    fn skip_blanks(&mut self) {
        while self.skip(b" ") || self.skip(b"\t") {}
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn next_byte(&mut self) -> Option<u8> {
        let byte = self.peek();
        self.at += usize::from(byte.is_some());
        byte
    }

    /// Goes over `expected` if it comes next.
    fn skip(&mut self, expected: &[u8]) -> bool {
        let found = self
            .text
            .get(self.at..)
            .is_some_and(|rest| rest.starts_with(expected));
        if found {
            self.at += expected.len();
        }
        found
    }

    /// The next token.
    pub fn token(&mut self) -> Result<Token> {
        let mut continued = false;
        loop {
            if self.skip(b"\\\n") {
                continued = true;
            } else if !self.skip(b" ") && !self.skip(b"\t") {
                break;
            }
        }
        if continued && self.peek().is_none() {
            return Err(SyntaxError::Incomplete);
        }
        if self.peek() == Some(b'#') {
            while self.peek().is_some_and(|byte| byte != b'\n') {
                self.at += 1;
            }
        }
        self.start = self.at;
        if let Some(redirect) = self.redirect()? {
            return Ok(redirect);
        }
        let operators: [(&[u8], Token); 9] = [
            (b"&&", Token::And),
            (b"||", Token::Or),
            (b";;", Token::DoubleSemicolon),
            (b"&", Token::Background),
            (b"|", Token::Pipe),
            (b";", Token::Semicolon),
            (b"(", Token::Open),
            (b")", Token::Close),
            (b"\n", Token::Newline),
        ];
        for (text, token) in operators {
            if self.skip(text) {
                if token == Token::Newline {
                    self.at = self.at.max(core::mem::take(&mut self.documents_end));
                }
                return Ok(token);
            }
        }
        if self.peek().is_none() {
            Ok(Token::End)
        } else {
            self.word().map(Token::Word)
        }
    }

    /// A redirection, perhaps with a number in front.
    fn redirect(&mut self) -> Result<Option<Token>> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        let number = unsigned(self.text.get(start..self.at).unwrap_or_default(), 10);
        for (text, strip_tabs) in [(&b"<<-"[..], true), (b"<<", false)] {
            if self.skip(text) {
                let document = self.here_document(strip_tabs)?;
                return Ok(Some(Token::HereDocument(number.unwrap_or(0), document)));
            }
        }
        let kinds: [(&[u8], RedirectKind, u32); 5] = [
            (b"<&", RedirectKind::Duplicate, 0),
            (b"<", RedirectKind::Read, 0),
            (b">&", RedirectKind::Duplicate, 1),
            (b">>", RedirectKind::Append, 1),
            (b">", RedirectKind::Write, 1),
        ];
        for (text, kind, default) in kinds {
            if self.skip(text) {
                return Ok(Some(Token::Redirect(number.unwrap_or(default), kind)));
            }
        }
        self.at = start;
        Ok(None)
    }

    /// The lines of a here-document: those behind this line, up to one that is
    /// the delimiter, which comes next. A delimiter with quotes says that
    /// nothing in the lines has a meaning.
    ///
    /// This line must not end inside quotes: the document is looked for behind
    /// the next newline.
    fn here_document(&mut self, strip_tabs: bool) -> Result<Word> {
        self.skip_blanks();
        let delimiter = self.word()?;
        if delimiter.0.is_empty() {
            return Err(SyntaxError::Unexpected("<<"));
        }
        let rest_of_line = self.text.get(self.at..).unwrap_or_default();
        let line_end = rest_of_line.iter().position(|&byte| byte == b'\n');
        let line_end = self.at + line_end.ok_or(SyntaxError::Incomplete)? + 1;
        let mut at = line_end.max(self.documents_end);
        let end = delimiter.without_quotes();
        let mut document = Vec::new();
        loop {
            let rest = self.text.get(at..).unwrap_or_default();
            let mut line = rest.split_inclusive(|&byte| byte == b'\n').next();
            at += line.map_or(0, <[u8]>::len);
            while let Some([b'\t', stripped @ ..]) = line.filter(|_| strip_tabs) {
                line = Some(stripped);
            }
            match line {
                Some(line) if line.strip_suffix(b"\n").unwrap_or(line) == end => break,
                Some(line) if line.ends_with(b"\n") => document.extend_from_slice(line),
                _ => return Err(SyntaxError::Incomplete),
            }
        }
        self.documents_end = at;
        if delimiter.plain().is_some() {
            expandable(&document)
        } else {
            Ok(Word(alloc::vec![Piece::Quoted(document)]))
        }
    }

    fn word(&mut self) -> Result<Word> {
        let mut word = Word::default();
        while let Some(byte) = self.peek() {
            if b" \t\n;&|<>()".contains(&byte) {
                break;
            }
            self.at += 1;
            match byte {
                b'\'' => self.single_quoted(&mut word)?,
                b'"' => self.double_quoted(&mut word)?,
                b'$' => self.dollar(&mut word, false)?,
                b'`' => self.backquoted(&mut word, false)?,
                b'\\' => match self.next_byte().ok_or(SyntaxError::Incomplete)? {
                    b'\n' if self.peek().is_none() => return Err(SyntaxError::Incomplete),
                    b'\n' => {}
                    literal => word.push_quoted(literal),
                },
                _ => word.push(byte),
            }
        }
        Ok(word)
    }

    fn single_quoted(&mut self, word: &mut Word) -> Result<()> {
        word.0.push(Piece::Quoted(Vec::new()));
        loop {
            match self.next_byte().ok_or(SyntaxError::Incomplete)? {
                b'\'' => return Ok(()),
                byte => word.push_quoted(byte),
            }
        }
    }

    fn double_quoted(&mut self, word: &mut Word) -> Result<()> {
        let pieces = word.0.len();
        loop {
            match self.next_byte().ok_or(SyntaxError::Incomplete)? {
                b'"' => {
                    // `""` is a word, though an empty one.
                    if word.0.len() == pieces {
                        word.0.push(Piece::Quoted(Vec::new()));
                    }
                    return Ok(());
                }
                byte => self.in_quotes(byte, b"\"\\$`", word)?,
            }
        }
    }

    /// A byte, just read, where only `$`, backquotes and backslashes before
    /// the bytes of `escaped` have a meaning.
    fn in_quotes(&mut self, byte: u8, escaped: &[u8], word: &mut Word) -> Result<()> {
        match byte {
            b'$' => self.dollar(word, true)?,
            b'`' => self.backquoted(word, true)?,
            b'\\' => match self.next_byte().ok_or(SyntaxError::Incomplete)? {
                b'\n' => {}
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
        let variable = |name| Piece::Variable {
            name,
            default: None,
            quoted,
        };
        match self.peek() {
            Some(b'(') => {
                self.at += 1;
                let text = self.parenthesised()?;
                word.0.push(match arithmetic(&text) {
                    Some(expression) => Piece::Arithmetic {
                        expression: expandable(expression)?,
                        quoted,
                    },
                    None => Piece::Command { text, quoted },
                });
            }
            Some(b'{') => {
                self.at += 1;
                let piece = self.braced(quoted)?;
                word.0.push(piece);
            }
            Some(byte) if b"?$#!@*".contains(&byte) || byte.is_ascii_digit() => {
                self.at += 1;
                word.0.push(variable(alloc::vec![byte]));
            }
            Some(byte) if is_name_byte(byte) => {
                let name = self.name();
                word.0.push(variable(name));
            }
            _ if quoted => word.push_quoted(b'$'),
            _ => word.push(b'$'),
        }
        Ok(())
    }

    fn name(&mut self) -> Vec<u8> {
        let start = self.at;
        while self.peek().is_some_and(is_name_byte) {
            self.at += 1;
        }
        self.text.get(start..self.at).unwrap_or_default().to_vec()
    }

    /// What follows `${`.
    fn braced(&mut self, quoted: bool) -> Result<Piece> {
        const BAD: SyntaxError = SyntaxError::Unexpected("${");
        let mut name = self.name();
        if name.is_empty() {
            let special = self.next_byte().ok_or(SyntaxError::Incomplete)?;
            if !b"?$#!@*".contains(&special) {
                return Err(BAD);
            }
            name.push(special);
        }
        if self.skip(b"}") {
            return Ok(Piece::Variable {
                name,
                default: None,
                quoted,
            });
        }
        if self.peek().is_none() {
            return Err(SyntaxError::Incomplete);
        }
        if !self.skip(b":-") && !self.skip(b"-") {
            return Err(BAD);
        }
        let mut default = Word::default();
        loop {
            match self.next_byte().ok_or(SyntaxError::Incomplete)? {
                b'}' => {
                    return Ok(Piece::Variable {
                        name,
                        default: Some(default),
                        quoted,
                    });
                }
                b'\'' if !quoted => self.single_quoted(&mut default)?,
                b'"' if !quoted => self.double_quoted(&mut default)?,
                b'$' => self.dollar(&mut default, quoted)?,
                b'\\' => {
                    default.push_quoted(self.next_byte().ok_or(SyntaxError::Incomplete)?);
                }
                byte if quoted => default.push_quoted(byte),
                byte => default.push(byte),
            }
        }
    }

    /// The text up to the `)` that belongs to a `$(` already read.
    fn parenthesised(&mut self) -> Result<Vec<u8>> {
        let start = self.at;
        let mut depth = 1;
        while depth > 0 {
            match self.next_byte().ok_or(SyntaxError::Incomplete)? {
                b'(' => depth += 1,
                b')' => depth -= 1,
                b'\\' => drop(self.next_byte()),
                b'\'' => self.single_quoted(&mut Word::default())?,
                b'"' => self.double_quoted(&mut Word::default())?,
                _ => {}
            }
        }
        Ok(self
            .text
            .get(start..self.at - 1)
            .unwrap_or_default()
            .to_vec())
    }

    /// The text up to the backquote that belongs to the one already read.
    fn backquoted(&mut self, word: &mut Word, quoted: bool) -> Result<()> {
        let mut text = Vec::new();
        loop {
            match self.next_byte().ok_or(SyntaxError::Incomplete)? {
                b'`' => break,
                b'\\' => match self.next_byte().ok_or(SyntaxError::Incomplete)? {
                    literal @ (b'`' | b'\\' | b'$') => text.push(literal),
                    other => text.extend([b'\\', other]),
                },
                byte => text.push(byte),
            }
        }
        word.0.push(Piece::Command { text, quoted });
        Ok(())
    }
}

/// The text as one quoted word in which `$`, backquotes and backslashes before
/// these have a meaning.
fn expandable(text: &[u8]) -> Result<Word> {
    let mut lexer = Lexer::new(text);
    let mut word = Word(alloc::vec![Piece::Quoted(Vec::new())]);
    while let Some(byte) = lexer.next_byte() {
        // More lines would not help.
        lexer
            .in_quotes(byte, b"\\$`", &mut word)
            .map_err(|_| SyntaxError::Unexpected("end of text"))?;
    }
    Ok(word)
}

/// The expression, if what stands between `$(` and `)` is `(expression)` and
/// not commands.
fn arithmetic(text: &[u8]) -> Option<&[u8]> {
    let expression = text.strip_prefix(b"(")?.strip_suffix(b")")?;
    let mut depth = 0;
    for byte in expression {
        match byte {
            b'(' => depth += 1,
            b')' if depth == 0 => return None,
            b')' => depth -= 1,
            _ => {}
        }
    }
    Some(expression)
}

/// Whether the byte may be in the name of a variable.
pub fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Whether it can be the name of a variable.
pub fn is_name(text: &[u8]) -> bool {
    text.first().is_some_and(|byte| !byte.is_ascii_digit())
        && text.iter().all(|&byte| is_name_byte(byte))
}

#[cfg(test)]
mod tests;
