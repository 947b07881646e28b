// SPDX-License-Identifier: GPL-2.0-or-later
//! The image manifest: what `hdimage/image.toml` says, and where it says it.
//!
//! [`Manifest::load`] reads and checks the values one by one; what only shows
//! when things are put together (two files of one name, a missing folder) is
//! found by [`tree`](crate::tree), which reports it through
//! [`Source::error`]. Every mistake is told with file, line and key.
//!
//! Paths of the host are relative to the manifest's folder.

use crate::disk::{CYLINDERS_MAX, KERNEL_LBA, SECTORS_PER_CYLINDER, command_line_sector};
use crate::error::{Error, HostContext, Result};
use crate::image_path::ImagePath;
use abi::sys::types::{Device, Time};
use abi::time::{Tm, mktime};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use toml::value::{Datetime, Offset};

/// Zone numbers have 16 bits.
const FILE_SYSTEM_BLOCKS_MAX: u32 = 65535;

/// Everything the manifest says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Manifest {
    /// The time of all files, in UTC.
    pub time: Date,
    /// The disk as a whole.
    pub disk: Disk,
    /// The root file system.
    pub root: Root,
    /// Which programs go where.
    pub programs: Option<Programs>,
    /// Folders of the host that are copied in.
    #[serde(default, rename = "tree")]
    pub trees: Vec<HostTree>,
    /// Directories to make.
    #[serde(default)]
    pub directories: BTreeMap<Spanned<ImagePath>, Attributes>,
    /// Device nodes to make.
    #[serde(default)]
    pub devices: BTreeMap<Spanned<ImagePath>, DeviceNode>,
    /// Second names: new name to existing file.
    #[serde(default)]
    pub links: BTreeMap<Spanned<ImagePath>, Spanned<ImagePath>>,
    /// Modes and owners of files that come from elsewhere.
    #[serde(default)]
    pub attributes: BTreeMap<Spanned<ImagePath>, Attributes>,
}

/// `[disk]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Disk {
    /// How many cylinders of 16 heads and 63 sectors.
    pub cylinders: Spanned<u32>,
    /// The cylinder at which partition 1 ends and partition 2 begins.
    pub root_cylinder: Spanned<u32>,
    /// ROOT_DEV: major number times 256 plus minor.
    root_device: u16,
    /// The kernel command line.
    pub command_line: Spanned<String>,
}

/// `[root]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Root {
    /// How many inodes the file system has.
    pub inodes: Spanned<u16>,
}

/// `[programs]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Programs {
    /// The folders of their sources, `NAME.rs` or `NAME/main.rs` each. They say
    /// which programs there are; their executables are looked for in the
    /// folder given on the command line.
    pub sources: Vec<Spanned<String>>,
    /// Where they go; the first rule that matches holds.
    pub install: Vec<Install>,
}

/// `[[programs.install]]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Install {
    /// Names, or patterns with `*`, `?` and `[...]`.
    pub names: Vec<Spanned<String>>,
    /// The directory they go to.
    pub to: Spanned<ImagePath>,
}

/// `[[tree]]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct HostTree {
    /// A folder of the host.
    pub from: Spanned<String>,
    /// The directory its contents go to.
    pub to: ImagePath,
}

/// Mode and owner; what is left out keeps its default.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Attributes {
    /// Permission bits, with set-user-id, set-group-id and sticky.
    pub mode: Option<Mode>,
    /// Owner.
    pub uid: Option<u16>,
    /// Group.
    pub gid: Option<u8>,
}

/// A date with its time, in UTC.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "Datetime")]
pub struct Date(pub Time);

impl TryFrom<Datetime> for Date {
    type Error = &'static str;

