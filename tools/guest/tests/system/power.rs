// SPDX-License-Identifier: GPL-2.0-or-later
//! Power cuts: the emulator is killed in the middle of a busy guest. What is on
//! the disk then must be repairable, must hold all that `sync` had returned
//! for, and must boot again.
//!
//! Three jobs work in folders of their own, in rounds: a file is written under
//! another name, renamed and linked, a folder made, a log appended to, the work
//! of an older round removed. After each round comes `sync`, and then a message
//! on the serial line.

use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use guest::{Emulator, Machine};

use crate::common::{
    LIMIT, boot_to_prompt, check_root, copy_of_image, halt, mkimage, mkimage_bytes, name,
};

/// The jobs: the folder below /work and what the files are filled with. The
/// last one's have double indirect zones.
const JOBS: [(&str, &[&str]); 3] = [
    ("small", &["/etc/motd"]),
    ("middle", &["/bin/ls"]),
    ("large", &["/bin/sh"; 5]),
];
/// More rounds than a job can get through before the cut.
const ROUNDS: u32 = 400;
/// After so many rounds a job removes its work again.
const KEPT: u32 = 8;
/// By so many rounds a job may be ahead of what it has said.
const AHEAD: u32 = 3;
/// The cut comes within this time.
const MILLISECONDS: u32 = 1200;

#[test]
#[ignore = "needs QEMU and the image"]
fn power_cuts_in_qemu() -> Result<()> {
    cut_power(Emulator::Qemu, 0..25)
}

#[test]
#[ignore = "needs QEMU and the image"]
fn more_power_cuts_in_qemu() -> Result<()> {
    cut_power(Emulator::Qemu, 25..50)
}

#[test]
#[ignore = "needs Bochs and the image"]
fn power_cuts_in_bochs() -> Result<()> {
    cut_power(Emulator::Bochs, 50..55)
}

guest::in_both!(a_power_cut_is_told_at_the_next_boot);

fn a_power_cut_is_told_at_the_next_boot(emulator: Emulator) -> Result<()> {
    const TOLD: &str = "was not unmounted; read-only until fsck has run";
    let (_folder, disk) = copy_of_image()?;
    let machine = Machine::new(emulator, &disk).in_place();
    let guest = boot_to_prompt(machine.clone())?;
    ensure!(!guest.serial().contains(TOLD), "{}", guest.serial());
    guest.cut_power()?;
    // /etc/rc has it repaired.
    ensure!(mkimage(&["fsck", name(&disk)?]).is_err());
    let mut guest = boot_to_prompt(machine.clone())?;
    ensure!(guest.serial().contains(TOLD), "{}", guest.serial());
    halt(&mut guest)?;
    let mut guest = boot_to_prompt(machine)?;
    ensure!(!guest.serial().contains(TOLD), "{}", guest.serial());
    halt(&mut guest)?;
    check_root(&disk)
}

/// Bochs passes over the time in which the guest has nothing to do.
#[test]
#[ignore = "needs Bochs and the image"]
fn changes_are_on_the_disk_after_half_a_minute_without_sync() -> Result<()> {
    let (_folder, disk) = copy_of_image()?;
    let mut guest = boot_to_prompt(Machine::new(Emulator::Bochs, &disk).in_place())?;
    guest.command("echo kept > /tmp/kept; sleep 31")?;
    guest.cut_power()?;
    mkimage(&["fsck", "--repair", name(&disk)?])?;
    ensure!(mkimage(&["cat", name(&disk)?, "/tmp/kept"])? == "kept\n");
    Ok(())
}

/// Cuts the power once for each number of `cuts`, always on the same disk.
fn cut_power(emulator: Emulator, cuts: Range<u32>) -> Result<()> {
    let (_folder, disk) = copy_of_image()?;
    let machine = Machine::new(emulator, &disk).in_place();
    let mut rounds = 0;
    for cut in cuts.clone() {
        let place = || format!("cut {cut}");
        let log = work_until_cut(&machine, &disk, cut).with_context(place)?;
        let found = check_after_cut(&disk, cut, &log);
        rounds += found.with_context(|| format!("cut {cut}\n{log}"))?;
    }
    // Otherwise the guest was not busy, and this shows nothing. A slow host has few.
    ensure!(rounds >= cuts.len() as u32, "only {rounds} rounds");
    halt(&mut boot_to_prompt(machine)?)?;
    check_root(&disk)
}

