//! The engine's cold thread: everything about lanes that needs the operating system.
//!
//! It makes memory, seals it, maps it with all pages present, brings the lane to the hot thread,
//! and unmaps it when the hot thread has given it back. It obeys the supervisor, or, when that is
//! gone, the signal SIGTERM. It never touches a lane that is at the hot thread.

use std::fs::File;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::thread::JoinHandle;

use crate::engine::door::{Doors, Visitor};
use crate::engine::os::Signals;
use crate::engine::wire::{WIRE_BYTES, Wire, Word};
use crate::error::{Error, Result};
use crate::shm::lane::{LaneFiles, LaneParams};
use crate::shm::socket::{Connection, Received, Sent, Wait, wait};

/// Where a lane is on its way.
enum Seat {
    Free,
    /// Descriptors are with the client, which has not said that it has mapped them.
    Offered {
        files: Box<LaneFiles>,
        uid: u32,
        pid: u32,
    },
    /// Brought to the hot thread, which has not taken it yet.
    Arriving {
        session: u32,
    },
    /// Served.
    Serving {
        session: u32,
    },
    /// Asked back from the hot thread.
    Leaving {
        session: u32,
    },
}

/// The cold thread's everything.
pub struct Helper {
    supervisor: Option<Connection>,
    signals: Signals,
    doors: Arc<Doors>,
    /// What every lane of this epoch has in common.
    common: LaneParams,
    seats: Vec<Seat>,
}

impl Helper {
    /// `common` has epoch and capacities; lane and session come with each connection.
    pub fn new(
        supervisor: Connection,
        signals: Signals,
        doors: Arc<Doors>,
        common: LaneParams,
    ) -> Result<Helper> {
        supervisor.set_nonblocking()?;
        let seats = (0..doors.lanes()).map(|_| Seat::Free).collect();
        Ok(Helper { supervisor: Some(supervisor), signals, doors, common, seats })
    }

    /// Works until the hot thread has ended; what that returned.
    pub fn run(&mut self, hot: JoinHandle<u64>) -> Result<u64> {
        let mut stopping = false;
        while !hot.is_finished() {
            let busy = stopping
                || self
                    .seats
                    .iter()
                    .any(|s| matches!(s, Seat::Arriving { .. } | Seat::Leaving { .. }));
            self.wait(if busy { 1 } else { 100 })?;
            while let Some(signal) = self.signals.next() {
                // A terminal's Ctrl-C reaches everybody; the supervisor answers it for us.
                if signal == libc::SIGTERM || self.supervisor.is_none() {
                    stopping = true;
                    self.doors.ask_stop();
                }
            }
            while let Some(wire) = self.receive()? {
                if wire.word == Word::Stop {
                    stopping = true;
                    self.doors.ask_stop();
                } else {
                    self.obey(wire)?;
                }
            }
            self.progress()?;
        }
        let last = hot.join().map_err(|_| Error::new("the hot thread panicked"))?;
        self.send(&Wire { seq: last, ..Wire::new(Word::Stopped) }, &[])?;
        Ok(last)
    }

    fn wait(&self, timeout_ms: i32) -> Result<()> {
        let mut on = vec![Wait::readable(self.signals.as_fd())];
        if let Some(supervisor) = &self.supervisor {
            on.push(Wait::readable(supervisor.as_fd()));
        }
        wait(&mut on, timeout_ms)
    }

    fn receive(&mut self) -> Result<Option<Wire>> {
        let Some(supervisor) = &self.supervisor else { return Ok(None) };
        let mut buffer = [0; WIRE_BYTES];
        match supervisor.receive(&mut buffer)? {
            Received::Message(n) => Ok(Some(Wire::decode(&buffer[..n])?)),
            Received::Nothing => Ok(None),
            Received::Closed => {
                self.lost();
                Ok(None)
            }
        }
    }

    fn lost(&mut self) {
        if self.supervisor.take().is_some() {
            eprintln!(
                "riskgate engine {}: the supervisor is gone; connected lanes are served on, no new \
                 ones; end this engine with `kill {}`",
                std::process::id(),
                std::process::id()
            );
        }
    }

    fn send(&mut self, wire: &Wire, files: &[&File]) -> Result<()> {
        let Some(supervisor) = &self.supervisor else { return Ok(()) };
        let fds: Vec<_> = files.iter().map(|f| f.as_fd()).collect();
        if supervisor.send_with_files(&wire.encode(), &fds)? != Sent::Done {
            self.lost();
        }
        Ok(())
    }

    fn obey(&mut self, wire: Wire) -> Result<()> {
        let (lane, session) = (wire.lane, wire.session);
        let Some(seat) = self.seats.get_mut(lane as usize) else {
            let text = format!("there is no lane {lane}");
            return self.send(&Wire::lane(Word::Failed, lane, session).with_text(text), &[]);
        };
        match (wire.word, std::mem::replace(seat, Seat::Free)) {
            (Word::Open, Seat::Free) => {
                match LaneFiles::create(LaneParams { lane, session, ..self.common }) {
                    Ok(files) => {
                        let files = Box::new(files);
                        let reply = Wire::lane(Word::Opened, lane, session);
                        self.send(&reply, &[&files.client_file, &files.gate_file])?;
                        self.seats[lane as usize] =
                            Seat::Offered { files, uid: wire.uid, pid: wire.pid };
                        Ok(())
                    }
                    Err(e) => self.send(&Wire::lane(Word::Failed, lane, session).with_text(e), &[]),
                }
            }
            (Word::Mapped, Seat::Offered { files, uid, pid })
                if files.params.session == session =>
            {
                match files.admit() {
                    Ok(gate_lane) => {
                        self.seats[lane as usize] = Seat::Arriving { session };
                        self.doors.bring(Box::new(Visitor { lane: gate_lane, uid, pid }));
                        Ok(())
                    }
                    Err(e) => self.send(&Wire::lane(Word::Failed, lane, session).with_text(e), &[]),
                }
            }
            (Word::Close, Seat::Arriving { session: s } | Seat::Serving { session: s })
                if s == session =>
            {
                self.seats[lane as usize] = Seat::Leaving { session };
                self.doors.ask_close(lane);
                Ok(())
            }
            // Not at the hot thread: the memory goes with the seat.
            (Word::Close, Seat::Offered { .. } | Seat::Free) => {
                self.send(&Wire::lane(Word::Closed, lane, session), &[])
            }
            (word, seat) => {
                self.seats[lane as usize] = seat;
                let text = format!("{word:?} of lane {lane}, session {session}, came out of turn");
                self.send(&Wire::lane(Word::Failed, lane, session).with_text(text), &[])
            }
        }
    }

    /// What the hot thread has done meanwhile.
    fn progress(&mut self) -> Result<()> {
        for lane in 0..self.seats.len() as u32 {
            match self.seats[lane as usize] {
                Seat::Arriving { session } if self.doors.serving(lane) == session => {
                    self.seats[lane as usize] = Seat::Serving { session };
                    self.send(&Wire::lane(Word::Serving, lane, session), &[])?;
                }
                Seat::Leaving { session } => {
                    if let Some(visitor) = self.doors.collect(lane) {
                        drop(visitor);
                        self.seats[lane as usize] = Seat::Free;
                        self.send(&Wire::lane(Word::Closed, lane, session), &[])?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}
