//! After something changed: soft thresholds on the way up and down, and breaches that nobody's
//! order caused (marks, fills, lowered limits).

use crate::abi::codes::Check;
use crate::gate::checks::place::Place;
use crate::gate::checks::{groups, measure};
use crate::gate::decide::{LatchOf, is_forgotten};
use crate::gate::events::Events;
use crate::gate::outcome::{Event, EventKind};
use crate::state::State;
use crate::state::index::NONE;
use crate::state::limit::{Action, Bound, Latch, Limit, Phase};
use crate::state::limits::{LEVEL_HARD, LimitRow};
use crate::state::rows::Row;
use crate::state::tallies::is_grouped;

/// Why limits are looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// An accepted order: its own hard breaches are in its verdict already.
    Order,
    /// An execution or a command.
    Passive,
    /// Open quantity was released: no measure rose but shares of a gross book.
    Release,
    /// A new mark: quantities did not change, and each node is looked at once.
    Mark,
}

/// Looks at all limits on the path of a row. `input` numbers the input that changed something.
pub fn watch(state: &mut State, events: &mut Events, row: u32, cause: Cause, input: u64) {
    let r = state.rows[row as usize];
    for level in 0..state.nodes[r.account as usize].depth {
        let node = state.nodes[r.account as usize].path[level];
        let seen = cause == Cause::Mark && state.nodes[node as usize].watched_at == input;
        let n = &mut state.nodes[node as usize];
        n.watched_at = input;
        if matches!(cause, Cause::Mark | Cause::Passive) && !seen {
            n.note_peaks();
        }
        if cause == Cause::Release && n.fired == 0 && n.first_tally == NONE {
            continue;
        }
        let at = Seat { row, r: &r, node, level, cause };
        // A node that was looked at for another row may still have this row's groups to look at.
        let concerns = |check| !seen || is_grouped(check);
        list(state, events, state.nodes[node as usize].first_limit, &at, concerns);
        if let Some(cell) = state.cells.get(r.cells[level] as usize) {
            list(state, events, cell.first_limit, &at, |_| true);
        }
    }
}

/// Looks at everything: a changed limit may be breached or re-armed by what is there already.
pub fn watch_all(state: &mut State, events: &mut Events, input: u64) {
    for row in 0..state.rows.len() as u32 {
        watch(state, events, row, Cause::Passive, input);
    }
    // Nodes that nobody below has traded for have money all the same.
    for node in 0..state.nodes.len() as u32 {
        if state.nodes[node as usize].watched_at == input || state.instruments.is_empty() {
            continue;
        }
        let r = Row::empty(node, 0, 0);
        let at = Seat { row: NONE, r: &r, node, level: 0, cause: Cause::Passive };
        let of_node = |check| !is_grouped(check) && !is_quantity(check);
        list(state, events, state.nodes[node as usize].first_limit, &at, of_node);
    }
}

/// Where limits are looked at, for which row, and why.
struct Seat<'a> {
    row: u32,
    r: &'a Row,
    node: u32,
    level: usize,
    cause: Cause,
}

fn list(
    state: &mut State,
    events: &mut Events,
    first: u32,
    at: &Seat,
    concerns: impl Fn(Check) -> bool,
) {
    let mut slot = first;
    while slot != NONE {
        let limit = state.limits.get(slot);
        let next = limit.next;
        if concerns(limit.check) && !is_quiet(state, limit, at) {
            one(state, events, slot, at);
        }
        slot = next;
    }
}

/// The common case: nothing has fired, and the measure is below everything that could.
#[inline]
fn is_quiet(state: &State, limit: &LimitRow, at: &Seat) -> bool {
    if !limit.bounded || limit.phase == Phase::Shadow {
        return true;
    }
    if at.cause == Cause::Mark && is_quantity(limit.check) {
        return true;
    }
    if is_grouped(limit.check) {
        let none_fired = state.nodes[at.node as usize].fired == 0;
        return none_fired && groups::is_below(limit, &at.place(state));
    }
    match measure(limit, &at.place(state)) {
        Some((_, value)) => value < limit.quiet_below && state.nodes[at.node as usize].fired == 0,
        None => true,
    }
}

fn is_quantity(check: Check) -> bool {
    matches!(check, Check::MaxLong | Check::MaxShort | Check::MaxOpenOrders)
}

impl Seat<'_> {
    #[inline]
    fn place<'a>(&'a self, state: &'a State) -> Place<'a> {
        let node = &state.nodes[self.node as usize];
        let (row, node_id, level) = (self.r, self.node, self.level);
        Place { state, row, node_id, node, level, plan: None, legs: &[] }
    }

    /// Where the level of a limit is kept: limits that count each instrument by itself keep one for
    /// each.
    fn level_of(&self, state: &State, limit: &LimitRow) -> LevelAt {
        let which = limit.level_index();
        match limit.check {
            Check::MaxLong | Check::MaxShort if !limit.for_instrument => {
                match state.nodes[self.node as usize].interior {
                    true => LevelAt::Cell(self.r.cells[self.level], which),
                    false => LevelAt::Row(self.row, which),
                }
            }
            _ => LevelAt::Own,
        }
    }
}

