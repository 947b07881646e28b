// SPDX-License-Identifier: GPL-2.0-or-later
//! The headers for C programs, `hdimage/c/include`, have the numbers and layouts of
//! this crate: a compiler is given a line `_Static_assert` for each of them.

use std::fmt::{Debug, Write};
use std::mem::offset_of;
use std::path::Path;
use std::process::{Command, Stdio};

use abi::errno::Errno;
use abi::fcntl::{self, Flock};
use abi::signal::{Sigaction, Signal, SignalFlags};
use abi::sys::dirent::Dirent;
use abi::sys::resource::{self, Rlimit, Rusage};
use abi::sys::stat::{self, Stat};
use abi::sys::time::{SelectArguments, Timeval, Timezone};
use abi::sys::times::Tms;
use abi::sys::types::Ustat;
use abi::sys::utsname::Utsname;
use abi::sys::wait::{WNOHANG, WUNTRACED, WaitStatus};
use abi::termios::{self, ControlFlags, InputFlags, LocalFlags, OutputFlags};
use abi::termios::{Termio, Termios, Winsize};
use abi::time::Tm;
use abi::unistd::number::NAMES;
use abi::utime::Utimbuf;
use abi::{limits, unistd};

/// A C file of assertions.
struct Assertions(String);

impl Assertions {
    fn equal(&mut self, what: &str, value: impl Debug) {
        // What is written with all bits is not signed there.
        let line = format!("_Static_assert((long long)({what}) == {value:?}ll, \"{what}\");");
        writeln!(self.0, "{line}").unwrap();
    }
}

/// Constants of a module that have the same names in C.
macro_rules! numbers {
    ($assertions:ident, $module:ident: $($name:ident)*) => {
        $($assertions.equal(stringify!($name), $module::$name);)*
    };
}

/// All flags of a set of flags.
macro_rules! flags {
    ($assertions:ident, $($type:ident)*) => {
        $(for (name, flag) in $type::all().iter_names() {
            $assertions.equal(name, flag.bits());
        })*
    };
}

/// Size of a structure, and place and size of its fields; `=>` where C's name is
/// another. Padding at the end, which C adds by itself, is no field there.
macro_rules! layouts {
    ($assertions:ident, $($c:literal $type:ident { $($field:ident)* } $($from:ident => $to:ident)*;)*) => {
        $(
            $assertions.equal(concat!("sizeof(", $c, ")"), size_of::<$type>());
            $(layouts!(@field $assertions, $c, $type, $field, $field);)*
            $(layouts!(@field $assertions, $c, $type, $from, $to);)*
        )*
    };
    (@field $assertions:ident, $c:literal, $type:ident, $field:ident, $to:ident) => {{
        let name = stringify!($to);
        fn size<T>(_: fn(&$type) -> &T) -> usize {
            size_of::<T>()
        }
        let offset = format!("offsetof({}, {name})", $c);
        $assertions.equal(&offset, offset_of!($type, $field));
        let bytes = format!("sizeof((({} *)0)->{name})", $c);
        $assertions.equal(&bytes, size(|value: &$type| &value.$field));
    }};
}

