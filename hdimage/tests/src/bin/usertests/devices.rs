// SPDX-License-Identifier: GPL-2.0-or-later
//! Devices: `/dev/null` and its kin, disks, terminals.

use crate::support::{
    HOLE, Outcome, Pipe, address, all_well, as_user, child, create, in_child, must_open_terminal,
    read_file, type_bytes, wait_until_asleep,
};
use abi::Errno;
use abi::fcntl::{O_CREAT, O_RDONLY, O_RDWR, O_TRUNC};
use abi::pod::Pod;
use abi::sgtty::{SgttyFlags, Sgttyb, TIOCGETP, TIOCSETP};
use abi::sys::stat::{S_IFBLK, S_ISBLK, S_ISCHR};
use abi::sys::types::Device;
use abi::termios::{
    ControlFlags, LocalFlags, TCFLSH, TCGETA, TCSETA, TCSETAF, TCSETAW, TCXONC, TIOCGWINSZ,
    TIOCSWINSZ, Termio, VERASE, VINTR, VWERASE, Winsize,
};
use abi::unistd::{SEEK_CUR, SEEK_SET};
use alloc::vec;
use alloc::vec::Vec;
use user::calls::{self, File};
use user::env::task_size;

tests! {
    null_device "/dev/null takes everything and gives nothing";
    null_block_device "a block device 1, 3, as disks of 1991 have it, serves as /dev/null";
    zero_device "/dev/zero gives zeroes";
    full_device "/dev/full gives zeroes and is full";
    random_device "/dev/random gives bytes without end, and never the same";
    mem_device "/dev/mem reads anywhere without harm";
    mem_device_end "a read across the end of memory gets what is there";
    port_device "/dev/port reads the CMOS clock, and ends with the last port";
    ps_device "/dev/ps tells of this process";
    device_partial "where a buffer ends too early, what was read before it counts";
    device_messages "/dev/kmsg tells everybody what the kernel has said";
    device_write_only "devices that are only read";
    device_truncate "O_TRUNC leaves devices alone";
    disk_device "a disk is read as a file, at any place";
    disk_device_end "no byte behind the end of a disk";
    disk_device_many "thousands of blocks of the disk, and the cache goes on";
    tty_not "what is no terminal answers ENOTTY";
    tty_settings "settings of a terminal are kept";
    tty_window "the size of a terminal";
    tty_typed "bytes typed by TIOCSTI are read by lines";
    tty_raw "and one by one without ICANON";
    tty_bad_numbers "terminal ioctls with bad numbers";
    tty_bad_address "terminal ioctls with bad pointers are EFAULT and change nothing";
    tty_termio "a termio sets the low halves and leaves the high ones";
    tty_version_7 "gtty and stty, and their ioctls";
    tty_interrupt_read "a signal ends a read of a terminal with EINTR";
}

fn null_device() -> Outcome {
    let null = must!(File::open_with(c"/dev/null", O_RDWR, 0));
    check_eq!(calls::write(null.fd(), &[1; 5000]), Ok(5000));
    check_eq!(calls::read(null.fd(), &mut [0; 10]), Ok(0));
    check!(S_ISCHR(must!(calls::fstat(null.fd())).st_mode));
    Ok(())
}

fn null_block_device() -> Outcome {
    must!(calls::mknod(c"null", S_IFBLK, Device::new(1, 3)));
    must!(calls::chmod(c"null", 0o666));
    let before = must!(calls::stat(c"null"));
    check!(S_ISBLK(before.st_mode));
    as_user(100, 10, || {
        for flags in [O_RDWR, O_RDWR | O_TRUNC, O_RDWR | O_CREAT] {
            let null = must!(File::open_with(c"null", flags, 0));
            check_eq!(calls::write(null.fd(), &[1; 5000]), Ok(5000));
            check_eq!(calls::lseek(null.fd(), 0, SEEK_SET), Ok(0));
            check_eq!(calls::read(null.fd(), &mut [0; 10]), Ok(0));
            check_eq!(must!(calls::fstat(null.fd())).st_mode, before.st_mode);
            check_eq!(calls::gtty(null.fd()).err(), Some(Errno::ENOTTY));
            let mut sets = [1 << null.fd().0, 1 << null.fd().0, 0];
            check_eq!(calls::select(20, &mut sets, None), Ok(2));
        }
        Ok(())
    })?;
    let after = must!(calls::stat(c"null"));
    check_eq!(after.st_mode, before.st_mode);
    check_eq!(after.st_rdev, Device::NULL.0);
    check_eq!(calls::mount(c"null", c".", false), Err(Errno::ENXIO));
    // No other block device of that driver.
    must!(calls::mknod(c"zero", S_IFBLK | 0o666, Device::new(1, 5)));
    check_eq!(File::open(c"zero").err(), Some(Errno::ENXIO));
    Ok(())
}

