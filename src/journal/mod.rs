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
//! | [`groups`], [`follow`], [`replay`] | inputs put together; the state machine fed with them, recorded or decided again |

pub mod body;
pub mod codec;
pub mod cursor;
pub mod disk;
pub mod follow;
pub mod groups;
pub mod image;
pub mod reader;
pub mod record;
pub mod recorder;
pub mod replay;
pub mod ring;
pub mod segment;
mod trading;
pub mod writer;

/// The formats of record and segment file in words: the heads of the files that implement them.
pub fn format_text() -> String {
    let heads = [include_str!("record.rs"), include_str!("segment.rs"), include_str!("ring.rs")];
    let mut text = String::new();
    for head in heads {
        for line in head.lines().take_while(|line| line.starts_with("//!")) {
            let line = line.trim_start_matches("//!");
            text.push_str(line.strip_prefix(' ').unwrap_or(line));
            text.push('\n');
        }
        text.push('\n');
    }
    text
}
