//! A lane: two memory files, each with exactly one writing process, and the two rings over them.
//!
//! ```text
//!   client region   client writes, engine maps read-only    order slots, verdicts_read, heartbeat
//!   gate region     engine writes, client maps read-only    verdict slots, orders_consumed, state
//! ```
//! The engine makes both ([`LaneFiles::create`]): the gate region is mapped for writing and sealed
//! against every other writer before its descriptor leaves the process; the client region is
//! sealed against writers only after the client has mapped it ([`LaneFiles::admit`]), and is read
//! from then on. Memory is fresh for every connection and never attached again.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use crate::abi::lane::*;
use crate::abi::{ABI_MAJOR, ABI_MINOR, SLOT_BYTES};
use crate::error::{Error, Result};
use crate::ring::spsc::{Consumer, Producer, RingWords, Violation};
use crate::shm::map::Mapping;
use crate::shm::memfd;
use crate::sync::{AtomicU64, Ordering};

/// What makes a connection of a lane what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaneParams {
    /// Incarnation of the engine.
    pub epoch: u32,
    /// Number of the lane.
    pub lane: u32,
    /// Number of the connection within the epoch, from 1.
    pub session: u32,
    /// Slots of the order ring.
    pub order_capacity: u32,
    /// Slots of the verdict ring.
    pub verdict_capacity: u32,
}

impl LaneParams {
    /// The header of a region, as its four words.
    fn header(&self, magic: u64) -> [u64; 4] {
        [
            magic,
            u64::from(ABI_MAJOR) | (u64::from(ABI_MINOR) << 16) | (u64::from(self.epoch) << 32),
            u64::from(self.lane) | (u64::from(self.session) << 32),
            u64::from(self.order_capacity) | (u64::from(self.verdict_capacity) << 32),
        ]
    }

