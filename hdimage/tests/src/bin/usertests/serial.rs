// SPDX-License-Identifier: GPL-2.0-or-later
//! The second serial line, its UART looped back to itself: what is sent is
//! received, our modem lines are the modem's (PC16550D data sheet, MCR bit 4).
//!
//! On a machine without that line there is nothing to test. Few bytes go round
//! at a time: emulators loop them back at once, whatever the speed.

use crate::fairness::time_stamp;
use crate::support::{
    Failure, Outcome, Pipe, all_well, child, in_child, kill_and_wait, killed_by, number,
    type_bytes, wait_until_asleep,
};
use abi::Errno;
use abi::fcntl::{O_NOCTTY, O_NONBLOCK, O_RDWR};
use abi::signal::Signal;
use abi::sys::wait::WNOHANG;
use abi::termios::{
    B9600, BAUD_RATES, ControlFlags, InputFlags, LocalFlags, OutputFlags, TCFLSH, TCIOFLUSH,
    TCSBRK, TCSETS, TIOCEXCL, TIOCGSOFTCAR, TIOCINQ, TIOCM_CAR, TIOCM_CTS, TIOCM_DSR, TIOCM_DTR,
    TIOCM_RTS, TIOCMBIC, TIOCMBIS, TIOCMGET, TIOCMSET, TIOCNXCL, TIOCSSOFTCAR, Termios, VMIN,
};
use abi::unistd::SEEK_SET;
use alloc::vec;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use user::calls::{self, File};
use user::signal::{Handler, sigaction};

tests! {
    serial_bytes "all bytes there are, in order";
    serial_formats "the divisor of each speed, and size, parity and stop bits";
    serial_hang_up_by_speed "speed 0 drops DTR and RTS";
    serial_modem_lines "TIOCMGET, TIOCMSET, TIOCMBIS and TIOCMBIC";
    serial_flow_by_lines "CRTSCTS: RTS drops when nobody reads, CTS stops output";
    serial_flow_by_characters "IXOFF and IXON: likewise, by characters";
    serial_deaf "without CREAD nothing is received";
    serial_soft_carrier "TIOCSSOFTCAR is CLOCAL";
    serial_carrier_lost "without the carrier: SIGHUP, end of file, EIO";
    serial_carrier_ignored "CLOCAL: nothing happens";
    serial_carrier_wanted "opening waits for the carrier";
    serial_hangs_up_on_close "HUPCL drops DTR and RTS with the last close";
    serial_break "a break is sent";
    serial_exclusive "TIOCEXCL keeps others out until the last close";
    serial_drain_hung_up "who waits until all is sent gets EIO when the line hangs up";
    serial_stop_hung_up "who stops while the line hangs up does not stand for ever";
}

/// First port of the second line's UART, and some of its registers.
const BASE: i32 = 0x2F8;
const DATA: i32 = 0;
const INTERRUPTS: i32 = 1;
const LINE_CONTROL: i32 = 3;
const MODEM_CONTROL: i32 = 4;
const DIVISOR: u8 = 0x80;
const DTR: u8 = 0x01;
const RTS: u8 = 0x02;
const OUT2: u8 = 0x08;
const LOOP: u8 = 0x10;

/// The ports of the UART.
struct Uart(File);

impl Uart {
    fn open() -> abi::Result<Uart> {
        File::open_with(c"/dev/port", O_RDWR, 0).map(Uart)
    }

    fn get(&self, register: i32) -> abi::Result<u8> {
        let mut byte = [0];
        calls::lseek(self.0.fd(), BASE + register, SEEK_SET)?;
        calls::read(self.0.fd(), &mut byte)?;
        Ok(byte[0])
    }

    fn set(&self, register: i32, value: u8) -> abi::Result<()> {
        calls::lseek(self.0.fd(), BASE + register, SEEK_SET)?;
        calls::write(self.0.fd(), &[value]).map(drop)
    }
}

/// The line, raw and looped back; as it was before when dropped.
struct Loop {
    tty: File,
    uart: Uart,
    old: Termios,
    raw: Termios,
}

