// SPDX-License-Identifier: GPL-2.0-or-later
//! Floppy disks (0.11: `kernel/blk_drv/floppy.c`).
//!
//! Two drives on one NEC 765, by DMA and interrupt. [`geometry`] tells what
//! the minor numbers mean. One request is worked at, piece by piece:
//!
//! ```text
//! do_fd_request        takes the next request; does the next thing it needs:
//!   ticks_to_floppy_on   the motor on, the drive selected; the clock goes on
//!   reset_floppy         the controller reset            reset_interrupt
//!   recalibrate_floppy   the arm to track 0              recal_interrupt
//!   seek                 the arm to the track            seek_interrupt
//!   setup_rw_floppy      the transfer                    rw_interrupt
//! bad_flp_intr         it failed: tries again, after more of the above
//! ```
//!
//! Each interrupt notes what is true now and calls `do_fd_request` again. One
//! that does not come is missed by [`do_floppy_timer`], so that every request
//! ends: a block that failed [`MAX_ERRORS`] times is given up, and a drive
//! without a disk, or one that is silent twice, gives up the whole request.
#![deny(unsafe_code)]

#[allow(unsafe_code)]
mod controller;
#[allow(unsafe_code)]
mod dma;
mod drive;
mod geometry;
mod motor;

use super::blk::{self, Current, SECTOR_SIZE, SECTORS_PER_BLOCK};
use crate::frame::Registers;
use crate::irq::set_irq_handler;
use crate::sched::{self, HZ};
use crate::{cmos, printk};
use abi::sys::types::major;
use controller::{Command, NotReady, St0, St1, St2};
use drive::Drive;
use fs::layout::BLOCK_SIZE;
use fs::platform::Direction;
use geometry::{DriveType, FloppyStruct, Place, Rate};
use motor::Motors;
use sync::{IrqLock, WaitQueue};

/// Drives that are supported.
const MAX_DRIVES: usize = 2;
/// How often a block is tried (0.11: `MAX_ERRORS`).
const MAX_ERRORS: u32 = 8;
/// How often an interrupt may fail to come.
const MAX_SILENCES: u32 = 2;
/// The line of the controller.
const FLOPPY_IRQ: u8 = 6;
/// Ticks that anything may take. The longest is a cylinder in a few turns.
const COMMAND_TIMEOUT: u32 = 3 * HZ;
/// Drives that the controller reports on after a reset.
const DRIVES_OF_CONTROLLER: usize = 4;
/// Second byte of SPECIFY: 6 ms until the head is down (0.11 has the same),
/// and DMA.
const SPEC2: u8 = 6;
/// Length of a sector as commands have it: 128 bytes times two to this power.
const SECTOR_SIZE_CODE: u8 = 2;
/// Data length, of no meaning where the sector size has a code.
const DATA_LENGTH: u8 = 0xFF;

/// What the next interrupt will mean (0.11: `do_floppy`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Expected {
    /// No command is under way.
    Nothing,
    /// None comes: [`do_floppy_timer`] looks whether the drive is ready.
    MotorOn,
    Reset,
    Recalibrated,
    Sought,
    Transferred,
}

/// One command's part of a request.
#[derive(Clone, Copy)]
struct Transfer {
    direction: Direction,
    floppy: &'static FloppyStruct,
    place: Place,
    blocks: u32,
}

