// SPDX-License-Identifier: GPL-2.0-or-later
//! `side-by-side`: from Linux 0.11 to Eleven, symbol by symbol.

use clap::{Parser, Subcommand};
use side_by_side::check::check;
use side_by_side::error::{Error, Problem, Result};
use side_by_side::guide::{GUIDE, guide};
use side_by_side::original::Original;
use side_by_side::pages;
use side_by_side::project::Project;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// From Linux 0.11 to Eleven, symbol by symbol.
#[derive(Parser)]
#[command(
    version,
    after_help = "Ends with 0, with 1 if nothing could be done, with 4 if what was done has gaps."
)]
struct Cli {
    /// The folder of the project.
    #[arg(long, default_value = ".", value_name = "FOLDER")]
    project: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Check that docs/map.toml is whole and names only what exists.
    Check,
    /// Make docs/map.md of docs/map.toml.
    Guide,
    /// Write a page for each file: 0.11's source and ours, side by side.
    Pages {
        /// The sources of Linux 0.11: a folder, or a .tar or .tar.gz file. Without them
        /// there is our side, and what became of each symbol.
        original: Option<PathBuf>,
        /// The folder to write to.
        #[arg(long, default_value = "build/side-by-side", value_name = "FOLDER")]
        output: PathBuf,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli) {
        Ok(problems) if problems.is_empty() => ExitCode::SUCCESS,
        Ok(problems) => {
            for problem in &problems {
                eprintln!("side-by-side: {problem}");
            }
            ExitCode::from(4)
        }
        Err(error) => {
            eprintln!("side-by-side: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Does what was asked; returns what is wrong with what it was done to.
fn run(cli: &Cli) -> Result<Vec<Problem>> {
    let project = Project::open(&cli.project)?;
    let mut problems = check(&project);
    match &cli.command {
        Command::Check => {}
        Command::Guide if problems.is_empty() => write(&cli.project.join(GUIDE), &guide(&project))?,
        Command::Guide => {}
        Command::Pages { original, output } => {
            let original = original
                .as_ref()
                .map(|path| Original::open(path, &project.files))
                .transpose()?;
            problems.extend(pages::write(&project, original.as_ref(), output)?);
            println!("{}", output.join("index.html").display());
        }
    }
    Ok(problems)
}

/// Writes a file beside its place, then moves it there.
fn write(path: &Path, text: &str) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(Error::host(path, "write"))?;
    file.write_all(text.as_bytes())
        .map_err(Error::host(path, "write"))?;
    file.persist(path)
        .map_err(|error| Error::host(path, "write")(error.error))?;
    Ok(())
}
