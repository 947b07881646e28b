// SPDX-License-Identifier: GPL-2.0-or-later
//! `env [-i] [NAME=value...] [command]`: runs a command with variables set in its
//! environment; without a command prints the environment.
#![no_std]
#![no_main]

use alloc::vec::Vec;
use core::ffi::CStr;
use programs::command::status;
use programs::run::{DEFAULT_PATH, execute, not_run};
use user::{env, stdio};

extern crate alloc;

user::program!(main);

fn main() -> i32 {
    let mut arguments = env::args();
    let mut variables: Vec<&CStr> = env::vars().to_vec();
    if let [first, rest @ ..] = arguments
        && matches!(first.to_bytes(), b"-i" | b"-")
    {
        variables.clear();
        arguments = rest;
    }
    while let [setting, rest @ ..] = arguments
        && let Some(equals) = setting.to_bytes().iter().position(|&byte| byte == b'=')
    {
        let name = setting.to_bytes().get(..=equals).unwrap_or_default();
        variables.retain(|variable| !variable.to_bytes().starts_with(name));
        variables.push(setting);
        arguments = rest;
    }
    if let Some(command) = arguments.first() {
        let path = env::var(b"PATH").unwrap_or(DEFAULT_PATH);
        let errno = execute(arguments, &variables, path);
        return not_run(command.to_bytes(), errno);
    }
    for variable in variables {
        stdio::put(variable.to_bytes());
        stdio::put(b"\n");
    }
    status()
}
