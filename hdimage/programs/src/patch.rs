// SPDX-License-Identifier: GPL-2.0-or-later
//! What `diff -u` has printed is read, and done to the lines of a file.

use crate::number::unsigned;
use alloc::vec::Vec;

/// Lines of context that need not match, at most, at each end of a hunk.
const FUZZ: usize = 2;

/// What happens to a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// It stays.
    Context,
    /// It goes.
    Old,
    /// It comes.
    New,
}

/// A piece of a patch: where it begins in the old file, counted from 1, and its lines,
/// which end with a newline unless the file does not.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hunk {
    /// The line of the old file, and that of the new one.
    pub start: (usize, usize),
    /// All lines.
    pub lines: Vec<(Kind, Vec<u8>)>,
}

/// What is to be done to a file.
#[derive(PartialEq, Eq, Debug, Default)]
pub struct FilePatch {
    /// The name before.
    pub old: Vec<u8>,
    /// The name behind.
    pub new: Vec<u8>,
    /// In the order of their lines.
    pub hunks: Vec<Hunk>,
}

/// Reads a patch. What stands between the files is for people.
pub fn parse(text: &[u8]) -> Result<Vec<FilePatch>, &'static str> {
    let mut lines = text.split_inclusive(|&byte| byte == b'\n').peekable();
    let mut files: Vec<FilePatch> = Vec::new();
    while let Some(line) = lines.next() {
        if let Some(old) = line.strip_prefix(b"--- ") {
            let new = lines.next_if(|line| line.starts_with(b"+++ "));
            if let Some(new) = new.and_then(|line| line.strip_prefix(b"+++ ")) {
                files.push(FilePatch {
                    old: name(old),
                    new: name(new),
                    hunks: Vec::new(),
                });
            }
            continue;
        }
        let Some(extents) = extents(line) else {
            continue;
        };
        let file = files
            .last_mut()
            .ok_or("a hunk without the names of its file")?;
        let (mut old_left, mut new_left) = (extents.0.1, extents.1.1);
        let mut hunk = Hunk {
            start: (extents.0.0, extents.1.0),
            lines: Vec::new(),
        };
        while old_left > 0 || new_left > 0 || lines.peek().is_some_and(|it| it.starts_with(b"\\")) {
            let line = lines.next().ok_or("the end of a hunk is missing")?;
            let (&mark, rest) = line.split_first().ok_or("an empty line in a hunk")?;
            let kind = match mark {
                b' ' => Kind::Context,
                b'-' => Kind::Old,
                b'+' => Kind::New,
                // Some mail programs cut blanks off.
                b'\n' => Kind::Context,
                b'\\' => {
                    let last = hunk.lines.last_mut().ok_or("\\ without a line")?;
                    last.1.pop_if(|byte| *byte == b'\n');
                    continue;
                }
                _ => return Err("a damaged hunk"),
            };
            let taken = |left: usize| left.checked_sub(1).ok_or("a hunk with too many lines");
            if kind != Kind::New {
                old_left = taken(old_left)?;
            }
            if kind != Kind::Old {
                new_left = taken(new_left)?;
            }
            let text = if mark == b'\n' { line } else { rest };
            hunk.lines.push((kind, text.to_vec()));
        }
        file.hunks.push(hunk);
    }
    Ok(files)
}

/// The name in front of the time.
fn name(line: &[u8]) -> Vec<u8> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.split(|&byte| byte == b'\t')
        .next()
        .unwrap_or_default()
        .to_vec()
}

type Extent = (usize, usize);

/// `@@ -1,2 +3,4 @@`: the first line and how many there are, of both files.
fn extents(line: &[u8]) -> Option<(Extent, Extent)> {
    let rest = line.strip_prefix(b"@@ -")?;
    let blank = rest.iter().position(|&byte| byte == b' ')?;
    let (old, rest) = rest.split_at(blank);
    let rest = rest.strip_prefix(b" +")?;
    let blank = rest.iter().position(|&byte| byte == b' ')?;
    let (new, rest) = rest.split_at(blank);
    rest.strip_prefix(b" @@")?;
    Some((extent(old)?, extent(new)?))
}

