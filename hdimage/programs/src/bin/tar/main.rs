// SPDX-License-Identifier: GPL-2.0-or-later
//! `tar c|t|x[vzpPO] [-f archive] [-C directory] [file...]`: makes an archive of files and
//! trees, lists one, or takes files out. `v` names the files, `z` compresses, `p` keeps
//! owners and all bits of the modes, as root does anyway, `O` writes to standard output.
//! Members whose names or links lead out of the working directory are refused, but for
//! `P`.
#![no_std]
#![no_main]

use alloc::ffi::CString;
use alloc::vec::Vec;
use core::ffi::CStr;
use programs::accounts::Accounts;
use programs::command::{At, report, status, usage};
use programs::gzip::Decoder;
use programs::io::Read;
use programs::options::Options;
use programs::path::c_string;
use programs::process::exit;
use programs::tar::BLOCK;
use user::calls::{self, Fd, File};
use user::{env, stdio};

extern crate alloc;

mod create;
mod extract;
mod reader;

user::program!(main);

const USAGE: &str = "tar c|t|x[vzpPO] [-f archive] [-C directory] [file...]";
/// An archive is a multiple of so many bytes long, for the sake of tapes.
const RECORD: usize = 20 * BLOCK;

struct Tar {
    verbose: bool,
    /// Owners and all bits of the modes are kept.
    preserve: bool,
    anywhere: bool,
    to_stdout: bool,
    mask: u16,
    users: Accounts,
    groups: Accounts,
}

fn main() -> i32 {
    stdio::set_error_status(2);
    let options = arguments();
    let tar = Tar {
        verbose: options.has('v'),
        preserve: options.has('p') || calls::geteuid() == 0,
        anywhere: options.has('P'),
        to_stdout: options.has('O'),
        mask: mask(),
        users: Accounts::users(),
        groups: Accounts::groups(),
    };
    let archive = options.value('f').unwrap_or(c"-");
    let actions = ['c', 't', 'x'].map(|letter| options.has(letter));
    let file = match (actions, archive == c"-") {
        ([true, false, false], false) => Some(File::create(archive).at(archive)),
        ([false, true, false] | [false, false, true], false) => {
            Some(File::open(archive).at(archive))
        }
        ([true, false, false] | [false, true, false] | [false, false, true], true) => None,
        _ => usage(USAGE),
    };
    let file = file.map(|file| report(file).unwrap_or_else(|| exit(2)));
    let fd = |other: Fd| file.as_ref().map_or(other, File::fd);
    if let Some(directory) = options.value('C')
        && report(calls::chdir(directory).at(directory)).is_none()
    {
        return 2;
    }
    match actions {
        [true, ..] => tar.create(fd(Fd::STDOUT), archive, options.has('z'), &options.operands),
        [_, list, _] => {
            let mut decoder;
            let mut plain;
            let from: &mut dyn Read = match options.has('z') {
                true => {
                    decoder = Decoder::new(fd(Fd::STDIN));
                    &mut decoder
                }
                false => {
                    plain = fd(Fd::STDIN);
                    &mut plain
                }
            };
            tar.read(from, archive, list, &options.operands);
        }
    }
    2 * status()
}

/// The command line. The first word need not have its `-`: `tar cf archive file`.
fn arguments() -> Options<'static> {
    const LETTERS: &str = "ctxvzpPOf:C:";
    let mut words: Vec<CString> = env::args().iter().map(|word| (*word).into()).collect();
    if let Some(first) = words.first_mut()
        && !first.to_bytes().starts_with(b"-")
    {
        *first = c_string([b"-", first.to_bytes()].concat());
    }
    let words: &'static [CString] = words.leak();
    let words: Vec<&'static CStr> = words.iter().map(CString::as_c_str).collect();
    Options::parse(&words, LETTERS).unwrap_or_else(|_| usage(USAGE))
}

fn mask() -> u16 {
    let mask = calls::umask(0);
    calls::umask(mask);
    mask
}
