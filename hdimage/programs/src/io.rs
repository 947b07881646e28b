// SPDX-License-Identifier: GPL-2.0-or-later
//! Reading and writing, as `std::io` has them: [`Read`] and [`Write`] for whatever
//! bytes come from or go to, [`BufReader`] and [`BufWriter`] so that not each byte is
//! a system call of its own.
//!
//! ```ignore
//! let file = File::open(c"/etc/rc")?;
//! for line in BufReader::new(file).lines() {
//!     println!("{}", text(&line?));
//! }
//! ```
//!
//! Lines and names are bytes: on a disk they need not be UTF-8.

use abi::{Errno, Result};
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// Bytes that are read ahead or collected.
const BUFFER: usize = 1024;

/// What bytes can be read from.
pub trait Read {
    /// Reads at most as many bytes as the buffer has; 0 at the end.
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize>;

    /// Adds all that is left to `bytes`; tells how much that was.
    fn read_to_end(&mut self, bytes: &mut Vec<u8>) -> Result<usize> {
        let before = bytes.len();
        let mut buffer = [0; BUFFER];
        loop {
            match read_on(self, &mut buffer)? {
                0 => return Ok(bytes.len() - before),
                count => bytes.extend_from_slice(buffer.get(..count).unwrap_or_default()),
            }
        }
    }

    /// Adds all that is left to `text`; EINVAL if it is no UTF-8.
    fn read_to_string(&mut self, text: &mut String) -> Result<usize> {
        let mut bytes = Vec::new();
        let count = self.read_to_end(&mut bytes)?;
        text.push_str(core::str::from_utf8(&bytes).map_err(|_| Errno::EINVAL)?);
        Ok(count)
    }

    /// Fills the buffer; EIO if there is not so much left.
    fn read_exact(&mut self, mut buffer: &mut [u8]) -> Result<()> {
        while !buffer.is_empty() {
            match read_on(self, buffer)? {
                0 => return Err(Errno::EIO),
                count => buffer = buffer.get_mut(count..).unwrap_or_default(),
            }
        }
        Ok(())
    }
}

/// What bytes can be written to.
pub trait Write {
    /// Writes; fewer bytes than given may be taken.
    fn write(&mut self, bytes: &[u8]) -> Result<usize>;

    /// Writes what was only collected so far.
    fn flush(&mut self) -> Result<()> {
        Ok(())
    }

    /// Writes all bytes, going on after a signal.
    fn write_all(&mut self, mut bytes: &[u8]) -> Result<()> {
        while !bytes.is_empty() {
            match self.write(bytes) {
                Ok(0) => return Err(Errno::EIO),
                Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
                Err(Errno::EINTR) => {}
                Err(errno) => return Err(errno),
            }
        }
        Ok(())
    }

    /// The function behind `write!` and `writeln!`.
    fn write_fmt(&mut self, arguments: fmt::Arguments<'_>) -> Result<()> {
        let mut adapter = Adapter {
            to: self,
            result: Ok(()),
        };
        match fmt::write(&mut adapter, arguments) {
            Ok(()) => Ok(()),
            // A value that cannot be shown is no error of the output.
            Err(fmt::Error) => adapter.result.and(Err(Errno::EINVAL)),
        }
    }
}

/// Reads, going on after a signal.
fn read_on<R: Read + ?Sized>(from: &mut R, buffer: &mut [u8]) -> Result<usize> {
    loop {
        match from.read(buffer) {
            Err(Errno::EINTR) => {}
            result => return result,
        }
    }
}

/// Keeps the error that `fmt` has no room for.
struct Adapter<'a, W: ?Sized> {
    to: &'a mut W,
    result: Result<()>,
}

impl<W: Write + ?Sized> fmt::Write for Adapter<'_, W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.result = self.to.write_all(text.as_bytes());
        self.result.map_err(|_| fmt::Error)
    }
}

