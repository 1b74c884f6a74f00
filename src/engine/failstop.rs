//! Fail-stop: a broken invariant stops the engine, in production too, and clients see it at once.
//!
//! The hook says FAILED on the gate page, prints what broke, and aborts. Nothing unwinds, nothing
//! is tried again; the supervisor starts over from the journal.

use std::io::Write;

use crate::abi::gate_page::state;
use crate::engine::frozen_alloc;
use crate::shm::gate_page::GatePageWriter;

/// From now on, a panic anywhere in this process ends it in state FAILED.
pub fn install(page: GatePageWriter) {
    std::panic::set_hook(Box::new(move |info| {
        page.set_state(state::FAILED);
        // Printing allocates; the process is over anyway.
        frozen_alloc::thaw();
        let thread = std::thread::current();
        let name = thread.name().unwrap_or("?").to_string();
        let _ = writeln!(
            std::io::stderr(),
            "riskgate engine: STOPPED by a broken invariant in thread {name}: {info}\n\
             riskgate engine: every client sees FAILED; no order is approved; please report this"
        );
        std::process::abort();
    }));
}