impl Loop {
    /// `None` if there is no such line.
    fn open() -> abi::Result<Option<Loop>> {
        let tty = match File::open_with(c"/dev/ttyS1", O_RDWR | O_NOCTTY | O_NONBLOCK, 0) {
            Err(Errno::ENXIO) => return Ok(None),
            other => other?,
        };
        let uart = Uart::open()?;
        calls::fcntl(tty.fd(), abi::fcntl::F_SETFL, 0)?;
        let old = calls::tcgetattr(tty.fd())?;
        let mut raw = Termios {
            c_iflag: InputFlags::empty(),
            c_oflag: OutputFlags::empty(),
            c_cflag: ControlFlags::CS8
                | ControlFlags::CREAD
                | ControlFlags::CLOCAL
                | ControlFlags::from_bits_retain(B9600),
            c_lflag: LocalFlags::empty(),
            ..old
        };
        raw.c_cc[VMIN] = 1;
        let line = Loop {
            tty,
            uart,
            old,
            raw,
        };
        line.change(&raw)?;
        line.uart.set(MODEM_CONTROL, LOOP | OUT2 | DTR | RTS)?;
        system_call!(ioctl(line.tty.fd().0, TCFLSH, TCIOFLUSH))?;
        Ok(Some(line))
    }

    /// At once: what waits to be sent may wait for ever.
    fn change(&self, termios: &Termios) -> abi::Result<()> {
        let address = core::ptr::from_ref(termios) as u32;
        system_call!(ioctl(self.tty.fd().0, TCSETS, address)).map(drop)
    }

    fn lines(&self) -> abi::Result<u32> {
        let mut lines = 0u32;
        let address = (&raw mut lines) as u32;
        system_call!(ioctl(self.tty.fd().0, TIOCMGET, address)).map(|_| lines)
    }

    fn set_lines(&self, command: u32, lines: u32) -> abi::Result<()> {
        let address = (&raw const lines) as u32;
        system_call!(ioctl(self.tty.fd().0, command, address)).map(drop)
    }

    /// Bytes that wait to be read.
    fn readable(&self) -> abi::Result<u32> {
        let mut count = 0u32;
        let address = (&raw mut count) as u32;
        system_call!(ioctl(self.tty.fd().0, TIOCINQ, address)).map(|_| count)
    }

    /// Reads so many bytes.
    fn read(&self, count: usize) -> abi::Result<vec::Vec<u8>> {
        let mut bytes = vec![0; count];
        let mut done = 0;
        while done < count {
            match calls::read(self.tty.fd(), &mut bytes[done..])? {
                0 => return Err(Errno::EIO),
                more => done += more,
            }
        }
        Ok(bytes)
    }
}

impl Drop for Loop {
    fn drop(&mut self) {
        // Whatever the test has come to, the others want the line as it was.
        let _ = self.change(&self.raw);
        let _ = self.uart.set(MODEM_CONTROL, OUT2 | DTR | RTS);
        let _ = system_call!(ioctl(self.tty.fd().0, TCFLSH, TCIOFLUSH));
        let _ = self.change(&self.old);
    }
}

/// The line, or the end of the test.
macro_rules! open_or_return {
    () => {
        match must!(Loop::open()) {
            Some(line) => line,
            None => return Ok(()),
        }
    };
}

fn serial_bytes() -> Outcome {
    let line = open_or_return!();
    let bytes: vec::Vec<u8> = (0..=255).collect();
    for bytes in bytes.chunks(8) {
        check_eq!(calls::write(line.tty.fd(), bytes), Ok(8));
        check!(must!(line.read(8)) == bytes);
    }
    Ok(())
}

