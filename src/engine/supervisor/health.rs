//! What the supervisor notices by itself: a stalled engine, a recorder that waits, failed or died,
//! a lane in quarantine. Each is said once, with what to do.

use super::child::describe;
use super::{Supervisor, say, warn};
use crate::abi::lane::lane_state;
use crate::clock;
use crate::error::Result;
use crate::journal::cursor::{Cursor, Status};
use crate::shm::lane::reason_text;
use crate::stats::{Global, PerLane};

/// A stalled engine is killed at this look that finds it so, not at the first: perhaps it was we
/// who were stopped.
const STALLED_LOOKS: u32 = 3;

/// What was said already in this epoch.
#[derive(Default)]
pub(super) struct Told {
    quarantined: Vec<u32>,
    recorder: String,
    cursor: Option<Cursor>,
    stalls: u64,
}

impl Supervisor {
    /// An engine that stalls must not wake up beside its successor: it is killed first.
    pub(super) fn check_stall(&mut self) {
        let Some(epoch) = &mut self.epoch else { return };
        if !epoch.ready {
            return;
        }
        let age_ns = clock::now_ns().saturating_sub(epoch.page.heartbeat_ns());
        if age_ns <= self.options.profile.stall_kill_ns {
            epoch.stalled_checks = 0;
            return;
        }
        epoch.stalled_checks += 1;
        if epoch.stalled_checks == STALLED_LOOKS {
            warn(&format!(
                "the engine {} has not moved for {} ms (bound {} ms): killing it",
                epoch.engine.pid(),
                age_ns / 1_000_000,
                self.options.profile.stall_kill_ns / 1_000_000
            ));
            epoch.engine.kill();
        }
    }

    /// Another recorder for one that died; none for one that failed.
    pub(super) fn recorder_ended(&mut self) -> Result<()> {
        self.hear_recorder();
        let Some(epoch) = &mut self.epoch else { return Ok(()) };
        let Some(status) = epoch.recorder.ended() else { return Ok(()) };
        let cursor = Cursor::open_read_only(&epoch.paths.cursor, epoch.number)?;
        if cursor.status() == Status::Failed {
            // Final for this epoch: the engine refuses new orders by itself. Say it once a second.
            let now_ns = clock::now_ns();
            if self.recorder_restarts_ns.last().is_none_or(|at| now_ns - at > 1_000_000_000) {
                self.recorder_restarts_ns = vec![now_ns];
                warn(&format!(
                    "JOURNAL FAILED: {}; new orders are refused, cancels and reports pass while \
                     the ring has room; check the disk, then restart the gate",
                    cursor.message()
                ));
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
            return Ok(());
        }
        let now_ns = clock::now_ns();
        if self.recorder_restarts_ns.last().is_some_and(|at| now_ns - at < 100_000_000) {
            // It dies at once, again and again: not in a busy loop.
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        self.recorder_restarts_ns.push(now_ns);
        if self.recorder_restarts_ns.len() > 1000 {
            self.recorder_restarts_ns.drain(..900);
        }
        warn(&format!(
            "recorder ended with {}; the ring absorbs, starting another one",
            describe(status)
        ));
        epoch.restart_recorder(&self.options)
    }

    /// Quarantines, a full ring and a waiting recorder: said when they begin.
    pub(super) fn check_health(&mut self) {
        let Some(epoch) = self.epoch.as_ref().filter(|e| e.ready) else { return };
        if self.told.cursor.is_none() {
            self.told.cursor = Cursor::open_read_only(&epoch.paths.cursor, epoch.number).ok();
        }
        if let Some(cursor) = &self.told.cursor {
            let message = match cursor.status() {
                Status::Waiting => cursor.message(),
                _ => String::new(),
            };
            if message != self.told.recorder {
                if message.is_empty() {
                    say("the recorder goes on");
                } else {
                    warn(&format!("the recorder waits, the ring absorbs: {message}"));
                }
                self.told.recorder = message;
            }
        }
        let Some(stats) = &self.stats else { return };
        let stalls = stats.get(Global::JournalStalls);
        if stalls > 0 && self.told.stalls == 0 {
            warn(
                "JOURNAL RING FULL: lanes wait for the recorder; nothing is overwritten, nothing \
                 is lost; look at the disk, or configure a larger ring",
            );
        }
        self.told.stalls = stalls;
        for lane in 0..self.seats.len() as u32 {
            let state = stats.lane(lane, PerLane::State);
            if state == u64::from(lane_state::QUARANTINED) && !self.told.quarantined.contains(&lane)
            {
                self.told.quarantined.push(lane);
                warn(&format!(
                    "lane {}: QUARANTINED: {}; nothing more is read from it, {} open orders stay \
                     reserved",
                    self.lane_name(lane),
                    reason_text(stats.lane(lane, PerLane::Reason) as u32),
                    stats.lane(lane, PerLane::OpenOrders)
                ));
            }
        }
    }
}
