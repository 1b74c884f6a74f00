//! Decimal text ↔ scaled integers, exact. Excess precision is an error, never rounded away.

use super::Wide;

/// Why a decimal text was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecimalError {
    /// Not of the form `-123.45`.
    Malformed,
    /// More decimal places than the unit has.
    TooPrecise,
    /// Does not fit the type.
    OutOfRange,
}

impl core::fmt::Display for DecimalError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            DecimalError::Malformed => "is not a decimal number such as 123.45",
            DecimalError::TooPrecise => "has more decimal places than can be represented",
            DecimalError::OutOfRange => "is out of range",
        })
    }
}

/// Parses decimal text into an integer in units of 10^-`places`. A sign, underscores between
/// digits and trailing zeros are allowed; exponents are not.
pub fn parse_i128(text: &str, places: u32) -> Result<i128, DecimalError> {
    let (negative, digits) = match text.as_bytes() {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        all => (false, all),
    };
    let mut value: i128 = 0;
    let mut fraction: Option<u32> = None;
    let mut seen = false;
    let mut previous = b'_';
    for &byte in digits {
        match byte {
            b'0'..=b'9' => {
                seen = true;
                let digit = i128::from(byte - b'0');
                if let Some(n) = fraction {
                    if n == places {
                        if digit != 0 {
                            return Err(DecimalError::TooPrecise);
                        }
                        previous = byte;
                        continue;
                    }
                    fraction = Some(n + 1);
                }
                value = value
                    .checked_mul(10)
                    .and_then(|v| v.checked_add(digit))
                    .ok_or(DecimalError::OutOfRange)?;
            }
            b'.' if fraction.is_none() => fraction = Some(0),
            b'_' if previous.is_ascii_digit() => {}
            _ => return Err(DecimalError::Malformed),
        }
        previous = byte;
    }
    if !seen || previous == b'_' || previous == b'.' {
        return Err(DecimalError::Malformed);
    }
    let missing = places - fraction.unwrap_or(0);
    let value = 10i128
        .checked_pow(missing)
        .and_then(|factor| value.checked_mul(factor))
        .ok_or(DecimalError::OutOfRange)?;
    Ok(if negative { -value } else { value })
}

/// Like [`parse_i128`] for numbers that fit 64 bits.
pub fn parse_i64(text: &str, places: u32) -> Result<i64, DecimalError> {
    i64::try_from(parse_i128(text, places)?).map_err(|_| DecimalError::OutOfRange)
}

/// Formats an integer in units of 10^-`places` without trailing zeros.
pub fn format_i128(value: i128, places: u32) -> String {
    format_digits(value.unsigned_abs().to_string(), value < 0, places)
}

/// Formats a 256-bit integer in units of 10^-`places` without trailing zeros.
pub fn format_wide(value: Wide, places: u32) -> String {
    let mut rest = value.magnitude();
    let mut groups = Vec::new();
    const GROUP: u64 = 1_000_000_000_000_000_000;
    while rest != Wide::ZERO {
        let quotient = rest.divided(GROUP, false);
        let back = quotient.checked_times(GROUP).expect("quotient × divisor ≤ value");
        groups.push(rest.minus(back).low as u64);
        rest = quotient;
    }
    let mut digits = groups.pop().unwrap_or(0).to_string();
    for group in groups.iter().rev() {
        digits.push_str(&format!("{group:018}"));
    }
    format_digits(digits, value.is_negative(), places)
}

fn format_digits(digits: String, negative: bool, places: u32) -> String {
    let places = places as usize;
    let padded = if digits.len() <= places {
        format!("{}{}", "0".repeat(places + 1 - digits.len()), digits)
    } else {
        digits
    };
    let (whole, fraction) = padded.split_at(padded.len() - places);
    let fraction = fraction.trim_end_matches('0');
    let sign = if negative && padded.bytes().any(|b| b != b'0') { "-" } else { "" };
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

/// Inserts thousands separators into the whole part of a decimal text: `1234567.8` → `1,234,567.8`.
pub fn group_thousands(text: &str) -> String {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text),
    };
    let (whole, fraction) = match rest.split_once('.') {
        Some((w, f)) => (w, Some(f)),
        None => (rest, None),
    };
    let mut out = String::from(sign);
    for (i, c) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    if let Some(f) = fraction {
        out.push('.');
        out.push_str(f);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_parse_exactly_or_not_at_all() {
        assert_eq!(parse_i128("187.25", 9), Ok(187_250_000_000));
        assert_eq!(parse_i128("-37.63", 2), Ok(-3763));
        assert_eq!(parse_i128("1_000_000", 0), Ok(1_000_000));
        assert_eq!(parse_i128("1.50", 1), Ok(15));
        assert_eq!(parse_i128("1.55", 1), Err(DecimalError::TooPrecise));
        for bad in ["", "-", ".", "1.", "1e5", "1,5", "_1", "1_", "1__0", "0x10", " 1", "1..2"] {
            assert_eq!(parse_i128(bad, 2), Err(DecimalError::Malformed), "{bad:?}");
        }
        assert_eq!(parse_i64("9223372036.854775807", 9), Ok(i64::MAX));
        assert_eq!(parse_i64("9223372036.854775808", 9), Err(DecimalError::OutOfRange));
    }

    #[test]
    fn texts_format_without_noise() {
        assert_eq!(format_i128(187_250_000_000, 9), "187.25");
        assert_eq!(format_i128(-5, 2), "-0.05");
        assert_eq!(format_i128(0, 9), "0");
        let wide = Wide::product(-123_456_789, 10u128.pow(36));
        assert_eq!(format_wide(wide, 40), "-12345.6789");
        assert_eq!(format_wide(Wide::ZERO, 36), "0");
        assert_eq!(group_thousands("-1234567.5"), "-1,234,567.5");
    }
}
