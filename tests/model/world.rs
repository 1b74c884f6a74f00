//! Random worlds: instruments, account trees and limits, in ranges whose exact products fit 28
//! digits.

use super::open_points::SHARES_WATCHED;
use super::portfolio;
use super::rng::Rng;
use riskgate::abi::codes::{Check, CheckMask};
use riskgate::abi::order::kind;
use riskgate::fixed::{PRICE_ONE, QTY_ONE};
use riskgate::state::limit::{
    Action, Band, Bound, Collar, Denominator, Latch, Limit, Phase, Variant,
};
use riskgate::state::setup::{Account, Capacity, Currency, Instrument, Lane, Setup};

/// Money of 1.
pub const MONEY_ONE: i128 = 100_000_000_000_000_000;
const CENT: i64 = PRICE_ONE / 100;

/// A setup with what the generator of lives needs to know about its instruments.
#[derive(Clone, Debug)]
pub struct World {
    pub setup: Setup,
    /// Where each instrument trades at the start.
    pub price: Vec<i64>,
    /// A usual quantity of each, a multiple of its lot.
    pub qty: Vec<i64>,
    /// The accounts that trade.
    pub leaves: Vec<u32>,
    /// What the wall clock shows when the recorded time is 0.
    pub wall_offset_ns: u64,
    /// Percent of the limits that are of rates and order sanity.
    pub busy: u64,
}

impl World {
    pub fn random(rng: &mut Rng) -> World {
        let mut world = World {
            setup: Setup { capacity: Capacity::SMALL, ..Setup::default() },
            price: Vec::new(),
            qty: Vec::new(),
            leaves: Vec::new(),
            wall_offset_ns: 0,
            busy: rng.pick(&[0, 15, 30, 50]),
        };
        world.currencies(rng);
        world.instruments(rng);
        world.tree(rng);
        world.lanes(rng);
        super::more::reference_data(&mut world, rng);
        if rng.chance(50) {
            super::venues::rules_of_trading(&mut world, rng);
        }
        world.limits(rng);
        let duplicates = world.setup.limits.iter().any(|l| l.check == Check::DuplicateOrder);
        if !duplicates && rng.chance(12) {
            world.setup.capacity.open_orders = 16;
        }
        if rng.chance(10) {
            world.setup.capacity.history = rng.pick(&[16, 64]);
        }
        world
    }

    fn currencies(&mut self, rng: &mut Rng) {
        let mut add = |name: &str, rate: Option<i64>| {
            self.setup.currencies.push(Currency { name: name.to_string(), rate });
        };
        add("USD", Some(PRICE_ONE));
        add("EUR", Some(PRICE_ONE + rng.between(0, 2_000) * 100_000));
        add("GBP", Some(PRICE_ONE + rng.between(2_000, 4_000) * 100_000));
        add("JPY", Some(rng.between(60, 99) * 100_000));
        add("XXX", rng.chance(20).then_some(PRICE_ONE).filter(|_| rng.chance(50)));
        self.setup.groups[0] = vec!["energy".into(), "finance".into(), "technology".into()];
        portfolio::name_groups(&mut self.setup);
        self.setup.owners = vec!["o0".into(), "o1".into(), "o2".into()];
    }

    fn instruments(&mut self, rng: &mut Rng) {
        for n in 0..rng.between(1, 8) {
            let mut i = Instrument::plain(&format!("I{n}"));
            i.currency = if rng.per_mille(30) { 4 } else { rng.below(4) as u32 };
            if rng.chance(70) {
                i.groups[0] = Some(rng.below(3) as u32);
            }
            let (price, qty) = match rng.below(8) {
                0 => portfolio::option(&mut i, rng),
                1 if i.currency != 4 => portfolio::pair(&self.setup, &mut i, rng),
                _ => shape(&mut i, rng),
            };
            portfolio::place(&mut i, rng);
            portfolio::weigh(&self.setup, &mut i, price, qty, rng);
            if rng.chance(5) && price > CENT {
                (i.ticks, i.lot) = (Vec::new(), 0);
            }
            if rng.chance(40) {
                i.mark_max_age_ns = 5_000_000_000;
            }
            if rng.chance(30) {
                i.last_max_age_ns = rng.pick(&[1_000_000_000, 20_000_000_000]);
            }
            if rng.chance(20) {
                i.close_max_age_ns = rng.pick(&[8_000_000_000, 60_000_000_000]);
            }
            if rng.chance(30) {
                i.mark_max_spread_bps = rng.pick(&[50, 300, 2_000]);
            }
            self.setup.instruments.push(i);
            self.price.push(price);
            self.qty.push(qty);
        }
    }

