// SPDX-License-Identifier: GPL-2.0-or-later
//! Full disks, full memory, raw disks and odd device nodes.

use anyhow::{Result, ensure};
use guest::{Emulator, Machine, image};

use crate::common::{self, LIMIT, boot, boot_to_prompt, check_root, copy_of_image, halt};

guest::in_both!(
    raw_disk_is_read_to_its_end,
    full_disk_is_an_error_and_leaves_the_file_system_clean,
    device_without_a_driver_is_an_error,
    devices_are_not_truncated,
    out_of_memory_is_told,
    root_ends_a_user_who_has_all_tasks,
);

fn raw_disk_is_read_to_its_end(emulator: Emulator) -> Result<()> {
    let mut guest = boot(emulator)?;
    let (_, sectors) = image::partition(&common::image(), 1)?;
    let bytes = (sectors * image::SECTOR).to_string();
    // The second time the blocks of the first are in the way.
    for _ in 0..2 {
        let count = guest.command_within("cat /dev/hd1 | wc -c", 2 * LIMIT)?;
        ensure!(count.trim() == bytes, "{count:?}, not {bytes}");
    }
    Ok(())
}

fn full_disk_is_an_error_and_leaves_the_file_system_clean(emulator: Emulator) -> Result<()> {
    let (_folder, disk) = copy_of_image()?;
    let mut guest = boot_to_prompt(Machine::new(emulator, &disk).in_place())?;
    let before = guest.command("df")?;
    let output = guest.command_within("cp /dev/zero /tmp/full; echo status $?", 3 * LIMIT)?;
    ensure!(output.contains("No space left on device"), "{output:?}");
    ensure!(output.ends_with("status 1\n"), "{output:?}");
    let output = guest.command("mkdir /tmp/more; echo status $?")?;
    ensure!(output.ends_with("status 1\n"), "{output:?}");
    guest.command("rm /tmp/full")?;
    let after = guest.command("df")?;
    ensure!(after == before, "lost:\n{before}{after}");
    halt(&mut guest)?;
    check_root(&disk)
}

fn device_without_a_driver_is_an_error(emulator: Emulator) -> Result<()> {
    let mut guest = boot(emulator)?;
    guest.command("mknod /tmp/none c 77 0; mknod /tmp/nobody b 77 0")?;
    for node in ["/tmp/none", "/tmp/nobody", "/dev/hd9"] {
        let output = guest.command(&format!("cat {node}; echo status $?"))?;
        ensure!(
            output.contains("No such device or address"),
            "{node}: {output:?}"
        );
        ensure!(output.ends_with("status 1\n"), "{node}: {output:?}");
    }
    Ok(())
}

fn devices_are_not_truncated(emulator: Emulator) -> Result<()> {
    let (_folder, disk) = copy_of_image()?;
    let mut guest = boot_to_prompt(Machine::new(emulator, &disk).in_place())?;
    let before = guest.command("ls -l /dev/tty /dev/null /dev/hd1")?;
    ensure!(guest.command("echo seen > /dev/tty")? == "seen\n");
    guest.command("echo x > /dev/null; echo y > /dev/ttyS1; cat /dev/null")?;
    let after = guest.command("ls -l /dev/tty /dev/null /dev/hd1")?;
    let numbers = |list: &str| -> Vec<String> {
        // Type and mode, and the pair of device numbers; not the time.
        list.lines()
            .map(|line| line.chars().take(52).collect())
            .collect()
    };
    ensure!(numbers(&before) == numbers(&after), "{before}{after}");
    halt(&mut guest)?;
    check_root(&disk)
}

fn out_of_memory_is_told(emulator: Emulator) -> Result<()> {
    let machine = Machine::new(emulator, common::image()).memory(4);
    let mut guest = boot_to_prompt(machine)?;
    // A program that asks for more is told, and tells.
    let output = guest.command("sort /dev/zero; echo status $?")?;
    ensure!(
        output == "sort: Cannot allocate memory\nstatus 1\n",
        "{output:?}"
    );
    // Nine are promised more than there is in the end, and ended: as many lines
    // would fill the screen of somebody else.
    let output = guest.command("usertests memory_exhausted; echo status $?")?;
    let told = output.matches("Out of memory: usertests (process ").count();
    ensure!(told == 5 && output.ends_with("status 0\n"), "{output:?}");
    Ok(())
}

/// A user makes ever more processes.
fn root_ends_a_user_who_has_all_tasks(emulator: Emulator) -> Result<()> {
    let mut guest = boot(emulator)?;
    guest.command("echo 'sh /tmp/more & sh /tmp/more & sleep 999' > /tmp/more")?;
    guest.command("echo 'sh /tmp/more > /dev/null 2> /dev/null &' | su guest; sleep 2")?;
    let sleepers = "ps | grep -c sleep";
    ensure!(guest.command(sleepers)? != "0\n", "they never began");
    // Where they settle some slots may be free: each of these takes one of them.
    let mut refused = || guest.command("echo 'sleep 999 & ls; ls' | su guest");
    let mut tries = (0..20).map(|_| refused());
    ensure!(tries.any(|said| said.is_ok_and(|said| said.contains("temporarily unavailable"))));
    ensure!(guest.command("echo 'id; ls -d /' | su")?.ends_with("\n/\n"));
    guest.command("kill -9 -1")?;
    ensure!(
        guest.command(sleepers)? == "0\n",
        "{}",
        guest.command("ps")?
    );
    ensure!(guest.command("echo 'ls -d /' | su guest")? == "/\n");
    Ok(())
}
