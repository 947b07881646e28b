// SPDX-License-Identifier: GPL-2.0-or-later
//! The command line of `mkimage`.

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use std::path::PathBuf;

/// Makes, inspects, checks and edits the disk image of Eleven.
#[derive(Debug, Parser)]
#[command(version, after_help = EXAMPLES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "\
Examples:
  mkimage build --manifest hdimage/image.toml --output build/eleven.img \\
      --boot BOOT --kernel KERNEL --programs target/i686-kernel/release
  mkimage info build/eleven.img
  mkimage ls -l build/eleven.img /bin
  mkimage put build/eleven.img hello.txt /root/hello.txt
  mkimage cat build/eleven.img /etc/rc
  mkimage cmdline build/eleven.img 'init=/bin/sh console=ttyS0'
  mkimage fsck build/eleven.img

Paths in the image begin with `/`. The file system is that of the partition
which the boot sector names as root, or the first Minix partition; a floppy or
another bare Minix file system will do as well.

Exit status: 0 done, 1 failed (nothing was changed), 2 wrong command line,
4 `fsck` found errors.";

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a whole image from the manifest.
    Build(BuildArgs),
    /// Show boot sector, partitions, kernel and file systems.
    Info {
        /// The image.
        image: PathBuf,
    },
    /// List a directory.
    Ls {
        #[command(flatten)]
        at: Place,
        /// Mode, links, owner, size and time too.
        #[arg(short, long)]
        long: bool,
        /// A directory or file in the image.
        #[arg(default_value = "/")]
        path: String,
    },
    /// Write files to standard output.
    Cat {
        #[command(flatten)]
        at: Place,
        /// Files in the image.
        #[arg(required = true)]
        paths: Vec<String>,
    },
    /// Copy a file out of the image.
    Get {
        #[command(flatten)]
        at: Place,
        /// A file in the image.
        path: String,
        /// Where to, on the host.
        file: PathBuf,
    },
    /// Copy a file into the image, over an old one.
    Put {
        #[command(flatten)]
        at: Place,
        /// A file on the host.
        file: PathBuf,
        /// Where to in the image; into it, if it is a directory.
        path: String,
        /// Permissions, octal; by default an old file's, otherwise 755 or 644
        /// as the host's file is executable.
        #[arg(long, value_parser = parse_mode)]
        mode: Option<u16>,
        #[command(flatten)]
        time: TimeArgs,
    },
    /// Make directories.
    Mkdir {
        #[command(flatten)]
        at: Place,
        /// Make what is missing above them too; no error if they are there.
        #[arg(short, long)]
        parents: bool,
        /// Directories in the image.
        #[arg(required = true)]
        paths: Vec<String>,
        #[command(flatten)]
        time: TimeArgs,
    },
    /// Remove files.
    Rm {
        #[command(flatten)]
        at: Place,
        /// Directories too, with all that is in them.
        #[arg(short, long)]
        recursive: bool,
        /// Files in the image.
        #[arg(required = true)]
        paths: Vec<String>,
        #[command(flatten)]
        time: TimeArgs,
    },
    /// Draw the tree of directories and files.
    Tree {
        #[command(flatten)]
        at: Place,
        /// Where to begin.
        #[arg(default_value = "/")]
        path: String,
    },
    /// Show how full the file system is.
    Df {
        #[command(flatten)]
        at: Place,
    },
    /// Check the file system.
    Fsck {
        #[command(flatten)]
        at: Place,
    },
    /// Show or set the kernel command line, in place.
    Cmdline {
        /// The image.
        image: PathBuf,
        /// The new line.
        line: Option<String>,
    },
    /// Put another kernel into the image.
    Kernel {
        /// The image.
        image: PathBuf,
        /// ELF file of the kernel.
        kernel: PathBuf,
    },
    /// Copy a whole partition out of the image.
    Extract {
        /// The image.
        image: PathBuf,
        /// 1 to 4.
        partition: u8,
        /// Where to, on the host.
        file: PathBuf,
    },
    /// Print a completion script for a shell.
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

/// The words behind `build`.
#[derive(Debug, Args)]
pub struct BuildArgs {
    /// The manifest: what goes where.
    #[arg(long, value_name = "TOML")]
    pub manifest: PathBuf,
    /// The image; an old one stays whole until the new one is complete.
    #[arg(long, short, value_name = "IMAGE")]
    pub output: PathBuf,
    /// ELF file of the boot code; without it the image does not boot.
    #[arg(long, value_name = "ELF")]
    pub boot: Option<PathBuf>,
    /// ELF file of the kernel; without it the partition stays empty.
    #[arg(long, value_name = "ELF")]
    pub kernel: Option<PathBuf>,
    /// Folder with the ELF files of the programs; without it there are none.
    #[arg(long, value_name = "FOLDER")]
    pub programs: Option<PathBuf>,
    /// Kernel command line instead of the manifest's.
    #[arg(long, value_name = "LINE")]
    pub command_line: Option<String>,
    /// Time of all files in seconds since 1970, instead of the manifest's.
    #[arg(long, env = "SOURCE_DATE_EPOCH", value_name = "SECONDS")]
    pub time: Option<u32>,
}

fn parse_mode(text: &str) -> Result<u16, String> {
    u16::from_str_radix(text, 8)
        .ok()
        .filter(|&mode| mode <= 0o7777)
        .ok_or_else(|| "expected an octal number up to 7777".to_owned())
}
