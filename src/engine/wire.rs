//! What supervisor and engine say to each other over their socket pair. Both are the same binary,
//! so the layout needs no version; it never reaches a client.

use crate::error::{Error, Result};
use crate::shm::message::{pad, unpad};
use crate::shm::socket::{Connection, Sent};

/// Bytes of a message.
pub const WIRE_BYTES: usize = 24 + TEXT_BYTES;
const TEXT_BYTES: usize = 360;

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Word {
    /// Supervisor: make lane `lane`, session `a`, for uid `b`, pid `c`.
    Open = 1,
    /// Engine: here are client region and gate region (descriptors), session `a`.
    Opened = 2,
    /// Supervisor: the client has mapped session `a`.
    Mapped = 3,
    /// Engine: session `a` is read from now on.
    Serving = 4,
    /// Supervisor: close session `a`.
    Close = 5,
    /// Engine: session `a` is closed and unmapped.
    Closed = 6,
    /// Engine: what was asked for session `a` failed; why is in the text.
    Failed = 7,
    /// Engine: ready; journal begins with record `seq`.
    Ready = 8,
    /// Supervisor: stop in good order.
    Stop = 9,
    /// Engine: stopped; the last record is `seq`.
    Stopped = 10,
    /// Engine: cannot start; why is in the text.
    CannotStart = 11,
    /// Engine or recorder: something a person should know, in the text.
    Warning = 12,
    /// Supervisor to recorder: the engine is gone; record what is in the ring, seal, end.
    Finish = 13,
}

impl Word {
    const ALL: [Word; 13] = [
        Word::Open,
        Word::Opened,
        Word::Mapped,
        Word::Serving,
        Word::Close,
        Word::Closed,
        Word::Failed,
        Word::Ready,
        Word::Stop,
        Word::Stopped,
        Word::CannotStart,
        Word::Warning,
        Word::Finish,
    ];
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wire {
    /// What it is.
    pub word: Word,
    /// The lane it is about.
    pub lane: u32,
    /// Session, or see [`Word`].
    pub session: u32,
    /// User of the client.
    pub uid: u32,
    /// Process of the client.
    pub pid: u32,
    /// Journal sequence.
    pub seq: u64,
    /// For people.
    pub text: String,
}

impl Wire {
    /// A message with nothing else in it.
    pub fn new(word: Word) -> Wire {
        Wire { word, lane: 0, session: 0, uid: 0, pid: 0, seq: 0, text: String::new() }
    }

    /// A message about a lane's session.
    pub fn lane(word: Word, lane: u32, session: u32) -> Wire {
        Wire { lane, session, ..Wire::new(word) }
    }

    /// With a text.
    pub fn with_text(self, text: impl std::fmt::Display) -> Wire {
        Wire { text: text.to_string(), ..self }
    }

    /// As bytes. `pid` and `uid` share their place with nothing; `seq` comes last.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(WIRE_BYTES + 8);
        for v in [self.word as u32, self.lane, self.session, self.uid, self.pid, 0] {
            out.extend(v.to_le_bytes());
        }
        out.extend(self.seq.to_le_bytes());
        out.extend(pad::<{ TEXT_BYTES - 8 }>(&self.text));
        out
    }

    /// The inverse.
    pub fn decode(bytes: &[u8]) -> Result<Wire> {
        let bad = || Error::new(format!("an internal message of {} bytes is broken", bytes.len()));
        if bytes.len() != WIRE_BYTES {
            return Err(bad());
        }
        let word =
            |i: usize| u32::from_le_bytes(bytes[i * 4..i * 4 + 4].try_into().expect("four bytes"));
        let kind = Word::ALL.into_iter().find(|w| *w as u32 == word(0)).ok_or_else(bad)?;
        Ok(Wire {
            word: kind,
            lane: word(1),
            session: word(2),
            uid: word(3),
            pid: word(4),
            seq: u64::from(word(6)) | (u64::from(word(7)) << 32),
            text: unpad(&bytes[32..]),
        })
    }

    /// Sends it. False: the other side is gone.
    pub fn send(&self, to: &Connection) -> Result<bool> {
        Ok(to.send(&self.encode())? != Sent::Closed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_inverse() {
        let wire = Wire {
            word: Word::Open,
            lane: 1,
            session: 2,
            uid: 3,
            pid: 4,
            seq: 1 << 40,
            text: "why".to_string(),
        };
        assert_eq!(wire.encode().len(), WIRE_BYTES);
        assert_eq!(Wire::decode(&wire.encode()).unwrap(), wire);
        assert!(Wire::decode(&[0; WIRE_BYTES]).is_err());
        assert!(Wire::decode(&[1; 3]).is_err());
    }
}