fn zero_device() -> Outcome {
    let zero = must!(File::open_with(c"/dev/zero", O_RDWR, 0));
    let mut buffer = vec![0xff; 10_000];
    check_eq!(calls::read(zero.fd(), &mut buffer), Ok(10_000));
    check!(buffer.iter().all(|&byte| byte == 0));
    check_eq!(calls::write(zero.fd(), &buffer), Ok(10_000));
    Ok(())
}

fn full_device() -> Outcome {
    let full = must!(File::open_with(c"/dev/full", O_RDWR, 0));
    let mut buffer = [1; 600];
    check_eq!(calls::read(full.fd(), &mut buffer), Ok(600));
    check!(buffer.iter().all(|&byte| byte == 0));
    check_eq!(calls::write(full.fd(), b"x"), Err(Errno::ENOSPC));
    check_eq!(calls::write(full.fd(), b""), Ok(0));
    Ok(())
}

fn random_device() -> Outcome {
    let mut last = vec![0; 4096];
    for path in [c"/dev/random", c"/dev/urandom", c"/dev/random"] {
        let random = must!(File::open_with(path, O_RDWR, 0));
        let mut bytes = vec![0; 4096];
        check_eq!(calls::read(random.fd(), &mut bytes), Ok(4096));
        check!(bytes != last);
        // Of 32768 bits half are set, give or take six standard deviations.
        let set: u32 = bytes.iter().map(|byte| byte.count_ones()).sum();
        check!((16384 - 543..=16384 + 543).contains(&set));
        check_eq!(calls::write(random.fd(), &bytes[..777]), Ok(777));
        check_eq!(calls::read(random.fd(), &mut bytes[..33]), Ok(33));
        last = bytes;
    }
    Ok(())
}

fn mem_device_end() -> Outcome {
    const MEGABYTE: i32 = 1 << 20;
    const PAGE: i32 = 4096;
    let memory = must!(File::open_with(c"/dev/mem", O_RDWR, 0));
    let mut bytes = [0; 200];
    // How much there is of 200 bytes before and behind a place.
    let mut around = |place| {
        calls::lseek(memory.fd(), place - 100, SEEK_SET)?;
        calls::read(memory.fd(), &mut bytes)
    };
    let mut end = MEGABYTE;
    for step in [MEGABYTE, PAGE] {
        // A place is a signed number: what lies above 2 GB is read through others.
        while end < i32::MAX - 2 * MEGABYTE && must!(around(end + step)) == 200 {
            end += step;
        }
    }
    if end >= i32::MAX - 2 * MEGABYTE {
        return Ok(());
    }
    end += PAGE;
    check_eq!(around(end), Ok(100));
    for place in [end, end + 1, i32::MAX] {
        must!(calls::lseek(memory.fd(), place, SEEK_SET));
        check_eq!(calls::read(memory.fd(), &mut bytes), Ok(0));
        check_eq!(calls::write(memory.fd(), &bytes), Ok(0));
    }
    Ok(())
}

