//! How a forest grows.

use crate::trees::Size;

/// How a drawn feature is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cutting {
    /// At the best place (random forest).
    Best,
    /// At a random place (extremely randomised trees).
    Random,
}

/// How a forest grows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ForestParams {
    /// Number of trees.
    pub trees: usize,
    /// Limits of each tree.
    pub size: Size,
    /// Smallest weight of a leaf: with unit weights, drawn rows.
    pub min_leaf: f64,
    /// Smallest decrease of the weighted impurity (per row of the forest) that is worth a split.
    pub min_decrease: f64,
    /// Features tried per split, drawn without replacement; those that cannot be cut do not count.
    pub features_per_split: usize,
    /// How they are cut.
    pub cutting: Cutting,
    /// Whether each tree sees rows drawn with replacement; otherwise each sees all.
    pub bootstrap: bool,
    /// Share of rows drawn per tree, if `bootstrap`.
    pub sample_share: f64,
}
