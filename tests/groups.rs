//! Sums over groups of instruments: after every step of random lives each equals a recomputation
//! from the rows, and a plain one from positions and open orders in whole numbers.

use riskgate::abi::PRICE_UNDEFINED;
use riskgate::abi::codes::Check;
use riskgate::abi::order::{OrderSlot, flag, kind, order_type, side, tif};
use riskgate::abi::verdict::decision;
use riskgate::fixed::{PRICE_ONE, QTY_ONE, Wide};
use riskgate::machine::{Environment, Machine, MarkInput};
use riskgate::state::command::Command;
use riskgate::state::dimension::Dimension;
use riskgate::state::limit::{Bound, Limit, Variant};
use riskgate::state::setup::{Account, Capacity, Currency, Instrument, Lane, Setup};

/// A small generator; the same numbers for the same seed.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        self.0 >> 33
    }
    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
    fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low + 1) as u64) as i64
    }
}

const RATES: [i64; 3] = [PRICE_ONE, PRICE_ONE * 5 / 4, PRICE_ONE / 2];

/// Accounts `a` and `b` of a desk of a firm; instruments of all kinds.
fn world(r: &mut Random) -> Setup {
    let account = |name: &str, parent| Account {
        parent,
        equity: Some(1_000_000_000 * 10i128.pow(17)),
        ..Account::plain(name, None)
    };
    let mut setup = Setup {
        currencies: ["USD", "EUR", "GBP"]
            .into_iter()
            .zip(RATES)
            .map(|(name, rate)| Currency { name: name.into(), rate: Some(rate) })
            .collect(),
        accounts: vec![
            account("firm", None),
            account("desk", Some(0)),
            account("a", Some(1)),
            account("b", Some(1)),
            account("c", Some(0)),
        ],
        lanes: vec![Lane::unrestricted("L", 0)],
        capacity: Capacity::SMALL,
        ..Setup::default()
    };
    for names in &mut setup.groups {
        *names = vec!["one".into(), "two".into()];
    }
    for id in 0..8 {
        let mut i = Instrument::plain(&format!("I{id}"));
        for group in &mut i.groups {
            *group = [None, Some(0), Some(1)][r.below(3) as usize];
        }
        i.currency = r.below(3) as u32;
        i.multiplier = r.between(1, 50) * QTY_ONE;
        i.class = [0, 1, 2][r.below(3) as usize];
        if id % 3 == 0 {
            let base = r.below(3) as u32;
            i.base_currency = (base != i.currency).then_some(base);
        }
        i.negative_price = true;
        i.month = 202_612 + r.below(2) as u32;
        i.spot_month = r.below(2) == 0;
        i.futures_equivalent = r.between(0, 10) * QTY_ONE / 10;
        i.delta_floor = r.between(0, 2) * QTY_ONE / 10;
        i.underlying_value = [0, 5_000 * QTY_ONE][r.below(2) as usize];
        i.delta = r.between(-10, 10) * QTY_ONE / 10;
        i.margin_long = r.between(0, 2_000) * QTY_ONE;
        i.margin_short = r.between(0, 2_000) * QTY_ONE;
        i.dv01 = r.between(-100, 100) * QTY_ONE;
        setup.instruments.push(i);
    }
    for node in [0, 1, 2] {
        setup.limits.extend(all_limits(node));
    }
    setup
}

/// A limit of each kind at a node, far away.
fn all_limits(node: u32) -> Vec<Limit> {
    let money = Bound::Value(10i128.pow(35));
    let far =
        |check, variant, bound| Limit { variant, ..Limit::new(check, Some(node), None, bound) };
    let mut limits: Vec<Limit> = [
        Dimension::Sector,
        Dimension::Issuer,
        Dimension::Instrument,
        Dimension::Country,
        Dimension::Currency,
    ]
    .into_iter()
    .map(|bucket| Limit {
        bucket,
        ..far(Check::SectorConcentration, Variant::Default, Bound::Value(100_000_000))
    })
    .collect();
    limits.extend([
        far(Check::Margin, Variant::Default, money),
        far(Check::OptionGreeks, Variant::Default, money),
        far(Check::OptionGreeks, Variant::Gamma, money),
        far(Check::OptionGreeks, Variant::Vega, money),
        far(Check::RateSensitivity, Variant::Default, money),
        far(Check::RateSensitivity, Variant::Cs01, money),
        far(Check::FxPosition, Variant::Default, money),
        far(Check::Ownership, Variant::Default, Bound::Unlimited),
        far(Check::Ownership, Variant::AllMonths, Bound::Value(i64::MAX.into())),
        far(Check::Ownership, Variant::SingleMonth, Bound::Value(i64::MAX.into())),
        far(Check::Ownership, Variant::SpotMonth, Bound::Value(i64::MAX.into())),
    ]);
    limits
}

