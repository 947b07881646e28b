// SPDX-License-Identifier: GPL-2.0-or-later
//! Pipes.

use crate::support::{
    Outcome, Pipe, all_well, child, in_child, kill_and_wait, pattern, read_all, read_file, sleeper,
    wait_until_asleep,
};
use abi::Errno;
use abi::fcntl::{F_GETFL, F_SETFL, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY};
use abi::limits::PIPE_BUF;
use abi::signal::Signal;
use abi::sys::stat::{S_IFIFO, S_ISFIFO};
use abi::sys::types::Device;
use abi::unistd::SEEK_SET;
use alloc::vec;
use alloc::vec::Vec;
use user::calls::{self, File};
use user::signal::{Handler, sigaction};

tests! {
    pipe_bytes "what goes in comes out, in order, for all sizes";
    pipe_large "much more than a pipe holds, through two processes";
    pipe_end "without a writer a read gets what is left, then the end";
    pipe_partial_read "a read gets what is there and does not wait for more";
    pipe_holds "a pipe holds PIPE_BUF bytes";
    pipe_nonblock "O_NONBLOCK: EAGAIN where one would wait";
    pipe_atomic "writes of up to PIPE_BUF bytes are not mixed";
    pipe_many_readers "each byte goes to one reader";
    pipe_wrong_end "reading the writing end and writing the reading end are EBADF";
    pipe_seek "a pipe has no position";
    pipe_stat "fstat tells a pipe";
    pipe_broken_while_waiting "a writer that waits is told when the last reader goes";
    pipe_reader_dies "bytes that are left go away with the pipe";
    pipe_zero "reads and writes of nothing";
    pipe_chain "a ring of processes passes a byte round";
    pipe_table_full "pipes until descriptors are out";
    fifo_bytes "a named pipe between two processes";
    fifo_open_waits "opening an end waits for the other, and a signal ends that";
    fifo_nonblock "O_NONBLOCK: a reader opens at once, a writer gets ENXIO";
    fifo_both_ends "O_RDWR opens both ends at once";
    fifo_select "select on a named pipe";
}

fn pipe_bytes() -> Outcome {
    let pipe = must!(Pipe::new());
    for size in [1, 2, 3, 7, 64, 511, 512, 513, 1000, 2048, 4000, PIPE_BUF] {
        let data = pattern(size, size);
        check_eq!(calls::write(pipe.1, &data), Ok(size));
        let mut buffer = vec![0; size];
        check_eq!(calls::read(pipe.0, &mut buffer), Ok(size));
        check!(buffer == data);
    }
    Ok(())
}

fn pipe_large() -> Outcome {
    let pipe = must!(Pipe::new());
    let data = pattern(100_000, 1);
    let pid = must!(child(|| {
        must!(calls::close(pipe.0));
        check_eq!(calls::write(pipe.1, &data), Ok(data.len()));
        Ok(())
    }));
    must!(calls::close(pipe.1));
    check!(must!(read_all(pipe.0)) == data);
    all_well(&[pid])
}

fn pipe_end() -> Outcome {
    let pipe = must!(Pipe::new());
    must!(calls::write(pipe.1, b"rest"));
    must!(calls::close(pipe.1));
    check_eq!(must!(read_all(pipe.0)), b"rest");
    check_eq!(calls::read(pipe.0, &mut [0]), Ok(0));
    Ok(())
}

fn pipe_partial_read() -> Outcome {
    let pipe = must!(Pipe::new());
    must!(calls::write(pipe.1, b"abc"));
    let mut buffer = [0; 100];
    check_eq!(calls::read(pipe.0, &mut buffer), Ok(3));
    Ok(())
}

fn pipe_holds() -> Outcome {
    let pipe = must!(Pipe::new());
    in_child(|| {
        calls::alarm(10);
        check_eq!(calls::write(pipe.1, &[1; PIPE_BUF]), Ok(PIPE_BUF));
        Ok(())
    })
}

fn pipe_nonblock() -> Outcome {
    let pipe = must!(Pipe::new());
    must!(calls::fcntl(pipe.0, F_SETFL, O_NONBLOCK));
    must!(calls::fcntl(pipe.1, F_SETFL, O_NONBLOCK));
    check_eq!(
        must!(calls::fcntl(pipe.0, F_GETFL, 0)) & O_NONBLOCK,
        O_NONBLOCK
    );
    check_eq!(calls::read(pipe.0, &mut [0; 4]), Err(Errno::EAGAIN));
    let count = must!(calls::write(pipe.1, &[0; 10_000]));
    check!((PIPE_BUF..=PIPE_BUF + 1).contains(&count));
    check_eq!(calls::write(pipe.1, &[0; 10]), Err(Errno::EAGAIN));
    check_eq!(calls::read(pipe.0, &mut [0; 5]), Ok(5));
    // All or nothing up to PIPE_BUF.
    check_eq!(calls::write(pipe.1, &[0; 100]), Err(Errno::EAGAIN));
    check_eq!(calls::write(pipe.1, &[0; 5]), Ok(5));
    Ok(())
}