/// Why a command was not given.
enum Failure {
    /// The controller is out of step.
    NotReady,
    /// There is no point in trying.
    Hopeless(&'static str),
}

impl From<NotReady> for Failure {
    fn from(NotReady: NotReady) -> Failure {
        Failure::NotReady
    }
}

/// The controller and its drives.
struct Controller {
    drives: [Option<Drive>; MAX_DRIVES],
    motors: Motors,
    expected: Expected,
    /// Ticks until patience is over.
    ticks_left: u32,
    /// Interrupts in a row that did not come.
    silences: u32,
    /// A reset is due.
    reset: bool,
    /// What the controller was told; nothing after a reset.
    cur_spec1: Option<u8>,
    cur_rate: Option<Rate>,
    /// The drive that is worked with, or was last.
    current_drive: usize,
    /// The last transfer begun: its blocks.
    blocks: u32,
}

static FLOPPY: IrqLock<Controller> = IrqLock::new(Controller {
    drives: [None; MAX_DRIVES],
    motors: Motors::new(),
    expected: Expected::Nothing,
    ticks_left: 0,
    silences: 0,
    // Nobody knows what the BIOS has left.
    reset: true,
    cur_spec1: None,
    cur_rate: None,
    current_drive: 0,
    blocks: 0,
});

/// Waits for the other drive to be done with.
static WAIT_ON_FLOPPY_SELECT: WaitQueue = WaitQueue::new();

/// Finds the drives. Before the first interrupt.
pub fn floppy_init() {
    let register = cmos::read_cmos(cmos::register::FLOPPY_DRIVES);
    let mut floppy = FLOPPY.lock();
    for (number, drive) in floppy.drives.iter_mut().enumerate() {
        let Some(kind) = DriveType::from_cmos(register, number) else {
            continue;
        };
        let kilobytes = kind.disk(0).map_or(0, FloppyStruct::blocks);
        printk!("fd{number}: {kilobytes} KB\n");
        *drive = Some(Drive::new(kind));
    }
    set_irq_handler(FLOPPY_IRQ, floppy_interrupt);
}

/// The queue is no longer empty.
pub fn do_fd_request() {
    FLOPPY.lock().do_fd_request();
}

fn floppy_interrupt(_: &Registers) {
    FLOPPY.lock().interrupt();
}

/// Each clock tick (0.11: `do_floppy_timer` in `kernel/sched.c`).
pub fn do_floppy_timer() {
    if motor::is_any_on() {
        FLOPPY.lock().tick();
    }
}

/// Blocks of a minor; 0 if there is no such drive or kind of disk.
pub fn blocks(minor: u8) -> u32 {
    let floppy = FLOPPY.lock();
    floppy.disk(minor).map_or(0, FloppyStruct::blocks)
}

/// Whether the disk in the drive of this minor was changed since this was last
/// asked. Sleeps while the other drive is being worked with.
pub fn floppy_change(minor: u8) -> bool {
    let drive = geometry::drive_number(minor);
    loop {
        let mut is_other_busy = || FLOPPY.lock().is_other_busy(drive);
        sched::sleep_while(&WAIT_ON_FLOPPY_SELECT, &mut is_other_busy);
        let mut floppy = FLOPPY.lock();
        if !floppy.is_other_busy(drive) {
            return floppy.floppy_change(drive);
        }
    }
}

impl Controller {
    /// The disk that a minor expects.
    fn disk(&self, minor: u8) -> Option<&'static FloppyStruct> {
        let drive = self.drives.get(geometry::drive_number(minor))?.as_ref()?;
        drive.kind.disk(minor)
    }

    fn is_other_busy(&self, drive: usize) -> bool {
        self.expected != Expected::Nothing && self.current_drive != drive
    }

    /// As [`floppy_change`]; the other drive is not being worked with.
    fn floppy_change(&mut self, number: usize) -> bool {
        let Some(Some(drive)) = self.drives.get_mut(number) else {
            return false;
        };
        self.motors.ticks_to_floppy_on(number);
        let was_changed = drive.floppy_change(controller::disk_changed());
        if self.expected == Expected::Nothing {
            self.motors.floppy_off(number);
        }
        was_changed
    }

    /// Works at the queue until something is waited for or nothing is left.
    fn do_fd_request(&mut self) {
        self.expected = Expected::Nothing;
        while self.expected == Expected::Nothing {
            let Some(request) = blk::current_request(major::FLOPPY) else {
                return self.floppy_deselect();
            };
            let Some(transfer) = self.locate(&request) else {
                blk::end_request(major::FLOPPY, false);
                continue;
            };
            self.select(geometry::drive_number(request.device.minor()));
            match self.begin(&transfer) {
                Ok(()) => {}
                Err(Failure::NotReady) => {
                    // Half a command brings no interrupt.
                    self.expected = Expected::Nothing;
                    self.reset = true;
                    self.bad_flp_intr();
                }
                Err(Failure::Hopeless(why)) => blk::end_hopeless_request(major::FLOPPY, why),
            }
        }
    }

    /// How much of a request one command can do, and where; `None` if it does
    /// not lie on the disk.
    fn locate(&self, request: &Current) -> Option<Transfer> {
        let floppy = self.disk(request.device.minor())?;
        if request.block >= floppy.blocks() {
            return None;
        }
        let place = floppy.place(request.block);
        // After a failure block by block, so that only the bad one fails.
        let most = if request.errors == 0 { place.blocks } else { 1 };
        Some(Transfer {
            direction: request.direction,
            floppy,
            place,
            blocks: request.blocks_left.min(most),
        })
    }

