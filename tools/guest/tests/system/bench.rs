// SPDX-License-Identifier: GPL-2.0-or-later
//! What `make bench` promises: fewer instructions than the C kernel for each
//! operation, the same figures every time, and no row over its ceiling.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Result, anyhow, ensure};
use guest::bench::ceilings::Figures;
use guest::bench::{self, Options};
use guest::profile;

use crate::common::{image, kernel, mkimage, name, skip};
use crate::{c_programs, editions};

const PROJECT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// The geometric mean of our ticks in terms of the C kernel's stays below this.
const MEAN: f64 = 0.13;
/// That of the C program, which has no second of rest before.
const MEAN_OF_C: f64 = 0.15;
/// Ticks from power-on until the shell waits for a command: from the hard disk, and from
/// a floppy.
const MOST_FROM_DISK: u64 = 24_000_000;
const MOST_FROM_FLOPPY: u64 = 81_000_000;

fn options(c_program: Option<PathBuf>) -> Options {
    Options {
        image: image(),
        kernel: kernel(),
        reference: Path::new(PROJECT).join("docs/c-0.11-ticks.tsv"),
        c_program,
        classic: None,
    }
}

/// Both editions, measured once for all tests.
pub fn figures() -> Result<&'static Figures> {
    static FIGURES: OnceLock<Result<Figures>> = OnceLock::new();
    let figures = FIGURES.get_or_init(measure).as_ref();
    figures.map_err(|error| anyhow!("{error:#}"))
}

fn measure() -> Result<Figures> {
    let folder = tempfile::tempdir()?;
    let c_program = match c_programs::has_c_compiler() {
        true => Some(c_programs::build(
            "tests/bench",
            folder.path(),
            &["CFLAGS=-O1"],
        )?),
        false => skip("the benchmark's C program: cc -m32 does not work here").map(|()| None)?,
    };
    bench::measure_all(&options(c_program), &editions::image())
}

/// The ceilings that are checked in.
pub fn ceilings() -> Result<Figures> {
    Figures::read(&Path::new(PROJECT).join("docs/bench-ceilings.tsv"))
}

#[test]
#[ignore = "needs Bochs"]
fn a_profile_names_the_functions_that_a_boot_spends_its_time_in() -> Result<()> {
    let table = profile(None)?;
    for line in ["kernel::main", "kernel::blk_drv::hd"] {
        ensure!(table.contains(line), "no {line} in\n{table}");
    }
    Ok(())
}

#[test]
#[ignore = "needs Bochs"]
fn a_profile_is_made_of_a_job_even_if_it_fails() -> Result<()> {
    let table = profile(Some("ls -l /bin; exit 127"))?;
    // What comes before and after the job is not in it.
    ensure!(table.contains("fs::Fs::"), "{table}");
    ensure!(!table.contains("kernel::main"), "{table}");
    Ok(())
}

/// The table of a boot, or of a job.
fn profile(job: Option<&str>) -> Result<String> {
    let profile = profile::sample(&profile::Options {
        image: image(),
        kernel: kernel(),
        job: job.map(String::from),
        floppy: None,
        call: None,
    })?;
    let count = profile.samples.len();
    ensure!(count > 1000, "{count} samples");
    let table = profile::table(&profile, &kernel())?;
    for line in ["100.00 %", "programs", "kernel"] {
        ensure!(table.contains(line), "no {line} in\n{table}");
    }
    Ok(table)
}

#[test]
#[ignore = "needs Bochs"]
fn a_second_run_takes_the_same_ticks() -> Result<()> {
    let again = bench::measure(&image())?;
    let classic = &figures()?.classic;
    // The last row is the boot.
    ensure!(classic[..again.len()] == again, "{classic:?}\n{again:?}");
    Ok(())
}

#[test]
#[ignore = "needs Bochs"]
fn every_operation_takes_fewer_ticks_than_in_c() -> Result<()> {
    let figures = figures()?;
    let reference = bench::reference(&options(None))?;
    ensure!(reference.len() == 20, "{} rows", reference.len());
    let table = bench::beside_c(figures, &reference)?;
    for (rows, most) in [(&figures.classic, MEAN), (&figures.c_program, MEAN_OF_C)] {
        if rows.is_empty() {
            continue; // There is no compiler for C.
        }
        let ratios = bench::ratios(rows, &reference)?;
        ensure!(ratios.iter().all(|&ratio| ratio < 1.0), "{table}");
        ensure!(bench::mean(&ratios) < most, "{table}");
    }
    Ok(())
}

