// SPDX-License-Identifier: GPL-2.0-or-later
//! Words to arguments: braces, `~`, variables, commands, splitting, file names.
//!
//! A field is collected as a pattern in which a backslash stands before what was
//! quoted; at the end it is matched with file names, or its backslashes go.

use super::arithmetic::{self, evaluate};
use super::braces;
use super::fields::{DEFAULT_IFS, Kind, kind};
use super::tree::{Action, List, Operation, Parameter, Piece, Word};
use crate::glob;
use alloc::format;
use alloc::vec::Vec;

/// What the expansion needs of the shell.
pub trait Shell {
    /// The value of a variable, or of one of `?$#!-` and the numbers.
    fn variable(&self, name: &[u8]) -> Option<Vec<u8>>;
    /// Sets a variable; if it can't be set, says why, and gives up the command.
    fn assign(&mut self, name: &[u8], value: &[u8]);
    /// The positional parameters, from `$1` on.
    fn parameters(&self) -> Vec<Vec<u8>>;
    /// What the commands print.
    fn output_of(&mut self, commands: &List) -> Vec<u8>;
    /// Says what is wrong, and gives up the command.
    fn give_up(&mut self, what: &[u8], message: &[u8]);
    /// Whether the command was given up, so that nothing more is to be done for it.
    fn gave_up(&self) -> bool;
    /// The names in a directory, whose path is empty or ends with a slash.
    fn names_in(&self, directory: &[u8]) -> Vec<Vec<u8>>;
    /// The home directory of a user.
    fn home_of(&self, user: &[u8]) -> Option<Vec<u8>>;
    /// Whether what is not set may not be used (`set -u`).
    fn must_be_set(&self) -> bool;
    /// Whether patterns stand for file names (not `set -f`).
    fn matches_file_names(&self) -> bool;
}

/// All arguments that a word becomes: none, one or many.
pub fn arguments(word: &Word, shell: &mut dyn Shell) -> Vec<Vec<u8>> {
    match braces::words(word) {
        Some(words) => {
            let words = words.iter();
            words.flat_map(|word| fields(word, shell)).collect()
        }
        None => fields(word, shell),
    }
}

fn fields(word: &Word, shell: &mut dyn Shell) -> Vec<Vec<u8>> {
    let mut builder = Builder::new(true, false, shell);
    builder.word(word);
    builder.end_field();
    let mut fields = Vec::new();
    for pattern in builder.done {
        let paths = if shell.matches_file_names() && glob::has_magic(&pattern) {
            glob::expand(&pattern, &mut |directory| shell.names_in(directory))
        } else {
            Vec::new()
        };
        if paths.is_empty() {
            fields.push(glob::unescape(&pattern));
        } else {
            fields.extend(paths);
        }
    }
    fields
}

/// The one argument that a word becomes where it is neither split nor matched
/// with file names: in redirections and `case`.
pub fn single(word: &Word, shell: &mut dyn Shell) -> Vec<u8> {
    glob::unescape(&pattern(word, shell))
}

/// As [`single`], behind the `=` of an assignment, where each part of a list like
/// that of `PATH` may begin with `~`.
pub fn assigned(word: &Word, shell: &mut dyn Shell) -> Vec<u8> {
    let mut builder = Builder::new(false, true, shell);
    builder.word(word);
    glob::unescape(&builder.current)
}

/// As [`single`], as a pattern: what was quoted stands for itself.
pub fn pattern(word: &Word, shell: &mut dyn Shell) -> Vec<u8> {
    let mut builder = Builder::new(false, false, shell);
    builder.word(word);
    builder.current
}

/// The text, in which `$` and backquotes have a meaning: a prompt.
pub fn expanded_text(text: &[u8], shell: &mut dyn Shell) -> Vec<u8> {
    single(&super::quotes::expandable(text), shell)
}

/// Collects fields.
struct Builder<'a> {
    shell: &'a mut dyn Shell,
    /// Whether values outside quotes are split.
    split: bool,
    /// Whether `~` counts behind a colon too.
    assignment: bool,
    ifs: Vec<u8>,
    done: Vec<Vec<u8>>,
    current: Vec<u8>,
    /// There is a field, even if it is empty.
    begun: bool,
    /// The last field was ended by blanks: a separator behind them is theirs.
    blanks: bool,
    /// How many `${ }` this is in: their words are split like values.
    depth: u32,
}