    fn select(&mut self, drive: usize) {
        if drive != self.current_drive {
            self.floppy_deselect();
            self.current_drive = drive;
        }
    }

    /// The drive is not used for now.
    fn floppy_deselect(&mut self) {
        self.motors.floppy_off(self.current_drive);
        sched::wake_up(&WAIT_ON_FLOPPY_SELECT);
    }

    /// Begins with what has to be done next for a transfer, in the end with
    /// the transfer itself.
    fn begin(&mut self, transfer: &Transfer) -> Result<(), Failure> {
        let number = self.current_drive;
        if self.motors.ticks_to_floppy_on(number) != 0 {
            self.expect(Expected::MotorOn);
            return Ok(());
        }
        if self.reset {
            self.reset_floppy();
            return Ok(());
        }
        self.specify(transfer.floppy)?;
        let Some(drive) = &mut self.drives[number] else {
            return Err(Failure::Hopeless("no such drive"));
        };
        let Some(arm) = drive.arm else {
            return Ok(self.recalibrate_floppy()?);
        };
        let track = transfer.floppy.arm(transfer.place.track);
        if drive
            .must_move(controller::disk_changed())
            .map_err(Failure::Hopeless)?
        {
            // Anywhere but here.
            self.seek(u8::from(arm == 0))?;
        } else if arm != track {
            self.seek(track)?;
        } else {
            self.setup_rw_floppy(transfer)?;
        }
        Ok(())
    }

    fn expect(&mut self, expected: Expected) {
        self.expected = expected;
        self.ticks_left = COMMAND_TIMEOUT;
    }

    /// Tells the controller how to handle this kind of disk.
    fn specify(&mut self, floppy: &FloppyStruct) -> Result<(), NotReady> {
        if self.cur_spec1 != Some(floppy.spec1) {
            controller::output_bytes(&[Command::Specify as u8, floppy.spec1, SPEC2])?;
            self.cur_spec1 = Some(floppy.spec1);
        }
        if self.cur_rate != Some(floppy.rate) {
            controller::set_rate(floppy.rate);
            self.cur_rate = Some(floppy.rate);
        }
        Ok(())
    }

    /// Begins a reset, after which nothing is known any more.
    fn reset_floppy(&mut self) {
        self.reset = false;
        self.cur_spec1 = None;
        self.cur_rate = None;
        for drive in self.drives.iter_mut().flatten() {
            drive.arm = None;
        }
        self.expect(Expected::Reset);
        self.motors.reset();
    }

    fn reset_interrupt(&mut self) {
        for _ in 0..DRIVES_OF_CONTROLLER {
            if controller::sense_interrupt().is_err() {
                break;
            }
        }
        self.do_fd_request();
    }

    fn recalibrate_floppy(&mut self) -> Result<(), NotReady> {
        self.expect(Expected::Recalibrated);
        controller::output_bytes(&[Command::Recalibrate as u8, self.current_drive as u8])
    }

    /// The arm is at track 0, unless there were more steps to it than the
    /// controller makes: then the next try comes nearer.
    fn recal_interrupt(&mut self) {
        match controller::sense_interrupt() {
            Ok((st0, _)) if went_well(st0) => self.set_arm(Some(0)),
            Ok(_) => self.bad_flp_intr(),
            Err(NotReady) => {
                self.reset = true;
                self.bad_flp_intr();
            }
        }
        self.do_fd_request();
    }

    fn seek(&mut self, arm: u8) -> Result<(), NotReady> {
        self.expect(Expected::Sought);
        self.set_arm(Some(arm));
        controller::output_bytes(&[Command::Seek as u8, self.current_drive as u8, arm])
    }

    fn seek_interrupt(&mut self) {
        let wanted = self.drives[self.current_drive].and_then(|drive| drive.arm);
        match controller::sense_interrupt() {
            Ok((st0, arm)) if went_well(st0) && Some(arm) == wanted => {}
            _ => self.bad_flp_intr(),
        }
        self.do_fd_request();
    }

    fn set_arm(&mut self, arm: Option<u8>) {
        if let Some(drive) = &mut self.drives[self.current_drive] {
            drive.arm = arm;
        }
    }

