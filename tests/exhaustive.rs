//! Every sequence of a few inputs in a tiny world: two accounts, two instruments, three prices.
//! What random lives find late or never, because it needs small numbers to coincide.

#[path = "model/mod.rs"]
mod model;

use model::duel::Duel;
use model::gate::{Mistake, Model};
use model::life::Input;
use model::{play, words};
use riskgate::abi::PRICE_UNDEFINED;
use riskgate::abi::codes::Check;
use riskgate::abi::order::{OrderSlot, kind, order_type, side, tif};
use riskgate::fixed::{PRICE_ONE, QTY_ONE};
use riskgate::machine::{Environment, MarkInput};
use riskgate::state::command::{Command, KillScope};
use riskgate::state::limit::{Action, Band, Bound, Collar, Limit, Variant};
use riskgate::state::setup::{Account, Capacity, Currency, Instrument, Lane, Setup};
use std::time::Duration;

const MONEY_ONE: i128 = 100_000_000_000_000_000;

/// What may happen; where an order is needed it is the oldest or the newest open one.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Letter {
    New { account: u32, instrument: u32, side: u8, price: i64 },
    Market { account: u32, side: u8 },
    Again,
    WhatIf,
    Cancel,
    Ack,
    AckReplace,
    FillHalf,
    FillAll,
    Overfill,
    Cancelled,
    Void,
    VoidReplace,
    ReplaceUp,
    ReplaceDown,
    ReplaceRejected,
    Bust,
    MarkUp,
    NoMark,
    KillBuys,
    Unkill,
    Rearm,
    RollDay,
    Lower,
}

const REST: [Letter; 22] = [
    Letter::Again,
    Letter::WhatIf,
    Letter::Cancel,
    Letter::Ack,
    Letter::AckReplace,
    Letter::FillHalf,
    Letter::FillAll,
    Letter::Overfill,
    Letter::Cancelled,
    Letter::Void,
    Letter::VoidReplace,
    Letter::ReplaceUp,
    Letter::ReplaceDown,
    Letter::ReplaceRejected,
    Letter::Bust,
    Letter::MarkUp,
    Letter::NoMark,
    Letter::KillBuys,
    Letter::Unkill,
    Letter::Rearm,
    Letter::RollDay,
    Letter::Lower,
];

fn tiny() -> Setup {
    let account = |name: &str, parent, owner| Account {
        owner,
        equity: Some(10_000 * MONEY_ONE),
        ..Account::plain(name, parent)
    };
    let instrument = |symbol: &str, currency| Instrument {
        currency,
        ticks: vec![(0, PRICE_ONE)],
        lot: QTY_ONE,
        ..Instrument::plain(symbol)
    };
    let value = |v: i128| Bound::Value(v);
    let money = |v: i128| Bound::Value(v * MONEY_ONE);
    let collar = Collar {
        aggressive: Band { percent_micro: Some(20_000_000), ..Band::default() },
        passive: Band::default(),
        use_smaller: false,
    };
    let mut limits = vec![
        Limit::new(Check::MaxLong, Some(1), None, value(300_000_000)),
        Limit::new(Check::MaxShort, Some(0), None, value(400_000_000)),
        Limit::new(Check::GrossExposure, Some(0), None, money(60)),
        Limit::new(Check::NetExposure, Some(0), None, money(30)),
        Limit::new(Check::OpenOrderValue, Some(2), None, money(40)),
        Limit::new(Check::SectorConcentration, Some(0), None, value(50)),
        Limit::new(Check::MaxOpenOrders, Some(0), None, value(3)),
        Limit::new(Check::PriceCollar, Some(0), None, Bound::Collar(collar)),
    ];
    let mut daily = Limit::new(Check::GrossExposure, Some(1), None, money(45));
    (daily.variant, daily.action) = (Variant::DailyTraded, Action::CloseOnly);
    limits.push(daily);
    Setup {
        currencies: vec![
            Currency { name: "USD".into(), rate: Some(PRICE_ONE) },
            Currency { name: "EUR".into(), rate: Some(PRICE_ONE * 5 / 4) },
        ],
        instruments: vec![instrument("X", 0), instrument("Y", 1)],
        owners: vec!["o".into()],
        accounts: vec![
            account("firm", None, None),
            account("a", Some(0), Some(0)),
            account("b", Some(0), Some(0)),
        ],
        limits,
        lanes: vec![Lane::unrestricted("L", 0)],
        capacity: Capacity { open_orders: 16, positions: 16, limits: 16, history: 16 },
        ..Setup::default()
    }
}

