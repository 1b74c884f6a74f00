//! Where the machine does less than the specification says: one switch each.
//!
//! The reference knows both; a switch is turned when the machine is, and then goes away. Nothing
//! here changes what an enforced limit accepts or rejects.

/// Shares of live equity or of the gross book are watched in all buckets at every input, not only
/// in the bucket that the input touches.
pub const SHARES_WATCHED: bool = false;
