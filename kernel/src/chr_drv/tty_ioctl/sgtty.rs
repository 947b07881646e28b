// SPDX-License-Identifier: GPL-2.0-or-later
//! The settings of Version 7, which are made of `Termios` and turned into it.

use abi::sgtty::{SgttyFlags, Sgttyb};
use abi::termios::{
    ControlFlags, InputFlags, LocalFlags, OutputFlags, Termios, VERASE, VKILL, VMIN, VTIME,
};

/// The settings as Version 7 knows them.
pub fn from_termios(termios: &Termios) -> Sgttyb {
    let (i, o, c, l) = (
        termios.c_iflag,
        termios.c_oflag,
        termios.c_cflag,
        termios.c_lflag,
    );
    let parity = match (
        c.contains(ControlFlags::PARENB),
        c.contains(ControlFlags::PARODD),
    ) {
        (false, _) => SgttyFlags::ODDP | SgttyFlags::EVENP,
        (true, true) => SgttyFlags::ODDP,
        (true, false) => SgttyFlags::EVENP,
    };
    let by_characters = !l.contains(LocalFlags::ICANON);
    let signals = l.contains(LocalFlags::ISIG);
    let mut flags = parity;
    for (flag, on) in [
        (SgttyFlags::TANDEM, i.contains(InputFlags::IXOFF)),
        (SgttyFlags::CBREAK, by_characters && signals),
        (SgttyFlags::LCASE, i.contains(InputFlags::IUCLC)),
        (SgttyFlags::ECHO, l.contains(LocalFlags::ECHO)),
        (SgttyFlags::CRMOD, i.contains(InputFlags::ICRNL)),
        (SgttyFlags::RAW, by_characters && !signals),
        (SgttyFlags::XTABS, o.contains(OutputFlags::XTABS)),
    ] {
        flags.set(flag, on);
    }
    let speed = (c & ControlFlags::CBAUD).bits() as u8;
    Sgttyb {
        sg_ispeed: speed,
        sg_ospeed: speed,
        sg_erase: termios.c_cc[VERASE],
        sg_kill: termios.c_cc[VKILL],
        sg_flags: flags.bits(),
    }
}

