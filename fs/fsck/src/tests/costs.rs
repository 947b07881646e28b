// SPDX-License-Identifier: GPL-2.0-or-later
//! What a repair costs, and how its actions are said where there are many numbers.

use super::*;

const NUMBER: InodeNumber = InodeNumber(9);

fn removed(reason: BadEntry) -> Action {
    let path = "/f".into();
    Action::NameRemoved { path, reason }
}

fn settled(fault: ZoneFault, zones: std::ops::Range<u16>) -> Action {
    let (path, zones) = ("/f".into(), zones.map(Zone).collect());
    Action::ZonesSettled { path, fault, zones }
}

/// Each action, with the files and zones that it loses, and those that it makes.
#[test]
fn what_an_action_costs() {
    let path = || "/f".to_owned();
    for (action, lost, made) in [
        (removed(BadEntry::WrongPlace), (0, 0), (0, 0)),
        (removed(BadEntry::NoSuchInode { number: 9 }), (1, 0), (0, 0)),
        (
            removed(BadEntry::NotInUse { number: NUMBER }),
            (1, 0),
            (0, 0),
        ),
        (removed(BadEntry::Twice), (0, 0), (0, 0)),
        (
            removed(BadEntry::TooManyNames { number: NUMBER }),
            (1, 0),
            (0, 0),
        ),
        (removed(BadEntry::TooManyDirectories), (1, 0), (0, 0)),
        (Action::RootMade, (1, 0), (1, 0)),
        (Action::RootRestored, (0, 0), (0, 0)),
        (settled(ZoneFault::Missing, 1..4), (0, 3), (0, 0)),
        (settled(ZoneFault::NoList, 1..2), (0, 1), (0, 0)),
        (settled(ZoneFault::Copied, 1..4), (0, 0), (0, 0)),
        (settled(ZoneFault::Anothers, 1..3), (0, 2), (0, 0)),
        (settled(ZoneFault::NoRoom, 1..5), (0, 4), (0, 0)),
        (Action::ZoneFreed { zone: 9 }, (0, 1), (0, 0)),
        (Action::DirectoryMade { path: path() }, (0, 0), (1, 0)),
        (Action::FirstBlockMade { path: path() }, (0, 0), (0, 1)),
        (
            Action::ZonesKept {
                first: 1,
                last: 9,
                path: path(),
            },
            (0, 0),
            (1, 0),
        ),
    ] {
        let tally = |(files, zones)| Tally { files, zones };
        let twice = [action.clone(), action.clone()];
        let both = |(files, zones): (usize, usize)| tally((2 * files, 2 * zones));
        assert_eq!(Tally::lost(&twice), both(lost), "{action}");
        assert_eq!(Tally::made(&twice), both(made), "{action}");
    }
}

#[test]
fn more_lost_than_kept() {
    let is_much = |lost: (usize, usize), kept: (usize, usize)| {
        let tally = |(files, zones)| Tally { files, zones };
        let repaired = Repaired {
            actions: Vec::new(),
            after: Report::default(),
            lost: tally(lost),
            kept: tally(kept),
            changes: Changes::new(),
        };
        repaired.loses_more_than_it_keeps()
    };
    assert!(!is_much((3, 3), (3, 3)));
    assert!(is_much((4, 0), (3, 9)));
    assert!(is_much((0, 4), (9, 3)));
}

#[test]
fn long_lists_are_cut() {
    let said = |action: Action| action.to_string();
    assert!(said(settled(ZoneFault::NoList, 1..9)).ends_with(": 1, 2, 3, 4, 5, 6, 7, 8"));
    assert!(said(settled(ZoneFault::NoList, 1..11)).ends_with(", 7, 8 and 2 more"));
    let kept = |last| {
        let path = "/f".into();
        let first = 5;
        said(Action::ZonesKept { first, last, path })
    };
    assert_eq!(kept(5), "zone 5 was in no file: now /f");
    assert_eq!(kept(6), "zones 5 to 6 were in no file: now /f");
    let bits = Action::BitsSet {
        map: "zone",
        state: "used",
        numbers: vec![1, 3, 4, 5, 9, 10],
    };
    assert_eq!(said(bits), "zone bitmap: marked used: 1, 3-5, 9-10");
}
