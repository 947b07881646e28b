// SPDX-License-Identifier: GPL-2.0-or-later
//! Output on its way to the device (0.11: the inner loop of `tty_write`).

use super::{LineDiscipline, Sink, TAB};
use abi::termios::{LocalFlags, OutputFlags};

/// The most bytes that output of one makes: a tab.
const MOST_EXPANSION: usize = TAB;

impl LineDiscipline {
    /// Output: returns how many of the bytes the sink took.
    pub fn write(&mut self, bytes: &[u8], sink: &mut dyn Sink) -> usize {
        if self.local(LocalFlags::FLUSHO) {
            return bytes.len();
        }
        let is_processed = self.output(OutputFlags::OPOST);
        let mut done = 0;
        while let Some(&byte) = bytes.get(done) {
            let room = sink.room();
            let plain = self.plain(&bytes[done..]).min(room);
            if plain > 0 {
                sink.put(&bytes[done..done + plain]);
                self.column = self.column.wrapping_add(plain);
                done += plain;
                continue;
            }
            if room < MOST_EXPANSION {
                break;
            }
            match is_processed {
                true => self.write_special(byte, sink),
                false => sink.put(&[byte]),
            }
            done += 1;
        }
        done
    }

    /// How many bytes at the start need no treatment.
    fn plain(&self, bytes: &[u8]) -> usize {
        let upper = self.output(OutputFlags::OPOST | OutputFlags::OLCUC);
        let is_special =
            |byte: &u8| byte.is_ascii_control() || (upper && byte.is_ascii_alphabetic());
        bytes.iter().position(is_special).unwrap_or(bytes.len())
    }

    /// Writes a byte that is not plain.
    fn write_special(&mut self, byte: u8, sink: &mut dyn Sink) {
        match byte {
            b'\n' if self.output(OutputFlags::ONLCR) => {
                self.column = 0;
                sink.put(b"\r\n");
            }
            b'\n' => self.newline(sink),
            b'\r' if self.output(OutputFlags::OCRNL) => self.newline(sink),
            b'\r' if self.output(OutputFlags::ONOCR) && self.column == 0 => {}
            b'\r' => {
                self.column = 0;
                sink.put(b"\r");
            }
            b'\t' => {
                let columns = TAB - self.column % TAB;
                self.column = self.column.wrapping_add(columns);
                if self.output(OutputFlags::XTABS) {
                    sink.put(&[b' '; TAB][..columns]);
                } else {
                    sink.put(b"\t");
                }
            }
            8 => {
                self.column = self.column.saturating_sub(1);
                sink.put(&[8]);
            }
            // Only with OLCUC are letters special.
            _ if byte.is_ascii_uppercase() && self.local(LocalFlags::XCASE) => {
                self.column = self.column.wrapping_add(2);
                sink.put(&[b'\\', byte]);
            }
            _ if byte.is_ascii_alphabetic() => {
                self.column = self.column.wrapping_add(1);
                sink.put(&[byte.to_ascii_uppercase()]);
            }
            _ => sink.put(&[byte]),
        }
    }

    fn newline(&mut self, sink: &mut dyn Sink) {
        if self.output(OutputFlags::ONLRET) {
            self.column = 0;
        }
        sink.put(b"\n");
    }
}
