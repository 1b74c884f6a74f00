//! May it trade now (the part of family 2 beyond kills and latches): phases of the day, markets,
//! permissions.

use super::gate::{Mistake, Model};
use riskgate::state::limit::Limit;
use riskgate::state::session::Session;

impl Model {
    /// The time on the wall, ns since 1970 UTC.
    pub(super) fn wall_ns(&self) -> u64 {
        self.log.now_ns.wrapping_add(self.wall_offset_ns)
    }

    /// The phase of an instrument's day.
    pub(super) fn session(&self, _instrument: u32) -> Session {
        Session::Continuous
    }

    /// Does a limit hold in the present phase of an instrument's day?
    pub(super) fn in_session(&self, limit: &Limit, instrument: u32) -> bool {
        limit.sessions == 0
            || self.mistake == Mistake::SessionsIgnored
            || limit.sessions & self.session(instrument).bit() != 0
    }
}
