// SPDX-License-Identifier: GPL-2.0-or-later
//! Where motions go, as far as the text alone tells it.

use super::buffer::{Buffer, Position, position};
use crate::regex::Regex;

/// What kind of character there is, for words.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Blank,
    Word,
    Other,
}

/// The kind of a character; in `big` words all that is no blank is the same.
fn kind(buffer: &Buffer, at: Position, big: bool) -> Kind {
    match buffer.byte(at) {
        None | Some(b' ' | b'\t') => Kind::Blank,
        Some(_) if big => Kind::Word,
        Some(b'_' | 0x80..) => Kind::Word,
        Some(byte) if byte.is_ascii_alphanumeric() => Kind::Word,
        Some(_) => Kind::Other,
    }
}

/// The next place, the end of each line being one.
fn next(buffer: &Buffer, at: Position) -> Option<Position> {
    if at.column < buffer.length(at.line) {
        Some(position(at.line, at.column + 1))
    } else {
        (at.line < buffer.last()).then(|| position(at.line + 1, 0))
    }
}

/// The place before.
fn previous(buffer: &Buffer, at: Position) -> Option<Position> {
    match at.column.checked_sub(1) {
        Some(column) => Some(position(at.line, column)),
        None => {
            let line = at.line.checked_sub(1)?;
            Some(position(line, buffer.length(line)))
        }
    }
}

/// `w`: the start of the next word. An empty line is one, too.
pub fn word(buffer: &Buffer, from: Position, big: bool) -> Position {
    let here = kind(buffer, from, big);
    let mut at = from;
    while here != Kind::Blank && kind(buffer, at, big) == here {
        at.column += 1;
    }
    while at == from
        || kind(buffer, at, big) == Kind::Blank && (at.column, buffer.length(at.line)) != (0, 0)
    {
        match next(buffer, at) {
            Some(there) => at = there,
            None => return at,
        }
    }
    at
}

/// `e`: the last character of a word; `stay` if it may be the one that is here.
pub fn word_end(buffer: &Buffer, from: Position, big: bool, stay: bool) -> Position {
    let mut at = from;
    let mut moved = stay;
    while !moved || kind(buffer, at, big) == Kind::Blank {
        match next(buffer, at) {
            Some(there) => at = there,
            None => return at,
        }
        moved = true;
    }
    let here = kind(buffer, at, big);
    while kind(buffer, position(at.line, at.column + 1), big) == here {
        at.column += 1;
    }
    at
}

/// `b`: the start of the word before.
pub fn word_back(buffer: &Buffer, from: Position, big: bool) -> Position {
    let mut at = from;
    loop {
        match previous(buffer, at) {
            Some(there) => at = there,
            None => return at,
        }
        if kind(buffer, at, big) != Kind::Blank || buffer.length(at.line) == 0 {
            break;
        }
    }
    let here = kind(buffer, at, big);
    while here != Kind::Blank
        && at.column > 0
        && kind(buffer, position(at.line, at.column - 1), big) == here
    {
        at.column -= 1;
    }
    at
}

/// `}`: the empty line behind a paragraph, or the end of all.
pub fn paragraph(buffer: &Buffer, from: Position) -> Position {
    let mut line = from.line;
    while line < buffer.last() && buffer.length(line) == 0 {
        line += 1;
    }
    while line < buffer.last() && buffer.length(line) > 0 {
        line += 1;
    }
    position(line, buffer.length(line))
}

/// `{`: the empty line before a paragraph, or the start of all.
pub fn paragraph_back(buffer: &Buffer, from: Position) -> Position {
    let mut line = from.line;
    while line > 0 && buffer.length(line) == 0 {
        line -= 1;
    }
    while line > 0 && buffer.length(line) > 0 {
        line -= 1;
    }
    position(line, 0)
}

/// `f F t T`: the place of a character in the line, the `count`th from here.
pub fn find(buffer: &Buffer, from: Position, key: u8, byte: u8, count: usize) -> Option<Position> {
    let line = buffer.line(from.line);
    let index = count.checked_sub(1)?;
    let column = if key.is_ascii_lowercase() {
        let start = from.column + 1;
        let behind = line.get(start..)?;
        let mut found = behind.iter().enumerate().filter(|&(_, &here)| here == byte);
        start + found.nth(index)?.0
    } else {
        let before = line.get(..from.column)?;
        let mut found = before.iter().enumerate().rev();
        found
            .by_ref()
            .filter(|&(_, &here)| here == byte)
            .nth(index)?
            .0
    };
    let column = match key {
        b't' => column - 1,
        b'T' => column + 1,
        _ => column,
    };
    Some(position(from.line, column))
}

/// `%`: the bracket that belongs to the first one from here on in the line.
pub fn bracket(buffer: &Buffer, from: Position) -> Option<Position> {
    const PAIRS: [(u8, u8); 3] = [(b'(', b')'), (b'[', b']'), (b'{', b'}')];
    let mut at = from;
    let (own, other, forward) = loop {
        let byte = buffer.byte(at)?;
        let pair = PAIRS.iter().find(|pair| pair.0 == byte || pair.1 == byte);
        match pair {
            Some(&(open, close)) if open == byte => break (open, close, true),
            Some(&(open, close)) => break (close, open, false),
            None => at.column += 1,
        }
    };
    let mut depth = 0;
    loop {
        match buffer.byte(at) {
            Some(byte) if byte == own => depth += 1,
            Some(byte) if byte == other => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
        at = if forward {
            next(buffer, at)
        } else {
            previous(buffer, at)
        }?;
    }
}

/// The next place that matches, from behind `from` once around the text.
pub fn search(buffer: &Buffer, from: Position, regex: &Regex, forward: bool) -> Option<Position> {
    let count = buffer.count();
    // The line where it begins comes first and last: each time another part counts.
    for step in 0..=count {
        let line = if forward {
            from.line + step
        } else {
            from.line + count - step
        };
        let number = line % count;
        let text = buffer.line(number);
        let starts = (step == 0).then_some(from.column);
        let found = if forward {
            first_match(text, regex, starts.map_or(0, |column| column + 1))
        } else {
            last_match(text, regex, starts.unwrap_or(usize::MAX))
        };
        if let Some(column) = found {
            return Some(position(number, column));
        }
    }
    None
}

fn first_match(text: &[u8], regex: &Regex, from: usize) -> Option<usize> {
    if from > text.len() || (from == text.len() && from > 0) {
        return None;
    }
    Some(regex.find(text, from)?.range().start)
}

/// The last match that begins before `end`.
fn last_match(text: &[u8], regex: &Regex, end: usize) -> Option<usize> {
    let mut found = None;
    let mut from = 0;
    while let Some(start) = first_match(text, regex, from).filter(|&start| start < end) {
        found = Some(start);
        from = start + 1;
    }
    found
}
