// SPDX-License-Identifier: GPL-2.0-or-later
//! Numbers from text.

/// The value of digits to the base 8 or 10, or `None` if there are none, other
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

#[cfg(test)]
mod tests {
    use super::*;

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
