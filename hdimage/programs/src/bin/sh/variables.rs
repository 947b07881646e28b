// SPDX-License-Identifier: GPL-2.0-or-later
//! Variables and positional parameters.

use alloc::collections::BTreeMap;
use alloc::ffi::CString;
use alloc::format;
use alloc::vec::Vec;
use core::ffi::CStr;
use lib::user::calls::Pid;
use lib::user::{calls, env};
use programs::number::unsigned;
use programs::path::c_string;
use programs::shell::lexer::is_name;

/// A variable.
struct Variable {
    value: Vec<u8>,
    /// Whether programs get it in their environment.
    exported: bool,
}

/// All that `$` can name.
pub struct Variables {
    named: BTreeMap<Vec<u8>, Variable>,
    /// `$0`: the script, or the name of the shell.
    script: Vec<u8>,
    /// `$1` and on.
    parameters: Vec<Vec<u8>>,
    /// `$?`: exit status of the last pipeline.
    pub status: i32,
    /// `$!`: the last background process.
    pub last_background: Option<Pid>,
    /// `$$`: the shell, also in its subshells.
    shell: Pid,
}

impl Variables {
    /// Those of the environment.
    pub fn from_environment() -> Variables {
        let mut variables = Variables {
            named: BTreeMap::new(),
            script: env::program_name().to_vec(),
            parameters: Vec::new(),
            status: 0,
            last_background: None,
            shell: calls::getpid(),
        };
        for entry in env::vars() {
            if let Some((name, value)) = split_assignment(entry.to_bytes()) {
                variables.set(name, value);
                variables.export(name);
            }
        }
        variables
    }

    /// The value of a variable, a parameter or a special parameter.
    pub fn get(&self, name: &[u8]) -> Option<Vec<u8>> {
        match name {
            b"?" => Some(format!("{}", self.status).into_bytes()),
            b"$" => Some(format!("{}", self.shell.0).into_bytes()),
            b"!" => self
                .last_background
                .map(|pid| format!("{}", pid.0).into_bytes()),
            b"#" => Some(format!("{}", self.parameters.len()).into_bytes()),
            b"0" => Some(self.script.clone()),
            _ => match unsigned(name, 10) {
                Some(number) => self
                    .parameters
                    .get((number as usize).checked_sub(1)?)
                    .cloned(),
                None => self.named.get(name).map(|variable| variable.value.clone()),
            },
        }
    }

    /// Sets a variable; it stays exported if it was.
    pub fn set(&mut self, name: &[u8], value: &[u8]) {
        match self.named.get_mut(name) {
            Some(variable) => variable.value = value.to_vec(),
            None => {
                let variable = Variable {
                    value: value.to_vec(),
                    exported: false,
                };
                self.named.insert(name.to_vec(), variable);
            }
        }
    }

    /// Puts a variable into the environment, empty if it isn't set.
    pub fn export(&mut self, name: &[u8]) {
        let new = || Variable {
            value: Vec::new(),
            exported: false,
        };
        self.named.entry(name.to_vec()).or_insert_with(new).exported = true;
    }

    /// Forgets a variable.
    pub fn unset(&mut self, name: &[u8]) {
        self.named.remove(name);
    }

    /// Lines `NAME=value` of all variables, or of those exported.
    pub fn lines(&self, exported_only: bool) -> impl Iterator<Item = Vec<u8>> {
        let wanted = move |variable: &Variable| variable.exported || !exported_only;
        self.named
            .iter()
            .filter(move |(_, variable)| wanted(variable))
            .map(|(name, variable)| [name, &b"="[..], &variable.value].concat())
    }

    /// The environment of a program.
    pub fn environment(&self) -> Vec<CString> {
        self.lines(true).map(c_string).collect()
    }

    /// `$1` and on.
    pub fn parameters(&self) -> &[Vec<u8>] {
        &self.parameters
    }

    /// Sets `$0` and on, as far as there are arguments.
    pub fn set_arguments(&mut self, arguments: &[&CStr]) {
        let mut arguments = arguments.iter().map(|text| text.to_bytes().to_vec());
        if let Some(script) = arguments.next() {
            self.script = script;
        }
        self.set_parameters(arguments);
    }

    /// Sets `$1` and on.
    pub fn set_parameters(&mut self, parameters: impl Iterator<Item = Vec<u8>>) {
        self.parameters = parameters.collect();
    }

    /// Drops the first parameters. False if there are not so many.
    pub fn shift(&mut self, count: usize) -> bool {
        let enough = count <= self.parameters.len();
        if enough {
            self.parameters.drain(..count);
        }
        enough
    }
}

/// Name and value of `NAME=value`.
pub fn split_assignment(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let equals = text.iter().position(|&byte| byte == b'=')?;
    let (name, value) = (text.get(..equals)?, text.get(equals + 1..)?);
    is_name(name).then_some((name, value))
}
