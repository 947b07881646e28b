// SPDX-License-Identifier: GPL-2.0-or-later
//! The editor, typed into on a console and over a serial line. What keys do to the text
//! is tested on the host; here are the terminal, the files and the signals.

use crate::common::{self, LIMIT, boot, copy_of_image};
use anyhow::{Result, ensure};
use guest::{Emulator, Guest, Machine, PROMPT_TIME};

guest::in_both!(
    a_file_is_edited_on_a_serial_line,
    a_file_is_edited_on_a_console,
    a_write_that_fails_is_told_and_the_file_stays,
    owner_mode_and_links_stay,
    signals_leave_text_and_terminal,
);

/// What a file holds, in octal bytes.
fn bytes(guest: &mut Guest, path: &str) -> Result<String> {
    let dump = guest.command(&format!("od -b {path}"))?;
    Ok(dump.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn a_file_is_edited_on_a_serial_line(emulator: Emulator) -> Result<()> {
    let mut guest = boot(emulator)?;
    guest.command("printf 'one\\ttwo\\n\\377\\0three' > /tmp/f")?;
    guest.send("vi /tmp/f\n")?;
    guest.expect_serial("[No newline at the end] 2 lines, 15 bytes", LIMIT)?;
    // A byte that a terminal could take for a command is shown in letters.
    ensure!(
        guest.serial().contains("\\xff^@three"),
        "{}",
        guest.serial()
    );
    guest.send("xjA four\x1b[Hfive \x1b[D\x1b[3~:")?;
    guest.expect_serial("INSERT", LIMIT)?;
    guest.send("\x1b:w\r")?;
    guest.expect_serial("2 lines, 24 bytes", LIMIT)?;
    guest.send(":!echo ran $((6*7))\r")?;
    guest.expect_serial("ran 42", LIMIT)?;
    guest.send("\r:r !echo filtered | tr a-z A-Z\r")?;
    guest.expect_serial("FILTERED", LIMIT)?;
    // Stopped by ^Z, it goes on with the same screen.
    guest.send("\x1a")?;
    guest.expect_prompt("the prompt after ^Z", LIMIT)?;
    ensure!(guest.command("echo between")? == "between\n");
    guest.send("fg\n")?;
    guest.expect_serial("FILTERED", LIMIT)?;
    guest.send("uZZ")?;
    guest.expect_prompt("the prompt after ZZ", LIMIT)?;
    let dump = bytes(&mut guest, "/tmp/f")?;
    ensure!(
        dump == "0000000 156 145 011 164 167 157 012 146 151 166 145 072 377 000 164 150 \
                 0000020 162 145 145 040 146 157 165 162 0000030",
        "{dump}"
    );
    // The shell's terminal is as it was.
    ensure!(guest.command("stty -a | grep -c ' icanon'")?.trim() == "1");
    Ok(())
}

fn a_file_is_edited_on_a_console(emulator: Emulator) -> Result<()> {
    let (_folder, disk) = copy_of_image()?;
    let mut guest = Machine::new(emulator, &disk).in_place().boot()?;
    guest.expect_screen_prompt(PROMPT_TIME)?;
    guest.type_keys("vi /tmp/typed\n")?;
    guest.expect_screen("\"/tmp/typed\" [New file]", LIMIT)?;
    guest.type_keys("ofirst\tline\nsecond line\x1b")?;
    match emulator {
        Emulator::Qemu => {
            for key in ["up", "home", "delete"] {
                guest.press(key)?;
            }
        }
        // Its terminal has no such keys.
        _ => guest.type_keys("k0x")?,
    }
    guest.type_keys(":%s/line/LINE/\n:set nu\n")?;
    let screen = guest.expect_screen("     2  irst    LINE", LIMIT)?;
    let lines = screen.lines();
    ensure!(
        lines[2] == "     3  second LINE" && lines[3] == "~",
        "{screen}"
    );
    guest.type_keys(":wq\n")?;
    guest.expect_screen_prompt(LIMIT)?;
    guest.type_line("od -b /tmp/typed", LIMIT)?;
    guest.expect_screen(
        "0000000 012 151 162 163 164 011 114 111 116 105 012 163 145 143 157 156",
        LIMIT,
    )?;
    guest.expect_screen("0000020 144 040 114 111 116 105 012", LIMIT)?;
    guest.type_keys("sync; echo synced\n")?;
    guest.expect_screen("synced", LIMIT)?;
    Ok(())
}

fn a_write_that_fails_is_told_and_the_file_stays(emulator: Emulator) -> Result<()> {
    let machine = Machine::new(emulator, common::image());
    let mut guest = machine.command_line("console=ttyS0 ramdisk=100").boot()?;
    guest.expect_prompt("the first prompt", PROMPT_TIME)?;
    guest.command("mkfs /dev/ram && mount /dev/ram /mnt && echo kept > /mnt/file")?;
    guest.command("cat /bin/* > /mnt/large 2> /dev/null; cp /mnt/file /tmp/before")?;
    guest.send("vi /mnt/file\n")?;
    guest.expect_serial("1 lines, 5 bytes", LIMIT)?;
    guest.send("yy3000p:wq\r")?;
    guest.expect_serial("No space left on device", LIMIT)?;
    guest.send(":q\r")?;
    guest.expect_serial("No write since last change", LIMIT)?;
    guest.send(":w /tmp/elsewhere\r")?;
    guest.expect_serial("3001 lines, 15005 bytes", LIMIT)?;
    guest.send(":q!\r")?;
    guest.expect_prompt("the prompt", LIMIT)?;
    ensure!(guest.command("cmp /mnt/file /tmp/before && ls /mnt | cat")? == "file\nlarge\n");
    ensure!(guest.command("wc -l < /tmp/elsewhere")?.trim() == "3001");
    // A disk that must not be written to.
    guest.command("umount /mnt; mount -r /dev/ram /mnt")?;
    guest.send("vi /mnt/file\n")?;
    guest.expect_serial("1 lines, 5 bytes", LIMIT)?;
    guest.send("x:w\r")?;
    guest.expect_serial("Read-only file system", LIMIT)?;
    guest.send(":q!\r")?;
    guest.expect_prompt("the prompt", LIMIT)?;
    Ok(())
}

fn owner_mode_and_links_stay(emulator: Emulator) -> Result<()> {
    let mut guest = boot(emulator)?;
    guest.command("mkdir /tmp/d; cd /tmp/d; echo text > own; chmod 750 own; chown 100:100 own")?;
    guest.command("ln -s own link; echo text > twice; ln twice other; umask 77")?;
    for file in ["link", "twice", "new"] {
        guest.send(&format!("vi +'r /etc/motd' {file}\n"))?;
        guest.expect_serial("/etc/motd", LIMIT)?;
        guest.send(":1,$s/.*/X/\r:wq\r")?;
        guest.expect_prompt("the prompt", LIMIT)?;
    }
    ensure!(guest.command("ls | cat")? == "link\nnew\nother\nown\ntwice\n");
    let listing = guest.command("ls -ln link own new; cmp twice other && head -n 1 own")?;
    ensure!(
        listing.contains("-rwxr-x---   1 100      100 "),
        "{listing}"
    );
    ensure!(listing.contains("link -> own"), "{listing}");
    ensure!(listing.contains("-rw-------"), "{listing}");
    ensure!(listing.ends_with("X\n"), "{listing}");
    Ok(())
}

fn signals_leave_text_and_terminal(emulator: Emulator) -> Result<()> {
    let mut guest = boot(emulator)?;
    guest.send("vi /tmp/lost & sleep 1; kill -TERM $!; wait\n")?;
    guest.expect_prompt("the prompt", LIMIT)?;
    guest.send("(sleep 2; kill -TERM `ps | grep ' vi' | cut -c1-5`) & vi /tmp/lost\n")?;
    guest.expect_serial("[New file]", LIMIT)?;
    // ^C is a key, and ends nothing.
    guest.send("ikept text\x03")?;
    guest.expect_serial("vi: text saved in: /tmp/vi.", 3 * LIMIT)?;
    guest.expect_prompt("the prompt after SIGTERM", LIMIT)?;
    ensure!(guest.command("cat /tmp/vi.*")?.contains("kept text\n"));
    ensure!(guest.command("stty -a | grep -c ' icanon'")?.trim() == "1");
    let listing = guest.command("ls -l /tmp/vi.*")?;
    ensure!(listing.contains("-rw-------"), "{listing}");
    Ok(())
}
