//! Answers to clients' questions: names from the configuration, open orders and positions from the
//! follower. The engine is never asked.

use std::collections::HashMap;
use std::sync::mpsc::{self, TryRecvError};
use std::time::Instant;

use super::{Supervisor, warn};
use crate::abi::rendezvous::*;
use crate::engine::supervisor::follower::{ANSWER_TIMEOUT, Answer, Question};
use crate::error::Result;
use crate::shm::message::*;
use crate::state::setup::Setup;

/// Names to ids.
pub(super) struct Names {
    instruments: HashMap<String, u32>,
    accounts: HashMap<String, u32>,
}

impl Names {
    pub(super) fn new(setup: &Setup) -> Names {
        let index = |(i, name): (usize, &String)| (name.clone(), i as u32);
        Names {
            instruments: setup
                .instruments
                .iter()
                .map(|i| &i.symbol)
                .enumerate()
                .map(index)
                .collect(),
            accounts: setup.accounts.iter().map(|a| &a.name).enumerate().map(index).collect(),
        }
    }
}

fn head(status: u32) -> AnswerHeader {
    AnswerHeader { magic: ANSWER_MAGIC, status, ..AnswerHeader::default() }
}

fn single(header: AnswerHeader) -> Vec<Vec<u8>> {
    vec![encode_answer(&header)]
}

/// Items in as many messages as they need; at least one.
fn list<T>(
    items: &[T],
    item_bytes: usize,
    journal_seq: u64,
    encode: impl Fn(&T, &mut Vec<u8>),
) -> Vec<Vec<u8>> {
    let chunks: Vec<&[T]> =
        if items.is_empty() { vec![&[]] } else { items.chunks(ANSWER_ITEMS_MAX).collect() };
    let last = chunks.len() - 1;
    let message = |(i, chunk): (usize, &&[T])| {
        let mut bytes = encode_answer(&AnswerHeader {
            count: chunk.len() as u32,
            item_bytes: item_bytes as u32,
            more: u32::from(i < last),
            journal_seq,
            ..head(status::OK)
        });
        chunk.iter().for_each(|item| encode(item, &mut bytes));
        bytes
    };
    chunks.iter().enumerate().map(message).collect()
}

impl Supervisor {
    /// The messages that answer a query of a lane's client, or of the feed handler (no lane).
    pub(super) fn answer(&mut self, query: &Query, lane: Option<u32>) -> Reply {
        if let (query::OUTSTANDING | query::POSITIONS, Some(lane)) = (query.kind, lane) {
            return self.state_answer(query.kind, lane);
        }
        Reply::Now(self.answer_now(query))
    }

    fn answer_now(&self, query: &Query) -> Vec<Vec<u8>> {
        let id = |id: Option<&u32>| match id {
            Some(id) => single(AnswerHeader { id: *id, ..head(status::OK) }),
            None => single(head(status::NOT_FOUND)),
        };
        match query.kind {
            query::INSTRUMENT => id(self.names.instruments.get(&unpad(&query.name))),
            query::ACCOUNT => id(self.names.accounts.get(&unpad(&query.name))),
            query::NODE_NAME => match self.setup.accounts.get(query.arg as usize) {
                Some(account) => {
                    let name: [u8; NAME_BYTES] = pad(&account.name);
                    let mut bytes = encode_answer(&AnswerHeader {
                        count: 1,
                        item_bytes: NAME_BYTES as u32,
                        id: query.arg,
                        ..head(status::OK)
                    });
                    bytes.extend(name);
                    vec![bytes]
                }
                None => single(head(status::NOT_FOUND)),
            },
            query::OUTSTANDING | query::POSITIONS => single(head(status::NOT_PERMITTED)),
            _ => single(head(status::PROTOCOL)),
        }
    }

    fn state_answer(&mut self, kind: u16, lane: u32) -> Reply {
        let question =
            if kind == query::OUTSTANDING { Question::Outstanding } else { Question::Positions };
        let Some(follower) = &self.follower else {
            return Reply::Now(single(head(status::GATE_DOWN)));
        };
        match follower.ask(question, lane) {
            Ok(answer) => Reply::Later(Later { answer, since: Instant::now() }),
            Err(error) => Reply::Now(unanswered(error)),
        }
    }
}

/// The messages that answer a question.
pub(super) enum Reply {
    /// Here they are.
    Now(Vec<Vec<u8>>),
    /// The follower makes them; nobody waits for it.
    Later(Later),
}

/// An answer that the follower is making.
pub(super) struct Later {
    answer: mpsc::Receiver<Result<Answer>>,
    since: Instant,
}

impl Later {
    /// The messages, once they are there, or why there will be none.
    pub(super) fn take(&self) -> Option<Vec<Vec<u8>>> {
        match self.answer.try_recv() {
            Ok(Ok(Answer::Outstanding(seq, items))) => {
                Some(list(&items, OUTSTANDING_BYTES, seq, encode_outstanding))
            }
            Ok(Ok(Answer::Positions(seq, items))) => {
                Some(list(&items, POSITION_BYTES, seq, encode_position))
            }
            Ok(Err(error)) => Some(unanswered(error)),
            Err(TryRecvError::Disconnected) => Some(unanswered("the follower is gone")),
            Err(TryRecvError::Empty) if self.since.elapsed() > ANSWER_TIMEOUT => {
                let seconds = ANSWER_TIMEOUT.as_secs();
                Some(unanswered(format!("the follower lags more than {seconds} s")))
            }
            Err(TryRecvError::Empty) => None,
        }
    }
}

fn unanswered(why: impl std::fmt::Display) -> Vec<Vec<u8>> {
    warn(&format!("a question about the state is not answered: {why}"));
    single(head(status::RESOURCES))
}
