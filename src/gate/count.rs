//! Counting: once per input and after the decision, what limits of rates measure. A decision that
//! is applied from the journal counts exactly as the one that was made.
//!
//! A new order or replace counts whether it was accepted or not; what-ifs, repeated answers and
//! cancels never come here. Each limit that counts is looked at before and after: thresholds re-arm
//! with what time has taken away, fire with what was added, and a limit that is passed by what was
//! not compared with it (a fill, a reject, a message without a decision of its own) alerts and
//! latches at once. A limit of a lane or an instrument latches the account.

use crate::abi::codes::{Check, CheckMask};
use crate::abi::order::{OrderSlot, kind};
use crate::abi::verdict::NO_NODE;
use crate::fixed::{Price, Wide};
use crate::gate::Incoming;
use crate::gate::checks::{duplicate_order, pace};
use crate::gate::events::Events;
use crate::gate::outcome::{Event, EventKind};
use crate::gate::plan::Plan;
use crate::gate::request::{Order, Report};
use crate::gate::watch::latch_node;
use crate::state::State;
use crate::state::index::NONE;
use crate::state::limit::{Action, Bound, Latch, Limit, Phase, Variant};
use crate::state::limits::{LEVEL_HARD, LimitRow};
use crate::state::rows::Sums;
use crate::state::setup::TREE_DEPTH_MAX;
use crate::state::windows::{Windows, is_counted};

/// What came, and whose it is.
struct Counted {
    now_ns: u64,
    lane: u32,
    /// The account, if it exists, is a leaf, and is one of the lane's.
    account: Option<u32>,
    /// The instrument, if it exists.
    instrument: Option<u32>,
    what: What,
    /// A spread's own part of an execution, whose legs were counted already.
    of_spread: bool,
}

/// What came.
enum What {
    /// A new order or a replace, decided.
    Request {
        /// As `max_order_value` counts it, base currency; 0 without a mark, or if it was refused
        /// before it was valued.
        value: Wide,
        /// Total quantity; 0 if it was refused before it was looked at.
        qty: i128,
        /// `None`: a line of a basket, whose answer is not known yet.
        rejected: Option<bool>,
        /// The limits compared it: what it does to them is in its verdict.
        compared: bool,
    },
    /// The answer to a line of a basket that has counted already.
    Answer { rejected: bool },
    /// A booked execution.
    Execution { value: Wide, qty: i128 },
    /// The venue rejected an order or a replace.
    VenueReject,
}

const ONE: Wide = Wide { low: 1, high: 0 };

/// A new order or replace that family 1 refused.
pub fn refused(state: &mut State, events: &mut Events, incoming: &Incoming) {
    if state.counted == 0 {
        return;
    }
    let slot = OrderSlot::from_words(incoming.words);
    if !matches!(slot.kind, kind::NEW | kind::REPLACE) {
        return;
    }
    // A lane that may not use an account cannot use up what the account may do.
    let usable =
        state.is_account(slot.account) && state.lanes[incoming.lane as usize].may_use(slot.account);
    let counted = Counted {
        now_ns: incoming.now_ns,
        lane: incoming.lane,
        account: usable.then_some(slot.account),
        instrument: ((slot.instrument as usize) < state.instruments.len())
            .then_some(slot.instrument),
        what: What::Request { value: Wide::ZERO, qty: 0, rejected: Some(true), compared: false },
        of_spread: false,
    };
    count(state, events, &counted);
}

/// A new order or replace that was evaluated.
pub fn evaluated(
    state: &mut State,
    events: &mut Events,
    incoming: &Incoming,
    order: &Order,
    plan: &Plan,
    rejected: Option<bool>,
) {
    if duplicate_order::concerns(state, order) {
        let sameness = duplicate_order::sameness(order);
        state.duplicates.push(incoming.lane, sameness, incoming.now_ns);
    }
    if state.counted == 0 {
        return;
    }
    let counted = Counted {
        now_ns: incoming.now_ns,
        lane: incoming.lane,
        account: Some(order.account),
        instrument: Some(order.instrument),
        what: What::Request {
            value: if plan.has_value { plan.order_value } else { Wide::ZERO },
            qty: i128::from(order.qty),
            rejected,
            compared: !plan.lowers,
        },
        of_spread: false,
    };
    count(state, events, &counted);
}