/// One step of a life.
struct Life {
    machine: Machine,
    next_id: u64,
    now_ns: u64,
    accepted: u64,
    /// Do other systems push their tables?
    pushes: bool,
}

impl Life {
    fn send(&mut self, slot: &OrderSlot) -> u8 {
        let words = slot.to_words();
        self.machine.order(self.now_ns, 0, &words, None, Environment::GOOD).decision
    }

    fn step(&mut self, r: &mut Random) {
        self.now_ns += 1_000;
        self.next_id += 1;
        let open = self.machine.open_orders();
        let instrument = r.below(8) as u32;
        let report = |kind: u8, of: &riskgate::machine::OpenOrderView| OrderSlot {
            kind,
            order_id: of.order_id,
            account: of.account,
            instrument: of.instrument,
            side_bits: of.side,
            price: PRICE_UNDEFINED,
            ..OrderSlot::default()
        };
        match r.below(12) {
            0 | 1 => {
                let m = r.between(-5, 60) * PRICE_ONE + r.between(0, 999_999_999);
                let none = PRICE_UNDEFINED;
                let (quote_ns, last_ns) = (self.now_ns, 0);
                let mark = MarkInput {
                    bid: m,
                    ask: m,
                    last: none,
                    close: none,
                    quote_ns,
                    last_ns,
                    volume: 0,
                };
                self.machine.mark(self.now_ns, instrument, &mark);
            }
            2 if self.pushes => {
                let mut any = |bound: i64| r.between(-bound, bound) * QTY_ONE / 100;
                let command = match any(200) % 3 {
                    0 => {
                        Command::SetMargin { instrument, long: any(999).abs(), short: 5 * QTY_ONE }
                    }
                    1 => Command::SetGreeks {
                        instrument,
                        delta: any(100),
                        gamma: any(9_999),
                        vega: any(9_999),
                    },
                    _ => Command::SetSensitivity { instrument, dv01: any(9_999), cs01: any(9_999) },
                };
                self.machine.control(self.now_ns, &command).expect("a command that fits");
            }
            3 if !open.is_empty() => {
                let of = open[r.below(open.len() as u64) as usize];
                let slot = report(kind::CANCELLED, &of);
                self.send(&slot);
            }
            4 | 5 if !open.is_empty() => {
                let of = open[r.below(open.len() as u64) as usize];
                let qty = r.between(1, of.reserved.max(1));
                let fill = OrderSlot {
                    qty,
                    price: r.between(1, 50) * PRICE_ONE,
                    reference: self.next_id + 1_000_000,
                    ..report(kind::FILL, &of)
                };
                self.send(&fill);
                if r.below(4) == 0 {
                    let bust = OrderSlot { kind: kind::BUST, ..fill };
                    self.send(&bust);
                }
            }
            6 if !open.is_empty() => {
                let of = open[r.below(open.len() as u64) as usize];
                let slot = OrderSlot {
                    kind: kind::REPLACE,
                    order_id: self.next_id,
                    reference: of.order_id,
                    price: r.between(1, 60) * PRICE_ONE,
                    qty: of.filled + r.between(1, 500) * QTY_ONE,
                    type_tif: order_type::LIMIT | tif::DAY << 4,
                    ..report(kind::REPLACE, &of)
                };
                self.send(&slot);
            }
            _ => {
                let order_side = [side::BUY, side::SELL][r.below(2) as usize];
                let slot = OrderSlot {
                    order_id: self.next_id,
                    price: r.between(1, 60) * PRICE_ONE,
                    qty: r.between(1, 50_000) * QTY_ONE / 100,
                    account: 2 + r.below(3) as u32,
                    instrument,
                    kind: kind::NEW,
                    side_bits: order_side,
                    type_tif: order_type::LIMIT | tif::DAY << 4,
                    flags: if r.below(5) == 0 { flag::WHAT_IF } else { 0 },
                    ..OrderSlot::default()
                };
                let came = self.send(&slot);
                self.accepted += u64::from(came == decision::ACCEPT);
                if slot.flags & flag::WHAT_IF != 0 {
                    let before = self.machine.state_hash();
                    self.send(&slot);
                    assert_eq!(self.machine.state_hash(), before, "a what-if leaves a trace");
                }
            }
        }
    }
}

#[test]
fn every_sum_equals_a_recomputation_from_the_rows() {
    let mut accepted = 0;
    for seed in 0..60 {
        let mut r = Random(seed * 7_919 + 17);
        let setup = world(&mut r);
        let machine = Machine::new(&setup).expect("a valid setup");
        let mut life = Life { machine, next_id: 0, now_ns: 1_000, accepted: 0, pushes: true };
        for step in 0..250 {
            life.step(&mut r);
            let place = format!("seed {seed} step {step}");
            let wrong = life.machine.miscounts();
            assert!(wrong.is_empty(), "{place}: {wrong:?}");
            if step == 120 {
                // Limits that are set while there is something to count.
                for limit in all_limits(4) {
                    let command = Command::SetLimit(limit);
                    if let Err(error) = life.machine.control(life.now_ns, &command) {
                        assert!(error.to_string().contains("no room"), "{place}: {error}");
                    }
                }
            }
        }
        accepted += life.accepted;
    }
    assert!(accepted > 2_000, "only {accepted} orders were accepted");
}

