// SPDX-License-Identifier: GPL-2.0-or-later
//! Tests of the line that is typed, and of what a terminal shows of it.

use super::complete::{Kind, common_start, escaped, word_before};
use super::*;

/// A terminal that goes to the next row at once, or only with the next character.
struct Terminal {
    rows: Vec<Vec<u8>>,
    row: usize,
    column: usize,
    at_once: bool,
}

const COLUMNS: usize = 10;

impl Terminal {
    fn new(at_once: bool) -> Terminal {
        Terminal {
            rows: vec![vec![b' '; COLUMNS]; 8],
            row: 0,
            column: 0,
            at_once,
        }
    }

    fn write(&mut self, text: &[u8]) {
        let mut rest = text;
        while let Some((&byte, behind)) = rest.split_first() {
            rest = behind;
            match byte {
                b'\r' => self.column = 0,
                b'\n' => self.row += 1,
                8 => self.column = self.column.min(COLUMNS - 1) - 1,
                0x1b => {
                    let end = rest.iter().position(u8::is_ascii_alphabetic).unwrap();
                    let number: String =
                        rest[1..end].iter().map(|&byte| char::from(byte)).collect();
                    let number = number.parse().unwrap_or(1);
                    let column = self.column.min(COLUMNS - 1);
                    match rest[end] {
                        b'A' => self.row -= number,
                        b'B' => self.row += number,
                        b'C' => self.column = column + number,
                        b'J' => {
                            self.rows[self.row][column..].fill(b' ');
                            self.rows[self.row + 1..]
                                .iter_mut()
                                .for_each(|row| row.fill(b' '));
                        }
                        b'H' => (self.row, self.column) = (0, 0),
                        other => panic!("{other}"),
                    }
                    rest = &rest[end + 1..];
                }
                byte => {
                    self.wrap(true);
                    self.rows[self.row][self.column] = byte;
                    self.column += 1;
                    self.wrap(self.at_once);
                }
            }
        }
    }

    fn wrap(&mut self, now: bool) {
        if now && self.column == COLUMNS {
            (self.row, self.column) = (self.row + 1, 0);
        }
    }

    fn text(&self) -> String {
        let rows = self.rows.concat();
        String::from_utf8(rows.trim_ascii_end().to_vec()).unwrap()
    }
}

fn history() -> Vec<Vec<u8>> {
    ["echo one", "ls", "echo two"]
        .map(|line| line.as_bytes().to_vec())
        .into()
}

/// What was typed, and what both kinds of terminals show, with the cursor there.
fn typed(keys: &[u8]) -> (String, usize) {
    let history = history();
    let mut lines = Vec::new();
    for at_once in [true, false] {
        let mut terminal = Terminal::new(at_once);
        let mut editor = Editor::new(b"$ ", COLUMNS, &history);
        for &key in keys {
            editor.key(key);
            terminal.write(&editor.output());
        }
        let (line, at) = editor.line();
        let line = String::from_utf8(line.to_vec()).unwrap();
        if !line.contains('\u{1}') && editor.search.is_none() {
            let shown = terminal.text();
            assert_eq!(shown.trim_end(), format!("$ {line}").trim_end(), "{keys:?}");
            let cursor = terminal.row * COLUMNS + terminal.column;
            assert_eq!(cursor, 2 + at, "{keys:?}");
        }
        lines.push((line, at));
    }
    assert_eq!(lines[0], lines[1]);
    lines.remove(0)
}

#[test]
fn keys() {
    for (keys, line, at) in [
        (&b"abc"[..], "abc", 3),
        (b"abc\x7f\x08", "a", 1),
        (b"abc\x1b[D\x1b[DX", "aXbc", 2),
        (b"abc\x01X\x05Y", "XabcY", 5),
        (b"abc\x1b[HX\x1b[FY", "XabcY", 5),
        (b"abc\x1b[1~X\x1b[4~Y", "XabcY", 5),
        (b"abc\x1bOHX\x1bOFY", "XabcY", 5),
        (b"abc\x02\x02\x0b", "a", 1),
        (b"abc\x02\x15", "c", 0),
        (b"ab cd  \x17X", "ab X", 4),
        (b"ab cd\x17\x01\x19", "cdab ", 2),
        (b"abc\x01\x1b[3~", "bc", 0),
        (b"abc\x01\x04", "bc", 0),
        (b"abc\x04", "abc", 3),
        (b"\x1b[A", "echo two", 8),
        (b"new\x1b[A\x1b[A\x1b[A\x1b[A", "echo one", 8),
        (b"new\x1b[A\x1b[B\x1b[B", "new", 3),
        (b"\x10\x10\x0e", "echo two", 8),
        (b"x\x1b[1;5Cy\x1b[99Qz\x1b[[A", "xyz", 3),
    ] {
        assert_eq!(typed(keys), (line.to_string(), at), "{keys:?}");
    }
}

