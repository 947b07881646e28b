// SPDX-License-Identifier: GPL-2.0-or-later
//! The wide edition, and the page about the editions, docs/editions.md: what it says is
//! typed; what it counts is the benchmark's ceilings.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use guest::bench::{self, ceilings::interrupt};
use guest::{Emulator, Guest, Machine};

use crate::bench::figures;
use crate::common::{self, LIMIT, boot_to_prompt, made};
use crate::pages::is_like;

guest::in_both!(wide_uses_all_memory_of_small_and_large_machines);

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
const PAGE: &str = include_str!("../../../../docs/editions.md");

/// The image of the wide edition.
pub fn image() -> PathBuf {
    made("WIDE_IMAGE", "build/wide.img")
}

/// The wide edition in a machine of so many megabytes.
pub fn boot_wide(emulator: Emulator, megabytes: u32) -> Result<Guest> {
    boot_to_prompt(Machine::new(emulator, image()).memory(megabytes))
}

/// The numbers in the line `Mem:` of `free`: total, used, free, buffers.
fn free_megabytes(guest: &mut Guest) -> Result<Vec<u32>> {
    let told = guest.command("free -m")?;
    let line = told.lines().find_map(|line| line.strip_prefix("Mem:"));
    let words = line.context(told.clone())?.split_whitespace();
    Ok(words.map(str::parse).collect::<Result<_, _>>()?)
}

fn wide_uses_all_memory_of_small_and_large_machines(emulator: Emulator) -> Result<()> {
    for (megabytes, least) in [(4, 0), (3072, 3000)] {
        let mut guest = boot_wide(emulator, megabytes)?;
        let told = free_megabytes(&mut guest)?;
        ensure!(told[2] >= least && told[0] <= megabytes, "{told:?}");
        let said = guest.command("cd /usr/lib/tests; ./t_badptr; ./t_fork200")?;
        ensure!(said == "ok\nok\n", "{said}");
    }
    Ok(())
}

/// Has the guest run these words of `t_memory`, each of which must go well.
fn memory_is_kept(guest: &mut Guest, words: &[&str]) -> Result<()> {
    for words in words {
        let said = guest.command_within(&format!("/usr/lib/tests/t_memory {words}"), LIMIT)?;
        let is_well = said.starts_with("ok\n") && said.lines().all(|line| line == "ok");
        ensure!(is_well, "t_memory {words}: {said}");
    }
    Ok(())
}

#[test]
#[ignore = "needs QEMU"]
fn wide_keeps_memory_in_64_mb() -> Result<()> {
    let mut guest = boot_wide(Emulator::Qemu, 64)?;
    let before = free_megabytes(&mut guest)?;
    // The kernel maps 60 MB.
    memory_is_kept(
        &mut guest,
        &[
            "fill 45",
            "stacks 8 6",
            "stack 45",
            "fork 25",
            "secret 15",
            "file 2",
            "trace",
            "physical 60 64",
        ],
    )?;
    ensure!(free_megabytes(&mut guest)? == before);
    Ok(())
}

#[test]
#[ignore = "needs QEMU"]
fn wide_keeps_memory_in_3_gb() -> Result<()> {
    let mut guest = boot_wide(Emulator::Qemu, 3072)?;
    let before = free_megabytes(&mut guest)?;
    memory_is_kept(
        &mut guest,
        &[
            "fill 2048",
            "heaps 8 375",
            "stack 512",
            "bss 80",
            "fork 500",
            "file 2",
            "trace",
        ],
    )?;
    // As `ps` and `free` see it.
    guest.command("/usr/lib/tests/t_memory hold 2900 > /tmp/held & echo")?;
    let held = "while [ ! -s /tmp/held ]; do sleep 1; done; ps | grep t_memory";
    let told = guest.command_within(held, LIMIT)?;
    ensure!(
        told.contains(" 2969") && told.contains("K t_memory"),
        "{told}"
    );
    ensure!(free_megabytes(&mut guest)?[1] >= 2900);
    // To give back so much takes its time, after the prompt is there again.
    guest.command("kill -9 -1")?;
    let start = Instant::now();
    while free_megabytes(&mut guest)? != before {
        ensure!(start.elapsed() < LIMIT, "memory is lost");
        thread::sleep(Duration::from_secs(1));
    }
    Ok(())
}

/// What classic does not have it refuses.
#[test]
#[ignore = "needs QEMU"]
fn classic_refuses_what_only_wide_has() -> Result<()> {
    let machine = Machine::new(Emulator::Qemu, common::image());
    let mut guest = boot_to_prompt(machine.memory(3072))?;
    ensure!(free_megabytes(&mut guest)?[0] < 60);
    memory_is_kept(&mut guest, &["fill 30", "trace"])?;
    for (words, told) in [
        ("fill 64", "the heap does not grow to"),
        ("bss 80", "execve: Exec format error"),
    ] {
        let said = guest.command(&format!("/usr/lib/tests/t_memory {words}"))?;
        ensure!(said.contains(told), "t_memory {words}: {said}");
    }
    Ok(())
}

