// SPDX-License-Identifier: GPL-2.0-or-later
//! The tool as its users see it: words in, text, exit status and files out.

mod build;
mod commands;
mod elf_builder;
mod project;
