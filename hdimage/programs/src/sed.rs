// SPDX-License-Identifier: GPL-2.0-or-later
//! The stream editor: what `sed` does, without its files.
//!
//! `parse` reads a script into commands; [`Editor`] runs them on each line. It asks
//! its [`World`] for lines and gives it what is to be written, so that it can be
//! tried on the host.

mod edit;
mod parse;
#[cfg(test)]
mod tests;

use crate::regex::Regex;
use alloc::boxed::Box;
use alloc::vec::Vec;

pub use edit::{Editor, World};
pub use parse::parse;

/// A line, and whether it had a newline.
pub type Line = (Vec<u8>, bool);

/// A script, ready to be run.
pub struct Script(Vec<Command>);

/// A command, and for which lines it is.
struct Command {
    from: Option<Address>,
    to: Option<Address>,
    negated: bool,
    action: Action,
}

enum Address {
    /// A line by its number.
    Line(usize),
    /// `first~step`
    Step(usize, usize),
    /// `$`
    Last,
    /// `/regex/`; an empty one is the last that was used.
    Match(Option<Regex>),
    /// `addr,+n`
    Plus(usize),
}

enum Action {
    /// `{`: where its block ends.
    Block(usize),
    /// `}`, `:label`: nothing.
    Nothing,
    /// `a`
    Append(Vec<u8>),
    /// `i`
    Insert(Vec<u8>),
    /// `c`
    Change(Vec<u8>),
    /// `b` and `t`: where to go on; `t` only after a substitution.
    Branch { to: usize, if_replaced: bool },
    /// `d`
    Delete,
    /// `D`
    DeleteFirst,
    /// `g` and `G`
    Get { append: bool },
    /// `h` and `H`
    Hold { append: bool },
    /// `l`
    List,
    /// `n` and `N`
    Next { append: bool },
    /// `p`
    Print,
    /// `P`
    PrintFirst,
    /// `q` and `Q`, with the exit status
    Quit { status: i32, silently: bool },
    /// `r`
    Read(Vec<u8>),
    /// `s`
    Substitute(Box<Substitution>),
    /// `w`
    Write(Vec<u8>),
    /// `x`
    Exchange,
    /// `y`: for each byte another.
    Translate(Box<[u8; 256]>),
    /// `=`
    LineNumber,
}

struct Substitution {
    /// An empty one is the last that was used.
    regex: Option<Regex>,
    replacement: Vec<Part>,
    /// The first match that is replaced, counted from 1.
    first: usize,
    /// Whether the later ones are too.
    all: bool,
    print: bool,
    write: Option<Vec<u8>>,
}

/// A part of a replacement.
enum Part {
    Text(Vec<u8>),
    /// `\1`; `&` is 0.
    Group(usize),
}
