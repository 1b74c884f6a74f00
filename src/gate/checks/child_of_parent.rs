//! `child_of_parent`: the children of a parent order never come to more than the parent. It is on
//! for every order that names a parent; a limit bounds how many children a parent may have.

use crate::abi::PRICE_UNDEFINED;
use crate::abi::codes::{Check, parent_rule};
use crate::abi::order::{kind, side};
use crate::fixed::Wide;
use crate::gate::checks::Context;
use crate::gate::checks::catalogue::CatalogueRow;
use crate::gate::outcome::{Breach, MeasureUnit};
use crate::state::parents::Parent;

/// Its row of the catalogue.
pub const ROW: CatalogueRow = CatalogueRow {
    check: Check::ChildOfParent,
    family: 3,
    semantics: "open + executed of all children > the parent's quantity, another account, \
                instrument or side, a worse price, no such parent, or more children than the limit",
    unit: MeasureUnit::Qty,
    parameters: &[],
    source: "SEC 34-70694 (Knight Capital): link child orders to the parent's fills",
};

fn rule(detail: u32) -> Breach {
    Breach { detail, ..Breach::bare(Check::ChildOfParent) }
}

/// Is the order a child, so that its parent has something to say?
#[inline(always)]
pub fn concerns(c: &Context) -> bool {
    match c.order.kind {
        kind::NEW => c.order.reference != 0,
        _ => c.state.parents.get(c.state.orders.get(c.plan.target).parent).is_some(),
    }
}

/// The parent of a new child or of a replace's order.
fn parent<'a>(c: &Context<'a>) -> Option<&'a Parent> {
    let slot = match c.order.kind {
        kind::NEW => c.state.parents.find(c.lane, c.order.reference),
        _ => c.state.orders.get(c.plan.target).parent,
    };
    c.state.parents.get(slot)
}

/// The first of the rules that the order breaks.
pub fn check(c: &Context) -> Option<Breach> {
    if !concerns(c) {
        return None;
    }
    let Some(parent) = parent(c) else { return Some(rule(parent_rule::UNKNOWN)) };
    if parent.closed {
        return Some(rule(parent_rule::CLOSED));
    }
    if !c.state.nodes[c.order.account as usize].path().contains(&parent.account) {
        return Some(rule(parent_rule::ACCOUNT));
    }
    if parent.instrument != c.order.instrument {
        return Some(rule(parent_rule::INSTRUMENT));
    }
    if parent.side != c.order.side {
        return Some(rule(parent_rule::SIDE));
    }
    price(c, parent).or_else(|| quantity(c, parent))
}

fn price(c: &Context, parent: &Parent) -> Option<Breach> {
    if parent.price == PRICE_UNDEFINED {
        return None;
    }
    if c.order.is_unpriced() {
        return Some(rule(parent_rule::PRICE));
    }
    let worse = match c.order.side {
        side::BUY => c.order.price > parent.price,
        _ => c.order.price < parent.price,
    };
    worse.then(|| Breach {
        unit: MeasureUnit::Price,
        observed: Wide::from_i128(c.order.price.into()),
        limit: Wide::from_i128(parent.price.into()),
        ..rule(parent_rule::PRICE)
    })
}

fn quantity(c: &Context, parent: &Parent) -> Option<Breach> {
    let held = match c.order.kind {
        kind::NEW => 0,
        _ => i128::from(c.state.orders.get(c.plan.target).reserved),
    };
    let after = parent.used + i128::from(c.plan.reserved) - held;
    (after > i128::from(parent.qty) && after > parent.used).then(|| Breach {
        unit: MeasureUnit::Qty,
        before: Wide::from_i128(parent.used),
        observed: Wide::from_i128(after),
        limit: Wide::from_i128(parent.qty.into()),
        ..rule(parent_rule::QTY)
    })
}

/// A limit on the number of children. A replace makes no new child.
pub fn count(c: &Context, limit: Wide) -> Option<Breach> {
    if c.order.kind != kind::NEW || c.order.reference == 0 {
        return None;
    }
    let parent = parent(c)?;
    let after = Wide::from_i128(i128::from(parent.children) + 1);
    (after > limit).then(|| Breach {
        unit: MeasureUnit::Count,
        before: Wide::from_i128(parent.children.into()),
        observed: after,
        limit,
        ..rule(parent_rule::CHILDREN)
    })
}
