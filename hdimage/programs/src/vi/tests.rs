// SPDX-License-Identifier: GPL-2.0-or-later
//! Keys in; the text, the files and the screen out.

mod screen;
mod terminal;

use super::*;
use abi::Errno;
use std::collections::BTreeMap;
use terminal::Terminal;

#[derive(Default)]
struct Files {
    files: BTreeMap<Vec<u8>, Vec<u8>>,
    ran: Vec<Vec<u8>>,
    full: bool,
    suspended: usize,
}

impl World for Files {
    fn read(&mut self, path: &[u8]) -> Result<Vec<u8>> {
        self.files.get(path).cloned().ok_or(Errno::ENOENT)
    }

    fn write(&mut self, path: &[u8], text: &[u8], add: bool, _force: bool) -> Result<()> {
        if self.full {
            return Err(Errno::ENOSPC);
        }
        let file = self.files.entry(path.to_vec()).or_default();
        if !add {
            file.clear();
        }
        file.extend_from_slice(text);
        Ok(())
    }

    fn exists(&mut self, path: &[u8]) -> bool {
        self.files.contains_key(path)
    }

    fn run(&mut self, command: &[u8]) {
        self.ran.push(command.to_vec());
    }

    fn filter(&mut self, command: &[u8], input: &[u8]) -> Result<Vec<u8>> {
        match command {
            b"upper" => Ok(input.to_ascii_uppercase()),
            b"date" => Ok(b"today\n".to_vec()),
            _ => Err(Errno::ENOENT),
        }
    }

    fn suspend(&mut self) {
        self.suspended += 1;
    }
}

struct Session {
    vi: Vi,
    files: Files,
    terminal: Terminal,
}

const ROWS: usize = 8;
const COLUMNS: usize = 20;

fn session(text: &[u8]) -> Session {
    let mut files = Files::default();
    files.files.insert(b"file".to_vec(), text.to_vec());
    let mut vi = Vi::new(ROWS, COLUMNS, false);
    vi.start(vec![b"file".to_vec(), b"second".to_vec()], &mut files);
    let mut terminal = Terminal::new(ROWS, COLUMNS, false);
    terminal.write(&vi.draw());
    Session {
        vi,
        files,
        terminal,
    }
}

impl Session {
    fn keys(&mut self, keys: impl AsRef<[u8]>) -> &mut Session {
        for &byte in keys.as_ref() {
            self.vi.key(byte, &mut self.files);
            self.terminal.write(&self.vi.draw());
        }
        self
    }

    fn text(&self) -> String {
        let buffer = &self.vi.buffer;
        String::from_utf8_lossy(&buffer.bytes(0..buffer.count())).into_owned()
    }

    fn cursor(&self) -> (usize, usize) {
        (self.vi.cursor.line, self.vi.cursor.column)
    }

    fn message(&self) -> String {
        self.terminal.text()[ROWS - 1].clone()
    }
}

/// What becomes of a text by keys.
fn edited(text: &str, keys: &str) -> String {
    session(text.as_bytes()).keys(keys).text()
}

fn check(cases: &[(&str, &str, &str)]) {
    for &(text, keys, result) in cases {
        assert_eq!(edited(text, keys), result, "{text:?} {keys:?}");
    }
}

