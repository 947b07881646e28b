// SPDX-License-Identifier: GPL-2.0-or-later
//! The registers of a UART, and what the settings of a line make of them.
//!
//! Source: National Semiconductor, PC16550D data sheet, "8.0 Registers".

use abi::termios::ControlFlags;
use bitflags::bitflags;

bitflags! {
    /// Line control.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub struct LineControl: u8 {
        /// The bits that hold the size of a character.
        const SIZE = 0x03;
        /// Two stop bits; one and a half with five bits.
        const TWO_STOP_BITS = 0x04;
        /// A parity bit is sent and checked.
        const PARITY = 0x08;
        /// It makes the number of ones even.
        const EVEN = 0x10;
        /// The line is held in the state that means break.
        const BREAK = 0x40;
        /// The first two registers are the divisor.
        const DIVISOR = 0x80;
    }
}

bitflags! {
    /// Line status. The errors are those of the byte that is read next.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub struct LineStatus: u8 {
        /// There is a byte to read.
        const DATA_READY = 0x01;
        /// Wrong parity.
        const PARITY_ERROR = 0x04;
        /// No stop bit where one must be.
        const FRAMING_ERROR = 0x08;
        /// A break: the line was held for longer than a byte.
        const BREAK = 0x10;
        /// It takes bytes to send: as many as it can keep.
        const CAN_SEND = 0x20;
        /// The last byte has left.
        const ALL_SENT = 0x40;
    }
}

bitflags! {
    /// Interrupt enable.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub struct Interrupts: u8 {
        /// A byte has come.
        const RECEIVE = 0x01;
        /// It takes bytes to send.
        const CAN_SEND = 0x02;
        /// An error or a break has come.
        const LINE_STATUS = 0x04;
        /// A line of the modem has changed.
        const MODEM_STATUS = 0x08;
    }
}

bitflags! {
    /// Modem control.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub struct ModemControl: u8 {
        /// Data terminal ready.
        const DTR = 0x01;
        /// Request to send.
        const RTS = 0x02;
        /// On a PC: lets interrupts through.
        const OUT2 = 0x08;
    }
}

bitflags! {
    /// Modem status. The changes are those since it was last read.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub struct ModemStatus: u8 {
        /// The carrier has changed.
        const CARRIER_CHANGED = 0x08;
        /// Clear to send.
        const CTS = 0x10;
        /// Data set ready.
        const DSR = 0x20;
        /// Ring.
        const RING = 0x40;
        /// Carrier detect.
        const CARRIER = 0x80;
    }
}

/// A register, as offset from the first port.
#[derive(Clone, Copy, Debug)]
pub enum Register {
    /// The byte received, or to send; low byte of the divisor.
    Data = 0,
    /// [`Interrupts`]; high byte of the divisor.
    Interrupts = 1,
    /// Read: why it interrupts. Written: [`FIFO_ON`].
    Cause = 2,
    /// [`LineControl`].
    LineControl = 3,
    /// [`ModemControl`].
    ModemControl = 4,
    /// [`LineStatus`].
    LineStatus = 5,
    /// [`ModemStatus`].
    ModemStatus = 6,
}

/// FIFO control: on, both emptied, interrupt at 8 bytes received.
pub const FIFO_ON: u8 = 0x87;
/// Cause: both bits say that there is a 16550A and its FIFOs are on.
pub const FIFO_IS_ON: u8 = 0xC0;
/// Cause: there is none.
pub const NO_CAUSE: u8 = 0x01;

/// The divisor for each speed of `CBAUD`: 115200 by it are bits a second; 134
/// is 134.5; 0 hangs up (0.11: `quotient`).
const QUOTIENT: [u16; 16] = [
    0, 2304, 1536, 1047, 857, 768, 576, 384, 192, 96, 64, 48, 24, 12, 6, 3,
];

/// The divisor of the speed that `flags` name; `None` for the one that hangs
/// up.
pub fn divisor(flags: ControlFlags) -> Option<u16> {
    let divisor = QUOTIENT[(flags & ControlFlags::CBAUD).bits() as usize % QUOTIENT.len()];
    (divisor != 0).then_some(divisor)
}

/// The format of a character that `flags` name.
pub fn format(flags: ControlFlags) -> LineControl {
    let size = (flags & ControlFlags::CSIZE).bits() / ControlFlags::CS6.bits();
    let mut control = LineControl::from_bits_retain(size as u8);
    for (bit, on) in [
        (
            LineControl::TWO_STOP_BITS,
            flags.contains(ControlFlags::CSTOPB),
        ),
        (LineControl::PARITY, flags.contains(ControlFlags::PARENB)),
        (LineControl::EVEN, !flags.contains(ControlFlags::PARODD)),
    ] {
        control.set(bit, on);
    }
    control
}

#[cfg(test)]
mod tests {
    use super::*;
    use abi::termios::BAUD_RATES;

    #[test]
    fn speeds_are_right_to_half_a_percent() {
        assert_eq!(divisor(ControlFlags::empty()), None);
        for (bits, rate) in (0..).zip(BAUD_RATES).skip(1) {
            let divisor = divisor(ControlFlags::from_bits_retain(bits)).unwrap();
            let wanted = if rate == 134 { 134.5 } else { f64::from(rate) };
            let error = 115_200.0 / f64::from(divisor) / wanted - 1.0;
            assert!(error.abs() < 0.005, "{rate}: {error}");
        }
    }

    #[test]
    fn formats() {
        for (flags, control) in [
            (ControlFlags::CS8, 0x13),
            (ControlFlags::CS7 | ControlFlags::PARENB, 0x1A),
            (
                ControlFlags::CS7 | ControlFlags::PARENB | ControlFlags::PARODD,
                0x0A,
            ),
            (ControlFlags::CS6 | ControlFlags::CSTOPB, 0x15),
            (ControlFlags::empty(), 0x10),
        ] {
            assert_eq!(format(flags).bits(), control);
        }
    }
}
