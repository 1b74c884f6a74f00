//! The gate as processes: supervisor, engine and recorder, and what they need from the system.
//!
//! | file | holds |
//! |---|---|
//! | [`options`] | what `riskgate run` may be told, and how children are told it |
//! | [`hot`], [`serve`] | the hot thread: its loop, and one lane's share of a sweep |
//! | [`door`] | how lanes come to the hot thread and leave it |
//! | [`helper`] | the engine's cold thread: makes, maps and unmaps lanes |
//! | [`process`], [`recorder_process`] | the children's main functions |
//! | [`supervisor`] | the parent: rendezvous, children, questions |
//! | [`wire`] | what supervisor and engine say to each other |
//! | [`affinity`], [`failstop`], [`frozen_alloc`], [`inherit`], [`os`] | the operating system |
//!
//! Nothing outside the hot thread ever touches the state machine or the journal ring.

pub mod affinity;
pub mod door;
pub mod failstop;
pub mod frozen_alloc;
pub mod helper;
pub mod hot;
pub mod inherit;
pub mod options;
pub mod os;
pub mod process;
pub mod recorder_process;
pub mod recovery;
pub mod run;
pub mod serve;
pub mod state_dir;
pub mod supervisor;
pub mod wire;
