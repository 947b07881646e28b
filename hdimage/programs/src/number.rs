// SPDX-License-Identifier: GPL-2.0-or-later
//! Numbers from text, and sizes as text.

use alloc::format;
use alloc::string::String;

/// The value of digits to the base 8, 10 or 16, or `None` if there are none, other
/// characters among them, or too many.
pub fn unsigned(digits: &[u8], base: u32) -> Option<u32> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0u32, |value, &digit| {
        value
            .checked_mul(base)?
            .checked_add(char::from(digit).to_digit(base)?)
    })
}

/// A decimal number with an optional sign.
pub fn signed(text: &[u8]) -> Option<i32> {
    match text {
        [b'-', digits @ ..] => 0i32.checked_sub_unsigned(unsigned(digits, 10)?),
        [b'+', digits @ ..] | digits => unsigned(digits, 10)?.try_into().ok(),
    }
}

/// A size in bytes as people say it: a letter for 1024 bytes, their 1024-fold and so on,
/// one digit behind the point where there is only one before it. Rounded up.
pub fn human(size: u64) -> String {
    // Shifts, as a division of 64 bits takes a function.
    let rounded_up = |size: u64, shift: u32| (size + (1 << shift) - 1) >> shift;
    let is_short = |&(shift, _): &(u32, _)| rounded_up(size, shift) < 1024;
    let units = [(0, ""), (10, "K"), (20, "M"), (30, "G")];
    let (shift, letter) = units.into_iter().find(is_short).unwrap_or(units[3]);
    let [whole, tenths] = [size, size * 10].map(|size| rounded_up(size, shift) as u32);
    match tenths {
        0..100 if shift > 0 => format!("{}.{}{letter}", tenths / 10, tenths % 10),
        _ => format!("{whole}{letter}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_two_digits_at_least_and_are_rounded_up() {
        let sizes = [
            0,
            1023,
            1024,
            1025,
            10 << 10,
            10_200,
            10_241,
            1 << 20,
            1_047_553,
        ];
        let texts = [
            "0", "1023", "1.0K", "1.1K", "10K", "10K", "11K", "1.0M", "1.0M",
        ];
        assert_eq!(sizes.map(human), texts);
    }

    #[test]
    fn limits_and_rubbish() {
        assert_eq!(unsigned(b"0755", 8), Some(0o755));
        assert_eq!(unsigned(b"8", 8), None);
        assert_eq!(unsigned(b"", 10), None);
        assert_eq!(unsigned(b"4294967295", 10), Some(u32::MAX));
        assert_eq!(unsigned(b"4294967296", 10), None);
        assert_eq!(signed(b"-2147483648"), Some(i32::MIN));
        assert_eq!(signed(b"-2147483649"), None);
        assert_eq!(signed(b"2147483648"), None);
        assert_eq!(signed(b"+7"), Some(7));
        assert_eq!(signed(b"-"), None);
        assert_eq!(signed(b"1x"), None);
    }
}
