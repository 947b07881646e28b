// SPDX-License-Identifier: GPL-2.0-or-later
//! What `test` asks about files: a program, and a command of the shell.

use crate::number::unsigned;
use crate::path::c_string;
use crate::test_expression::evaluate;
use abi::sys::stat::{
    S_ISBLK, S_ISCHR, S_ISDIR, S_ISFIFO, S_ISGID, S_ISLNK, S_ISREG, S_ISUID, S_ISVTX,
};
use abi::unistd::{R_OK, W_OK, X_OK};
use user::calls::{self, Fd};

/// Whether the expression behind `test` or `[`, as which it was called, is true;
/// what is wrong with it if it is none.
pub fn test(name: &[u8], words: &[&[u8]]) -> Result<bool, &'static str> {
    let words = match (name, words) {
        (b"[", [words @ .., b"]"]) => words,
        (b"[", _) => return Err("missing ]"),
        (_, words) => words,
    };
    evaluate(words, &mut file_test)
}

fn file_test(letter: u8, path: &[u8]) -> bool {
    let fd = unsigned(path, 10);
    let path = c_string(path);
    let access = |mode| calls::access(&path, mode).is_ok();
    let mode = |test: fn(u16) -> bool| calls::stat(&path).is_ok_and(|stat| test(stat.st_mode));
    match letter {
        b'b' => mode(S_ISBLK),
        b'c' => mode(S_ISCHR),
        b'd' => mode(S_ISDIR),
        b'e' => mode(|_| true),
        b'f' => mode(S_ISREG),
        b'g' => mode(|mode| mode & S_ISGID != 0),
        b'k' => mode(|mode| mode & S_ISVTX != 0),
        b'p' => mode(S_ISFIFO),
        b'u' => mode(|mode| mode & S_ISUID != 0),
        b'r' => access(R_OK),
        b'w' => access(W_OK),
        b'x' => access(X_OK),
        b's' => calls::stat(&path).is_ok_and(|stat| stat.st_size > 0),
        b't' => fd.is_some_and(|fd| calls::isatty(Fd(fd))),
        _ => calls::lstat(&path).is_ok_and(|stat| S_ISLNK(stat.st_mode)),
    }
}