#[test]
fn motions_go_where_they_should() {
    let text = "one two.three  four\n\n  (a [b] c)\nlast";
    for (keys, at) in [
        ("w", (0, 4)),
        ("ww", (0, 7)),
        ("W", (0, 4)),
        ("WW", (0, 15)),
        ("4w", (0, 15)),
        ("5w", (1, 0)),
        ("6w", (2, 2)),
        ("e", (0, 2)),
        ("2E", (0, 12)),
        ("$b", (0, 15)),
        ("$2B", (0, 4)),
        ("jb", (0, 15)),
        ("$", (0, 18)),
        ("2$", (1, 0)),
        ("$0", (0, 0)),
        ("jj^", (2, 2)),
        ("jj", (2, 0)),
        ("llljjk", (1, 0)),
        ("llljj", (2, 3)),
        ("$jj", (2, 10)),
        ("G", (3, 0)),
        ("Ggg", (0, 0)),
        ("3G", (2, 2)),
        ("2j", (2, 0)),
        ("9j", (0, 0)),
        ("fo", (0, 6)),
        ("2fe", (0, 11)),
        ("te", (0, 1)),
        ("$Ft", (0, 8)),
        ("$Tt", (0, 9)),
        ("fe;", (0, 11)),
        ("fe;,", (0, 2)),
        ("te;", (0, 10)),
        ("jj%", (2, 10)),
        ("jj%%", (2, 2)),
        ("jjfb%", (2, 5)),
        ("}", (1, 0)),
        ("}}", (3, 3)),
        ("G{", (1, 0)),
        ("/b\r", (2, 6)),
        ("/o\rn", (0, 16)),
        ("/o\rN", (0, 0)),
        ("/o\rNN", (0, 16)),
        ("?o\r", (0, 16)),
        ("?o\rn", (0, 6)),
        ("/t\r/\r", (0, 8)),
        ("wmajj'a", (0, 0)),
        ("wmajj`a", (0, 4)),
        ("wG''", (0, 0)),
        ("wG``", (0, 4)),
        ("L", (3, 0)),
        ("GH", (0, 0)),
        ("M", (1, 0)),
        ("5|", (0, 4)),
        ("j+", (2, 2)),
        ("G-", (2, 2)),
        ("*", (0, 0)),
        ("\x1b[B\x1b[B\x1b[C", (2, 1)),
        ("\x1b[F", (0, 18)),
        ("\x1b[Y\x1b[H", (0, 0)),
        ("\x1b[6~", (3, 0)),
    ] {
        assert_eq!(session(text.as_bytes()).keys(keys).cursor(), at, "{keys:?}");
    }
}

