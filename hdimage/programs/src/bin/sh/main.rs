// SPDX-License-Identifier: GPL-2.0-or-later
//! `sh [options] [-c commands | script] [arguments...]`: the shell.
//!
//! The language is that of POSIX, with job control, `local`, `{a,b}`, `time` and
//! `help`: see `programs::shell`. At a terminal it prompts, shows how jobs ended, and
//! lives through ^C.
#![no_std]
#![no_main]

extern crate alloc;

mod builtins;
mod compound;
mod execute;
mod input;
mod jobs;
mod options;
mod processes;
mod redirect;
mod simple;
mod traps;
mod typing;
mod variables;

use alloc::ffi::CString;
use alloc::vec::Vec;
use core::ffi::CStr;
use execute::{Interpreter, Leave};
use input::Input;
use programs::accounts::Accounts;
use programs::command::{complain, usage};
use programs::path::{c_string, join};
use user::calls::{self, Fd};
use user::{env, stdio};

user::program!(main);

const USAGE: &str = "sh [-aCEefilnuvx] [-o option] [-c commands | -s | script] [arguments...]";
/// What a login shell reads first.
const PROFILE: &CStr = c"/etc/profile";

/// What the command line asks for, besides the options of `set`.
#[derive(Default)]
struct Wanted {
    /// `-c`: the first argument is commands.
    commands: bool,
    /// `-i`: somebody types, whatever it looks like.
    interactive: bool,
    /// `-l`, or a name that begins with `-`: the first shell of a user.
    login: bool,
    /// `-s`: commands come from standard input, whatever arguments there are.
    standard_input: bool,
}

fn main() -> i32 {
    // A built-in command whose output is lost fails like any other.
    stdio::keep_errors();
    let mut shell = Interpreter::new();
    let (wanted, arguments) = options(&mut shell);
    if wanted.login {
        log_in(&mut shell);
    }
    if shell.leave.is_none() {
        run(&mut shell, &wanted, arguments);
    }
    shell.finish()
}

/// Takes the options off the command line.
fn options(shell: &mut Interpreter) -> (Wanted, &'static [&'static CStr]) {
    let mut wanted = Wanted {
        login: env::full_name().starts_with(b"-"),
        ..Wanted::default()
    };
    let mut arguments = env::args();
    while let [first, rest @ ..] = arguments
        && let [sign @ (b'-' | b'+'), letters @ ..] = first.to_bytes()
        && !letters.is_empty()
    {
        arguments = rest;
        if letters == b"-" {
            break;
        }
        for &letter in letters {
            match letter {
                b'c' => wanted.commands = true,
                b'i' => wanted.interactive = true,
                b'l' => wanted.login = true,
                b's' => wanted.standard_input = true,
                b'o' => {
                    let (name, rest) = arguments.split_first().unwrap_or_else(|| usage(USAGE));
                    arguments = rest;
                    if !shell.options().set_named(name.to_bytes(), *sign == b'-') {
                        usage(USAGE);
                    }
                }
                letter if shell.options().set(letter, *sign == b'-') => {}
                _ => usage(USAGE),
            }
        }
    }
    (wanted, arguments)
}

/// Reads commands from where they are.
fn run(shell: &mut Interpreter, wanted: &Wanted, arguments: &[&CStr]) {
    match arguments {
        [] if wanted.commands => usage(USAGE),
        [commands, rest @ ..] if wanted.commands => {
            shell.variables.set_arguments(rest);
            shell.run_input(Input::text(commands.to_bytes()));
        }
        [script, ..] if !wanted.standard_input => {
            shell.variables.set_arguments(arguments);
            if let Err(errno) = shell.run_file(script) {
                complain(&[script.to_bytes()], errno);
                shell.variables.status = 127;
            }
        }
        arguments => {
            let parameters = arguments.iter().map(|text| text.to_bytes().to_vec());
            shell.variables.set_parameters(parameters);
            shell.options().set(b's', true);
            let at_terminal = calls::isatty(Fd::STDIN) && calls::isatty(Fd::STDERR);
            let input = match wanted.interactive || (at_terminal && arguments.is_empty()) {
                true => {
                    shell.options().set(b'E', at_terminal);
                    if typing::edits(shell) {
                        typing::load_history(shell);
                    }
                    shell.interactive()
                }
                false => Input::script(Fd::STDIN),
            };
            shell.run_input(input);
        }
    }
}

/// The first shell of a user begins in the home directory, knows who it is for, and
/// reads two files.
fn log_in(shell: &mut Interpreter) {
    let users = Accounts::users();
    let name = users.name(calls::getuid().into());
    for variable in [&b"USER"[..], b"LOGNAME"] {
        set_default(shell, variable, &name);
    }
    let home = users
        .user(&name)
        .map_or_else(|| b"/".to_vec(), |user| user.home);
    set_default(shell, b"HOME", &home);
    let home = c_string(shell.variables.get(b"HOME").unwrap_or_default());
    // Without it, it begins where it is.
    let _ = calls::chdir(&home);
    let files: Vec<CString> = alloc::vec![PROFILE.into(), join(&home, b".profile")];
    for file in files {
        // Not every system or user has one.
        let _ = shell.run_file(&file);
        if shell.leave != Some(Leave::Exit) {
            shell.leave = None;
        }
    }
}

/// Sets a variable, for programs too, unless it is set.
fn set_default(shell: &mut Interpreter, name: &[u8], value: &[u8]) {
    if shell.variables.get(name).is_none() {
        shell.variables.set(name, value);
    }
    shell.variables.edit(name).exported = true;
}
