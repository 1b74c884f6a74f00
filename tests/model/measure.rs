//! Accumulated limits: what each one measures, its thresholds, and breaches that nobody ordered.

use super::book::Tally;
use super::gate::{Answer, Level, Mistake, Model};
use super::num::{Decimal, add, dec, mul, sub};
use riskgate::abi::codes::Check;
use riskgate::gate::outcome::{EventKind, MeasureUnit};
use riskgate::state::limit::{Action, Bound, Latch, Limit, Phase, SOFT_REARM_POINTS, Variant};

/// Checks whose measure is a sum over orders and positions.
pub(super) const ACCUMULATED: [Check; 19] = [
    Check::MaxOpenOrders,
    Check::MaxLong,
    Check::MaxShort,
    Check::GrossExposure,
    Check::NetExposure,
    Check::LongExposure,
    Check::ShortExposure,
    Check::Purchases,
    Check::Sales,
    Check::OpenOrderValue,
    Check::BuyingPower,
    Check::Margin,
    Check::DailyLoss,
    Check::Drawdown,
    Check::SectorConcentration,
    Check::OptionGreeks,
    Check::RateSensitivity,
    Check::FxPosition,
    Check::Ownership,
];

/// Usage and bound of an accumulated limit.
pub(super) struct Measure {
    pub value: Decimal,
    pub bound: Decimal,
    pub unit: MeasureUnit,
    /// A share of nothing: whatever is in the bucket is too much.
    pub fails_closed: bool,
    pub bucket: Decimal,
    pub denominator: Decimal,
    /// Shown with both numbers, beside what is compared.
    pub shown: Decimal,
}

/// Limits are inclusive.
pub(super) fn exceeds(mistake: Mistake, value: Decimal, bound: Decimal) -> bool {
    if mistake == Mistake::ExclusiveLimit { value >= bound } else { value > bound }
}

impl Measure {
    /// A number against a number.
    pub fn plain(value: Decimal, bound: Decimal, unit: MeasureUnit) -> Measure {
        let none = Decimal::ZERO;
        let (bucket, denominator, shown) = (none, none, none);
        Measure { value, bound, unit, fails_closed: false, bucket, denominator, shown }
    }

    /// A share against basis points.
    pub fn share(bucket: Decimal, denominator: Decimal, bps: i128) -> Measure {
        Measure {
            value: mul(bucket, dec(10_000, 0)),
            bound: mul(dec(bps, 0), denominator),
            unit: MeasureUnit::BasisPoints,
            fails_closed: denominator <= Decimal::ZERO,
            bucket,
            denominator,
            shown: Decimal::ZERO,
        }
    }

    pub fn over(&self, mistake: Mistake) -> bool {
        if self.fails_closed {
            self.bucket > Decimal::ZERO
        } else {
            exceeds(mistake, self.value, self.bound)
        }
    }
}

impl Model {
    /// What a limit measures in a state.
    pub(super) fn measure(&self, limit: &Limit, key: u32, tally: &Tally) -> Measure {
        let node = limit.node.expect("accumulated limits hold at a node");
        let Bound::Value(bound) = limit.bound else { panic!("a bounded limit") };
        let sums = || tally.sums(node, limit.instrument);
        let money = |value: Decimal| Measure::plain(value, dec(bound, 17), MeasureUnit::Money);
        let qty = |value: i128| Measure::plain(dec(value, 8), dec(bound, 8), MeasureUnit::Qty);
        match limit.check {
            Check::MaxOpenOrders => {
                let orders = dec(i128::from(sums().orders), 0);
                Measure::plain(orders, dec(bound, 0), MeasureUnit::Count)
            }
            Check::MaxLong => qty(tally.quantities(node, key).0),
            Check::MaxShort => qty(tally.quantities(node, key).1),
            Check::GrossExposure => money(match limit.variant {
                Variant::Executed => sums().executed,
                Variant::DailyTraded => {
                    add(self.executed_value(node, limit.reset, None), sums().open)
                }
                _ => sums().gross,
            }),
            Check::NetExposure => money(sums().net()),
            Check::LongExposure => money(sums().long),
            Check::ShortExposure => money(sums().short),
            Check::OpenOrderValue => money(sums().open),
            Check::Purchases | Check::Sales => money(self.traded(limit, tally)),
            Check::BuyingPower => {
                let cash = self.cash_below(node, limit.currency);
                Measure { shown: cash, ..money(sub(self.spent(limit, tally), cash)) }
            }
            Check::Margin => money(self.margin(limit, tally)),
            Check::DailyLoss => money(self.loss(limit)),
            Check::Drawdown => money(self.fall(limit)),
            Check::SectorConcentration => self.concentration(limit, key, tally, bound),
            Check::OptionGreeks => money(self.greeks(limit, key, tally)),
            Check::RateSensitivity => money(self.sensitivity(limit, key, tally)),
            Check::FxPosition => money(self.fx_position(limit, key, tally)),
            Check::Ownership => self.ownership(limit, key, tally, bound),
            other => panic!("{} does not accumulate", other.name()),
        }
    }

