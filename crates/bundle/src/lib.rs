//! The bundle: the immutable artefact that is trained once, judged, registered and served.
//!
//! Everything between a fitted model and an answer lives here, and nothing else does: a typed
//! [`graph`] builder that writes ONNX, an [`engine`] that runs exactly what the builder can write, and
//! the folder that carries both with its lineage. Trainer, judge and server link this one crate, so
//! the number in a report and the answer in production come from the same code.

mod answers;
pub mod engine;
mod error;
mod example;
pub mod explain;
mod files;
pub mod foreign;
pub mod graph;
mod mlmodel;
#[allow(missing_docs, clippy::all, unreachable_pub)]
#[rustfmt::skip]
pub mod onnx;
mod open;
mod pack;
mod predict;
mod proto;
mod size;
pub mod trees;

pub use answers::{
    AnomalyPrediction, Answer, Answers, ClassPrediction, Floats, Interval, Prediction,
    ValuePrediction,
};
pub use engine::{Engine, EngineError};
pub use error::BundleError;
pub use example::Tolerance;
pub use explain::{Explainer, Explanation, TreeShap};
pub use files::{FILES, MANIFEST};
pub use graph::{Graph, GraphError};
pub use open::{Bundle, Verified};
pub use pack::{Draft, Packed, Parts};
pub use predict::{PredictError, Predictor};
pub use size::ModelSize;
pub use trees::{Link, Node, Outputs, Tree, TreeEnsemble, TreeError};
