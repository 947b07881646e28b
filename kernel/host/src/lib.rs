// SPDX-License-Identifier: GPL-2.0-or-later
//! The parts of the kernel that touch no hardware, once more for the host.
//!
//! The kernel builds for its own target only. State machines and tables that
//! are inside its drivers have their tests beside them; this crate includes
//! those files, under the names that they have in the kernel, so that `cargo
//! test` runs the tests.
#![allow(dead_code)]

/// Selectors and descriptors, for `make web` too.
#[path = "../../src/descriptor.rs"]
pub mod descriptor;

/// Page faults.
#[path = "../../src/fault"]
mod fault {
    pub mod page_fault;
}

/// Block devices.
#[path = "../../src/blk_drv"]
mod blk_drv {
    /// Bytes in a sector.
    pub const SECTOR_SIZE: usize = 512;

    /// Floppy disks.
    pub mod floppy {
        pub mod drive;
        pub mod geometry;
    }

    /// The bus master.
    pub mod piix {
        pub mod configuration;
        pub mod regions;
    }

    #[path = "hd/drive.rs"]
    pub mod drive;
    #[path = "hd/partition.rs"]
    pub mod partition;
    #[path = "ll_rw_blk/requests.rs"]
    pub mod requests;
}

/// What the BIOS told.
#[path = "../../src/setup_data"]
mod setup_data {
    pub mod memory_map;
}

/// The CMOS clock.
#[path = "../../src/cmos"]
mod cmos {
    pub mod date;
}

/// When something is due.
#[path = "../../src/sched"]
mod sched {
    pub mod timer;
}

/// The kernel's messages.
#[path = "../../src/printk"]
mod printk {
    pub mod log;
}

/// Tracing.
#[path = "../../src/trace"]
mod trace {
    pub mod registers;
}

/// Character devices.
#[path = "../../src/chr_drv"]
mod chr_drv {
    /// The console's screen and escape sequences, and the length of its beep.
    pub mod console {
        pub mod beep;
        pub mod escape;
        pub mod screen;
    }

    /// The keyboard's codes and lights.
    pub mod keyboard {
        pub mod decoder;
        pub mod layout;
        pub mod lights;
    }

    /// The source of random bytes.
    pub mod random {
        pub mod pool;
    }

    /// Ring buffers.
    pub mod queue;
    /// What the line discipline writes to.
    pub mod sink;

    /// The registers of the serial lines, and messages that wait for one.
    pub mod uart {
        pub mod messages;
        pub mod registers;
    }

    /// The settings of terminals as Version 7 has them.
    pub mod tty_ioctl {
        pub mod sgtty;
    }

    /// The line discipline.
    pub mod tty_io {
        pub mod line_discipline;
    }
}

/// The emulator of the math coprocessor.
#[path = "../../x87/src"]
mod math {
    pub mod add;
    pub mod compare;
    pub mod control;
    pub mod convert;
    pub mod div;
    pub mod ea;
    pub mod error;
    pub mod functions;
    pub mod get_put;
    pub mod i387;
    pub mod instructions;
    pub mod log;
    pub mod machine;
    pub mod mul;
    pub mod poly;
    pub mod remainder;
    pub mod round;
    pub mod scale;
    pub mod sqrt;
    pub mod temp_real;
    pub mod trig;
}

#[cfg(all(test, target_arch = "x86_64"))]
mod math_on_x87;
