// SPDX-License-Identifier: GPL-2.0-or-later
//! The command line of `mkimage`.

mod disks;
mod examples;
mod files;

pub use disks::*;
pub use examples::SHELL as SHELL_HELP;
pub use files::*;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use files::parse_mode;
use mkimage::image_path::ImagePath;
use std::path::PathBuf;

/// Makes, inspects, checks and edits the disk image of Eleven.
#[derive(Debug, Parser)]
#[command(version, after_help = examples::ALL)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a whole image from the manifest.
    #[command(after_help = examples::BUILD)]
    Build(BuildArgs),
    /// Make a bootable floppy of 1.44 MB.
    #[command(after_help = examples::FLOPPY)]
    Floppy(FloppyArgs),
    /// Make a program for the disk of one that was linked.
    #[command(name = "a-out", after_help = examples::A_OUT)]
    AOut {
        /// ELF file of the program.
        elf: PathBuf,
        /// The a.out file.
        file: PathBuf,
    },
    /// Show boot sector, partitions, kernel and file systems.
    #[command(after_help = examples::INFO)]
    Info {
        /// The image.
        image: PathBuf,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// List a directory.
    #[command(after_help = examples::LS)]
    Ls(LsArgs),
    /// Write files to standard output.
    #[command(after_help = examples::CAT)]
    Cat {
        #[command(flatten)]
        at: Place,
        /// Files in the image.
        #[arg(required = true)]
        paths: Vec<ImagePath>,
    },
    /// Copy a file out of the image.
    #[command(after_help = examples::GET)]
    Get {
        #[command(flatten)]
        at: Place,
        /// A file in the image.
        path: ImagePath,
        /// Where to, on the host: into it, if it is a folder; `-` is standard output.
        file: PathBuf,
    },
    /// Copy a file into the image, over an old one.
    #[command(after_help = examples::PUT)]
    Put {
        #[command(flatten)]
        at: Place,
        /// A file on the host; `-` is standard input.
        file: PathBuf,
        /// Where to in the image; into it, if it is a directory.
        path: ImagePath,
        /// Permissions, octal; by default an old file's, otherwise 755 or 644
        /// as the host's file is executable.
        #[arg(long, value_parser = parse_mode)]
        mode: Option<u16>,
        #[command(flatten)]
        time: TimeArgs,
    },
    /// Copy files between host and images.
    #[command(after_help = examples::CP)]
    Cp(CpArgs),
    /// Make another name for a file, or a symbolic link.
    #[command(after_help = examples::LN)]
    Ln(LnArgs),
    /// Make a device node or a named pipe.
    #[command(after_help = examples::MKNOD)]
    Mknod(MknodArgs),
    /// Set permissions.
    #[command(after_help = examples::CHMOD)]
    Chmod(ChmodArgs),
    /// Set owner and group.
    #[command(after_help = examples::CHOWN)]
    Chown(ChownArgs),
    /// Give files other names, or move them to another directory.
    #[command(after_help = examples::MV)]
    Mv {
        #[command(flatten)]
        at: Place,
        /// Files or directories in the image, and where to: into it, if it is a
        /// directory.
        #[arg(required = true, num_args = 2..)]
        paths: Vec<ImagePath>,
        #[command(flatten)]
        time: TimeArgs,
    },
    /// Set the time of files, and make those that are not there.
    #[command(after_help = examples::TOUCH)]
    Touch {
        #[command(flatten)]
        at: Place,
        /// Files in the image.
        #[arg(required = true)]
        paths: Vec<ImagePath>,
        #[command(flatten)]
        time: TimeArgs,
    },
    /// Change a file with $VISUAL, $EDITOR or vi.
    #[command(after_help = examples::EDIT)]
    Edit {
        #[command(flatten)]
        at: Place,
        /// A file in the image.
        path: ImagePath,
        #[command(flatten)]
        time: TimeArgs,
    },
    /// Make a directory of the image like a folder of the host.
    #[command(after_help = examples::SYNC)]
    Sync(SyncArgs),
    /// Write a tree as a tar archive, or bring one in.
    #[command(after_help = examples::TAR)]
    Tar(TarArgs),
    /// Run many commands on one image.
    #[command(after_help = examples::SHELL)]
    Shell {
        #[command(flatten)]
        at: Place,
        /// Take the commands from this file.
        #[arg(long)]
        file: Option<PathBuf>,
    },
    /// Show everything about files.
    #[command(after_help = examples::STAT)]
    Stat {
        #[command(flatten)]
        at: Place,
        /// Files in the image.
        #[arg(required = true)]
        paths: Vec<ImagePath>,
    },
    /// List the paths of files.
    #[command(after_help = examples::FIND)]
    Find(FindArgs),
    /// Show how much room directories take, with all that is in them.
    #[command(after_help = examples::DU)]
    Du {
        #[command(flatten)]
        at: Place,
        /// Only the sum.
        #[arg(short, long)]
        summarize: bool,
        /// A directory or file in the image.
        #[arg(default_value = "/")]
        path: ImagePath,
    },
    /// Make directories.
    #[command(after_help = examples::MKDIR)]
    Mkdir {
        #[command(flatten)]
        at: Place,
        /// Make what is missing above them too; no error if they are there.
        #[arg(short, long)]
        parents: bool,
        /// Directories in the image.
        #[arg(required = true)]
        paths: Vec<ImagePath>,
        #[command(flatten)]
        time: TimeArgs,
    },
    /// Remove files.
    #[command(after_help = examples::RM)]
    Rm {
        #[command(flatten)]
        at: Place,
        /// Directories too, with all that is in them.
        #[arg(short, long)]
        recursive: bool,
        /// Files in the image.
        #[arg(required = true)]
        paths: Vec<ImagePath>,
        #[command(flatten)]
        time: TimeArgs,
    },
    /// Draw the tree of directories and files.
    #[command(after_help = examples::TREE)]
    Tree {
        #[command(flatten)]
        at: Place,
        /// Where to begin.
        #[arg(default_value = "/")]
        path: ImagePath,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show how full the file system is.
    #[command(after_help = examples::DF)]
    Df {
        #[command(flatten)]
        at: Place,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Make an empty Minix file system in a file or partition.
    #[command(after_help = examples::MKFS)]
    Mkfs(MkfsArgs),
    /// Check the file system, and repair it.
    #[command(after_help = examples::FSCK)]
    Fsck(FsckArgs),
    /// Show a structure of the file system, byte for byte.
    #[command(after_help = examples::DUMP)]
    Dump(DumpArgs),
    /// Draw a picture of the disk.
    #[command(after_help = examples::MAP)]
    Map {
        #[command(flatten)]
        at: Place,
        /// The picture, or `-` for standard output.
        #[arg(long, value_name = "FILE")]
        svg: PathBuf,
    },
    /// Make a disk of a file system and the other way round.
    #[command(after_help = examples::CONVERT)]
    Convert(ConvertArgs),
    /// Show or set the kernel command line, in place.
    #[command(after_help = examples::CMDLINE)]
    Cmdline {
        /// The image.
        image: PathBuf,
        /// The new line.
        line: Option<String>,
    },
    /// Put another kernel into the image.
    #[command(after_help = examples::KERNEL)]
    Kernel {
        /// The image.
        image: PathBuf,
        /// ELF file of the kernel.
        kernel: PathBuf,
    },
    /// Bring a new system to a disk that somebody has worked on.
    #[command(after_help = examples::UPDATE)]
    Update(UpdateArgs),
    /// Copy a whole partition out of the image.
    #[command(after_help = examples::EXTRACT)]
    Extract {
        /// The image.
        image: PathBuf,
        /// 1 to 4.
        partition: u8,
        /// Where to, on the host.
        file: PathBuf,
    },
    /// Print a completion script for a shell.
    #[command(after_help = examples::COMPLETIONS)]
    Completions {
        /// Which shell.
        shell: Shell,
    },
}

/// A file system in an image.
#[derive(Debug, Args)]
pub struct Place {
    /// The image.
    pub image: PathBuf,
    /// Its partition 1 to 4, instead of the root file system's.
    #[arg(long, value_name = "NUMBER")]
    pub partition: Option<u8>,
}

/// The time of what is changed.
#[derive(Debug, Args)]
pub struct TimeArgs {
    /// Time of what is changed, in seconds since 1970, instead of now.
    #[arg(long, env = "SOURCE_DATE_EPOCH", value_name = "SECONDS")]
    pub time: Option<u32>,
}