fn port_device() -> Outcome {
    let ports = must!(File::open_with(c"/dev/port", O_RDWR, 0));
    // The seconds of the CMOS clock, in two decimal digits, go on.
    let seconds = || {
        must!(calls::lseek(ports.fd(), 0x70, SEEK_SET));
        must!(calls::write(ports.fd(), &[0x80]));
        let mut byte = [0];
        check_eq!(calls::read(ports.fd(), &mut byte), Ok(1));
        check_eq!(calls::lseek(ports.fd(), 0, SEEK_CUR), Ok(0x72));
        check!(byte[0] >> 4 < 6 && byte[0] & 15 < 10);
        Ok(u32::from(byte[0] >> 4) * 10 + u32::from(byte[0] & 15))
    };
    let start = seconds()?;
    calls::alarm(3);
    while seconds()? == start {}
    calls::alarm(0);
    check_eq!(seconds()?, (start + 1) % 60);
    // Two that no device has: the answer is that of an empty bus.
    must!(calls::lseek(ports.fd(), 0xFFFE, SEEK_SET));
    check_eq!(calls::read(ports.fd(), &mut [0; 10]), Ok(2));
    check_eq!(calls::read(ports.fd(), &mut [0; 10]), Ok(0));
    must!(calls::lseek(ports.fd(), i32::MAX, SEEK_SET));
    check_eq!(calls::read(ports.fd(), &mut [0; 10]), Ok(0));
    Ok(())
}

fn mem_device() -> Outcome {
    for path in [c"/dev/mem", c"/dev/kmem"] {
        let memory = must!(File::open(path));
        let mut buffer = vec![0; 8192];
        for place in [
            0,
            1,
            0xfff,
            0x1000,
            0x9_0000,
            0xf_ffff,
            0x10_0000,
            0x20_0000,
            0x40_0000,
            0x100_0000,
            0x3ff_f000,
            0x400_0000,
            0x7fff_f000,
        ] {
            must!(calls::lseek(memory.fd(), place, SEEK_SET));
            must!(calls::read(memory.fd(), &mut buffer));
        }
        // Where nothing is, nothing is written.
        let high = must!(File::open_with(path, O_RDWR, 0));
        must!(calls::lseek(high.fd(), 0x7fff_f000, SEEK_SET));
        if must!(calls::read(high.fd(), &mut buffer)) == 0 {
            check!(!matches!(calls::write(high.fd(), b"x"), Ok(1)));
        }
    }
    Ok(())
}

fn ps_device() -> Outcome {
    let text = must!(read_file(c"/dev/ps"));
    let own = alloc::format!(
        "{} {} {} ",
        calls::getpid().0,
        calls::getppid().0,
        calls::getpgrp().0
    );
    let line = text
        .split(|&byte| byte == b'\n')
        .find(|line| line.starts_with(own.as_bytes()));
    check!(line.is_some_and(|line| line.ends_with(b" usertests")));
    // In pieces of a byte it is the same text, but for what has changed.
    let file = must!(File::open(c"/dev/ps"));
    let mut byte = [0];
    for _ in 0..100 {
        check_eq!(calls::read(file.fd(), &mut byte), Ok(1));
    }
    Ok(())
}

fn device_partial() -> Outcome {
    let text = must!(read_file(c"/dev/ps"));
    let line = must!(text.iter().position(|&byte| byte == b'\n').ok_or("no line")) + 1;
    let end = must!(system_call!(brk(0))).next_multiple_of(4096);
    check_eq!(system_call!(brk(end)), Ok(end));
    // Each gives a first piece whole, and of the second one a part has room.
    for (path, room) in [
        (c"/dev/zero", 300),
        (c"/dev/urandom", 300),
        (c"/dev/ps", line + 4),
    ] {
        let file = must!(File::open(path));
        let start = end - room as u32;
        let count = must!(system_call!(read(file.fd().0, start, 1000)));
        check!((1..room as u32).contains(&count));
    }
    Ok(())
}

fn device_messages() -> Outcome {
    let all = must!(read_file(c"/dev/kmsg"));
    check!((1..=4096).contains(&all.len()));
    // Piece by piece it is the same.
    let file = must!(File::open(c"/dev/kmsg"));
    let mut pieces = Vec::new();
    let mut piece = [0; 7];
    loop {
        match must!(calls::read(file.fd(), &mut piece)) {
            0 => break,
            count => pieces.extend_from_slice(&piece[..count]),
        }
    }
    check!(pieces == all);
    as_user(100, 10, || {
        check!(must!(read_file(c"/dev/kmsg")) == all);
        check_eq!(
            File::open_with(c"/dev/kmsg", O_RDWR, 0).err(),
            Some(Errno::EACCES)
        );
        Ok(())
    })
}

fn device_write_only() -> Outcome {
    for path in [c"/dev/ps", c"/dev/usage", c"/dev/kmsg"] {
        let file = must!(File::open_with(path, O_RDWR, 0));
        check!(calls::write(file.fd(), b"x").is_err());
    }
    Ok(())
}

