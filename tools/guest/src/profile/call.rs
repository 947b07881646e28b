// SPDX-License-Identifier: GPL-2.0-or-later
//! All instructions of one call: each is a sample.
//!
//! Bochs stops where the call begins, and then shows every instruction. The call ends
//! where a program goes on, its own or that of another task that was switched to. An
//! interrupt that comes meanwhile is in it.

use anyhow::{Context, Result, ensure};

use super::{MARK, Options, Profile, RING, Sample, place, prepare};
use crate::bench::{breakpoints, start, wait};
use crate::symbols::Symbols;

/// Before the name of a system call.
const SYS_CALL_TABLE: &str = "kernel::system_call::SYS_CALL_TABLE::";
/// No call that is worth a look takes more instructions.
const MOST: u32 = 200_000;
const TRACED: &str = "Tracing enabled";

/// The instructions of the call number `nth`, from 1 on, of `name`: a system call, or any
/// function of the kernel that has a symbol. Calls are counted from the begin of the job,
/// or of the boot.
///
/// # Errors
/// Where there is no such function, or it is not called so often.
pub fn instructions(options: &Options, name: &str, nth: usize) -> Result<Profile> {
    let symbols = Symbols::read(&options.kernel)?;
    let in_table = symbols.address(&format!("{SYS_CALL_TABLE}{name}"));
    let address = in_table.or_else(|_| symbols.address(name))?;
    let folder = tempfile::tempdir().context("a folder for the emulator's files")?;
    let disks = prepare(options, folder.path())?;
    let to_job = match options.job {
        Some(_) => format!("{}c\nd 1\n", breakpoints(&[symbols.address(MARK)?])),
        None => String::new(),
    };
    let to_call = breakpoints(&[address]) + &"c\n".repeat(nth);
    let commands = format!("{to_job}{to_call}d 1\nd 2\ntrace on\ns {MOST}\nq\n");
    let (mut process, _terminal) = start(&disks, &commands, folder.path())?;
    wait(&mut process)?;
    let samples = traced(&process.output());
    ensure!(
        !samples.is_empty(),
        "there is no call number {nth} of {name}"
    );
    Ok(Profile {
        every: 1,
        ticks: samples.len() as u64,
        samples,
    })
}

/// The instructions that Bochs has traced, up to the first one of a program.
fn traced(output: &str) -> Vec<Sample> {
    let lines = output.split_once(TRACED).map_or("", |(_, rest)| rest);
    let all = lines.lines().filter_map(place);
    all.take_while(|sample| sample.selector & RING != RING)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_ends_in_ring_3() {
        let output = "\
(0) [0x000000101000] 0008:00101000 (unk. ctxt): cld ; fc
Tracing enabled for CPU0
(0).[36576718] [0x000000101000] 0008:0000000000101000 (unk. ctxt): cld ; fc
(0).[36576719] [0x000000101001] 0008:0000000000101001 (unk. ctxt): iret ; cf
(0).[36576720] [0x000004001000] 000f:0000000000001000 (unk. ctxt): ret ; c3
(0).[36576721] [0x000000101000] 0008:0000000000101000 (unk. ctxt): cld ; fc
";
        let sample = |offset| Sample {
            selector: 8,
            offset,
        };
        assert_eq!(traced(output), [0x10_1000, 0x10_1001].map(sample));
        assert_eq!(traced("Next at t=0"), []);
    }
}
