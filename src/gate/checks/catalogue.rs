//! The catalogue: all checks that are built, in precedence. Each check's row stands in its own file;
//! `riskgate checks`, the configuration's keys and the reference documentation are made from it.

use crate::abi::codes::Check;
use crate::gate::checks::*;
use crate::gate::outcome::MeasureUnit;
use crate::state::defaults::{self, Number, Scopes};
use crate::state::limit::{Action, Variant};

/// One check, for people and for the readers of configurations.
pub struct CatalogueRow {
    /// The check: name, number and bit.
    pub check: Check,
    /// Family 1 to 6.
    pub family: u8,
    /// What a breach is, in a line.
    pub semantics: &'static str,
    /// Unit of observed value and limit.
    pub unit: MeasureUnit,
    /// What its limits have besides number, action, phase and latch.
    pub parameters: &'static [Parameter],
    /// Where the rule comes from.
    pub source: &'static str,
}

impl CatalogueRow {
    /// Where its limits can be set.
    pub fn scopes(&self) -> Scopes {
        if self.family == 1 { Scopes::NONE } else { defaults::scopes(self.check) }
    }

    /// What the number of its limits is.
    pub fn number(&self) -> Number {
        defaults::number(self.check)
    }

    /// What a breach does if its limit says nothing else; family 1 always rejects.
    pub fn default_action(&self) -> Action {
        defaults::of(self.check).0
    }
}

/// What a limit of a check has besides its number.
#[derive(Clone, Copy, Debug)]
pub enum Parameter {
    /// Soft thresholds in percent.
    Soft,
    /// `window` and `kind`: over which time it counts.
    Window,
    /// `min_count`: messages below which a ratio is not looked at.
    MinCount,
    /// `floor`: least denominator, or size below which the check is off.
    Floor(Number),
    /// `denominator` of a share.
    Denominator,
    /// `bucket`: what the share is of.
    Bucket,
    /// `currency`: the one currency that it counts.
    Currency,
    /// `reset`: when what it counted begins again.
    Reset,
    /// `sessions`: phases of the day in which it holds.
    Sessions,
    /// `percent`, `ticks`, `absolute`, `aggressive`, `passive`, `use`.
    Bands,
    /// A key, and which measures or modes it names; the first is the default.
    Variant(&'static str, &'static [(Variant, &'static str)]),
    /// `{"buy": …, "sell": …}`: a limit for each side.
    Sides,
}

impl Parameter {
    /// Keys of a limit in configuration and scenario files.
    pub fn keys(&self) -> &'static [&'static str] {
        match self {
            Parameter::Soft => &["soft"],
            Parameter::Window => &["window", "kind"],
            Parameter::MinCount => &["min_count"],
            Parameter::Floor(_) => &["floor"],
            Parameter::Denominator => &["denominator"],
            Parameter::Bucket => &["bucket"],
            Parameter::Currency => &["currency"],
            Parameter::Reset => &["reset"],
            Parameter::Sessions => &["sessions"],
            Parameter::Bands => &["percent", "ticks", "absolute", "aggressive", "passive", "use"],
            Parameter::Variant("variant", _) => &["variant"],
            Parameter::Variant(..) => &["mode"],
            Parameter::Sides => &["buy", "sell"],
        }
    }

    /// What a person reads: key, unit, values.
    pub fn text(&self) -> String {
        let number = |number: &Number| match number {
            Number::Money => "base currency",
            Number::Qty => "quantity",
            _ => "number",
        };
        match self {
            Parameter::Soft => "soft: percents of the limit, at most 4".into(),
            Parameter::Window => "window: a time such as 1s; kind: sliding (default), tumbling".into(),
            Parameter::MinCount => "min_count: messages".into(),
            Parameter::Floor(of) => format!("floor: {}", number(of)),
            Parameter::Denominator => "denominator: equity (default), live_equity, gross".into(),
            Parameter::Bucket => {
                "bucket: sector (default), issuer, instrument, country, currency".into()
            }
            Parameter::Currency => "currency: code".into(),
            Parameter::Reset => "reset: day (default), week, never".into(),
            Parameter::Sessions => "sessions: phases of the day in which it holds; default all".into(),
            Parameter::Bands => {
                "percent, ticks, absolute (price); aggressive, passive: one side alone; use: larger \
                 (default), smaller"
                    .into()
            }
            Parameter::Variant(key, names) => {
                let names: Vec<&str> = names.iter().map(|(_, name)| *name).collect();
                format!("{key}: {} (the first is the default)", names.join(", "))
            }
            Parameter::Sides => "buy, sell: a limit for each side".into(),
        }
    }
}

/// SEC rule 15c3-5, the market access rule.
pub const MARKET_ACCESS: &str = "17 CFR 240.15c3-5";
/// Controls against erroneous orders and credit limits.
pub const MARKET_ACCESS_AND_RTS6: &str = "17 CFR 240.15c3-5(c)(1), RTS 6 Art. 15";

/// All checks that are built, in precedence.
pub const CATALOGUE: &[CatalogueRow] = &[
    structural::MALFORMED,
    structural::UNKNOWN_INSTRUMENT,
    structural::UNKNOWN_ACCOUNT,
    structural::UNKNOWN_ORDER,
    structural::REPORT_ANOMALY,
    structural::LIMIT_NOT_SET,
    structural::LANE_NOT_PERMITTED,
    structural::DUPLICATE_ORDER_ID,
    structural::ARITHMETIC,
    structural::GATE_NOT_READY,
    structural::JOURNAL_UNAVAILABLE,
    structural::CAPACITY,
    killed::ROW,
    blocked::ROW,
    instrument_state::ROW,
    restricted::ROW,
    market_halt::ROW,
    permission::ROW,
    stale_mark::ROW,
    max_order_qty::ROW,
    max_order_value::ROW,
    min_order_value::ROW,
    min_order_qty::ROW,
    lot_size::ROW,
    tick_size::ROW,
    price_collar::ROW,
    price_walk::ROW,
    adv_percent::ROW,
    unit_mixup::ROW,
    message_rate::ROW,
    order_value_rate::ROW,
    order_qty_rate::ROW,
    execution_rate::ROW,
    repeated_execution::ROW,
    duplicate_order::ROW,
    order_to_trade::ROW,
    reject_storm::ROW,
    max_open_orders::ROW,
    orders_per_day::ROW,
    participation::ROW,
    max_long::ROW,
    max_short::ROW,
    gross_exposure::ROW,
    net_exposure::ROW,
    long_exposure::ROW,
    short_exposure::ROW,
    purchases::ROW,
    sales::ROW,
    open_order_value::ROW,
    buying_power::ROW,
    margin::ROW,
    daily_loss::ROW,
    drawdown::ROW,
    sector_concentration::ROW,
    option_greeks::ROW,
    rate_sensitivity::ROW,
    fx_position::ROW,
    ownership::ROW,
    wash_trade::ROW,
];

/// The row of a check, if it is built.
pub fn row_of(check: Check) -> Option<&'static CatalogueRow> {
    CATALOGUE.iter().find(|row| row.check == check)
}

/// Is the check built?
pub fn is_built(check: Check) -> bool {
    row_of(check).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_in_precedence() {
        assert!(CATALOGUE.windows(2).all(|pair| pair[0].check < pair[1].check));
    }

    #[test]
    fn checks_that_count_over_time_have_a_window() {
        for row in CATALOGUE {
            let has = row.parameters.iter().any(|p| matches!(p, Parameter::Window));
            assert_eq!(has, defaults::has_window(row.check), "{}", row.check.name());
        }
    }
}