fn serial_formats() -> Outcome {
    let line = open_or_return!();
    for (bits, rate) in (0..).zip(BAUD_RATES).skip(1) {
        let mut termios = line.raw;
        termios.c_cflag.remove(ControlFlags::CBAUD);
        termios.c_cflag |= ControlFlags::from_bits_retain(bits);
        must!(line.change(&termios));
        let control = must!(line.uart.get(LINE_CONTROL));
        must!(line.uart.set(LINE_CONTROL, control | DIVISOR));
        let divisor = [must!(line.uart.get(0)), must!(line.uart.get(1))];
        must!(line.uart.set(LINE_CONTROL, control));
        let is = 115_200 / u32::from(u16::from_le_bytes(divisor)).max(1);
        check!(is.abs_diff(rate) <= rate / 200 + 1);
    }
    for (flags, control) in [
        (ControlFlags::CS8, 3),
        (ControlFlags::CS7, 2),
        (ControlFlags::CS6, 1),
        (ControlFlags::empty(), 0),
        (ControlFlags::CS8 | ControlFlags::CSTOPB, 7),
        (ControlFlags::CS7 | ControlFlags::PARENB, 0x1A),
        (
            ControlFlags::CS7 | ControlFlags::PARENB | ControlFlags::PARODD,
            0x0A,
        ),
    ] {
        let mut termios = line.raw;
        termios.c_cflag.remove(ControlFlags::CSIZE);
        termios.c_cflag |= flags;
        must!(line.change(&termios));
        // Without parity the bit for even parity is of no meaning.
        let even = if control & 8 == 0 { 0x10 } else { 0 };
        check_eq!(must!(line.uart.get(LINE_CONTROL)) & !even, control);
    }
    Ok(())
}

fn serial_hang_up_by_speed() -> Outcome {
    let line = open_or_return!();
    let mut termios = line.raw;
    termios.c_cflag.remove(ControlFlags::CBAUD);
    must!(line.change(&termios));
    check_eq!(must!(line.lines()) & (TIOCM_DTR | TIOCM_RTS), 0);
    must!(line.change(&line.raw));
    check_eq!(
        must!(line.lines()) & (TIOCM_DTR | TIOCM_RTS),
        TIOCM_DTR | TIOCM_RTS
    );
    Ok(())
}

fn serial_modem_lines() -> Outcome {
    let line = open_or_return!();
    let ours = TIOCM_DTR | TIOCM_RTS;
    check_eq!(
        must!(line.lines()),
        ours | TIOCM_DSR | TIOCM_CTS | TIOCM_CAR
    );
    must!(line.set_lines(TIOCMBIC, TIOCM_DTR));
    check_eq!(must!(line.lines()), TIOCM_RTS | TIOCM_CTS | TIOCM_CAR);
    must!(line.set_lines(TIOCMSET, TIOCM_DTR));
    check_eq!(must!(line.lines()), TIOCM_DTR | TIOCM_DSR | TIOCM_CAR);
    must!(line.set_lines(TIOCMBIS, TIOCM_RTS));
    check_eq!(must!(line.lines()) & ours, ours);
    check_eq!(
        system_call!(ioctl(line.tty.fd().0, TIOCMGET, u32::MAX)),
        Err(Errno::EFAULT)
    );
    Ok(())
}

/// Types so much that the other side, which is this one, is asked to stop, and
/// reads it again. Meanwhile output has to wait.
fn check_flow(line: &Loop) -> Outcome {
    let data = vec![b'x'; 3500];
    must!(type_bytes(&line.tty, &data));
    // A character for flow control has to come round first.
    let (_, start) = must!(calls::times());
    while must!(calls::times()).1 < start + 10 {}
    let pid = must!(child(|| {
        check_eq!(calls::write(line.tty.fd(), b"abc"), Ok(3));
        Ok(())
    }));
    while must!(calls::times()).1 < start + 30 {}
    check_eq!(must!(line.readable()), 3500);
    check!(must!(line.read(data.len())) == data);
    check!(must!(line.read(3)) == b"abc");
    all_well(&[pid])
}

fn serial_flow_by_lines() -> Outcome {
    let line = open_or_return!();
    let mut termios = line.raw;
    termios.c_cflag |= ControlFlags::CRTSCTS;
    must!(line.change(&termios));
    check_flow(&line)?;
    must!(type_bytes(&line.tty, &[b'x'; 3500]));
    check_eq!(must!(line.lines()) & TIOCM_RTS, 0);
    must!(system_call!(ioctl(line.tty.fd().0, TCFLSH, TCIOFLUSH)));
    check_eq!(must!(line.lines()) & TIOCM_RTS, TIOCM_RTS);
    Ok(())
}

