// SPDX-License-Identifier: GPL-2.0-or-later
//! `find [path...] [expression]`: walks through all that is at and below the paths,
//! or the working directory, and evaluates the expression on each file: tests (`-name`,
//! `-type`, `-size`, `-mtime` ...) and actions (`-print`, `-exec`, `-delete` ...) with
//! `!`, `-a`, `-o`, `( )` between them. Without an action it prints the path.
#![no_std]
#![no_main]

use abi::sys::stat::{S_IFDIR, S_IFMT, S_IFREG, Stat};
use abi::sys::types::Time;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::ffi::CStr;
use programs::accounts::Accounts;
use programs::command::{At, confirm, fail, failed, report, status};
use programs::files::names_in;
use programs::glob::matches;
use programs::path::{base_name, join};
use programs::process::Command;
use user::{calls, env, stdio};

extern crate alloc;

mod parse;

use parse::Parser;

user::program!(main);

const USAGE: &str = "find [path...] [expression]\n       \
    -name -iname -path pattern, -type bcdflp, -size n[ck], -links n, -inum n, -empty,\n       \
    -perm [-/]mode, -user name, -group name, -nouser, -nogroup, -newer file,\n       \
    -mtime -atime -ctime n, -mmin -amin -cmin n, -true, -false, -maxdepth n,\n       \
    -mindepth n, -depth, -xdev, -print, -print0, -prune, -quit, -delete,\n       \
    -exec command ; or +, -ok command ;, ! ( ) -a -o";
/// Bytes of arguments of one command.
const MOST_BYTES: usize = 32 * 1024;

/// `+n`, `-n` or `n`.
struct Count {
    order: Ordering,
    number: u32,
}

impl Count {
    fn fits(&self, number: u32) -> bool {
        number.cmp(&self.number) == self.order
    }
}

#[derive(Clone, Copy)]
enum Clock {
    Access,
    Modification,
    Change,
}

impl Clock {
    fn of(self, stat: &Stat) -> Time {
        match self {
            Clock::Access => stat.st_atime,
            Clock::Modification => stat.st_mtime,
            Clock::Change => stat.st_ctime,
        }
    }
}

enum Perm {
    Exactly(u16),
    All(u16),
    Any(u16),
}

