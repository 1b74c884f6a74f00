//! Puts records together that belong to one input: extension, order, breach, events; all lines of a
//! basket; start, setup.
//!
//! Total over any records that decode: what does not fit together is refused with its number. A
//! group that a crash cut short (only segments can end inside one) is given out as incomplete.

use super::image;
use super::record::{Body, Record, flag};
use crate::abi::SlotWords;
use crate::abi::order::BASKET_LINES_MAX;
use crate::error::{Error, Result};
use crate::gate::outcome::{Breach, EVENTS_MAX, Event};
use crate::machine;
use crate::state::setup::Setup;

/// A line of a basket with its outcome.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its ORDER record.
    pub record: Record,
    /// Its extension.
    pub extension: Option<SlotWords>,
    /// Its first breach, exact.
    pub breach: Option<Breach>,
}

/// One input with its outcome.
#[derive(Clone, Debug)]
pub struct Group {
    /// Its main record.
    pub head: Record,
    /// The extension of an order.
    pub extension: Option<SlotWords>,
    /// The first breach, exact.
    pub breach: Option<Breach>,
    /// What the risk team was told.
    pub events: Vec<Event>,
    /// The setup of a START that came with one.
    pub setup: Option<Setup>,
    /// The lines of a basket before the last, which is the head; empty for anything else.
    pub lines: Vec<Line>,
    /// Lines of the basket are missing: it cannot be known, and nothing of it holds.
    pub cut_off: bool,
    /// Everything that the head announces is there.
    pub complete: bool,
}

impl Group {
    /// Number of the main record.
    pub fn seq(&self) -> u64 {
        self.head.seq
    }

    /// Is it a basket?
    pub fn is_basket(&self) -> bool {
        !self.lines.is_empty()
    }

    /// The lines of a basket as the machine takes them, with what was decided of each.
    pub fn basket(&self) -> (Vec<machine::Line>, Vec<u8>) {
        let last = (&self.head, self.extension);
        let lines = self.lines.iter().map(|line| (&line.record, line.extension));
        lines
            .chain([last])
            .filter_map(|(record, extension)| match &record.body {
                Body::Order(d) => Some((machine::Line { words: d.words, extension }, d.decision)),
                _ => None,
            })
            .unzip()
    }

    fn events_announced(&self) -> usize {
        match &self.head.body {
            Body::Order(d) | Body::Report(d) => usize::from(d.events),
            Body::Mark(m) => usize::from(m.events),
            Body::Control(c) => usize::from(c.events),
            _ => 0,
        }
    }

    fn wants_breach(&self) -> bool {
        self.head.flags & flag::HAS_BREACH != 0 && self.breach.is_none()
    }
}

/// Puts records together.
#[derive(Default)]
pub struct Groups {
    last: Option<(u64, u32)>,
    extension: Option<SlotWords>,
    open: Option<Group>,
    basket: Vec<Line>,
    image: Vec<u8>,
    chunks: u32,
}

impl Groups {
    /// Nothing read yet.
    pub fn new() -> Groups {
        Groups::default()
    }

    /// Number of the last record taken; 0 before the first.
    pub fn last_seq(&self) -> u64 {
        self.last.map_or(0, |(seq, _)| seq)
    }

