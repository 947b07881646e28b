// SPDX-License-Identifier: GPL-2.0-or-later
//! What `make run` does where there is neither a terminal nor a display: boot,
//! run some commands in the guest, print the console as it appears, halt.

use std::time::Duration;

use anyhow::{Result, bail};

use crate::machine::{End, Machine, PROMPT_TIME};

/// What is shown of the guest.
const COMMANDS: &[&str] = &[
    "uname -a",
    "ls -l /",
    "cat /etc/rc",
    "echo Hello from the guest > /tmp/hello; cat /tmp/hello",
    "ls /bin | wc -l",
    "ps",
    "sync",
];
/// How long the guest may take to switch the machine off.
const HALT_TIME: Duration = Duration::from_secs(30);

/// Boots a copy of the disk of `machine` and shows it on standard output.
///
/// # Errors
/// Where the prompt is not reached, a command hangs or the machine does not
/// switch itself off.
pub fn run(machine: &Machine) -> Result<()> {
    if machine.boot_from_floppy {
        bail!("there is neither a terminal nor a display, and no tour of what a floppy boots");
    }
    let mut guest = machine.clone().echo().more_words("console=ttyS0").boot()?;
    guest.expect_prompt("the prompt", PROMPT_TIME)?;
    for command in COMMANDS {
        guest.command(command)?;
    }
    guest.send("halt\n")?;
    match guest.wait_end(HALT_TIME)? {
        End::Shutdown => {
            println!();
            Ok(())
        }
        end => bail!(guest.failure(&format!("`halt` ended otherwise: {end}"))),
    }
}
