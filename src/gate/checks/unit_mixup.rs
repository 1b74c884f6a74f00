//! `unit_mixup`: the quantity looks like something else. Either it is more than k times the largest
//! quantity that makes sense in the instrument, or it is larger than that and equals, within one
//! percent, the value of the account's latest order: a notional typed into the quantity field (Citi,
//! 2 May 2022: 58 million in units instead of dollars).

use crate::abi::PRICE_UNDEFINED;
use crate::abi::codes::Check;
use crate::fixed::{Price, Qty, Wide, notional};
use crate::gate::checks::catalogue::CatalogueRow;
use crate::gate::outcome::{Breach, MeasureUnit};

/// Its row of the catalogue.
pub const ROW: CatalogueRow = CatalogueRow {
    check: Check::UnitMixup,
    family: 3,
    semantics: "quantity > k × the largest sane one, or a notional typed as quantity",
    unit: MeasureUnit::Qty,
    parameters: &[],
    source: "17 CFR 240.15c3-5(c)(1)(ii); FCA Final Notice, Citigroup Global Markets, 2024",
};

/// One, as a ratio.
const RATIO_ONE: i128 = 100_000_000;
/// Price 1e-9 × quantity 1e-8 × contract size 1e-8, less the 1e-8 of a quantity.
const VALUE_PER_QTY: u128 = 100_000_000_000_000_000;

/// What is known about the order and its instrument.
pub struct Sizes {
    /// Total quantity.
    pub qty: Qty,
    /// Largest quantity that makes sense; 0: not known, and the check is off.
    pub sane: Qty,
    /// Limit price, or the mark of what has none; undefined: neither.
    pub price: Price,
    /// Contract size, 1e-8.
    pub multiplier: i64,
    /// Quantity of the account's latest accepted order in the instrument; 0: none yet.
    pub latest: Qty,
}

/// A breach of `k` (1e-8) times the largest sane quantity, or of good sense.
pub fn check(sizes: &Sizes, k: i128) -> Option<Breach> {
    let (qty, sane) = (i128::from(sizes.qty), i128::from(sizes.sane));
    if sane == 0 {
        return None;
    }
    // A ratio beyond all quantities refuses none.
    let most = sane.saturating_mul(k);
    let beyond = |limit: i128| Breach {
        unit: MeasureUnit::Qty,
        observed: Wide::from_i128(qty),
        limit: Wide::from_i128(limit),
        ..Breach::bare(Check::UnitMixup)
    };
    if qty * RATIO_ONE > most {
        return Some(beyond(most / RATIO_ONE));
    }
    (qty > sane && equals_value(sizes)).then(|| beyond(sane))
}

/// Is the quantity, as a number, within one percent of the value of the latest order?
fn equals_value(sizes: &Sizes) -> bool {
    if sizes.latest == 0 || sizes.price == PRICE_UNDEFINED {
        return false;
    }
    let value = Wide::product(notional(sizes.price, sizes.latest), sizes.multiplier as u128);
    let value = value.magnitude();
    let typed = Wide::product(sizes.qty.into(), VALUE_PER_QTY);
    match (typed.checked_times(100), value.checked_times(99), value.checked_times(101)) {
        (Some(typed), Some(low), Some(high)) => low <= typed && typed <= high,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixed::{PRICE_ONE, QTY_ONE};

    fn sizes(qty: i64, latest: i64) -> Sizes {
        Sizes {
            qty: qty * QTY_ONE,
            sane: 1000 * QTY_ONE,
            price: 50 * PRICE_ONE,
            multiplier: QTY_ONE,
            latest: latest * QTY_ONE,
        }
    }

    #[test]
    fn k_times_the_sane_quantity_passes_and_more_does_not() {
        let ten = 10 * RATIO_ONE;
        assert!(check(&sizes(10_000, 0), ten).is_none());
        assert!(check(&sizes(10_001, 0), i128::MAX).is_none());
        let breach = check(&sizes(10_001, 0), ten).unwrap();
        assert_eq!(breach.limit, Wide::from_i128(i128::from(10_000 * QTY_ONE)));
    }

    #[test]
    fn the_value_of_the_latest_order_typed_as_quantity_is_noticed() {
        let k = 1_000_000 * RATIO_ONE;
        // 100 at 50 is worth 5,000; one percent is 50.
        for (qty, noticed) in
            [(4_949, false), (4_950, true), (5_000, true), (5_050, true), (5_051, false)]
        {
            assert_eq!(check(&sizes(qty, 100), k).is_some(), noticed, "{qty}");
        }
        // What is sane is never a mix-up: 10 at 50 is 500.
        assert!(check(&sizes(500, 10), k).is_none());
    }
}
