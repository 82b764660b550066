//! What the server sees of itself: counts and times, drift of what it is asked, and its logs.
//!
//! Nothing here can hold up a request. Counters are atomics, the drift window is filled only when its lock
//! is free, and the payload log drops what its writer cannot keep up with; each loss is counted.

pub(crate) mod drift;
pub(crate) mod drift_metrics;
pub(crate) mod exposition;
pub(crate) mod histogram;
pub(crate) mod kinds;
pub(crate) mod logging;
pub(crate) mod metrics;
pub(crate) mod model_metrics;
pub(crate) mod payload;
pub(crate) mod process;
pub(crate) mod route_metrics;
pub(crate) mod settings;
