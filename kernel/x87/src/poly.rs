// SPDX-License-Identifier: GPL-2.0-or-later
//! Power series in fixed point, for the functions that cannot be computed
//! exactly. A `u128` is a fraction below 1, in units of 2^-128; the sums and
//! their coefficients are below 2, in units of 2^-127. Errors stay below
//! 2^-120, so that after rounding to 64 bits the result is the nearest number
//! in all but one of some 2^50 cases.
#![forbid(unsafe_code)]

use super::round::{Wide, shift_right_sticky};

/// 1 in units of 2^-127.
pub const ONE: u128 = 1 << 127;

/// The upper half of a product, up to three units too small.
pub fn multiply_high(a: u128, b: u128) -> u128 {
    let half = u128::from(u64::MAX);
    let (a_high, a_low) = (a >> 64, a & half);
    let (b_high, b_low) = (b >> 64, b & half);
    a_high * b_high + ((a_high * b_low) >> 64) + ((a_low * b_high) >> 64)
}

/// c0 + c1·z + c2·z² + ...
pub fn sum(z: u128, coefficients: &[u128]) -> u128 {
    coefficients
        .iter()
        .rev()
        .fold(0, |sum, coefficient| coefficient + multiply_high(sum, z))
}

/// c0 - c1·z + c2·z² - ...; no coefficient is larger than the one before.
pub fn alternating_sum(z: u128, coefficients: &[u128]) -> u128 {
    coefficients
        .iter()
        .rev()
        .fold(0, |sum, coefficient| coefficient - multiply_high(sum, z))
}

/// 1/first!, 1/(first + step)!, 1/(first + 2·step)! ...
pub const fn inverse_factorials<const N: usize>(first: u128, step: u128) -> [u128; N] {
    let mut table = [0; N];
    let (mut index, mut term, mut n) = (0, ONE, first);
    while index < N {
        table[index] = term;
        let next = n + step;
        while n < next {
            n += 1;
            term /= n;
        }
        index += 1;
    }
    table
}

/// 1, 1/3, 1/5 ...
pub const fn inverse_odd_numbers<const N: usize>() -> [u128; N] {
    let mut table = [0; N];
    let mut index = 0;
    while index < N {
        table[index] = ONE / (2 * index as u128 + 1);
        index += 1;
    }
    table
}

impl Wide {
    /// A number below 1, without its sign, in units of 2^-128.
    pub fn fraction(&self) -> u128 {
        shift_right_sticky(self.significand, self.exponent.abs_diff(-1))
    }

    /// This, multiplied by a factor below 2, in units of 2^-127, which is not 0.
    pub fn times(self, factor: u128) -> Wide {
        self.product(factor, self.exponent + 1)
    }

    /// This, multiplied by another.
    pub fn times_wide(self, other: Wide) -> Wide {
        let product = self.product(other.significand, self.exponent + other.exponent + 1);
        Wide {
            negative: self.negative != other.negative,
            ..product
        }
    }

    fn product(self, factor: u128, exponent: i32) -> Wide {
        let product = multiply_high(self.significand, factor);
        // What is cut off is zero only if the lower halves were zero.
        let inexact = (self.significand | factor) << 64 != 0;
        Wide::new(self.negative, exponent, product | u128::from(inexact)).unwrap_or(self)
    }

    /// This, divided by another, to all bits.
    pub fn divided_by(self, other: Wide) -> Wide {
        super::div::quotient(
            self.negative != other.negative,
            self.exponent - other.exponent,
            self.significand >> 1,
            other.significand >> 1,
            128,
        )
    }
}
