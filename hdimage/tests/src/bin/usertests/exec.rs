// SPDX-License-Identifier: GPL-2.0-or-later
//! `execve`: programs, scripts, what survives and what does not.

use crate::helper::PROGRAM;
use crate::memory::{free_pages, take_all_but};
use crate::support::{
    Failure, HOLE, Outcome, Pipe, address, as_user, child, copy_file, create, fate, forget_buffers,
    in_child, kill_and_wait, number, read_all, read_file, wait_for, wait_until_asleep, write_file,
};
use abi::Errno;
use abi::a_out::{Exec, NMAGIC, OMAGIC, QMAGIC};
use abi::fcntl::{
    F_GETFD, F_SETFD, FD_CLOEXEC, O_APPEND, O_CREAT, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY,
};
use abi::limits::{ARG_MAX, PAGE_SIZE};
use abi::pod::Pod;
use abi::signal::Signal;
use abi::sys::wait::{WNOHANG, WaitStatus};
use abi::unistd::SEEK_SET;
use alloc::ffi::CString;
use alloc::vec;
use alloc::vec::Vec;
use core::ffi::CStr;
use user::calls::{self, Fd, File, Pid};
use user::env::task_size;
use user::signal::{Handler, sigaction};

tests! {
    exec_status "a program runs and its exit status comes back";
    exec_arguments "arguments and environment arrive as they were";
    exec_no_arguments "argv and envp may be null, or empty";
    exec_many_arguments "a hundred kilobytes of arguments arrive";
    exec_too_many "more than fits is E2BIG, and the caller goes on";
    exec_missing "what is not there cannot be run";
    exec_no_permission "only what has an x bit can be run";
    exec_not_regular "directories and devices cannot be run";
    exec_bad_headers "a broken header is ENOEXEC or a dead process, never worse";
    exec_huge_bss "memory that there is not is told before the old program ends";
    exec_short_files "files cut anywhere are refused";
    exec_random_bytes "a program of random bytes ends somehow";
    exec_script "a script runs its interpreter";
    exec_script_argument "the interpreter's argument and the script's";
    exec_script_bad "scripts whose interpreter cannot be run";
    exec_script_of_script "the interpreter is no script itself";
    exec_signals "caught signals get the default, ignored ones stay ignored";
    exec_mask "the mask of blocked signals stays";
    exec_close_on_exec "FD_CLOEXEC closes, everything else stays open";
    exec_setuid "a set-user-id program gets its owner's rights";
    exec_setgid "likewise with set-group-id";
    exec_bad_pointers "bad pointers anywhere in the arguments are EFAULT";
    exec_unlinked "a program whose name is removed runs on";
    exec_text_busy "a program that runs is not written to, one that is written to does not run";
    exec_text_once "the text of a program that runs twice is in memory once";
    exec_old_text "a program that is thrown away is shared with nobody";
    exec_brk "the heap of a new program begins behind its bss";
    exec_chain "a program that runs itself, many times";
}

/// What a helper answers, and its exit status.
fn helper(
    arguments: &[&CStr],
    environment: &[&CStr],
    before: impl FnOnce() -> Outcome,
) -> Result<Vec<u8>, Failure> {
    let all: Vec<&CStr> = [PROGRAM, c"--helper"]
        .into_iter()
        .chain(arguments.iter().copied())
        .collect();
    output_of(PROGRAM, &all, environment, before)
}

/// What a program writes to standard output, if its exit status is 0.
fn output_of(
    path: &CStr,
    arguments: &[&CStr],
    environment: &[&CStr],
    before: impl FnOnce() -> Outcome,
) -> Result<Vec<u8>, Failure> {
    let pipe = must!(Pipe::new());
    let pid = must!(child(|| {
        must!(calls::dup2(pipe.1, Fd::STDOUT));
        must!(calls::close(pipe.0));
        must!(calls::close(pipe.1));
        before()?;
        let errno = calls::execve(path, arguments, environment);
        Err(failure!("execve {path:?}: {errno:?}"))
    }));
    must!(calls::close(pipe.1));
    let output = must!(read_all(pipe.0));
    check_eq!(must!(wait_for(pid)), WaitStatus(0));
    Ok(output)
}