fn device_truncate() -> Outcome {
    let before = must!(calls::stat(c"/dev/null"));
    must!(File::open_with(c"/dev/null", O_RDWR | O_TRUNC, 0));
    must!(File::open_with(c"/dev/hd1", O_RDWR | O_TRUNC, 0));
    check_eq!(must!(calls::stat(c"/dev/null")).st_rdev, before.st_rdev);
    check_eq!(must!(calls::stat(c"/dev/hd1")).st_rdev, 0x0301);
    Ok(())
}

fn disk_device() -> Outcome {
    let disk = must!(File::open(c"/dev/hd0"));
    let mut sector = [0; 512];
    check_eq!(calls::read(disk.fd(), &mut sector), Ok(512));
    check_eq!(sector[510..], [0x55, 0xaa]);
    must!(calls::lseek(disk.fd(), 509, SEEK_SET));
    let mut part = [0; 5];
    check_eq!(calls::read(disk.fd(), &mut part), Ok(5));
    check_eq!(part[1..3], [0x55, 0xaa]);
    // The kernel's partition begins with its header.
    let partition = must!(File::open(c"/dev/hd1"));
    check_eq!(calls::read(partition.fd(), &mut sector), Ok(512));
    check_eq!(&sector[..4], b"ELVN");
    Ok(())
}

fn disk_device_end() -> Outcome {
    let disk = must!(File::open_with(c"/dev/hd1", O_RDWR, 0));
    must!(calls::lseek(disk.fd(), 0x7fff_0000, SEEK_SET));
    let mut block = [0; 1024];
    check!(!matches!(calls::read(disk.fd(), &mut block), Ok(1..)));
    check!(!matches!(calls::write(disk.fd(), &block), Ok(1..)));
    must!(calls::lseek(disk.fd(), i32::MAX, SEEK_SET));
    check!(!matches!(calls::read(disk.fd(), &mut block), Ok(1..)));
    check!(!matches!(calls::write(disk.fd(), &block), Ok(1..)));
    Ok(())
}

fn disk_device_many() -> Outcome {
    let disk = must!(File::open(c"/dev/hd0"));
    let mut piece = vec![0; 16384];
    for _ in 0..300 {
        check_eq!(calls::read(disk.fd(), &mut piece), Ok(16384));
    }
    Ok(())
}

fn tty_not() -> Outcome {
    let file = must!(create(c"f"));
    let pipe = must!(Pipe::new());
    let null = must!(File::open(c"/dev/null"));
    let disk = must!(File::open(c"/dev/hd0"));
    for fd in [file.fd(), pipe.0, null.fd(), disk.fd()] {
        check_eq!(calls::tcgetattr(fd).err(), Some(Errno::ENOTTY));
        check!(system_call!(ioctl(fd.0, 0, 0)).is_err());
        check!(system_call!(ioctl(fd.0, u32::MAX, u32::MAX)).is_err());
    }
    Ok(())
}

fn tty_settings() -> Outcome {
    let tty = must_open_terminal()?;
    let old = must!(calls::tcgetattr(tty.fd()));
    let mut new = old;
    new.c_lflag.toggle(abi::termios::LocalFlags::ECHO);
    new.c_cc[0] = 7;
    must!(calls::tcsetattr(tty.fd(), &new));
    check_eq!(must!(calls::tcgetattr(tty.fd())).as_bytes(), new.as_bytes());
    must!(calls::tcsetattr(tty.fd(), &old));
    check_eq!(must!(calls::tcgetattr(tty.fd())).as_bytes(), old.as_bytes());
    Ok(())
}

fn tty_window() -> Outcome {
    let tty = must_open_terminal()?;
    let old = must!(calls::window_size(tty.fd()));
    let new = Winsize {
        ws_row: 12,
        ws_col: 34,
        ws_xpixel: 5,
        ws_ypixel: 6,
    };
    must!(system_call!(ioctl(tty.fd().0, TIOCSWINSZ, address(&new))));
    check_eq!(
        must!(calls::window_size(tty.fd())).as_bytes(),
        new.as_bytes()
    );
    must!(system_call!(ioctl(tty.fd().0, TIOCSWINSZ, address(&old))));
    let mut again = Winsize::zeroed();
    must!(system_call!(ioctl(
        tty.fd().0,
        TIOCGWINSZ,
        address(&raw mut again)
    )));
    check_eq!(again.as_bytes(), old.as_bytes());
    Ok(())
}

