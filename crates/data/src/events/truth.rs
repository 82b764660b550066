//! What a simulator knows of its failures and no method may: the ceiling.

use serde::{Deserialize, Serialize};

/// How a simulated failure announces itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Not at all: nobody can foresee it but by chance.
    Abrupt,
    /// A few sensors leave their band half an hour to two hours ahead.
    Precursor,
    /// A few sensors drift for six hours to three days.
    Drift,
}

impl Mode {
    /// The mode's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Abrupt => "abrupt",
            Self::Precursor => "precursor",
            Self::Drift => "drift",
        }
    }

    /// Whether it can be foreseen at all.
    #[must_use]
    pub fn is_detectable(self) -> bool {
        self != Self::Abrupt
    }
}

/// A simulated failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrueEvent {
    /// When it happened, in milliseconds.
    pub at_ms: i64,
    /// How it announced itself.
    pub mode: Mode,
    /// From when on, in milliseconds; the failure's own time if it did not.
    pub onset_ms: i64,
    /// The sensors that showed it.
    pub sensors: Vec<String>,
}

/// `truth.json` beside a simulated file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Truth {
    /// The failures, in order of time.
    pub events: Vec<TrueEvent>,
}

impl Truth {
    /// The file's name.
    pub const FILE: &'static str = "truth.json";
}