/// What becomes of a child that runs a program; -errno as status if it cannot.
fn run(path: &CStr, arguments: &[&CStr]) -> abi::Result<WaitStatus> {
    fate(|| {
        let null = calls::open(c"/dev/null", 2, 0).unwrap_or(Fd::STDIN);
        let _ = (calls::dup2(null, Fd::STDOUT), calls::dup2(null, Fd::STDERR));
        i32::from(calls::execve(path, arguments, &[]).number()) | 0x80
    })
}

/// The error of an `execve` that must fail.
fn refusal(path: &CStr) -> Result<Errno, Failure> {
    let mut errno = 0u8;
    let pipe = must!(Pipe::new());
    let pid = must!(child(|| {
        let error = calls::execve(path, &[path], &[]);
        must!(calls::write(pipe.1, &[error.number()]));
        Ok(())
    }));
    must!(calls::close(pipe.1));
    let answer = must!(read_all(pipe.0));
    must!(wait_for(pid));
    if let Some(&number) = answer.first() {
        errno = number;
    }
    match Errno::from_eax(-i32::from(errno)) {
        Err(errno) => Ok(errno),
        Ok(_) => Err(failure!("{path:?} could be run")),
    }
}

fn executable(path: &CStr, contents: &[u8]) -> abi::Result<()> {
    write_file(path, contents)?;
    calls::chmod(path, 0o755)
}

fn exec_status() -> Outcome {
    check_eq!(must!(run(c"/bin/true", &[c"true"])), WaitStatus(0));
    check_eq!(
        must!(run(c"/bin/false", &[c"false"])),
        WaitStatus::from_exit(1)
    );
    Ok(())
}

fn exec_arguments() -> Outcome {
    let arguments: [&CStr; 5] = [c"arguments", c"one", c"", c"two words", c"\xff\x01"];
    let answer = helper(&arguments, &[c"A=1", c"B=", c"LONG=0123456789"], || Ok(()))?;
    check_eq!(
        answer,
        b"one\0\0two words\0\xff\x01\0A=1\0B=\0LONG=0123456789\0"
    );
    Ok(())
}

fn exec_no_arguments() -> Outcome {
    for vector in [0, address(&0u32)] {
        let status = must!(fate(|| {
            let _ = system_call!(execve(c"/bin/true".as_ptr() as u32, vector, vector));
            77
        }));
        check_eq!(status, WaitStatus(0));
    }
    Ok(())
}

fn exec_many_arguments() -> Outcome {
    let long = CString::new(vec![b'x'; 1000]).unwrap_or_default();
    let mut arguments: Vec<&CStr> = vec![c"arguments"];
    arguments.resize(101, &long);
    let answer = helper(&arguments, &[], || Ok(()))?;
    check_eq!(answer.len(), 100 * 1001);
    check!(
        answer
            .chunks(1001)
            .all(|word| word[..1000].iter().all(|&byte| byte == b'x'))
    );
    Ok(())
}

fn exec_too_many() -> Outcome {
    let long = CString::new(vec![b'x'; ARG_MAX]).unwrap_or_default();
    check_eq!(calls::execve(c"/bin/true", &[&long], &[]), Errno::E2BIG);
    check_eq!(calls::execve(c"/bin/true", &[], &[&long]), Errno::E2BIG);
    let half = CString::new(vec![b'x'; ARG_MAX / 2]).unwrap_or_default();
    check_eq!(
        calls::execve(c"/bin/true", &[&half], &[&half]),
        Errno::E2BIG
    );
    // As many as fit by their bytes, but their pointers are many, too.
    let tiny: Vec<&CStr> = vec![c""; 32000];
    let status = must!(run(c"/bin/true", &tiny));
    check!(status == WaitStatus(0) || status.exit_status() == Some(0x80 | 7));
    in_child(|| Ok(()))
}

