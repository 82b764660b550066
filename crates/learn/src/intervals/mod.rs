//! How sure a number is, and whether two numbers differ.
//!
//! Every interval is an [`Interval`]: the plain [`Estimate`](gauntlet_core::Estimate) with the method that
//! made it. Which method is right depends on what is counted:
//!
//! | number | unit of independence | method |
//! | --- | --- | --- |
//! | a metric of test rows | groups, 20 or more | BCa bootstrap over groups (Efron 1987) |
//! | a metric of test rows | fewer groups | percentile bootstrap over groups |
//! | a share of events | events | Clopper-Pearson, exact |
//! | a mean over cross-validation folds | overlapping folds | corrected t (Nadeau and Bengio 2003) |
//! | two sets of decisions on the same rows | rows | McNemar's test |
//!
//! Below 20 groups the acceleration of BCa, a skewness of as many values, is noise. Below 10 events no
//! bootstrap carries a claim: count the events and use the exact interval.

mod bca;
mod bootstrap;
mod corrected;
mod interval;
mod mcnemar;
mod proportion;
mod resample;

pub(crate) use bootstrap::intervals_of;

pub use bca::bca_interval;
pub use bootstrap::{BCA_GROUPS, bootstrap_interval, bootstrap_intervals};
pub use corrected::{Comparison, corrected_comparison, corrected_comparisons, corrected_interval};
pub use interval::{Interval, IntervalError, Method};
pub use mcnemar::{Discordant, mcnemar_chi_square, mcnemar_exact, mcnemar_mid_p};
pub use proportion::clopper_pearson;
pub use resample::resample;
