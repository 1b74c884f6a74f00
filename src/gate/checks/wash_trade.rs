//! `wash_trade`: the order would match an own resting order of the same beneficial owner in the
//! same instrument, across accounts, lanes and venues. What is pending still counts, with both
//! prices of a pending replace; each auction has a book of its own (FINRA 5210.02, CME rule 534).

use crate::abi::codes::Check;
use crate::abi::order::side;
use crate::abi::verdict::NO_NODE;
use crate::fixed::Wide;
use crate::gate::checks::catalogue::{CatalogueRow, Parameter};
use crate::gate::outcome::{Breach, MeasureUnit};
use crate::gate::request::Order;
use crate::state::State;
use crate::state::limit::Variant;
use crate::state::own_book::BookSide;

/// Its row of the catalogue.
pub const ROW: CatalogueRow = CatalogueRow {
    check: Check::WashTrade,
    family: 6,
    semantics: "the order would match an own resting order of the same owner",
    unit: MeasureUnit::Price,
    parameters: &[Parameter::Variant("mode", MODES)],
    source: "FINRA 5210.02, CME rule 534",
};

/// What a hit does.
const MODES: &[(Variant, &str)] = &[
    (Variant::Default, "reject"),
    (Variant::CancelResting, "cancel_resting"),
    (Variant::StampSelfMatch, "stamp"),
];

/// A breach, if it crosses.
pub fn check(state: &State, order: &Order) -> Option<Breach> {
    let owner = state.nodes[order.account as usize].owner;
    let (instrument, auction) = (order.instrument, order.auction());
    let price = order.match_price();
    let best = if order.side == side::BUY {
        let asks = BookSide { owner, instrument, auction, side: side::SELL };
        state.own_book.lowest(asks).filter(|ask| price >= *ask)
    } else {
        let bids = BookSide { owner, instrument, auction, side: side::BUY };
        state.own_book.highest(bids).filter(|bid| price <= *bid)
    };
    best.map(|best| Breach {
        node: NO_NODE,
        unit: MeasureUnit::Price,
        observed: Wide::from_i128(i128::from(price)),
        limit: Wide::from_i128(i128::from(best)),
        ..Breach::bare(Check::WashTrade)
    })
}
