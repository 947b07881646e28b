// SPDX-License-Identifier: GPL-2.0-or-later
//! ATA disks (0.11: `kernel/blk_drv/hd.c`).
//!
//! Both drives of the primary channel, by interrupt. Minor 0 is the first
//! drive, 1 to 4 its partitions; 5 to 9 likewise for the second.
//!
//! [`hd_init`] finds the drives, [`sys_setup_disks`] reads the partition
//! tables. From then on one request at a time is worked at:
//!
//! ```text
//! do_hd_request   takes the next request and gives the drive a command
//! read_intr       a block of sectors is there: fetch it, wait for the next
//! write_intr      a block of sectors is on the disk: send the next
//! recal_intr      the drive is set up again after a reset
//! bad_rw_intr     it failed: try again, after a reset if need be
//! flush_intr      the drive's cache is empty, as [`flush_cache`] wants
//! ```
//!
//! The one command under way ends by an interrupt, or by [`do_tick`]: a drive
//! that is silent for too long is looked at, and reset if it hangs. A block
//! that failed [`MAX_ERRORS`] times is given up; the others of its request are
//! still done. Nothing here waits for a drive longer than milliseconds.
#![deny(unsafe_code)]

mod drive;
mod partition;
#[allow(unsafe_code)]
mod registers;

use super::blk::{self, Current, SECTOR_SIZE, SECTORS_PER_BLOCK};
use crate::file_system::fs;
use crate::frame::Registers;
use crate::irq::set_irq_handler;
use crate::sched::{self, HZ};
use crate::{printk, setup_data};
use abi::Errno;
use abi::sys::types::{Device, major};
use asm::io::{io_delay, poll};
use bitflags::bitflags;
use drive::{Address, Drive, Geometry, Width};
use fs::platform::Direction;
use partition::{PARTITIONS, Partition};
use registers::{Command, Control, Status};
use sync::{AtomicWord, IrqLock, WaitQueue};

/// Drives of the channel (0.11: `MAX_HD`).
const MAX_HD: usize = 2;
/// Minors of a drive: the drive itself, then its partitions.
const MINORS: usize = 1 + PARTITIONS;
/// How often a block is tried (0.11: `MAX_ERRORS`).
const MAX_ERRORS: u32 = 7;
/// The line of the primary channel.
const HD_IRQ: u8 = 14;

/// Ticks that a command may take.
const COMMAND_TIMEOUT: u32 = 5 * HZ;
/// Ticks that emptying a cache may take: ATA/ATAPI-6, 8.10, says that it may be
/// more than 30 seconds.
const FLUSH_TIMEOUT: u32 = 60 * HZ;
/// Ticks that a reset may take: motors may have to start again.
const RESET_TIMEOUT: u32 = 10 * HZ;
/// Looks at the status, a microsecond each, until a drive must be ready that
/// has nothing to do.
const READY_POLLS: u32 = 10_000;
/// The same for a drive that describes itself, at the start.
const IDENTIFY_POLLS: u32 = 2_000_000;

bitflags! {
    /// What a drive has to be told before it can be used.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    struct SetUp: u8 {
        /// By what cylinders, heads and sectors are counted.
        const GEOMETRY = 1;
        /// How many sectors to move by one interrupt.
        const MULTIPLE = 2;
        /// To move the arm to where it can be sure to be.
        const RECALIBRATE = 4;
    }
}

/// What the next interrupt will mean (0.11: `do_hd`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Expected {
    /// No command is under way.
    Nothing,
    /// A block of sectors can be fetched.
    Read,
    /// A block of sectors is on the disk.
    Written,
    /// The drive knows what it was told.
    SetUp(SetUp),
    /// What was written is on the medium.
    Flushed,
    /// None comes: [`do_tick`] looks whether the reset is over.
    Reset,
}