/// Whole numbers × 10^places.
fn scaled(value: i128, places: u32) -> Wide {
    let mut wide = Wide::from_i128(value);
    for _ in 0..places {
        wide = wide.checked_times(10).expect("a small number");
    }
    wide
}

#[test]
fn sums_are_what_positions_and_tables_say() {
    for seed in 0..60 {
        let mut r = Random(seed * 104_729 + 5);
        let mut setup = world(&mut r);
        for i in &mut setup.instruments {
            i.underlying_value = 5_000 * QTY_ONE;
        }
        let machine = Machine::new(&setup).expect("a valid setup");
        let mut life = Life { machine, next_id: 0, now_ns: 1_000, accepted: 0, pushes: false };
        (0..120).for_each(|_| life.step(&mut r));
        compare(&life.machine, &setup, seed);
    }
}

/// Margin, delta, DV01 and futures-equivalents of the firm, from positions and open quantities.
fn compare(machine: &Machine, setup: &Setup, seed: u64) {
    let limit =
        |check, variant| Limit { variant, ..Limit::new(check, Some(0), None, Bound::Unlimited) };
    let rows: Vec<_> = machine.rows();
    let sides = |row: &riskgate::machine::RowView| {
        (
            i128::from(row.position) + i128::from(row.open_buy),
            i128::from(row.open_sell) - i128::from(row.position),
        )
    };
    let mut margin = 0;
    for (_, instrument, row) in &rows {
        let i = &setup.instruments[*instrument as usize];
        let (long, short) = sides(row);
        let (long, short) = (long * i128::from(i.margin_long), short * i128::from(i.margin_short));
        margin += long.max(short).max(0) * i128::from(RATES[i.currency as usize]);
    }
    let found = machine.group_total(&limit(Check::Margin, Variant::Default), 0, 0);
    assert_eq!(found, Some((scaled(margin, 11), Wide::ZERO)), "seed {seed}: margin");

    let floored = |i: &Instrument| match i.delta {
        d if d < 0 => i128::from(d.min(-i.delta_floor)),
        d => i128::from(d.max(i.delta_floor)),
    };
    for (id, this) in setup.instruments.iter().enumerate() {
        let same = |dimension: Dimension, other: usize| match this.group(dimension) {
            None => other == id,
            own => setup.instruments[other].group(dimension) == own,
        };
        let swing = |counts: &dyn Fn(usize, &Instrument) -> Option<i128>| {
            let (mut up, mut down) = (0i128, 0i128);
            for (_, instrument, row) in &rows {
                let other = *instrument as usize;
                let Some(c) = counts(other, &setup.instruments[other]) else { continue };
                let (long, short) = sides(row);
                up += if c >= 0 { long * c } else { -short * c };
                down += if c >= 0 { -short * c } else { long * c };
            }
            (up, down)
        };
        let wide =
            |(up, down): (i128, i128), places| Some((scaled(up, places), scaled(down, places)));
        let place = format!("seed {seed} instrument {id}");

        let delta = swing(&|other, i| {
            let whole = i128::from(i.multiplier / QTY_ONE) * 5_000;
            same(Dimension::Underlying, other).then(|| floored(i) * whole)
        });
        let found =
            machine.group_total(&limit(Check::OptionGreeks, Variant::Default), id as u32, 0);
        assert_eq!(found, wide(delta, 28), "{place}: delta");

        let dv01 = swing(&|other, i| {
            let named = this.group(Dimension::Curve).is_some();
            (named && same(Dimension::Curve, other)).then_some(i128::from(i.dv01))
        });
        let found =
            machine.group_total(&limit(Check::RateSensitivity, Variant::Default), id as u32, 0);
        let expected = this.group(Dimension::Curve).and(wide(dv01, 20));
        assert_eq!(found, expected, "{place}: DV01");

        let futures = swing(&|other, i| {
            let delta = if i.class == 2 { floored(i) } else { i128::from(QTY_ONE) };
            let counts = same(Dimension::Product, other) && i.spot_month;
            counts.then(|| i128::from(i.futures_equivalent) * delta)
        });
        let found = machine.group_total(&limit(Check::Ownership, Variant::SpotMonth), id as u32, 0);
        let expected = if this.spot_month { wide(futures, 0) } else { None };
        assert_eq!(found, expected, "{place}: spot month");
    }
}
