// SPDX-License-Identifier: GPL-2.0-or-later
//! What commands and words are once they are parsed.

use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::OnceCell;

/// A part of a word.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// As it is; `*` and its kin are patterns.
    Text(Vec<u8>),
    /// As it is, and nothing in it has a meaning.
    Quoted(Vec<u8>),
    /// `$NAME` or `${NAME...}`.
    Parameter(Box<Parameter>),
    /// `$(commands)` or `` `commands` ``.
    Command {
        /// The commands.
        list: Rc<List>,
        /// Inside double quotes.
        quoted: bool,
    },
    /// `$((expression))`.
    Arithmetic {
        /// The expression, in which variables and commands are to be replaced.
        expression: Word,
        /// Inside double quotes.
        quoted: bool,
    },
}

/// A variable or another parameter, and what is made of its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// A name, digits or one of `?$#!@*-`.
    pub name: Vec<u8>,
    /// What is made of it.
    pub operation: Operation,
    /// Inside double quotes.
    pub quoted: bool,
}

/// What stands behind the name in `${...}`.
#[derive(Clone, Debug, PartialEq)]
pub enum Operation {
    /// Nothing.
    Value,
    /// `${#NAME}`: how long the value is.
    Length,
    /// `- = ? +`, which ask whether it is set.
    IfSet {
        /// What is done.
        action: Action,
        /// `:` in front: an empty value counts as none.
        or_empty: bool,
        /// The word behind it.
        word: Word,
    },
    /// `# ## % %%`, which cut a part off.
    Cut {
        /// `%`: off the end.
        end: bool,
        /// Twice the character: as much as possible.
        longest: bool,
        /// What is cut off.
        pattern: Word,
    },
}

/// What `${NAME...}` does where `NAME` is not set, or is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Action {
    /// `-`: the word stands for a value that is not there.
    Default,
    /// `=`: as `-`, and becomes the value.
    Assign,
    /// `?`: the word is the message of an error.
    Error,
    /// `+`: the word stands for a value that is there.
    Alternative,
}

/// A word as written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Word(pub Vec<Piece>);

impl Word {
    /// The text of a word without any quotes or variables: only such a word
    /// can be a reserved one.
    pub fn plain(&self) -> Option<&[u8]> {
        match self.0.as_slice() {
            [Piece::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The text of a word without its quotes, taking `$` and backquotes out.
    pub fn without_quotes(&self) -> Vec<u8> {
        let texts = self.0.iter().filter_map(|piece| match piece {
            Piece::Text(text) | Piece::Quoted(text) => Some(text.as_slice()),
            _ => None,
        });
        texts.collect::<Vec<_>>().concat()
    }

    /// Adds a byte that is not quoted.
    pub fn push(&mut self, byte: u8) {
        match self.0.last_mut() {
            Some(Piece::Text(text)) => text.push(byte),
            _ => self.0.push(Piece::Text(alloc::vec![byte])),
        }
    }

    /// Adds a byte that stands for itself.
    pub fn push_quoted(&mut self, byte: u8) {
        match self.0.last_mut() {
            Some(Piece::Quoted(text)) => text.push(byte),
            _ => self.0.push(Piece::Quoted(alloc::vec![byte])),
        }
    }

    /// As [`push`](Self::push) or [`push_quoted`](Self::push_quoted).
    pub fn push_as(&mut self, byte: u8, quoted: bool) {
        if quoted {
            self.push_quoted(byte);
        } else {
            self.push(byte);
        }
    }
}

/// Commands one after the other.
pub type List = Vec<AndOr>;

/// Pipelines joined by `&&` and `||`.
#[derive(Clone, Debug, PartialEq)]
pub struct AndOr {
    /// The first pipeline.
    pub first: Pipeline,
    /// The others, each with what joins it to those before.
    pub rest: Vec<(Connector, Pipeline)>,
    /// Whether it is not waited for.
    pub background: bool,
    /// As it was written, where somebody may want to see it.
    pub text: Vec<u8>,
}

/// When the pipeline behind it runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Connector {
    /// `&&`: on success.
    And,
    /// `||`: on failure.
    Or,
}

/// Commands joined by `|`.
#[derive(Clone, Debug, PartialEq)]
pub struct Pipeline {
    /// Whether success and failure are exchanged.
    pub negated: bool,
    /// At least one.
    pub commands: Vec<Command>,
    /// As it was written, where somebody may want to see it.
    pub text: Vec<u8>,
}

/// What a redirection does with the word behind it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RedirectKind {
    /// `<`
    Read,
    /// `>`
    Write,
    /// `>|`: as `>`, whatever `set -C` says.
    Clobber,
    /// `>>`
    Append,
    /// `<>`
    ReadWrite,
    /// `<&` and `>&`: the word is a descriptor, or `-` to close.
    Duplicate,
    /// `<<` and `<<-`.
    HereDocument,
}

/// A redirection.
#[derive(Clone, Debug, PartialEq)]
pub struct Redirect {
    /// The descriptor that is changed.
    pub fd: u32,
    /// How.
    pub kind: RedirectKind,
    /// A path, a descriptor, or the text of a here-document, which is set once
    /// its lines are read.
    pub target: Rc<OnceCell<Word>>,
}

/// A command.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    /// What it does.
    pub kind: CommandKind,
    /// What is redirected meanwhile, in order.
    pub redirects: Vec<Redirect>,
}

/// The kinds of commands.
#[derive(Clone, Debug, PartialEq)]
pub enum CommandKind {
    /// A program or built-in command.
    Simple {
        /// Variables set before it.
        assignments: Vec<(Vec<u8>, Word)>,
        /// Its name and arguments; none if only variables are set.
        words: Vec<Word>,
    },
    /// `( list )`: in a process of its own.
    Subshell(List),
    /// `{ list }`
    Group(List),
    /// `if`, with each `elif`, and `else`.
    If {
        /// Conditions and what they are for.
        branches: Vec<(List, List)>,
        /// `else`; may be empty.
        otherwise: List,
    },
    /// `while` and `until`.
    While {
        /// Whether it is `until`.
        until: bool,
        /// What decides.
        condition: List,
        /// What is repeated.
        body: List,
    },
    /// `for NAME in words`; without `in`, the positional parameters.
    For {
        /// The variable.
        name: Vec<u8>,
        /// Its values.
        words: Option<Vec<Word>>,
        /// What is repeated.
        body: List,
    },
    /// `name() command`: the command runs when its name is called.
    Function {
        /// The name.
        name: Vec<u8>,
        /// A compound command.
        body: Rc<Command>,
    },
    /// `case word in pattern) list ;; esac`.
    Case {
        /// What is matched.
        subject: Word,
        /// Patterns, and what they are for.
        branches: Vec<(Vec<Word>, List)>,
    },
    /// `time pipeline`: runs it, and tells how long it took.
    Timed(Box<Pipeline>),
}
