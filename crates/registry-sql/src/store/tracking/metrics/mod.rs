//! Metrics: every value that was logged, and the latest of each.

mod history;
mod log;
mod sample;

pub(super) use log::log_all;
