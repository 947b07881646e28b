// SPDX-License-Identifier: GPL-2.0-or-later
//! Time, names, limits: calls about the system.

use crate::support::{Outcome, address, as_user, in_child, read_file};
use abi::Errno;
use abi::pod::Pod;
use abi::sys::time::{Timeval, Timezone};
use abi::sys::timeb::Timeb;
use abi::sys::types::Device;
use user::calls;

tests! {
    time_value "time answers the seconds and stores them";
    time_set "stime sets the clock, for the superuser only";
    time_moves "the clock moves while a process sleeps";
    time_ftime "ftime agrees with time";
    time_of_day "gettimeofday agrees with time";
    time_times "times counts ticks and processor time";
    uname_fields "uname's fields end with a NUL";
    hostname_set "sethostname sets what uname tells, for the superuser only";
    ulimit_values "ulimit tells limits";
    ustat_root "ustat tells what is free on a mounted device, EINVAL otherwise";
    umask_value "umask keeps nine bits and tells the old ones";
    sync_twice "sync may be called by everybody, again and again";
    reboot_refused "reboot with wrong numbers or as a user is refused";
    setup_once "setup works once only";
    usage_text "/dev/usage tells what is in use";
}

fn time_value() -> Outcome {
    let mut stored = 0u32;
    let now = must!(system_call!(time(address(&raw mut stored))));
    check_eq!(stored, now);
    check!(calls::time() - now <= 1);
    check!(now > 600_000_000);
    Ok(())
}

fn time_set() -> Outcome {
    let now = calls::time();
    must!(calls::stime(1_000_000_000));
    let set = calls::time();
    must!(calls::stime(now + 1));
    check!((1_000_000_000..=1_000_000_001).contains(&set));
    as_user(100, 10, || {
        check_eq!(calls::stime(0), Err(Errno::EPERM));
        check_eq!(system_call!(settimeofday(0, 0)), Err(Errno::EPERM));
        Ok(())
    })?;
    check!(calls::time() - now <= 3);
    Ok(())
}

fn time_moves() -> Outcome {
    let before = calls::time();
    must!(calls::sleep(1));
    check!((1..=2).contains(&(calls::time() - before)));
    Ok(())
}

fn time_ftime() -> Outcome {
    let mut timeb = Timeb::default();
    let now = calls::time();
    must!(system_call!(ftime(address(&raw mut timeb))));
    check!(timeb.time - now <= 1);
    check!(timeb.millitm < 1000);
    Ok(())
}

fn time_of_day() -> Outcome {
    let mut time = Timeval::zeroed();
    let mut zone = Timezone {
        tz_minuteswest: 9,
        tz_dsttime: 9,
    };
    let now = calls::time();
    must!(system_call!(gettimeofday(
        address(&raw mut time),
        address(&raw mut zone)
    )));
    check!((time.tv_sec as u32) - now <= 1);
    check!((0..1_000_000).contains(&time.tv_usec));
    check_eq!(zone.as_bytes(), [0; 8]);
    check_eq!(system_call!(gettimeofday(0, 0)), Ok(0));
    Ok(())
}

fn time_times() -> Outcome {
    let (before, start) = must!(calls::times());
    loop {
        let (now, tick) = must!(calls::times());
        if tick - start >= 20 {
            let used = now.tms_utime + now.tms_stime - before.tms_utime - before.tms_stime;
            check!((10..=tick - start).contains(&used));
            return Ok(());
        }
    }
}

fn uname_fields() -> Outcome {
    let name = must!(calls::uname());
    for field in name.as_bytes().chunks(9) {
        check_eq!(field[8], 0);
        check!(field[0] != 0);
    }
    Ok(())
}

fn hostname_set() -> Outcome {
    let old = must!(calls::uname()).nodename;
    let set = |name: &[u8]| system_call!(sethostname(address(name.as_ptr()), name.len() as u32));
    must!(set(b"short"));
    check_eq!(&must!(calls::uname()).nodename, b"short\0\0\0\0");
    must!(set(b"eightchr"));
    check_eq!(&must!(calls::uname()).nodename, b"eightchr\0");
    check_eq!(set(b"ninechars"), Err(Errno::EINVAL));
    check_eq!(
        system_call!(sethostname(address(&old), u32::MAX)),
        Err(Errno::EINVAL)
    );
    as_user(100, 10, || {
        check_eq!(set(b"x"), Err(Errno::EPERM));
        Ok(())
    })?;
    let length = old.iter().position(|&byte| byte == 0).unwrap_or(8);
    must!(set(&old[..length]));
    check_eq!(must!(calls::uname()).nodename, old);
    Ok(())
}

fn ulimit_values() -> Outcome {
    check_eq!(system_call!(ulimit(1, 0)), Ok((7 + 512 + 512 * 512) * 2));
    check!(must!(system_call!(ulimit(3, 0))) > 16 << 20);
    for command in [0, 5, 99, u32::MAX] {
        check_eq!(system_call!(ulimit(command, 0)), Err(Errno::EINVAL));
    }
    Ok(())
}

fn ustat_root() -> Outcome {
    let device = Device(must!(calls::stat(c"/")).st_dev);
    let told = must!(calls::ustat(device));
    check!(told.f_tfree > 0 && told.f_tinode > 0);
    crate::support::create(c"f").map_err(|errno| failure!("{errno}"))?;
    check_eq!(must!(calls::ustat(device)).f_tinode, told.f_tinode - 1);
    for device in [
        0,
        0x0300,
        0x0301,
        0x0101,
        0xffff,
        0x0400,
        0xffff_0301,
        u32::MAX,
    ] {
        let mut buffer = [0u8; 32];
        check_eq!(
            system_call!(ustat(device, address(&raw mut buffer))),
            Err(Errno::EINVAL)
        );
    }
    Ok(())
}

fn umask_value() -> Outcome {
    in_child(|| {
        must!(system_call!(umask(0xffff_ffff)));
        check_eq!(calls::umask(0o27), 0o777);
        check_eq!(calls::umask(0o22), 0o27);
        Ok(())
    })
}

fn sync_twice() -> Outcome {
    for _ in 0..5 {
        check_eq!(system_call!(sync()), Ok(0));
    }
    as_user(100, 10, || {
        check_eq!(system_call!(sync()), Ok(0));
        Ok(())
    })
}

fn reboot_refused() -> Outcome {
    check_eq!(system_call!(reboot(0, 0, 0)), Err(Errno::EINVAL));
    check_eq!(
        system_call!(reboot(0xfee1_dead, 1, 0x0123_4567)),
        Err(Errno::EINVAL)
    );
    check_eq!(
        system_call!(reboot(0xfee1_dead, 672_274_793, 5)),
        Err(Errno::EINVAL)
    );
    as_user(100, 10, || {
        check_eq!(
            system_call!(reboot(0xfee1_dead, 672_274_793, 0x0123_4567)),
            Err(Errno::EPERM)
        );
        Ok(())
    })
}

fn setup_once() -> Outcome {
    let buffer = [0u8; 512];
    for at in [address(&buffer), 0, u32::MAX] {
        check!(system_call!(setup(at)).is_err());
    }
    check_eq!(buffer, [0; 512]);
    Ok(())
}

fn usage_text() -> Outcome {
    let text = must!(read_file(c"/dev/usage"));
    let line = text.split(|&byte| byte == b'\n').next().unwrap_or_default();
    check_eq!(line.split(|&byte| byte == b' ').count(), 12);
    check!(text.starts_with(b"pages ") && text.ends_with(b"\n"));
    Ok(())
}
