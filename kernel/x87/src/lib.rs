// SPDX-License-Identifier: GPL-2.0-or-later
//! The arithmetic of the math coprocessor, for machines that have none (0.11:
//! `kernel/math/math_emulate.c`, which only promised it; 0.12 had it).
//!
//! The kernel's `math_emulate` decodes an instruction by [`ea`] and lets [`instructions`]
//! carry it out on a task's [`i387`]. Nothing here uses the kernel; the tests on the host
//! compare it with their own coprocessor (`kernel/host`).
//!
//! It is a crate of its own to be compiled for size: few machines have no coprocessor, and
//! all have to load this.
#![no_std]

mod add;
mod compare;
mod control;
mod convert;
mod div;
pub mod ea;
pub mod error;
mod functions;
mod get_put;
pub mod i387;
pub mod instructions;
mod log;
pub mod machine;
mod mul;
mod poly;
mod remainder;
mod round;
mod scale;
mod sqrt;
mod temp_real;
mod trig;