    fn header_bytes(&self, magic: u64) -> [u8; 32] {
        let mut bytes = [0; 32];
        for (to, word) in bytes.chunks_exact_mut(8).zip(self.header(magic)) {
            to.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    /// Checks the capacities.
    pub fn verify(&self) -> Result<()> {
        for (name, slots) in
            [("order_capacity", self.order_capacity), ("verdict_capacity", self.verdict_capacity)]
        {
            if !slots.is_power_of_two() || !(RING_CAPACITY_MIN..=RING_CAPACITY_MAX).contains(&slots)
            {
                return Err(Error::new(format!(
                    "{name} = {slots}: it must be a power of two from {RING_CAPACITY_MIN} to \
                     {RING_CAPACITY_MAX}"
                )));
            }
        }
        if self.verdict_capacity < self.order_capacity {
            return Err(Error::new(format!(
                "verdict_capacity = {} is below order_capacity = {}: make it at least as large",
                self.verdict_capacity, self.order_capacity
            )));
        }
        Ok(())
    }
}

/// The ring over one mapped region, with the read cursor in the other.
#[derive(Clone)]
pub struct MappedRing {
    slots: Arc<Mapping>,
    cursor: Arc<Mapping>,
    cursor_offset: usize,
}

impl RingWords for MappedRing {
    #[inline(always)]
    fn slot_word(&self, slot: usize, word: usize) -> &AtomicU64 {
        self.slots.word(SLOTS_OFFSET + slot * SLOT_BYTES + word * 8)
    }
    #[inline(always)]
    fn read_cursor(&self) -> &AtomicU64 {
        self.cursor.word(self.cursor_offset)
    }
}

fn order_ring(client: &Arc<Mapping>, gate: &Arc<Mapping>) -> MappedRing {
    MappedRing {
        slots: client.clone(),
        cursor: gate.clone(),
        cursor_offset: ORDERS_CONSUMED_OFFSET,
    }
}

fn verdict_ring(client: &Arc<Mapping>, gate: &Arc<Mapping>) -> MappedRing {
    MappedRing { slots: gate.clone(), cursor: client.clone(), cursor_offset: VERDICTS_READ_OFFSET }
}

/// A lane between being made and being served: in the engine's helper thread.
pub struct LaneFiles {
    /// What it is.
    pub params: LaneParams,
    /// The client region; the client maps it for writing before it is sealed.
    pub client_file: File,
    /// The gate region; sealed, nobody else can write it.
    pub gate_file: File,
    gate: Arc<Mapping>,
}

impl LaneFiles {
    /// Makes both files. After it, the descriptors may be sent to the client.
    pub fn create(params: LaneParams) -> Result<LaneFiles> {
        params.verify()?;
        let gate_bytes = region_bytes(params.verdict_capacity);
        let gate_file = memfd::create("riskgate-gate-region", gate_bytes)?;
        memfd::seal(&gate_file, memfd::SEAL_SIZE)?;
        gate_file.write_all_at(&params.header_bytes(GATE_MAGIC), 0)?;
        let gate = Arc::new(Mapping::writable(&gate_file, gate_bytes)?);
        memfd::seal(&gate_file, memfd::SEAL_WRITERS)?;
        memfd::check(&gate_file, gate_bytes, memfd::SEAL_SIZE | memfd::SEAL_WRITERS)?;

        let client_bytes = region_bytes(params.order_capacity);
        let client_file = memfd::create("riskgate-client-region", client_bytes)?;
        memfd::seal(&client_file, memfd::SEAL_SIZE)?;
        client_file.write_all_at(&params.header_bytes(CLIENT_MAGIC), 0)?;
        Ok(LaneFiles { params, client_file, gate_file, gate })
    }

    /// The client has mapped its region: seals it against every other writer, maps it read-only.
    pub fn admit(self) -> Result<GateLane> {
        let bytes = region_bytes(self.params.order_capacity);
        let wanted = memfd::SEAL_SIZE | memfd::SEAL_WRITERS;
        memfd::seal(&self.client_file, memfd::SEAL_WRITERS).map_err(|e| {
            e.context("the client's region cannot be sealed; did the client seal it itself?")
        })?;
        memfd::check(&self.client_file, bytes, wanted)?;
        let client = Arc::new(Mapping::read_only(&self.client_file, bytes)?);
        Ok(GateLane {
            params: self.params,
            orders: Consumer::new(order_ring(&client, &self.gate), self.params.order_capacity),
            verdicts: Producer::new(
                verdict_ring(&client, &self.gate),
                self.params.verdict_capacity,
            ),
            client,
            gate: self.gate,
        })
    }
}

/// The engine's end of a lane.
pub struct GateLane {
    /// What it is.
    pub params: LaneParams,
    /// Orders in.
    pub orders: Consumer<MappedRing>,
    /// Verdicts out.
    pub verdicts: Producer<MappedRing>,
    client: Arc<Mapping>,
    gate: Arc<Mapping>,
}

impl GateLane {
    /// Tells the client in which state the lane is.
    pub fn set_state(&self, state: u32, reason: u32) {
        self.gate.word32(LANE_REASON_OFFSET).store(reason, Ordering::Relaxed);
        // SYNC lane.state: Release, pairs with the Acquire in ClientLane::state. The reason is
        // visible to whoever sees the state.
        self.gate.word32(LANE_STATE_OFFSET).store(state, Ordering::Release);
    }

    /// Tells the client whether the lane is killed.
    pub fn set_killed(&self, killed: bool) {
        self.gate.word32(LANE_KILLED_OFFSET).store(u32::from(killed), Ordering::Relaxed);
    }

    /// The client's heartbeat, ns; 0 if it has none. For display, never for decisions.
    pub fn client_heartbeat_ns(&self) -> u64 {
        self.client.word(CLIENT_HEARTBEAT_OFFSET).load(Ordering::Relaxed)
    }
}

/// The quarantine reason of a violation.
pub fn reason(violation: Violation) -> u32 {
    match violation {
        Violation::BadMix => quarantine::BAD_MIX,
        Violation::BadSequence => quarantine::BAD_SEQUENCE,
        Violation::BadCursor => quarantine::BAD_CURSOR,
    }
}

/// A quarantine reason for a person.
pub fn reason_text(reason: u32) -> &'static str {
    match reason {
        quarantine::BAD_MIX => "a slot's check number was wrong (bad mix)",
        quarantine::BAD_SEQUENCE => "a slot's sequence number was wrong (bad sequence)",
        quarantine::BAD_CURSOR => "the client's read cursor jumped (bad cursor)",
        quarantine::BROKEN_EXTENSION => "an extension without its order, or the reverse",
        _ => "unknown reason",
    }
}

/// The client's end of a lane.
pub struct ClientLane {
    /// What it is.
    pub params: LaneParams,
    /// Orders out.
    pub orders: Producer<MappedRing>,
    /// Verdicts in.
    pub verdicts: Consumer<MappedRing>,
    client: Arc<Mapping>,
    gate: Arc<Mapping>,
}

impl ClientLane {
    /// Maps both regions as the client and compares their headers with what the gate said.
    pub fn attach(params: LaneParams, client_file: &File, gate_file: &File) -> Result<ClientLane> {
        params.verify()?;
        let client = Arc::new(Mapping::writable(client_file, region_bytes(params.order_capacity))?);
        let gate = Arc::new(Mapping::read_only(gate_file, region_bytes(params.verdict_capacity))?);
        for (map, magic) in [(&client, CLIENT_MAGIC), (&gate, GATE_MAGIC)] {
            for (i, wanted) in params.header(magic).into_iter().enumerate() {
                let found = map.word(i * 8).load(Ordering::Relaxed);
                if found != wanted {
                    return Err(Error::new(format!(
                        "lane memory: header word {i} is {found:#x} instead of {wanted:#x}"
                    )));
                }
            }
        }
        Ok(ClientLane {
            params,
            orders: Producer::new(order_ring(&client, &gate), params.order_capacity),
            verdicts: Consumer::new(verdict_ring(&client, &gate), params.verdict_capacity),
            client,
            gate,
        })
    }

