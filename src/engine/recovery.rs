//! The state that an epoch begins with: what the journal has, applied without deciding again.
//!
//! A corrected build can so start from what an older one decided. The journal was settled before
//! (every ring drained and sealed), so there are only segment files. A configuration that differs
//! from the journal's is refused: nothing is guessed about positions in a changed world.

use std::path::Path;

use crate::error::{Error, Result};
use crate::journal::follow::Follower;
use crate::journal::image;
use crate::journal::reader::has_segments;
use crate::machine::Machine;
use crate::state::setup::Setup;

/// What this build writes into a START record.
pub const BUILD: &str = concat!("riskgate ", env!("CARGO_PKG_VERSION"));

/// What a journal directory gave back.
pub struct Recovered {
    /// The state after the last record.
    pub machine: Machine,
    /// Number of the last record; 0: there is no journal, the state is fresh.
    pub last_seq: u64,
    /// Inputs applied.
    pub inputs: u64,
    /// What a person should know.
    pub notes: Vec<String>,
}

/// Applies all segments of a directory. A directory without any is a fresh state.
pub fn recover(journal_dir: &Path, setup: &Setup) -> Result<Recovered> {
    let fresh = || -> Result<Recovered> {
        Ok(Recovered { machine: Machine::new(setup)?, last_seq: 0, inputs: 0, notes: Vec::new() })
    };
    if !journal_dir.exists() || !has_segments(journal_dir)? {
        return fresh();
    }
    let mut follower = Follower::new(BUILD);
    follower.read_segments(journal_dir)?;
    follower.cut()?;
    let progress = follower.progress().clone();
    if progress.setup_hash != image::hash(&image::encode(setup)) {
        return Err(Error::new(format!(
            "the journal in {} ends in epoch {} with another configuration than this one; taking \
             positions and open orders over into a changed configuration is not built yet: start \
             with the configuration of that epoch, or with an empty journal directory",
            journal_dir.display(),
            progress.epoch
        )));
    }
    let Some(machine) = follower.into_machine()? else { return fresh() };
    Ok(Recovered {
        machine,
        last_seq: progress.last_seq,
        inputs: progress.inputs,
        notes: progress.notes,
    })
}
