//! Tables that all lanes share, and what is left when they are full: one lane never takes what is
//! another's, what has ended makes room, and a command that finds none changes nothing.

use riskgate::abi::PRICE_UNDEFINED;
use riskgate::abi::codes::Check;
use riskgate::abi::order::{BASKET_LINES_MAX, OrderSlot, flag, kind, order_type, side, tif};
use riskgate::abi::verdict::decision;
use riskgate::fixed::{PRICE_ONE, QTY_ONE};
use riskgate::gate::outcome::Outcome;
use riskgate::machine::{Environment, Line, Machine, MarkInput};
use riskgate::state::command::Command;
use riskgate::state::limit::{Action, Band, Bound, Collar, Limit, Window};
use riskgate::state::setup::{Account, Capacity, Currency, Instrument, Lane, Setup};

const SMALLEST: Capacity =
    Capacity { open_orders: 16, positions: 16, limits: 16, history: 16, parents: 16 };

fn setup(instruments: usize, accounts: Vec<Account>, limits: Vec<Limit>) -> Setup {
    let lanes = vec![Lane::unrestricted("a", 0), Lane::unrestricted("b", 0)];
    Setup {
        currencies: vec![Currency { name: "USD".into(), rate: Some(PRICE_ONE) }],
        instruments: (0..instruments).map(|n| Instrument::plain(&format!("I{n}"))).collect(),
        accounts,
        lanes,
        limits,
        capacity: SMALLEST,
        ..Setup::default()
    }
}

fn account(name: &str, parent: Option<u32>) -> Account {
    Account { parent, ..Account::plain(name, None) }
}

fn order(id: u64, account: u32, instrument: u32) -> OrderSlot {
    OrderSlot {
        order_id: id,
        price: 100 * PRICE_ONE,
        qty: QTY_ONE,
        instrument,
        account,
        kind: kind::NEW,
        side_bits: side::BUY,
        type_tif: order_type::LIMIT | (tif::DAY << 4),
        ..OrderSlot::default()
    }
}

fn send(machine: &mut Machine, now_ns: u64, lane: u32, slot: &OrderSlot) -> Outcome {
    *machine.order(now_ns, lane, &slot.to_words(), None, Environment::GOOD)
}

fn mark(machine: &mut Machine, now_ns: u64, instrument: u32) {
    let (bid, none) = (100 * PRICE_ONE, PRICE_UNDEFINED);
    let mark = MarkInput {
        bid,
        ask: bid,
        last: none,
        close: none,
        quote_ns: now_ns,
        last_ns: 0,
        volume: 0,
    };
    machine.mark(now_ns, instrument, &mark);
}

#[test]
fn a_lane_that_opens_parents_without_end_leaves_others_their_share() {
    let setup = setup(1, vec![account("A", None)], Vec::new());
    let mut machine = Machine::new(&setup).unwrap();
    let parent = |id| OrderSlot { kind: kind::PARENT_OPEN, type_tif: 0, ..order(id, 0, 0) };
    let open = |machine: &mut Machine, lane, id| {
        send(machine, 1, lane, &parent(id)).decision == decision::ACCEPT
    };
    let taken = (1..=40).filter(|id| open(&mut machine, 0, *id)).count();
    assert_eq!(taken, 12, "half of the sixteen are divided, half are for whoever comes first");
    let others = (1..=40).filter(|id| open(&mut machine, 1, *id)).count();
    assert_eq!(others, 4);
}

