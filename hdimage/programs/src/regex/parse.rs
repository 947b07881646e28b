// SPDX-License-Identifier: GPL-2.0-or-later
//! From the text of an expression to a tree.

use super::brackets::{self, ByteSet, is_word};
use super::{GROUPS, Options, RegexError, Syntax};
use alloc::boxed::Box;
use alloc::vec::Vec;

/// The most that `\{m,n\}` may ask for, as with GNU's.
const REPETITIONS: u32 = 32767;
/// How deep groups may be in groups, for the sake of the stack.
const DEPTH: usize = 200;

/// A place in the text where nothing is taken.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Assertion {
    /// `^`
    Start,
    /// `$`
    End,
    /// `\<`
    WordStart,
    /// `\>`
    WordEnd,
    /// `\b`
    WordEdge,
    /// `\B`
    NoWordEdge,
    /// No part of a word is before.
    NotBehindWord,
    /// No part of a word follows.
    NotBeforeWord,
}

/// A part of an expression.
pub enum Node {
    /// One of these bytes.
    Byte(ByteSet),
    /// A place in the text.
    Assertion(Assertion),
    /// `\(...\)`, counted from 1.
    Group(usize, Box<Node>),
    /// `\1`: what the group has matched.
    BackReference(usize),
    /// One after the other.
    Sequence(Vec<Node>),
    /// One of them.
    Alternatives(Vec<Node>),
    /// At least and at most so many times.
    Repeat(Box<Node>, u32, Option<u32>),
}

/// What the next characters of an expression are.
#[derive(Clone, Copy)]
enum Token {
    Byte(u8),
    Any,
    Bracket,
    Open,
    Close,
    Or,
    Star,
    Plus,
    Optional,
    Brace,
    Caret,
    Dollar,
    BackReference(usize),
    /// A letter behind a backslash that stands for something.
    Special(u8),
}

struct Parser<'a> {
    rest: &'a [u8],
    options: Options,
    /// How many groups were opened.
    groups: usize,
    /// Which groups are closed.
    closed: [bool; GROUPS],
    depth: usize,
}

/// Reads an expression.
pub fn parse(text: &[u8], options: Options) -> Result<Node, RegexError> {
    let mut parser = Parser {
        rest: text,
        options,
        groups: 0,
        closed: [false; GROUPS],
        depth: 0,
    };
    if options.syntax == Syntax::Fixed {
        let bytes = text.iter().map(|&byte| parser.byte(ByteSet::single(byte)));
        return Ok(Node::Sequence(bytes.collect()));
    }
    let node = parser.alternatives()?;
    match parser.rest {
        [] => Ok(node),
        _ => Err(RegexError::UnmatchedParenthesis),
    }
}

impl<'a> Parser<'a> {
    fn byte(&self, set: ByteSet) -> Node {
        Node::Byte(if self.options.ignore_case {
            set.of_both_cases()
        } else {
            set
        })
    }

    /// The next token and what is behind it.
    fn token(&self) -> Result<Option<(Token, &'a [u8])>, RegexError> {
        let extended = self.options.syntax == Syntax::Extended;
        let (escaped, byte, rest) = match *self.rest {
            [] => return Ok(None),
            [b'\\'] => return Err(RegexError::TrailingBackslash),
            [b'\\', byte, ref rest @ ..] => (true, byte, rest),
            [byte, ref rest @ ..] => (false, byte, rest),
        };
        let token = match byte {
            // The two kinds of expressions differ in which of these take a backslash.
            b'(' | b')' | b'{' | b'|' | b'+' | b'?' if escaped != extended => match byte {
                b'(' => Token::Open,
                b')' => Token::Close,
                b'{' => Token::Brace,
                b'|' => Token::Or,
                b'+' => Token::Plus,
                _ => Token::Optional,
            },
            b'1'..=b'9' if escaped => Token::BackReference((byte - b'0').into()),
            b'w' | b'W' | b's' | b'S' | b'b' | b'B' | b'<' | b'>' | b'`' | b'\'' if escaped => {
                Token::Special(byte)
            }
            _ if escaped => Token::Byte(byte),
            b'.' => Token::Any,
            b'[' => Token::Bracket,
            b'*' => Token::Star,
            b'^' => Token::Caret,
            b'$' => Token::Dollar,
            _ => Token::Byte(byte),
        };
        Ok(Some((token, rest)))
    }

    fn alternatives(&mut self) -> Result<Node, RegexError> {
        let mut alternatives = alloc::vec![self.sequence()?];
        while let Some((Token::Or, rest)) = self.token()? {
            self.rest = rest;
            alternatives.push(self.sequence()?);
        }
        Ok(match alternatives.len() {
            1 => alternatives.remove(0),
            _ => Node::Alternatives(alternatives),
        })
    }