fn exec_missing() -> Outcome {
    must!(write_file(c"file", b""));
    check_eq!(calls::execve(c"nothing", &[], &[]), Errno::ENOENT);
    check_eq!(calls::execve(c"", &[], &[]), Errno::ENOENT);
    check_eq!(calls::execve(c"nowhere/true", &[], &[]), Errno::ENOENT);
    check_eq!(calls::execve(c"file/true", &[], &[]), Errno::ENOTDIR);
    Ok(())
}

fn exec_no_permission() -> Outcome {
    let program = must!(read_file(c"/bin/true"));
    must!(write_file(c"p", &program));
    for (mode, root, user) in [
        (0o644, false, false),
        (0o100, true, false),
        (0o001, true, true),
        (0o700, true, false),
        (0o755, true, true),
    ] {
        must!(calls::chmod(c"p", mode));
        let expected = |may: bool| {
            if may {
                WaitStatus(0)
            } else {
                WaitStatus::from_exit(0x80 | 13)
            }
        };
        check_eq!(must!(run(c"./p", &[c"p"])), expected(root));
        as_user(100, 10, || {
            check_eq!(must!(run(c"./p", &[c"p"])), expected(user));
            Ok(())
        })?;
    }
    Ok(())
}

fn exec_not_regular() -> Outcome {
    must!(calls::mkdir(c"d", 0o777));
    check_eq!(refusal(c"d")?, Errno::EACCES);
    check_eq!(refusal(c"/")?, Errno::EACCES);
    check_eq!(refusal(c"/dev/null")?, Errno::EACCES);
    check_eq!(refusal(c"/dev/hd0")?, Errno::EACCES);
    must!(calls::mknod(
        c"n",
        0o020777,
        abi::sys::types::Device(0x0103)
    ));
    check_eq!(refusal(c"n")?, Errno::EACCES);
    Ok(())
}

fn exec_bad_headers() -> Outcome {
    let program = must!(read_file(c"/bin/true"));
    let Some(good) = Exec::parse(&program) else {
        return Err(failure!("/bin/true has no header"));
    };
    let odd = [
        1,
        0xfff,
        0x1000,
        0x1001,
        0x7fff_ffff,
        0x8000_0000,
        u32::MAX - 1023,
        u32::MAX,
        task_size(),
        task_size() - 4096,
    ];
    let mut headers = vec![];
    for magic in [0, OMAGIC, NMAGIC, QMAGIC, 0x464c_457f, u32::MAX] {
        headers.push(Exec {
            a_magic: magic,
            ..good
        });
    }
    for value in odd {
        headers.push(Exec {
            a_text: value,
            ..good
        });
        headers.push(Exec {
            a_data: value,
            ..good
        });
        headers.push(Exec {
            a_bss: value,
            ..good
        });
        headers.push(Exec {
            a_syms: value,
            ..good
        });
        headers.push(Exec {
            a_trsize: value,
            ..good
        });
        headers.push(Exec {
            a_drsize: value,
            ..good
        });
        headers.push(Exec {
            a_entry: value,
            ..good
        });
        headers.push(Exec {
            a_text: value,
            a_data: value,
            a_bss: value,
            ..good
        });
    }
    headers.push(Exec { a_text: 0, ..good });
    headers.push(Exec {
        a_text: 0,
        a_data: 0,
        ..good
    });
    headers.push(Exec { a_entry: 0, ..good });
    headers.push(Exec { a_entry: 2, ..good });
    must!(executable(c"p", &program));
    for header in headers {
        let file = must!(calls::open(c"p", 1, 0));
        must!(calls::write_all(file, header.as_bytes()));
        must!(calls::close(file));
        let status = must!(run(c"./p", &[c"p"]));
        // Where segments are large, that much may only be missing.
        let no_memory = status.exit_status() == Some(0x80 | 12);
        let refused = status.exit_status() == Some(0x80 | 8);
        let ran = status == WaitStatus(0) || status.term_signal().is_some();
        if !refused && !no_memory && !ran {
            return Err(failure!("{header:?}: {status:?}"));
        }
        if header.a_magic != good.a_magic || header.a_trsize != 0 || header.a_drsize != 0 {
            check!(refused);
        }
    }
    Ok(())
}

