// SPDX-License-Identifier: GPL-2.0-or-later
//! The processes, as the kernel tells them in `/dev/ps`.
//!
//! Each line of that file is a process: its id, its parent, its process group, its
//! terminal (device number, or `-`), its state, its time in ticks, its memory in
//! bytes, its name.

use crate::command::Outcome;
use crate::files::read_file;
use crate::number::unsigned;
use abi::sys::types::Device;
use alloc::vec::Vec;

/// A process.
pub struct Task {
    /// Its id.
    pub pid: u32,
    /// Its parent's id.
    pub parent: u32,
    /// Its process group.
    pub group: u32,
    /// The terminal that it belongs to.
    pub terminal: Option<Device>,
    /// A letter: `R` runs or could run.
    pub state: u8,
    /// The time of the processor that it has had, in clock ticks.
    pub ticks: u32,
    /// Its memory in bytes.
    pub size: u32,
    /// What it runs.
    pub name: Vec<u8>,
}

/// All processes. What can't be understood of the file is left out.
pub fn tasks() -> Outcome<Vec<Task>> {
    let text = read_file(c"/dev/ps")?;
    Ok(text.split(|&byte| byte == b'\n').filter_map(task).collect())
}

fn task(line: &[u8]) -> Option<Task> {
    let mut fields = line.splitn(8, |&byte| byte == b' ');
    let mut next = || fields.next();
    let number = |field: Option<&[u8]>| unsigned(field?, 10);
    Some(Task {
        pid: number(next())?,
        parent: number(next())?,
        group: number(next())?,
        terminal: number(Some(next()?))
            .and_then(|number| u16::try_from(number).ok())
            .map(Device),
        state: *next()?.first()?,
        ticks: number(next())?,
        size: number(next())?,
        name: next()?.to_vec(),
    })
}
