//! Contenders and baselines, compared on validation rows under one protocol.

mod cross_validate;
mod entry;

pub use cross_validate::{CrossValidation, Protocol, cross_validate};
pub use entry::{Entry, Learner, Scorer};
