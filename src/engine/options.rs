//! What `riskgate run` may be told, and how the supervisor tells its children.
//!
//! Children get `key=value` words on their command line: they are the same binary, and a person
//! who looks at `ps` sees what an engine runs with.

use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::journal::recorder;

/// What the hot thread does when there is nothing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitStrategy {
    /// Spins: for a core of its own. Never calls the system.
    Spin,
    /// Yields its core to others: for tests and shared hosts.
    Yield,
    /// Sleeps about 50 µs at a time: for laptops.
    Park,
}

impl WaitStrategy {
    /// All strategies, with their names.
    pub const NAMES: [(WaitStrategy, &'static str); 3] = [
        (WaitStrategy::Spin, "spin"),
        (WaitStrategy::Yield, "yield"),
        (WaitStrategy::Park, "park"),
    ];

    /// The name.
    pub fn name(self) -> &'static str {
        WaitStrategy::NAMES.iter().find(|(w, _)| *w == self).map_or("?", |(_, name)| name)
    }

    /// The strategy of this name.
    pub fn from_name(name: &str) -> Result<WaitStrategy> {
        WaitStrategy::NAMES.iter().find(|(_, n)| *n == name).map(|(w, _)| *w).ok_or_else(|| {
            Error::new(format!("wait strategy {name}: it must be spin, yield or park"))
        })
    }
}

/// Time limits that hang together; which one fits depends on how isolated the host's cores are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile {
    /// How long an ACCEPT permits its order, ns.
    pub verdict_valid_ns: u64,
    /// Clients take the gate for down when its heartbeat is older, ns.
    pub heartbeat_stale_ns: u64,
    /// The supervisor kills an engine whose heartbeat is older, ns.
    pub stall_kill_ns: u64,
}

impl Profile {
    /// Shared or virtual hosts, laptops, tests.
    pub const SMALL_HOST: Profile = Profile {
        verdict_valid_ns: 10_000_000,
        heartbeat_stale_ns: 50_000_000,
        stall_kill_ns: 1_000_000_000,
    };
    /// Isolated cores.
    pub const PRODUCTION: Profile = Profile {
        verdict_valid_ns: 1_000_000,
        heartbeat_stale_ns: 5_000_000,
        stall_kill_ns: 250_000_000,
    };

    /// The profile of this name.
    pub fn from_name(name: &str) -> Result<Profile> {
        match name {
            "small-host" => Ok(Profile::SMALL_HOST),
            "production" => Ok(Profile::PRODUCTION),
            _ => Err(Error::new(format!("profile {name}: it must be small-host or production"))),
        }
    }
}

/// Everything that `riskgate run` may be told, beside the setup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Where lock, rendezvous socket, journal ring and statistics live; on tmpfs.
    pub state_dir: PathBuf,
    /// Where the recorder writes segment files; on a disk.
    pub journal_dir: PathBuf,
    /// Core of the hot thread.
    pub core: Option<usize>,
    /// What the hot thread does when there is nothing to do.
    pub wait: WaitStrategy,
    /// Time limits.
    pub profile: Profile,
    /// Slots of a lane's order ring.
    pub order_capacity: u32,
    /// Slots of a lane's verdict ring.
    pub verdict_capacity: u32,
    /// Most order slots that one lane may take in one sweep.
    pub orders_per_sweep: u32,
    /// Records of the journal ring, a power of two.
    pub journal_records: u64,
    /// Records of a journal segment file.
    pub segment_records: u64,
}

impl Options {
    /// Defaults for a small host.
    pub fn new(state_dir: PathBuf, journal_dir: PathBuf) -> Options {
        Options {
            state_dir,
            journal_dir,
            core: None,
            wait: WaitStrategy::Yield,
            profile: Profile::SMALL_HOST,
            order_capacity: 64,
            verdict_capacity: 64,
            orders_per_sweep: 16,
            journal_records: 1 << 16,
            segment_records: 1 << 16,
        }
    }

    /// Checks every number; the whole set is refused with value, bound and remedy.
    pub fn verify(&self) -> Result<()> {
        let lane = crate::shm::lane::LaneParams {
            epoch: 1,
            lane: 0,
            session: 1,
            order_capacity: self.order_capacity,
            verdict_capacity: self.verdict_capacity,
        };
        lane.verify()?;
        if !(1..=1024).contains(&self.orders_per_sweep) {
            return Err(Error::new(format!(
                "orders per sweep = {}: it must be from 1 to 1024",
                self.orders_per_sweep
            )));
        }
        let p = &self.profile;
        if p.verdict_valid_ns == 0
            || p.heartbeat_stale_ns < 1_000_000
            || p.stall_kill_ns <= p.heartbeat_stale_ns
        {
            return Err(Error::new(format!(
                "time limits: valid {} ns, stale {} ns, stall {} ns; valid must be above 0, stale \
                 at least 1 ms, and stall above stale",
                p.verdict_valid_ns, p.heartbeat_stale_ns, p.stall_kill_ns
            )));
        }
        Ok(())
    }

