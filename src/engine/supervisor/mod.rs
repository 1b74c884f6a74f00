//! The supervisor: owns the state directory and the rendezvous socket, starts and watches engine
//! and recorder, and answers clients' questions.
//!
//! One thread that waits for descriptors, and a follower's thread for questions about the state.
//! Nothing that it does, and not its own death, holds up an order: lanes run between client and
//! engine alone. It fails closed: an engine that is dead or stalled says FAILED to every client
//! before anything else happens.

mod answers;
mod child;
mod clients;
mod epoch;
mod follower;
mod health;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::os::fd::AsFd;
use std::time::Duration;

use crate::abi::gate_page::state;
use crate::clock;
use crate::engine::affinity;
use crate::engine::options::Options;
use crate::engine::os::{self, STOP_SIGNALS, Signals};
use crate::engine::state_dir::{self, ENGINE_LOCK, Lock, RECORDER_LOCK, SUPERVISOR_LOCK};
use crate::engine::wire::{WIRE_BYTES, Wire, Word};
use crate::error::{Error, Result};
use crate::journal::cursor::{Cursor, Status};
use crate::journal::image;
use crate::shm::socket::{Listener, Received, Wait, wait};
use crate::state::setup::Setup;
use crate::stats::{Global, PerLane, StatsReader};
use answers::Names;
use child::describe;
use clients::{Client, Seat};
use epoch::Epoch;
use follower::Follower;
use health::Told;

/// Longest wait for descriptors: how often the engine's heartbeat is looked at.
const TICK_MS: i32 = 20;
/// Restarts of an engine within [`RESTART_WINDOW_NS`] before it stays down.
const RESTARTS_MAX: usize = 5;
const RESTART_WINDOW_NS: u64 = 60_000_000_000;
/// Pause after an error of the supervisor itself (no descriptors left, for example).
const ERROR_PAUSE: Duration = Duration::from_millis(50);
/// How long engine and recorder may take to end in good order.
const END_TIMEOUT_MS: i32 = 30_000;

/// A line for the operator. A closed standard output is no reason to stop a gate.
fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "riskgate: {text}");
}

/// A line about something that went wrong.
fn warn(text: &str) {
    let _ = writeln!(std::io::stderr(), "riskgate: {text}");
}

/// Runs the gate until SIGTERM, SIGINT or SIGHUP. An error: it could not start, or it could not
/// end in good order.
pub fn run(options: Options, setup: Setup) -> Result<()> {
    let mut supervisor = Supervisor::start(options, setup)?;
    supervisor.work()?;
    supervisor.stop()
}

struct Supervisor {
    options: Options,
    setup: Setup,
    image: Vec<u8>,
    names: Names,
    signals: Signals,
    listener: Listener,
    clients: BTreeMap<u64, Client>,
    clients_seen: u64,
    seats: Vec<Seat>,
    sessions: u32,
    epoch: Option<Epoch>,
    /// Why there is no epoch, for clients that ask.
    down: String,
    restarts_ns: Vec<u64>,
    recorder_restarts_ns: Vec<u64>,
    follower: Option<Follower>,
    stats: Option<StatsReader>,
    told: Told,
    served: bool,
    _lock: Lock,
}

/// What became ready.
enum Source {
    Signals,
    Listener,
    Engine,
    EngineEnd,
    Recorder,
    RecorderEnd,
    Client(u64),
}

impl Supervisor {
    fn start(options: Options, setup: Setup) -> Result<Supervisor> {
        options.verify()?;
        os::hide_memory()?;
        if let Some(core) = options.core {
            affinity::avoid(core);
        }
        let dir = &options.state_dir;
        state_dir::make(dir)?;
        let lock = state_dir::lock(dir, SUPERVISOR_LOCK)?.map_err(|holder| {
            Error::new(format!(
                "the state directory {} belongs to a running gate ({holder}): stop that one, or \
                 use another directory",
                dir.display()
            ))
        })?;
        for (name, what) in [(ENGINE_LOCK, "engine"), (RECORDER_LOCK, "recorder")] {
            if let Some(holder) = state_dir::holder(dir, name)? {
                return Err(Error::new(format!(
                    "an {what} ({holder}) of an earlier supervisor still runs in {}; a new \
                     supervisor cannot adopt it yet: end it with `kill PID` (engine first, then \
                     recorder) and start again",
                    dir.display()
                )));
            }
        }
        if !os::is_tmpfs(dir) {
            warn(&format!(
                "the state directory {} is not on tmpfs: the journal ring will be slow there; \
                 prefer a directory below /dev/shm or /run",
                dir.display()
            ));
        }
        let signals = Signals::block(&STOP_SIGNALS)?;
        let listener = Listener::bind(&options.socket())?;
        let image = image::encode(&setup);
        let mut supervisor = Supervisor {
            names: Names::new(&setup),
            seats: setup.lanes.iter().map(|_| Seat::Free).collect(),
            image,
            signals,
            listener,
            clients: BTreeMap::new(),
            clients_seen: 0,
            sessions: 0,
            epoch: None,
            down: String::new(),
            restarts_ns: Vec::new(),
            recorder_restarts_ns: Vec::new(),
            follower: None,
            stats: None,
            told: Told::default(),
            served: false,
            _lock: lock,
            options,
            setup,
        };
        supervisor.begin_epoch()?;
        Ok(supervisor)
    }

