//! Random trading days, markets and permissions, and the commands about them.

use super::life::{Life, pick};
use super::rng::Rng;
use super::world::World;
use riskgate::abi::PRICE_UNDEFINED;
use riskgate::abi::order::{order_type, tif};
use riskgate::state::calendar::{Calendar, Offset, Span, SpecialDay};
use riskgate::state::command::Command;
use riskgate::state::permissions::{Algo, AlgoGrant, Grant, Grantee, Permission};
use riskgate::state::session::Session;

const DAY_S: i64 = 86_400;
/// When a life begins, seconds of recorded time.
const BEGIN_S: u64 = 100;

/// Calendars, markets, expiries, algorithms and permissions of a world.
pub fn rules_of_trading(world: &mut World, rng: &mut Rng) {
    let begin_s = (world.wall_offset_ns / 1_000_000_000 + BEGIN_S) as i64;
    for n in 0..rng.below(3) {
        world.setup.calendars.push(calendar(n, begin_s, rng));
    }
    let calendars = world.setup.calendars.len() as u64;
    for i in &mut world.setup.instruments {
        if calendars > 0 && rng.chance(50) {
            i.calendar = Some(rng.below(calendars) as u32);
        }
        i.market = rng.chance(40).then(|| rng.below(4) as u16);
        if rng.chance(10) {
            let after_ns = (BEGIN_S + rng.below(60)) * 1_000_000_000 + rng.below(3);
            i.expiry_ns = world.wall_offset_ns + after_ns;
        }
    }
    for id in 1..=2 {
        let (name, version) = (format!("algo{id}"), "1".to_string());
        world.setup.algos.push(Algo { id, name, version, active: rng.chance(80) });
    }
    if rng.chance(35) {
        for node in 0..world.setup.accounts.len() as u32 {
            if rng.chance(20) {
                let permission = permission(rng);
                world.setup.grants.push(Grant { to: Grantee::Node(node), permission });
            }
        }
        for lane in 0..world.setup.lanes.len() as u32 {
            if rng.chance(20) {
                let permission = permission(rng);
                world.setup.grants.push(Grant { to: Grantee::Lane(lane), permission });
            }
        }
    }
}

/// A day whose phases change every few seconds around the beginning of the life, in a zone whose
/// clock may change there as well.
fn calendar(n: u64, begin_s: i64, rng: &mut Rng) -> Calendar {
    let ahead = |rng: &mut Rng| rng.between(-12, 12) as i32 * 3_600;
    let mut offsets = vec![Offset { from_s: i64::MIN, ahead_s: ahead(rng) }];
    let first = offsets[0].ahead_s;
    if rng.chance(20) {
        let change = Offset { from_s: begin_s + rng.between(1, 30), ahead_s: first + 3_600 };
        offsets.push(change);
    }
    let local_s = begin_s + i64::from(first);
    let second_of_day = local_s.rem_euclid(DAY_S);
    let spans = |rng: &mut Rng| {
        let mut spans = Vec::new();
        let mut from_s = second_of_day - rng.between(0, 20);
        while from_s < second_of_day + 90 {
            let until_s = from_s + rng.between(2, 25);
            let phase = match rng.chance(40) {
                true => Session::Continuous,
                false => rng.pick(&Session::NAMES).0,
            };
            if rng.chance(90) && spans.len() < 16 {
                spans.push(Span { from_s: from_s as i32, until_s: until_s as i32, phase });
            }
            from_s = until_s;
        }
        spans
    };
    let week = std::array::from_fn(|_| spans(rng));
    let mut special_days = Vec::new();
    if rng.chance(25) {
        let day = local_s.div_euclid(DAY_S) as i32;
        special_days.push(SpecialDay { day, spans: spans(rng) });
    }
    Calendar { name: format!("c{n}"), zone: "somewhere".into(), offsets, week, special_days }
}

/// A permission that lacks a thing or two.
fn permission(rng: &mut Rng) -> Permission {
    let mut permission = Permission::ALL;
    for _ in 0..rng.between(1, 2) {
        match rng.below(6) {
            0 => permission.classes &= !(1 << rng.pick(&[0, 1, 4])),
            1 => permission.types &= !(1 << rng.pick(&[order_type::MARKET, order_type::STOP])),
            2 => permission.tifs &= !(1 << rng.pick(&[tif::IOC, tif::GTC, tif::AT_CLOSE])),
            3 => permission.capacities &= !(1 << rng.below(4)),
            4 => permission.venues = !(1 << rng.below(4)),
            _ => {
                permission.algos = match rng.below(2) {
                    0 => AlgoGrant::Registered,
                    _ => AlgoGrant::Listed(vec![1]),
                };
            }
        }
    }
    permission
}

impl Life {
    /// A command about a market, a day, a band or an algorithm.
    pub(super) fn market_command(&self, world: &World, rng: &mut Rng) -> Command {
        let instrument = rng.below(self.price.len() as u64) as u32;
        let kinds = if world.setup.algos.is_empty() { 8 } else { 10 };
        match rng.below(kinds) {
            0..=2 => {
                let some = pick(rng, &Session::NAMES).map(|(session, _)| *session);
                Command::Session { instrument, mode: some.filter(|_| rng.chance(40)) }
            }
            3..=5 => Command::MarketHalt {
                market: rng.chance(85).then(|| rng.below(4) as u16),
                halted: rng.chance(12),
            },
            6 | 7 => {
                let middle = self.price[instrument as usize];
                let reach = world.price[instrument as usize].abs() / 500 * rng.between(5, 40);
                let some = |yes: bool, price: i64| if yes { price } else { PRICE_UNDEFINED };
                let (low, high) = (rng.chance(70), rng.chance(70));
                let (low, high) = (some(low, middle - reach), some(high, middle + reach));
                Command::Band { instrument, low, high }
            }
            _ => Command::Algo { id: 1 + rng.below(2) as u16, active: rng.chance(60) },
        }
    }
}