/// The channel and its drives.
struct Controller {
    /// 0.11: `hd_info`.
    drives: [Option<Drive>; MAX_HD],
    /// What each drive has still to be told.
    set_up: [SetUp; MAX_HD],
    /// Every minor's part of its disk (0.11: `hd`).
    hd: [Partition; MAX_HD * MINORS],
    /// Whether each drive was written to since its cache was emptied.
    unflushed: [bool; MAX_HD],
    /// Whether somebody waits for its cache to be emptied.
    flush_due: [bool; MAX_HD],
    /// How often that has failed.
    flush_errors: u32,
    expected: Expected,
    /// A reset is due (0.11: `reset`).
    reset: bool,
    /// The drive that has the command, and how its data is moved.
    drive: usize,
    width: Width,
    /// Sectors that the command has still to move.
    sectors_left: u32,
    /// Sectors moved by one interrupt of the command.
    sectors_per_interrupt: u32,
    /// Sectors moved since the beginning of the request's next block.
    moved: u32,
}

static HD: IrqLock<Controller> = IrqLock::new(Controller {
    drives: [None; MAX_HD],
    set_up: [SetUp::empty(); MAX_HD],
    hd: [Partition {
        start_sect: 0,
        nr_sects: 0,
    }; MAX_HD * MINORS],
    unflushed: [false; MAX_HD],
    flush_due: [false; MAX_HD],
    flush_errors: 0,
    expected: Expected::Nothing,
    reset: false,
    drive: 0,
    width: Width::Words,
    sectors_left: 0,
    sectors_per_interrupt: 1,
    moved: 0,
});

/// Ticks until [`do_tick`] loses patience; 0 while nothing is expected.
/// Changed only with `HD` locked or by the clock's interrupt.
static TICKS_LEFT: AtomicWord = AtomicWord::new(0);

/// Waits until no cache is to be emptied any more.
static FLUSH_WAIT: WaitQueue = WaitQueue::new();

/// The queue is no longer empty (0.11: `do_hd_request`).
pub fn do_hd_request() {
    HD.lock().begin();
}

/// What has been written is on the media when this returns, and not in the
/// drives' caches. Costs nothing if nothing was written. `EIO` if a drive
/// fails. May sleep.
pub fn flush_cache() -> abi::Result<()> {
    let mut hd = HD.lock();
    let errors = hd.flush_errors;
    for drive in 0..MAX_HD {
        hd.flush_due[drive] |= hd.unflushed[drive];
    }
    if !hd.flush_due.contains(&true) {
        return Ok(());
    }
    hd.begin();
    drop(hd);
    sched::sleep_while(&FLUSH_WAIT, &mut || HD.lock().flush_due.contains(&true));
    if HD.lock().flush_errors == errors {
        Ok(())
    } else {
        Err(Errno::EIO)
    }
}

fn hd_interrupt(_: &Registers) {
    HD.lock().interrupt();
}

/// Each clock tick (0.12: `hd_times_out`).
pub fn do_tick() {
    let left = TICKS_LEFT.get();
    if left != 0 {
        TICKS_LEFT.set(left - 1);
        HD.lock().tick(left == 1);
    }
}

/// Blocks of a minor; 0 if there is no such disk or partition.
pub fn blocks(minor: u8) -> u32 {
    let hd = HD.lock();
    hd.hd
        .get(usize::from(minor))
        .map_or(0, |part| part.nr_sects / SECTORS_PER_BLOCK)
}

/// Finds the drives (0.11: `hd_init`, and what `sys_setup` did with
/// `drive_info`). Before the first interrupt.
pub fn hd_init() {
    let mut hd = HD.lock();
    registers::control(Control::Polled);
    for number in 0..MAX_HD {
        let Some(drive) = find_drive(number) else {
            continue;
        };
        let way = if drive.lba { "LBA" } else { "CHS" };
        let megabytes = drive.sectors / (1024 * 1024 / SECTOR_SIZE as u32);
        let minor = number * MINORS;
        let Geometry {
            cylinders,
            heads,
            sectors,
        } = drive.geometry;
        printk!("hd{minor}: {megabytes} MB, {cylinders}/{heads}/{sectors}, {way}\n");
        hd.drives[number] = Some(drive);
        hd.hd[minor] = Partition {
            start_sect: 0,
            nr_sects: drive.sectors,
        };
    }
    hd.all_to_be_set_up();
    registers::status();
    registers::control(Control::Interrupts);
    set_irq_handler(HD_IRQ, hd_interrupt);
}

