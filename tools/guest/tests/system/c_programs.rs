// SPDX-License-Identifier: GPL-2.0-or-later
//! C programs that the host's compiler makes by `make c` run in the guest, and the
//! library in `hdimage/c/lib` does what the host's does.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use guest::{Emulator, Machine};

use crate::common::{LIMIT, boot_to_prompt, copy_of_image, halt, mkimage, name, skip};

/// The programs of `make c`.
const EXAMPLES: [&str; 4] = ["hello", "little-sh", "pc", "stopwatch"];

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Whether the host's compiler makes programs for a 386.
pub fn has_c_compiler() -> bool {
    let trial = "echo 'int main(void) { return 0; }' | cc -m32 -x c -c -o /dev/null -";
    let output = Command::new("sh").args(["-c", trial]).output();
    output.is_ok_and(|output| output.status.success())
}

/// Builds a C program as `make c` does, in `folder`. `options` are as
/// `CFLAGS=-O1`.
pub fn build(file: &str, folder: &Path, options: &[&str]) -> Result<PathBuf> {
    let tool = Path::new(env!("CARGO_BIN_EXE_guest")).with_file_name("mkimage");
    let output = Command::new("make")
        .current_dir(project())
        // This is no part of the `make` that may run the test.
        .env_remove("MAKEFLAGS")
        .args(["-s", "-f", "hdimage/c/Makefile"])
        .arg(format!("FILE=hdimage/c/{file}.c"))
        .arg(format!("BUILD={}", folder.display()))
        .arg(format!("MKIMAGE={}", tool.display()))
        .args(options)
        .output()?;
    let complaints = String::from_utf8_lossy(&output.stderr);
    // The examples and the library compile without a warning.
    ensure!(
        output.status.success() && complaints.is_empty(),
        "{file}: {complaints}"
    );
    let stem = Path::new(file).file_name().context("a name")?;
    Ok(folder.join("c").join(stem))
}

/// Builds it with the host's own library, runs it there, and tells what it printed.
fn by_host(file: &str, folder: &Path) -> Result<String> {
    let program = folder.join("by-host");
    let output = Command::new("cc")
        .args(["-w", "-fno-builtin", "-o"])
        .arg(&program)
        .arg(project().join(format!("hdimage/c/{file}.c")))
        .output()?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let output = Command::new(program)
        .current_dir(folder)
        .env_clear()
        .envs([("PATH", "/bin:/usr/bin"), ("TZ", "UTC"), ("LC_ALL", "C")])
        .output()?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
#[ignore = "needs QEMU, the image and a C compiler with -m32"]
fn examples_run_and_the_library_is_like_the_hosts() -> Result<()> {
    if !has_c_compiler() {
        return skip("C programs in the guest: cc -m32 does not work here");
    }
    let folder = tempfile::tempdir()?;
    let (_image_folder, disk) = copy_of_image()?;
    let place = format!("{}:/bin/", name(&disk)?);
    let examples = EXAMPLES.map(|example| format!("examples/{example}"));
    for file in examples.iter().map(String::as_str).chain(["tests/same"]) {
        let program = build(file, folder.path(), &[])?;
        mkimage(&["cp", name(&program)?, &place])?;
    }
    let mut guest = boot_to_prompt(Machine::new(Emulator::Qemu, &disk).in_place())?;
    let mut run = |command: &str, expected: &str| -> Result<()> {
        let output = guest.command_within(command, LIMIT)?;
        let output = output.replace('\r', "");
        ensure!(output.trim_end() == expected, "# {command}\n{output}");
        Ok(())
    };
    run("/bin/hello", "hello, world")?;
    run("/bin/hello Linus you", "hello, Linus\nhello, you")?;
    run("cd /tmp; /bin/pc; ls", "sum 124750")?;
    // From a file there is no prompt of its own.
    let lines = "echo one two > /tmp/f\ncat < /tmp/f | cat | wc -w\nno-such\ncd /tmp\n\
                 pwd\nfalse | true\nexit";
    for line in lines.lines() {
        run(&format!("echo '{line}' >> /tmp/lines"), "")?;
    }
    run(
        "little-sh < /tmp/lines; echo status $?",
        "2\nno-such: No such file or directory\n/tmp\nstatus 0",
    )?;
    run(
        "cd /tmp; same > out 2> errors; echo status $?; cat errors",
        "status 0",
    )?;
    let mode = guest.command("stty -a")?;
    guest.send("stopwatch\n")?;
    guest.expect_serial("00:00.0", LIMIT)?;
    guest.send(" ")?;
    // A tenth may be left out, as the program sleeps a little longer than one.
    guest.expect_serial("00:01.", LIMIT)?;
    guest.send(" r")?;
    guest.expect_serial("00:00.0", LIMIT)?;
    guest.send("q")?;
    guest.expect_prompt("the prompt behind stopwatch", LIMIT)?;
    let after = guest.command("stty -a")?;
    ensure!(mode == after, "{mode}became {after}");
    halt(&mut guest)?;

    let theirs = by_host("tests/same", folder.path())?;
    let ours = mkimage(&["cat", name(&disk)?, "/tmp/out"])?;
    let checks = |output: &str| output.lines().last().map(str::to_owned);
    ensure!(theirs.lines().count() > 2000, "{theirs}");
    let differ = theirs.lines().zip(ours.lines()).filter(|(a, b)| a != b);
    let differ: Vec<_> = differ
        .map(|(a, b)| format!("host  {a}\nguest {b}\n"))
        .collect();
    ensure!(
        differ.is_empty() && checks(&ours) == checks(&theirs),
        "{} lines differ, the last is {:?}:\n{}",
        differ.len(),
        checks(&ours),
        differ.concat()
    );
    Ok(())
}
