// SPDX-License-Identifier: GPL-2.0-or-later
//! Decimal numbers with any number of digits before and behind the point.

use super::magnitude::Magnitude;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Ordering;

/// The most digits of a number: more would take all memory.
const MOST: usize = 1_000_000;

/// A number: its digits without the point, and how many of them are behind it.
#[derive(Clone, Debug, Default)]
pub struct Decimal {
    negative: bool,
    digits: Magnitude,
    scale: usize,
}

impl Decimal {
    fn new(negative: bool, digits: Magnitude, scale: usize) -> Decimal {
        Decimal {
            // 0 has no sign.
            negative: negative && !digits.is_zero(),
            digits,
            scale,
        }
    }

    /// A whole number.
    pub fn whole(value: u64) -> Decimal {
        Decimal::new(false, Magnitude::new(value), 0)
    }

    /// Reads digits, `A` to `F` among them, with a point perhaps.
    pub fn parse(text: &str, base: u32) -> Decimal {
        let places = text.bytes().filter(|byte| *byte != b'.').count();
        let scale = text.find('.').map_or(0, |point| text.len() - point - 1);
        let digit = |byte: u8| char::from(byte).to_digit(16).unwrap_or(0);
        let mut digits = Magnitude::default();
        for byte in text.bytes().filter(|byte| *byte != b'.') {
            // A digit that the base does not have counts as its highest, but a lone one as
            // itself.
            let value = match places {
                1 => digit(byte),
                _ => digit(byte).min(base - 1),
            };
            digits = digits.multiply(&Magnitude::new(base.into()));
            digits = digits.add(&Magnitude::new(value.into()));
        }
        if base == 10 {
            return Decimal::new(false, digits, scale);
        }
        let mut divisor = Magnitude::new(1);
        for _ in 0..scale {
            divisor = divisor.multiply(&Magnitude::new(base.into()));
        }
        Decimal::new(false, digits.shift_up(scale).divide(&divisor).0, scale)
    }

    /// How many digits are behind the point.
    pub fn scale(&self) -> usize {
        self.scale
    }

    /// How many digits there are at all; 0 has one.
    pub fn length(&self) -> usize {
        self.digits.digits().max(self.scale).max(1)
    }

    pub fn is_zero(&self) -> bool {
        self.digits.is_zero()
    }

    pub fn is_negative(&self) -> bool {
        self.negative
    }

    /// With so many digits behind the point; what is more is dropped.
    pub fn with_scale(&self, scale: usize) -> Decimal {
        let digits = match scale >= self.scale {
            true => self.digits.shift_up(scale - self.scale),
            false => self.digits.shift_down(self.scale - scale),
        };
        Decimal::new(self.negative, digits, scale)
    }

    /// The whole part, if it is small and not negative.
    pub fn small(&self) -> Option<usize> {
        let whole = self.with_scale(0);
        let small = usize::try_from(whole.digits.small()?).ok();
        small.filter(|_| !whole.negative)
    }

    pub fn negated(&self) -> Decimal {
        Decimal::new(!self.negative, self.digits.clone(), self.scale)
    }

    pub fn add(&self, other: &Decimal) -> Decimal {
        let scale = self.scale.max(other.scale);
        let (a, b) = (self.with_scale(scale), other.with_scale(scale));
        if a.negative == b.negative {
            return Decimal::new(a.negative, a.digits.add(&b.digits), scale);
        }
        match a.digits >= b.digits {
            true => Decimal::new(a.negative, a.digits.subtract(&b.digits), scale),
            false => Decimal::new(b.negative, b.digits.subtract(&a.digits), scale),
        }
    }

    pub fn subtract(&self, other: &Decimal) -> Decimal {
        self.add(&other.negated())
    }

    /// The product, with no more digits than `scale` or the longer of both has.
    pub fn multiply(&self, other: &Decimal, scale: usize) -> Decimal {
        let product = self.digits.multiply(&other.digits);
        let full = self.scale + other.scale;
        let product = Decimal::new(self.negative != other.negative, product, full);
        product.with_scale(full.min(scale.max(self.scale).max(other.scale)))
    }

