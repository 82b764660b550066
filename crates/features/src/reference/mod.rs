//! What a snapshot is compared with: the asset's own first hours, its recent past, and its neighbours on the shaft.
//!
//! A health indicator needs no labels: it asks how far a feature has moved from where it was while the machine was
//! new, whether the other bearings of the shaft moved with it (a restart, a change of load), and whether it moved
//! lately or drifts for weeks. The answers to these questions are numbers beside the features, named after them:
//!
//! | column | meaning |
//! | --- | --- |
//! | `rms` | the feature of this snapshot |
//! | `rms_baseline` | its median over the first hours |
//! | `rms_spread` | its robust spread there, of the logarithm: 0.01 is one per cent |
//! | `rms_recent` | its median over the recent past |
//! | `rms_shaft` | by which factor the median of the shaft's other bearings has changed since their first hours |
//! | `rms_shaft_spread` | robust spread, over the first hours, of the logarithm of own change over theirs |
//! | `rms_lead` | by which factor the one of them that changed most has changed |
//!
//! All of it is causal: nothing after a snapshot can change its row. No parameter is learned, so this is code that
//! the trainer and the server share; formulas in a pipeline file make an indicator of it.
//!
//! Baselines of the asset's own and relative to the shaft, with robust z-scores: common practice in condition
//! monitoring, for one ISO 13373-2; medians and MAD: Rousseeuw and Croux 1993.

mod columns;
mod spec;

pub use columns::{Channel, References, columns};
pub use spec::{ReferenceError, ReferenceSpec, suffixes};
