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
                None => Some(i128::MAX),
            };
            let depth = depth.expect("covered");
            if depth != 0 && depth != i128::MAX && self.mistake == Mistake::SkipAncestors {
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
                let since = self.counts_since(limit);
                let before = self
                    .messages_of(at, |_| Some(Decimal::ONE))
                    .filter(|(_, serial, _)| *serial > since)
                    .count();
                over(MeasureUnit::Count, with(Decimal::ONE, Decimal::from(before)), count)
            }
            Check::DuplicateOrder => {
                let mine = counted.likeness.filter(|_| request.target.is_none())?;
                let before = self.alike(at, limit.window, mine);
                over(MeasureUnit::Count, with(Decimal::ONE, before), count)
            }
            Check::OrderToTrade if !reduces => {
                let asked = self.messages_in(at, limit.window, |_| Some(Decimal::ONE));
                let trades = self.done_in(at, limit.window, |_| Decimal::ONE).max(Decimal::ONE);
                let ratio = dec(bound, 8);
                let enough = asked >= Decimal::from(limit.min_count);
                let too_many = super::measure::exceeds(self.mistake, asked, mul(ratio, trades));
                (enough && too_many).then(|| Excess {
                    unit: MeasureUnit::Qty,
                    observed: dec(num::ratio_up(asked, trades, 8), 8),
                    bound: ratio,
                })
            }
            Check::RejectStorm if !reduces => {
                over(MeasureUnit::Count, self.storm(at, limit), count)
            }
            Check::Participation if grows > Decimal::ZERO => {
                self.participation(at, limit, bound, request, grows)
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

    /// New orders like this one in the window, whose times are exact.
    fn alike(&self, at: usize, window: Window, mine: Likeness) -> Decimal {
        let of = |m: &Message| {
            let same = m.counted.as_ref().is_some_and(|c| c.likeness == Some(mine));
            same.then_some(Decimal::ONE)
        };
        let times = self.messages_of(at, of).map(|(at_ns, _, amount)| (at_ns, amount));
        if window.tumbling {
            return sum_over(window, self.log.now_ns, times, self.mistake);
        }
        let recent = times.filter(|(at_ns, _)| self.log.now_ns - at_ns < window.length_ns);
        Decimal::from(recent.count())
    }

    /// Rejects of the current run that lie in the window.
    fn storm(&self, at: usize, limit: &Limit) -> Decimal {
        sum_over(limit.window, self.log.now_ns, self.run_of(at).into_iter(), self.mistake)
    }

    /// Own executed and open quantity against what the market traded.
    fn participation(
        &self,
        at: usize,
        limit: &Limit,
        bound: i128,
        request: &Request,
        grows: Decimal,
    ) -> Option<Excess> {
        let node = limit.node.expect("a node's share");
        let executed = self.done_in(at, limit.window, |d| num::qty(i128::from(d.qty)));
        let tally = self.tally(&super::book::Change::None);
        let open = tally
            .select(node, Some(request.instrument))
            .fold(0, |sum, (_, row, _)| sum + row.b + row.s);
        let own = add(add(executed, num::qty(open)), grows);
        let market = self.market_volume(request.instrument, limit.window);
        let denominator = market.max(dec(limit.floor, 8));
        let bps = dec(bound * 10_000, 4);
        if denominator.is_zero() {
            return Some(Excess {
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

    fn market_volume(&self, instrument: u32, window: Window) -> Decimal {
        let traded = self
            .log
            .traded
            .iter()
            .filter(|t| t.instrument == instrument)
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
        let known_instrument = (slot.instrument as usize) < self.setup.instruments.len();
        let place = Place {
            lane,
            account: (known_account && self.is_leaf(slot.account)).then_some(slot.account),
            instrument: known_instrument.then_some(slot.instrument),
        };
        let (at_ns, serial) = (self.log.now_ns, self.log.next());
        let rejected = answer.decision == decision::REJECT;
        let counted = answer.counted.take();
        self.log.messages.push(Message { at_ns, serial, place, counted, rejected });
        self.note_said(place, rejected, answer);
    }

    /// An answer to a new order or replace; the one too many in a row fires.
    pub(super) fn note_said(&mut self, place: Place, rejected: bool, answer: &mut Answer) {
        let (at_ns, serial) = (self.log.now_ns, self.log.next());
        let measures = |model: &Model| -> Vec<(usize, bool)> {
            let limits = model.setup.limits.iter().enumerate();
            limits
                .filter(|(_, l)| l.check == Check::RejectStorm && model.covers(l, &place))
                .filter_map(|(at, l)| match l.bound {
                    Bound::Value(bound) => {
                        Some((at, model.exceeds(model.storm(at, l), dec(bound, 0))))
                    }
                    _ => None,
                })
                .collect()
        };
        let before = measures(self);
        self.log.said.push(Said { at_ns, serial, place, rejected });
        let after = measures(self);
        self.fire(before, after, answer);
    }

    /// An execution; a rate that it takes beyond its limit fires.
    pub(super) fn note_done(
        &mut self,
        place: Place,
        qty: i64,
        value: Decimal,
        answer: &mut Answer,
    ) {
        let (at_ns, serial) = (self.log.now_ns, self.log.next());
        let measures = |model: &Model| -> Vec<(usize, bool)> {
            let limits = model.setup.limits.iter().enumerate();
            limits
                .filter(|(_, l)| l.check == Check::ExecutionRate && model.covers(l, &place))
                .filter_map(|(at, l)| match l.bound {
                    Bound::Value(bound) => {
                        let (measure, _, bound) = model.execution_rate(at, l, bound);
                        Some((at, model.exceeds(measure, bound)))
                    }
                    _ => None,
                })
                .collect()
        };
        let before = measures(self);
        self.log.done.push(Done { at_ns, serial, place, qty, value });
        let after = measures(self);
        self.fire(before, after, answer);
    }

    fn exceeds(&self, value: Decimal, bound: Decimal) -> bool {
        super::measure::exceeds(self.mistake, value, bound)
    }

    /// Limits that are over now and were not before speak up, and latch.
    fn fire(&mut self, before: Vec<(usize, bool)>, after: Vec<(usize, bool)>, answer: &mut Answer) {
        for ((at, was), (_, is)) in before.into_iter().zip(after) {
            let limit = self.setup.limits[at];
            if was || !is || limit.phase == Phase::Shadow {
                continue;
            }
            let node = limit.node.unwrap_or(NO_NODE);
            if limit.phase == Phase::Warn || limit.action != Action::Block {
                answer.notice(EventKind::Alert, limit.check, node, 0);
            }
            if limit.phase == Phase::Enforce && node != NO_NODE {
                let latch = match limit.action {
                    Action::BlockLatch => limit.latch,
                    Action::CloseOnly => Latch::CloseOnly,
                    _ => continue,
                };
                self.latch((node, limit.instrument), latch, limit.check, answer);
            }
        }
    }

    /// What a request that is evaluated adds to the sums.
    pub(super) fn counted(&self, request: &Request, worth: Option<Decimal>) -> Counted {
        let likeness = (request.target.is_none() && request.parent == 0).then_some((
            request.account,
            request.instrument,
            request.side,
            request.price,
            request.total,
        ));
        Counted { value: worth.unwrap_or(Decimal::ZERO), qty: request.total, likeness }
    }
}
