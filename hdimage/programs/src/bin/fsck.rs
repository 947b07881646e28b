// SPDX-License-Identifier: GPL-2.0-or-later
//! `fsck [-a|-p] [-n|-y] [-f] [-v] device`: checks a Minix file system (v1) and
//! repairs it. For the device stands the directory that it is mounted on, too.
//!
//! What was unmounted cleanly is only checked with `-f`. `-n` changes nothing; `-y`
//! repairs whatever it costs; `-a` (or `-p`) repairs by itself what loses less than
//! it keeps; without one of them it asks. `-v` lists all that is found and done.
//! What is mounted for writing is not repaired: what the kernel has in memory would
//! be written over the repair.
//!
//! The exit status is a sum, as that of every `fsck`: 0 nothing is wrong, 1 repaired,
//! 2 restart the machine now, 4 not all repaired, 8 could not be checked, 16 wrong
//! command line.
#![no_std]
#![no_main]

extern crate alloc;

use abi::fcntl::{O_RDONLY, O_RDWR};
use abi::sys::stat::{S_ISDIR, S_ISREG, Stat};
use abi::sys::types::Device;
use alloc::boxed::Box;
use alloc::ffi::CString;
use core::ffi::CStr;
use core::fmt::Display;
use fsck::{
    Action, Block, Changes, Device as Blocks, Kept, Options as Rules, Problem, Repaired, Report,
    STATE_ERRORS, STATE_VALID, SUPER_BLOCK, check, repair_until_clean, super_block,
};
use programs::command::{complain, confirm};
use programs::disk::{self, BLOCK, MOST_BLOCKS, Use};
use programs::files::device_node;
use programs::io::Read;
use programs::options::Options;
use user::calls::{self, File};
use user::crt0::exit;
use user::println;
use user::{env, stdio};

user::program!(main);

const USAGE: &str = "fsck [-a|-p] [-n|-y] [-f] [-v] device";

const REPAIRED: i32 = 1;
const RESTART: i32 = 2;
const LEFT: i32 = 4;
const FAILED: i32 = 8;
const WRONG_USAGE: i32 = 16;

/// Lines of what is found or done that are shown without `-v`.
const SHOWN: usize = 10;

fn main() -> i32 {
    let Ok(options) = Options::parse(env::args(), "apnyfv") else {
        usage()
    };
    let [path] = options.operands.as_slice() else {
        usage()
    };
    let device = match calls::stat(path) {
        Ok(stat) if S_ISDIR(stat.st_mode) => device_node(Device(stat.st_dev)),
        _ => None,
    };
    let path: CString = device.unwrap_or_else(|| (*path).into());
    Check {
        path: &path,
        options: &options,
    }
    .run()
    .unwrap_or(FAILED)
}

fn usage() -> ! {
    user::eprintln!("usage: {USAGE}");
    exit(WRONG_USAGE)
}

/// It was told already.
struct Told;

/// A file system, and what is to be done with it.
struct Check<'a> {
    path: &'a CStr,
    options: &'a Options<'a>,
}

