// SPDX-License-Identifier: GPL-2.0-or-later
//! The kernel's command line: its words, and the values of each.
//!
//! The kernel, task 1 and the image tool read it by the same
//! [`CommandLine::parse`]. A word that is unknown or has a bad value is passed to
//! `complain` and ignored. If a word is given twice, the first good one counts.

use crate::kd;
use crate::sys::types::Device;
use core::fmt;

/// The terminals that `console=` may name.
const CONSOLES: [&str; 9] = [
    "tty0", "tty1", "tty2", "tty3", "tty4", "tty64", "tty65", "ttyS0", "ttyS1",
];
/// The block at which an image for the RAM disk begins on a floppy: the kernels of
/// 0.11 had at most 256 KB.
const IMAGE_BLOCK: u32 = 256;

/// What a command line asks for.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct CommandLine<'a> {
    /// `root=`: the root device.
    pub root: Option<Device>,
    /// `ramdisk=`: KB of the RAM disk, and the block at which an image begins.
    pub ramdisk: Option<(u32, u32)>,
    /// `init=`: the path of a program.
    pub init: Option<&'a str>,
    /// `console=`: the name of a terminal in `/dev`.
    pub console: Option<&'a str>,
    /// `keyboard=`: an index of [`kd::LAYOUTS`].
    pub keyboard: Option<usize>,
    /// `no387`: the coprocessor is not to be used.
    pub no387: bool,
    /// `dma`: hard disks move their data by DMA, where they can.
    pub dma: bool,
    /// `expose-tss`: ring 3 may use the pages of the task state segments.
    pub expose_tss: bool,
}

/// A word that is not understood.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BadWord<'a> {
    /// The word.
    pub word: &'a str,
    /// What would have been right.
    pub expected: &'static str,
}

impl fmt::Display for BadWord<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: expected {}", self.word, self.expected)
    }
}

impl<'a> CommandLine<'a> {
    /// Reads the words of `line`, which blanks separate.
    pub fn parse(line: &'a str, complain: &mut dyn FnMut(BadWord<'a>)) -> CommandLine<'a> {
        let mut parsed = CommandLine::default();
        for word in line.split_ascii_whitespace() {
            if let Err(expected) = parsed.take(word) {
                complain(BadWord { word, expected });
            }
        }
        parsed
    }

    /// Takes one word, or returns what was expected.
    fn take(&mut self, word: &'a str) -> Result<(), &'static str> {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (word, None),
        };
        match name {
            "root" => keep(&mut self.root, value.and_then(root)).ok_or(
                "root=/dev/hd0 to /dev/hd9, /dev/fd0, /dev/fd1, /dev/ram, or four hexadecimal digits",
            ),
            "ramdisk" => keep(&mut self.ramdisk, value.and_then(ramdisk))
                .ok_or("ramdisk=KB or ramdisk=KB,BLOCK, decimal numbers, KB not 0"),
            "init" => {
                let path = value.filter(|path| path.starts_with('/'));
                keep(&mut self.init, path).ok_or("init= and a path that begins with /")
            }
            "console" => {
                let known = value.filter(|name| CONSOLES.contains(name));
                keep(&mut self.console, known)
                    .ok_or("console=tty0 to tty4, ttyS0, ttyS1, tty64 or tty65")
            }
            "keyboard" => {
                let layout = |name| kd::LAYOUTS.iter().position(|known| *known == name);
                keep(&mut self.keyboard, value.and_then(layout))
                    .ok_or("keyboard=us, de, fr or fi")
            }
            "no387" => {
                self.no387 |= value.is_none();
                value.map_or(Ok(()), |_| Err("no387 without a value"))
            }
            "dma" => {
                self.dma |= value.is_none();
                value.map_or(Ok(()), |_| Err("dma without a value"))
            }
            "expose-tss" => {
                self.expose_tss |= value.is_none();
                value.map_or(Ok(()), |_| Err("expose-tss without a value"))
            }
            _ => Err("root=, ramdisk=, init=, console=, keyboard=, no387, dma or expose-tss"),
        }
    }
}

/// Keeps a good value, unless there was one before; `None` if it is bad.
fn keep<T>(place: &mut Option<T>, value: Option<T>) -> Option<()> {
    place.get_or_insert(value?);
    Some(())
}

fn root(value: &str) -> Option<Device> {
    Device::from_name(value).filter(|device| !device.is_none())
}

fn ramdisk(value: &str) -> Option<(u32, u32)> {
    let (blocks, image) = match value.split_once(',') {
        Some((blocks, image)) => (blocks, number(image)?),
        None => (value, IMAGE_BLOCK),
    };
    Some((number(blocks).filter(|blocks| *blocks > 0)?, image))
}

/// A number without a sign.
fn number(digits: &str) -> Option<u32> {
    digits.parse().ok().filter(|_| !digits.starts_with('+'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bad(line: &str) -> Vec<&str> {
        let mut words = Vec::new();
        CommandLine::parse(line, &mut |bad| words.push(bad.word));
        words
    }

    #[test]
    fn all_words() {
        let line = "root=/dev/hd2 ramdisk=1024,7 init=/bin/cat console=ttyS0 keyboard=de no387 \
                    dma expose-tss";
        assert_eq!(bad(line), [""; 0]);
        assert_eq!(
            CommandLine::parse(line, &mut |_| ()),
            CommandLine {
                root: Some(Device(0x0302)),
                ramdisk: Some((1024, 7)),
                init: Some("/bin/cat"),
                console: Some("ttyS0"),
                keyboard: Some(1),
                no387: true,
                dma: true,
                expose_tss: true,
            }
        );
        assert_eq!(
            CommandLine::parse("ramdisk=360", &mut |_| ()).ramdisk,
            Some((360, 256))
        );
        assert_eq!(
            CommandLine::parse("  ", &mut |_| ()),
            CommandLine::default()
        );
    }

    #[test]
    fn each_bad_word_is_told_and_left_out() {
        for word in [
            "bogus",
            "root",
            "root=",
            "root=bogus",
            "root=hd2",
            "root=0000",
            "ramdisk=abc",
            "ramdisk=0",
            "ramdisk=+1",
            "ramdisk=1,",
            "ramdisk=99999999999",
            "init",
            "init=",
            "init=bin/sh",
            "console=",
            "console=bogus",
            "console=/dev/tty1",
            "keyboard=",
            "keyboard=bogus",
            "no387=1",
            "No387",
            "dma=1",
            "=",
        ] {
            assert_eq!(bad(word), [word]);
            let parsed = CommandLine::parse(word, &mut |_| ());
            assert_eq!(parsed, CommandLine::default(), "{word}");
        }
    }

    #[test]
    fn the_first_good_one_counts() {
        let line = "root=bogus root=/dev/hd2 root=/dev/hd3";
        assert_eq!(bad(line), ["root=bogus"]);
        let parsed = CommandLine::parse(line, &mut |_| ());
        assert_eq!(parsed.root, Some(Device(0x0302)));
    }

    #[test]
    fn the_message_names_word_and_what_was_expected() {
        let mut text = String::new();
        CommandLine::parse("keyboard=xx", &mut |bad| text = bad.to_string());
        assert_eq!(text, "keyboard=xx: expected keyboard=us, de, fr or fi");
        for layout in kd::LAYOUTS {
            let word = format!("keyboard={layout}");
            assert_eq!(bad(&word), [""; 0]);
            assert!(text.contains(layout));
        }
    }
}