fn all() -> Assertions {
    let mut c = Assertions(String::new());
    for header in [
        "dirent",
        "errno",
        "fcntl",
        "limits",
        "signal",
        "stddef",
        "stdint",
        "stdio",
        "termios",
        "time",
        "unistd",
        "utime",
        "sys/ioctl",
        "sys/param",
        "sys/resource",
        "sys/select",
        "sys/stat",
        "sys/time",
        "sys/times",
        "sys/types",
        "sys/utsname",
        "sys/wait",
    ] {
        writeln!(c.0, "#include <{header}.h>").unwrap();
    }
    writeln!(c.0, "#include \"numbers.h\"").unwrap();
    for number in 1..=Errno::LAST {
        let Err(errno) = Errno::from_eax(-i32::from(number)) else {
            panic!("{number}")
        };
        c.equal(errno.name(), number);
    }
    for number in 1..=Signal::LAST_NAMED {
        let name = Signal::new(number).unwrap().name();
        c.equal(&format!("SIG{name}"), number);
    }
    for (name, flag) in SignalFlags::all().iter_names() {
        c.equal(name, flag.bits());
    }
    for (number, name) in NAMES.iter().enumerate() {
        writeln!(c.0, "#ifdef NR_{name}").unwrap();
        c.equal(&format!("NR_{name}"), number);
        writeln!(c.0, "#undef NR_{name}\n#endif").unwrap();
    }
    numbers!(c, fcntl: O_ACCMODE O_RDONLY O_WRONLY O_RDWR O_CREAT O_EXCL O_NOCTTY O_TRUNC
        O_APPEND O_NONBLOCK O_NDELAY F_DUPFD F_GETFD F_SETFD F_GETFL F_SETFL F_GETLK F_SETLK
        F_SETLKW FD_CLOEXEC F_RDLCK F_WRLCK F_UNLCK);
    numbers!(c, unistd: SEEK_SET SEEK_CUR SEEK_END F_OK X_OK W_OK R_OK STDIN_FILENO
        STDOUT_FILENO STDERR_FILENO);
    numbers!(c, limits: HZ NAME_MAX PATH_MAX LINK_MAX PIPE_BUF NGROUPS_MAX ARG_MAX);
    c.equal("OPEN_MAX", limits::NR_OPEN);
    c.equal("CHILD_MAX", limits::NR_TASKS);
    c.equal("CLOCKS_PER_SEC", limits::HZ);
    numbers!(c, stat: S_IFMT S_IFLNK S_IFREG S_IFBLK S_IFDIR S_IFCHR S_IFIFO S_ISUID S_ISGID
        S_ISVTX S_IRWXU S_IRUSR S_IWUSR S_IXUSR S_IRWXG S_IRGRP S_IWGRP S_IXGRP S_IRWXO S_IROTH
        S_IWOTH S_IXOTH);
    numbers!(c, resource: RLIMIT_CPU RLIMIT_FSIZE RLIMIT_DATA RLIMIT_STACK RLIMIT_CORE
        RLIMIT_RSS RLIMIT_NPROC RLIMIT_NOFILE RLIM_NLIMITS RLIM_INFINITY RUSAGE_SELF
        RUSAGE_CHILDREN);
    numbers!(c, termios: TCGETS TCSETS TCSETSW TCSETSF TCGETA TCSETA TCSETAW TCSETAF TCSBRK
        TCXONC TCFLSH TIOCEXCL TIOCNXCL TIOCSCTTY TIOCGPGRP TIOCSPGRP TIOCOUTQ TIOCSTI
        TIOCGWINSZ TIOCSWINSZ TIOCMGET TIOCMBIS TIOCMBIC TIOCMSET TIOCINQ TCOOFF TCOON TCIOFF
        TCION TCIFLUSH TCOFLUSH TCIOFLUSH TIOCM_LE TIOCM_DTR TIOCM_RTS TIOCM_ST TIOCM_SR
        TIOCM_CTS TIOCM_CAR TIOCM_RNG TIOCM_DSR VINTR VQUIT VERASE VKILL VEOF VTIME VMIN VSWTC
        VSTART VSTOP VSUSP VEOL VREPRINT VDISCARD VWERASE VLNEXT VEOL2 NCC NCCS B2400 B9600
        B19200 B38400);
    flags!(c, InputFlags OutputFlags ControlFlags LocalFlags);
    for (index, rate) in termios::BAUD_RATES.iter().enumerate() {
        c.equal(&format!("B{rate}"), index);
    }
    c.equal("WNOHANG", WNOHANG);
    c.equal("WUNTRACED", WUNTRACED);
    let (exited, killed) = (
        WaitStatus::from_exit(3).0,
        WaitStatus::from_signal(Signal::SIGHUP).0,
    );
    let stopped = WaitStatus::from_stop(Signal::SIGTSTP).0;
    c.equal(
        &format!("WIFEXITED({exited}) && WEXITSTATUS({exited}) == 3"),
        1,
    );
    c.equal(
        &format!("WIFSIGNALED({killed}) && WTERMSIG({killed}) == SIGHUP"),
        1,
    );
    c.equal(
        &format!("WIFSTOPPED({stopped}) && WSTOPSIG({stopped}) == SIGTSTP"),
        1,
    );
    layouts! { c,
        "struct dirent" Dirent {} ino => d_ino off => d_off reclen => d_reclen name => d_name;
        "struct flock" Flock { l_type l_whence l_start l_len l_pid };
        "struct sigaction" Sigaction { sa_handler sa_mask sa_flags sa_restorer };
        "struct rlimit" Rlimit { rlim_cur rlim_max };
        "struct rusage" Rusage { ru_utime ru_stime ru_maxrss ru_ixrss ru_idrss ru_isrss
            ru_minflt ru_majflt ru_nswap ru_inblock ru_oublock ru_msgsnd ru_msgrcv ru_nsignals
            ru_nvcsw ru_nivcsw };
        "struct stat" Stat { st_dev st_ino st_mode st_nlink st_uid st_gid st_rdev st_size
            st_atime st_mtime st_ctime };
        "struct timeval" Timeval { tv_sec tv_usec };
        "struct timezone" Timezone { tz_minuteswest tz_dsttime };
        "struct tms" Tms { tms_utime tms_stime tms_cutime tms_cstime };
        "struct ustat" Ustat { f_tfree f_tinode f_fname f_fpack };
        "struct utsname" Utsname { sysname nodename release version machine };
        "struct termios" Termios { c_iflag c_oflag c_cflag c_lflag c_line c_cc };
        "struct termio" Termio { c_iflag c_oflag c_cflag c_lflag c_line c_cc };
        "struct winsize" Winsize { ws_row ws_col ws_xpixel ws_ypixel };
        "struct tm" Tm { tm_sec tm_min tm_hour tm_mday tm_mon tm_year tm_wday tm_yday tm_isdst };
        "struct utimbuf" Utimbuf { actime modtime };
    }
    c.equal("5 * sizeof(long)", size_of::<SelectArguments>());
    c
}