/// Changes settings as Version 7 says. There is one speed: that of output.
pub fn to_termios(sgttyb: &Sgttyb, termios: &mut Termios) {
    let has = |flag| SgttyFlags::from_bits_retain(sgttyb.sg_flags).contains(flag);
    let raw = has(SgttyFlags::RAW);
    let by_characters = raw || has(SgttyFlags::CBREAK);
    let crmod = has(SgttyFlags::CRMOD);

    let input = &mut termios.c_iflag;
    if raw {
        *input = InputFlags::empty();
    }
    input.set(InputFlags::IXON, !raw);
    input.set(InputFlags::IXOFF, has(SgttyFlags::TANDEM));
    input.set(InputFlags::ICRNL, crmod);
    input.set(InputFlags::IUCLC, has(SgttyFlags::LCASE));

    let output = &mut termios.c_oflag;
    output.set(OutputFlags::OPOST, !raw);
    output.set(OutputFlags::ONLCR, crmod);
    output.set(OutputFlags::OLCUC, has(SgttyFlags::LCASE));
    output.set(OutputFlags::XTABS, has(SgttyFlags::XTABS));

    let control = &mut termios.c_cflag;
    control.remove(ControlFlags::CBAUD);
    *control |= ControlFlags::from_bits_retain(sgttyb.sg_ospeed.into()) & ControlFlags::CBAUD;
    let (odd, even) = (has(SgttyFlags::ODDP), has(SgttyFlags::EVENP));
    control.set(ControlFlags::PARENB, odd != even);
    control.set(ControlFlags::PARODD, odd && !even);
    control.remove(ControlFlags::CSIZE);
    // A byte on the line is seven bits and parity, or eight bits.
    control.insert(if odd == even || raw {
        ControlFlags::CS8
    } else {
        ControlFlags::CS7
    });

    let local = &mut termios.c_lflag;
    local.set(LocalFlags::ISIG, !raw);
    local.set(LocalFlags::ICANON, !by_characters);
    local.set(LocalFlags::ECHO, has(SgttyFlags::ECHO));
    termios.c_cc[VERASE] = sgttyb.sg_erase;
    termios.c_cc[VKILL] = sgttyb.sg_kill;
    if by_characters {
        termios.c_cc[VMIN] = 1;
        termios.c_cc[VTIME] = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_is_told_again() {
        let all = SgttyFlags::all().bits();
        for flags in (0..=0o7777).filter(|flags| flags & !all == 0) {
            let both = SgttyFlags::RAW | SgttyFlags::CBREAK;
            let parity = SgttyFlags::ODDP | SgttyFlags::EVENP;
            let has = SgttyFlags::from_bits_retain(flags);
            // RAW hides CBREAK, tabs are changed or not, and no parity has
            // one name.
            if has.contains(both)
                || !has.intersects(parity)
                || (has & SgttyFlags::XTABS).bits().count_ones() == 1
            {
                continue;
            }
            let sgttyb = Sgttyb {
                sg_ispeed: 13,
                sg_ospeed: 13,
                sg_erase: b'#',
                sg_kill: b'@',
                sg_flags: flags,
            };
            let mut termios = Termios::default();
            to_termios(&sgttyb, &mut termios);
            assert_eq!(from_termios(&termios), sgttyb, "{has:?}");
        }
    }

    #[test]
    fn modes() {
        let set = |flags: SgttyFlags| {
            let mut termios = Termios::default();
            let sgttyb = Sgttyb {
                sg_flags: flags.bits(),
                ..Sgttyb::default()
            };
            to_termios(&sgttyb, &mut termios);
            termios
        };
        let cooked = set(SgttyFlags::CRMOD | SgttyFlags::ECHO | SgttyFlags::LCASE);
        assert_eq!(
            cooked.c_iflag,
            InputFlags::ICRNL | InputFlags::IXON | InputFlags::IUCLC
        );
        assert_eq!(
            cooked.c_oflag,
            OutputFlags::OPOST | OutputFlags::ONLCR | OutputFlags::OLCUC
        );
        assert_eq!(
            cooked.c_lflag,
            LocalFlags::ISIG | LocalFlags::ICANON | LocalFlags::ECHO
        );
        let raw = set(SgttyFlags::RAW | SgttyFlags::ODDP);
        assert_eq!((raw.c_iflag, raw.c_lflag.bits()), (InputFlags::empty(), 0));
        assert_eq!(raw.c_oflag, OutputFlags::empty());
        assert_eq!((raw.c_cc[VMIN], raw.c_cc[VTIME]), (1, 0));
        let cbreak = set(SgttyFlags::CBREAK | SgttyFlags::ODDP);
        assert_eq!(cbreak.c_lflag, LocalFlags::ISIG);
        assert_eq!(
            cbreak.c_cflag,
            ControlFlags::PARENB | ControlFlags::PARODD | ControlFlags::CS7
        );
    }

    #[test]
    fn what_version_7_does_not_know_stays() {
        let mut termios = Termios {
            c_iflag: InputFlags::ISTRIP | InputFlags::BRKINT,
            c_cflag: ControlFlags::CLOCAL | ControlFlags::CREAD | ControlFlags::HUPCL,
            c_lflag: LocalFlags::ECHOE | LocalFlags::NOFLSH,
            ..Termios::default()
        };
        let before = termios;
        let sgttyb = from_termios(&termios);
        to_termios(&sgttyb, &mut termios);
        assert!(termios.c_iflag.is_empty(), "RAW");
        assert!(termios.c_cflag.contains(before.c_cflag));
        assert!(termios.c_lflag.contains(before.c_lflag));
    }
}