fn serial_flow_by_characters() -> Outcome {
    let line = open_or_return!();
    let mut termios = line.raw;
    termios.c_iflag = InputFlags::IXON | InputFlags::IXOFF;
    must!(line.change(&termios));
    check_flow(&line)
}

fn serial_deaf() -> Outcome {
    let line = open_or_return!();
    let mut termios = line.raw;
    termios.c_cflag.remove(ControlFlags::CREAD);
    termios.c_cc[VMIN] = 0;
    must!(line.change(&termios));
    must!(calls::write(line.tty.fd(), b"unheard"));
    must!(system_call!(ioctl(line.tty.fd().0, TCSBRK, 1)));
    check_eq!(calls::read(line.tty.fd(), &mut [0; 9]), Ok(0));
    Ok(())
}

fn serial_soft_carrier() -> Outcome {
    let line = open_or_return!();
    for soft in [0u32, 1] {
        must!(line.set_lines(TIOCSSOFTCAR, soft));
        let flags = must!(calls::tcgetattr(line.tty.fd())).c_cflag;
        check_eq!(flags.contains(ControlFlags::CLOCAL), soft != 0);
        let mut told = 9u32;
        let address = (&raw mut told) as u32;
        must!(system_call!(ioctl(line.tty.fd().0, TIOCGSOFTCAR, address)));
        check_eq!(told, soft);
    }
    Ok(())
}

impl Loop {
    /// Without CLOCAL, takes the carrier away and has the kernel look.
    fn lose_carrier(&self) -> abi::Result<()> {
        let mut termios = self.raw;
        termios.c_cflag.remove(ControlFlags::CLOCAL);
        self.change(&termios)?;
        self.uart.set(MODEM_CONTROL, LOOP | DTR | RTS)?;
        self.lines().map(drop)
    }
}

fn serial_carrier_lost() -> Outcome {
    let line = open_or_return!();
    let old = line.old;
    in_child(|| {
        must!(line.lose_carrier());
        check_eq!(calls::read(line.tty.fd(), &mut [0; 9]), Ok(0));
        check_eq!(calls::write(line.tty.fd(), b"x"), Err(Errno::EIO));
        Ok(())
    })?;
    drop(line);
    // All have closed it: it is as good as new.
    serial_bytes()?;
    killed_by(Signal::SIGHUP, || {
        let _ = calls::setsid();
        let _terminal = File::open_with(c"/dev/ttyS1", O_RDWR, 0);
        if let Ok(Some(line)) = Loop::open() {
            let _ = line.lose_carrier();
            // The signal is there before the call is back.
            calls::_exit(7);
        }
    })?;
    let mut line = open_or_return!();
    line.old = old;
    drop(line);
    serial_bytes()
}

/// 1 when SIGHUP has come.
static HUNG_UP: AtomicU32 = AtomicU32::new(0);

/// The leader of a new session has the line hang up after a while: the byte that
/// comes back brings the news that the carrier was away. Tells the time stamp.
fn hang_up_soon() -> abi::Result<u32> {
    const RECEIVE: u8 = 1;
    calls::setsid()?;
    let terminal = File::open_with(c"/dev/ttyS1", O_RDWR, 0)?;
    let line = Loop::open()?.ok_or(Errno::ENXIO)?;
    let mut termios = line.raw;
    termios.c_cflag.remove(ControlFlags::CLOCAL);
    line.change(&termios)?;
    line.uart.set(INTERRUPTS, RECEIVE)?;
    line.uart.set(MODEM_CONTROL, LOOP | DTR | RTS)?;
    line.uart.set(MODEM_CONTROL, LOOP | OUT2 | DTR | RTS)?;
    line.uart.set(DATA, b'x')?;
    let now = time_stamp();
    // They stay open.
    core::mem::forget((terminal, line));
    Ok(now)
}

