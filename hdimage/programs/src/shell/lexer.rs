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
}

/// The smallest unit of the language.
#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    /// A word.
    Word(Word),
    /// `<`, `>`, `>>`, `<&`, `>&`, with the descriptor it is for.
    Redirect(u32, RedirectKind),
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
}

type Result<T> = core::result::Result<T, SyntaxError>;

impl<'a> Lexer<'a> {
    /// Begins at the start of `text`.
    pub fn new(text: &'a [u8]) -> Lexer<'a> {
        Lexer { text, at: 0 }
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
        if let Some(redirect) = self.redirect() {
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
    fn redirect(&mut self) -> Option<Token> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        let number = unsigned(self.text.get(start..self.at)?, 10);
        let kinds: [(&[u8], RedirectKind, u32); 5] = [
            (b"<&", RedirectKind::Duplicate, 0),
            (b"<", RedirectKind::Read, 0),
            (b">&", RedirectKind::Duplicate, 1),
            (b">>", RedirectKind::Append, 1),
            (b">", RedirectKind::Write, 1),
        ];
        for (text, kind, default) in kinds {
            if self.skip(text) {
                return Some(Token::Redirect(number.unwrap_or(default), kind));
            }
        }
        self.at = start;
        None
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
                b'$' => self.dollar(word, true)?,
                b'`' => self.backquoted(word, true)?,
                b'\\' => match self.next_byte().ok_or(SyntaxError::Incomplete)? {
                    b'\n' => {}
                    literal @ (b'"' | b'\\' | b'$' | b'`') => word.push_quoted(literal),
                    other => {
                        word.push_quoted(b'\\');
                        word.push_quoted(other);
                    }
                },
                byte => word.push_quoted(byte),
            }
        }
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
                word.0.push(Piece::Command { text, quoted });
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
mod tests {
    use super::*;

    fn tokens(text: &str) -> Result<Vec<Token>> {
        let mut lexer = Lexer::new(text.as_bytes());
        let mut tokens = Vec::new();
        loop {
            match lexer.token()? {
                Token::End => return Ok(tokens),
                token => tokens.push(token),
            }
        }
    }

    fn only_word(text: &str) -> Vec<Piece> {
        match tokens(text).unwrap().as_slice() {
            [Token::Word(word)] => word.0.clone(),
            other => panic!("{other:?}"),
        }
    }

    fn text(text: &str) -> Piece {
        Piece::Text(text.into())
    }

    fn quoted(text: &str) -> Piece {
        Piece::Quoted(text.into())
    }

    fn variable(name: &str, quoted: bool) -> Piece {
        Piece::Variable {
            name: name.into(),
            default: None,
            quoted,
        }
    }

    #[test]
    fn operators_need_no_blanks() {
        let word = |name: &str| Token::Word(Word(vec![text(name)]));
        assert_eq!(
            tokens("a|b&&c;d&>>x 2>&1 <in # rest\n").unwrap(),
            [
                word("a"),
                Token::Pipe,
                word("b"),
                Token::And,
                word("c"),
                Token::Semicolon,
                word("d"),
                Token::Background,
                Token::Redirect(1, RedirectKind::Append),
                word("x"),
                Token::Redirect(2, RedirectKind::Duplicate),
                word("1"),
                Token::Redirect(0, RedirectKind::Read),
                word("in"),
                Token::Newline,
            ]
        );
        assert_eq!(
            tokens("a2>b").unwrap()[1],
            Token::Redirect(1, RedirectKind::Write)
        );
        assert_eq!(tokens("a#b").unwrap(), [word("a#b")]);
    }

    #[test]
    fn quotes() {
        assert_eq!(
            only_word("a'b $c\\'d"),
            [text("a"), quoted("b $c\\"), text("d")]
        );
        assert_eq!(only_word(r#""a\$b\x""#), [quoted(r"a$b\x")]);
        assert_eq!(only_word(r"\*\ "), [quoted("* ")]);
        assert_eq!(only_word("''"), [quoted("")]);
        assert_eq!(only_word("a\\\nb"), [text("ab")]);
    }

    #[test]
    fn variables_and_commands() {
        assert_eq!(only_word("$HOME/x"), [variable("HOME", false), text("/x")]);
        assert_eq!(only_word("\"$?\""), [variable("?", true)]);
        assert_eq!(only_word("${A}b"), [variable("A", false), text("b")]);
        assert_eq!(only_word("$10"), [variable("1", false), text("0")]);
        assert_eq!(only_word("a$"), [text("a$")]);
        let command = |text: &str| Piece::Command {
            text: text.into(),
            quoted: false,
        };
        assert_eq!(only_word("$(a $(b ')') c)"), [command("a $(b ')') c")]);
        assert_eq!(only_word(r"`a \`b\``"), [command("a `b`")]);
        let default = Some(Word(vec![text("x y")]));
        let expected = Piece::Variable {
            name: b"A".to_vec(),
            default,
            quoted: false,
        };
        assert_eq!(only_word("${A:-x y}"), [expected]);
    }

    #[test]
    fn unfinished() {
        for text in [
            "'a", "\"a", "a\\", "a \\\n", "a\\\n", "$(a", "`a", "${a", "${a:-b", "\"$(a\"",
        ] {
            assert_eq!(tokens(text), Err(SyntaxError::Incomplete), "{text}");
        }
        assert_eq!(tokens("${%}"), Err(SyntaxError::Unexpected("${")));
    }
}
