//! The mark table: the feed handler's side ([`MarkWriter`]) and the engine's ([`MarkTable`]).
//!
//! One line per instrument, each a sequence lock. The writer never waits for anybody; the engine
//! remembers the sequence number that it has applied and takes a line only when it changed. A line
//! that is being written at the moment is skipped: the next look finds it.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use crate::abi::marks::*;
use crate::abi::rendezvous::{role, status};
use crate::abi::{ABI_MAJOR, ABI_MINOR};
use crate::error::{Error, Result};
use crate::ring::seqlock::{self, LineWords};
use crate::shm::client::Rendezvous;
use crate::shm::gate_page::GatePageReader;
use crate::shm::map::Mapping;
use crate::shm::memfd;
use crate::sync::{AtomicU64, Ordering};

/// Looks at a line that is being written before it is left for later.
const READ_TRIES: u32 = 4;

/// What a line says; `abi::PRICE_UNDEFINED` where nothing is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Best bid, 1e-9.
    pub bid: i64,
    /// Best ask, 1e-9.
    pub ask: i64,
    /// Last trade, 1e-9.
    pub last: i64,
    /// Previous close, 1e-9.
    pub close: i64,
    /// Time of bid and ask, ns of the host's clock.
    pub quote_ns: u64,
    /// Time of the last trade, ns of the host's clock.
    pub last_ns: u64,
    /// Cumulative volume of the market's day, 1e-8; 0: as told before.
    pub volume: u64,
}

struct Line<'a> {
    map: &'a Mapping,
    offset: usize,
}

impl LineWords for Line<'_> {
    #[inline(always)]
    fn line_word(&self, word: usize) -> &AtomicU64 {
        self.map.word(self.offset + word * 8)
    }
}

fn line(map: &Mapping, instrument: u32) -> Line<'_> {
    Line { map, offset: MARK_LINES_OFFSET + instrument as usize * 64 }
}

/// Makes a fresh mark table; its size is sealed.
pub fn create(epoch: u32, instruments: u32) -> Result<File> {
    let file = memfd::create("riskgate-marks", table_bytes(instruments))?;
    memfd::seal(&file, memfd::SEAL_SIZE)?;
    let words = [
        MARKS_MAGIC,
        u64::from(ABI_MAJOR) | (u64::from(ABI_MINOR) << 16) | (u64::from(epoch) << 32),
        u64::from(instruments),
    ];
    for (i, word) in words.into_iter().enumerate() {
        file.write_all_at(&word.to_le_bytes(), i as u64 * 8)?;
    }
    Ok(file)
}

/// The engine's side: read-only, with the sequence number applied last per instrument.
pub struct MarkTable {
    map: Mapping,
    applied: Box<[u64]>,
}

impl MarkTable {
    /// Maps a table of `instruments` lines.
    pub fn map(file: &File, instruments: u32) -> Result<MarkTable> {
        let bytes = table_bytes(instruments);
        memfd::check(file, bytes, memfd::SEAL_SIZE)?;
        let map = Mapping::read_only(file, bytes)?;
        Ok(MarkTable { map, applied: vec![0; instruments as usize].into_boxed_slice() })
    }

    /// Instruments in the table.
    pub fn instruments(&self) -> u32 {
        self.applied.len() as u32
    }

    /// The mark of an instrument if it changed since the last call and is stable now. Times that
    /// lie in the future become `now_ns`. An instrument beyond the table has none.
    #[inline]
    pub fn changed(&mut self, instrument: u32, now_ns: u64) -> Option<Mark> {
        let applied = self.applied.get_mut(instrument as usize)?;
        let line = line(&self.map, instrument);
        if seqlock::sequence(&line) == *applied {
            return None;
        }
        let (seq, w) = seqlock::read(&line, READ_TRIES)?;
        if seq == *applied {
            return None;
        }
        *applied = seq;
        Some(Mark {
            bid: w[0] as i64,
            ask: w[1] as i64,
            last: w[2] as i64,
            close: w[3] as i64,
            quote_ns: w[4].min(now_ns),
            last_ns: w[5].min(now_ns),
            volume: w[6],
        })
    }
}

