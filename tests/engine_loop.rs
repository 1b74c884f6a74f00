//! The hot thread's loop, turn by turn, in one process: fairness, the sequence mark → decision →
//! journal → verdict, a full journal, a client that goes. Real state machine, real memory, no
//! recorder unless the test makes one. Every turn runs with the allocator frozen.

use std::path::PathBuf;
use std::sync::Arc;

use riskgate::abi::PRICE_UNDEFINED;
use riskgate::abi::codes::Check;
use riskgate::abi::lane::lane_state;
use riskgate::abi::order::{
    BASKET_LINES_MAX, ExtensionSlot, OrderSlot, flag, kind, order_type, side, tif,
};
use riskgate::abi::verdict::{VerdictSlot, decision, flag as verdict_flag};
use riskgate::clock;
use riskgate::engine::door::{Doors, Visitor};
use riskgate::engine::frozen_alloc::{self, FrozenAlloc};
use riskgate::engine::hot::HotLoop;
use riskgate::engine::options::WaitStrategy;
use riskgate::engine::serve::Core;
use riskgate::fixed::{PRICE_ONE, QTY_ONE};
use riskgate::journal::follow::Follower;
use riskgate::journal::image;
use riskgate::journal::record::{Body, RECORD_WORDS, Record, flag as record_flag};
use riskgate::journal::recorder::{self, Recorder};
use riskgate::journal::ring::{Read, RingPaths, RingReader};
use riskgate::journal::writer::{JournalWriter, StartInput};
use riskgate::machine::Machine;
use riskgate::ring::spsc::Peek;
use riskgate::shm::gate_page::{self, GatePageParams, GatePageWriter};
use riskgate::shm::lane::{ClientLane, LaneFiles, LaneParams};
use riskgate::shm::marks::{self, Mark, MarkTable, MarkWriter};
use riskgate::state::setup::{Account, Capacity, Currency, Instrument, Lane, RATE_ONE, Setup};
use riskgate::stats::StatsWriter;

#[global_allocator]
static ALLOCATOR: FrozenAlloc = FrozenAlloc;

const LANES: u32 = 2;
const RING: u64 = 2048;

fn setup() -> Setup {
    let account = Account::plain;
    Setup {
        currencies: vec![Currency { name: "USD".to_string(), rate: Some(RATE_ONE) }],
        instruments: vec![Instrument::plain("AAPL"), Instrument::plain("MSFT")],
        accounts: vec![account("firm", None), account("A", Some(0))],
        lanes: vec![Lane::unrestricted("a", 0), Lane::unrestricted("b", 0)],
        capacity: Capacity::SMALL,
        ..Setup::default()
    }
}

struct World {
    dir: PathBuf,
    paths: RingPaths,
    doors: Arc<Doors>,
    hot: HotLoop<Machine>,
    marks: MarkWriter,
    clients: Vec<ClientLane>,
}