/// Where the level of a limit is kept.
#[derive(Clone, Copy)]
enum LevelAt {
    Own,
    Row(u32, usize),
    Cell(u32, usize),
    /// Place in `Tallies::levels`.
    Group(usize),
}

impl LevelAt {
    fn read(self, state: &State, limit: &LimitRow) -> u8 {
        match self {
            LevelAt::Own => limit.level,
            LevelAt::Row(row, which) => state.rows[row as usize].levels[which],
            LevelAt::Cell(cell, which) => state.cells[cell as usize].levels[which],
            LevelAt::Group(at) => state.tallies.levels[at],
        }
    }

    fn write(self, state: &mut State, slot: u32, level: u8) {
        match self {
            LevelAt::Own => state.limits.get_mut(slot).level = level,
            LevelAt::Row(row, which) => state.rows[row as usize].levels[which] = level,
            LevelAt::Cell(cell, which) => state.cells[cell as usize].levels[which] = level,
            LevelAt::Group(at) => state.tallies.levels[at] = level,
        }
    }
}

/// Where a measure stands: beyond hard; thresholds reached and the percent of the highest;
/// thresholds kept.
type Standing = (bool, (u8, u8), u8);

/// Moves one limit to the level that its measure has now, or to that of each group that the row
/// counts in.
fn one(state: &mut State, events: &mut Events, slot: u32, at: &Seat) {
    let (limit, detail) = (state.limits.get(slot), state.limits.detail(slot));
    if !matches!(detail.limit.bound, Bound::Value(_)) {
        return;
    }
    if !is_grouped(limit.check) {
        let Some((_, value)) = measure(limit, &at.place(state)) else { return };
        let standing = (value > limit.hard, detail.soft_reached(value), detail.soft_kept(value));
        return move_level(state, events, slot, at, at.level_of(state, limit), standing);
    }
    let i = &state.instruments[at.r.instrument as usize];
    for (_, group) in groups::legs(limit, i) {
        let (limit, detail) = (state.limits.get(slot), state.limits.detail(slot));
        let standing = groups::levels(detail, limit, &at.place(state), group);
        let level_at = match limit.group_levels {
            NONE => LevelAt::Own,
            first => LevelAt::Group((first + group) as usize),
        };
        move_level(state, events, slot, at, level_at, standing);
    }
}

fn move_level(
    state: &mut State,
    events: &mut Events,
    slot: u32,
    at: &Seat,
    level_at: LevelAt,
    (beyond, reached, kept): Standing,
) {
    let (limit, detail) = (state.limits.get(slot), state.limits.detail(slot));
    let was = level_at.read(state, limit);
    let was_soft = if was == LEVEL_HARD { detail.soft_len as u8 } else { was };
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
    let spec = detail.limit;
    let phase = effective(state, &spec, at);
    level_at.write(state, slot, now);
    let fired = &mut state.nodes[at.node as usize].fired;
    *fired = *fired + u32::from(was == 0) - u32::from(now == 0);
    if now == LEVEL_HARD {
        if at.cause != Cause::Order {
            passive_breach(state, events, &spec, phase, at);
        }
    } else if now > was_soft && phase != Phase::Shadow {
        tell(events, EventKind::Soft, &spec, at, reached.1);
    }
}

/// The weaker of the phases of the limit and of the node where it stands: what an account in shadow
/// or warn holds, latches nothing. An order's own phase has been looked at when it was decided.
fn effective(state: &State, spec: &Limit, at: &Seat) -> Phase {
    match at.cause {
        Cause::Order => spec.phase,
        _ => spec.phase.min(state.nodes[at.node as usize].phase),
    }
}

/// A breach that nobody's order caused.
fn passive_breach(state: &mut State, events: &mut Events, spec: &Limit, phase: Phase, at: &Seat) {
    if is_forgotten(spec.check) || phase == Phase::Shadow {
        return;
    }
    if spec.action != Action::Block || phase == Phase::Warn {
        tell(events, EventKind::Alert, spec, at, 0);
    }
    let latch = match spec.action {
        Action::BlockLatch => spec.latch,
        Action::CloseOnly => Latch::CloseOnly,
        _ => return,
    };
    if phase == Phase::Enforce {
        latch_node(state, events, (at.node, spec.instrument, latch), spec.check);
    }
}

fn tell(events: &mut Events, kind: EventKind, spec: &Limit, at: &Seat, percent: u8) {
    let one_instrument = spec.instrument.is_some() || is_quantity(spec.check);
    let instrument = if one_instrument { at.r.instrument } else { u32::MAX };
    events.push(Event { kind, check: spec.check, node: at.node, instrument, percent });
}

/// Latches a node, or one instrument at it, and says so if that changes anything.
pub fn latch_node(state: &mut State, events: &mut Events, of: LatchOf, why: Check) {
    let (node, instrument, latch) = of;
    if state.latch(node, instrument, latch) {
        let kind = match latch {
            Latch::All => EventKind::Blocked,
            Latch::CloseOnly => EventKind::CloseOnly,
        };
        events.tell(kind, why, node, instrument.unwrap_or(u32::MAX));
    }
}