#[test]
fn operators_work_on_motions() {
    check(&[
        ("one two three\n", "dw", "two three\n"),
        ("one two three\n", "2dw", "three\n"),
        ("one two three\n", "wdw.", "one \n"),
        ("one two\nthree\n", "wdw", "one \nthree\n"),
        ("one\n  two\n", "d2w", "\n"),
        ("one two three\n", "wd0", "two three\n"),
        ("one two three\n", "wD", "one \n"),
        ("one two three\n", "$db", "one two e\n"),
        ("one two three\n", "de", " two three\n"),
        ("a(b c)d\n", "ld%", "ad\n"),
        ("one two\n", "dfw", "o\n"),
        ("one two\n", "dtw", "wo\n"),
        ("one two\n", "$dFw", "one to\n"),
        ("1\n2\n3\n4\n5\n", "jdd", "1\n3\n4\n5\n"),
        ("1\n2\n3\n4\n5\n", "2ddp", "3\n1\n2\n4\n5\n"),
        ("1\n2\n3\n4\n5\n", "jd2j", "1\n5\n"),
        ("1\n2\n3\n4\n5\n", "jdG", "1\n"),
        ("1\n2\n3\n4\n5\n", "Gdgg", ""),
        ("1\n2\n3\n", "9dd", ""),
        ("one\n", "ddiword\x1b", "word\n"),
        ("one two\n", "cwnew\x1b", "new two\n"),
        ("one two\n", "c2wnew\x1b", "new\n"),
        ("one two\n", "lllcwX\x1b", "oneXtwo\n"),
        ("a b\n", "cwX\x1b", "X b\n"),
        ("one two\n", "wCnew\x1b", "one new\n"),
        ("one\ntwo\nthree\n", "2ccnew\x1b", "new\nthree\n"),
        ("one\ntwo\n", "Snew\x1b", "new\ntwo\n"),
        ("one\n", "sX\x1b", "Xne\n"),
        ("one\n", "2sX\x1b", "Xe\n"),
        ("\n", "sX\x1b", "X\n"),
        ("abc\n", "x", "bc\n"),
        ("abc\n", "5x", "\n"),
        ("abc\n", "$X", "ac\n"),
        ("abc\n", "xp", "bac\n"),
        ("one two\n", "yw$p", "one twoone \n"),
        ("one\ntwo\n", "yyjp", "one\ntwo\none\n"),
        ("one\ntwo\n", "yyP", "one\none\ntwo\n"),
        ("one\ntwo\n", "Y2p", "one\none\none\ntwo\n"),
        ("one\ntwo\nthree\n", "lyj$p", "one\none\ntwo\ntwo\nthree\n"),
        ("one two\nthree four\n", "wd/four\r", "one four\n"),
        ("one\ntwo\n", "\"ayyj\"byy\"ap\"bp", "one\ntwo\none\ntwo\n"),
        ("one\ntwo\n", "\"ayyj\"Ayy\"ap", "one\ntwo\none\ntwo\n"),
        ("1\n2\n3\n", ">>", "\t1\n2\n3\n"),
        (":a\n", ":set sw=4\r>>>>.", "\t    :a\n"),
        ("\t\t1\n\t2\n3\n", "<j", "\t1\n2\n3\n"),
        ("one\ntwo\nthree\n", "J", "one two\nthree\n"),
        ("one\n  two\n)\n", "3J", "one two)\n"),
        ("abc\n", "rX", "Xbc\n"),
        ("abc\n", "2rX", "XXc\n"),
        ("abc\n", "4rX", "abc\n"),
        ("abc\n", "lr\r", "a\nc\n"),
        ("aBc\n", "3~", "AbC\n"),
        ("abc\n", "RXY\x1b", "XYc\n"),
        ("abc\n", "$RXYZ\x08\x08\x08\x1b", "abc\n"),
        ("one\n\ntwo\nthree\n", "d}", "\ntwo\nthree\n"),
        ("a b\n", "d'x", "a b\n"),
        ("1\n2\n3\n", "majjd'a", ""),
        ("one two\n", "wmx0d`x", "two\n"),
    ]);
}

#[test]
fn text_is_typed() {
    check(&[
        ("", "ihello\x1b", "hello\n"),
        ("", "ohello\x1b", "\nhello\n"),
        ("one\n", "oa\x1bOb\x1b", "one\nb\na\n"),
        ("one\n", "ab\x1b", "obne\n"),
        ("one\n", "Ab\x1b", "oneb\n"),
        ("  one\n", "Ib\x1b", "  bone\n"),
        ("one\n", "ia\rb\x1b", "a\nbone\n"),
        ("one\n", "3ix\x1b", "xxxone\n"),
        ("one\n", "2oa\x1b", "one\na\na\n"),
        ("one\n", "ix\x1b..", "xxxone\n"),
        ("one\n", "ix\x1b3.", "xxxxone\n"),
        ("one two one\n", "cwnew\x1bww.", "new two new\n"),
        ("1\n2\n3\n", "ddj.", "2\n"),
        ("one\n", "Aab\x08c\x1b", "oneac\n"),
        ("one\n", "A two\x17X\x1b", "one X\n"),
        ("one\n", "A two\x15X\x1b", "X\n"),
        ("one\ntwo\n", "ji\x7fX\x1b", "oneXtwo\n"),
        ("", "i\x16\x1b\x16\x08\x16\r\x1b", "\x1b\x08\r\n"),
        ("one\n", "ia\x1b[Cb\x1b", "aobne\n"),
        ("one\n", "Ax\x1b[D\x1b[Dy\x1b[Hz\x1b[Fe\x1b", "zonyexe\n"),
        ("one\n", "i\x1b[3~\x1b[3~x\x1b", "xe\n"),
        ("one\ntwo\n", "A\x1b[Bx\x1b[Ay\x1b", "oney\ntwox\n"),
        (
            "\tone\n",
            ":set ai\rotwo\rthree\x1b",
            "\tone\n\ttwo\n\tthree\n",
        ),
        ("\tone\n", ":set ai\ro\rx\x1bo\x1b", "\tone\n\n\tx\n\n"),
        ("\tone\n", ":set ai\ro\x04x\x1b", "\tone\nx\n"),
        ("\tone\n", ":set ai\rA two\x08\x08o\x1b", "\tone to\n"),
    ]);
}

