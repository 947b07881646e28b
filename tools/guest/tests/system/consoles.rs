// SPDX-License-Identifier: GPL-2.0-or-later
//! The virtual consoles and the keyboard, as a person uses them.

use anyhow::{Result, ensure};
use guest::{Emulator, Guest, Machine, PROMPT_TIME, Screen};

use crate::common::{self, LIMIT};

guest::in_both!(
    each_console_has_a_login_and_a_picture,
    output_to_a_hidden_console_stays_there,
    keys_go_to_the_console_in_front,
    a_session_that_ends_on_a_console_is_followed_by_another,
    chvt_changes_the_console,
    loadkeys_changes_the_layout,
    the_command_line_names_the_layout,
);

/// A disk of another system has no getty: a shell serves the consoles behind the first
/// one. For any other reason not to run getty nobody becomes root there.
#[test]
#[ignore = "needs QEMU"]
fn only_where_there_is_no_getty_a_shell_takes_its_place() -> Result<()> {
    for (is_there, shown) in [
        (false, "root:/usr/root#"),
        (true, "init: cannot run /bin/getty: "),
    ] {
        let (_folder, image) = common::copy_of_image()?;
        let name = common::name(&image)?;
        match is_there {
            true => common::mkimage(&["chmod", name, "0", "/bin/getty"])?,
            false => common::mkimage(&["rm", name, "/bin/getty"])?,
        };
        let mut guest = Machine::new(Emulator::Qemu, &image).boot()?;
        guest.expect_screen_prompt(PROMPT_TIME)?;
        guest.press("alt-f2")?;
        guest.expect_screen(shown, LIMIT)?;
        let is_root = guest.screen()?.text().contains("root:/usr/root#");
        ensure!(is_root != is_there, "{}", guest.screen()?);
    }
    Ok(())
}

/// What is shown at log-in.
const MOTD: &str = "Eleven: Linux 0.11 re-told in Rust.\n";

/// Boots with the shells on the consoles.
fn boot(emulator: Emulator, words: &str) -> Result<Guest> {
    let machine = Machine::new(emulator, common::image());
    let mut guest = machine.command_line(words).boot()?;
    guest.expect_screen_prompt(PROMPT_TIME)?;
    Ok(guest)
}

/// Brings a console to the front and waits until something else is shown. Where nobody
/// is logged in, root does.
fn switch(guest: &mut Guest, number: u32) -> Result<()> {
    let before = guest.screen()?;
    guest.press(&format!("alt-f{number}"))?;
    let question = format!("tty{number} login:");
    guest.expect_screen_that("another console", LIMIT, |screen| {
        *screen != before && (screen.last_line() == question || is_prompt(screen))
    })?;
    if guest.screen()?.last_line() == question {
        guest.type_keys("root\n")?;
    }
    guest.expect_screen_prompt(LIMIT)?;
    Ok(())
}

fn is_prompt(screen: &Screen) -> bool {
    screen.last_line().ends_with("#")
}

fn each_console_has_a_login_and_a_picture(emulator: Emulator) -> Result<()> {
    let mut guest = boot(emulator, "")?;
    let first = guest.type_line("echo on the fi''rst", LIMIT)?;
    for number in [2, 3, 4] {
        switch(&mut guest, number)?;
        let screen = guest.screen()?;
        ensure!(
            screen.text().ends_with(&format!(
                "Eleven\n\ntty{number} login: root\n{MOTD}root:/usr/root#\n"
            )),
            "{screen}"
        );
        // More than a screen, and more than the console's share of the memory.
        for _ in 0..3 {
            guest.type_line("ls /bin /dev", LIMIT)?;
        }
        let screen = guest.type_line(&format!("echo on n''umber {number}"), LIMIT)?;
        let line = format!("on number {number}");
        ensure!(screen.lines().contains(&line), "{screen}");
        ensure!(
            guest
                .type_line("ps", LIMIT)?
                .text()
                .contains(&format!("tty{number}   R"))
        );
    }
    switch(&mut guest, 1)?;
    let again = guest.screen()?;
    ensure!(again == first, "{first}{again}");
    switch(&mut guest, 3)?;
    ensure!(guest.screen()?.text().contains("on number 3"));
    Ok(())
}

