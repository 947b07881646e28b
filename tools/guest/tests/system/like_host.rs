// SPDX-License-Identifier: GPL-2.0-or-later
//! Everyday lines give the same in the guest as on the host: what they print on
//! standard output, and their exit status. All run in one boot; each that differs is
//! named, with both outputs.
//!
//! A file of `like_host/` has one case a line; a line that begins with `> ` goes on
//! with the one before. Lines that begin with `#` are for the reader. Each case is a
//! script of its own and runs in an empty folder; `../poem` is a file to work on.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use guest::{Emulator, Machine};

use crate::common::{LIMIT, boot_to_prompt, copy_of_image, halt, mkimage, name};

const CASES: &[&str] = &[
    include_str!("like_host/tools.txt"),
    include_str!("like_host/text.txt"),
    include_str!("like_host/find.txt"),
    include_str!("like_host/diff.txt"),
    include_str!("like_host/patch.txt"),
    include_str!("like_host/awk.txt"),
    include_str!("like_host/files.txt"),
];
/// So many lines must there be.
const FEWEST: usize = 400;
const POEM: &str = include_str!("like_host/poem.txt");

#[test]
#[ignore = "needs QEMU and the image"]
fn tools_do_what_those_of_the_host_do() -> Result<()> {
    compare(&CASES.concat())
}

/// Where the host's tar would help itself in other ways, ours refuses: names that go up or
/// begin at the root, links that lead out, and names that pass a link.
#[test]
#[ignore = "needs QEMU and the image"]
fn tar_takes_nothing_out_of_its_directory() -> Result<()> {
    let (_folder, disk) = copy_of_image()?;
    let mut guest = boot_to_prompt(Machine::new(Emulator::Qemu, &disk).in_place())?;
    guest.command("mkdir /tmp/t /tmp/t/in /tmp/t/out; cd /tmp/t/in; echo evil > ../f")?;
    guest.command("ln -s .. up; ln -s /etc root; mkdir d; echo kept > d/x")?;
    guest.command("tar cPf ../a.tar ../f /etc/rc up root")?;
    // A link to `d`, and a file that would be written through it.
    guest.command("ln -s d l; tar cf - l | head -c 512 > ../b.tar; rm l; mkdir l")?;
    guest.command("echo evil > l/x; tar cf - l/x >> ../b.tar; rm -r l")?;
    guest.command("cd ../out; mkdir d; echo kept > d/x; rm ../f")?;
    let refused =
        guest.command("tar xf ../a.tar 2> ../errors; echo $?; grep -c refused ../errors")?;
    ensure!(refused == "2\n4\n", "{refused}");
    let refused =
        guest.command("tar xf ../b.tar 2> ../errors; echo $?; grep -c refused ../errors")?;
    ensure!(refused == "2\n1\n", "{refused}");
    let left = guest.command("ls | cat; ls .. | cat; cat d/x")?;
    let expected = "d\nl\na.tar\nb.tar\nerrors\nin\nout\nkept\n";
    ensure!(left == expected, "{left}");
    halt(&mut guest)
}

/// Runs all cases on both sides.
fn compare(cases: &str) -> Result<()> {
    let whole = cases.replace("\n> ", "\0");
    let lines = whole
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let cases: Vec<String> = lines.map(|line| line.replace('\0', "\n")).collect();
    ensure!(cases.len() >= FEWEST, "{} lines", cases.len());
    let folder = tempfile::tempdir()?;
    let folder = folder.path().join("cases");
    fs::create_dir(&folder)?;
    for (index, case) in cases.iter().enumerate() {
        fs::write(folder.join(format!("{index}.sh")), format!("{case}\n"))?;
    }
    fs::write(folder.join("poem"), POEM)?;
    fs::write(folder.join("run"), driver(cases.len()))?;
    let theirs = by_host(&folder)?;
    let ours = by_guest(&folder)?;
    let (theirs, ours) = (outputs(&theirs), outputs(&ours));
    let mut differences = String::new();
    let mut count = 0;
    for (index, case) in cases.iter().enumerate() {
        let (ours, theirs) = (ours.get(index), theirs.get(index));
        if ours != theirs || ours.is_none() {
            count += 1;
            let shown = |output: Option<&String>| output.cloned().unwrap_or("nothing".into());
            let (ours, theirs) = (shown(ours), shown(theirs));
            write!(
                differences,
                "\n$ {case}\n--- host\n{theirs}\n--- guest\n{ours}\n"
            )?;
        }
    }
    ensure!(
        differences.is_empty(),
        "{count} of {} lines differ:\n{differences}",
        cases.len()
    );
    Ok(())
}

/// The script that runs all.
fn driver(cases: usize) -> String {
    let numbers: Vec<String> = (0..cases).map(|number| number.to_string()).collect();
    format!(
        "for n in {}\ndo mkdir work; cd work; echo \"@@ $n\"\n\
         sh ../$n.sh < /dev/null 2> /dev/null; echo \"@@ status $?\"; cd ..; rm -rf work\ndone\n",
        numbers.join(" ")
    )
}

fn by_host(folder: &Path) -> Result<String> {
    let output = Command::new("sh")
        .env_clear()
        .envs([("PATH", "/bin:/usr/bin"), ("LC_ALL", "C")])
        .current_dir(folder)
        .arg("run")
        .output()?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn by_guest(folder: &Path) -> Result<String> {
    let (_folder, disk) = copy_of_image()?;
    let disk_name = name(&disk)?;
    mkimage(&["cp", "-r", name(folder)?, &format!("{disk_name}:/tmp/")])?;
    let mut guest = boot_to_prompt(Machine::new(Emulator::Qemu, &disk).in_place())?;
    guest.command_within(
        "cd /tmp/cases; sh run > /tmp/out 2> /dev/null; cd /",
        4 * LIMIT,
    )?;
    halt(&mut guest)?;
    mkimage(&["cat", disk_name, "/tmp/out"]).context("the guest's output")
}

/// What each case has printed, its exit status behind it.
fn outputs(all: &str) -> Vec<String> {
    let mut outputs = Vec::new();
    let mut rest = all;
    while let Some((_, behind)) = rest.split_once(&format!("@@ {}\n", outputs.len())) {
        let mark = format!("@@ {}\n", outputs.len() + 1);
        outputs.push(behind.split(&mark).next().unwrap_or_default().to_owned());
        rest = behind;
    }
    outputs
}