    /// Up to an alternative, the end of the group, or the end.
    fn sequence(&mut self) -> Result<Node, RegexError> {
        let extended = self.options.syntax == Syntax::Extended;
        let mut nodes: Vec<Node> = Vec::new();
        while let Some((token, rest)) = self.token()? {
            // Nothing that could be repeated is before.
            let at_start = matches!(nodes.last(), None | Some(Node::Assertion(Assertion::Start)));
            let node = match token {
                Token::Or => break,
                Token::Close if self.depth > 0 || !extended => break,
                Token::Close => self.byte(ByteSet::single(b')')),
                Token::Star | Token::Plus | Token::Optional | Token::Brace if at_start => {
                    self.rest = rest;
                    match token {
                        // What there is to repeat is nothing.
                        Token::Brace if extended => drop(self.interval()?),
                        _ if extended => {}
                        Token::Star => nodes.push(self.byte(ByteSet::single(b'*'))),
                        Token::Plus => nodes.push(self.byte(ByteSet::single(b'+'))),
                        Token::Optional => nodes.push(self.byte(ByteSet::single(b'?'))),
                        _ => return Err(RegexError::InvalidRepetition),
                    }
                    continue;
                }
                Token::Star | Token::Plus | Token::Optional | Token::Brace => {
                    self.rest = rest;
                    self.repeat(token, &mut nodes)?;
                    continue;
                }
                Token::Open => {
                    self.rest = rest;
                    nodes.push(self.group()?);
                    continue;
                }
                Token::Bracket => {
                    let (set, rest) = brackets::parse(rest, self.options.ignore_case)?;
                    self.rest = rest;
                    nodes.push(Node::Byte(set));
                    continue;
                }
                Token::Caret if extended || nodes.is_empty() => Node::Assertion(Assertion::Start),
                Token::Caret => self.byte(ByteSet::single(b'^')),
                Token::Dollar if extended || self.ends(rest) => Node::Assertion(Assertion::End),
                Token::Dollar => self.byte(ByteSet::single(b'$')),
                Token::BackReference(number) if self.closed[number] => Node::BackReference(number),
                Token::BackReference(_) => return Err(RegexError::InvalidBackReference),
                Token::Any => Node::Byte(ByteSet::of(|_| true)),
                Token::Special(letter) => special(letter),
                Token::Byte(byte) => self.byte(ByteSet::single(byte)),
            };
            nodes.push(node);
            self.rest = rest;
        }
        Ok(Node::Sequence(nodes))
    }

    /// Whether a basic expression, or its part, ends before `rest`.
    fn ends(&self, rest: &[u8]) -> bool {
        matches!(rest, [] | [b'\\', b'|', ..]) || self.depth > 0 && rest.starts_with(b"\\)")
    }

    /// What is behind a `\(`.
    fn group(&mut self) -> Result<Node, RegexError> {
        self.groups += 1;
        self.depth += 1;
        let number = self.groups;
        if self.depth > DEPTH {
            return Err(RegexError::TooBig);
        }
        let inside = self.alternatives()?;
        let Some((Token::Close, rest)) = self.token()? else {
            return Err(RegexError::UnmatchedParenthesis);
        };
        self.rest = rest;
        self.depth -= 1;
        if let Some(closed) = self.closed.get_mut(number) {
            *closed = true;
        }
        Ok(Node::Group(number, Box::new(inside)))
    }

    /// Repeats the last node.
    fn repeat(&mut self, token: Token, nodes: &mut Vec<Node>) -> Result<(), RegexError> {
        let (least, most) = match token {
            Token::Star => (0, None),
            Token::Plus => (1, None),
            Token::Optional => (0, Some(1)),
            _ => match self.interval()? {
                Some(interval) => interval,
                None => {
                    nodes.push(self.byte(ByteSet::single(b'{')));
                    return Ok(());
                }
            },
        };
        match nodes.pop() {
            None => {}
            // `a**` is `a*`.
            Some(Node::Repeat(node, 0, None)) if least <= 1 => {
                nodes.push(Node::Repeat(node, 0, None));
            }
            Some(node) => nodes.push(Node::Repeat(Box::new(node), least, most)),
        }
        Ok(())
    }

    /// What is behind a `\{`: `m\}`, `m,\}`, `,n\}` or `m,n\}`. In an extended
    /// expression, a `{` that begins nothing of the kind stands for itself: `None`.
    fn interval(&mut self) -> Result<Option<(u32, Option<u32>)>, RegexError> {
        let extended = self.options.syntax == Syntax::Extended;
        let end: &[u8] = if extended { b"}" } else { b"\\}" };
        let Some(length) = self.rest.windows(end.len()).position(|it| it == end) else {
            return match extended {
                true => Ok(None),
                false => Err(RegexError::UnmatchedBrace),
            };
        };
        let inside = &self.rest[..length];
        let mut numbers = inside.splitn(2, |&byte| byte == b',');
        let number = |digits: &[u8]| match digits {
            [] => Ok(None),
            digits if digits.iter().all(u8::is_ascii_digit) => Ok(Some(
                crate::number::unsigned(digits, 10).unwrap_or(u32::MAX),
            )),
            _ => Err(RegexError::InvalidInterval),
        };
        let least = numbers.next().map_or(Ok(None), number);
        let most = numbers.next().map(number).transpose();
        let (Ok(least), Ok(most), true) = (least, most, !inside.is_empty()) else {
            return match extended {
                true => Ok(None),
                false => Err(RegexError::InvalidInterval),
            };
        };
        self.rest = &self.rest[length + end.len()..];
        let most = match most {
            None => least,
            Some(most) => most,
        };
        let least = least.unwrap_or(0);
        if most.is_some_and(|most| most < least) {
            return Err(RegexError::InvalidInterval);
        }
        if most.unwrap_or(least) > REPETITIONS {
            return Err(RegexError::TooBig);
        }
        Ok(Some((least, most)))
    }
}

fn special(letter: u8) -> Node {
    let space = |byte: u8| byte.is_ascii_whitespace() || byte == 0x0b;
    Node::Assertion(match letter {
        b'w' => return Node::Byte(ByteSet::of(is_word)),
        b'W' => return Node::Byte(ByteSet::of(is_word).inverse()),
        b's' => return Node::Byte(ByteSet::of(space)),
        b'S' => return Node::Byte(ByteSet::of(space).inverse()),
        b'<' => Assertion::WordStart,
        b'>' => Assertion::WordEnd,
        b'b' => Assertion::WordEdge,
        b'B' => Assertion::NoWordEdge,
        b'`' => Assertion::Start,
        _ => Assertion::End,
    })
}
