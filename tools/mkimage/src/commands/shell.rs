// SPDX-License-Identifier: GPL-2.0-or-later
//! `shell`: many commands on one image, which gets all changes at the end.
//!
//! The changes of the commands that succeeded are kept in memory
//! ([`Images`] has them); each command begins with them.

use super::{Images, Outcome, run};
use crate::cli::{Cli, Command, Place};
use clap::Parser;
use mkimage::error::{Error, Fault, HostContext, OutputContext, Result};
use std::ffi::OsString;
use std::fs::File;
use std::io::{BufRead, BufReader, IsTerminal, Write, stdin};
use std::path::Path;

/// What a line asks for.
enum Line {
    Nothing,
    Exit,
    Abort,
    Run(Box<Command>),
}

/// `shell`
pub fn shell(at: &Place, file: Option<&Path>, out: &mut dyn Write) -> Result<Outcome> {
    let (name, mut lines): (_, Box<dyn BufRead>) = match file {
        Some(path) => {
            let file = File::open(path).on_host("open", path)?;
            (path, Box::new(BufReader::new(file)))
        }
        None => (Path::new("-"), Box::new(BufReader::new(stdin()))),
    };
    let is_person = file.is_none() && stdin().is_terminal();
    let images = Images::open(at)?;
    let mut outcome = Outcome::Done;
    let mut number = 0;
    loop {
        if is_person {
            write!(out, "mkimage> ").on_output()?;
        }
        out.flush().on_output()?;
        let mut text = String::new();
        number += 1;
        let is_end = lines.read_line(&mut text).on_host("read", name)? == 0;
        let result = match parse(at, &text) {
            Ok(Line::Abort) => return Ok(outcome),
            Ok(Line::Exit) => break,
            Ok(Line::Nothing) => Ok(()),
            Ok(Line::Run(command)) => run(*command, &images, out).map(|it| outcome = it),
            Err(problem) => {
                Err(Fault::new(format!("line {number}"), problem.trim_end()).in_file(name))
            }
        };
        match result {
            // A person sees what went wrong, and goes on.
            Err(error) if is_person && !matches!(error, Error::Output(_)) => {
                eprintln!("mkimage: {error}");
            }
            result => result?,
        }
        if is_end {
            break;
        }
    }
    images.finish()?;
    Ok(outcome)
}

fn parse(at: &Place, text: &str) -> std::result::Result<Line, String> {
    let words = shlex::split(text).ok_or("a quote without an end")?;
    let Some((name, words)) = words.split_first() else {
        return Ok(Line::Nothing);
    };
    match name.as_str() {
        "exit" => return Ok(Line::Exit),
        "abort" => return Ok(Line::Abort),
        "help" => return Err(crate::cli::SHELL_HELP.to_owned()),
        _ => {}
    }
    let in_image = |word: &String| match word.strip_prefix(":/") {
        Some(path) => {
            let mut whole = at.image.as_os_str().to_owned();
            whole.push(":/");
            whole.push(path);
            whole
        }
        None => OsString::from(word),
    };
    let is_copy = matches!(name.as_str(), "cp" | "sync" | "tar");
    let image = (!is_copy).then(|| at.image.clone().into_os_string());
    let line = ["mkimage".into(), name.into()].into_iter().chain(image);
    let line = line.chain(words.iter().map(in_image));
    let cli = Cli::try_parse_from(line).map_err(|error| error.render().to_string())?;
    match cli.command {
        Command::Ls(_)
        | Command::Cat { .. }
        | Command::Get { .. }
        | Command::Put { .. }
        | Command::Cp(_)
        | Command::Ln(_)
        | Command::Mknod(_)
        | Command::Chmod(_)
        | Command::Chown(_)
        | Command::Mkdir { .. }
        | Command::Rm { .. }
        | Command::Mv { .. }
        | Command::Touch { .. }
        | Command::Edit { .. }
        | Command::Sync(_)
        | Command::Tar(_)
        | Command::Stat { .. }
        | Command::Find(_)
        | Command::Du { .. }
        | Command::Tree { .. } => Ok(Line::Run(Box::new(cli.command))),
        _ => Err(format!(
            "{name} is not for files in an image; expected such a command"
        )),
    }
}