#[test]
fn what_was_done_is_undone() {
    check(&[
        ("one\n", "xu", "one\n"),
        ("one two\n", "dwxuu", "one two\n"),
        ("one two\n", "dwxuu\x12", "two\n"),
        ("one two\n", "dwxuu\x12\x12", "wo\n"),
        ("one\n", "iab\rcd\x1bu", "one\n"),
        ("one\n", "iab\rcd\x1bu\x12", "ab\ncdone\n"),
        ("1\n2\n", "ddddu", "2\n"),
        ("1\n2\n", "dddduu", "1\n2\n"),
        ("", "ix\x1bu", ""),
        ("abc\n", "xxxU", "abc\n"),
        ("abc\n", "xxxUU", "\n"),
        ("a\na\na\n", ":%s/a/b/\ru", "a\na\na\n"),
        ("a\nb\na\n", ":g/a/d\ru", "a\nb\na\n"),
        ("abc\n", "ix\x1b[Cy\x1bu", "xabc\n"),
    ]);
}

#[test]
fn lines_behind_a_colon() {
    check(&[
        ("1\n2\n3\n4\n", ":2d\r", "1\n3\n4\n"),
        ("1\n2\n3\n4\n", ":2,3d\r", "1\n4\n"),
        ("1\n2\n3\n4\n", ":.,$d\r", ""),
        ("1\n2\n3\n4\n", ":2\r:.,+1d\r", "1\n4\n"),
        ("1\n2\n3\n4\n", ":/3/d\r", "1\n2\n4\n"),
        ("1\n2\n3\n4\n", ":$-1d\r", "1\n2\n4\n"),
        ("1\n2\n3\n4\n", "jmajmb:'a,'bd\r", "1\n4\n"),
        ("1\n2\n3\n4\n", ":9d\r", "1\n2\n3\n4\n"),
        ("1\n2\n3\n4\n", ":3,2d\r", "1\n2\n3\n4\n"),
        ("a.a\na.a\n", ":s/a/b\r", "b.a\na.a\n"),
        ("a.a\na.a\n", ":%s/a/b/g\r", "b.b\nb.b\n"),
        ("a.a\na.a\n", ":s/a/b\rj&", "b.a\nb.a\n"),
        ("a/b\n", ":s#/#\\##\r", "a#b\n"),
        ("abc\n", ":s/b/[&]/\r", "a[b]c\n"),
        ("abc\n", "/b\r:s//X\r", "aXc\n"),
        ("a,b,c\nd,e\n", ":%s/,/\\r/g\r", "a\nb\nc\nd\ne\n"),
        ("ABC\n", ":set ic\r:s/b/x/\r:set noic\r:s/a/y/\r", "AxC\n"),
        ("1\n2\n3\n", ":1m$\r", "2\n3\n1\n"),
        ("1\n2\n3\n", ":3m0\r", "3\n1\n2\n"),
        ("1\n2\n3\n", ":1t.\r", "1\n1\n2\n3\n"),
        ("1\n2\n3\n", ":1,2j\r", "1 2\n3\n"),
        ("1\n2\n3\n", ":1,2>\r", "\t1\n\t2\n3\n"),
        ("1\n2\n3\n", ":2y\r:$pu\r", "1\n2\n3\n2\n"),
        ("1\na\n2\na\n", ":g/a/d\r", "1\n2\n"),
        ("1\na\n2\na\n", ":v/a/d\r", "a\na\n"),
        ("1\na\n2\na\n", ":g!/a/s/$/x/\r", "1x\na\n2x\na\n"),
        ("1\n2\n3\n", ":g/./m0\r", "3\n2\n1\n"),
        ("1\n2\n3\n4\n", ":g/./j\r", "1 2\n3 4\n"),
        ("1\n2\n", ":r !date\r", "1\ntoday\n2\n"),
        ("ab\ncd\n", ":1!upper\r", "AB\ncd\n"),
        ("ab\ncd\n", ":%!nosuch\r", "ab\ncd\n"),
        ("ab\n", ":wrong\x15d\r", ""),
        ("ab\n", ":d\x1b", "ab\n"),
        ("ab\n", ":d\x08\x08x", "b\n"),
    ]);
}

