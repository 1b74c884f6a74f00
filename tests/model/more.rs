//! Random limits of rates and order sanity, and the reference data that they need.

use super::rng::Rng;
use super::world::{MONEY_ONE, World};
use riskgate::abi::PRICE_UNDEFINED;
use riskgate::abi::codes::Check;
use riskgate::gate::checks::catalogue::is_built;
use riskgate::state::defaults;
use riskgate::state::limit::{Action, Bound, Latch, Limit, Phase, Reset, Variant, Window};
use riskgate::state::session::Session;

/// Checks that this file makes limits of, more often where they bite less.
const KINDS: [Check; 18] = [
    Check::ChildOfParent,
    Check::MinOrderValue,
    Check::PriceWalk,
    Check::PriceWalk,
    Check::AdvPercent,
    Check::UnitMixup,
    Check::UnitMixup,
    Check::MessageRate,
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

/// Lengths of windows, ns: round and crooked, shorter and longer than the pauses of a life.
const LENGTHS: [u64; 7] =
    [1_000_000, 5_000_017, 64_000_000, 250_000_000, 1_000_000_000, 3_333_333_333, 12_000_000_000];

/// A random limit of one of these checks; `None`: none of them is built.
pub fn limit(world: &World, rng: &mut Rng) -> Option<Limit> {
    let check = rng.pick(&KINDS);
    if !is_built(check) {
        return None;
    }
    if check == Check::DuplicateOrder && world.setup.capacity.open_orders < 100 {
        // How many orders a small gate remembers is its own business.
        return None;
    }
    let instrument = rng.below(world.setup.instruments.len() as u64) as u32;
    let node = rng.below(world.setup.accounts.len() as u64) as u32;
    let (node, item, lane) = place(world, check, node, instrument, rng);
    let mut limit = Limit::new(check, node, item, Bound::Unlimited);
    limit.lane = lane;
    if defaults::has_window(check) {
        let run = matches!(check, Check::RejectStorm | Check::DuplicateOrder);
        let tumbling = !run && rng.chance(40);
        limit.window = Window { length_ns: rng.pick(&LENGTHS), tumbling };
    }
    let usual = world.qty[instrument as usize];
    let few = |low: i64, high: i64, rng: &mut Rng| Bound::Value(i128::from(rng.between(low, high)));
    limit.bound = match check {
        Check::MinOrderValue => Bound::Value(i128::from(rng.between(1, 60) * 100) * MONEY_ONE),
        Check::PriceWalk => Bound::Collar(world.collar(rng)),
        Check::AdvPercent => {
            limit.floor = i128::from(rng.pick(&[0, 0, usual, usual * 20]));
            few(1, 40, rng).scaled(250_000)
        }
        Check::UnitMixup => few(2, 60, rng).scaled(50_000_000),
        Check::MessageRate => few(1, 20, rng),
        Check::OrderValueRate => Bound::Value(i128::from(rng.between(20, 600) * 1_000) * MONEY_ONE),
        Check::OrderQtyRate => Bound::Value(i128::from(usual * rng.between(1, 12))),
        Check::ExecutionRate if rng.chance(40) => {
            limit.variant = Variant::Value;
            Bound::Value(i128::from(rng.between(10, 200) * 1_000) * MONEY_ONE)
        }
        Check::ExecutionRate => few(0, 6, rng),
        Check::RepeatedExecution => few(4, 60, rng),
        Check::OrdersPerDay => {
            limit.reset = rng.pick(&[Reset::Day, Reset::Day, Reset::Week, Reset::Never]);
            few(8, 80, rng)
        }
        Check::DuplicateOrder => few(1, 3, rng),
        Check::OrderToTrade => {
            limit.min_count = rng.below(12) as u32;
            few(2, 30, rng).scaled(50_000_000)
        }
        Check::RejectStorm => few(1, 6, rng),
        Check::ChildOfParent => few(1, 5, rng),
        Check::Participation => {
            limit.floor = i128::from(rng.pick(&[0, usual, usual * 5]));
            few(5, 300, rng).scaled(100)
        }
        _ => unreachable!("not of this file"),
    };
    if rng.chance(35) {
        limit.action =
            rng.pick(&[Action::Alert, Action::Block, Action::AlertBlock, Action::BlockAudit]);
    } else if node.is_some() && check != Check::ChildOfParent && rng.chance(4) {
        limit.action = rng.pick(&[Action::BlockLatch, Action::CloseOnly]);
        limit.latch = rng.pick(&[Latch::All, Latch::CloseOnly]);
    }
    limit.phase = match rng.below(16) {
        0 => Phase::Shadow,
        1 => Phase::Warn,
        _ => Phase::Enforce,
    };
    if check == Check::MinOrderValue && has_days() && rng.chance(20) {
        limit.sessions = sessions(rng);
    }
    limit.owner = owner(rng);
    Some(limit)
}

/// Do instruments have days with phases?
pub fn has_days() -> bool {
    is_built(Check::MarketHalt)
}

/// Whose limit it is.
pub fn owner(rng: &mut Rng) -> u16 {
    if rng.chance(15) { 1 + rng.below(2) as u16 } else { 0 }
}

/// Some phases of the day.
pub fn sessions(rng: &mut Rng) -> u8 {
    let usual = Session::Continuous.bit();
    let other = rng.pick(&Session::NAMES).0.bit();
    rng.pick(&[usual, other, usual | other])
}

fn place(
    world: &World,
    check: Check,
    node: u32,
    item: u32,
    rng: &mut Rng,
) -> (Option<u32>, Option<u32>, Option<u32>) {
    let lane = rng.below(world.setup.lanes.len() as u64) as u32;
    loop {
        let (at, of, on) = match rng.below(4) {
            0 => (Some(node), None, None),
            1 => (Some(node), Some(item), None),
            2 => (None, Some(item), None),
            _ => (None, None, Some(lane)),
        };
        if defaults::scopes(check).allow(at.is_some(), of.is_some(), on.is_some()) {
            return (at, of, on);
        }
    }
}

/// What the instrument is known for, as far as anybody knows it.
pub fn reference_data(world: &mut World, rng: &mut Rng) {
    for at in 0..world.qty.len() {
        let (usual, price) = (world.qty[at], world.price[at]);
        let i = &mut world.setup.instruments[at];
        let even = usual / 2 * 2;
        i.adv = even * rng.between(4, 60) * i64::from(rng.chance(80));
        i.sane_qty = even.max(2) * rng.pick(&[1, 1, 2, 5]) * i64::from(rng.chance(80));
        if has_days() && rng.chance(25) {
            let reach = price.abs() / 1_000 * rng.between(5, 60);
            let bound = |rng: &mut Rng, value: i64| match rng.chance(85) {
                true => value,
                false => PRICE_UNDEFINED,
            };
            (i.band_low, i.band_high) = (bound(rng, price - reach), bound(rng, price + reach));
        }
    }
    world.setup.limit_owners = vec!["firm".into(), "clearing".into(), "venue".into()];
    if rng.chance(80) {
        // Some hour of the year 2026.
        world.wall_offset_ns = 1_767_225_600_000_000_000 + rng.below(365 * 24) * 3_600_000_000_000;
    }
}

trait Scaled {
    fn scaled(self, by: i128) -> Self;
}

impl Scaled for Bound {
    fn scaled(self, by: i128) -> Bound {
        match self {
            Bound::Value(value) => Bound::Value(value * by),
            other => other,
        }
    }
}