    fn begin_epoch(&mut self) -> Result<()> {
        let instruments = self.setup.instruments.len() as u32;
        let epoch = Epoch::begin(&self.options, &self.image, instruments)?;
        self.down = format!("the engine of epoch {} is starting: try again", epoch.number);
        self.sessions = 0;
        self.epoch = Some(epoch);
        Ok(())
    }

    /// Waits and answers, until a signal asks for the end. Once the gate has served, no error ends
    /// it: the lanes run on, and who watches them should, too.
    fn work(&mut self) -> Result<()> {
        loop {
            match self.turn() {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                Err(error) if !self.served => return Err(error),
                Err(error) => {
                    warn(&format!("supervisor: {error}"));
                    std::thread::sleep(ERROR_PAUSE);
                }
            }
        }
    }

    fn turn(&mut self) -> Result<bool> {
        for source in self.wait()? {
            match source {
                Source::Signals => {
                    if let Some(signal) = self.signals.next() {
                        say(&format!("signal {signal}: stopping in good order"));
                        return Ok(false);
                    }
                }
                Source::Listener => self.accept()?,
                Source::Engine => self.hear_engine()?,
                Source::Recorder => self.hear_recorder(),
                Source::EngineEnd => self.engine_ended()?,
                Source::RecorderEnd => self.recorder_ended()?,
                Source::Client(number) => self.hear_client(number),
            }
        }
        self.deliver_answers();
        self.check_stall();
        self.check_clients();
        self.check_health();
        Ok(true)
    }

    fn wait(&self) -> Result<Vec<Source>> {
        let mut sources = vec![Source::Signals, Source::Listener];
        let mut on =
            vec![Wait::readable(self.signals.as_fd()), Wait::readable(self.listener.as_fd())];
        if let Some(epoch) = &self.epoch {
            // What a child said comes before its end.
            sources.extend([Source::Engine, Source::Recorder]);
            sources.extend([Source::EngineEnd, Source::RecorderEnd]);
            on.extend([
                Wait::readable(epoch.engine.link.as_fd()),
                Wait::readable(epoch.recorder.link.as_fd()),
                Wait::readable(epoch.engine.watch()),
                Wait::readable(epoch.recorder.watch()),
            ]);
        }
        for (number, client) in &self.clients {
            sources.push(Source::Client(*number));
            on.push(client.waits_for());
        }
        wait(&mut on, if self.owes_answers() { 1 } else { TICK_MS })?;
        let ready: Vec<bool> = on.iter().map(|w| w.ready || w.can_write).collect();
        Ok(sources.into_iter().zip(ready).filter(|(_, ready)| *ready).map(|(s, _)| s).collect())
    }

    /// Messages of the engine.
    fn hear_engine(&mut self) -> Result<()> {
        loop {
            let Some(epoch) = &self.epoch else { return Ok(()) };
            let mut buffer = [0; WIRE_BYTES];
            let mut files = Vec::new();
            let wire = match epoch.engine.link.receive_with_files(&mut buffer, &mut files)? {
                Received::Message(n) => Wire::decode(&buffer[..n])?,
                Received::Nothing | Received::Closed => return Ok(()),
            };
            self.obey_engine(wire, files)?;
        }
    }

    fn obey_engine(&mut self, wire: Wire, files: Vec<File>) -> Result<()> {
        match wire.word {
            Word::Ready => self.engine_ready(&wire)?,
            Word::Warning => warn(&wire.text),
            Word::CannotStart => self.down = format!("the engine cannot start: {}", wire.text),
            Word::Opened => self.lane_opened(&wire, &files),
            Word::Serving => self.lane_serving(&wire),
            Word::Failed => self.lane_failed(&wire),
            Word::Closed => self.lane_closed(&wire),
            Word::Stopped => {}
            other => warn(&format!("the engine said {other:?}, which it never should")),
        }
        Ok(())
    }

    fn engine_ready(&mut self, wire: &Wire) -> Result<()> {
        let Some(epoch) = &mut self.epoch else { return Ok(()) };
        epoch.seal()?;
        self.down.clear();
        self.stats = Some(StatsReader::open(&self.options.stats())?);
        self.follower =
            Some(Follower::start(&self.setup, &self.options.journal_dir, &epoch.paths)?);
        say(&format!(
            "ready: epoch {}, engine {} ({}), recorder {}, {} lanes at {}, journal from record {}",
            epoch.number,
            epoch.engine.pid(),
            wire.text,
            epoch.recorder.pid(),
            self.seats.len(),
            self.options.socket().display(),
            wire.seq
        ));
        self.served = true;
        Ok(())
    }

