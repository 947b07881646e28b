// SPDX-License-Identifier: GPL-2.0-or-later
//! Error numbers (0.11: `include/errno.h`, `lib/errno.c`).
//!
//! Inside the kernel and in user programs an error is an [`Errno`] in a
//! `Result`. It becomes a negative number in `eax` in exactly one place, the
//! system call entry, and turns back into an [`Errno`] in exactly one other,
//! the user-side stub. The numbers are 0.11's, which are those of Minix.

use core::fmt;

/// An error number, 1..=[`Errno::LAST`]. Never zero.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Errno(u8);

/// What every fallible operation of the kernel returns.
pub type Result<T> = core::result::Result<T, Errno>;

macro_rules! errno_table {
    ($($number:literal $name:ident $text:literal;)*) => {
        impl Errno {
            $(#[doc = $text] pub const $name: Errno = Errno($number);)*

            /// The symbolic name, for example `"ENOENT"`.
            pub const fn name(self) -> &'static str {
                match self.0 { $($number => stringify!($name),)* _ => "E?" }
            }

            /// What `perror` prints, for example `"No such file or directory"`.
            pub const fn text(self) -> &'static str {
                match self.0 { $($number => $text,)* _ => "Unknown error" }
            }
        }
    };
}

errno_table! {
     1 EPERM   "Operation not permitted";
     2 ENOENT  "No such file or directory";
     3 ESRCH   "No such process";
     4 EINTR   "Interrupted system call";
     5 EIO     "Input/output error";
     6 ENXIO   "No such device or address";
     7 E2BIG   "Argument list too long";
     8 ENOEXEC "Exec format error";
     9 EBADF   "Bad file descriptor";
    10 ECHILD  "No child processes";
    11 EAGAIN  "Resource temporarily unavailable";
    12 ENOMEM  "Cannot allocate memory";
    13 EACCES  "Permission denied";
    14 EFAULT  "Bad address";
    15 ENOTBLK "Block device required";
    16 EBUSY   "Device or resource busy";
    17 EEXIST  "File exists";
    18 EXDEV   "Invalid cross-device link";
    19 ENODEV  "No such device";
    20 ENOTDIR "Not a directory";
    21 EISDIR  "Is a directory";
    22 EINVAL  "Invalid argument";
    23 ENFILE  "Too many open files in system";
    24 EMFILE  "Too many open files";
    25 ENOTTY  "Not a typewriter";
    26 ETXTBSY "Text file busy";
    27 EFBIG   "File too large";
    28 ENOSPC  "No space left on device";
    29 ESPIPE  "Illegal seek";
    30 EROFS   "Read-only file system";
    31 EMLINK  "Too many links";
    32 EPIPE   "Broken pipe";
    33 EDOM    "Numerical argument out of domain";
    34 ERANGE  "Numerical result out of range";
    35 EDEADLK "Resource deadlock avoided";
    36 ENAMETOOLONG "File name too long";
    37 ENOLCK  "No locks available";
    38 ENOSYS  "Function not implemented";
    39 ENOTEMPTY "Directory not empty";
    // 0.11 ends with the line above; 40 is Linux 0.96's, for symbolic links.
    40 ELOOP   "Too many levels of symbolic links";
}

impl Errno {
    /// The largest number in use.
    pub const LAST: u8 = 40;

    /// The positive number, as `errno` holds it.
    pub const fn number(self) -> u8 {
        self.0
    }

    /// The `eax` of a failed call: minus the number.
    pub const fn to_eax(self) -> i32 {
        -(self.0 as i32)
    }

    /// Reads the `eax` of a finished call.
    ///
    /// Only -1..=-[`Errno::LAST`] are errors: calls like `lseek` and `time` may
    /// return any other number.
    pub const fn from_eax(eax: i32) -> core::result::Result<u32, Errno> {
        if eax < 0 && eax >= -(Errno::LAST as i32) {
            Err(Errno(-eax as u8))
        } else {
            Ok(eax as u32)
        }
    }
}

impl fmt::Debug for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl core::error::Error for Errno {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eax_round_trip() {
        for number in 1..=Errno::LAST {
            let errno = Errno(number);
            assert_eq!(Errno::from_eax(errno.to_eax()), Err(errno));
            assert_ne!(errno.name(), "E?");
        }
        assert_eq!(
            Errno::from_eax(-(Errno::LAST as i32) - 1),
            Ok(-(Errno::LAST as i32 + 1) as u32)
        );
        assert_eq!(Errno::from_eax(0), Ok(0));
    }

    #[test]
    fn numbers_of_0_11() {
        assert_eq!(Errno::ENOENT.number(), 2);
        assert_eq!(Errno::EPIPE.number(), 32);
        assert_eq!(Errno::ENOSYS.number(), 38);
        assert_eq!(Errno::ENOTEMPTY.number(), 39);
    }
}
