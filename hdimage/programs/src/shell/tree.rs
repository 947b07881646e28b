// SPDX-License-Identifier: GPL-2.0-or-later
//! What commands are once they are parsed.

use super::lexer::{RedirectKind, Word};
use alloc::rc::Rc;
use alloc::vec::Vec;

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
    /// As it was written.
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
    /// As it was written.
    pub text: Vec<u8>,
}

/// A redirection.
#[derive(Clone, Debug, PartialEq)]
pub struct Redirect {
    /// The descriptor that is changed.
    pub fd: u32,
    /// How.
    pub kind: RedirectKind,
    /// A path, a descriptor, or the text of a here-document.
    pub target: Word,
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
}
