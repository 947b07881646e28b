// SPDX-License-Identifier: GPL-2.0-or-later
//! User, group, process group and session ids.

use crate::support::{
    Outcome, as_user, child, in_child, kill_and_wait, number, sleeper, wait_for_state,
};
use abi::Errno;
use user::calls::{self, Pid};

tests! {
    id_root "the superuser sets both ids, and is none any more";
    id_user "a user keeps the ids";
    id_setreuid "setreuid changes one id and leaves the other";
    id_setreuid_user "a user may exchange real and effective id only";
    id_setregid "setregid likewise";
    id_fork "a child has its parent's ids";
    id_group_of_user "the group of a user does not follow the user id";
    group_own "setpgid(0, 0) makes a group of the caller";
    group_child "a parent may move its child, and nobody else";
    group_other_session "a group of another session may not be joined";
    group_bad "setpgid with bad numbers";
    group_leader "a session leader stays in its group";
    session_new "setsid makes session and group of the caller";
    session_leader "a group leader may not call setsid";
    session_no_tty "a new session has no terminal: /dev/tty is refused";
}

const UNCHANGED: u32 = u32::MAX;

fn id_root() -> Outcome {
    in_child(|| {
        check_eq!((calls::getuid(), calls::geteuid()), (0, 0));
        must!(calls::setgid(7));
        check_eq!((calls::getgid(), calls::getegid()), (7, 7));
        must!(calls::setuid(100));
        check_eq!((calls::getuid(), calls::geteuid()), (100, 100));
        check_eq!(calls::setuid(0), Err(Errno::EPERM));
        check_eq!(calls::setgid(0), Err(Errno::EPERM));
        Ok(())
    })
}

fn id_user() -> Outcome {
    as_user(100, 10, || {
        check_eq!(calls::setuid(101), Err(Errno::EPERM));
        check_eq!(calls::setuid(100), Ok(()));
        check_eq!(calls::setgid(11), Err(Errno::EPERM));
        check_eq!(calls::setgid(10), Ok(()));
        check_eq!(system_call!(setreuid(101, UNCHANGED)), Err(Errno::EPERM));
        check_eq!(system_call!(setreuid(UNCHANGED, 0)), Err(Errno::EPERM));
        check_eq!(system_call!(setreuid(100, 0)), Err(Errno::EPERM));
        check_eq!(system_call!(setreuid(UNCHANGED, UNCHANGED)), Ok(0));
        check_eq!((calls::getuid(), calls::geteuid()), (100, 100));
        Ok(())
    })
}

fn id_setreuid() -> Outcome {
    in_child(|| {
        must!(system_call!(setreuid(UNCHANGED, 50)));
        check_eq!((calls::getuid(), calls::geteuid()), (0, 50));
        // The real id allows the way back.
        must!(system_call!(setreuid(UNCHANGED, 0)));
        check_eq!((calls::getuid(), calls::geteuid()), (0, 0));
        must!(system_call!(setreuid(60, UNCHANGED)));
        check_eq!((calls::getuid(), calls::geteuid()), (60, 0));
        Ok(())
    })
}

fn id_setreuid_user() -> Outcome {
    in_child(|| {
        must!(system_call!(setreuid(60, 70)));
        check_eq!(system_call!(setreuid(UNCHANGED, 0)), Err(Errno::EPERM));
        must!(system_call!(setreuid(70, 60)));
        check_eq!((calls::getuid(), calls::geteuid()), (70, 60));
        must!(calls::setuid(70));
        check_eq!((calls::getuid(), calls::geteuid()), (70, 70));
        check_eq!(calls::setuid(60), Err(Errno::EPERM));
        Ok(())
    })
}

fn id_setregid() -> Outcome {
    in_child(|| {
        must!(system_call!(setregid(5, 6)));
        check_eq!((calls::getgid(), calls::getegid()), (5, 6));
        must!(calls::setuid(100));
        check_eq!(system_call!(setregid(UNCHANGED, 0)), Err(Errno::EPERM));
        must!(system_call!(setregid(6, 5)));
        check_eq!((calls::getgid(), calls::getegid()), (6, 5));
        Ok(())
    })
}

