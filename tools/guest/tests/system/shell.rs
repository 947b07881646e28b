// SPDX-License-Identifier: GPL-2.0-or-later
//! A session at the shell.

use std::time::Duration;

use crate::common::{self, LIMIT, boot, boot_to_prompt, check_root, copy_of_image, halt};
use anyhow::{Result, ensure};
use guest::{Emulator, Guest, Machine, PROMPT_TIME};

guest::in_both!(
    pipeline_counts_the_lines_of_bin,
    redirected_file_is_there_after_a_second_boot,
    two_hundred_forks,
    a_login_shell_knows_where_it_is,
    control_c_ends_a_running_program,
    control_c_ends_a_loop_of_programs,
    keys_edit_the_line_on_a_serial_line,
    control_backslash_and_kill_end_programs,
    control_d_ends_input,
    a_job_is_killed_as_soon_as_it_is_started,
    control_z_stops_nothing_that_nobody_could_continue,
    a_shell_that_leaves_a_job_behind_is_followed_by_another,
    keys_edit_the_line_on_the_screen,
    screen_scrolls,
    file_system_is_clean_after_work_and_halt,
);
common::in_v86!(
    pipeline_counts_the_lines_of_bin,
    redirected_file_is_there_after_a_second_boot,
    control_c_ends_a_running_program,
    keys_edit_the_line_on_the_screen,
    screen_scrolls,
    file_system_is_clean_after_work_and_halt,
);

fn pipeline_counts_the_lines_of_bin(emulator: Emulator) -> Result<()> {
    let mut guest = boot(emulator)?;
    let count = guest.command("ls -l / | grep bin | wc -l")?;
    // /bin and /sbin.
    ensure!(count.trim() == "2", "{count:?}");
    Ok(())
}

fn redirected_file_is_there_after_a_second_boot(emulator: Emulator) -> Result<()> {
    let (_folder, disk) = copy_of_image()?;
    let machine = Machine::new(emulator, &disk).in_place();
    let mut first = boot_to_prompt(machine.clone())?;
    first.command("echo written before > /tmp/kept; cat /etc/rc >> /tmp/kept")?;
    let written = first.command("cat /tmp/kept")?;
    halt(&mut first)?;
    let mut second = boot_to_prompt(machine)?;
    ensure!(second.command("cat /tmp/kept")? == written);
    ensure!(written.starts_with("written before\n"), "{written:?}");
    Ok(())
}

fn two_hundred_forks(emulator: Emulator) -> Result<()> {
    let mut guest = boot(emulator)?;
    let output = guest.command_within("/usr/lib/tests/t_fork200", 2 * LIMIT)?;
    ensure!(output.trim_end().ends_with("ok"), "{output:?}");
    Ok(())
}

fn control_c_ends_a_running_program(emulator: Emulator) -> Result<()> {
    let mut guest = boot(emulator)?;
    for _ in 0..3 {
        guest.send("/usr/lib/tests/t_spin\n")?;
        guest.expect_serial("t_spin\r\n", LIMIT)?;
        // Let it get going: it runs until it is ended.
        std::thread::sleep(Duration::from_millis(500));
        guest.send("\x03")?;
        guest.expect_prompt("the prompt after ^C", LIMIT)?;
    }
    ensure!(guest.command("echo alive")? == "alive\n");
    Ok(())
}

fn a_login_shell_knows_where_it_is(emulator: Emulator) -> Result<()> {
    let mut guest = boot(emulator)?;
    let output = guest.command("echo $PATH $TERM $HOME $PWD $USER; pwd; echo $0")?;
    ensure!(
        output == "/bin:/sbin:/usr/bin console /usr/root /usr/root root\n/usr/root\nsh\n",
        "{output:?}"
    );
    // The user's own file comes second.
    guest.command("echo 'MINE=$TERM-mine' > .profile")?;
    guest.send("exit\n")?;
    guest.expect_prompt("the prompt of the next shell", LIMIT)?;
    ensure!(guest.command("echo $MINE")? == "console-mine\n");
    Ok(())
}

