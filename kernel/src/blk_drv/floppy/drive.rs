// SPDX-License-Identifier: GPL-2.0-or-later
//! A floppy drive, and whether its disk is still the same.
//!
//! A drive says that its disk was changed until its arm moves over a disk.
//! The file system asks by [`Drive::floppy_change`], when the device is opened
//! or mounted. Until it has asked nothing is moved, or what belongs to the old
//! disk would be written onto the new one. Before every transfer the driver
//! asks [`Drive::must_move`]. Both take what the change line of the drive says now; if
//! the drive has no such line, it means nothing.
#![forbid(unsafe_code)]

use super::geometry::DriveType;

/// What is known of the disk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Disk {
    /// It is still the same disk.
    Same,
    /// It was changed, and the file system has not been told yet.
    Changed,
    /// The file system was told. The drive still says so, as it does without a disk.
    Told,
    /// As `Told`, and the arm has moved since then.
    Moved,
}

/// A drive.
#[derive(Clone, Copy)]
pub struct Drive {
    /// What it was made for.
    pub kind: DriveType,
    /// How many steps from the edge the arm is, if that is known (0.11:
    /// `current_track`, `recalibrate`).
    pub arm: Option<u8>,
    disk: Disk,
}

impl Drive {
    /// A drive of which only the kind is known.
    pub fn new(kind: DriveType) -> Drive {
        Drive {
            kind,
            arm: None,
            disk: Disk::Same,
        }
    }

    /// Whether the disk was changed since this was last asked (0.11:
    /// `floppy_change`).
    pub fn floppy_change(&mut self, line: bool) -> bool {
        let says_so = line && self.kind.has_change_line();
        let was_changed = says_so || self.disk == Disk::Changed;
        self.disk = match self.disk {
            Disk::Moved if says_so => Disk::Moved,
            _ if says_so => Disk::Told,
            _ => Disk::Same,
        };
        was_changed
    }

    /// Whether the arm has to move before a transfer, which the caller sees
    /// to; an error if there must not be a transfer.
    pub fn must_move(&mut self, line: bool) -> Result<bool, &'static str> {
        let says_so = line && self.kind.has_change_line();
        self.disk = match self.disk {
            Disk::Changed => Disk::Changed,
            Disk::Same if says_so => Disk::Changed,
            Disk::Told if says_so => Disk::Moved,
            Disk::Moved if says_so => {
                self.disk = Disk::Told;
                return Err("no disk in the drive");
            }
            _ => Disk::Same,
        };
        match self.disk {
            Disk::Changed => Err("the disk was changed"),
            disk => Ok(disk == Disk::Moved),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Types of drives in the CMOS register, for the first drive.
    const DRIVE_360: u8 = 0x10;
    const DRIVE_1440: u8 = 0x40;

    fn drive(register: u8) -> Drive {
        Drive::new(DriveType::from_cmos(register, 0).unwrap())
    }

    #[test]
    fn a_new_disk_is_told_and_reached_after_a_step() {
        let mut drive = drive(DRIVE_1440);
        assert!(drive.floppy_change(true));
        // Another open before the first transfer.
        assert!(drive.floppy_change(true));
        assert_eq!(drive.must_move(true), Ok(true));
        assert_eq!(drive.must_move(false), Ok(false));
        assert!(!drive.floppy_change(false));
    }

    #[test]
    fn without_a_disk_the_step_does_not_help() {
        let mut drive = drive(DRIVE_1440);
        for _ in 0..2 {
            assert!(drive.floppy_change(true));
            assert_eq!(drive.must_move(true), Ok(true));
            assert!(drive.must_move(true).is_err());
        }
        // It was put in meanwhile.
        assert_eq!(drive.must_move(true), Ok(true));
        assert_eq!(drive.must_move(false), Ok(false));
    }

    #[test]
    fn nothing_is_moved_after_a_change_until_it_was_told() {
        let mut drive = drive(DRIVE_1440);
        assert_eq!(drive.must_move(false), Ok(false));
        assert!(drive.must_move(true).is_err());
        // The other drive's arm may have moved, and the line be quiet.
        assert!(drive.must_move(false).is_err());
        assert!(drive.floppy_change(false));
        assert_eq!(drive.must_move(false), Ok(false));
    }

    #[test]
    fn a_step_under_way_is_not_forgotten() {
        let mut drive = drive(DRIVE_1440);
        assert!(drive.floppy_change(true));
        assert_eq!(drive.must_move(true), Ok(true));
        assert!(drive.floppy_change(true));
        assert!(drive.must_move(true).is_err());
    }

    #[test]
    fn a_drive_without_the_line_never_says_so() {
        let mut drive = drive(DRIVE_360);
        assert!(!drive.floppy_change(true));
        assert_eq!(drive.must_move(true), Ok(false));
    }
}
