//! The rendezvous: who may have which lane, step by step, and what happens when a client goes.
//!
//! ```text
//!   Hello → (engine makes memory) → Welcome + descriptors → Mapped → (engine seals, maps) → Welcome
//! ```
//! A client that is slow, silent or broken holds up nobody: nothing here waits for it.

use std::collections::VecDeque;
use std::fs::File;
use std::os::fd::AsFd;

use super::answers::{Later, Reply};
use super::{Supervisor, say, warn};
use crate::abi::lane::lane_state;
use crate::abi::rendezvous::*;
use crate::abi::{ABI_MAJOR, ABI_MINOR};
use crate::clock;
use crate::engine::os;
use crate::engine::wire::{Wire, Word};
use crate::error::Result;
use crate::shm::lane::reason_text;
use crate::shm::message::*;
use crate::shm::socket::{Connection, Peer, Received, Sent, Wait};
use crate::stats::PerLane;

/// How long a client may take for each step of the rendezvous.
const STEP_NS: u64 = 5_000_000_000;
/// Connections beside those that lanes need.
const SPARE_CLIENTS: usize = 64;
/// Most new connections of one turn: a flood of them holds up nothing else.
const ACCEPTS_PER_TURN: usize = 16;
/// Most answers that wait for one client to read them: those to one question.
const OUTBOX_MAX: usize = 100_000;

/// How far a client has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Has said nothing yet.
    Silent,
    /// The engine makes its memory.
    Opening { lane: u32, session: u32 },
    /// Has its descriptors.
    Offered { lane: u32, session: u32 },
    /// Has mapped; the engine seals and maps.
    Admitting { lane: u32, session: u32 },
    /// Its lane is served.
    Serving { lane: u32, session: u32 },
    /// Feed handler with descriptors.
    MarksOffered,
    /// Feed handler.
    Marks,
    /// To be dropped when its outbox is empty.
    Leaving,
}

/// A connection.
pub(super) struct Client {
    connection: Connection,
    peer: Peer,
    stage: Stage,
    since_ns: u64,
    outbox: VecDeque<Vec<u8>>,
    /// Its question that the follower is answering.
    later: Option<Later>,
}

/// Who has a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seat {
    /// Nobody.
    Free,
    /// A client, by its number here.
    Taken { client: u64, session: u32, pid: i32, served: bool },
    /// The client is gone, the engine has not given the memory back yet.
    Leaving { session: u32, pid: i32, served: bool },
}

impl Client {
    pub(super) fn waits_for(&self) -> Wait<'_> {
        let waiting = !self.outbox.is_empty();
        // One question at a time.
        let reads = !waiting && self.later.is_none();
        Wait { reads, writable: waiting, ..Wait::readable(self.connection.as_fd()) }
    }

    /// Sends now, or when the client reads. False: it is gone or does not read.
    fn post(&mut self, bytes: Vec<u8>) -> bool {
        self.outbox.push_back(bytes);
        self.flush() && self.outbox.len() <= OUTBOX_MAX
    }

    fn flush(&mut self) -> bool {
        while let Some(bytes) = self.outbox.front() {
            match self.connection.send(bytes) {
                Ok(Sent::Done) => drop(self.outbox.pop_front()),
                Ok(Sent::Full) => return true,
                Ok(Sent::Closed) | Err(_) => return false,
            }
        }
        self.stage != Stage::Leaving
    }
}

impl Supervisor {
    fn welcome(&self, status: u32, text: &str) -> Welcome {
        Welcome {
            magic: WELCOME_MAGIC,
            abi_major: ABI_MAJOR,
            abi_minor: ABI_MINOR,
            status,
            epoch: self.epoch.as_ref().map_or(0, |e| e.number),
            lane: 0,
            session: 0,
            order_capacity: self.options.order_capacity,
            verdict_capacity: self.options.verdict_capacity,
            instruments: self.setup.instruments.len() as u32,
            _reserved: [0; 6],
            text: pad(text),
        }
    }

    /// New connections.
    pub(super) fn accept(&mut self) -> Result<()> {
        for _ in 0..ACCEPTS_PER_TURN {
            let Some(connection) = self.listener.accept()? else { break };
            let peer = connection.peer()?;
            let mut client = Client {
                connection,
                peer,
                stage: Stage::Silent,
                since_ns: clock::now_ns(),
                outbox: VecDeque::new(),
                later: None,
            };
            if self.clients.len() >= self.seats.len() + SPARE_CLIENTS {
                let text =
                    format!("the gate has {} connections already: close some", self.clients.len());
                client.post(encode_welcome(&self.welcome(status::RESOURCES, &text)));
                continue;
            }
            self.clients_seen += 1;
            self.clients.insert(self.clients_seen, client);
        }
        Ok(())
    }

