// SPDX-License-Identifier: GPL-2.0-or-later
//! The serial lines: 8250, 16450 and 16550A UARTs at COM1 and COM2
//! (0.11: `kernel/chr_drv/serial.c`, `kernel/chr_drv/rs_io.s`).
//!
//! [`rs_write`] gives the UART what it can take of a terminal's output and has
//! it interrupt when it can take more; the interrupt brings in what came over
//! the line and calls [`rs_write`] again. A 16550A takes and keeps 16 bytes at
//! a time.
//!
//! Messages of the kernel go to COM1 too. They wait for the UART instead, so
//! they work without interrupts, before [`rs_init`] and in a panic.
//!
//! Source: National Semiconductor, PC16550D data sheet; IBM PC AT Technical
//! Reference for the ports.

use super::tty_io::{self, WriteQueue};
use crate::traps::set_irq_handler;
use bitflags::bitflags;
use lib::asm::io::{inb, outb};
use lib::lock::{IrqLock, Word};
use lib::termios::{
    BAUD_RATES, ControlFlags, TIOCM_CAR, TIOCM_CTS, TIOCM_DSR, TIOCM_DTR, TIOCM_RNG, TIOCM_RTS,
};

/// Serial lines there can be.
const PORTS: usize = 2;
/// Their first ports and interrupt lines.
const COM: [(u16, u8); PORTS] = [(0x3F8, 4), (0x2F8, 3)];
/// The UART's clock allows for this speed with a divisor of 1.
const BASE_BAUD: u32 = 115_200;
/// Bytes that a 16550A keeps in each direction.
const FIFO_SIZE: usize = 16;
/// Times that a message asks whether the UART takes a byte: longer than it can
/// need, but not for ever.
const MOST_POLLS: u32 = 100_000;
/// Reasons of interrupts dealt with at a time; a UART that goes on must not
/// keep the processor.
const MOST_CAUSES: u32 = 256;

bitflags! {
    /// Line control.
    #[derive(Clone, Copy)]
    struct LineControl: u8 {
        const EIGHT_BITS = 0x03;
        const TWO_STOP_BITS = 0x04;
        const PARITY = 0x08;
        const EVEN = 0x10;
        const BREAK = 0x40;
        /// The first two registers are the divisor.
        const DIVISOR = 0x80;
    }
}

bitflags! {
    /// Line status.
    #[derive(Clone, Copy)]
    struct LineStatus: u8 {
        const DATA_READY = 0x01;
        const BREAK = 0x10;
        /// It takes bytes to send: as many as it can keep.
        const CAN_SEND = 0x20;
        /// The last byte has left.
        const ALL_SENT = 0x40;
    }
}

bitflags! {
    /// Interrupt enable.
    #[derive(Clone, Copy, PartialEq, Eq)]
    struct Interrupts: u8 {
        const RECEIVE = 0x01;
        const CAN_SEND = 0x02;
        const LINE_STATUS = 0x04;
    }
}

bitflags! {
    /// Modem control.
    #[derive(Clone, Copy)]
    struct ModemControl: u8 {
        const DTR = 0x01;
        const RTS = 0x02;
        /// On a PC: lets interrupts through.
        const OUT2 = 0x08;
    }
}

/// A register, as offset from the first port.
#[derive(Clone, Copy)]
enum Register {
    /// The byte received, or to send; low byte of the divisor.
    Data = 0,
    /// [`Interrupts`]; high byte of the divisor.
    Interrupts = 1,
    /// Read: why it interrupts. Written: [`FIFO_ON`].
    Cause = 2,
    LineControl = 3,
    ModemControl = 4,
    LineStatus = 5,
    ModemStatus = 6,
}

/// FIFO control: on, both emptied, interrupt at 8 bytes received.
const FIFO_ON: u8 = 0x87;
/// Cause: both bits say that there is a 16550A and its FIFOs are on.
const FIFO_IS_ON: u8 = 0xC0;
/// Cause: there is none.
const NO_CAUSE: u8 = 0x01;

/// A UART.
struct Uart {
    base: u16,
    is_present: bool,
    /// Bytes it takes when it can send.
    fifo_size: usize,
    interrupts: Interrupts,
    control: LineControl,
}

static UARTS: [IrqLock<Uart>; PORTS] = [
    IrqLock::new(Uart::new(COM[0].0)),
    IrqLock::new(Uart::new(COM[1].0)),
];

