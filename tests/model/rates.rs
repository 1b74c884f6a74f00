//! Is it too much, too fast (family 4): counts and sums over windows, runs of rejects, counts that
//! only a person restarts.

use super::checks::Docket;
use super::decide::Request;
use super::gate::{Answer, Finding, Mistake, Model};
use super::log::{Counted, Done, Likeness, Message, Place, Said, sum_over};
use super::num::{self, Decimal, add, dec, mul, sub};
use riskgate::abi::codes::Check;
use riskgate::abi::order::{OrderSlot, kind};
use riskgate::abi::verdict::{NO_NODE, decision};
use riskgate::gate::outcome::{EventKind, MeasureUnit};
use riskgate::state::limit::{Action, Bound, Latch, Limit, Phase, Reset, Variant, Window};

/// The checks of family 4 that count.
pub(super) const COUNTING: [Check; 10] = [
    Check::MessageRate,
    Check::OrderValueRate,
    Check::OrderQtyRate,
    Check::ExecutionRate,
    Check::RepeatedExecution,
    Check::DuplicateOrder,
    Check::OrderToTrade,
    Check::RejectStorm,
    Check::OrdersPerDay,
    Check::Participation,
];

/// A measure that an order would take beyond its limit, or finds there.
struct Excess {
    unit: MeasureUnit,
    observed: Decimal,
    bound: Decimal,
}

