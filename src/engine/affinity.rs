//! Pins the hot thread to its core. It never changes priorities or other threads.

use core_affinity::CoreId;

/// Pins the calling thread to a core. What is wrong is a text for the start-up messages: the gate
/// runs on, only its tails suffer.
pub fn pin(core: usize) -> Result<(), String> {
    if core_affinity::set_for_current(CoreId { id: core }) {
        return Ok(());
    }
    let have = core_affinity::get_core_ids().unwrap_or_default();
    let ids: Vec<String> = have.iter().map(|c| c.id.to_string()).collect();
    Err(format!(
        "the engine could not be pinned to core {core}; this process may use: {}",
        ids.join(", ")
    ))
}
