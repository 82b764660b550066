//! What an operator does with a registry besides using it: look whether all is well, write down what happened,
//! clean up, keep a copy.

mod audit;
mod backup;
mod check;
mod gc;

pub use audit::{Audit, RecordedVerdict};
pub use backup::{Backup, restore};
pub use check::{Checked, Finding};
pub use gc::{Collected, Garbage};
