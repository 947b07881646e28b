// SPDX-License-Identifier: GPL-2.0-or-later
//! What becomes of a child (0.11: `include/sys/wait.h`).

use crate::signal::Signal;

/// `waitpid`: answer 0 at once if no child has ended.
pub const WNOHANG: u32 = 1;
/// `waitpid`: tell of stopped children too.
pub const WUNTRACED: u32 = 2;

/// The status word that `waitpid` stores.
///
/// If the low byte is 0, `exit` has ended the child, and the second byte is its
/// argument. If it is 7Fh, the signal in the second byte has stopped the child.
/// Otherwise the signal in the low seven bits has ended it, and bit 7 is set if
/// there is a core dump.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(transparent)]
pub struct WaitStatus(pub u32);

impl WaitStatus {
    const STOPPED: u32 = 0x7f;

    /// The child called `exit(code)`; only the low byte of `code` is told.
    pub const fn from_exit(code: u32) -> WaitStatus {
        WaitStatus((code & 0xff) << 8)
    }

    /// The child was ended by a signal.
    pub const fn from_signal(signal: Signal) -> WaitStatus {
        WaitStatus(signal.number())
    }

    /// The child was stopped by a signal.
    pub const fn from_stop(signal: Signal) -> WaitStatus {
        WaitStatus(signal.number() << 8 | Self::STOPPED)
    }

    /// The argument of `exit`, if the child ended so (0.11: `WEXITSTATUS`).
    pub const fn exit_status(self) -> Option<u32> {
        if self.0 & 0xff == 0 {
            Some(self.0 >> 8 & 0xff)
        } else {
            None
        }
    }

    /// The signal that ended the child, if one did (0.11: `WTERMSIG`).
    pub const fn term_signal(self) -> Option<Signal> {
        if self.0 & 0xff == Self::STOPPED {
            None
        } else {
            Signal::new(self.0 & 0x7f)
        }
    }

    /// The signal that stopped the child, if one did (0.11: `WSTOPSIG`).
    pub const fn stop_signal(self) -> Option<Signal> {
        if self.0 & 0xff == Self::STOPPED {
            Signal::new(self.0 >> 8 & 0xff)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_ends() {
        let exited = WaitStatus::from_exit(0x103);
        assert_eq!(exited, WaitStatus(0x300));
        assert_eq!(exited.exit_status(), Some(3));
        assert_eq!((exited.term_signal(), exited.stop_signal()), (None, None));

        let killed = WaitStatus(11);
        assert_eq!(killed, WaitStatus::from_signal(Signal::SIGSEGV));
        assert_eq!(killed.term_signal(), Some(Signal::SIGSEGV));
        assert_eq!((killed.exit_status(), killed.stop_signal()), (None, None));

        let stopped = WaitStatus(0x147f);
        assert_eq!(stopped, WaitStatus::from_stop(Signal::SIGTSTP));
        assert_eq!(stopped.stop_signal(), Some(Signal::SIGTSTP));
        assert_eq!((stopped.exit_status(), stopped.term_signal()), (None, None));
    }
}
