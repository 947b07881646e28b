// SPDX-License-Identifier: GPL-2.0-or-later
//! `login name`: asks for the user's password, unless the user needs none, and runs the
//! user's shell. `getty` runs it; one may try three times, for a minute.
#![no_std]
#![no_main]

use abi::fcntl::O_WRONLY;
use abi::pod::Pod;
use abi::signal::Signal;
use abi::unistd::SEEK_SET;
use abi::utmp::{UTMP_FILE, Utmp};
use alloc::vec::Vec;
use core::ffi::CStr;
use programs::accounts::{Accounts, User};
use programs::authentication::{
    KEYS, ask_password, become_user, environment, fill_standard_files, give_terminal, is_password,
    read_line, run_shell, terminal,
};
use programs::command::fail;
use programs::files::read_file;
use programs::path::c_string;
use programs::run::DEFAULT_PATH;
use user::calls::{self, Fd, File};
use user::signal::{Handler, sigaction};
use user::{env, stdio};

extern crate alloc;

user::program!(main);

const TRIES: usize = 3;
/// Seconds for all of them.
const TIME: u32 = 60;

fn main() -> i32 {
    fill_standard_files();
    if calls::geteuid() != 0 {
        fail(&[], "only for the super-user; see su");
    }
    calls::alarm(TIME);
    let mut name = env::args().first().map(|name| name.to_bytes().to_vec());
    for _ in 0..TRIES {
        let given = name.take().or_else(|| {
            stdio::put(b"login: ");
            stdio::flush();
            read_line(Fd::STDIN)
        });
        let Some(given) = given else { return 1 };
        if let Some(user) = identify(&given) {
            calls::alarm(0);
            fail(&[&user.shell], session(&user));
        }
        stdio::put(b"Login incorrect\n");
    }
    1
}

/// The user of this name, after the right password. Nobody is told whether there is one.
fn identify(name: &[u8]) -> Option<User> {
    let user = Accounts::users().user(name);
    match user {
        Some(user) if user.password.is_empty() => Some(user),
        user => {
            let password = ask_password(b"Password: ")?;
            is_password(user.as_ref(), &password).then_some(user)?
        }
    }
}

/// Turns this process into the user's shell; comes back only with an error.
fn session(user: &User) -> abi::Errno {
    if let Some(terminal) = terminal(Fd::STDIN) {
        give_terminal(terminal, user.uid, user.gid);
        if let Some((place, utmp)) =
            Utmp::new(terminal, &user.name, calls::getpid().0, calls::time())
        {
            record(place, &utmp);
        }
    }
    stdio::put(&read_file(c"/etc/motd").unwrap_or_default());
    stdio::flush();
    if let Err(errno) = become_user(user) {
        return errno;
    }
    if calls::chdir(&c_string(user.home.as_slice())).is_err() {
        stdio::put(b"There is no home directory; in / instead\n");
        stdio::flush();
        let _ = calls::chdir(c"/");
    }
    for signal in KEYS.into_iter().chain([Signal::SIGHUP]) {
        let _ = sigaction(signal, Handler::Default);
    }
    let own = environment(user);
    let path = c_string([b"PATH=", DEFAULT_PATH].concat());
    let variables: Vec<&CStr> = own.iter().map(|entry| &**entry).chain([&*path]).collect();
    run_shell(user, true, &[], &variables)
}

/// Notes who is logged in. Where there is no such file, nobody is told.
fn record(place: u32, utmp: &Utmp) {
    if let Ok(file) = File::open_with(UTMP_FILE, O_WRONLY, 0)
        && calls::lseek(file.fd(), place as i32, SEEK_SET).is_ok()
    {
        let _ = calls::write_all(file.fd(), utmp.as_bytes());
    }
}
