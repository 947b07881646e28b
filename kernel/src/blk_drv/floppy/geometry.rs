// SPDX-License-Identifier: GPL-2.0-or-later
//! The kinds of floppy disk (0.11: `floppy_type` in `kernel/blk_drv/floppy.c`).
//!
//! A minor number is four times the kind, plus the drive. Kind 0 is whatever
//! the drive was made for. Nothing here touches hardware.
#![forbid(unsafe_code)]

/// How many drives a minor number can name; two of them are supported.
const DRIVES_OF_MINORS: u8 = 4;
/// Sectors of a block.
const SECTORS_PER_BLOCK: u32 = 2;

/// The data rate (Intel 82077AA data sheet, table of the data rate
/// select register).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Rate {
    /// High density.
    Kbps500 = 0,
    /// Double density in a 1.2 MB drive, which turns faster.
    Kbps300 = 1,
    /// Double density.
    Kbps250 = 2,
}

/// How a kind of disk is laid out and handled (0.11: `struct floppy_struct`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FloppyStruct {
    /// How many sectors it has.
    pub size: u32,
    /// Sectors of a track.
    pub sect: u32,
    /// Sides.
    pub head: u32,
    /// Tracks of a side.
    pub track: u32,
    /// Steps of the arm between tracks, as a power of two: a disk of 40 tracks
    /// in a drive of 80.
    pub stretch: u8,
    /// Bytes between sectors, when reading and writing.
    pub gap: u8,
    /// The data rate.
    pub rate: Rate,
    /// First byte of the command SPECIFY: step rate and head unload time.
    pub spec1: u8,
}

/// Where a block begins, as a command names it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Address {
    /// The track, counted as on the disk, not in steps of the arm.
    pub track: u8,
    /// The side.
    pub head: u8,
    /// The sector, counted from 1.
    pub sector: u8,
    /// How many blocks of the cylinder there are from here on.
    pub blocks: u32,
}

impl FloppyStruct {
    /// Its size in blocks.
    pub const fn blocks(&self) -> u32 {
        self.size / SECTORS_PER_BLOCK
    }

    /// Where a block lies. It may begin on one side and end on the other, but
    /// a cylinder holds whole blocks.
    pub fn address(&self, block: u32) -> Address {
        let per_cylinder = self.sect * self.head;
        let sector = block * SECTORS_PER_BLOCK;
        let in_cylinder = sector % per_cylinder;
        Address {
            track: (sector / per_cylinder) as u8,
            head: (in_cylinder / self.sect) as u8,
            sector: (in_cylinder % self.sect) as u8 + 1,
            blocks: (per_cylinder - in_cylinder) / SECTORS_PER_BLOCK,
        }
    }

    /// How many steps from the edge the arm has to be for a track.
    pub fn arm(&self, track: u8) -> u8 {
        track << self.stretch
    }
}

/// A disk with two sides.
const fn two_sided(sect: u32, track: u32, stretch: u8, format: (u8, Rate, u8)) -> FloppyStruct {
    let (gap, rate, spec1) = format;
    FloppyStruct {
        size: sect * 2 * track,
        sect,
        head: 2,
        track,
        stretch,
        gap,
        rate,
        spec1,
    }
}

/// The kinds of disk, from kind 1 on.
static FLOPPY_TYPE: [FloppyStruct; 7] = [
    // 360 KB; 1.2 MB; 360 KB in a 720 KB drive; 720 KB; 360 KB and 720 KB in
    // a 1.2 MB drive; 1.44 MB.
    two_sided(9, 40, 0, (0x2A, Rate::Kbps250, 0xDF)),
    two_sided(15, 80, 0, (0x1B, Rate::Kbps500, 0xDF)),
    two_sided(9, 40, 1, (0x2A, Rate::Kbps250, 0xDF)),
    two_sided(9, 80, 0, (0x2A, Rate::Kbps250, 0xDF)),
    two_sided(9, 40, 1, (0x23, Rate::Kbps300, 0xDF)),
    two_sided(9, 80, 0, (0x23, Rate::Kbps300, 0xDF)),
    two_sided(18, 80, 0, (0x1B, Rate::Kbps500, 0xCF)),
];

/// Sectors of the largest cylinder.
pub const MOST_SECTORS: usize = 36;

