// SPDX-License-Identifier: GPL-2.0-or-later
//! Variables, parameters, and the working directory.

use crate::execute::Interpreter;
use crate::variables::split_assignment;
use alloc::format;
use alloc::vec::Vec;
use programs::command::complain;
use programs::files::working_directory;
use programs::number::unsigned;
use programs::path::c_string;
use programs::shell::expand::Shell;
use programs::shell::fields::{DEFAULT_IFS, split_line};
use programs::shell::is_name;
use user::calls::{self, Fd};
use user::stdio;

/// To the home directory if none is named, to the one before with `-`, which is
/// `OLDPWD`.
pub fn cd(shell: &mut Interpreter, words: &[Vec<u8>]) -> i32 {
    let words = match words {
        [first, words @ ..] if matches!(first.as_slice(), b"--" | b"-P" | b"-L") => words,
        words => words,
    };
    let variable: &[u8] = match words.first().map(Vec::as_slice) {
        None => b"HOME",
        Some(b"-") => b"OLDPWD",
        Some(_) => b"",
    };
    let directory = match variable {
        b"" => words.first().cloned(),
        variable => shell.variables.get(variable),
    };
    let Some(directory) = directory else {
        return shell.misused(&[b"cd", variable], "not set");
    };
    let old = shell.variables.get(b"PWD");
    if let Err(errno) = calls::chdir(&c_string(directory.as_slice())) {
        return shell.misused(&[b"cd", &directory], errno);
    }
    // A directory that was removed meanwhile has no name.
    shell.assign(b"OLDPWD", &old.unwrap_or_default());
    let new = working_directory().unwrap_or_default();
    shell.assign(b"PWD", &new);
    if variable == b"OLDPWD" {
        stdio::put(&[new.as_slice(), b"\n"].concat());
    }
    0
}

pub fn pwd(shell: &mut Interpreter, _words: &[Vec<u8>]) -> i32 {
    match working_directory() {
        Ok(path) => {
            stdio::put(&[path.as_slice(), b"\n"].concat());
            0
        }
        Err(errno) => shell.misused(&[b"pwd"], errno),
    }
}

/// Does something to each variable named, after its value was set if one is given.
fn mark(
    shell: &mut Interpreter,
    command: &[u8],
    words: &[Vec<u8>],
    mark: fn(&mut Interpreter, &[u8]),
) -> i32 {
    for word in words.iter().filter(|word| word.as_slice() != b"--") {
        let (name, value) = match split_assignment(word) {
            Some((name, value)) => (name, Some(value)),
            None => (word.as_slice(), None),
        };
        if !is_name(name) {
            return shell.misused(&[command, word], "is no name");
        }
        if command == b"local" {
            mark(shell, name);
        }
        if let Some(value) = value {
            shell.assign(name, value);
            if shell.leave.is_some() {
                return shell.variables.status;
            }
        }
        if command != b"local" {
            mark(shell, name);
        }
    }
    0
}

pub fn export(shell: &mut Interpreter, words: &[Vec<u8>]) -> i32 {
    if words.is_empty() || words == [b"-p"] {
        shell.print_variables(b"export ", |variable| variable.exported);
        return 0;
    }
    mark(shell, b"export", words, |shell, name| {
        shell.variables.edit(name).exported = true;
    })
}

pub fn readonly(shell: &mut Interpreter, words: &[Vec<u8>]) -> i32 {
    if words.is_empty() || words == [b"-p"] {
        shell.print_variables(b"readonly ", |variable| variable.read_only);
        return 0;
    }
    mark(shell, b"readonly", words, |shell, name| {
        shell.variables.edit(name).read_only = true;
    })
}

/// The variables come back as they were when the function ends.
pub fn local(shell: &mut Interpreter, words: &[Vec<u8>]) -> i32 {
    if shell.scopes.is_empty() {
        return shell.misused(&[b"local"], "not in a function");
    }
    mark(shell, b"local", words, |shell, name| {
        if let Some(scope) = shell.scopes.last_mut() {
            shell.variables.save(name, scope);
        }
    })
}