/// Asks a drive what it is, and the BIOS if it is too old to know.
fn find_drive(number: usize) -> Option<Drive> {
    /// What a drive for CDs and the like has in the cylinder register.
    const PACKET_DEVICE: [u8; 2] = [0x14, 0xEB];
    registers::select(number, 0);
    // Where there is no drive, all bits are 0 or all that matter are 1.
    let status = registers::status();
    let floating = Status::DATA_REQUEST | Status::DEVICE_FAULT | Status::ERROR;
    if status.is_empty() || status.contains(floating) {
        return None;
    }
    let status = identify()?;
    if status.contains(Status::DATA_REQUEST) {
        let mut data = [0; SECTOR_SIZE];
        registers::read_data(&mut data, Width::Words);
        let mut drive = Drive::from_identify(&data)?;
        if drive.width == Width::Doublewords && !passes_doublewords(&data) {
            drive.width = Width::Words;
        }
        return Some(drive);
    }
    let refused = status.contains(Status::ERROR) && registers::signature() != PACKET_DEVICE;
    if refused {
        Drive::from_bios(&setup_data::drive_info(number))
    } else {
        None
    }
}

/// Has the drive describe itself; its status then.
fn identify() -> Option<Status> {
    wait_for_status(READY_POLLS)?;
    registers::command(Command::Identify, 0, Address::default());
    io_delay();
    wait_for_status(IDENTIFY_POLLS)
}

/// Whether the controller hands on 32 bits at a time: then the drive's
/// description arrives as it did by words. One on a bus of 16 bits takes the
/// upper half from the register behind the data register.
fn passes_doublewords(description: &[u8; SECTOR_SIZE]) -> bool {
    let mut again = [0; SECTOR_SIZE];
    if identify().is_some_and(|status| status.contains(Status::DATA_REQUEST)) {
        registers::read_data(&mut again, Width::Doublewords);
        registers::drain();
    }
    again == *description
}

/// The status as soon as the drive is not busy (0.11: `controller_ready`).
fn wait_for_status(polls: u32) -> Option<Status> {
    poll(polls, || {
        Some(registers::alternate_status()).filter(|status| !status.contains(Status::BUSY))
    })
}

/// Reads the partition tables (0.11: `sys_setup`). A task, once.
pub fn sys_setup_disks() {
    for number in 0..MAX_HD {
        let Some(drive) = HD.lock().drives[number] else {
            continue;
        };
        let first = number * MINORS;
        let partitions = read_partitions(Device::new(major::HARD_DISK, first as u8), drive.sectors);
        match partitions {
            Some(partitions) => {
                HD.lock().hd[first + 1..][..PARTITIONS].copy_from_slice(&partitions)
            }
            None => printk!("hd{first}: no partition table\n"),
        }
    }
}

fn read_partitions(device: Device, disk_sectors: u32) -> Option<[Partition; PARTITIONS]> {
    let buffer = fs().bread(device, 0).ok()?;
    let data = buffer.data();
    partition::parse(data.first_chunk()?, disk_sectors)
}

/// Why a command could not be given: the drive is busy with nothing we know.
struct NotReady;

impl Controller {
    /// There is something to do: begins, unless a command is under way, which
    /// goes on with it at its end.
    fn begin(&mut self) {
        if self.expected == Expected::Nothing {
            self.do_request();
        }
    }