/// Checks that count executions.
const OF_FILLS: CheckMask =
    CheckMask(Check::ExecutionRate.bit() | Check::OrderToTrade.bit() | Check::Participation.bit());

/// A spread was executed, or a leg of it: counts where the spread's own instrument has limits. `row`
/// is the spread's own; `qty` is what became whole of it, `value` what its legs were worth.
pub fn spread_execution(
    state: &mut State,
    events: &mut Events,
    (now_ns, lane): (u64, u32),
    row: u32,
    qty: i128,
    value: Wide,
) {
    if state.counted & OF_FILLS.0 == 0 {
        return;
    }
    let row = &state.rows[row as usize];
    let counted = Counted {
        now_ns,
        lane,
        account: Some(row.account),
        instrument: Some(row.instrument),
        what: What::Execution { value, qty },
        of_spread: true,
    };
    count(state, events, &counted);
}

/// A line of a basket is answered, with all of them: what [`evaluated`] could not know.
pub fn answered(
    state: &mut State,
    events: &mut Events,
    incoming: &Incoming,
    order: &Order,
    rejected: bool,
) {
    if state.counted & Check::RejectStorm.bit() == 0 {
        return;
    }
    let (now_ns, lane) = (incoming.now_ns, incoming.lane);
    let (account, instrument) = (Some(order.account), Some(order.instrument));
    let what = What::Answer { rejected };
    let of_spread = false;
    count(state, events, &Counted { now_ns, lane, account, instrument, what, of_spread });
}

/// An execution was booked in a row.
pub fn execution(
    state: &mut State,
    events: &mut Events,
    (now_ns, lane): (u64, u32),
    row: u32,
    qty: i128,
    price: Price,
) {
    if state.counted & OF_FILLS.0 == 0 {
        return;
    }
    let (account, instrument) =
        (state.rows[row as usize].account, state.rows[row as usize].instrument);
    let i = &state.instruments[instrument as usize];
    let value = Wide::product(i128::from(i.value_price(price)) * qty.abs(), i.unit);
    let counted = Counted {
        now_ns,
        lane,
        account: Some(account),
        instrument: Some(instrument),
        what: What::Execution { value, qty: qty.abs() },
        of_spread: false,
    };
    count(state, events, &counted);
}

/// Lane, account and instrument of the order that a report rejects, or a replace of which.
pub fn rejected_by_venue(state: &State, lane: u32, report: &Report) -> Option<(u32, u32, u32)> {
    if state.counted & Check::RejectStorm.bit() == 0
        || !matches!(report.kind, kind::REJECTED | kind::REPLACE_REJECTED)
    {
        return None;
    }
    let origin = super::reports::origin_lane(state, lane, report.origin)?;
    let slot = state.orders.find(origin, report.order_id);
    let known = slot != NONE
        && (report.kind == kind::REJECTED
            || state.orders.pendings(slot).any(|p| p.request == report.reference));
    let order = known.then(|| state.orders.get(slot))?;
    Some((origin, order.account, order.instrument))
}

/// The venue rejected an order or a replace of a lane.
pub fn venue_reject(
    state: &mut State,
    events: &mut Events,
    now_ns: u64,
    (lane, account, instrument): (u32, u32, u32),
) {
    let (account, instrument) = (Some(account), Some(instrument));
    let (what, of_spread) = (What::VenueReject, false);
    count(state, events, &Counted { now_ns, lane, account, instrument, what, of_spread });
}

/// The market's cumulative volume of the day, as a mark tells it; 0: nothing new. The first one that
/// is known, and one that is smaller than before (a new day, a correction), say where to count from.
pub fn market_volume(state: &mut State, now_ns: u64, instrument: u32, volume: u64) {
    let i = &mut state.instruments[instrument as usize];
    let before = i.volume;
    if volume == 0 || volume == before {
        return;
    }
    i.volume = volume;
    if before == 0 || volume < before {
        return;
    }
    let traded = Wide::from_i128(i128::from(volume - before));
    let mut slot = i.first_volume_limit;
    while slot != NONE {
        let window = state.limits.get(slot).first_window + 1;
        state.limits.windows.get_mut(window).count(now_ns, traded);
        slot = state.limits.detail(slot).next_of_volume;
    }
}

