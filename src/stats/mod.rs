//! The engine's own health: named counters in a file that everybody may read.
//!
//! ```text
//!    0  magic u64 (written last) | version u32, counters u32 | epoch u32, pid u32
//!       instruments u32, lanes u32
//!   64  label of counter 0, 64 bytes, zero-padded UTF-8; label of counter 1; ...
//!       (next multiple of 4096)  value of counter 0, u64; value of counter 1; ...
//! ```
//! Writer: the engine. A reader trusts nothing and changes nothing. A fresh file for every epoch
//! replaces the old one under the same name, so that an open reader keeps a consistent old one.
//! Values are not a snapshot: each is right by itself.

use std::fs::{File, OpenOptions, Permissions};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use crate::error::{Error, Result};
use crate::shm::map::Mapping;
use crate::sync::Ordering;

/// First word of the file.
pub const STATS_MAGIC: u64 = u64::from_le_bytes(*b"RGSTATS1");
/// Version of the layout.
pub const STATS_VERSION: u32 = 1;
/// Bytes of a label.
pub const LABEL_BYTES: usize = 64;

macro_rules! counters {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $label:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $(#[doc = $label] $variant,)*
        }

        impl $name {
            /// All, by index.
            pub const ALL: &'static [$name] = &[$($name::$variant,)*];

            /// The label.
            pub const fn label(self) -> &'static str {
                match self { $($name::$variant => $label,)* }
            }
        }
    };
}

counters! {
    /// Counters of the whole gate.
    Global {
        State = "gate.state",
        HeartbeatNs = "engine.heartbeat_ns",
        Loops = "engine.loops",
        LoopNsMax = "engine.loop_ns_max",
        JournalSeq = "journal.seq",
        JournalFree = "journal.free_records",
        JournalStalls = "journal.full_sweeps",
        Marks = "marks.applied",
        Violations = "lanes.quarantined",
    }
}

counters! {
    /// Counters of one lane.
    PerLane {
        State = "state",
        Reason = "quarantine_reason",
        Session = "session",
        Orders = "requests",
        Accepts = "accepts",
        Rejects = "rejects",
        Reports = "reports",
        OpenOrders = "open_orders",
        Unread = "unread_at_close",
        VerdictStalls = "verdicts_full_sweeps",
    }
}

const LABELS: usize = 64;

fn values_offset(counters: usize) -> usize {
    (LABELS + counters * LABEL_BYTES).next_multiple_of(4096)
}

fn file_bytes(counters: usize) -> usize {
    (values_offset(counters) + counters * 8).next_multiple_of(4096)
}

fn lane_index(lane: u32, counter: PerLane) -> usize {
    Global::ALL.len() + lane as usize * PerLane::ALL.len() + counter as usize
}

/// The engine's side.
pub struct StatsWriter {
    map: Mapping,
    values: usize,
}

impl StatsWriter {
    /// Makes a fresh file at `path`, replacing an older one.
    pub fn create(path: &Path, epoch: u32, lanes: &[String]) -> Result<StatsWriter> {
        let place = |e: Error| e.context(format!("make the statistics file {}", path.display()));
        let mut labels: Vec<String> = Global::ALL.iter().map(|c| c.label().to_string()).collect();
        for lane in lanes {
            labels.extend(PerLane::ALL.iter().map(|c| format!("lane.{lane}.{}", c.label())));
        }
        let fresh = path.with_extension("new");
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o644)
            .open(&fresh)
            .map_err(|e| place(e.into()))?;
        file.set_permissions(Permissions::from_mode(0o644))?;
        let bytes = file_bytes(labels.len());
        file.set_len(bytes as u64).map_err(|e| place(e.into()))?;
        let map = Mapping::writable(&file, bytes).map_err(place)?;
        let store = |offset: usize, value: u64| map.word(offset).store(value, Ordering::Relaxed);
        store(8, u64::from(STATS_VERSION) | ((labels.len() as u64) << 32));
        store(16, u64::from(epoch) | (u64::from(std::process::id()) << 32));
        store(24, (lanes.len() as u64) << 32);
        for (i, label) in labels.iter().enumerate() {
            let padded: [u8; LABEL_BYTES] = crate::shm::message::pad(label);
            for (w, chunk) in padded.as_chunks::<8>().0.iter().enumerate() {
                store(LABELS + i * LABEL_BYTES + w * 8, u64::from_le_bytes(*chunk));
            }
        }
        // SYNC stats.ready: Release, pairs with the Acquire in StatsReader::open.
        map.word(0).store(STATS_MAGIC, Ordering::Release);
        std::fs::rename(&fresh, path).map_err(|e| place(e.into()))?;
        Ok(StatsWriter { map, values: values_offset(labels.len()) })
    }

    /// Sets a counter of the gate.
    #[inline]
    pub fn set(&self, counter: Global, value: u64) {
        self.map.word(self.values + counter as usize * 8).store(value, Ordering::Relaxed);
    }

    /// Sets a counter of a lane.
    #[inline]
    pub fn set_lane(&self, lane: u32, counter: PerLane, value: u64) {
        self.map.word(self.values + lane_index(lane, counter) * 8).store(value, Ordering::Relaxed);
    }
}

