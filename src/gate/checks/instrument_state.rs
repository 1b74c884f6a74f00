//! `instrument_state`: the instrument is halted, has expired, is outside the hours of its calendar,
//! or in a phase of its day that does not take orders of this type or time in force.
//!
//! | phase | types | times in force |
//! |---|---|---|
//! | pre-open | all but market | at open, day, good till cancelled, good till date |
//! | auctions | limit, market | all but immediate ones; at open until the opening auction |
//! | continuous | all | all but at open |
//! | post-close | limit | all but at open and at close |
//!
//! An instrument without a calendar, which nobody has put into a phase, takes everything.

use crate::abi::codes::{Check, detail, state_detail};
use crate::abi::order::{order_type, tif};
use crate::gate::checks::Context;
use crate::gate::checks::catalogue::CatalogueRow;
use crate::gate::outcome::Breach;
use crate::gate::outcome::MeasureUnit;
use crate::gate::request::Order;
use crate::state::index::NONE;
use crate::state::session::Session;

/// Its row of the catalogue.
pub const ROW: CatalogueRow = CatalogueRow {
    check: Check::InstrumentState,
    family: 2,
    semantics: "halted, expired, closed, or in a phase that does not take the type or time in force",
    unit: MeasureUnit::None,
    parameters: &[],
    source: "17 CFR 240.15c3-5(c)(2)(i)",
};

/// The common case: it trades continuously, and takes everything.
#[inline(always)]
pub fn is_open(c: &Context) -> bool {
    !c.instrument.halted
        & (c.wall_ns <= c.instrument.expiry_ns)
        & (c.session as u8 == Session::Continuous as u8)
        & (c.order.tif != tif::AT_OPEN)
}

/// A breach, if the instrument does not take the order.
pub fn check(c: &Context) -> Option<Breach> {
    let (instrument, order) = (c.instrument, c.order);
    let (reason, value) = if instrument.halted {
        (state_detail::HALTED, 0)
    } else if c.wall_ns > instrument.expiry_ns {
        (state_detail::EXPIRED, 0)
    } else if instrument.calendar == NONE && instrument.session_override.is_none() {
        return None;
    } else {
        unsuitable(c.session, order)?
    };
    let detail = detail(reason, c.session as u8, value);
    Some(Breach { detail, ..Breach::bare(Check::InstrumentState) })
}

/// Why a phase does not take an order: the reason, and the type or time in force.
fn unsuitable(session: Session, order: &Order) -> Option<(u8, u16)> {
    let immediate = matches!(order.tif, tif::IOC | tif::FOK);
    let (type_fits, tif_fits) = match session {
        Session::Closed => return Some((state_detail::CLOSED, 0)),
        Session::PreOpen => {
            let collected = matches!(order.tif, tif::AT_OPEN | tif::DAY | tif::GTC | tif::GTD);
            (order.order_type != order_type::MARKET, collected)
        }
        Session::OpeningAuction | Session::IntradayAuction | Session::ClosingAuction => {
            let fits = matches!(order.order_type, order_type::LIMIT | order_type::MARKET);
            let opens = session == Session::OpeningAuction || order.tif != tif::AT_OPEN;
            (fits, !immediate && opens)
        }
        Session::Continuous => (true, order.tif != tif::AT_OPEN),
        Session::PostClose => {
            let fits = !matches!(order.tif, tif::AT_OPEN | tif::AT_CLOSE);
            (order.order_type == order_type::LIMIT, fits)
        }
    };
    if !type_fits {
        Some((state_detail::TYPE, order.order_type.into()))
    } else if !tif_fits {
        Some((state_detail::TIME_IN_FORCE, order.tif.into()))
    } else {
        None
    }
}
