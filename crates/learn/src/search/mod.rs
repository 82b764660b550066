//! Hyperparameter search: random search and successive halving over a typed space.
//!
//! A search sees training rows only, so it can stand inside any outer fold: what it fits and scores are
//! folds of the rows it is given. Trial 0 is the pipeline file's own choice. Every value of a trial is a
//! function of the seed, the trial and the name of its dimension, and every finished trial is written to
//! a journal, so a search that was interrupted goes on where it stopped and ends as if it had not been.

mod error;
mod journal;
mod objective;
mod rungs;
mod space;
mod spec;
mod tune;

pub use error::SearchError;
pub use journal::{Journal, Trial};
pub use objective::Objective;
pub use space::Dimension;
pub use spec::{Method, Search, SearchSpec};
pub use tune::{Tuned, tune};
