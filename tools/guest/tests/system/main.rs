// SPDX-License-Identifier: GPL-2.0-or-later
//! Tests of the whole system: the real image, booted in both emulators. They
//! run with `--ignored`, as `make test` does, on the image that `$IMAGE` names.

mod boot;
mod common;
mod faults;
mod limits;
mod shell;
