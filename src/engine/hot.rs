//! The hot thread: sweeps lanes, marks and doors, for ever, on one core.
//!
//! ```text
//!   turn: bell changed? → lanes come and go
//!         each open lane: at most K slots          (serve.rs)
//!         one mark of the idle sweep
//!         every ~25 µs: heartbeat, and the housekeeping of one lane
//! ```
//! After [`HotLoop::run`] began it never allocates (the allocator is frozen), takes no lock, and
//! with [`WaitStrategy::Spin`] makes no system call (the clock is read without one). The work of a
//! turn is bounded by the number of lanes times K.

use std::sync::Arc;

use crate::abi::gate_page::state;
use crate::abi::lane::lane_state;
use crate::clock;
use crate::engine::door::Doors;
use crate::engine::frozen_alloc;
use crate::engine::options::WaitStrategy;
use crate::engine::serve::{Core, Gate, LaneRow};
use crate::shm::gate_page::GatePageWriter;
use crate::stats::{Global, PerLane, StatsWriter};
use crate::sync::spin_hint;

/// Time between two heartbeats, ns.
pub const BEAT_NS: u64 = 25_000;
/// Idle turns of a spinning thread for each reading of the clock: polling for the next order comes
/// first, and the clock is only needed for heartbeat and statistics.
const IDLE_TURNS_PER_CLOCK: u32 = 8;
/// How long a parked thread sleeps, ns.
const PARK_NS: u64 = 50_000;

/// The hot thread's everything.
pub struct HotLoop<G> {
    core: Core<G>,
    lanes: Box<[LaneRow]>,
    page: GatePageWriter,
    stats: StatsWriter,
    doors: Arc<Doors>,
    wait: WaitStrategy,
    bell: u64,
    next_mark: u32,
    next_beat_ns: u64,
    next_chore: u32,
    loops: u64,
    loop_ns_max: u64,
    told_killed: bool,
}

impl<G: Gate> HotLoop<G> {
    /// Everything is allocated and mapped by now.
    pub fn new(
        core: Core<G>,
        page: GatePageWriter,
        stats: StatsWriter,
        doors: Arc<Doors>,
        wait: WaitStrategy,
    ) -> HotLoop<G> {
        let lanes = (0..doors.lanes()).map(|_| LaneRow::default()).collect();
        HotLoop {
            core,
            lanes,
            page,
            stats,
            doors,
            wait,
            bell: 0,
            next_mark: 0,
            next_beat_ns: 0,
            next_chore: 0,
            loops: 0,
            loop_ns_max: 0,
            told_killed: false,
        }
    }

    /// Runs until it is asked to stop; then says so to everybody and closes the journal. Returns
    /// the number of the last record.
    pub fn run(mut self) -> u64 {
        frozen_alloc::freeze();
        self.begin();
        let mut last_ns = clock::now_ns();
        let mut idle_turns = 0;
        loop {
            let worked = self.turn(last_ns);
            if self.doors.stop_asked() {
                break;
            }
            idle_turns = if worked { 0 } else { (idle_turns + 1) % IDLE_TURNS_PER_CLOCK };
            if idle_turns != 0 && self.wait == WaitStrategy::Spin {
                spin_hint();
                continue;
            }
            let now_ns = clock::now_ns();
            self.loop_ns_max = self.loop_ns_max.max(now_ns.saturating_sub(last_ns));
            last_ns = now_ns;
            if !worked {
                last_ns = self.idle(now_ns);
            }
        }
        frozen_alloc::thaw();
        self.end();
        self.core.journal.next_seq() - 1
    }

    /// The gate is open.
    pub fn begin(&mut self) {
        self.core.ready = true;
        self.beat(clock::now_ns());
        self.page.set_state(state::READY);
        self.stats.set(Global::State, u64::from(state::READY));
    }

    fn idle(&self, now_ns: u64) -> u64 {
        match self.wait {
            WaitStrategy::Spin => {
                spin_hint();
                return now_ns;
            }
            WaitStrategy::Yield => std::thread::yield_now(),
            WaitStrategy::Park => std::thread::sleep(std::time::Duration::from_nanos(PARK_NS)),
        }
        clock::now_ns()
    }

