// SPDX-License-Identifier: GPL-2.0-or-later
//! What has to be changed in one list of lines to get another: the fewest insertions and
//! deletions, found by E. Myers's algorithm ("An O(ND) Difference Algorithm and Its
//! Variations", 1986), the variant that needs memory for two lists of numbers only.
//!
//! Lines become numbers first ([`classes`]): those that count as the same get the same.
//! [`changes`] compares the numbers.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::ops::Range;

/// Lines of the old list that are replaced by lines of the new one. One of the ranges
/// may be empty.
#[derive(Debug, PartialEq, Clone)]
pub struct Change {
    /// What goes.
    pub old: Range<usize>,
    /// What comes.
    pub new: Range<usize>,
}

/// A number for each line, the same for lines with the same key.
pub fn classes(
    old: &[&[u8]],
    new: &[&[u8]],
    key: impl Fn(&[u8]) -> Vec<u8>,
) -> (Vec<usize>, Vec<usize>) {
    let mut numbers: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
    let mut number = |lines: &[&[u8]]| -> Vec<usize> {
        let each = lines.iter().map(|line| {
            let next = numbers.len();
            *numbers.entry(key(line)).or_insert(next)
        });
        each.collect()
    };
    let old = number(old);
    (old, number(new))
}

/// All changes, in order.
pub fn changes(old: &[usize], new: &[usize]) -> Vec<Change> {
    let mut search = Search {
        old,
        new,
        deleted: alloc::vec![false; old.len()],
        inserted: alloc::vec![false; new.len()],
        forward: alloc::vec![0; old.len() + new.len() + 3],
        backward: alloc::vec![0; old.len() + new.len() + 3],
    };
    search.compare(0..old.len(), 0..new.len());
    let (mut deleted, mut inserted) = (search.deleted, search.inserted);
    slide(old, &mut deleted, &inserted);
    slide(new, &mut inserted, &deleted);
    collect(&deleted, &inserted)
}

/// The marked lines of both lists as changes.
fn collect(deleted: &[bool], inserted: &[bool]) -> Vec<Change> {
    let mut changes = Vec::new();
    let (mut x, mut y) = (0, 0);
    while x < deleted.len() || y < inserted.len() {
        let run = |marks: &[bool], from: usize| {
            let rest = marks.iter().skip(from);
            rest.take_while(|marked| **marked).count()
        };
        let (gone, come) = (run(deleted, x), run(inserted, y));
        if gone + come == 0 {
            (x, y) = (x + 1, y + 1);
            continue;
        }
        changes.push(Change {
            old: x..x + gone,
            new: y..y + come,
        });
        (x, y) = (x + gone, y + come);
    }
    changes
}

/// The lists, and how far paths have come on each diagonal. Diagonal `x - y` has its
/// place at `x - y` and the length of the new list, plus one.
struct Search<'a> {
    old: &'a [usize],
    new: &'a [usize],
    deleted: Vec<bool>,
    inserted: Vec<bool>,
    forward: Vec<isize>,
    backward: Vec<isize>,
}

