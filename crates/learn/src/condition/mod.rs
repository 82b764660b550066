//! Onset of damage: alarms of a detector that watches machines, judged by event and not by row.
//!
//! A detector sees one channel of one bearing, snapshot by snapshot. What counts is what an operator would have
//! seen: whether each failed bearing was called, how long before its end, and how often a bearing that survived was
//! called. Rows are not events: a thousand right rows of one failure are one find. There is no point-adjust, which
//! turns noise into skill (Kim et al. 2022, AAAI).

mod gate;
mod judge;
mod naming;
mod threshold;
mod track;

pub use gate::{OnsetEvidence, decide_onset};
pub use judge::{Alarm, BearingOutcome, OnsetJudgement, Protocol, judge_onset};
pub use naming::{FaultBand, Named, name_fault};
pub use threshold::quiet_threshold;
pub use track::{Bearing, Track};
