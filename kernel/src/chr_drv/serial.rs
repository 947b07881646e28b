// SPDX-License-Identifier: GPL-2.0-or-later
//! The serial lines: 8250, 16450 and 16550A UARTs at COM1 and COM2
//! (0.11: `kernel/chr_drv/serial.c`, `kernel/chr_drv/rs_io.s`).
//!
//! [`rs_write`] gives the UART what it can take of a terminal's output and has
//! it interrupt when it can take more; the interrupt brings in what came over
//! the line and calls [`rs_write`] again. A 16550A takes and keeps 16 bytes at
//! a time.
//!
//! What the modem says comes by interrupt too: without CLOCAL a carrier that is
//! lost hangs the terminal up, with CRTSCTS the modem stops and starts output.
//!
//! [`Messages`] of the kernel go to COM1 too. They wait for the UART instead, so
//! they work before [`rs_init`] and in a panic. Only where interrupts are masked
//! nobody waits: [`rs_write`] sends what was said there, from the next clock tick
//! on.
//!
//! Source: National Semiconductor, PC16550D data sheet; IBM PC AT Technical
//! Reference for the ports.

mod messages;
mod registers;

use super::tty_io::{self, LineDiscipline, LineError, WriteQueue};
use crate::irq::{self, set_irq_handler};
use crate::sched::jiffies;
use lib::asm::io::{inb, outb};
use lib::asm::system::{EFLAGS_IF, eflags, let_interrupts_in};
use lib::lock::{IrqLock, Word};
use lib::termios::{
    ControlFlags, TIOCM_CAR, TIOCM_CTS, TIOCM_DSR, TIOCM_DTR, TIOCM_RNG, TIOCM_RTS,
};
use messages::Messages;
use registers::{
    FIFO_IS_ON, FIFO_ON, Interrupts, LineControl, LineStatus, ModemControl, ModemStatus, NO_CAUSE,
    Register, divisor, format,
};

/// Serial lines there can be.
const PORTS: usize = 2;
/// Their first ports and interrupt lines.
const COM: [(u16, u8); PORTS] = [(0x3F8, 4), (0x2F8, 3)];
/// Bytes that a 16550A keeps in each direction.
const FIFO_SIZE: usize = 16;
/// Times that a message asks whether the UART takes a byte: longer than it can
/// need, but not for ever.
const MOST_POLLS: u32 = 100_000;
/// Reasons of interrupts dealt with at a time; a UART that goes on must not
/// keep the processor.
const MOST_CAUSES: u32 = 256;

/// A UART.
struct Uart {
    base: u16,
    is_present: bool,
    /// Bytes it takes when it can send.
    fifo_size: usize,
    interrupts: Interrupts,
    control: LineControl,
    /// What comes is not thrown away: CREAD.
    receives: bool,
    /// RTS and CTS say who may send: CRTSCTS.
    flow_by_lines: bool,
    /// The modem said so when it was last asked.
    clear_to_send: bool,
    has_carrier: bool,
    /// It had a carrier and lost it since [`Uart::take_carrier_lost`].
    carrier_lost: bool,
}

/// A byte that has come, and the errors that came with it.
#[derive(Clone, Copy)]
struct Received {
    byte: u8,
    status: LineStatus,
}

impl Received {
    const NOTHING: Received = Received {
        byte: 0,
        status: LineStatus::empty(),
    };

    fn error(&self) -> Option<LineError> {
        if self.status.contains(LineStatus::BREAK) {
            Some(LineError::Break)
        } else if self
            .status
            .intersects(LineStatus::PARITY_ERROR | LineStatus::FRAMING_ERROR)
        {
            Some(LineError::Parity)
        } else {
            None
        }
    }
}

/// What interrupts at any time.
const ALWAYS: Interrupts = Interrupts::RECEIVE
    .union(Interrupts::LINE_STATUS)
    .union(Interrupts::MODEM_STATUS);

static UARTS: [IrqLock<Uart>; PORTS] = [
    IrqLock::new(Uart::new(COM[0].0)),
    IrqLock::new(Uart::new(COM[1].0)),
];

/// Bit `n`: line `n` has output that waits for an interrupt.
static WAITING: Word = Word::new(0);

/// What the kernel says on line 0 and the UART has not taken yet.
static MESSAGES: IrqLock<Messages> = IrqLock::new(Messages::new());

fn read(base: u16, register: Register) -> u8 {
    // SAFETY: the UARTs are this module's alone.
    unsafe { inb(base + register as u16) }
}

