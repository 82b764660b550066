//! Whether requests still look like the rows a model was trained on.
//!
//! The reference is the bundle's `reference.json`; the window holds what was asked lately. Rows of a machine
//! follow each other closely, so the test counts what a window is worth, not how many rows it has
//! (`autocorrelation`). `docs/drift.md` has the method, its sources and its measured error rates.

pub(crate) mod assessment;
pub(crate) mod autocorrelation;
pub(crate) mod check;
pub(crate) mod feature;
pub(crate) mod holm;
pub(crate) mod kolmogorov;
#[cfg(test)]
mod levels;
pub(crate) mod monitor;
pub(crate) mod psi;
pub(crate) mod sensors;
pub(crate) mod sketch;
pub(crate) mod window;
