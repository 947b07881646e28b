// SPDX-License-Identifier: GPL-2.0-or-later
//! The pages of the book that show how to write something are followed to the letter:
//! in a copy of the project, which is then built and booted.
//!
//! What a page changes stands in a comment before a block: `the file PATH`, or `in
//! PATH, behind: LINE` and `before: LINE`. In other blocks `$ ` is typed on the host,
//! `# ` at the guest's prompt; what is printed stands below, with `...` for what
//! differs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use guest::{Emulator, Machine};

use crate::c_programs::has_c_compiler;
use crate::common::{self, LIMIT, boot_to_prompt, kernel, mkimage, name, skip};

#[test]
#[ignore = "needs QEMU and a built tree"]
fn a_program_is_written_as_the_page_says() -> Result<()> {
    follow("write-a-program.md")
}

#[test]
#[ignore = "needs QEMU, the image and a C compiler with -m32"]
fn a_c_program_is_written_as_the_page_says() -> Result<()> {
    if !has_c_compiler() {
        return skip("docs/write-a-c-program.md: cc -m32 does not work here");
    }
    follow("write-a-c-program.md")
}

#[test]
#[ignore = "needs QEMU and a built tree"]
fn a_system_call_is_added_as_the_page_says() -> Result<()> {
    follow("add-a-system-call.md")
}

/// Programs that may be large, and what makes them so. All others are simple tools.
const NOT_SIMPLE: &[(&str, &str)] = &[
    ("awk bc expr sed sh", "languages, each with its parser"),
    ("ed vi", "editors"),
    ("egrep fgrep grep less man", "regular expressions"),
    ("diff patch", "comparison and repair of texts"),
    ("gunzip gzip tar zcat", "archives, and their compression"),
    ("login passwd su", "the hash of passwords"),
    ("fsck", "the checker of file systems"),
    ("cp find ls mv", "trees of files of all kinds"),
    ("hexdump od printf", "a format for each kind of value"),
    (
        "date",
        "the same for dates, which it reads in several forms, too",
    ),
    ("sort", "its keys"),
    ("df", "the bitmaps of a file system, which it reads itself"),
    ("fdisk", "questions and answers"),
    ("xargs", "quotes as the shell has them"),
    ("trace", "the names and arguments of all system calls"),
    ("usertests", "the tests of the kernel"),
];

/// What the page says of the size of programs: how much room a simple tool takes on
/// the disk, with the block of its zones' numbers. One that has become so small is to
/// be taken out of the list above.
#[test]
#[ignore = "needs the image"]
fn simple_tools_are_small() -> Result<()> {
    // Under 16 KB.
    const SIMPLE: u32 = 15;
    /// Another compiler may make a program somewhat smaller or larger.
    const CLEARLY_SIMPLE: u32 = 13;
    let image = name(&common::image())?.to_owned();
    let is_simple = |program: &str| {
        let mut large = NOT_SIMPLE.iter().flat_map(|(names, _)| names.split(' '));
        !large.any(|name| name == program)
    };
    let names = mkimage(&["ls", &image, "/bin"])?;
    let programs: Vec<&str> = names.split_whitespace().collect();
    ensure!(programs.len() > 100, "{names}");
    let mut wrong = Vec::new();
    for &program in &programs {
        let told = mkimage(&["du", &image, &format!("/bin/{program}")])?;
        let size: u32 = told.split_whitespace().next().unwrap_or("").parse()?;
        let limit = match program {
            "true" | "false" => 2,
            "sync" | "clear" | "yes" | "echo" => 9,
            _ => SIMPLE,
        };
        let is_wrong = match is_simple(program) {
            true => size > limit,
            false => size <= CLEARLY_SIMPLE,
        };
        if is_wrong {
            wrong.push(format!("{program} takes {size} KB"));
        }
    }
    for name in NOT_SIMPLE.iter().flat_map(|(names, _)| names.split(' ')) {
        if !programs.contains(&name) {
            wrong.push(format!("{name} is not there"));
        }
    }
    ensure!(wrong.is_empty(), "{wrong:#?}");
    Ok(())
}

/// All that the disk comes with.
#[test]
#[ignore = "needs the image"]
fn the_disk_has_room_for_ones_own() -> Result<()> {
    const MOST: u32 = 16 * 1024;
    let told = mkimage(&["du", "-s", name(&common::image())?, "/"])?;
    let used: u32 = told.split_whitespace().next().unwrap_or("").parse()?;
    ensure!(used <= MOST, "{used} KB");
    Ok(())
}