    fn tree(&mut self, rng: &mut Rng) {
        let accounts = &mut self.setup.accounts;
        let levels = rng.between(2, 6);
        let leaves = match rng.below(10) {
            0 => rng.between(8, 12),
            1..=4 => rng.between(1, 3),
            _ => rng.between(2, 6),
        };
        accounts.push(node("firm".into(), None));
        let mut level_of = vec![0];
        let mut inner = vec![true];
        for _ in 0..leaves {
            let depth = if rng.chance(70) { levels } else { rng.between(2, levels) };
            let mut at = 0u32;
            for level in 1..depth - 1 {
                let known: Vec<u32> = (0..accounts.len() as u32)
                    .filter(|n| accounts[*n as usize].parent == Some(at) && inner[*n as usize])
                    .collect();
                at = if !known.is_empty() && rng.chance(60) {
                    rng.pick(&known)
                } else {
                    accounts.push(node(format!("n{}", accounts.len()), Some(at)));
                    level_of.push(level);
                    inner.push(true);
                    accounts.len() as u32 - 1
                };
            }
            accounts.push(node(format!("a{}", accounts.len()), Some(at)));
            inner.push(false);
            self.leaves.push(accounts.len() as u32 - 1);
        }
        for account in accounts.iter_mut() {
            account.owner = rng.chance(60).then(|| rng.below(3) as u32);
            if rng.chance(60) {
                account.equity = Some(i128::from(rng.between(-1, 60)) * 100_000 * MONEY_ONE);
            }
            portfolio::fund(account, rng);
            if rng.chance(8) {
                account.phase = Some(rng.pick(&[Phase::Shadow, Phase::Warn, Phase::Enforce]));
            }
        }
    }

    fn lanes(&mut self, rng: &mut Rng) {
        self.setup.lanes.push(Lane::unrestricted("L0", 0));
        if rng.chance(60) {
            self.setup.lanes.push(Lane::unrestricted("L1", 0));
        }
        if rng.chance(40) {
            let mut lane = Lane::unrestricted("L2", 1);
            match rng.below(5) {
                0 => lane.accounts = vec![rng.pick(&self.leaves)],
                1 => lane.classes = 0b101,
                2 => lane.kinds = 1 << kind::NEW | 1 << kind::CANCEL,
                3 => lane.venues = 0b1011,
                _ => lane.max_open_orders = rng.between(1, 4) as u32,
            }
            self.setup.lanes.push(lane);
        }
    }

    fn limits(&mut self, rng: &mut Rng) {
        let density = rng.pick(&[10, 25, 50, 90]);
        for _ in 0..density {
            let limit = self.limit(rng);
            let rival = |l: &Limit| {
                l.same_place(&limit)
                    || (limit.check == Check::WashTrade
                        && (l.check, l.node) == (limit.check, limit.node))
            };
            if !self.setup.limits.iter().any(rival) {
                self.setup.limits.push(limit);
            }
        }
        if rng.chance(25) {
            let checks = [Check::MaxOrderQty, Check::PriceCollar, Check::GrossExposure];
            let mut mask = CheckMask::EMPTY;
            let check = rng.pick(&checks);
            mask.insert(check);
            self.setup.required = mask;
            let at_firm = |l: &Limit| (l.check, l.node, l.instrument) == (check, Some(0), None);
            if rng.chance(90) && !self.setup.limits.iter().any(at_firm) {
                self.setup.limits.push(Limit::new(check, Some(0), None, Bound::Unlimited));
            }
        }
    }

    /// A random limit that may stand in this world.
    pub fn limit(&self, rng: &mut Rng) -> Limit {
        if rng.chance(30)
            && let Some(mut limit) = self.portfolio_limit(rng)
        {
            self.conduct(&mut limit, rng);
            self.agree(&mut limit);
            return limit;
        }
        if rng.chance(self.busy)
            && let Some(limit) = super::more::limit(self, rng)
        {
            return limit;
        }
        let check = rng.pick(&[
            Check::StaleMark,
            Check::MaxOrderQty,
            Check::MaxOrderQty,
            Check::MaxOrderValue,
            Check::MaxOrderValue,
            Check::MinOrderQty,
            Check::LotSize,
            Check::TickSize,
            Check::PriceCollar,
            Check::PriceCollar,
            Check::PriceCollar,
            Check::MaxOpenOrders,
            Check::MaxLong,
            Check::MaxLong,
            Check::MaxShort,
            Check::MaxShort,
            Check::GrossExposure,
            Check::GrossExposure,
            Check::GrossExposure,
            Check::NetExposure,
            Check::LongExposure,
            Check::ShortExposure,
            Check::OpenOrderValue,
            Check::SectorConcentration,
            Check::SectorConcentration,
            Check::WashTrade,
        ]);
        let instrument = rng.below(self.setup.instruments.len() as u64) as u32;
        let node = rng.below(self.setup.accounts.len() as u64) as u32;
        let (node, instrument) = scope(check, node, instrument, rng);
        let mut limit = Limit::new(check, node, instrument, Bound::Unlimited);
        limit.bound = self.bound(check, node, instrument, rng);
        match check {
            Check::GrossExposure => {
                limit.variant =
                    rng.pick(&[Variant::Default, Variant::Executed, Variant::DailyTraded]);
            }
            // One mode per node.
            Check::WashTrade if node.is_some_and(|n| n % 8 == 3) => {
                limit.variant = Variant::CancelResting;
            }
            Check::WashTrade if node.is_some_and(|n| n % 8 == 5) => {
                limit.variant = Variant::StampSelfMatch;
            }
            Check::SectorConcentration => {
                self.share(&mut limit, rng);
            }
            _ => {}
        }
        self.conduct(&mut limit, rng);
        limit
    }