/// The signal may come while one program has ended and the next has not begun.
fn control_c_ends_a_loop_of_programs(emulator: Emulator) -> Result<()> {
    let rounds = match emulator {
        Emulator::Qemu => 30,
        _ => 5,
    };
    let mut guest = boot(emulator)?;
    for round in 0..rounds {
        guest.send("while true; do date; done\n")?;
        guest.expect_serial(" UTC ", LIMIT)?;
        // Each time at another moment.
        std::thread::sleep(Duration::from_millis(50 + round * 7));
        guest.send("\x03")?;
        guest.expect_prompt("the prompt after ^C", LIMIT)?;
    }
    ensure!(guest.command("echo alive")? == "alive\n");
    Ok(())
}

fn keys_edit_the_line_on_a_serial_line(emulator: Emulator) -> Result<()> {
    let mut guest = boot(emulator)?;
    let mut typed = |keys: &str, printed: &str| {
        guest.send(keys)?;
        guest.expect_serial(&format!("\n{printed}\r\n"), LIMIT)?;
        guest.expect_prompt("the next prompt", LIMIT)
    };
    typed("eco one\x01\x1b[C\x1b[Ch\n", "one")?;
    typed("echo twX\x7fo three\x17four\n", "two four")?;
    typed("\x1b[A\x1b[A\n", "one")?;
    typed("\x12two\n", "two four")?;
    typed("ec\tfive; cd /et\t; echo $PW\t\n", "five")?;
    typed("\x10\x15pwd\n", "/etc")?;
    typed("echo lost\x03echo kept\n", "kept")?;
    typed("set +o emacs; echo plain\n", "plain")?;
    typed("echo stXill\x7f\x7f\x7f\x7fill\n", "still")?;
    typed(
        "tail -n 1 /usr/root/.sh_history\n",
        "set +o emacs; echo plain",
    )?;
    Ok(())
}

fn control_backslash_and_kill_end_programs(emulator: Emulator) -> Result<()> {
    let mut guest = boot(emulator)?;
    guest.send("/usr/lib/tests/t_spin; echo status $?\n")?;
    guest.expect_serial("status $?\r\n", LIMIT)?;
    std::thread::sleep(Duration::from_millis(500));
    guest.send("\x1c")?;
    // 128 and SIGQUIT.
    guest.expect_serial("status 131", LIMIT)?;
    guest.expect_prompt("the prompt after ^\\", LIMIT)?;
    let started = guest.command("/usr/lib/tests/t_spin &")?;
    let pid = started.trim().trim_matches(['[', ']']).to_string();
    ensure!(guest.command("ps")?.contains("t_spin"));
    guest.command(&format!("kill {pid}; sleep 1"))?;
    ensure!(!guest.command("ps")?.contains("t_spin"));
    Ok(())
}

fn control_d_ends_input(emulator: Emulator) -> Result<()> {
    let mut guest = boot(emulator)?;
    guest.send("cat > /tmp/typed\n")?;
    guest.expect_serial("typed\r\n", LIMIT)?;
    guest.send("one\ntwX\x7fo\n\x04")?;
    guest.expect_prompt("the prompt after ^D", LIMIT)?;
    ensure!(guest.command("cat /tmp/typed")? == "one\ntwo\n");
    Ok(())
}

fn a_job_is_killed_as_soon_as_it_is_started(emulator: Emulator) -> Result<()> {
    let mut guest = boot(emulator)?;
    let output = guest.command("sleep 60 & kill %1; wait %1; echo status $?")?;
    // 128 and SIGTERM.
    ensure!(output.contains("status 143\n"), "{output:?}");
    Ok(())
}