    /// Works at the queue until a command is under way or nothing is left.
    fn do_request(&mut self) {
        loop {
            if self.reset {
                return self.reset_controller();
            }
            if let Some(drive) = self.flush_due.iter().position(|due| *due) {
                match self.start_flush(drive) {
                    Ok(()) => return,
                    Err(NotReady) => {
                        self.reset = true;
                        self.end_flush(drive, false);
                        continue;
                    }
                }
            }
            let Some(request) = blk::current_request(major::HARD_DISK) else {
                return self.expect(Expected::Nothing, 0);
            };
            let Some((drive, sector)) = self.locate(&request) else {
                blk::end_request(major::HARD_DISK, false);
                continue;
            };
            match self.start(drive, sector, &request) {
                Ok(()) => return,
                Err(NotReady) => {
                    self.reset = true;
                    self.bad_rw_intr();
                }
            }
        }
    }

    /// The drive of a request, and where on it the request begins; `None`
    /// unless all of it is inside of the partition.
    fn locate(&self, request: &Current) -> Option<(usize, u32)> {
        let minor = usize::from(request.device.minor());
        let sector = request.block.checked_mul(SECTORS_PER_BLOCK)?;
        let count = request.blocks_left.checked_mul(SECTORS_PER_BLOCK)?;
        Some((minor / MINORS, self.hd.get(minor)?.locate(sector, count)?))
    }

    /// Gives the drive the command for a request, or one that has to come
    /// before.
    fn start(&mut self, number: usize, sector: u32, request: &Current) -> Result<(), NotReady> {
        let Some(drive) = self.drives[number] else {
            return Err(NotReady);
        };
        self.drive = number;
        self.width = drive.width;
        if let Some(step) = self.set_up[number].iter().next() {
            return self.tell(&drive, step);
        }
        // After a failure sector by sector, so that only the bad one fails.
        let multiple = if request.errors == 0 {
            drive.multiple
        } else {
            1
        };
        self.sectors_per_interrupt = multiple.into();
        self.sectors_left = request.blocks_left * SECTORS_PER_BLOCK;
        self.moved = 0;
        let (command, expected) = match (request.direction, multiple) {
            (Direction::Read, 1) => (Command::ReadSectors, Expected::Read),
            (Direction::Read, _) => (Command::ReadMultiple, Expected::Read),
            (Direction::Write, 1) => (Command::WriteSectors, Expected::Written),
            (Direction::Write, _) => (Command::WriteMultiple, Expected::Written),
        };
        // 256, the most there are, is written as 0.
        self.hd_out(
            command,
            self.sectors_left as u8,
            drive.address(sector),
            expected,
        )?;
        if request.direction == Direction::Write {
            self.unflushed[number] = drive.flushes;
            // For the first sectors the drive does not interrupt.
            let status = wait_for_status(READY_POLLS).ok_or(NotReady)?;
            if !status.contains(Status::DATA_REQUEST) {
                return Err(NotReady);
            }
            self.send();
        }
        Ok(())
    }

    /// Has a drive empty its cache, or gives it a command that has to come
    /// before.
    fn start_flush(&mut self, number: usize) -> Result<(), NotReady> {
        let Some(drive) = self.drives[number] else {
            return Err(NotReady);
        };
        self.drive = number;
        if let Some(step) = self.set_up[number].iter().next() {
            return self.tell(&drive, step);
        }
        self.hd_out(Command::FlushCache, 0, drive.address(0), Expected::Flushed)?;
        self.expect(Expected::Flushed, FLUSH_TIMEOUT);
        Ok(())
    }

    /// The cache is empty, or it could not be emptied. A drive that does not
    /// know the command is not given it again.
    fn flush_intr(&mut self, status: Status) {
        let number = self.drive;
        let mut is_done = win_result(status);
        if !is_done && registers::was_aborted() {
            printk!("hd{}: cannot empty its cache\n", number * MINORS);
            if let Some(drive) = &mut self.drives[number] {
                drive.flushes = false;
            }
            is_done = true;
        }
        self.end_flush(number, is_done);
        self.do_request();
    }

