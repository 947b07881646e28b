// SPDX-License-Identifier: GPL-2.0-or-later
//! Words to arguments: `~`, variables, commands, splitting, file names.

use super::arithmetic::evaluate;
use super::lexer::{Piece, Word};
use crate::glob;
use alloc::format;
use alloc::vec::Vec;

/// What the expansion needs of the shell.
pub trait Shell {
    /// The value of a variable, or of one of `?$#!` and the digits.
    fn variable(&self, name: &[u8]) -> Option<Vec<u8>>;
    /// The positional parameters, from `$1` on.
    fn parameters(&self) -> Vec<Vec<u8>>;
    /// What the commands print.
    fn output_of(&mut self, commands: &[u8]) -> Vec<u8>;
    /// An expression has no value: says why, and gives up the command.
    fn mistake(&mut self, expression: &[u8], error: &'static str);
    /// The names in a directory, whose path is empty or ends with a slash.
    fn names_in(&self, directory: &[u8]) -> Vec<Vec<u8>>;
}

/// All arguments that a word becomes: none, one or many.
pub fn arguments(word: &Word, shell: &mut dyn Shell) -> Vec<Vec<u8>> {
    let mut fields = Vec::new();
    for pattern in patterns(word, shell) {
        let paths = if glob::has_magic(&pattern) {
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
/// with file names: in assignments, redirections and `case`.
pub fn single(word: &Word, shell: &mut dyn Shell) -> Vec<u8> {
    glob::unescape(&pattern(word, shell))
}

/// As [`single`], as a pattern: what was quoted stands for itself.
pub fn pattern(word: &Word, shell: &mut dyn Shell) -> Vec<u8> {
    let mut builder = Builder::new(false);
    builder.word(word, shell);
    builder.current
}

fn patterns(word: &Word, shell: &mut dyn Shell) -> Vec<Vec<u8>> {
    let mut builder = Builder::new(true);
    builder.word(word, shell);
    builder.end_field();
    builder.done
}

/// Collects fields as patterns in which quoted characters are escaped.
struct Builder {
    split: bool,
    done: Vec<Vec<u8>>,
    current: Vec<u8>,
    /// There is a field, even if it is empty.
    begun: bool,
}

impl Builder {
    fn new(split: bool) -> Builder {
        Builder {
            split,
            done: Vec::new(),
            current: Vec::new(),
            begun: false,
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
        self.begun = true;
    }

    /// A value outside quotes: blanks in it separate fields.
    fn unquoted(&mut self, value: &[u8]) {
        for &byte in value {
            if self.split && byte.is_ascii_whitespace() {
                self.end_field();
            } else {
                // A backslash in a value quotes nothing.
                if byte == b'\\' {
                    self.current.push(b'\\');
                }
                self.current.push(byte);
                self.begun = true;
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

    fn word(&mut self, word: &Word, shell: &mut dyn Shell) {
        let mut pieces = word.0.as_slice();
        if let Some((Piece::Text(text), rest)) = pieces.split_first()
            && let Some(home) = tilde(text, rest.is_empty(), shell)
        {
            self.quoted(&home);
            self.text(text.get(1..).unwrap_or_default());
            pieces = rest;
        }
        for piece in pieces {
            self.piece(piece, shell);
        }
    }

    fn text(&mut self, text: &[u8]) {
        self.current.extend_from_slice(text);
        self.begun |= !text.is_empty();
    }

    fn piece(&mut self, piece: &Piece, shell: &mut dyn Shell) {
        match piece {
            Piece::Text(text) => self.text(text),
            Piece::Quoted(text) => self.quoted(text),
            Piece::Command { text, quoted } => {
                let mut output = shell.output_of(text);
                while output.last() == Some(&b'\n') {
                    output.pop();
                }
                self.value(&output, *quoted);
            }
            Piece::Arithmetic { expression, quoted } => {
                let value = arithmetic(expression, shell);
                self.value(format!("{value}").as_bytes(), *quoted);
            }
            Piece::Variable { name, quoted, .. } if name == b"@" || name == b"*" => {
                self.all_parameters(name == b"@", *quoted, shell);
            }
            Piece::Variable {
                name,
                default,
                quoted,
            } => {
                match (
                    shell.variable(name).filter(|value| !value.is_empty()),
                    default,
                ) {
                    (Some(value), _) => self.value(&value, *quoted),
                    (None, Some(default)) => self.word(default, shell),
                    (None, None) => self.value(b"", *quoted),
                }
            }
        }
    }

    fn all_parameters(&mut self, separate: bool, quoted: bool, shell: &dyn Shell) {
        for (index, parameter) in shell.parameters().iter().enumerate() {
            if index > 0 {
                if self.split && (separate || !quoted) {
                    self.end_field();
                } else {
                    self.value(b" ", quoted);
                }
            }
            self.value(parameter, quoted);
        }
    }
}

/// The value of an expression; 0 after telling the shell if it has none.
fn arithmetic(expression: &Word, shell: &mut dyn Shell) -> i32 {
    let text = single(expression, shell);
    let value = evaluate(&text, &|name| shell.variable(name));
    value.unwrap_or_else(|error| {
        shell.mistake(&text, error);
        0
    })
}

/// The value of `~`, if the word begins with it and it stands for the home
/// directory.
fn tilde(text: &[u8], whole: bool, shell: &dyn Shell) -> Option<Vec<u8>> {
    match text {
        [b'~', b'/', ..] => shell.variable(b"HOME"),
        [b'~'] if whole => shell.variable(b"HOME"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::lexer::{Lexer, Token};
    use super::*;

    struct TestShell;

    impl Shell for TestShell {
        fn variable(&self, name: &[u8]) -> Option<Vec<u8>> {
            let value: &[u8] = match name {
                b"HOME" => b"/usr/root",
                b"TWO" => b" one  two ",
                b"STAR" => b"*",
                b"BACK" => b"a\\b",
                b"EMPTY" => b"",
                _ => return None,
            };
            Some(value.to_vec())
        }

        fn parameters(&self) -> Vec<Vec<u8>> {
            vec![b"p q".to_vec(), b"r".to_vec()]
        }

        fn output_of(&mut self, commands: &[u8]) -> Vec<u8> {
            [commands, b"!\n\n"].concat()
        }

        fn mistake(&mut self, _expression: &[u8], error: &'static str) {
            assert_eq!(error, "division by zero");
        }

        fn names_in(&self, _directory: &[u8]) -> Vec<Vec<u8>> {
            vec![b"f1".to_vec(), b"f2".to_vec(), b"*".to_vec()]
        }
    }

    fn word(text: &str) -> Word {
        match Lexer::new(text.as_bytes()).token().unwrap() {
            Token::Word(word) => word,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn many_arguments() {
        let cases: [(&str, &[&str]); 25] = [
            ("a", &["a"]),
            ("$TWO", &["one", "two"]),
            ("\"$TWO\"", &[" one  two "]),
            ("x$TWO", &["x", "one", "two"]),
            ("$NOTHING", &[]),
            ("\"$NOTHING\"", &[""]),
            ("''", &[""]),
            ("$EMPTY''", &[""]),
            ("f*", &["f1", "f2"]),
            ("'f*'", &["f*"]),
            ("g*", &["g*"]),
            ("\\*", &["*"]),
            ("$STAR", &["*", "f1", "f2"]),
            ("\"$STAR\"", &["*"]),
            ("$BACK", &["a\\b"]),
            ("~/x", &["/usr/root/x"]),
            ("~", &["/usr/root"]),
            ("'~'", &["~"]),
            ("$(echo hi)", &["echo", "hi!"]),
            ("\"`a b`\"", &["a b!"]),
            ("${NOTHING:-$TWO}", &["one", "two"]),
            ("${EMPTY:-x}${HOME:-y}", &["x/usr/root"]),
            ("$((2*(3+1)))", &["8"]),
            ("a$(($NOTHING 1 + 2))", &["a3"]),
            ("$((1/0))", &["0"]),
        ];
        for (text, expected) in cases {
            let found = arguments(&word(text), &mut TestShell);
            let expected: Vec<_> = expected.iter().map(|field| field.as_bytes()).collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn positional_parameters() {
        let run = |text| arguments(&word(text), &mut TestShell);
        assert_eq!(run("\"$@\""), [&b"p q"[..], b"r"]);
        assert_eq!(run("$@"), [b"p", b"q", b"r"]);
        assert_eq!(run("\"$*\""), [b"p q r"]);
        assert_eq!(run("\"a$@b\""), [&b"ap q"[..], b"rb"]);
    }

    #[test]
    fn one_argument() {
        assert_eq!(single(&word("$TWO"), &mut TestShell), b" one  two ");
        assert_eq!(single(&word("f*"), &mut TestShell), b"f*");
        assert_eq!(pattern(&word("'*'*"), &mut TestShell), b"\\**");
    }
}