fn pipe_atomic() -> Outcome {
    let pipe = must!(Pipe::new());
    let mut children = Vec::new();
    for id in 1..=8u8 {
        children.push(must!(child(|| {
            for round in 0..20 {
                let size = 100 + 37 * round;
                check_eq!(calls::write(pipe.1, &vec![id; size]), Ok(size));
            }
            Ok(())
        })));
    }
    must!(calls::close(pipe.1));
    let all = must!(read_all(pipe.0));
    check_eq!(
        all.len(),
        8 * (0..20).map(|round| 100 + 37 * round).sum::<usize>()
    );
    // Each writer's bytes come in runs of its sizes, or of several in a row.
    let mut sizes = [0usize; 9];
    for run in all.chunk_by(|a, b| a == b) {
        let mut left = run.len();
        let round = &mut sizes[usize::from(run[0])];
        while left > 0 {
            let size = 100 + 37 * *round;
            check!(left >= size);
            left -= size;
            *round += 1;
        }
    }
    all_well(&children)
}

fn pipe_many_readers() -> Outcome {
    let (pipe, results) = (must!(Pipe::new()), must!(Pipe::new()));
    let mut children = Vec::new();
    for _ in 0..6 {
        children.push(must!(child(|| {
            must!(calls::close(pipe.1));
            let count = must!(read_all(pipe.0)).len() as u32;
            must!(calls::write(results.1, &count.to_le_bytes()));
            Ok(())
        })));
    }
    must!(calls::write_all(pipe.1, &[7; 30_000]));
    must!(calls::close(pipe.1));
    all_well(&children)?;
    must!(calls::close(results.1));
    let counts = must!(read_all(results.0));
    let total: u32 = counts
        .chunks_exact(4)
        .map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]))
        .sum();
    check_eq!(total, 30_000);
    Ok(())
}

fn pipe_wrong_end() -> Outcome {
    let pipe = must!(Pipe::new());
    check_eq!(calls::read(pipe.1, &mut [0]), Err(Errno::EBADF));
    check_eq!(calls::write(pipe.0, &[0]), Err(Errno::EBADF));
    Ok(())
}

fn pipe_seek() -> Outcome {
    let pipe = must!(Pipe::new());
    check_eq!(calls::lseek(pipe.0, 0, SEEK_SET), Err(Errno::ESPIPE));
    check_eq!(calls::lseek(pipe.1, 10, SEEK_SET), Err(Errno::ESPIPE));
    Ok(())
}

fn pipe_stat() -> Outcome {
    let pipe = must!(Pipe::new());
    check!(S_ISFIFO(must!(calls::fstat(pipe.0)).st_mode));
    check!(S_ISFIFO(must!(calls::fstat(pipe.1)).st_mode));
    check_eq!(
        must!(calls::fstat(pipe.0)).st_ino,
        must!(calls::fstat(pipe.1)).st_ino
    );
    Ok(())
}

fn pipe_broken_while_waiting() -> Outcome {
    must!(sigaction(Signal::SIGPIPE, Handler::Ignore));
    let pipe = must!(Pipe::new());
    let me = calls::getpid();
    let pid = must!(child(|| {
        must!(calls::close(pipe.1));
        must!(wait_until_asleep(me));
        Ok(())
    }));
    must!(calls::close(pipe.0));
    let result = calls::write(pipe.1, &[0; 10_000]);
    check!(matches!(result, Ok(4095..=4096) | Err(Errno::EPIPE)));
    check_eq!(calls::write(pipe.1, &[0]), Err(Errno::EPIPE));
    all_well(&[pid])
}

fn pipe_reader_dies() -> Outcome {
    let pipe = must!(Pipe::new());
    must!(calls::write(pipe.1, &[0; 4000]));
    let pid = must!(sleeper());
    must!(kill_and_wait(pid));
    Ok(())
}

fn pipe_zero() -> Outcome {
    let pipe = must!(Pipe::new());
    check_eq!(calls::write(pipe.1, &[]), Ok(0));
    check_eq!(calls::read(pipe.0, &mut []), Ok(0));
    Ok(())
}

