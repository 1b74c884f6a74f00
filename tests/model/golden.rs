//! Published and recomputed numbers that the reference itself must give, before it judges anybody.

use super::model::gate::{Answer, Mistake, Model};
use riskgate::abi::codes::Check;
use riskgate::abi::order::{OrderSlot, flag, kind, order_type, side, tif};
use riskgate::abi::verdict::decision;
use riskgate::fixed::{PRICE_ONE, QTY_ONE, Wide};
use riskgate::machine::{Environment, MarkInput};
use riskgate::state::limit::{Action, Bound, Denominator, Limit, Variant};
use riskgate::state::setup::{Capacity, Currency, Instrument, Lane, Setup};

/// A firm with one account, and whoever trades for it.
struct Desk {
    model: Model,
    id: u64,
}

fn price(text: &str) -> i64 {
    riskgate::fixed::decimal::parse_i64(text, 9).expect("a price")
}

fn qty(text: &str) -> i64 {
    riskgate::fixed::decimal::parse_i64(text, 8).expect("a quantity")
}

fn money(text: &str) -> i128 {
    riskgate::fixed::decimal::parse_i128(text, 17).expect("an amount")
}

fn instrument(symbol: &str, currency: u32, multiplier: &str) -> Instrument {
    let mut i = Instrument::plain(symbol);
    (i.currency, i.multiplier) = (currency, qty(multiplier));
    (i.lot, i.negative_price) = (0, true);
    i
}

impl Desk {
    fn new(instruments: Vec<Instrument>, limits: Vec<Limit>) -> Desk {
        let currency =
            |name: &str, rate: &str| Currency { name: name.into(), rate: Some(price(rate)) };
        let rates = [("USD", "1"), ("EUR", "1.0834"), ("JPY", "0.0067"), ("BTC", "60000")];
        let mut setup = Setup {
            currencies: rates.iter().map(|(name, rate)| currency(name, rate)).collect(),
            instruments,
            limits,
            lanes: vec![Lane::unrestricted("lane", 0)],
            capacity: Capacity::SMALL,
            ..Setup::default()
        };
        setup.groups[0] = vec!["tech".into(), "energy".into(), "health".into()];
        setup.accounts.push(super::model::world::node("firm".into(), None));
        setup.accounts.push(super::model::world::node("A".into(), Some(0)));
        Desk { model: Model::new(&setup, Mistake::None), id: 0 }
    }

    fn mark(&mut self, instrument: u32, text: &str) {
        let (bid, now_ns) = (price(text), 1_000);
        let mark = MarkInput {
            bid,
            ask: bid,
            last: i64::MAX,
            close: i64::MAX,
            quote_ns: now_ns,
            last_ns: now_ns,
            volume: 0,
        };
        self.model.mark(now_ns, instrument, &mark);
    }

    fn slot(&mut self, instrument: u32, way: u8, quantity: &str, at: &str) -> OrderSlot {
        self.id += 1;
        OrderSlot {
            order_id: self.id,
            price: price(at),
            qty: qty(quantity),
            instrument,
            account: 1,
            kind: kind::NEW,
            side_bits: way,
            type_tif: order_type::LIMIT | tif::DAY << 4,
            ..OrderSlot::default()
        }
    }

    fn send(&mut self, slot: &OrderSlot) -> Answer {
        self.model.order(1_000, 0, &slot.to_words(), None, Environment::GOOD)
    }

    fn order(&mut self, instrument: u32, way: u8, quantity: &str, at: &str) -> Answer {
        let slot = self.slot(instrument, way, quantity, at);
        self.send(&slot)
    }

    fn what_if(&mut self, instrument: u32, way: u8, quantity: &str, at: &str) -> Answer {
        let mut slot = self.slot(instrument, way, quantity, at);
        slot.flags = flag::WHAT_IF;
        self.send(&slot)
    }

    /// Fills the latest order, in part or whole.
    fn fill(&mut self, instrument: u32, way: u8, quantity: &str, at: &str) {
        let slot = OrderSlot {
            order_id: self.id,
            price: price(at),
            qty: qty(quantity),
            reference: self.id + 1_000,
            instrument,
            account: 1,
            kind: kind::FILL,
            side_bits: way,
            ..OrderSlot::default()
        };
        self.send(&slot);
    }

    /// A position, traded at the mark.
    fn hold(&mut self, instrument: u32, way: u8, quantity: &str, at: &str) {
        let told = self.order(instrument, way, quantity, at);
        assert_eq!(told.decision, decision::ACCEPT);
        self.fill(instrument, way, quantity, at);
    }

