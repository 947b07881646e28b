// SPDX-License-Identifier: GPL-2.0-or-later
//! `patch [-R] [-pN] [-i patch] [-o output] [file [patch]]`: does to files what `diff -u` has
//! printed. `-p` cuts that many directories off the names in the patch, `-R` takes a
//! patch back. What does not fit goes into `file.rej`. Status 0 if all fitted, 1 if not,
//! 2 after an error.
#![no_std]
#![no_main]

use abi::sys::stat::S_IFMT;
use alloc::ffi::CString;
use alloc::vec::Vec;
use core::ffi::CStr;
use programs::command::{At, Outcome, complain, options, report, status, usage};
use programs::files::{read_file, read_input};
use programs::io::text;
use programs::number::unsigned;
use programs::patch::{FilePatch, Fit, Hunk, Kind, apply, parse};
use programs::path::{c_string, directory_name, join};
use programs::tar::is_inside;
use user::calls::{self, File};
use user::stdio;
use user::{print, println};

extern crate alloc;

user::program!(main);

const USAGE: &str = "patch [-R] [-pN] [-i patch] [-o output] [file [patch]]";
const NO_FILE: &[u8] = b"/dev/null";

struct Patch {
    reverse: bool,
    strip: Option<usize>,
    file: Option<&'static CStr>,
    output: Option<&'static CStr>,
    /// Some hunk did not fit.
    failed: bool,
}

fn main() -> i32 {
    stdio::set_error_status(2);
    let options = options("Rp:i:o:", USAGE);
    let strip = options
        .value('p')
        .map(|text| unsigned(text.to_bytes(), 10).unwrap_or_else(|| usage(USAGE)) as usize);
    let mut patch = Patch {
        reverse: options.has('R'),
        strip,
        file: options.operands.first().copied(),
        output: options.value('o'),
        failed: false,
    };
    if options.operands.len() > 2 {
        usage(USAGE);
    }
    let path = options.operands.get(1).copied().or(options.value('i'));
    let path = path.unwrap_or(c"-");
    let Some(text) = report(read_input(path)) else {
        return 2;
    };
    match parse(&text) {
        Ok(files) if files.is_empty() => complain(&[path.to_bytes()], "no patch is in it"),
        Ok(files) => files.iter().for_each(|file| {
            report(patch.file(file));
        }),
        Err(error) => complain(&[path.to_bytes()], error),
    }
    match status() {
        0 => patch.failed.into(),
        _ => 2,
    }
}

impl Patch {
    /// A name without the directories that `-p` cuts off; without `-p` without all.
    fn stripped<'a>(&self, name: &'a [u8]) -> &'a [u8] {
        let mut rest = name;
        let mut left = self.strip.unwrap_or(usize::MAX);
        while left > 0
            && let Some(slash) = rest.iter().position(|&byte| byte == b'/')
        {
            rest = rest.get(slash + 1..).unwrap_or_default();
            left -= 1;
        }
        rest
    }

    /// The file that a patch is for: the one that is named on the command line, or one of
    /// those in the patch that is there. A patch may come from anybody, so it names no
    /// files elsewhere.
    fn target(&self, file: &FilePatch) -> Option<CString> {
        if let Some(path) = self.file {
            return Some(path.into());
        }
        let names = [&file.old, &file.new].map(|name| match name.as_slice() {
            NO_FILE => NO_FILE,
            name => self.stripped(name),
        });
        let names = names.into_iter().filter(|name| *name != NO_FILE);
        let inside = names.filter(|name| is_inside(name)).map(c_string);
        let known: Vec<CString> = inside.collect();
        let there = known.iter().find(|path| calls::stat(path).is_ok());
        there.or(known.first()).cloned()
    }

    fn file(&mut self, file: &FilePatch) -> Outcome {
        let Some(path) = self.target(file) else {
            complain(
                &[&file.new],
                "refused: the name leads out of this directory",
            );
            return Ok(());
        };
        let (hunks, creates, removes): (Vec<Hunk>, _, _) = match self.reverse {
            false => (file.hunks.clone(), file.old == NO_FILE, file.new == NO_FILE),
            true => {
                let hunks = file.hunks.iter().map(Hunk::reversed);
                (hunks.collect(), file.new == NO_FILE, file.old == NO_FILE)
            }
        };
        let exists = calls::stat(&path).is_ok();
        let before = match exists || !creates {
            true => read_file(&path)?,
            false => Vec::new(),
        };
        let name = text(path.to_bytes());
        match self.output {
            Some(output) => println!(
                "patching file {} (read from {name})",
                text(output.to_bytes())
            ),
            None => println!("patching file {name}"),
        }
        let lines = before.split_inclusive(|&byte| byte == b'\n');
        let mut lines: Vec<Vec<u8>> = lines.map(<[u8]>::to_vec).collect();
        let fits = apply(&mut lines, &hunks);
        for (number, fit) in (1..).zip(&fits) {
            tell(number, fit.as_ref(), hunks.get(number - 1));
        }
        let after = lines.concat();
        match self.output {
            Some(output) => write(output, &after)?,
            None if after.is_empty() && removes => calls::unlink(&path).at(&path)?,
            None if after != before || !exists => replace(&path, &after)?,
            None => {}
        }
        let rejected = hunks.iter().zip(&fits).filter(|(_, fit)| fit.is_none());
        let rejected: Vec<&Hunk> = rejected.map(|(hunk, _)| hunk).collect();
        if rejected.is_empty() {
            return Ok(());
        }
        self.failed = true;
        let rejects = c_string([path.to_bytes(), b".rej"].concat());
        println!(
            "{} out of {} hunk{} FAILED -- saving rejects to file {}",
            rejected.len(),
            hunks.len(),
            if hunks.len() == 1 { "" } else { "s" },
            text(rejects.to_bytes())
        );
        write(&rejects, &shown(file, &rejected))
    }
}

