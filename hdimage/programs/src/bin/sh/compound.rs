// SPDX-License-Identifier: GPL-2.0-or-later
//! Commands that decide which commands run, and how often.

use crate::execute::{Interpreter, Leave};
use abi::limits::HZ;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use programs::glob::matches;
use programs::shell::expand::{Shell, pattern, single};
use programs::shell::tree::{CommandKind, List, Pipeline, Word};
use user::calls;
use user::eprintln;

impl Interpreter {
    /// Runs a command that is made of others.
    pub fn compound(&mut self, kind: &CommandKind) {
        match kind {
            CommandKind::Group(list) | CommandKind::Subshell(list) => self.list(list),
            CommandKind::If {
                branches,
                otherwise,
            } => self.if_command(branches, otherwise),
            CommandKind::While {
                until,
                condition,
                body,
            } => {
                self.while_command(*until, condition, body);
            }
            CommandKind::For { name, words, body } => {
                self.for_command(name, words.as_deref(), body)
            }
            CommandKind::Case { subject, branches } => self.case_command(subject, branches),
            CommandKind::Function { name, body } => {
                self.functions.insert(name.clone(), body.clone());
                self.variables.status = 0;
            }
            CommandKind::Timed(pipeline) => self.timed(pipeline),
            CommandKind::Simple { .. } => {}
        }
    }

    /// Runs a pipeline, and tells how long it took.
    fn timed(&mut self, pipeline: &Pipeline) {
        let before = calls::times();
        self.pipeline(pipeline);
        let (Ok((before, start)), Ok((after, end))) = (before, calls::times()) else {
            return;
        };
        let user = (after.tms_utime + after.tms_cutime) - (before.tms_utime + before.tms_cutime);
        let system = (after.tms_stime + after.tms_cstime) - (before.tms_stime + before.tms_cstime);
        let real = end.wrapping_sub(start);
        for (name, ticks) in [("real", real), ("user", user), ("sys", system)] {
            eprintln!("{name}\t{}", minutes_and_seconds(ticks));
        }
    }

    /// Runs commands whose status decides something.
    fn condition(&mut self, list: &List) -> bool {
        self.tested += 1;
        self.list(list);
        self.tested -= 1;
        self.variables.status == 0
    }

    fn if_command(&mut self, branches: &[(List, List)], otherwise: &List) {
        for (condition, body) in branches {
            let chosen = self.condition(condition);
            if self.leave.is_some() {
                return;
            }
            if chosen {
                return self.list(body);
            }
        }
        self.variables.status = 0;
        self.list(otherwise);
    }

    fn while_command(&mut self, until: bool, condition: &List, body: &List) {
        let mut status = 0;
        self.loops += 1;
        loop {
            let holds = self.condition(condition) != until;
            if !self.loop_goes_on() || !holds {
                break;
            }
            self.list(body);
            status = self.variables.status;
            if !self.loop_goes_on() {
                break;
            }
        }
        self.loops -= 1;
        if self.leave.is_none() {
            self.variables.status = status;
        }
    }

    fn for_command(&mut self, name: &[u8], words: Option<&[Word]>, body: &List) {
        let values = match words {
            Some(words) => self.arguments(words),
            None => self.variables.parameters().to_vec(),
        };
        self.variables.status = 0;
        self.loops += 1;
        for value in values {
            self.assign(name, &value);
            if self.leave.is_some() {
                break;
            }
            self.list(body);
            if !self.loop_goes_on() {
                break;
            }
        }
        self.loops -= 1;
    }

    /// Takes account of `break` and `continue` behind a part of a loop.
    fn loop_goes_on(&mut self) -> bool {
        if !self.leaving() {
            return true;
        }
        let (left, goes_on) = match self.leave {
            Some(Leave::Break(1)) => (None, false),
            Some(Leave::Continue(1)) => (None, true),
            Some(Leave::Break(levels)) => (Some(Leave::Break(levels - 1)), false),
            Some(Leave::Continue(levels)) => (Some(Leave::Continue(levels - 1)), false),
            other => (other, false),
        };
        self.leave = left;
        goes_on
    }

    fn case_command(&mut self, subject: &Word, branches: &[(Vec<Word>, List)]) {
        self.substituted = 0;
        let subject = single(subject, self);
        if self.leave.is_some() {
            return;
        }
        self.variables.status = 0;
        for (patterns, list) in branches {
            if patterns
                .iter()
                .any(|word| matches(&pattern(word, self), &subject))
            {
                return self.list(list);
            }
        }
    }
}

/// Clock ticks as `1m2.34s`.
pub fn minutes_and_seconds(ticks: u32) -> String {
    let (seconds, rest) = (ticks / HZ, ticks % HZ);
    let (minutes, seconds) = (seconds / 60, seconds % 60);
    format!("{minutes}m{seconds}.{:02}s", rest * 100 / HZ)
}
