//! Answers to clients' questions: names from the configuration, open orders and positions from the
//! follower. The engine is never asked.

use std::collections::HashMap;

use super::{Supervisor, warn};
use crate::abi::rendezvous::*;
use crate::engine::supervisor::follower::{Answer, Question};
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
    pub(super) fn answer(&mut self, query: &Query, lane: Option<u32>) -> Vec<Vec<u8>> {
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
            query::OUTSTANDING | query::POSITIONS => match lane {
                Some(lane) => self.state_answer(query.kind, lane),
                None => single(head(status::NOT_PERMITTED)),
            },
            _ => single(head(status::PROTOCOL)),
        }
    }

    fn state_answer(&mut self, kind: u16, lane: u32) -> Vec<Vec<u8>> {
        let question =
            if kind == query::OUTSTANDING { Question::Outstanding } else { Question::Positions };
        let Some(follower) = &self.follower else { return single(head(status::GATE_DOWN)) };
        match follower.ask(question, lane) {
            Ok(Answer::Outstanding(seq, items)) => {
                list(&items, OUTSTANDING_BYTES, seq, encode_outstanding)
            }
            Ok(Answer::Positions(seq, items)) => list(&items, POSITION_BYTES, seq, encode_position),
            Err(error) => {
                warn(&format!("a question about the state is not answered: {error}"));
                single(head(status::RESOURCES))
            }
        }
    }
}
