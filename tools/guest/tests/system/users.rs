// SPDX-License-Identifier: GPL-2.0-or-later
//! Several users: root on the first serial line, and somebody who logs in on the second.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use guest::{Emulator, Guest, Machine};

use crate::common::{LIMIT, boot, boot_to_prompt, check_root, copy_of_image, halt};

guest::in_both!(a_user_has_a_password_and_only_what_is_the_users_own);

#[test]
#[ignore = "needs QEMU"]
fn who_logs_in_next_is_alone_on_the_terminal() -> Result<()> {
    let mut guest = boot(Emulator::Qemu)?;
    log_in(&mut guest, "guest\n", GUEST)?;
    // Something that the user leaves behind, which listens to what is typed, and
    // something that begins later.
    let spy = "(trap '' 1; cat <&9 > /tmp/heard) 9< /dev/ttyS1 & sleep 1";
    let late = "sleep 4; echo spoo''fed >&8; cat < /dev/ttyS1 > /tmp/heard";
    guest.ask_second(
        &format!("{spy}; exec 8> /dev/ttyS1; (trap '' 1; {late}) &\n"),
        GUEST,
        LIMIT,
    )?;
    guest.ask_second("stty raw -echo; exit\n", "exit", LIMIT)?;
    getty(&mut guest)?;
    // Nobody is logged in yet, and the line is nobody else's all the same.
    guest.command("sleep 5")?;
    guest.ask_second("root\n", ROOT, LIMIT)?;
    let said = guest.ask_second("echo any''thing; stty; sleep 2\n", " echo ", LIMIT)?;
    ensure!(said.contains("anything\r\n"), "{said}");
    let owner = guest.command("sleep 1; ls -l /dev/ttyS1 /dev/tty65")?;
    ensure!(
        owner.matches("crw-------   1 root     root ").count() == 2,
        "{owner}"
    );
    let heard = guest.command("cat /tmp/heard")?;
    ensure!(heard.is_empty(), "{heard}");
    ensure!(
        !guest.second_serial().contains("spoofed"),
        "{}",
        guest.second_serial()
    );
    Ok(())
}

#[test]
#[ignore = "needs QEMU"]
fn three_wrong_passwords_end_it() -> Result<()> {
    let mut guest = boot(Emulator::Qemu)?;
    // Nobody is told which names there are.
    for name in ["bin", "nobody", "-f", "root:", "ro\x01ot"] {
        let name = format!("{name}\n");
        getty(&mut guest)?;
        guest.ask_second(&name, "Password: ", LIMIT)?;
        let start = Instant::now();
        guest.ask_second("\n", "Login incorrect\r\nlogin: ", LIMIT)?;
        ensure!(start.elapsed() > PENALTY, "{:?}", start.elapsed());
        guest.ask_second(&name, "Password: ", LIMIT)?;
        guest.ask_second("wrong\n", "Login incorrect\r\nlogin: ", LIMIT)?;
        guest.ask_second(&name, "Password: ", LIMIT)?;
        let said = guest.ask_second("*\n", "Login incorrect\r\n", LIMIT)?;
        ensure!(!said.contains('*'), "{said}");
        // It has ended, and getty with it.
        guest.command("wait")?;
    }
    Ok(())
}

/// A wrong password takes two seconds of the guest's.
const PENALTY: Duration = Duration::from_millis(1500);
/// The prompts behind what a login shell writes before.
const GUEST: &str = "guest:/home/guest$ ";
const ROOT: &str = "root:/usr/root# ";

