//! How words travel between two processes: the stamped-slot ring and the sequence lock.
//!
//! Both work over any storage of atomic words, so that the model checker and plain tests use
//! heap memory and the gate uses shared memory. Neither knows what the words mean.

pub mod seqlock;
pub mod spsc;