pub fn unset(shell: &mut Interpreter, words: &[Vec<u8>]) -> i32 {
    let (functions, words) = match words {
        [first, words @ ..] if first == b"-f" => (true, words),
        [first, words @ ..] if first == b"-v" => (false, words),
        words => (false, words),
    };
    for name in words {
        if functions {
            shell.functions.remove(name);
        } else if shell.variables.is_read_only(name) {
            return shell.misused(&[b"unset", name], "is read-only");
        } else {
            shell.variables.unset(name);
        }
    }
    0
}

/// `set`: shows the variables; letters behind `-` switch on, behind `+` off; what
/// follows becomes the parameters.
pub fn set(shell: &mut Interpreter, words: &[Vec<u8>]) -> i32 {
    if words.is_empty() {
        shell.print_variables(b"", |variable| variable.value.is_some());
        return 0;
    }
    match options(shell, words) {
        Ok(None) => 0,
        Ok(Some(parameters)) => {
            shell.variables.set_parameters(parameters.iter().cloned());
            0
        }
        Err(word) => shell.misused(&[b"set", word], "unknown option"),
    }
}

/// Takes options off the front of words. What is left, if it is to become the
/// parameters; the option that there is not.
pub fn options<'a>(
    shell: &mut Interpreter,
    words: &'a [Vec<u8>],
) -> Result<Option<&'a [Vec<u8>]>, &'a [u8]> {
    let mut rest = words;
    while let Some((word, behind)) = rest.split_first() {
        let (on, letters) = match word.as_slice() {
            b"--" => return Ok(Some(behind)),
            b"-" => {
                shell.options().set(b'x', false);
                shell.options().set(b'v', false);
                return Ok((!behind.is_empty()).then_some(behind));
            }
            [b'-', letters @ ..] => (true, letters),
            [b'+', letters @ ..] if !letters.is_empty() => (false, letters),
            _ => return Ok(Some(rest)),
        };
        rest = behind;
        for &letter in letters {
            if letter == b'o' {
                let Some((name, behind)) = rest.split_first() else {
                    shell.variables.options.print(!on);
                    return Ok(None);
                };
                rest = behind;
                if !shell.options().set_named(name, on) {
                    return Err(name);
                }
            } else if matches!(letter, b'i' | b's') || !shell.options().set(letter, on) {
                return Err(word);
            }
        }
    }
    Ok(None)
}

pub fn shift(shell: &mut Interpreter, words: &[Vec<u8>]) -> i32 {
    let count = words.first().map_or(Some(1), |word| unsigned(word, 10));
    match count.is_some_and(|count| shell.variables.shift(count as usize)) {
        true => 0,
        false => shell.misused(&[b"shift"], "not so many parameters"),
    }
}

/// A line of standard input, a word for each name, the last one taking the rest.
/// Without `-r`, a backslash takes the meaning from the next character, and at the
/// end of a line joins it to the next.
pub fn read(shell: &mut Interpreter, words: &[Vec<u8>]) -> i32 {
    let (mut raw, mut words) = (false, words);
    while let [option, rest @ ..] = words {
        match (option.as_slice(), rest) {
            (b"-r", _) => (raw, words) = (true, rest),
            (b"-p", [prompt, rest @ ..]) => {
                stdio::flush();
                // A lost prompt is no harm.
                let _ = calls::write_all(Fd::STDERR, prompt);
                words = rest;
            }
            ([b'-', _, ..], _) => return shell.misused(&[b"read", option], "unknown option"),
            _ => break,
        }
    }
    if let Some(word) = words.iter().find(|word| !is_name(word)) {
        return shell.misused(&[b"read", word], "is no name");
    }
    stdio::flush();
    let (line, complete) = read_line(raw);
    let ifs = shell.variables.get(b"IFS");
    let ifs = ifs.unwrap_or_else(|| DEFAULT_IFS.to_vec());
    let fields = split_line(&line, words.len().max(1), &ifs);
    let mut fields = fields.into_iter();
    let reply = [b"REPLY".to_vec()];
    for name in if words.is_empty() { &reply } else { words } {
        shell.assign(name, &fields.next().unwrap_or_default());
    }
    (!complete).into()
}

