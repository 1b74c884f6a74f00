//! `fx_position`: net open position of each currency from the legs of FX pairs, in the worse case
//! over any subset of open orders. A pair buys its base currency and pays with that of its price;
//! the firm's own base currency is not limited, and instruments that are no pairs do not count.

use crate::abi::codes::Check;
use crate::gate::checks::catalogue::{CatalogueRow, Parameter};
use crate::gate::outcome::MeasureUnit;
use crate::gate::plan::Plan;
use crate::state::instruments::Instrument;

/// Its row of the catalogue.
pub const ROW: CatalogueRow = CatalogueRow {
    check: Check::FxPosition,
    family: 5,
    semantics: "|Σ legs of FX pairs| of a currency > limit",
    unit: MeasureUnit::Money,
    parameters: &[Parameter::Soft, Parameter::Currency],
    source: "Prime brokers' net open position",
};

/// Can a leg of a pair not be valued: no mark, or no rate of its currency?
pub fn lacks_value(plan: &Plan, instrument: &Instrument, leg: usize) -> bool {
    plan.mark.is_none() || !instrument.weights.has_leg_rate(leg)
}
