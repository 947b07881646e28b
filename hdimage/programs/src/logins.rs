// SPDX-License-Identifier: GPL-2.0-or-later
//! Who is logged in, as `/etc/utmp` tells it ([`abi::utmp`]).

use crate::files::read_file;
use crate::tasks::{Task, tasks};
use abi::pod::Pod;
use abi::sys::types::Device;
use abi::utmp::{USER_PROCESS, UTMP_FILE, Utmp, line};
use alloc::vec::Vec;

/// A session.
pub struct Login {
    /// Who.
    pub user: Vec<u8>,
    /// The terminal.
    pub terminal: Device,
    /// Its name below `/dev`.
    pub line: Vec<u8>,
    /// Since when, in seconds since 1970.
    pub time: u32,
    /// What was started last on the terminal.
    pub program: Vec<u8>,
}

/// All sessions, in the order of their terminals.
pub fn logins() -> Vec<Login> {
    let tasks = tasks().unwrap_or_default();
    let file = read_file(UTMP_FILE).unwrap_or_default();
    let records = file.chunks_exact(size_of::<Utmp>());
    records.filter_map(|record| login(record, &tasks)).collect()
}

/// The session of a record, if its process still has its terminal: nobody takes a record
/// back at the end.
fn login(record: &[u8], tasks: &[Task]) -> Option<Login> {
    let mut utmp = Utmp::zeroed();
    utmp.as_bytes_mut().copy_from_slice(record);
    let text = |field: &[u8]| field.split(|&byte| byte == 0).next().map(<[u8]>::to_vec);
    let name = text(&utmp.ut_line)?;
    let terminal = tasks
        .iter()
        .find(|task| task.pid == utmp.ut_pid)?
        .terminal?;
    let is_here = text(&line(terminal)?)? == name;
    let here = tasks.iter().filter(|task| task.terminal == Some(terminal));
    let last = here.max_by_key(|task| task.pid)?;
    (utmp.ut_type == USER_PROCESS && is_here).then_some(Login {
        user: text(&utmp.ut_user)?,
        terminal,
        line: name,
        time: utmp.ut_time,
        program: last.name.clone(),
    })
}
