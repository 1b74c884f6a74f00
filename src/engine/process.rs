//! The engine's main function: takes what the supervisor lends, recovers, starts the hot thread,
//! and becomes its helper.

use std::fs::File;
use std::io::Read;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

use crate::clock;
use crate::engine::door::Doors;
use crate::engine::helper::Helper;
use crate::engine::hot::HotLoop;
use crate::engine::inherit;
use crate::engine::options::{Options, Words};
use crate::engine::os::{self, STOP_SIGNALS, Signals};
use crate::engine::recovery::{self, Recovered};
use crate::engine::serve::Core;
use crate::engine::state_dir::{self, ENGINE_LOCK, Lock};
use crate::engine::wire::{Wire, Word};
use crate::engine::{affinity, failstop};
use crate::error::{Error, Result};
use crate::journal::image;
use crate::journal::ring::RingPaths;
use crate::journal::writer::{JournalWriter, StartInput};
use crate::shm::gate_page::GatePageWriter;
use crate::shm::lane::LaneParams;
use crate::shm::marks::MarkTable;
use crate::shm::socket::Connection;
use crate::stats::StatsWriter;

/// `riskgate engine WORDS…`, started by the supervisor only. Returns when it was stopped in good
/// order.
pub fn main(words: &[String]) -> Result<()> {
    let words = Words::parse(words)?;
    let supervisor = Connection::from_fd(inherit::take(words.number("control_fd")?)?);
    let signals = Signals::block(&STOP_SIGNALS)?;
    let engine = match start(&words, &supervisor) {
        Ok(engine) => engine,
        Err(error) => {
            Wire::new(Word::CannotStart).with_text(&error).send(&supervisor)?;
            return Err(error);
        }
    };
    Wire { seq: engine.first_seq, ..Wire::new(Word::Ready) }
        .with_text(engine.greeting)
        .send(&supervisor)?;
    let mut helper = Helper::new(supervisor, signals, engine.doors, engine.common)?;
    helper.run(engine.hot)?;
    Ok(())
}

struct Engine {
    doors: Arc<Doors>,
    common: LaneParams,
    hot: JoinHandle<u64>,
    first_seq: u64,
    greeting: String,
    _lock: Lock,
}

fn start(words: &Words, supervisor: &Connection) -> Result<Engine> {
    os::hide_memory()?;
    let options = words.options()?;
    let epoch = words.number("epoch")?;
    let lock = match state_dir::lock(&options.state_dir, ENGINE_LOCK)? {
        Ok(lock) => lock,
        Err(holder) => {
            return Err(Error::new(format!(
                "another engine ({holder}) runs in {}: end it first",
                options.state_dir.display()
            )));
        }
    };
    let page = GatePageWriter::map(&File::from(inherit::take(words.number("page_fd")?)?))?;
    failstop::install(page.clone());

    let mut setup_image = Vec::new();
    File::from(inherit::take(words.number("setup_fd")?)?).read_to_end(&mut setup_image)?;
    let setup = image::decode(&setup_image)?;
    let marks_file = File::from(inherit::take(words.number("marks_fd")?)?);
    let marks = MarkTable::map(&marks_file, setup.instruments.len() as u32)?;

    let recovered = recovery::recover(&options.journal_dir, &setup)?;
    let mut journal = JournalWriter::open(&RingPaths::in_dir(&options.state_dir, epoch))?;
    let first_seq = journal.next_seq();
    let Recovered { mut machine, last_seq, inputs, notes } = recovered;
    if last_seq > 0 && first_seq != last_seq + 1 {
        return Err(Error::new(format!(
            "the journal on disk ends with record {last_seq}, but the ring begins with {first_seq}"
        )));
    }
    for note in notes {
        Wire::new(Word::Warning).with_text(note).send(supervisor)?;
    }
    let (now_ns, wall_ns) = (clock::now_ns(), clock::wall_ns());
    machine.set_wall_offset(wall_ns.saturating_sub(now_ns));
    journal.append_start(&StartInput {
        setup_image: &setup_image,
        continues: last_seq > 0,
        state_hash: machine.state_hash(),
        valid_ns: options.profile.verdict_valid_ns,
        now_ns,
        wall_ns,
        build: recovery::BUILD,
    })?;
    let lanes: Vec<String> = setup.lanes.iter().map(|l| l.name.clone()).collect();
    let stats = StatsWriter::create(&options.stats(), epoch, &lanes)?;
    let doors = Arc::new(Doors::new(lanes.len()));
    let open_orders = machine.open_orders().len();
    let core = Core {
        gate: machine,
        journal,
        marks,
        ready: false,
        orders_per_sweep: options.orders_per_sweep,
        marks_applied: 0,
        journal_stalls: 0,
        violations: 0,
    };
    let hot_loop = HotLoop::new(core, page, stats, doors.clone(), options.wait);
    let hot = spawn(hot_loop, &options, supervisor)?;
    if let Err(warning) = os::lock_memory() {
        Wire::new(Word::Warning).with_text(warning).send(supervisor)?;
    }
    let greeting = match last_seq {
        0 => "fresh state".to_string(),
        _ => format!("{inputs} inputs of the journal applied, {open_orders} open orders"),
    };
    let common = LaneParams {
        epoch,
        lane: 0,
        session: 0,
        order_capacity: options.order_capacity,
        verdict_capacity: options.verdict_capacity,
    };
    Ok(Engine { doors, common, hot, first_seq, greeting, _lock: lock })
}

fn spawn(
    hot_loop: HotLoop<crate::machine::Machine>,
    options: &Options,
    supervisor: &Connection,
) -> Result<JoinHandle<u64>> {
    let core = options.core;
    let (say, hear) = mpsc::channel();
    let hot = std::thread::Builder::new()
        .name("rg-hot".to_string())
        .spawn(move || {
            let _ = say.send(core.map_or(Ok(()), affinity::pin));
            drop(say);
            hot_loop.run()
        })
        .map_err(|e| Error::new(format!("start the hot thread: {e}")))?;
    if let Ok(Err(warning)) = hear.recv() {
        Wire::new(Word::Warning).with_text(warning).send(supervisor)?;
    }
    Ok(hot)
}