fn write(base: u16, register: Register, value: u8) {
    // SAFETY: as above; a UART reaches no memory.
    unsafe { outb(value, base + register as u16) };
}

fn line_status(base: u16) -> LineStatus {
    LineStatus::from_bits_retain(read(base, Register::LineStatus))
}

impl Uart {
    const fn new(base: u16) -> Uart {
        Uart {
            base,
            is_present: false,
            fifo_size: 1,
            interrupts: Interrupts::empty(),
            control: LineControl::SIZE,
            receives: true,
            flow_by_lines: false,
            clear_to_send: true,
            has_carrier: false,
            carrier_lost: false,
        }
    }

    /// Finds out what is there and sets it to `flags` (0.11: `init`).
    fn init(&mut self, flags: ControlFlags) {
        self.is_present = self.answers();
        if !self.is_present {
            return;
        }
        self.change_speed(flags);
        write(self.base, Register::Cause, FIFO_ON);
        if read(self.base, Register::Cause) & FIFO_IS_ON == FIFO_IS_ON {
            self.fifo_size = FIFO_SIZE;
        }
        let lines = ModemControl::DTR | ModemControl::RTS | ModemControl::OUT2;
        write(self.base, Register::ModemControl, lines.bits());
        self.look_at_modem();
        self.enable(ALWAYS);
    }

    /// Whether there is a UART: of the interrupt register the lower half keeps
    /// what is written, the upper is zero. An empty bus reads as ones.
    fn answers(&self) -> bool {
        const KEPT: u8 = 0x0F;
        let keeps = |value| {
            write(self.base, Register::Interrupts, value);
            read(self.base, Register::Interrupts) == value
        };
        keeps(KEPT) && keeps(0)
    }

    /// Sets speed and format; speed 0 hangs up, and any other picks up again.
    fn change_speed(&mut self, flags: ControlFlags) {
        let divisor = divisor(flags);
        self.set_lines(ModemControl::DTR | ModemControl::RTS, divisor.is_some());
        self.receives = flags.contains(ControlFlags::CREAD);
        self.flow_by_lines = flags.contains(ControlFlags::CRTSCTS);
        self.control = format(flags);
        if let Some(divisor) = divisor {
            let [low, high] = divisor.to_le_bytes();
            write(
                self.base,
                Register::LineControl,
                (self.control | LineControl::DIVISOR).bits(),
            );
            write(self.base, Register::Data, low);
            write(self.base, Register::Interrupts, high);
        }
        write(self.base, Register::LineControl, self.control.bits());
    }

    /// Raises or drops some of our modem lines.
    fn set_lines(&self, lines: ModemControl, on: bool) {
        let old = ModemControl::from_bits_retain(read(self.base, Register::ModemControl));
        let mut new = old;
        new.set(lines, on);
        if new != old {
            write(self.base, Register::ModemControl, new.bits());
        }
    }

    fn enable(&mut self, interrupts: Interrupts) {
        if self.interrupts != interrupts {
            self.interrupts = interrupts;
            write(self.base, Register::Interrupts, interrupts.bits());
        }
    }

    /// Stores what has come over the line; returns how many bytes.
    fn receive(&self, received: &mut [Received; FIFO_SIZE]) -> usize {
        let mut count = 0;
        for place in received {
            let status = line_status(self.base);
            if !status.contains(LineStatus::DATA_READY) {
                break;
            }
            let byte = read(self.base, Register::Data);
            *place = Received { byte, status };
            count += 1;
        }
        if self.receives { count } else { 0 }
    }

    /// Reads the modem's lines, which ends an interrupt of theirs.
    fn look_at_modem(&mut self) -> ModemStatus {
        let status = ModemStatus::from_bits_retain(read(self.base, Register::ModemStatus));
        let has_carrier = status.contains(ModemStatus::CARRIER);
        let changed = status.contains(ModemStatus::CARRIER_CHANGED);
        // It may have been away for a moment only.
        self.carrier_lost |= self.has_carrier && (changed || !has_carrier);
        self.has_carrier = has_carrier;
        self.clear_to_send = status.contains(ModemStatus::CTS);
        status
    }

    /// Whether the carrier was lost since this was last asked.
    fn take_carrier_lost(&mut self) -> bool {
        core::mem::take(&mut self.carrier_lost)
    }

    /// Sends what the UART takes of the kernel's messages. Says whether some are
    /// left.
    fn send_messages(&self) -> bool {
        let mut messages = MESSAGES.lock();
        if !messages.is_empty() && line_status(self.base).contains(LineStatus::CAN_SEND) {
            for byte in core::iter::from_fn(|| messages.take()).take(self.fifo_size) {
                write(self.base, Register::Data, byte);
            }
        }
        !messages.is_empty()
    }

