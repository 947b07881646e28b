// SPDX-License-Identifier: GPL-2.0-or-later
//! The expression of the command line.

use crate::{Clock, Collected, Count, Expression, Find, Perm, USAGE};
use abi::sys::stat::{S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFREG};
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::ffi::CStr;
use programs::accounts::Accounts;
use programs::command::{At, fail, report, usage};
use programs::mode::change_mode;
use programs::number::unsigned;
use user::calls;

/// How deep brackets may be in brackets.
const DEPTH: usize = 50;

/// What of the command line is still to be read.
pub struct Parser {
    pub words: &'static [&'static CStr],
    pub depth: usize,
    pub has_action: bool,
    pub find: Find,
}

impl Parser {
    fn next(&mut self) -> &'static [u8] {
        let Some((word, rest)) = self.words.split_first() else {
            usage(USAGE)
        };
        self.words = rest;
        word.to_bytes()
    }

    fn take(&mut self, words: &[&[u8]]) -> bool {
        let found = self
            .words
            .first()
            .is_some_and(|word| words.contains(&word.to_bytes()));
        if found {
            self.next();
        }
        found
    }

    /// All of an expression.
    pub fn or(&mut self) -> Expression {
        let mut left = self.and();
        while self.take(&[b"-o", b"-or"]) {
            left = Expression::Or(left.into(), self.and().into());
        }
        left
    }

    fn and(&mut self) -> Expression {
        let mut left = self.not();
        loop {
            let ends = |word: &&CStr| matches!(word.to_bytes(), b"-o" | b"-or" | b")");
            if !self.take(&[b"-a", b"-and"]) && self.words.first().is_none_or(ends) {
                return left;
            }
            left = Expression::And(left.into(), self.not().into());
        }
    }

    fn not(&mut self) -> Expression {
        let mut negated = false;
        while self.take(&[b"!", b"-not"]) {
            negated = !negated;
        }
        let expression = self.primary();
        match negated {
            true => Expression::Not(expression.into()),
            false => expression,
        }
    }

    fn primary(&mut self) -> Expression {
        let word = self.next();
        match word {
            b"(" => {
                self.depth += 1;
                if self.depth > DEPTH {
                    fail(&[word], "too deep");
                }
                let inside = self.or();
                self.depth -= 1;
                if !self.take(&[b")"]) {
                    usage(USAGE);
                }
                inside
            }
            b"-print" => self.action(Expression::Print(b"\n")),
            b"-print0" => self.action(Expression::Print(b"\0")),
            b"-quit" => self.action(Expression::Quit),
            b"-delete" => {
                self.find.contents_first = true;
                self.action(Expression::Delete)
            }
            b"-exec" | b"-ok" => self.command(word == b"-ok"),
            b"-prune" => Expression::Prune,
            b"-depth" | b"-d" => {
                self.find.contents_first = true;
                Expression::Constant(true)
            }
            b"-xdev" | b"-mount" => {
                self.find.one_device = true;
                Expression::Constant(true)
            }
            b"-maxdepth" => {
                self.find.most_depth = Some(self.number());
                Expression::Constant(true)
            }
            b"-mindepth" => {
                self.find.least_depth = self.number();
                Expression::Constant(true)
            }
            b"-true" => Expression::Constant(true),
            b"-false" => Expression::Constant(false),
            b"-empty" => Expression::Empty,
            b"-nouser" => Expression::NoUser,
            b"-nogroup" => Expression::NoGroup,
            word => self.test(word),
        }
    }

    fn action(&mut self, action: Expression) -> Expression {
        self.has_action = true;
        action
    }

    /// A test that has an argument.
    fn test(&mut self, word: &'static [u8]) -> Expression {
        if !word.starts_with(b"-") {
            fail(&[word], "not expected here");
        }
        match word {
            b"-name" | b"-iname" => Expression::Name {
                pattern: self.next(),
                fold: word == b"-iname",
            },
            b"-path" | b"-wholename" => Expression::Path(self.next()),
            b"-type" => Expression::Type(match self.next() {
                b"b" => S_IFBLK,
                b"c" => S_IFCHR,
                b"d" => S_IFDIR,
                b"f" => S_IFREG,
                b"l" => S_IFLNK,
                b"p" => S_IFIFO,
                other => fail(&[other], "not a type"),
            }),
            b"-size" => {
                let text = self.next();
                let (digits, unit) = match text {
                    [digits @ .., b'c'] => (digits, 1),
                    [digits @ .., b'k'] => (digits, 1024),
                    [digits @ .., b'M'] => (digits, 1 << 20),
                    [digits @ .., b'b'] | digits => (digits, 512),
                };
                Expression::Size {
                    count: count(digits),
                    unit,
                }
            }
            b"-links" => Expression::Links(count(self.next())),
            b"-inum" => Expression::Inode(count(self.next())),
            b"-perm" => Expression::Perm(perm(self.next())),
            b"-user" => Expression::User(account(Accounts::users(), self.next())),
            b"-group" => Expression::Group(account(Accounts::groups(), self.next())),
            b"-newer" => {
                let path = programs::path::c_string(self.next());
                match report(calls::stat(&path).at(&path)) {
                    Some(stat) => Expression::Newer(stat.st_mtime),
                    None => programs::process::exit(1),
                }
            }
            b"-mtime" => self.age(Clock::Modification, 86_400),
            b"-atime" => self.age(Clock::Access, 86_400),
            b"-ctime" => self.age(Clock::Change, 86_400),
            b"-mmin" => self.age(Clock::Modification, 60),
            b"-amin" => self.age(Clock::Access, 60),
            b"-cmin" => self.age(Clock::Change, 60),
            word => fail(&[word], "unknown test"),
        }
    }

    fn age(&mut self, clock: Clock, unit: u32) -> Expression {
        let count = count(self.next());
        Expression::Age { clock, count, unit }
    }

    fn number(&mut self) -> u32 {
        let text = self.next();
        unsigned(text, 10).unwrap_or_else(|| fail(&[text], "not a number"))
    }

    /// What is behind `-exec` and `-ok`.
    fn command(&mut self, ask: bool) -> Expression {
        let mut words: Vec<&'static [u8]> = Vec::new();
        loop {
            match self.next() {
                b";" => break,
                b"+" if !ask && words.last() == Some(&&b"{}"[..]) => {
                    words.pop();
                    let paths = Vec::new();
                    self.find.collected.push(Collected { words, paths });
                    let number = self.find.collected.len() - 1;
                    return self.action(Expression::Collect(number));
                }
                word => words.push(word),
            }
        }
        if words.is_empty() {
            usage(USAGE);
        }
        self.action(Expression::Execute { words, ask })
    }
}

fn count(text: &'static [u8]) -> Count {
    let (order, digits) = match text {
        [b'+', digits @ ..] => (Ordering::Greater, digits),
        [b'-', digits @ ..] => (Ordering::Less, digits),
        digits => (Ordering::Equal, digits),
    };
    let number = unsigned(digits, 10).unwrap_or_else(|| fail(&[text], "not a number"));
    Count { order, number }
}

fn perm(text: &'static [u8]) -> Perm {
    let (kind, mode): (fn(u16) -> Perm, _) = match text {
        [b'-', mode @ ..] => (Perm::All, mode),
        [b'/', mode @ ..] => (Perm::Any, mode),
        mode => (Perm::Exactly, mode),
    };
    match change_mode(0, mode, 0) {
        Some(mode) => kind(mode & 0o7777),
        None => fail(&[text], "not a mode"),
    }
}

fn account(accounts: Accounts, name: &'static [u8]) -> u32 {
    let number = accounts.number(name);
    number.unwrap_or_else(|| fail(&[name], "no such account"))
}