/// Counts at every limit that it concerns: the lane's, the instrument's, those of the account's
/// path, and of the instrument at the nodes of that path.
fn count(state: &mut State, events: &mut Events, c: &Counted) {
    let lane = &state.lanes[c.lane as usize];
    let mut first = [NONE; 2 + 2 * TREE_DEPTH_MAX];
    if lane.counted != 0 && !c.of_spread {
        first[0] = lane.first_limit;
    }
    let instrument = c.instrument.map(|id| &state.instruments[id as usize]);
    if let Some(i) = instrument.filter(|i| i.counted != 0) {
        first[1] = i.first_limit;
    }
    if let Some(account) = c.account {
        let account = &state.nodes[account as usize];
        if account.counted != 0 && !c.of_spread {
            for (place, id) in first[2..].iter_mut().zip(account.path()) {
                *place = state.nodes[*id as usize].first_limit;
            }
        }
        if let Some(instrument) = c.instrument.filter(|_| state.counted_in_cells != 0) {
            for (place, id) in first[2 + TREE_DEPTH_MAX..].iter_mut().zip(account.path()) {
                let cell = state.cells.get(state.find_cell(*id, instrument) as usize);
                *place = cell.map_or(NONE, |cell| cell.first_limit);
            }
        }
    }
    for slot in first {
        list(state, events, slot, c);
    }
}

fn list(state: &mut State, events: &mut Events, first: u32, c: &Counted) {
    let mut slot = first;
    while slot != NONE {
        let limit = state.limits.get(slot);
        let next = limit.next;
        if is_counted(limit.check) {
            one(state, events, slot, c);
        }
        slot = next;
    }
}

/// One limit: what time has taken away, what is counted, what follows.
fn one(state: &mut State, events: &mut Events, slot: u32, c: &Counted) {
    let check = state.limits.get(slot).check;
    let concerned = match c.what {
        What::Request { .. } => check != Check::ExecutionRate,
        What::Execution { .. } => {
            matches!(check, Check::ExecutionRate | Check::OrderToTrade | Check::Participation)
        }
        What::VenueReject | What::Answer { .. } => check == Check::RejectStorm,
    };
    if !concerned {
        return;
    }
    if state.limits.get(slot).level != 0 {
        settle(state, slot, c.now_ns);
    }
    add(state, slot, c);
    fire(state, events, slot, c);
}

/// Adds what came to what a limit has counted.
fn add(state: &mut State, slot: u32, c: &Counted) {
    let limit = state.limits.get_mut(slot);
    let (check, variant, window) = (limit.check, limit.variant, limit.first_window);
    if matches!(check, Check::RepeatedExecution | Check::OrdersPerDay) {
        limit.count = limit.count.saturating_add(1);
        return;
    }
    let windows: &mut Windows = &mut state.limits.windows;
    if window == NONE {
        return;
    }
    match (&c.what, check) {
        (What::Request { .. }, Check::MessageRate | Check::OrderToTrade) => {
            windows.get_mut(window).count(c.now_ns, ONE);
        }
        (What::Request { value, compared, .. }, Check::OrderValueRate)
            if *compared || *value != Wide::ZERO =>
        {
            windows.get_mut(window).count(c.now_ns, *value);
        }
        (What::Request { qty, .. }, Check::OrderQtyRate) if *qty != 0 => {
            windows.get_mut(window).count(c.now_ns, Wide::from_i128(*qty));
        }
        (
            What::Request { rejected: Some(false), .. } | What::Answer { rejected: false },
            Check::RejectStorm,
        ) => windows.get_mut(window).clear(),
        (
            What::Request { rejected: Some(true), .. }
            | What::Answer { rejected: true }
            | What::VenueReject,
            Check::RejectStorm,
        ) => windows.get_mut(window).count(c.now_ns, ONE),
        (What::Execution { value, .. }, Check::ExecutionRate) if variant == Variant::Value => {
            windows.get_mut(window).count(c.now_ns, *value);
        }
        (What::Execution { .. }, Check::ExecutionRate) => {
            windows.get_mut(window).count(c.now_ns, ONE);
        }
        (What::Execution { .. }, Check::OrderToTrade) => {
            windows.get_mut(window + 1).count(c.now_ns, ONE);
        }
        (What::Execution { qty, .. }, Check::Participation) => {
            windows.get_mut(window).count(c.now_ns, Wide::from_i128(*qty));
        }
        _ => {}
    }
}

