//! Random inputs for the journal's tests: every field of everything varies. Seeded, printed.

#![allow(dead_code, missing_docs)]

pub mod engine;

use std::path::PathBuf;

use riskgate::abi::codes::{Check, CheckMask};
use riskgate::abi::verdict::decision;
use riskgate::fixed::Wide;
use riskgate::gate::outcome::{Breach, Event, EventKind, MeasureUnit, Outcome};
use riskgate::machine::{Environment, MarkInput};
use riskgate::state::calendar::{Calendar, Offset, Span, SpecialDay};
use riskgate::state::command::{Command, KillScope, Restriction};
use riskgate::state::dimension::Dimension;
use riskgate::state::limit::{
    Action, Band, Bound, Collar, Denominator, Latch, Limit, Phase, Reset, Variant, Window,
};
use riskgate::state::permissions::{Algo, AlgoGrant, Grant, Grantee, Permission};
use riskgate::state::session::Session;
use riskgate::state::setup::{Account, Capacity, Currency, Instrument, Lane, Setup};

/// SplitMix64.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
    pub fn u32(&mut self) -> u32 {
        self.next() as u32
    }
    pub fn i64(&mut self) -> i64 {
        self.next() as i64
    }
    pub fn u128(&mut self) -> u128 {
        u128::from(self.next()) << 64 | u128::from(self.next())
    }
    pub fn bool(&mut self) -> bool {
        self.next() & 1 == 1
    }
    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }
    pub fn option<T>(&mut self, make: impl FnOnce(&mut Random) -> T) -> Option<T> {
        if self.bool() { Some(make(self)) } else { None }
    }
    pub fn list<T>(&mut self, most: u64, mut make: impl FnMut(&mut Random) -> T) -> Vec<T> {
        (0..self.below(most + 1)).map(|_| make(self)).collect()
    }
    pub fn text(&mut self) -> String {
        let letters = ['A', 'z', '0', '-', 'é', '€', '日', ' '];
        (0..self.below(12)).map(|_| self.pick(&letters)).collect()
    }
    pub fn mask(&mut self) -> CheckMask {
        CheckMask(self.u128())
    }
    pub fn wide(&mut self) -> Wide {
        Wide { low: self.u128(), high: self.u128() as i128 }
    }
    pub fn check(&mut self) -> Check {
        self.pick(Check::ALL)
    }
}

pub fn band(r: &mut Random) -> Band {
    Band {
        percent_micro: r.option(Random::i64),
        ticks: r.option(Random::i64),
        absolute: r.option(Random::i64),
    }
}

pub fn limit(r: &mut Random) -> Limit {
    let bound = match r.below(3) {
        0 => Bound::Unlimited,
        1 => Bound::Value(r.u128() as i128),
        _ => Bound::Collar(Collar { aggressive: band(r), passive: band(r), use_smaller: r.bool() }),
    };
    let has_bands = matches!(bound, Bound::Collar(_));
    Limit {
        node: r.option(Random::u32),
        instrument: r.option(Random::u32),
        lane: r.option(Random::u32),
        check: r.check(),
        variant: r.pick(&Variant::ALL),
        bound,
        action: r.pick(&Action::NAMES).0,
        phase: r.pick(&Phase::NAMES).0,
        latch: r.pick(&[Latch::All, Latch::CloseOnly]),
        soft_percent: r.u32().to_le_bytes(),
        denominator: r.pick(&[Denominator::Equity, Denominator::LiveEquity, Denominator::Gross]),
        floor: if has_bands { 0 } else { r.u128() as i128 },
        bucket: r.pick(&Dimension::NAMES).0,
        currency: r.option(Random::u32).filter(|_| !has_bands),
        window: Window { length_ns: r.next() >> 1, tumbling: r.bool() },
        min_count: if has_bands { 0 } else { r.u32() },
        reset: r.pick(&Reset::NAMES).0,
        sessions: r.next() as u8,
        owner: r.next() as u16,
        until_ns: r.next(),
    }
}

pub fn scope(r: &mut Random) -> KillScope {
    match r.below(7) {
        0 => KillScope::Firm,
        1 => KillScope::Node(r.u32()),
        2 => KillScope::NodeSide(r.u32(), r.next() as u8),
        3 => KillScope::Instrument(r.u32()),
        4 => KillScope::Lane(r.u32()),
        5 => KillScope::Venue(r.next() as u16),
        _ => KillScope::Side(r.next() as u8),
    }
}

