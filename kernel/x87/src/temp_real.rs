// SPDX-License-Identifier: GPL-2.0-or-later
//! The format of the coprocessor's registers: 80 bits, "temporary real" or
//! double extended (0.12: `temp_real`; Intel SDM vol. 1, 4.2.2 and 8.2).
//!
//! ```text
//! bit 79    78..64                    63           62..0
//!     sign  exponent, biased 16383    integer bit  fraction
//! ```
//!
//! Unlike the formats of 32 and 64 bits, this one has the integer bit. So a number may
//! also be badly made: an exponent without integer bit is
//! [`Value::Unsupported`].
#![forbid(unsafe_code)]

/// What is added to an exponent so that it is positive.
pub const BIAS: i32 = 16383;
/// The exponent field of infinities and of what is no number.
const TOP_EXPONENT: u16 = 0x7FFF;
const SIGN: u16 = 0x8000;
const INTEGER_BIT: u64 = 1 << 63;
/// The bit that is set in a quiet NaN, and clear in a signalling one.
const QUIET_BIT: u64 = 1 << 62;

/// A register's 80 bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TempReal {
    /// Integer bit and fraction.
    pub significand: u64,
    /// Sign and biased exponent.
    pub sign_exponent: u16,
}

/// What the bits mean; the sign is apart ([`TempReal::is_negative`]).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Value {
    /// Zero.
    Zero,
    /// Any other number.
    Finite(Finite),
    /// Infinity.
    Infinity,
    /// No number.
    Nan,
    /// Bits without integer bit, which mean nothing since the 387.
    Unsupported,
}

/// significand · 2^(exponent - 63), with the highest bit of the significand
/// set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Finite {
    /// The exponent of the highest bit.
    pub exponent: i32,
    /// The significand, whose highest bit is set.
    pub significand: u64,
}

impl TempReal {
    /// How many bytes it has in memory.
    pub const SIZE: usize = 10;
    /// +0.
    pub const ZERO: TempReal = TempReal::new(false, 0, 0);
    /// +1.
    pub const ONE: TempReal = TempReal::new(false, BIAS as u16, INTEGER_BIT);
    /// The answer to an invalid operation: a quiet NaN, "real indefinite".
    pub const INDEFINITE: TempReal = TempReal::new(true, TOP_EXPONENT, INTEGER_BIT | QUIET_BIT);

    /// A number of these fields. `exponent` is biased and below 8000h.
    pub const fn new(negative: bool, exponent: u16, significand: u64) -> TempReal {
        let sign = if negative { SIGN } else { 0 };
        TempReal {
            significand,
            sign_exponent: sign | exponent,
        }
    }

    /// Zero with a sign.
    pub const fn zero(negative: bool) -> TempReal {
        TempReal::new(negative, 0, 0)
    }

    /// Infinity with a sign.
    pub const fn infinity(negative: bool) -> TempReal {
        TempReal::new(negative, TOP_EXPONENT, INTEGER_BIT)
    }

    /// The number that these bytes are in memory.
    pub fn from_bytes(bytes: [u8; Self::SIZE]) -> TempReal {
        let [s0, s1, s2, s3, s4, s5, s6, s7, e0, e1] = bytes;
        TempReal {
            significand: u64::from_le_bytes([s0, s1, s2, s3, s4, s5, s6, s7]),
            sign_exponent: u16::from_le_bytes([e0, e1]),
        }
    }

    /// The bytes that the number is in memory.
    pub fn to_bytes(self) -> [u8; Self::SIZE] {
        let [s0, s1, s2, s3, s4, s5, s6, s7] = self.significand.to_le_bytes();
        let [e0, e1] = self.sign_exponent.to_le_bytes();
        [s0, s1, s2, s3, s4, s5, s6, s7, e0, e1]
    }

    /// The sign.
    pub const fn is_negative(self) -> bool {
        self.sign_exponent & SIGN != 0
    }

    /// The biased exponent.
    pub const fn exponent(self) -> u16 {
        self.sign_exponent & !SIGN
    }

    /// The number with this sign.
    pub fn with_sign(self, negative: bool) -> TempReal {
        TempReal::new(negative, self.exponent(), self.significand)
    }

    /// What it means.
    pub fn value(self) -> Value {
        let has_integer_bit = self.significand & INTEGER_BIT != 0;
        match self.exponent() {
            0 if self.significand == 0 => Value::Zero,
            0 => {
                // This is the lowest exponent too, with the integer bit or without it.
                let zeros = self.significand.leading_zeros();
                Value::Finite(Finite {
                    exponent: 1 - BIAS - zeros as i32,
                    significand: self.significand << zeros,
                })
            }
            _ if !has_integer_bit => Value::Unsupported,
            TOP_EXPONENT if self.significand == INTEGER_BIT => Value::Infinity,
            TOP_EXPONENT => Value::Nan,
            exponent => Value::Finite(Finite {
                exponent: i32::from(exponent) - BIAS,
                significand: self.significand,
            }),
        }
    }

    /// Whether it is below the smallest number with full precision, but not zero.
    pub fn is_denormal(self) -> bool {
        self.exponent() == 0 && self.significand != 0
    }

    /// Whether it is a NaN.
    pub fn is_nan(self) -> bool {
        self.value() == Value::Nan
    }

    /// Whether it is a NaN that is an invalid operand everywhere.
    pub fn is_signalling(self) -> bool {
        self.is_nan() && self.significand & QUIET_BIT == 0
    }

    /// The NaN, made quiet.
    pub fn quieted(self) -> TempReal {
        TempReal {
            significand: self.significand | QUIET_BIT,
            ..self
        }
    }
}