    /// Sends what the UART takes: first the byte for flow control, which goes
    /// even when output is stopped, then the queue. Says whether more waits for
    /// an interrupt.
    fn send(&self, line: &mut LineDiscipline, queue: &mut WriteQueue) -> bool {
        let is_stopped = line.stopped || (self.flow_by_lines && !self.clear_to_send);
        let mut room = self.fifo_size;
        let waits = |line: &LineDiscipline, queue: &WriteQueue| {
            line.x_char.is_some() || (!is_stopped && !queue.is_empty())
        };
        if waits(line, queue) && line_status(self.base).contains(LineStatus::CAN_SEND) {
            if let Some(byte) = line.x_char.take() {
                write(self.base, Register::Data, byte);
                room -= 1;
            }
            if !is_stopped {
                for byte in core::iter::from_fn(|| queue.pop()).take(room) {
                    write(self.base, Register::Data, byte);
                }
            }
        }
        waits(line, queue)
    }
}

/// Sets up the serial lines; they interrupt from now on.
pub fn rs_init() {
    const HANDLERS: [irq::Handler; PORTS] = [|_| rs_interrupt(0), |_| rs_interrupt(1)];
    for (port, (_, irq)) in COM.into_iter().enumerate() {
        let flags = tty_io::serial_tty(port).state.lock().line.termios.c_cflag;
        let mut uart = UARTS[port].lock();
        uart.init(flags);
        let is_present = uart.is_present;
        drop(uart);
        if is_present {
            set_irq_handler(irq, HANDLERS[port]);
        }
    }
}

/// Whether the UART of a line was found.
pub fn is_present(port: usize) -> bool {
    UARTS[port].lock().is_present
}

/// Whether there is somebody at the other end of a line.
pub fn has_carrier(port: usize) -> bool {
    UARTS[port].lock().has_carrier
}

/// Sends what the UART takes of a queue, unless output is stopped; if more is
/// left, an interrupt will come when it takes more. What the kernel has said goes
/// first. Called with the terminal's lock held.
pub fn rs_write(port: usize, line: &mut LineDiscipline, queue: &mut WriteQueue) {
    let mut uart = UARTS[port].lock();
    if !uart.is_present {
        queue.clear();
        WAITING.clear_bits(1 << port);
        return;
    }
    if uart.flow_by_lines {
        uart.set_lines(ModemControl::RTS, !line.throttled);
        uart.look_at_modem();
    }
    let waits = (port == 0 && uart.send_messages()) || uart.send(line, queue);
    let mut interrupts = ALWAYS;
    interrupts.set(Interrupts::CAN_SEND, waits);
    uart.enable(interrupts);
    match waits {
        true => WAITING.set_bits(1 << port),
        false => WAITING.clear_bits(1 << port),
    }
}

/// The UART of a line asks for attention (0.11: `rs1_interrupt`,
/// `rs2_interrupt`). The line of the interrupt controller sees only edges, so
/// all causes have to be gone before it is left.
fn rs_interrupt(port: usize) {
    let tty = tty_io::serial_tty(port);
    for _ in 0..MOST_CAUSES {
        let mut received = [Received::NOTHING; FIFO_SIZE];
        let mut uart = UARTS[port].lock();
        // Reading these ends the causes that are not ended by moving bytes.
        let cause = read(uart.base, Register::Cause);
        uart.look_at_modem();
        let count = uart.receive(&mut received);
        let carrier_lost = uart.take_carrier_lost();
        drop(uart);
        if carrier_lost {
            tty_io::carrier_lost(tty);
        }
        if cause & NO_CAUSE != 0 && count == 0 {
            return;
        }
        let received = received[..count].iter();
        tty_io::tty_intr(tty, received.map(|it| (it.byte, it.error())));
        tty.wake_writers();
        // The clock and the disks do not wait until the line is silent; this
        // line's own interrupt comes only after this one has ended.
        let_interrupts_in();
    }
}

/// Each clock tick: goes on with messages of the kernel, and with output whose
/// interrupt was lost.
pub fn do_tick() {
    let waiting = WAITING.get();
    for port in (0..PORTS).filter(|port| waiting & 1 << port != 0) {
        tty_io::serial_tty(port).go_on();
    }
}

/// Throws away what has come and was not fetched yet.
pub fn flush_input(port: usize) {
    let uart = UARTS[port].lock();
    if uart.is_present {
        uart.receive(&mut [Received::NOTHING; FIFO_SIZE]);
    }
}

