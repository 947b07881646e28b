// SPDX-License-Identifier: GPL-2.0-or-later
//! Repairs what [`check`](super::check) finds, and keeps what can be kept.
//!
//! [`repair`] walks the tree from the root as the check does. What it meets it
//! settles: each zone gets one owner (whoever comes second gets a copy), each
//! directory `.` and `..` and entries that lead somewhere. What is in use but
//! in no directory gets a name in `/lost+found`, zones that are in no file
//! become files there. At the end the link counts and both bitmaps are written
//! anew from what was met.
//!
//! The rules for what is kept:
//! - an inode without a name is kept if it counts links, and either the inode
//!   bitmap has it as used or its zones are still marked and nobody else's;
//!   one that counts none was removed while it was open, and goes;
//! - data behind the end of a file makes the file longer, zeros there go;
//! - of two names of a directory the one stays that its `..` tells of.

mod bitmaps;
mod claims;
mod directories;
mod orphans;
mod zones;

#[cfg(test)]
mod tests;

use super::action::{Action, Tally};
use super::judge::{Verdict, fields, judge};
use super::{Report, check, is_all_read, is_left_in_use};
use crate::blocks::{Block, Blocks, Changed, Changes};
use crate::fault::Fault;
use crate::volume::{Entry, UntrustedVolume, has_known_type, has_zones, super_block};
use abi::sys::stat::{S_IFDIR, S_IFMT, S_IFREG, S_ISDIR};
use abi::sys::types::Time;
use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use claims::{Claims, is_directory};
use directories::Deferred;
use fs::layout::{
    DiskInode, Geometry, InodeNumber, MAX_FILE_SIZE, ROOT_INODE, STATE_ERRORS, STATE_IN_USE,
    STATE_VALID, SUPER_BLOCK, Zone,
};

/// What [`DiskInode::nlinks`] can count.
const LINKS_MAX: u32 = u8::MAX as u32;

/// How to repair.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Whether marked zones that are in no file become files in `/lost+found`
    /// (those with nothing but zeros never do).
    pub keep_lost_zones: bool,
    /// Whether the super block's numbers are taken as they are, though the rest
    /// does not agree with them.
    pub trust_super_block: bool,
    /// Time of what is made.
    pub time: Time,
}

impl Default for Options {
    /// As `mkimage fsck --repair` does without further words.
    fn default() -> Options {
        Options {
            keep_lost_zones: true,
            trust_super_block: false,
            time: 0,
        }
    }
}

/// What [`repair_until_clean`] did.
pub struct Repaired {
    /// Each thing that was done.
    pub actions: Vec<Action>,
    /// What the check finds afterwards.
    pub after: Report,
    /// What was thrown away.
    pub lost: Tally,
    /// What of the old files is left.
    pub kept: Tally,
    /// What must be written.
    pub changes: Changes,
}

impl Repaired {
    /// Whether the disk's owner should be asked first.
    pub fn loses_more_than_it_keeps(&self) -> bool {
        self.lost.files > self.kept.files || self.lost.zones > self.kept.zones
    }
}

/// A repair that leaves errors is repeated; it has never been seen to need it.
const ROUNDS: usize = 3;

/// [`repair`], and then the check.
pub fn repair_until_clean(blocks: &dyn Blocks, options: &Options) -> Result<Repaired, Fault> {
    let mut repaired = Changed::new(blocks);
    let mut actions = Vec::new();
    let mut after = Report::default();
    for _ in 0..ROUNDS {
        actions.extend(repair(&mut repaired, options)?);
        after = check(&repaired)?;
        if after.is_clean() {
            break;
        }
    }
    let lost = Tally::lost(&actions);
    let made = Tally::made(&actions);
    let kept = Tally {
        files: (after.inodes_used as usize).saturating_sub(made.files),
        zones: (after.zones_used as usize).saturating_sub(made.zones),
    };
    let mut changes = repaired.into_changes();
    changes.retain(|&number, new| blocks.contents(number).as_ref() != Some(new));
    Ok(Repaired {
        actions,
        after,
        lost,
        kept,
        changes,
    })
}

