//! All checks over one order, without early exit, and what follows from what they find: which
//! breaches reject, which only alert, which are in shadow, and which node they latch.

use crate::abi::codes::{Check, CheckMask};
use crate::abi::verdict::{NO_NODE, flag};
use crate::fixed::Wide;
use crate::gate::checks::place::Place;
use crate::gate::checks::{self, Context, Finding, is_per_order};
use crate::gate::outcome::{Breach, Event, EventKind, MeasureUnit};
use crate::gate::plan::Plan;
use crate::gate::request::Order;
use crate::gate::spread::{self, LegPlan};
use crate::state::State;
use crate::state::defaults;
use crate::state::index::NONE;
use crate::state::limit::{Action, Latch, Limit, Phase, Variant};

/// Most latches of one order.
pub const LATCHES_MAX: usize = 8;
/// Most events of one order before it is applied.
const NOTES_MAX: usize = 32;

/// A node, one instrument at it (or all), and what the latch refuses.
pub type LatchOf = (u32, Option<u32>, Latch);

/// Where a limit stands: its node, and its own instrument if it has a node.
type Standing = (Option<u32>, Option<u32>);

/// What the checks found.
pub struct Findings {
    /// What rejects.
    pub breaches: CheckMask,
    /// What only alerts.
    pub alerts: CheckMask,
    /// What is in shadow.
    pub shadow: CheckMask,
    /// Whose soft threshold is reached (checks that look at the order alone).
    pub soft: CheckMask,
    /// First breach that rejects.
    pub first: Option<Breach>,
    /// Flags for the verdict.
    pub flags: u16,
    /// Limits may fire or re-arm once the order is accepted.
    pub watch: bool,
    latches: [(LatchOf, Check); LATCHES_MAX],
    latch_count: usize,
    notes: [Event; NOTES_MAX],
    note_count: usize,
}

impl Default for Findings {
    fn default() -> Self {
        Findings::new()
    }
}

impl Findings {
    /// Nothing found.
    pub fn new() -> Findings {
        Findings {
            breaches: CheckMask::EMPTY,
            alerts: CheckMask::EMPTY,
            shadow: CheckMask::EMPTY,
            soft: CheckMask::EMPTY,
            first: None,
            flags: 0,
            watch: false,
            latches: [((NO_NODE, None, Latch::All), Check::Blocked); LATCHES_MAX],
            latch_count: 0,
            notes: [Event::FILLER; NOTES_MAX],
            note_count: 0,
        }
    }

    /// Places to latch, and the checks that do.
    pub fn latches(&self) -> &[(LatchOf, Check)] {
        &self.latches[..self.latch_count]
    }

    /// What the risk team is told.
    pub fn notes(&self) -> &[Event] {
        &self.notes[..self.note_count]
    }

    /// A breach that always rejects.
    pub fn reject(&mut self, breach: Breach) {
        if is_forgotten(breach.check) {
            return;
        }
        self.breaches.insert(breach.check);
        let better = match &self.first {
            None => true,
            // Of several limits of one node on one measure, such as those of several owners, the
            // most restrictive is reported.
            Some(first) if first.check == breach.check => {
                let same_measure = (breach.node, breach.observed) == (first.node, first.observed);
                (is_per_order(breach.check) || same_measure)
                    && breach.detail == first.detail
                    && is_stricter(&breach, first)
            }
            Some(first) => breach.check < first.check,
        };
        if better {
            self.first = Some(breach);
        }
    }

    fn note(&mut self, kind: EventKind, check: Check, node: u32, instrument: u32, percent: u8) {
        if self.note_count < NOTES_MAX {
            self.notes[self.note_count] = Event { kind, check, node, instrument, percent };
            self.note_count += 1;
        }
    }

    /// A breach, by its limit's action and effective phase. `place` is where the limit stands: its
    /// node, and its own instrument.
    fn sort(
        &mut self,
        breach: Breach,
        (action, phase, latch): (Action, Phase, Latch),
        (place, only): Standing,
        order: &Order,
    ) {
        let Breach { check, node, .. } = breach;
        if is_forgotten(check) {
            return;
        }
        match phase {
            Phase::Shadow => {
                self.shadow.insert(check);
                self.note(EventKind::Shadow, check, node, order.instrument, 0);
                return;
            }
            Phase::Warn => self.alerts.insert(check),
            Phase::Enforce if action == Action::Alert => self.alerts.insert(check),
            Phase::Enforce => self.reject(breach),
        }
        if action != Action::Block || phase == Phase::Warn {
            self.note(EventKind::Alert, check, node, order.instrument, 0);
        }
        if phase != Phase::Enforce {
            return;
        }
        if action == Action::BlockAudit {
            self.flags |= flag::AUDIT;
        }
        let latch = match action {
            Action::BlockLatch => latch,
            Action::CloseOnly => Latch::CloseOnly,
            _ => return,
        };
        if self.latch_count < LATCHES_MAX {
            let of = (place.unwrap_or(order.account), only, latch);
            self.latches[self.latch_count] = (of, check);
            self.latch_count += 1;
        }
    }
}

