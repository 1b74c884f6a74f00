//! Decimal numbers of the reference gate: `rust_decimal`, with every operation proven exact.
//!
//! It never rounds: an operation that would lose a digit panics, so that the generators' ranges
//! are part of what the tests check.

use riskgate::fixed::Wide;
pub use rust_decimal::Decimal;

/// `mantissa × 10^-places`, without trailing zeros.
pub fn dec(mut mantissa: i128, mut places: u32) -> Decimal {
    while places > 0 && mantissa % 10 == 0 {
        mantissa /= 10;
        places -= 1;
    }
    Decimal::try_from_i128_with_scale(mantissa, places).expect("the generator keeps 28 digits")
}

/// A price in 1e-9.
pub fn price(value: i64) -> Decimal {
    dec(i128::from(value), 9)
}

/// A quantity in 1e-8.
pub fn qty(value: i128) -> Decimal {
    dec(value, 8)
}

/// Exact product.
pub fn mul(a: Decimal, b: Decimal) -> Decimal {
    if a.is_zero() || b.is_zero() {
        return Decimal::ZERO;
    }
    let (a, b) = (a.normalize(), b.normalize());
    if let Some(shifted) = shifted(a, b).or_else(|| shifted(b, a)) {
        return shifted;
    }
    let product = a.checked_mul(b).expect("the product fits 28 digits");
    assert_eq!(product.scale(), a.scale() + b.scale(), "{a} × {b} lost digits");
    product
}

/// `a × by`, if `by` is a power of ten and only moves the point: no digit more.
fn shifted(mut a: Decimal, by: Decimal) -> Option<Decimal> {
    let places = (1..=a.scale().min(28)).find(|n| by == Decimal::from(10i128.pow(*n)))?;
    a.set_scale(a.scale() - places).ok()?;
    Some(a)
}

/// Exact sum.
pub fn add(a: Decimal, b: Decimal) -> Decimal {
    if a.is_zero() {
        return b;
    }
    if b.is_zero() {
        return a;
    }
    let sum = a.checked_add(b).expect("the sum fits 28 digits");
    assert!(sum.is_zero() || sum.scale() == a.scale().max(b.scale()), "{a} + {b} lost digits");
    sum
}

/// Exact difference.
pub fn sub(a: Decimal, b: Decimal) -> Decimal {
    add(a, -b)
}

/// The number in units of 10^-`places`, exact.
pub fn wide(value: Decimal, places: u32) -> Wide {
    let value = value.normalize();
    assert!(value.scale() <= places, "{value} has more than {places} decimal places");
    Wide::product(value.mantissa(), 10u128.pow(places - value.scale()))
}

/// The same, rounded up where the number has more places, as verdicts do with what they observe.
pub fn wide_up(value: Decimal, places: u32) -> Wide {
    let value = value.normalize();
    if value.scale() <= places {
        return wide(value, places);
    }
    let step = 10i128.pow(value.scale() - places);
    let up = value.mantissa().div_euclid(step) + i128::from(value.mantissa().rem_euclid(step) != 0);
    Wide::from_i128(up)
}

/// `a × 10^shift ÷ b` rounded up, for a positive `b`.
pub fn ratio_up(a: Decimal, b: Decimal, shift: u32) -> i128 {
    let (a, b) = (a.normalize(), b.normalize());
    let scale = a.scale().max(b.scale());
    let up = |d: Decimal, more: u32| {
        d.mantissa().checked_mul(10i128.pow(scale - d.scale() + more)).expect("fits 38 digits")
    };
    let (numerator, denominator) = (up(a, shift), up(b, 0));
    let quotient = numerator.div_euclid(denominator);
    quotient + i128::from(numerator.rem_euclid(denominator) != 0)
}
