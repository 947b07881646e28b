// SPDX-License-Identifier: GPL-2.0-or-later
//! The tool as its users see it: words in, text, exit status and files out.

mod attributes;
mod block_devices;
mod book;
mod build;
mod commands;
mod copy;
mod elf_builder;
mod everyday;
mod examples;
mod floppy;
mod fsck;
mod help;
mod locks;
mod mkfs;
mod names;
mod output;
mod project;
mod rescue;
mod structures;
mod tar;
mod update;