impl<'a> Builder<'a> {
    fn new(split: bool, assignment: bool, shell: &'a mut dyn Shell) -> Builder<'a> {
        let ifs = shell.variable(b"IFS");
        Builder {
            shell,
            split,
            assignment,
            ifs: ifs.unwrap_or_else(|| DEFAULT_IFS.to_vec()),
            done: Vec::new(),
            current: Vec::new(),
            begun: false,
            blanks: false,
            depth: 0,
        }
    }

    fn end_field(&mut self) {
        if self.begun {
            self.done.push(core::mem::take(&mut self.current));
            self.begun = false;
        }
    }

    fn quoted(&mut self, text: &[u8]) {
        glob::escape_into(&mut self.current, text);
        (self.begun, self.blanks) = (true, false);
    }

    /// A value outside quotes.
    fn unquoted(&mut self, value: &[u8]) {
        for &byte in value {
            let kind = match self.split {
                true => kind(byte, &self.ifs),
                false => Kind::Field,
            };
            match kind {
                Kind::Field => {
                    // A backslash in a value quotes nothing.
                    if byte == b'\\' {
                        self.current.push(b'\\');
                    }
                    self.current.push(byte);
                    (self.begun, self.blanks) = (true, false);
                }
                Kind::Blank => {
                    self.blanks |= self.begun;
                    self.end_field();
                }
                Kind::Separator => {
                    // Between two separators there is a field.
                    self.begun |= !core::mem::take(&mut self.blanks);
                    self.end_field();
                }
            }
        }
    }

    fn value(&mut self, value: &[u8], quoted: bool) {
        if quoted {
            self.quoted(value)
        } else {
            self.unquoted(value)
        }
    }

    fn word(&mut self, word: &Word) {
        for (index, piece) in word.0.iter().enumerate() {
            if self.shell.gave_up() {
                return;
            }
            match piece {
                Piece::Text(text) => {
                    let alone = index + 1 == word.0.len();
                    self.text(text, index == 0, alone);
                }
                piece => self.piece(piece),
            }
        }
    }

    /// Text as written, `first` or `last` in its word.
    fn text(&mut self, text: &[u8], first: bool, last: bool) {
        let mut rest = text;
        let mut may_be_home = first;
        while !rest.is_empty() {
            let colon = rest
                .iter()
                .position(|&byte| byte == b':' && self.assignment);
            let (part, behind) = rest.split_at(colon.unwrap_or(rest.len()));
            let whole = last || !behind.is_empty();
            let home = if may_be_home {
                self.tilde(part, whole)
            } else {
                None
            };
            match home {
                Some((home, part)) => {
                    self.quoted(&home);
                    self.plain(part);
                }
                None => self.plain(part),
            }
            let (colon, behind) = behind.split_at(behind.len().min(1));
            self.plain(colon);
            (rest, may_be_home) = (behind, true);
        }
    }

    /// Text without `~`.
    fn plain(&mut self, text: &[u8]) {
        if self.depth > 0 {
            self.unquoted(text);
        } else if !text.is_empty() {
            self.current.extend_from_slice(text);
            (self.begun, self.blanks) = (true, false);
        }
    }

    /// The value of `~` or `~user` at the start of a part of a word, and what is
    /// behind it. The part is `whole` if a name can end where it ends.
    fn tilde<'b>(&self, part: &'b [u8], whole: bool) -> Option<(Vec<u8>, &'b [u8])> {
        let name = part.strip_prefix(b"~")?;
        let slash = name.iter().position(|&byte| byte == b'/');
        let end = slash.or(whole.then_some(name.len()))?;
        let (user, behind) = name.split_at(end);
        let home = match user {
            b"" => self.shell.variable(b"HOME"),
            user => self.shell.home_of(user),
        };
        Some((home?, behind))
    }

    fn piece(&mut self, piece: &Piece) {
        match piece {
            Piece::Text(text) => self.plain(text),
            Piece::Quoted(text) => self.quoted(text),
            Piece::Command { list, quoted } => {
                let mut output = self.shell.output_of(list);
                while output.last() == Some(&b'\n') {
                    output.pop();
                }
                self.value(&output, *quoted);
            }
            Piece::Arithmetic { expression, quoted } => {
                let text = single(expression, self.shell);
                let value = evaluate(&text, &mut Names(self.shell));
                match value {
                    Ok(value) => self.value(format!("{value}").as_bytes(), *quoted),
                    // What was given up before was told of.
                    Err(_) if self.shell.gave_up() => {}
                    Err(error) => self.shell.give_up(&text, error.as_bytes()),
                }
            }
            Piece::Parameter(parameter) => self.parameter(parameter),
        }
    }