    fn try_from(datetime: Datetime) -> std::result::Result<Date, &'static str> {
        let expected = "expected a date with its time in UTC, from 1970 to 2106: \
                        1991-12-08T00:00:00Z";
        let Datetime {
            date: Some(date),
            time: Some(time),
            offset: Some(Offset::Z),
        } = datetime
        else {
            return Err(expected);
        };
        let tm = Tm {
            tm_sec: time.second.unwrap_or(0).into(),
            tm_min: time.minute.into(),
            tm_hour: time.hour.into(),
            tm_mday: date.day.into(),
            tm_mon: i32::from(date.month) - 1,
            tm_year: i32::from(date.year) - 1900,
            ..Tm::default()
        };
        mktime(&tm).map(Date).ok_or(expected)
    }
}

/// The twelve lower bits of a mode.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "u16")]
pub struct Mode(pub u16);

impl TryFrom<u16> for Mode {
    type Error = String;

    fn try_from(mode: u16) -> std::result::Result<Mode, String> {
        if mode > 0o7777 {
            return Err(format!("mode {mode:#o}, expected at most 0o7777"));
        }
        Ok(Mode(mode))
    }
}

/// A device node: `character = [major, minor]` or `block = [major, minor]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DeviceNode {
    character: Option<(u8, u8)>,
    block: Option<(u8, u8)>,
    mode: Option<Mode>,
    uid: Option<u16>,
    gid: Option<u8>,
}

impl DeviceNode {
    /// Whether it is a block device, and which; `None` unless exactly one of
    /// the two kinds is given.
    pub fn device(&self) -> Option<(bool, Device)> {
        match (self.character, self.block) {
            (Some((major, minor)), None) => Some((false, Device::new(major, minor))),
            (None, Some((major, minor))) => Some((true, Device::new(major, minor))),
            _ => None,
        }
    }

    /// Mode and owner.
    pub fn attributes(&self) -> Attributes {
        Attributes {
            mode: self.mode,
            uid: self.uid,
            gid: self.gid,
        }
    }
}

/// The manifest as text, for messages.
#[derive(Debug)]
pub struct Source {
    path: PathBuf,
    text: String,
}

impl Source {
    /// The mistake in the bytes `span` of the manifest.
    pub fn error(&self, span: Range<usize>, problem: impl Into<String>) -> Error {
        let (line, key) = self.place(span.start);
        Error::Manifest {
            path: self.path.clone(),
            line,
            key,
            problem: problem.into(),
        }
    }

    /// The place of a value, for messages about something else.
    pub fn describe(&self, span: Range<usize>) -> String {
        let (line, key) = self.place(span.start);
        format!("{}:{line}: {key}", self.path.display())
    }

    /// A path of the host that the manifest names.
    pub fn host_path(&self, path: &str) -> PathBuf {
        self.path.parent().unwrap_or(Path::new("")).join(path)
    }

    fn place(&self, offset: usize) -> (usize, String) {
        let line = self
            .text
            .bytes()
            .take(offset)
            .filter(|&byte| byte == b'\n')
            .count()
            + 1;
        let mut key = String::new();
        if let Ok(table) = DeTable::parse(&self.text) {
            key_in_table(table.get_ref(), offset, &mut key);
        }
        if key.is_empty() {
            key.push_str("top level");
        }
        (line, key)
    }
}

/// Appends the dotted key of what stands at `offset`; says if it is in here.
fn key_in_table(table: &DeTable<'_>, offset: usize, key: &mut String) -> bool {
    for (name, value) in table {
        let length = key.len();
        if !key.is_empty() {
            key.push('.');
        }
        let is_bare =
            |character: char| character.is_ascii_alphanumeric() || "-_".contains(character);
        match name.get_ref().chars().all(is_bare) {
            true => key.push_str(name.get_ref()),
            false => key.push_str(&format!("{:?}", name.get_ref())),
        }
        if key_in_value(value, offset, key) || name.span().contains(&offset) {
            return true;
        }
        key.truncate(length);
    }
    false
}