    /// Takes the next record; gives out what it completes.
    pub fn push(
        &mut self,
        record: &Record,
        mut out: impl FnMut(Group) -> Result<()>,
    ) -> Result<()> {
        let refuse = |what: &str| {
            Err(Error::new(format!(
                "journal record {} ({}): {what}",
                record.seq,
                record.body.kind().name()
            )))
        };
        if let Some((seq, epoch)) = self.last {
            if record.seq != seq + 1 {
                return refuse(&format!("it follows record {seq}: records are missing"));
            }
            let begins = matches!(record.body, Body::Start(_));
            if record.epoch < epoch || (record.epoch > epoch) != begins {
                return refuse(&format!("epoch {} after epoch {epoch}", record.epoch));
            }
        }
        self.last = Some((record.seq, record.epoch));
        if let Body::Start(_) = record.body {
            // The epoch before ended here, wherever it was.
            self.extension = None;
            if let Some(cut) = self.finish() {
                out(cut)?;
            }
        }
        if let Some(group) = &mut self.open {
            match record.body {
                Body::Breach(breach) if group.wants_breach() => group.breach = Some(breach),
                Body::Event(entry)
                    if !group.wants_breach() && usize::from(entry.index) == group.events.len() =>
                {
                    group.events.push(entry.event);
                }
                Body::Setup(chunk) if chunk.index == self.chunks => {
                    self.image.extend_from_slice(&chunk.bytes[..chunk.len as usize]);
                    self.chunks += 1;
                }
                _ => {
                    let what = format!("it does not belong to record {} before it", group.seq());
                    return refuse(&what);
                }
            }
            return self.close(out);
        }
        match record.body {
            Body::Extension(slot) if self.extension.is_none() => {
                self.extension = Some(slot);
                Ok(())
            }
            Body::Extension(_) => refuse("a second extension for one order"),
            Body::Setup(_) | Body::Breach(_) | Body::Event(_) => {
                refuse("nothing it could belong to")
            }
            _ => {
                if (record.flags & flag::HAS_EXTENSION != 0) != self.extension.is_some() {
                    return refuse("an extension that is missing, or is nobody's");
                }
                let breach = match &record.body {
                    Body::Order(d) | Body::Report(d) if record.flags & flag::HAS_BREACH == 0 => {
                        d.bare_breach()
                    }
                    _ => None,
                };
                if let Some(before) = self.basket.last().map(|line| &line.record)
                    && (!matches!(record.body, Body::Order(_))
                        || (record.lane, record.time_ns) != (before.lane, before.time_ns))
                {
                    return refuse("it stands among the lines of a basket");
                }
                let group = Group {
                    head: *record,
                    extension: self.extension.take(),
                    breach,
                    events: Vec::new(),
                    setup: None,
                    lines: Vec::new(),
                    cut_off: false,
                    complete: false,
                };
                if group.events_announced() > EVENTS_MAX {
                    return refuse("more events than an input can have");
                }
                self.open = Some(group);
                self.image.clear();
                self.chunks = 0;
                self.close(out)
            }
        }
    }

    /// Gives out the open group if it is complete.
    fn close(&mut self, mut out: impl FnMut(Group) -> Result<()>) -> Result<()> {
        let Some(group) = &mut self.open else { return Ok(()) };
        if group.wants_breach() || group.events.len() < group.events_announced() {
            return Ok(());
        }
        if group.head.flags & flag::BASKET_MORE != 0 {
            let Some(Group { head: record, extension, breach, .. }) = self.open.take() else {
                return Ok(());
            };
            if self.basket.len() + 2 > BASKET_LINES_MAX {
                let seq = record.seq;
                let what = format!("a basket has at most {BASKET_LINES_MAX} lines");
                return Err(Error::new(format!("journal record {seq} (order): {what}")));
            }
            self.basket.push(Line { record, extension, breach });
            return Ok(());
        }
        group.lines.append(&mut self.basket);
        if let Body::Start(start) = &group.head.body {
            if self.chunks < start.setup_records {
                return Ok(());
            }
            if start.setup_records > 0 {
                let same = self.image.len() as u64 == start.setup_bytes
                    && image::hash(&self.image) == start.setup_hash;
                if !same {
                    return Err(Error::new(format!(
                        "journal record {} (start): the setup after it has {} bytes and hash \
                         {:#018x}, announced were {} bytes and {:#018x}",
                        group.seq(),
                        self.image.len(),
                        image::hash(&self.image),
                        start.setup_bytes,
                        start.setup_hash
                    )));
                }
                let setup = image::decode(&self.image);
                group.setup =
                    Some(setup.map_err(|e| e.context(format!("record {}", group.seq())))?);
            }
        }
        group.complete = true;
        match self.open.take() {
            Some(group) => out(group),
            None => Ok(()),
        }
    }

    /// The end of the journal: the group that a cut left incomplete, if there is one.
    pub fn finish(&mut self) -> Option<Group> {
        self.extension = None;
        let mut lines = core::mem::take(&mut self.basket);
        if let Some(mut group) = self.open.take() {
            group.cut_off = group.head.flags & flag::BASKET_MORE != 0;
            group.lines = lines;
            return Some(group);
        }
        let Line { record, extension, breach } = lines.pop()?;
        Some(Group {
            head: record,
            extension,
            breach,
            events: Vec::new(),
            setup: None,
            lines,
            cut_off: true,
            complete: false,
        })
    }
}