pub fn command(r: &mut Random) -> Command {
    match r.below(19) {
        15 => Command::SetRate { currency: r.u32(), rate: r.i64() },
        16 => Command::AdjustCash { account: r.u32(), currency: r.u32(), amount: r.u128() as i128 },
        17 => Command::RollWeek(r.u32()),
        0 => Command::Kill(scope(r)),
        1 => Command::Unkill(scope(r)),
        2 => Command::Halt(r.u32()),
        3 => Command::Resume(r.u32()),
        4 => Command::Restrict {
            node: r.u32(),
            instrument: r.option(Random::u32),
            mode: r.pick(&Restriction::NAMES).0,
        },
        5 => Command::Rearm(r.u32()),
        6 => Command::RollDay(r.u32()),
        7 => {
            Command::Session { instrument: r.u32(), mode: r.option(|r| r.pick(&Session::NAMES).0) }
        }
        8 => Command::MarketHalt { market: r.option(|r| r.next() as u16), halted: r.bool() },
        9 => Command::Band { instrument: r.u32(), low: r.i64(), high: r.i64() },
        10 => Command::Algo { id: r.next() as u16, active: r.bool() },
        11 => Command::SetMargin { instrument: r.u32(), long: r.i64(), short: r.i64() },
        12 => Command::SetGreeks {
            instrument: r.u32(),
            delta: r.i64(),
            gamma: r.i64(),
            vega: r.i64(),
        },
        13 => Command::SetSensitivity { instrument: r.u32(), dv01: r.i64(), cs01: r.i64() },
        14 => Command::SetAdv {
            instrument: r.u32(),
            adv: r.option(Random::i64),
            shares_outstanding: r.option(Random::i64),
        },
        _ => Command::SetLimit(limit(r)),
    }
}

pub fn instrument(r: &mut Random) -> Instrument {
    Instrument {
        symbol: r.text(),
        currency: r.u32(),
        minor_unit: r.bool(),
        ticks: r.list(4, |r| (r.i64(), r.i64())),
        lot: r.i64(),
        multiplier: r.i64(),
        groups: std::array::from_fn(|_| r.option(Random::u32)),
        class: r.next() as u8,
        inverse: r.bool(),
        negative_price: r.bool(),
        mark_max_age_ns: r.next(),
        last_max_age_ns: r.next(),
        close_max_age_ns: r.next(),
        mark_max_spread_bps: r.u32(),
        calendar: r.option(Random::u32),
        market: r.option(|r| r.next() as u16),
        expiry_ns: r.next(),
        band_low: r.i64(),
        band_high: r.i64(),
        adv: r.i64(),
        sane_qty: r.i64(),
        shares_outstanding: r.i64(),
        margin_long: r.i64(),
        margin_short: r.i64(),
        delta: r.i64(),
        delta_floor: r.i64(),
        underlying_value: r.i64(),
        gamma: r.i64(),
        vega: r.i64(),
        dv01: r.i64(),
        cs01: r.i64(),
        futures_equivalent: r.i64(),
        month: r.u32(),
        spot_month: r.bool(),
        base_currency: r.option(Random::u32),
        legs: r.list(3, |r| (r.u32(), r.u32() as i32)),
    }
}

pub fn setup(r: &mut Random) -> Setup {
    Setup {
        currencies: r.list(4, |r| Currency { name: r.text(), rate: r.option(Random::i64) }),
        groups: std::array::from_fn(|_| r.list(4, Random::text)),
        instruments: r.list(6, instrument),
        owners: r.list(4, Random::text),
        accounts: r.list(6, |r| Account {
            name: r.text(),
            parent: r.option(Random::u32),
            owner: r.option(Random::u32),
            equity: r.option(|r| r.u128() as i128),
            phase: r.option(|r| r.pick(&Phase::NAMES).0),
            cash: r.list(3, |r| (r.u32(), r.u128() as i128)),
            short: r.option(Random::bool),
        }),
        limits: r.list(8, limit),
        limit_owners: r.list(3, Random::text),
        required: r.mask(),
        lanes: r.list(3, |r| Lane {
            name: r.text(),
            group: r.u32(),
            uids: r.list(3, Random::u32),
            accounts: r.list(3, Random::u32),
            classes: r.u32(),
            kinds: r.u32(),
            venues: r.next(),
            max_open_orders: r.u32(),
        }),
        capacity: Capacity {
            open_orders: r.u32(),
            positions: r.u32(),
            limits: r.u32(),
            history: r.u32(),
        },
        calendars: r.list(3, calendar),
        algos: r.list(3, |r| Algo {
            id: r.next() as u16,
            name: r.text(),
            version: r.text(),
            active: r.bool(),
        }),
        grants: r.list(3, grant),
    }
}

