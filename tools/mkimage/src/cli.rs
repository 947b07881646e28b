// SPDX-License-Identifier: GPL-2.0-or-later
//! The command line of `mkimage`.

mod examples;

pub use examples::SHELL as SHELL_HELP;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use lib::sys::types::Device;
use mkimage::geometry::Geometry;
use mkimage::image_path::ImagePath;
use mkimage::mode::ModeChange;
use std::ffi::OsString;
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

fn parse_mode(text: &str) -> Result<u16, String> {
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