fn exec_huge_bss() -> Outcome {
    let mut program = must!(read_file(c"/bin/true"));
    let Some(good) = Exec::parse(&program) else {
        return Err(failure!("/bin/true has no header"));
    };
    // Nearly the largest that there may be.
    let bss = task_size() / 4 * 3 - (1 << 20);
    let huge = Exec { a_bss: bss, ..good };
    program[..size_of::<Exec>()].copy_from_slice(huge.as_bytes());
    must!(executable(c"p", &program));
    // A large machine would have so much. Some is given back by the old program.
    let holder = must!(child(|| {
        take_all_but(bss / PAGE_SIZE - 2000);
        loop {
            calls::pause();
        }
    }));
    must!(wait_until_asleep(holder));
    let errno = refusal(c"p");
    must!(kill_and_wait(holder));
    check_eq!(errno?, Errno::ENOMEM);
    Ok(())
}

fn exec_short_files() -> Outcome {
    let program = must!(read_file(c"/bin/true"));
    for length in [
        0,
        1,
        2,
        3,
        31,
        32,
        33,
        1023,
        1024,
        1025,
        program.len() / 2,
        program.len() - 1,
    ] {
        must!(executable(c"p", &program[..length]));
        check_eq!(refusal(c"p")?, Errno::ENOEXEC);
    }
    Ok(())
}

fn exec_random_bytes() -> Outcome {
    let mut seed = 12345u32;
    for _ in 0..20 {
        let header = Exec {
            a_magic: 0o413,
            a_text: 0x2000,
            a_data: 0x1000,
            a_bss: 0x1000,
            a_entry: 0x1000,
            ..Exec::default()
        };
        let mut program = vec![0; 0x3400];
        for byte in &mut program {
            seed = seed.wrapping_mul(1_103_515_245).wrapping_add(12345);
            *byte = (seed >> 16) as u8;
        }
        program[..32].copy_from_slice(header.as_bytes());
        must!(executable(c"p", &program));
        // As a user who can do no harm, and not for long.
        let mut ended = WaitStatus(0);
        as_user(100, 10, || {
            must!(calls::chdir(c"/"));
            ended = must!(fate(|| {
                calls::alarm(2);
                for fd in 0..20 {
                    let _ = calls::close(Fd(fd));
                }
                calls::execve(c"/tmp/usertests/p", &[c"p"], &[]);
                1
            }));
            Ok(())
        })?;
    }
    Ok(())
}

fn exec_script() -> Outcome {
    must!(executable(c"s", b"#!/bin/echo\nignored\n"));
    check_eq!(
        output_of(c"./s", &[c"s", c"a", c"b"], &[], || Ok(()))?,
        b"./s a b\n"
    );
    must!(executable(c"s", b"#!/bin/sh\necho hello $1\nexit 0\n"));
    check_eq!(
        output_of(c"./s", &[c"s", c"world"], &[], || Ok(()))?,
        b"hello world\n"
    );
    Ok(())
}

fn exec_script_argument() -> Outcome {
    must!(executable(c"s", b"#! /bin/echo  one two\t\n"));
    check_eq!(
        output_of(c"./s", &[c"s", c"x"], &[], || Ok(()))?,
        b"one two ./s x\n"
    );
    check_eq!(output_of(c"./s", &[], &[], || Ok(()))?, b"one two ./s\n");
    Ok(())
}

fn exec_script_bad() -> Outcome {
    let lines: [(&[u8], Errno); 7] = [
        (b"#!/nowhere\n", Errno::ENOENT),
        (b"#!\n", Errno::ENOEXEC),
        (b"#!   \n", Errno::ENOEXEC),
        (b"#!/bin/true", Errno::ENOEXEC),
        (b"#!/etc\n", Errno::EACCES),
        (b"#!/dev/null\n", Errno::EACCES),
        (b"#", Errno::ENOEXEC),
    ];
    for (line, errno) in lines {
        must!(executable(c"s", line));
        check_eq!(refusal(c"s")?, errno);
    }
    let long = [b"#!/".as_slice(), &[b'x'; 2000], b"\n"].concat();
    must!(executable(c"s", &long));
    check_eq!(refusal(c"s")?, Errno::ENOEXEC);
    Ok(())
}

