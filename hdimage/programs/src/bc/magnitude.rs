// SPDX-License-Identifier: GPL-2.0-or-later
//! Whole numbers of any length that are not negative.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Ordering;

/// Each place of a number has nine decimal digits.
const BASE: u64 = 1_000_000_000;
const DIGITS: usize = 9;

/// A number, its lowest place first; the highest place is not 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Magnitude(Vec<u32>);

impl Magnitude {
    /// A small number.
    pub fn new(value: u64) -> Magnitude {
        let mut rest = value;
        let mut places = Vec::new();
        while rest > 0 {
            places.push((rest % BASE) as u32);
            rest /= BASE;
        }
        Magnitude(places)
    }

    fn trimmed(mut places: Vec<u32>) -> Magnitude {
        while places.pop_if(|place| *place == 0).is_some() {}
        Magnitude(places)
    }

    pub fn is_zero(&self) -> bool {
        self.0.is_empty()
    }

    /// The number, if it is small.
    pub fn small(&self) -> Option<u64> {
        let digits =
            |value: u64, place: &u32| value.checked_mul(BASE)?.checked_add((*place).into());
        self.0.iter().rev().try_fold(0, digits)
    }

    /// How many decimal digits it has; 0 has none.
    pub fn digits(&self) -> usize {
        match self.0.last() {
            Some(last) => (self.0.len() - 1) * DIGITS + last.ilog10() as usize + 1,
            None => 0,
        }
    }

    /// Its decimal digits; none for 0.
    pub fn text(&self) -> String {
        let mut places = self.0.iter().rev();
        let mut text = places
            .next()
            .map_or_else(String::new, |first| format!("{first}"));
        places.for_each(|place| text.push_str(&format!("{place:0DIGITS$}")));
        text
    }

    pub fn add(&self, other: &Magnitude) -> Magnitude {
        let length = self.0.len().max(other.0.len());
        let mut sum = Vec::with_capacity(length + 1);
        let mut carry = 0;
        for index in 0..length {
            let place = |number: &Magnitude| u64::from(number.0.get(index).copied().unwrap_or(0));
            let value = place(self) + place(other) + carry;
            sum.push((value % BASE) as u32);
            carry = value / BASE;
        }
        sum.push(carry as u32);
        Magnitude::trimmed(sum)
    }

    /// The difference; `other` must not be larger.
    pub fn subtract(&self, other: &Magnitude) -> Magnitude {
        let mut difference = Vec::with_capacity(self.0.len());
        let mut borrow = 0;
        for (index, place) in self.0.iter().enumerate() {
            let other = u64::from(other.0.get(index).copied().unwrap_or(0)) + borrow;
            let place = u64::from(*place);
            borrow = u64::from(place < other);
            difference.push((place + borrow * BASE - other) as u32);
        }
        Magnitude::trimmed(difference)
    }

    pub fn multiply(&self, other: &Magnitude) -> Magnitude {
        let mut product = alloc::vec![0; self.0.len() + other.0.len()];
        for (low, a) in self.0.iter().enumerate() {
            let mut carry = 0;
            for (index, place) in product.iter_mut().skip(low).enumerate() {
                let b = match other.0.get(index) {
                    Some(&b) => u64::from(b),
                    None if carry == 0 => break,
                    None => 0,
                };
                let value = u64::from(*a) * b + u64::from(*place) + carry;
                *place = (value % BASE) as u32;
                carry = value / BASE;
            }
        }
        Magnitude::trimmed(product)
    }

    /// Times a power of ten.
    pub fn shift_up(&self, digits: usize) -> Magnitude {
        if self.is_zero() {
            return Magnitude::default();
        }
        let mut places = alloc::vec![0; digits / DIGITS];
        places.extend_from_slice(&self.0);
        let factor = 10u64.pow((digits % DIGITS) as u32);
        Magnitude(places).multiply(&Magnitude::new(factor))
    }