    fn end_flush(&mut self, number: usize, is_done: bool) {
        self.unflushed[number] = false;
        self.flush_due[number] = false;
        self.flush_errors = self.flush_errors.wrapping_add(u32::from(!is_done));
        sched::wake_up(&FLUSH_WAIT);
    }

    /// One of the commands after a reset.
    fn tell(&mut self, drive: &Drive, step: SetUp) -> Result<(), NotReady> {
        let (command, count, head) = match step {
            SetUp::GEOMETRY => {
                let last_head = drive.geometry.heads as u8 - 1;
                (
                    Command::InitializeParameters,
                    drive.geometry.sectors as u8,
                    last_head,
                )
            }
            SetUp::MULTIPLE => (Command::SetMultiple, drive.multiple, 0),
            _ => (Command::Recalibrate, 0, 0),
        };
        let address = Address {
            head,
            ..Address::default()
        };
        self.hd_out(command, count, address, Expected::SetUp(step))
    }

    /// Gives the drive a command (0.11: `hd_out`).
    fn hd_out(
        &mut self,
        command: Command,
        count: u8,
        address: Address,
        expected: Expected,
    ) -> Result<(), NotReady> {
        wait_for_status(READY_POLLS).ok_or(NotReady)?;
        registers::select(self.drive, address.head);
        wait_for_status(READY_POLLS).ok_or(NotReady)?;
        self.expect(expected, COMMAND_TIMEOUT);
        registers::command(command, count, address);
        io_delay();
        Ok(())
    }

    fn expect(&mut self, expected: Expected, ticks: u32) {
        self.expected = expected;
        TICKS_LEFT.set(ticks);
    }

    /// The drive wants something (0.11: `hd_interrupt` in `system_call.s`).
    fn interrupt(&mut self) {
        let status = registers::status();
        if status.contains(Status::BUSY) {
            // It has taken the interrupt back, or it was none of its.
            return;
        }
        match self.expected {
            Expected::Nothing => unexpected_hd_interrupt(status),
            Expected::Read => self.read_intr(status),
            Expected::Written => self.write_intr(status),
            Expected::SetUp(step) => self.recal_intr(step, status),
            Expected::Flushed => self.flush_intr(status),
            Expected::Reset => {}
        }
    }

    /// Sectors can be fetched, or the drive could not read (0.11:
    /// `read_intr`).
    fn read_intr(&mut self, status: Status) {
        if !win_result(status) || !status.contains(Status::DATA_REQUEST) {
            self.bad_rw_intr();
            return self.do_request();
        }
        let mut count = self.sectors_per_interrupt.min(self.sectors_left);
        self.sectors_left -= count;
        while count != 0 {
            let now = count.min(SECTORS_PER_BLOCK - self.moved);
            if let Some(head) = blk::current_buffer(major::HARD_DISK, 0) {
                registers::read_data(&mut head.data()[bytes(self.moved, now)], self.width);
            }
            self.moved += now;
            count -= now;
            self.end_moved_blocks();
        }
        match self.sectors_left {
            0 => self.do_request(),
            _ => self.expect(Expected::Read, COMMAND_TIMEOUT),
        }
    }

    /// What was sent is on the disk, or could not be written (0.11:
    /// `write_intr`).
    fn write_intr(&mut self, status: Status) {
        let more = self.sectors_left != 0;
        if !win_result(status) || more && !status.contains(Status::DATA_REQUEST) {
            self.bad_rw_intr();
            return self.do_request();
        }
        self.end_moved_blocks();
        if !more {
            return self.do_request();
        }
        self.send();
        self.expect(Expected::Written, COMMAND_TIMEOUT);
    }

