//! Where the machine does less than the specification says, or something else: one switch each.
//!
//! The reference knows both; a switch is turned when the machine is, and then goes away. Nothing
//! here changes what an enforced limit accepts or rejects.

/// A mass cancel marks what it names as being cancelled, as a cancel does.
pub const MASS_CANCEL_MARKS: bool = false;

/// A fill alerts also if its account is killed through a node above it (not only by a kill of the
/// account itself or of the firm).
pub const KILL_ALERTS_FROM_ABOVE: bool = true;

/// A what-if revalues its instrument for good, though it should touch nothing.
pub const WHAT_IF_REVALUES: bool = false;

/// `max_long` and `max_short` for all instruments, and `sector_concentration`, speak up again
/// when they are replaced by a limit that is also exceeded, as all other limits do.
pub const ROWS_SPEAK_AGAIN: bool = true;

/// Price collars have soft thresholds where set.
pub const COLLAR_SOFT: bool = true;

/// A breach of a `wash_trade` row whose action latches does latch the row's node.
pub const WASH_LATCH: bool = true;

/// Shares of live equity or of the gross book are watched in all buckets at every input, not only
/// in the bucket that the input touches.
pub const SHARES_WATCHED: bool = false;
