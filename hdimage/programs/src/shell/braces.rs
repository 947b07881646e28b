// SPDX-License-Identifier: GPL-2.0-or-later
//! `a{b,c}d` is `abd acd`; `{1..4}` is `1 2 3 4`. This comes before all else, as
//! each of the words may have other variables in it.

use super::tree::{Piece, Word};
use alloc::format;
use alloc::vec::Vec;

/// How many words one may become.
const MOST: usize = 4096;

/// The words that a word stands for, most often itself alone.
pub fn words(word: &Word) -> Option<Vec<Word>> {
    let has_braces = |piece: &Piece| matches!(piece, Piece::Text(text) if text.contains(&b'{'));
    word.0.iter().any(has_braces).then(|| {
        let mut done = Vec::new();
        // What is still to be taken apart, the first on top.
        let mut rest = alloc::vec![word.clone()];
        while let Some(word) = rest.pop() {
            match expand_first(&word) {
                Some(words) if done.len() + rest.len() + words.len() <= MOST => {
                    rest.extend(words.into_iter().rev());
                }
                _ => done.push(word),
            }
        }
        done
    })
}

/// A place in a word: a piece, and a byte of its text.
type Place = (usize, usize);

/// The words that the first pair of braces makes of a word, if there is one.
fn expand_first(word: &Word) -> Option<Vec<Word>> {
    let texts = word.0.iter().enumerate().flat_map(|(index, piece)| {
        let text = match piece {
            Piece::Text(text) => text.as_slice(),
            _ => &[],
        };
        let place = move |(at, &byte)| ((index, at), byte);
        text.iter().enumerate().map(place)
    });
    let bytes: Vec<(Place, u8)> = texts.collect();
    let opening = bytes
        .iter()
        .enumerate()
        .filter(|(_, (_, byte))| *byte == b'{');
    opening
        .filter_map(|(start, _)| expand_at(word, &bytes[start..]))
        .next()
}

