//! `option_greeks`: net delta (at the value of the underlying), gamma or vega of each underlying,
//! in the worse case over any subset of open orders. Delta counts at least its floor.

use crate::abi::codes::Check;
use crate::gate::checks::catalogue::{CatalogueRow, Parameter};
use crate::gate::outcome::MeasureUnit;
use crate::state::instruments::Instrument;
use crate::state::limit::Variant;

/// Its row of the catalogue.
pub const ROW: CatalogueRow = CatalogueRow {
    check: Check::OptionGreeks,
    family: 5,
    semantics: "|Σ delta × value|, |Σ gamma| or |Σ vega| of an underlying > limit",
    unit: MeasureUnit::Money,
    parameters: &[
        Parameter::Soft,
        Parameter::Variant(
            "variant",
            &[(Variant::Default, "delta"), (Variant::Gamma, "gamma"), (Variant::Vega, "vega")],
        ),
    ],
    source: "CME pre-trade risk: options count by delta",
};

/// Is delta counted at the instrument's own mark?
pub fn needs_mark(variant: Variant, instrument: &Instrument) -> bool {
    variant == Variant::Default && instrument.weights.underlying_value == 0
}
