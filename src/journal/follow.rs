//! A follower: the state machine, fed with recorded outcomes. Recovery, standby and queries.
//!
//! It never decides: orders are applied with the decision that the journal has, so that a
//! corrected build can follow what a wrong one recorded. It takes records from segments or from
//! the ring, in order, and refuses gaps. Where the journal says which state the engine had (START,
//! STOP), it compares: the same build with another state is refused, another build is noted.

use std::path::Path;

use super::groups::{Group, Groups};
use super::reader::{JournalReader, Torn};
use super::record::{Body, RECORD_WORDS, Record, RecordWords, flag};
use super::ring::{Read, RingReader};
use crate::error::{Error, Result};
use crate::machine::{Line, Machine};

/// What a follower has seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Epoch of the last record.
    pub epoch: u32,
    /// Number of the last record.
    pub last_seq: u64,
    /// Inputs applied.
    pub inputs: u64,
    /// The last record was a STOP: the engine ended in good order.
    pub stopped: bool,
    /// Build that wrote the epoch.
    pub build: String,
    /// Hash of the setup in force at the start.
    pub setup_hash: u64,
    /// Where the state differed from what another build recorded.
    pub notes: Vec<String>,
}

/// What following the ring came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Followed {
    /// Up to date.
    UpToDate,
    /// There is more: the bound was reached.
    More,
    /// The ring was overwritten: take the segments up to now, then go on.
    Overrun,
}

/// A follower of one journal.
#[derive(Default)]
pub struct Follower {
    machine: Option<Machine>,
    groups: Groups,
    progress: Progress,
    own_build: String,
}

impl Follower {
    /// Knows nothing yet. `own_build` is what this build writes into a START.
    pub fn new(own_build: &str) -> Follower {
        Follower { own_build: own_build.to_string(), ..Follower::default() }
    }

    /// The state; `None` before the first START.
    pub fn machine(&self) -> Option<&Machine> {
        self.machine.as_ref()
    }

    /// Gives the state away: what it was is how the next epoch goes on.
    pub fn into_machine(mut self) -> Result<Option<Machine>> {
        self.cut()?;
        Ok(self.machine)
    }

    /// What it has seen.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Applies the next record.
    pub fn apply(&mut self, words: &RecordWords) -> Result<()> {
        let record = Record::from_words(words)
            .map_err(|bad| Error::new(format!("journal record {}: {bad}", words[0])))?;
        let Follower { machine, groups, progress, own_build } = self;
        groups.push(&record, |group| apply_group(machine, progress, own_build, &group))?;
        progress.last_seq = record.seq;
        progress.epoch = record.epoch;
        Ok(())
    }

    /// Applies what a cut left of the last input. Only at the end of a journal that nobody writes.
    pub fn cut(&mut self) -> Result<()> {
        let Follower { machine, groups, progress, own_build } = self;
        match groups.finish() {
            Some(group) => apply_group(machine, progress, own_build, &group),
            None => Ok(()),
        }
    }

    /// Applies everything in the segments of a directory that it has not seen yet. Returns the
    /// torn tail, if there is one.
    pub fn read_segments(&mut self, dir: &Path) -> Result<Option<Torn>> {
        let next = self.progress.last_seq + 1;
        let mut reader = JournalReader::open_dir_from(dir, next)?;
        while let Some(words) = reader.next_words()? {
            if words[0] >= next {
                self.apply(&words)?;
            }
        }
        Ok(reader.torn().cloned())
    }

    /// Applies at most `most` records of a ring.
    pub fn read_ring(&mut self, ring: &mut RingReader, most: u64) -> Result<Followed> {
        let next = self.progress.last_seq + 1;
        if next < ring.first_seq() {
            return Ok(Followed::Overrun);
        }
        ring.seek(next);
        let mut words = [0; RECORD_WORDS];
        for _ in 0..most {
            match ring.read(&mut words) {
                Read::Record => self.apply(&words)?,
                Read::NotYet => return Ok(Followed::UpToDate),
                Read::Overrun => return Ok(Followed::Overrun),
            }
        }
        Ok(Followed::More)
    }

    /// Applies everything there is: the segments, then what the ring has beyond them. For queries
    /// beside a live engine, and for recovery after it died. Returns the torn tail of the
    /// segments if the ring does not have what was torn off.
    pub fn catch_up(&mut self, dir: &Path, ring: Option<&mut RingReader>) -> Result<Option<Torn>> {
        const BATCH: u64 = 1 << 16;
        const ATTEMPTS: u32 = 100;
        let mut torn = None;
        if super::reader::has_segments(dir)? {
            torn = self.read_segments(dir)?;
        }
        let Some(ring) = ring else { return Ok(torn) };
        let before = self.progress.last_seq;
        for _ in 0..ATTEMPTS {
            loop {
                match self.read_ring(ring, BATCH)? {
                    Followed::More => {}
                    Followed::UpToDate => {
                        return Ok(torn.filter(|_| self.progress.last_seq == before));
                    }
                    Followed::Overrun => break,
                }
            }
            if super::reader::has_segments(dir)? {
                torn = self.read_segments(dir)?;
            }
        }
        Err(Error::new(format!(
            "follow the journal in {}: after record {} neither the segments nor the ring (from \
             record {}) have the next one; is the recorder alive, and is this its directory?",
            dir.display(),
            self.progress.last_seq,
            ring.first_seq()
        )))
    }
}

