// SPDX-License-Identifier: GPL-2.0-or-later
//! Lines that are typed at a terminal, with [`Editor`]; the history, and completion.
//!
//! Only while a line is typed does the terminal hand over each byte at once and
//! leave the echo to the shell. It is as it was before the end of the line is shown,
//! so that who waits for that may go on typing for the program that runs next.

use crate::builtins;
use crate::execute::Interpreter;
use crate::traps;
use abi::Errno;
use abi::fcntl::{O_APPEND, O_CREAT, O_WRONLY};
use abi::sys::stat::S_ISDIR;
use abi::termios::{LocalFlags, Termios, VMIN, VTIME};
use alloc::vec::Vec;
use core::ffi::CStr;
use programs::editor::complete::{Kind, common_start, escaped, word_before};
use programs::editor::{Editor, Step};
use programs::files::read_file;
use programs::path::c_string;
use programs::shell::expand::Shell;
use user::calls::{self, Fd, File};

/// How many lines of the history are kept in memory.
const REMEMBERED: usize = 500;
/// Columns of a terminal that does not know its size.
const COLUMNS: usize = 80;
/// Blanks between the columns of names.
const GAP: usize = 2;

/// What was typed before.
#[derive(Default)]
pub struct History {
    pub lines: Vec<Vec<u8>>,
    file: Vec<u8>,
}

impl History {
    /// Takes what the file of earlier shells holds.
    pub fn load(&mut self, path: Vec<u8>) {
        let text = read_file(&c_string(path.as_slice())).unwrap_or_default();
        let lines = text
            .split(|&byte| byte == b'\n')
            .filter(|line| !line.is_empty());
        self.lines = lines.map(<[u8]>::to_vec).collect();
        self.file = path;
        self.shorten();
    }

    fn shorten(&mut self) {
        let surplus = self.lines.len().saturating_sub(REMEMBERED);
        self.lines.drain(..surplus);
    }

    /// Adds a line, and writes it to the file, unless it is empty or again the last.
    fn add(&mut self, line: &[u8]) {
        let same = self.lines.last().is_some_and(|last| last == line);
        if line.trim_ascii().is_empty() || same {
            return;
        }
        self.lines.push(line.to_vec());
        self.shorten();
        let path = c_string(self.file.as_slice());
        let flags = O_WRONLY | O_CREAT | O_APPEND;
        // A disk that can't be written to is no reason not to work.
        if let Ok(file) = File::open_with(&path, flags, 0o600) {
            let _ = calls::write_all(file.fd(), &[line, b"\n"].concat());
        }
    }
}

/// The terminal as the editor needs it; what it was comes back when dropped.
struct Raw {
    fd: Fd,
    before: Termios,
}

impl Raw {
    fn new(fd: Fd) -> abi::Result<Raw> {
        let before = calls::tcgetattr(fd)?;
        let mut raw = before;
        raw.c_lflag.remove(LocalFlags::ICANON | LocalFlags::ECHO);
        raw.c_cc[VMIN] = 1;
        raw.c_cc[VTIME] = 0;
        calls::tcsetattr(fd, &raw)?;
        Ok(Raw { fd, before })
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        // It could be set before.
        let _ = calls::tcsetattr(self.fd, &self.before);
    }
}

/// Whether lines are edited: on a terminal that can move its cursor, unless
/// `set +o emacs` says otherwise.
pub fn edits(shell: &Interpreter) -> bool {
    let terminal = shell.variables.get(b"TERM").unwrap_or_default();
    shell.option(b'E') && !terminal.is_empty() && terminal != b"dumb"
}

/// A line with its newline; `None` at the end, EINTR after ^C.
pub fn read_line(shell: &mut Interpreter, prompt: &[u8], fd: Fd) -> abi::Result<Option<Vec<u8>>> {
    let raw = Raw::new(fd)?;
    let columns = calls::window_size(fd).map_or(0, |size| usize::from(size.ws_col));
    let columns = if columns == 0 { COLUMNS } else { columns };
    let history = core::mem::take(&mut shell.history);
    let mut editor = Editor::new(prompt, columns, &history.lines);
    let result = edit(shell, &mut editor, columns, fd);
    let mut line = editor.line().0.to_vec();
    let output = editor.output();
    shell.history = history;
    drop(raw);
    let end: &[u8] = match &result {
        Ok(true) => b"\n",
        Err(Errno::EINTR) => b"^C",
        _ => b"",
    };
    show(&[output.as_slice(), end].concat());
    if !result? {
        return Ok(None);
    }
    shell.history.add(&line);
    line.push(b'\n');
    Ok(Some(line))
}