#[test]
fn files_are_read_and_written() {
    let mut vi = session(b"one\n");
    vi.keys("x:q\r");
    assert!(!vi.vi.is_finished());
    assert!(
        vi.message().starts_with("No write since last"),
        "{}",
        vi.message()
    );
    vi.keys(":w\r");
    assert_eq!(vi.files.files[&b"file"[..]], b"ne\n");
    vi.keys(":w other\r:w other\r");
    assert_eq!(vi.files.files[&b"other"[..]], b"ne\n");
    assert!(vi.message().starts_with("other: File exists"));
    vi.keys("x:w! other\r:1w >>other\r");
    assert_eq!(vi.files.files[&b"other"[..]], b"e\ne\n");
    vi.keys(":e other\r");
    assert!(vi.message().starts_with("No write"));
    vi.keys(":e! other\r");
    assert_eq!(vi.text(), "e\ne\n");
    vi.keys(":e #\r");
    assert_eq!(vi.text(), "ne\n");
    vi.keys(":r other\r");
    assert_eq!(vi.text(), "ne\ne\ne\n");
    vi.keys(":e!\r");
    assert_eq!(vi.text(), "ne\n");
    vi.keys(":n\ri2\x1bZZ");
    assert_eq!(vi.files.files[&b"second"[..]], b"2\n");
    assert!(vi.vi.is_finished());
    for (keys, finished) in [
        (":wq\r", true),
        (":x\r", true),
        ("xZQ", true),
        ("xZZ", true),
        ("q", false),
    ] {
        assert_eq!(
            session(b"abc\n").keys(keys).vi.is_finished(),
            finished,
            "{keys}"
        );
    }
}

#[test]
fn a_failed_write_loses_nothing() {
    let mut vi = session(b"one\n");
    vi.files.full = true;
    vi.keys("ix\x1b:wq\r");
    assert!(!vi.vi.is_finished());
    assert!(
        vi.message().starts_with("file: No space"),
        "{}",
        vi.message()
    );
    assert_eq!(vi.vi.unsaved(), Some(b"xone\n".to_vec()));
    vi.keys("ZZ:x\r:q\r");
    assert!(!vi.vi.is_finished());
    vi.files.full = false;
    vi.keys("ZZ");
    assert!(vi.vi.is_finished() && vi.vi.unsaved().is_none());
    assert_eq!(vi.files.files[&b"file"[..]], b"xone\n");
}

#[test]
fn bytes_stay_as_they_are() {
    let long = [b'x'; 5000];
    for text in [
        &b""[..],
        b"\n",
        b"no newline",
        b"\xff\x80\0\x1b[2J\r\n\t\x7f",
        &long,
    ] {
        let mut vi = session(text);
        vi.keys("ix\x1bx:w\r");
        let expected: &[u8] = if text.is_empty() { b"\n" } else { text };
        assert_eq!(vi.files.files[&b"file"[..]], expected);
    }
}