fn exec_script_of_script() -> Outcome {
    must!(executable(c"inner", b"#!/bin/sh\n"));
    must!(executable(c"s", b"#!./inner\n"));
    check_eq!(refusal(c"s")?, Errno::ENOEXEC);
    must!(executable(c"s", b"#!./s\n"));
    check_eq!(refusal(c"s")?, Errno::ENOEXEC);
    Ok(())
}

fn exec_signals() -> Outcome {
    extern "C" fn nothing(_signal: u32) {}
    let answer = helper(&[c"signals"], &[], || {
        must!(sigaction(Signal::SIGUSR1, Handler::Catch(nothing)));
        must!(sigaction(Signal::SIGUSR2, Handler::Ignore));
        must!(sigaction(Signal::SIGINT, Handler::Ignore));
        Ok(())
    })?;
    let ignored = [1, 11];
    for (index, &digit) in answer.iter().enumerate() {
        let number = index as u32 + 1;
        if matches!(number, 9 | 19) {
            continue;
        }
        check_eq!(
            (number, digit),
            (number, if ignored.contains(&index) { b'1' } else { b'0' })
        );
    }
    check_eq!(answer.len(), 32);
    Ok(())
}

fn exec_mask() -> Outcome {
    let answer = helper(&[c"mask"], &[], || {
        must!(system_call!(ssetmask(0x1020)));
        Ok(())
    })?;
    check_eq!(answer, 0x1020u32.to_le_bytes());
    Ok(())
}

fn exec_close_on_exec() -> Outcome {
    let answer = helper(&[c"descriptors"], &[], || {
        for fd in 3..20 {
            let _ = calls::close(Fd(fd));
        }
        for fd in 5..15 {
            must!(calls::dup2(Fd::STDIN, Fd(fd)));
        }
        must!(calls::fcntl(Fd(7), F_SETFD, FD_CLOEXEC));
        must!(calls::fcntl(Fd(9), F_SETFD, FD_CLOEXEC));
        must!(calls::fcntl(Fd(9), F_SETFD, 0));
        // A descriptor that is used again starts without.
        must!(calls::fcntl(Fd(11), F_SETFD, FD_CLOEXEC));
        must!(calls::close(Fd(11)));
        must!(calls::dup2(Fd::STDIN, Fd(11)));
        check_eq!(calls::fcntl(Fd(11), F_GETFD, 0), Ok(0));
        Ok(())
    })?;
    check_eq!(answer.as_slice(), b"11100110111111100000");
    Ok(())
}

fn ids_of(path: &CStr) -> Result<Vec<u16>, Failure> {
    let answer = output_of(path, &[path, c"--helper", c"ids"], &[], || {
        must!(calls::setgid(10));
        must!(calls::setuid(100));
        Ok(())
    })?;
    Ok(answer
        .chunks_exact(2)
        .map(|word| u16::from_le_bytes([word[0], word[1]]))
        .collect())
}

fn exec_setuid() -> Outcome {
    must!(copy_file(PROGRAM, c"p").and_then(|()| calls::chmod(c"p", 0o755)));
    check_eq!(ids_of(c"./p")?, [100, 100, 10, 10]);
    must!(calls::chmod(c"p", 0o4755));
    check_eq!(ids_of(c"./p")?, [100, 0, 10, 10]);
    must!(calls::chown(c"p", 200, 20));
    must!(calls::chmod(c"p", 0o4755));
    check_eq!(ids_of(c"./p")?, [100, 200, 10, 10]);
    Ok(())
}