/// The time until the line hangs up; 0 if the UART forgets in loopback that the
/// carrier was away, as QEMU's does.
fn time_to_hang_up() -> core::result::Result<u32, Failure> {
    extern "C" fn note(_signal: u32) {
        HUNG_UP.store(1, Relaxed);
    }
    const NEVER: u32 = 1 << 28;
    let pipe = must!(Pipe::new());
    in_child(|| {
        must!(sigaction(Signal::SIGHUP, Handler::Catch(note)));
        let start = must!(hang_up_soon());
        let mut time = 0;
        loop {
            let now = time_stamp().wrapping_sub(start);
            if HUNG_UP.load(Relaxed) != 0 {
                break;
            }
            if now > NEVER {
                time = 0;
                break;
            }
            // The last before the interrupt.
            time = now;
        }
        must!(calls::write(pipe.1, &time.to_ne_bytes()));
        Ok(())
    })?;
    let mut time = [0; 4];
    must!(calls::read(pipe.0, &mut time));
    Ok(u32::from_ne_bytes(time))
}

/// What becomes of a process that stops itself after some time, about when the
/// line hangs up: SIGCONT lets it go on, SIGHUP ends it.
fn stop_after(time: u32) -> Outcome {
    const PATIENCE: u32 = 20;
    let pid = must!(child(|| {
        let start = must!(hang_up_soon());
        while time_stamp().wrapping_sub(start) < time {}
        must!(calls::raise(Signal::SIGSTOP));
        Ok(())
    }));
    let now = || calls::times().map_or(0, |(_, ticks)| ticks);
    let start = now();
    while now() - start < PATIENCE {
        if let Some((_, status)) = must!(calls::waitpid(number(pid), WNOHANG)) {
            check_eq!(status.term_signal(), Some(Signal::SIGHUP));
            return Ok(());
        }
    }
    must!(kill_and_wait(pid));
    Err(failure!("stopped after {time}, it stands for ever"))
}

/// Only where the clock is as exact as Bochs's the time can be aimed at.
fn serial_stop_hung_up() -> Outcome {
    const ALL: u8 = 0x0D;
    const EXACT: u32 = 100;
    /// From the call to the stop it takes at most so long.
    const EARLIEST: u32 = 700;
    let old = open_or_return!().old;
    let uart = must!(Uart::open());
    let mut times = [0; 3];
    for time in &mut times {
        *time = time_to_hang_up()?;
        must!(uart.set(INTERRUPTS, ALL));
    }
    times.sort_unstable();
    let mut result = Ok(());
    if times[0] != 0 && times[2] - times[0] <= EXACT {
        for early in (0..EARLIEST).step_by(3) {
            result = result.and_then(|()| stop_after(times[0].saturating_sub(early)));
            must!(uart.set(INTERRUPTS, ALL));
        }
    }
    let mut line = open_or_return!();
    line.old = old;
    result
}

fn serial_drain_hung_up() -> Outcome {
    let mut line = open_or_return!();
    let old = line.old;
    line.raw.c_cflag |= ControlFlags::CRTSCTS;
    line.raw.c_cflag.remove(ControlFlags::CLOCAL);
    must!(line.change(&line.raw));
    // Nobody reads: RTS drops, and with it CTS.
    must!(type_bytes(&line.tty, &[b'x'; 3500]));
    must!(calls::write(line.tty.fd(), b"held"));
    let waiter = must!(child(|| {
        let drained = system_call!(ioctl(line.tty.fd().0, TCSBRK, 1));
        check_eq!(drained, Err(Errno::EIO));
        Ok(())
    }));
    must!(wait_until_asleep(waiter));
    // The carrier is lost, and CTS stays away.
    must!(line.uart.set(MODEM_CONTROL, LOOP | DTR));
    must!(line.lines());
    all_well(&[waiter])?;
    drop(line);
    let mut line = open_or_return!();
    line.old = old;
    Ok(())
}

fn serial_carrier_ignored() -> Outcome {
    let line = open_or_return!();
    must!(line.uart.set(MODEM_CONTROL, LOOP | DTR | RTS));
    check_eq!(must!(line.lines()) & TIOCM_CAR, 0);
    must!(line.uart.set(MODEM_CONTROL, LOOP | OUT2 | DTR | RTS));
    must!(calls::write(line.tty.fd(), b"here"));
    check!(must!(line.read(4)) == b"here");
    Ok(())
}

