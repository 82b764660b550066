//! Where the rows of a dataset come from. The two kinds never mix.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Real or simulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Measured by somebody, verified against its published digest or accepted by the user.
    Real,
    /// Drawn by one of our simulators.
    Simulated,
}

impl Origin {
    /// What a registered name carries at its end: nothing, or `_sim`.
    #[must_use]
    pub fn name_suffix(self) -> &'static str {
        match self {
            Self::Real => "",
            Self::Simulated => "_sim",
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Real => "real",
            Self::Simulated => "simulated",
        })
    }
}
