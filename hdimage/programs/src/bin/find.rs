// SPDX-License-Identifier: GPL-2.0-or-later
//! `find [path...] [-name pattern] [-type bcdflp] [-print]`: prints the paths of all
//! files at and below the given ones, or below the working directory, that are as
//! asked for. `!` before a condition turns it round.
#![no_std]
#![no_main]

use alloc::vec::Vec;
use core::ffi::CStr;
use lib::sys::stat::{S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG, Stat};
use lib::user::{env, stdio};
use programs::command::{status, usage};
use programs::files::for_tree;
use programs::glob::matches;
use programs::path::base_name;

extern crate alloc;

lib::program!(main);

const USAGE: &str = "find [path...] [[!] -name pattern] [[!] -type bcdflp] [-print]";

enum Test {
    /// The name matches a pattern.
    Name(&'static [u8]),
    /// The type is this one, as in the mode.
    Type(u16),
}

fn main() -> i32 {
    let arguments = env::args();
    let is_test = |word: &&CStr| word.to_bytes().starts_with(b"-") || **word == *c"!";
    let paths = arguments.iter().position(is_test);
    let (paths, tests) = arguments.split_at(paths.unwrap_or(arguments.len()));
    let tests = parse(tests).unwrap_or_else(|| usage(USAGE));
    for path in if paths.is_empty() { &[c"."] } else { paths } {
        for_tree(path, true, &mut |path, stat| {
            if tests
                .iter()
                .all(|(test, expected)| holds(test, path, stat) == *expected)
            {
                stdio::put(&[path.to_bytes(), b"\n"].concat());
            }
            Ok(())
        });
    }
    status()
}

/// The tests, each with what it has to say; `None` if they are not understood.
fn parse(words: &[&'static CStr]) -> Option<Vec<(Test, bool)>> {
    let mut words = words.iter();
    let mut tests = Vec::new();
    let mut expected = true;
    while let Some(word) = words.next() {
        let test = match word.to_bytes() {
            b"!" => {
                expected = !expected;
                continue;
            }
            b"-print" => continue,
            b"-name" => Test::Name(words.next()?.to_bytes()),
            b"-type" => Test::Type(match words.next()?.to_bytes() {
                b"b" => S_IFBLK,
                b"c" => S_IFCHR,
                b"d" => S_IFDIR,
                b"f" => S_IFREG,
                b"l" => S_IFLNK,
                b"p" => S_IFIFO,
                _ => return None,
            }),
            _ => return None,
        };
        tests.push((test, expected));
        expected = true;
    }
    expected.then_some(tests)
}

fn holds(test: &Test, path: &CStr, stat: &Stat) -> bool {
    match test {
        Test::Name(pattern) => matches(pattern, base_name(path)),
        Test::Type(kind) => stat.st_mode & S_IFMT == *kind,
    }
}
