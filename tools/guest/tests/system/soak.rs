// SPDX-License-Identifier: GPL-2.0-or-later
//! A piece of `make soak` for each emulator, by a user and by the super-user.

use anyhow::Result;
use guest::Emulator;
use guest::soak::{Piece, Who};

use crate::common::copy_of_image;

/// By each of the two in each emulator.
const CALLS: u32 = 25_000;
/// The pieces of `make soak` begin with other rounds.
const ROUND: u32 = 1_000_000;

guest::in_both!(
    random_calls_of_a_user_do_no_harm,
    random_calls_of_root_in_a_jail_do_no_harm,
);

fn random_calls_of_a_user_do_no_harm(emulator: Emulator) -> Result<()> {
    run(emulator, Who::Guest)
}

fn random_calls_of_root_in_a_jail_do_no_harm(emulator: Emulator) -> Result<()> {
    run(emulator, Who::Root)
}

fn run(emulator: Emulator, who: Who) -> Result<()> {
    let (_folder, disk) = copy_of_image()?;
    let piece = Piece {
        emulator,
        who,
        round: ROUND,
        calls: CALLS,
    };
    piece.run(&disk)
}
