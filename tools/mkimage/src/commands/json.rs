// SPDX-License-Identifier: GPL-2.0-or-later
//! What programs read: the answers of `--json`.

use abi::sys::stat::{S_ISBLK, S_ISCHR, Stat};
use abi::sys::types::Device;
use fsck::{Action, Problem, Report};
use mkimage::error::{Error, Result};
use mkimage::image_path::Escaped;
use mkimage::ownership::kind_word;
use mkimage::usage::Usage;
use serde::Serialize;
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;

/// Prints a value, with indentation and a newline.
pub fn print(value: &impl Serialize, out: &mut dyn Write) -> Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)
        .map_err(std::io::Error::from)
        .and_then(|()| writeln!(out))
        .map_err(Error::Output)
}

/// Bytes as text. What is no UTF-8 is shown [escaped](Escaped), and then `value`
/// has all bytes too, as `KEY_bytes`.
fn add_text(value: &mut Value, key: &str, bytes: &[u8]) {
    match std::str::from_utf8(bytes) {
        Ok(text) => value[key] = json!(text),
        Err(_) => {
            value[key] = json!(Escaped(bytes).to_string());
            value[format!("{key}_bytes")] = json!(bytes);
        }
    }
}

/// A file by its path or name; a symbolic link with what it says.
pub fn file(name: &[u8], stat: &Stat, target: Option<&[u8]>) -> Value {
    let mut value = json!({});
    add_text(&mut value, "name", name);
    let attributes = json!({
        "inode": stat.st_ino,
        "kind": kind_word(stat.st_mode),
        "mode": format!("{:04o}", stat.st_mode & 0o7777),
        "links": stat.st_nlink,
        "uid": stat.st_uid,
        "gid": stat.st_gid,
        "size": stat.st_size,
        "time": stat.st_mtime,
    });
    if let (Value::Object(all), Value::Object(more)) = (&mut value, attributes) {
        all.extend(more);
    }
    if let Some(target) = target {
        add_text(&mut value, "target", target);
    }
    if S_ISCHR(stat.st_mode) || S_ISBLK(stat.st_mode) {
        let device = Device(stat.st_rdev);
        value["device"] = json!([device.major(), device.minor()]);
    }
    value
}

/// What was done about what a check found.
pub struct Repair<'a> {
    /// Each thing.
    pub actions: &'a [Action],
    /// Whether the image was changed.
    pub is_written: bool,
    /// What keeps the old sectors.
    pub backup: Option<&'a Path>,
}

/// What a check found; what was done about it.
pub fn report(report: &Report, repair: Option<&Repair<'_>>) -> Value {
    let problem = |problem: &Problem| {
        let mut value = json!(problem);
        value["message"] = json!(problem.to_string());
        value
    };
    let action = |action: &Action| {
        let mut value = json!(action);
        value["message"] = json!(action.to_string());
        value
    };
    let mut value = json!({
        "clean": report.is_clean(),
        "count": report.count,
        "problems": report.problems.iter().map(problem).collect::<Vec<_>>(),
        "inodes_used": report.inodes_used,
        "zones_used": report.zones_used,
    });
    if let Some(repair) = repair {
        value["actions"] = repair.actions.iter().map(action).collect();
        value["repaired"] = json!(repair.is_written);
        value["backup"] = json!(repair.backup);
    }
    value
}

/// How full a file system is.
pub fn usage(usage: &Usage) -> Value {
    json!({
        "name_length": usage.name_length,
        "kb": { "total": usage.zones, "used": usage.zones - usage.free_zones, "free": usage.free_zones },
        "inodes": {
            "total": usage.inodes,
            "used": usage.inodes - usage.free_inodes,
            "free": usage.free_inodes,
        },
    })
}