    /// One turn. True: something was consumed.
    #[inline]
    pub fn turn(&mut self, now_ns: u64) -> bool {
        self.loops += 1;
        let bell = self.doors.bell();
        if bell != self.bell {
            self.bell = bell;
            self.answer_doors();
        }
        let mut worked = false;
        for row in &mut self.lanes {
            worked |= self.core.serve(row);
        }
        if self.next_mark >= self.core.marks.instruments() {
            self.next_mark = 0;
        }
        worked |= self.core.sweep_mark(self.next_mark, now_ns);
        self.next_mark += 1;
        if now_ns >= self.next_beat_ns {
            self.beat(now_ns);
        }
        worked
    }

    fn beat(&mut self, now_ns: u64) {
        self.page.heartbeat(now_ns);
        self.next_beat_ns = now_ns + BEAT_NS;
        let killed = self.doors.lanes() > 0 && self.core.gate.killed(0).0;
        if killed != self.told_killed {
            self.told_killed = killed;
            self.page.set_killed(killed);
        }
        let stats = &self.stats;
        stats.set(Global::HeartbeatNs, now_ns);
        stats.set(Global::Loops, self.loops);
        stats.set(Global::LoopNsMax, self.loop_ns_max);
        stats.set(Global::JournalSeq, self.core.journal.next_seq() - 1);
        stats.set(Global::JournalFree, self.core.journal.free_records());
        stats.set(Global::JournalStalls, self.core.journal_stalls);
        stats.set(Global::Marks, self.core.marks_applied);
        stats.set(Global::Violations, self.core.violations);
        // One lane per beat, so that the work of a beat does not grow with the lanes.
        let lane = self.next_chore;
        if lane < self.doors.lanes() {
            self.chore(lane);
        }
        self.next_chore = if lane + 1 < self.doors.lanes() { lane + 1 } else { 0 };
    }

    fn chore(&mut self, lane: u32) {
        let row = &mut self.lanes[lane as usize];
        self.core.retry_note(row, lane);
        self.core.check_cursor(row);
        if let Some(visitor) = &row.visitor {
            let killed = self.core.gate.killed(lane).1;
            if killed != row.told_killed {
                row.told_killed = killed;
                visitor.lane.set_killed(killed);
            }
        }
        self.publish(lane);
    }

    /// Writes the lane's counters to the statistics.
    fn publish(&self, lane: u32) {
        let row = &self.lanes[lane as usize];
        let set = |counter, value| self.stats.set_lane(lane, counter, value);
        set(PerLane::State, u64::from(row.state));
        set(PerLane::Reason, u64::from(row.reason));
        set(PerLane::Session, u64::from(row.session));
        set(PerLane::Orders, row.requests);
        set(PerLane::Accepts, row.accepts);
        set(PerLane::Rejects, row.rejects);
        set(PerLane::Reports, row.reports);
        set(PerLane::OpenOrders, u64::from(self.core.gate.lane_open_orders(lane)));
        set(PerLane::Unread, row.unread);
        set(PerLane::VerdictStalls, row.verdict_stalls);
    }

    #[cold]
    fn answer_doors(&mut self) {
        for lane in 0..self.doors.lanes() {
            // Looked at first: who is asked back has come before.
            let asked_back = self.doors.take_close(lane);
            if let Some(visitor) = self.doors.take(lane) {
                let row = &mut self.lanes[lane as usize];
                assert!(row.visitor.is_none(), "lane {lane} was opened twice");
                let session = visitor.lane.params.session;
                self.core.open(row, visitor);
                self.publish(lane);
                self.doors.set_serving(lane, session);
            }
            if asked_back {
                self.close(lane);
            }
        }
    }

    fn close(&mut self, lane: u32) {
        if let Some(visitor) = self.core.close(&mut self.lanes[lane as usize]) {
            self.publish(lane);
            self.doors.set_serving(lane, 0);
            self.doors.give_back(visitor);
        }
    }

    /// Stops in good order: clients see STOPPED, lanes are closed, the journal gets its last record.
    pub fn end(&mut self) {
        self.page.set_state(state::STOPPED);
        for lane in 0..self.doors.lanes() {
            self.close(lane);
        }
        let hash = self.core.gate.state_hash();
        // With a full ring there is no STOP record; recovery works without it.
        let _ = self.core.journal.append_stop(clock::now_ns(), clock::wall_ns(), hash, 0);
        self.stats.set(Global::State, u64::from(state::STOPPED));
        self.stats.set(Global::JournalSeq, self.core.journal.next_seq() - 1);
    }

    /// State of a lane; for tests.
    pub fn lane_state(&self, lane: u32) -> u32 {
        self.lanes.get(lane as usize).map_or(lane_state::AWAIT_READY, |row| row.state)
    }
}
