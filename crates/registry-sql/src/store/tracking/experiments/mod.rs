//! Experiments: named groups of runs.

mod create;
mod default;
mod lifecycle;
mod row;
mod search;
mod tags;

pub(super) use row::active;
