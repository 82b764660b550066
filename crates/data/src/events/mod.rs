//! Sensors over time and the failures in between: the layout `timed_csv`.
//!
//! A descriptor ([`LogDescriptor`]) says how tables are written, which column is the time, which are sensors and how failures
//! are told: by a status column, by a column of 0 and 1, or by a list of times. [`load`] reads one file or many into one
//! [`Log`]; [`inspect`] writes a descriptor for tables that nobody has described yet.

mod clock;
mod descriptor;
mod error;
mod files;
mod grid;
pub mod inspect;
mod load;
mod log;
mod readme;
mod states;
mod table;
mod truth;

pub use clock::{Clock, show_time};
pub use descriptor::{
    Decimal, Failures, FileRule, GivenTime, Ignored, LAYOUT, Labels, LogDescriptor, Sensor,
    TimeSpec,
};
pub use error::EventsError;
pub use files::{Found, find};
pub use grid::Grid;
pub use load::load;
pub use log::{Event, Log, State};
pub use truth::{Mode, TrueEvent, Truth};
