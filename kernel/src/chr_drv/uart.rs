// SPDX-License-Identifier: GPL-2.0-or-later
//! The UARTs themselves: 8250, 16450 and 16550A at COM1 and COM2 (0.11:
//! `kernel/chr_drv/serial.c`), and the messages of the kernel on COM1.
//!
//! The terminals on them are in `serial.rs`, above this file. A message waits for
//! the UART and not for an interrupt, so it works before `rs_init` and in a panic.
//! With interrupts masked it does not wait: `rs_write` sends such a message later,
//! from the next clock tick on.
//!
//! Source: National Semiconductor, PC16550D data sheet; IBM PC AT Technical
//! Reference for the ports.

mod messages;
mod registers;

use crate::sched::jiffies;
use abi::termios::ControlFlags;
use asm::io::{inb, outb};
use asm::system::{EFLAGS_IF, eflags};
use messages::Messages;
use registers::{FIFO_IS_ON, FIFO_ON, divisor, format};
pub use registers::{
    Interrupts, LineControl, LineStatus, ModemControl, ModemStatus, NO_CAUSE, Register,
};
use sync::{AtomicWord, IrqLock};

/// How many serial lines there can be.
pub const PORTS: usize = 2;
/// Their first ports and interrupt lines.
pub const COM: [(u16, u8); PORTS] = [(0x3F8, 4), (0x2F8, 3)];
/// Bytes that a 16550A keeps in each direction.
pub const FIFO_SIZE: usize = 16;
/// How often a message checks whether the UART takes a byte: more often than it can
/// need, but not for ever.
const MOST_POLLS: u32 = 100_000;
/// A UART.
pub struct Uart {
    /// Its first port.
    pub base: u16,
    /// Whether it was found.
    pub is_present: bool,
    /// How many bytes it takes when it can send.
    pub fifo_size: usize,
    interrupts: Interrupts,
    /// The value that was last written there.
    pub control: LineControl,
    /// Whether input is kept: CREAD.
    receives: bool,
    /// Whether RTS and CTS control who may send: CRTSCTS.
    pub flow_by_lines: bool,
    /// The state of this modem line when it was last read.
    pub clear_to_send: bool,
    /// The same for this modem line.
    pub has_carrier: bool,
    /// It had a carrier and lost it since [`Uart::take_carrier_lost`].
    carrier_lost: bool,
}

/// A byte that has come, and the errors that came with it.
#[derive(Clone, Copy)]
pub struct Received {
    /// The byte.
    pub byte: u8,
    /// The errors.
    pub status: LineStatus,
}

impl Received {
    /// No byte.
    pub const NOTHING: Received = Received {
        byte: 0,
        status: LineStatus::empty(),
    };
}

/// What interrupts at any time.
pub const ALWAYS: Interrupts = Interrupts::RECEIVE
    .union(Interrupts::LINE_STATUS)
    .union(Interrupts::MODEM_STATUS);

/// The UARTs, whether the machine has them or not.
pub static UARTS: [IrqLock<Uart>; PORTS] = [
    IrqLock::new(Uart::new(COM[0].0)),
    IrqLock::new(Uart::new(COM[1].0)),
];

/// Bit `n`: line `n` has output that waits for an interrupt.
pub static WAITING: AtomicWord = AtomicWord::new(0);

/// Messages of the kernel on line 0 that the UART has not taken yet.
static MESSAGES: IrqLock<Messages> = IrqLock::new(Messages::new());

/// Reads a register.
pub fn read(base: u16, register: Register) -> u8 {
    // SAFETY: only this module uses the UARTs.
    unsafe { inb(base + register as u16) }
}

/// Writes a register.
pub fn write(base: u16, register: Register, value: u8) {
    // SAFETY: only this module uses the UARTs, and a UART reaches no memory.
    unsafe { outb(value, base + register as u16) };
}

/// What the UART says of the line.
pub fn line_status(base: u16) -> LineStatus {
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

    /// Finds out which UART it is and sets it to `flags` (0.11: `init`).
    pub fn init(&mut self, flags: ControlFlags) {
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

    /// Whether there is a UART: the lower half of its interrupt register keeps what
    /// is written, and the upper half is zero. An empty bus reads as ones.
    fn answers(&self) -> bool {
        const KEPT: u8 = 0x0F;
        let keeps = |value| {
            write(self.base, Register::Interrupts, value);
            read(self.base, Register::Interrupts) == value
        };
        keeps(KEPT) && keeps(0)
    }

    /// Sets speed and format; speed 0 hangs up, and any other picks up again.
    pub fn change_speed(&mut self, flags: ControlFlags) {
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
    pub fn set_lines(&self, lines: ModemControl, on: bool) {
        let old = ModemControl::from_bits_retain(read(self.base, Register::ModemControl));
        let mut new = old;
        new.set(lines, on);
        if new != old {
            write(self.base, Register::ModemControl, new.bits());
        }
    }

    pub fn enable(&mut self, interrupts: Interrupts) {
        if self.interrupts != interrupts {
            self.interrupts = interrupts;
            write(self.base, Register::Interrupts, interrupts.bits());
        }
    }

    /// Stores what has come over the line; returns how many bytes.
    pub fn receive(&self, received: &mut [Received; FIFO_SIZE]) -> usize {
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
    pub fn look_at_modem(&mut self) -> ModemStatus {
        let status = ModemStatus::from_bits_retain(read(self.base, Register::ModemStatus));
        let has_carrier = status.contains(ModemStatus::CARRIER);
        let changed = status.contains(ModemStatus::CARRIER_CHANGED);
        // The carrier may have been away only for a moment.
        self.carrier_lost |= self.has_carrier && (changed || !has_carrier);
        self.has_carrier = has_carrier;
        self.clear_to_send = status.contains(ModemStatus::CTS);
        status
    }

    /// Whether the carrier was lost since the last call.
    pub fn take_carrier_lost(&mut self) -> bool {
        core::mem::take(&mut self.carrier_lost)
    }

    /// Sends as much of the kernel's messages as the UART takes. Returns whether
    /// some are left.
    pub fn send_messages(&self) -> bool {
        let mut messages = MESSAGES.lock();
        if !messages.is_empty() && line_status(self.base).contains(LineStatus::CAN_SEND) {
            for byte in core::iter::from_fn(|| messages.take()).take(self.fifo_size) {
                write(self.base, Register::Data, byte);
            }
        }
        !messages.is_empty()
    }
}

/// Writes a message of the kernel to COM1; a newline is sent as two bytes.
/// Interrupts send it. If there is no room for it, this waits, unless interrupts are
/// masked.
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

/// Waits until all messages of the kernel are sent. The machine stops next, so a
/// task that holds a lock keeps it. Interrupts are masked.
pub fn flush_messages() {
    if let Some(mut messages) = MESSAGES.try_lock() {
        let bytes = core::iter::from_fn(|| messages.take());
        bytes.for_each(|byte| send_polled(COM[0].0, byte));
    }
}

/// Writes the message of a panic after all earlier ones. It waits for no lock,
/// since the lock may be held when the panic comes.
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

/// Sends a byte when the UART takes one; drops it if that never happens.
fn send_polled(base: u16, byte: u8) {
    let can_send = || line_status(base).contains(LineStatus::CAN_SEND);
    if (0..MOST_POLLS).any(|_| can_send()) {
        write(base, Register::Data, byte);
    }
}
