// SPDX-License-Identifier: GPL-2.0-or-later
//! ATA disks (0.11: `kernel/blk_drv/hd.c`).
//!
//! The driver works both drives of the primary channel by interrupts. Minor 0 is the
//! first drive, and 1 to 4 are its partitions; 5 to 9 are the same for the second.
//!
//! [`hd_init`] finds the drives, and [`sys_setup_disks`] reads the partition tables. From
//! then on one request at a time is carried out:
//!
//! ```text
//! do_hd_request   takes the next request and gives the drive a command
//! read_intr       a block of sectors is there: fetch it, wait for the next
//! write_intr      a block of sectors is on the disk: send the next
//! dma_intr        all sectors were moved by the bus master: the request is done
//! recal_intr      the drive is set up again after a reset
//! bad_rw_intr     something failed: try again, after a reset if need be
//! flush_intr      the drive's cache is empty, as [`flush_cache`] wants
//! ```
//!
//! The one command under way ends by an interrupt, or by [`do_tick`], which looks at a
//! drive that is silent for too long, and resets it if it hangs. A block that failed
//! [`MAX_ERRORS`] times is given up; the others of its request are still moved. Nothing
//! here waits for a drive longer than some milliseconds.
#![deny(unsafe_code)]

mod drive;
mod partition;
#[allow(unsafe_code)]
mod registers;

use super::blk::{self, CurrentRequest, DeviceIntr, SECTOR_SIZE, SECTORS_PER_BLOCK};
use super::piix;
use crate::file_system::file_system;
use crate::frame::Registers;
use crate::irq::set_irq_handler;
use crate::sched::{self, HZ};
use crate::{printk, setup_data};
use abi::Errno;
use abi::sys::types::{Device, major};
use asm::io::{io_delay, poll};
use bitflags::bitflags;
use drive::{Address, Drive, Geometry, MOST_MULTIPLE, Width};
use fs::platform::Direction;
use partition::{PARTITIONS, Partition};
use registers::{Command, Control, Status};
use sync::{IrqLock, WaitQueue};

/// How many drives the channel has (0.11: `MAX_HD`).
const MAX_HD: usize = 2;
/// How many minors a drive has: one for itself, then one for each partition.
const MINORS: usize = 1 + PARTITIONS;
/// How often a block is tried (0.11: `MAX_ERRORS`).
const MAX_ERRORS: u32 = 7;
/// The interrupt line of the primary channel.
const HD_IRQ: u8 = 14;

/// Ticks that a command may take.
const COMMAND_TIMEOUT: u32 = 5 * HZ;
/// Ticks that emptying a cache may take: ATA/ATAPI-6, 8.10, says that it may be
/// more than 30 seconds.
const FLUSH_TIMEOUT: u32 = 60 * HZ;
/// Ticks that a reset may take: motors may have to start again.
const RESET_TIMEOUT: u32 = 10 * HZ;
/// After so many looks at the status, a microsecond each, a drive that has nothing to do
/// must be ready.
const READY_POLLS: u32 = 10_000;
/// The same number for a drive that describes itself at the start.
const IDENTIFY_POLLS: u32 = 2_000_000;

bitflags! {
    /// What a drive has to be told before it can be used.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    struct SetUp: u8 {
        /// How many heads, and sectors of a track, it is to count with.
        const GEOMETRY = 1;
        /// How many sectors it is to move by one interrupt.
        const MULTIPLE = 2;
        /// That it is to move the arm to cylinder 0, so that it knows where the arm is.
        const RECALIBRATE = 4;
    }
}

/// What the next interrupt will mean (0.11: `do_hd`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Expected {
    /// A block of sectors can be fetched.
    Read,
    /// A block of sectors is on the disk.
    Written,
    /// All sectors were moved by the bus master.
    Dma,
    /// The drive has understood what it was told.
    SetUp(SetUp),
    /// What was written is on the medium.
    Flushed,
    /// No interrupt comes: [`do_tick`] looks whether the reset is over.
    Reset,
}

