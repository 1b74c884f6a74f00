//! How lanes come to the hot thread and leave it, without a lock and without a system call.
//!
//! ```text
//!   helper                                   hot thread
//!   puts a mapped lane into `inbox`, rings -> takes it, says `serving`
//!   asks for `close`, rings ---------------> takes it out of service, puts it into `outbox`
//!   takes it from `outbox`, unmaps it
//! ```
//! The hot thread looks at one word per sweep (the bell) and at the doors only when it changed. It
//! never frees a lane: what it gets, it gives back.

use crate::shm::lane::GateLane;
use crate::sync::{AtomicBool, AtomicU32, AtomicU64, BoxCell, Ordering};

/// A lane on its way, with who is at the other end.
pub struct Visitor {
    /// The engine's end.
    pub lane: GateLane,
    /// User of the client, by the kernel.
    pub uid: u32,
    /// Process of the client, by the kernel.
    pub pid: u32,
}

/// One lane's door.
#[derive(Default)]
struct Door {
    inbox: BoxCell<Visitor>,
    outbox: BoxCell<Visitor>,
    close: AtomicBool,
    /// Session that is served, 0 for none.
    serving: AtomicU32,
}

/// All doors, one per lane of the configuration.
pub struct Doors {
    bell: AtomicU64,
    stop: AtomicBool,
    doors: Box<[Door]>,
}

impl Doors {
    /// Doors for `lanes` lanes.
    pub fn new(lanes: usize) -> Doors {
        Doors {
            bell: AtomicU64::new(0),
            stop: AtomicBool::new(false),
            doors: (0..lanes).map(|_| Door::default()).collect(),
        }
    }

    fn ring(&self) {
        // SYNC door.bell: Release, pairs with the Acquire in Doors::bell. What was put into a door
        // is there for whoever hears the bell.
        self.bell.fetch_add(1, Ordering::Release);
    }

    /// Helper: brings a lane.
    pub fn bring(&self, visitor: Box<Visitor>) {
        let lane = visitor.lane.params.lane as usize;
        self.doors[lane].inbox.put(visitor);
        self.ring();
    }

    /// Helper: wants the lane back.
    pub fn ask_close(&self, lane: u32) {
        // SYNC door.close: Release, pairs with the Acquire in Doors::take_close. A lane that was
        // brought before is in its inbox for whoever sees that it is asked back.
        self.doors[lane as usize].close.store(true, Ordering::Release);
        self.ring();
    }

    /// Helper: which session of the lane is served, 0 for none.
    pub fn serving(&self, lane: u32) -> u32 {
        // SYNC door.serving: Acquire, pairs with the Release in Doors::set_serving.
        self.doors[lane as usize].serving.load(Ordering::Acquire)
    }

    /// Helper: takes a lane that is out of service.
    pub fn collect(&self, lane: u32) -> Option<Box<Visitor>> {
        self.doors[lane as usize].outbox.take()
    }

    /// Helper: asks the hot thread to end.
    pub fn ask_stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
        self.ring();
    }

    /// Hot thread: has anything changed? Compare with what it was.
    #[inline(always)]
    pub fn bell(&self) -> u64 {
        // SYNC door.bell: Acquire, pairs with the Release in Doors::ring.
        self.bell.load(Ordering::Acquire)
    }

    /// Hot thread: is it asked to end?
    pub fn stop_asked(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Hot thread: takes a new lane.
    pub fn take(&self, lane: u32) -> Option<Box<Visitor>> {
        self.doors[lane as usize].inbox.take()
    }

    /// Hot thread: is the lane asked back? Look before [`Doors::take`].
    pub fn take_close(&self, lane: u32) -> bool {
        let door = &self.doors[lane as usize];
        // SYNC door.close: Acquire, pairs with the Release in Doors::ask_close.
        let asked = door.close.load(Ordering::Acquire);
        if asked {
            door.close.store(false, Ordering::Relaxed);
        }
        asked
    }

    /// Hot thread: says which session it serves.
    pub fn set_serving(&self, lane: u32, session: u32) {
        // SYNC door.serving: Release, pairs with the Acquire in Doors::serving.
        self.doors[lane as usize].serving.store(session, Ordering::Release);
    }

    /// Hot thread: gives a lane back.
    pub fn give_back(&self, visitor: Box<Visitor>) {
        let lane = visitor.lane.params.lane as usize;
        self.doors[lane].outbox.put(visitor);
    }

    /// Number of doors.
    pub fn lanes(&self) -> u32 {
        self.doors.len() as u32
    }
}