fn exec_setgid() -> Outcome {
    must!(copy_file(PROGRAM, c"p").and_then(|()| calls::chmod(c"p", 0o755)));
    must!(calls::chown(c"p", 200, 20));
    must!(calls::chmod(c"p", 0o2755));
    check_eq!(ids_of(c"./p")?, [100, 100, 10, 20]);
    must!(calls::chmod(c"p", 0o6755));
    check_eq!(ids_of(c"./p")?, [100, 200, 10, 20]);
    // Where the group may not execute it, the bit gives no rights.
    must!(calls::chmod(c"p", 0o2745));
    check_eq!(ids_of(c"./p")?, [100, 100, 10, 10]);
    Ok(())
}

fn exec_bad_pointers() -> Outcome {
    let path = c"/bin/true".as_ptr() as u32;
    for bad in [
        1,
        0x10,
        HOLE,
        task_size(),
        0xc000_0000,
        u32::MAX,
        u32::MAX - 3,
    ] {
        check_eq!(system_call!(execve(bad, 0, 0)), Err(Errno::EFAULT));
        check_eq!(system_call!(execve(path, bad, 0)), Err(Errno::EFAULT));
        check_eq!(system_call!(execve(path, 0, bad)), Err(Errno::EFAULT));
        let vector = [path, bad, 0];
        check_eq!(
            system_call!(execve(path, address(&vector), 0)),
            Err(Errno::EFAULT)
        );
        check_eq!(
            system_call!(execve(path, 0, address(&vector))),
            Err(Errno::EFAULT)
        );
    }
    check_eq!(system_call!(execve(0, 0, 0)), Err(Errno::EFAULT));
    Ok(())
}

fn exec_unlinked() -> Outcome {
    must!(copy_file(PROGRAM, c"p").and_then(|()| calls::chmod(c"p", 0o755)));
    let answer = output_of(
        c"./p",
        &[c"p", c"--helper", c"arguments", c"x"],
        &[],
        || Ok(()),
    )?;
    check_eq!(answer, b"x\0");
    // The script removes its interpreter's file while that runs.
    must!(executable(c"p", &must!(read_file(c"/bin/sh"))));
    let answer = output_of(
        c"./p",
        &[c"p", c"-c", c"rm p; test -f p || echo gone"],
        &[c"PATH=/bin"],
        || Ok(()),
    )?;
    check_eq!(answer, b"gone\n");
    Ok(())
}

fn exec_text_busy() -> Outcome {
    must!(copy_file(PROGRAM, c"p").and_then(|()| calls::chmod(c"p", 0o755)));
    let running = must!(child(|| {
        let arguments = [c"p", c"--helper", c"sleep"];
        Err(failure!("{:?}", calls::execve(c"p", &arguments, &[])))
    }));
    must!(wait_until_asleep(running));
    let size = must!(calls::stat(c"p")).st_size;
    for flags in [
        O_WRONLY,
        O_RDWR,
        O_WRONLY | O_TRUNC,
        O_TRUNC,
        O_RDWR | O_CREAT | O_APPEND,
    ] {
        let opened = File::open_with(c"p", flags, 0o755).err();
        check_eq!((flags, opened), (flags, Some(Errno::ETXTBSY)));
    }
    check_eq!(must!(calls::stat(c"p")).st_size, size);
    must!(File::open(c"p"));
    // Another file of the same name, and the same file when nobody runs it.
    must!(calls::link(c"p", c"q"));
    must!(calls::unlink(c"p"));
    must!(write_file(c"p", b"new"));
    must!(kill_and_wait(running));
    let writer = must!(File::open_with(c"q", O_RDWR, 0));
    check_eq!(refusal(c"q")?, Errno::ETXTBSY);
    let again = must!(calls::dup(writer.fd()));
    drop(writer);
    check_eq!(refusal(c"q")?, Errno::ETXTBSY);
    must!(calls::close(again));
    check_eq!(
        must!(run(c"q", &[c"q", c"--helper"])).exit_status(),
        Some(2)
    );
    Ok(())
}