/// A lost echo is no harm.
fn show(text: &[u8]) {
    let _ = calls::write_all(Fd::STDERR, text);
}

/// Reads keys up to the end of the line; false at the end of all.
fn edit(shell: &Interpreter, editor: &mut Editor<'_>, columns: usize, fd: Fd) -> abi::Result<bool> {
    let mut byte = [0];
    loop {
        let output = editor.output();
        if !output.is_empty() {
            show(&output);
        }
        if calls::read(fd, &mut byte)? == 0 {
            return Ok(false);
        }
        // ^C may have come before this byte while nobody was reading.
        if traps::take_interrupt(shell) {
            editor.give_up();
        }
        match editor.key(byte[0]) {
            Step::On => {}
            Step::Line => return Ok(true),
            Step::End => return Ok(false),
            Step::Complete(again) => complete(shell, editor, again, columns),
        }
    }
}

/// Completes the word before the cursor as far as there is one way; shows the ways
/// if it is asked again.
fn complete(shell: &Interpreter, editor: &mut Editor<'_>, again: bool, columns: usize) {
    let (line, at) = editor.line();
    let (kind, _, word) = word_before(line, at);
    let (directory, start) = match word.iter().rposition(|&byte| byte == b'/') {
        Some(slash) if kind == Kind::File => word.split_at(slash + 1),
        _ => (&b""[..], word.as_slice()),
    };
    let mut names: Vec<Vec<u8>> = match kind {
        Kind::Variable => {
            let names = shell.variables.iter().map(|(name, _)| name.to_vec());
            names.collect()
        }
        Kind::Command => commands(shell),
        Kind::File => shell.names_in(directory),
    };
    names.retain(|name| name.starts_with(start) && (!start.is_empty() || !name.starts_with(b".")));
    names.sort_unstable();
    names.dedup();
    let found: Vec<&[u8]> = names.iter().map(Vec::as_slice).collect();
    let common = common_start(&found);
    let rest = common.get(start.len()..).unwrap_or_default();
    let mut insertion = escaped(rest);
    if let [name] = found.as_slice() {
        let path = c_string([directory, *name].concat());
        let is_directory = || calls::stat(&path).is_ok_and(|stat| S_ISDIR(stat.st_mode));
        insertion.push(match kind {
            Kind::File if is_directory() => b'/',
            _ => b' ',
        });
    }
    if !insertion.is_empty() {
        editor.insert(&insertion);
    } else if again && !found.is_empty() {
        let (line, names) = (editor.output(), in_columns(&found, columns));
        show(&[line.as_slice(), b"\n", names.as_slice()].concat());
        editor.show_again();
    }
}

/// The names of all commands.
fn commands(shell: &Interpreter) -> Vec<Vec<u8>> {
    let mut names: Vec<Vec<u8>> = builtins::names().map(<[u8]>::to_vec).collect();
    names.extend(shell.functions.keys().cloned());
    names.extend(shell.aliases.keys().cloned());
    let path = shell.variables.get(b"PATH").unwrap_or_default();
    for directory in path
        .split(|&byte| byte == b':')
        .filter(|path| !path.is_empty())
    {
        names.extend(shell.names_in(directory));
    }
    names
}

/// Names in lines.
fn in_columns(names: &[&[u8]], columns: usize) -> Vec<u8> {
    let longest = names.iter().map(|name| name.len()).max().unwrap_or(0);
    let width = longest + GAP;
    let in_line = (columns / width).max(1);
    let mut text = Vec::new();
    for line in names.chunks(in_line) {
        for (index, name) in line.iter().enumerate() {
            text.extend_from_slice(name);
            if index + 1 < line.len() {
                text.resize(text.len() + width - name.len(), b' ');
            }
        }
        text.push(b'\n');
    }
    text
}

/// Begins with what was typed in earlier shells: `HISTFILE`, or a file in the home
/// directory.
pub fn load_history(shell: &mut Interpreter) {
    const NAME: &CStr = c"/.sh_history";
    let variable = |name: &[u8]| shell.variables.get(name).filter(|value| !value.is_empty());
    let in_home = || Some([variable(b"HOME")?.as_slice(), NAME.to_bytes()].concat());
    if let Some(path) = variable(b"HISTFILE").or_else(in_home) {
        shell.history.load(path);
    }
}
