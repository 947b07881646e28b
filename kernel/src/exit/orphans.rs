// SPDX-License-Identifier: GPL-2.0-or-later
//! Orphaned process groups (POSIX; 0.11 has no job control).
//!
//! Somebody can continue a process group that is stopped if the parent of one
//! of its members is in another group of the same session, as a shell with job
//! control is. A group without such a parent is orphaned. The terminal does not
//! stop it, or it would stay stopped for ever; and when a stopped group becomes
//! orphaned because a process ends, it gets SIGHUP and SIGCONT.

use super::kill_pgrp;
use crate::sched::{self, INIT_PID, State, Task, find_task};
use lib::signal::Signal;

/// Whether the task's parent makes that its group is not orphaned. Init, who is
/// only the last resort, does not.
pub(super) fn is_tied(task: &Task) -> bool {
    let father = task.father.get();
    father != INIT_PID
        && find_task(father).is_some_and(|father| {
            father.session.get() == task.session.get() && father.pgrp.get() != task.pgrp.get()
        })
}

fn members(pgrp: u32) -> impl Iterator<Item = &'static Task> {
    sched::tasks().filter(move |task| task.pgrp.get() == pgrp && task.state() != State::Zombie)
}

/// Whether nobody could continue the group.
pub fn is_orphaned(pgrp: u32) -> bool {
    !members(pgrp).any(is_tied)
}

/// One of the group is tied no more, as a process ends.
pub(super) fn untie(pgrp: u32) {
    if is_orphaned(pgrp) && members(pgrp).any(|task| task.state() == State::Stopped) {
        kill_pgrp(pgrp, Signal::SIGHUP);
        kill_pgrp(pgrp, Signal::SIGCONT);
    }
}
