//! `market_halt`: all markets, the one that the order goes to, or the instrument's own is halted.

use crate::abi::codes::{Check, detail, halt_detail};
use crate::gate::checks::Context;
use crate::gate::checks::catalogue::CatalogueRow;
use crate::gate::outcome::Breach;
use crate::gate::outcome::MeasureUnit;

/// Its row of the catalogue.
pub const ROW: CatalogueRow = CatalogueRow {
    check: Check::MarketHalt,
    family: 2,
    semantics: "all markets, the order's or the instrument's own is halted",
    unit: MeasureUnit::None,
    parameters: &[],
    source: "17 CFR 240.15c3-5(c)(2)(i), market-wide circuit breakers",
};

/// Is any market halted?
#[inline(always)]
pub fn is_any(c: &Context) -> bool {
    c.state.all_markets_halted | (c.state.markets_halted != 0)
}

/// A breach, if a market of the order is halted.
pub fn check(c: &Context) -> Option<Breach> {
    let halted = c.state.markets_halted;
    let own = c.instrument.market_bit;
    let detail = if c.state.all_markets_halted {
        detail(halt_detail::ALL, 0, 0)
    } else if c.order.venue < 64 && halted & (1 << c.order.venue) != 0 {
        detail(halt_detail::VENUE, 0, c.order.venue)
    } else if halted & own != 0 {
        detail(halt_detail::INSTRUMENT, 0, own.trailing_zeros() as u16)
    } else {
        return None;
    };
    Some(Breach { detail, ..Breach::bare(Check::MarketHalt) })
}
