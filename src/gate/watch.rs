//! After something changed: soft thresholds on the way up and down, and breaches that nobody's
//! order caused (marks, fills, lowered limits).

use crate::abi::codes::Check;
use crate::gate::checks::place::Place;
use crate::gate::checks::{measure, sector_concentration};
use crate::gate::events::Events;
use crate::gate::outcome::{Event, EventKind};
use crate::state::State;
use crate::state::index::NONE;
use crate::state::limit::{Action, Bound, Latch, Phase, SOFT_REARM_POINTS};
use crate::state::limits::LEVEL_HARD;

/// Why limits are looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// An accepted order: its own hard breaches are in its verdict already.
    Order,
    /// A report or a command.
    Passive,
    /// A new mark: quantities did not change, and each node is looked at once.
    Mark,
}

/// Looks at all limits on the path of a row. `input` numbers the input that changed something.
pub fn watch(state: &mut State, events: &mut Events, row: u32, cause: Cause, input: u64) {
    let account = state.rows[row as usize].account as usize;
    for level in 0..state.nodes[account].depth {
        let node = state.nodes[account].path[level];
        let seen = cause == Cause::Mark && state.nodes[node as usize].watched_at == input;
        if !seen {
            state.nodes[node as usize].watched_at = input;
            let mut slot = state.nodes[node as usize].first_limit;
            while slot != NONE {
                one(state, events, slot, row, node, level, cause);
                slot = state.limits.get(slot).next;
            }
        } else {
            buckets_only(state, events, row, node, level, cause);
        }
        let cell = state.rows[row as usize].cells[level];
        if cell != NONE {
            let mut slot = state.cells[cell as usize].first_limit;
            while slot != NONE {
                one(state, events, slot, row, node, level, cause);
                slot = state.limits.get(slot).next;
            }
        }
    }
}

/// A node that was looked at for another row may still have this row's bucket to look at.
fn buckets_only(
    state: &mut State,
    events: &mut Events,
    row: u32,
    node: u32,
    level: usize,
    cause: Cause,
) {
    let mut slot = state.nodes[node as usize].first_limit;
    while slot != NONE {
        if state.limits.get(slot).limit.check == Check::SectorConcentration {
            one(state, events, slot, row, node, level, cause);
        }
        slot = state.limits.get(slot).next;
    }
}

/// Where the level of a limit is kept: limits that count each instrument or bucket by itself keep
/// one for each.
#[derive(Clone, Copy)]
enum LevelAt {
    Limit(u32),
    Row(u32, usize),
    Cell(u32, usize),
    Bucket(usize),
}

fn one(
    state: &mut State,
    events: &mut Events,
    slot: u32,
    row: u32,
    node_id: u32,
    level: usize,
    cause: Cause,
) {
    let limit = state.limits.get(slot);
    let spec = limit.limit;
    let by_instrument = spec.instrument.is_none();
    if !matches!(spec.bound, Bound::Value(_)) || spec.phase == Phase::Shadow {
        return;
    }
    let quantity = matches!(spec.check, Check::MaxLong | Check::MaxShort | Check::MaxOpenOrders);
    if quantity && cause == Cause::Mark {
        return;
    }
    let r = state.rows[row as usize];
    let node = &state.nodes[node_id as usize];
    let at = Place { state, row: &r, node_id, node, level, plan: None };
    let level_at = match spec.check {
        Check::SectorConcentration => match state.bucket(node_id, r.instrument) {
            Some(bucket) => LevelAt::Bucket(bucket),
            None => return,
        },
        Check::MaxLong | Check::MaxShort if by_instrument => {
            let which = usize::from(spec.check == Check::MaxShort);
            match node.interior {
                true => LevelAt::Cell(r.cells[level], which),
                false => LevelAt::Row(row, which),
            }
        }
        _ => LevelAt::Limit(slot),
    };
    let (beyond, reached, kept) = if spec.check == Check::SectorConcentration {
        sector_levels(limit, &at)
    } else {
        let Some((_, value)) = measure(limit, &at) else { return };
        (value > limit.hard, limit.soft_reached(value), limit.soft_kept(value))
    };
    let soft_len = limit.soft_len as u8;
    let was = read(state, level_at);
    let was_soft = if was == LEVEL_HARD { soft_len } else { was };
    let now = if beyond {
        LEVEL_HARD
    } else if reached.0 > was_soft {
        reached.0
    } else {
        kept.min(was_soft)
    };
    if now == was {
        return;
    }
    write(state, level_at, now);
    let tell = |events: &mut Events, kind, percent| {
        let instrument = if by_instrument && !quantity { u32::MAX } else { r.instrument };
        events.push(Event { kind, check: spec.check, node: node_id, instrument, percent });
    };
    if now == LEVEL_HARD {
        if cause == Cause::Order {
            return;
        }
        if spec.action != Action::Block || spec.phase == Phase::Warn {
            tell(events, EventKind::Alert, 0);
        }
        let latch = match spec.action {
            Action::BlockLatch => spec.latch,
            Action::CloseOnly => Latch::CloseOnly,
            _ => return,
        };
        if spec.phase == Phase::Enforce {
            latch_node(state, events, node_id, latch, spec.check);
        }
    } else if now > was_soft {
        tell(events, EventKind::Soft, reached.1);
    }
}

/// Latches a node and says so, if that changes anything.
pub fn latch_node(state: &mut State, events: &mut Events, node: u32, latch: Latch, why: Check) {
    if state.latch(node, latch) {
        let kind = match latch {
            Latch::All => EventKind::Blocked,
            Latch::CloseOnly => EventKind::CloseOnly,
        };
        events.tell(kind, why, node, u32::MAX);
    }
}

/// Beyond hard; thresholds reached and the percent of the highest; thresholds kept.
fn sector_levels(limit: &crate::state::limits::LimitRow, at: &Place) -> (bool, (u8, u8), u8) {
    let (mut reached, mut kept) = ((0, 0), 0);
    for k in 0..limit.soft_len {
        let percent = limit.limit.soft_percent[k];
        if sector_concentration::beyond(limit, at, u64::from(percent), true) {
            reached = (k as u8 + 1, percent);
        }
        let low = u64::from(percent.saturating_sub(SOFT_REARM_POINTS));
        if sector_concentration::beyond(limit, at, low, true) {
            kept = k as u8 + 1;
        }
    }
    (sector_concentration::beyond(limit, at, 100, false), reached, kept)
}

fn read(state: &State, at: LevelAt) -> u8 {
    match at {
        LevelAt::Limit(slot) => state.limits.get(slot).level,
        LevelAt::Row(row, which) => state.rows[row as usize].levels[which],
        LevelAt::Cell(cell, which) => state.cells[cell as usize].levels[which],
        LevelAt::Bucket(bucket) => state.bucket_levels[bucket],
    }
}

fn write(state: &mut State, at: LevelAt, level: u8) {
    match at {
        LevelAt::Limit(slot) => state.limits.get_mut(slot).level = level,
        LevelAt::Row(row, which) => state.rows[row as usize].levels[which] = level,
        LevelAt::Cell(cell, which) => state.cells[cell as usize].levels[which] = level,
        LevelAt::Bucket(bucket) => state.bucket_levels[bucket] = level,
    }
}
