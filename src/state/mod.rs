//! What the gate knows: instruments, account tree, positions, open orders, own book, limits.
//!
//! [`State`] keeps every sum exact: whatever changes a row goes through [`State::set_sums`], which
//! changes the row's cells, its nodes and their tallies by the same difference; whatever is executed
//! or revalued goes through `day`.
//! Nothing here decides, does I/O, reads a clock, or allocates after [`State::new`].

pub mod basket;
pub mod calendar;
pub mod cash;
pub mod command;
pub mod counters;
pub mod day;
pub mod defaults;
pub mod dimension;
pub mod duplicates;
mod hash;
pub mod history;
pub mod index;
pub mod instruments;
pub mod lanes;
pub mod legs;
pub mod limit;
pub mod limits;
#[cfg(feature = "mutations")]
pub mod mutation;
pub mod orders;
pub mod own_book;
pub mod parents;
pub mod period;
pub mod permissions;
pub mod rows;
mod salt;
pub mod session;
pub mod setup;
pub mod shares;
mod structure;
pub mod tallies;
pub mod tree;
pub mod verify;
pub mod walks;
pub mod weights;
pub mod windows;

use crate::abi::codes::Check;
use crate::fixed::{Price, Rate};
use basket::BasketSums;
use calendar::Calendars;
use cash::Ledgers;
use day::DayBook;
use duplicates::{DUPLICATES_MAX, Duplicates};
use history::{Decided, Execution, Recent};
use index::{Index, NONE, pair};
use instruments::Instrument;
use lanes::Lane;
use legs::{LegTable, SpreadExecution};
use limit::{Latch, Limit};
use limits::LimitTable;
use orders::OrderTable;
use own_book::OwnBook;
use parents::ParentTable;
use permissions::Permissions;
use rows::{Cell, Row, Sums, Worth};
use session::Session;
use setup::{Setup, TREE_DEPTH_MAX};
use tallies::Tallies;
use tree::{Exposure, Node};
use walks::Walks;
use weights::Part;
use windows::{SPARE_WINDOWS, windows_of};

/// Own book sides of one row: two sides in continuous trading and in two auctions.
const SIDES_MAX: usize = 6;
/// Anchors for `price_walk` limits that are set while running, where the setup has none.
const WALKS_SPARE: usize = 1024;

/// Plants a mistake for a test that must notice it, named as `check:mistake`. `None`: this build can
/// make none; `Some(false)`: there is no such mistake.
pub fn plant_mistake(_text: &str) -> Option<bool> {
    #[cfg(feature = "mutations")]
    return Some(mutation::plant(_text));
    #[cfg(not(feature = "mutations"))]
    None
}

/// Everything that a decision depends on.
pub struct State {
    /// Instruments, by id.
    pub instruments: Vec<Instrument>,
    /// Account tree, by id.
    pub nodes: Vec<Node>,
    /// Lanes, by id.
    pub lanes: Vec<Lane>,
    /// Account × instrument rows.
    pub rows: Vec<Row>,
    row_index: Index,
    row_capacity: usize,
    /// What each row keeps of the day.
    pub days: Vec<DayBook>,
    /// Base per unit of each currency, 1e-9; 0: not known.
    pub rates: Vec<Rate>,
    /// Cash, where it is asked for.
    pub ledgers: Ledgers,
    /// Node × instrument cells.
    pub cells: Vec<Cell>,
    cell_index: Index,
    cell_capacity: usize,
    /// Limits.
    pub limits: LimitTable,
    /// Checks that count by themselves, of all limits ([`windows::COUNTED`]).
    pub counted: u128,
    /// The same of the limits of a node in one instrument.
    pub counted_in_cells: u128,
    /// The latest new orders, for `duplicate_order`.
    pub duplicates: Duplicates,
    /// Checks without which no order passes.
    pub required: u128,
    /// Open orders.
    pub orders: OrderTable,
    /// What the legs of open orders for spreads hold.
    pub legs: LegTable,
    /// Prices of the legs of each lane's executions of spreads.
    pub spread_executions: Recent<SpreadExecution>,
    /// Own resting prices.
    pub own_book: OwnBook,
    /// Parent orders.
    pub parents: ParentTable,
    /// Sums of the basket that is being decided.
    pub basket: BasketSums,
    /// Decided requests of each lane.
    pub decided: Recent<Decided>,
    /// Executions of each lane.
    pub executions: Recent<Execution>,
    /// Sums over groups of instruments.
    pub tallies: Tallies,
    /// Anchors of `price_walk`.
    pub walks: Walks,
    /// First moment (ns since 1970 UTC) at which a temporary limit ends; `u64::MAX`: there is none.
    pub next_revert_ns: u64,
    /// The whole firm is killed.
    pub firm_killed: bool,
    /// Killed venues, a bit each.
    pub venues_killed: u64,
    /// Killed sides, as [`tree::kill_bit`].
    pub sides_killed: u8,
    /// All markets are halted.
    pub all_markets_halted: bool,
    /// Halted markets (venue numbers), a bit each.
    pub markets_halted: u64,
    /// Trading calendars.
    pub calendars: Calendars,
    /// What nodes and lanes are granted.
    pub permissions: Permissions,
    /// Nanoseconds from the host's monotonic clock to 1970 UTC, as recorded at the start.
    pub wall_offset_ns: u64,
}