    /// A client has sent something, or can be sent to, or is gone.
    pub(super) fn hear_client(&mut self, number: u64) {
        let Some(client) = self.clients.get(&number) else { return };
        if client.later.is_some() && client.outbox.is_empty() {
            // Nothing was waited for but its end.
            return self.forget(number);
        }
        let mut buffer = [0; 1024];
        // A few messages at a time: nobody gets more than a share.
        for _ in 0..16 {
            let Some(client) = self.clients.get_mut(&number) else { return };
            if !client.flush() {
                return self.forget(number);
            }
            if !client.outbox.is_empty() || client.later.is_some() {
                // Who does not read answers asks no more questions.
                return;
            }
            match client.connection.receive(&mut buffer) {
                Ok(Received::Message(n)) => self.obey_client(number, &buffer[..n]),
                Ok(Received::Nothing) => return,
                Ok(Received::Closed) | Err(_) => return self.forget(number),
            }
        }
    }

    fn obey_client(&mut self, number: u64, bytes: &[u8]) {
        let Some(client) = self.clients.get(&number) else { return };
        let (stage, peer) = (client.stage, client.peer);
        match stage {
            Stage::Silent => match decode_hello(bytes) {
                Some(hello) => self.hello(number, &hello, peer),
                None => self.refuse(
                    number,
                    status::PROTOCOL,
                    &format!("{} bytes that are no hello: is it a riskgate client?", bytes.len()),
                ),
            },
            Stage::Offered { lane, session } if is_mapped(bytes) => {
                self.set_stage(number, Stage::Admitting { lane, session });
                self.tell_engine(&Wire::lane(Word::Mapped, lane, session));
            }
            Stage::MarksOffered if is_mapped(bytes) => {
                self.set_stage(number, Stage::Marks);
                say(&format!("feed handler connected (pid {}, uid {})", peer.pid, peer.uid));
                let welcome = self.welcome(status::OK, "the engine reads the mark table");
                self.post(number, encode_welcome(&welcome));
            }
            Stage::Serving { .. } | Stage::Marks => match decode_query(bytes) {
                Some(query) => {
                    let lane = match stage {
                        Stage::Serving { lane, .. } => Some(lane),
                        _ => None,
                    };
                    match self.answer(&query, lane) {
                        Reply::Now(messages) => self.post_all(number, messages),
                        Reply::Later(later) => self.set_later(number, Some(later)),
                    }
                }
                None => {
                    warn(&format!("pid {} sent {} bytes that are no query", peer.pid, bytes.len()));
                    self.forget(number);
                }
            },
            _ => self.refuse(number, status::PROTOCOL, "a message out of turn"),
        }
    }

    fn hello(&mut self, number: u64, hello: &Hello, peer: Peer) {
        if hello.abi_major != ABI_MAJOR || hello.abi_minor > ABI_MINOR {
            let text = format!(
                "client has interface version {}.{}, gate has {ABI_MAJOR}.{ABI_MINOR}: rebuild the \
                 client with the gate's riskgate.h, or update the gate",
                hello.abi_major, hello.abi_minor
            );
            return self.refuse(number, status::VERSION_MISMATCH, &text);
        }
        if self.epoch.as_ref().is_none_or(|e| !e.ready) {
            let text = self.down.clone();
            return self.refuse(number, status::GATE_DOWN, &text);
        }
        match hello.role {
            role::LANE => self.hello_lane(number, &unpad(&hello.name), peer),
            role::MARKS => self.hello_marks(number, peer),
            other => {
                let text = format!("role {other}: this gate knows 1 (lane) and 2 (marks)");
                self.refuse(number, status::PROTOCOL, &text);
            }
        }
    }

    fn hello_lane(&mut self, number: u64, name: &str, peer: Peer) {
        let Some(lane) = self.setup.lane_id(name) else {
            let text = format!("the configuration has no lane {name}: add it under lanes");
            return self.refuse(number, status::UNKNOWN_LANE, &text);
        };
        let uids = &self.setup.lanes[lane as usize].uids;
        let permitted =
            if uids.is_empty() { peer.uid == os::own_uid() } else { uids.contains(&peer.uid) };
        if !permitted {
            let text = format!(
                "uid {} may not use lane {name}: add it to the lane's uids, or connect as {}",
                peer.uid,
                uids.first().copied().unwrap_or(os::own_uid())
            );
            return self.refuse(number, status::NOT_PERMITTED, &text);
        }
        match self.seats[lane as usize] {
            Seat::Free => {}
            Seat::Taken { pid, .. } => {
                let text = format!(
                    "lane {name} is in use by pid {pid}: one connection per lane; stop that one, \
                     or give this client a lane of its own"
                );
                return self.refuse(number, status::IN_USE, &text);
            }
            Seat::Leaving { pid, .. } => {
                let text = format!("lane {name} is just being closed for pid {pid}: try again");
                return self.refuse(number, status::IN_USE, &text);
            }
        }
        if let Some(stats) = &self.stats
            && stats.lane(lane, PerLane::State) == u64::from(lane_state::QUARANTINED)
        {
            let text = format!(
                "lane {name} is quarantined: {}; its open orders stay reserved; repair the client, \
                 then restart the gate (releasing a lane while running is not built yet)",
                reason_text(stats.lane(lane, PerLane::Reason) as u32)
            );
            return self.refuse(number, status::QUARANTINED, &text);
        }
        self.sessions += 1;
        let session = self.sessions;
        self.seats[lane as usize] =
            Seat::Taken { client: number, session, pid: peer.pid, served: false };
        self.set_stage(number, Stage::Opening { lane, session });
        self.tell_engine(&Wire {
            uid: peer.uid,
            pid: peer.pid as u32,
            ..Wire::lane(Word::Open, lane, session)
        });
    }