impl Search<'_> {
    /// Marks what is different in two pieces.
    fn compare(&mut self, mut old: Range<usize>, mut new: Range<usize>) {
        while !old.is_empty() && !new.is_empty() && self.old[old.start] == self.new[new.start] {
            (old.start, new.start) = (old.start + 1, new.start + 1);
        }
        while !old.is_empty() && !new.is_empty() && self.old[old.end - 1] == self.new[new.end - 1] {
            (old.end, new.end) = (old.end - 1, new.end - 1);
        }
        if old.is_empty() || new.is_empty() {
            self.deleted[old].fill(true);
            self.inserted[new].fill(true);
            return;
        }
        let (x, y) = self.middle(old.clone(), new.clone());
        self.compare(old.start..x, new.start..y);
        self.compare(x..old.end, y..new.end);
    }

    /// A point in the middle of a shortest path: paths go on from both ends, a change at
    /// a time, until two of them meet.
    fn middle(&mut self, old: Range<usize>, new: Range<usize>) -> (usize, usize) {
        let (old_start, old_end) = (old.start as isize, old.end as isize);
        let (new_start, new_end) = (new.start as isize, new.end as isize);
        let origin = self.new.len() as isize + 1;
        let at = |diagonal: isize| (diagonal + origin) as usize;
        let (lowest, highest) = (old_start - new_end, old_end - new_start);
        let (first, last) = (old_start - new_start, old_end - new_end);
        let odd = (first - last) % 2 != 0;
        self.forward[at(first)] = old_start;
        self.backward[at(last)] = old_end;
        let (mut ahead, mut behind) = (first..=first, last..=last);
        loop {
            ahead = widen(&mut self.forward, ahead, lowest, highest, origin, -1);
            for diagonal in ahead.clone().rev().step_by(2) {
                let (left, right) = (
                    self.forward[at(diagonal - 1)],
                    self.forward[at(diagonal + 1)],
                );
                let mut x = (left + 1).max(right);
                while x < old_end
                    && x - diagonal < new_end
                    && self.old[x as usize] == self.new[(x - diagonal) as usize]
                {
                    x += 1;
                }
                self.forward[at(diagonal)] = x;
                if odd && behind.contains(&diagonal) && self.backward[at(diagonal)] <= x {
                    return (x as usize, (x - diagonal) as usize);
                }
            }
            behind = widen(
                &mut self.backward,
                behind,
                lowest,
                highest,
                origin,
                isize::MAX,
            );
            for diagonal in behind.clone().rev().step_by(2) {
                let (left, right) = (
                    self.backward[at(diagonal - 1)],
                    self.backward[at(diagonal + 1)],
                );
                let mut x = left.min(right.saturating_sub(1));
                while x > old_start
                    && x - diagonal > new_start
                    && self.old[x as usize - 1] == self.new[(x - diagonal) as usize - 1]
                {
                    x -= 1;
                }
                self.backward[at(diagonal)] = x;
                if !odd && ahead.contains(&diagonal) && x <= self.forward[at(diagonal)] {
                    return (x as usize, (x - diagonal) as usize);
                }
            }
        }
    }
}

/// One diagonal more on both sides, or one less where the edge of the lists is: only each
/// second is used in a round. `far` is where no path is.
fn widen(
    reached: &mut [isize],
    diagonals: core::ops::RangeInclusive<isize>,
    lowest: isize,
    highest: isize,
    origin: isize,
    far: isize,
) -> core::ops::RangeInclusive<isize> {
    let (mut low, mut high) = diagonals.into_inner();
    if low > lowest {
        low -= 1;
        reached[(low - 1 + origin) as usize] = far;
    } else {
        low += 1;
    }
    if high < highest {
        high += 1;
        reached[(high + 1 + origin) as usize] = far;
    } else {
        high -= 1;
    }
    low..=high
}

/// Moves changes where there is a choice: `b` was inserted into `a b b c` in one of two
/// places. Each goes as far down as it can, and where it meets another, they are one; but
/// it stays where there is a change of the other list, so that both are one change.
fn slide(lines: &[usize], marks: &mut [bool], other: &[bool]) {
    let mut place = 0;
    // The line of the other list that is across.
    let mut across = 0;
    loop {
        // Lines that are the same in both.
        while place < lines.len() && !marks[place] {
            across = next_unmarked(other, across) + 1;
            place += 1;
        }
        if place == lines.len() {
            return;
        }
        let (mut start, mut end) = (place, place);
        while end < lines.len() && marks[end] {
            end += 1;
        }
        let mut with_other;
        loop {
            let length = end - start;
            // Up as far as it goes.
            while start > 0 && lines[start - 1] == lines[end - 1] {
                start -= 1;
                end -= 1;
                marks[start] = true;
                marks[end] = false;
                while start > 0 && marks[start - 1] {
                    start -= 1;
                }
                across = previous_unmarked(other, across);
            }
            // The last place that is across a change of the other list.
            with_other = (across > 0 && other.get(across - 1) == Some(&true)).then_some(end);
            // Down as far as it goes.
            while end < lines.len() && lines[start] == lines[end] {
                marks[start] = false;
                marks[end] = true;
                start += 1;
                end += 1;
                while end < lines.len() && marks[end] {
                    end += 1;
                }
                across = next_unmarked(other, across) + 1;
                if other.get(across) == Some(&true) || other.get(across - 1) == Some(&true) {
                    with_other = Some(end);
                }
            }
            // It may have met others on its way.
            if end - start == length {
                break;
            }
        }
        if let Some(wanted) = with_other {
            while wanted < end {
                start -= 1;
                end -= 1;
                marks[start] = true;
                marks[end] = false;
                across = previous_unmarked(other, across);
            }
        }
        place = end;
    }
}

