//! Who sits in a committee.

use serde::{Deserialize, Serialize};

use crate::models::range::{count, in_range};
use crate::models::{Contender, ContenderSpec, Kind, mahalanobis, nearest};
use crate::{LearnError, Task};

/// Hyperparameters as the pipeline file writes them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Spec {
    /// Parts of the training rows, each scored by fits on the others.
    pub folds: usize,
    /// The detectors, with what stands in front of each.
    pub members: Vec<ContenderSpec>,
}

impl Default for Spec {
    fn default() -> Self {
        let members = vec![nearest::Spec::default().into(), mahalanobis::Spec::default().into()];
        Self { folds: 5, members }
    }
}

/// Checked detectors.
#[derive(Debug, Clone, PartialEq)]
pub struct Members {
    pub(super) folds: usize,
    pub(super) members: Vec<Contender>,
}

impl Spec {
    pub(super) fn checked(&self) -> Result<Members, LearnError> {
        let folds = self.folds as f64;
        in_range(Self::NAME, "folds", folds, self.folds >= 2, "at least 2")?;
        count(Self::NAME, "members", self.members.len(), 100)?;
        let member = |spec: &ContenderSpec| {
            if spec.search.is_some() {
                return Err(LearnError::Parameter {
                    kind: Self::NAME,
                    parameter: "search",
                    found: "set".to_owned(),
                    expected: "absent in a member",
                });
            }
            let member = spec.check()?;
            member.must_do(Task::Anomaly)?;
            Ok(member)
        };
        let members = self.members.iter().map(member).collect::<Result<_, LearnError>>()?;
        Ok(Members { folds: self.folds, members })
    }
}