fn spans(r: &mut Random) -> Vec<Span> {
    r.list(3, |r| Span {
        from_s: r.u32() as i32,
        until_s: r.u32() as i32,
        phase: r.pick(&Session::NAMES).0,
    })
}

fn calendar(r: &mut Random) -> Calendar {
    Calendar {
        name: r.text(),
        zone: r.text(),
        offsets: r.list(3, |r| Offset { from_s: r.i64(), ahead_s: r.u32() as i32 }),
        week: std::array::from_fn(|_| spans(r)),
        special_days: r.list(3, |r| SpecialDay { day: r.u32() as i32, spans: spans(r) }),
    }
}

fn grant(r: &mut Random) -> Grant {
    let id = r.u32();
    Grant {
        to: if r.bool() { Grantee::Node(id) } else { Grantee::Lane(id) },
        permission: Permission {
            classes: r.u32(),
            types: r.next() as u16,
            auction_types: r.next() as u16,
            tifs: r.next() as u16,
            capacities: r.next() as u8,
            venues: r.next(),
            algos: match r.next() % 3 {
                0 => AlgoGrant::Any,
                1 => AlgoGrant::Registered,
                _ => AlgoGrant::Listed(r.list(3, |r| r.next() as u16)),
            },
        },
    }
}

pub fn event(r: &mut Random) -> Event {
    Event {
        kind: r.pick(&[
            EventKind::Soft,
            EventKind::Alert,
            EventKind::Shadow,
            EventKind::Blocked,
            EventKind::CloseOnly,
            EventKind::Anomaly,
        ]),
        check: r.check(),
        node: r.u32(),
        instrument: r.u32(),
        percent: r.next() as u8,
    }
}

pub fn breach(r: &mut Random) -> Breach {
    Breach {
        check: r.check(),
        node: r.u32(),
        unit: unit(r),
        before: r.wide(),
        observed: r.wide(),
        limit: r.wide(),
        detail: r.u32(),
    }
}

pub fn unit(r: &mut Random) -> MeasureUnit {
    r.pick(&[
        MeasureUnit::None,
        MeasureUnit::Qty,
        MeasureUnit::Money,
        MeasureUnit::Price,
        MeasureUnit::Count,
        MeasureUnit::BasisPoints,
        MeasureUnit::Time,
        MeasureUnit::Ratio,
    ])
}

pub fn outcome(r: &mut Random) -> Outcome {
    Outcome {
        order_id: r.next(),
        decision: r.pick(&[
            decision::NONE,
            decision::ACCEPT,
            decision::REJECT,
            decision::WOULD_ACCEPT,
        ]),
        flags: r.next() as u16 & 0x03df,
        breaches: r.mask(),
        alerts: r.mask(),
        soft: r.mask(),
        shadow: r.mask(),
        first: r.option(breach),
        mark: r.i64(),
        mark_age_ns: r.next(),
    }
}

pub fn mark(r: &mut Random) -> MarkInput {
    MarkInput {
        bid: r.i64(),
        ask: r.i64(),
        last: r.i64(),
        close: r.i64(),
        quote_ns: r.next(),
        last_ns: r.next(),
        volume: r.next(),
    }
}

pub fn environment(r: &mut Random) -> Environment {
    Environment { ready: r.bool(), journal_ok: r.bool() }
}

/// An empty directory of a test's own.
pub struct Dir(pub PathBuf);

impl Dir {
    pub fn new(name: &str) -> Dir {
        // In memory where there is such a place: some tests write a file very often.
        let memory = PathBuf::from("/dev/shm");
        let base = if memory.is_dir() { memory } else { std::env::temp_dir() };
        let path = base.join(format!("riskgate-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("make a test directory");
        Dir(path)
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