/// Repairs a file system. Returns what was done. Fails if the super block makes no
/// sense, a block can't be read, or there is no zone left for a directory; the
/// changes are then of no use.
pub fn repair(blocks: &mut Changed<'_>, options: &Options) -> Result<Vec<Action>, Fault> {
    let actions = repair_what_is_read(blocks, options);
    is_all_read(blocks)?;
    actions
}

fn repair_what_is_read(blocks: &mut Changed<'_>, options: &Options) -> Result<Vec<Action>, Fault> {
    let mut actions = rebuild_super_block(blocks, options)?;
    let mut repairer = Repairer::new(blocks, options)?;
    repairer.actions.append(&mut actions);
    repairer.settle_size_limit();
    repairer.settle_root()?;
    repairer.meet(ROOT_INODE, ROOT_INODE, String::new());
    repairer.seen_mut(ROOT_INODE).links = 1;
    repairer.walk()?;
    repairer.attach_orphans()?;
    repairer.settle_lost_zones()?;
    repairer.settle_link_counts();
    repairer.write_bitmaps();
    repairer.settle_state();
    actions = repairer.actions;
    let changes = repairer.changed.into_changes();
    blocks.extend(changes);
    Ok(actions)
}

/// Writes the super block that the rest agrees on, if it is another.
fn rebuild_super_block(blocks: &mut Changed<'_>, options: &Options) -> Result<Vec<Action>, Fault> {
    let right = match judge(blocks, options.trust_super_block) {
        Verdict::Agrees(_) => return Ok(Vec::new()),
        Verdict::Hopeless(problem) => return Err(Fault::new("super block", problem)),
        Verdict::Another(right) => right,
    };
    let recorded = super_block(blocks)?;
    if let Some(block) = blocks.block_mut(SUPER_BLOCK) {
        right.store(block);
    }
    let wrong = fields(&recorded, &right).into_iter();
    let actions = wrong.map(|(field, from, to)| Action::SuperBlockSet { field, from, to });
    Ok(actions.collect())
}

/// How many bytes there are up to the last that is not zero.
fn used_length(block: &Block) -> usize {
    let last = block.iter().rposition(|&byte| byte != 0);
    last.map_or(0, |last| last + 1)
}

/// What is known of an inode, by its number.
#[derive(Clone, Default)]
struct Seen {
    /// It has a name.
    met: bool,
    /// Its zones and size are in order.
    settled: bool,
    /// It was made by the repair.
    made: bool,
    /// Entries that lead to it.
    links: u32,
    /// A directory's parent.
    parent: u16,
    /// For messages; a directory's is needed for what is below it.
    path: String,
}

/// What is known of a zone, by its number.
#[derive(Clone, Copy, Default)]
struct ZoneState {
    /// The inode that has it, among those settled; 0 is none.
    owner: u16,
    /// It is somebody's: not to be given to another before all are met.
    claimed: bool,
    /// Its file was removed, or it lay behind the end with nothing in it.
    given_up: bool,
}

struct Repairer<'a> {
    changed: Changed<'a>,
    /// As it was before the repair.
    original: &'a dyn Blocks,
    geometry: Geometry,
    /// Whose the zones were before the repair.
    claims: Claims,
    options: Options,
    actions: Vec<Action>,
    seen: Vec<Seen>,
    zones: Vec<ZoneState>,
    /// Directories met whose entries were not looked at yet.
    queue: VecDeque<InodeNumber>,
    /// Entries of directories that say that they belong elsewhere.
    deferred: VecDeque<Deferred>,
    /// Zones to be given away, the best first; some may be taken already.
    free_zones: VecDeque<Zone>,
    /// No inode below this one is to be given away.
    next_inode: u16,
    /// The last `/lost+found` that had room.
    lost_and_found: Option<InodeNumber>,
}