impl Check<'_> {
    fn is_automatic(&self) -> bool {
        self.options.has('a') || self.options.has('p')
    }

    /// The exit status.
    fn run(&self) -> Result<i32, Told> {
        let stat = calls::stat(self.path).map_err(|errno| self.cannot(errno))?;
        let used = disk::use_of(&stat);
        let may_repair = !self.options.has('n') && used != Use::Written;
        let flags = if may_repair { O_RDWR } else { O_RDONLY };
        let file = File::open_with(self.path, flags, 0).map_err(|errno| self.cannot(errno))?;
        let disk = Disk {
            blocks: blocks(&file, &stat),
            file,
        };
        let kept = Kept::new(&disk);
        let state = super_block(&kept).map(|disk| disk.state).unwrap_or(0);
        if state & (STATE_VALID | STATE_ERRORS) == STATE_VALID && !self.options.has('f') {
            self.say("it was left clean; -f checks it all the same");
            return Ok(0);
        }
        let mut report = check(&kept).map_err(|fault| self.cannot(fault))?;
        if used == Use::Written {
            // Of course it was not unmounted.
            let before = report.problems.len();
            report.problems.retain(|it| *it != Problem::NotUnmounted);
            report.count -= before - report.problems.len();
        }
        if report.is_clean() {
            self.say(format_args!("clean: {}", Counts(&report)));
            return Ok(0);
        }
        if !self.is_automatic() || !may_repair {
            self.list(&report.problems, report.count);
        }
        if used == Use::Written {
            self.say("it is mounted and may be written, so it is not repaired");
        }
        if !may_repair {
            let count = report.count;
            self.say(format_args!("{count} problems; {}", Counts(&report)));
            return Ok(LEFT);
        }
        self.repair(&disk, &kept, &report, used)
    }

    fn repair(
        &self,
        disk: &Disk,
        kept: &Kept<&Disk>,
        report: &Report,
        used: Use,
    ) -> Result<i32, Told> {
        let rules = Rules {
            time: calls::time(),
            ..Rules::default()
        };
        let repaired = match repair_until_clean(kept, &rules) {
            Ok(repaired) if repaired.after.is_clean() => repaired,
            Ok(repaired) => {
                let left = repaired.after.count;
                self.say(format_args!(
                    "{left} problems can't be repaired; nothing is changed"
                ));
                return Ok(LEFT);
            }
            Err(fault) => {
                self.say(format_args!("it can't be repaired: {fault}"));
                return Ok(LEFT);
            }
        };
        if !self.is_agreed(&repaired) {
            self.say("nothing is changed");
            return Ok(LEFT);
        }
        self.list(&repaired.actions, repaired.actions.len());
        disk.write(&repaired.changes)
            .map_err(|errno| self.cannot(errno))?;
        let count = report.count;
        self.say(format_args!(
            "{count} problems repaired; {}",
            Counts(&repaired.after)
        ));
        // The kernel goes on with the numbers that it has.
        let is_super = |action: &Action| matches!(action, Action::SuperBlockSet { .. });
        if used == Use::Read && repaired.actions.iter().any(is_super) {
            self.say("the super block has changed: restart the machine");
            return Ok(REPAIRED | RESTART);
        }
        Ok(REPAIRED)
    }

    /// Whether the repair is wanted.
    fn is_agreed(&self, repaired: &Repaired) -> bool {
        let (lost, kept) = (repaired.lost, repaired.kept);
        if repaired.loses_more_than_it_keeps() {
            self.say(format_args!(
                "the repair throws away {} files and {} zones, and keeps {} and {}",
                lost.files, lost.zones, kept.files, kept.zones
            ));
            if self.is_automatic() {
                self.say("run it by hand: -y repairs it");
                return false;
            }
        }
        self.is_automatic() || self.options.has('y') || confirm("repair", self.path)
    }

    /// The first of what was found or done, or all of it.
    fn list(&self, lines: &[impl Display], count: usize) {
        let shown = if self.options.has('v') {
            lines.len()
        } else {
            SHOWN
        };
        for line in lines.iter().take(shown) {
            self.say(line);
        }
        let more = count.saturating_sub(shown.min(lines.len()));
        if more > 0 {
            self.say(format_args!("... and {more} more"));
        }
    }

    fn say(&self, what: impl Display) {
        stdio::put(self.path.to_bytes());
        println!(": {what}");
    }

    fn cannot(&self, error: impl Display) -> Told {
        complain(&[self.path.to_bytes()], error);
        Told
    }
}

/// What is in use.
struct Counts<'a>(&'a Report);

impl Display for Counts<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Report {
            inodes_used,
            zones_used,
            ..
        } = self.0;
        write!(f, "{inodes_used} inodes, {zones_used} zones in use")
    }
}

/// How many blocks a device or an image has.
fn blocks(file: &File, stat: &Stat) -> u32 {
    match S_ISREG(stat.st_mode) {
        true => (stat.st_size as u32 / BLOCK).min(MOST_BLOCKS + 1),
        false => disk::blocks(file),
    }
}

/// The device of the file system.
struct Disk {
    file: File,
    blocks: u32,
}

impl Blocks for &Disk {
    fn count(&self) -> u32 {
        self.blocks
    }

    fn read(&self, first: u32, blocks: &mut [Block]) -> bool {
        let bytes = blocks.as_flattened_mut();
        disk::seek(&self.file, first).is_ok() && self.file.fd().read_exact(bytes).is_ok()
    }
}

impl Disk {
    /// Writes what a repair changes: the super block last, as it says that all is
    /// valid.
    fn write(&self, changes: &Changes) -> abi::Result<()> {
        let (first, last) = (..SUPER_BLOCK, SUPER_BLOCK..=SUPER_BLOCK);
        let others = changes.range(first).chain(changes.range(SUPER_BLOCK + 1..));
        self.write_all(others)?;
        calls::sync();
        self.write_all(changes.range(last))?;
        calls::sync();
        Ok(())
    }

    fn write_all<'a>(
        &self,
        changes: impl Iterator<Item = (&'a u32, &'a Box<Block>)>,
    ) -> abi::Result<()> {
        for (&number, block) in changes {
            disk::seek(&self.file, number)?;
            calls::write_all(self.file.fd(), &block[..])?;
        }
        Ok(())
    }
}
