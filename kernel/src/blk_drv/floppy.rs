// SPDX-License-Identifier: GPL-2.0-or-later
//! Floppy disks (0.11: `kernel/blk_drv/floppy.c`).
//!
//! The driver works two drives of one NEC 765 by DMA and interrupts. [`geometry`] tells
//! what the minor numbers mean. One request at a time is carried out, piece by piece:
//!
//! ```text
//! do_fd_request        takes the next request; does the next thing it needs:
//!   ticks_to_floppy_on   the motor on, the drive selected; the clock goes on
//!   reset_floppy         the controller reset            reset_interrupt
//!   recalibrate_floppy   the arm to track 0              recal_interrupt
//!   seek                 the arm to the track            seek_interrupt
//!   setup_rw_floppy      the transfer                    rw_interrupt
//! bad_flp_intr         something failed: tries again, after more of the above
//! ```
//!
//! Each interrupt handler notes what is true now, and then `do_fd_request` goes on. If an
//! interrupt does not come, [`do_floppy_timer`] notices, so that every request ends. A
//! block that failed [`MAX_ERRORS`] times is given up. If a drive has no disk, or is silent
//! twice, its whole request is given up.
#![deny(unsafe_code)]

#[allow(unsafe_code)]
mod controller;
#[allow(unsafe_code)]
mod dma;
mod drive;
mod geometry;
mod motor;

use super::blk::{self, CurrentRequest, DeviceIntr, SECTOR_SIZE, SECTORS_PER_BLOCK};
use crate::frame::Registers;
use crate::irq::set_irq_handler;
use crate::sched::{self, HZ};
use crate::{cmos, printk};
use abi::sys::types::major;
use controller::{Command, NotReady, St0, St1, St2};
use drive::Drive;
use fs::layout::BLOCK_SIZE;
use fs::platform::Direction;
use geometry::{Address, DriveType, FloppyStruct, Rate};
use motor::Motors;
use sync::{IrqLock, WaitQueue};

/// How many drives are supported.
const MAX_DRIVES: usize = 2;
/// How often a block is tried (0.11: `MAX_ERRORS`).
const MAX_ERRORS: u32 = 8;
/// How often an interrupt may fail to come.
const MAX_SILENCES: u32 = 2;
/// The interrupt line of the controller.
const FLOPPY_IRQ: u8 = 6;
/// Ticks that any command may take. The longest one moves a cylinder in a few turns.
const COMMAND_TIMEOUT: u32 = 3 * HZ;
/// How many drives the controller reports on after a reset.
const DRIVES_OF_CONTROLLER: usize = 4;
/// The second byte of SPECIFY: the head is down after 6 ms (as in 0.11), and data moves by
/// DMA.
const SPEC2: u8 = 6;
/// The length of a sector as commands have it: 128 bytes times two to this power.
const SECTOR_SIZE_CODE: u8 = 2;
/// The data length, which means nothing where the sector size has a code.
const DATA_LENGTH: u8 = 0xFF;

/// What the next interrupt will mean (0.11: `do_floppy`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Expected {
    /// No interrupt comes: [`do_floppy_timer`] looks whether the drive is ready.
    MotorOn,
    Reset,
    Recalibrated,
    Sought,
    Transferred,
}

/// The part of a request that one command can do.
#[derive(Clone, Copy)]
struct Transfer {
    direction: Direction,
    floppy: &'static FloppyStruct,
    address: Address,
    blocks: u32,
}

/// Why a command was not given.
enum Failure {
    /// The controller is out of step.
    NotReady,
    /// No try can succeed, for this reason.
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
    device_intr: DeviceIntr<Expected>,
    /// How many interrupts in a row did not come.
    silences: u32,
    /// A reset is due.
    reset: bool,
    /// What the controller was told since the last reset.
    cur_spec1: Option<u8>,
    cur_rate: Option<Rate>,
    /// The drive that is used now, or was used last.
    current_drive: usize,
    /// How many blocks the last transfer moves.
    blocks: u32,
}

static FLOPPY: IrqLock<Controller> = IrqLock::new(Controller {
    drives: [None; MAX_DRIVES],
    motors: Motors::new(),
    device_intr: DeviceIntr::NONE,
    silences: 0,
    // Nobody knows in which state the BIOS has left it.
    reset: true,
    cur_spec1: None,
    cur_rate: None,
    current_drive: 0,
    blocks: 0,
});

/// The tasks that wait until the other drive is no longer used.
static WAIT_ON_FLOPPY_SELECT: WaitQueue = WaitQueue::new();

/// Finds the drives. Called before the first interrupt.
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

/// Called when the queue is no longer empty.
pub fn do_fd_request() {
    FLOPPY.lock().do_fd_request();
}

