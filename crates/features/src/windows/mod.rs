//! Causal rolling features of sensors that are read row after row.
//!
//! Everything here is a function of the last [`Recipe::history`] rows of one uninterrupted run of a machine: nothing
//! is fitted, and no later row and no earlier one can change a value. Medians and quartiles are order
//! statistics, and the moving average is summed anew for every row, so a server that is handed the last rows
//! computes the very bits that the trainer saw in the middle of a long file.
//!
//! Long windows are thinned to a fixed number of samples: a median of 96 readings that are half an hour apart says of
//! two days what one of all 2,880 does, at a thirtieth of the work.

mod ewma;
mod recipe;
mod rolling;
mod sensor;

pub use recipe::{Kind, Recipe, WindowError, Windows};