/// Bit `n`: line `n` has output that waits for an interrupt.
static WAITING: Word = Word::new(0);

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
            control: LineControl::EIGHT_BITS,
        }
    }

    /// Finds out what is there and sets it to `flags` (0.11: `init`).
    fn init(&mut self, flags: ControlFlags) {
        write(self.base, Register::Interrupts, 0);
        // A UART answers with zeroes in the upper half, an empty bus with ones.
        self.is_present = read(self.base, Register::Interrupts) == 0;
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
        self.enable(Interrupts::RECEIVE | Interrupts::LINE_STATUS);
    }

    /// Sets speed and format; speed 0 hangs up, and any other picks up again.
    fn change_speed(&mut self, flags: ControlFlags) {
        let speed = BAUD_RATES[(flags & ControlFlags::CBAUD).bits() as usize];
        let mut lines = ModemControl::from_bits_retain(read(self.base, Register::ModemControl));
        lines.set(ModemControl::DTR | ModemControl::RTS, speed != 0);
        write(self.base, Register::ModemControl, lines.bits());

        self.control = LineControl::from_bits_retain(
            ((flags & ControlFlags::CSIZE).bits() / ControlFlags::CS6.bits()) as u8,
        );
        self.control.set(
            LineControl::TWO_STOP_BITS,
            flags.contains(ControlFlags::CSTOPB),
        );
        self.control
            .set(LineControl::PARITY, flags.contains(ControlFlags::PARENB));
        self.control
            .set(LineControl::EVEN, !flags.contains(ControlFlags::PARODD));
        if let Some(divisor) = BASE_BAUD.checked_div(speed) {
            let [low, high, ..] = divisor.to_le_bytes();
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

    fn enable(&mut self, interrupts: Interrupts) {
        if self.interrupts != interrupts {
            self.interrupts = interrupts;
            write(self.base, Register::Interrupts, interrupts.bits());
        }
    }

    /// Stores what has come over the line; returns how many bytes.
    fn receive(&self, bytes: &mut [u8; FIFO_SIZE]) -> usize {
        let mut count = 0;
        while count < bytes.len() {
            let status = line_status(self.base);
            if !status.contains(LineStatus::DATA_READY) {
                break;
            }
            let byte = read(self.base, Register::Data);
            // A break is received as a zero that nobody sent.
            if !status.contains(LineStatus::BREAK) {
                bytes[count] = byte;
                count += 1;
            }
        }
        count
    }
}

/// Sets up the serial lines; they interrupt from now on.
pub fn rs_init() {
    const HANDLERS: [fn(); PORTS] = [|| rs_interrupt(0), || rs_interrupt(1)];
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

/// Sends what the UART takes of a queue, unless output is stopped; if more is
/// left, an interrupt will come when it takes more. Called with the terminal's
/// lock held.
pub fn rs_write(port: usize, queue: &mut WriteQueue, stopped: bool) {
    let mut uart = UARTS[port].lock();
    if !uart.is_present {
        queue.clear();
        return;
    }
    if !stopped && !queue.is_empty() && line_status(uart.base).contains(LineStatus::CAN_SEND) {
        for byte in core::iter::from_fn(|| queue.pop()).take(uart.fifo_size) {
            write(uart.base, Register::Data, byte);
        }
    }
    let waits = !stopped && !queue.is_empty();
    let mut interrupts = Interrupts::RECEIVE | Interrupts::LINE_STATUS;
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
        let mut bytes = [0; FIFO_SIZE];
        let uart = UARTS[port].lock();
        // Reading these ends the causes that are not ended by moving bytes.
        let cause = read(uart.base, Register::Cause);
        read(uart.base, Register::ModemStatus);
        let count = uart.receive(&mut bytes);
        drop(uart);
        if cause & NO_CAUSE != 0 && count == 0 {
            return;
        }
        tty_io::do_tty_interrupt(tty, &bytes[..count]);
        tty.go_on();
    }
}

/// Each clock tick: goes on with output whose interrupt was lost.
pub fn do_tick() {
    let waiting = WAITING.get();
    for port in (0..PORTS).filter(|port| waiting & 1 << port != 0) {
        tty_io::serial_tty(port).go_on();
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

/// The modem lines, as bits of `TIOCMGET`.
pub fn modem_lines(port: usize) -> u32 {
    let uart = UARTS[port].lock();
    let control = ModemControl::from_bits_retain(read(uart.base, Register::ModemControl));
    let status = read(uart.base, Register::ModemStatus);
    let inputs = [
        (0x10, TIOCM_CTS),
        (0x20, TIOCM_DSR),
        (0x40, TIOCM_RNG),
        (0x80, TIOCM_CAR),
    ];
    let mut lines = 0;
    if control.contains(ModemControl::DTR) {
        lines |= TIOCM_DTR;
    }
    if control.contains(ModemControl::RTS) {
        lines |= TIOCM_RTS;
    }
    for (bit, line) in inputs {
        if status & bit != 0 {
            lines |= line;
        }
    }
    lines
}

/// Raises and drops the modem lines that are ours.
pub fn set_modem_lines(port: usize, lines: u32) {
    let uart = UARTS[port].lock();
    let mut control = ModemControl::OUT2;
    control.set(ModemControl::DTR, lines & TIOCM_DTR != 0);
    control.set(ModemControl::RTS, lines & TIOCM_RTS != 0);
    write(uart.base, Register::ModemControl, control.bits());
}

/// A message of the kernel, to COM1: a newline is sent as two bytes. Between
/// bytes interrupts may come.
pub fn write_message(message: &[u8]) {
    write_bytes(message, |byte| {
        let uart = UARTS[0].lock();
        send_polled(uart.base, byte);
    });
}

/// As [`write_message`], without a lock: the panic may have come while it was
/// held.
pub fn write_panic(message: &[u8]) {
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