fn make(words: &str) -> Result<Output> {
    Command::new("make")
        .current_dir(ROOT)
        // This is no part of the `make` that may run the test.
        .env_remove("MAKEFLAGS")
        .env_remove("MAKEOVERRIDES")
        .args(words.split(' '))
        .output()
        .context("make")
}

#[test]
#[ignore = "needs make"]
fn an_unknown_edition_is_refused() -> Result<()> {
    for edition in ["narrow", "", "wide classic", "%"] {
        let output = Command::new("make")
            .current_dir(ROOT)
            .env_remove("MAKEFLAGS")
            .args(["help", &format!("EDITION={edition}")])
            .output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(!output.status.success(), "{edition:?} is taken");
        ensure!(said.contains("the known ones are: classic wide"), "{said}");
    }
    for goal in ["web", "test", "bench-ceilings"] {
        ensure!(!make(&format!("{goal} EDITION=wide"))?.status.success());
    }
    Ok(())
}

/// The blocks of the page, without their fences.
fn blocks() -> impl Iterator<Item = &'static str> {
    PAGE.split("```").skip(1).step_by(2)
}

/// `$ make run` boots the machine that it says; `# ` is typed there. All other `make`
/// is looked for in the Makefile.
#[test]
#[ignore = "needs QEMU"]
fn what_the_page_types_is_so() -> Result<()> {
    let mut guest = None;
    let (mut typed, mut made) = (0, 0);
    for block in blocks() {
        let mut lines = block.lines().peekable();
        while let Some(line) = lines.next() {
            if let Some(command) = line.strip_prefix("$ make ") {
                let command = command.split(" #").next().unwrap_or_default().trim_end();
                let output = make(&format!("--dry-run {command}"))?;
                ensure!(output.status.success(), "make {command}: {output:?}");
                made += 1;
                let memory = command
                    .split(' ')
                    .find_map(|word| word.strip_prefix("MEMORY="));
                if let Some(memory) = memory {
                    guest = Some(boot_wide(Emulator::Qemu, memory.parse()?)?);
                }
            }
            let Some(command) = line.strip_prefix("# ") else {
                continue;
            };
            let guest: &mut Guest = guest.as_mut().context("it is booted first")?;
            let mut expected = String::new();
            while let Some(line) = lines.next_if(|line| !line.starts_with("# ")) {
                expected += &format!("{line}\n");
            }
            let said = guest.command_within(command, LIMIT)?;
            ensure!(is_like(&said, &expected), "# {command}\n{said}");
            typed += 1;
        }
    }
    ensure!(
        typed >= 4 && made >= 5,
        "the page has lost its commands: {typed}, {made}"
    );
    Ok(())
}

/// The files that the page names.
#[test]
fn what_the_page_links_is_there() {
    let links = PAGE.split("](").skip(1);
    let links = links.filter_map(|rest| rest.split(')').next());
    let links: Vec<&str> = links.filter(|link| !link.contains("://")).collect();
    assert!(links.len() > 6, "{links:?}");
    for link in links {
        let file = Path::new(ROOT).join("docs").join(link);
        assert!(file.exists(), "{}", file.display());
    }
}

/// What the rows that switch tasks or change page tables may cost in terms of classic's,
/// what those may that do little but copy from and to a program, and what all others may.
const MOST: f64 = 1.33;
const MOST_OF_COPIES: f64 = 1.10;
const MOST_OF_OTHERS: f64 = 1.02;
const COPIES: [&str; 4] = ["open-close-1", "open-close-6", "stat-6", "signal"];
const DEARER: [&str; 8] = [
    "fork-exit-wait",
    "fork-exec-wait",
    "exec-cold",
    "pipe-round-trip",
    "context-switch",
    "pipe-4k",
    "fault-zero",
    "fault-cow",
];

#[test]
#[ignore = "needs Bochs"]
fn wide_costs_little_more() -> Result<()> {
    let figures = figures()?;
    let table = bench::beside_classic(figures);
    let ratios = bench::ratios(&figures.wide, &figures.classic[..figures.wide.len()])?;
    for (row, ratio) in figures.classic.iter().zip(ratios) {
        let most = match row.name.as_str() {
            name if DEARER.contains(&name) => MOST,
            name if COPIES.contains(&name) => MOST_OF_COPIES,
            _ => MOST_OF_OTHERS,
        };
        let is_cheap = ratio <= most + interrupt(row) / row.ticks as f64;
        // Two ticks are within what the compiler may choose.
        ensure!(
            is_cheap || row.ticks < 100,
            "{}: {ratio}\n{table}",
            row.name
        );
    }
    Ok(())
}