/// A reader's side.
pub struct StatsReader {
    map: Mapping,
    counters: usize,
}

impl StatsReader {
    /// Opens the file of a running or dead engine.
    pub fn open(path: &Path) -> Result<StatsReader> {
        let place = || format!("read the statistics file {}", path.display());
        let file = File::open(path).map_err(|e| Error::from(e).context(place()))?;
        let bytes = file.metadata()?.len() as usize;
        if bytes < 4096 {
            return Err(Error::new(format!("{}: it has {bytes} bytes only", place())));
        }
        let map = Mapping::read_only(&file, bytes)?;
        // SYNC stats.ready: Acquire, pairs with the Release in StatsWriter::create.
        let magic = map.word(0).load(Ordering::Acquire);
        let word = map.word(8).load(Ordering::Relaxed);
        let counters = (word >> 32) as usize;
        if magic != STATS_MAGIC || word as u32 != STATS_VERSION || file_bytes(counters) != bytes {
            return Err(Error::new(format!(
                "{}: magic {magic:#x}, version {}, {counters} counters in {bytes} bytes; it is of \
                 another build or damaged",
                place(),
                word as u32
            )));
        }
        Ok(StatsReader { map, counters })
    }

    /// Incarnation of the engine that writes it.
    pub fn epoch(&self) -> u32 {
        self.map.word(16).load(Ordering::Relaxed) as u32
    }

    /// Process id of the engine that writes it.
    pub fn pid(&self) -> u32 {
        (self.map.word(16).load(Ordering::Relaxed) >> 32) as u32
    }

    fn value(&self, index: usize) -> u64 {
        if index >= self.counters {
            return 0;
        }
        self.map.word(values_offset(self.counters) + index * 8).load(Ordering::Relaxed)
    }

    /// A counter of the gate.
    pub fn get(&self, counter: Global) -> u64 {
        self.value(counter as usize)
    }

    /// A counter of a lane; 0 for a lane that there is not.
    pub fn lane(&self, lane: u32, counter: PerLane) -> u64 {
        self.value(lane_index(lane, counter))
    }

    /// All counters with their labels.
    pub fn all(&self) -> Vec<(String, u64)> {
        (0..self.counters).map(|i| (self.label(i), self.value(i))).collect()
    }

    fn label(&self, index: usize) -> String {
        let mut bytes = Vec::with_capacity(LABEL_BYTES);
        for w in 0..LABEL_BYTES / 8 {
            let word = self.map.word(LABELS + index * LABEL_BYTES + w * 8).load(Ordering::Relaxed);
            bytes.extend(word.to_le_bytes());
        }
        crate::shm::message::unpad(&bytes)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_under_its_label() {
        let dir = std::env::temp_dir().join(format!("riskgate-stats-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let path = dir.join("stats");
        let lanes = ["a".to_string(), "b".to_string()];
        let writer = StatsWriter::create(&path, 4, &lanes).unwrap();
        writer.set(Global::JournalSeq, 17);
        writer.set_lane(1, PerLane::OpenOrders, 3);
        let reader = StatsReader::open(&path).unwrap();
        assert_eq!((reader.epoch(), reader.pid()), (4, std::process::id()));
        assert_eq!(reader.get(Global::JournalSeq), 17);
        assert_eq!(reader.lane(1, PerLane::OpenOrders), 3);
        assert_eq!(reader.lane(2, PerLane::OpenOrders), 0);
        assert!(reader.all().contains(&("lane.b.open_orders".to_string(), 3)));
        StatsWriter::create(&path, 5, &lanes).unwrap();
        assert_eq!(reader.epoch(), 4);
        assert_eq!(StatsReader::open(&path).unwrap().epoch(), 5);
        std::fs::remove_dir_all(&dir).unwrap();
    }
}
