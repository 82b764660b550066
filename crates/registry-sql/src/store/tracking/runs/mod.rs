//! Runs: what is known of one, what belongs to it, and how they are searched.

mod create;
mod lifecycle;
mod model;
mod pages;
mod row;
mod search;
mod update;

pub(super) use row::{RunRow, active, find};

/// The tag that holds a run's name, as the column does.
pub(super) const NAME_TAG: &str = "mlflow.runName";
