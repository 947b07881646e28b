// SPDX-License-Identifier: GPL-2.0-or-later
//! How characters are drawn: what `ESC [ m` selects (0.11: `csi_m`), as the
//! adapter's attribute bytes (IBM VGA, text modes).

/// The VGA's numbers of the colours 30..=37 (ANSI X3.64): it has red and blue
/// the other way round.
const COLOURS: [u8; 8] = [0, 4, 2, 6, 1, 5, 3, 7];
const WHITE: u8 = 7;
/// Attribute bits: a bright character, a blinking one.
const BRIGHT: u8 = 8;
const BLINK: u8 = 0x80;

/// Colours and the like.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Rendition {
    foreground: u8,
    background: u8,
    bold: bool,
    underline: bool,
    blink: bool,
    reverse: bool,
}

impl Rendition {
    /// White on black.
    pub const NORMAL: Rendition = Rendition {
        foreground: WHITE,
        background: 0,
        bold: false,
        underline: false,
        blink: false,
        reverse: false,
    };

    /// Changed by one parameter of `ESC [ m` (0.11 knows 0, 1, 4, 7 and 27; the
    /// colours are ANSI X3.64's).
    pub fn select(mut self, parameter: usize) -> Rendition {
        match parameter {
            0 => self = Rendition::NORMAL,
            1 => self.bold = true,
            4 => self.underline = true,
            5 => self.blink = true,
            7 => self.reverse = true,
            21 | 22 => self.bold = false,
            24 => self.underline = false,
            25 => self.blink = false,
            27 => self.reverse = false,
            30..=37 => self.foreground = COLOURS[parameter - 30],
            39 => self.foreground = WHITE,
            40..=47 => self.background = COLOURS[parameter - 40],
            49 => self.background = 0,
            _ => {}
        }
        self
    }

    /// The attribute byte, on a screen that is itself reversed or not.
    /// Underlined shows as bright, as in 0.11: colour adapters cannot underline.
    pub fn attribute(self, screen_reversed: bool) -> u8 {
        let normal = self.foreground | self.background << 4;
        let colours = match self.reverse == screen_reversed {
            true => normal,
            false => reverse(normal),
        };
        let bright = if self.bold || self.underline {
            BRIGHT
        } else {
            0
        };
        let blink = if self.blink { BLINK } else { 0 };
        colours | bright | blink
    }

    /// The attribute byte of erased cells: they have the chosen background, but
    /// are never reversed by themselves.
    pub fn blank(self, screen_reversed: bool) -> u8 {
        let plain = Rendition {
            foreground: self.foreground,
            background: self.background,
            ..Rendition::NORMAL
        };
        plain.attribute(screen_reversed)
    }
}

/// An attribute byte with its colours exchanged.
pub const fn reverse(attribute: u8) -> u8 {
    attribute & (BRIGHT | BLINK) | (attribute & 7) << 4 | attribute >> 4 & 7
}
