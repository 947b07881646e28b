// SPDX-License-Identifier: GPL-2.0-or-later
//! The machine that runs the program of an expression.
//!
//! It goes through the text once. A thread is a place in the program, with where
//! the groups of its way there are; all threads take the same byte at the same
//! time. Two that stand at the same place have the same future, so that only the
//! better one is kept, and there are never more threads than instructions. Only
//! where a back reference asks what a group has matched do threads differ in that
//! too.

use super::brackets::is_word;
use super::parse::Assertion;
use super::program::Instruction;
use super::{GROUPS, Match, Regex};
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::ops::Range;

/// Not in the text.
const NOWHERE: usize = usize::MAX;

/// Where each group begins and ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Places([(usize, usize); GROUPS]);

impl Places {
    pub(super) fn group(&self, number: usize) -> Option<Range<usize>> {
        let &(begin, end) = self.0.get(number)?;
        (end != NOWHERE).then_some(begin..end)
    }

    /// Whether the first group that differs begins at the same place and is longer.
    fn beats(&self, other: &Places) -> bool {
        let differs = self
            .0
            .iter()
            .zip(&other.0)
            .find(|(ours, theirs)| ours != theirs);
        differs.is_some_and(|(ours, theirs)| ours.0 == theirs.0 && ours.1 > theirs.1)
    }
}

/// One of the ways to match.
struct Thread {
    instruction: usize,
    places: Places,
    /// How much of a back reference it has taken.
    taken: usize,
}

/// When the search is over.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// As soon as there is a match.
    Any,
    /// When the leftmost longest match is known.
    Longest,
}

struct Machine<'a> {
    regex: &'a Regex,
    text: &'a [u8],
    position: usize,
    /// For each instruction, one more than the position where it was reached last.
    reached: Vec<usize>,
    /// The same where there are back references: at this position, with which groups.
    reached_with: BTreeSet<(usize, Places)>,
    /// What is still to be followed.
    pending: Vec<(usize, Places)>,
    threads: Vec<Thread>,
    best: Option<Places>,
}

/// Looks for a match that begins in `starts` or at its end.
pub fn run(regex: &Regex, text: &[u8], starts: Range<usize>, until: Until) -> Option<Match> {
    let mut machine = Machine {
        regex,
        text,
        position: starts.start,
        reached: alloc::vec![0; regex.instructions.len()],
        reached_with: BTreeSet::new(),
        pending: Vec::new(),
        threads: Vec::new(),
        best: None,
    };
    loop {
        if machine.best.is_none() && machine.position <= starts.end {
            if machine.threads.is_empty()
                && let Some(first) = &regex.first
            {
                let rest = text.get(machine.position..).unwrap_or_default();
                let skip = rest.iter().position(|&byte| first.contains(byte))?;
                machine.position += skip;
                if machine.position > starts.end {
                    return None;
                }
            }
            machine.follow(0, Places([(NOWHERE, NOWHERE); GROUPS]));
        }
        let found = machine.best.is_some();
        if found && (until == Until::Any || machine.threads.is_empty()) {
            break;
        }
        let Some(&byte) = text.get(machine.position) else {
            break;
        };
        if machine.threads.is_empty() && machine.position >= starts.end {
            break;
        }
        machine.step(byte);
    }
    machine.best.map(Match)
}

