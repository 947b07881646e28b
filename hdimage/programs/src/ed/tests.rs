// SPDX-License-Identifier: GPL-2.0-or-later
//! A few scripts on a few lines; what GNU's does with more is compared on the whole
//! system.

use super::{Editor, Problem, World};
use std::collections::{BTreeMap, VecDeque};

#[derive(Default)]
struct Memory {
    input: VecDeque<Vec<u8>>,
    printed: Vec<u8>,
    files: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl World for Memory {
    fn line(&mut self) -> Option<Vec<u8>> {
        self.input.pop_front()
    }

    fn print(&mut self, bytes: &[u8]) {
        self.printed.extend_from_slice(bytes);
    }

    fn read(&mut self, path: &[u8]) -> Result<Vec<u8>, Problem> {
        self.files
            .get(path)
            .cloned()
            .ok_or("Cannot open input file")
    }

    fn write(&mut self, path: &[u8], text: &[u8], append: bool) -> Result<(), Problem> {
        let file = self.files.entry(path.to_vec()).or_default();
        if !append {
            file.clear();
        }
        file.extend_from_slice(text);
        Ok(())
    }

    fn run(&mut self, command: &[u8]) -> Result<(), Problem> {
        self.print(command);
        Ok(())
    }

    fn output(&mut self, command: &[u8]) -> Result<Vec<u8>, Problem> {
        Ok(command.to_vec())
    }

    fn feed(&mut self, command: &[u8], text: &[u8]) -> Result<(), Problem> {
        self.files.insert(command.to_vec(), text.to_vec());
        Ok(())
    }
}

/// What is printed, and what is in the file in the end.
fn edited(script: &str, text: &str) -> (String, String) {
    let mut world = Memory::default();
    world.files.insert(b"f".to_vec(), text.as_bytes().to_vec());
    let lines = script.split('\n').map(|line| line.as_bytes().to_vec());
    world.input = lines.collect();
    let mut editor = Editor::new(&mut world, true, b"");
    editor.open(b"f");
    editor.run();
    let file = world.files.remove(b"f".as_slice()).unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(world.printed), text(file))
}

const LINES: &str = "one\ntwo\nthree\nfour\nfive\n";

#[test]
fn addresses() {
    for (script, expected) in [
        ("1p", "one\n"),
        ("$p", "five\n"),
        ("2,3p", "two\nthree\n"),
        (",p", LINES),
        ("%p", LINES),
        ("1;+1p", "one\ntwo\n"),
        ("2;p", "two\n"),
        ("3\n;p", "three\nthree\nfour\nfive\n"),
        ("/thr/p", "three\n"),
        ("?f?p", "four\n"),
        ("1\n/t/p", "one\ntwo\n"),
        ("/t/,/four/p", "two\nthree\nfour\n"),
        ("-2p", "three\n"),
        ("$-1p", "four\n"),
        ("1+2p", "three\n"),
        ("3--p", "one\n"),
        ("2kx\n'xp", "two\n"),
        ("3=", "3\n"),
        ("=", "5\n"),
        ("1,2,4p", "two\nthree\nfour\n"),
        ("3,p", "three\n"),
        (",2p", "one\ntwo\n"),
        ("0p", "?\n"),
        ("9p", "?\n"),
        ("3,1p", "?\n"),
        ("/nine/p", "?\n"),
        ("'ap", "?\n"),
        ("99999999999999999999p", "?\n"),
        ("1-99999999999p", "?\n"),
        ("1+4294967295p", "?\n"),
        ("2n", "2\ttwo\n"),
        ("2l", "two$\n"),
    ] {
        assert_eq!(edited(script, LINES).0, expected, "{script}");
    }
}

#[test]
fn changes() {
    for (script, expected) in [
        ("1d", "two\nthree\nfour\nfive\n"),
        ("2,4d", "one\nfive\n"),
        ("1a\nnew\n.", "one\nnew\ntwo\nthree\nfour\nfive\n"),
        ("0a\nnew\n.", "new\none\ntwo\nthree\nfour\nfive\n"),
        ("1i\nnew\n.", "new\none\ntwo\nthree\nfour\nfive\n"),
        ("2,4c\nnew\n.", "one\nnew\nfive\n"),
        ("1,2j", "onetwo\nthree\nfour\nfive\n"),
        ("1m$", "two\nthree\nfour\nfive\none\n"),
        ("4,5m0", "four\nfive\none\ntwo\nthree\n"),
        ("1,2t$", "one\ntwo\nthree\nfour\nfive\none\ntwo\n"),
        ("1,4d\nu", LINES),
        ("1,4d\nu\nu", "five\n"),
        ("g/o/d", "three\nfive\n"),
        ("v/o/d", "one\ntwo\nfour\n"),
        ("g/t/m0", "three\ntwo\none\nfour\nfive\n"),
        ("g/o/s/o/0/\\\ns/$/!/", "0ne!\ntw0!\nthree\nf0ur!\nfive\n"),
        ("g/o/d\nu", LINES),
        ("2,3s/t/T/", "one\nTwo\nThree\nfour\nfive\n"),
        (",s/e/E/g", "onE\ntwo\nthrEE\nfour\nfivE\n"),
        ("3s/e/E/2", "one\ntwo\nthreE\nfour\nfive\n"),
        (
            "1s/\\(o\\)\\(n\\)/\\2\\1&/",
            "noone\ntwo\nthree\nfour\nfive\n",
        ),
        ("1s/n/\\\n/", "o\ne\ntwo\nthree\nfour\nfive\n"),
        ("1s,n,/,", "o/e\ntwo\nthree\nfour\nfive\n"),
        ("1s/n/x/\n5s//%/\n4s/u/%/", "oxe\ntwo\nthree\nfoxr\nfive\n"),
        ("1s/n/x/\n2s/w/%/", "oxe\ntxo\nthree\nfour\nfive\n"),
        ("1s/e/x/\n3s", "onx\ntwo\nthrxe\nfour\nfive\n"),
        (
            "r f",
            "one\ntwo\nthree\nfour\nfive\none\ntwo\nthree\nfour\nfive\n",
        ),
        ("0r !cmd", "cmd\none\ntwo\nthree\nfour\nfive\n"),
    ] {
        assert_eq!(
            edited(&format!("{script}\nw"), LINES).1,
            expected,
            "{script}"
        );
    }
}

#[test]
fn files_and_mistakes() {
    assert_eq!(edited("1d\nq\nq\np", LINES).0, "?\n");
    assert_eq!(
        edited("1d\nwq\np", LINES),
        (String::new(), LINES[4..].into())
    );
    assert_eq!(edited("H\nx\nk1\ng/a", LINES).0.lines().count(), 4);
    assert_eq!(edited("f\nf g\nf", LINES).0, "f\ng\ng\n");
    assert_eq!(edited("1,2W f", LINES).1, format!("{LINES}one\ntwo\n"));
    assert_eq!(
        edited("1s/x/y/\n/\\(/p\ns\ng/o/g/o/p\n3m3\nz", LINES)
            .0
            .matches('?')
            .count(),
        4
    );
    assert_eq!(edited("g/o/p", LINES).0, "one\ntwo\nfour\n");
    assert_eq!(edited("G/f/\np\n&", LINES).0, "four\nfour\nfive\nfive\n");
    assert_eq!(edited("1z2", LINES).0, "one\ntwo\n");
    assert_eq!(edited("a\nx\n.\np", "").0, "x\n");
    assert_eq!(edited("!echo %", LINES).0, "echo f");
}