/// A kind of drive, as the CMOS memory says (register 10h of the AT's CMOS
/// RAM: the first drive in the high half, the second in the low).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DriveType(u8);

impl DriveType {
    /// The kind of drive 0 or 1, by the CMOS register; `None` if there is no such drive or
    /// its kind is unknown.
    pub fn from_cmos(register: u8, drive: usize) -> Option<DriveType> {
        let code = if drive == 0 {
            register >> 4
        } else {
            register & 0xF
        };
        (1..=5).contains(&code).then_some(DriveType(code))
    }

    /// The kind of disk it was made for.
    fn own_kind(self) -> u8 {
        match self.0 {
            1 => 1,
            2 => 2,
            3 => 4,
            // A drive for 2.88 MB takes the smaller disks that one can buy.
            _ => 7,
        }
    }

    /// Whether it can tell that its disk was changed. Those for 360 KB can't.
    pub fn has_change_line(self) -> bool {
        self.0 != 1
    }

    /// The disk that a minor number expects in this drive; `None` if there is
    /// no such kind.
    pub fn disk(self, minor: u8) -> Option<&'static FloppyStruct> {
        let kind = match minor / DRIVES_OF_MINORS {
            0 => self.own_kind(),
            kind => kind,
        };
        FLOPPY_TYPE.get(usize::from(kind).checked_sub(1)?)
    }
}

/// The drive that a minor number means.
pub fn drive_number(minor: u8) -> usize {
    usize::from(minor % DRIVES_OF_MINORS)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HIGH: DriveType = DriveType(4);

    #[test]
    fn kinds_have_the_sizes_of_their_names() {
        let kilobytes = [360, 1200, 360, 720, 360, 720, 1440];
        for (kind, blocks) in (1..).zip(kilobytes) {
            let disk = HIGH.disk(4 * kind).unwrap();
            assert_eq!(disk.blocks(), blocks);
            assert_eq!(disk.size, disk.sect * disk.head * disk.track);
            assert!((disk.sect * disk.head) as usize <= MOST_SECTORS);
            assert!(disk.arm(disk.track as u8 - 1) < 80);
        }
        assert_eq!(HIGH.disk(4 * 8), None);
    }

    #[test]
    fn minor_28_is_a_disk_of_1440_kb_in_the_first_drive() {
        assert_eq!(drive_number(28), 0);
        assert_eq!(drive_number(29), 1);
        assert_eq!(HIGH.disk(28).unwrap().blocks(), 1440);
    }

    #[test]
    fn cmos_tells_the_drives_and_their_own_disks() {
        let own = |register, drive| {
            let kind = DriveType::from_cmos(register, drive)?;
            kind.disk(0).map(FloppyStruct::blocks)
        };
        assert_eq!((own(0x42, 0), own(0x42, 1)), (Some(1440), Some(1200)));
        assert_eq!((own(0x13, 0), own(0x13, 1)), (Some(360), Some(720)));
        assert_eq!((own(0x50, 0), own(0x50, 1)), (Some(1440), None));
        assert_eq!(own(0xF6, 0), None);
    }

    #[test]
    fn blocks_lie_one_after_the_other() {
        for kind in 1..=7 {
            let disk = HIGH.disk(4 * kind).unwrap();
            let mut expected = 0;
            for block in 0..disk.blocks() {
                let address = disk.address(block);
                assert!((1..=disk.sect as u8).contains(&address.sector));
                assert!(address.head < 2 && u32::from(address.track) < disk.track);
                let sector = (u32::from(address.track) * 2 + u32::from(address.head)) * disk.sect
                    + u32::from(address.sector)
                    - 1;
                assert_eq!(sector, expected);
                let next = disk.address(block + 1);
                match address.blocks {
                    1 => assert_eq!((next.track, next.sector), (address.track + 1, 1)),
                    left => assert_eq!((next.track, next.blocks), (address.track, left - 1)),
                }
                expected += 2;
            }
        }
    }

    #[test]
    fn an_arm_of_80_tracks_makes_two_steps_on_a_disk_of_40() {
        assert_eq!(HIGH.disk(4 * 5).unwrap().arm(39), 78);
        assert_eq!(HIGH.disk(4 * 6).unwrap().arm(79), 79);
    }
}