/// The channel and its drives.
struct Controller {
    /// The drives that were found (0.11: `hd_info`).
    drives: [Option<Drive>; MAX_HD],
    /// What each drive must still be told.
    set_up: [SetUp; MAX_HD],
    /// The part of its disk that each minor is (0.11: `hd`).
    hd: [Partition; MAX_HD * MINORS],
    /// Whether each drive was written to since its cache was emptied.
    unflushed: [bool; MAX_HD],
    /// Whether somebody waits for its cache to be emptied.
    flush_due: [bool; MAX_HD],
    /// How often that has failed.
    flush_errors: u32,
    device_intr: DeviceIntr<Expected>,
    /// A reset is due (0.11: `reset`).
    reset: bool,
    /// The drive that has the command, and how its data is moved.
    drive: usize,
    width: Width,
    /// How many sectors the command must still move.
    sectors_left: u32,
    /// How many sectors one interrupt of the command moves: one, or those of some blocks.
    sectors_per_interrupt: u32,
    /// How many sectors of the request's next block were moved.
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
    device_intr: DeviceIntr::NONE,
    reset: false,
    drive: 0,
    width: Width::Words,
    sectors_left: 0,
    sectors_per_interrupt: 1,
    moved: 0,
});

/// The tasks that wait until no cache is to be emptied any more.
static FLUSH_WAIT: WaitQueue = WaitQueue::new();

/// Called when the queue is no longer empty (0.11: `do_hd_request`).
pub fn do_hd_request() {
    HD.lock().begin();
}

/// Makes the drives write their caches: when this returns, all that was written is on the
/// media. It costs nothing if nothing was written. `EIO` if a drive fails. May sleep.
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
    let is_done = HD.lock().flush_errors == errors;
    is_done.then_some(()).ok_or(Errno::EIO)
}

fn hd_interrupt(_: &Registers) {
    HD.lock().interrupt();
}

/// Called at each clock tick (0.12: `hd_times_out`).
pub fn do_tick() {
    HD.lock().tick();
}

/// How many blocks a minor has; 0 if there is no such disk or partition.
pub fn blocks(minor: u8) -> u32 {
    let hd = HD.lock();
    hd.hd
        .get(usize::from(minor))
        .map_or(0, |part| part.nr_sects / SECTORS_PER_BLOCK)
}

/// Finds the drives (0.11: `hd_init`, and what `sys_setup` did with
/// `drive_info`). Called before the first interrupt.
pub fn hd_init() {
    let mut hd = HD.lock();
    registers::control(Control::Polled);
    piix::piix_init();
    for number in 0..MAX_HD {
        let Some(mut drive) = find_drive(number) else {
            continue;
        };
        drive.dma &= piix::is_usable();
        let way = if drive.lba { "LBA" } else { "CHS" };
        let dma = if drive.dma { ", DMA" } else { "" };
        let megabytes = drive.sectors / (1024 * 1024 / SECTOR_SIZE as u32);
        let minor = number * MINORS;
        let Geometry {
            cylinders,
            heads,
            sectors,
        } = drive.geometry;
        printk!("hd{minor}: {megabytes} MB, {cylinders}/{heads}/{sectors}, {way}{dma}\n");
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

/// Asks a drive what it is. If it is too old to tell, the BIOS is asked.
fn find_drive(number: usize) -> Option<Drive> {
    /// What is in the cylinder registers of a drive that is no disk, such as one for CDs.
    const PACKET_DEVICE: [u8; 2] = [0x14, 0xEB];
    registers::select(number, 0);
    // Where there is no drive, either all bits are 0, or all bits that matter are 1.
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
            drive.multiple = drive.multiple.min(MOST_MULTIPLE);
        }
        return Some(drive);
    }
    match status.contains(Status::ERROR) && registers::signature() != PACKET_DEVICE {
        true => Drive::from_bios(&setup_data::drive_info(number)),
        false => None,
    }
}

/// Makes the drive describe itself, and returns its status then.
fn identify() -> Option<Status> {
    wait_for_status(READY_POLLS)?;
    registers::command(Command::Identify, 0, Address::default());
    io_delay();
    wait_for_status(IDENTIFY_POLLS)
}

