// SPDX-License-Identifier: GPL-2.0-or-later
//! The words behind the commands about files in an image.

use super::{Place, TimeArgs};
use clap::{Args, ValueEnum};
use mkimage::image_path::ImagePath;
use mkimage::mode::ModeChange;
use std::ffi::OsString;
use std::path::PathBuf;

/// The words behind `ls`.
#[derive(Debug, Args)]
pub struct LsArgs {
    #[command(flatten)]
    pub at: Place,
    /// Mode, links, owner, size and time too.
    #[arg(short, long)]
    pub long: bool,
    /// The directories below it too.
    #[arg(short = 'R', long, conflicts_with = "json")]
    pub recursive: bool,
    /// As JSON, with everything.
    #[arg(long)]
    pub json: bool,
    /// A directory or file in the image.
    #[arg(default_value = "/")]
    pub path: ImagePath,
}

/// The words behind `sync`.
#[derive(Debug, Args)]
pub struct SyncArgs {
    /// Remove what is not in the folder.
    #[arg(long)]
    pub delete: bool,
    /// Show what would be done, and change nothing.
    #[arg(short = 'n', long)]
    pub dry_run: bool,
    /// A folder of the host.
    pub folder: PathBuf,
    /// A directory in an image.
    #[arg(value_name = "IMAGE:/PATH")]
    pub to: OsString,
    /// The image's partition 1 to 4, instead of the root file system's.
    #[arg(long, value_name = "NUMBER")]
    pub partition: Option<u8>,
    #[command(flatten)]
    pub time: TimeArgs,
}

/// The words behind `find`.
#[derive(Debug, Args)]
pub struct FindArgs {
    #[command(flatten)]
    pub at: Place,
    /// Where to begin.
    #[arg(default_value = "/")]
    pub path: ImagePath,
    /// Only those whose name matches, with `*`, `?` and `[...]`.
    #[arg(long, value_name = "PATTERN")]
    pub name: Option<glob::Pattern>,
    /// Only those of a kind: file, directory, link, block or character device, pipe.
    #[arg(long, value_name = "f|d|l|b|c|p", value_parser = ["f", "d", "l", "b", "c", "p"])]
    pub kind: Option<String>,
}

/// The words behind `cp`.
#[derive(Debug, Args)]
pub struct CpArgs {
    /// Directories with all that is in them.
    #[arg(short, long)]
    pub recursive: bool,
    /// Keep the times; between images, the owners too.
    #[arg(short, long)]
    pub preserve: bool,
    /// Leave out device nodes and pipes, which are not made on the host.
    #[arg(long)]
    pub skip_special: bool,
    /// What to copy, and where to: files of the host or IMAGE:/PATH.
    #[arg(required = true, num_args = 2.., value_name = "FILE|IMAGE:/PATH")]
    pub paths: Vec<OsString>,
    /// The images' partition 1 to 4, instead of the root file system's.
    #[arg(long, value_name = "NUMBER")]
    pub partition: Option<u8>,
    #[command(flatten)]
    pub time: TimeArgs,
}

/// The words behind `ln`.
#[derive(Debug, Args)]
pub struct LnArgs {
    #[command(flatten)]
    pub at: Place,
    /// A symbolic link, which may lead anywhere.
    #[arg(short, long)]
    pub symbolic: bool,
    /// Over an old file.
    #[arg(short, long)]
    pub force: bool,
    /// Where it leads: a file in the image.
    pub target: OsString,
    /// The new name; into it, if it is a directory.
    pub path: ImagePath,
    #[command(flatten)]
    pub time: TimeArgs,
}

/// What `mknod` makes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum NodeKind {
    /// A block device.
    B,
    /// A character device.
    C,
    /// A named pipe.
    P,
}

/// The words behind `mknod`.
#[derive(Debug, Args)]
pub struct MknodArgs {
    #[command(flatten)]
    pub at: Place,
    /// The new node.
    pub path: ImagePath,
    /// What it is.
    pub kind: NodeKind,
    /// Which driver.
    #[arg(required_if_eq_any = [("kind", "b"), ("kind", "c")])]
    pub major: Option<u8>,
    /// Which of the driver's devices.
    #[arg(required_if_eq_any = [("kind", "b"), ("kind", "c")])]
    pub minor: Option<u8>,
    /// Permissions, octal.
    #[arg(long, value_parser = parse_mode, default_value = "600")]
    pub mode: u16,
    #[command(flatten)]
    pub time: TimeArgs,
}

/// The words behind `chmod`.
#[derive(Debug, Args)]
pub struct ChmodArgs {
    #[command(flatten)]
    pub at: Place,
    /// Directories with all that is in them.
    #[arg(short = 'R', long)]
    pub recursive: bool,
    /// Permissions: octal, or as `u+x,go-w`.
    pub mode: ModeChange,
    /// Files in the image.
    #[arg(required = true)]
    pub paths: Vec<ImagePath>,
    #[command(flatten)]
    pub time: TimeArgs,
}

/// The words behind `tar`.
#[derive(Debug, Args)]
pub struct TarArgs {
    /// Write what is at the path as an archive.
    #[arg(
        short,
        long,
        required_unless_present = "extract",
        conflicts_with = "extract"
    )]
    pub create: bool,
    /// Make what is in an archive, in the directory at the path.
    #[arg(short = 'x', long)]
    pub extract: bool,
    /// What is made belongs to this user and group, up to 65535 and 255, whatever
    /// the archive says.
    #[arg(long, requires = "extract", value_parser = parse_owner, value_name = "UID[:GID]")]
    pub owner: Option<Owner>,
    /// A path in an image; by default its root directory.
    #[arg(value_name = "IMAGE[:/PATH]")]
    pub tree: OsString,
    /// The archive; `-` is standard input or output.
    #[arg(default_value = "-")]
    pub archive: PathBuf,
    /// The image's partition 1 to 4, instead of the root file system's.
    #[arg(long, value_name = "NUMBER")]
    pub partition: Option<u8>,
    #[command(flatten)]
    pub time: TimeArgs,
}

/// Who a file belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Owner {
    /// The user.
    pub uid: u16,
    /// The group, if it is to change.
    pub gid: Option<u8>,
}

/// The words behind `chown`.
#[derive(Debug, Args)]
pub struct ChownArgs {
    #[command(flatten)]
    pub at: Place,
    /// Directories with all that is in them.
    #[arg(short = 'R', long)]
    pub recursive: bool,
    /// User, and perhaps group: numbers up to 65535 and 255.
    #[arg(value_parser = parse_owner, value_name = "UID[:GID]")]
    pub owner: Owner,
    /// Files in the image.
    #[arg(required = true)]
    pub paths: Vec<ImagePath>,
    #[command(flatten)]
    pub time: TimeArgs,
}

pub(super) fn parse_mode(text: &str) -> Result<u16, String> {
    u16::from_str_radix(text, 8)
        .ok()
        .filter(|&mode| mode <= 0o7777)
        .ok_or_else(|| "expected an octal number up to 7777".to_owned())
}

fn parse_owner(text: &str) -> Result<Owner, String> {
    let (uid, gid) = match text.split_once(':') {
        Some((uid, gid)) => (uid.parse().ok(), gid.parse().ok().map(Some)),
        None => (text.parse().ok(), Some(None)),
    };
    uid.zip(gid)
        .map(|(uid, gid)| Owner { uid, gid })
        .ok_or_else(|| "expected UID or UID:GID, up to 65535 and 255".to_owned())
}
