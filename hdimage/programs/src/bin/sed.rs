// SPDX-License-Identifier: GPL-2.0-or-later
//! `sed [-nErsi] [-e script]... [-f file]... [script] [file...]`: edits lines by a
//! script. `-n` prints only what is told to, `-E` takes extended regular expressions,
//! `-s` counts the lines of each file by themselves, `-i` changes the files.
#![no_std]
#![no_main]

use abi::sys::stat::S_ISDIR;
use alloc::collections::VecDeque;
use alloc::ffi::CString;
use alloc::vec::Vec;
use core::ffi::CStr;
use programs::command::{At, Outcome, complain, fail, options, report, status, usage};
use programs::files::{is_output, read_file};
use programs::path::{c_string, directory_name, join};
use programs::sed::{Editor, Line, Script, World, parse};
use user::calls::{self, Fd, File};
use user::crt0::exit;
use user::stdio::{self, LineReader};

extern crate alloc;

user::program!(main);

const USAGE: &str = "sed [-nErsi] [-e script]... [-f file]... [script] [file...]";

fn main() -> i32 {
    let mut options = options("nErsie:f:", USAGE);
    let mut pieces: Vec<Vec<u8>> = options
        .values('e')
        .map(|text| text.to_bytes().to_vec())
        .collect();
    for path in options.values('f') {
        let Some(mut text) = report(read_file(path)) else {
            exit(1)
        };
        text.pop_if(|byte| *byte == b'\n');
        pieces.push(text);
    }
    if pieces.is_empty() {
        if options.operands.is_empty() {
            usage(USAGE);
        }
        pieces.push(options.operands.remove(0).to_bytes().to_vec());
    }
    let text = pieces.join(&b'\n');
    let extended = options.has('E') || options.has('r');
    let script = parse(&text, extended).unwrap_or_else(|error| fail(&[&text], error));
    let quiet = options.has('n') || text == b"#n" || text.starts_with(b"#n\n");
    let files = match options.operands.as_slice() {
        [] => alloc::vec![c"-"],
        operands => operands.to_vec(),
    };
    let ended = if options.has('i') {
        in_place(&script, quiet, &files)
    } else if options.has('s') {
        let mut each = files
            .iter()
            .map(|&file| edit(&script, quiet, &[file], None).0);
        each.find(|&status| status != 0).unwrap_or(0)
    } else {
        edit(&script, quiet, &files, None).0
    };
    if ended != 0 { ended } else { 2 * status() }
}

/// Edits files one by one, and puts what comes out in their place.
fn in_place(script: &Script, quiet: bool, files: &[&'static CStr]) -> i32 {
    for &path in files {
        let (status, output) = edit(script, quiet, &[path], Some(Vec::new()));
        if let Some(output) = output {
            report(replace(path, &output));
        }
        if status != 0 {
            return status;
        }
    }
    0
}

/// Writes a new file, and gives it the name and the mode of the old one.
fn replace(path: &CStr, contents: &[u8]) -> Outcome {
    let stat = calls::stat(path).at(path)?;
    let new = join(&directory_name(path), b"sed.new");
    let write = || -> Outcome {
        let file = File::create(&new).at(&new)?;
        calls::write_all(file.fd(), contents).at(&new)?;
        calls::chmod(&new, stat.st_mode & 0o7777).at(&new)?;
        calls::rename(&new, path).at(path)
    };
    write().inspect_err(|_| {
        // It may not even have been made.
        let _ = calls::unlink(&new);
    })
}

/// Runs the script on some files; the exit status, and what was kept. Nothing is kept
/// if a file could not be read.
fn edit(
    script: &Script,
    quiet: bool,
    files: &[&'static CStr],
    kept: Option<Vec<u8>>,
) -> (i32, Option<Vec<u8>>) {
    let mut world = Files {
        files: files.iter().copied().collect(),
        current: None,
        ahead: None,
        kept,
        outputs: Vec::new(),
    };
    let status = Editor::new(script, &mut world, quiet)
        .run()
        .unwrap_or_else(|error| {
            complain(&[], error);
            1
        });
    // What `q` has not looked at stays in the file.
    if world.kept.is_some() && status == 0 {
        while let Some((line, newline)) = world.next_line() {
            world.print(&line);
            world.print(if newline { b"\n" } else { b"" });
        }
    }
    (status, world.kept)
}

struct Files {
    files: VecDeque<&'static CStr>,
    current: Option<(LineReader, &'static CStr, Option<File>)>,
    ahead: Option<Line>,
    /// Standard output, where it goes into a file in the end.
    kept: Option<Vec<u8>>,
    outputs: Vec<(Vec<u8>, File)>,
}

impl Files {
    /// Opens the next file that can be.
    fn open(&mut self) -> Option<()> {
        loop {
            let path = self.files.pop_front()?;
            let file = match path == c"-" {
                true => None,
                false => match report(open_to_read(path)) {
                    Some(file) => Some(file),
                    None => {
                        self.kept = None;
                        continue;
                    }
                },
            };
            let fd = file.as_ref().map_or(Fd::STDIN, File::fd);
            if is_output(fd) {
                complain(&[path.to_bytes()], "input file is output file");
                continue;
            }
            self.current = Some((LineReader::new(fd), path, file));
            return Some(());
        }
    }

    fn look_ahead(&mut self) {
        while self.ahead.is_none() {
            if self.current.is_none() && self.open().is_none() {
                return;
            }
            let Some((reader, path, _)) = &mut self.current else {
                return;
            };
            let mut line = Vec::new();
            match report(reader.read_line_or_rest(&mut line).at(path)) {
                Some(Some(newline)) => self.ahead = Some((line, newline)),
                Some(None) => self.current = None,
                None => {
                    self.kept = None;
                    self.current = None;
                }
            }
        }
    }

    fn output(&mut self, path: &[u8]) -> Option<Fd> {
        if let Some((_, file)) = self.outputs.iter().find(|(other, _)| other == path) {
            return Some(file.fd());
        }
        let name: CString = c_string(path);
        let file = report(File::create(&name).at(&name))?;
        let fd = file.fd();
        self.outputs.push((path.to_vec(), file));
        Some(fd)
    }
}

fn open_to_read(path: &CStr) -> Outcome<File> {
    let file = File::open(path).at(path)?;
    match S_ISDIR(calls::fstat(file.fd()).at(path)?.st_mode) {
        true => Err(abi::Errno::EISDIR).at(path),
        false => Ok(file),
    }
}

impl World for Files {
    fn next_line(&mut self) -> Option<Line> {
        self.look_ahead();
        let (line, newline) = self.ahead.take()?;
        // Only the very last line may be without a newline.
        Some((line, newline || !self.at_end()))
    }

    fn at_end(&mut self) -> bool {
        self.look_ahead();
        self.ahead.is_none()
    }

    fn print(&mut self, bytes: &[u8]) {
        match &mut self.kept {
            Some(kept) => kept.extend_from_slice(bytes),
            None => stdio::put(bytes),
        }
    }

    fn write(&mut self, path: &[u8], bytes: &[u8]) {
        if path == b"/dev/stdout" {
            return stdio::put(bytes);
        }
        if let Some(fd) = self.output(path) {
            report(calls::write_all(fd, bytes).at(&c_string(path)));
        }
    }

    fn read(&mut self, path: &[u8]) -> Vec<u8> {
        match path {
            b"/dev/stdin" => read_file(c"/dev/tty"),
            path => read_file(&c_string(path)),
        }
        .unwrap_or_default()
    }
}
