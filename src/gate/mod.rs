//! Decode → plan → checks → reserve → verdict. Pure: no I/O, no allocation, no clock.

pub mod outcome;
