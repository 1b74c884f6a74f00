//! `permission`: the account's path or the lane does not grant the instrument's class, or the order's
//! type, time in force, capacity, venue or algorithm. See `state::permissions`.

use crate::abi::codes::{Check, detail};
use crate::abi::verdict::NO_NODE;
use crate::gate::checks::Context;
use crate::gate::checks::catalogue::CatalogueRow;
use crate::gate::outcome::Breach;
use crate::gate::outcome::MeasureUnit;
use crate::state::permissions::Request;

/// Its row of the catalogue.
pub const ROW: CatalogueRow = CatalogueRow {
    check: Check::Permission,
    family: 2,
    semantics: "class, type, time in force, capacity, venue or algorithm is not granted to a node of \
                the path or to the lane (key permission of accounts and lanes)",
    unit: MeasureUnit::None,
    parameters: &[],
    source: "17 CFR 240.15c3-5(c)(2), RTS 6 Art. 12(3)",
};

/// A breach, if the path or the lane refuses.
pub fn check(c: &Context) -> Option<Breach> {
    let order = c.order;
    let request = Request {
        class: c.instrument.class,
        order_type: order.order_type,
        tif: order.tif,
        capacity: order.capacity,
        venue: order.venue,
        algo: order.algo,
        in_auction: c.session.is_auction(),
    };
    let path = c.state.nodes[order.account as usize].path();
    let (node, part, value) = c.state.permissions.refusal(&request, path, c.lane)?;
    Some(Breach {
        node: node.unwrap_or(NO_NODE),
        detail: detail(part, 0, value),
        ..Breach::bare(Check::Permission)
    })
}
