//! The follower: applies the journal ring of the running epoch to a state machine of its own, in a
//! thread of the supervisor, so that questions never reach the engine.
//!
//! It reads only. If the engine overruns it, or if it finds something that it cannot apply, it
//! says so to whoever asks and answers nothing: a wrong answer is worse than none.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::abi::rendezvous::{OutstandingItem, PositionItem};
use crate::engine::affinity;
use crate::engine::recovery::BUILD;
use crate::error::{Error, Result};
use crate::journal::follow::{self, Followed};
use crate::journal::ring::{RingPaths, RingReader};
use crate::machine::{Machine, OpenOrderView};
use crate::state::setup::Setup;

/// How often the ring is looked at when nobody asks.
const IDLE: Duration = Duration::from_millis(2);
/// How long an answer may take.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);
/// Records applied between two looks at the questions.
const BATCH: u64 = 50_000;

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// Open orders of a lane.
    Outstanding,
    /// Positions of a lane's accounts.
    Positions,
}

/// What is answered, with the journal sequence that it is as of.
pub enum Answer {
    /// Open orders of a lane.
    Outstanding(u64, Vec<OutstandingItem>),
    /// Positions of a lane's accounts.
    Positions(u64, Vec<PositionItem>),
}

struct Asked {
    question: Question,
    lane: u32,
    reply: mpsc::Sender<Result<Answer>>,
}

/// The thread, and the way to ask it.
pub struct Follower {
    questions: Option<mpsc::Sender<Asked>>,
    thread: Option<JoinHandle<()>>,
}

impl Follower {
    /// Starts following the ring of an epoch.
    pub fn start(setup: &Setup, journal_dir: &Path, paths: &RingPaths) -> Result<Follower> {
        let (questions, asked) = mpsc::channel();
        let (setup, journal_dir) = (setup.clone(), journal_dir.to_path_buf());
        let paths = paths.clone();
        let thread = std::thread::Builder::new()
            .name("rg-follower".to_string())
            .spawn(move || follow(&setup, &journal_dir, &paths, &asked))
            .map_err(|e| Error::new(format!("start the follower: {e}")))?;
        Ok(Follower { questions: Some(questions), thread: Some(thread) })
    }

    /// Asks, and does not wait: the answer comes through what is returned.
    pub fn ask(&self, question: Question, lane: u32) -> Result<mpsc::Receiver<Result<Answer>>> {
        let gone = || Error::new("the follower is gone");
        let (reply, answer) = mpsc::channel();
        let questions = self.questions.as_ref().ok_or_else(gone)?;
        questions.send(Asked { question, lane, reply }).map_err(|_| gone())?;
        Ok(answer)
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.questions = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn follow(setup: &Setup, journal_dir: &Path, paths: &RingPaths, asked: &mpsc::Receiver<Asked>) {
    affinity::give_way();
    let mut state = Following::begin(setup, journal_dir, paths);
    loop {
        if let Ok(following) = &mut state
            && let Err(error) = following.advance()
        {
            state = Err(error);
        }
        let lags = state.as_ref().is_ok_and(Following::lags);
        let patience = if lags { Duration::ZERO } else { IDLE };
        match asked.recv_timeout(patience) {
            Ok(question) => {
                let answer = match &mut state {
                    Ok(following) => following.answer(question.question, question.lane),
                    Err(error) => Err(Error::new(error.to_string())),
                };
                let _ = question.reply.send(answer);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

struct Following {
    follower: follow::Follower,
    ring: RingReader,
    setup: Setup,
    journal_dir: PathBuf,
}

impl Following {
    fn begin(setup: &Setup, journal_dir: &Path, paths: &RingPaths) -> Result<Following> {
        let ring = RingReader::open(paths, 0)?;
        let follower = follow::Follower::new(BUILD);
        Ok(Following { follower, ring, setup: setup.clone(), journal_dir: journal_dir.into() })
    }

    /// Applies what is there, at most so many records of the ring; what the ring does not have
    /// (any more) comes from the segment files.
    fn advance(&mut self) -> Result<()> {
        if self.follower.read_ring(&mut self.ring, BATCH)? == Followed::Overrun {
            self.follower.read_segments(&self.journal_dir)?;
        }
        Ok(())
    }

    /// Is there more to apply?
    fn lags(&self) -> bool {
        self.follower.progress().last_seq < self.ring.published()
    }

    /// An answer as of now: everything that is published at this moment is applied first.
    fn answer(&mut self, question: Question, lane: u32) -> Result<Answer> {
        let target = self.ring.published();
        let started = Instant::now();
        while self.follower.progress().last_seq < target {
            self.advance()?;
            if started.elapsed() > ANSWER_TIMEOUT {
                return Err(Error::new("it lags behind the engine"));
            }
        }
        let seq = self.follower.progress().last_seq;
        let machine = self.follower.machine().ok_or_else(|| Error::new("nothing is journaled"))?;
        Ok(match question {
            Question::Outstanding => Answer::Outstanding(seq, outstanding(machine, lane)),
            Question::Positions => Answer::Positions(seq, positions(machine, &self.setup, lane)),
        })
    }
}

fn outstanding(machine: &Machine, lane: u32) -> Vec<OutstandingItem> {
    let item = |o: OpenOrderView| OutstandingItem {
        order_id: o.order_id,
        price: o.price,
        qty: o.qty,
        filled: o.filled,
        reserved: o.reserved,
        instrument: o.instrument,
        account: o.account,
        side: o.side,
        pending_replaces: o.pending_replaces,
        pending_cancel: u8::from(o.pending_cancel),
        acknowledged: u8::from(o.acknowledged),
        _reserved: 0,
    };
    machine.open_orders().into_iter().filter(|o| o.lane == lane).map(item).collect()
}

fn positions(machine: &Machine, setup: &Setup, lane: u32) -> Vec<PositionItem> {
    let Some(lane) = setup.lanes.get(lane as usize) else { return Vec::new() };
    let may_use = |account: u32| {
        let mut node = Some(account);
        while let Some(n) = node {
            if lane.accounts.contains(&n) {
                return true;
            }
            node = setup.accounts.get(n as usize).and_then(|a| a.parent);
        }
        lane.accounts.is_empty()
    };
    let rows = machine.rows().into_iter().filter(|(account, _, _)| may_use(*account));
    rows.map(|(account, instrument, row)| PositionItem {
        account,
        instrument,
        position: row.position,
        open_buy: row.open_buy,
        open_sell: row.open_sell,
    })
    .collect()
}
