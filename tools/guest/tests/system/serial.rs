// SPDX-License-Identifier: GPL-2.0-or-later
//! The second serial line, with us at its other end.

use anyhow::{Result, ensure};
use guest::{Emulator, Guest};

use crate::common::{LIMIT, boot};

guest::in_both!(
    a_shell_on_the_second_line,
    the_lines_do_not_mix,
    control_c_on_the_second_line,
    flow_control_stops_output,
    settings_of_a_line,
);

/// Starts a shell as leader of a session on the second line.
fn shell_on_second(guest: &mut Guest) -> Result<()> {
    guest.send("/usr/lib/tests/t_getty /dev/ttyS1 &\n")?;
    guest.expect_prompt("the prompt after t_getty", LIMIT)?;
    guest.expect_second("# ", LIMIT)
}

fn a_shell_on_the_second_line(emulator: Emulator) -> Result<()> {
    let mut guest = boot(emulator)?;
    shell_on_second(&mut guest)?;
    guest.send_second("echo from $((40 + 2)) > /dev/tty; tty_is_here\n")?;
    guest.expect_second("tty_is_here: ", LIMIT)?;
    ensure!(
        guest.second_serial().contains("from "),
        "{}",
        guest.second_serial()
    );
    ensure!(!guest.serial().contains("tty_is_here"));
    Ok(())
}

fn the_lines_do_not_mix(emulator: Emulator) -> Result<()> {
    let mut guest = boot(emulator)?;
    guest.send("yes first | head -400 & yes second | head -400 > /dev/ttyS1\n")?;
    let line = "second\r\n";
    guest.expect_second(&line.repeat(400), LIMIT)?;
    ensure!(guest.second_serial() == line.repeat(400));
    Ok(())
}

fn control_c_on_the_second_line(emulator: Emulator) -> Result<()> {
    let mut guest = boot(emulator)?;
    shell_on_second(&mut guest)?;
    guest.send_second("/usr/lib/tests/t_spin\n")?;
    guest.expect_second("t_spin\r\n", LIMIT)?;
    std::thread::sleep(std::time::Duration::from_millis(500));
    guest.send_second("\x03")?;
    guest.expect_second("^C", LIMIT)?;
    guest.send_second("echo al''ive\n")?;
    guest.expect_second("alive", LIMIT)?;
    // The first shell tells of its job before or after.
    ensure!(guest.command("echo here")?.contains("here\n"));
    Ok(())
}

fn flow_control_stops_output(emulator: Emulator) -> Result<()> {
    let mut guest = boot(emulator)?;
    guest.send_second("\x13")?;
    guest.command("sleep 1; echo waited > /dev/ttyS1 &")?;
    guest.command("sleep 2")?;
    ensure!(!guest.second_serial().contains("waited"));
    guest.send_second("\x11")?;
    guest.expect_second("waited\r\n", LIMIT)
}

fn settings_of_a_line(emulator: Emulator) -> Result<()> {
    let mut guest = boot(emulator)?;
    let output =
        guest.command("stty 1200 cs7 parenb parodd hupcl < /dev/ttyS1; stty < /dev/ttyS1")?;
    for words in ["speed 1200 baud", "\ncs7 parenb parodd ", " hupcl "] {
        ensure!(output.contains(words), "{words}: {output}");
    }
    let output = guest.command("stty -7 < /dev/ttyS1")?;
    ensure!(
        output.contains("ispeed 9 ospeed 9 erase 127 kill 21 flags 0130\n"),
        "{output}"
    );
    Ok(())
}

/// QEMU only: Bochs's lines have no breaks.
#[test]
#[ignore = "needs QEMU"]
fn a_break_interrupts() -> Result<()> {
    let mut guest = boot(Emulator::Qemu)?;
    shell_on_second(&mut guest)?;
    guest.send_second("stty brkint; /usr/lib/tests/t_spin\n")?;
    guest.expect_second("t_spin\r\n", LIMIT)?;
    std::thread::sleep(std::time::Duration::from_millis(500));
    guest.send_break_second()?;
    std::thread::sleep(std::time::Duration::from_millis(200));
    guest.send_second("echo al''ive\n")?;
    guest.expect_second("alive", LIMIT)
}