/// A table's span is its header line only, so its contents are asked first.
fn key_in_value(value: &Spanned<DeValue<'_>>, offset: usize, key: &mut String) -> bool {
    let found = match value.get_ref() {
        DeValue::Table(table) => key_in_table(table, offset, key),
        DeValue::Array(array) => array.iter().enumerate().any(|(index, element)| {
            let length = key.len();
            key.push_str(&format!("[{index}]"));
            let found = key_in_value(element, offset, key);
            if !found {
                key.truncate(length);
            }
            found
        }),
        _ => false,
    };
    found || value.span().contains(&offset)
}

impl Manifest {
    /// Reads and checks the manifest at `path`.
    pub fn load(path: &Path) -> Result<(Manifest, Source)> {
        let text = fs::read_to_string(path).on_host("read", path)?;
        Manifest::parse(Source {
            path: path.to_owned(),
            text,
        })
    }

    fn parse(source: Source) -> Result<(Manifest, Source)> {
        let manifest: Manifest = toml::from_str(&source.text)
            .map_err(|error| source.error(error.span().unwrap_or(0..0), error.message()))?;
        manifest.check(&source)?;
        Ok((manifest, source))
    }

    fn check(&self, source: &Source) -> Result<()> {
        let disk = &self.disk;
        let cylinders = *disk.cylinders.get_ref();
        if !(4..=CYLINDERS_MAX).contains(&cylinders) {
            let problem = format!("{cylinders} cylinders, expected 4 to {CYLINDERS_MAX}");
            return Err(source.error(disk.cylinders.span(), problem));
        }
        let first = KERNEL_LBA / SECTORS_PER_CYLINDER + 1;
        if !(first..cylinders).contains(disk.root_cylinder.get_ref()) {
            let problem = format!(
                "{}, expected a cylinder from {first} (behind the start of partition 1, sector \
                 {KERNEL_LBA}) to {} (before the end of the disk)",
                disk.root_cylinder,
                cylinders - 1
            );
            return Err(source.error(disk.root_cylinder.span(), problem));
        }
        let blocks = (cylinders - disk.root_cylinder.get_ref()) * SECTORS_PER_CYLINDER / 2;
        if blocks > FILE_SYSTEM_BLOCKS_MAX {
            let problem = format!(
                "leaves {blocks} KB to partition 2, expected at most {FILE_SYSTEM_BLOCKS_MAX}: \
                 a Minix file system numbers its zones in 16 bits"
            );
            return Err(source.error(disk.cylinders.span(), problem));
        }
        command_line_sector(disk.command_line.get_ref())
            .map_err(|fault| source.error(disk.command_line.span(), fault.problem))?;
        for (path, node) in &self.devices {
            if node.device().is_none() {
                let problem = "expected either `character = [major, minor]` or `block = [...]`";
                return Err(source.error(path.span(), problem));
            }
        }
        Ok(())
    }