impl World {
    fn new(name: &str) -> World {
        let dir = std::env::temp_dir().join(format!("riskgate-loop-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let paths = RingPaths::in_dir(&dir, 1);
        paths.create(RING, 1).unwrap();
        let setup = setup();
        let machine = Machine::new(&setup).unwrap();
        let mut journal = JournalWriter::open(&paths).unwrap();
        journal
            .append_start(&StartInput {
                setup_image: &image::encode(&setup),
                continues: false,
                state_hash: machine.state_hash(),
                valid_ns: 1_000_000,
                now_ns: clock::now_ns(),
                wall_ns: 0,
                build: "test",
            })
            .unwrap();
        let page = gate_page::create(GatePageParams {
            epoch: 1,
            heartbeat_stale_ns: 50_000_000,
            verdict_valid_ns: 1_000_000,
        })
        .unwrap();
        let marks_file = marks::create(1, 2).unwrap();
        let doors = Arc::new(Doors::new(LANES as usize));
        let core = Core {
            gate: machine,
            journal,
            marks: MarkTable::map(&marks_file, 2).unwrap(),
            ready: false,
            orders_per_sweep: 16,
            marks_applied: 0,
            journal_stalls: 0,
            violations: 0,
        };
        let lanes = ["a".to_string(), "b".to_string()];
        let stats = StatsWriter::create(&dir.join("stats"), 1, &lanes).unwrap();
        let page = GatePageWriter::map(&page).unwrap();
        let mut hot = HotLoop::new(core, page, stats, doors.clone(), WaitStrategy::Yield);
        hot.begin();
        let marks = MarkWriter::over(&marks_file, 2).unwrap();
        let mut world = World { dir, paths, doors, hot, marks, clients: Vec::new() };
        for lane in 0..LANES {
            world.open(lane);
        }
        world
    }

    fn open(&mut self, lane: u32) {
        let params =
            LaneParams { epoch: 1, lane, session: 1, order_capacity: 64, verdict_capacity: 64 };
        let files = LaneFiles::create(params).unwrap();
        self.clients
            .push(ClientLane::attach(params, &files.client_file, &files.gate_file).unwrap());
        let lane = files.admit().unwrap();
        self.doors.bring(Box::new(Visitor { lane, uid: 0, pid: 1 }));
        self.turn();
    }

    fn turn(&mut self) -> bool {
        frozen_alloc::freeze();
        let worked = self.hot.turn(clock::now_ns());
        frozen_alloc::thaw();
        worked
    }

    fn submit(&mut self, lane: usize, slot: &OrderSlot) {
        let orders = &mut self.clients[lane].orders;
        assert_eq!(orders.has_room(), Ok(true), "the test submits more than fits");
        orders.push(&slot.to_words());
    }

    fn verdicts(&mut self, lane: usize) -> Vec<VerdictSlot> {
        let ring = &mut self.clients[lane].verdicts;
        let mut found = Vec::new();
        loop {
            match ring.peek() {
                Peek::Slot(words) => found.push(VerdictSlot::from_words(&words)),
                Peek::Empty => break,
                Peek::Violation(v) => panic!("{v:?}"),
            }
            ring.advance();
        }
        ring.publish_read();
        found
    }

    /// Everything that the ring has, from its first record.
    fn journal(&self) -> Vec<Record> {
        let mut reader = RingReader::open(&self.paths, 0).unwrap();
        let mut words = [0; RECORD_WORDS];
        let mut records = Vec::new();
        loop {
            match reader.read(&mut words) {
                Read::Record => records.push(Record::from_words(&words).unwrap()),
                Read::NotYet => return records,
                Read::Overrun => panic!("the journal ring was overwritten"),
            }
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

fn order(kind: u8, id: u64, reference: u64) -> OrderSlot {
    let new = kind == kind::NEW;
    OrderSlot {
        order_id: id,
        reference,
        price: if new { 100 * PRICE_ONE } else { PRICE_UNDEFINED },
        qty: if new { QTY_ONE } else { 0 },
        instrument: 0,
        account: 1,
        kind,
        side_bits: side::BUY,
        type_tif: if new { order_type::LIMIT | (tif::DAY << 4) } else { 0 },
        ..OrderSlot::default()
    }
}

fn mark() -> Mark {
    Mark {
        bid: 99 * PRICE_ONE,
        ask: 101 * PRICE_ONE,
        last: PRICE_UNDEFINED,
        close: PRICE_UNDEFINED,
        quote_ns: clock::now_ns(),
        last_ns: 0,
        volume: 0,
    }
}

#[test]
fn a_busy_lane_gets_its_share_of_a_sweep_and_no_more() {
    let mut world = World::new("share");
    for id in 1..=60 {
        world.submit(0, &order(kind::NEW, id, 0));
    }
    world.submit(1, &order(kind::NEW, 1, 0));
    assert!(world.turn());
    assert_eq!(world.verdicts(0).len(), 16);
    assert_eq!(world.verdicts(1).len(), 1);
    let mut rest = 0;
    while world.turn() {
        rest += world.verdicts(0).len();
    }
    assert_eq!(rest, 44);
}

#[test]
fn the_mark_is_journaled_before_the_decision_that_used_it() {
    let mut world = World::new("mark");
    // Written after the last turn: no idle sweep has seen it.
    assert!(world.marks.set(0, &mark()));
    world.submit(0, &order(kind::NEW, 1, 0));
    world.turn();
    let verdicts = world.verdicts(0);
    assert_eq!(verdicts[0].decision, decision::ACCEPT);
    let journal = world.journal();
    let mark_at = journal.iter().position(|r| matches!(r.body, Body::Mark(_))).unwrap();
    let order_at = journal.iter().position(|r| matches!(r.body, Body::Order(_))).unwrap();
    assert!(mark_at < order_at);
    let Body::Order(decided) = &journal[order_at].body else { unreachable!() };
    assert_eq!(decided.mark, 100 * PRICE_ONE);
    assert_eq!(verdicts[0].observed as u64, journal[order_at].seq, "an ACCEPT names its record");
}

#[test]
fn a_full_journal_refuses_then_waits_then_goes_on() {
    let mut world = World::new("full");
    let mut id = 0;
    let mut submitted: u64 = 0;
    // Orders are accepted until only the last eighth is left, then refused with the reason.
    let refused_at = loop {
        id += 1;
        submitted += 1;
        world.submit(0, &order(kind::NEW, id, 0));
        world.turn();
        let [v] = world.verdicts(0)[..] else { panic!("order {id} got no verdict") };
        if v.decision == decision::REJECT {
            assert_eq!(v.first_check, Check::JournalUnavailable.number());
            break id;
        }
    };
    let used = world.journal().len() as u64;
    assert!((RING * 3 / 4..=RING * 7 / 8 + 4).contains(&used), "{used} records of {RING}");
    // Cancels still pass.
    let cancel = |world: &mut World, n: u64| {
        world.submit(0, &order(kind::CANCEL, 1_000_000 + n, 1 + n % (refused_at - 1)));
        world.turn();
        world.verdicts(0)
    };
    let mut cancels = 0;
    let stuck = loop {
        submitted += 1;
        match cancel(&mut world, cancels)[..] {
            [v] => assert_eq!(v.decision, decision::ACCEPT, "{v:?}"),
            _ => break cancels,
        }
        cancels += 1;
        assert!(cancels < RING, "consumption never stops");
    };
    assert!(stuck > 0, "not one cancel passed");
    // It waits now: nothing is overwritten, each verdict has its record.
    for _ in 0..100 {
        assert!(!world.turn());
    }
    let decided =
        world.journal().iter().filter(|r| matches!(r.body, Body::Order(_))).count() as u64;
    assert_eq!(decided, submitted - 1);
    // A recorder takes what is there, and the cancel that waited is answered.
    let options = recorder::Options::in_dir(&world.dir.join("journal"));
    let mut recorder = Recorder::open(&world.paths, options).unwrap();
    while recorder.drain_some(clock::now_ns()).unwrap() > 0 {}
    assert!(world.turn());
    assert_eq!(world.verdicts(0).len(), 1);
    world.submit(0, &order(kind::NEW, 2_000_000, 0));
    world.turn();
    assert_eq!(world.verdicts(0)[0].decision, decision::ACCEPT);
}

#[test]
fn a_client_that_goes_leaves_its_reports_read_and_its_requests_unread() {
    let mut world = World::new("close");
    world.submit(0, &order(kind::NEW, 1, 0));
    world.turn();
    assert_eq!(world.verdicts(0)[0].decision, decision::ACCEPT);
    world.submit(0, &order(kind::NEW, 2, 0));
    world.submit(0, &order(kind::ACK, 1, 1));
    // A fill with its fee is two slots and one report; a fee without its fill is nothing.
    let fee = ExtensionSlot {
        order_id: 1,
        kind_word: u64::from(kind::EXTENSION),
        fee: 5,
        ..ExtensionSlot::default()
    };
    let (price, qty) = (100 * PRICE_ONE, QTY_ONE);
    let fill = OrderSlot { price, qty, ..order(kind::FILL, 1, 77) };
    world.clients[0].orders.push(&fee.to_words());
    world.submit(0, &OrderSlot { flags: flag::HAS_EXTENSION, ..fill });
    world.submit(0, &order(kind::NEW, 3, 0));
    world.clients[0].orders.push(&fee.to_words());
    world.doors.ask_close(0);
    world.turn();
    assert_eq!(world.clients[0].state().0, lane_state::CLOSED);
    assert!(world.verdicts(0).is_empty(), "what had no verdict is not approved");
    assert!(world.doors.collect(0).is_some());
    let journal = world.journal();
    assert_eq!(journal.iter().filter(|r| matches!(r.body, Body::Order(_))).count(), 1);
    assert_eq!(journal.iter().filter(|r| matches!(r.body, Body::Report(_))).count(), 2);
    assert_eq!(journal.iter().filter(|r| matches!(r.body, Body::Extension(_))).count(), 1);
    let closed = journal.iter().rev().find_map(|r| match &r.body {
        Body::Lane(entry) => Some(u32::from(entry.state)),
        _ => None,
    });
    assert_eq!(closed, Some(lane_state::CLOSED));
    assert_eq!(world.hot.lane_state(1), lane_state::OPEN, "the other lane goes on");
}

fn line(id: u64, more: bool) -> OrderSlot {
    let flags = if more { flag::BASKET_MORE } else { 0 };
    OrderSlot { flags, ..order(kind::NEW, id, 0) }
}

/// Turns until nothing is left to do.
fn settle(world: &mut World, lane: usize) -> Vec<VerdictSlot> {
    let mut verdicts = Vec::new();
    while world.turn() {
        verdicts.extend(world.verdicts(lane));
    }
    verdicts.extend(world.verdicts(lane));
    verdicts
}

/// Ends the engine and applies its journal as recovery would: it refuses another state than the one
/// that the engine ended with.
fn followed(world: &mut World) {
    world.hot.end();
    let mut follower = Follower::new("test");
    let mut reader = RingReader::open(&world.paths, 0).unwrap();
    follower.read_ring(&mut reader, u64::MAX).unwrap();
    assert!(follower.progress().stopped);
}

#[test]
fn a_basket_longer_than_both_rings_is_one_input_and_its_verdicts_come_as_there_is_room() {
    let mut world = World::new("basket");
    world.turn();
    let before = world.journal().len();
    let lines = BASKET_LINES_MAX as u64 - 6;
    let mut sent = 0;
    while sent < lines {
        while sent < lines && world.clients[0].orders.has_room() == Ok(true) {
            sent += 1;
            world.submit(0, &line(sent, sent < lines));
        }
        if sent < lines {
            // Half a basket: nothing is decided, the other lane goes on.
            while world.turn() {}
            assert!(world.verdicts(0).is_empty());
            world.submit(1, &order(kind::NEW, sent, 0));
            world.turn();
            assert_eq!(world.verdicts(1)[0].decision, decision::ACCEPT);
        }
    }
    // A report may stand in the middle of a run, and behind one whose verdicts wait.
    let mut verdicts = Vec::new();
    while verdicts.is_empty() {
        world.turn();
        verdicts.extend(world.verdicts(0));
    }
    assert_eq!(verdicts.len(), 64, "as many as the ring holds");
    world.submit(0, &order(kind::ACK, 1, 1));
    verdicts.extend(settle(&mut world, 0));
    let ids: Vec<u64> = verdicts.iter().map(|v| v.order_id).collect();
    assert_eq!(ids, (1..=lines).collect::<Vec<u64>>());
    assert!(verdicts.iter().all(|v| v.decision == decision::ACCEPT));
    assert!(verdicts.iter().all(|v| v.valid_until_ns == verdicts[0].valid_until_ns));
    let journal = world.journal();
    let lane_of = |r: &&Record| r.lane == 0 && matches!(r.body, Body::Order(_));
    let orders: Vec<&Record> = journal[before..].iter().filter(lane_of).collect();
    assert_eq!(orders.len() as u64, lines);
    let first = orders[0].seq;
    for (at, record) in orders.iter().enumerate() {
        assert_eq!(record.seq, first + at as u64, "nothing stands between the lines");
        let more = record.flags & record_flag::BASKET_MORE != 0;
        assert_eq!(more, at as u64 + 1 < lines);
        assert_eq!(verdicts[at].observed as u64, record.seq);
    }
    followed(&mut world);
}

#[test]
fn an_endless_basket_is_refused_line_by_line_and_the_lane_goes_on() {
    let mut world = World::new("endless");
    let mut verdicts = Vec::new();
    const SENT: u64 = BASKET_LINES_MAX as u64 + 44;
    for id in 1..=SENT {
        world.submit(0, &line(id, id < SENT));
        world.turn();
        verdicts.extend(world.verdicts(0));
    }
    verdicts.extend(settle(&mut world, 0));
    assert_eq!(verdicts.len() as u64, SENT);
    for (at, v) in verdicts.iter().enumerate() {
        assert_eq!((v.order_id, v.decision), (at as u64 + 1, decision::REJECT));
        assert_eq!(v.first_check, Check::Malformed.number());
    }
    world.submit(0, &order(kind::NEW, 1000, 0));
    world.turn();
    assert_eq!(world.verdicts(0)[0].decision, decision::ACCEPT);
    followed(&mut world);
}

#[test]
fn a_cancel_breaks_a_run_and_passes_and_a_report_does_not_break_it() {
    let mut world = World::new("broken");
    world.submit(0, &order(kind::NEW, 1, 0));
    for slot in [line(2, true), order(kind::ACK, 1, 1), line(3, false)] {
        world.submit(0, &slot);
    }
    let verdicts = settle(&mut world, 0);
    assert_eq!(verdicts.iter().map(|v| v.order_id).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(verdicts.iter().all(|v| v.decision == decision::ACCEPT));
    for slot in [line(4, true), line(5, true), order(kind::CANCEL, 6, 1), line(7, false)] {
        world.submit(0, &slot);
    }
    let verdicts = settle(&mut world, 0);
    let came: Vec<_> = verdicts.iter().map(|v| (v.order_id, v.decision)).collect();
    let (yes, no) = (decision::ACCEPT, decision::REJECT);
    assert_eq!(came, [(4, no), (5, no), (6, yes), (7, yes)]);
    // A replace that was meant as the last line goes with the run.
    for slot in [line(8, true), OrderSlot { reference: 1, ..order(kind::REPLACE, 9, 1) }] {
        world.submit(0, &slot);
    }
    let verdicts = settle(&mut world, 0);
    assert!(verdicts.len() == 2 && verdicts.iter().all(|v| v.decision == no));
    followed(&mut world);
}

#[test]
fn half_a_basket_goes_with_its_client_and_the_next_one_starts_clean() {
    let mut world = World::new("half");
    world.submit(0, &line(1, true));
    world.submit(0, &line(2, true));
    world.turn();
    world.doors.ask_close(0);
    world.turn();
    assert!(world.verdicts(0).is_empty());
    assert!(world.doors.collect(0).is_some());
    assert!(!world.journal().iter().any(|r| matches!(r.body, Body::Order(_))));
    world.clients.clear();
    world.open(0);
    world.submit(0, &order(kind::NEW, 2, 0));
    world.turn();
    assert_eq!(world.verdicts(0)[0].decision, decision::ACCEPT, "no line of the old run is left");
}

#[test]
fn a_basket_without_room_in_the_journal_is_refused_and_cancels_behind_it_pass() {
    let mut world = World::new("noroom");
    let mut id = 0;
    // Less than a hundred lines' records are left above the last eighth.
    while world.journal().len() < 1596 {
        id += 1;
        world.submit(0, &order(kind::NEW, id, 0));
        world.turn();
        assert_eq!(world.verdicts(0)[0].decision, decision::ACCEPT);
    }
    let mut verdicts = Vec::new();
    for n in 1..=100 {
        world.submit(0, &line(10_000 + n, n < 100));
        world.turn();
        verdicts.extend(world.verdicts(0));
    }
    world.submit(0, &order(kind::CANCEL, 20_000, 1));
    verdicts.extend(settle(&mut world, 0));
    assert_eq!(verdicts.len(), 101);
    let refused = &verdicts[..100];
    assert!(refused.iter().all(|v| v.first_check == Check::JournalUnavailable.number()));
    assert!(refused.iter().all(|v| v.flags & verdict_flag::OF_BASKET == 0));
    assert_eq!(verdicts[100].decision, decision::ACCEPT, "{:?}", verdicts[100]);
}