impl<R: Read + ?Sized> Read for &mut R {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        (**self).read(buffer)
    }
}

impl<W: Write + ?Sized> Write for &mut W {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        (**self).write(bytes)
    }

    fn flush(&mut self) -> Result<()> {
        (**self).flush()
    }
}

/// Reads from memory.
impl Read for &[u8] {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let (now, rest) = self.split_at(self.len().min(buffer.len()));
        for (to, from) in buffer.iter_mut().zip(now) {
            *to = *from;
        }
        *self = rest;
        Ok(now.len())
    }
}

/// Writes to memory.
impl Write for Vec<u8> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.extend_from_slice(bytes);
        Ok(bytes.len())
    }
}

/// Reads ahead.
pub struct BufReader<R> {
    from: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
}

impl<R: Read> BufReader<R> {
    /// A reader of `from`.
    pub fn new(from: R) -> BufReader<R> {
        BufReader {
            from,
            buffer: alloc::vec![0; BUFFER],
            start: 0,
            end: 0,
        }
    }

    /// What is ahead; nothing only at the end.
    fn ahead(&mut self) -> Result<&[u8]> {
        if self.start == self.end {
            // Nothing is ahead if the read fails.
            (self.start, self.end) = (0, 0);
            self.end = read_on(&mut self.from, &mut self.buffer)?;
        }
        Ok(self.buffer.get(self.start..self.end).unwrap_or_default())
    }

    /// Adds what comes up to the byte `end`, and that byte, to `bytes`; tells how
    /// much that was: 0 at the end of the file.
    pub fn read_until(&mut self, end: u8, bytes: &mut Vec<u8>) -> Result<usize> {
        let before = bytes.len();
        loop {
            let ahead = self.ahead()?;
            let place = ahead.iter().position(|&byte| byte == end);
            let taken = place.map_or(ahead.len(), |place| place + 1);
            bytes.extend_from_slice(ahead.get(..taken).unwrap_or_default());
            self.start += taken;
            if place.is_some() || taken == 0 {
                return Ok(bytes.len() - before);
            }
        }
    }

    /// The lines, without their newlines.
    pub fn lines(mut self) -> impl Iterator<Item = Result<Vec<u8>>> {
        core::iter::from_fn(move || {
            let mut line = Vec::new();
            match self.read_until(b'\n', &mut line) {
                Ok(0) => None,
                Ok(_) => {
                    line.pop_if(|byte| *byte == b'\n');
                    Some(Ok(line))
                }
                Err(errno) => Some(Err(errno)),
            }
        })
    }
}

impl<R: Read> Read for BufReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let mut ahead = self.ahead()?;
        let count = ahead.read(buffer)?;
        self.start += count;
        Ok(count)
    }
}

/// Collects what is written. What is left is written when it is dropped; only
/// [`Write::flush`] tells whether that went well.
pub struct BufWriter<W: Write> {
    to: W,
    buffer: Vec<u8>,
}

impl<W: Write> BufWriter<W> {
    /// A writer to `to`.
    pub fn new(to: W) -> BufWriter<W> {
        BufWriter {
            to,
            buffer: Vec::with_capacity(BUFFER),
        }
    }

    fn write_buffer(&mut self) -> Result<()> {
        let result = self.to.write_all(&self.buffer);
        self.buffer.clear();
        result
    }
}

impl<W: Write> Write for BufWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        if self.buffer.len() + bytes.len() > BUFFER {
            self.write_buffer()?;
        }
        if bytes.len() > BUFFER {
            return self.to.write(bytes);
        }
        self.buffer.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<()> {
        self.write_buffer()?;
        self.to.flush()
    }
}

impl<W: Write> Drop for BufWriter<W> {
    fn drop(&mut self) {
        // Who wants to know of an error has called `flush`.
        let _ = self.write_buffer();
    }
}