    /// `(state, reason)` as the engine says.
    pub fn state(&self) -> (u32, u32) {
        // SYNC lane.state: Acquire, pairs with the Release in GateLane::set_state.
        let state = self.gate.word32(LANE_STATE_OFFSET).load(Ordering::Acquire);
        (state, self.gate.word32(LANE_REASON_OFFSET).load(Ordering::Relaxed))
    }

    /// Is the lane killed?
    pub fn is_killed(&self) -> bool {
        self.gate.word32(LANE_KILLED_OFFSET).load(Ordering::Relaxed) != 0
    }

    /// The memory that this client writes; for tests of what a hostile one can do.
    pub fn client_memory(&self) -> &Mapping {
        &self.client
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::ring::spsc::Peek;

    fn params() -> LaneParams {
        LaneParams { epoch: 7, lane: 2, session: 1, order_capacity: 4, verdict_capacity: 8 }
    }

    #[test]
    fn an_order_goes_there_and_a_verdict_comes_back() {
        let files = LaneFiles::create(params()).unwrap();
        let mut client =
            ClientLane::attach(params(), &files.client_file, &files.gate_file).unwrap();
        let mut gate = files.admit().unwrap();
        assert_eq!(client.state().0, lane_state::AWAIT_READY);
        gate.set_state(lane_state::OPEN, 0);
        assert_eq!(client.state().0, lane_state::OPEN);
        for n in 1..20 {
            assert_eq!(client.orders.has_room(), Ok(true));
            client.orders.push(&[0, n, 0, 0, 0, 0, 0, 0]);
            let Peek::Slot(words) = gate.orders.peek() else { panic!("no order") };
            gate.orders.advance();
            assert_eq!(gate.verdicts.has_room(), Ok(true));
            gate.verdicts.push(&words);
            gate.orders.publish_read();
            let Peek::Slot(words) = client.verdicts.peek() else { panic!("no verdict") };
            assert_eq!(words[1], n);
            client.verdicts.advance();
            client.verdicts.publish_read();
        }
    }

    #[test]
    fn a_client_cannot_write_the_gate_region() {
        let files = LaneFiles::create(params()).unwrap();
        let bytes = region_bytes(8);
        assert!(Mapping::writable(&files.gate_file, bytes).is_err());
        assert!(files.gate_file.write_all_at(b"x", 0).is_err());
        assert!(files.gate_file.set_len(0).is_err());
        assert!(files.client_file.set_len(0).is_err());
    }

    #[test]
    fn a_client_that_seals_its_region_is_not_admitted() {
        let files = LaneFiles::create(params()).unwrap();
        memfd::seal(&files.client_file, memfd::SEAL_SEAL).unwrap();
        let text = files.admit().err().unwrap().to_string();
        assert!(text.contains("sealed"), "{text}");
    }
}