/// Builds, or takes over, the machine of an epoch.
pub(super) fn begin(machine: &mut Option<Machine>, group: &Group) -> Result<()> {
    let Body::Start(start) = &group.head.body else { return Ok(()) };
    if group.head.flags & flag::CONTINUES == 0 {
        let Some(setup) = &group.setup else {
            return Err(Error::new(format!(
                "journal record {} (start): it begins anew without a whole setup",
                group.seq()
            )));
        };
        *machine = Some(Machine::new(setup)?);
    }
    match machine {
        Some(machine) => {
            machine.set_wall_offset(start.wall_ns.wrapping_sub(group.head.time_ns));
            Ok(())
        }
        None => Err(Error::new(format!(
            "journal record {} (start): it continues an epoch whose records are not here; give the \
             journal from its beginning, or from a start that does not continue",
            group.seq()
        ))),
    }
}

/// The machine, for an input of a lane that it has.
pub(super) fn machine_for<'a>(
    machine: &'a mut Option<Machine>,
    group: &Group,
) -> Result<&'a mut Machine> {
    let refuse = |what: String| Err(Error::new(format!("journal record {}: {what}", group.seq())));
    let Some(machine) = machine else {
        return refuse("no start before it: give the journal from its beginning".to_string());
    };
    let lanes = machine.setup().lanes.len();
    if matches!(group.head.body, Body::Order(_) | Body::Report(_))
        && group.head.lane as usize >= lanes
    {
        return refuse(format!("lane {} of {lanes}", group.head.lane));
    }
    Ok(machine)
}

fn apply_group(
    machine: &mut Option<Machine>,
    progress: &mut Progress,
    own_build: &str,
    group: &Group,
) -> Result<()> {
    progress.stopped = false;
    let now = group.head.time_ns;
    let mut recorded_hash = None;
    match &group.head.body {
        Body::Start(start) => {
            begin(machine, group)?;
            progress.build = start.build.as_str().to_string();
            progress.setup_hash = start.setup_hash;
            recorded_hash = Some(start.state_hash);
        }
        // What was cut off by the end of the host: nothing of it is known to hold.
        Body::Order(_) if group.cut_off => {}
        Body::Order(d) if group.is_basket() => {
            let (lines, decisions) = group.basket();
            let (lane, around) = (group.head.lane, d.environment);
            machine_for(machine, group)?.basket_recorded(now, lane, &lines, around, &decisions);
            progress.inputs += 1;
        }
        Body::Order(d) if group.head.flags & flag::LOOSE != 0 => {
            let line = Line { words: d.words, extension: group.extension };
            machine_for(machine, group)?.loose_line(now, group.head.lane, &line, d.environment);
            progress.inputs += 1;
        }
        Body::Order(d) | Body::Report(d) => {
            let extension = group.extension.as_ref();
            machine_for(machine, group)?.order_recorded(
                now,
                group.head.lane,
                &d.words,
                extension,
                d.environment,
                d.decision,
            );
            progress.inputs += 1;
        }
        Body::Mark(m) => {
            machine_for(machine, group)?.mark(now, m.instrument, &m.mark);
            progress.inputs += 1;
        }
        Body::Control(c) if group.head.flags & flag::REFUSED == 0 => {
            let applied = machine_for(machine, group)?.control(now, &c.command).map(|_| ());
            applied.map_err(|e| e.context(format!("journal record {} (control)", group.seq())))?;
            progress.inputs += 1;
        }
        Body::Stop(stop) => {
            recorded_hash = Some(stop.state_hash);
            progress.stopped = true;
        }
        _ => {}
    }
    if let (Some(recorded), Some(machine)) = (recorded_hash, machine) {
        let own = machine.state_hash();
        if own != recorded {
            let what = format!(
                "journal record {} ({}): the engine's state had hash {recorded:#018x}, applying the \
                 journal gives {own:#018x}",
                group.seq(),
                group.head.body.kind().name()
            );
            if progress.build == own_build {
                return Err(Error::new(format!("{what}; both are build {own_build}")));
            }
            progress.notes.push(format!("{what}; it was written by build {}", progress.build));
        }
    }
    Ok(())
}
