// SPDX-License-Identifier: GPL-2.0-or-later
//! `mkimage`: makes, inspects, checks and edits the disk image.

mod cli;
mod commands;

use clap::Parser;
use cli::Cli;
use commands::{Images, Outcome, run};
use mkimage::error::Error;
use std::io::{BufWriter, ErrorKind, Write, stdout};
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let mut out = BufWriter::new(stdout().lock());
    let result = run(cli.command, &Images::default(), &mut out);
    // What was said before an error comes before the message.
    let flushed = out.flush().map_err(Error::Output);
    let result = result.and_then(|outcome| flushed.map(|()| outcome));
    match result {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Partly) => ExitCode::FAILURE,
        Ok(Outcome::Damaged) => ExitCode::from(4),
        // Whoever reads has read enough.
        Err(Error::Output(error)) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("mkimage: {error}");
            ExitCode::FAILURE
        }
    }
}