    fn gross(&self) -> Wide {
        self.model.nodes()[0].gross_exposure
    }
}

fn exact(text: &str) -> Wide {
    Wide::product(money(text), 10u128.pow(19))
}

fn at_firm(check: Check, number: i128) -> Limit {
    let mut limit = Limit::new(check, Some(0), None, Bound::Value(number));
    limit.action = Action::Block;
    limit
}

#[test]
fn notional_of_each_kind_of_instrument() {
    let mut inverse = instrument("XBTUSD", 0, "1");
    (inverse.inverse, inverse.base_currency) = (true, Some(3));
    let cases = [
        (instrument("AAPL", 0, "1"), "100", "187.25", "18725"),
        (instrument("ES", 0, "50"), "10", "5123.25", "2561625"),
        (instrument("CL", 0, "1000"), "1", "-37.63", "37630"),
        (instrument("BTC", 0, "1"), "0.5", "67123.45", "33561.725"),
        (instrument("EURUSD", 0, "1"), "10000000", "1.08345", "10834500"),
        (instrument("SAP", 1, "1"), "1000", "182.46", "197677.164"),
        (instrument("7203.T", 2, "1"), "100", "2850", "1909.50"),
        (instrument("SPX call", 0, "100"), "20", "42.10", "84200"),
        (inverse, "100000", "67123.45", "100000"),
        (instrument("ETH quanto", 3, "0.000001"), "1000", "2000", "120000"),
        (instrument("ZF", 0, "1000"), "500", "108.5", "54250000"),
    ];
    for (of, quantity, at, value) in cases {
        let name = of.symbol.clone();
        let mut desk = Desk::new(vec![of], Vec::new());
        desk.mark(0, at);
        let told = desk.order(0, side::BUY, quantity, at);
        assert_eq!(told.decision, decision::ACCEPT, "{name}");
        assert_eq!(desk.gross(), exact(value), "{name} open");
        desk.fill(0, side::BUY, quantity, at);
        assert_eq!(desk.gross(), exact(value), "{name} held");
    }
}

#[test]
fn delta_notional_of_options() {
    let mut call = instrument("SPX call", 0, "100");
    (call.class, call.delta, call.underlying_value) = (2, qty("0.35"), qty("5000"));
    for (limit, passes) in [("3500000", true), ("3499999.99", false)] {
        let limit = at_firm(Check::OptionGreeks, money(limit));
        let mut desk = Desk::new(vec![call.clone()], vec![limit]);
        desk.mark(0, "42.10");
        let told = desk.order(0, side::BUY, "20", "42.10");
        assert_eq!(told.decision == decision::ACCEPT, passes);
        if !passes {
            assert_eq!(told.first[0].observed, exact("3500000"));
        }
    }
}

#[test]
fn worst_case_of_position_and_open_orders() {
    // Position, open buys, open sells, worst case.
    let cases = [
        ("-10", "5", "0", "10"),
        ("100", "50", "300", "200"),
        ("0", "0", "0", "0"),
        ("0", "40", "40", "40"),
    ];
    for (position, buys, sells, worst) in cases {
        let mut desk = Desk::new(vec![instrument("X", 0, "1")], Vec::new());
        desk.mark(0, "1");
        match position.strip_prefix('-') {
            Some(short) => desk.hold(0, side::SELL, short, "1"),
            None if position != "0" => desk.hold(0, side::BUY, position, "1"),
            None => {}
        }
        for (way, open) in [(side::BUY, buys), (side::SELL, sells)] {
            // A sell at the mark; both rest.
            if open != "0" {
                let mut slot = desk.slot(0, way, open, "1");
                slot.type_tif = order_type::LIMIT | if way == side::BUY { 6 } else { 7 } << 4;
                assert_eq!(desk.send(&slot).decision, decision::ACCEPT);
            }
        }
        assert_eq!(desk.gross(), exact(worst), "{position} + {buys} − {sells}");
    }
}

#[test]
fn margin_of_a_future() {
    let mut note = instrument("ZFZ4", 0, "1000");
    (note.class, note.margin_long, note.margin_short) = (1, qty("1300"), qty("1300"));
    for (limit, passes) in [("650000", true), ("649999.99", false)] {
        let limit = at_firm(Check::Margin, money(limit));
        let mut desk = Desk::new(vec![note.clone()], vec![limit]);
        desk.mark(0, "108.5");
        let told = desk.order(0, side::BUY, "500", "108.5");
        assert_eq!(told.decision == decision::ACCEPT, passes);
    }
}