fn mark(instrument: u32, price: i64) -> Input {
    let none = PRICE_UNDEFINED;
    let mark = MarkInput {
        bid: price,
        ask: price,
        last: none,
        close: none,
        quote_ns: 1,
        last_ns: 0,
        volume: 0,
    };
    Input::Mark { instrument, mark }
}

/// The input that a letter stands for now; `None` where it needs what there is not.
fn input(letter: Letter, step: usize, model: &Model, past: &[Input]) -> Option<Input> {
    let id = 100 + step as u64;
    let request = |slot: OrderSlot| {
        Some(Input::Order { lane: 0, slot, extension: None, environment: Environment::GOOD })
    };
    let fresh = OrderSlot {
        order_id: id,
        kind: kind::NEW,
        type_tif: order_type::LIMIT | tif::DAY << 4,
        qty: 2 * QTY_ONE,
        ..OrderSlot::default()
    };
    let about = |kind: u8, reference: u64, qty: i64, price: i64| {
        let order = model.orders.first()?;
        request(OrderSlot {
            order_id: order.id,
            kind,
            reference,
            qty,
            price,
            account: order.account,
            instrument: order.instrument,
            side_bits: order.side,
            ..OrderSlot::default()
        })
    };
    let oldest = model.orders.first();
    let pending = oldest.and_then(|o| o.pending.last()).map(|t| t.request);
    let replace = |factor: i64| {
        let order = model.orders.first()?;
        let terms = order.chain().last()?;
        request(OrderSlot {
            kind: kind::REPLACE,
            reference: order.id,
            qty: terms.total + factor * QTY_ONE,
            price: terms.price,
            type_tif: terms.kind | terms.tif << 4,
            account: order.account,
            instrument: order.instrument,
            side_bits: order.side,
            ..fresh
        })
    };
    let last_request = past.iter().rev().find_map(|i| match i {
        Input::Order { slot, .. } if slot.kind <= kind::REPLACE => Some(*slot),
        _ => None,
    });
    match letter {
        Letter::New { account, instrument, side, price } => {
            request(OrderSlot { account, instrument, side_bits: side, price, ..fresh })
        }
        Letter::Market { account, side } => request(OrderSlot {
            account,
            side_bits: side,
            price: PRICE_UNDEFINED,
            type_tif: order_type::MARKET | tif::IOC << 4,
            ..fresh
        }),
        Letter::Again => request(last_request?),
        Letter::WhatIf => request(OrderSlot { order_id: id, flags: 1, ..last_request? }),
        Letter::Cancel => about(kind::CANCEL, oldest?.id, 0, 0).map(|input| match input {
            Input::Order { lane, slot, extension, environment } => {
                let slot = OrderSlot { order_id: id, ..slot };
                Input::Order { lane, slot, extension, environment }
            }
            other => other,
        }),
        Letter::Ack => about(kind::ACK, oldest?.id, 0, PRICE_UNDEFINED),
        Letter::AckReplace => about(kind::ACK, pending?, 0, PRICE_UNDEFINED),
        Letter::FillHalf => about(kind::FILL, id, QTY_ONE, 10 * PRICE_ONE),
        Letter::FillAll => about(kind::FILL, id, oldest?.reserved(), 10 * PRICE_ONE),
        Letter::Overfill => about(kind::FILL, id, oldest?.reserved() + QTY_ONE, 11 * PRICE_ONE),
        Letter::Cancelled => about(kind::CANCELLED, 0, 0, PRICE_UNDEFINED),
        Letter::Void => about(kind::VOID, oldest?.id, 0, PRICE_UNDEFINED),
        Letter::VoidReplace => about(kind::VOID, pending?, 0, PRICE_UNDEFINED),
        Letter::ReplaceUp => replace(1),
        Letter::ReplaceDown => replace(-1),
        Letter::ReplaceRejected => about(kind::REPLACE_REJECTED, pending?, 0, PRICE_UNDEFINED),
        Letter::Bust => past.iter().rev().find_map(|i| match i {
            Input::Order { slot, .. } if slot.kind == kind::FILL => {
                request(OrderSlot { kind: kind::BUST, ..*slot })
            }
            _ => None,
        }),
        Letter::MarkUp => Some(mark(0, 12 * PRICE_ONE)),
        Letter::NoMark => Some(mark(0, PRICE_UNDEFINED)),
        Letter::KillBuys => Some(Input::Control(Command::Kill(KillScope::NodeSide(1, side::BUY)))),
        Letter::Unkill => Some(Input::Control(Command::Unkill(KillScope::NodeSide(1, side::BUY)))),
        Letter::Rearm => Some(Input::Control(Command::Rearm(1))),
        Letter::RollDay => Some(Input::Control(Command::RollDay(0))),
        Letter::Lower => {
            let gross = Bound::Value(20 * MONEY_ONE);
            let limit = Limit::new(Check::GrossExposure, Some(0), None, gross);
            Some(Input::Control(Command::SetLimit(limit)))
        }
    }
}