enum Expression {
    And(Box<Expression>, Box<Expression>),
    Or(Box<Expression>, Box<Expression>),
    Not(Box<Expression>),
    Constant(bool),
    Name {
        pattern: &'static [u8],
        fold: bool,
    },
    Path(&'static [u8]),
    Type(u16),
    Size {
        count: Count,
        unit: u32,
    },
    Links(Count),
    Inode(Count),
    Empty,
    Perm(Perm),
    User(u32),
    Group(u32),
    NoUser,
    NoGroup,
    Newer(Time),
    /// The age in so many seconds.
    Age {
        clock: Clock,
        count: Count,
        unit: u32,
    },
    Print(&'static [u8]),
    Prune,
    Quit,
    Delete,
    Execute {
        words: Vec<&'static [u8]>,
        ask: bool,
    },
    /// `-exec ... +`: the number of the command in `Find::collected`.
    Collect(usize),
}

/// A command of `-exec ... +`, and the paths that it will get.
struct Collected {
    words: Vec<&'static [u8]>,
    paths: Vec<Vec<u8>>,
}

/// What holds for the whole walk.
#[derive(Default)]
struct Find {
    now: Time,
    least_depth: u32,
    most_depth: Option<u32>,
    /// What is in a directory comes before it.
    contents_first: bool,
    one_device: bool,
    collected: Vec<Collected>,
    pruned: bool,
    ended: bool,
}

fn main() -> i32 {
    let arguments = env::args();
    let begins = |word: &&CStr| {
        let word = word.to_bytes();
        word.starts_with(b"-") && word.len() > 1 || matches!(word, b"!" | b"(")
    };
    let paths = arguments.iter().position(begins);
    let (paths, words) = arguments.split_at(paths.unwrap_or(arguments.len()));
    let find = Find {
        now: calls::time(),
        ..Find::default()
    };
    let mut parser = Parser {
        words,
        depth: 0,
        has_action: false,
        find,
    };
    let mut expression = match words {
        [] => Expression::Constant(true),
        _ => parser.or(),
    };
    if let Some(word) = parser.words.first() {
        fail(&[word.to_bytes()], "not expected here");
    }
    if !parser.has_action {
        expression = Expression::And(expression.into(), Expression::Print(b"\n").into());
    }
    let mut find = parser.find;
    for path in if paths.is_empty() { &[c"."] } else { paths } {
        find.walk(path, 0, None, &expression);
    }
    for number in 0..find.collected.len() {
        find.run_collected(number);
    }
    status()
}

impl Find {
    /// Goes through a file, or a tree. `device` is that of what it is in.
    fn walk(&mut self, path: &CStr, depth: u32, device: Option<u16>, expression: &Expression) {
        let Some(stat) = report(calls::lstat(path).at(path)) else {
            return;
        };
        self.pruned = false;
        let evaluated = depth >= self.least_depth;
        if evaluated && !self.contents_first {
            self.evaluate(expression, path, &stat);
        }
        let is_other = self.one_device && device.is_some_and(|device| device != stat.st_dev);
        let deep_enough = self.most_depth.is_some_and(|most| depth >= most);
        let enters = stat.st_mode & S_IFMT == S_IFDIR && !self.pruned && !is_other;
        if enters && !deep_enough && !self.ended {
            for name in report(names_in(path)).unwrap_or_default() {
                self.walk(&join(path, &name), depth + 1, Some(stat.st_dev), expression);
                if self.ended {
                    return;
                }
            }
        }
        if evaluated && self.contents_first {
            self.evaluate(expression, path, &stat);
        }
    }

    fn evaluate(&mut self, expression: &Expression, path: &CStr, stat: &Stat) -> bool {
        match expression {
            Expression::And(left, right) => {
                self.evaluate(left, path, stat) && !self.ended && self.evaluate(right, path, stat)
            }
            Expression::Or(left, right) => {
                self.evaluate(left, path, stat) || self.evaluate(right, path, stat)
            }
            Expression::Not(inside) => !self.evaluate(inside, path, stat),
            Expression::Constant(value) => *value,
            Expression::Name { pattern, fold } => match fold {
                false => matches(pattern, base_name(path)),
                true => matches(
                    &pattern.to_ascii_lowercase(),
                    &base_name(path).to_ascii_lowercase(),
                ),
            },
            Expression::Path(pattern) => matches(pattern, path.to_bytes()),
            Expression::Type(kind) => stat.st_mode & S_IFMT == *kind,
            Expression::Size { count, unit } => {
                count.fits((stat.st_size.max(0) as u32).div_ceil(*unit))
            }
            Expression::Links(count) => count.fits(stat.st_nlink.into()),
            Expression::Inode(count) => count.fits(stat.st_ino.into()),
            Expression::Empty => match stat.st_mode & S_IFMT {
                S_IFREG => stat.st_size == 0,
                S_IFDIR => report(names_in(path)).is_some_and(|names| names.is_empty()),
                _ => false,
            },
            Expression::Perm(perm) => {
                let mode = stat.st_mode & 0o7777;
                match perm {
                    Perm::Exactly(wanted) => mode == *wanted,
                    Perm::All(wanted) => mode & wanted == *wanted,
                    Perm::Any(wanted) => *wanted == 0 || mode & wanted != 0,
                }
            }
            Expression::User(user) => u32::from(stat.st_uid) == *user,
            Expression::Group(group) => u32::from(stat.st_gid) == *group,
            Expression::NoUser => !Accounts::users().has(stat.st_uid.into()),
            Expression::NoGroup => !Accounts::groups().has(stat.st_gid.into()),
            Expression::Newer(time) => stat.st_mtime > *time,
            Expression::Age { clock, count, unit } => {
                let age = self.now.saturating_sub(clock.of(stat));
                // In minutes, what has begun counts.
                count.fits(if *unit == 60 {
                    age.div_ceil(60)
                } else {
                    age / unit
                })
            }
            Expression::Print(end) => {
                stdio::put(path.to_bytes());
                stdio::put(end);
                true
            }
            Expression::Prune => {
                self.pruned = true;
                true
            }
            Expression::Quit => {
                self.ended = true;
                true
            }
            Expression::Delete => {
                if matches!(path.to_bytes(), b"." | b"..") {
                    return true;
                }
                let deleted = match stat.st_mode & S_IFMT {
                    S_IFDIR => calls::rmdir(path),
                    _ => calls::unlink(path),
                };
                report(deleted.at(path)).is_some()
            }
            Expression::Execute { words, ask } => {
                if *ask && !confirm(&words_as_text(words), path) {
                    return false;
                }
                let words = words.iter().map(|word| replaced(word, path.to_bytes()));
                run(&words.collect::<Vec<_>>())
            }
            Expression::Collect(number) => {
                let mut bytes = 0;
                if let Some(Collected { paths, .. }) = self.collected.get_mut(*number) {
                    paths.push(path.to_bytes().to_vec());
                    bytes = paths.iter().map(|path| path.len() + 1).sum();
                }
                if bytes > MOST_BYTES {
                    self.run_collected(*number);
                }
                true
            }
        }
    }

    fn run_collected(&mut self, number: usize) {
        let Some(Collected { words, paths }) = self.collected.get_mut(number) else {
            return;
        };
        let paths = core::mem::take(paths);
        if paths.is_empty() {
            return;
        }
        let words = words.iter().map(|word| word.to_vec());
        if !run(&words.chain(paths).collect::<Vec<_>>()) {
            failed();
        }
    }
}

fn words_as_text(words: &[&[u8]]) -> alloc::string::String {
    programs::io::text(&words.join(&b' ')).into_owned()
}

/// A word with the path in place of each `{}`.
fn replaced(word: &[u8], path: &[u8]) -> Vec<u8> {
    let mut result = Vec::new();
    let mut rest = word;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = match rest.strip_prefix(b"{}") {
            Some(behind) => {
                result.extend_from_slice(path);
                behind
            }
            None => {
                result.push(byte);
                tail
            }
        };
    }
    result
}

/// Runs a command; whether it says that all is well.
fn run(words: &[Vec<u8>]) -> bool {
    let Some((program, arguments)) = words.split_first() else {
        return false;
    };
    stdio::flush();
    match Command::new(program).args(arguments).status() {
        Ok(status) => status.exit_status() == Some(0),
        // For the walk, that is a test that fails.
        Err(errno) => {
            stdio::error_message(&[program], &errno);
            false
        }
    }
}
