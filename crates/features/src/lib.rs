//! From raw columns to feature vectors, with nothing learned on the way.
//!
//! Row arithmetic is written once, as a formula in the pipeline file. The trainer evaluates the formula
//! here; the exporter lowers the same [`Expr`] into the model's graph, so the server computes it too.
//! Numbers stay in double precision up to one place, the end of a formula, where they become `f32`.
//!
//! Signals become feature vectors in [`vibration`] and [`audio`], in the trainer and in the server alike: [`Signal`]
//! is what a bundle's recipe says of them.

pub mod audio;
mod error;
mod expr;
mod matrix;
mod parse;
mod recipe;
pub mod reference;
mod signal;
mod sums;
pub mod vibration;
pub mod windows;

pub use error::FeatureError;
pub use expr::Expr;
pub use matrix::Matrix;
pub use parse::parse;
pub use recipe::{DerivedSpec, Feature, RawInput, RawKind, Recipe, RecipePlan};
pub use signal::{Recording, RecordingError, Signal};
