//! A 256-bit signed integer: what exposures are summed in.
//!
//! Only what the gate needs: exact product of a signed 128-bit and an unsigned 128-bit number,
//! addition, subtraction, comparison, small multiples, and conversion for people. Sums wrap like
//! all two's complement numbers; `fixed` states the ranges that keep them from it.

use core::cmp::Ordering;

/// Signed 256-bit integer, two's complement: `high * 2^128 + low`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(C)]
pub struct Wide {
    /// Low 128 bits.
    pub low: u128,
    /// High 128 bits with the sign.
    pub high: i128,
}

impl Wide {
    /// Zero.
    pub const ZERO: Wide = Wide { low: 0, high: 0 };
    /// The largest number.
    pub const MAX: Wide = Wide { low: u128::MAX, high: i128::MAX };

    /// From a 128-bit number.
    #[inline]
    pub const fn from_i128(value: i128) -> Wide {
        Wide { low: value as u128, high: value >> 127 }
    }

    /// The exact product of `a` and `b`. `b` must be below 2^127.
    #[inline]
    pub const fn product(a: i128, b: u128) -> Wide {
        let magnitude = unsigned_product(a.unsigned_abs(), b);
        if a < 0 { magnitude.negated() } else { magnitude }
    }

    /// Sum, wrapping.
    #[inline]
    pub const fn plus(self, other: Wide) -> Wide {
        let (low, carry) = self.low.overflowing_add(other.low);
        Wide { low, high: self.high.wrapping_add(other.high).wrapping_add(carry as i128) }
    }

    /// Difference, wrapping.
    #[inline]
    pub const fn minus(self, other: Wide) -> Wide {
        let (low, borrow) = self.low.overflowing_sub(other.low);
        Wide { low, high: self.high.wrapping_sub(other.high).wrapping_sub(borrow as i128) }
    }

    /// The negative, wrapping.
    #[inline]
    pub const fn negated(self) -> Wide {
        Wide::ZERO.minus(self)
    }

    /// The magnitude.
    #[inline]
    pub const fn magnitude(self) -> Wide {
        if self.high < 0 { self.negated() } else { self }
    }

    /// Is it below zero?
    #[inline]
    pub const fn is_negative(self) -> bool {
        self.high < 0
    }

    /// Is it less than another? By the sign of the difference, which is cheaper than comparing; the
    /// two must be less than 2^255 apart.
    #[inline(always)]
    pub const fn is_below(self, other: Wide) -> bool {
        self.minus(other).is_negative()
    }

    /// `self × factor`, or `None` if it does not fit.
    #[inline]
    pub fn checked_times(self, factor: u64) -> Option<Wide> {
        let m = self.magnitude();
        let low = unsigned_product(m.low, factor as u128);
        let high = unsigned_product(m.high as u128, factor as u128);
        if high.high != 0 || high.low > i128::MAX as u128 {
            return None;
        }
        let top = (high.low as i128).checked_add(low.high)?;
        let magnitude = Wide { low: low.low, high: top };
        Some(if self.is_negative() { magnitude.negated() } else { magnitude })
    }

    /// Divides by a positive number; the quotient is rounded up (towards +∞) or down. Cold.
    pub fn divided(self, divisor: u64, round_up: bool) -> Wide {
        let m = self.magnitude();
        let limbs =
            [(m.high as u128 >> 64) as u64, m.high as u64, (m.low >> 64) as u64, m.low as u64];
        let mut quotient = [0u64; 4];
        let mut rest: u128 = 0;
        for (q, limb) in quotient.iter_mut().zip(limbs) {
            let current = (rest << 64) | u128::from(limb);
            *q = (current / u128::from(divisor)) as u64;
            rest = current % u128::from(divisor);
        }
        let mut result = Wide {
            low: (u128::from(quotient[2]) << 64) | u128::from(quotient[3]),
            high: ((u128::from(quotient[0]) << 64) | u128::from(quotient[1])) as i128,
        };
        // A magnitude rounds away from zero if that is the wanted direction.
        if rest != 0 && (round_up != self.is_negative()) {
            result = result.plus(Wide::from_i128(1));
        }
        if self.is_negative() { result.negated() } else { result }
    }

    /// Bits of a number that is not negative.
    const fn bits(self) -> u32 {
        match self.high {
            0 => 128 - self.low.leading_zeros(),
            high => 256 - (high as u128).leading_zeros(),
        }
    }

    /// ⌈self ÷ divisor⌉, at most `i64::MAX`; both are above zero. Cold: a step for each bit of the
    /// quotient.
    pub fn quotient_up(self, divisor: Wide) -> i64 {
        let first = self.bits().saturating_sub(divisor.bits());
        if first >= 63 {
            return i64::MAX;
        }
        let Some(mut part) = divisor.checked_times(1 << first) else { return i64::MAX };
        let (mut rest, mut quotient) = (self, 0u64);
        for bit in (0..=first).rev() {
            if part <= rest {
                rest = rest.minus(part);
                quotient |= 1 << bit;
            }
            part = Wide { low: (part.low >> 1) | (part.high as u128) << 127, high: part.high >> 1 };
        }
        i64::try_from(quotient + u64::from(rest != Wide::ZERO)).unwrap_or(i64::MAX)
    }