fn exec_text_once() -> Outcome {
    must!(copy_file(c"/bin/sh", c"p").and_then(|()| calls::chmod(c"p", 0o755)));
    let pipe = must!(Pipe::new());
    // Starts one that waits for input, and tells how many pages it takes.
    let start = || -> Result<(Pid, u32), Failure> {
        let before = free_pages();
        let pid = must!(child(|| {
            must!(calls::dup2(pipe.0, Fd::STDIN));
            let words = [c"p", c"-c", c"read x"];
            Err(failure!("{:?}", calls::execve(c"p", &words, &[])))
        }));
        must!(wait_until_asleep(pid));
        Ok((pid, before - free_pages()))
    };
    // What this process needs for it, it has from then on.
    must!(kill_and_wait(start()?.0));
    let (first, alone) = start()?;
    let (second, beside) = start()?;
    must!(kill_and_wait(first));
    must!(kill_and_wait(second));
    check!(beside * 2 < alone);
    Ok(())
}

/// A program of a few instructions, linked at 0.
fn small_program(code: &[u8]) -> Vec<u8> {
    let header = Exec {
        a_magic: 0o413,
        a_text: 0x1000,
        ..Exec::default()
    };
    let mut program = vec![0; 0x1400];
    program[..32].copy_from_slice(header.as_bytes());
    program[0x400..0x400 + code.len()].copy_from_slice(code);
    program
}

/// The first program is large and unlinks itself, so that giving it up reads
/// many blocks from the disk. It becomes the second one, which others run
/// meanwhile.
fn exec_old_text() -> Outcome {
    const EXIT_7: &[u8] = b"\xb8\x01\0\0\0\xbb\x07\0\0\0\xcd\x80";
    // if (unlink("first") == 0) execve("second", 0, 0); exit(66)
    const BECOME_SECOND: &[u8] = b"\xb8\x0a\0\0\0\xbb\x40\0\0\0\xcd\x80\x85\xc0\x75\x10\
        \xb8\x0b\0\0\0\xbb\x48\0\0\0\x31\xc9\x31\xd2\xcd\x80\
        \xb8\x01\0\0\0\xbb\x42\0\0\0\xcd\x80\0\0\0\0\
        \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0first\0\0\0second\0";
    must!(executable(c"first", &small_program(BECOME_SECOND)));
    must!(executable(c"second", &small_program(EXIT_7)));
    let file = must!(File::open_with(c"first", O_WRONLY, 0));
    for list in 0..40 {
        let block = 7 + 512 + 512 * list;
        must!(calls::lseek(file.fd(), block * 1024, SEEK_SET));
        must!(calls::write_all(file.fd(), b"x"));
    }
    drop(file);
    calls::sync();
    forget_buffers()?;
    let first = must!(child(|| Err(failure!(
        "{:?}",
        calls::execve(c"./first", &[], &[])
    ))));
    loop {
        check_eq!(must!(run(c"./second", &[])).exit_status(), Some(7));
        if let Some((_, status)) = must!(calls::waitpid(number(first), WNOHANG)) {
            check_eq!(status.exit_status(), Some(7));
            return Ok(());
        }
    }
}

fn exec_brk() -> Outcome {
    let file = must!(calls::open(PROGRAM, O_RDONLY, 0));
    let mut start = [0; 32];
    check_eq!(calls::read(file, &mut start), Ok(32));
    let end = Exec::parse(&start).and_then(|header| header.end());
    check!(end.is_some_and(|end| end <= system_call!(brk(0)).unwrap_or(0)));
    Ok(())
}

fn exec_chain() -> Outcome {
    let script = c"n=$1; case $n in xxxxxxxxxxxxxxxx) exit 5;; esac; exec /bin/sh ./s x$n";
    let file = must!(create(c"s"));
    must!(calls::write_all(file.fd(), script.to_bytes()));
    must!(calls::write_all(file.fd(), b"\n"));
    check_eq!(
        must!(run(c"/bin/sh", &[c"sh", c"./s", c"x"])),
        WaitStatus::from_exit(5)
    );
    Ok(())
}
