//! Steps in front of a model: imputation, scaling, projection and whitening,
//! fitted on the rows it is fitted on.
//!
//! A step computes in double precision and hands on `f32`, natively and in the graph alike, so a model
//! behind it sees the same bits in both.

mod fit;
mod lower;
mod project;
mod spec;

pub use fit::Front;
pub(crate) use fit::refuse_missing;
pub use spec::{FrontSpec, Impute, Projection, Scaling, Whitening};
