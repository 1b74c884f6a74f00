//! The bodies of journal records: plain data, and their place in the words of a record.
//!
//! Offsets are those of the table at the head of [`super::record`]. Encoding never allocates: the
//! hot thread does it. Decoding is total.

use super::codec::{COMMAND_BYTES_MAX, FixedSink, Source, put_command, take_command};
use super::record::{BODY, BadRecord, RecordWords};
use crate::abi::SlotWords;
use crate::abi::codes::{Check, CheckMask};
use crate::fixed::Wide;
use crate::gate::outcome::{Breach, Event, EventKind, MeasureUnit};
use crate::machine::{Environment, MarkInput};
use crate::state::command::Command;

/// Bytes of the setup image in one SETUP record.
pub const SETUP_CHUNK_BYTES: usize = 216;
/// Room for a command in a CONTROL record.
pub const COMMAND_ROOM: usize = 104;
const _: () = assert!(COMMAND_BYTES_MAX <= COMMAND_ROOM);

/// Text of fixed room: UTF-8, cut at a character's end, filled with zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text<const N: usize>(pub [u8; N]);

impl<const N: usize> Text<N> {
    /// As much of `text` as fits.
    pub fn new(text: &str) -> Text<N> {
        let mut len = text.len().min(N);
        while !text.is_char_boundary(len) {
            len -= 1;
        }
        let mut bytes = [0; N];
        bytes[..len].copy_from_slice(&text.as_bytes()[..len]);
        Text(bytes)
    }

    /// The text without the zeros.
    pub fn as_str(&self) -> &str {
        let len = self.0.iter().rposition(|b| *b != 0).map_or(0, |last| last + 1);
        std::str::from_utf8(&self.0[..len]).unwrap_or("?")
    }

    fn take(bytes: [u8; N], offset: usize) -> Result<Text<N>, BadRecord> {
        match std::str::from_utf8(&bytes) {
            Ok(_) => Ok(Text(bytes)),
            Err(_) => Err(BadRecord { offset, what: "a text that is not UTF-8" }),
        }
    }
}

/// START.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    /// Hash of the setup image.
    pub setup_hash: u64,
    /// Hash of the state that the epoch begins with.
    pub state_hash: u64,
    /// Wall clock, ns since 1970.
    pub wall_ns: u64,
    /// Bytes of the setup image.
    pub setup_bytes: u64,
    /// SETUP records that follow.
    pub setup_records: u32,
    /// How long an ACCEPT holds, ns.
    pub valid_ns: u64,
    /// Which build it is.
    pub build: Text<64>,
}

/// SETUP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetupChunk {
    /// Number of the chunk, from 0.
    pub index: u32,
    /// Bytes of the image in it; in [1, 216].
    pub len: u32,
    /// The bytes, filled with zeros.
    pub bytes: [u8; SETUP_CHUNK_BYTES],
}

/// ORDER and REPORT: a slot as received and what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decided {
    /// The slot; word 0, the stamp, is 0.
    pub words: SlotWords,
    /// What rejects.
    pub breaches: CheckMask,
    /// What only alerts.
    pub alerts: CheckMask,
    /// Whose soft threshold fired.
    pub soft: CheckMask,
    /// What would count if it were not in shadow.
    pub shadow: CheckMask,
    /// `abi::verdict::decision`.
    pub decision: u8,
    /// Number of the first check that rejects, or 0.
    pub first_check: u8,
    /// Flags of the verdict.
    pub flags: u16,
    /// Node of the first breach.
    pub node: u32,
    /// Detail of the first breach.
    pub detail: u32,
    /// What the gate's surroundings allowed.
    pub environment: Environment,
    /// Unit of `observed` and `limit` before rounding ([`MeasureUnit`]).
    pub unit: MeasureUnit,
    /// EVENT records that follow.
    pub events: u8,
    /// As in the verdict.
    pub observed: i64,
    /// As in the verdict.
    pub limit: i64,
    /// Price that the instrument was valued at.
    pub mark: i64,
    /// Age of that price, ns.
    pub mark_age_ns: u64,
    /// When the engine picked it up, ns.
    pub received_ns: u64,
    /// As in the verdict.
    pub valid_until_ns: u64,
    /// Order id of the outcome.
    pub order_id: u64,
    /// Sequence number of the last START or CONTROL.
    pub configuration_seq: u64,
}

/// EVENT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventEntry {
    /// Number of it among those of its input, from 0.
    pub index: u8,
    /// The event.
    pub event: Event,
}