    /// Gives the command of a transfer.
    fn setup_rw_floppy(&mut self, transfer: &Transfer) -> Result<(), NotReady> {
        let Transfer { floppy, place, .. } = transfer;
        let command = match transfer.direction {
            Direction::Read => Command::Read,
            Direction::Write => {
                for index in 0..transfer.blocks {
                    if let Some(head) = blk::current_buffer(major::FLOPPY, index) {
                        dma::store(index as usize * BLOCK_SIZE, &*head.data());
                    }
                }
                Command::Write
            }
        };
        let sectors = (transfer.blocks * SECTORS_PER_BLOCK) as usize;
        dma::setup_dma(transfer.direction, sectors * SECTOR_SIZE);
        self.blocks = transfer.blocks;
        self.expect(Expected::Transferred);
        controller::output_bytes(&[
            command as u8,
            place.head << 2 | self.current_drive as u8,
            place.track,
            place.head,
            place.sector,
            SECTOR_SIZE_CODE,
            floppy.sect as u8,
            floppy.gap,
            DATA_LENGTH,
        ])
    }

    /// The transfer is over, well or badly.
    fn rw_interrupt(&mut self) {
        match controller::result::<7>() {
            Ok([st0, st1, st2, ..]) if is_transferred(st0, st1, st2) => self.end_blocks(),
            Ok([_, st1, ..]) if St1::from_bits_retain(st1).contains(St1::NOT_WRITABLE) => {
                blk::end_hopeless_request(major::FLOPPY, "write protected");
            }
            Ok(_) => self.bad_flp_intr(),
            Err(NotReady) => {
                self.reset = true;
                self.bad_flp_intr();
            }
        }
        self.do_fd_request();
    }

    /// Ends the blocks that were moved.
    fn end_blocks(&mut self) {
        for index in 0..self.blocks as usize {
            let is_read = blk::current_request(major::FLOPPY)
                .is_some_and(|request| request.direction == Direction::Read);
            if is_read && let Some(head) = blk::current_buffer(major::FLOPPY, 0) {
                dma::load(index * BLOCK_SIZE, &mut *head.data());
            }
            blk::end_request(major::FLOPPY, true);
        }
    }

    /// Something failed: leaves the next block to another try, or gives it up.
    fn bad_flp_intr(&mut self) {
        self.set_arm(None);
        self.reset |= blk::bad_rw_intr(major::FLOPPY, MAX_ERRORS);
    }

    fn interrupt(&mut self) {
        let expected = self.expected;
        if !matches!(expected, Expected::Nothing | Expected::MotorOn) {
            self.silences = 0;
        }
        match expected {
            Expected::Nothing | Expected::MotorOn => self.unexpected_floppy_interrupt(),
            Expected::Reset => self.reset_interrupt(),
            Expected::Recalibrated => self.recal_interrupt(),
            Expected::Sought => self.seek_interrupt(),
            Expected::Transferred => self.rw_interrupt(),
        }
    }

    /// Takes the interrupt back; the next request begins anew.
    fn unexpected_floppy_interrupt(&mut self) {
        printk!("Unexpected floppy interrupt\n");
        let _ = controller::sense_interrupt();
        self.reset = true;
    }

    /// A tick while a motor is on.
    fn tick(&mut self) {
        self.motors.do_floppy_timer();
        match self.expected {
            Expected::Nothing => {}
            Expected::MotorOn => {
                if self.motors.ticks_to_floppy_on(self.current_drive) == 0 {
                    self.do_fd_request();
                }
            }
            _ => {
                self.ticks_left -= 1;
                if self.ticks_left == 0 {
                    self.silence();
                }
            }
        }
    }

    /// An interrupt did not come.
    fn silence(&mut self) {
        self.reset = true;
        self.silences += 1;
        if self.silences < MAX_SILENCES {
            self.bad_flp_intr();
        } else {
            self.silences = 0;
            blk::end_hopeless_request(major::FLOPPY, "timeout");
        }
        self.do_fd_request();
    }
}

/// Whether the arm is where it was sent.
fn went_well(st0: St0) -> bool {
    let bad = St0::INTERRUPT_CODE | St0::EQUIPMENT_CHECK | St0::NOT_READY;
    st0.contains(St0::SEEK_END) && !st0.intersects(bad)
}

/// Whether all sectors were moved.
fn is_transferred(st0: u8, st1: u8, st2: u8) -> bool {
    let bad = St0::INTERRUPT_CODE | St0::EQUIPMENT_CHECK | St0::NOT_READY;
    let (st1, st2) = (St1::from_bits_retain(st1), St2::from_bits_retain(st2));
    !St0::from_bits_retain(st0).intersects(bad)
        && !st1.intersects(St1::FAILED | St1::NOT_WRITABLE)
        && !st2.intersects(St2::FAILED)
}