#[test]
#[ignore = "needs Bochs"]
fn a_prompt_comes_soon() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let floppy = folder.path().join("floppy.img");
    std::fs::copy(image().with_file_name("floppy.img"), &floppy)?;
    mkimage(&["cmdline", name(&floppy)?, "root=/dev/hd2"])?;
    for (floppy, most) in [(None, MOST_FROM_DISK), (Some(&*floppy), MOST_FROM_FLOPPY)] {
        let [_, ticks] = bench::boot_times(&image(), &kernel(), floppy)?;
        ensure!(ticks <= most, "{floppy:?}: {ticks} ticks, {most} at most");
    }
    Ok(())
}

/// The tables stand in `build/bench.txt`, which `tools/test.sh` shows at its end.
#[test]
#[ignore = "needs Bochs"]
fn no_row_is_over_its_ceiling() -> Result<()> {
    let figures = figures()?;
    let complaints = ceilings()?.complaints(figures);
    let tables = format!(
        "{}\n{}\n{}",
        bench::beside_c(figures, &bench::reference(&options(None))?)?,
        bench::beside_classic(figures),
        complaints.join("\n")
    );
    std::fs::write(Path::new(PROJECT).join("build/bench.txt"), &tables)?;
    ensure!(complaints.is_empty(), "{tables}");
    Ok(())
}

/// In a repository whose `make image` is quick, with a `guest` that tells its arguments.
#[test]
#[ignore = "needs git and make"]
fn two_commits_are_built_apart_and_compared() -> Result<()> {
    let folder = tempfile::tempdir()?;
    std::fs::create_dir(folder.path().join("tools"))?;
    let script = "tools/bench-compare.sh";
    std::fs::copy(Path::new(PROJECT).join(script), folder.path().join(script))?;
    let run = |command: &str| -> Result<String> {
        let output = Command::new("sh")
            .args(["-ec", command])
            .current_dir(folder.path())
            .env("GUEST", "./guest")
            .output()?;
        let [said, errors] = [output.stdout, output.stderr].map(String::from_utf8);
        Ok(said? + &errors?)
    };
    run(
        "printf '#!/bin/sh\\necho \"$@\"; cat $2 $3\\n' >guest; chmod +x guest
        printf 'image:\\n\\tmkdir build; cp number build/eleven.img\\n' >Makefile
        echo /build >.gitignore
        git init -q; git config user.name a; git config user.email a@b
        for n in 1 2; do echo $n >number; git add .; git commit -qm \"number $n\"; done
        echo 3 >number",
    )?;
    let said = run("tools/bench-compare.sh HEAD~1 HEAD 2>errors; cat errors; rm errors")?;
    let lines: Vec<&str> = said.lines().collect();
    ensure!(
        lines.len() == 5 && lines[0].ends_with("--names HEAD~1 HEAD") && lines[1..3] == ["1", "2"],
        "{said}"
    );
    ensure!(
        lines[3].starts_with("building ") && lines[4].ends_with(" number 2"),
        "{said}"
    );
    // What is built is kept; the worktree is not, and what was changed stays.
    let said =
        run("tools/bench-compare.sh HEAD HEAD; git worktree list; git status -s; cat number")?;
    let lines: Vec<&str> = said.lines().skip(1).collect();
    ensure!(lines.len() == 5 && lines[..2] == ["2", "2"], "{said}");
    ensure!(lines[3..] == [" M number", "3"], "{said}");
    for (words, answer) in [
        ("nosuch HEAD", "OLD=nosuch: there is no such commit"),
        ("HEAD --help", "NEW=--help: there is no such commit"),
        ("'' HEAD", "say OLD=COMMIT"),
    ] {
        let said = run(&format!("! tools/bench-compare.sh {words}"))?;
        ensure!(said.contains(answer), "{said}");
    }
    let broken = "echo 'image:; false' >Makefile; git commit -qam broken
        ! tools/bench-compare.sh HEAD~1 HEAD";
    let said = run(broken)?;
    ensure!(said.contains("does not build: build/compare/log"), "{said}");
    ensure!(run("git worktree list")?.lines().count() == 1);
    Ok(())
}

/// `make bench-ceilings` writes both.
#[test]
fn the_page_on_editions_has_the_ceilings() -> Result<()> {
    let page = include_str!("../../../../docs/editions.md");
    ensure!(ceilings()?.in_page(page)? == page, "make bench-ceilings");
    Ok(())
}