/// MARK.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarkEntry {
    /// The instrument.
    pub instrument: u32,
    /// EVENT records that follow.
    pub events: u8,
    /// What the feed handler says.
    pub mark: MarkInput,
}

/// CONTROL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ControlEntry {
    /// The command.
    pub command: Command,
    /// EVENT records that follow.
    pub events: u8,
    /// Who gave it.
    pub operator: Text<32>,
    /// Who approved it.
    pub approver: Text<32>,
    /// Why.
    pub reason: Text<48>,
}

/// LANE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaneEntry {
    /// `abi::lane::lane_state`: open, closed or quarantined.
    pub state: u8,
    /// `abi::lane::quarantine`, or 0.
    pub reason: u32,
    /// Number of the connection within the epoch.
    pub session: u32,
    /// User of the client, by the kernel.
    pub uid: u32,
    /// Process of the client, by the kernel.
    pub pid: u32,
}

/// STOP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop {
    /// Hash of the state at the end.
    pub state_hash: u64,
    /// Wall clock, ns since 1970.
    pub wall_ns: u64,
    /// Why: 0 asked to.
    pub reason: u32,
}

/// Bytes `N` at byte offset `at` of the words.
fn bytes_at<const N: usize>(words: &RecordWords, at: usize) -> [u8; N] {
    let mut out = [0; N];
    for (i, chunk) in out.chunks_mut(8).enumerate() {
        chunk.copy_from_slice(&words[at / 8 + i].to_le_bytes()[..chunk.len()]);
    }
    out
}

fn put_bytes(words: &mut RecordWords, at: usize, bytes: &[u8]) {
    for (i, chunk) in bytes.chunks(8).enumerate() {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        words[at / 8 + i] = u64::from_le_bytes(word);
    }
}

#[inline(always)]
fn put_u128(words: &mut RecordWords, at: usize, value: u128) {
    words[at / 8] = value as u64;
    words[at / 8 + 1] = (value >> 64) as u64;
}

fn u128_at(words: &RecordWords, at: usize) -> u128 {
    u128::from(words[at / 8]) | (u128::from(words[at / 8 + 1]) << 64)
}

fn check_at(number: u8, offset: usize) -> Result<Check, BadRecord> {
    Check::from_number(number).ok_or(BadRecord { offset, what: "no check has this number" })
}

fn unit_at(number: u8, offset: usize) -> Result<MeasureUnit, BadRecord> {
    Ok(match number {
        0 => MeasureUnit::None,
        1 => MeasureUnit::Qty,
        2 => MeasureUnit::Money,
        3 => MeasureUnit::Price,
        4 => MeasureUnit::Count,
        5 => MeasureUnit::BasisPoints,
        6 => MeasureUnit::Time,
        7 => MeasureUnit::Ratio,
        _ => return Err(BadRecord { offset, what: "no unit has this number" }),
    })
}

impl Start {
    pub(super) fn put(&self, words: &mut RecordWords) {
        words[BODY] = self.setup_hash;
        words[5] = self.state_hash;
        words[6] = self.wall_ns;
        words[7] = self.setup_bytes;
        words[8] = u64::from(self.setup_records);
        words[9] = self.valid_ns;
        put_bytes(words, 128, &self.build.0);
    }

    pub(super) fn take(words: &RecordWords) -> Result<Start, BadRecord> {
        Ok(Start {
            setup_hash: words[BODY],
            state_hash: words[5],
            wall_ns: words[6],
            setup_bytes: words[7],
            setup_records: words[8] as u32,
            valid_ns: words[9],
            build: Text::take(bytes_at(words, 128), 128)?,
        })
    }
}

impl SetupChunk {
    pub(super) fn put(&self, words: &mut RecordWords) {
        words[BODY] = u64::from(self.index) | (u64::from(self.len) << 32);
        put_bytes(words, 40, &self.bytes);
    }

    pub(super) fn take(words: &RecordWords) -> Result<SetupChunk, BadRecord> {
        let len = (words[BODY] >> 32) as u32;
        let bytes: [u8; SETUP_CHUNK_BYTES] = bytes_at(words, 40);
        if len == 0 || len as usize > SETUP_CHUNK_BYTES {
            return Err(BadRecord { offset: 36, what: "a setup chunk has 1 to 216 bytes" });
        }
        if bytes[len as usize..].iter().any(|b| *b != 0) {
            return Err(BadRecord { offset: 40, what: "bytes after the end of the setup chunk" });
        }
        Ok(SetupChunk { index: words[BODY] as u32, len, bytes })
    }
}