    /// Sends the sectors that the drive waits for.
    fn send(&mut self) {
        let mut count = self.sectors_per_interrupt.min(self.sectors_left);
        self.sectors_left -= count;
        while count != 0 {
            let (block, sector) = (
                self.moved / SECTORS_PER_BLOCK,
                self.moved % SECTORS_PER_BLOCK,
            );
            let now = count.min(SECTORS_PER_BLOCK - sector);
            if let Some(head) = blk::current_buffer(major::HARD_DISK, block) {
                registers::write_data(&head.data()[bytes(sector, now)], self.width);
            }
            self.moved += now;
            count -= now;
        }
    }

    /// Ends the blocks all of whose sectors were moved.
    fn end_moved_blocks(&mut self) {
        while self.moved >= SECTORS_PER_BLOCK {
            self.moved -= SECTORS_PER_BLOCK;
            blk::end_request(major::HARD_DISK, true);
        }
    }
    /// The drive was told something; if it did not understand, it goes
    /// without (0.11: `recal_intr`).
    fn recal_intr(&mut self, step: SetUp, status: Status) {
        self.set_up[self.drive].remove(step);
        if let Some(drive) = &mut self.drives[self.drive]
            && step == SetUp::MULTIPLE
            && !win_result(status)
        {
            drive.multiple = 1;
        }
        self.do_request();
    }

    /// The next block could not be moved: leaves it to another try, or gives
    /// it up (0.11: `bad_rw_intr`).
    fn bad_rw_intr(&mut self) {
        self.reset |= blk::bad_rw_intr(major::HARD_DISK, MAX_ERRORS);
    }

    /// Begins a reset of both drives, which [`Controller::tick`] sees the end
    /// of (0.11: `reset_controller`, `reset_hd`).
    fn reset_controller(&mut self) {
        printk!("HD controller reset\n");
        self.reset = false;
        self.all_to_be_set_up();
        registers::control(Control::Reset);
        // 5 microseconds at least.
        for _ in 0..10 {
            io_delay();
        }
        registers::control(Control::Interrupts);
        self.expect(Expected::Reset, RESET_TIMEOUT);
    }

    /// The drives know nothing of what they were told.
    fn all_to_be_set_up(&mut self) {
        for (drive, set_up) in self.drives.iter().zip(&mut self.set_up) {
            let Some(drive) = drive else { continue };
            set_up.set(SetUp::MULTIPLE, drive.multiple > 1);
            set_up.set(SetUp::GEOMETRY | SetUp::RECALIBRATE, !drive.lba);
        }
    }

    /// A tick with a command or a reset under way; `last`: it has taken too
    /// long.
    fn tick(&mut self, last: bool) {
        let is_busy = registers::alternate_status().contains(Status::BUSY);
        match self.expected {
            Expected::Nothing => {}
            Expected::Reset if !is_busy => self.do_request(),
            Expected::Reset if last => {
                printk!("HD controller reset failed\n");
                blk::end_request(major::HARD_DISK, false);
                self.do_request();
            }
            _ if !last => {}
            _ if is_busy => {
                printk!("HD timeout\n");
                self.reset = true;
                match self.expected {
                    Expected::Flushed => self.end_flush(self.drive, false),
                    _ => self.bad_rw_intr(),
                }
                self.do_request();
            }
            _ => {
                printk!("HD interrupt lost\n");
                self.interrupt();
            }
        }
    }
}

/// Whether the last command went well so far (0.11: `win_result`).
fn win_result(status: Status) -> bool {
    !status.intersects(Status::ERROR | Status::DEVICE_FAULT)
}

/// Reading the status has quietened it; nothing else is known of it.
fn unexpected_hd_interrupt(status: Status) {
    printk!("Unexpected HD interrupt, status {:02x}\n", status.bits());
}

/// Where in a buffer `count` sectors from `sector` on lie.
fn bytes(sector: u32, count: u32) -> core::ops::Range<usize> {
    let first = sector as usize * SECTOR_SIZE;
    first..first + count as usize * SECTOR_SIZE
}
