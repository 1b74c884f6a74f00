//! `buying_power`: cash + credit − reserved. What the day has spent and open buys may still spend,
//! against the power that the limit grants and the cash that there is, in one currency or together;
//! and sells from holdings only, where an account may not be short.

use crate::abi::codes::Check;
use crate::abi::order::side;
use crate::fixed::Wide;
use crate::gate::checks::Context;
use crate::gate::checks::catalogue::MARKET_ACCESS;
use crate::gate::checks::catalogue::{CatalogueRow, Parameter};
use crate::gate::checks::place::Place;
use crate::gate::outcome::{Breach, MeasureUnit};
use crate::gate::plan::Plan;
use crate::state::cash::{Purse, WIDE_PER_PURSE, in_base};
use crate::state::index::NONE;

/// Its row of the catalogue.
pub const ROW: CatalogueRow = CatalogueRow {
    check: Check::BuyingPower,
    family: 5,
    semantics: "cash spent today plus open buys > limit plus cash; a sell beyond holdings",
    unit: MeasureUnit::Money,
    parameters: &[Parameter::Soft, Parameter::Currency],
    source: MARKET_ACCESS,
};

/// What the place's ledger holds: of one currency in 1e-36 of it, or (`NONE`) all in base currency.
fn purse(currency: u32, at: &Place) -> Purse {
    let slot = at.node.ledger;
    if slot == NONE {
        return Purse::default();
    }
    let ledgers = &at.state.ledgers;
    if currency == NONE {
        return ledgers.head(slot).base;
    }
    let purse = ledgers.purse(slot, currency);
    let scaled = |amount: Wide| in_base(amount, WIDE_PER_PURSE as i64);
    Purse {
        own: scaled(purse.own),
        cash: scaled(purse.cash),
        change: scaled(purse.change),
        open: scaled(purse.open),
    }
}

/// What is used beyond the cash that there is: the measure that a limit is compared with.
pub fn measure(currency: u32, at: &Place) -> Wide {
    let purse = purse(currency, at);
    let open = match at.plan {
        None => purse.open,
        Some(plan) if at.legs.is_empty() => purse.open.plus(opened(currency, at, plan)),
        Some(_) => {
            let legs = at.legs.iter();
            legs.fold(purse.open, |sum, leg| sum.plus(opened(currency, at, &leg.plan)))
        }
    };
    open.minus(purse.change).minus(purse.cash)
}

/// What more the open buys of a plan's row may spend.
fn opened(currency: u32, at: &Place, plan: &Plan) -> Wide {
    let instrument = &at.state.instruments[plan.row.instrument as usize];
    let more = plan.worth.open_buys - plan.row.worth.open_buys;
    let rate = match currency {
        NONE => at.state.rates[instrument.currency as usize],
        one if one == instrument.currency => WIDE_PER_PURSE as i64,
        _ => 0,
    };
    in_base(instrument.paid_value(more), rate)
}

/// The cash that there is beside what is granted.
pub fn cash(currency: u32, at: &Place) -> Wide {
    purse(currency, at).cash
}

/// A sell that, with all other open sells, is more than the account holds, where it may not be short.
pub fn from_holdings(c: &Context) -> Option<Breach> {
    let account = &c.state.nodes[c.order.account as usize];
    if account.short || c.order.side != side::SELL {
        return None;
    }
    let (before, after) = (&c.plan.row.sums, &c.plan.after);
    if after.sells <= after.position.max(0) || after.sells <= before.sells {
        return None;
    }
    Some(Breach {
        node: c.order.account,
        unit: MeasureUnit::Qty,
        before: Wide::from_i128(before.sells),
        observed: Wide::from_i128(after.sells),
        limit: Wide::from_i128(after.position.max(0)),
        ..Breach::bare(Check::BuyingPower)
    })
}
