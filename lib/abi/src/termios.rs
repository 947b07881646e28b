// SPDX-License-Identifier: GPL-2.0-or-later
//! Terminals and their `ioctl`s (0.11: `include/termios.h`).

use crate::abi_struct;
use bitflags::bitflags;

macro_rules! constants {
    ($type:ty; $($name:ident = $value:literal $text:literal;)*) => {
        $(#[doc = $text] pub const $name: $type = $value;)*
    };
}

constants! { u32;
    TCGETS     = 0x5401 "Tell the [`Termios`].";
    TCSETS     = 0x5402 "Set the [`Termios`] at once.";
    TCSETSW    = 0x5403 "Set it when all output is out.";
    TCSETSF    = 0x5404 "As [`TCSETSW`], and throw input away.";
    TCGETA     = 0x5405 "Tell the [`Termio`].";
    TCSETA     = 0x5406 "Set the [`Termio`] at once.";
    TCSETAW    = 0x5407 "Set it when all output is out.";
    TCSETAF    = 0x5408 "As [`TCSETAW`], and throw input away.";
    TCSBRK     = 0x5409 "Wait for output; argument 0: then send a break.";
    TCXONC     = 0x540a "Stop or start output or input: [`TCOOFF`] and its kin.";
    TCFLSH     = 0x540b "Throw away what is queued: [`TCIFLUSH`] and its kin.";
    TIOCEXCL   = 0x540c "Nobody else may open it.";
    TIOCNXCL   = 0x540d "Undoes [`TIOCEXCL`].";
    TIOCSCTTY  = 0x540e "Make it the controlling terminal.";
    TIOCGPGRP  = 0x540f "Tell the process group in front.";
    TIOCSPGRP  = 0x5410 "Set the process group in front.";
    TIOCOUTQ   = 0x5411 "Tell how many bytes wait for output.";
    TIOCSTI    = 0x5412 "Take a byte as if it were typed.";
    TIOCGWINSZ = 0x5413 "Tell the [`Winsize`].";
    TIOCSWINSZ = 0x5414 "Set the [`Winsize`].";
    TIOCMGET   = 0x5415 "Tell the modem lines: [`TIOCM_DTR`] and its kin.";
    TIOCMBIS   = 0x5416 "Raise the modem lines given.";
    TIOCMBIC   = 0x5417 "Drop the modem lines given.";
    TIOCMSET   = 0x5418 "Set all modem lines.";
    TIOCGSOFTCAR = 0x5419 "Tell whether the carrier is ignored.";
    TIOCSSOFTCAR = 0x541a "Set whether the carrier is ignored.";
    TIOCINQ    = 0x541b "Tell how many bytes wait to be read.";
    TIOCVHANGUP = 0x5437 "Hang it up: take it away from all who have it open.";
}

constants! { u32;
    TCOOFF = 0 "[`TCXONC`]: stop output.";
    TCOON  = 1 "[`TCXONC`]: start output.";
    TCIOFF = 2 "[`TCXONC`]: ask the other side to stop.";
    TCION  = 3 "[`TCXONC`]: ask the other side to go on.";
    TCIFLUSH  = 0 "[`TCFLSH`]: throw away input.";
    TCOFLUSH  = 1 "[`TCFLSH`]: throw away output.";
    TCIOFLUSH = 2 "[`TCFLSH`]: throw away both.";
}

constants! { u32;
    TIOCM_LE  = 0x001 "Line enable.";
    TIOCM_DTR = 0x002 "Data terminal ready.";
    TIOCM_RTS = 0x004 "Request to send.";
    TIOCM_ST  = 0x008 "Secondary transmit.";
    TIOCM_SR  = 0x010 "Secondary receive.";
    TIOCM_CTS = 0x020 "Clear to send.";
    TIOCM_CAR = 0x040 "Carrier detect.";
    TIOCM_RNG = 0x080 "Ring.";
    TIOCM_DSR = 0x100 "Data set ready.";
}

constants! { usize;
    VINTR    = 0 "Sends SIGINT (^C).";
    VQUIT    = 1 "Sends SIGQUIT (^\\\\).";
    VERASE   = 2 "Erases a character (Delete).";
    VKILL    = 3 "Erases the line (^U).";
    VEOF     = 4 "Ends the input (^D).";
    VTIME    = 5 "Raw mode: tenths of a second to wait.";
    VMIN     = 6 "Raw mode: bytes to wait for.";
    VSWTC    = 7 "Switches layers of shells.";
    VSTART   = 8 "Starts output (^Q).";
    VSTOP    = 9 "Stops output (^S).";
    VSUSP    = 10 "Sends SIGTSTP (^Z).";
    VEOL     = 11 "Ends a line, besides newline.";
    VREPRINT = 12 "Shows the line again.";
    VDISCARD = 13 "Throws output away.";
    VWERASE  = 14 "Erases a word.";
    VLNEXT   = 15 "Takes the next character as it is.";
    VEOL2    = 16 "Ends a line, besides [`VEOL`].";
}

/// Special characters of a [`Termio`].
pub const NCC: usize = 8;
/// Special characters of a [`Termios`].
pub const NCCS: usize = 17;

bitflags! {
    /// What is done to input.
    #[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
    #[repr(transparent)]
    pub struct InputFlags: u32 {
        /// Ignore breaks.
        const IGNBRK = 0o1;
        /// A break sends SIGINT.
        const BRKINT = 0o2;
        /// Ignore bytes with wrong parity.
        const IGNPAR = 0o4;
        /// Mark bytes with wrong parity.
        const PARMRK = 0o10;
        /// Check parity.
        const INPCK = 0o20;
        /// Clear bit 7.
        const ISTRIP = 0o40;
        /// Newline becomes carriage return.
        const INLCR = 0o100;
        /// Ignore carriage returns.
        const IGNCR = 0o200;
        /// Carriage return becomes newline.
        const ICRNL = 0o400;
        /// Capitals become small.
        const IUCLC = 0o1000;
        /// ^S and ^Q stop and start output.
        const IXON = 0o2000;
        /// Any character starts output.
        const IXANY = 0o4000;
        /// Ask the other side to stop when the queue is full.
        const IXOFF = 0o10000;
        /// Ring the bell when the queue is full.
        const IMAXBEL = 0o20000;
    }
}

bitflags! {
    /// What is done to output.
    #[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
    #[repr(transparent)]
    pub struct OutputFlags: u32 {
        /// Without it, none of the others counts.
        const OPOST = 0o1;
        /// Small letters become capitals.
        const OLCUC = 0o2;
        /// Newline becomes carriage return and newline.
        const ONLCR = 0o4;
        /// Carriage return becomes newline.
        const OCRNL = 0o10;
        /// No carriage return in column 0.
        const ONOCR = 0o20;
        /// Newline returns the carriage too.
        const ONLRET = 0o40;
        /// Delay by fill characters.
        const OFILL = 0o100;
        /// The fill character is DEL.
        const OFDEL = 0o200;
        /// Delay of newline.
        const NLDLY = 0o400;
        /// Delay of carriage return.
        const CRDLY = 0o3000;
        /// Delay of tabs.
        const TABDLY = 0o14000;
        /// Tabs become spaces.
        const XTABS = 0o14000;
        /// Delay of backspace.
        const BSDLY = 0o20000;
        /// Delay of vertical tab.
        const VTDLY = 0o40000;
        /// Delay of form feed; 0.11 gives it the number of `VTDLY`.
        const FFDLY = 0o40000;
    }
}

bitflags! {
    /// The line: speed and format.
    #[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
    #[repr(transparent)]
    pub struct ControlFlags: u32 {
        /// The bits that hold the speed, an index of [`BAUD_RATES`].
        const CBAUD = 0o17;
        /// The bits that hold the size of a character: `CS5` to `CS8`.
        const CSIZE = 0o60;
        /// Six bits.
        const CS6 = 0o20;
        /// Seven bits.
        const CS7 = 0o40;
        /// Eight bits.
        const CS8 = 0o60;
        /// Two stop bits.
        const CSTOPB = 0o100;
        /// Receive.
        const CREAD = 0o200;
        /// Parity (0.11: `CPARENB`).
        const PARENB = 0o400;
        /// Odd parity (0.11: `CPARODD`).
        const PARODD = 0o1000;
        /// Hang up on the last close.
        const HUPCL = 0o2000;
        /// Ignore the modem lines.
        const CLOCAL = 0o4000;
        /// Speed of input, unused.
        const CIBAUD = 0o3600000;
        /// Flow control by RTS and CTS.
        const CRTSCTS = 0o20000000000;
    }
}

bitflags! {
    /// How a person is served.
    #[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
    #[repr(transparent)]
    pub struct LocalFlags: u32 {
        /// ^C, ^\ and ^Z send signals.
        const ISIG = 0o1;
        /// Input comes by lines that can be edited.
        const ICANON = 0o2;
        /// Capitals are typed with a backslash.
        const XCASE = 0o4;
        /// Show what is typed.
        const ECHO = 0o10;
        /// Show erasing as backspace, space, backspace.
        const ECHOE = 0o20;
        /// Show killing a line as a newline.
        const ECHOK = 0o40;
        /// Show newlines even without `ECHO`.
        const ECHONL = 0o100;
        /// Signals do not throw the queues away.
        const NOFLSH = 0o200;
        /// Output of background processes sends SIGTTOU.
        const TOSTOP = 0o400;
        /// Show control characters as ^X.
        const ECHOCTL = 0o1000;
        /// Show erased characters.
        const ECHOPRT = 0o2000;
        /// Show killing a line by erasing it.
        const ECHOKE = 0o4000;
        /// Output is being thrown away.
        const FLUSHO = 0o10000;
        /// Show the line again at the next character.
        const PENDIN = 0o40000;
        /// Extensions.
        const IEXTEN = 0o100000;
    }
}

/// The speeds in bits a second that `CBAUD` chooses from; 0 hangs up, 134 is
/// 134.5 (0.11: `B0` to `B38400`).
pub const BAUD_RATES: [u32; 16] = [
    0, 50, 75, 110, 134, 150, 200, 300, 600, 1200, 1800, 2400, 4800, 9600, 19200, 38400,
];

constants! { u32;
    B2400  = 0o13 "2400 bits a second.";
    B9600  = 0o15 "9600 bits a second.";
    B19200 = 0o16 "19200 bits a second.";
    B38400 = 0o17 "38400 bits a second.";
}

abi_struct! {
    /// The size of a terminal (0.11: `struct winsize`).
    pub struct Winsize, 8 bytes {
        /// Rows of characters.
        0 => ws_row: u16,
        /// Columns of characters.
        2 => ws_col: u16,
        /// Width in pixels, or 0.
        4 => ws_xpixel: u16,
        /// Height in pixels, or 0.
        6 => ws_ypixel: u16,
    }
}

abi_struct! {
    /// System V's settings of a terminal: the low halves of those of
    /// [`Termios`] (0.11: `struct termio`).
    pub struct Termio, 18 bytes {
        /// Low half of [`InputFlags`].
        0 => c_iflag: u16,
        /// Low half of [`OutputFlags`].
        2 => c_oflag: u16,
        /// Low half of [`ControlFlags`].
        4 => c_cflag: u16,
        /// Low half of [`LocalFlags`].
        6 => c_lflag: u16,
        /// Line discipline.
        8 => c_line: u8,
        /// Special characters, [`VINTR`] to [`VSWTC`].
        9 => c_cc: [u8; NCC],
        /// Padding of C's.
        17 => pad: u8,
    }
}

abi_struct! {
    /// The settings of a terminal (0.11: `struct termios`).
    pub struct Termios, 36 bytes {
        /// What is done to input.
        0 => c_iflag: InputFlags,
        /// What is done to output.
        4 => c_oflag: OutputFlags,
        /// The line: speed and format.
        8 => c_cflag: ControlFlags,
        /// How a person is served.
        12 => c_lflag: LocalFlags,
        /// Line discipline.
        16 => c_line: u8,
        /// Special characters, [`VINTR`] to [`VEOL2`].
        17 => c_cc: [u8; NCCS],
        /// Padding of C's.
        34 => pad: u16,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pod::Pod;

    #[test]
    fn termios_byte_for_byte() {
        let mut termios = Termios {
            c_iflag: InputFlags::ICRNL,
            c_oflag: OutputFlags::OPOST | OutputFlags::ONLCR,
            c_cflag: ControlFlags::CS8 | ControlFlags::from_bits_retain(B9600),
            c_lflag: LocalFlags::ISIG | LocalFlags::ICANON | LocalFlags::ECHO,
            c_line: 9,
            ..Termios::default()
        };
        termios.c_cc[VINTR] = 3;
        termios.c_cc[VEOL2] = 0x77;
        let bytes = termios.as_bytes();
        assert_eq!(
            &bytes[..16],
            [0, 1, 0, 0, 5, 0, 0, 0, 0x3d, 0, 0, 0, 0x0b, 0, 0, 0]
        );
        assert_eq!(&bytes[16..19], [9, 3, 0]);
        assert_eq!(&bytes[33..], [0x77, 0, 0]);
    }

    #[test]
    fn speeds() {
        for (bits, rate) in [
            (B2400, 2400),
            (B9600, 9600),
            (B19200, 19200),
            (B38400, 38400),
        ] {
            assert_eq!(BAUD_RATES[bits as usize], rate);
        }
    }
}
