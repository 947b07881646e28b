// SPDX-License-Identifier: GPL-2.0-or-later
//! What the tests on the real image share.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use guest::{Emulator, End, Guest, Machine, PROMPT_TIME};
use tempfile::TempDir;

/// How long anything but the boot may take.
pub const LIMIT: Duration = Duration::from_secs(60);

/// The image under test: `$IMAGE`, which `make test` sets.
pub fn image() -> PathBuf {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../build/eleven.img");
    std::env::var_os("IMAGE").map_or_else(|| default.into(), PathBuf::from)
}

/// The kernel as ELF: `$KERNEL`, which `make test` sets.
pub fn kernel() -> PathBuf {
    const BUILT: &str = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../target/i686-kernel/release/kernel"
    );
    std::env::var_os("KERNEL").map_or_else(|| BUILT.into(), PathBuf::from)
}

/// Says which test does not run, and why; `tools/test.sh` repeats such lines at
/// its end. The test harness would keep back what `println!` prints.
pub fn skip(reason: &str) -> Result<()> {
    Ok(writeln!(std::io::stderr(), "\nskipped: {}", reason.trim())?)
}

/// Whether v86 runs here; if not, says that `test` does not run.
pub fn has_v86(test: &str) -> Result<bool> {
    match guest::v86::missing() {
        Some(reason) => skip(&format!("{test} in v86: {reason}")).map(|()| false),
        None => Ok(true),
    }
}

/// As `guest::in_both`, in v86, where it runs.
macro_rules! in_v86 {
    ($($name:ident),* $(,)?) => {
        mod in_v86 { $(
            #[test]
            #[ignore = "needs v86"]
            fn $name() -> anyhow::Result<()> {
                if crate::common::has_v86(stringify!($name))? {
                    super::$name(guest::Emulator::V86)?;
                }
                Ok(())
            }
        )* }
    };
}
pub(crate) use in_v86;

/// A file that the Makefile makes for a test: the one that `variable` names, else
/// `built`, from the root of the project.
pub fn made(variable: &str, built: &str) -> PathBuf {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    std::env::var_os(variable).map_or_else(|| PathBuf::from(root).join(built), PathBuf::from)
}

/// A copy of the image that a test may change.
pub fn copy_of_image() -> Result<(TempDir, PathBuf)> {
    copy_of(&image())
}

/// A copy of an image that a test may change.
pub fn copy_of(image: &Path) -> Result<(TempDir, PathBuf)> {
    let folder = tempfile::tempdir()?;
    let copy = folder.path().join("copy.img");
    std::fs::copy(image, &copy).with_context(|| format!("{}", image.display()))?;
    Ok((folder, copy))
}

/// Boots `image` with the shell on the serial line and waits for its prompt.
pub fn boot_to_prompt(machine: Machine) -> Result<Guest> {
    let mut guest = machine.command_line("console=ttyS0").boot()?;
    guest.expect_prompt("the first prompt", PROMPT_TIME)?;
    Ok(guest)
}

/// Boots a copy of the image with the shell on the serial line.
pub fn boot(emulator: Emulator) -> Result<Guest> {
    boot_to_prompt(Machine::new(emulator, image()))
}

/// Lets the guest write its buffers and switch itself off.
pub fn halt(guest: &mut Guest) -> Result<()> {
    guest.command("sync")?;
    guest.send("halt\n")?;
    let end = guest.wait_end(LIMIT)?;
    ensure!(
        end == End::Shutdown,
        "{}",
        guest.failure(&format!("halt: {end}"))
    );
    Ok(())
}

/// Calls `mkimage`, built beside this test, and gives what it printed.
pub fn mkimage(arguments: &[&str]) -> Result<String> {
    Ok(String::from_utf8_lossy(&mkimage_bytes(arguments)?).into_owned())
}

/// [`mkimage`] where it prints anything but text.
pub fn mkimage_bytes(arguments: &[&str]) -> Result<Vec<u8>> {
    let program = Path::new(env!("CARGO_BIN_EXE_guest")).with_file_name("mkimage");
    let output = std::process::Command::new(&program)
        .args(arguments)
        .output()
        .with_context(|| format!("{}: cargo build -p mkimage", program.display()))?;
    ensure!(
        output.status.success(),
        "mkimage {}: {}\n{}{}",
        arguments.join(" "),
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(output.stdout)
}

/// The name of a file as `mkimage` takes it.
pub fn name(file: &Path) -> Result<&str> {
    file.to_str().context("a file name in UTF-8")
}

/// Has both our own checker and the real `fsck.minix` look at the root file
/// system of `image`.
pub fn check_root(image: &Path) -> Result<()> {
    mkimage(&["fsck", name(image)?])?;
    check_by_fsck_minix(image)
}

/// Has the real `fsck.minix` look at the root file system of `image`.
pub fn check_by_fsck_minix(image: &Path) -> Result<()> {
    check_partition_by_fsck_minix(image, 2)
}

/// Has the real `fsck.minix` look at the file system in partition `number`.
pub fn check_partition_by_fsck_minix(image: &Path, number: usize) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let root = folder.path().join("root");
    guest::image::extract_partition(image, number, &root)?;
    let output = std::process::Command::new("fsck.minix")
        .arg("-f")
        .arg(&root)
        .output()
        .context("fsck.minix")?;
    let words = String::from_utf8_lossy(&output.stdout);
    ensure!(
        output.status.success(),
        "fsck.minix: {}\n{words}",
        output.status
    );
    Ok(())
}
