//! The journal: every input with its outcome, in order, before anybody hears of it.
//!
//! | file | holds |
//! |---|---|
//! | [`record`], [`body`] | the 256-byte record: format, encoding, total decoding |
//! | [`codec`], [`image`] | commands, limits and the whole `Setup` as bytes |
//! | [`ring`], [`cursor`] | the ring on tmpfs between engine, recorder and followers |
//! | [`writer`] | what the hot thread calls: one append for each input |
//! | [`disk`], [`segment`], [`recorder`] | the recorder process: checksummed, sealed segment files |
//! | [`reader`] | reads segments back, cuts a torn tail, refuses everything else |

pub mod body;
pub mod codec;
pub mod cursor;
pub mod disk;
pub mod image;
pub mod reader;
pub mod record;
pub mod recorder;
pub mod ring;
pub mod segment;
pub mod writer;