/// The program is alone on its terminal: there is no shell to continue it.
fn control_z_stops_nothing_that_nobody_could_continue(emulator: Emulator) -> Result<()> {
    let machine = Machine::new(emulator, common::image());
    let mut guest = machine.command_line("console=ttyS0 init=/bin/cat").boot()?;
    guest.expect_serial("free inodes\r\n", PROMPT_TIME)?;
    guest.send("first\n")?;
    guest.expect_serial("first\r\nfirst\r\n", LIMIT)?;
    guest.send("\x1a")?;
    guest.expect_serial("^Z", LIMIT)?;
    guest.send("second\n")?;
    guest.expect_serial("second\r\nsecond\r\n", LIMIT)?;
    Ok(())
}

fn a_shell_that_leaves_a_job_behind_is_followed_by_another(emulator: Emulator) -> Result<()> {
    let mut guest = boot(emulator)?;
    guest.command("sleep 100 &")?;
    guest.send("exit\n")?;
    guest.expect_prompt("the prompt of the next shell", LIMIT)?;
    ensure!(guest.command("echo alive")? == "alive\n");
    ensure!(!guest.command("ps")?.contains("sleep"));
    Ok(())
}

fn boot_on_screen(emulator: Emulator) -> Result<Guest> {
    let mut guest = Machine::new(emulator, common::image()).boot()?;
    guest.expect_screen_prompt(PROMPT_TIME)?;
    Ok(guest)
}

fn keys_edit_the_line_on_the_screen(emulator: Emulator) -> Result<()> {
    let mut guest = boot_on_screen(emulator)?;
    let shows = |guest: &mut Guest, line: &str| {
        guest.expect_screen_that(&format!("{line:?} as the last line"), LIMIT, |screen| {
            screen.last_line() == line
        })
    };
    guest.type_keys("echo \"Axy\x7f\x7fB & | { ~\"")?;
    shows(&mut guest, "root:/usr/root# echo \"AB & | { ~\"")?;
    guest.type_keys("\n")?;
    let screen = guest.expect_screen_prompt(LIMIT)?;
    ensure!(
        screen.lines().iter().any(|line| line == "AB & | { ~"),
        "{screen}"
    );
    guest.type_keys("no such command\x15echo clean")?;
    shows(&mut guest, "root:/usr/root# echo clean")?;
    guest.type_keys("\n")?;
    let screen = guest.expect_screen_prompt(LIMIT)?;
    ensure!(
        screen.lines().iter().any(|line| line == "clean"),
        "{screen}"
    );
    guest.type_keys("/usr/lib/tests/t_spin\n")?;
    shows(&mut guest, "root:/usr/root# /usr/lib/tests/t_spin")?;
    guest.type_keys("\x03")?;
    guest.expect_screen_prompt(LIMIT)?;
    Ok(())
}

fn screen_scrolls(emulator: Emulator) -> Result<()> {
    let mut guest = boot_on_screen(emulator)?;
    let screen = guest.type_line("ls -l /dev; echo end of the list", LIMIT)?;
    let lines = screen.lines();
    ensure!(lines.len() == 25, "{screen}");
    ensure!(
        lines[24] == "root:/usr/root#" && lines[23] == "end of the list",
        "{screen}"
    );
    // The whole picture is the list: no line of it is empty or left over.
    let nodes = lines[..23]
        .iter()
        .filter(|line| line.starts_with(['b', 'c']));
    ensure!(nodes.count() == 23, "{screen}");
    Ok(())
}

fn file_system_is_clean_after_work_and_halt(emulator: Emulator) -> Result<()> {
    let (_folder, disk) = copy_of_image()?;
    let mut guest = boot_to_prompt(Machine::new(emulator, &disk).in_place())?;
    for command in [
        "mkdir /tmp/work; cp /bin/sh /bin/ls /tmp/work; ln /tmp/work/sh /tmp/work/second",
        "cat /bin/* > /tmp/work/large; mv /tmp/work/large /home/large; rm /tmp/work/ls",
        "mkdir /tmp/work/inner; rmdir /tmp/work/inner; ls -l /tmp/work /home",
        "/usr/lib/tests/t_fork200",
        "rm /tmp/work/sh /tmp/work/second; rmdir /tmp/work",
    ] {
        guest.command(command)?;
    }
    halt(&mut guest)?;
    check_root(&disk)
}