/// Gives the compiler a C file, and tells what it complains of; `None` where it
/// cannot compile for a 386.
fn compile(text: &str) -> Option<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../hdimage/c");
    let mut compiler = Command::new("cc")
        .args(["-m32", "-march=i386", "-ffreestanding", "-fsyntax-only"])
        .args(["-nostdinc", "-Wall", "-Werror", "-x", "c", "-"])
        .args(["-isystem".as_ref(), folder.join("include").as_os_str()])
        .args(["-isystem".as_ref(), folder.join("lib").as_os_str()])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    let mut input = compiler.stdin.take()?;
    std::io::Write::write_all(&mut input, text.as_bytes()).ok()?;
    drop(input);
    let output = compiler.wait_with_output().ok()?;
    Some(String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn numbers_and_layouts_are_the_same_in_c() {
    let assertions = all().0;
    assert!(assertions.matches("_Static_assert").count() > 400);
    // What is left of the numbers of calls is of no call.
    let unknown = include_str!("../../../hdimage/c/lib/numbers.h")
        .lines()
        .filter_map(|line| line.strip_prefix("#define NR_")?.split(' ').next())
        .find(|name| !NAMES.contains(name));
    assert_eq!(unknown, None);
    match compile("int main(void) { return 0; }") {
        Some(complaints) if complaints.is_empty() => {}
        _ => return eprintln!("skipped: cc -m32 does not work here"),
    }
    assert_eq!(compile(&assertions).unwrap(), "");
    // A number that differs is seen.
    let wrong = format!("{assertions}_Static_assert(ENOENT == 3, \"ENOENT\");\n");
    assert!(compile(&wrong).unwrap().contains("ENOENT"));
}

/// The words for errors, too.
#[test]
fn errors_have_the_same_words_in_c() {
    let words = include_str!("../../../hdimage/c/lib/strerror.c");
    for number in 1..=Errno::LAST {
        let Err(errno) = Errno::from_eax(-i32::from(number)) else {
            panic!("{number}")
        };
        let line = format!("[{}] = \"{}\",", errno.name(), errno.text());
        assert!(words.contains(&line), "{line}");
    }
}