    /// Divided by a power of ten; what is behind the point is dropped.
    pub fn shift_down(&self, digits: usize) -> Magnitude {
        let rest = self.0.get(digits / DIGITS..).unwrap_or_default();
        let divisor = 10u64.pow((digits % DIGITS) as u32) as u32;
        Magnitude(rest.to_vec()).divide_small(divisor).0
    }

    /// Quotient and remainder.
    pub fn divide_small(&self, divisor: u32) -> (Magnitude, u32) {
        let mut quotient = alloc::vec![0; self.0.len()];
        let mut rest = 0;
        for (to, place) in quotient.iter_mut().zip(&self.0).rev() {
            let value = rest * BASE + u64::from(*place);
            *to = (value / u64::from(divisor)) as u32;
            rest = value % u64::from(divisor);
        }
        (Magnitude::trimmed(quotient), rest as u32)
    }

    /// Quotient and remainder (D. Knuth, "The Art of Computer Programming", 4.3.1, D). The
    /// divisor is not 0.
    pub fn divide(&self, divisor: &Magnitude) -> (Magnitude, Magnitude) {
        if let [single] = divisor.0.as_slice() {
            let (quotient, rest) = self.divide_small(*single);
            return (quotient, Magnitude::new(rest.into()));
        }
        if *self < *divisor {
            return (Magnitude::default(), self.clone());
        }
        // With a large highest place of the divisor, a guess is nearly always right.
        let highest = u64::from(divisor.0.last().copied().unwrap_or(1));
        let factor = BASE / (highest + 1);
        let mut rest = self.multiply(&Magnitude::new(factor)).0;
        let divisor = divisor.multiply(&Magnitude::new(factor)).0;
        let length = divisor.len();
        rest.resize(self.0.len() + 1, 0);
        let place =
            |places: &[u32], index: usize| u64::from(places.get(index).copied().unwrap_or(0));
        let (first, second) = (place(&divisor, length - 1), place(&divisor, length - 2));
        let mut quotient = alloc::vec![0; self.0.len() + 1 - length];
        for low in (0..quotient.len()).rev() {
            let top = place(&rest, low + length) * BASE + place(&rest, low + length - 1);
            let (mut guess, mut left) = (top / first, top % first);
            while guess >= BASE || guess * second > left * BASE + place(&rest, low + length - 2) {
                guess -= 1;
                left += first;
                if left >= BASE {
                    break;
                }
            }
            let mut borrow = 0;
            for index in 0..=length {
                let taken = guess * place(&divisor, index) + borrow;
                let here = &mut rest[low + index];
                borrow = taken / BASE;
                let taken = taken % BASE;
                if u64::from(*here) < taken {
                    borrow += 1;
                    *here += BASE as u32;
                }
                *here -= taken as u32;
            }
            if borrow > 0 {
                // One too much was taken.
                guess -= 1;
                let mut carry = 0;
                for index in 0..=length {
                    let value = place(&rest, low + index) + place(&divisor, index) + carry;
                    rest[low + index] = (value % BASE) as u32;
                    carry = value / BASE;
                }
            }
            quotient[low] = guess as u32;
        }
        let (rest, _) = Magnitude::trimmed(rest).divide_small(factor as u32);
        (Magnitude::trimmed(quotient), rest)
    }

    /// The whole part of the square root, by Newton's method.
    pub fn root(&self) -> Magnitude {
        if self.is_zero() {
            return Magnitude::default();
        }
        // No smaller than the root: from there on, each guess is smaller than the last.
        let mut guess = Magnitude::new(1).shift_up(self.digits().div_ceil(2));
        loop {
            let next = guess.add(&self.divide(&guess).0).divide_small(2).0;
            if next >= guess {
                return guess;
            }
            guess = next;
        }
    }
}

impl Ord for Magnitude {
    fn cmp(&self, other: &Magnitude) -> Ordering {
        let by_length = self.0.len().cmp(&other.0.len());
        by_length.then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }
}

impl PartialOrd for Magnitude {
    fn partial_cmp(&self, other: &Magnitude) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