fn floppy_interrupt(_: &Registers) {
    FLOPPY.lock().interrupt();
}

/// Called at each clock tick (0.11: `do_floppy_timer` in `kernel/sched.c`).
pub fn do_floppy_timer() {
    if motor::is_any_on() {
        FLOPPY.lock().tick();
    }
}

/// How many blocks the disk of a minor has; 0 if there is no such drive or kind of disk.
pub fn blocks(minor: u8) -> u32 {
    let floppy = FLOPPY.lock();
    floppy.disk(minor).map_or(0, FloppyStruct::blocks)
}

/// Whether the disk in the drive of this minor was changed since the last call. Sleeps
/// while the other drive is used.
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
        self.device_intr.expected.is_some() && self.current_drive != drive
    }

    /// As [`floppy_change`], while the other drive is not used.
    fn floppy_change(&mut self, number: usize) -> bool {
        let Some(Some(drive)) = self.drives.get_mut(number) else {
            return false;
        };
        self.motors.ticks_to_floppy_on(number);
        let was_changed = drive.floppy_change(controller::disk_changed());
        if self.device_intr.expected.is_none() {
            self.motors.floppy_off(number);
        }
        was_changed
    }

    /// Works at the queue until something is waited for or nothing is left.
    fn do_fd_request(&mut self) {
        self.device_intr.expected = None;
        while self.device_intr.expected.is_none() {
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
                    // A command that was given only in part brings no interrupt.
                    self.device_intr.expected = None;
                    self.not_ready();
                }
                Err(Failure::Hopeless(why)) => blk::end_hopeless_request(major::FLOPPY, why),
            }
        }
    }

    /// Finds out how much of a request one command can do, and where it lies on the disk;
    /// `None` if it lies outside.
    fn locate(&self, request: &CurrentRequest) -> Option<Transfer> {
        let floppy = self.disk(request.device.minor())?;
        if request.block >= floppy.blocks() {
            return None;
        }
        let address = floppy.address(request.block);
        // After a failure blocks are moved one by one, so that only the bad one fails.
        let most = if request.errors == 0 {
            address.blocks
        } else {
            1
        };
        Some(Transfer {
            direction: request.direction,
            floppy,
            address,
            blocks: request.blocks_left.min(most),
        })
    }

    fn select(&mut self, drive: usize) {
        if drive != self.current_drive {
            self.floppy_deselect();
            self.current_drive = drive;
        }
    }

    /// Called when the drive is not used for now.
    fn floppy_deselect(&mut self) {
        self.motors.floppy_off(self.current_drive);
        sched::wake_up(&WAIT_ON_FLOPPY_SELECT);
    }

    /// Begins what has to be done next for a transfer: in the end that is the transfer
    /// itself.
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
        let track = transfer.floppy.arm(transfer.address.track);
        if drive
            .must_move(controller::disk_changed())
            .map_err(Failure::Hopeless)?
        {
            // It may go anywhere, if only it moves.
            self.seek(u8::from(arm == 0))?;
        } else if arm != track {
            self.seek(track)?;
        } else {
            self.setup_rw_floppy(transfer)?;
        }
        Ok(())
    }

    fn expect(&mut self, expected: Expected) {
        self.device_intr.expect(expected, COMMAND_TIMEOUT);
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

    fn reset_interrupt() -> Result<(), NotReady> {
        for _ in 0..DRIVES_OF_CONTROLLER {
            if controller::sense_interrupt().is_err() {
                break;
            }
        }
        Ok(())
    }

    fn recalibrate_floppy(&mut self) -> Result<(), NotReady> {
        self.expect(Expected::Recalibrated);
        controller::output_bytes(&[Command::Recalibrate as u8, self.current_drive as u8])
    }

    /// Now the arm is at track 0, unless that was more steps away than the controller
    /// makes for one command. Then the next try comes nearer.
    fn recal_interrupt(&mut self) -> Result<(), NotReady> {
        let (st0, _) = controller::sense_interrupt()?;
        match went_well(st0) {
            true => self.set_arm(Some(0)),
            false => self.bad_flp_intr(),
        }
        Ok(())
    }

    fn seek(&mut self, arm: u8) -> Result<(), NotReady> {
        self.expect(Expected::Sought);
        self.set_arm(Some(arm));
        controller::output_bytes(&[Command::Seek as u8, self.current_drive as u8, arm])
    }

    fn seek_interrupt(&mut self) -> Result<(), NotReady> {
        let wanted = self.drives[self.current_drive].and_then(|drive| drive.arm);
        let (st0, arm) = controller::sense_interrupt()?;
        if !went_well(st0) || Some(arm) != wanted {
            self.bad_flp_intr();
        }
        Ok(())
    }

    fn set_arm(&mut self, arm: Option<u8>) {
        if let Some(drive) = &mut self.drives[self.current_drive] {
            drive.arm = arm;
        }
    }

    /// Gives the command of a transfer.
    fn setup_rw_floppy(&mut self, transfer: &Transfer) -> Result<(), NotReady> {
        let Transfer {
            floppy, address, ..
        } = transfer;
        let command = match transfer.direction {
            Direction::Read => Command::Read,
            Direction::Write => {
                for index in 0..transfer.blocks {
                    if let Some(head) = blk::current_buffer(major::FLOPPY, index) {
                        dma::store(index as usize * BLOCK_SIZE, &head.data()[..]);
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
            address.head << 2 | self.current_drive as u8,
            address.track,
            address.head,
            address.sector,
            SECTOR_SIZE_CODE,
            floppy.sect as u8,
            floppy.gap,
            DATA_LENGTH,
        ])
    }

    /// Called when the transfer is over, well or badly.
    fn rw_interrupt(&mut self) -> Result<(), NotReady> {
        let [st0, st1, st2, ..] = controller::result::<7>()?;
        if is_transferred(st0, st1, st2) {
            self.end_blocks();
        } else if St1::from_bits_retain(st1).contains(St1::NOT_WRITABLE) {
            blk::end_hopeless_request(major::FLOPPY, "write protected");
        } else {
            self.bad_flp_intr();
        }
        Ok(())
    }

    /// Ends the blocks that were moved.
    fn end_blocks(&mut self) {
        for index in 0..self.blocks as usize {
            let is_read = blk::current_request(major::FLOPPY)
                .is_some_and(|request| request.direction == Direction::Read);
            if is_read && let Some(head) = blk::current_buffer(major::FLOPPY, 0) {
                dma::load(index * BLOCK_SIZE, &mut head.data()[..]);
            }
            blk::end_request(major::FLOPPY, true);
        }
    }

    /// Called when something failed: the next block is left to another try, or given up.
    fn bad_flp_intr(&mut self) {
        self.set_arm(None);
        self.reset |= blk::bad_rw_intr(major::FLOPPY, MAX_ERRORS);
    }

    /// Called when the controller is out of step: as [`Controller::bad_flp_intr`], but a
    /// reset comes before the next try.
    fn not_ready(&mut self) {
        self.reset = true;
        self.bad_flp_intr();
    }

    fn interrupt(&mut self) {
        let result = match self.device_intr.expected {
            None | Some(Expected::MotorOn) => return self.unexpected_floppy_interrupt(),
            Some(Expected::Reset) => Self::reset_interrupt(),
            Some(Expected::Recalibrated) => self.recal_interrupt(),
            Some(Expected::Sought) => self.seek_interrupt(),
            Some(Expected::Transferred) => self.rw_interrupt(),
        };
        self.silences = 0;
        if let Err(NotReady) = result {
            self.not_ready();
        }
        self.do_fd_request();
    }

    /// Takes the interrupt back. The next request begins with a reset.
    fn unexpected_floppy_interrupt(&mut self) {
        printk!("Unexpected floppy interrupt\n");
        let _ = controller::sense_interrupt();
        self.reset = true;
    }

    /// Called at each clock tick while a motor is on.
    fn tick(&mut self) {
        self.motors.do_floppy_timer();
        let is_late = self.device_intr.tick();
        match self.device_intr.expected {
            Some(Expected::MotorOn) => {
                let ticks = self.motors.ticks_to_floppy_on(self.current_drive);
                if ticks == 0 {
                    self.do_fd_request();
                }
            }
            _ if is_late => self.silence(),
            _ => {}
        }
    }

    /// Called when an interrupt did not come in time.
    fn silence(&mut self) {
        self.silences += 1;
        if self.silences < MAX_SILENCES {
            self.not_ready();
        } else {
            self.reset = true;
            self.silences = 0;
            blk::end_hopeless_request(major::FLOPPY, "timeout");
        }
        self.do_fd_request();
    }
}

/// Whether the arm is where it was sent.
fn went_well(st0: St0) -> bool {
    st0.contains(St0::SEEK_END) && !st0.intersects(St0::FAILED)
}

/// Whether all sectors were moved.
fn is_transferred(st0: u8, st1: u8, st2: u8) -> bool {
    let (st1, st2) = (St1::from_bits_retain(st1), St2::from_bits_retain(st2));
    !St0::from_bits_retain(st0).intersects(St0::FAILED)
        && !st1.intersects(St1::FAILED | St1::NOT_WRITABLE)
        && !st2.intersects(St2::FAILED)
}
