// SPDX-License-Identifier: GPL-2.0-or-later
//! `loadkeys [layout]`: sets the layout of the keyboard, or shows which it is and
//! which there are.
#![no_std]
#![no_main]

use abi::fcntl::{O_NOCTTY, O_WRONLY};
use abi::kd::LAYOUTS;
use programs::command::{fail, options, usage};
use user::calls::{self, File};
use user::println;

user::program!(main);

const USAGE: &str = "loadkeys [layout]";
/// The console in front: all share the keyboard.
const CONSOLE: &core::ffi::CStr = c"/dev/tty0";

fn main() -> i32 {
    let options = options("", USAGE);
    let console = File::open_with(CONSOLE, O_WRONLY | O_NOCTTY, 0)
        .unwrap_or_else(|errno| fail(&[CONSOLE.to_bytes()], errno));
    match options.operands.as_slice() {
        [] => {
            let layout = calls::keyboard_layout(console.fd())
                .unwrap_or_else(|errno| fail(&[CONSOLE.to_bytes()], errno));
            for (index, name) in LAYOUTS.iter().enumerate() {
                let mark = if index == layout as usize { '*' } else { ' ' };
                println!("{mark} {name}");
            }
        }
        [name] => {
            let Some(layout) = LAYOUTS
                .iter()
                .position(|layout| layout.as_bytes() == name.to_bytes())
            else {
                fail(&[name.to_bytes()], "unknown layout")
            };
            calls::set_keyboard_layout(console.fd(), layout as u32)
                .unwrap_or_else(|errno| fail(&[CONSOLE.to_bytes()], errno));
        }
        _ => usage(USAGE),
    }
    0
}
