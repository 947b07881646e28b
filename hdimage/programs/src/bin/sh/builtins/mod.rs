// SPDX-License-Identifier: GPL-2.0-or-later
//! Commands that change the shell itself, and so can't be programs; and some that
//! scripts use so often that a process for each would take too long.

mod flow;
mod jobs;
mod names;
mod process;
mod scope;
mod text;

use crate::execute::Interpreter;
use alloc::vec::Vec;
use core::fmt::Display;
use programs::command::complain;
use user::println;
use user::stdio;

type Run = fn(&mut Interpreter, &[Vec<u8>]) -> i32;

/// A built-in command.
struct Builtin {
    name: &'static str,
    /// Whether a mistake in it ends a script, and assignments before it stay.
    special: bool,
    /// What may stand behind its name.
    words: &'static str,
    run: Run,
}

const fn builtin(name: &'static str, words: &'static str, run: Run) -> Builtin {
    let special = false;
    Builtin {
        name,
        special,
        words,
        run,
    }
}

const fn special(name: &'static str, words: &'static str, run: Run) -> Builtin {
    let special = true;
    Builtin {
        name,
        special,
        words,
        run,
    }
}

const BUILTINS: [Builtin; 47] = [
    special(".", "file", flow::source),
    special(":", "[words...]", |_, _| 0),
    builtin("[", "expression ]", |shell, words| {
        text::test(shell, b"[", words)
    }),
    builtin("alias", "[name[=value]...]", names::alias),
    builtin("bg", "[job]", |shell, words| {
        jobs::go_on(shell, words, false)
    }),
    special("break", "[levels]", flow::break_loop),
    builtin("cd", "[directory | -]", scope::cd),
    builtin("command", "[-vV] name [words...]", names::command),
    special("continue", "[levels]", flow::continue_loop),
    builtin("echo", "[-n] [words...]", text::echo),
    special("eval", "[words...]", flow::eval),
    special("exec", "[program [words...]]", flow::exec),
    special("exit", "[status]", flow::exit),
    special("export", "[-p] [name[=value]...]", scope::export),
    builtin("false", "", |_, _| 1),
    builtin("fg", "[job]", |shell, words| {
        jobs::go_on(shell, words, true)
    }),
    builtin("getopts", "letters name [words...]", scope::getopts),
    builtin("hash", "[-r]", |_, _| 0),
    builtin("help", "[name]", help),
    builtin("history", "", names::history),
    builtin("jobs", "[-lp]", jobs::jobs),
    builtin("kill", "[-signal] pid-or-job...", jobs::kill),
    builtin("local", "name[=value]...", scope::local),
    builtin("nohup", "program [words...]", process::nohup),
    builtin("printf", "format [words...]", text::printf),
    builtin("pwd", "", scope::pwd),
    builtin("read", "[-r] [-p prompt] [name...]", scope::read),
    special("readonly", "[-p] [name[=value]...]", scope::readonly),
    special("return", "[status]", flow::return_from),
    special(
        "set",
        "[-aCEefnuvx] [-o option] [--] [words...]",
        scope::set,
    ),
    special("shift", "[count]", scope::shift),
    builtin("source", "file", flow::source),
    builtin("test", "expression", |shell, words| {
        text::test(shell, b"test", words)
    }),
    builtin("time", "pipeline", |shell, _| {
        shell.misused(&[b"time"], "stands before a pipeline")
    }),
    special("times", "", process::times),
    special("trap", "[action | -] signal...", flow::trap),
    builtin("true", "", |_, _| 0),
    builtin("type", "name...", names::type_of),
    builtin("ulimit", "[-HS] [-acdfnst] [limit]", process::ulimit),
    builtin("umask", "[-S] [mode]", process::umask),
    builtin("unalias", "-a | name...", names::unalias),
    special("unset", "[-fv] name...", scope::unset),
    builtin("wait", "[pid-or-job...]", jobs::wait),
    // Words of the language, for `help` alone.
    builtin("case", "word in pattern) list;; ... esac", |_, _| 2),
    builtin("for", "name [in words...]; do list; done", |_, _| 2),
    builtin(
        "if",
        "list; then list; [elif list; then list;] [else list;] fi",
        |_, _| 2,
    ),
    builtin("while", "list; do list; done", |_, _| 2),
];
/// How many of them are no commands.
const ONLY_FOR_HELP: usize = 4;

fn find(name: &[u8]) -> Option<&'static Builtin> {
    let mut builtins = BUILTINS.iter().take(BUILTINS.len() - ONLY_FOR_HELP);
    builtins.find(|builtin| builtin.name.as_bytes() == name)
}

/// Whether there is a built-in command of that name.
pub fn is_builtin(name: &[u8]) -> bool {
    find(name).is_some()
}

/// Whether it is one of those that POSIX calls special.
pub fn is_special(name: &[u8]) -> bool {
    find(name).is_some_and(|builtin| builtin.special)
}

/// The names of all of them.
pub fn names() -> impl Iterator<Item = &'static [u8]> {
    BUILTINS.iter().map(|builtin| builtin.name.as_bytes())
}

/// Runs the built-in command that the first word names.
pub fn run(shell: &mut Interpreter, words: &[Vec<u8>]) {
    let Some((name, arguments)) = words.split_first() else {
        return;
    };
    let Some(builtin) = find(name) else {
        return;
    };
    let mut status = (builtin.run)(shell, arguments);
    if let Err(errno) = stdio::close_stdout() {
        complain(&[name, b"write error"], errno);
        status = 1;
    }
    shell.variables.status = status;
}

impl Interpreter {
    /// Says that a built-in command can't do what it is called for; its status.
    pub fn misused(&mut self, what: &[&[u8]], error: impl Display) -> i32 {
        complain(what, error);
        self.mistaken = true;
        2
    }
}

fn help(shell: &mut Interpreter, words: &[Vec<u8>]) -> i32 {
    let mut found = words.is_empty();
    for builtin in &BUILTINS {
        let name = builtin.name.as_bytes();
        if words.is_empty() || words.iter().any(|word| word.as_slice() == name) {
            println!("{} {}", builtin.name, builtin.words);
            found = true;
        }
    }
    match (found, words.first()) {
        (false, Some(word)) => shell.misused(&[b"help", word], "no such command of the shell"),
        _ => 0,
    }
}