    fn parameter(&mut self, parameter: &Parameter) {
        let Parameter {
            name,
            operation,
            quoted,
        } = parameter;
        let all = matches!(name.as_slice(), b"@" | b"*");
        match operation {
            Operation::Value if all => self.all_parameters(name, *quoted),
            Operation::Value => {
                let value = self.set_value(name);
                self.value(&value, *quoted);
            }
            Operation::Length => {
                let length = match all {
                    true => self.shell.parameters().len(),
                    false => self.set_value(name).len(),
                };
                self.value(format!("{length}").as_bytes(), *quoted);
            }
            Operation::Cut {
                end,
                longest,
                pattern: word,
            } => {
                let value = self.set_value(name);
                let pattern = pattern(word, self.shell);
                let rest = cut(&value, &pattern, *end, *longest);
                self.value(rest, *quoted);
            }
            Operation::IfSet {
                action,
                or_empty,
                word,
            } => {
                let value = self.any_value(name);
                let value = value.filter(|value| !or_empty || !value.is_empty());
                match (action, value) {
                    (Action::Alternative, None) => self.value(b"", *quoted),
                    (Action::Alternative, Some(_)) | (Action::Default, None) => {
                        self.inner_word(word, *quoted);
                    }
                    (Action::Assign, None) => self.assign_default(name, word, *quoted),
                    (Action::Error, None) => {
                        let message = match single(word, self.shell) {
                            empty if empty.is_empty() => b"not set".to_vec(),
                            message => message,
                        };
                        self.shell.give_up(name, &message);
                    }
                    (_, Some(_)) if all => self.all_parameters(name, *quoted),
                    (_, Some(value)) => self.value(&value, *quoted),
                }
            }
        }
    }

    /// The word in `${ }` that stands for the value.
    fn inner_word(&mut self, word: &Word, quoted: bool) {
        if word.0.is_empty() {
            return self.value(b"", quoted);
        }
        self.depth += 1;
        self.word(word);
        self.depth -= 1;
    }

    fn assign_default(&mut self, name: &[u8], word: &Word, quoted: bool) {
        if !super::is_name(name) {
            return self.shell.give_up(name, b"can't be set so");
        }
        let value = single(word, self.shell);
        self.shell.assign(name, &value);
        self.value(&value, quoted);
    }

    /// The value of a parameter of any kind.
    fn any_value(&self, name: &[u8]) -> Option<Vec<u8>> {
        match name {
            b"@" | b"*" => {
                let parameters = self.shell.parameters();
                (!parameters.is_empty()).then(|| parameters.join(&b' '))
            }
            name => self.shell.variable(name),
        }
    }

    /// As [`any_value`](Self::any_value), empty if it is not set and need not be.
    fn set_value(&mut self, name: &[u8]) -> Vec<u8> {
        let value = self.any_value(name);
        if value.is_none() && self.shell.must_be_set() && !matches!(name, b"@" | b"*") {
            self.shell.give_up(name, b"not set");
        }
        value.unwrap_or_default()
    }

    /// `$@` and `$*`. Of these, `"$@"` alone is a field for each parameter, and
    /// none for none.
    fn all_parameters(&mut self, name: &[u8], quoted: bool) {
        let parameters = self.shell.parameters();
        let separate = name == b"@";
        if self.split && (separate || !quoted) {
            for (index, parameter) in parameters.iter().enumerate() {
                if index > 0 {
                    self.end_field();
                }
                self.value(parameter, quoted);
            }
            return;
        }
        let separator = match separate {
            true => b" ",
            false => self.ifs.get(..1).unwrap_or_default(),
        };
        let value = parameters.join(separator);
        self.value(&value, quoted);
    }
}

/// The value without what the pattern matches at one of its ends.
fn cut<'a>(value: &'a [u8], pattern: &[u8], end: bool, longest: bool) -> &'a [u8] {
    let length = value.len();
    // How much is left out at the start, or how much is kept at the end.
    let fits = |&at: &usize| {
        let (start, rest) = value.split_at(at);
        glob::matches(pattern, if end { rest } else { start })
    };
    let found = match end == longest {
        true => (0..=length).find(fits),
        false => (0..=length).rev().find(fits),
    };
    match (found, end) {
        (None, _) => value,
        (Some(at), true) => value.get(..at).unwrap_or_default(),
        (Some(at), false) => value.get(at..).unwrap_or_default(),
    }
}

/// The variables of the shell, for expressions.
struct Names<'a>(&'a mut dyn Shell);

impl arithmetic::Variables for Names<'_> {
    fn value(&mut self, name: &[u8]) -> arithmetic::Result<Option<Vec<u8>>> {
        let value = self.0.variable(name);
        if value.is_none() && self.0.must_be_set() {
            self.0.give_up(name, b"not set");
            return Err("");
        }
        Ok(value)
    }

    fn assign(&mut self, name: &[u8], value: i64) -> arithmetic::Result<()> {
        self.0.assign(name, format!("{value}").as_bytes());
        match self.0.gave_up() {
            true => Err(""),
            false => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
