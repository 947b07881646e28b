// SPDX-License-Identifier: GPL-2.0-or-later
//! Many at once.

use crate::support::{
    Outcome, Pipe, all_well, child, create, fate, numbered, pattern, read_file, write_file,
};
use abi::Errno;
use abi::fcntl::{O_APPEND, O_CREAT, O_EXCL, O_RDWR};
use alloc::vec::Vec;
use user::calls::{self, File, Pid};

tests! {
    stress_one_file "forty children append to one file: nothing lost, nothing mixed";
    stress_shared_position "ten children write through one descriptor";
    stress_names "eight children make and remove the same names";
    stress_exclusive "of ten children one makes a file by O_EXCL";
    stress_rename "children rename in circles";
    stress_directories "children make and remove directories in each other";
    stress_forks "children that fork children that fork";
    stress_exec "ten children run programs again and again";
    stress_pipes "pipes, forks and signals at once";
    stress_buffers "more dirty blocks than there are buffers";
}

/// Runs several children at once.
fn children(count: usize, run: impl Fn(usize) -> Outcome) -> Outcome {
    let mut pids: Vec<Pid> = Vec::new();
    for id in 0..count {
        pids.push(must!(child(|| run(id))));
    }
    all_well(&pids)
}

fn stress_one_file() -> Outcome {
    must!(create(c"f"));
    children(40, |id| {
        let file = must!(File::open_with(c"f", O_RDWR | O_APPEND, 0));
        for _ in 0..5 {
            check_eq!(calls::write(file.fd(), &[id as u8; 100]), Ok(100));
        }
        Ok(())
    })?;
    let contents = must!(read_file(c"f"));
    check_eq!(contents.len(), 40 * 5 * 100);
    let mut counts = [0; 40];
    for record in contents.chunks(100) {
        check!(record.iter().all(|&byte| byte == record[0]));
        counts[usize::from(record[0])] += 1;
    }
    check_eq!(counts, [5; 40]);
    Ok(())
}

fn stress_shared_position() -> Outcome {
    let file = must!(create(c"f"));
    children(10, |id| {
        for _ in 0..10 {
            check_eq!(calls::write(file.fd(), &[id as u8 + 1; 777]), Ok(777));
        }
        Ok(())
    })?;
    let contents = must!(read_file(c"f"));
    check_eq!(contents.len(), 10 * 10 * 777);
    check!(
        contents
            .chunks(777)
            .all(|record| record.iter().all(|&byte| byte == record[0] && byte != 0))
    );
    Ok(())
}

fn stress_names() -> Outcome {
    children(8, |id| {
        for round in 0..30 {
            let name = numbered("n", (id + round) % 4);
            match (id + round) % 5 {
                0 => drop(File::open_with(&name, O_RDWR | O_CREAT, 0o644)),
                1 => drop(calls::unlink(&name)),
                2 => drop(calls::link(&name, &numbered("n", round % 4))),
                3 => drop(write_file(&name, &[1; 2000])),
                _ => drop(calls::stat(&name)),
            }
        }
        Ok(())
    })
}

fn stress_exclusive() -> Outcome {
    let pipe = must!(Pipe::new());
    for round in 0..5 {
        children(10, |id| {
            match File::open_with(&numbered("f", round), O_RDWR | O_CREAT | O_EXCL, 0o644) {
                Ok(_) => must!(calls::write(pipe.1, &[id as u8])),
                Err(errno) => {
                    check_eq!(errno, Errno::EEXIST);
                    0
                }
            };
            Ok(())
        })?;
        let mut winners = [0; 20];
        check_eq!(calls::read(pipe.0, &mut winners), Ok(1));
    }
    Ok(())
}

fn stress_rename() -> Outcome {
    for number in 0..3 {
        must!(write_file(&numbered("f", number), b"x"));
    }
    children(6, |id| {
        for round in 0..20 {
            let _ = calls::rename(
                &numbered("f", (id + round) % 4),
                &numbered("f", (id + round + 1) % 4),
            );
        }
        Ok(())
    })?;
    let left = (0..4)
        .filter(|&number| calls::stat(&numbered("f", number)).is_ok())
        .count();
    check!((1..=3).contains(&left));
    Ok(())
}

fn stress_directories() -> Outcome {
    children(8, |id| {
        for round in 0..15 {
            let (first, second) = (
                numbered("d", (id + round) % 3),
                numbered("d", (id + round + 1) % 3),
            );
            let _ = calls::mkdir(&first, 0o755);
            let inner =
                alloc::ffi::CString::new([first.to_bytes(), b"/in"].concat()).unwrap_or_default();
            let _ = calls::rename(&second, &inner);
            let _ = calls::rmdir(&inner);
            let _ = calls::rmdir(&first);
        }
        Ok(())
    })
}

fn stress_forks() -> Outcome {
    children(6, |_| {
        children(4, |_| {
            for status in 0..5 {
                check_eq!(must!(fate(|| status)).exit_status(), Some(status as u32));
            }
            Ok(())
        })
    })
}

fn stress_exec() -> Outcome {
    children(10, |id| {
        for _ in 0..3 {
            let (path, expected) = if id % 2 == 0 {
                (c"/bin/true", 0)
            } else {
                (c"/bin/false", 1)
            };
            let status = must!(fate(|| {
                let errno = calls::execve(path, &[path], &[]);
                100 + i32::from(errno.number())
            }));
            check_eq!(status.exit_status(), Some(expected));
        }
        Ok(())
    })
}

fn stress_pipes() -> Outcome {
    children(6, |id| {
        for round in 0..5 {
            let pipe = must!(Pipe::new());
            let data = pattern(6000, id * 10 + round);
            let pid = must!(child(|| {
                must!(calls::write_all(pipe.1, &data));
                Ok(())
            }));
            must!(calls::close(pipe.1));
            check!(must!(crate::support::read_all(pipe.0)) == data);
            all_well(&[pid])?;
        }
        Ok(())
    })
}

fn stress_buffers() -> Outcome {
    let data = pattern(0x1_0000, 1);
    for number in 0..70 {
        let file = must!(create(&numbered("f", number)));
        must!(calls::write_all(file.fd(), &data));
    }
    for number in (0..70).step_by(7) {
        check!(must!(read_file(&numbered("f", number))) == data);
    }
    Ok(())
}
