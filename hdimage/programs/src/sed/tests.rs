// SPDX-License-Identifier: GPL-2.0-or-later
//! A few scripts on a few lines; what GNU's does with the same is compared on the
//! whole system.

use super::{Editor, Line, World, parse};
use std::collections::VecDeque;

#[derive(Default)]
struct Memory {
    lines: VecDeque<Line>,
    printed: Vec<u8>,
    written: Vec<u8>,
}

impl World for Memory {
    fn next_line(&mut self) -> Option<Line> {
        self.lines.pop_front()
    }

    fn at_end(&mut self) -> bool {
        self.lines.is_empty()
    }

    fn print(&mut self, bytes: &[u8]) {
        self.printed.extend_from_slice(bytes);
    }

    fn write(&mut self, _: &[u8], bytes: &[u8]) {
        self.written.extend_from_slice(bytes);
    }

    fn read(&mut self, path: &[u8]) -> Vec<u8> {
        path.to_vec()
    }
}

fn edited(script: &str, quiet: bool, text: &str) -> String {
    let script =
        parse(script.as_bytes(), false).unwrap_or_else(|error| panic!("{script}: {error}"));
    let mut world = Memory::default();
    for line in text.split_inclusive('\n') {
        let newline = line.ends_with('\n');
        let line = line.trim_end_matches('\n').as_bytes().to_vec();
        world.lines.push_back((line, newline));
    }
    Editor::new(&script, &mut world, quiet).run().unwrap();
    String::from_utf8(world.printed).unwrap()
}

#[test]
fn scripts() {
    for (script, text, expected) in [
        ("s/b/X/", "abb\n", "aXb\n"),
        ("s/b/X/2g", "abbb\n", "abXX\n"),
        ("s/x*/-/g", "abc\n", "-a-b-c-\n"),
        ("s/\\(a\\)\\(b\\)/\\2&\\1/", "ab", "baba"),
        ("s,/,\\,,g", "a/b\n", "a,b\n"),
        ("s/[/]/x/", "a/b\n", "axb\n"),
        ("y/abc/xyz/", "cab\n", "zxy\n"),
        ("2d", "1\n2\n3\n", "1\n3\n"),
        ("$!d", "1\n2\n3\n", "3\n"),
        ("1!G;h;$!d", "1\n2\n3\n", "3\n2\n1\n"),
        ("2q", "1\n2\n3\n", "1\n2\n"),
        ("/2/,/2/s/$/x/", "1\n2\n3\n4\n", "1\n2x\n3x\n4x\n"),
        ("2,1s/$/x/", "1\n2\n3\n", "1\n2x\n3\n"),
        ("0,/1/d", "1\n1\n", "1\n"),
        ("$!N;P;D", "1\n2\n3\n", "1\n2\n3\n"),
        (":a;N;$!ba;s/\\n/+/g", "1\n2\n3\n", "1+2+3\n"),
        ("1a\\\ntext\n1i before", "1\n2\n", "before\n1\ntext\n2\n"),
        ("2,3c\\\nnew", "1\n2\n3\n4\n", "1\nnew\n4\n"),
        ("/1/{s/1/x/;b\n};s/$/y/", "1\n2\n", "x\n2y\n"),
        ("s/a/b/;ta;s/$/no/;:a", "a\nc\n", "b\ncno\n"),
        ("s//x/", "", ""),
        ("=", "a\n", "1\na\n"),
        ("a x", "a", "a\nx\n"),
        ("n;d", "1\n2\n3\n", "1\n3\n"),
    ] {
        assert_eq!(edited(script, false, text), expected, "{script}");
    }
    assert_eq!(edited("l", true, "a\tb\\\u{1}\n"), "a\\tb\\\\\\001$\n");
    assert_eq!(edited("/b/p", true, "a\nb\n"), "b\n");
}

#[test]
fn mistakes() {
    for script in [
        "k",
        "s/a/b",
        "s/a",
        "y/ab/c/",
        "{p",
        "p}",
        "b nowhere",
        "s/a/\\1/",
        "1,p",
        "a",
        "r",
        "/a",
        "s/\\(/x/",
        "pp",
        "3:a",
        "s/a/b/0",
    ] {
        assert!(parse(script.as_bytes(), false).is_err(), "{script}");
    }
}