    /// What a breach of a limit does, how far it is deployed, its thresholds.
    fn conduct(&self, limit: &mut Limit, rng: &mut Rng) {
        let check = limit.check;
        if rng.chance(4) && !matches!(check, Check::WashTrade) {
            limit.bound = Bound::Unlimited;
        }
        if rng.chance(35) {
            limit.action = rng.pick(&[
                Action::Alert,
                Action::Block,
                Action::AlertBlock,
                Action::BlockAudit,
                Action::Block,
            ]);
        }
        if limit.node.is_some() && rng.chance(3) {
            limit.action = rng.pick(&[Action::BlockLatch, Action::CloseOnly]);
            limit.latch = rng.pick(&[Latch::All, Latch::CloseOnly]);
        }
        limit.phase = match rng.below(20) {
            0 => Phase::Shadow,
            1 => Phase::Warn,
            _ => Phase::Enforce,
        };
        let softs = matches!(
            check,
            Check::MaxOrderQty | Check::MaxOrderValue | Check::MaxOpenOrders | Check::PriceCollar
        );
        if (softs && rng.chance(30)) || (limit.soft_percent[0] != 0 && rng.chance(20)) {
            limit.soft_percent = rng.pick(&[[50, 0, 0, 0], [60, 80, 95, 0], [30, 60, 80, 90]]);
        }
        let by_phase =
            matches!(check, Check::MaxOrderQty | Check::MaxOrderValue | Check::PriceCollar);
        if by_phase && self.setup.required.is_empty() && rng.chance(20) {
            limit.sessions = super::more::sessions(rng);
        }
        if !says_what(check) {
            limit.owner = super::more::owner(rng);
        }
        tame(limit, &self.setup);
    }

    fn bound(&self, check: Check, node: Option<u32>, item: Option<u32>, rng: &mut Rng) -> Bound {
        // Wider higher in the tree.
        let leaf = node.is_some_and(|n| self.leaves.contains(&n));
        let breadth = if leaf { 1 } else { 1 + self.leaves.len() as i64 / 2 };
        let usual = match item {
            Some(i) => self.qty[i as usize],
            None => rng.pick(&self.qty),
        };
        let money = |low: i64, high: i64, rng: &mut Rng| {
            Bound::Value(i128::from(rng.between(low, high) * 1_000) * MONEY_ONE)
        };
        match check {
            Check::MaxOrderQty => Bound::Value(i128::from(usual * rng.between(2, 8))),
            Check::MinOrderQty => Bound::Value(i128::from((usual / rng.between(2, 50)).max(1))),
            Check::MaxOrderValue => money(20, 300, rng),
            Check::MaxOpenOrders => Bound::Value(i128::from(rng.between(2, 15) * breadth)),
            Check::MaxLong | Check::MaxShort => {
                Bound::Value(i128::from(usual) * i128::from(rng.between(3, 25) * breadth))
            }
            Check::GrossExposure => money(100 * breadth, 2_000 * breadth, rng),
            Check::NetExposure | Check::LongExposure | Check::ShortExposure => {
                money(60 * breadth, 1_000 * breadth, rng)
            }
            Check::OpenOrderValue => money(60 * breadth, 1_000 * breadth, rng),
            Check::SectorConcentration => Bound::Value(i128::from(rng.between(5, 120) * 100)),
            Check::PriceCollar => Bound::Collar(self.collar(rng)),
            // Rows that only say what the check does.
            _ => Bound::Value(1),
        }
    }

