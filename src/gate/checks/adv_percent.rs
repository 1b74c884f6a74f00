//! `adv_percent`: the quantity is a larger share of the instrument's average daily volume than the
//! limit allows. Below a floor of that volume the check is off, because a share of next to nothing
//! says nothing; without a floor an unknown volume counts as zero and refuses every quantity.

use crate::abi::codes::Check;
use crate::fixed::{Qty, Wide};
use crate::gate::checks::catalogue::{CatalogueRow, Parameter};
use crate::gate::outcome::{Breach, MeasureUnit};
use crate::state::defaults::Number;

/// Its row of the catalogue.
pub const ROW: CatalogueRow = CatalogueRow {
    check: Check::AdvPercent,
    family: 3,
    semantics: "total quantity > percent of the average daily volume",
    unit: MeasureUnit::Qty,
    parameters: &[Parameter::Floor(Number::Qty), Parameter::Sessions],
    source: "17 CFR 240.15c3-5(c)(1)(ii); venue ADV controls",
};

/// A percent is given in 1e-6: this many are the whole.
const WHOLE: i128 = 100_000_000;

/// A breach of `percent_micro` (1e-6 percent) of the volume `adv`.
pub fn check(qty: Qty, adv: Qty, percent_micro: i128, floor: i128) -> Option<Breach> {
    if i128::from(adv) < floor {
        return None;
    }
    let share = i128::from(adv).saturating_mul(percent_micro);
    (i128::from(qty) * WHOLE > share).then(|| Breach {
        unit: MeasureUnit::Qty,
        observed: Wide::from_i128(qty.into()),
        limit: Wide::from_i128(share / WHOLE),
        ..Breach::bare(Check::AdvPercent)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_the_share_passes_and_a_small_volume_is_not_looked_at() {
        let five_percent = 5_000_000;
        assert_eq!(check(50, 1000, five_percent, 0), None);
        assert_eq!(check(51, 1000, five_percent, 0).unwrap().limit, Wide::from_i128(50));
        assert_eq!(check(51, 1000, five_percent, 1001), None);
        assert!(check(51, 1000, five_percent, 1000).is_some());
        assert!(check(1, 0, five_percent, 0).is_some(), "no volume known, no floor");
        assert_eq!(check(1, 0, five_percent, 1), None);
        assert_eq!(check(i64::MAX - 1, i64::MAX, i128::MAX, 0), None);
        assert!(check(i64::MAX - 1, i64::MAX, five_percent, 0).is_some());
    }
}
