// SPDX-License-Identifier: GPL-2.0-or-later
//! What a tool of the host asks of an inode, and no system call tells or does.

use crate::Inode;
use crate::layout::{
    BLOCK_SIZE, DIRECT_ZONES, DOUBLE_INDIRECT, INDIRECT, ZONES_PER_BLOCK, Zone, u16_at,
};
use abi::sys::stat::{S_ISDIR, S_ISLNK, S_ISREG};
use abi::sys::types::Time;

const BLOCK: u32 = BLOCK_SIZE as u32;

impl Inode<'_> {
    /// Where, at `position` or behind it, the next block begins that is no hole;
    /// `None` if there is none. What can't be found out counts as no hole.
    pub fn next_data(&self, position: u32) -> Option<u32> {
        let end = self.size().div_ceil(BLOCK);
        let mut block = position / BLOCK;
        while block < end {
            if !matches!(self.bmap(block), Ok(zone) if zone.is_hole()) {
                return Some(position.max(block * BLOCK));
            }
            block = self.behind_hole(&self.state().disk.zones, block);
        }
        None
    }

    /// How many blocks it takes, those of its lists of zones too; none, if it is a
    /// device or pipe.
    pub fn blocks(&self) -> u32 {
        let mode = self.mode();
        if !S_ISREG(mode) && !S_ISDIR(mode) && !S_ISLNK(mode) {
            return 0;
        }
        let mut count = 0;
        let mut position = 0;
        while let Some(data) = self.next_data(position) {
            count += 1;
            position = (data / BLOCK + 1) * BLOCK;
        }
        let zones = self.state().disk.zones;
        let double = zones[DOUBLE_INDIRECT];
        count += u32::from(!zones[INDIRECT].is_hole()) + u32::from(!double.is_hole());
        match self.fs.bread(self.device(), double.block()) {
            Ok(lists) if !double.is_hole() => {
                let lists = lists.data();
                let is_there = |list: &u32| u16_at(&lists[..], 2 * *list as usize) != 0;
                count + (0..ZONES_PER_BLOCK).filter(is_there).count() as u32
            }
            _ => count,
        }
    }

    /// The next block after `block`, a hole, that may be none: the whole of a list
    /// that is not there is passed at once.
    fn behind_hole(&self, zones: &[Zone; DOUBLE_INDIRECT + 1], block: u32) -> u32 {
        const DOUBLE: u32 = DIRECT_ZONES + ZONES_PER_BLOCK;
        match block {
            ..DIRECT_ZONES => block + 1,
            DIRECT_ZONES..DOUBLE if zones[INDIRECT].is_hole() => DOUBLE,
            DIRECT_ZONES..DOUBLE => block + 1,
            _ if zones[DOUBLE_INDIRECT].is_hole() => u32::MAX,
            _ => {
                let list = (block - DOUBLE) / ZONES_PER_BLOCK;
                match self.fs.bread(self.device(), zones[DOUBLE_INDIRECT].block()) {
                    Ok(lists) if u16_at(&lists.data()[..], 2 * list as usize) == 0 => {
                        DOUBLE + (list + 1) * ZONES_PER_BLOCK
                    }
                    _ => block + 1,
                }
            }
        }
    }

    /// Sets owner and time of the last change, as `chown` and `utime` do; these
    /// follow symbolic links.
    pub fn set_owner_and_time(&self, uid: u16, gid: u8, time: Time) {
        self.update(|state| {
            (state.disk.uid, state.disk.gid) = (uid, gid);
            state.disk.time = time;
        });
    }
}
