//! One incarnation of the engine: its memory, its journal ring, its two processes.

use std::fs::File;
use std::os::fd::AsFd;
use std::path::Path;

use crate::clock;
use crate::engine::options::Options;
use crate::engine::state_dir;
use crate::engine::supervisor::child::Process;
use crate::engine::supervisor::say;
use crate::error::Result;
use crate::journal::reader::{Segment, segment_files};
use crate::journal::recorder;
use crate::journal::ring::RingPaths;
use crate::shm::gate_page::{self, GatePageParams, GatePageWriter};
use crate::shm::{marks, memfd};

/// An epoch: from the start of its engine to that engine's death.
pub struct Epoch {
    /// Its number.
    pub number: u32,
    /// The gate page's descriptor, for clients.
    pub page_file: File,
    /// Our mapping of the gate page: read its heartbeat, say FAILED for a dead engine.
    pub page: GatePageWriter,
    /// The mark table's descriptor, for the feed handler.
    pub marks_file: File,
    /// Ring and recorder's page.
    pub paths: RingPaths,
    /// The engine.
    pub engine: Process,
    /// The recorder.
    pub recorder: Process,
    /// The engine said so.
    pub ready: bool,
    /// Checks in a row that found the heartbeat too old.
    pub stalled_checks: u32,
}

/// Takes what earlier epochs left in their rings into the journal. Returns the number of the last
/// record and of the last epoch.
pub fn settle(options: &Options) -> Result<(u64, u32)> {
    if !options.journal_dir.exists() {
        state_dir::make(&options.journal_dir)?;
    }
    let mut epochs = left_rings(&options.state_dir)?;
    epochs.sort_unstable();
    for epoch in &epochs {
        let paths = RingPaths::in_dir(&options.state_dir, *epoch);
        if paths.cursor.exists() {
            let last = recorder::salvage(&paths, options.recorder(), clock::now_ns())?;
            say(&format!("journal of epoch {epoch} closed with record {last}"));
        }
        paths.remove()?;
    }
    let (last, torn) = recorder::close_directory(&options.journal_dir)?;
    if let Some(torn) = torn {
        say(&format!(
            "journal: {} was cut at record {} ({}); the tail is kept beside it",
            torn.path.display(),
            torn.seq,
            torn.why
        ));
    }
    let mut newest = epochs.last().copied().unwrap_or(0);
    if let Some(path) = segment_files(&options.journal_dir)?.last() {
        newest = newest.max(Segment::load(path)?.head.header.epoch);
    }
    Ok((last, newest))
}

fn left_rings(dir: &Path) -> Result<Vec<u32>> {
    let mut epochs = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let number = name.strip_prefix("journal-").and_then(|n| n.strip_suffix(".ring"));
        epochs.extend(number.and_then(|n| n.parse::<u32>().ok()));
    }
    Ok(epochs)
}

impl Epoch {
    /// Begins an epoch: memory, ring, recorder, engine. The journal was settled before.
    pub fn begin(options: &Options, setup_image: &[u8], instruments: u32) -> Result<Epoch> {
        let (last_seq, floor) = settle(options)?;
        let number = state_dir::next_epoch(&options.state_dir, floor)?;
        let paths = RingPaths::in_dir(&options.state_dir, number);
        paths.create(options.journal_records, last_seq + 1)?;
        let page_file = gate_page::create(GatePageParams {
            epoch: number,
            heartbeat_stale_ns: options.profile.heartbeat_stale_ns,
            verdict_valid_ns: options.profile.verdict_valid_ns,
        })?;
        let page = GatePageWriter::map(&page_file)?;
        let marks_file = marks::create(number, instruments)?;
        let setup_file = setup_file(setup_image)?;
        let mut words = options.to_words();
        words.push(format!("epoch={number}"));
        let recorder = Process::start("recorder", words.clone(), &[])?;
        let engine = Process::start(
            "engine",
            words,
            &[
                ("page_fd", page_file.as_fd()),
                ("marks_fd", marks_file.as_fd()),
                ("setup_fd", setup_file.as_fd()),
            ],
        )?;
        Ok(Epoch {
            number,
            page_file,
            page,
            marks_file,
            paths,
            engine,
            recorder,
            ready: false,
            stalled_checks: 0,
        })
    }

    /// The engine has mapped everything: nobody else becomes a writer of the gate page.
    pub fn seal(&mut self) -> Result<()> {
        gate_page::seal(&self.page_file)?;
        self.ready = true;
        Ok(())
    }

    /// Another recorder for the same ring, after the last one died.
    pub fn restart_recorder(&mut self, options: &Options) -> Result<()> {
        let mut words = options.to_words();
        words.push(format!("epoch={}", self.number));
        self.recorder = Process::start("recorder", words, &[])?;
        Ok(())
    }
}

/// The setup image as a sealed memory file, positioned at its beginning.
fn setup_file(image: &[u8]) -> Result<File> {
    use std::os::unix::fs::FileExt;
    let file = memfd::create("riskgate-setup", image.len())?;
    file.write_all_at(image, 0)?;
    memfd::seal(&file, memfd::SEAL_SIZE | memfd::SEAL_WRITE | memfd::SEAL_SEAL)?;
    Ok(file)
}
