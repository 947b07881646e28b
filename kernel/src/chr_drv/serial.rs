// SPDX-License-Identifier: GPL-2.0-or-later
//! The serial lines: 8250, 16450 and 16550A UARTs at COM1 and COM2
//! (0.11: `kernel/chr_drv/serial.c`, `kernel/chr_drv/rs_io.s`).
//!
//! [`rs_write`] gives the UART as much of a terminal's output as it can take, and
//! makes it interrupt when it can take more. The interrupt handler reads what came
//! over the line and calls [`rs_write`] again. A 16550A takes and keeps 16 bytes at
//! a time.
//!
//! Changes of the modem lines interrupt too: without CLOCAL a lost carrier hangs
//! the terminal up, and with CRTSCTS the modem stops and starts output.
//!
//! The UARTs' registers, and the messages of the kernel, which go to COM1 too, are
//! in `uart.rs`.

#![deny(unsafe_code)]

use super::tty_io::{self, LineDiscipline, LineError, WriteQueue};
use super::uart::{
    ALWAYS, COM, FIFO_SIZE, Interrupts, LineControl, LineStatus, ModemControl, ModemStatus,
    NO_CAUSE, PORTS, Received, Register, UARTS, Uart, WAITING, line_status, read, write,
};
use crate::irq::{self, set_irq_handler};
use abi::termios::{
    ControlFlags, TIOCM_CAR, TIOCM_CTS, TIOCM_DSR, TIOCM_DTR, TIOCM_RNG, TIOCM_RTS,
};
use asm::system::let_interrupts_in;

/// How many causes of interrupts are handled at a time, so that a UART that never
/// stops cannot keep the processor.
const MOST_CAUSES: u32 = 256;

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

/// Sends as much of a queue as the UART takes, unless output is stopped. If more is
/// left, an interrupt comes when the UART takes more. The kernel's messages go
/// first. The terminal's lock is held.
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
    let waits = (port == 0 && uart.send_messages()) || send(&uart, line, queue);
    let mut interrupts = ALWAYS;
    interrupts.set(Interrupts::CAN_SEND, waits);
    uart.enable(interrupts);
    match waits {
        true => WAITING.set_bits(1 << port),
        false => WAITING.clear_bits(1 << port),
    }
}

/// Sends as much as the UART takes: first the byte for flow control, which goes
/// even when output is stopped, then the queue. Returns whether more waits for an
/// interrupt.
fn send(uart: &Uart, line: &mut LineDiscipline, queue: &mut WriteQueue) -> bool {
    let is_stopped = line.stopped || (uart.flow_by_lines && !uart.clear_to_send);
    let mut room = uart.fifo_size;
    let waits = |line: &LineDiscipline, queue: &WriteQueue| {
        line.x_char.is_some() || (!is_stopped && !queue.is_empty())
    };
    if waits(line, queue) && line_status(uart.base).contains(LineStatus::CAN_SEND) {
        if let Some(byte) = line.x_char.take() {
            write(uart.base, Register::Data, byte);
            room -= 1;
        }
        if !is_stopped {
            for byte in core::iter::from_fn(|| queue.pop()).take(room) {
                write(uart.base, Register::Data, byte);
            }
        }
    }
    waits(line, queue)
}

/// The error that came with a byte.
fn error_of(received: &Received) -> Option<LineError> {
    if received.status.contains(LineStatus::BREAK) {
        Some(LineError::Break)
    } else if received
        .status
        .intersects(LineStatus::PARITY_ERROR | LineStatus::FRAMING_ERROR)
    {
        Some(LineError::Parity)
    } else {
        None
    }
}

/// Handles the interrupt of a line (0.11: `rs1_interrupt`, `rs2_interrupt`). The
/// interrupt controller sees only edges, so all causes must be handled before this
/// returns.
fn rs_interrupt(port: usize) {
    let tty = tty_io::serial_tty(port);
    for _ in 0..MOST_CAUSES {
        let mut received = [Received::NOTHING; FIFO_SIZE];
        let mut uart = UARTS[port].lock();
        // Reading these registers ends the causes that moving bytes does not end.
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
        tty_io::tty_intr(tty, received.map(|it| (it.byte, error_of(it))));
        tty.wake_writers();
        // The clock and the disks do not wait until the line is silent; this
        // line's own interrupt comes only after this one has ended.
        let_interrupts_in();
    }
}

/// Goes on, at each clock tick, with messages of the kernel, and with output whose
/// interrupt was lost.
pub fn do_tick() {
    let waiting = WAITING.get();
    for port in (0..PORTS).filter(|port| waiting & 1 << port != 0) {
        tty_io::serial_tty(port).go_on();
    }
}

/// Throws away what has come and was not read yet.
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

/// Raises and drops the modem lines of this side.
pub fn set_modem_lines(port: usize, lines: u32) {
    let uart = UARTS[port].lock();
    uart.set_lines(ModemControl::DTR, lines & TIOCM_DTR != 0);
    uart.set_lines(ModemControl::RTS, lines & TIOCM_RTS != 0);
}