impl Model {
    /// Everything of family 4 but `max_open_orders`. `grows`: the order's account holds more open
    /// quantity in the instrument with it than without it, by so much.
    pub(super) fn too_fast(
        &self,
        request: &Request,
        counted: &Counted,
        reduces: bool,
        markless: bool,
        grows: Decimal,
        docket: &mut Docket,
    ) {
        let place = Place {
            lane: request.lane,
            account: Some(request.account),
            instrument: Some(request.instrument),
        };
        for (at, limit) in self.setup.limits.iter().enumerate() {
            let Bound::Value(bound) = limit.bound else { continue };
            if !COUNTING.contains(&limit.check)
                || !self.covers(limit, &place)
                || (markless && limit.check == Check::OrderValueRate)
            {
                continue;
            }
            let Some(excess) = self.excess(at, limit, bound, request, counted, reduces, grows)
            else {
                continue;
            };
            let path = self.path(request.account);
            let depth = match limit.node {
                Some(node) => path.iter().position(|n| *n == node).map(|d| d as i128),
                None if limit.lane.is_some() => Some(i128::MAX),
                None => Some(-1),
            };
            let depth = depth.expect("covered");
            if depth > 0 && depth < i128::MAX && self.mistake == Mistake::SkipAncestors {
                continue;
            }
            let places = excess.unit.places();
            let found = Finding {
                node: limit.node.unwrap_or(NO_NODE),
                only: limit.node.and(limit.instrument),
                unit: excess.unit,
                observed: num::wide(excess.observed, places),
                limit: num::wide(excess.bound, places),
                ..Finding::bare(limit.check)
            };
            docket.breach(limit.phase, limit.action, limit.latch, depth, found);
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn excess(
        &self,
        at: usize,
        limit: &Limit,
        bound: i128,
        request: &Request,
        counted: &Counted,
        reduces: bool,
        grows: Decimal,
    ) -> Option<Excess> {
        let count = dec(bound, 0);
        let over = |unit: MeasureUnit, observed: Decimal, bound: Decimal| {
            let breached = super::measure::exceeds(self.mistake, observed, bound);
            breached.then_some(Excess { unit, observed, bound })
        };
        // The order itself is in the window.
        let with = |amount: Decimal, before: Decimal| match self.mistake {
            Mistake::WindowExcludesSelf => before,
            _ => add(before, amount),
        };
        match limit.check {
            Check::MessageRate => {
                let before = self.messages_in(at, limit.window, |_| Some(Decimal::ONE));
                over(MeasureUnit::Count, with(Decimal::ONE, before), count)
            }
            Check::OrderQtyRate => {
                let of = |m: &Message| m.counted.as_ref().map(|c| num::qty(i128::from(c.qty)));
                let before = self.messages_in(at, limit.window, of);
                let own = num::qty(i128::from(counted.qty));
                over(MeasureUnit::Qty, with(own, before), dec(bound, 8))
            }
            Check::OrderValueRate => {
                let of = |m: &Message| m.counted.as_ref().map(|c| c.value);
                let before = self.messages_in(at, limit.window, of);
                over(MeasureUnit::Money, with(counted.value, before), dec(bound, 17))
            }
            Check::ExecutionRate if !reduces => {
                let (measure, unit, bound) = self.execution_rate(at, limit, bound);
                over(unit, measure, bound)
            }
            Check::RepeatedExecution | Check::OrdersPerDay => {
                let before = self.count_since(at, limit);
                over(MeasureUnit::Count, with(Decimal::ONE, before), count)
            }
            Check::DuplicateOrder => {
                let mine = counted.likeness.filter(|_| request.target.is_none())?;
                let before = self.alike(at, limit.window, mine);
                over(MeasureUnit::Count, with(Decimal::ONE, before), count)
            }
            Check::OrderToTrade if !reduces => {
                let (asked, trades) = self.asked_and_traded(at, limit);
                let ratio = dec(bound, 8);
                let enough = asked >= Decimal::from(limit.min_count);
                let too_many = super::measure::exceeds(self.mistake, asked, mul(ratio, trades));
                (enough && too_many).then(|| Excess {
                    unit: MeasureUnit::Ratio,
                    observed: dec(num::ratio_up(asked, trades, 8), 8),
                    bound: ratio,
                })
            }
            Check::RejectStorm if !reduces => {
                over(MeasureUnit::Count, self.storm(at, limit), count)
            }
            Check::Participation if grows > Decimal::ZERO => {
                self.share(at, limit, bound, request.instrument, grows)
            }
            _ => None,
        }
    }

    fn messages_in(
        &self,
        at: usize,
        window: Window,
        what: impl Fn(&Message) -> Option<Decimal>,
    ) -> Decimal {
        let amounts = self.messages_of(at, what).map(|(at_ns, _, amount)| (at_ns, amount));
        sum_over(window, self.log.now_ns, amounts, self.mistake)
    }

    fn done_in(&self, at: usize, window: Window, what: impl Fn(&Done) -> Decimal) -> Decimal {
        sum_over(window, self.log.now_ns, self.done_of(at, what), self.mistake)
    }

    fn execution_rate(
        &self,
        at: usize,
        limit: &Limit,
        bound: i128,
    ) -> (Decimal, MeasureUnit, Decimal) {
        if limit.variant == Variant::Value {
            let value = self.done_in(at, limit.window, |d| d.value);
            (value, MeasureUnit::Money, dec(bound, 17))
        } else {
            let fills = self.done_in(at, limit.window, |_| Decimal::ONE);
            (fills, MeasureUnit::Count, dec(bound, 0))
        }
    }

    /// Serial number of the message after which a count without a window begins.
    fn counts_since(&self, limit: &Limit) -> u64 {
        let since = |begun: &std::collections::BTreeMap<u32, u64>| {
            limit.node.and_then(|n| begun.get(&n).copied()).unwrap_or(0)
        };
        let armed = since(&self.log.armed);
        match (limit.check, limit.reset) {
            (Check::OrdersPerDay, Reset::Day) => armed.max(since(&self.log.day)),
            (Check::OrdersPerDay, Reset::Week) => armed.max(since(&self.log.week)),
            _ => armed,
        }
    }

    /// Does any `duplicate_order` limit look at a place?
    fn looks_for_likeness(&self, place: &Place) -> bool {
        let mut limits = self.setup.limits.iter().filter(|l| l.check == Check::DuplicateOrder);
        limits.any(|l| l.bound != Bound::Unlimited && self.covers(l, place))
    }

    /// New orders that have to be remembered when another one comes; as many as can be open is all
    /// that the gate remembers.
    pub(super) fn remembered_likenesses(&self, asks: &Place) -> usize {
        if !self.looks_for_likeness(asks) {
            return 0;
        }
        let limits = self.setup.limits.iter().filter(|l| l.check == Check::DuplicateOrder);
        let length = limits.map(|l| l.window.length_ns).max().unwrap_or(0);
        let remembered = |m: &&Message| {
            m.counted.as_ref().is_some_and(|c| c.likeness.is_some())
                && self.log.now_ns - m.at_ns < length
        };
        self.log.messages.iter().filter(remembered).count()
    }

    /// New orders like this one in the window, whose times are exact.
    fn alike(&self, at: usize, window: Window, mine: Likeness) -> Decimal {
        // What another limit had remembered counts as well.
        let limit = self.setup.limits[at];
        let same = |m: &&Message| {
            self.covers(&limit, &m.place)
                && !(m.rejected && self.mistake == Mistake::RejectsNotCounted)
                && m.counted.as_ref().is_some_and(|c| c.likeness == Some(mine))
        };
        let times = self.log.messages.iter().filter(same).map(|m| (m.at_ns, Decimal::ONE));
        let recent = times.filter(|(at_ns, _)| self.log.now_ns - at_ns < window.length_ns);
        Decimal::from(recent.count())
    }

    /// Rejects of the current run that lie in the window.
    fn storm(&self, at: usize, limit: &Limit) -> Decimal {
        sum_over(limit.window, self.log.now_ns, self.run_of(at).into_iter(), self.mistake)
    }

    /// Own executed and open quantity against what the market traded.
    fn share(
        &self,
        at: usize,
        limit: &Limit,
        bound: i128,
        instrument: u32,
        grows: Decimal,
    ) -> Option<Excess> {
        let node = limit.node.expect("a node's share");
        let executed = self.done_in(at, limit.window, |d| num::qty(i128::from(d.qty)));
        let tally = self.tally(&super::book::Change::None);
        let open =
            tally.select(node, Some(instrument)).fold(0, |sum, (_, row, _)| sum + row.b + row.s);
        let own = add(add(executed, num::qty(open)), grows);
        let market = self.market_volume(at, instrument, limit.window);
        let denominator = market.max(dec(limit.floor, 8));
        let bps = dec(bound * 10_000, 4);
        if denominator.is_zero() {
            return (!own.is_zero()).then(|| Excess {
                unit: MeasureUnit::BasisPoints,
                observed: dec(i128::from(i64::MAX), 4),
                bound: bps,
            });
        }
        let (share, allowed) = (mul(own, dec(10_000, 0)), mul(dec(bound, 0), denominator));
        super::measure::exceeds(self.mistake, share, allowed).then(|| Excess {
            unit: MeasureUnit::BasisPoints,
            observed: dec(num::ratio_up(own, denominator, 8), 4),
            bound: bps,
        })
    }

    fn market_volume(&self, at: usize, instrument: u32, window: Window) -> Decimal {
        let traded = self
            .log
            .traded
            .iter()
            .filter(|t| t.instrument == instrument && t.serial > self.born(at))
            .map(|t| (t.at_ns, num::qty(i128::from(t.qty))));
        sum_over(window, self.log.now_ns, traded, self.mistake)
    }

    /// By how much a request adds to the open quantity of its account and instrument.
    pub(super) fn grows(&self, request: &Request, after: &super::book::Tally) -> Decimal {
        let open = |tally: &super::book::Tally| {
            let row = tally.row(request.account, request.instrument);
            num::qty(row.b + row.s)
        };
        sub(open(after), open(&self.tally(&super::book::Change::None)))
    }

    /// Books what was asked and said, whatever the verdict.
    pub(super) fn note_request(&mut self, lane: u32, slot: &OrderSlot, answer: &mut Answer) {
        if !matches!(slot.kind, kind::NEW | kind::REPLACE) {
            return;
        }
        let known_account = (slot.account as usize) < self.setup.accounts.len();
        // A lane that may not use an account does not use up what the account may do.
        let granted =
            known_account && self.is_leaf(slot.account) && self.may_use_account(lane, slot.account);
        let known_instrument = (slot.instrument as usize) < self.setup.instruments.len();
        let place = Place {
            lane,
            account: granted.then_some(slot.account),
            instrument: known_instrument.then_some(slot.instrument),
        };
        let rejected = answer.decision == decision::REJECT;
        let counted = answer.counted.take();
        let judged = counted.as_ref().is_some_and(|c| c.judged);
        let before = self.levels_at(&place);
        let (at_ns, serial) = (self.log.now_ns, self.log.next());
        self.log.messages.push(Message { at_ns, serial, place, counted, rejected });
        self.log.said.push(Said { at_ns, serial, place, rejected });
        // What its own verdict spoke of already.
        let told =
            |check: Check| judged && !matches!(check, Check::OrderToTrade | Check::RejectStorm);
        let mut alone = Answer::default();
        self.fire(&place, before, told, &mut alone);
        // The masks are those of the verdict.
        answer.events.append(&mut alone.events);
    }

    /// The venue's answer to a request; the reject too many in a row fires.
    pub(super) fn note_said(&mut self, place: Place, rejected: bool, answer: &mut Answer) {
        let before = self.levels_at(&place);
        let (at_ns, serial) = (self.log.now_ns, self.log.next());
        self.log.said.push(Said { at_ns, serial, place, rejected });
        let storms = |(at, _): &(usize, bool)| self.setup.limits[*at].check == Check::RejectStorm;
        let before = before.into_iter().filter(storms).collect();
        self.fire(&place, before, |_| false, answer);
    }

    /// An execution.
    pub(super) fn note_done(&mut self, place: Place, qty: i64, value: Decimal) {
        let (at_ns, serial) = (self.log.now_ns, self.log.next());
        self.log.done.push(Done { at_ns, serial, place, qty, value });
    }

    /// Limits that look at a place, and whether what was counted until now is beyond them.
    pub(super) fn levels_at(&self, place: &Place) -> Vec<(usize, bool)> {
        let mut levels = Vec::new();
        for (at, limit) in self.setup.limits.iter().enumerate() {
            let Bound::Value(bound) = limit.bound else { continue };
            if !self.covers(limit, place) {
                continue;
            }
            let count = dec(bound, 0);
            let over = match limit.check {
                Check::MessageRate => {
                    let asked = self.messages_in(at, limit.window, |_| Some(Decimal::ONE));
                    self.exceeds(asked, count)
                }
                Check::OrderQtyRate => {
                    let of = |m: &Message| m.counted.as_ref().map(|c| num::qty(i128::from(c.qty)));
                    self.exceeds(self.messages_in(at, limit.window, of), dec(bound, 8))
                }
                Check::OrderValueRate => {
                    let of = |m: &Message| m.counted.as_ref().map(|c| c.value);
                    self.exceeds(self.messages_in(at, limit.window, of), dec(bound, 17))
                }
                Check::ExecutionRate => {
                    let (measure, _, bound) = self.execution_rate(at, limit, bound);
                    self.exceeds(measure, bound)
                }
                Check::RepeatedExecution | Check::OrdersPerDay => {
                    self.exceeds(self.count_since(at, limit), count)
                }
                Check::OrderToTrade => {
                    let (asked, trades) = self.asked_and_traded(at, limit);
                    asked >= Decimal::from(limit.min_count)
                        && self.exceeds(asked, mul(dec(bound, 8), trades))
                }
                Check::RejectStorm => self.exceeds(self.storm(at, limit), count),
                Check::Participation => {
                    let instrument = limit.instrument.expect("of an instrument");
                    let share = self.share(at, limit, bound, instrument, Decimal::ZERO);
                    share.is_some_and(|s| !s.observed.is_zero())
                }
                _ => continue,
            };
            levels.push((at, over));
        }
        levels
    }

    /// Requests that a count without a window counts.
    fn count_since(&self, at: usize, limit: &Limit) -> Decimal {
        let since = self.counts_since(limit);
        let all = self.messages_of(at, |_| Some(Decimal::ONE));
        Decimal::from(all.filter(|(_, serial, _)| *serial > since).count())
    }

    /// Requests in the window, and executions, at least one.
    fn asked_and_traded(&self, at: usize, limit: &Limit) -> (Decimal, Decimal) {
        let asked = self.messages_in(at, limit.window, |_| Some(Decimal::ONE));
        let trades = self.done_in(at, limit.window, |_| Decimal::ONE);
        (asked, trades.max(Decimal::ONE))
    }

    fn exceeds(&self, value: Decimal, bound: Decimal) -> bool {
        super::measure::exceeds(self.mistake, value, bound)
    }

    /// Limits that are over now, and were not until now since somebody looked last, speak up, and latch: the limit's node, or for a
    /// limit of a lane the account of what took it there.
    pub(super) fn fire(
        &mut self,
        place: &Place,
        before: Vec<(usize, bool)>,
        told: impl Fn(Check) -> bool,
        answer: &mut Answer,
    ) {
        let after = self.levels_at(place);
        for (at, now) in before {
            let is = after.iter().any(|(same, over)| *same == at && *over);
            let limit = self.setup.limits[at];
            let was = now && self.log.over.contains(&at);
            match is {
                true => self.log.over.insert(at),
                false => self.log.over.remove(&at),
            };
            let of_account = place.account.map_or(Phase::Enforce, |a| self.account_phase(a));
            let phase = limit.phase.min(of_account);
            if was || !is || phase == Phase::Shadow || told(limit.check) {
                continue;
            }
            let node = limit.node.unwrap_or(NO_NODE);
            if phase == Phase::Warn || limit.action != Action::Block {
                answer.notice(EventKind::Alert, limit.check, node, 0);
            }
            let latch = match limit.action {
                Action::BlockLatch => limit.latch,
                Action::CloseOnly => Latch::CloseOnly,
                _ => continue,
            };
            let node = limit.node.or(place.account);
            if let Some(node) = node.filter(|_| phase == Phase::Enforce) {
                self.latch((node, limit.instrument), latch, limit.check, answer);
            }
        }
    }

    /// What a request that is evaluated adds to the sums.
    pub(super) fn counted(
        &self,
        request: &Request,
        worth: Option<Decimal>,
        judged: bool,
    ) -> Counted {
        let place = Place {
            lane: request.lane,
            account: Some(request.account),
            instrument: Some(request.instrument),
        };
        let whole = request.target.is_none() && request.parent == 0;
        let likeness = (whole && self.looks_for_likeness(&place)).then_some((
            request.account,
            request.instrument,
            request.side,
            request.price,
            request.total,
        ));
        Counted { value: worth.unwrap_or(Decimal::ZERO), qty: request.total, likeness, judged }
    }
}
