// SPDX-License-Identifier: GPL-2.0-or-later
//! What the subcommands do, and what they print.

mod attributes;
mod copy;
mod disk;
mod editor;
mod files;
mod fsck;
mod images;
mod info;
mod json;
mod list;
mod mkfs;
mod shell;
mod update;
mod walk;

pub use images::Images;

use crate::cli::{BuildArgs, Cli, Command, FloppyArgs};
use clap::CommandFactory;
use mkimage::build::{Inputs, build};
use mkimage::error::Result;
use mkimage::floppy;
use std::io::Write;

/// How a command ended that did not fail.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// All is well.
    Done,
    /// Something could not be read.
    Partly,
    /// `fsck` found errors.
    Damaged,
}

/// Runs a command on its `images`; what it has to say goes to `out`.
pub fn run(command: Command, images: &Images, out: &mut dyn Write) -> Result<Outcome> {
    match command {
        Command::Build(arguments) => run_build(&arguments),
        Command::Floppy(arguments) => run_floppy(&arguments),
        Command::AOut { elf, file } => files::a_out(&elf, &file),
        Command::Info { image, json } => info::info(&image, json, out),
        Command::Ls(arguments) => list::ls(images, &arguments, out),
        Command::Cat { at, paths } => files::cat(images, &at, &paths, out),
        Command::Get { at, path, file } => files::get(images, &at, &path, &file),
        Command::Put {
            at,
            file,
            path,
            mode,
            time,
        } => files::put(images, &at, &file, &path, mode, &time),
        Command::Cp(arguments) => copy::cp(images, &arguments, out),
        Command::Ln(arguments) => attributes::ln(images, &arguments),
        Command::Mknod(arguments) => attributes::mknod(images, &arguments),
        Command::Chmod(arguments) => attributes::chmod(images, &arguments),
        Command::Chown(arguments) => attributes::chown(images, &arguments),
        Command::Mkdir {
            at,
            parents,
            paths,
            time,
        } => files::mkdir(images, &at, parents, &paths, &time),
        Command::Rm {
            at,
            recursive,
            paths,
            time,
        } => files::rm(images, &at, recursive, &paths, &time),
        Command::Mv { at, paths, time } => attributes::mv(images, &at, &paths, &time),
        Command::Touch { at, paths, time } => attributes::touch(images, &at, &paths, &time),
        Command::Edit { at, path, time } => editor::edit_file(images, &at, &path, &time),
        Command::Sync(arguments) => copy::sync(images, &arguments, out),
        Command::Tar(arguments) => copy::tar(images, &arguments),
        Command::Shell { at, file } => return shell::shell(&at, file.as_deref(), out),
        Command::Stat { at, paths } => list::stat(images, &at, &paths, out),
        Command::Find(arguments) => list::find(images, &arguments, out),
        Command::Du {
            at,
            summarize,
            path,
        } => list::du(images, &at, summarize, &path, out),
        Command::Tree { at, path, json } => list::tree(images, &at, &path, json, out),
        Command::Df { at, json } => disk::df(&at, json, out),
        Command::Mkfs(arguments) => mkfs::mkfs(&arguments),
        Command::Fsck(arguments) => return fsck::fsck(&arguments, out),
        Command::Dump(arguments) => disk::dump(images, &arguments, out),
        Command::Map { at, svg } => disk::map(&at, &svg),
        Command::Convert(arguments) => disk::convert(&arguments, out),
        Command::Cmdline { image, line: None } => disk::show_command_line(&image, out),
        Command::Cmdline {
            image,
            line: Some(line),
        } => disk::set_command_line(&image, &line),
        Command::Kernel { image, kernel } => disk::replace_kernel(&image, &kernel),
        Command::Update(arguments) => return update::update(&arguments, out),
        Command::Extract {
            image,
            partition,
            file,
        } => disk::extract(&image, partition, &file),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "mkimage", &mut &mut *out);
            Ok(())
        }
    }?;
    Ok(match images.are_damaged() {
        true => Outcome::Partly,
        false => Outcome::Done,
    })
}

fn run_build(arguments: &BuildArgs) -> Result<()> {
    let inputs = Inputs {
        manifest: &arguments.manifest,
        boot: arguments.boot.as_deref(),
        kernel: arguments.kernel.as_deref(),
        programs: arguments.programs.as_deref(),
        command_line: arguments.command_line.as_deref(),
        time: arguments.time,
    };
    build(&inputs, &arguments.output)
}

fn run_floppy(arguments: &FloppyArgs) -> Result<()> {
    let inputs = floppy::Inputs {
        boot: &arguments.boot,
        kernel: &arguments.kernel,
        root_device: arguments.root_device,
        command_line: &arguments.command_line,
        ramdisk_root: arguments.ramdisk_root.as_deref(),
    };
    floppy::make(&inputs, &arguments.output)
}
