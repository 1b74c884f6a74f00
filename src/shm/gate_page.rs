//! The gate page: one page that says to all clients whether the gate lives and what it is doing.
//!
//! The supervisor makes it for an epoch ([`create`]); the engine maps it for writing
//! ([`GatePageWriter`]), and only then is it sealed ([`seal`]) and sent to clients. The supervisor
//! keeps a writable mapping of its own and uses it for one thing: to say FAILED for an engine that
//! is dead. Clients map it read-only and can never do otherwise.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use crate::abi::gate_page::*;
use crate::abi::{ABI_MAJOR, ABI_MINOR};
use crate::error::{Error, Result};
use crate::shm::map::Mapping;
use crate::shm::memfd;
use crate::sync::Ordering;

/// What a gate page promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GatePageParams {
    /// Incarnation of the engine.
    pub epoch: u32,
    /// A heartbeat older than this means that the gate is down, ns.
    pub heartbeat_stale_ns: u64,
    /// How long an ACCEPT permits its order, ns.
    pub verdict_valid_ns: u64,
}

/// Makes a fresh gate page in state LOCKED.
pub fn create(params: GatePageParams) -> Result<File> {
    let file = memfd::create("riskgate-gate-page", GATE_PAGE_BYTES)?;
    memfd::seal(&file, memfd::SEAL_SIZE)?;
    let words = [
        GATE_PAGE_MAGIC,
        u64::from(ABI_MAJOR) | (u64::from(ABI_MINOR) << 16) | (u64::from(params.epoch) << 32),
        params.heartbeat_stale_ns,
        params.verdict_valid_ns,
    ];
    for (i, word) in words.into_iter().enumerate() {
        file.write_all_at(&word.to_le_bytes(), i as u64 * 8)?;
    }
    Ok(file)
}

/// Nobody else becomes a writer. Call it when all writers have mapped, before a client gets it.
pub fn seal(file: &File) -> Result<()> {
    memfd::seal(file, memfd::SEAL_WRITERS)?;
    memfd::check(file, GATE_PAGE_BYTES, memfd::SEAL_SIZE | memfd::SEAL_WRITERS)
}

/// The gate's side.
#[derive(Clone)]
pub struct GatePageWriter {
    map: Arc<Mapping>,
}

impl GatePageWriter {
    /// Maps an unsealed page for writing.
    pub fn map(file: &File) -> Result<GatePageWriter> {
        Ok(GatePageWriter { map: Arc::new(Mapping::writable(file, GATE_PAGE_BYTES)?) })
    }

    /// The engine is alive at `now_ns`.
    #[inline]
    pub fn heartbeat(&self, now_ns: u64) {
        self.map.word(HEARTBEAT_OFFSET).store(now_ns, Ordering::Relaxed);
    }

    /// The last heartbeat, ns; 0 before the first.
    pub fn heartbeat_ns(&self) -> u64 {
        self.map.word(HEARTBEAT_OFFSET).load(Ordering::Relaxed)
    }

    /// Says in which state the gate is.
    pub fn set_state(&self, state: u32) {
        // SYNC gate.state: Release, pairs with the Acquire in GatePageReader::state.
        self.map.word32(STATE_OFFSET).store(state, Ordering::Release);
    }

    /// Says whether the whole firm is killed.
    pub fn set_killed(&self, killed: bool) {
        self.map.word32(KILLED_OFFSET).store(u32::from(killed), Ordering::Relaxed);
    }
}

/// A client's side.
pub struct GatePageReader {
    map: Mapping,
    params: GatePageParams,
}

impl GatePageReader {
    /// Maps a page read-only and checks its header.
    pub fn map(file: &File) -> Result<GatePageReader> {
        let map = Mapping::read_only(file, GATE_PAGE_BYTES)?;
        let word = |i: usize| map.word(i * 8).load(Ordering::Relaxed);
        if word(0) != GATE_PAGE_MAGIC || word(1) as u16 != ABI_MAJOR {
            return Err(Error::new(format!(
                "gate page: magic {:#x}, version {}; this client knows {GATE_PAGE_MAGIC:#x}, {}",
                word(0),
                word(1) as u16,
                ABI_MAJOR
            )));
        }
        let params = GatePageParams {
            epoch: (word(1) >> 32) as u32,
            heartbeat_stale_ns: word(2),
            verdict_valid_ns: word(3),
        };
        Ok(GatePageReader { map, params })
    }

    /// What the page promises.
    pub fn params(&self) -> GatePageParams {
        self.params
    }

    /// See `abi::gate_page::state`.
    pub fn state(&self) -> u32 {
        // SYNC gate.state: Acquire, pairs with the Release in GatePageWriter::set_state.
        self.map.word32(STATE_OFFSET).load(Ordering::Acquire)
    }

    /// The last heartbeat, ns.
    pub fn heartbeat_ns(&self) -> u64 {
        self.map.word(HEARTBEAT_OFFSET).load(Ordering::Relaxed)
    }

    /// Age of the heartbeat at `now_ns`.
    pub fn heartbeat_age_ns(&self, now_ns: u64) -> u64 {
        now_ns.saturating_sub(self.heartbeat_ns())
    }

    /// Does the gate decide orders at `now_ns`: ready, and its heartbeat is fresh?
    pub fn is_live(&self, now_ns: u64) -> bool {
        self.state() == state::READY
            && self.heartbeat_age_ns(now_ns) <= self.params.heartbeat_stale_ns
    }

    /// Is the whole firm killed?
    pub fn is_killed(&self) -> bool {
        self.map.word32(KILLED_OFFSET).load(Ordering::Relaxed) != 0
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn clients_see_what_the_engine_says_and_cannot_say_it() {
        let params = GatePageParams { epoch: 9, heartbeat_stale_ns: 50, verdict_valid_ns: 10 };
        let file = create(params).unwrap();
        let writer = GatePageWriter::map(&file).unwrap();
        seal(&file).unwrap();
        assert!(GatePageWriter::map(&file).is_err());
        let reader = GatePageReader::map(&file).unwrap();
        assert_eq!(reader.params(), params);
        assert!(!reader.is_live(100));
        writer.heartbeat(100);
        writer.set_state(state::READY);
        assert!(reader.is_live(150));
        assert!(!reader.is_live(151));
        writer.set_killed(true);
        assert!(reader.is_killed());
        writer.set_state(state::FAILED);
        assert!(!reader.is_live(100));
    }
}
