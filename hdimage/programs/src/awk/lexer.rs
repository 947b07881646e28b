// SPDX-License-Identifier: GPL-2.0-or-later
//! From the text of a program to tokens.

use super::tree::Builtin;
use super::value::leading_number;
use alloc::string::String;
use alloc::vec::Vec;

/// A token.
#[derive(Clone, PartialEq)]
pub enum Token {
    /// The text is at its end.
    End,
    Number(f64),
    Text(Vec<u8>),
    /// The name of a variable.
    Name(Vec<u8>),
    /// The name of a function, right before a `(`.
    Function(Vec<u8>),
    Builtin(Builtin),
    /// An operator, a bracket, a keyword, or `"\n"`.
    Sign(&'static str),
}

const KEYWORDS: [&str; 20] = [
    "BEGIN", "END", "break", "continue", "delete", "do", "else", "exit", "for", "func", "function",
    "getline", "if", "in", "next", "nextfile", "print", "printf", "return", "while",
];

/// Longer ones before those that they begin with.
const SIGNS: [&str; 44] = [
    "**=", "&&", "||", "++", "--", "+=", "-=", "*=", "/=", "%=", "^=", "**", "==", "<=", ">=",
    "!=", "!~", ">>", "{", "}", "(", ")", "[", "]", ";", ",", "+", "-", "*", "/", "%", "^", "!",
    ">", "<", "|", "?", ":", "~", "$", "=", "\n", "&", ".",
];

/// The text, and how far it was read. Who wants to look ahead takes a copy.
#[derive(Clone)]
pub struct Lexer<'a> {
    text: &'a [u8],
    position: usize,
}

impl<'a> Lexer<'a> {
    /// At the start of a text.
    pub fn new(text: &'a [u8]) -> Lexer<'a> {
        Lexer { text, position: 0 }
    }

    fn rest(&self) -> &'a [u8] {
        self.text.get(self.position..).unwrap_or_default()
    }

    /// The number of the line, from 1 on.
    pub fn line(&self) -> usize {
        let read = self.text.get(..self.position).unwrap_or_default();
        1 + read.iter().filter(|&&byte| byte == b'\n').count()
    }

    /// The next token.
    pub fn next(&mut self) -> Result<Token, String> {
        self.skip();
        let rest = self.rest();
        let Some(&first) = rest.first() else {
            return Ok(Token::End);
        };
        if first == b'"' {
            self.position += 1;
            return self.text_to_quote().map(Token::Text);
        }
        if first.is_ascii_digit() || first == b'.' && rest.get(1).is_some_and(u8::is_ascii_digit) {
            let (number, length) = leading_number(rest);
            self.position += length;
            return Ok(Token::Number(number));
        }
        if first.is_ascii_alphabetic() || first == b'_' {
            return Ok(self.word());
        }
        let sign = SIGNS.iter().find(|sign| rest.starts_with(sign.as_bytes()));
        let sign = sign.ok_or_else(|| String::from("a character that means nothing"))?;
        self.position += sign.len();
        Ok(Token::Sign(match *sign {
            "**" => "^",
            "**=" => "^=",
            sign => sign,
        }))
    }

    /// Blanks, comments, and newlines behind a `\`.
    fn skip(&mut self) {
        loop {
            let rest = self.rest();
            self.position += match rest {
                [b' ' | b'\t' | b'\r', ..] => 1,
                [b'\\', b'\n', ..] => 2,
                [b'\\', b'\r', b'\n', ..] => 3,
                [b'#', ..] => rest.iter().take_while(|&&byte| byte != b'\n').count(),
                _ => return,
            };
        }
    }

    fn word(&mut self) -> Token {
        let rest = self.rest();
        let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_';
        let length = rest.iter().take_while(is_part).count();
        let (word, behind) = rest.split_at(length);
        self.position += length;
        if let Some(keyword) = KEYWORDS.iter().find(|keyword| keyword.as_bytes() == word) {
            return Token::Sign(match *keyword {
                "func" => "function",
                keyword => keyword,
            });
        }
        let builtin = Builtin::ALL
            .iter()
            .find(|(name, ..)| name.as_bytes() == word);
        match builtin {
            Some(&(_, builtin, ..)) => Token::Builtin(builtin),
            None if behind.starts_with(b"(") => Token::Function(word.to_vec()),
            None => Token::Name(word.to_vec()),
        }
    }

    fn text_to_quote(&mut self) -> Result<Vec<u8>, String> {
        let start = self.position;
        let end = self.end(b'"').ok_or("a text without its end")?;
        Ok(unescape(self.text.get(start..end).unwrap_or_default()))
    }

    /// The regular expression up to the next `/`, as it stands there; the `/` before it
    /// was read.
    pub fn regex(&mut self) -> Result<Vec<u8>, String> {
        let start = self.position;
        let end = self
            .end(b'/')
            .ok_or("a regular expression without its end")?;
        Ok(self.text.get(start..end).unwrap_or_default().to_vec())
    }

    /// Goes behind the next `quote` of the line; its place.
    fn end(&mut self, quote: u8) -> Option<usize> {
        loop {
            match *self.rest().first()? {
                byte if byte == quote => {
                    self.position += 1;
                    return Some(self.position - 1);
                }
                b'\\' => self.position += 2,
                b'\n' => return None,
                _ => self.position += 1,
            }
        }
    }
}

/// The text without its escapes. One that means nothing stays as it is.
pub fn unescape(mut text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Some((&byte, rest)) = text.split_first() {
        text = rest;
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        match escape(text) {
            Some((byte, rest)) => {
                bytes.push(byte);
                text = rest;
            }
            None if text.starts_with(b"\n") => text = &text[1..],
            None => bytes.push(b'\\'),
        }
    }
    bytes
}

/// The byte that an escape stands for, without its `\`, and what is behind it.
pub fn escape(text: &[u8]) -> Option<(u8, &[u8])> {
    let (&letter, rest) = text.split_first()?;
    let byte = match letter {
        b'"' | b'/' | b'\\' => letter,
        b'a' => 7,
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 11,
        b'0'..=b'7' => {
            let is_digit = |byte: &&u8| matches!(byte, b'0'..=b'7');
            let length = text.iter().take(3).take_while(is_digit).count();
            let (digits, rest) = text.split_at(length);
            let add = |value: u32, digit: &u8| value * 8 + u32::from(digit - b'0');
            return Some((digits.iter().fold(0, add) as u8, rest));
        }
        _ => return None,
    };
    Some((byte, rest))
}