    pub fn collar(&self, rng: &mut Rng) -> Collar {
        let mut band = || {
            let mut band = Band::default();
            if rng.chance(70) {
                band.percent_micro = Some(rng.between(5, 80) * 100_000);
            }
            if rng.chance(30) {
                band.ticks = Some(rng.between(5, 60));
            }
            // A cent is a million coins away where a coin is worth less than a millionth.
            if rng.chance(20) && self.price.iter().all(|p| *p >= CENT || *p <= 0) {
                band.absolute = Some(rng.between(1, 50) * 10 * CENT);
            }
            band
        };
        let (mut aggressive, passive) = (band(), band());
        if aggressive.is_unset() && passive.is_unset() {
            aggressive.percent_micro = Some(3_000_000);
        }
        Collar { aggressive, passive, use_smaller: rng.chance(40) }
    }
}

/// Checks whose rows have no number and only say what a breach does.
pub fn says_what(check: Check) -> bool {
    matches!(check, Check::StaleMark | Check::LotSize | Check::TickSize | Check::WashTrade)
}

/// Takes away what `SHARES_WATCHED` speaks of: whatever makes a passive breach tell something.
pub fn tame(limit: &mut Limit, setup: &Setup) {
    let warns = setup.accounts.iter().any(|a| a.phase == Some(Phase::Warn));
    if limit.check == Check::SectorConcentration
        && limit.denominator != Denominator::Equity
        && !SHARES_WATCHED
    {
        limit.action = Action::Block;
        limit.soft_percent = [0; 4];
        if warns {
            limit.denominator = Denominator::Equity;
        }
        if limit.phase == Phase::Warn {
            limit.phase = Phase::Enforce;
        }
    }
}

pub fn node(name: String, parent: Option<u32>) -> Account {
    Account::plain(&name, parent)
}

/// Where a limit of this check may stand.
fn scope(check: Check, node: u32, item: u32, rng: &mut Rng) -> (Option<u32>, Option<u32>) {
    match check {
        Check::MaxOrderQty | Check::MaxOrderValue | Check::PriceCollar => match rng.below(3) {
            0 => (None, Some(item)),
            1 => (Some(node), None),
            _ => (Some(node), Some(item)),
        },
        Check::StaleMark | Check::MinOrderQty | Check::LotSize | Check::TickSize => {
            (None, Some(item))
        }
        Check::MaxOpenOrders | Check::MaxLong | Check::MaxShort | Check::OpenOrderValue => {
            (Some(node), rng.chance(40).then_some(item))
        }
        _ => (Some(node), None),
    }
}

/// Gives the instrument the traits of some market; returns a price and a usual quantity.
fn shape(i: &mut Instrument, rng: &mut Rng) -> (i64, i64) {
    let cents = |rng: &mut Rng, low: i64, high: i64| rng.between(low * 100, high * 100) * CENT;
    match rng.below(8) {
        0 | 1 => {
            i.ticks = vec![(0, CENT)];
            i.lot = QTY_ONE;
            (cents(rng, 20, 400), rng.between(1, 40) * 10 * QTY_ONE)
        }
        2 => {
            // A banded table; prices move across its borders.
            i.ticks = vec![(0, CENT / 100), (PRICE_ONE, CENT / 10), (2 * PRICE_ONE, CENT)];
            i.lot = 100 * QTY_ONE;
            i.minor_unit = i.currency == 2;
            (cents(rng, 1, 3), rng.between(20, 100) * 100 * QTY_ONE)
        }
        3 => {
            i.ticks = vec![(0, 25 * CENT)];
            i.lot = QTY_ONE;
            i.multiplier = 50 * QTY_ONE;
            i.class = 1;
            (rng.between(400, 800) * 25 * CENT, rng.between(1, 4) * QTY_ONE)
        }
        4 => {
            i.ticks = vec![(0, CENT)];
            i.lot = QTY_ONE;
            i.multiplier = 10 * QTY_ONE;
            i.negative_price = true;
            i.class = 1;
            (cents(rng, -3, 30), rng.between(5, 80) * QTY_ONE)
        }
        5 => {
            i.ticks = vec![(0, CENT)];
            i.lot = QTY_ONE / 100;
            i.class = 4;
            (cents(rng, 200, 900), rng.between(100, 9_000) * (QTY_ONE / 100))
        }
        6 => {
            // A coin worth less than a millionth.
            i.ticks = vec![(0, 1)];
            i.lot = QTY_ONE;
            i.class = 4;
            (rng.between(100, 900), rng.between(1_000, 9_000) * 100_000 * QTY_ONE)
        }
        _ => {
            i.ticks = vec![(0, 50 * CENT)];
            i.lot = QTY_ONE;
            i.inverse = true;
            i.base_currency = Some(0);
            i.multiplier = 100 * QTY_ONE;
            i.class = 4;
            (rng.between(400, 900) * 50 * CENT, rng.between(20, 300) * QTY_ONE)
        }
    }
}