    fn hello_marks(&mut self, number: u64, peer: Peer) {
        if peer.uid != os::own_uid() {
            let text = format!(
                "uid {} may not write marks: run the feed handler as the gate's own uid {}",
                peer.uid,
                os::own_uid()
            );
            return self.refuse(number, status::NOT_PERMITTED, &text);
        }
        let other = self
            .clients
            .values()
            .find(|c| matches!(c.stage, Stage::Marks | Stage::MarksOffered))
            .map(|c| c.peer.pid);
        if let Some(pid) = other {
            let text = format!("pid {pid} writes the mark table: only one feed handler at a time");
            return self.refuse(number, status::IN_USE, &text);
        }
        let Some(epoch) = &self.epoch else { return };
        let welcome = encode_welcome(&self.welcome(status::OK, "map the mark table"));
        let files = [epoch.marks_file.as_fd(), epoch.page_file.as_fd()];
        let Some(client) = self.clients.get(&number) else { return };
        match client.connection.send_with_files(&welcome, &files) {
            Ok(Sent::Done) => self.set_stage(number, Stage::MarksOffered),
            _ => self.forget(number),
        }
    }

    fn set_stage(&mut self, number: u64, stage: Stage) {
        if let Some(client) = self.clients.get_mut(&number) {
            client.stage = stage;
            client.since_ns = clock::now_ns();
        }
    }

    fn post(&mut self, number: u64, bytes: Vec<u8>) {
        if let Some(client) = self.clients.get_mut(&number)
            && !client.post(bytes)
        {
            self.forget(number);
        }
    }

    fn post_all(&mut self, number: u64, messages: Vec<Vec<u8>>) {
        messages.into_iter().for_each(|message| self.post(number, message));
    }

    fn set_later(&mut self, number: u64, later: Option<Later>) {
        if let Some(client) = self.clients.get_mut(&number) {
            client.later = later;
        }
    }

    /// Does the follower owe anybody an answer?
    pub(super) fn owes_answers(&self) -> bool {
        self.clients.values().any(|client| client.later.is_some())
    }

    /// Sends the answers that the follower has made.
    pub(super) fn deliver_answers(&mut self) {
        let ready =
            |(number, client): (&u64, &Client)| Some((*number, client.later.as_ref()?.take()?));
        let answers: Vec<(u64, Vec<Vec<u8>>)> = self.clients.iter().filter_map(ready).collect();
        for (number, messages) in answers {
            self.set_later(number, None);
            self.post_all(number, messages);
        }
    }

    /// Answers with a reason and drops the connection.
    fn refuse(&mut self, number: u64, status: u32, text: &str) {
        let welcome = encode_welcome(&self.welcome(status, text));
        self.release(number);
        self.set_stage(number, Stage::Leaving);
        self.post(number, welcome);
    }

    fn tell_engine(&mut self, wire: &Wire) {
        let Some(epoch) = &self.epoch else { return };
        if let Err(error) = wire.send(&epoch.engine.link) {
            warn(&format!("tell the engine {:?}: {error}", wire.word));
        }
    }

    /// The client that has this session of a lane.
    fn client_of(&self, lane: u32, session: u32) -> Option<u64> {
        match self.seats.get(lane as usize) {
            Some(Seat::Taken { client, session: s, .. }) if *s == session => Some(*client),
            _ => None,
        }
    }