fn tty_typed() -> Outcome {
    let tty = must_open_terminal()?;
    must!(system_call!(ioctl(tty.fd().0, TCFLSH, 2)));
    must!(type_bytes(&tty, b"abX\x7fc\nnext"));
    let mut line = [0; 64];
    check_eq!(calls::read(tty.fd(), &mut line), Ok(4));
    check_eq!(&line[..4], b"abc\n");
    must!(type_bytes(&tty, b"\n"));
    check_eq!(calls::read(tty.fd(), &mut line[..2]), Ok(2));
    check_eq!(calls::read(tty.fd(), &mut line), Ok(3));
    // ^D at the start of a line is the end.
    must!(type_bytes(&tty, b"\x04"));
    check_eq!(calls::read(tty.fd(), &mut line), Ok(0));
    Ok(())
}

fn tty_raw() -> Outcome {
    let tty = must_open_terminal()?;
    let old = must!(calls::tcgetattr(tty.fd()));
    let mut raw = old;
    raw.c_lflag = abi::termios::LocalFlags::empty();
    raw.c_cc[abi::termios::VMIN] = 1;
    raw.c_cc[abi::termios::VTIME] = 0;
    must!(calls::tcsetattr(tty.fd(), &raw));
    must!(type_bytes(&tty, b"a\x04\x7f"));
    let mut bytes = [0; 8];
    check_eq!(calls::read(tty.fd(), &mut bytes), Ok(3));
    check_eq!(&bytes[..3], b"a\x04\x7f");
    // With VMIN 0 and VTIME, a read waits for so many tenths of a second.
    raw.c_cc[abi::termios::VMIN] = 0;
    raw.c_cc[abi::termios::VTIME] = 2;
    must!(calls::tcsetattr(tty.fd(), &raw));
    let (_, start) = must!(calls::times());
    check_eq!(calls::read(tty.fd(), &mut bytes), Ok(0));
    let (_, end) = must!(calls::times());
    check!((15..=60).contains(&(end - start)));
    must!(calls::tcsetattr(tty.fd(), &old));
    Ok(())
}

fn tty_bad_numbers() -> Outcome {
    let tty = must_open_terminal()?;
    for argument in [3, 4, 100, u32::MAX] {
        check_eq!(
            system_call!(ioctl(tty.fd().0, TCFLSH, argument)),
            Err(Errno::EINVAL)
        );
    }
    for argument in [4, 5, 100, u32::MAX] {
        check_eq!(
            system_call!(ioctl(tty.fd().0, TCXONC, argument)),
            Err(Errno::EINVAL)
        );
    }
    Ok(())
}

fn tty_bad_address() -> Outcome {
    let tty = must_open_terminal()?;
    let before = must!(calls::tcgetattr(tty.fd()));
    // TCGETS to TCSETAF, TIOCOUTQ to TIOCSWINSZ, TIOCGSOFTCAR to TIOCINQ.
    let commands = (0x5401..=0x5408)
        .chain(0x5411..=0x5414)
        .chain(0x5419..=0x541b)
        .chain([TIOCGETP, TIOCSETP]);
    for command in commands {
        for bad in [HOLE, task_size(), u32::MAX] {
            let result = system_call!(ioctl(tty.fd().0, command, bad));
            if result != Err(Errno::EFAULT) {
                return Err(failure!("{command:x} {bad:x}: {result:?}"));
            }
        }
    }
    check_eq!(must!(calls::tcgetattr(tty.fd())), before);
    check_eq!(system_call!(stty(tty.fd().0, u32::MAX)), Err(Errno::EFAULT));
    check_eq!(system_call!(gtty(tty.fd().0, u32::MAX)), Err(Errno::EFAULT));
    Ok(())
}

