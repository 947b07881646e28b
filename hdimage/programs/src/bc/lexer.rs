// SPDX-License-Identifier: GPL-2.0-or-later
//! From the text of a program to tokens.

use super::parser::Wrong;
use alloc::string::String;
use alloc::vec::Vec;

#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    End,
    Number(String),
    Name(String),
    Text(Vec<u8>),
    /// An operator, a keyword, or `"\n"`.
    Sign(&'static str),
}

const KEYWORDS: [&str; 16] = [
    "auto", "break", "continue", "define", "else", "for", "halt", "if", "length", "print", "quit",
    "return", "scale", "sqrt", "while", "void",
];

/// Longer ones before those that they begin with.
const SIGNS: [&str; 36] = [
    "++", "--", "+=", "-=", "*=", "/=", "%=", "^=", "==", "<=", ">=", "!=", "&&", "||", "+", "-",
    "*", "/", "%", "^", "=", "<", ">", "!", "(", ")", "[", "]", "{", "}", ",", ";", "\n", ".", "?",
    ":",
];

/// All tokens of a text, with the end behind.
pub fn tokens(text: &[u8]) -> Result<Vec<Token>, Wrong> {
    let mut rest = text;
    let mut tokens = Vec::new();
    loop {
        rest = skip(rest)?;
        let Some(&first) = rest.first() else {
            tokens.push(Token::End);
            return Ok(tokens);
        };
        let (token, behind) = match first {
            b'"' => text_to_quote(&rest[1..])?,
            b'0'..=b'9' | b'A'..=b'F' | b'.' => number(rest),
            b'a'..=b'z' => word(rest),
            _ => sign(rest)?,
        };
        tokens.push(token);
        rest = behind;
    }
}

/// Blanks, comments, and newlines behind a `\`.
fn skip(mut rest: &[u8]) -> Result<&[u8], Wrong> {
    loop {
        rest = match rest {
            [b' ' | b'\t' | b'\r', behind @ ..] | [b'\\', b'\n', behind @ ..] => behind,
            [b'#', ..] => {
                let end = rest.iter().position(|&byte| byte == b'\n');
                &rest[end.unwrap_or(rest.len())..]
            }
            [b'/', b'*', inside @ ..] => {
                let end = inside.windows(2).position(|two| two == b"*/");
                &inside[end.ok_or(Wrong::Incomplete)? + 2..]
            }
            _ => return Ok(rest),
        };
    }
}

fn text_to_quote(text: &[u8]) -> Result<(Token, &[u8]), Wrong> {
    let end = text.iter().position(|&byte| byte == b'"');
    let (inside, behind) = text.split_at(end.ok_or(Wrong::Incomplete)?);
    Ok((Token::Text(inside.to_vec()), &behind[1..]))
}

fn number(text: &[u8]) -> (Token, &[u8]) {
    let mut digits = String::new();
    let mut rest = text;
    let mut has_point = false;
    while let Some((&byte, behind)) = rest.split_first() {
        match byte {
            b'0'..=b'9' | b'A'..=b'F' => digits.push(byte.into()),
            b'.' if !has_point => {
                has_point = true;
                digits.push('.');
            }
            // A long number goes on in the next line.
            b'\\' if behind.starts_with(b"\n") => {
                rest = &behind[1..];
                continue;
            }
            _ => break,
        }
        rest = behind;
    }
    match digits.as_str() {
        // A lone point is what was printed last.
        "." => (Token::Name("last".into()), rest),
        _ => (Token::Number(digits), rest),
    }
}

fn word(text: &[u8]) -> (Token, &[u8]) {
    let is_part = |byte: &&u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_');
    let (word, rest) = text.split_at(text.iter().take_while(is_part).count());
    let keyword = KEYWORDS.iter().find(|keyword| keyword.as_bytes() == word);
    match keyword {
        Some(keyword) => (Token::Sign(keyword), rest),
        None => (Token::Name(String::from_utf8_lossy(word).into()), rest),
    }
}

fn sign(text: &[u8]) -> Result<(Token, &[u8]), Wrong> {
    let sign = SIGNS.iter().find(|sign| text.starts_with(sign.as_bytes()));
    let sign = sign.ok_or(Wrong::Syntax("a character that means nothing"))?;
    Ok((Token::Sign(sign), &text[sign.len()..]))
}