    /// The engine made the memory: the client gets it.
    pub(super) fn lane_opened(&mut self, wire: &Wire, files: &[File]) {
        let Some(number) = self.client_of(wire.lane, wire.session) else { return };
        let (Some(epoch), [client_file, gate_file]) = (&self.epoch, files) else { return };
        let welcome = Welcome {
            lane: wire.lane,
            session: wire.session,
            ..self.welcome(status::OK, "map these, then say so")
        };
        let fds = [client_file.as_fd(), gate_file.as_fd(), epoch.page_file.as_fd()];
        let Some(client) = self.clients.get(&number) else { return };
        match client.connection.send_with_files(&encode_welcome(&welcome), &fds) {
            Ok(Sent::Done) => {
                let (lane, session) = (wire.lane, wire.session);
                self.set_stage(number, Stage::Offered { lane, session });
            }
            _ => self.forget(number),
        }
    }

    /// The engine reads the lane.
    pub(super) fn lane_serving(&mut self, wire: &Wire) {
        let Some(number) = self.client_of(wire.lane, wire.session) else { return };
        if let Seat::Taken { served, .. } = &mut self.seats[wire.lane as usize] {
            *served = true;
        }
        let (lane, session) = (wire.lane, wire.session);
        self.set_stage(number, Stage::Serving { lane, session });
        let peer = self.clients.get(&number).map(|c| c.peer);
        say(&format!(
            "lane {}: connected (pid {}, uid {}, session {session})",
            self.lane_name(lane),
            peer.map_or(0, |p| p.pid),
            peer.map_or(0, |p| p.uid)
        ));
        let welcome = Welcome { lane, session, ..self.welcome(status::OK, "the lane is open") };
        self.post(number, encode_welcome(&welcome));
    }

    /// The engine could not.
    pub(super) fn lane_failed(&mut self, wire: &Wire) {
        warn(&format!("lane {}: {}", self.lane_name(wire.lane), wire.text));
        if let Some(number) = self.client_of(wire.lane, wire.session) {
            self.refuse(number, status::RESOURCES, &wire.text);
        }
    }

    /// The engine has given the lane back.
    pub(super) fn lane_closed(&mut self, wire: &Wire) {
        let lane = wire.lane as usize;
        let Some(Seat::Leaving { session, pid, served }) = self.seats.get(lane).copied() else {
            return;
        };
        if session != wire.session {
            return;
        }
        self.seats[lane] = Seat::Free;
        let (Some(stats), true) = (&self.stats, served) else { return };
        let name = self.lane_name(wire.lane);
        let open = stats.lane(wire.lane, PerLane::OpenOrders);
        let unread = stats.lane(wire.lane, PerLane::Unread);
        let state = stats.lane(wire.lane, PerLane::State);
        let how = if state == u64::from(lane_state::QUARANTINED) {
            let reason = stats.lane(wire.lane, PerLane::Reason) as u32;
            format!("closed in QUARANTINE ({})", reason_text(reason))
        } else {
            "closed".to_string()
        };
        let line = format!(
            "lane {name}: {how} (pid {pid}, session {session}); {open} open orders stay reserved, \
             {unread} requests were not read"
        );
        if open > 0 { warn(&line) } else { say(&line) }
    }

    pub(super) fn lane_name(&self, lane: u32) -> String {
        self.setup.lanes.get(lane as usize).map_or_else(|| format!("#{lane}"), |l| l.name.clone())
    }

    /// Gives up the client's lane, if it has one.
    fn release(&mut self, number: u64) {
        for lane in 0..self.seats.len() {
            if let Seat::Taken { client, session, pid, served } = self.seats[lane]
                && client == number
            {
                self.seats[lane] = Seat::Leaving { session, pid, served };
                self.tell_engine(&Wire::lane(Word::Close, lane as u32, session));
            }
        }
    }

    /// The client is gone, or has to go.
    pub(super) fn forget(&mut self, number: u64) {
        self.release(number);
        if let Some(client) = self.clients.remove(&number)
            && client.stage == Stage::Marks
        {
            warn(&format!(
                "the feed handler (pid {}) is gone: marks grow stale from now on",
                client.peer.pid
            ));
        }
    }

    /// Drops everybody: their memory belongs to an engine that is gone.
    pub(super) fn drop_clients(&mut self) {
        self.clients.clear();
        self.seats.fill(Seat::Free);
    }

    /// Whoever is too slow with the rendezvous is dropped, so that a lane is not held for ever.
    pub(super) fn check_clients(&mut self) {
        let now_ns = clock::now_ns();
        let late: Vec<u64> = self
            .clients
            .iter()
            .filter(|(_, c)| !matches!(c.stage, Stage::Serving { .. } | Stage::Marks))
            .filter(|(_, c)| now_ns.saturating_sub(c.since_ns) > STEP_NS)
            .map(|(number, _)| *number)
            .collect();
        for number in late {
            if let Some(client) = self.clients.get(&number) {
                warn(&format!(
                    "pid {} did not go on for {} s ({:?}): dropped",
                    client.peer.pid,
                    STEP_NS / 1_000_000_000,
                    client.stage
                ));
            }
            self.forget(number);
        }
    }
}
