//! The Rust side of a lane's client: rendezvous, submit, poll. Tests and benchmarks use it; it
//! does what `libriskgate` and `riskgate.h` do in C, and nothing more.
//!
//! It never approves anything by itself: the caller gets the verdict and [`LaneClient::permits`],
//! which says whether an ACCEPT still holds.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use crate::abi::gate_page::state;
use crate::abi::lane::lane_state;
use crate::abi::rendezvous::*;
use crate::abi::verdict::{VerdictSlot, decision, flag};
use crate::abi::{ABI_MAJOR, ABI_MINOR, SlotWords};
use crate::clock;
use crate::error::{Error, Result};
use crate::ring::spsc::{Peek, Violation};
use crate::shm::gate_page::GatePageReader;
use crate::shm::lane::{ClientLane, LaneParams};
use crate::shm::message::*;
use crate::shm::socket::{Connection, Received, Sent};

/// How long a rendezvous may take.
const RENDEZVOUS_TIMEOUT: Duration = Duration::from_secs(10);

/// The open connection to the supervisor. Its end closes what was opened through it.
pub struct Rendezvous {
    connection: Connection,
}

impl Rendezvous {
    /// Says hello; a refusal is an error with the gate's own text.
    pub fn open(socket: &Path, role: u16, name: &str) -> Result<(Rendezvous, Welcome, Vec<File>)> {
        if name.len() >= NAME_BYTES {
            return Err(Error::new(format!(
                "lane name {name} has {} bytes, at most {} are possible",
                name.len(),
                NAME_BYTES - 1
            )));
        }
        let (rendezvous, welcome, files) = Rendezvous::open_any(socket, role, name)?;
        if welcome.status != status::OK {
            return Err(Error::new(unpad(&welcome.text)));
        }
        Ok((rendezvous, welcome, files))
    }

    /// Says hello and hands over the answer, refusal or not.
    pub fn open_any(
        socket: &Path,
        role: u16,
        name: &str,
    ) -> Result<(Rendezvous, Welcome, Vec<File>)> {
        let connection = Connection::connect(socket)?;
        connection.set_receive_timeout(RENDEZVOUS_TIMEOUT)?;
        let rendezvous = Rendezvous { connection };
        rendezvous.send(&encode_hello(&Hello {
            magic: HELLO_MAGIC,
            abi_major: ABI_MAJOR,
            abi_minor: ABI_MINOR,
            role,
            _reserved: 0,
            name: pad(name),
        }))?;
        let mut files = Vec::new();
        let welcome = rendezvous.welcome(Some(&mut files))?;
        Ok((rendezvous, welcome, files))
    }

    /// Says that everything is mapped, and waits for the gate to say that it reads.
    pub fn mapped(&self) -> Result<Welcome> {
        self.send(&encode_mapped())?;
        self.welcome(None)
    }

    fn send(&self, bytes: &[u8]) -> Result<()> {
        match self.connection.send(bytes)? {
            Sent::Done => Ok(()),
            Sent::Full | Sent::Closed => Err(Error::new("the gate closed the connection")),
        }
    }

    fn receive(&self, buffer: &mut [u8], files: Option<&mut Vec<File>>) -> Result<usize> {
        let received = match files {
            Some(files) => self.connection.receive_with_files(buffer, files)?,
            None => self.connection.receive(buffer)?,
        };
        match received {
            Received::Message(n) => Ok(n),
            Received::Closed => Err(Error::new("the gate closed the connection")),
            Received::Nothing => Err(Error::new(format!(
                "the gate did not answer within {} s; is the supervisor stopped?",
                RENDEZVOUS_TIMEOUT.as_secs()
            ))),
        }
    }

    fn welcome(&self, files: Option<&mut Vec<File>>) -> Result<Welcome> {
        let mut buffer = [0; WELCOME_BYTES];
        let n = self.receive(&mut buffer, files)?;
        decode_welcome(&buffer[..n])
            .ok_or_else(|| Error::new(format!("the gate's answer of {n} bytes is no welcome")))
    }

    /// Asks a question on the cold path: `(head of the last answer, items)`.
    pub fn ask(&self, kind: u16, arg: u32, name: &str) -> Result<(AnswerHeader, Vec<u8>)> {
        let magic = QUERY_MAGIC;
        self.send(&encode_query(&Query { magic, kind, _reserved: 0, arg, name: pad(name) }))?;
        let mut items = Vec::new();
        let mut buffer = vec![0; MESSAGE_BYTES_MAX];
        loop {
            let n = self.receive(&mut buffer, None)?;
            let (answer, more) = decode_answer(&buffer[..n]).ok_or_else(|| {
                Error::new(format!("the gate's answer of {n} bytes is no answer"))
            })?;
            items.extend_from_slice(more);
            if answer.more == 0 {
                return Ok((answer, items));
            }
        }
    }

    fn ask_id(&self, kind: u16, what: &str, name: &str) -> Result<u32> {
        let (answer, _) = self.ask(kind, 0, name)?;
        match answer.status {
            status::OK => Ok(answer.id),
            status::NOT_FOUND => {
                Err(Error::new(format!("the gate's configuration has no {what} {name}")))
            }
            other => Err(Error::new(format!("lookup of {what} {name}: status {other}"))),
        }
    }

