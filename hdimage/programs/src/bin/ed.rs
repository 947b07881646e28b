// SPDX-License-Identifier: GPL-2.0-or-later
//! `ed [-s] [-p prompt] [file]`: edits a file by commands, line by line. `-s` prints no
//! sizes.
#![no_std]
#![no_main]

use abi::fcntl::{O_APPEND, O_CREAT, O_TRUNC, O_WRONLY};
use abi::signal::Signal;
use alloc::vec::Vec;
use programs::command::{options, usage};
use programs::ed::{Editor, Problem, World};
use programs::files::read_file;
use programs::path::c_string;
use programs::process::{Command, Stdio};
use user::calls::{self, Fd, File};
use user::signal::{Handler, sigaction};
use user::stdio::{self, LineReader};

extern crate alloc;

user::program!(main);

const USAGE: &str = "ed [-s] [-p prompt] [file]";

fn main() -> i32 {
    let options = options("sp:", USAGE);
    if options.operands.len() > 1 {
        usage(USAGE);
    }
    // What is behind a line is left to the commands that are run.
    let mut world = System(LineReader::with_capacity(Fd::STDIN, 1));
    let prompt = options.value('p').unwrap_or(c"").to_bytes();
    let mut editor = Editor::new(&mut world, options.has('s'), prompt);
    if let Some(path) = options.operands.first() {
        editor.open(path.to_bytes());
    }
    editor.run()
}

struct System(LineReader);

fn shell(command: &[u8]) -> Command {
    let mut shell = Command::new("/bin/sh");
    shell.arg("-c").arg(command);
    shell
}

impl World for System {
    fn line(&mut self) -> Option<Vec<u8>> {
        stdio::flush();
        let mut line = Vec::new();
        // A terminal that is gone is the end of the input.
        let read = self.0.read_line(&mut line).unwrap_or(false);
        read.then_some(line)
    }

    fn print(&mut self, bytes: &[u8]) {
        stdio::put(bytes);
    }

    fn read(&mut self, path: &[u8]) -> Result<Vec<u8>, Problem> {
        let path = c_string(path);
        read_file(&path).map_err(|failure| {
            user::stdio::error_message(&[path.to_bytes()], &failure.errno());
            "Cannot open input file"
        })
    }

    fn write(&mut self, path: &[u8], text: &[u8], append: bool) -> Result<(), Problem> {
        let path = c_string(path);
        let how = if append { O_APPEND } else { O_TRUNC };
        File::open_with(&path, O_WRONLY | O_CREAT | how, 0o666)
            .and_then(|file| calls::write_all(file.fd(), text))
            .map_err(|errno| {
                user::stdio::error_message(&[path.to_bytes()], &errno);
                "Cannot write output file"
            })
    }

    fn run(&mut self, command: &[u8]) -> Result<(), Problem> {
        stdio::flush();
        shell(command)
            .status()
            .map(drop)
            .map_err(|_| "Cannot run the command")
    }

    fn output(&mut self, command: &[u8]) -> Result<Vec<u8>, Problem> {
        stdio::flush();
        let output = shell(command).output();
        output
            .map(|output| output.stdout)
            .map_err(|_| "Cannot run the command")
    }

    fn feed(&mut self, command: &[u8], text: &[u8]) -> Result<(), Problem> {
        stdio::flush();
        let feed = || -> abi::Result<()> {
            let (from, to) = calls::pipe()?;
            let child = calls::fcntl(to, abi::fcntl::F_SETFD, abi::fcntl::FD_CLOEXEC)
                .and_then(|_| shell(command).stdin(Stdio::File(from)).spawn());
            calls::close(from)?;
            // A command need not read all of it.
            let before = sigaction(Signal::SIGPIPE, Handler::Ignore)?;
            let _ = calls::write_all(to, text);
            sigaction(Signal::SIGPIPE, before)?;
            calls::close(to)?;
            child?.wait().map(drop)
        };
        feed().map_err(|_| "Cannot run the command")
    }
}
