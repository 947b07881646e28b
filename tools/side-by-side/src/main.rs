// SPDX-License-Identifier: GPL-2.0-or-later
//! `side-by-side`: from Linux 0.11 to Eleven, symbol by symbol.

use clap::{Parser, Subcommand, ValueEnum};
use side_by_side::check::check;
use side_by_side::error::{Error, Problem, Result};
use side_by_side::facts;
use side_by_side::guide::{GUIDE, guide};
use side_by_side::original::{KEPT, Original, keep, kept};
use side_by_side::pages::{self, Machine};
use side_by_side::project::Project;
use side_by_side::show::{Look, show};
use std::io::{ErrorKind, IsTerminal, Write, stdout};
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
        /// The sources of Linux 0.11: a folder, a .tar, .tar.gz or .tar.xz file, or the image
        /// of a disk; instead of those that `original` keeps. Without any there is our side,
        /// and what became of each symbol.
        original: Option<PathBuf>,
        /// The folder to write to.
        #[arg(long, default_value = "build/side-by-side", value_name = "FOLDER")]
        output: PathBuf,
        /// Without the sources of Linux 0.11, even if `original` keeps them.
        #[arg(long, conflicts_with = "original")]
        ours_only: bool,
        /// Where the machine of `make web` is, seen from the folder: pages lead there.
        #[arg(long, value_name = "ADDRESS", requires = "symbols")]
        machine: Option<String>,
        /// What tools/web/symbols wrote of the kernel of that machine.
        #[arg(long, value_name = "FILE", requires = "machine")]
        symbols: Option<PathBuf>,
    },
    /// Show some of both sources beside each other in the terminal.
    Show {
        /// A function or another symbol of 0.11: `sched.c:schedule`; a file, or a symbol alone.
        named: String,
        /// As that of `pages`.
        original: Option<PathBuf>,
        /// Whether to use colours. Those of `always` pass through `less -R`.
        #[arg(long, value_enum, default_value_t)]
        color: When,
        /// Columns to use, instead of those that `COLUMNS` says or the terminal has.
        #[arg(long, value_name = "NUMBER")]
        width: Option<usize>,
    },
    /// Bring the sources of Linux 0.11: check and keep them, so that they need not be
    /// named again.
    Original {
        /// A folder, a .tar, .tar.gz or .tar.xz file, or the image of a disk of 1991. Without
        /// it: what is kept, or where to get them.
        original: Option<PathBuf>,
    },
}

/// When to use colours.
#[derive(Clone, Copy, Default, ValueEnum)]
enum When {
    /// If the output is a terminal and NO_COLOR is not set.
    #[default]
    Auto,
    Always,
    Never,
}

/// Where the sources can be got.
const WHERE: &str = "\
The sources of Linux 0.11 are no part of this project. They are

  * in the archive linux-0.11.tar.gz, under
    https://mirrors.edge.kernel.org/pub/linux/kernel/Historic/old-versions/
    and in the Linux.old archive of http://oldlinux.org/;
  * on disks made for it, in /usr/src/linux or /usr/src/linux-0.11.org, as on
    those of http://oldlinux.org/ that Bochs boots.

`make original C=PATH` takes a folder, a .tar, .tar.gz or .tar.xz file or the image
of a disk, checks its files and keeps them; `make side-by-side` shows them then.";

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
    if let Command::Original { original } = &cli.command {
        return bring(&cli.project, original.as_deref()).map(|()| Vec::new());
    }
    let project = Project::open(&cli.project)?;
    let problems = check(&project);
    match &cli.command {
        Command::Check | Command::Original { .. } => {}
        Command::Guide if problems.is_empty() => {
            pages::write_file(&cli.project.join(GUIDE), &guide(&project))?
        }
        Command::Guide => {}
        Command::Show {
            named,
            original,
            color,
            width,
        } => {
            let original = open_original(cli, original.as_deref(), &project)?;
            let text = show(&project, original.as_ref(), named, &look(*color, *width))?;
            // Who has seen enough of it in `less` goes.
            match stdout().write_all(text.as_bytes()) {
                Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                    return Err(Error::host("the output", "write")(error));
                }
                _ => {}
            }
        }
        Command::Pages {
            original,
            output,
            ours_only,
            machine,
            symbols,
        } => {
            let machine = (machine.as_deref().zip(symbols.as_deref()))
                .map(|(address, symbols)| Machine::open(address, symbols))
                .transpose()?;
            let original = match ours_only {
                true => None,
                false => open_original(cli, original.as_deref(), &project)?,
            };
            let differences = pages::write(&project, original.as_ref(), machine, output)?;
            tell(&differences, project.files.len());
            if original.is_none() && !ours_only {
                println!("without the C: `make original` says where to get it");
            }
            println!("{}", output.join("index.html").display());
        }
    }
    Ok(problems)
}

/// What the terminal can show, but for what was said.
fn look(color: When, width: Option<usize>) -> Look {
    const DEFAULT_WIDTH: usize = 160;
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let of_variable = || std::env::var("COLUMNS").ok()?.parse().ok();
    let of_terminal = || Some(terminal_size::terminal_size()?.0.0.into());
    let width = width.or_else(of_variable).or_else(of_terminal);
    Look {
        width: width.unwrap_or(DEFAULT_WIDTH),
        colour: match color {
            When::Always => true,
            When::Never => false,
            When::Auto => stdout().is_terminal() && !is_set("NO_COLOR"),
        },
    }
}

/// The sources that were named, or else those that are kept.
fn open_original(cli: &Cli, named: Option<&Path>, project: &Project) -> Result<Option<Original>> {
    named
        .map(Path::to_owned)
        .or_else(|| kept(&cli.project))
        .map(|path| Original::open(&path, &project.files))
        .transpose()
}

/// Says which of so many files of 0.11 are not what they were.
fn tell(differences: &[Problem], files: usize) {
    for difference in differences {
        eprintln!("side-by-side: {difference}");
    }
    if !differences.is_empty() {
        eprintln!(
            "side-by-side: {} of {files} files are those of Linux 0.11; the others are taken as they are",
            files - differences.len()
        );
    }
}

/// Checks and keeps sources, or says what is kept, or where to get them.
fn bring(project: &Path, original: Option<&Path>) -> Result<()> {
    let files = facts::read(project)?;
    match (original, kept(project)) {
        (Some(path), _) => {
            let original = Original::open(path, &files)?;
            keep(path, &original, &files, project)?;
            tell(&original.differences(&files), files.len());
            println!("{KEPT} has the files of {}", original.place);
        }
        (None, Some(folder)) => {
            let original = Original::open(&folder, &files)?;
            tell(&original.differences(&files), files.len());
            println!("{KEPT} has the sources of Linux 0.11");
        }
        (None, None) => println!("{WHERE}"),
    }
    Ok(())
}