/// Has a test planted the mistake that this check never finds anything?
#[inline(always)]
pub fn is_forgotten(_check: Check) -> bool {
    #[cfg(feature = "mutations")]
    return crate::state::mutation::is(_check, crate::state::mutation::Mistake::Never);
    #[cfg(not(feature = "mutations"))]
    false
}

/// Of two breaches of one check, is the first that of the more restrictive limit?
fn is_stricter(breach: &Breach, than: &Breach) -> bool {
    match breach.check {
        Check::MinOrderQty | Check::MinOrderValue => breach.limit > than.limit,
        _ => breach.limit < than.limit,
    }
}

/// Runs the checks of families 2 to 6, and `limit_not_set`. `legs` is empty but for spreads.
pub fn decide(
    state: &State,
    order: &Order,
    plan: &Plan,
    legs: &[LegPlan],
    lane: u32,
    now_ns: u64,
) -> Findings {
    let mut found = Findings::new();
    let instrument = &state.instruments[order.instrument as usize];
    let wall_ns = now_ns.wrapping_add(state.wall_offset_ns);
    let session = state.session(instrument);
    let c = Context { state, order, plan, legs, instrument, lane, now_ns, wall_ns, session };
    limit_not_set(&c, &mut found);
    if !plan.lowers {
        may_it_trade(&c, &mut found);
        legs.iter().for_each(|leg| may_it_trade(&c.of_leg(leg), &mut found));
        granted_and_in_band(&c, &mut found);
        grid(&c, &mut found);
        child_of_parent(&c, &mut found);
        limits(&c, &mut found);
        holdings(&c, &mut found);
        legs.iter().for_each(|leg| holdings(&c.of_leg(leg), &mut found));
    }
    let crosses = checks::wash_trade::check(state, order);
    if let Some(breach) = crosses.filter(|b| !is_forgotten(b.check)) {
        wash_trade(&c, breach, &mut found);
    }
    if !found.alerts.is_empty() {
        found.flags |= flag::ALERTED;
    }
    if !found.shadow.is_empty() {
        found.flags |= flag::SHADOWED;
    }
    found
}

/// Sells from holdings only, where an account may not be short. Of a spread each leg is looked at.
fn holdings(c: &Context, found: &mut Findings) {
    let sold_short = checks::buying_power::from_holdings(c).filter(|_| !c.plan.is_spread);
    if let Some(breach) = sold_short {
        // Always on: what rows of buying power say of their own limits does not weaken it.
        let phase = c.state.nodes[c.order.account as usize].phase;
        found.sort(breach, (Action::Block, phase, Latch::All), (None, None), c.order);
    }
}

/// A required check without a limit on the path, or an unpriced order without a collar.
fn limit_not_set(c: &Context, found: &mut Findings) {
    let account = &c.state.nodes[c.order.account as usize];
    let of_lane = c.state.lanes[c.lane as usize].limit_mask;
    let mut missing = c.state.required & !account.path_mask & !c.instrument.limit_mask & !of_lane;
    if missing != 0 {
        for cell in c.plan.row.cells.iter().filter_map(|cell| c.state.cells.get(*cell as usize)) {
            missing &= !c.state.limits.mask(cell.first_limit);
        }
    }
    if missing != 0 {
        // Limits that hold in some phases of the day only are looked at one by one.
        c.state.each_limit_on_path(c.order.account, c.order.instrument, |_, limit| {
            if limit.sessions != 0 && limit.holds_in(c.session) {
                missing &= !limit.check.bit();
            }
        });
    }
    if c.plan.collar_missing {
        missing |= Check::PriceCollar.bit();
    }
    if let Some(check) = CheckMask(missing).first() {
        let detail = u32::from(check.number());
        found.reject(Breach { detail, ..Breach::bare(Check::LimitNotSet) });
    }
}

/// Family 2: rejects in every phase.
fn may_it_trade(c: &Context, found: &mut Findings) {
    let (state, order) = (c.state, c.order);
    if is_free(c) {
        return;
    }
    let refusals = [
        checks::killed::check(state, order, c.lane),
        checks::blocked::check(state, order, c.plan),
        checks::instrument_state::check(c),
        checks::restricted::check(state, order, c.plan),
        checks::market_halt::check(c),
    ];
    for breach in refusals.into_iter().flatten() {
        let ((action, _, latch), place) = policy(c, breach.check);
        // Even an alert-only row cannot weaken these.
        let action = if action == Action::Alert { Action::AlertBlock } else { action };
        found.sort(breach, (action, Phase::Enforce, latch), place, order);
    }
}

