// SPDX-License-Identifier: GPL-2.0-or-later
//! The word in the super block for the state of its file system.
//!
//! 0.11 neither reads nor writes that word, so on its disks it is 0. Then the state
//! is unknown, and the word stays as it is. Otherwise the file system is marked as
//! in use before anything else is written ([`Fs::begin_use`]), and as valid when
//! everything is on the disk after unmounting ([`Fs::end_use`]) or before the
//! machine stops ([`Fs::shut_down`]). A file system that was not valid before stays
//! so until `fsck` has checked it.

use super::{Access, SuperBlock};
use crate::layout::{
    BLOCK_SIZE, DiskSuper, STATE_ERRORS, STATE_IN_USE, STATE_UNKNOWN, STATE_VALID,
};
use crate::{Fs, printk};
use abi::Result;
use abi::sys::types::Device;

impl<'fs> Fs<'fs> {
    /// Called when a device is mounted. Warns of errors, and marks it as in use
    /// unless it is mounted read-only. If it can't be marked, it can't be written
    /// to, and becomes read-only.
    pub(super) fn begin_use(&'fs self, block: &SuperBlock, access: Access) {
        let device = block.device();
        let state = self.state_of(block);
        let was_left = if state & STATE_ERRORS != 0 {
            Some("errors were found on it")
        } else if state & (STATE_VALID | STATE_IN_USE) == STATE_IN_USE {
            Some("it was not unmounted")
        } else {
            None
        };
        let is_held = access == Access::WriteIfClean && was_left.is_some();
        if let Some(how) = was_left {
            let what = match is_held {
                true => "read-only until fsck has run",
                false => "run fsck",
            };
            printk!(self, "{device}: {how}; {what}\n");
        }
        let is_valid = state & (STATE_VALID | STATE_ERRORS) == STATE_VALID;
        block.is_valid.set(is_valid);
        let mut is_writable = access != Access::Read && !is_held;
        let is_ours = state != STATE_UNKNOWN && is_writable;
        block.keeps_state.set(is_ours);
        let in_use = |state| state & !STATE_VALID | STATE_IN_USE;
        if is_ours && self.change_state(block, in_use).is_err() {
            printk!(self, "{device}: cannot be written, so it is read-only\n");
            block.keeps_state.set(false);
            is_writable = false;
        }
        block.was_writable.set(is_writable);
        block.read_only.set(!is_writable);
    }

    /// Marks the end of use, when all changes are on the disk and nothing will be
    /// changed any more.
    pub(super) fn end_use(&'fs self, block: &SuperBlock) -> Result<()> {
        let is_valid = block.is_valid.get() && !block.has_damage.get();
        if block.keeps_state.replace(false) && is_valid {
            return self.change_state(block, |state| state & !STATE_IN_USE | STATE_VALID);
        }
        Ok(())
    }

    /// Writes to the disk that [`Fs::fs_error`] has found errors.
    pub(crate) fn record_damage(&'fs self, block: &SuperBlock) -> Result<()> {
        let is_ours = block.keeps_state.get() && block.has_damage.get();
        if is_ours && self.state_of(block) & STATE_ERRORS == 0 {
            return self.change_state(block, |state| state | STATE_ERRORS);
        }
        Ok(())
    }

    /// Writes everything before the machine stops, and marks all mounted devices as
    /// valid. From now on nothing can be changed.
    pub fn shut_down(&'fs self) -> Result<()> {
        let mut result = Ok(());
        for block in &self.tables.supers {
            if block.device().is_none() {
                continue;
            }
            let mut synced = self.stop_writing(block);
            if synced.is_ok() && self.is_all_freed(block) {
                synced = self.end_use(block);
            }
            result = synced.and(result);
        }
        result
    }

    /// Writes everything of a device; nothing on it can be changed any more.
    pub(super) fn stop_writing(&'fs self, block: &SuperBlock) -> Result<()> {
        // What was freed is written only as long as the device is writable.
        let device = block.device();
        let first = self.sync_dev(device);
        block.read_only.set(true);
        self.await_inodes(device);
        self.sync_dev(device).and(first)
    }

    /// Whether everything that was removed is free on the disk, too.
    pub(super) fn is_all_freed(&self, block: &SuperBlock) -> bool {
        let waits = block.state.lock().freed.counts() != (0, 0);
        !waits && !self.has_nameless_inode(block.device())
    }

    /// Waits until no task is changing a file of the device.
    fn await_inodes(&'fs self, device: Device) {
        for slot in &self.tables.inode_slots {
            if slot.device() == device {
                slot.wait(self.platform);
            }
        }
    }

    fn state_of(&self, block: &SuperBlock) -> u16 {
        let head = self.buffer_head(block.state.lock().super_buffer);
        head.map_or(STATE_UNKNOWN, |head| DiskSuper::parse(&head.data()).state)
    }

    /// Changes the state on the disk, and waits until it is written. If it can't be
    /// written, it stays as it was.
    fn change_state(&'fs self, block: &SuperBlock, change: impl Fn(u16) -> u16) -> Result<()> {
        let Some(head) = self.buffer_head(block.state.lock().super_buffer) else {
            return Ok(());
        };
        let store = |data: &mut [u8; BLOCK_SIZE], state| {
            DiskSuper {
                state,
                ..DiskSuper::parse(data)
            }
            .store(data);
        };
        let before = self.state_of(block);
        store(&mut head.data(), change(before));
        self.set_dirty(head);
        let written = self.write_now(head);
        if written.is_err() {
            store(&mut head.data(), before);
        }
        written?;
        self.platform.flush_cache(block.device().major())
    }
}