enum Step {
    /// Writes a file.
    File { path: String, text: String },
    /// Puts text before or behind the line that has `anchor`.
    Insert {
        path: String,
        anchor: String,
        behind: bool,
        text: String,
    },
    /// Typed on the host.
    Host(String),
    /// Typed in the guest, and what is printed.
    Guest(String, String),
}

/// What a page tells to do.
fn steps(page: &str) -> Result<Vec<Step>> {
    let mut steps = Vec::new();
    let pieces: Vec<&str> = page.split("```").collect();
    // Every second piece is between two fences.
    for pair in pieces.chunks_exact(2) {
        let [before, block] = pair else { continue };
        let (_, text) = block.split_once('\n').context("a block")?;
        let comment = before.trim_end().strip_suffix("-->");
        let told = comment.and_then(|it| Some(it.rsplit_once("<!--")?.1.trim()));
        let Some(told) = told else {
            typed(text, &mut steps);
            continue;
        };
        let text = text.to_owned();
        if let Some(path) = told.strip_prefix("the file ") {
            let path = path.to_owned();
            steps.push(Step::File { path, text });
            continue;
        }
        let place = told.strip_prefix("in ").and_then(|it| it.split_once(", "));
        let (path, place) = place.context("`in PATH, behind: LINE`")?;
        let (how, anchor) = place.split_once(": ").context("a place")?;
        steps.push(Step::Insert {
            path: path.to_owned(),
            anchor: anchor.to_owned(),
            behind: how == "behind",
            text,
        });
    }
    Ok(steps)
}

/// The commands of a block.
fn typed(block: &str, steps: &mut Vec<Step>) {
    for line in block.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            steps.push(Step::Host(command.to_owned()));
        } else if let Some(command) = line.strip_prefix("# ") {
            steps.push(Step::Guest(command.to_owned(), String::new()));
        } else if let Some(Step::Guest(_, output)) = steps.last_mut() {
            *output += &format!("{line}\n");
        }
    }
}

fn follow(page: &str) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let copy = folder.path();
    copy_project(copy)?;
    put_disk_and_tool(copy)?;
    let page = fs::read_to_string(copy.join("docs").join(page))?;
    let (mut programs, mut kernel_changed) = (Vec::new(), false);
    let (mut image, mut booted) = (None, None);
    let (mut typed, mut built) = (0, 0);
    for step in steps(&page)? {
        match step {
            Step::File { path, text } => {
                if let Some(stem) = path.strip_suffix(".rs") {
                    let stem = Path::new(stem).file_name().context("a name")?;
                    programs.push(stem.to_string_lossy().into_owned());
                }
                fs::write(copy.join(path), text)?;
            }
            Step::Insert {
                path,
                anchor,
                behind,
                text,
            } => {
                kernel_changed |= !path.starts_with("hdimage");
                insert(&copy.join(path), &anchor, behind, &text)?;
            }
            Step::Host(command) if command == "make run" => {
                image = Some(match programs.is_empty() && !kernel_changed {
                    true => copy.join("build/disk.img"),
                    false => build(copy, &programs, kernel_changed)?,
                });
                built += 1;
            }
            Step::Host(command) if command.starts_with("make c ") => {
                let words = command.replacen(" c ", " -f hdimage/c/Makefile ", 1);
                run(copy, &words)?;
            }
            Step::Host(command) => run(copy, &command)?,
            Step::Guest(command, expected) => {
                if booted.is_none() {
                    let image = image.as_ref().context("it is built first")?;
                    booted = Some(boot_to_prompt(Machine::new(Emulator::Qemu, image))?);
                }
                let Some(guest) = &mut booted else { continue };
                let output = guest.command_within(&command, LIMIT)?;
                ensure!(
                    is_like(&output, &expected),
                    "# {command}\n{output}expected\n{expected}"
                );
                typed += 1;
            }
        }
    }
    ensure!(built == 1 && typed >= 2, "the page has lost its commands");
    Ok(())
}

/// Whether the text is as the page has it, whatever stands for `...`.
pub fn is_like(output: &str, expected: &str) -> bool {
    let mut pieces = expected.trim_end().split("...");
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = output.trim_end().strip_prefix(first) else {
        return false;
    };
    for piece in pieces {
        match rest.split_once(piece) {
            Some((skipped, behind)) if !skipped.is_empty() => rest = behind,
            _ => return false,
        }
    }
    rest.is_empty()
}

/// The sources as they are now.
fn copy_project(to: &Path) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let copy = format!(
        "tar -c --exclude=./target --exclude=./build --exclude=./.git \
         --exclude=node_modules . | tar -x -C '{}'",
        to.display()
    );
    run(&root, &copy)
}