    fn hear_recorder(&mut self) {
        let Some(epoch) = &self.epoch else { return };
        let mut buffer = [0; WIRE_BYTES];
        while let Ok(Received::Message(n)) = epoch.recorder.link.receive(&mut buffer) {
            match Wire::decode(&buffer[..n]) {
                Ok(wire) if !wire.text.is_empty() => warn(&format!("recorder: {}", wire.text)),
                Ok(_) => {}
                Err(error) => warn(&format!("recorder: {error}")),
            }
        }
    }

    /// The engine is dead: say so to everybody, save its journal, start another one.
    fn engine_ended(&mut self) -> Result<()> {
        let Some(epoch) = &mut self.epoch else { return Ok(()) };
        let Some(status) = epoch.engine.ended() else { return Ok(()) };
        epoch.page.set_state(state::FAILED);
        let number = epoch.number;
        let was_ready = epoch.ready;
        self.hear_engine()?;
        let said = std::mem::take(&mut self.down);
        warn(&format!(
            "ENGINE DEAD: epoch {number} ended with {}; every client sees FAILED, no order is \
             approved",
            describe(status)
        ));
        self.follower = None;
        self.drop_clients();
        let journal = self.end_recorder();
        self.epoch = None;
        if !was_ready && !self.served {
            return Err(Error::new(if said.is_empty() {
                format!("the engine did not start: {}", describe(status))
            } else {
                said
            }));
        }
        let now_ns = clock::now_ns();
        self.restarts_ns.retain(|at| now_ns - at < RESTART_WINDOW_NS);
        self.restarts_ns.push(now_ns);
        let outcome = if !was_ready {
            Err(Error::new(said))
        } else if self.restarts_ns.len() > RESTARTS_MAX {
            Err(Error::new(format!("it died {} times within a minute", self.restarts_ns.len())))
        } else {
            journal.and_then(|()| self.begin_epoch())
        };
        if let Err(error) = outcome {
            self.down = format!("the gate is down: {error}");
            warn(&format!(
                "GATE STAYS DOWN: {error}; orders that were open stay reserved in the journal; \
                 remove the cause, then restart `riskgate run`"
            ));
        }
        Ok(())
    }

    /// Lets the recorder of a dead or stopped engine finish.
    fn end_recorder(&mut self) -> Result<()> {
        let Some(epoch) = &mut self.epoch else { return Ok(()) };
        let recorder = &mut epoch.recorder;
        if recorder.ended().is_none() {
            Wire::new(Word::Finish).send(&recorder.link)?;
            if recorder.wait_end(END_TIMEOUT_MS)?.is_none() {
                recorder.kill();
                recorder.wait_end(END_TIMEOUT_MS)?;
                warn(&format!("the recorder did not end within {END_TIMEOUT_MS} ms: killed"));
            }
        }
        self.hear_recorder();
        Ok(())
    }

    /// The end in good order: lanes, engine, journal, in this sequence.
    fn stop(&mut self) -> Result<()> {
        let Some(epoch) = &mut self.epoch else {
            self.remove_socket();
            return Err(Error::new(self.down.clone()));
        };
        let engine = &mut epoch.engine;
        Wire::new(Word::Stop).send(&engine.link)?;
        let ended = engine.wait_end(END_TIMEOUT_MS)?;
        if ended.is_none() {
            engine.kill();
            engine.wait_end(END_TIMEOUT_MS)?;
        }
        if ended.is_none_or(|status| !status.success()) {
            epoch.page.set_state(state::FAILED);
            warn("the engine did not stop in good order; the journal is complete nevertheless");
        }
        self.follower = None;
        self.drop_clients();
        self.end_recorder()?;
        self.remove_socket();
        let Some(epoch) = self.epoch.take() else { return Ok(()) };
        let cursor = Cursor::open_read_only(&epoch.paths.cursor, epoch.number)?;
        if cursor.status() != Status::Ended {
            return Err(Error::new(format!(
                "the journal of epoch {} is not closed ({:?}: {}); its ring stays in {} and is \
                 saved by the next start",
                epoch.number,
                cursor.status(),
                cursor.message(),
                self.options.state_dir.display()
            )));
        }
        let last = cursor.synced();
        drop(cursor);
        epoch.paths.remove()?;
        self.summary(epoch.number, last);
        Ok(())
    }

    fn remove_socket(&self) {
        let _ = std::fs::remove_file(self.options.socket());
    }

    fn summary(&self, epoch: u32, last_seq: u64) {
        let Some(stats) = &self.stats else { return };
        let sum = |counter: PerLane| -> u64 {
            (0..self.seats.len() as u32).map(|lane| stats.lane(lane, counter)).sum()
        };
        say(&format!(
            "stopped: epoch {epoch}, {} requests ({} accepted, {} rejected), {} reports, {} marks, \
             {} open orders stay reserved, journal sealed at record {last_seq}, longest loop {} us",
            sum(PerLane::Orders),
            sum(PerLane::Accepts),
            sum(PerLane::Rejects),
            sum(PerLane::Reports),
            stats.get(Global::Marks),
            sum(PerLane::OpenOrders),
            stats.get(Global::LoopNsMax) / 1000
        ));
    }
}
