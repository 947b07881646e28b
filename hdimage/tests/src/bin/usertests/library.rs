// SPDX-License-Identifier: GPL-2.0-or-later
//! What programs are written with: the parts of the library that need a kernel to
//! try them.

use crate::memory::free_pages;
use crate::support::{
    Outcome, child, create, fate, must_open_terminal, read_all, read_file, wait_for,
};
use abi::Errno;
use abi::signal::Signal;
use abi::sys::wait::WaitStatus;
use abi::termios::LocalFlags;
use alloc::format;
use alloc::string::String;
use core::fmt;
use core::time::Duration;
use programs::io::{BufReader, BufWriter, Read, Write};
use programs::process::{Command, Stdio};
use programs::terminal::RawMode;
use programs::time::{Instant, sleep};
use user::calls::{self, Fd, File};

tests! {
    library_files "files are read and written by the traits of io";
    library_shown "descriptors, process ids and errors can be printed";
    library_command "Command gives input, environment, folder; takes output, status";
    library_command_fails "a program that cannot be run is told to who started it";
    library_child "a child is killed and waited for";
    library_no_name "a program that is called without a name tells its own";
    library_raw_mode "raw mode ends with its guard";
    library_sleep "sleep and Instant agree";
    library_nested_print "a value that prints while it is printed ends the program";
    library_huge_block "dd with blocks that no memory can hold says so";
}

fn library_files() -> Outcome {
    let mut writer = BufWriter::new(must!(File::create(c"f")));
    for number in 0..1000 {
        must!(writeln!(writer, "line {number}"));
    }
    must!(writer.flush());
    let lines = BufReader::new(must!(File::open(c"f"))).lines();
    let mut count = 0;
    for (number, line) in (0..).zip(lines) {
        check_eq!(must!(line), format!("line {number}").into_bytes());
        count += 1;
    }
    check_eq!(count, 1000);
    let mut text = String::new();
    must!(must!(File::open(c"f")).read_to_string(&mut text));
    check_eq!(text.lines().count(), 1000);
    let mut full = must!(File::open_with(c"/dev/full", abi::fcntl::O_WRONLY, 0));
    check_eq!(writeln!(full, "lost"), Err(Errno::ENOSPC));
    Ok(())
}

fn library_shown() -> Outcome {
    let pid = calls::getpid();
    check_eq!(format!("{pid} {}", Fd::STDERR), format!("{} 2", pid.0));
    check_eq!(format!("{}", Errno::ENOENT), "No such file or directory");
    Ok(())
}

fn library_nested_print() -> Outcome {
    struct Printing;
    impl fmt::Display for Printing {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            user::print!("inside");
            Ok(())
        }
    }
    let status = must!(fate(|| {
        user::print!("{Printing}");
        0
    }));
    check_eq!(status.exit_status(), Some(128 + Signal::SIGABRT.number()));
    Ok(())
}

fn library_command() -> Outcome {
    must!(write!(must!(File::create(c"in")), "typed\n"));
    must!(calls::mkdir(c"d", 0o755));
    let input = must!(File::open(c"in"));
    let script = "read x; echo $x $A $1; pwd; exit 3";
    let output = must!(
        Command::new("sh")
            .args(["-c", script, "sh", "argument"])
            .env("A", "first")
            .env("A", "second")
            .current_dir("d")
            .stdin(Stdio::File(input.fd()))
            .output()
    );
    check_eq!(output.status, WaitStatus::from_exit(3));
    check!(output.stdout.starts_with(b"typed second argument\n/"));
    check!(output.stdout.ends_with(b"/d\n"));
    // More than a pipe holds.
    let output = must!(
        Command::new("dd")
            .args(["if=/dev/zero", "bs=1k", "count=20"])
            .stderr(Stdio::Null)
            .output()
    );
    check_eq!(output.stdout.len(), 20 * 1024);
    let status = must!(Command::new("cat").stdin(Stdio::Null).status());
    check_eq!(status, WaitStatus::from_exit(0));
    Ok(())
}

fn library_command_fails() -> Outcome {
    check_eq!(Command::new("nosuch").status(), Err(Errno::ENOENT));
    check_eq!(Command::new("/etc").status(), Err(Errno::EACCES));
    check_eq!(
        Command::new("true").current_dir("nosuch").status(),
        Err(Errno::ENOENT)
    );
    check_eq!(Command::new("nosuch").output().err(), Some(Errno::ENOENT));
    // Nobody is left to be waited for.
    check_eq!(calls::waitpid(-1, 0), Err(Errno::ECHILD));
    Ok(())
}

fn library_child() -> Outcome {
    let sleeper = must!(Command::new("sleep").arg("100").spawn());
    check!(sleeper.id() != calls::getpid());
    must!(sleeper.kill(Signal::SIGTERM));
    check_eq!(
        must!(sleeper.wait()),
        WaitStatus::from_signal(Signal::SIGTERM)
    );
    Ok(())
}

fn library_no_name() -> Outcome {
    let pid = must!(child(|| {
        let messages = must!(create(c"messages"));
        let directory = must!(File::open(c"/"));
        must!(calls::dup2(messages.fd(), Fd::STDERR));
        must!(calls::dup2(directory.fd(), Fd::STDIN));
        calls::execve(c"/bin/cat", &[], &[]);
        Ok(())
    }));
    check_eq!(must!(wait_for(pid)), WaitStatus::from_exit(1));
    check_eq!(must!(read_file(c"messages")), b"cat: -: Is a directory\n");
    Ok(())
}

fn library_raw_mode() -> Outcome {
    let terminal = must_open_terminal()?;
    let before = must!(calls::tcgetattr(terminal.fd()));
    let cooked = LocalFlags::ICANON | LocalFlags::ECHO;
    let raw = must!(RawMode::new(terminal.fd()));
    let during = must!(calls::tcgetattr(terminal.fd()));
    check!(!during.c_lflag.intersects(cooked));
    drop(raw);
    check_eq!(must!(calls::tcgetattr(terminal.fd())), before);
    let file = must!(create(c"f"));
    check_eq!(RawMode::new(file.fd()).err(), Some(Errno::ENOTTY));
    Ok(())
}

fn library_sleep() -> Outcome {
    let start = Instant::now();
    must!(sleep(Duration::from_millis(50)));
    let elapsed = start.elapsed();
    check!(elapsed >= Duration::from_millis(40) && elapsed < Duration::from_secs(5));
    // A signal that is caught, or that stops and continues, wakes nobody early.
    let sleeper = must!(Command::new("sleep").arg("0.2").spawn());
    for signal in [Signal::SIGSTOP, Signal::SIGCONT] {
        must!(sleeper.kill(signal));
    }
    check_eq!(must!(sleeper.wait()), WaitStatus::from_exit(0));
    check!(start.elapsed() >= elapsed + Duration::from_millis(190));
    Ok(())
}

fn library_huge_block() -> Outcome {
    // A large machine has the first.
    let sizes = match free_pages() {
        244_000.. => &["bs=3000000000"][..],
        _ => &["bs=1000000000", "bs=3000000000"],
    };
    for &size in sizes {
        let (from, to) = must!(calls::pipe());
        let status = must!(
            Command::new("dd")
                .args([size, "if=/etc/rc", "of=f"])
                .stderr(Stdio::File(to))
                .status()
        );
        must!(calls::close(to));
        let told = must!(read_all(from));
        must!(calls::close(from));
        check_eq!(status, WaitStatus::from_exit(1));
        let expected = format!("dd: {size}: Cannot allocate memory\n");
        check_eq!(told, expected.into_bytes());
    }
    Ok(())
}
