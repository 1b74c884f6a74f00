//! A correction is a bust and the fill that replaces it: position follows, open quantity does not,
//! and nobody is latched. The same fill without its flag is one beyond the order.

use riskgate::abi::codes::Check;
use riskgate::abi::order::{OrderSlot, flag, kind, order_type, side, tif};
use riskgate::abi::verdict::decision;
use riskgate::fixed::{PRICE_ONE, QTY_ONE};
use riskgate::machine::{Environment, Machine, RowView};
use riskgate::state::setup::{Account, Capacity, Currency, Instrument, Lane, Setup};

fn machine() -> Machine {
    let account = Account::plain("A", None);
    let setup = Setup {
        currencies: vec![Currency { name: "USD".into(), rate: Some(PRICE_ONE) }],
        instruments: vec![Instrument::plain("X")],
        accounts: vec![account],
        lanes: vec![Lane::unrestricted("a", 0)],
        capacity: Capacity::SMALL,
        ..Setup::default()
    };
    Machine::new(&setup).unwrap()
}

fn slot(order_id: u64, slot_kind: u8, reference: u64, qty: i64, price: i64) -> OrderSlot {
    OrderSlot {
        order_id,
        kind: slot_kind,
        reference,
        qty: qty * QTY_ONE,
        price: price * PRICE_ONE,
        side_bits: side::BUY,
        type_tif: if slot_kind == kind::NEW { order_type::LIMIT | tif::DAY << 4 } else { 0 },
        ..OrderSlot::default()
    }
}

fn send(m: &mut Machine, slot: OrderSlot) -> u8 {
    m.order(1, 0, &slot.to_words(), None, Environment::GOOD).decision
}

fn position(m: &Machine) -> RowView {
    m.row(0, 0)
}

fn anomalies(m: &Machine) -> usize {
    m.events().iter().filter(|e| e.check == Check::ReportAnomaly).count()
}

fn view(position: i64, open_buy: i64) -> RowView {
    RowView { position: position * QTY_ONE, open_buy: open_buy * QTY_ONE, open_sell: 0 }
}

#[test]
fn a_filled_order_is_corrected_without_an_anomaly() {
    let mut m = machine();
    assert_eq!(send(&mut m, slot(1, kind::NEW, 0, 100, 10)), decision::ACCEPT);
    send(&mut m, slot(1, kind::FILL, 501, 100, 10));
    send(&mut m, slot(1, kind::BUST, 501, 100, 10));
    assert_eq!(position(&m), view(0, 0));
    let right = OrderSlot { flags: flag::CORRECTION, ..slot(1, kind::FILL, 502, 100, 11) };
    send(&mut m, right);
    assert_eq!((position(&m), anomalies(&m)), (view(100, 0), 0));
    assert_eq!(send(&mut m, slot(2, kind::NEW, 0, 5, 10)), decision::ACCEPT);
}

#[test]
fn an_open_order_keeps_its_open_quantity() {
    let mut m = machine();
    send(&mut m, slot(1, kind::NEW, 0, 100, 10));
    send(&mut m, slot(1, kind::FILL, 501, 40, 10));
    send(&mut m, slot(1, kind::BUST, 501, 40, 10));
    assert_eq!(position(&m), view(0, 60));
    let right = OrderSlot { flags: flag::CORRECTION, ..slot(1, kind::FILL, 502, 50, 10) };
    send(&mut m, right);
    // 40 of the 50 were busted; the other 10 come out of what is open.
    assert_eq!((position(&m), anomalies(&m)), (view(50, 50), 0));
}

#[test]
fn without_its_bust_right_before_it_is_a_fill_like_any_other() {
    let mut m = machine();
    send(&mut m, slot(1, kind::NEW, 0, 100, 10));
    send(&mut m, slot(1, kind::FILL, 501, 100, 10));
    send(&mut m, slot(1, kind::BUST, 501, 100, 10));
    send(&mut m, slot(1, kind::CANCEL, 1, 0, 0));
    let late = OrderSlot { flags: flag::CORRECTION, ..slot(1, kind::FILL, 502, 100, 10) };
    send(&mut m, late);
    assert_eq!((position(&m), anomalies(&m) > 0), (view(100, 0), true));
    assert_eq!(send(&mut m, slot(2, kind::NEW, 0, 5, 10)), decision::REJECT);
}