/// Copies all that is left; tells how much that was.
pub fn copy(from: &mut impl Read, to: &mut impl Write) -> Result<usize> {
    let mut buffer = [0; BUFFER];
    let mut copied = 0;
    loop {
        match read_on(from, &mut buffer)? {
            0 => return Ok(copied),
            count => {
                to.write_all(buffer.get(..count).unwrap_or_default())?;
                copied += count;
            }
        }
    }
}

/// Bytes as text to be shown; what is no UTF-8 shows as `?` in a lozenge.
pub fn text(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives or takes three bytes at a time, and is interrupted now and then.
    struct Slow<'a> {
        from: &'a [u8],
        taken: Vec<u8>,
        calls: usize,
    }

    fn slow(from: &[u8]) -> Slow<'_> {
        Slow {
            from,
            taken: Vec::new(),
            calls: 0,
        }
    }

    impl Slow<'_> {
        fn interrupted(&mut self) -> Result<()> {
            self.calls += 1;
            match self.calls % 2 {
                0 => Ok(()),
                _ => Err(Errno::EINTR),
            }
        }
    }

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
            self.interrupted()?;
            let length = buffer.len().min(3);
            self.from.read(&mut buffer[..length])
        }
    }

    impl Write for Slow<'_> {
        fn write(&mut self, bytes: &[u8]) -> Result<usize> {
            self.interrupted()?;
            self.taken.write(&bytes[..bytes.len().min(3)])
        }
    }

    #[test]
    fn pieces_and_interrupts_do_not_show() {
        let mut text = String::new();
        assert_eq!(slow(b"seven b").read_to_string(&mut text), Ok(7));
        assert_eq!(text, "seven b");
        let mut exact = [0; 5];
        assert_eq!(slow(b"seven b").read_exact(&mut exact), Ok(()));
        assert_eq!(&exact, b"seven");
        assert_eq!(slow(b"four").read_exact(&mut exact), Err(Errno::EIO));
        assert_eq!(slow(b"\xff").read_to_string(&mut text), Err(Errno::EINVAL));
        let mut to = slow(b"");
        assert_eq!(write!(to, "{}-{:04}", "number", 42), Ok(()));
        assert_eq!(to.taken, b"number-0042");
        assert_eq!(copy(&mut slow(b"all of it"), &mut to), Ok(9));
        assert_eq!(to.taken, b"number-0042all of it");
    }

    #[test]
    fn lines() {
        let long = [b'x'; 3 * BUFFER];
        let text = [b"one\n\ntwo\n".as_slice(), &long, b"\nno newline"].concat();
        let lines: Vec<_> = BufReader::new(slow(&text))
            .lines()
            .map(Result::unwrap)
            .collect();
        assert_eq!(
            lines,
            [b"one", b"".as_slice(), b"two", &long, b"no newline"]
        );
    }

    #[test]
    fn a_failing_read_ends_no_loop_silently() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> Result<usize> {
                Err(Errno::EIO)
            }
        }
        assert_eq!(BufReader::new(Broken).lines().next(), Some(Err(Errno::EIO)));
    }

    #[test]
    fn what_is_collected_is_written_in_order() {
        let mut to = slow(b"");
        let mut writer = BufWriter::new(&mut to);
        let long = [b'x'; 2 * BUFFER];
        writer.write_all(b"first ").unwrap();
        writer.write_all(&long).unwrap();
        write!(writer, "{}", "last").unwrap();
        drop(writer);
        assert_eq!(to.taken, [b"first ".as_slice(), &long, b"last"].concat());
    }

    #[test]
    fn a_full_disk_is_told_by_flush() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> Result<usize> {
                Err(Errno::ENOSPC)
            }
        }
        let mut writer = BufWriter::new(Full);
        assert_eq!(writeln!(writer, "lost"), Ok(()));
        assert_eq!(writer.flush(), Err(Errno::ENOSPC));
        assert_eq!(writeln!(Full, "lost"), Err(Errno::ENOSPC));
    }
}