/// The bytes of a line, and of those behind that it is joined to, each with whether
/// a backslash stood before it; whether it had its newline.
fn read_line(raw: bool) -> (Vec<(u8, bool)>, bool) {
    let mut line = Vec::new();
    let mut escaped = false;
    let mut byte = [0];
    // What is behind the line is for others to read, so it comes byte by byte. A
    // signal that ends the reading is acted on by the caller.
    while calls::read(Fd::STDIN, &mut byte) == Ok(1) {
        match (byte[0], escaped) {
            (b'\n', true) => escaped = false,
            (b'\n', false) => return (line, true),
            (b'\\', false) if !raw => escaped = true,
            (byte, _) => {
                line.push((byte, core::mem::take(&mut escaped)));
            }
        }
    }
    (line, false)
}

/// The next option of the words, or of the parameters, into a variable. `OPTIND` is
/// the word that comes next.
pub fn getopts(shell: &mut Interpreter, words: &[Vec<u8>]) -> i32 {
    let [letters, name, words @ ..] = words else {
        return shell.misused(&[b"getopts"], "which letters, and which variable?");
    };
    let words = match words {
        [] => shell.variables.parameters().to_vec(),
        words => words.to_vec(),
    };
    let silent = letters.starts_with(b":");
    let next = shell.variables.get(b"OPTIND").unwrap_or_default();
    let mut next = unsigned(&next, 10).unwrap_or(1).max(1) as usize;
    let mut at = shell.variables.option_letter.max(1);
    let word = words.get(next - 1).map(Vec::as_slice);
    let Some(word) = word.filter(|word| word.len() > 1 && word.starts_with(b"-") && *word != b"--")
    else {
        next += usize::from(word == Some(b"--"));
        return set_option(shell, name, b"?", None, next, 0, 1);
    };
    let letter = word.get(at).copied().unwrap_or(b'?');
    at += 1;
    let rest = word.get(at..).unwrap_or_default();
    let place = letters
        .iter()
        .position(|&known| known == letter && letter != b':');
    let takes_value = place.is_some_and(|place| letters.get(place + 1) == Some(&b':'));
    if rest.is_empty() || takes_value {
        (next, at) = (next + 1, 0);
    }
    let mut found = letter;
    let mut value = None;
    if place.is_none() {
        found = b'?';
        value = silent.then(|| alloc::vec![letter]);
        if !silent {
            complain(&[&[b'-', letter]], "unknown option");
        }
    } else if takes_value && !rest.is_empty() {
        value = Some(rest.to_vec());
    } else if takes_value {
        value = words.get(next - 1).cloned();
        next += 1;
        if value.is_none() {
            next -= 1;
            found = if silent { b':' } else { b'?' };
            value = silent.then(|| alloc::vec![letter]);
            if !silent {
                complain(&[&[b'-', letter]], "needs a value");
            }
        }
    }
    set_option(shell, name, &[found], value, next, at, 0)
}

/// Sets the variables of `getopts`; its status.
fn set_option(
    shell: &mut Interpreter,
    name: &[u8],
    found: &[u8],
    value: Option<Vec<u8>>,
    next: usize,
    at: usize,
    status: i32,
) -> i32 {
    shell.assign(name, found);
    match value {
        Some(value) => shell.assign(b"OPTARG", &value),
        None => shell.variables.unset(b"OPTARG"),
    }
    shell.assign(b"OPTIND", format!("{next}").as_bytes());
    shell.variables.option_letter = at;
    status
}