    /// Brings all thresholds to where the state is now, and reports what they crossed. `passive`:
    /// no order asked for it, so hard limits speak up as well.
    pub(super) fn settle(&mut self, answer: &mut Answer, passive: bool) {
        self.note_peaks();
        let tally = self.tally(&super::book::Change::None);
        let mut latches = Vec::new();
        for (at, limit) in self.setup.limits.iter().enumerate() {
            if !ACCUMULATED.contains(&limit.check)
                || limit.bound == Bound::Unlimited
                || limit.phase == Phase::Shadow
            {
                continue;
            }
            let node = limit.node.expect("accumulated limits hold at a node");
            for key in self.keys(limit) {
                let measure = self.measure(limit, key, &tally);
                let level = self.levels.get(&(at, key)).copied().unwrap_or_default();
                let (next, fired) = self.next_level(limit, &measure, level);
                // What nobody's order did is the node's own, and so is its phase.
                let of_node = if passive { self.account_phase(node) } else { Phase::Enforce };
                let phase = limit.phase.min(of_node);
                if let Some(percent) = fired.filter(|_| phase != Phase::Shadow) {
                    answer.notice(EventKind::Soft, limit.check, node, percent);
                }
                if passive && next.over && !level.over && phase != Phase::Shadow {
                    let loud = phase == Phase::Warn || limit.action != Action::Block;
                    if loud {
                        answer.notice(EventKind::Alert, limit.check, node, 0);
                    }
                    if phase == Phase::Enforce {
                        match limit.action {
                            Action::BlockLatch => {
                                latches.push(((node, limit.instrument), limit.latch, limit.check));
                            }
                            Action::CloseOnly => {
                                latches.push((
                                    (node, limit.instrument),
                                    Latch::CloseOnly,
                                    limit.check,
                                ));
                            }
                            _ => {}
                        }
                    }
                }
                if next == Level::default() {
                    self.levels.remove(&(at, key));
                } else {
                    self.levels.insert((at, key), next);
                }
            }
        }
        for (place, latch, check) in latches {
            self.latch(place, latch, check, answer);
        }
    }

    /// All measures of a limit: one per instrument or bucket, or just one.
    fn keys(&self, limit: &Limit) -> Vec<u32> {
        let mut keys: Vec<u32> = match limit.instrument {
            Some(instrument) => self.keys_of(limit, instrument),
            None => (0..self.setup.instruments.len() as u32)
                .flat_map(|i| self.keys_of(limit, i))
                .collect(),
        };
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    fn next_level(&self, limit: &Limit, measure: &Measure, level: Level) -> (Level, Option<u8>) {
        let over = measure.over(self.mistake);
        let all = limit.soft_percent.iter().filter(|p| **p > 0);
        if over {
            let crossed = all.enumerate().fold(0, |bits, (k, _)| bits | 1 << k);
            return (Level { crossed, over }, None);
        }
        let share = |percent: u8| mul(measure.bound, dec(i128::from(percent), 2));
        let counts = !measure.fails_closed && measure.value > Decimal::ZERO;
        let reaches = |percent: u8| counts && measure.value >= share(percent);
        // Exactly five points below is low enough to re-arm.
        let stays_above = |percent: u8| counts && measure.value > share(percent);
        let (mut crossed, mut fired) = (level.crossed, None);
        for (k, percent) in all.enumerate() {
            if reaches(*percent) {
                if crossed & 1 << k == 0 {
                    crossed |= 1 << k;
                    fired = Some(*percent);
                }
            } else if !stays_above(percent.saturating_sub(SOFT_REARM_POINTS))
                && self.mistake != Mistake::NoRearm
            {
                crossed &= !(1 << k);
            }
        }
        (Level { crossed, over }, fired)
    }
}
