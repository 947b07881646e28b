// SPDX-License-Identifier: GPL-2.0-or-later
//! Programs of every day that need a terminal.

use crate::common::{LIMIT, boot};
use anyhow::{Result, ensure};
use guest::Emulator;

guest::in_both!(
    less_shows_text_forward_and_back,
    man_shows_a_page_for_each_command,
    the_snake_eats_and_dies,
    small_tools_of_terminals_and_disks,
);

fn less_shows_text_forward_and_back(emulator: Emulator) -> Result<()> {
    let mut guest = boot(emulator)?;
    guest.command("i=1; while [ $i -le 60 ]; do echo \"row $i.\"; i=$((i+1)); done > /tmp/rows")?;
    let mut keys = |keys: &str, shown: &str| {
        guest.send(keys)?;
        guest.expect_serial(shown, LIMIT)
    };
    keys("less -N /tmp/rows\n", "    24  row 24.\r\n:")?;
    keys(" ", "    48  row 48.\r\n:")?;
    keys("/5[0-9]\r", "    50  row 50.\r\n")?;
    keys("b", "26  row 26.\r\n")?;
    keys("G", "    60  row 60.\r\n(END)")?;
    keys("g=", "line 1 of 60")?;
    guest.send("q")?;
    guest.expect_prompt("the prompt after q", LIMIT)?;
    // What is shown may come from a pipe; to a pipe, it is cat.
    guest.send("cat /tmp/rows | less\n")?;
    guest.expect_serial("row 24.\r\n:", LIMIT)?;
    guest.send("q")?;
    guest.expect_prompt("the prompt after q", LIMIT)?;
    ensure!(guest.command("less /tmp/rows | cmp - /tmp/rows; echo $?")? == "0\n");
    ensure!(
        guest.command("less /nosuch; echo $?")? == "less: /nosuch: No such file or directory\n1\n"
    );
    Ok(())
}

fn man_shows_a_page_for_each_command(emulator: Emulator) -> Result<()> {
    let mut guest = boot(emulator)?;
    let page = guest.command("man ls | cat")?;
    ensure!(
        page.starts_with("NAME\n    ls - lists directories"),
        "{page}"
    );
    ensure!(page.contains("\nSYNOPSIS\n    ls [-"), "{page}");
    ensure!(
        guest
            .command("man egrep | head -n 2 | tail -n 1")?
            .contains("grep - ")
    );
    ensure!(guest.command("man nosuch; echo $?")? == "man: nosuch: no page\n1\n");
    ensure!(guest.command("man -k 'edits text'")?.starts_with("vi - "));
    let missing = guest.command("for c in `ls /bin`; do man $c > /dev/null; done; echo done")?;
    ensure!(missing == "done\n", "{missing}");
    guest.send("man cp\n")?;
    guest.expect_serial("DESCRIPTION", LIMIT)?;
    guest.expect_serial("(END)", LIMIT)?;
    guest.send("q")?;
    guest.expect_prompt("the prompt after q", LIMIT)?;
    Ok(())
}

fn the_snake_eats_and_dies(emulator: Emulator) -> Result<()> {
    let mut guest = boot(emulator)?;
    for keys in ["", "k", "\x1b[B", "q"] {
        guest.send(&format!("snake\n{keys}"))?;
        // Straight on, it comes to an edge.
        guest.expect_serial("The snake has eaten ", 4 * LIMIT)?;
        guest.expect_prompt("the prompt after the game", LIMIT)?;
    }
    ensure!(guest.command("stty -a | grep -c ' icanon'")?.trim() == "1");
    Ok(())
}

fn small_tools_of_terminals_and_disks(emulator: Emulator) -> Result<()> {
    let mut guest = boot(emulator)?;
    for (command, printed) in [
        ("fdisk | grep -c Minix", "1\n"),
        (
            "fdisk -l /dev/hd2; echo $?",
            "fdisk: /dev/hd2: no partition table\n1\n",
        ),
        (
            r"printf 'n\n3\n10080\n+1M\nq\n' | fdisk /dev/hd0 | grep -c overlap",
            "1\n",
        ),
        (
            r"printf 'd\n1\nq\n' | fdisk /dev/hd0 > /dev/null; fdisk -l /dev/hd0 | wc -l",
            "4\n",
        ),
        (
            r"printf 'd\n2\nn\n2\n10080\n+1M\nn\n4\n20000\n20009\n' > /tmp/keys; echo",
            "\n",
        ),
        (
            r"printf 'a\n4\nt\n83\n4\nw\n' >> /tmp/keys; fdisk /dev/hd0 < /tmp/keys | grep -c written",
            "1\n",
        ),
        (
            "fdisk -l /dev/hd0 | tail -n 2 | tr -s ' '",
            " 2 10080 12127 1024 81 Minix, Linux of 1991\n 4 * 20000 20009 5 83 Linux\n",
        ),
        (
            "reset | od -b | head -n 1 | cut -c1-19",
            "0000000 033 143 033\n",
        ),
    ] {
        let output = guest.command(command)?;
        ensure!(output == printed, "{command}: {output:?}");
    }
    guest.send("watch -n 1 echo again and again\n")?;
    guest.expect_serial("\x1b[H\x1b[Jagain and again", LIMIT)?;
    guest.expect_serial("\x1b[H\x1b[Jagain and again", LIMIT)?;
    guest.send("\x03")?;
    guest.expect_prompt("the prompt after ^C", LIMIT)?;
    Ok(())
}
