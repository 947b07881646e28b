// SPDX-License-Identifier: GPL-2.0-or-later
//! Unpacks the kernel. 0.11 has no such thing: its kernel was on the floppy as it is.
//!
//! The image tool puts this code, with the compressed kernel behind it, where the kernel
//! would be on the disk. So the loader in `setup.s` takes it for the kernel: it reads it
//! to 2 MB (`boot.ld`), checks it, and jumps to [`unpack`], in protected mode, with paging
//! and interrupts off. The kernel gets all as the loader has left it, and may use the
//! memory that this code was in.
//!
//! If the kernel is not what was packed, a message says so on the screen and on COM1.

use asm::io::{inb, outb};
use core::{mem, slice};
use lz4_flex::block::decompress_into;

/// What stands in front of the code: filled in by the image tool
/// (`tools/mkimage/src/packed.rs`).
#[repr(C)]
struct Packed {
    kernel: KernelHeader,
    /// Where the block of LZ4 begins, from here on.
    offset: u32,
    /// Its bytes.
    length: u32,
}

/// The header that the kernel would have if it was not compressed
/// (`tools/mkimage/src/kernel_header.rs`).
#[repr(C)]
struct KernelHeader {
    magic: [u8; 4],
    version: u32,
    length: u32,
    load_address: u32,
    entry: u32,
    memory_end: u32,
    checksum: u32,
}

unsafe extern "C" {
    /// A symbol of boot.ld.
    #[link_name = "packed"]
    static PACKED: Packed;
}

#[unsafe(no_mangle)]
#[unsafe(link_section = ".unpack.entry")]
extern "C" fn unpack() -> ! {
    let start = &raw const PACKED;
    // SAFETY: the image tool has filled it in, with a block that is in what was loaded
    // and a kernel that ends in front of that; the loader has checked that nothing was
    // changed since. So the three neither overlap nor are anybody else's.
    let (kernel, block, image) = unsafe {
        let packed = &*start;
        let kernel = &packed.kernel;
        let block = start.cast::<u8>().add(packed.offset as usize);
        let image = kernel.load_address as *mut u8;
        (
            kernel,
            slice::from_raw_parts(block, packed.length as usize),
            slice::from_raw_parts_mut(image, kernel.length as usize),
        )
    };
    let is_whole = matches!(decompress_into(block, image), Ok(count) if count == image.len());
    if !is_whole || checksum(image) != kernel.checksum {
        fail(b"Kernel cannot be unpacked: it is damaged");
    }
    // SAFETY: the kernel's first instruction is there.
    let startup_32: extern "C" fn() -> ! = unsafe { mem::transmute(kernel.entry) };
    startup_32()
}

/// As the loader makes it. An image has whole sectors.
fn checksum(image: &[u8]) -> u32 {
    // Eight words at a time, so that little is counted.
    let mut sum = 0u32;
    for words in image.as_chunks::<32>().0 {
        for word in words.as_chunks().0 {
            sum = sum.rotate_left(1).wrapping_add(u32::from_le_bytes(*word));
        }
    }
    sum
}

/// Prints a message in the line of the cursor, as setup.s does, and stops.
pub fn fail(message: &[u8]) -> ! {
    const CURSOR_ROW: *const u8 = 0x9_0001 as *const u8;
    const VIDEO_MODE: *const u8 = 0x9_0006 as *const u8;
    const COLUMNS: *const u8 = 0x9_0007 as *const u8;
    const MONOCHROME: u8 = 7;
    const LIGHT_GREY: u16 = 0x0700;
    // SAFETY: setup.s has left these numbers there.
    let (row, mode, columns) = unsafe { (*CURSOR_ROW, *VIDEO_MODE, *COLUMNS) };
    let screen = match mode {
        MONOCHROME => 0xB_0000,
        _ => 0xB_8000,
    } as *mut u16;
    let line = usize::from(row) * usize::from(columns);
    for (column, &character) in message.iter().enumerate() {
        // SAFETY: the memory of the screen, which has room behind the last line, too.
        unsafe {
            screen
                .add(line + column)
                .write_volatile(LIGHT_GREY | u16::from(character))
        };
        send(character);
    }
    send(b'\r');
    send(b'\n');
    loop {
        // SAFETY: with interrupts masked this stops the processor for good.
        unsafe { core::arch::asm!("hlt") };
    }
}

/// Sends a character on COM1; gives up if there is no port.
fn send(character: u8) {
    const DATA: u16 = 0x3F8;
    const LINE_STATUS: u16 = 0x3FD;
    const READY: u8 = 0x20;
    // SAFETY: nobody else runs who would use the port, and no interrupt comes of it.
    unsafe {
        for _ in 0..0x1_0000 {
            if inb(LINE_STATUS) & READY != 0 {
                break;
            }
        }
        outb(character, DATA);
    }
}
