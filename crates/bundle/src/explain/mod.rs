//! Which features moved an answer, and by how much: exact TreeSHAP over the trees of a model's graph.
//!
//! What is explained is the margin of the graph's first tree ensemble: the sum of leaf weights before
//! the link (of a forest the probability itself, of boosting the log-odds), and before a calibrator.
//! Contributions are for the ensemble's features: of a recipe with row arithmetic that is what the
//! formulas give, so `power` is one feature, and not torque and speed.
//!
//! The explainer is made from the model's bytes, since only some requests ask for it: what leads to
//! the trees becomes a graph of its own, so the features are those that the model sees, to the bit.

mod features;
mod quadrature;
mod shapley;

#[cfg(test)]
mod tests;

use gauntlet_core::{Cell, Frame, Signature};

use crate::error::BundleError;
use crate::predict::{PredictError, RowInputs, frame_inputs};
use crate::trees::TreeEnsemble;
use features::Features;
use quadrature::Quadrature;
use shapley::Games;

/// Most distinct features on a path that are explained.
const MAX_DISTINCT: usize = 256;

/// Why a model cannot be explained.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExplainError {
    /// A graph without a tree ensemble.
    #[error("the model has no trees; only tree ensembles are explained")]
    NoTrees,
    /// Trees whose nodes do not say how many training rows came to them.
    #[error("the model's trees have no covers (node weights of training rows)")]
    NoCovers,
    /// A path of more features than the arithmetic is made for.
    #[error("a path of {found} distinct features, more than the limit of {MAX_DISTINCT}")]
    Deep {
        /// Distinct features of the longest path.
        found: usize,
    },
}

/// An answer taken apart: base values plus contributions are the margins.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// Expected margin over the training rows, per output of the trees.
    pub base: Vec<f64>,
    /// Margin of this row, per output: the sum of leaf weights before the link.
    pub margin: Vec<f64>,
    /// The features, in the order of the signature.
    pub features: Vec<Contribution>,
}

/// What one feature adds.
#[derive(Debug, Clone, PartialEq)]
pub struct Contribution {
    /// The feature's name.
    pub name: String,
    /// Its unit, of a feature that is a raw column; else empty.
    pub unit: String,
    /// Its value in this row; NaN if it is missing.
    pub value: f32,
    /// What it adds to the margin, per output.
    pub contributions: Vec<f64>,
}

/// A model prepared for explanations.
#[derive(Debug)]
pub struct Explainer {
    signature: Signature,
    features: Features,
    trees: TreeShap,
}

/// Exact TreeSHAP of one ensemble.
#[derive(Debug)]
pub struct TreeShap {
    games: Games,
    points: Points,
}

/// The quadrature that is exact for the longest path.
#[derive(Debug)]
enum Points {
    P4(Quadrature<4>),
    P8(Quadrature<8>),
    P16(Quadrature<16>),
    P32(Box<Quadrature<32>>),
    P128(Box<Quadrature<128>>),
}

impl TreeShap {
    /// Prepares a checked ensemble.
    ///
    /// # Errors
    /// Covers that are not there, or a path of too many features.
    pub fn new(ensemble: &TreeEnsemble) -> Result<Self, ExplainError> {
        let games = Games::new(ensemble).ok_or(ExplainError::NoCovers)?;
        // The integrand's degree is one less than the distinct features of a path.
        let points = match games.distinct.div_ceil(2) {
            0..=4 => Points::P4(Quadrature::new()),
            5..=8 => Points::P8(Quadrature::new()),
            9..=16 => Points::P16(Quadrature::new()),
            17..=32 => Points::P32(Box::new(Quadrature::new())),
            _ if games.distinct <= MAX_DISTINCT => Points::P128(Box::new(Quadrature::new())),
            _ => return Err(ExplainError::Deep { found: games.distinct }),
        };
        Ok(Self { games, points })
    }

    /// The expected margin over the training rows, per output.
    #[must_use]
    pub fn base(&self) -> &[f64] {
        &self.games.base
    }

    /// What each feature of `row` adds to each output, feature by feature: `features x outputs`.
    ///
    /// With [`TreeShap::base`] they sum to the row's margins. A feature that `row` lacks is missing.
    #[must_use]
    pub fn values(&self, row: &[f32]) -> Vec<f64> {
        match &self.points {
            Points::P4(rule) => self.games.values(row, rule),
            Points::P8(rule) => self.games.values(row, rule),
            Points::P16(rule) => self.games.values(row, rule),
            Points::P32(rule) => self.games.values(row, rule.as_ref()),
            Points::P128(rule) => self.games.values(row, rule.as_ref()),
        }
    }
}

impl Explainer {
    /// Prepares a model and its signature.
    ///
    /// # Errors
    /// A model that the engine does not run, or that cannot be explained.
    pub fn new(model: &[u8], signature: Signature) -> Result<Self, BundleError> {
        let (features, ensemble) = Features::split(model, signature.features.len())?;
        let trees = TreeShap::new(&ensemble)?;
        Ok(Self { signature, features, trees })
    }

    /// Explains one row, whose cells stand in the order of the signature's fields.
    ///
    /// # Errors
    /// As [`Predictor::predict_row`](crate::Predictor::predict_row).
    pub fn explain_row(&self, cells: &[Cell<'_>]) -> Result<Explanation, PredictError> {
        let row = RowInputs::new(&self.signature, cells)?;
        Ok(self.explain(&self.features.rows(&row.inputs(&self.signature))?))
    }

    /// Explains every row of `frame`.
    ///
    /// # Errors
    /// A column that is missing or of the other type.
    pub fn explain_frame(&self, frame: &Frame) -> Result<Vec<Explanation>, PredictError> {
        let inputs = frame_inputs(&self.signature, frame)?;
        let rows = self.features.rows(&inputs)?;
        let width = self.signature.features.len();
        Ok(rows.chunks_exact(width).map(|row| self.explain(row)).collect())
    }

    fn explain(&self, row: &[f32]) -> Explanation {
        let (base, values) = (self.trees.base(), self.trees.values(row));
        let mut margin = base.to_vec();
        let mut features = Vec::with_capacity(row.len());
        for ((name, &value), own) in
            self.signature.features.iter().zip(row).zip(values.chunks_exact(base.len()))
        {
            margin.iter_mut().zip(own).for_each(|(margin, own)| *margin += own);
            let raw = self.signature.raw.iter().find(|field| field.name == *name);
            features.push(Contribution {
                name: name.clone(),
                unit: raw.map(|field| field.unit.clone()).unwrap_or_default(),
                value,
                contributions: own.to_vec(),
            });
        }
        Explanation { base: base.to_vec(), margin, features }
    }
}
