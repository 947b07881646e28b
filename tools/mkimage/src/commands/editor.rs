// SPDX-License-Identifier: GPL-2.0-or-later
//! `edit`: a file of the image in the editor of whoever asks.

use super::files::write_out;
use super::images::Images;
use crate::cli::{Place, TimeArgs};
use mkimage::error::{Fault, HostContext, Result};
use mkimage::image_path::ImagePath;
use mkimage::root_fs::Mounted;
use std::env::var_os;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::Command;

/// `edit`. Nobody is kept from the image while the editor runs.
pub fn edit_file(images: &Images, at: &Place, path: &ImagePath, time: &TimeArgs) -> Result<()> {
    let before = images.inspect(at, |mounted| contents(mounted, path))?;
    let folder = tempfile::tempdir().on_host("create a folder in", &std::env::temp_dir())?;
    let name = path.name().unwrap_or(b"file");
    let file = folder.path().join(OsStr::from_bytes(name));
    fs::write(&file, &before).on_host("write", &file)?;
    run_editor(&file)?;
    let after = fs::read(&file).on_host("read", &file)?;
    if after == before {
        return Ok(());
    }
    let result = images.edit(at, time, |mounted| {
        if contents(mounted, path)? != before {
            return Err(mounted.fault(path, "somebody else has changed it meanwhile"));
        }
        let mode = mounted
            .find(path)?
            .map_or(0o644, |stat| stat.st_mode & 0o7777);
        mounted.write_file(path, mode, &after)
    });
    if result.is_err() {
        // What was typed is not lost.
        eprintln!(
            "mkimage: the changed file is {}",
            folder.keep().join(OsStr::from_bytes(name)).display()
        );
    }
    result
}

/// What is in the file; nothing, if it is not there.
fn contents(mounted: &Mounted<'_>, path: &ImagePath) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if mounted.find(path)?.is_some() {
        write_out(mounted, path, &mut bytes)?;
    }
    Ok(bytes)
}

fn run_editor(file: &Path) -> Result<()> {
    let chosen = [var_os("VISUAL"), var_os("EDITOR")].into_iter().flatten();
    let editor = chosen
        .into_iter()
        .find(|it| !it.is_empty())
        .unwrap_or("vi".into());
    // It may have words of its own, as `emacs -nw`.
    let mut line = editor.clone();
    line.push(" \"$1\"");
    let status = Command::new("sh")
        .arg("-c")
        .arg(line)
        .arg("sh")
        .arg(file)
        .status();
    match status.on_host("run the editor for", file)?.success() {
        true => Ok(()),
        false => {
            Err(Fault::new("editor", "it failed, so nothing is changed")
                .in_file(Path::new(&editor)))
        }
    }
}