/// Whether bytes are still leaving the UART.
pub fn is_sending(port: usize) -> bool {
    let uart = UARTS[port].lock();
    uart.is_present && !line_status(uart.base).contains(LineStatus::ALL_SENT)
}

/// Sets speed and format of a line (0.11: `change_speed`).
pub fn change_speed(port: usize, flags: ControlFlags) {
    let mut uart = UARTS[port].lock();
    if uart.is_present {
        uart.change_speed(flags);
    }
}

/// Begins or ends a break.
pub fn set_break(port: usize, on: bool) {
    let mut uart = UARTS[port].lock();
    uart.control.set(LineControl::BREAK, on);
    write(uart.base, Register::LineControl, uart.control.bits());
}

/// Raises DTR and RTS, or drops them, which makes a modem hang up.
pub fn pick_up(port: usize, on: bool) {
    let uart = UARTS[port].lock();
    if uart.is_present {
        uart.set_lines(ModemControl::DTR | ModemControl::RTS, on);
    }
}

/// The modem lines, as bits of `TIOCMGET`.
pub fn modem_lines(port: usize) -> u32 {
    let mut uart = UARTS[port].lock();
    let control = ModemControl::from_bits_retain(read(uart.base, Register::ModemControl));
    let status = uart.look_at_modem();
    let carrier_lost = uart.take_carrier_lost();
    drop(uart);
    if carrier_lost {
        tty_io::carrier_lost(tty_io::serial_tty(port));
    }
    let lines = [
        (control.contains(ModemControl::DTR), TIOCM_DTR),
        (control.contains(ModemControl::RTS), TIOCM_RTS),
        (status.contains(ModemStatus::CTS), TIOCM_CTS),
        (status.contains(ModemStatus::DSR), TIOCM_DSR),
        (status.contains(ModemStatus::RING), TIOCM_RNG),
        (status.contains(ModemStatus::CARRIER), TIOCM_CAR),
    ];
    let on = lines.iter().filter(|(on, _)| *on);
    on.fold(0, |bits, (_, bit)| bits | bit)
}

/// Raises and drops the modem lines that are ours.
pub fn set_modem_lines(port: usize, lines: u32) {
    let uart = UARTS[port].lock();
    uart.set_lines(ModemControl::DTR, lines & TIOCM_DTR != 0);
    uart.set_lines(ModemControl::RTS, lines & TIOCM_RTS != 0);
}

/// A message of the kernel, to COM1: a newline is sent as two bytes. Interrupts send
/// it; where there is no room for it this waits, unless interrupts are masked.
pub fn write_message(message: &[u8]) {
    // Before the clock ticks nobody else would send it.
    let is_alone = jiffies() == 0;
    let may_wait = is_alone || eflags() & EFLAGS_IF != 0;
    write_bytes(message, |byte| {
        if may_wait {
            send_until(Messages::has_room);
        }
        MESSAGES.lock().put(byte);
    });
    WAITING.set_bits(1);
    if is_alone {
        send_until(Messages::is_empty);
    }
}

/// Sends messages, byte for byte, until there are few enough.
fn send_until(are_few: fn(&Messages) -> bool) {
    let _ = (0..MOST_POLLS).any(|_| {
        let done = are_few(&MESSAGES.lock());
        done || !UARTS[0].lock().send_messages()
    });
}

/// Waits until all that the kernel has said is sent: the machine stops next, and
/// whoever holds a lock then keeps it. To be called with interrupts masked.
pub fn flush_messages() {
    if let Some(mut messages) = MESSAGES.try_lock() {
        let bytes = core::iter::from_fn(|| messages.take());
        bytes.for_each(|byte| send_polled(COM[0].0, byte));
    }
}

/// What a panic says, behind all that was said before. It waits for no lock: the
/// panic may have come while that was held.
pub fn write_panic(message: &[u8]) {
    flush_messages();
    write_bytes(message, |byte| send_polled(COM[0].0, byte));
}

fn write_bytes(message: &[u8], send: impl Fn(u8)) {
    for &byte in message {
        if byte == b'\n' {
            send(b'\r');
        }
        send(byte);
    }
}

/// Sends a byte when the UART takes one; gives it up if that never happens.
fn send_polled(base: u16, byte: u8) {
    let can_send = || line_status(base).contains(LineStatus::CAN_SEND);
    if (0..MOST_POLLS).any(|_| can_send()) {
        write(base, Register::Data, byte);
    }
}
