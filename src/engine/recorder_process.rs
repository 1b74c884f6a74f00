//! The recorder's main function: it records, and a second thread waits to be told to end.

use std::os::fd::AsFd;
use std::sync::Arc;

use crate::clock;
use crate::engine::inherit;
use crate::engine::options::Words;
use crate::engine::os::{self, STOP_SIGNALS, Signals};
use crate::engine::state_dir::{self, RECORDER_LOCK};
use crate::engine::wire::{WIRE_BYTES, Wire, Word};
use crate::error::{Error, Result};
use crate::journal::recorder::Recorder;
use crate::journal::ring::RingPaths;
use crate::shm::socket::{Connection, Received, Wait, wait};
use crate::sync::{AtomicBool, Ordering};

/// `riskgate recorder WORDS…`, started by the supervisor only. Returns when everything is recorded
/// and sealed.
pub fn main(words: &[String]) -> Result<()> {
    let words = Words::parse(words)?;
    let supervisor = Arc::new(Connection::from_fd(inherit::take(words.number("control_fd")?)?));
    supervisor.set_nonblocking()?;
    let signals = Signals::block(&STOP_SIGNALS)?;
    let outcome = record(&words, &supervisor, signals);
    let wire = match &outcome {
        Ok(last) => Wire { seq: *last, ..Wire::new(Word::Stopped) },
        Err(error) => Wire::new(Word::CannotStart).with_text(error),
    };
    wire.send(&supervisor)?;
    outcome.map(|_| ())
}

fn record(words: &Words, supervisor: &Arc<Connection>, signals: Signals) -> Result<u64> {
    os::hide_memory()?;
    let options = words.options()?;
    let _lock = state_dir::lock(&options.state_dir, RECORDER_LOCK)?.map_err(|holder| {
        Error::new(format!(
            "another recorder ({holder}) runs in {}: end it first",
            options.state_dir.display()
        ))
    })?;
    let paths = RingPaths::in_dir(&options.state_dir, words.number("epoch")?);
    let mut recorder = Recorder::open(&paths, options.recorder())?;
    if let Some(torn) = recorder.torn() {
        let text = format!(
            "{} was cut at byte {} (record {}, {})",
            torn.path.display(),
            torn.offset,
            torn.seq,
            torn.why
        );
        Wire::new(Word::Warning).with_text(text).send(supervisor)?;
    }
    let stop = Arc::new(AtomicBool::new(false));
    let (theirs, link) = (stop.clone(), supervisor.clone());
    std::thread::Builder::new()
        .name("rg-watch".to_string())
        .spawn(move || {
            if let Err(error) = watch(&link, &signals, &theirs) {
                eprintln!("riskgate recorder: {error}; it records on");
            }
        })
        .map_err(|e| Error::new(format!("start the recorder's watching thread: {e}")))?;
    recorder.run(&stop, clock::now_ns)
}

/// Waits for the word to finish: from the supervisor, or, when that is gone, by signal.
fn watch(supervisor: &Connection, signals: &Signals, stop: &AtomicBool) -> Result<()> {
    let mut orphan = false;
    loop {
        let mut on = vec![Wait::readable(signals.as_fd())];
        if !orphan {
            on.push(Wait::readable(supervisor.as_fd()));
        }
        wait(&mut on, -1)?;
        // Signals first, then the connection: a signal that was sent after the supervisor's end
        // finds us as orphan, whatever came in between.
        let mut asked = false;
        while signals.next().is_some() {
            asked = true;
        }
        let mut finish = false;
        let mut buffer = [0; WIRE_BYTES];
        while !orphan {
            match supervisor.receive(&mut buffer) {
                Ok(Received::Message(n)) => {
                    finish |= Wire::decode(&buffer[..n])?.word == Word::Finish;
                }
                Ok(Received::Nothing) => break,
                Ok(Received::Closed) | Err(_) => orphan = true,
            }
        }
        // While there is a supervisor, it decides when the recorder ends: after the engine.
        finish |= asked && orphan;
        if finish {
            // SYNC recorder.stop: Release, pairs with the Acquire in Recorder::run.
            stop.store(true, Ordering::Release);
        }
    }
}