impl<'a> Repairer<'a> {
    fn new(original: &'a dyn Blocks, options: &Options) -> Result<Repairer<'a>, Fault> {
        let volume = UntrustedVolume::open(original)?;
        let (geometry, claims) = (volume.geometry, Claims::judge(volume));
        let mut repairer = Repairer {
            changed: Changed::new(original),
            original,
            geometry,
            claims,
            options: *options,
            actions: Vec::new(),
            seen: vec![Seen::default(); usize::from(geometry.ninodes) + 1],
            zones: vec![ZoneState::default(); usize::from(geometry.nzones)],
            queue: VecDeque::new(),
            deferred: VecDeque::new(),
            free_zones: VecDeque::new(),
            next_inode: 1,
            lost_and_found: None,
        };
        repairer.note_claims();
        Ok(repairer)
    }

    /// The file system as it is now.
    fn volume(&self) -> UntrustedVolume<'_> {
        UntrustedVolume {
            blocks: &self.changed,
            geometry: self.geometry,
        }
    }

    /// The file system as it was before the repair.
    fn original(&self) -> UntrustedVolume<'a> {
        UntrustedVolume {
            blocks: self.original,
            geometry: self.geometry,
        }
    }

    fn done(&mut self, action: Action) {
        self.actions.push(action);
    }

    fn inode(&self, number: InodeNumber) -> DiskInode {
        self.volume().inode(number)
    }

    fn store(&mut self, number: InodeNumber, inode: &DiskInode) {
        let (block, offset) = self.geometry.inode_place(number);
        if *inode != self.inode(number)
            && let Some(block) = self.block_mut(block)
        {
            inode.store(block, offset);
        }
    }

    /// The block as it is now.
    fn block(&self, number: u32) -> Option<&Block> {
        self.changed.block(number)
    }

    fn block_mut(&mut self, number: u32) -> Option<&mut Block> {
        self.changed.block_mut(number)
    }

    /// How many bytes of a zone there are up to the last that is not zero.
    fn used_length(&self, zone: Zone) -> usize {
        let block = self.changed.contents(zone.block());
        block.map_or(0, |block| used_length(&block))
    }

    fn seen(&self, number: InodeNumber) -> &Seen {
        &self.seen[usize::from(number.0)]
    }

    fn seen_mut(&mut self, number: InodeNumber) -> &mut Seen {
        &mut self.seen[usize::from(number.0)]
    }

    /// How an inode is named in messages.
    fn shown(&self, number: InodeNumber) -> String {
        match self.seen(number) {
            _ if number == ROOT_INODE => "/".into(),
            Seen { path, .. } if path.is_empty() => format!("inode {number}"),
            Seen { path, .. } => path.clone(),
        }
    }

    /// A limit on file sizes that the files there exceed is none.
    fn settle_size_limit(&mut self) {
        let limit = self.geometry.max_size;
        let is_beyond = |inode: DiskInode| {
            has_zones(inode.mode) && inode.size > limit && inode.size <= MAX_FILE_SIZE
        };
        let volume = self.volume();
        if !volume
            .inode_numbers()
            .any(|number| is_beyond(volume.inode(number)))
        {
            return;
        }
        self.change_super_block(|disk| disk.max_size = MAX_FILE_SIZE);
        self.geometry.max_size = MAX_FILE_SIZE;
        self.done(Action::SuperBlockSet {
            field: "max_size",
            from: limit,
            to: MAX_FILE_SIZE,
        });
    }

    fn change_super_block(&mut self, change: impl FnOnce(&mut fs::layout::DiskSuper)) {
        if let (Ok(mut disk), Some(block)) =
            (super_block(&self.changed), self.block_mut(SUPER_BLOCK))
        {
            change(&mut disk);
            disk.store(block);
        }
    }

    /// Makes inode 1 a directory if it is none: the old one, if its contents
    /// are still there.
    fn settle_root(&mut self) -> Result<(), Fault> {
        let inode = self.inode(ROOT_INODE);
        if S_ISDIR(inode.mode) {
            return Ok(());
        }
        if self.looks_like_directory(ROOT_INODE, &inode) {
            let mode = S_IFDIR | (inode.mode & 0o7777);
            self.store(ROOT_INODE, &DiskInode { mode, ..inode });
            self.done(Action::RootRestored);
            return Ok(());
        }
        let root = DiskInode {
            mode: S_IFDIR | 0o755,
            time: self.options.time,
            ..DiskInode::NONE
        };
        self.store(ROOT_INODE, &root);
        self.done(Action::RootMade);
        Ok(())
    }

    /// Whether the first zone holds the entry `.` of this very inode.
    fn looks_like_directory(&self, number: InodeNumber, inode: &DiskInode) -> bool {
        let zone = inode.zones[0];
        self.geometry.has_zone(zone)
            && self.block(zone.block()).is_some_and(|block| {
                let entry = Entry::parse(&block[..self.geometry.entry_size()]);
                entry.number == number && entry.name == b"."
            })
    }

    /// An entry, not `.` or `..`, leads to the inode: the first time, its
    /// type, zones and size are settled, and a directory will be looked at.
    fn meet(&mut self, number: InodeNumber, parent: InodeNumber, path: String) {
        let seen = self.seen_mut(number);
        seen.met = true;
        seen.parent = parent.0;
        seen.path = path;
        self.settle_mode(number);
        self.settle_contents(number);
        if S_ISDIR(self.inode(number).mode) {
            self.queue.push_back(number);
        }
    }

    /// A type that is none, or a directory's where no entries are, becomes that
    /// of a file or directory.
    fn settle_mode(&mut self, number: InodeNumber) {
        let inode = self.inode(number);
        let is_wrong = S_ISDIR(inode.mode)
            && !self.seen(number).made
            && !is_directory(&self.original(), number, &inode);
        if has_known_type(inode.mode) && !is_wrong {
            return;
        }
        let (kind, made) = match !is_wrong && self.looks_like_directory(number, &inode) {
            true => (S_IFDIR, "directory"),
            false => (S_IFREG, "file"),
        };
        let mode = kind | (inode.mode & !S_IFMT);
        self.store(number, &DiskInode { mode, ..inode });
        let path = self.shown(number);
        self.done(Action::TypeSet {
            path,
            number,
            mode: inode.mode,
            made,
        });
    }

    /// Looks at all directories met, then at the names that were put off.
    fn walk(&mut self) -> Result<(), Fault> {
        loop {
            if let Some(number) = self.queue.pop_front() {
                self.settle_directory(number)?;
            } else if let Some(deferred) = self.deferred.pop_front() {
                self.settle_deferred(&deferred);
            } else {
                return Ok(());
            }
        }
    }

    fn settle_link_counts(&mut self) {
        for number in self.volume().inode_numbers() {
            let inode = self.inode(number);
            let Seen {
                met, made, links, ..
            } = *self.seen(number);
            let counted = u32::from(inode.nlinks);
            if !met || counted == links {
                continue;
            }
            let nlinks = u8::try_from(links).unwrap_or(u8::MAX);
            self.store(number, &DiskInode { nlinks, ..inode });
            if made {
                continue;
            }
            let path = self.shown(number);
            self.done(Action::LinksSet {
                path,
                number,
                from: counted,
                to: nlinks,
            });
        }
    }

    /// Whatever is not as it should be has been mended: the file system is
    /// valid.
    fn settle_state(&mut self) {
        let state = super_block(&self.changed).unwrap_or_default().state;
        if state & STATE_ERRORS != 0 {
            self.done(Action::ErrorMarkCleared);
        } else if is_left_in_use(state) {
            self.done(Action::UseMarkCleared);
        }
        if !self.actions.is_empty() {
            let rest = state & !(STATE_ERRORS | STATE_IN_USE);
            self.change_super_block(|disk| disk.state = rest | STATE_VALID);
        }
    }

    /// Whether there is anything at all in an inode.
    fn is_blank(inode: &DiskInode) -> bool {
        inode.mode == 0 && inode.zones == [Zone::HOLE; fs::layout::INODE_ZONES]
    }
}