fn extent(text: &[u8]) -> Option<Extent> {
    let mut numbers = text.splitn(2, |&byte| byte == b',');
    let start = unsigned(numbers.next()?, 10)?;
    let count = numbers
        .next()
        .map_or(Some(1), |count| unsigned(count, 10))?;
    Some((start as usize, count as usize))
}

impl Hunk {
    /// The lines before, or behind.
    fn side(&self, without: Kind) -> Vec<&[u8]> {
        let lines = self.lines.iter().filter(|(kind, _)| *kind != without);
        lines.map(|(_, line)| line.as_slice()).collect()
    }

    /// What takes this one back.
    pub fn reversed(&self) -> Hunk {
        let reverse = |kind| match kind {
            Kind::Context => Kind::Context,
            Kind::Old => Kind::New,
            Kind::New => Kind::Old,
        };
        let lines = self.lines.iter();
        let mut lines: Vec<_> = lines
            .map(|(kind, line)| (reverse(*kind), line.clone()))
            .collect();
        // Within a change, what goes stands before what comes.
        for change in lines.chunk_by_mut(|a, b| (a.0 == Kind::Context) == (b.0 == Kind::Context)) {
            change.sort_by_key(|(kind, _)| *kind == Kind::New);
        }
        Hunk {
            start: (self.start.1, self.start.0),
            lines,
        }
    }

    /// The lines of context that it begins or ends with.
    fn context(&self) -> (usize, usize) {
        let is_context = |line: &&(Kind, Vec<u8>)| line.0 == Kind::Context;
        let before = self.lines.iter().take_while(is_context).count();
        (
            before,
            self.lines.iter().rev().take_while(is_context).count(),
        )
    }
}

/// Where a hunk fits: how many lines behind the place that it names, and how many lines
/// of its context do not match. Negative is before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fit {
    /// Lines behind the expected place.
    pub offset: isize,
    /// Lines of context that do not match.
    pub fuzz: usize,
    /// The line, counted from 1.
    pub line: usize,
}

/// Does hunks to the lines of a file; for each where it fits, if it does.
pub fn apply(lines: &mut Vec<Vec<u8>>, hunks: &[Hunk]) -> Vec<Option<Fit>> {
    let mut shift = 0isize;
    // What was changed already is not changed again.
    let mut from = 0;
    let mut fits = Vec::new();
    for hunk in hunks {
        let (old, new) = (hunk.side(Kind::New), hunk.side(Kind::Old));
        // No lines at all are behind the one that is named.
        let start = if old.is_empty() {
            hunk.start.0
        } else {
            hunk.start.0.saturating_sub(1)
        };
        let Some((place, fuzz)) = find(lines, hunk, &old, start as isize + shift, from) else {
            fits.push(None);
            continue;
        };
        let (before, behind) = hunk.context();
        let (top, bottom) = (fuzz.min(before), fuzz.min(behind));
        let replaced = place + top..place + old.len() - bottom;
        let inner = new.get(top..new.len() - bottom).unwrap_or_default();
        let inner: Vec<Vec<u8>> = inner.iter().map(|line| line.to_vec()).collect();
        let count = inner.len();
        lines.splice(replaced, inner);
        from = place + top + count;
        let offset = place as isize - start as isize - shift;
        shift += offset + new.len() as isize - old.len() as isize;
        fits.push(Some(Fit {
            offset,
            fuzz,
            line: place + 1,
        }));
    }
    fits
}