impl State {
    /// Builds the state of a setup that was verified. All memory is allocated here.
    pub fn new(setup: &Setup) -> State {
        let nodes = Node::all(setup);
        let lanes = Lane::all(setup, &nodes);
        let capacity = &setup.capacity;
        let positions = capacity.positions as usize;
        let orders = capacity.open_orders as usize;
        let lane_count = setup.lanes.len().max(1);
        let history = capacity.history as usize;
        let spread_lanes = if legs::has_spreads(setup) { lane_count } else { 0 };
        let cell_capacity = positions * 2 + capacity.limits as usize;
        let window_capacity = setup.limits.iter().map(windows_of).sum::<usize>() + SPARE_WINDOWS;
        let walk_capacity = match setup.limits.iter().any(|l| l.check == Check::PriceWalk) {
            true => positions,
            false => positions.min(WALKS_SPARE),
        };
        let mut state = State {
            instruments: Instrument::all(setup),
            nodes,
            lanes,
            rows: Vec::with_capacity(positions),
            row_index: Index::new(positions),
            row_capacity: positions,
            days: Vec::with_capacity(positions),
            rates: setup.currencies.iter().map(|c| c.rate.unwrap_or(0)).collect(),
            ledgers: Ledgers::new(setup),
            cells: Vec::with_capacity(cell_capacity),
            cell_index: Index::new(cell_capacity),
            cell_capacity,
            limits: LimitTable::new(capacity.limits as usize, window_capacity),
            counted: 0,
            counted_in_cells: 0,
            duplicates: Duplicates::new(orders.min(DUPLICATES_MAX), lane_count),
            required: setup.required.0,
            orders: OrderTable::new(orders),
            legs: LegTable::new(setup, orders),
            spread_executions: Recent::new(spread_lanes, history),
            own_book: OwnBook::new(orders * 2, positions * SIDES_MAX),
            parents: ParentTable::new(capacity.parents as usize, lane_count),
            basket: BasketSums::new(setup.accounts.len()),
            decided: Recent::new(lane_count, history),
            executions: Recent::new(lane_count, history),
            tallies: Tallies::new(setup),
            walks: Walks::new(walk_capacity, lane_count),
            next_revert_ns: u64::MAX,
            firm_killed: false,
            venues_killed: 0,
            sides_killed: 0,
            all_markets_halted: false,
            markets_halted: 0,
            calendars: Calendars::new(setup),
            permissions: Permissions::new(setup),
            wall_offset_ns: 0,
        };
        state.give_from(setup);
        for limit in &setup.limits {
            let limit = state.as_planted(limit);
            state.add_limit(&limit).expect("a verified setup fits its own capacity");
        }
        state
    }

    /// The limit itself; in test builds with the mistake that a test has planted.
    pub fn as_planted(&self, limit: &Limit) -> Limit {
        #[cfg(feature = "mutations")]
        let limit =
            &mutation::spoil(*limit, limit.node.is_some_and(|n| self.nodes[n as usize].interior));
        *limit
    }

    /// Is it a leaf of the account tree? Only leaves trade.
    pub fn is_account(&self, node: u32) -> bool {
        self.nodes.get(node as usize).is_some_and(|n| !n.interior)
    }

