// SPDX-License-Identifier: GPL-2.0-or-later
//! Debian's Linux kernel in QEMU, with busybox in a RAM disk, to run a script
//! on the root file system of a disk of ours.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use cpio::newc;
use guest::process::Process;

/// How long a run may take; one takes about ten seconds.
const LIMIT: Duration = Duration::from_secs(120);
/// What the first process prints when the script has run to its end.
const DONE: &str = "the script has ended with 0\n";

/// The first process: it gets the disk mounted, runs the script there and
/// switches the machine off.
const INIT: &str = r#"#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t devtmpfs devtmpfs /dev
depmod
# What is missing is built into the kernel, or the mount fails.
for module in virtio_pci virtio_blk minix; do modprobe $module; done
mount -t minix /dev/vda2 /mnt && cd /mnt && sh -ex /script
status=$?
cd /
umount /mnt || status="$status, but the file system is busy"
echo "the script has ended with $status"
poweroff -f
"#;

/// A Linux kernel with what it needs.
pub struct Linux {
    folder: PathBuf,
}

/// Fetches the packages, where that was not done before. The inner error says
/// why they can't be had.
pub fn fetch() -> Result<std::result::Result<Linux, String>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let output = Command::new(root.join("tools/linux.sh"))
        .output()
        .context("tools/linux.sh")?;
    let reason = String::from_utf8_lossy(&output.stderr).into_owned();
    Ok(match output.status.success() {
        true => Ok(Linux {
            folder: root.join("build/linux"),
        }),
        false => Err(reason),
    })
}

impl Linux {
    /// Runs `script`, with `payload` as the file `/payload`, in the root
    /// folder of `disk`.
    ///
    /// # Errors
    /// Where a command of the script fails. The error shows the commands run.
    pub fn run(&self, disk: &Path, payload: &[u8], script: &str) -> Result<()> {
        let folder = tempfile::tempdir()?;
        let initial = folder.path().join("initial.cpio");
        self.write_initial_disk(&initial, payload, script)?;
        let mut command = Command::new("qemu-system-x86_64");
        command.args("-machine pc -accel tcg -cpu qemu64 -m 256 -nodefaults".split(' '));
        command.args("-display none -serial stdio -no-reboot".split(' '));
        command.arg("-kernel").arg(self.folder.join("vmlinuz"));
        command.arg("-initrd").arg(&initial);
        command.args(["-append", "console=ttyS0 quiet panic=-1"]);
        command.arg("-drive");
        command.arg(format!("file={},format=raw,if=virtio", disk.display()));
        let mut qemu = Process::start(&mut command)?;
        let status = qemu.wait(LIMIT)?;
        let output = qemu.output().replace('\r', "");
        match status {
            None => bail!("Linux does not end:\n{output}"),
            Some(status) => ensure!(output.contains(DONE), "Linux: {status}\n{output}"),
        }
        Ok(())
    }

    /// Writes the RAM disk that Linux begins with: an archive of cpio's format
    /// newc (Linux, Documentation/driver-api/early-userspace/buffer-format.rst).
    fn write_initial_disk(&self, target: &Path, payload: &[u8], script: &str) -> Result<()> {
        let mut archive = Archive(File::create(target)?);
        for name in ["dev", "mnt"] {
            archive.folder(name)?;
        }
        archive.tree(&self.folder.join("root"), "")?;
        archive.file("init", INIT.as_bytes())?;
        archive.file("script", script.as_bytes())?;
        archive.file("payload", payload)?;
        newc::trailer(archive.0)?;
        Ok(())
    }
}

struct Archive(File);

impl Archive {
    fn folder(&mut self, name: &str) -> Result<()> {
        let header = newc::Builder::new(name).mode(0o40755);
        header.write(&mut self.0, 0).finish()?;
        Ok(())
    }

    fn file(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        let header = newc::Builder::new(name).mode(0o100755);
        let mut entry = header.write(&mut self.0, u32::try_from(bytes.len())?);
        entry.write_all(bytes)?;
        entry.finish()?;
        Ok(())
    }

    /// All that is in the host's `folder`, below `prefix`.
    fn tree(&mut self, folder: &Path, prefix: &str) -> Result<()> {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.file_type()?.is_dir() {
                self.folder(&name)?;
                self.tree(&entry.path(), &format!("{name}/"))?;
            } else {
                self.file(&name, &std::fs::read(entry.path())?)?;
            }
        }
        Ok(())
    }
}
