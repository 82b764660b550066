//! Anomaly detection in clips of sound: machines of a type, each with an id, recorded under several ratios
//! of signal to noise.
//!
//! A detector learns from normal clips of one machine and answers one score per clip. Three things make
//! published figures too good, and each has its place here:
//!
//! - The versions of one recording under several ratios are one recording, and a split is one of recordings
//!   ([`split_clips`]); a recording on two sides is an error.
//! - Anything chosen by the test clips flatters: thresholds come from normal clips held out from training
//!   ([`alarm_level`]), and how to summarise a machine's clips from training clips alone ([`choose`]).
//! - Clips are not machines: rates count clips, intervals draw recordings (or whole sessions, where they are
//!   known), and the mean over ids stands beside the worst id ([`judge_sound`]).
//!
//! [`supervised_trap`] shows what labels and a random split would have promised.

mod alarm;
mod auc;
mod choice;
mod clip;
mod error;
mod gate;
mod judge;
mod pool;
mod split;
mod summary;
mod trap;
mod units;

#[cfg(test)]
mod tests;

pub use alarm::{AlarmLevel, AlarmRates, alarm_level};
pub use auc::{Difference, Measure, paired_difference};
pub use choice::{Candidate, Choice, Ground, TrainingClips, choose};
pub use clip::{Clip, Place, ScoredClip, ScoredTask, Side};
pub use error::SoundError;
pub use gate::{SoundEvidence, SoundPolicy, decide_sound};
pub use judge::{Protocol, SoundJudgement, TaskJudgement, judge_sound};
pub use pool::{ClipScore, clip_scores};
pub use split::{IdSplit, Origin, Splitting, one_side_per_recording, split_clips};
pub use summary::{Summary, Worst};
pub use trap::{TrapIds, supervised_trap};
pub use units::Unit;
