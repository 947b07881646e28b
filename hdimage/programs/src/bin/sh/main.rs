// SPDX-License-Identifier: GPL-2.0-or-later
//! `sh [-c commands | script] [arguments...]`: the shell.
//!
//! The language is that of the Bourne shell, less `trap`, and with job control
//! and arithmetic: see `programs::shell`. At a terminal it prompts, shows how
//! jobs ended, and lives through ^C.
#![no_std]
#![no_main]

extern crate alloc;

mod builtins;
mod compound;
mod execute;
mod input;
mod jobs;
mod processes;
mod redirect;
mod variables;

use core::ffi::CStr;
use execute::Interpreter;
use input::Input;
use lib::user::calls::{self, Fd};
use lib::user::{env, stdio};
use programs::command::{complain, usage};

lib::program!(main);

const USAGE: &str = "sh [-c commands | script] [arguments...]";
/// What a login shell reads first.
const PROFILE: &CStr = c"/etc/profile";

fn main() -> i32 {
    // A built-in command whose output is lost fails like any other.
    stdio::keep_errors();
    let mut shell = Interpreter::new();
    if env::program_name().starts_with(b"-") {
        // Not every system has one.
        let _ = shell.run_file(PROFILE);
    }
    match env::args() {
        [] => {
            let interactive = calls::isatty(Fd::STDIN) && calls::isatty(Fd::STDERR);
            let input = if interactive {
                shell.interactive()
            } else {
                Input::script(Fd::STDIN)
            };
            shell.run_input(input)
        }
        [first, commands, rest @ ..] if *first == c"-c" => {
            shell.variables.set_arguments(rest);
            shell.run_text(commands.to_bytes())
        }
        [option, ..] if option.to_bytes().starts_with(b"-") => usage(USAGE),
        arguments @ [script, ..] => {
            shell.variables.set_arguments(arguments);
            shell.run_file(script).unwrap_or_else(|errno| {
                complain(&[script.to_bytes()], errno);
                127
            })
        }
    }
}
