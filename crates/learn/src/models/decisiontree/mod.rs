//! A single explainable tree of linfa-trees.
//!
//! linfa-trees breaks ties between classes by `HashMap` order. For two classes the only place where that
//! reaches the model is a leaf with equal class weights, so positives weigh a hair more than negatives:
//! then no leaf ties and the same rows give the same tree. Leaf probabilities are counted anew here,
//! because linfa keeps the majority class only.

mod fit;
mod lower;
mod spec;

pub use fit::DecisionTree;
pub use spec::{Params, Spec};

pub(super) const KIND: &str = "decisiontree";
