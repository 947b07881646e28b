// SPDX-License-Identifier: GPL-2.0-or-later
//! `tee [-ai] [file...]`: copies standard input to standard output and to files,
//! behind what is in them with `-a`; with `-i` a ^C does not end it.
#![no_std]
#![no_main]

use abi::fcntl::{O_APPEND, O_CREAT, O_TRUNC, O_WRONLY};
use abi::signal::Signal;
use alloc::vec::Vec;
use programs::command::{At, options, report, status};
use programs::files::for_each_chunk;
use user::calls::{self, Fd, File};
use user::signal::{Handler, sigaction};
use user::stdio;

extern crate alloc;

user::program!(main);

fn main() -> i32 {
    // The files go on when standard output is full.
    stdio::keep_errors();
    let options = options("ai", "tee [-ai] [file...]");
    if options.has('i') {
        // This signal may be ignored.
        let _ = sigaction(Signal::SIGINT, Handler::Ignore);
    }
    let how = if options.has('a') { O_APPEND } else { O_TRUNC };
    let open = |path| report(File::open_with(path, O_WRONLY | O_CREAT | how, 0o666).at(path));
    let paths = options.operands.iter().copied();
    let mut files: Vec<_> = paths.filter_map(|path| Some((open(path)?, path))).collect();
    let copy = |chunk: &[u8]| {
        stdio::put(chunk);
        stdio::flush();
        // A file that takes no more is left out from here on.
        files.retain(|(file, path)| report(calls::write_all(file.fd(), chunk).at(path)).is_some());
        Ok(())
    };
    report(for_each_chunk(Fd::STDIN, copy, c"-"));
    status()
}