fn serial_carrier_wanted() -> Outcome {
    extern "C" fn nothing(_signal: u32) {}
    let line = open_or_return!();
    must!(line.uart.set(MODEM_CONTROL, LOOP | DTR | RTS));
    must!(line.lines());
    let mut termios = line.raw;
    termios.c_cflag.remove(ControlFlags::CLOCAL);
    must!(line.change(&termios));
    in_child(|| {
        must!(sigaction(Signal::SIGALRM, Handler::Catch(nothing)));
        calls::alarm(1);
        let opened = File::open_with(c"/dev/ttyS1", O_RDWR | O_NOCTTY, 0);
        check_eq!(opened.err(), Some(Errno::EINTR));
        must!(File::open_with(
            c"/dev/ttyS1",
            O_RDWR | O_NOCTTY | O_NONBLOCK,
            0
        ));
        Ok(())
    })?;
    must!(line.uart.set(MODEM_CONTROL, LOOP | OUT2 | DTR | RTS));
    must!(line.lines());
    must!(File::open_with(c"/dev/ttyS1", O_RDWR | O_NOCTTY, 0));
    Ok(())
}

fn serial_hangs_up_on_close() -> Outcome {
    let line = open_or_return!();
    let uart = must!(Uart::open());
    let mut termios = line.old;
    termios.c_cflag |= ControlFlags::HUPCL | ControlFlags::CLOCAL;
    must!(line.change(&termios));
    let old = line.old;
    drop(line);
    // That has set it back.
    let line = must!(File::open_with(c"/dev/ttyS1", O_RDWR | O_NOCTTY, 0));
    must!(calls::tcsetattr(line.fd(), &termios));
    check_eq!(must!(uart.get(MODEM_CONTROL)) & (DTR | RTS), DTR | RTS);
    let other = must!(calls::dup(line.fd()));
    drop(line);
    check_eq!(must!(uart.get(MODEM_CONTROL)) & (DTR | RTS), DTR | RTS);
    must!(calls::close(other));
    check_eq!(must!(uart.get(MODEM_CONTROL)) & (DTR | RTS), 0);
    let line = must!(File::open_with(c"/dev/ttyS1", O_RDWR | O_NOCTTY, 0));
    check_eq!(must!(uart.get(MODEM_CONTROL)) & (DTR | RTS), DTR | RTS);
    must!(calls::tcsetattr(line.fd(), &old));
    Ok(())
}

fn serial_break() -> Outcome {
    const BREAK: u8 = 0x40;
    let line = open_or_return!();
    let pid = must!(child(|| {
        must!(system_call!(ioctl(line.tty.fd().0, TCSBRK, 0)));
        Ok(())
    }));
    let (_, start) = must!(calls::times());
    let mut lasted = 0;
    while must!(calls::times()).1 < start + 100 {
        lasted += u32::from(must!(line.uart.get(LINE_CONTROL)) & BREAK != 0);
    }
    check!(lasted > 0);
    check_eq!(must!(line.uart.get(LINE_CONTROL)) & BREAK, 0);
    all_well(&[pid])
}

fn serial_exclusive() -> Outcome {
    let line = open_or_return!();
    let open = || File::open_with(c"/dev/ttyS1", O_RDWR | O_NOCTTY, 0).map(drop);
    must!(calls::chmod(c"/dev/ttyS1", 0o666));
    let as_user = |expected: abi::Result<()>| {
        crate::support::as_user(100, 100, || {
            check_eq!(open(), expected);
            Ok(())
        })
    };
    must!(system_call!(ioctl(line.tty.fd().0, TIOCEXCL, 0)));
    as_user(Err(Errno::EBUSY))?;
    check_eq!(open(), Ok(()));
    must!(system_call!(ioctl(line.tty.fd().0, TIOCNXCL, 0)));
    as_user(Ok(()))?;
    must!(system_call!(ioctl(line.tty.fd().0, TIOCEXCL, 0)));
    drop(line);
    as_user(Ok(()))?;
    must!(calls::chmod(c"/dev/ttyS1", 0o622));
    Ok(())
}
