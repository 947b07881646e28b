// SPDX-License-Identifier: GPL-2.0-or-later
//! `man command...`, `man -k word`: shows how commands are used, a screen at a time; with
//! `-k`, which commands have to do with a word. Without a command, it lists them all.
//!
//! The pages are the comments at the heads of the commands' sources, and are part of
//! this program.
//!
//! # Examples
//!
//! ```text
//! man ls
//! man -k disk
//! ```
#![no_std]
#![no_main]

use abi::fcntl::{F_SETFD, FD_CLOEXEC};
use programs::command::{complain, options, status};
use programs::process::{Command, Stdio};
use user::calls::{self, Fd};
use user::stdio;
use user::{eprintln, println};

user::program!(main);

/// A form feed, the names of a command, its page, and so on.
const MANUAL: &str = include_str!(concat!(env!("OUT_DIR"), "/manual"));

fn main() -> i32 {
    let options = options("k:", "man command...\n       man -k word");
    if let Some(word) = options.value('k') {
        list(word.to_str().unwrap_or_default());
        return status();
    }
    if options.operands.is_empty() {
        list("");
        eprintln!("`man command` tells more of a command.");
    }
    for &command in &options.operands {
        let name = command.to_str().unwrap_or_default();
        match pages().find(|(names, _)| names.split(' ').any(|known| known == name)) {
            Some((_, page)) => show(page),
            None => complain(&[command.to_bytes()], "no page"),
        }
    }
    status()
}

/// The names and the texts of all pages.
fn pages() -> impl Iterator<Item = (&'static str, &'static str)> {
    MANUAL
        .split('\x0c')
        .filter_map(|page| page.split_once('\n'))
}

/// The line of NAME of each command that has to do with a word.
fn list(word: &str) {
    for (_, page) in pages() {
        let name = page.lines().nth(1).unwrap_or_default().trim_start();
        if name.contains(word) {
            println!("{name}");
        }
    }
}

/// Shows a page by `less`, or prints it where nobody could press a key.
fn show(page: &str) {
    if !calls::isatty(Fd::STDOUT) {
        return stdio::put(page.as_bytes());
    }
    let shown = calls::pipe().and_then(|(from, to)| {
        // As long as `less` had this end, too, it would wait for more.
        calls::fcntl(to, F_SETFD, FD_CLOEXEC)?;
        let child = Command::new("less").stdin(Stdio::File(from)).spawn();
        let _ = calls::close(from);
        // Who has seen enough closes the pipe before it is read to its end.
        let _ = calls::write_all(to, page.as_bytes());
        let _ = calls::close(to);
        child?.wait()
    });
    if let Err(errno) = shown {
        complain(&[b"less"], errno);
    }
}