#[test]
fn refused_orders_of_one_lane_do_not_stop_the_price_walks_of_another() {
    let band = Band { percent_micro: Some(50_000_000), ..Band::default() };
    let collar = Collar { aggressive: band, passive: band, use_smaller: false };
    let window = Window { length_ns: 1_000, tumbling: false };
    let walk = Limit::new(Check::PriceWalk, Some(0), None, Bound::Collar(collar));
    let limits = vec![
        Limit { window, ..walk },
        // Everything that the first lane asks for is refused, so that it makes no rows.
        Limit::new(Check::MaxOrderQty, Some(1), None, Bound::Value(0)),
    ];
    let accounts = vec![account("firm", None), account("A", Some(0)), account("B", Some(0))];
    let mut machine = Machine::new(&setup(40, accounts, limits)).unwrap();
    (0..40).for_each(|instrument| mark(&mut machine, 1, instrument));
    for instrument in 0..40 {
        let outcome = send(&mut machine, 1, 0, &order(u64::from(instrument) + 1, 1, instrument));
        assert_eq!(outcome.decision, decision::REJECT);
    }
    let outcome = send(&mut machine, 2, 1, &order(1, 2, 0));
    assert_eq!(outcome.decision, decision::ACCEPT, "{:?}", outcome.first);
    // When their windows have ended, the first lane's own come round again.
    let hash = machine.state_hash();
    mark(&mut machine, 2_000, 39);
    let outcome = send(&mut machine, 2_000, 0, &order(100, 1, 39));
    assert_eq!(outcome.first.map(|b| b.check), Some(Check::MaxOrderQty));
    assert!(!outcome.breaches.contains(Check::Capacity) && machine.state_hash() != hash);
}

#[test]
fn every_account_of_a_large_basket_latches() {
    let accounts: Vec<Account> = (0..100).map(|n| account(&format!("A{n}"), None)).collect();
    let latching = |node| {
        let limit = Limit::new(Check::MaxOrderQty, Some(node), None, Bound::Value(0));
        Limit { action: Action::BlockLatch, ..limit }
    };
    let mut setup = setup(1, accounts, (0..100).map(latching).collect());
    setup.capacity = Capacity::SMALL;
    let mut machine = Machine::new(&setup).unwrap();
    const { assert!(BASKET_LINES_MAX >= 100) };
    let line = |n: u32| {
        let flags = if n < 99 { flag::BASKET_MORE } else { 0 };
        let slot = OrderSlot { flags, ..order(u64::from(n) + 1, n, 0) };
        Line { words: slot.to_words(), extension: None }
    };
    let lines: Vec<Line> = (0..100).map(line).collect();
    machine.basket(1, 0, &lines, Environment::GOOD);
    for n in 0..100 {
        let outcome = send(&mut machine, 2, 0, &order(1_000 + u64::from(n), n, 0));
        assert!(outcome.breaches.contains(Check::Blocked), "account {n} is not latched");
    }
}

#[test]
fn a_limit_that_finds_no_room_changes_nothing() {
    let nodes = ["firm", "desk", "team", "book"];
    let parent = |n: usize| n.checked_sub(1).map(|p| p as u32);
    let mut accounts: Vec<Account> =
        nodes.iter().enumerate().map(|(n, name)| account(name, parent(n))).collect();
    accounts.push(account("A", Some(3)));
    let most = Bound::Value(i128::from(QTY_ONE) * 1_000);
    let limits = (0..3).map(|node| Limit::new(Check::MaxLong, Some(node), None, most)).collect();
    let mut machine = Machine::new(&setup(20, accounts, limits)).unwrap();
    let accepted = |n: &u32| {
        let outcome = send(&mut machine, 1, 0, &order(u64::from(*n) + 1, 4, *n));
        outcome.decision == decision::ACCEPT
    };
    let rows = (0..20).filter(accepted).count();
    assert!(rows > 9, "{rows}");
    // A temporary limit has ended meanwhile: not even that shows.
    let temporary = Limit::new(Check::MaxLong, Some(0), None, Bound::Value(7));
    machine.control(1, &Command::SetLimit(Limit { until_ns: 2, ..temporary })).unwrap();
    let before = machine.state_hash();
    let limit = Limit::new(Check::MaxLong, Some(3), None, most);
    let refused = machine.control(2, &Command::SetLimit(limit));
    assert!(refused.is_err_and(|e| e.to_string().contains("no room")));
    assert_eq!(machine.state_hash(), before);
    // Nor does one that would need a sum over groups besides.
    for instrument in 0..9 {
        let restrict = Limit::new(Check::MaxShort, Some(3), Some(instrument), most);
        machine.control(3, &Command::SetLimit(restrict)).unwrap();
    }
    let before = machine.state_hash();
    let owned = Limit::new(Check::Ownership, Some(3), Some(15), Bound::Value(100));
    assert!(machine.control(4, &Command::SetLimit(owned)).is_err());
    assert_eq!(machine.state_hash(), before);
}
