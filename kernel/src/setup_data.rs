// SPDX-License-Identifier: GPL-2.0-or-later
//! What setup.s found out from the BIOS and left at 90000h
//! (0.11: `EXT_MEM_K`, `DRIVE_INFO`, `ORIG_ROOT_DEV` in `init/main.c`).
//!
//! [`take`] copies it all at the beginning of `main`; afterwards its memory is
//! given away.
//!
//! ```text
//! 90000  cursor column, row (bytes)    90080  drive table 0, 16 bytes
//! 90002  extended memory in KB         90090  drive table 1
//! 90006  video mode (byte)             901BC  ROOT_DEV
//! 90007  columns (byte)                901BE  partition table
//! 90008  EGA/VGA: ax bx cx             90A00  command line, 512 bytes
//!                                      90C00  memory map: count, entries
//! ```
//!
//! An emulator can pass a command line for one start in an extension ROM. Then that
//! of the disk is not used.

mod memory_map;

use abi::command_line::CommandLine;
use abi::pod::Pod;
use abi::sys::types::Device;
use core::ops::Range;
use core::ptr::{NonNull, with_exposed_provenance_mut};
use memory_map::MemoryRange;
use mm::memory::{MEMORY_LIMIT, PAGE_SIZE};
use spin::Once;
use volatile::VolatilePtr;

const SETUP_DATA: usize = 0x9_0000;
const DRIVE_TABLES: usize = SETUP_DATA + 0x80;
const ROOT_DEV: usize = SETUP_DATA + 0x1BC;
const COMMAND_LINE: usize = SETUP_DATA + 0xA00;
const MEMORY_MAP: usize = SETUP_DATA + 0xC00;
/// Where extension ROMs are, and the step in which the BIOS looks for them (IBM
/// PC/AT Technical Reference, "ROM scan").
const ROMS: Range<usize> = 0xC_0000..0xF_0000;
const ROM_STEP: usize = 2048;
const ROM_SIGNATURE: u16 = 0xAA55;
/// What a ROM with a command line has at byte 20h; the line is at byte 200h.
const ROM_MARK: [u8; 16] = *b"ELEVEN COMMANDS:";
/// setup.s has room for so many.
const MOST_RANGES: usize = 64;

/// The text screen as the BIOS left it.
#[derive(Clone, Copy, Debug)]
pub struct ScreenInfo {
    /// Column of the cursor.
    pub cursor_x: u8,
    /// Row of the cursor.
    pub cursor_y: u8,
    /// Video mode; 7 is monochrome.
    pub mode: u8,
    /// Columns of the screen.
    pub columns: u8,
    /// `bx` of int 10h, ax = 1200h, bl = 10h: 10h in `bl` if there is no EGA.
    pub ega_bx: u16,
}

struct SetupData {
    screen: ScreenInfo,
    drives: [[u8; 16]; 2],
    root_dev: Device,
    command_line: [u8; 512],
    ranges: [MemoryRange; MOST_RANGES],
    range_count: usize,
}

static SETUP: Once<SetupData> = Once::new();

/// Reads a value that code outside of Rust has written. `address` is aligned for
/// `T`.
fn read<T: Pod>(address: usize) -> T {
    let Some(pointer) = NonNull::new(with_exposed_provenance_mut(address)) else {
        return T::zeroed();
    };
    // SAFETY: this is physical memory below 1 MB, which nothing else uses yet and
    // which is mapped at its own address. Any bytes are a value of a `Pod`.
    unsafe { VolatilePtr::new_read_only(pointer) }.read()
}

/// Reads an array, one element after the other. As one value the compiler would read it
/// by an instruction for each byte.
fn read_array<T: Pod, const N: usize>(address: usize) -> [T; N] {
    core::array::from_fn(|n| read(address + n * size_of::<T>()))
}

/// Copies everything. `main` calls this first.
pub fn take() {
    SETUP.call_once(|| SetupData {
        screen: ScreenInfo {
            cursor_x: read(SETUP_DATA),
            cursor_y: read(SETUP_DATA + 1),
            mode: read(SETUP_DATA + 6),
            columns: read(SETUP_DATA + 7),
            ega_bx: read(SETUP_DATA + 10),
        },
        drives: [read(DRIVE_TABLES), read(DRIVE_TABLES + 16)],
        root_dev: Device(read(ROOT_DEV)),
        command_line: read_array(rom_command_line().unwrap_or(COMMAND_LINE)),
        ranges: read_array(MEMORY_MAP + 4),
        range_count: (read::<u32>(MEMORY_MAP) as usize).min(MOST_RANGES),
    });
}

/// The address of a ROM's command line, if a ROM has one.
fn rom_command_line() -> Option<usize> {
    let has_line = |rom: &usize| {
        read::<u16>(*rom) == ROM_SIGNATURE && read::<[u8; 16]>(rom + 0x20) == ROM_MARK
    };
    ROMS.step_by(ROM_STEP).find(has_line).map(|rom| rom + 0x200)
}

fn setup() -> &'static SetupData {
    // `main` calls `take` before anything else.
    SETUP.get().expect("setup data not taken")
}

/// The screen.
pub fn screen_info() -> ScreenInfo {
    setup().screen
}

/// The BIOS's table of disk 0 or 1 (0.11: `drive_info`); zero if there is no
/// such disk.
pub fn drive_info(drive: usize) -> [u8; 16] {
    setup().drives.get(drive).copied().unwrap_or_default()
}

/// The root device that the boot sector names.
pub fn root_dev() -> Device {
    setup().root_dev
}

/// The stretches of usable memory, from below upwards, with gaps in between.
pub fn usable_memory() -> impl Iterator<Item = Range<u32>> {
    let setup = setup();
    memory_map::usable(
        &setup.ranges[..setup.range_count],
        PAGE_SIZE as u32,
        MEMORY_LIMIT,
    )
}

/// The kernel command line: words, separated by blanks. It is empty if it is not
/// text.
pub fn command_line() -> &'static str {
    let bytes = &setup().command_line;
    // Task 1 has room for as many bytes, with a NUL.
    let end = bytes.iter().position(|&byte| byte == 0);
    let text = &bytes[..end.unwrap_or(bytes.len() - 1)];
    core::str::from_utf8(text).unwrap_or_default().trim()
}

/// The command line, parsed.
pub fn parameters() -> CommandLine<'static> {
    CommandLine::parse(command_line(), &mut |_| ())
}

/// Calls `tell` for each word of the command line that is ignored.
pub fn check_command_line(mut tell: impl FnMut(core::fmt::Arguments<'_>)) {
    if core::str::from_utf8(&setup().command_line).is_err() {
        tell(format_args!("Command line left out: it is not text"));
    }
    CommandLine::parse(command_line(), &mut |bad| {
        tell(format_args!("Command line, left out: {bad}"))
    });
}
