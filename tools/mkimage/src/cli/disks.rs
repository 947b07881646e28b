// SPDX-License-Identifier: GPL-2.0-or-later
//! The words behind the commands about whole images and file systems.

use super::{Place, TimeArgs};
use abi::sys::types::Device;
use clap::{Args, ValueEnum};
use mkimage::geometry::Geometry;
use std::path::PathBuf;

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

/// The words behind `floppy`.
#[derive(Debug, Args)]
pub struct FloppyArgs {
    /// The floppy; an old one stays whole until the new one is complete.
    #[arg(long, short, value_name = "IMAGE")]
    pub output: PathBuf,
    /// ELF file of the boot code.
    #[arg(long, value_name = "ELF")]
    pub boot: PathBuf,
    /// ELF file of the kernel.
    #[arg(long, value_name = "ELF")]
    pub kernel: PathBuf,
    /// The root device: /dev/hdN, /dev/fdN, /dev/ram or four hexadecimal digits. By
    /// default /dev/hd1, or with a root for the RAM disk /dev/fd0.
    #[arg(long, value_name = "DEVICE", value_parser = parse_root_device)]
    pub root_device: Option<Device>,
    /// Kernel command line.
    #[arg(long, value_name = "LINE", default_value = "")]
    pub command_line: String,
    /// An image whose root file system goes behind the kernel, for the RAM disk.
    #[arg(long, value_name = "IMAGE")]
    pub ramdisk_root: Option<PathBuf>,
}

/// The words behind `mkfs`.
#[derive(Debug, Args)]
pub struct MkfsArgs {
    /// A new file, an old one, or an image with partitions.
    pub image: PathBuf,
    /// In this partition, 1 to 4.
    #[arg(long, value_name = "NUMBER", conflicts_with = "size")]
    pub partition: Option<u8>,
    /// Size of the file: bytes, or with K or M; needed for a new file.
    #[arg(long, value_parser = parse_size)]
    pub size: Option<u64>,
    /// How many inodes, at least; by default one for each three blocks.
    #[arg(long, value_name = "NUMBER")]
    pub inodes: Option<u16>,
    /// Bytes of a name.
    #[arg(long, value_name = "14|30", default_value = "14", value_parser = ["14", "30"])]
    pub names: String,
    /// Even if something is lost.
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub time: TimeArgs,
}

/// The words behind `fsck`.
#[derive(Debug, Args)]
pub struct FsckArgs {
    /// The image.
    #[arg(required_unless_present = "undo")]
    pub image: Option<PathBuf>,
    /// Its partition 1 to 4, instead of the root file system's.
    #[arg(long, value_name = "NUMBER", conflicts_with = "undo")]
    pub partition: Option<u8>,
    /// Repair it.
    #[arg(long)]
    pub repair: bool,
    /// Say what would be repaired, and change nothing.
    #[arg(long, requires = "repair")]
    pub dry_run: bool,
    /// Free zones that are in no file, instead of making files of them.
    #[arg(long, requires = "repair")]
    pub free_lost_zones: bool,
    /// Even if the repair throws away more than it keeps, or the super block is
    /// all there is to go by; with --undo, even if the image changed since.
    #[arg(long)]
    pub force: bool,
    /// Where the repair keeps the sectors that it changes, instead of IMAGE.undo.
    #[arg(long, value_name = "FILE", requires = "repair")]
    pub backup: Option<PathBuf>,
    /// Keep no backup.
    #[arg(long, requires = "repair", conflicts_with = "backup")]
    pub no_backup: bool,
    /// Take a repair back: FILE is what it kept.
    #[arg(long, value_name = "FILE", conflicts_with = "repair")]
    pub undo: Option<PathBuf>,
    /// As JSON.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub time: TimeArgs,
}

/// The words behind `update`.
#[derive(Debug, Args)]
pub struct UpdateArgs {
    /// The disk; it is made where there is none.
    pub disk: PathBuf,
    /// The image with the new system.
    #[arg(long, value_name = "IMAGE")]
    pub from: PathBuf,
    /// What the disk was last brought up to; DISK.base by default.
    #[arg(long, value_name = "IMAGE")]
    pub base: Option<PathBuf>,
    /// Leave the base as it is: what comes to the disk counts as changed by hand.
    #[arg(long)]
    pub keep_base: bool,
    /// Begin with a new disk, whatever was on the old one.
    #[arg(long)]
    pub fresh: bool,
}

/// What `dump` shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Structure {
    /// The super block.
    Super,
    /// An inode: its number, or a path.
    Inode,
    /// A block of the file system by its number, boot block 0.
    Zone,
    /// A bitmap: `inodes` or `zones`.
    Bitmap,
}

/// The words behind `dump`.
#[derive(Debug, Args)]
pub struct DumpArgs {
    #[command(flatten)]
    pub at: Place,
    /// What to show.
    pub what: Structure,
    /// Which one.
    #[arg(required_if_eq_any = [("what", "inode"), ("what", "zone"), ("what", "bitmap")])]
    pub which: Option<String>,
    /// As JSON.
    #[arg(long)]
    pub json: bool,
}

/// What `convert` makes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Form {
    /// A disk of whole cylinders with a partition table.
    Disk,
    /// One file system and nothing else.
    FileSystem,
    /// The same, filled up to whole cylinders.
    Raw,
}

/// The words behind `convert`.
#[derive(Debug, Args)]
pub struct ConvertArgs {
    #[command(flatten)]
    pub at: Place,
    /// The new image; without it, only the geometry is shown.
    pub output: Option<PathBuf>,
    /// What to make; by default a disk of a file system, and a raw copy of a
    /// disk.
    #[arg(long, value_enum, requires = "output")]
    pub to: Option<Form>,
    /// Geometry of the disk that is made; by default 16 heads and 63 sectors, and
    /// as many cylinders as it takes.
    #[arg(long, value_name = "C/H/S", requires = "output")]
    pub geometry: Option<Geometry>,
    /// First sector of its partition, by default the second cylinder's.
    #[arg(long, value_name = "SECTOR", requires = "output")]
    pub first_sector: Option<u32>,
}

fn parse_root_device(text: &str) -> Result<Device, String> {
    Device::from_name(text).ok_or_else(|| format!("expected {}", Device::NAMES))
}

fn parse_size(text: &str) -> Result<u64, String> {
    let (digits, unit) = match text.to_ascii_uppercase().chars().last() {
        Some('K') => (&text[..text.len() - 1], 1 << 10),
        Some('M') => (&text[..text.len() - 1], 1 << 20),
        _ => (text, 1),
    };
    digits
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(unit))
        .ok_or_else(|| "expected a number, perhaps with K or M".to_owned())
}