impl Machine<'_> {
    /// All threads take a byte.
    fn step(&mut self, byte: u8) {
        let mut threads = core::mem::take(&mut self.threads);
        // What comes first is preferred: what is longer earlier.
        let contest = if self.regex.groups > 0 {
            1..threads.len()
        } else {
            0..0
        };
        for end in contest {
            let mut place = end;
            while place > 0 && threads[place].places.beats(&threads[place - 1].places) {
                threads.swap(place, place - 1);
                place -= 1;
            }
        }
        self.position += 1;
        self.reached_with.clear();
        for thread in threads {
            // What begins behind the match is not the leftmost.
            let begin = thread.places.0[0].0;
            if self.best.is_some_and(|best| begin > best.0[0].0) {
                continue;
            }
            match &self.regex.instructions[thread.instruction] {
                Instruction::Byte(set) if set.contains(byte) => {
                    self.follow(thread.instruction + 1, thread.places);
                }
                Instruction::BackReference(number) => self.refer(*number, thread, byte),
                _ => {}
            }
        }
    }

    /// A thread that stands at a back reference takes a byte.
    fn refer(&mut self, number: usize, mut thread: Thread, byte: u8) {
        let group = thread.places.group(number).unwrap_or_default();
        let expected = self.text[group.start + thread.taken];
        let same = if self.regex.ignore_case {
            byte.eq_ignore_ascii_case(&expected)
        } else {
            byte == expected
        };
        thread.taken += 1;
        if same && thread.taken == group.len() {
            self.follow(thread.instruction + 1, thread.places);
        } else if same {
            self.threads.push(thread);
        }
    }

    /// Goes on from an instruction, up to all that take a byte.
    fn follow(&mut self, instruction: usize, places: Places) {
        self.pending.push((instruction, places));
        while let Some((index, mut places)) = self.pending.pop() {
            if !self.is_new(index, &places) {
                continue;
            }
            match &self.regex.instructions[index] {
                Instruction::Byte(_) => self.wait(index, places),
                Instruction::BackReference(number) => match places.group(*number) {
                    Some(group) if group.is_empty() => self.pending.push((index + 1, places)),
                    Some(_) => self.wait(index, places),
                    None => {}
                },
                Instruction::Assertion(assertion) => {
                    if self.holds(*assertion) {
                        self.pending.push((index + 1, places));
                    }
                }
                Instruction::Begin(number) => {
                    places.0[*number] = (self.position, NOWHERE);
                    self.pending.push((index + 1, places));
                }
                Instruction::End(number) => {
                    places.0[*number].1 = self.position;
                    self.pending.push((index + 1, places));
                }
                Instruction::Split(first, second) => {
                    // The last comes first.
                    self.pending.push((*second, places));
                    self.pending.push((*first, places));
                }
                Instruction::Jump(target) => self.pending.push((*target, places)),
                Instruction::Match => self.matched(places),
            }
        }
    }

    fn wait(&mut self, instruction: usize, places: Places) {
        self.threads.push(Thread {
            instruction,
            places,
            taken: 0,
        });
    }

    /// Whether no thread that is at least as good was here at this position.
    fn is_new(&mut self, index: usize, places: &Places) -> bool {
        if self.regex.referenced.contains(&true) {
            let mut asked_for = *places;
            for (place, &referenced) in asked_for.0.iter_mut().zip(&self.regex.referenced) {
                if !referenced {
                    *place = (NOWHERE, NOWHERE);
                }
            }
            return self.reached_with.insert((index, asked_for));
        }
        let before = core::mem::replace(&mut self.reached[index], self.position + 1);
        before != self.position + 1
    }

    /// Keeps the leftmost match, and of those the longest.
    fn matched(&mut self, places: Places) {
        let better = match &self.best {
            None => true,
            Some(best) => {
                let ((begin, end), (best_begin, best_end)) = (places.0[0], best.0[0]);
                begin < best_begin || begin == best_begin && end > best_end
            }
        };
        if better {
            self.best = Some(places);
        }
    }

    fn holds(&self, assertion: Assertion) -> bool {
        let word_at = |index: Option<usize>| {
            let byte = index.and_then(|index| self.text.get(index));
            byte.is_some_and(|&byte| is_word(byte))
        };
        let behind = word_at(self.position.checked_sub(1));
        let before = word_at(Some(self.position));
        match assertion {
            Assertion::Start => self.position == 0,
            Assertion::End => self.position == self.text.len(),
            Assertion::WordStart => !behind && before,
            Assertion::WordEnd => behind && !before,
            Assertion::WordEdge => behind != before,
            Assertion::NoWordEdge => behind == before,
            Assertion::NotBehindWord => !behind,
            Assertion::NotBeforeWord => !before,
        }
    }
}
