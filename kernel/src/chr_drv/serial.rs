// SPDX-License-Identifier: GPL-2.0-or-later
//! stub being written
use lib::asm::io::{inb, outb};
const COM1: u16 = 0x3F8;
pub fn write_message(message: &[u8]) {
    write_panic(message);
}
pub fn write_panic(message: &[u8]) {
    for &byte in message {
        if byte == b'\n' {
            send_polled(b'\r');
        }
        send_polled(byte);
    }
}
fn send_polled(byte: u8) {
    for _ in 0..100_000 {
        // SAFETY: line status
        if unsafe { inb(COM1 + 5) } & 0x20 != 0 {
            // SAFETY: data
            unsafe { outb(byte, COM1) };
            return;
        }
    }
}
