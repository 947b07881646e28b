// SPDX-License-Identifier: GPL-2.0-or-later
//! Variables and positional parameters.

use alloc::collections::BTreeMap;
use alloc::ffi::CString;
use alloc::format;
use alloc::vec::Vec;
use core::ffi::CStr;
use programs::files::working_directory;
use programs::number::unsigned;
use programs::path::c_string;
use programs::run::DEFAULT_PATH;
use programs::shell::fields::DEFAULT_IFS;
use programs::shell::is_name;
use user::calls::Pid;
use user::{calls, env};

/// A variable, which may have no value yet.
#[derive(Clone, Default)]
pub struct Variable {
    pub value: Option<Vec<u8>>,
    /// Whether programs get it in their environment.
    pub exported: bool,
    pub read_only: bool,
}

/// Variables that come back when a function ends, and what they were.
pub type Scope = Vec<(Vec<u8>, Option<Variable>)>;

/// All that `$` can name.
pub struct Variables {
    named: BTreeMap<Vec<u8>, Variable>,
    /// `$0`: the script, or the name of the shell.
    pub script: Vec<u8>,
    /// `$1` and on.
    parameters: Vec<Vec<u8>>,
    /// `$?`: exit status of the last pipeline.
    pub status: i32,
    /// `$!`: the last background process.
    pub last_background: Option<Pid>,
    /// `$-`: the options that are on.
    pub options: crate::options::Options,
    /// Which letter of a word `getopts` comes to next; 0 at the start of one.
    pub option_letter: usize,
    /// `$$`: the shell, also in its subshells.
    shell: Pid,
}

impl Variables {
    /// Those of the environment, and those that each shell has.
    pub fn from_environment() -> Variables {
        let mut variables = Variables {
            named: BTreeMap::new(),
            script: env::program_name().to_vec(),
            parameters: Vec::new(),
            status: 0,
            last_background: None,
            options: crate::options::Options::default(),
            option_letter: 0,
            shell: calls::getpid(),
        };
        for entry in env::vars() {
            if let Some((name, value)) = split_assignment(entry.to_bytes()) {
                variables.set(name, value);
                variables.edit(name).exported = true;
            }
        }
        // A script must not be misled by its caller.
        variables.set(b"IFS", DEFAULT_IFS);
        variables.set(b"OPTIND", b"1");
        let parent = format!("{}", calls::getppid().0);
        variables.set(b"PPID", parent.as_bytes());
        let prompt: &[u8] = if calls::geteuid() == 0 { b"# " } else { b"$ " };
        let defaults = [
            (&b"PATH"[..], DEFAULT_PATH),
            (b"PS1", prompt),
            (b"PS2", b"> "),
            (b"PS4", b"+ "),
        ];
        for (name, value) in defaults {
            if variables.get(name).is_none() {
                variables.set(name, value);
            }
        }
        variables
    }

    /// The value of a variable, a parameter or a special parameter.
    pub fn get(&self, name: &[u8]) -> Option<Vec<u8>> {
        let number = |number: u32| Some(format!("{number}").into_bytes());
        match name {
            b"?" => Some(format!("{}", self.status).into_bytes()),
            b"$" => number(self.shell.0),
            b"!" => number(self.last_background?.0),
            b"#" => number(self.parameters.len() as u32),
            b"-" => Some(self.options.letters()),
            b"0" => Some(self.script.clone()),
            [b'0'..=b'9', ..] => {
                let place = unsigned(name, 10)?;
                self.parameters
                    .get((place as usize).checked_sub(1)?)
                    .cloned()
            }
            _ => match self.named.get(name) {
                Some(variable) => variable.value.clone(),
                // It takes a while to find out.
                None if name == b"PWD" => working_directory().ok(),
                None => None,
            },
        }
    }

    /// A variable, made if there is none.
    pub fn edit(&mut self, name: &[u8]) -> &mut Variable {
        self.named.entry(name.to_vec()).or_default()
    }

    /// Whether it can't be set.
    pub fn is_read_only(&self, name: &[u8]) -> bool {
        self.named
            .get(name)
            .is_some_and(|variable| variable.read_only)
    }

    /// Sets a variable, which is not read-only; it stays exported if it was.
    pub fn set(&mut self, name: &[u8], value: &[u8]) {
        if name == b"OPTIND" {
            self.option_letter = 0;
        }
        let exported = self.options.has(b'a');
        let variable = self.edit(name);
        variable.value = Some(value.to_vec());
        variable.exported |= exported;
    }

    /// Forgets a variable.
    pub fn unset(&mut self, name: &[u8]) {
        self.named.remove(name);
    }

    /// Keeps what a variable is in `scope`, if that does not have it yet.
    pub fn save(&self, name: &[u8], scope: &mut Scope) {
        if !scope.iter().any(|(saved, _)| saved == name) {
            scope.push((name.to_vec(), self.named.get(name).cloned()));
        }
    }

    /// Makes variables what they were.
    pub fn restore(&mut self, scope: Scope) {
        for (name, variable) in scope {
            match variable {
                Some(variable) => drop(self.named.insert(name, variable)),
                None => drop(self.named.remove(&name)),
            }
        }
    }

    /// All variables, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &Variable)> {
        self.named
            .iter()
            .map(|(name, variable)| (name.as_slice(), variable))
    }

    /// The environment of a program.
    pub fn environment(&self) -> Vec<CString> {
        let exported = self.named.iter().filter(|(_, variable)| variable.exported);
        let entry = |(name, variable): (&Vec<u8>, &Variable)| {
            let value = variable.value.as_ref()?;
            Some(c_string([name, &b"="[..], value].concat()))
        };
        exported.filter_map(entry).collect()
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

/// The text in quotes, so that a shell reads it back.
pub fn in_quotes(text: &[u8]) -> Vec<u8> {
    let mut quoted = alloc::vec![b'\''];
    for &byte in text {
        match byte {
            b'\'' => quoted.extend_from_slice(b"'\"'\"'"),
            byte => quoted.push(byte),
        }
    }
    quoted.push(b'\'');
    quoted
}