fn tell(number: usize, fit: Option<&Fit>, hunk: Option<&Hunk>) {
    let Some(fit) = fit else {
        let line = hunk.map_or(0, |hunk| hunk.start.0);
        return println!("Hunk #{number} FAILED at {line}.");
    };
    if fit.offset == 0 && fit.fuzz == 0 {
        return;
    }
    print!("Hunk #{number} succeeded at {}", fit.line);
    if fit.fuzz > 0 {
        print!(" with fuzz {}", fit.fuzz);
    }
    if fit.offset != 0 {
        let plural = if fit.offset == 1 { "" } else { "s" };
        print!(" (offset {} line{plural})", fit.offset);
    }
    println!(".");
}

/// Hunks as a patch again.
fn shown(file: &FilePatch, hunks: &[&Hunk]) -> Vec<u8> {
    let mut out = [b"--- ", file.old.as_slice(), b"\n+++ ", &file.new, b"\n"].concat();
    for hunk in hunks {
        let count = |without: Kind| hunk.lines.iter().filter(|line| line.0 != without).count();
        let head = alloc::format!(
            "@@ -{},{} +{},{} @@\n",
            hunk.start.0,
            count(Kind::New),
            hunk.start.1,
            count(Kind::Old)
        );
        out.extend_from_slice(head.as_bytes());
        for (kind, line) in &hunk.lines {
            out.push(match kind {
                Kind::Context => b' ',
                Kind::Old => b'-',
                Kind::New => b'+',
            });
            out.extend_from_slice(line);
            if !line.ends_with(b"\n") {
                out.extend_from_slice(b"\n\\ No newline at end of file\n");
            }
        }
    }
    out
}

fn write(path: &CStr, contents: &[u8]) -> Outcome {
    let file = File::create(path).at(path)?;
    calls::write_all(file.fd(), contents).at(path)
}

/// Writes a new file, and gives it the name and the mode of the old one: a full disk
/// leaves the old one as it was.
fn replace(path: &CStr, contents: &[u8]) -> Outcome {
    let Ok(stat) = calls::stat(path) else {
        return write(path, contents);
    };
    let new = join(&directory_name(path), b"patch.new");
    let done = write(&new, contents)
        .and_then(|()| calls::chmod(&new, stat.st_mode & !S_IFMT).at(&new))
        .and_then(|()| calls::rename(&new, path).at(path));
    done.inspect_err(|_| {
        // It may not even have been made.
        let _ = calls::unlink(&new);
    })
}
