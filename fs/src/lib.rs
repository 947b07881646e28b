// SPDX-License-Identifier: GPL-2.0-or-later
#![cfg_attr(not(test), no_std)]
