//! A small engine: a real state machine whose every input goes to a real journal ring.

use riskgate::abi::PRICE_UNDEFINED;
use riskgate::abi::codes::Check;
use riskgate::abi::order::{ExtensionSlot, OrderSlot, flag, kind, order_type, side, tif};
use riskgate::fixed::{PRICE_ONE, QTY_ONE};
use riskgate::journal::image;
use riskgate::journal::ring::RingPaths;
use riskgate::journal::writer::{Authority, JournalWriter, OrderInput, StartInput};
use riskgate::machine::{Environment, Machine, MarkInput};
use riskgate::state::command::{Command, KillScope, Restriction};
use riskgate::state::limit::{Action, Bound, Limit};
use riskgate::state::setup::{Account, Capacity, Currency, Instrument, Lane, Setup};

use super::Random;

pub const BUILD: &str = "test-build";

pub fn setup() -> Setup {
    let account = |name: &str, parent| Account {
        equity: Some(1_000_000 * 10i128.pow(17)),
        ..Account::plain(name, parent)
    };
    let qty = |v: i64| Bound::Value(i128::from(v) * i128::from(QTY_ONE));
    let money = |v: i64| Bound::Value(i128::from(v) * 10i128.pow(17));
    let mut alert = Limit::new(Check::MaxOrderValue, Some(0), None, money(4_000));
    alert.action = Action::Alert;
    Setup {
        currencies: vec![Currency { name: "USD".to_string(), rate: Some(PRICE_ONE) }],
        instruments: ["AAPL", "MSFT", "NVDA"].map(Instrument::plain).to_vec(),
        accounts: vec![
            account("firm", None),
            account("desk", Some(0)),
            account("A", Some(1)),
            account("B", Some(1)),
        ],
        limits: vec![
            Limit::new(Check::MaxOrderQty, Some(2), None, qty(60)),
            Limit::new(Check::GrossExposure, Some(0), None, money(60_000)),
            Limit::new(Check::MaxLong, Some(3), Some(0), qty(300)),
            alert,
        ],
        lanes: vec![Lane::unrestricted("ems1", 0), Lane::unrestricted("ems2", 0)],
        capacity: Capacity::SMALL,
        ..Setup::default()
    }
}

pub struct Engine {
    pub machine: Machine,
    pub writer: JournalWriter,
    pub now: u64,
    next_id: u64,
    open: Vec<(u32, u64, u32, u32, u8)>,
}

impl Engine {
    /// Starts an epoch, anew or with the state of the one before.
    pub fn start(paths: &RingPaths, before: Option<Machine>, next_id: u64) -> Engine {
        let mut writer = JournalWriter::open(paths).expect("writer");
        let continues = before.is_some();
        let mut machine = before.unwrap_or_else(|| Machine::new(&setup()).expect("machine"));
        let (now, wall) = (1_000_000, 1_750_000_000_000_000_000);
        machine.set_wall_offset(wall - now);
        let input = StartInput {
            setup_image: &image::encode(&setup()),
            continues,
            state_hash: machine.state_hash(),
            valid_ns: 1_000_000,
            now_ns: now,
            wall_ns: wall,
            build: BUILD,
        };
        writer.append_start(&input).expect("fits");
        Engine { machine, writer, now, next_id, open: Vec::new() }
    }

    pub fn next_id(&self) -> u64 {
        self.next_id
    }

    pub fn step(&mut self, r: &mut Random) {
        self.now += 1 + r.below(1_000_000);
        match r.below(20) {
            0..3 => self.mark(r),
            3 => self.control(r),
            4..10 => self.report(r),
            _ => self.request(r),
        }
    }

    fn mark(&mut self, r: &mut Random) {
        let instrument = r.below(3) as u32;
        let bid = (50 + r.below(20) as i64) * PRICE_ONE;
        let mark = MarkInput {
            bid,
            ask: bid + PRICE_ONE / 100,
            last: PRICE_UNDEFINED,
            close: PRICE_UNDEFINED,
            quote_ns: self.now,
            last_ns: 0,
            volume: 0,
        };
        self.machine.mark(self.now, instrument, &mark);
        let events = self.machine.events();
        self.writer.append_mark(self.now, instrument, &mark, events).expect("room");
    }