fn tty_termio() -> Outcome {
    let tty = must_open_terminal()?;
    let before = must!(calls::tcgetattr(tty.fd()));
    let mut high = before;
    high.c_cflag |= ControlFlags::CRTSCTS;
    high.c_cc[VWERASE] = 0x77;
    must!(calls::tcsetattr(tty.fd(), &high));
    let mut termio = Termio::zeroed();
    must!(system_call!(ioctl(
        tty.fd().0,
        TCGETA,
        address(&raw mut termio)
    )));
    check_eq!(u32::from(termio.c_cflag), before.c_cflag.bits() & 0xFFFF);
    check_eq!(termio.c_cc, before.c_cc[..8]);
    termio.c_cc[VINTR] = 0x55;
    termio.c_lflag ^= LocalFlags::ECHO.bits() as u16;
    for command in [TCSETA, TCSETAW, TCSETAF] {
        must!(system_call!(ioctl(tty.fd().0, command, address(&termio))));
        let after = must!(calls::tcgetattr(tty.fd()));
        check_eq!(after.c_cflag, high.c_cflag);
        check_eq!(after.c_lflag, before.c_lflag ^ LocalFlags::ECHO);
        check_eq!((after.c_cc[VINTR], after.c_cc[VWERASE]), (0x55, 0x77));
    }
    must!(calls::tcsetattr(tty.fd(), &before));
    Ok(())
}

fn tty_version_7() -> Outcome {
    let tty = must_open_terminal()?;
    let before = must!(calls::tcgetattr(tty.fd()));
    let old = must!(calls::gtty(tty.fd()));
    check_eq!(old.sg_erase, before.c_cc[VERASE]);
    check_eq!(
        u32::from(old.sg_ospeed),
        (before.c_cflag & ControlFlags::CBAUD).bits()
    );
    let cooked = SgttyFlags::ECHO | SgttyFlags::CRMOD;
    check!(SgttyFlags::from_bits_retain(old.sg_flags).contains(cooked));
    let new = Sgttyb {
        sg_erase: b'#',
        sg_flags: (SgttyFlags::CBREAK | SgttyFlags::CRMOD).bits(),
        ..old
    };
    must!(type_bytes(&tty, b"lost"));
    must!(calls::stty(tty.fd(), &new));
    let after = must!(calls::tcgetattr(tty.fd()));
    check_eq!(after.c_cc[VERASE], b'#');
    check!(
        !after
            .c_lflag
            .intersects(LocalFlags::ECHO | LocalFlags::ICANON)
    );
    check!(after.c_lflag.contains(LocalFlags::ISIG));
    must!(type_bytes(&tty, b"a"));
    let mut bytes = [0; 8];
    check_eq!(calls::read(tty.fd(), &mut bytes), Ok(1));
    let mut told = Sgttyb::zeroed();
    must!(system_call!(ioctl(
        tty.fd().0,
        TIOCGETP,
        address(&raw mut told)
    )));
    check_eq!(told, must!(calls::gtty(tty.fd())));
    must!(system_call!(ioctl(tty.fd().0, TIOCSETP, address(&old))));
    check!(must!(calls::gtty(tty.fd())) == old);
    must!(calls::tcsetattr(tty.fd(), &before));
    let file = must!(create(c"f"));
    check_eq!(calls::gtty(file.fd()), Err(Errno::ENOTTY));
    check_eq!(calls::stty(file.fd(), &old), Err(Errno::ENOTTY));
    check_eq!(calls::gtty(calls::Fd(19)), Err(Errno::EBADF));
    Ok(())
}

fn tty_interrupt_read() -> Outcome {
    extern "C" fn nothing(_signal: u32) {}
    use abi::signal::Signal;
    must!(user::signal::sigaction(
        Signal::SIGUSR1,
        user::signal::Handler::Catch(nothing)
    ));
    let tty = must_open_terminal()?;
    must!(system_call!(ioctl(tty.fd().0, TCFLSH, 2)));
    let me = calls::getpid();
    let pid = must!(child(|| {
        must!(wait_until_asleep(me));
        must!(calls::kill(me.0 as i32, Signal::SIGUSR1.number()));
        Ok(())
    }));
    check_eq!(calls::read(tty.fd(), &mut [0; 8]), Err(Errno::EINTR));
    all_well(&[pid])?;
    in_child(|| {
        File::open_with(c"/dev/null", O_RDONLY, 0)
            .map(drop)
            .map_err(|errno| failure!("{errno}"))
    })
}
