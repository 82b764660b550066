//! Why clips cannot be split or judged.

use super::{Place, Side};

/// What is wrong with clips of sound.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SoundError {
    /// A recording that is learned from and judged on.
    #[error("recording `{recording}` of {machine} {id} is in both train and test")]
    TwoSides {
        /// The machine's type.
        machine: String,
        /// The machine.
        id: String,
        /// The recording.
        recording: String,
    },
    /// A recording that is called both normal and abnormal.
    #[error("recording `{recording}` of {machine} {id} is both normal and abnormal")]
    TwoLabels {
        /// The machine's type.
        machine: String,
        /// The machine.
        id: String,
        /// The recording.
        recording: String,
    },
    /// A clip that stands twice.
    #[error("{place} has recording `{recording}` twice")]
    Twice {
        /// Machine and ratio.
        place: Place,
        /// The recording.
        recording: String,
    },
    /// A side that the dataset gives for some clips of a machine only.
    #[error("{machine} {id}: {given} of {clips} clips have a side of their own; all or none must")]
    HalfGiven {
        /// The machine's type.
        machine: String,
        /// The machine.
        id: String,
        /// Clips with a side.
        given: usize,
        /// All clips.
        clips: usize,
    },
    /// An abnormal clip to learn from.
    #[error("{machine} {id}: abnormal recording `{recording}` is on the side that is learned from")]
    AbnormalTrain {
        /// The machine's type.
        machine: String,
        /// The machine.
        id: String,
        /// The recording.
        recording: String,
    },
    /// Too few recordings of a machine.
    #[error(
        "{machine} {id}: {normals} normal and {abnormals} abnormal recordings leave {left} to {side} on, \
         and {needed} are needed"
    )]
    Few {
        /// The machine's type.
        machine: String,
        /// The machine.
        id: String,
        /// Normal recordings.
        normals: usize,
        /// Abnormal recordings.
        abnormals: usize,
        /// What is left for the side.
        left: usize,
        /// The side.
        side: Side,
        /// What the side needs.
        needed: usize,
    },
    /// Sides that are not one per clip.
    #[error("{sides} sides for {clips} clips")]
    Sides {
        /// Sides.
        sides: usize,
        /// Clips.
        clips: usize,
    },
    /// Test clips of one kind only.
    #[error("{place} has {normals} normal and {abnormals} abnormal test clips: both are needed")]
    OneKind {
        /// Machine and ratio.
        place: Place,
        /// Normal clips.
        normals: usize,
        /// Abnormal clips.
        abnormals: usize,
    },
    /// A score that has no order.
    #[error("{place}: recording `{recording}` has the score {score}")]
    Score {
        /// Machine and ratio.
        place: Place,
        /// The recording.
        recording: String,
        /// Its score.
        score: f32,
    },
    /// Scores of other tasks where a difference is asked for.
    #[error("the two sets of scores are not of the same tasks")]
    OtherTasks,
    /// Scores of other clips where a difference is asked for.
    #[error("the two sets of scores are not of the same clips of {0}")]
    OtherClips(Place),
    /// A task that is judged twice.
    #[error("{0} stands twice among the tasks")]
    PlaceTwice(Place),
    /// Two candidates of one name.
    #[error("two candidates are called `{0}`")]
    Name(String),
    /// A setting outside its range.
    #[error("`{setting}` is {found}, it must be {expected}")]
    Setting {
        /// The setting.
        setting: &'static str,
        /// Its value.
        found: f64,
        /// The range.
        expected: &'static str,
    },
    /// Nothing to judge or to choose from.
    #[error("there are no {0}")]
    Empty(&'static str),
}