    fn control(&mut self, r: &mut Random) {
        let command = match r.below(7) {
            0 => Command::Kill(KillScope::Node(2)),
            1 | 2 => Command::Unkill(KillScope::Node(2)),
            3 => Command::Rearm(r.below(4) as u32),
            4 => Command::Restrict {
                node: 3,
                instrument: Some(1),
                mode: r.pick(&Restriction::NAMES).0,
            },
            5 => Command::Halt(99),
            _ => Command::SetLimit(Limit::new(
                Check::MaxOrderQty,
                Some(2),
                None,
                Bound::Value(i128::from(40 + r.below(40)) * i128::from(QTY_ONE)),
            )),
        };
        let refused = self.machine.control(self.now, &command).is_err();
        let events = if refused { &[] } else { self.machine.events() };
        let authority = Authority { operator: "ops1", approver: "ops2", reason: "test" };
        self.writer.append_control(self.now, &command, &authority, refused, events).expect("room");
    }

    fn request(&mut self, r: &mut Random) {
        let lane = r.below(2) as u32;
        self.next_id += 1;
        let mut slot = OrderSlot {
            order_id: self.next_id,
            price: (50 + r.below(20) as i64) * PRICE_ONE,
            qty: (1 + r.below(70) as i64) * QTY_ONE,
            instrument: r.below(3) as u32,
            account: 2 + r.below(2) as u32,
            kind: kind::NEW,
            side_bits: r.pick(&[side::BUY, side::SELL]),
            type_tif: order_type::LIMIT | tif::DAY << 4,
            ..OrderSlot::default()
        };
        let mut extension = None;
        match r.below(10) {
            0 => slot.instrument = 77,
            1 => slot.flags |= flag::WHAT_IF,
            2 => {
                slot.flags |= flag::HAS_EXTENSION;
                extension = Some(
                    ExtensionSlot {
                        order_id: slot.order_id,
                        stop_price: PRICE_UNDEFINED,
                        display_qty: QTY_ONE,
                        kind_word: u64::from(kind::EXTENSION),
                        ..ExtensionSlot::default()
                    }
                    .to_words(),
                );
            }
            3 | 4 if !self.open.is_empty() => {
                let open = self.open[r.below(self.open.len() as u64) as usize];
                slot = OrderSlot {
                    kind: kind::CANCEL,
                    reference: open.1,
                    account: open.2,
                    instrument: open.3,
                    side_bits: open.4,
                    price: 0,
                    qty: 0,
                    type_tif: 0,
                    ..slot
                };
            }
            _ => {}
        }
        if self.slot(r, lane, &slot, extension) && slot.kind == kind::NEW {
            self.open.push((lane, slot.order_id, slot.account, slot.instrument, slot.side_bits));
        }
    }

    fn report(&mut self, r: &mut Random) {
        if self.open.is_empty() {
            return;
        }
        let i = r.below(self.open.len() as u64) as usize;
        let (lane, order_id, account, instrument, side_bits) = self.open[i];
        let kind = r.pick(&[kind::ACK, kind::FILL, kind::FILL, kind::CANCELLED, kind::EXPIRED]);
        self.next_id += 1;
        let slot = OrderSlot {
            order_id,
            price: 55 * PRICE_ONE,
            qty: (1 + r.below(30) as i64) * QTY_ONE,
            reference: if kind == kind::ACK { order_id } else { self.next_id },
            instrument,
            account,
            kind,
            side_bits,
            ..OrderSlot::default()
        };
        self.slot(r, lane, &slot, None);
        if kind == kind::CANCELLED || kind == kind::EXPIRED {
            self.open.swap_remove(i);
        }
    }

    fn slot(
        &mut self,
        r: &mut Random,
        lane: u32,
        slot: &OrderSlot,
        extension: Option<[u64; 8]>,
    ) -> bool {
        let environment = Environment { ready: r.below(50) != 0, journal_ok: r.below(50) != 0 };
        let words = slot.to_words();
        let outcome = *self.machine.order(self.now, lane, &words, extension.as_ref(), environment);
        let input = OrderInput {
            now_ns: self.now,
            received_ns: self.now - 5,
            lane,
            words: &words,
            extension: extension.as_ref(),
            environment,
        };
        self.writer.append_order(&input, &outcome, self.machine.events()).expect("room");
        outcome.decision == riskgate::abi::verdict::decision::ACCEPT
    }

    pub fn stop(mut self) -> Machine {
        let hash = self.machine.state_hash();
        self.writer.append_stop(self.now, 1, hash, 0).expect("room");
        self.machine
    }
}
