//! Pins the hot thread to its core and keeps everybody else of ours away from it.

#![allow(unsafe_code)]

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

/// The calling thread, and all threads and processes that it starts from now on, stay away from
/// the hot thread's core, if there is any other.
pub fn avoid(core: usize) {
    // SAFETY: `set` is live, zero is a valid cpu_set_t, and the size given is its own; CPU_CLR
    // ignores nothing but is only called for a core below CPU_SETSIZE.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        let bytes = size_of::<libc::cpu_set_t>();
        if libc::sched_getaffinity(0, bytes, &mut set) != 0 || core >= libc::CPU_SETSIZE as usize {
            return;
        }
        libc::CPU_CLR(core, &mut set);
        if libc::CPU_COUNT(&set) > 0 {
            // Without it the gate runs as well, only less quietly.
            libc::sched_setaffinity(0, bytes, &set);
        }
    }
}

/// The calling thread gives way to everybody else: for work that may lag.
pub fn give_way() {
    // SAFETY: numbers only; on Linux 0 is the calling thread.
    unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, 10) };
}