impl Decided {
    #[inline]
    pub(super) fn put(&self, words: &mut RecordWords) {
        words[BODY..BODY + 7].copy_from_slice(&self.words[1..]);
        put_u128(words, 88, self.breaches.0);
        put_u128(words, 104, self.alerts.0);
        put_u128(words, 120, self.soft.0);
        put_u128(words, 136, self.shadow.0);
        words[19] = u64::from(self.decision)
            | (u64::from(self.first_check) << 8)
            | (u64::from(self.flags) << 16)
            | (u64::from(self.node) << 32);
        let environment =
            u64::from(self.environment.ready) | (u64::from(self.environment.journal_ok) << 1);
        words[20] = u64::from(self.detail)
            | (environment << 32)
            | (u64::from(self.unit as u8) << 40)
            | (u64::from(self.events) << 48);
        words[21] = self.observed as u64;
        words[22] = self.limit as u64;
        words[23] = self.mark as u64;
        words[24] = self.mark_age_ns;
        words[25] = self.received_ns;
        words[26] = self.valid_until_ns;
        words[27] = self.order_id;
        words[28] = self.configuration_seq;
    }

    pub(super) fn take(words: &RecordWords) -> Result<Decided, BadRecord> {
        let mut slot = [0; 8];
        slot[1..].copy_from_slice(&words[BODY..BODY + 7]);
        let environment = (words[20] >> 32) as u8;
        Ok(Decided {
            words: slot,
            breaches: CheckMask(u128_at(words, 88)),
            alerts: CheckMask(u128_at(words, 104)),
            soft: CheckMask(u128_at(words, 120)),
            shadow: CheckMask(u128_at(words, 136)),
            decision: words[19] as u8,
            first_check: (words[19] >> 8) as u8,
            flags: (words[19] >> 16) as u16,
            node: (words[19] >> 32) as u32,
            detail: words[20] as u32,
            environment: Environment {
                ready: environment & 1 != 0,
                journal_ok: environment & 2 != 0,
            },
            unit: unit_at((words[20] >> 40) as u8, 165)?,
            events: (words[20] >> 48) as u8,
            observed: words[21] as i64,
            limit: words[22] as i64,
            mark: words[23] as i64,
            mark_age_ns: words[24],
            received_ns: words[25],
            valid_until_ns: words[26],
            order_id: words[27],
            configuration_seq: words[28],
        })
    }
}

/// Writes an EXTENSION body; the stamp is left out.
pub(super) fn put_extension(words: &mut RecordWords, slot: &SlotWords) {
    words[BODY] = 0;
    words[BODY + 1..BODY + 8].copy_from_slice(&slot[1..]);
}

pub(super) fn take_extension(words: &RecordWords) -> Result<SlotWords, BadRecord> {
    let mut slot = [0; 8];
    slot[1..].copy_from_slice(&words[BODY + 1..BODY + 8]);
    Ok(slot)
}

pub(super) fn put_breach(words: &mut RecordWords, breach: &Breach) {
    words[BODY] = u64::from(breach.check.number())
        | (u64::from(breach.unit as u8) << 8)
        | (u64::from(breach.node) << 32);
    words[5] = u64::from(breach.detail);
    for (at, wide) in [(48, breach.before), (80, breach.observed), (112, breach.limit)] {
        put_u128(words, at, wide.low);
        put_u128(words, at + 16, wide.high as u128);
    }
}

pub(super) fn take_breach(words: &RecordWords) -> Result<Breach, BadRecord> {
    let wide = |at| Wide { low: u128_at(words, at), high: u128_at(words, at + 16) as i128 };
    Ok(Breach {
        check: check_at(words[BODY] as u8, 32)?,
        node: (words[BODY] >> 32) as u32,
        unit: unit_at((words[BODY] >> 8) as u8, 33)?,
        before: wide(48),
        observed: wide(80),
        limit: wide(112),
        detail: words[5] as u32,
    })
}

/// Has the breach no numbers, so that the record of the order has all of it?
pub fn bare(breach: &Breach) -> bool {
    let Breach { check, node, unit: _, before: _, observed: _, limit: _, detail } = *breach;
    *breach == Breach { node, detail, ..Breach::bare(check) }
}

impl Decided {
    /// The first breach if it has no numbers (else it is in the BREACH record).
    pub fn bare_breach(&self) -> Option<Breach> {
        let check = Check::from_number(self.first_check)?;
        Some(Breach { node: self.node, detail: self.detail, ..Breach::bare(check) })
    }
}

impl EventEntry {
    pub(super) fn put(&self, words: &mut RecordWords) {
        let Event { kind, check, node, instrument, percent } = self.event;
        words[BODY] = u64::from(kind as u8)
            | (u64::from(check.number()) << 8)
            | (u64::from(percent) << 16)
            | (u64::from(self.index) << 24)
            | (u64::from(node) << 32);
        words[5] = u64::from(instrument);
    }