/// Has `getty` ask for a name on the second line.
fn getty(guest: &mut Guest) -> Result<()> {
    let count = |guest: &Guest| guest.second_serial().matches("ttyS1 login: ").count();
    let before = count(guest);
    guest.command("getty ttyS1 &")?;
    let deadline = Instant::now() + LIMIT;
    while count(guest) == before {
        ensure!(Instant::now() < deadline, "{}", guest.failure("no log-in"));
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// Has somebody log in on the second line; `keys` are name and, in a line of its own,
/// password.
fn log_in(guest: &mut Guest, keys: &str, prompt: &str) -> Result<()> {
    getty(guest)?;
    let (name, password) = keys.split_once('\n').unwrap_or((keys, ""));
    if password.is_empty() {
        return guest
            .ask_second(&format!("{name}\n"), prompt, LIMIT)
            .map(drop);
    }
    guest.ask_second(&format!("{name}\n"), "Password: ", LIMIT)?;
    let said = guest.ask_second(password, prompt, LIMIT)?;
    ensure!(!said.contains(password.trim_end()), "{said}");
    Ok(())
}

/// What a command of the guest's prints.
fn as_guest(guest: &mut Guest, command: &str) -> Result<String> {
    let said = guest.ask_second(&format!("{command}\n"), GUEST, LIMIT)?;
    let (_echo, output) = said.split_once("\r\n").unwrap_or_default();
    Ok(output.trim_end_matches(GUEST).replace("\r\n", "\n"))
}

fn a_user_has_a_password_and_only_what_is_the_users_own(emulator: Emulator) -> Result<()> {
    let (_folder, image) = copy_of_image()?;
    let machine = Machine::new(emulator, &image).in_place();
    let mut guest = boot_to_prompt(machine)?;
    guest.command("echo root only > /usr/root/mine; chmod 600 /usr/root/mine")?;

    log_in(&mut guest, "guest\n", GUEST)?;
    let own = as_guest(&mut guest, "id; logname; who am i; ls -l /dev/ttyS1")?;
    for line in [
        "uid=100(guest) gid=100(users)\n",
        "\nguest\n",
        "\nguest    ttyS1 ",
        "crw-------   1 guest    users ",
    ] {
        ensure!(own.contains(line), "{line}: {own}");
    }
    let messages = as_guest(&mut guest, "dmesg")?;
    ensure!(messages.contains("\nEleven 0.11: "), "{messages}");
    let env = as_guest(&mut guest, "pwd; echo $HOME $SHELL $USER $LOGNAME; umask")?;
    ensure!(
        env.starts_with("/home/guest\n/home/guest /bin/sh guest guest\n"),
        "{env}"
    );
    for command in [
        "cat /usr/root/mine",
        "echo x >> /etc/passwd",
        "echo > /etc/ptmp",
        "rm /etc/passwd",
        "mv /etc/passwd /tmp",
        "passwd root",
        "passwd -d",
        "passwd -d guest",
        "login root",
        "getty ttyS1",
        "chmod 666 /dev/hd0",
        "kill 1",
        "cat /dev/mem",
        "cat /dev/ttyS0",
        "chown root /home/guest",
    ] {
        let said = as_guest(&mut guest, &format!("{command}; echo status $?"))?;
        ensure!(
            !said.contains("status 0") && !said.contains("root only"),
            "{command}: {said}"
        );
    }

    change_password(&mut guest, None, "first one")?;
    let passwd = guest.command("ls -l /etc/passwd; cat /etc/passwd; ls /etc")?;
    ensure!(
        passwd.starts_with("-rw-r--r--   1 root     root "),
        "{passwd}"
    );
    ensure!(
        passwd.contains("\nguest:$5$") && !passwd.contains("ptmp"),
        "{passwd}"
    );
    ensure!(
        passwd.contains(":100:100:guest:/home/guest:/bin/sh\n"),
        "{passwd}"
    );
    ensure!(
        passwd.contains("\nroot::0:0:root:/usr/root:/bin/sh\nbin:*:1:1:"),
        "{passwd}"
    );
    change_password(&mut guest, Some("first one"), "second")?;
    // The old one is needed, and both new ones must be the same.
    guest.ask_second("passwd\n", "Old password: ", LIMIT)?;
    let said = guest.ask_second("first one\n", GUEST, LIMIT)?;
    ensure!(said.contains("passwd: guest: wrong password"), "{said}");
    guest.ask_second("passwd\n", "Old password: ", LIMIT)?;
    guest.ask_second("second\n", "New password: ", LIMIT)?;
    guest.ask_second("a\n", "New password again: ", LIMIT)?;
    let said = guest.ask_second("b\n", GUEST, LIMIT)?;
    ensure!(said.contains("passwd: guest: unchanged"), "{said}");
    // ^C gives up, and the terminal shows again what is typed.
    guest.ask_second("passwd\n", "Old password: ", LIMIT)?;
    guest.ask_second("\x03", GUEST, LIMIT)?;
    let settings = as_guest(&mut guest, "stty")?;
    ensure!(settings.contains(" echo "), "{settings}");

    // Keys send their signals again, which getty and login ignore.
    guest.ask_second("sleep 1000\n", "sleep 1000", LIMIT)?;
    guest.ask_second("\x03", GUEST, LIMIT)?;

    // Root gets one, and nobody becomes root without it.
    guest.send("passwd\n")?;
    guest.expect_serial("New password: ", LIMIT)?;
    guest.send("of root\n")?;
    guest.expect_serial("New password again: ", LIMIT)?;
    guest.send("of root\n")?;
    guest.expect_prompt("the end of passwd", LIMIT)?;
    guest.ask_second("su\n", "Password: ", LIMIT)?;
    let said = guest.ask_second("second\n", GUEST, LIMIT)?;
    ensure!(said.contains("su: root: wrong password"), "{said}");
    guest.ask_second("su -\n", "Password: ", LIMIT)?;
    guest.ask_second("of root\n", ROOT, LIMIT)?;
    let said = guest.ask_second("id -u; logname; cat mine\n", ROOT, LIMIT)?;
    ensure!(said.contains("\n0\r\nguest\r\nroot only\r\n"), "{said}");
    guest.ask_second("exit\n", GUEST, LIMIT)?;
    let who = guest.command("who; users; su guest -c whoami; su - guest -c pwd")?;
    ensure!(
        who.contains("\nguest    ttyS1 ") && who.starts_with("root     ttyS0 "),
        "{who}"
    );
    ensure!(who.ends_with("\nroot guest\nguest\n/home/guest\n"), "{who}");

    guest.ask_second("exit\n", "exit", LIMIT)?;
    guest.command("sleep 1")?;
    let who = guest.command("users")?;
    ensure!(who == "root\n", "{who}");
    log_in(&mut guest, "guest\nsecond\n", GUEST)?;
    halt(&mut guest)?;
    check_root(&image)
}

/// `passwd` at the guest's prompt.
fn change_password(guest: &mut Guest, old: Option<&str>, new: &str) -> Result<()> {
    match old {
        None => drop(guest.ask_second("passwd\n", "New password: ", LIMIT)?),
        Some(old) => {
            guest.ask_second("passwd\n", "Old password: ", LIMIT)?;
            guest.ask_second(&format!("{old}\n"), "New password: ", LIMIT)?;
        }
    }
    guest.ask_second(&format!("{new}\n"), "New password again: ", LIMIT)?;
    let said = guest.ask_second(&format!("{new}\n"), GUEST, LIMIT)?;
    ensure!(!said.contains("passwd:") && !said.contains(new), "{said}");
    Ok(())
}