/// The feed handler's side. One per gate; it belongs to one thread.
pub struct MarkWriter {
    map: Mapping,
    instruments: u32,
    page: Option<Arc<GatePageReader>>,
    rendezvous: Option<Rendezvous>,
}

impl MarkWriter {
    /// Connects to the gate at its rendezvous socket.
    pub fn connect(socket: &std::path::Path) -> Result<MarkWriter> {
        let (rendezvous, welcome, files) = Rendezvous::open(socket, role::MARKS, "")?;
        let [table, page] = files.as_slice() else {
            return Err(Error::new(format!(
                "the gate sent {} descriptors for the mark table instead of 2",
                files.len()
            )));
        };
        let mut writer = MarkWriter::over(table, welcome.instruments)?;
        writer.page = Some(Arc::new(GatePageReader::map(page)?));
        let done = rendezvous.mapped()?;
        if done.status != status::OK {
            return Err(Error::new(crate::shm::message::unpad(&done.text)));
        }
        writer.rendezvous = Some(rendezvous);
        Ok(writer)
    }

    /// Writes into a table directly; for tests and tools inside one process.
    pub fn over(file: &File, instruments: u32) -> Result<MarkWriter> {
        let map = Mapping::writable(file, table_bytes(instruments))?;
        let word = |i: usize| map.word(i * 8).load(Ordering::Relaxed);
        if word(0) != MARKS_MAGIC || word(2) as u32 != instruments {
            return Err(Error::new(format!(
                "mark table: magic {:#x} with {} lines instead of {MARKS_MAGIC:#x} with \
                 {instruments}",
                word(0),
                word(2) as u32
            )));
        }
        Ok(MarkWriter { map, instruments, page: None, rendezvous: None })
    }

    /// Lines in the table.
    pub fn instruments(&self) -> u32 {
        self.instruments
    }

    /// The gate page, if connected.
    pub fn page(&self) -> Option<&GatePageReader> {
        self.page.as_deref()
    }

    /// The connection, for queries (instrument ids).
    pub fn rendezvous(&self) -> Option<&Rendezvous> {
        self.rendezvous.as_ref()
    }

    /// Sets the mark of an instrument; `abi::PRICE_UNDEFINED` where nothing is known. Costs eleven
    /// stores, never waits. False: the table has no such line.
    #[inline]
    pub fn set(&mut self, instrument: u32, mark: &Mark) -> bool {
        if instrument >= self.instruments {
            return false;
        }
        seqlock::write(
            &line(&self.map, instrument),
            &[
                mark.bid as u64,
                mark.ask as u64,
                mark.last as u64,
                mark.close as u64,
                mark.quote_ns,
                mark.last_ns,
                mark.volume,
            ],
        );
        true
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn mark(bid: i64) -> Mark {
        Mark { bid, ask: bid + 1, last: bid, close: bid, quote_ns: 50, last_ns: 500, volume: 3 }
    }

    #[test]
    fn the_engine_takes_each_change_once() {
        let file = create(1, 3).unwrap();
        let mut writer = MarkWriter::over(&file, 3).unwrap();
        let mut table = MarkTable::map(&file, 3).unwrap();
        assert_eq!(table.changed(1, 100), None);
        assert!(writer.set(1, &mark(7)));
        assert_eq!(table.changed(0, 100), None);
        assert_eq!(table.changed(1, 100), Some(Mark { last_ns: 100, ..mark(7) }));
        assert_eq!(table.changed(1, 100), None);
        assert!(writer.set(1, &mark(8)));
        assert!(writer.set(1, &mark(9)));
        assert_eq!(table.changed(1, 600), Some(mark(9)));
        assert!(!writer.set(3, &mark(1)));
        assert_eq!(table.changed(3, 100), None);
    }
}
