//! Fixed-point numbers: ranges, scales and checked arithmetic. No floating point, anywhere.
//!
//! | quantity | type | unit | range |
//! |---|---|---|---|
//! | [`Price`] | `i64` | 1e-9 of the instrument's currency | ±9,223,372,036; `i64::MAX` is undefined |
//! | [`Qty`] | `i64` | 1e-8 of a contract or share | ±92,233,720,368 |
//! | [`Notional`] | `i128` | 1e-17, price × quantity, before the multiplier | exact product of both |
//! | [`Money`] | `i128` | 1e-17 of a currency: limits, equity | ±1.7e21 |
//! | [`Rate`] | `i64` | 1e-9 base per unit of a currency | > 0 |
//! | [`Unit`] | `u128` | 1e-19: multiplier × rate (× 1/100 for minor units) | ≤ [`UNIT_MAX`] |
//! | [`wide::Wide`] | 256 bit | 1e-36 of the base currency: every exposure | sums of 2^24 of the largest products fit, see [`UNIT_MAX`] |
//!
//! An exposure is `Notional × Unit`, a 256-bit product without rounding: releasing what was
//! reserved is exact to the last digit, and a limit compares exactly.

pub mod decimal;
pub mod wide;

pub use wide::Wide;

/// Price in 1e-9 of the instrument's currency.
pub type Price = i64;
/// Quantity in 1e-8 of a contract or share.
pub type Qty = i64;
/// Price × quantity in 1e-17, before multiplier and currency.
pub type Notional = i128;
/// Amount in 1e-17 of a currency.
pub type Money = i128;
/// Base currency per unit of a currency, in 1e-9.
pub type Rate = i64;
/// Base value of one contract at price 1, in 1e-19.
pub type Unit = u128;

/// Decimal places of [`Price`].
pub const PRICE_PLACES: u32 = 9;
/// Decimal places of [`Qty`] and of multipliers.
pub const QTY_PLACES: u32 = 8;
/// Decimal places of [`Money`].
pub const MONEY_PLACES: u32 = 17;
/// Decimal places of [`Rate`].
pub const RATE_PLACES: u32 = 9;
/// Decimal places of [`wide::Wide`].
pub const WIDE_PLACES: u32 = 36;

/// One, as a [`Price`].
pub const PRICE_ONE: Price = 1_000_000_000;
/// One, as a [`Qty`].
pub const QTY_ONE: Qty = 100_000_000;
/// Factor from [`Money`] to [`wide::Wide`]: 1e19.
pub const WIDE_PER_MONEY: u128 = 10_000_000_000_000_000_000;
/// Largest [`Unit`]: 1e12 base per contract and price unit. Keeps |Notional × Unit| below 2^230,
/// so that sums over 2^24 orders and factors of 10,000 (basis points) fit 255 bits.
pub const UNIT_MAX: Unit = 10_000_000_000_000_000_000_000_000_000_000;

/// Price × quantity. Cannot overflow: 63 + 63 bits.
#[inline(always)]
pub const fn notional(price: Price, qty: Qty) -> Notional {
    price as i128 * qty as i128
}

/// Money as an exposure, exact.
#[inline]
pub fn wide_from_money(money: Money) -> Wide {
    Wide::product(money, WIDE_PER_MONEY)
}