#[test]
fn long_lines() {
    let text = b"abcdefghijklmnopqrstuvwxyz";
    for length in 6..text.len() {
        let start = &text[..length];
        assert_eq!(typed(start).1, length);
        for back in 0..length {
            let keys = [start, &b"\x02".repeat(back), b"X"].concat();
            assert_eq!(typed(&keys).1, length - back + 1);
            let keys = [start, &b"\x02".repeat(back), b"\x7f"].concat();
            assert_eq!(typed(&keys).1, length - back - 1);
        }
        typed(&[start, b"\x01\x0bshort"].concat());
        typed(&[start, b"\x0c"].concat());
    }
}

#[test]
fn searching() {
    let run = |keys: &[u8]| typed(keys).0;
    assert_eq!(run(b"\x12o"), "echo two");
    assert_eq!(run(b"\x12one\x05"), "echo one");
    assert_eq!(run(b"\x12echo\x12\x05"), "echo one");
    assert_eq!(run(b"old\x12ls\x07"), "old");
    assert_eq!(run(b"\x12ls\x05x"), "lsx");
    assert_eq!(run(b"\x12nothing\x05"), "echo one");
}

#[test]
fn steps() {
    let history = history();
    let mut editor = Editor::new(b"$ ", COLUMNS, &history);
    assert_eq!(editor.key(control(b'D')), Step::End);
    assert_eq!(editor.key(b'a'), Step::On);
    assert_eq!(editor.key(b'\t'), Step::Complete(false));
    assert_eq!(editor.key(b'\t'), Step::Complete(true));
    editor.key(b'b');
    assert_eq!(editor.key(b'\t'), Step::Complete(false));
    assert_eq!(editor.key(b'\r'), Step::Line);
}

#[test]
fn a_line_that_is_given_up() {
    let history = history();
    let mut editor = Editor::new(b"$ ", COLUMNS, &history);
    for &key in b"old\x01" {
        editor.key(key);
    }
    editor.output();
    editor.give_up();
    editor.key(b'n');
    assert_eq!(editor.line(), (&b"n"[..], 1));
    assert!(editor.output().ends_with(b"^C\n$ n"));
}

/// What is typed at the end is written as it is, like the kernel's echo.
#[test]
fn echo() {
    let mut editor = Editor::new(b"# ", COLUMNS, &[]);
    assert_eq!(editor.output(), b"# ");
    for &byte in b"a line that is longer than a row" {
        editor.key(byte);
        assert_eq!(editor.output(), [byte]);
    }
}

#[test]
fn completion() {
    for (line, kind, start, word) in [
        ("l", Kind::Command, 0, "l"),
        ("ls a", Kind::File, 3, "a"),
        ("ls | gr", Kind::Command, 5, "gr"),
        ("a; b", Kind::Command, 3, "b"),
        ("./a", Kind::File, 0, "./a"),
        ("echo $HO", Kind::Variable, 6, "HO"),
        ("echo \"$HO", Kind::Variable, 7, "HO"),
        ("cat a\\ b", Kind::File, 4, "a b"),
        ("cat < f", Kind::File, 6, "f"),
        ("x=/u", Kind::File, 2, "/u"),
        ("", Kind::Command, 0, ""),
    ] {
        let found = word_before(line.as_bytes(), line.len());
        assert_eq!(found, (kind, start, word.as_bytes().to_vec()), "{line}");
    }
    assert_eq!(common_start(&[b"abc", b"abd", b"ab"]), b"ab");
    assert_eq!(common_start(&[]), b"");
    assert_eq!(escaped(b"a b$"), b"a\\ b\\$");
}