/// The disk and the image tool, where `make disk` leaves them.
fn put_disk_and_tool(copy: &Path) -> Result<()> {
    let tool = Path::new(env!("CARGO_BIN_EXE_guest")).with_file_name("mkimage");
    fs::create_dir_all(copy.join("build"))?;
    fs::create_dir_all(copy.join("target/debug"))?;
    fs::copy(common::image(), copy.join("build/disk.img"))?;
    std::os::unix::fs::symlink(tool, copy.join("target/debug/mkimage"))?;
    Ok(())
}

fn insert(file: &Path, anchor: &str, behind: bool, text: &str) -> Result<()> {
    let old = fs::read_to_string(file)?;
    let place = old
        .find(anchor)
        .with_context(|| format!("{anchor} in {}", file.display()))?;
    let line = match behind {
        true => old[place..]
            .find('\n')
            .map_or(old.len(), |end| place + end + 1),
        false => old[..place].rfind('\n').map_or(0, |end| end + 1),
    };
    fs::write(file, format!("{}{text}{}", &old[..line], &old[line..]))?;
    Ok(())
}

fn run(folder: &Path, command: &str) -> Result<()> {
    let output = Command::new("sh")
        .current_dir(folder)
        .args(["-c", command])
        .output()?;
    ensure!(
        output.status.success(),
        "$ {command}\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

/// What `make image` does, but for what has not changed: the libraries of Rust and
/// all other programs are those of the real tree.
fn build(copy: &Path, programs: &[String], with_kernel: bool) -> Result<PathBuf> {
    let target = kernel();
    let target = target.ancestors().nth(3).context("the target folder")?;
    let target = name(target)?;
    // What cargo keeps of these crates is as good in another folder.
    let libraries = "for from in release i686-kernel/release i686-kernel/programs; do \
         for part in deps .fingerprint build; do mkdir -p target/$from/$part; \
         for crate in core alloc compiler_builtins; do \
         cp -a \"$T\"/$from/$part/$crate-* \"$T\"/$from/$part/lib$crate-* \
         target/$from/$part/ 2>/dev/null; done; done; done; \
         mkdir linked; ln \"$T\"/i686-kernel/programs/* linked/ 2>/dev/null || \
         cp \"$T\"/i686-kernel/programs/* linked/ 2>/dev/null; true";
    run(copy, &format!("T='{target}'; {libraries}"))?;
    // `trace` knows calls by the names in the table.
    let trace = with_kernel.then(|| "trace".to_owned());
    let programs: Vec<&String> = programs.iter().chain(&trace).collect();
    let bins: String = programs
        .iter()
        .map(|name| format!(" --bin {name}"))
        .collect();
    cargo(
        copy,
        &format!("build --profile programs $PROGRAM_FLAGS -p programs{bins}"),
    )?;
    for program in programs {
        let built = copy.join("target/i686-kernel/programs").join(program);
        fs::copy(built, copy.join("linked").join(program))?;
    }
    let mut release = Path::new(target).join("i686-kernel/release");
    let boot = release.join("boot");
    if with_kernel {
        cargo(copy, "build --release $KERNEL_FLAGS -p kernel")?;
        release = copy.join("target/i686-kernel/release");
    }
    let image = copy.join("new.img");
    mkimage(&[
        "build",
        "--manifest",
        name(&copy.join("hdimage/image.toml"))?,
        "--output",
        name(&image)?,
        "--boot",
        name(&boot)?,
        "--kernel",
        name(&release.join("kernel"))?,
        "--programs",
        name(&copy.join("linked"))?,
    ])?;
    Ok(image)
}

/// Calls the cargo that builds for the kernel's target; in `words` the names of flags
/// stand for them.
fn cargo(copy: &Path, words: &str) -> Result<()> {
    let found = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../build/toolchain.mk");
    let found = fs::read_to_string(found).context("build/toolchain.mk, which make writes")?;
    let variable = |name: &str| {
        let mut lines = found.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(" := "))
    };
    let Some(cargo) = variable("KERNEL_CARGO") else {
        bail!("build/toolchain.mk names no cargo");
    };
    let mut words = words.to_owned();
    for flags in ["KERNEL_FLAGS", "PROGRAM_FLAGS"] {
        words = words.replace(&format!("${flags}"), variable(flags).unwrap_or_default());
    }
    // This test runs in another cargo, whose wishes are not for this one.
    let clean = "unset CARGO_TARGET_DIR CARGO_PROFILE_DEV_DEBUG RUSTUP_TOOLCHAIN RUSTC_WRAPPER";
    run(copy, &format!("{clean}; {cargo} {words}"))
}