    /// Divides by 10^`places`. Cold.
    pub fn scaled_down(self, places: u32, round_up: bool) -> Wide {
        // Rounding of nested quotients in one direction equals rounding of the whole.
        let mut value = self;
        let mut left = places;
        while left > 0 {
            let step = left.min(19);
            value = value.divided(10u64.pow(step), round_up);
            left -= step;
        }
        value
    }

    /// The value as `i128`, if it fits.
    #[inline]
    pub const fn to_i128(self) -> Option<i128> {
        if self.high == (self.low as i128) >> 127 { Some(self.low as i128) } else { None }
    }

    /// The larger of two.
    #[inline]
    pub fn max(self, other: Wide) -> Wide {
        if self < other { other } else { self }
    }
}

impl Ord for Wide {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        self.high.cmp(&other.high).then(self.low.cmp(&other.low))
    }
}

impl PartialOrd for Wide {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[inline]
const fn unsigned_product(a: u128, b: u128) -> Wide {
    const MASK: u128 = u64::MAX as u128;
    let (a1, a0) = (a >> 64, a & MASK);
    let (b1, b0) = (b >> 64, b & MASK);
    let p00 = a0 * b0;
    let p01 = a0 * b1;
    let p10 = a1 * b0;
    let p11 = a1 * b1;
    let middle = (p00 >> 64) + (p01 & MASK) + (p10 & MASK);
    Wide {
        low: (p00 & MASK) | (middle << 64),
        high: (p11 + (p01 >> 64) + (p10 >> 64) + (middle >> 64)) as i128,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn product_of_the_largest_numbers() {
        let max = Wide::product(i128::MAX, u128::MAX >> 1);
        // (2^127 - 1)^2 = 2^254 - 2^128 + 1
        assert_eq!(max, Wide { low: 1, high: (1 << 126) - 1 });
        assert_eq!(Wide::product(i128::MIN, 1), Wide::from_i128(i128::MIN));
        assert_eq!(Wide::product(-7, 3).to_i128(), Some(-21));
    }

    #[test]
    fn sums_carry_over_the_middle() {
        let a = Wide { low: u128::MAX, high: 0 };
        assert_eq!(a.plus(Wide::from_i128(1)), Wide { low: 0, high: 1 });
        assert_eq!(a.plus(Wide::from_i128(1)).minus(Wide::from_i128(1)), a);
        assert!(Wide::from_i128(-1) < Wide::ZERO && Wide::ZERO < a);
        assert!(Wide::from_i128(-1).is_below(Wide::ZERO) && Wide::ZERO.is_below(a));
        assert!(!a.is_below(a) && !a.is_below(Wide::ZERO));
    }

    #[test]
    fn division_rounds_in_the_asked_direction() {
        for (value, up, want) in [
            (7, true, 4),
            (7, false, 3),
            (-7, true, -3),
            (-7, false, -4),
            (8, true, 4),
            (-8, false, -4),
        ] {
            assert_eq!(Wide::from_i128(value).divided(2, up).to_i128(), Some(want), "{value} {up}");
        }
        let big = Wide::product(i128::MAX, 10u128.pow(36));
        assert_eq!(big.scaled_down(36, false).to_i128(), Some(i128::MAX));
    }

    #[test]
    fn quotients_are_rounded_up_and_bounded() {
        let wide = Wide::from_i128;
        for (a, b, want) in
            [(1, 1, 1), (7, 2, 4), (8, 2, 4), (1, 1000, 1), (1 << 100, 1 << 90, 1024)]
        {
            assert_eq!(wide(a).quotient_up(wide(b)), want, "{a} / {b}");
        }
        let big = Wide::product(i128::MAX, 1 << 100);
        assert_eq!(big.quotient_up(big), 1);
        assert_eq!(big.plus(wide(1)).quotient_up(big), 2);
        assert_eq!(big.quotient_up(wide(1)), i64::MAX);
        let mut x = 1u64;
        for _ in 0..10_000 {
            x = x.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let (a, b) = (i128::from(x >> 8), i128::from(x % 9973 + 1));
            assert_eq!(i128::from(wide(a).quotient_up(wide(b))), (a + b - 1) / b);
        }
    }

    #[test]
    fn small_multiples_are_exact_or_refused() {
        assert_eq!(Wide::from_i128(-3).checked_times(10_000).unwrap().to_i128(), Some(-30_000));
        assert_eq!(Wide { low: 0, high: i128::MAX }.checked_times(2), None);
        let x = Wide { low: u128::MAX, high: 5 };
        assert_eq!(x.checked_times(3).unwrap(), x.plus(x).plus(x));
    }
}
