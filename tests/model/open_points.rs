//! Where the machine does less than the specification says, or something else: one switch each.
//!
//! The reference knows both; a switch is turned when the machine is, and then goes away. Nothing
//! here changes what an enforced limit accepts or rejects.

/// A mass cancel marks what it names as being cancelled, as a cancel does.
pub const MASS_CANCEL_MARKS: bool = false;

/// Shares of live equity or of the gross book are watched in all buckets at every input, not only
/// in the bucket that the input touches.
pub const SHARES_WATCHED: bool = false;