    /// The quotient with `scale` digits; None if the divisor is 0.
    pub fn divide(&self, other: &Decimal, scale: usize) -> Option<Decimal> {
        if other.is_zero() {
            return None;
        }
        let digits = match scale + other.scale >= self.scale {
            true => self.digits.shift_up(scale + other.scale - self.scale),
            false => self.digits.shift_down(self.scale - scale - other.scale),
        };
        let quotient = digits.divide(&other.digits).0;
        Some(Decimal::new(
            self.negative != other.negative,
            quotient,
            scale,
        ))
    }

    /// What a division leaves.
    pub fn remainder(&self, other: &Decimal, scale: usize) -> Option<Decimal> {
        let quotient = self.divide(other, scale)?;
        let full = self.scale.max(scale + other.scale);
        let product = quotient.multiply(other, full);
        Some(self.subtract(&product).with_scale(full))
    }

    /// The power with a whole exponent; None if that is too much.
    pub fn power(&self, exponent: &Decimal, scale: usize) -> Option<Decimal> {
        let count = exponent.with_scale(0);
        let mut left = usize::try_from(count.digits.small()?).ok()?;
        if left.checked_mul(self.length())? > MOST && !self.is_zero() && self.length() > 1 {
            return None;
        }
        if left > 8 * MOST {
            return None;
        }
        let full = match count.negative {
            true => scale,
            false => (self.scale * left).min(scale.max(self.scale)),
        };
        let mut base = self.clone();
        let mut result = Decimal::whole(1);
        while left > 0 {
            let exact = |a: &Decimal, b: &Decimal| a.multiply(b, a.scale + b.scale);
            if left % 2 == 1 {
                result = exact(&result, &base);
            }
            left /= 2;
            if left > 0 {
                base = exact(&base, &base);
            }
        }
        match count.negative {
            true => Decimal::whole(1).divide(&result, scale),
            false => Some(result.with_scale(full)),
        }
    }

    /// The square root; None of what is negative.
    pub fn root(&self, scale: usize) -> Option<Decimal> {
        if self.negative {
            return None;
        }
        let scale = scale.max(self.scale);
        let digits = self.digits.shift_up(2 * scale - self.scale);
        Some(Decimal::new(false, digits.root(), scale))
    }

    pub fn compare(&self, other: &Decimal) -> Ordering {
        let difference = self.subtract(other);
        match (difference.is_zero(), difference.negative) {
            (true, _) => Ordering::Equal,
            (_, true) => Ordering::Less,
            _ => Ordering::Greater,
        }
    }

    /// As text to some base.
    pub fn text(&self, base: u32) -> String {
        if self.is_zero() {
            return "0".into();
        }
        let sign = if self.negative { "-" } else { "" };
        if base == 10 {
            let digits = format!("{:0>1$}", self.digits.text(), self.scale);
            let (whole, fraction) = digits.split_at(digits.len() - self.scale);
            let point = if self.scale > 0 { "." } else { "" };
            return format!("{sign}{whole}{point}{fraction}");
        }
        let unit = Magnitude::new(1).shift_up(self.scale);
        let (mut whole, mut fraction) = self.digits.divide(&unit);
        let mut places = Vec::new();
        while !whole.is_zero() {
            let (quotient, digit) = whole.divide_small(base);
            places.push(digit);
            whole = quotient;
        }
        let digit = |digit: u32| match base {
            0..=16 => format!("{digit:X}"),
            // Each place is a decimal number of its own.
            _ => format!(" {digit:00$}", format!("{}", base - 1).len()),
        };
        let mut text: String = places.iter().rev().map(|place| digit(*place)).collect();
        if self.scale > 0 {
            text.push('.');
            // As many places as tell all that the decimal ones do.
            let factor = Magnitude::new(base.into());
            let mut precision = Magnitude::new(1);
            while precision.digits() <= self.scale {
                fraction = fraction.multiply(&factor);
                let (place, rest) = fraction.divide(&unit);
                text.push_str(&digit(place.small().unwrap_or(0) as u32));
                fraction = rest;
                precision = precision.multiply(&factor);
            }
        }
        format!("{sign}{text}")
    }
}