    /// Id of an instrument.
    pub fn instrument(&self, symbol: &str) -> Result<u32> {
        self.ask_id(query::INSTRUMENT, "instrument", symbol)
    }

    /// Id of an account or any other node of the tree.
    pub fn account(&self, name: &str) -> Result<u32> {
        self.ask_id(query::ACCOUNT, "account", name)
    }

    /// Open orders of this lane, and the journal sequence that they are as of.
    pub fn outstanding(&self) -> Result<(u64, Vec<OutstandingItem>)> {
        let (answer, items) = self.ask(query::OUTSTANDING, 0, "")?;
        if answer.status != status::OK {
            return Err(Error::new(format!("open orders: status {}", answer.status)));
        }
        let items = items.chunks(OUTSTANDING_BYTES).map_while(decode_outstanding).collect();
        Ok((answer.journal_seq, items))
    }

    /// Positions of this lane's accounts, and the journal sequence that they are as of.
    pub fn positions(&self) -> Result<(u64, Vec<PositionItem>)> {
        let (answer, items) = self.ask(query::POSITIONS, 0, "")?;
        if answer.status != status::OK {
            return Err(Error::new(format!("positions: status {}", answer.status)));
        }
        Ok((answer.journal_seq, items.chunks(POSITION_BYTES).map_while(decode_position).collect()))
    }
}

/// Why an order was not submitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotSubmitted {
    /// The order ring is full: poll verdicts, then try again.
    Full,
    /// The gate is not ready, stopped, failed, or its heartbeat is stale.
    GateDown,
    /// The lane is closed or quarantined.
    LaneDown,
}

/// A connected lane. It belongs to one thread.
pub struct LaneClient {
    lane: ClientLane,
    page: GatePageReader,
    rendezvous: Rendezvous,
    welcome: Welcome,
}

impl LaneClient {
    /// Connects the lane `name` at the gate's rendezvous socket.
    pub fn connect(socket: &Path, name: &str) -> Result<LaneClient> {
        let (rendezvous, welcome, files) = Rendezvous::open(socket, role::LANE, name)?;
        let [client, gate, page] = files.as_slice() else {
            return Err(Error::new(format!(
                "the gate sent {} descriptors for the lane instead of 3",
                files.len()
            )));
        };
        let params = LaneParams {
            epoch: welcome.epoch,
            lane: welcome.lane,
            session: welcome.session,
            order_capacity: welcome.order_capacity,
            verdict_capacity: welcome.verdict_capacity,
        };
        let lane = ClientLane::attach(params, client, gate)?;
        let page = GatePageReader::map(page)?;
        let done = rendezvous.mapped()?;
        if done.status != status::OK {
            return Err(Error::new(unpad(&done.text)));
        }
        Ok(LaneClient { lane, page, rendezvous, welcome })
    }

    /// What the gate said at the rendezvous.
    pub fn welcome(&self) -> &Welcome {
        &self.welcome
    }

    /// The lane's memory and state.
    pub fn lane(&self) -> &ClientLane {
        &self.lane
    }

    /// The gate page.
    pub fn page(&self) -> &GatePageReader {
        &self.page
    }

    /// The connection, for queries.
    pub fn rendezvous(&self) -> &Rendezvous {
        &self.rendezvous
    }

    /// Submits one slot (a request, a report or an extension); word 0 is ignored. Never blocks.
    pub fn submit(&mut self, words: &SlotWords) -> std::result::Result<(), NotSubmitted> {
        if !self.page.is_live(clock::now_ns()) {
            return Err(NotSubmitted::GateDown);
        }
        if self.lane.state().0 != lane_state::OPEN {
            return Err(NotSubmitted::LaneDown);
        }
        match self.lane.orders.has_room() {
            Ok(true) => {
                self.lane.orders.push(words);
                Ok(())
            }
            Ok(false) => Err(NotSubmitted::Full),
            Err(_) => Err(NotSubmitted::LaneDown),
        }
    }

    /// The next verdict, if there is one. Never blocks.
    pub fn poll(&mut self) -> std::result::Result<Option<VerdictSlot>, Violation> {
        match self.lane.verdicts.peek() {
            Peek::Empty => Ok(None),
            Peek::Slot(words) => {
                self.lane.verdicts.advance();
                self.lane.verdicts.publish_read();
                Ok(Some(VerdictSlot::from_words(&words)))
            }
            Peek::Violation(violation) => Err(violation),
        }
    }

    /// Does the verdict permit its order at this moment: ACCEPT, not a replayed one, of this
    /// epoch, before its deadline, while the gate is not failed?
    pub fn permits(&self, verdict: &VerdictSlot) -> bool {
        verdict.decision == decision::ACCEPT
            && verdict.flags & flag::REPLAYED == 0
            && verdict.epoch == self.welcome.epoch
            && self.page.state() == state::READY
            && clock::now_ns() <= verdict.valid_until_ns
    }
}
