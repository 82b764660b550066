//! The steps of a registration, and who is told about them.

use serde::Serialize;

/// How far a registration has come. Steps are reported in this order, each after it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// All artefacts of the batch are in the store.
    ArtifactsStored,
    /// Every stored file was hashed again.
    ArtifactsVerified,
    /// All rows are written, and nobody else can see them yet.
    InTransaction,
    /// The rows are visible: from here on the registration has happened.
    Committed,
    /// The pointer files say the same as the database.
    PointersPublished,
}

impl Step {
    /// All steps in order.
    pub const ALL: [Self; 5] = [
        Self::ArtifactsStored,
        Self::ArtifactsVerified,
        Self::InTransaction,
        Self::Committed,
        Self::PointersPublished,
    ];
}

/// Is told each step of a registration. A registration that has nothing to write skips the middle two.
pub trait Observer: Send + Sync {
    /// `step` is done.
    fn done(&self, step: Step);
}

impl<F: Fn(Step) + Send + Sync> Observer for F {
    fn done(&self, step: Step) {
        self(step);
    }
}

/// Nobody is told.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unobserved;

impl Observer for Unobserved {
    fn done(&self, _: Step) {}
}