/// Whether the controller passes on 32 bits at a time: then the drive's description
/// arrives as it did by words. A controller on a bus of 16 bits takes the upper half from
/// the register behind the data register instead.
fn passes_doublewords(description: &[u8; SECTOR_SIZE]) -> bool {
    let mut again = [0; SECTOR_SIZE];
    if identify().is_some_and(|status| status.contains(Status::DATA_REQUEST)) {
        registers::read_data(&mut again, Width::Doublewords);
        registers::drain();
    }
    again == *description
}

/// Waits until the drive is not busy, and returns its status (0.11: `controller_ready`).
fn wait_for_status(polls: u32) -> Option<Status> {
    poll(polls, || {
        Some(registers::alternate_status()).filter(|status| !status.contains(Status::BUSY))
    })
}

/// Reads the partition tables (0.11: `sys_setup`). A task calls this once.
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
    let buffer = file_system().bread(device, 0).ok()?;
    let data = buffer.data();
    partition::parse(data.first_chunk()?, disk_sectors)
}

/// A command could not be given: the drive is busy, but not with a command of ours.
struct NotReady;

impl Controller {
    /// Begins with what there is to do, unless a command is under way: when that ends, its
    /// interrupt goes on with the rest.
    fn begin(&mut self) {
        if self.device_intr.expected.is_none() {
            self.do_request();
        }
    }

    /// Works at the queue until a command is under way or nothing is left.
    fn do_request(&mut self) {
        self.device_intr.expected = None;
        loop {
            if self.reset {
                return self.reset_controller();
            }
            if let Some(drive) = self.flush_due.iter().position(|due| *due) {
                if self.start_flush(drive).is_ok() {
                    return;
                }
                self.reset = true;
                self.end_flush(drive, false);
                continue;
            }
            let Some(request) = blk::current_request(major::HARD_DISK) else {
                return;
            };
            let Some((drive, sector)) = self.locate(&request) else {
                blk::end_request(major::HARD_DISK, false);
                continue;
            };
            if self.start(drive, sector, &request).is_ok() {
                return;
            }
            self.reset = true;
            self.bad_rw_intr();
        }
    }

    /// Finds the drive of a request, and the sector there at which the request begins;
    /// `None` unless all of it is inside of the partition.
    fn locate(&self, request: &CurrentRequest) -> Option<(usize, u32)> {
        let minor = usize::from(request.device.minor());
        let sector = request.block.checked_mul(SECTORS_PER_BLOCK)?;
        let count = request.blocks_left.checked_mul(SECTORS_PER_BLOCK)?;
        Some((minor / MINORS, self.hd.get(minor)?.locate(sector, count)?))
    }

    /// Gives the drive the command for a request, or a command that has to come before.
    fn start(
        &mut self,
        number: usize,
        sector: u32,
        request: &CurrentRequest,
    ) -> Result<(), NotReady> {
        let Some(drive) = self.drives[number] else {
            return Err(NotReady);
        };
        self.drive = number;
        self.width = drive.width;
        if let Some(step) = self.set_up[number].iter().next() {
            return self.tell(&drive, step);
        }
        // After a failure sectors are moved one by one, so that only the bad one fails.
        let is_first_try = request.errors == 0;
        let dma = is_first_try && drive.dma && piix::is_usable();
        let multiple = if is_first_try { drive.multiple } else { 1 };
        self.sectors_per_interrupt = multiple.into();
        self.sectors_left = request.blocks_left * SECTORS_PER_BLOCK;
        self.moved = 0;
        let (command, expected) = match (request.direction, multiple) {
            (Direction::Read, _) if dma => (Command::ReadDma, Expected::Dma),
            (Direction::Read, 1) => (Command::ReadSectors, Expected::Read),
            (Direction::Read, _) => (Command::ReadMultiple, Expected::Read),
            (Direction::Write, _) if dma => (Command::WriteDma, Expected::Dma),
            (Direction::Write, 1) => (Command::WriteSectors, Expected::Written),
            (Direction::Write, _) => (Command::WriteMultiple, Expected::Written),
        };
        if dma {
            piix::prepare(request);
        }
        let address = drive.address(sector);
        // 256 sectors are the most there are, and are written as 0.
        self.hd_out(command, self.sectors_left as u8, address, expected)?;
        self.unflushed[number] |= drive.flushes && request.direction == Direction::Write;
        if dma {
            piix::start();
        } else if request.direction == Direction::Write {
            // The drive does not interrupt when it is ready for the first sectors.
            let status = wait_for_status(READY_POLLS).ok_or(NotReady)?;
            if !status.contains(Status::DATA_REQUEST) {
                return Err(NotReady);
            }
            self.move_sectors(Direction::Write);
        }
        Ok(())
    }