/// Boots, has the jobs work for a while and cuts the power. Gives what came
/// over the serial line.
fn work_until_cut(machine: &Machine, disk: &Path, cut: u32) -> Result<String> {
    let folder = tempfile::tempdir()?;
    for job in JOBS {
        let script = folder.path().join(job.0);
        std::fs::write(&script, commands(cut, job))?;
        mkimage(&["put", name(disk)?, name(&script)?, &format!("/{}", job.0)])?;
    }
    let mut guest = boot_to_prompt(machine.clone())?;
    guest.command_within("rm -r /work /lost+found; mkdir /work; sync", LIMIT)?;
    guest.send("sh /small & sh /middle & sh /large &\n")?;
    // Knuth's multiplicative hash: the moments are spread evenly.
    let moment = cut.wrapping_mul(2_654_435_769) >> 16;
    let moment = (moment * MILLISECONDS) >> 16;
    println!("cut {cut} after {moment} ms");
    std::thread::sleep(Duration::from_millis(moment.into()));
    guest.cut_power()
}

/// What the first line of the file of a round says.
fn title(cut: u32, folder: &str, round: u32) -> String {
    format!("{folder} files, round {round}, before cut {cut}\n")
}

/// The shell commands of a job. A command that fails ends the job.
fn commands(cut: u32, (folder, sources): (&str, &[&str])) -> String {
    let sources = sources.join(" ");
    let round = |round: u32| {
        let title = title(cut, folder, round);
        let title = title.trim_end();
        let mut commands = format!(
            "echo '{title}' > new && cat {sources} >> new && mv new f{round} && \
             mkdir d{round} && ln f{round} d{round}/link && \
             echo {round} >> log && echo '{title}' > last"
        );
        if round > KEPT {
            let old = round - KEPT;
            commands.push_str(&format!(" && rm f{old} && rm -r d{old}"));
        }
        format!("{commands} && sync && echo '<{folder} {round}>' || exit\n")
    };
    let work: String = (1..=ROUNDS).map(round).collect();
    format!("mkdir /work/{folder} && cd /work/{folder} || exit\n{work}")
}

/// Repairs the disk and looks for what must be on it. Gives how many rounds
/// the jobs had told of.
fn check_after_cut(disk: &Path, cut: u32, log: &str) -> Result<u32> {
    print!("{}", mkimage(&["fsck", "--repair", name(disk)?])?);
    check_root(disk)?;
    let mut rounds = 0;
    for (folder, sources) in JOBS {
        let last = last_round(log, folder);
        if last > 0 {
            check_job(disk, cut, (folder, sources), last)
                .with_context(|| format!("/work/{folder}, synced in round {last}"))?;
        }
        rounds += last;
    }
    println!("{rounds} rounds were synced");
    Ok(rounds)
}

/// The last message `<folder round>`. Messages of two jobs may run into each
/// other; then they do not count.
fn last_round(log: &str, folder: &str) -> u32 {
    let messages = log.split('<').filter_map(|rest| rest.split_once('>'));
    let round = |(message, _): (&str, &str)| {
        let (name, number) = message.split_once(' ')?;
        (name == folder).then(|| number.parse().ok())?
    };
    messages.filter_map(round).max().unwrap_or(0)
}

fn check_job(disk: &Path, cut: u32, job: (&str, &[&str]), last: u32) -> Result<()> {
    let (folder, sources) = job;
    let image = name(disk)?;
    let mut source = vec!["cat", image];
    source.extend(sources);
    let source = mkimage_bytes(&source)?;
    let path = |file: &str| format!("/work/{folder}/{file}");
    for round in (last + AHEAD).saturating_sub(KEPT).max(1)..=last {
        let expected = [title(cut, folder, round).as_bytes(), &source].concat();
        for file in [format!("f{round}"), format!("d{round}/link")] {
            let found = mkimage_bytes(&["cat", image, &path(&file)])?;
            ensure!(found == expected, "{file}: {} bytes", found.len());
        }
    }
    let log = mkimage(&["cat", image, &path("log")])?;
    let expected: String = (1..=last).map(|round| format!("{round}\n")).collect();
    ensure!(log.starts_with(&expected), "log: {log:?}");
    let names = mkimage(&["ls", image, &path("")])?;
    for old in 1..=last.saturating_sub(KEPT) {
        let gone = |name: &&str| [format!("f{old}"), format!("d{old}")].contains(&name.to_string());
        ensure!(
            !names.split_whitespace().any(|name| gone(&name)),
            "round {old} is back"
        );
    }
    Ok(())
}