/// The line from `from` on that is in both lists.
fn next_unmarked(marks: &[bool], from: usize) -> usize {
    let marked = marks.iter().skip(from).take_while(|marked| **marked);
    from + marked.count()
}

/// The line before `from` that is in both lists.
fn previous_unmarked(marks: &[bool], from: usize) -> usize {
    let before = marks.get(..from).unwrap_or_default();
    before.iter().rposition(|marked| !marked).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(text: &str) -> Vec<usize> {
        text.bytes().map(usize::from).collect()
    }

    /// What it makes of the old text.
    fn applied(old: &[usize], new: &[usize], changes: &[Change]) -> Vec<usize> {
        let mut result = Vec::new();
        let mut place = 0;
        for change in changes {
            assert!(place <= change.old.start);
            result.extend(&old[place..change.old.start]);
            assert_eq!(result.len(), change.new.start);
            result.extend(&new[change.new.clone()]);
            place = change.old.end;
        }
        result.extend(&old[place..]);
        result
    }

    /// The length of the longest common subsequence, the slow way.
    fn common(old: &[usize], new: &[usize]) -> usize {
        let mut row = vec![0; new.len() + 1];
        for x in old {
            let mut diagonal = 0;
            for (place, y) in new.iter().enumerate() {
                let here = if x == y {
                    diagonal + 1
                } else {
                    row[place].max(row[place + 1])
                };
                diagonal = core::mem::replace(&mut row[place + 1], here);
            }
        }
        row[new.len()]
    }

    #[test]
    fn a_few_texts() {
        let changed = |old: &str, new: &str| changes(&numbers(old), &numbers(new));
        assert_eq!(changed("abc", "abc"), []);
        assert_eq!(changed("", ""), []);
        let change = |old, new| Change { old, new };
        assert_eq!(changed("", "ab"), [change(0..0, 0..2)]);
        assert_eq!(changed("ab", ""), [change(0..2, 0..0)]);
        assert_eq!(changed("abc", "axc"), [change(1..2, 1..2)]);
        assert_eq!(changed("abbc", "abc"), [change(2..3, 2..2)]);
        assert_eq!(changed("abc", "abbc"), [change(2..2, 2..3)]);
    }

    #[test]
    fn all_is_as_short_as_possible_and_right() {
        // Marsaglia's xorshift.
        let mut seed = 88_172_645_463_325_252u64;
        let mut random = move |below: u64| {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            (seed % below) as usize
        };
        for _ in 0..20_000 {
            let mut list = |length: u64, letters: u64| -> Vec<usize> {
                (0..random(length)).map(|_| random(letters)).collect()
            };
            let (old, new) = (list(14, 3), list(14, 3));
            let changes = changes(&old, &new);
            assert_eq!(applied(&old, &new, &changes), new, "{old:?} {new:?}");
            let size: usize = changes
                .iter()
                .map(|one| one.old.len() + one.new.len())
                .sum();
            let least = old.len() + new.len() - 2 * common(&old, &new);
            assert_eq!(size, least, "{old:?} {new:?}");
        }
    }
}
