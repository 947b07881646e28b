// SPDX-License-Identifier: GPL-2.0-or-later
//! Tests of the whole system: the real image, booted in both emulators. They
//! run with `--ignored`, as `make test` does, on the image that `$IMAGE` names.

#[path = "../assembler/mod.rs"]
mod assembler;
mod bench;
mod boot;
mod c_programs;
mod clock;
mod common;
mod consoles;
mod debugging;
mod disks;
mod editions;
mod editor;
mod everyday;
mod faults;
mod floppies;
mod floppy_boot;
mod hostile;
mod interactive;
mod latency;
mod like_host;
mod limits;
mod linux;
mod math;
mod memory;
mod one_run;
mod pages;
mod period;
mod period_disk;
mod power;
mod root_check;
mod serial;
mod sh_cases;
mod shell;
mod soak;
mod tracing;
mod users;
mod usertests;
mod v86;