/// The place where the old lines are that is nearest to the expected one.
fn find(
    lines: &[Vec<u8>],
    hunk: &Hunk,
    old: &[&[u8]],
    expected: isize,
    from: usize,
) -> Option<(usize, usize)> {
    let (before, behind) = hunk.context();
    let last = lines.len().checked_sub(old.len());
    for fuzz in 0..=FUZZ.min(before.max(behind)) {
        let (top, bottom) = (fuzz.min(before), fuzz.min(behind));
        let matches = |place: usize| {
            let here = lines.get(place..place + old.len()).unwrap_or_default();
            let same = |(line, old): (&Vec<u8>, &&[u8])| line == old;
            here.len() == old.len()
                && here
                    .iter()
                    .zip(old)
                    .skip(top)
                    .take(old.len() - top - bottom)
                    .all(same)
        };
        let (first, last) = (from as isize, last? as isize);
        if first > last {
            return None;
        }
        // A place far outside of the file is looked for from the end that is nearest.
        let near = expected.clamp(first, last);
        for distance in 0..=last - first {
            for place in [near + distance, near - distance] {
                if (first..=last).contains(&place) && matches(place as usize) {
                    return Some((place as usize, fuzz));
                }
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<Vec<u8>> {
        let lines = text.split_inclusive('\n');
        lines.map(|line| line.as_bytes().to_vec()).collect()
    }

    const PATCH: &str =
        "--- a/f\t1991-12-08\n+++ b/f\t1991-12-08\n@@ -2,3 +2,3 @@ name\n two\n-three\n+3\n four\n";

    #[test]
    fn places() {
        let hunks = parse(PATCH.as_bytes()).unwrap().remove(0).hunks;
        let applied = |text: &str| {
            let mut lines = lines(text);
            let fit = apply(&mut lines, &hunks)[0].map(|fit| (fit.offset, fit.fuzz));
            (fit, String::from_utf8(lines.concat()).unwrap())
        };
        let expected = (Some((0, 0)), "one\ntwo\n3\nfour\n".into());
        assert_eq!(applied("one\ntwo\nthree\nfour\n"), expected);
        let expected = (Some((1, 0)), "0\none\ntwo\n3\nfour\n".into());
        assert_eq!(applied("0\none\ntwo\nthree\nfour\n"), expected);
        let expected = (Some((-1, 0)), "two\n3\nfour\n".into());
        assert_eq!(applied("two\nthree\nfour\n"), expected);
        let expected = (Some((0, 1)), "one\n2\n3\nfour\n".into());
        assert_eq!(applied("one\n2\nthree\nfour\n"), expected);
        assert_eq!(
            applied("one\ntwo\nfour\n"),
            (None, "one\ntwo\nfour\n".into())
        );
        assert_eq!(applied(""), (None, String::new()));
        let far = PATCH.replace("-2,3", "-2147483648,3");
        let mut text = lines("one\ntwo\nthree\nfour\n");
        let hunks = parse(far.as_bytes()).unwrap().remove(0).hunks;
        assert!(apply(&mut text, &hunks)[0].is_some());
    }

    #[test]
    fn reversed_it_takes_itself_back() {
        let hunks = parse(PATCH.as_bytes()).unwrap().remove(0).hunks;
        let mut text = lines("one\ntwo\nthree\nfour\n");
        apply(&mut text, &hunks);
        let back: Vec<Hunk> = hunks.iter().map(Hunk::reversed).collect();
        assert_eq!(apply(&mut text, &back)[0].unwrap().offset, 0);
        assert_eq!(text, lines("one\ntwo\nthree\nfour\n"));
    }

    #[test]
    fn new_files_and_mistakes() {
        let new = "--- /dev/null\n+++ f\n@@ -0,0 +1,2 @@\n+a\n+b\n\\ No newline at end of file\n";
        let files = parse(new.as_bytes()).unwrap();
        let mut text = Vec::new();
        assert!(apply(&mut text, &files[0].hunks)[0].is_some());
        assert_eq!(text, lines("a\nb"));
        assert_eq!(parse(b"no patch\n"), Ok(Vec::new()));
        for wrong in [
            "@@ -1 +1 @@\n-a\n+b\n",
            "--- f\n+++ f\n@@ -1,3 +1 @@\n-a\n",
            "--- f\n+++ f\n@@ -1 +1 @@\nx\n",
            "--- f\n+++ f\n@@ -1,0 +1,1 @@\n-a\n",
        ] {
            assert!(parse(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