    /// Finds out which phase of its day an instrument is in, before an order in it is looked at.
    /// Only the calendar is turned; see [`State::session`].
    #[inline]
    pub fn see_session(&mut self, instrument: u32, wall_ns: u64) {
        let calendar = self.instruments[instrument as usize].calendar;
        if calendar != NONE {
            self.calendars.phase(calendar, wall_ns);
        }
    }

    /// The phase of an instrument's day, as of [`State::see_session`]: what a person said, or its
    /// calendar, or continuous trading.
    #[inline]
    pub fn session(&self, instrument: &Instrument) -> Session {
        match (instrument.session_override, instrument.calendar) {
            (Some(session), _) => session,
            (None, NONE) => Session::Continuous,
            (None, calendar) => self.calendars.latest(calendar),
        }
    }

    /// The row of an account in an instrument, or `NONE`.
    #[inline]
    pub fn find_row(&self, account: u32, instrument: u32) -> u32 {
        self.row_index.get(pair(account, instrument))
    }

    /// The cell of a node in an instrument, or `NONE`.
    #[inline]
    pub fn find_cell(&self, node: u32, instrument: u32) -> u32 {
        self.cell_index.get(pair(node, instrument))
    }

    /// Is there room for a row that an order needs? One sixteenth is kept for reports.
    pub fn has_row_room(&self) -> bool {
        let kept = self.row_capacity / 16;
        // A row makes at most a cell for each node of its path.
        self.rows.len() + kept < self.row_capacity
            && self.cells.len() + kept * 2 + TREE_DEPTH_MAX <= self.cell_capacity
    }

    /// Is there room for a row that a report needs?
    pub fn has_reserved_row_room(&self) -> bool {
        self.rows.len() < self.row_capacity
            && self.cells.len() + TREE_DEPTH_MAX <= self.cell_capacity
    }

    /// Makes the row of an account in an instrument. The caller holds the room.
    pub fn make_row(&mut self, account: u32, instrument: u32) -> u32 {
        let slot = self.rows.len() as u32;
        let i = &mut self.instruments[instrument as usize];
        let mut row = Row::empty(account, instrument, i.valuation_magnitude());
        row.next_of_instrument = i.first_row;
        i.first_row = slot;
        let path = self.nodes[account as usize].path;
        let depth = self.nodes[account as usize].depth;
        for (cell, node) in row.cells.iter_mut().zip(&path[..depth]) {
            *cell = self.cell_for(*node, instrument);
        }
        self.rows.push(row);
        self.days.push(DayBook::default());
        self.row_index.insert(pair(account, instrument), slot);
        slot
    }

    /// How many rows and cells there are, for [`State::forget_rows_since`].
    pub fn row_mark(&self) -> (usize, usize) {
        (self.rows.len(), self.cells.len())
    }

    /// Forgets the rows and cells that were made since a mark, as if they had never been. The caller
    /// has released everything that they held, and nothing else was made since.
    pub fn forget_rows_since(&mut self, (rows, cells): (usize, usize)) {
        while self.rows.len() > rows
            && let Some(row) = self.rows.pop()
        {
            debug_assert!(row.sums == Sums::default(), "a row that is forgotten is empty");
            self.days.pop();
            self.instruments[row.instrument as usize].first_row = row.next_of_instrument;
            self.row_index.remove(pair(row.account, row.instrument));
        }
        self.days.truncate(rows);
        while self.cells.len() > cells
            && let Some(cell) = self.cells.pop()
        {
            self.cell_index.remove(pair(cell.node, cell.instrument));
        }
    }

    /// The cell that a node keeps for an instrument, made if the node counts instruments by
    /// themselves and there is none. A leaf's own row serves as such a count.
    fn cell_for(&mut self, node: u32, instrument: u32) -> u32 {
        let found = self.find_cell(node, instrument);
        let n = &self.nodes[node as usize];
        if found != NONE || !n.tracks_instruments || !n.interior {
            return found;
        }
        self.make_cell(node, instrument)
    }

    /// What a node has in the instrument of a row: its cell's sums, or the row's own.
    #[inline]
    pub fn sums_at(&self, row: &Row, level: usize) -> Sums {
        match row.cells[level] {
            // No cell: the account itself, or a node that nobody below has traded for yet.
            NONE if level > 0 => Sums::default(),
            NONE => row.sums,
            cell => self.cells[cell as usize].sums,
        }
    }

