// SPDX-License-Identifier: GPL-2.0-or-later
//! `sh [-c commands | script] [arguments...]`: the shell.
//!
//! The language is that of the Bourne shell without functions, here-documents
//! and arithmetic: see `programs::shell`. At a terminal it prompts, shows how
//! children died, and lives through ^C.
#![no_std]
#![no_main]

extern crate alloc;

mod builtins;
mod execute;
mod input;
mod redirect;
mod variables;

use alloc::vec::Vec;
use core::ffi::CStr;
use execute::Interpreter;
use input::Input;
use lib::user::calls::{self, Fd, File};
use lib::user::crt0::exit;
use lib::user::env;
use programs::command::{complain, usage};

lib::program!(main);

/// What a login shell reads first.
const PROFILE: &CStr = c"/etc/profile";

fn main() -> i32 {
    let mut shell = Interpreter::new();
    if env::program_name().starts_with(b"-") {
        let _ = shell.run_file(PROFILE);
    }
    match env::args() {
        [first, rest @ ..] if *first == c"-c" => {
            let Some((commands, parameters)) = rest.split_first() else {
                usage("sh [-c commands | script] [arguments...]");
            };
            // `$0` comes first, and then the parameters.
            shell
                .variables
                .set_parameters(parameters.iter().skip(1).map(|text| to_vec(text)));
            shell.run_text(commands.to_bytes())
        }
        [script, parameters @ ..] if !script.to_bytes().starts_with(b"-") => {
            shell
                .variables
                .set_parameters(parameters.iter().map(|text| to_vec(text)));
            run_script(&mut shell, script)
        }
        _ => {
            let interactive = calls::isatty(Fd::STDIN) && calls::isatty(Fd::STDERR);
            let input = if interactive {
                shell.interactive()
            } else {
                Input::script(Fd::STDIN)
            };
            shell.run_input(input)
        }
    }
}

fn to_vec(text: &CStr) -> Vec<u8> {
    text.to_bytes().to_vec()
}

fn run_script(shell: &mut Interpreter, path: &CStr) -> i32 {
    match File::open(path) {
        Ok(file) => match redirect::copy_up(file.fd()) {
            Ok(fd) => shell.run_input(Input::script(fd)),
            Err(errno) => {
                complain(&[path.to_bytes()], errno);
                exit(126)
            }
        },
        Err(errno) => {
            complain(&[path.to_bytes()], errno);
            exit(127)
        }
    }
}