/// Plays one sequence; `false` if one of its letters has nothing to speak of.
fn play_sequence(setup: &Setup, letters: &[Letter]) -> bool {
    let mut duel = Duel::new(setup, Mistake::None);
    let mut past: Vec<Input> = Vec::new();
    for instrument in [0, 1] {
        duel.step(1, &mark(instrument, 10 * PRICE_ONE)).expect("a mark");
    }
    for (step, letter) in letters.iter().enumerate() {
        let Some(next) = input(*letter, step, &duel.model, &past) else { return false };
        let told = duel.step(2 + step as u64, &next).and_then(|()| duel.views());
        if let Err(difference) = told {
            let lines: Vec<_> =
                past.iter().chain([&next]).map(|i| format!("  {}", words::input(i))).collect();
            panic!("{letters:?}\n{}\n{difference}", lines.join("\n"));
        }
        past.push(next);
    }
    true
}

fn every_sequence(setup: &Setup, alphabets: &[&[Letter]], prefix: &mut Vec<Letter>) -> (u64, u64) {
    let Some((alphabet, rest)) = alphabets.split_first() else { return (0, 0) };
    let mut total = (0, 0);
    for letter in *alphabet {
        prefix.push(*letter);
        if play_sequence(setup, prefix) {
            total.0 += 1;
            let below = every_sequence(setup, rest, prefix);
            total = (total.0 + below.0, total.1 + below.1);
        } else {
            total.1 += 1;
        }
        prefix.pop();
    }
    total
}

fn news() -> Vec<Letter> {
    let mut news = Vec::new();
    for account in [1, 2] {
        for instrument in [0, 1] {
            for order_side in [side::BUY, side::SELL] {
                for price in [9, 10, 11] {
                    let price = price * PRICE_ONE;
                    news.push(Letter::New { account, instrument, side: order_side, price });
                }
            }
        }
    }
    news.push(Letter::Market { account: 1, side: side::BUY });
    news.push(Letter::Market { account: 2, side: side::SELL });
    news
}

#[test]
fn all_pairs_of_orders_and_whatever_follows() {
    play::watchdog(Duration::from_secs(600));
    let (setup, news) = (tiny(), news());
    let all: Vec<Letter> = news.iter().chain(&REST).copied().collect();
    let (played, skipped) = every_sequence(&setup, &[&news, &all, &all], &mut Vec::new());
    println!("{played} sequences played, {skipped} make no sense");
    assert!(played > 20_000, "only {played} sequences were played");
}

#[test]
fn all_lives_of_one_order() {
    play::watchdog(Duration::from_secs(600));
    let setup = tiny();
    let first = [
        Letter::New { account: 1, instrument: 0, side: side::BUY, price: 10 * PRICE_ONE },
        Letter::New { account: 2, instrument: 1, side: side::SELL, price: 11 * PRICE_ONE },
    ];
    let (played, skipped) = every_sequence(&setup, &[&first, &REST, &REST, &REST], &mut Vec::new());
    println!("{played} sequences played, {skipped} make no sense");
    assert!(played > 5_000, "only {played} sequences were played");
}
