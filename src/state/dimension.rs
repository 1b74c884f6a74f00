//! What instruments are grouped by: sums per group are what concentration, greeks, rate
//! sensitivity, currency and ownership limits compare.

/// A way to group instruments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Dimension {
    /// Sector of the issuer.
    #[default]
    Sector = 0,
    /// Issuer of a security.
    Issuer = 1,
    /// Country of risk.
    Country = 2,
    /// Underlying of a derivative.
    Underlying = 3,
    /// Interest rate or credit curve.
    Curve = 4,
    /// Product of a derivative (all expiries of one contract).
    Product = 5,
    /// Each instrument by itself.
    Instrument = 6,
    /// Currency of the price.
    Currency = 7,
}

impl Dimension {
    /// Dimensions whose groups have names of their own; they come first.
    pub const NAMED: usize = 6;

    /// Names of the named dimensions, as keys of an instrument.
    pub const NAMES: [(Dimension, &'static str); 8] = [
        (Dimension::Sector, "sector"),
        (Dimension::Issuer, "issuer"),
        (Dimension::Country, "country"),
        (Dimension::Underlying, "underlying"),
        (Dimension::Curve, "curve"),
        (Dimension::Product, "product"),
        (Dimension::Instrument, "instrument"),
        (Dimension::Currency, "currency"),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        Dimension::NAMES[self as usize].1
    }
}
