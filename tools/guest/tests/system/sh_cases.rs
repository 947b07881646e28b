// SPDX-License-Identifier: GPL-2.0-or-later
//! The shell beside the host's: small scripts (`sh/cases.txt`) run in the guest, all
//! in one boot, and in `dash`; what they print and their status must be the same.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use guest::{Emulator, Machine};

use crate::common::{LIMIT, boot_to_prompt, copy_of_image, halt, mkimage, name, skip};

const CASES: &str = include_str!("sh/cases.txt");
/// How many there must be at least.
const FEWEST: usize = 300;
/// Runs all scripts of a folder in the guest, each in an empty folder.
const RUNNER: &str = "\
cd /tmp/cases
mkdir out work
for script in c*; do
  cd work
  PATH=/bin:/usr/bin HOME=/usr/root sh ../$script < /dev/null > ../out/$script 2> /dev/null
  echo status $? >> ../out/$script
  cd ..
  rm -r work
  mkdir work
done
";

/// A script, and what it must print if the host's shell can't tell.
struct Case {
    name: &'static str,
    script: String,
    expected: Option<String>,
}

fn cases() -> Vec<Case> {
    let mut texts = CASES.split("\n### ");
    // What is before the first one.
    texts.next();
    texts.map(case).collect()
}

fn case(text: &'static str) -> Case {
    let (name, body) = text.split_once('\n').unwrap_or((text, ""));
    let (script, expected) = match body.split_once("--- expected\n") {
        Some((script, expected)) => (script, Some(expected)),
        None => (body, None),
    };
    let lines = |text: &str| format!("{}\n", text.strip_suffix('\n').unwrap_or(text));
    Case {
        name,
        script: lines(script),
        expected: expected.map(lines),
    }
}

/// What `dash` prints, and its status.
fn on_host(script: &Path, folder: &Path, programs: &Path) -> Result<String> {
    let work = tempfile::tempdir_in(folder)?;
    let output = Command::new("dash")
        .arg(script)
        .current_dir(work.path())
        .env_clear()
        .env("PATH", format!("{}:/bin:/usr/bin", programs.display()))
        .env("HOME", "/usr/root")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()?;
    let status = output.status.code().context("dash was killed")?;
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(format!("{text}status {status}\n"))
}

#[test]
#[ignore = "needs QEMU, the image and dash"]
fn usertests_of_sh_agree_with_dash() -> Result<()> {
    if Command::new("dash").args(["-c", ":"]).status().is_err() {
        return skip("the shell beside dash: dash is not installed");
    }
    let cases = cases();
    ensure!(cases.len() >= FEWEST, "only {} cases", cases.len());
    let folder = tempfile::tempdir()?;
    let scripts = folder.path().join("cases");
    std::fs::create_dir(&scripts)?;
    let script = |index: usize| scripts.join(format!("c{index:03}"));
    for (index, case) in cases.iter().enumerate() {
        std::fs::write(script(index), &case.script)?;
    }
    std::fs::write(scripts.join("run"), RUNNER)?;

    let (_image, disk) = copy_of_image()?;
    let inside = |path: &str| Ok::<_, anyhow::Error>(format!("{}:{path}", name(&disk)?));
    mkimage(&["cp", "-r", name(&scripts)?, &inside("/tmp/")?])?;
    let mut guest = boot_to_prompt(Machine::new(Emulator::Qemu, &disk).in_place())?;
    guest.command_within("sh /tmp/cases/run", 2 * LIMIT)?;
    halt(&mut guest)?;
    let results = folder.path().join("out");
    mkimage(&["cp", "-r", &inside("/tmp/cases/out")?, name(&results)?])?;

    // `sh` in a script is the shell that runs it.
    let programs = folder.path().join("programs");
    std::fs::create_dir(&programs)?;
    std::os::unix::fs::symlink("/usr/bin/dash", programs.join("sh"))?;
    let mut failed = String::new();
    let mut count = 0;
    for (index, case) in cases.iter().enumerate() {
        let expected = match &case.expected {
            Some(expected) => expected.clone(),
            None => on_host(&script(index), folder.path(), &programs)?,
        };
        let found = std::fs::read(results.join(format!("c{index:03}"))).unwrap_or_default();
        let found = String::from_utf8_lossy(&found);
        if found != expected {
            count += 1;
            write!(
                failed,
                "\n### {}\n{}expected:\n{expected}found:\n{found}",
                case.name, case.script
            )?;
        }
    }
    ensure!(
        failed.is_empty(),
        "{count} of {} differ:{failed}",
        cases.len()
    );
    Ok(())
}
