//! Requests, read strictly: no key twice, no field unknown, nothing padded, and nothing read that is
//! larger than it may be.

mod csv;
#[cfg(test)]
mod fuzz;
mod given;
mod grid;
mod guide;
mod invocation;
mod json;
mod once;
mod recording;
mod table;
mod tensors;

pub(crate) use given::Given;
pub(crate) use grid::Grid;
pub(crate) use guide::{Asked, Predict};
pub(crate) use invocation::{Format, Payload, invocation};
pub(crate) use json::parse;
pub(crate) use once::Text;
pub(crate) use table::{Rows, Table};
pub(crate) use tensors::Infer;

/// Cells of the largest batch.
pub(crate) const MAX_CELLS: usize = 1 << 20;
