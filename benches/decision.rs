//! What does the decision alone cost, warm: decode, plan, all checks, reservation, outcome?
//!
//! A tree of five levels with the limits of a full set at every level; each iteration submits an
//! order that is accepted and takes it back with a void, so that the state stays the same size.
//! Read the ratio between rows, not the absolute time: `many_limits` carries every check that is
//! built at all five levels, `no_limits` none.

use criterion::{Criterion, criterion_group, criterion_main};
use riskgate::abi::PRICE_UNDEFINED;
use riskgate::abi::codes::Check;
use riskgate::abi::order::{OrderSlot, kind, order_type, side, tif};
use riskgate::abi::verdict::decision;
use riskgate::fixed::{PRICE_ONE, QTY_ONE};
use riskgate::machine::{Environment, Machine, MarkInput};
use riskgate::state::limit::{Band, Bound, Collar, Limit};
use riskgate::state::setup::{Account, Capacity, Currency, Instrument, Lane, Setup};

const INSTRUMENTS: u32 = 500;
const LEVELS: u32 = 5;
const BILLION: i128 = 1_000_000_000 * 100_000_000_000_000_000;

fn setup(with_limits: bool) -> Setup {
    let node = |id: u32| Account {
        name: format!("node{id}"),
        parent: id.checked_sub(1),
        owner: None,
        equity: Some(BILLION),
        phase: None,
    };
    let mut setup = Setup {
        currencies: vec![Currency { name: "USD".into(), rate: Some(PRICE_ONE) }],
        sectors: (0..11).map(|s| format!("sector{s}")).collect(),
        accounts: (0..LEVELS).map(node).collect(),
        lanes: vec![Lane::unrestricted("bench", 0)],
        capacity: Capacity::default(),
        ..Setup::default()
    };
    setup.instruments = (0..INSTRUMENTS)
        .map(|i| Instrument {
            ticks: vec![(0, PRICE_ONE / 100)],
            lot: QTY_ONE,
            sector: Some(i % 11),
            ..Instrument::plain(&format!("I{i}"))
        })
        .collect();
    if with_limits {
        for id in 0..LEVELS {
            limits(&mut setup, id);
        }
    }
    setup
}

fn limits(setup: &mut Setup, node: u32) {
    let one_percent = Band { percent_micro: Some(1_000_000), ..Band::default() };
    let collar = Collar { aggressive: one_percent, passive: one_percent, use_smaller: false };
    let mut set = |check, bound| setup.limits.push(Limit::new(check, Some(node), None, bound));
    set(Check::MaxOrderQty, Bound::Value(100_000 * i128::from(QTY_ONE)));
    set(Check::PriceCollar, Bound::Collar(collar));
    set(Check::MaxOpenOrders, Bound::Value(1_000_000));
    set(Check::SectorConcentration, Bound::Value(9_000));
    for check in [Check::MaxLong, Check::MaxShort] {
        set(check, Bound::Value(10_000_000 * i128::from(QTY_ONE)));
    }
    for check in [
        Check::MaxOrderValue,
        Check::GrossExposure,
        Check::NetExposure,
        Check::LongExposure,
        Check::ShortExposure,
        Check::OpenOrderValue,
    ] {
        set(check, Bound::Value(BILLION));
    }
}

fn decide(c: &mut Criterion) {
    let mut group = c.benchmark_group("decision");
    for (name, with_limits) in [("no_limits", false), ("many_limits", true)] {
        let mut machine = Machine::new(&setup(with_limits)).expect("the setup is sound");
        let mark = MarkInput {
            bid: 100 * PRICE_ONE,
            ask: 100 * PRICE_ONE,
            last: PRICE_UNDEFINED,
            close: PRICE_UNDEFINED,
            quote_ns: 1,
            last_ns: 0,
        };
        for instrument in 0..INSTRUMENTS {
            machine.mark(1, instrument, &mark);
        }
        let mut id = 0u64;
        group.bench_function(format!("{name}_new_and_void"), |b| {
            b.iter(|| {
                id += 1;
                let new = OrderSlot {
                    order_id: id,
                    price: 100 * PRICE_ONE,
                    qty: 100 * QTY_ONE,
                    instrument: (id.wrapping_mul(7) % u64::from(INSTRUMENTS)) as u32,
                    account: LEVELS - 1,
                    kind: kind::NEW,
                    side_bits: if id & 1 == 0 { side::BUY } else { side::SELL },
                    type_tif: order_type::LIMIT | tif::DAY << 4,
                    ..OrderSlot::default()
                };
                let outcome = machine.order(2, 0, &new.to_words(), None, Environment::GOOD);
                assert_eq!(outcome.decision, decision::ACCEPT, "{:?}", outcome.first);
                let void = OrderSlot { order_id: id, kind: kind::VOID, ..OrderSlot::default() };
                machine.order(2, 0, &void.to_words(), None, Environment::GOOD);
            });
        });
    }
    group.finish();
}

criterion_group!(benches, decide);
criterion_main!(benches);