    /// ROOT_DEV.
    pub fn root_device(&self) -> Device {
        Device(self.disk.root_device)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"time = 1991-12-08T00:00:00Z
[disk]
cylinders = 65
root-cylinder = 10
root-device = 0x0302
command-line = ""
[root]
inodes = 100
[[tree]]
from = "root"
to = "/"
[directories]
"/tmp" = { mode = 0o1777 }
[devices]
"/dev/tty0" = { character = [4, 0], mode = 0o622 }
[programs]
sources = ["programs/src/bin"]
install = [{ names = ["t_*"], to = "/tests" }, { names = ["*"], to = "/bin" }]
"#;

    fn parse(text: &str) -> Result<(Manifest, Source)> {
        Manifest::parse(Source {
            path: "image.toml".into(),
            text: text.to_owned(),
        })
    }

    /// The message after `old` was replaced by `new`.
    fn message(old: &str, new: &str) -> String {
        assert!(GOOD.contains(old));
        parse(&GOOD.replacen(old, new, 1)).unwrap_err().to_string()
    }

    #[test]
    fn good() {
        let (manifest, source) = parse(GOOD).unwrap();
        assert_eq!(manifest.time, Date(692_150_400));
        assert_eq!(manifest.root_device(), Device::new(3, 2));
        let (path, attributes) = manifest.directories.iter().next().unwrap();
        assert_eq!(path.get_ref().to_string(), "/tmp");
        assert_eq!(attributes.mode, Some(Mode(0o1777)));
        assert_eq!(
            source.describe(path.span()),
            r#"image.toml:13: directories."/tmp""#
        );
        let (_, node) = manifest.devices.iter().next().unwrap();
        assert_eq!(node.device(), Some((false, Device::new(4, 0))));
        let rule = &manifest.programs.as_ref().unwrap().install[1];
        assert_eq!(
            source.describe(rule.to.span()),
            "image.toml:18: programs.install[1].to"
        );
        assert_eq!(
            source.describe(manifest.trees[0].from.span()),
            "image.toml:10: tree[0].from"
        );
    }

    #[test]
    fn limits_and_seconds() {
        let changed = |old: &str, new: &str| parse(&GOOD.replacen(old, new, 1)).unwrap().0;
        let time = changed("00:00:00Z", "12:34:56Z").time;
        assert_eq!(time, Date(692_150_400 + 12 * 3600 + 34 * 60 + 56));
        let manifest = changed("0o1777", "0o7777");
        let attributes = manifest.directories.values().next().unwrap();
        assert_eq!(attributes.mode, Some(Mode(0o7777)));
        // 130 cylinders are 65520 KB, and the next would be too many.
        changed("65", "140");
    }

    #[test]
    fn mistakes_are_told_by_file_line_and_key() {
        let starts = |message: String, start: &str| {
            assert!(message.starts_with(start), "{message}\nexpected: {start}");
        };
        starts(
            message("65", "\"65\""),
            "image.toml:3: disk.cylinders: invalid type: string",
        );
        starts(
            message("65", "3"),
            "image.toml:3: disk.cylinders: 3 cylinders, expected 4 to 65535",
        );
        starts(
            message("65", "141"),
            "image.toml:3: disk.cylinders: leaves 66024 KB to partition 2",
        );
        starts(
            message("= 10", "= 65"),
            "image.toml:4: disk.root-cylinder: 65, expected a cylinder from 3",
        );
        starts(
            message("= 10", "= 2"),
            "image.toml:4: disk.root-cylinder: 2, expected a cylinder from 3",
        );
        starts(
            message("line = \"\"", "line = \"\\n\""),
            "image.toml:6: disk.command-line: holds '\\n'",
        );
        starts(
            message("inodes", "nodes"),
            "image.toml:8: root.nodes: unknown field `nodes`, expected",
        );
        starts(
            message("inodes = 100", ""),
            "image.toml:7: root: missing field `inodes`",
        );
        starts(
            message("100", "70000"),
            "image.toml:8: root.inodes: invalid value",
        );
        starts(message("100", ""), "image.toml:8: ");
        starts(
            message("to = \"/\"", "to = \"bin\""),
            "image.toml:11: tree[0].to: \"bin\": expected a path",
        );
        starts(
            message("\"/tmp\"", "\"/tmp/\""),
            "image.toml:13: directories.\"/tmp/\": `` cannot be",
        );
        starts(
            message("0o1777", "0o17777"),
            "image.toml:13: directories.\"/tmp\".mode: mode 0o17777, expected",
        );
        starts(
            message("0o622 }", "0o622, block = [3, 0] }"),
            "image.toml:15: devices.\"/dev/tty0\": expected either",
        );
        starts(
            message("character = [4, 0],", ""),
            "image.toml:15: devices.\"/dev/tty0\": expected either",
        );
        starts(
            message("[4, 0]", "[4, 256]"),
            "image.toml:15: devices.\"/dev/tty0\".character[1]: invalid value",
        );
        starts(
            message("00Z", "00"),
            "image.toml:1: time: expected a date with its time in UTC",
        );
        starts(
            message("1991", "1891"),
            "image.toml:1: time: expected a date with its time in UTC",
        );
        starts(message("[root]\n", "[root]\n[root]\n"), "image.toml:8: ");
    }
}
