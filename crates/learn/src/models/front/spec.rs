//! Which steps stand in front of a model.

use serde::{Deserialize, Serialize};

use crate::LearnError;
use crate::models::range::{count, in_range};

/// What happens to missing values.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Impute {
    /// Nothing: a kind that does not learn from them refuses them.
    #[default]
    None,
    /// They become the median of the feature's training values.
    Median,
}

/// How each feature is scaled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scaling {
    /// Not at all.
    #[default]
    None,
    /// To mean 0 and standard deviation 1 over the training rows; a constant feature becomes 0.
    Standard,
    /// To the interval from 0 to 1 over the training rows; a constant feature becomes 0.
    MinMax,
}

/// How features are decorrelated, to the identity as covariance of the training rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Whitening {
    /// Not at all.
    #[default]
    None,
    /// Onto the principal components.
    Pca,
    /// As near to the original axes as can be (zero-phase).
    Zca,
    /// By the Cholesky factor of the precision matrix.
    Cholesky,
}

/// How many of the leading principal components of the training rows stand in the features' place. There are
/// never more than the training rows make certain: what is left of the variance is rounding.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Projection {
    /// At most so many.
    Components(usize),
    /// As few as hold this share of the variance.
    Variance(f64),
}

/// The steps as the pipeline file writes them; the kind's own where it does not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct FrontSpec {
    /// Missing values, first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impute: Option<Impute>,
    /// Scaling, second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scaling: Option<Scaling>,
    /// Projection on principal components, third; without whitening each keeps its variance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub projection: Option<Projection>,
    /// Whitening, last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whitening: Option<Whitening>,
}

impl FrontSpec {
    /// Checks the numbers.
    ///
    /// # Errors
    /// The first one outside its range.
    pub fn check(&self, kind: &'static str) -> Result<(), LearnError> {
        match self.projection {
            None => Ok(()),
            Some(Projection::Components(n)) => count(kind, "projection.components", n, 100_000),
            Some(Projection::Variance(share)) => {
                let holds = share > 0.0 && share <= 1.0;
                in_range(kind, "projection.variance", share, holds, "above 0 and at most 1")
            }
        }
    }
}