    pub(super) fn take(words: &RecordWords) -> Result<EventEntry, BadRecord> {
        let kind = match words[BODY] as u8 {
            1 => EventKind::Soft,
            2 => EventKind::Alert,
            3 => EventKind::Shadow,
            4 => EventKind::Blocked,
            5 => EventKind::CloseOnly,
            6 => EventKind::Anomaly,
            _ => return Err(BadRecord { offset: 32, what: "no event has this number" }),
        };
        Ok(EventEntry {
            index: (words[BODY] >> 24) as u8,
            event: Event {
                kind,
                check: check_at((words[BODY] >> 8) as u8, 33)?,
                node: (words[BODY] >> 32) as u32,
                instrument: words[5] as u32,
                percent: (words[BODY] >> 16) as u8,
            },
        })
    }
}

impl MarkEntry {
    pub(super) fn put(&self, words: &mut RecordWords) {
        let MarkInput { bid, ask, last, close, quote_ns, last_ns, volume } = self.mark;
        words[BODY] = u64::from(self.instrument) | (u64::from(self.events) << 32);
        for (word, price) in words[5..].iter_mut().zip([bid, ask, last, close]) {
            *word = price as u64;
        }
        words[9] = quote_ns;
        words[10] = last_ns;
        words[11] = volume;
    }

    pub(super) fn take(words: &RecordWords) -> Result<MarkEntry, BadRecord> {
        Ok(MarkEntry {
            instrument: words[BODY] as u32,
            events: (words[BODY] >> 32) as u8,
            mark: MarkInput {
                bid: words[5] as i64,
                ask: words[6] as i64,
                last: words[7] as i64,
                close: words[8] as i64,
                quote_ns: words[9],
                last_ns: words[10],
                volume: words[11],
            },
        })
    }
}

impl ControlEntry {
    pub(super) fn put(&self, words: &mut RecordWords) {
        let mut command = FixedSink::<COMMAND_ROOM>::default();
        put_command(&mut command, &self.command);
        words[BODY] = command.len as u64 | (u64::from(self.events) << 8);
        put_bytes(words, 40, &command.bytes);
        put_bytes(words, 144, &self.operator.0);
        put_bytes(words, 176, &self.approver.0);
        put_bytes(words, 208, &self.reason.0);
    }

    pub(super) fn take(words: &RecordWords) -> Result<ControlEntry, BadRecord> {
        let len = usize::from(words[BODY] as u8);
        let bytes: [u8; COMMAND_ROOM] = bytes_at(words, 40);
        if len > COMMAND_ROOM {
            return Err(BadRecord { offset: 32, what: "a command has at most 104 bytes" });
        }
        let mut source = Source::new(&bytes[..len]);
        let command = take_command(&mut source)
            .and_then(|command| source.finish().map(|()| command))
            .map_err(|bad| BadRecord::inside(40, bad))?;
        Ok(ControlEntry {
            command,
            events: (words[BODY] >> 8) as u8,
            operator: Text::take(bytes_at(words, 144), 144)?,
            approver: Text::take(bytes_at(words, 176), 176)?,
            reason: Text::take(bytes_at(words, 208), 208)?,
        })
    }
}

impl LaneEntry {
    pub(super) fn put(&self, words: &mut RecordWords) {
        words[BODY] = u64::from(self.state) | (u64::from(self.reason) << 32);
        words[5] = u64::from(self.session) | (u64::from(self.uid) << 32);
        words[6] = u64::from(self.pid);
    }

    pub(super) fn take(words: &RecordWords) -> Result<LaneEntry, BadRecord> {
        let state = words[BODY] as u8;
        if !(1..=3).contains(&state) {
            return Err(BadRecord { offset: 32, what: "a lane is opened, closed or quarantined" });
        }
        Ok(LaneEntry {
            state,
            reason: (words[BODY] >> 32) as u32,
            session: words[5] as u32,
            uid: (words[5] >> 32) as u32,
            pid: words[6] as u32,
        })
    }
}

impl Stop {
    pub(super) fn put(&self, words: &mut RecordWords) {
        words[BODY] = self.state_hash;
        words[5] = self.wall_ns;
        words[6] = u64::from(self.reason);
    }

    pub(super) fn take(words: &RecordWords) -> Result<Stop, BadRecord> {
        Ok(Stop { state_hash: words[BODY], wall_ns: words[5], reason: words[6] as u32 })
    }
}