    /// Changes a row's position and open orders, and every sum that contains it.
    pub fn set_sums(&mut self, slot: u32, after: Sums) {
        let row = &self.rows[slot as usize];
        let worth = after.worth(row.magnitude);
        let unit = self.instruments[row.instrument as usize].unit;
        let change = row.worth.change(&worth, unit);
        self.set_worth(slot, after, worth, &change);
    }

    /// [`State::set_sums`], where worth and change are known already.
    pub fn set_worth(&mut self, slot: u32, after: Sums, worth: Worth, change: &Exposure) {
        let row = &mut self.rows[slot as usize];
        let (before, worth_before) = (row.sums, row.worth);
        let account = row.account as usize;
        let instrument = &self.instruments[row.instrument as usize];
        let open = instrument.paid_value(worth.open_buys - row.worth.open_buys);
        let currency = instrument.currency;
        row.sums = after;
        row.worth = worth;
        for cell in row.cells.iter().filter(|c| **c != NONE) {
            self.cells[*cell as usize].sums.shift(&before, &after);
        }
        let depth = self.nodes[account].depth;
        let mut has_ledger = false;
        for level in 0..depth {
            let id = self.nodes[account].path[level] as usize;
            let node = &mut self.nodes[id];
            has_ledger |= node.ledger != NONE;
            node.exposure.add(change);
            node.open_orders = node.open_orders + after.open_orders - before.open_orders;
            if node.first_tally != NONE {
                let magnitude = row.magnitude;
                let was = Part { sums: &before, worth: &worth_before, magnitude };
                let is = Part { sums: &after, worth: &worth, magnitude };
                self.tallies.shift(node.first_tally, instrument, (&was, &is), change.gross);
            }
        }
        if has_ledger {
            self.move_open(account as u32, currency, open);
        }
    }

    /// Values everything in an instrument at a new mark.
    pub fn revalue(&mut self, instrument: u32, price: Price) {
        self.reweigh(instrument, |state| state.value_at(instrument, price));
    }

    fn value_at(&mut self, instrument: u32, price: Price) {
        let i = &mut self.instruments[instrument as usize];
        i.valuation = price;
        let (unit, currency) = (i.unit, i.currency);
        let magnitude = i.valuation_magnitude();
        let mut at = i.first_row;
        while at != NONE {
            let slot = at;
            let row = &mut self.rows[slot as usize];
            at = row.next_of_instrument;
            let account = row.account;
            let worth = row.sums.worth(magnitude);
            let change = row.worth.change(&worth, unit);
            let open = worth.open_buys - row.worth.open_buys;
            row.worth = worth;
            row.magnitude = magnitude;
            let open = self.instruments[instrument as usize].paid_value(open);
            self.move_open(account, currency, open);
            let gain = self.move_pnl_price(slot, price);
            for level in 0..self.nodes[account as usize].depth {
                let id = self.nodes[account as usize].path[level] as usize;
                self.nodes[id].pnl = self.nodes[id].pnl.plus(gain);
            }
            self.pass_up_exposure(account, &change);
        }
    }

    /// Adds to the exposures of an account and all above it.
    fn pass_up_exposure(&mut self, account: u32, change: &Exposure) {
        for level in 0..self.nodes[account as usize].depth {
            let id = self.nodes[account as usize].path[level] as usize;
            self.nodes[id].exposure.add(change);
        }
    }

    /// Latches a node, or one instrument at it if there is a cell for that; `All` is never weakened
    /// to `CloseOnly`. Returns whether that changed anything.
    pub fn latch(&mut self, node: u32, instrument: Option<u32>, latch: Latch) -> bool {
        let cell = instrument.map_or(NONE, |i| self.find_cell(node, i));
        let place = match self.cells.get_mut(cell as usize) {
            Some(cell) => &mut cell.latch,
            None => &mut self.nodes[node as usize].latch,
        };
        if *place == Some(latch) || *place == Some(Latch::All) {
            return false;
        }
        *place = Some(latch);
        true
    }

    /// Takes back what latched a node, and what latched single instruments at it; what it counts
    /// since it was last re-armed begins again.
    pub fn rearm(&mut self, node: u32) {
        self.nodes[node as usize].latch = None;
        self.nodes[node as usize].restart();
        for cell in self.cells.iter_mut().filter(|cell| cell.node == node) {
            cell.latch = None;
        }
        self.restart_counters(node);
    }
}