/// As [`expand_first`], for the pair whose `{` is the first of `bytes`.
fn expand_at(word: &Word, bytes: &[(Place, u8)]) -> Option<Vec<Word>> {
    let (open, _) = *bytes.first()?;
    let mut depth = 0;
    let mut bounds = alloc::vec![open];
    for &(place, byte) in bytes.iter().skip(1) {
        match byte {
            b'{' => depth += 1,
            b',' if depth == 0 => bounds.push(place),
            b'}' if depth == 0 => {
                bounds.push(place);
                return alternatives(word, &bounds);
            }
            b'}' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// The words of a list, whose `{`, `,` and `}` are at `bounds`, or of a range.
fn alternatives(word: &Word, bounds: &[Place]) -> Option<Vec<Word>> {
    let (&open, &close) = (bounds.first()?, bounds.last()?);
    let before = between(word, None, Some(open));
    let behind = between(word, Some(close), None);
    let inner: Vec<Vec<Piece>> = if let [_, _] = bounds {
        range(&between(word, Some(open), Some(close)))?
    } else {
        let pairs = bounds.windows(2);
        let pairs = pairs.filter_map(|pair| Some((*pair.first()?, *pair.last()?)));
        pairs
            .map(|(from, to)| between(word, Some(from), Some(to)))
            .collect()
    };
    let whole = |inner: Vec<Piece>| Word([before.clone(), inner, behind.clone()].concat());
    Some(inner.into_iter().map(whole).map(joined).collect())
}

/// The pieces behind one place and before another.
fn between(word: &Word, from: Option<Place>, to: Option<Place>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for (index, piece) in word.0.iter().enumerate() {
        let start = match from {
            Some((first, _)) if index < first => continue,
            Some((first, at)) if index == first => at + 1,
            _ => 0,
        };
        let end = match to {
            Some((last, _)) if index > last => break,
            Some((last, at)) if index == last => Some(at),
            _ => None,
        };
        match piece {
            Piece::Text(text) => {
                let part = text.get(start..end.unwrap_or(text.len()));
                let part = part.filter(|part| !part.is_empty());
                pieces.extend(part.map(|part| Piece::Text(part.to_vec())));
            }
            other => pieces.push(other.clone()),
        }
    }
    pieces
}

/// The numbers or letters of `first..last`.
fn range(pieces: &[Piece]) -> Option<Vec<Vec<Piece>>> {
    let [Piece::Text(text)] = pieces else {
        return None;
    };
    let dots = text.windows(2).position(|pair| pair == b"..")?;
    let (first, last) = (text.get(..dots)?, text.get(dots + 2..)?);
    let piece = |text: Vec<u8>| alloc::vec![Piece::Text(text)];
    if let ([first], [last]) = (first, last)
        && first.is_ascii_alphabetic()
        && last.is_ascii_alphabetic()
    {
        let letters = steps((*first).into(), (*last).into());
        return Some(
            letters
                .map(|letter| piece(alloc::vec![letter as u8]))
                .collect(),
        );
    }
    let (first, last) = (crate::number::signed(first)?, crate::number::signed(last)?);
    if first.abs_diff(last) as usize >= MOST {
        return None;
    }
    let numbers = steps(first, last);
    Some(
        numbers
            .map(|number| piece(format!("{number}").into_bytes()))
            .collect(),
    )
}

fn steps(first: i32, last: i32) -> impl Iterator<Item = i32> {
    let step = if first <= last { 1 } else { -1 };
    (0..=first.abs_diff(last) as i32).map(move |index| first + index * step)
}

/// The word with neighbouring texts made one.
fn joined(word: Word) -> Word {
    let mut whole = Word::default();
    for piece in word.0 {
        match (piece, whole.0.last_mut()) {
            (Piece::Text(text), Some(Piece::Text(before))) => before.extend(text),
            (piece, _) => whole.0.push(piece),
        }
    }
    // `{,a}` begins with an empty word, which is no argument.
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(text: &str) -> Vec<String> {
        let word = Word(vec![Piece::Text(text.into())]);
        let words = words(&word).unwrap_or(vec![word]);
        let text = |word: &Word| String::from_utf8(word.without_quotes()).unwrap();
        words.iter().map(text).collect()
    }

    #[test]
    fn lists_and_ranges() {
        for (text, expected) in [
            ("a{b,c}d", "abd acd"),
            ("{a,b}{1,2}", "a1 a2 b1 b2"),
            ("x{a,{b,c}}", "xa xb xc"),
            ("{}", "{}"),
            ("{a}", "{a}"),
            ("{a", "{a"),
            ("a,b}", "a,b}"),
            ("{1..4}", "1 2 3 4"),
            ("{3..1}x", "3x 2x 1x"),
            ("{a..d}", "a b c d"),
            ("{1..x}", "{1..x}"),
            ("{a{b,c}", "{ab {ac"),
            ("a{,b}", "a ab"),
        ] {
            assert_eq!(expanded(text).join(" "), expected, "{text}");
        }
    }

    #[test]
    fn quoted_braces_are_none() {
        let word = Word(vec![
            Piece::Text(b"{a".to_vec()),
            Piece::Quoted(b",b}".to_vec()),
        ]);
        assert_eq!(words(&word), Some(vec![word.clone()]));
        let word = Word(vec![
            Piece::Text(b"{a,".to_vec()),
            Piece::Quoted(b",".to_vec()),
            Piece::Text(b"}".to_vec()),
        ]);
        let expanded = words(&word).unwrap();
        assert_eq!(expanded[1], Word(vec![Piece::Quoted(b",".to_vec())]));
    }

    #[test]
    fn the_number_of_words_is_limited() {
        assert!(expanded(&"{a,b}".repeat(40)).len() <= MOST);
        assert_eq!(expanded("{1..1000000000}"), ["{1..1000000000}"]);
    }
}