    /// Makes a drive empty its cache, or gives it a command that has to come before.
    fn start_flush(&mut self, number: usize) -> Result<(), NotReady> {
        let Some(drive) = self.drives[number] else {
            return Err(NotReady);
        };
        self.drive = number;
        if let Some(step) = self.set_up[number].iter().next() {
            return self.tell(&drive, step);
        }
        self.hd_out(Command::FlushCache, 0, drive.address(0), Expected::Flushed)?;
        self.device_intr.expect(Expected::Flushed, FLUSH_TIMEOUT);
        Ok(())
    }

    /// Called when the cache is empty, or could not be emptied. A drive that does not know
    /// the command is not given it again.
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
    }

    fn end_flush(&mut self, number: usize, is_done: bool) {
        self.unflushed[number] = false;
        self.flush_due[number] = false;
        self.flush_errors = self.flush_errors.wrapping_add(u32::from(!is_done));
        sched::wake_up(&FLUSH_WAIT);
    }

    /// Gives one of the commands that come after a reset.
    fn tell(&mut self, drive: &Drive, step: SetUp) -> Result<(), NotReady> {
        let (sectors, last_head) = (drive.geometry.sectors as u8, drive.geometry.heads as u8 - 1);
        let (command, count, head) = match step {
            SetUp::GEOMETRY => (Command::InitializeParameters, sectors, last_head),
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
        self.device_intr.expect(expected, COMMAND_TIMEOUT);
        registers::command(command, count, address);
        io_delay();
        Ok(())
    }

    /// Called when the drive interrupts (0.11: `hd_interrupt` in `system_call.s`).
    fn interrupt(&mut self) {
        let is_moving = piix::is_moving();
        let status = registers::status();
        if is_moving || status.contains(Status::BUSY) {
            // It has taken the interrupt back, or the interrupt came from elsewhere.
            return;
        }
        let expected = self.device_intr.expected.take();
        match expected {
            None => unexpected_hd_interrupt(status),
            Some(Expected::Read) => self.read_intr(status),
            Some(Expected::Written) => self.write_intr(status),
            Some(Expected::Dma) => self.dma_intr(status),
            Some(Expected::SetUp(step)) => self.recal_intr(step, status),
            Some(Expected::Flushed) => self.flush_intr(status),
            Some(Expected::Reset) => return self.device_intr.expected = expected,
        }
        self.begin();
    }

    /// Called when sectors can be fetched, or when the drive could not read (0.11:
    /// `read_intr`).
    fn read_intr(&mut self, status: Status) {
        if !win_result(status) || !status.contains(Status::DATA_REQUEST) {
            return self.bad_rw_intr();
        }
        self.move_sectors(Direction::Read);
        self.end_moved_blocks();
        if self.sectors_left != 0 {
            self.device_intr.expect(Expected::Read, COMMAND_TIMEOUT);
        }
    }

    /// Called when what was sent is on the disk, or could not be written (0.11:
    /// `write_intr`).
    fn write_intr(&mut self, status: Status) {
        let more = self.sectors_left != 0;
        if !win_result(status) || more && !status.contains(Status::DATA_REQUEST) {
            return self.bad_rw_intr();
        }
        self.end_moved_blocks();
        if more {
            self.move_sectors(Direction::Write);
            self.device_intr.expect(Expected::Written, COMMAND_TIMEOUT);
        }
    }

    /// Called when a transfer by the bus master is over. If it went badly, nobody knows
    /// what was moved, so all of it is tried again without the bus master.
    fn dma_intr(&mut self, status: Status) {
        if piix::stop() && win_result(status) {
            self.moved = self.sectors_left;
            return self.end_moved_blocks();
        }
        // A drive that tells of no error may still wait for data.
        self.reset |= win_result(status);
        self.bad_rw_intr();
    }

    /// Moves the sectors of one interrupt between the drive and the buffers: one sector, or
    /// those of whole blocks.
    fn move_sectors(&mut self, direction: Direction) {
        let count = self.sectors_per_interrupt.min(self.sectors_left);
        let (first, width) = (SECTOR_SIZE * self.moved as usize, self.width);
        self.sectors_left -= count;
        self.moved += count;
        let transfer = |bytes: &mut [u8]| match direction {
            Direction::Read => registers::read_data(bytes, width),
            Direction::Write => registers::write_data(bytes, width),
        };
        match count {
            1 => blk::with_contents(major::HARD_DISK, 1, |block| {
                transfer(&mut block[first..][..SECTOR_SIZE])
            }),
            _ => blk::with_contents(major::HARD_DISK, count / SECTORS_PER_BLOCK, |block| {
                transfer(block)
            }),
        }
    }

    /// Ends the blocks all of whose sectors were moved.
    fn end_moved_blocks(&mut self) {
        blk::end_blocks(major::HARD_DISK, self.moved / SECTORS_PER_BLOCK, true);
        self.moved %= SECTORS_PER_BLOCK;
    }

    /// Called when the drive was told something. If it cannot move several sectors by one
    /// interrupt, it moves one (0.11: `recal_intr`).
    fn recal_intr(&mut self, step: SetUp, status: Status) {
        self.set_up[self.drive].remove(step);
        if let Some(drive) = &mut self.drives[self.drive]
            && step == SetUp::MULTIPLE
            && !win_result(status)
        {
            drive.multiple = 1;
        }
    }

    /// Called when the next block could not be moved: it is left to another try, or given
    /// up (0.11: `bad_rw_intr`).
    fn bad_rw_intr(&mut self) {
        piix::stop();
        self.reset |= blk::bad_rw_intr(major::HARD_DISK, MAX_ERRORS);
    }

    /// Begins a reset of both drives. [`Controller::tick`] sees when it is over (0.11:
    /// `reset_controller`, `reset_hd`).
    fn reset_controller(&mut self) {
        printk!("HD controller reset\n");
        self.reset = false;
        self.all_to_be_set_up();
        registers::control(Control::Reset);
        // It has to last for 5 microseconds at least.
        for _ in 0..10 {
            io_delay();
        }
        registers::control(Control::Interrupts);
        self.device_intr.expect(Expected::Reset, RESET_TIMEOUT);
    }

    /// Notes that the drives no longer know what they were told.
    fn all_to_be_set_up(&mut self) {
        for (drive, set_up) in self.drives.iter().zip(&mut self.set_up) {
            let Some(drive) = drive else { continue };
            set_up.set(SetUp::MULTIPLE, drive.multiple > 1);
            set_up.set(SetUp::GEOMETRY | SetUp::RECALIBRATE, !drive.lba);
        }
    }

    /// Called at each clock tick: sees whether a reset is over, or whether a command takes
    /// too long.
    fn tick(&mut self) {
        let is_late = self.device_intr.tick();
        let is_busy = || piix::is_moving() || registers::alternate_status().contains(Status::BUSY);
        match self.device_intr.expected {
            Some(Expected::Reset) if !is_busy() => {}
            _ if !is_late => return,
            Some(Expected::Reset) => {
                printk!("HD controller reset failed\n");
                blk::end_request(major::HARD_DISK, false);
            }
            _ if !is_busy() => {
                printk!("HD interrupt lost\n");
                return self.interrupt();
            }
            expected => {
                printk!("HD timeout\n");
                self.reset = true;
                match expected {
                    Some(Expected::Flushed) => self.end_flush(self.drive, false),
                    _ => self.bad_rw_intr(),
                }
            }
        }
        self.do_request();
    }
}

/// Whether the last command went well so far (0.11: `win_result`).
fn win_result(status: Status) -> bool {
    !status.intersects(Status::ERROR | Status::DEVICE_FAULT)
}

/// Tells of an interrupt that nobody expects. The drive has taken it back already, since
/// the status was read.
fn unexpected_hd_interrupt(status: Status) {
    printk!("Unexpected HD interrupt, status {:02x}\n", status.bits());
}