/// The common case: no kill, latch, halt or restriction anywhere near the order.
#[inline]
fn is_free(c: &Context) -> bool {
    let state = c.state;
    let elsewhere = state.firm_killed
        | (state.sides_killed != 0)
        | (state.venues_killed != 0)
        | c.instrument.killed
        | !checks::instrument_state::is_open(c)
        | checks::market_halt::is_any(c)
        | state.lanes[c.lane as usize].killed;
    let account = &state.nodes[c.order.account as usize];
    let on_path = || {
        account.path().iter().zip(&c.plan.row.cells).any(|(node, cell)| {
            state.nodes[*node as usize].is_guarded()
                || (*cell != NONE && state.cells[*cell as usize].is_guarded())
        })
    };
    !elsewhere && !on_path()
}

/// What is granted, and the static band; the band has its own action, whatever a collar's is.
fn granted_and_in_band(c: &Context, found: &mut Findings) {
    if let Some(breach) = checks::permission::check(c) {
        let (policy, place) = policy(c, breach.check);
        found.sort(breach, policy, place, c.order);
    }
    if let Some(breach) = checks::price_collar::static_band(c.order, c.instrument) {
        let phase = c.state.nodes[c.order.account as usize].phase;
        let policy = (Action::BlockAudit, phase, Latch::All);
        found.sort(breach, policy, (None, None), c.order);
    }
}

/// Lot and tick.
fn grid(c: &Context, found: &mut Findings) {
    let off = [
        checks::lot_size::check(c.order, c.instrument),
        checks::tick_size::check(c.order, c.instrument),
    ];
    for breach in off.into_iter().flatten() {
        let (policy, place) = policy(c, breach.check);
        found.sort(breach, policy, place, c.order);
    }
}

/// What the order's parent says.
#[inline]
fn child_of_parent(c: &Context, found: &mut Findings) {
    if let Some(breach) = checks::child_of_parent::check(c) {
        let (policy, place) = policy(c, breach.check);
        found.sort(breach, policy, place, c.order);
    }
}

/// All limits on the path, and what could not be compared for want of a mark.
fn limits(c: &Context, found: &mut Findings) {
    let state = c.state;
    let account_phase = state.nodes[c.order.account as usize].phase;
    let mut needs_mark: Option<Phase> =
        (c.order.is_unpriced() && !c.plan.has_value).then_some(Phase::Enforce);
    let mut list = |first: u32, level: usize, at: &Place| {
        for slot in state.limits.list(first) {
            if !checks::is_quiet(c, state.limits.get(slot), at) {
                closer(c, slot, level, at, account_phase, &mut needs_mark, found);
            }
        }
    };
    list(c.instrument.first_limit, 0, &c.after(c.order.account, 0));
    let mut fired = false;
    for (level, id) in state.nodes[c.order.account as usize].path().iter().enumerate() {
        let at = c.after(*id, level);
        fired |= at.node.fired != 0;
        list(at.node.first_limit, level, &at);
        if let Some(cell) = state.cells.get(c.plan.row.cells[level] as usize) {
            list(cell.first_limit, level, &at);
        }
    }
    let of_lane = state.lanes[c.lane as usize].first_limit;
    if of_lane != NONE {
        list(of_lane, 0, &c.after(c.order.account, 0));
    }
    found.watch |= fired;
    lane_open_orders(c, account_phase, found);
    for leg in c.legs {
        leg_limits(&c.of_leg(leg), account_phase, &mut needs_mark, found);
    }
    if let Some(phase) = needs_mark {
        let ((action, row_phase, latch), place) = policy(c, Check::StaleMark);
        let policy = (action, phase.min(row_phase), latch);
        found.sort(checks::stale_mark::breach(c.plan), policy, place, c.order);
    }
}

/// The limits that look at each leg of a spread by itself.
fn leg_limits(
    c: &Context,
    account_phase: Phase,
    needs_mark: &mut Option<Phase>,
    found: &mut Findings,
) {
    let state = c.state;
    let mut list = |first: u32, level: usize, at: &Place| {
        for slot in state.limits.list(first) {
            let limit = state.limits.get(slot);
            if spread::is_for_legs(limit.check, limit.for_instrument)
                && !checks::is_quiet(c, limit, at)
            {
                closer(c, slot, level, at, account_phase, needs_mark, found);
            }
        }
    };
    list(c.instrument.first_limit, 0, &c.after(c.order.account, 0));
    for (level, id) in state.nodes[c.order.account as usize].path().iter().enumerate() {
        let at = c.after(*id, level);
        list(at.node.first_limit, level, &at);
        if let Some(cell) = state.cells.get(c.plan.row.cells[level] as usize) {
            list(cell.first_limit, level, &at);
        }
    }
}

