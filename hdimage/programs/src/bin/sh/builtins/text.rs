// SPDX-License-Identifier: GPL-2.0-or-later
//! Commands that only print or compare.

use crate::execute::Interpreter;
use alloc::vec::Vec;
use programs::command::complain;
use programs::file_tests;
use programs::printf;
use user::stdio;

pub fn echo(_shell: &mut Interpreter, words: &[Vec<u8>]) -> i32 {
    let (end, words): (&[u8], _) = match words {
        [first, words @ ..] if first == b"-n" => (b"", words),
        words => (b"\n", words),
    };
    stdio::put(&words.join(&b' '));
    stdio::put(end);
    0
}

pub fn printf(shell: &mut Interpreter, words: &[Vec<u8>]) -> i32 {
    let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
    let words = match words.as_slice() {
        [b"--", words @ ..] => words,
        words => words,
    };
    let Some((format, arguments)) = words.split_first() else {
        return shell.misused(&[b"printf"], "which format?");
    };
    let output = printf::printf(format, arguments);
    stdio::put(&output.text);
    for (what, error) in &output.errors {
        complain(&[b"printf", what], error);
    }
    (!output.errors.is_empty()).into()
}

pub fn test(shell: &mut Interpreter, name: &[u8], words: &[Vec<u8>]) -> i32 {
    let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
    match file_tests::test(name, &words) {
        Ok(value) => (!value).into(),
        Err(error) => shell.misused(&[name], error),
    }
}
