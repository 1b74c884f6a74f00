//! Where the machine does less than the specification says, or something else: one switch each.
//!
//! The reference knows both; a switch is turned when the machine is, and then goes away. Nothing
//! here changes what an enforced limit accepts or rejects.

/// Of several minima that an order is below, the largest is told: the most restrictive.
pub const LARGEST_MINIMUM_TOLD: bool = false;

/// Limits of several owners at one place have thresholds of their own each.
pub const OWNERS_HAVE_THRESHOLDS: bool = false;

/// Rows that only say what a check does (`lot_size`, `stale_mark`, ...) can be temporary as well.
pub const ROWS_END: bool = false;

/// With a temporary value's end its phase and action end as well.
pub const PHASES_END: bool = false;

/// A mass cancel marks what it names as being cancelled, as a cancel does.
pub const MASS_CANCEL_MARKS: bool = false;

/// Shares of live equity or of the gross book are watched in all buckets at every input, not only
/// in the bucket that the input touches.
pub const SHARES_WATCHED: bool = false;

/// What a late valuation alerts (an older mark, once the newer is too old) stands in the mask of the
/// order that brought it about, as its thresholds do.
pub const VALUATION_ALERTS: bool = false;