fn pipe_chain() -> Outcome {
    const LENGTH: usize = 6;
    let mut pipes = Vec::new();
    for _ in 0..LENGTH {
        pipes.push(must!(Pipe::new()));
    }
    let mut children = Vec::new();
    for place in 1..LENGTH {
        children.push(must!(child(|| {
            let mut byte = [0];
            for _ in 0..20 {
                check_eq!(calls::read(pipes[place - 1].0, &mut byte), Ok(1));
                byte[0] += 1;
                check_eq!(calls::write(pipes[place].1, &byte), Ok(1));
            }
            Ok(())
        })));
    }
    let mut byte = [0];
    for round in 1..=20 {
        check_eq!(calls::write(pipes[0].1, &byte), Ok(1));
        check_eq!(calls::read(pipes[LENGTH - 1].0, &mut byte), Ok(1));
        check_eq!(usize::from(byte[0]), round * (LENGTH - 1));
    }
    all_well(&children)
}

fn pipe_table_full() -> Outcome {
    in_child(|| {
        let mut pipes = Vec::new();
        let error = loop {
            match Pipe::new() {
                Ok(pipe) => pipes.push(pipe),
                Err(errno) => break errno,
            }
        };
        check_eq!(error, Errno::EMFILE);
        check!(pipes.len() >= 8);
        pipes.pop();
        check!(Pipe::new().is_ok());
        Ok(())
    })
}

fn make_fifo() -> abi::Result<()> {
    calls::mknod(c"fifo", S_IFIFO | 0o600, Device::NONE)
}

fn fifo_bytes() -> Outcome {
    must!(make_fifo());
    // Twice: nothing of the first is left.
    for round in 0..2 {
        let data = pattern(20_000, round);
        let pid = must!(child(|| {
            let writer = must!(File::open_with(c"fifo", O_WRONLY, 0));
            check_eq!(calls::write(writer.fd(), &data), Ok(data.len()));
            Ok(())
        }));
        check!(must!(read_file(c"fifo")) == data);
        all_well(&[pid])?;
        check_eq!(must!(calls::stat(c"fifo")).st_size, 0);
    }
    Ok(())
}

fn fifo_open_waits() -> Outcome {
    extern "C" fn nothing(_signal: u32) {}
    must!(make_fifo());
    for flags in [O_RDONLY, O_WRONLY] {
        let pid = must!(child(|| {
            must!(File::open_with(c"fifo", flags, 0));
            Ok(())
        }));
        must!(wait_until_asleep(pid));
        // Closed again at once; the other one has seen it all the same.
        must!(File::open_with(c"fifo", O_RDONLY + O_WRONLY - flags, 0));
        all_well(&[pid])?;
        in_child(|| {
            must!(sigaction(Signal::SIGALRM, Handler::Catch(nothing)));
            calls::alarm(1);
            check_eq!(File::open_with(c"fifo", flags, 0).err(), Some(Errno::EINTR));
            Ok(())
        })?;
    }
    Ok(())
}

fn fifo_nonblock() -> Outcome {
    must!(make_fifo());
    let write = || File::open_with(c"fifo", O_WRONLY | O_NONBLOCK, 0);
    check_eq!(write().err(), Some(Errno::ENXIO));
    let reader = must!(File::open_with(c"fifo", O_RDONLY | O_NONBLOCK, 0));
    check_eq!(calls::read(reader.fd(), &mut [0; 4]), Ok(0));
    let writer = must!(write());
    check_eq!(calls::read(reader.fd(), &mut [0; 4]), Err(Errno::EAGAIN));
    check_eq!(calls::write(writer.fd(), b"abc"), Ok(3));
    check_eq!(calls::read(reader.fd(), &mut [0; 4]), Ok(3));
    drop(writer);
    check_eq!(calls::read(reader.fd(), &mut [0; 4]), Ok(0));
    Ok(())
}

fn fifo_both_ends() -> Outcome {
    must!(make_fifo());
    let both = must!(File::open_with(c"fifo", O_RDWR, 0));
    check_eq!(calls::write(both.fd(), b"abc"), Ok(3));
    check_eq!(calls::read(both.fd(), &mut [0; 9]), Ok(3));
    check_eq!(calls::write(both.fd(), b"gone"), Ok(4));
    drop(both);
    let reader = must!(File::open_with(c"fifo", O_RDONLY | O_NONBLOCK, 0));
    check_eq!(calls::read(reader.fd(), &mut [0; 4]), Ok(0));
    Ok(())
}

fn fifo_select() -> Outcome {
    must!(make_fifo());
    let both = must!(File::open_with(c"fifo", O_RDWR, 0));
    let set = 1 << both.fd().0;
    let me = calls::getpid();
    let pid = must!(child(|| {
        must!(wait_until_asleep(me));
        check_eq!(calls::write(both.fd(), b"x"), Ok(1));
        Ok(())
    }));
    let mut sets = [set, 0, set];
    check_eq!(calls::select(32, &mut sets, None), Ok(1));
    check_eq!(sets, [set, 0, 0]);
    all_well(&[pid])
}