    /// The rendezvous socket.
    pub fn socket(&self) -> PathBuf {
        self.state_dir.join("gate.sock")
    }

    /// The statistics file.
    pub fn stats(&self) -> PathBuf {
        self.state_dir.join("stats")
    }

    /// How the recorder records.
    pub fn recorder(&self) -> recorder::Options {
        recorder::Options {
            segment_records: self.segment_records,
            ..recorder::Options::in_dir(&self.journal_dir)
        }
    }

    /// For a child's command line.
    pub fn to_words(&self) -> Vec<String> {
        let mut words = vec![
            format!("state_dir={}", self.state_dir.display()),
            format!("journal_dir={}", self.journal_dir.display()),
            format!("wait={}", self.wait.name()),
            format!("valid_ns={}", self.profile.verdict_valid_ns),
            format!("stale_ns={}", self.profile.heartbeat_stale_ns),
            format!("stall_ns={}", self.profile.stall_kill_ns),
            format!("order_capacity={}", self.order_capacity),
            format!("verdict_capacity={}", self.verdict_capacity),
            format!("orders_per_sweep={}", self.orders_per_sweep),
            format!("journal_records={}", self.journal_records),
            format!("segment_records={}", self.segment_records),
        ];
        words.extend(self.core.map(|core| format!("core={core}")));
        words
    }
}

/// The `key=value` words of a child's command line.
pub struct Words {
    pairs: Vec<(String, String)>,
}

impl Words {
    /// Splits them.
    pub fn parse(words: &[String]) -> Result<Words> {
        let pair = |word: &String| match word.split_once('=') {
            Some((key, value)) => Ok((key.to_string(), value.to_string())),
            None => Err(Error::new(format!(
                "{word}: not key=value; this command is started by `riskgate run` only"
            ))),
        };
        Ok(Words { pairs: words.iter().map(pair).collect::<Result<_>>()? })
    }

    fn find(&self, key: &str) -> Option<&str> {
        self.pairs.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
    }

    /// A text.
    pub fn text(&self, key: &str) -> Result<&str> {
        self.find(key).ok_or_else(|| {
            Error::new(format!("{key}= is missing; this command is started by `riskgate run` only"))
        })
    }

    /// A number.
    pub fn number<T: std::str::FromStr>(&self, key: &str) -> Result<T> {
        let text = self.text(key)?;
        text.parse().map_err(|_| Error::new(format!("{key}={text}: not a number in range")))
    }

    /// The options that [`Options::to_words`] wrote.
    pub fn options(&self) -> Result<Options> {
        Ok(Options {
            state_dir: self.text("state_dir")?.into(),
            journal_dir: self.text("journal_dir")?.into(),
            core: self.find("core").map(|_| self.number("core")).transpose()?,
            wait: WaitStrategy::from_name(self.text("wait")?)?,
            profile: Profile {
                verdict_valid_ns: self.number("valid_ns")?,
                heartbeat_stale_ns: self.number("stale_ns")?,
                stall_kill_ns: self.number("stall_ns")?,
            },
            order_capacity: self.number("order_capacity")?,
            verdict_capacity: self.number("verdict_capacity")?,
            orders_per_sweep: self.number("orders_per_sweep")?,
            journal_records: self.number("journal_records")?,
            segment_records: self.number("segment_records")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_options_are_inverse() {
        let mut options = Options::new("/run/gate".into(), "/var/j".into());
        for core in [None, Some(3)] {
            options.core = core;
            assert_eq!(Words::parse(&options.to_words()).unwrap().options().unwrap(), options);
        }
    }

    #[test]
    fn wrong_numbers_are_refused_with_their_bounds() {
        let good = Options::new("/a".into(), "/b".into());
        assert!(good.verify().is_ok());
        let text = |o: Options| o.verify().err().unwrap().to_string();
        assert!(text(Options { order_capacity: 100, ..good.clone() }).contains("power of two"));
        assert!(text(Options { verdict_capacity: 32, ..good.clone() }).contains("at least"));
        assert!(text(Options { orders_per_sweep: 0, ..good }).contains("1 to 1024"));
    }
}