/// 300,000 of technology long, 200,000 of energy short, nothing of health.
fn book(limit_bps: i128) -> Desk {
    let of = |symbol: &str, sector: u32| {
        let mut i = instrument(symbol, 0, "1");
        i.groups[0] = Some(sector);
        i
    };
    let mut limit = at_firm(Check::SectorConcentration, limit_bps);
    limit.denominator = Denominator::Gross;
    limit.floor = money("1");
    let list = vec![of("chip", 0), of("oil", 1), of("pill", 2)];
    let mut desk = Desk::new(list, Vec::new());
    (0..3).for_each(|i| desk.mark(i, "1"));
    desk.hold(0, side::BUY, "300000", "1");
    desk.hold(1, side::SELL, "200000", "1");
    desk.model.setup.limits.push(limit);
    desk
}

#[test]
fn share_of_the_gross_book() {
    let would = decision::WOULD_ACCEPT;
    let mut desk = book(6_000);
    let told = desk.what_if(0, side::BUY, "200000", "1");
    assert_eq!(told.decision, decision::REJECT);
    // 500 of 700: 71.43%.
    assert_eq!(told.first[0].observed, Wide::from_i128(71_428_572));
    assert_eq!(desk.what_if(2, side::BUY, "200000", "1").decision, would);
    assert_eq!(desk.what_if(1, side::BUY, "150000", "1").decision, would);
    // Exactly 60% passes, a ten-thousandth more does not.
    let mut desk = book(6_000);
    desk.hold(1, side::SELL, "200000", "1");
    desk.hold(0, side::BUY, "299999.99", "1");
    assert_eq!(desk.what_if(0, side::BUY, "0.01", "1").decision, would);
    desk.hold(0, side::BUY, "0.01", "1");
    assert_eq!(desk.what_if(0, side::BUY, "0.01", "1").decision, decision::REJECT);
}

#[test]
fn first_order_of_a_book_with_a_floor() {
    let mut limit = at_firm(Check::SectorConcentration, 100);
    limit.denominator = Denominator::Gross;
    limit.floor = money("1000000");
    let mut desk = Desk::new(vec![instrument("X", 0, "1")], vec![limit]);
    desk.mark(0, "1");
    assert_eq!(desk.what_if(0, side::BUY, "10000", "1").decision, decision::WOULD_ACCEPT);
    assert_eq!(desk.what_if(0, side::BUY, "10001", "1").decision, decision::REJECT);
}

#[test]
fn positions_of_currencies_are_of_legs_not_of_pairs() {
    // 10m EUR bought at 1.08345 for dollars: 10.834m EUR-worth at the rate 1.0834, no dollars.
    let mut pair = instrument("EURUSD", 0, "1");
    (pair.base_currency, pair.class) = (Some(1), 3);
    for (limit, passes) in [("10834000", true), ("10833999.99", false)] {
        let limit = at_firm(Check::FxPosition, money(limit));
        let mut desk = Desk::new(vec![pair.clone()], vec![limit]);
        desk.mark(0, "1.08345");
        let told = desk.order(0, side::BUY, "10000000", "1.08345");
        assert_eq!(told.decision == decision::ACCEPT, passes);
    }
}

#[test]
fn futures_equivalents_net_long_and_short() {
    // 900 oats futures and 600 short puts of delta −0.5: 1,200 long.
    let mut future = instrument("O", 0, "1");
    (future.class, future.groups[5]) = (1, Some(0));
    let mut put = instrument("O put", 0, "1");
    (put.class, put.groups[5], put.delta) = (2, Some(0), qty("-0.5"));
    for (limit, passes) in [("1200", true), ("1199.5", false)] {
        let mut limit = at_firm(Check::Ownership, i128::from(qty(limit)));
        limit.variant = Variant::AllMonths;
        let mut desk = Desk::new(vec![future.clone(), put.clone()], vec![limit]);
        desk.model.setup.groups[5] = vec!["oats".into()];
        (0..2).for_each(|i| desk.mark(i, "5"));
        desk.hold(0, side::BUY, "900", "5");
        let told = desk.order(1, side::SELL, "600", "5");
        assert_eq!(told.decision == decision::ACCEPT, passes);
    }
}

#[test]
fn small_deltas_count_at_their_floor() {
    use super::model::groups::floored_delta;
    let (tenth, half) = (QTY_ONE / 10, QTY_ONE / 2);
    assert_eq!(floored_delta(QTY_ONE / 100, tenth), tenth);
    assert_eq!(floored_delta(-QTY_ONE / 100, tenth), -tenth);
    assert_eq!(floored_delta(0, tenth), tenth);
    assert_eq!(floored_delta(-half, tenth), -half);
    assert_eq!(PRICE_ONE, price("1"));
}