/// A limit that may have something to say.
#[inline(never)]
fn closer(
    c: &Context,
    slot: u32,
    level: usize,
    at: &Place,
    account_phase: Phase,
    needs_mark: &mut Option<Phase>,
    found: &mut Findings,
) {
    let finding = checks::evaluate(c, slot, at.node_id, level);
    let limit = &c.state.limits.detail(slot).limit;
    match finding {
        Finding::Within => {}
        Finding::Watch => found.watch = true,
        Finding::NeedsMark => *needs_mark = (*needs_mark).max(Some(limit.phase)),
        Finding::Soft(percent) => soft(limit, percent, c.order, account_phase, found),
        Finding::Beyond(breach) => {
            found.watch = true;
            let node = limit.node.unwrap_or(NO_NODE);
            let policy = (limit.action, limit.phase.min(account_phase), limit.latch);
            found.sort(Breach { node, ..breach }, policy, standing(limit), c.order);
        }
    }
}

fn soft(limit: &Limit, percent: u8, order: &Order, account_phase: Phase, found: &mut Findings) {
    if limit.phase.min(account_phase) == Phase::Shadow {
        return;
    }
    found.soft.insert(limit.check);
    found.flags |= flag::SOFT;
    let node = limit.node.unwrap_or(NO_NODE);
    found.note(EventKind::Soft, limit.check, node, order.instrument, percent);
}

/// The lane's own bound on open orders.
fn lane_open_orders(c: &Context, phase: Phase, found: &mut Findings) {
    let lane = &c.state.lanes[c.lane as usize];
    let before = i128::from(lane.open_orders);
    let after = before + i128::from(c.plan.after.open_orders - c.plan.row.sums.open_orders);
    if lane.max_open_orders != 0 && after > i128::from(lane.max_open_orders) && after > before {
        let breach = Breach {
            unit: MeasureUnit::Count,
            before: Wide::from_i128(before),
            observed: Wide::from_i128(after),
            limit: Wide::from_i128(i128::from(lane.max_open_orders)),
            ..Breach::bare(Check::MaxOpenOrders)
        };
        found.sort(breach, (Action::Block, phase, Latch::All), (None, None), c.order);
    }
}

/// A wash trade rejects, or instructs, by the mode that is set.
fn wash_trade(c: &Context, breach: Breach, found: &mut Findings) {
    let ((action, phase, latch), place) = policy(c, Check::WashTrade);
    let mode = policy_row(c, Check::WashTrade, |limit| limit.variant).unwrap_or_default();
    match mode {
        Variant::CancelResting if phase == Phase::Enforce => found.flags |= flag::CANCEL_RESTING,
        Variant::StampSelfMatch if phase == Phase::Enforce => {
            found.flags |= flag::STAMP_SELF_MATCH;
        }
        _ => found.sort(breach, (action, phase, latch), place, c.order),
    }
}

/// Action, effective phase and latch of a check that is on without a limit: from the nearest row
/// that names it, or the catalogue. Cold: only after a breach.
fn policy(c: &Context, check: Check) -> ((Action, Phase, Latch), Standing) {
    let account = c.state.nodes[c.order.account as usize].phase;
    let row = policy_row(c, check, |l| ((l.action, l.phase, l.latch), standing(l)));
    let default = ((defaults::of(check).0, Phase::Enforce, Latch::All), (None, None));
    let ((action, phase, latch), place) = row.unwrap_or(default);
    ((action, phase.min(account), latch), place)
}

fn standing(limit: &Limit) -> Standing {
    (limit.node, limit.node.and(limit.instrument))
}

/// Reads the row of a check that says what its breaches do: of those at the nearest place that has
/// any the strongest, so that a row on trial, or another owner's, never weakens an enforced one.
fn policy_row<T>(c: &Context, check: Check, read: impl Fn(&Limit) -> T) -> Option<T> {
    let strength = |l: &Limit| (l.phase, l.action != Action::Alert);
    let (mut nearest, mut own) = (None, None);
    let mut consider = |node: Option<u32>, limit: &Limit| {
        let place = if node.is_some() { &mut nearest } else { &mut own };
        let better = match place {
            None => true,
            Some((at, than, _)) => *at == node && strength(limit) > *than,
        };
        if limit.check == check && better {
            *place = Some((node, strength(limit), read(limit)));
        }
    };
    c.state.each_limit_on_path(c.order.account, c.order.instrument, &mut consider);
    c.state.each_limit_of_lane(c.lane, |limit| consider(None, limit));
    nearest.or(own).map(|(_, _, read)| read)
}