fn id_fork() -> Outcome {
    as_user(100, 10, || {
        in_child(|| {
            check_eq!((calls::getuid(), calls::geteuid()), (100, 100));
            check_eq!((calls::getgid(), calls::getegid()), (10, 10));
            Ok(())
        })
    })
}

fn id_group_of_user() -> Outcome {
    in_child(|| {
        must!(calls::setuid(100));
        check_eq!((calls::getgid(), calls::getegid()), (0, 0));
        Ok(())
    })
}

fn group_own() -> Outcome {
    let group = calls::getpgrp();
    in_child(|| {
        check_eq!(calls::getpgrp(), group);
        must!(calls::setpgid(Pid(0), Pid(0)));
        check_eq!(calls::getpgrp(), calls::getpid());
        must!(calls::setpgid(Pid(0), group));
        check_eq!(calls::getpgrp(), group);
        Ok(())
    })
}

fn group_child() -> Outcome {
    let pid = must!(sleeper());
    check_eq!(calls::setpgid(pid, pid), Ok(()));
    in_child(|| {
        check_eq!(calls::setpgid(pid, Pid(0)), Err(Errno::ESRCH));
        check_eq!(calls::setpgid(calls::getppid(), Pid(0)), Err(Errno::ESRCH));
        check_eq!(calls::setpgid(Pid(0), pid), Ok(()));
        check_eq!(calls::getpgrp(), pid);
        Ok(())
    })?;
    must!(kill_and_wait(pid));
    Ok(())
}

fn group_other_session() -> Outcome {
    let other = must!(child(|| {
        must!(calls::setsid());
        loop {
            calls::pause();
        }
    }));
    must!(wait_for_state(other, b'S'));
    check_eq!(calls::setpgid(other, Pid(0)), Err(Errno::EPERM));
    check_eq!(calls::setpgid(other, calls::getpgrp()), Err(Errno::EPERM));
    check_eq!(calls::setpgid(Pid(0), other), Err(Errno::EPERM));
    must!(kill_and_wait(other));
    Ok(())
}

fn group_bad() -> Outcome {
    check_eq!(system_call!(setpgid(0, u32::MAX)), Err(Errno::EINVAL));
    check_eq!(system_call!(setpgid(0, 0x8000_0000)), Err(Errno::EINVAL));
    check_eq!(system_call!(setpgid(0x7ffe, 0)), Err(Errno::ESRCH));
    check_eq!(system_call!(setpgid(u32::MAX, 0)), Err(Errno::ESRCH));
    in_child(|| {
        check_eq!(system_call!(setpgid(0, 0x7ffe)), Err(Errno::EPERM));
        Ok(())
    })
}

fn group_leader() -> Outcome {
    in_child(|| {
        let pid = must!(calls::setsid());
        check_eq!(calls::setpgid(Pid(0), Pid(0)), Err(Errno::EPERM));
        check_eq!(calls::getpgrp(), pid);
        Ok(())
    })
}

fn session_new() -> Outcome {
    in_child(|| {
        check_eq!(calls::setsid(), Ok(calls::getpid()));
        check_eq!(calls::getpgrp(), calls::getpid());
        check_eq!(calls::setsid(), Err(Errno::EPERM));
        let group = calls::getpgrp();
        in_child(|| {
            check_eq!(calls::getpgrp(), group);
            must!(calls::setsid());
            Ok(())
        })
    })
}

fn session_leader() -> Outcome {
    in_child(|| {
        must!(calls::setpgid(Pid(0), Pid(0)));
        check_eq!(calls::setsid(), Err(Errno::EPERM));
        check!(number(calls::getpgrp()) > 1);
        Ok(())
    })
}

fn session_no_tty() -> Outcome {
    in_child(|| {
        must!(calls::setsid());
        for flags in [abi::fcntl::O_RDONLY, abi::fcntl::O_RDWR] {
            check!(matches!(
                calls::open(c"/dev/tty", flags, 0),
                Err(Errno::EPERM | Errno::ENXIO)
            ));
        }
        Ok(())
    })
}