/// Beyond the number; thresholds reached and the percent of the highest; thresholds kept.
fn levels(state: &State, slot: u32, now_ns: u64) -> Option<(bool, (u8, u8), u8)> {
    let (limit, detail) = (state.limits.get(slot), state.limits.detail(slot));
    if !matches!(detail.limit.bound, Bound::Value(_)) || limit.phase == Phase::Shadow {
        return None;
    }
    let sums = match (detail.limit.node, detail.limit.instrument) {
        (Some(node), Some(i)) if limit.check == Check::Participation => {
            let cell = state.cells.get(state.find_cell(node, i) as usize);
            cell.map_or(Sums::default(), |cell| cell.sums)
        }
        _ => Sums::default(),
    };
    let is = pace::counted(&state.limits, limit, detail, &sums, now_ns)?;
    let (reached, kept) = is.thresholds(limit, detail);
    Some((is.is_beyond(limit), reached, kept))
}

fn soft_level(limit: &LimitRow, soft_len: usize) -> u8 {
    if limit.level == LEVEL_HARD { soft_len as u8 } else { limit.level }
}

/// Re-arms what time has taken away.
fn settle(state: &mut State, slot: u32, now_ns: u64) {
    let Some((beyond, _, kept)) = levels(state, slot, now_ns) else { return };
    let soft_len = state.limits.detail(slot).soft_len;
    let limit = state.limits.get_mut(slot);
    if !beyond {
        limit.level = kept.min(soft_level(limit, soft_len));
    }
}

/// Moves a limit to the level that its measure has now, and tells what that means.
fn fire(state: &mut State, events: &mut Events, slot: u32, c: &Counted) {
    let Some((beyond, reached, kept)) = levels(state, slot, c.now_ns) else { return };
    let spec = state.limits.detail(slot).limit;
    let soft_len = state.limits.detail(slot).soft_len;
    let limit = state.limits.get_mut(slot);
    let (was, was_soft) = (limit.level, soft_level(limit, soft_len));
    let now = if beyond {
        LEVEL_HARD
    } else if reached.0 > was_soft {
        reached.0
    } else {
        kept.min(was_soft)
    };
    limit.level = now;
    let account_phase = c.account.map_or(Phase::Enforce, |a| state.nodes[a as usize].phase);
    let phase = spec.phase.min(account_phase);
    if now == was || phase == Phase::Shadow {
        return;
    }
    // A request does not enter these before it is decided: nobody's verdict says that they passed.
    let after_the_fact = matches!(spec.check, Check::RejectStorm | Check::OrderToTrade);
    let compared = matches!(c.what, What::Request { compared: true, .. });
    if now == LEVEL_HARD {
        if !compared || after_the_fact {
            passed(state, events, &spec, phase, c);
        }
    } else if now > was_soft {
        tell(events, EventKind::Soft, &spec, reached.1);
    }
}

/// A limit was passed by something that no verdict speaks of.
fn passed(state: &mut State, events: &mut Events, spec: &Limit, phase: Phase, c: &Counted) {
    if spec.action != Action::Block || phase == Phase::Warn {
        tell(events, EventKind::Alert, spec, 0);
    }
    let latch = match spec.action {
        Action::BlockLatch => spec.latch,
        Action::CloseOnly => Latch::CloseOnly,
        _ => return,
    };
    if let Some(node) = spec.node.or(c.account)
        && phase == Phase::Enforce
    {
        let only = spec.node.and(spec.instrument);
        latch_node(state, events, (node, only, latch), spec.check);
    }
}

fn tell(events: &mut Events, kind: EventKind, spec: &Limit, percent: u8) {
    let node = spec.node.unwrap_or(NO_NODE);
    let instrument = spec.instrument.unwrap_or(u32::MAX);
    events.push(Event { kind, check: spec.check, node, instrument, percent });
}
