//! Rebuilds the state machine from the journal, by applying what was recorded.
//!
//! Nothing is decided again: each order gets the decision that the journal has, so that a corrected
//! build can start from what an older one decided. The same [`Applier`] serves the supervisor's
//! follower, which applies the ring of the running epoch.

use std::path::Path;

use crate::abi::SlotWords;
use crate::error::{Error, Result};
use crate::journal::image;
use crate::journal::reader::{JournalReader, segment_files};
use crate::journal::record::{Body, Record, Start, flag};
use crate::machine::Machine;
use crate::state::setup::Setup;

/// A state machine that is fed with journal records, in order.
pub struct Applier {
    machine: Machine,
    extension: Option<SlotWords>,
    /// The last record that was applied.
    last_seq: u64,
    /// Of the setup that the state is built from.
    setup_hash: u64,
}

impl Applier {
    /// A fresh state; the first record may be any.
    pub fn new(setup: &Setup) -> Result<Applier> {
        let setup_hash = image::hash(&image::encode(setup));
        Ok(Applier { machine: Machine::new(setup)?, extension: None, last_seq: 0, setup_hash })
    }

    /// The last record that was applied, 0 if none.
    pub fn last_seq(&self) -> u64 {
        self.last_seq
    }

    /// The state.
    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    /// The state, to go on with.
    pub fn into_machine(self) -> Machine {
        self.machine
    }

    /// Applies the next record.
    pub fn apply(&mut self, record: &Record) -> Result<()> {
        if self.last_seq != 0 && record.seq != self.last_seq + 1 {
            return Err(Error::new(format!(
                "record {} follows record {}: records are missing",
                record.seq, self.last_seq
            )));
        }
        let extension = self.extension.take();
        match &record.body {
            Body::Start(start) => self.start(record, start)?,
            Body::Extension(words) => self.extension = Some(*words),
            Body::Order(decided) | Body::Report(decided) => {
                self.machine.order_recorded(
                    record.time_ns,
                    record.lane,
                    &decided.words,
                    extension.as_ref(),
                    decided.environment,
                    decided.decision,
                );
            }
            Body::Mark(entry) => {
                self.machine.mark(record.time_ns, entry.instrument, &entry.mark);
            }
            Body::Control(entry) if record.flags & flag::REFUSED == 0 => {
                self.machine.control(record.time_ns, &entry.command).map_err(|e| {
                    e.context(format!("record {}: a command that was accepted", record.seq))
                })?;
            }
            // Parts and consequences of an input that was applied, and notes.
            Body::Control(_)
            | Body::Setup(_)
            | Body::Breach(_)
            | Body::Event(_)
            | Body::Lane(_)
            | Body::Stop(_) => {}
        }
        self.last_seq = record.seq;
        Ok(())
    }

    fn start(&mut self, record: &Record, start: &Start) -> Result<()> {
        if start.setup_hash != self.setup_hash {
            return Err(Error::new(format!(
                "epoch {} of the journal (record {}) began with another configuration; taking \
                 positions and open orders over into a changed one is not built yet: start with \
                 the configuration of that epoch, or with empty state and journal directories",
                record.epoch, record.seq
            )));
        }
        if record.flags & flag::CONTINUES == 0 {
            let setup = self.machine.setup().clone();
            self.machine = Machine::new(&setup)?;
        }
        let found = self.machine.state_hash();
        if found != start.state_hash {
            return Err(Error::new(format!(
                "epoch {} (record {}) began with state {:016x}, but the records before it \
                 give {found:016x}: keep the journal and ask for help",
                record.epoch, record.seq, start.state_hash
            )));
        }
        self.machine.set_wall_offset(start.wall_ns.saturating_sub(record.time_ns));
        Ok(())
    }
}

/// What a journal directory gave back.
pub struct Recovered {
    /// The state, after the last record.
    pub applier: Applier,
    /// Records applied; 0: a fresh state.
    pub records: u64,
}

/// Applies all segments of a directory. A directory without any is a fresh state.
pub fn recover(journal_dir: &Path, setup: &Setup) -> Result<Recovered> {
    recover_before(journal_dir, setup, u64::MAX)
}

/// Applies the segments of a directory up to the record before `end_seq`.
pub fn recover_before(journal_dir: &Path, setup: &Setup, end_seq: u64) -> Result<Recovered> {
    let mut applier = Applier::new(setup)?;
    if !journal_dir.exists() {
        return Ok(Recovered { applier, records: 0 });
    }
    // Files that begin later are not even opened: one of them may be being written.
    let mut files = segment_files(journal_dir)?;
    files.retain(|path| first_seq_of(path).is_none_or(|first| first < end_seq));
    let mut reader = JournalReader::open_files(files);
    let mut records = 0;
    while let Some(record) = reader.next_record()? {
        if record.seq >= end_seq {
            break;
        }
        applier.apply(&record)?;
        records += 1;
    }
    Ok(Recovered { applier, records })
}

/// The number of a segment's first record, from its name: `journal-EPOCH-FIRST.rgj`.
fn first_seq_of(path: &Path) -> Option<u64> {
    path.file_stem()?.to_str()?.rsplit('-').next()?.parse().ok()
}