fn output_to_a_hidden_console_stays_there(emulator: Emulator) -> Result<()> {
    let mut guest = boot(emulator, "")?;
    guest.type_line("clear", LIMIT)?;
    guest.type_line("ls -l /bin /dev > /dev/tty3", LIMIT)?;
    let screen = guest.type_line("echo hid''den > /dev/tty3", LIMIT)?;
    ensure!(!screen.text().contains("hidden"), "{screen}");
    ensure!(
        screen.lines()[2..].concat() == "root:/usr/root#",
        "{screen}"
    );
    switch(&mut guest, 3)?;
    let screen = guest.screen()?;
    ensure!(screen.text().contains("hidden"), "{screen}");
    ensure!(screen.text().contains("crw--w--w-"), "{screen}");
    Ok(())
}

fn keys_go_to_the_console_in_front(emulator: Emulator) -> Result<()> {
    let mut guest = boot(emulator, "")?;
    guest.type_line("clear", LIMIT)?;
    guest.type_keys("/usr/lib/tests/t_spin\n")?;
    guest.expect_screen("t_spin", LIMIT)?;
    guest.settle();
    switch(&mut guest, 2)?;
    guest.type_keys("never run\x03")?;
    guest.expect_screen("^C", LIMIT)?;
    guest.expect_screen_prompt(LIMIT)?;
    let before = guest.screen()?;
    guest.press("alt-f1")?;
    guest.expect_screen_that("the first console", LIMIT, |screen| *screen != before)?;
    guest.settle();
    let screen = guest.screen()?;
    ensure!(
        screen.last_line() == "root:/usr/root# /usr/lib/tests/t_spin",
        "{screen}"
    );
    guest.type_keys("\x03")?;
    guest.expect_screen_prompt(LIMIT)?;
    Ok(())
}

fn a_session_that_ends_on_a_console_is_followed_by_another(emulator: Emulator) -> Result<()> {
    let mut guest = boot(emulator, "")?;
    switch(&mut guest, 2)?;
    for _ in 0..3 {
        guest.type_line("clear", LIMIT)?;
        guest.type_keys("exit\n")?;
        guest.expect_screen("tty2 login:", LIMIT)?;
        guest.type_keys("root\n")?;
        guest.expect_screen_prompt(LIMIT)?;
    }
    let screen = guest.type_line("echo st''ill here", LIMIT)?;
    ensure!(screen.text().contains("still here"), "{screen}");
    switch(&mut guest, 1)?;
    ensure!(!guest.screen()?.text().contains("exit"));
    Ok(())
}

fn chvt_changes_the_console(emulator: Emulator) -> Result<()> {
    let mut guest = boot(emulator, "")?;
    let before = guest.screen()?;
    guest.type_keys("chvt 9 || chvt 2\n")?;
    guest.expect_screen_that("the second console", LIMIT, |screen| {
        *screen != before && screen.last_line() == "tty2 login:"
    })?;
    guest.press("alt-f1")?;
    guest.expect_screen("chvt: 9: ", LIMIT)?;
    Ok(())
}

/// What the shell prints when these keys of a US keyboard are pressed behind
/// `echo`.
fn echo(guest: &mut Guest, keys: &str) -> Result<String> {
    let screen = guest.type_line(keys, LIMIT)?;
    let used: Vec<&String> = screen.lines().iter().filter(|it| !it.is_empty()).collect();
    let [.., output, _prompt] = used.as_slice() else {
        anyhow::bail!("no output:\n{screen}");
    };
    Ok(output.to_string())
}

fn loadkeys_changes_the_layout(emulator: Emulator) -> Result<()> {
    let mut guest = boot(emulator, "")?;
    ensure!(echo(&mut guest, "echo zy/")? == "zy/");
    guest.type_line("loadkeys de", LIMIT)?;
    ensure!(echo(&mut guest, "echo zy/")? == "yz-");
    if emulator == Emulator::Qemu {
        guest.type_keys("echo ")?;
        guest.press("alt_r-q")?;
        guest.press("alt_r-8")?;
        guest.type_keys("x\n")?;
        guest.expect_screen_that("the signs", LIMIT, |screen| {
            screen.lines().iter().any(|line| line == "@[x")
        })?;
    }
    guest.type_line("loadkezs us", LIMIT)?;
    ensure!(echo(&mut guest, "echo zy/")? == "zy/");
    Ok(())
}

fn the_command_line_names_the_layout(emulator: Emulator) -> Result<()> {
    let mut guest = boot(emulator, "keyboard=fr")?;
    // Digits are on shift, Q and A are exchanged, M is right of L.
    ensure!(echo(&mut guest, "echo q!;")? == "a1m");
    Ok(())
}
