//! The messages, by subject.

mod artifacts;
mod common;
mod experiments;
mod inputs;
mod logged_models;
mod metrics;
mod model_versions;
mod registered_models;
mod runs;

pub use artifacts::*;
pub use common::*;
pub use experiments::*;
pub use inputs::*;
pub use logged_models::*;
pub use metrics::*;
pub use model_versions::*;
pub use registered_models::*;
pub use runs::*;
