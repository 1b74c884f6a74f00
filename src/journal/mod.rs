//! The journal: every input with its outcome, in order, before anybody hears of it.
//!
//! | file | holds |
//! |---|---|
//! | [`record`], [`body`] | the 256-byte record: format, encoding, total decoding |
//! | [`codec`], [`image`] | commands, limits and the whole `Setup` as bytes |
//! | [`ring`], [`cursor`] | the ring on tmpfs between engine, recorder and followers |
//! | [`writer`] | what the hot thread calls: one append for each input |

pub mod body;
pub mod codec;
pub mod cursor;
pub mod image;
pub mod record;
pub mod ring;
pub mod writer;
