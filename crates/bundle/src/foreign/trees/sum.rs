//! From the weights of leaves to scores and labels, as onnxruntime computes them.
//!
//! The standard leaves much open, above all for two classes: whether one weight or two stand for them, and
//! what base values mean. onnxruntime's answers are what users have seen, so they are reproduced here, odd
//! ones included.

use std::cmp::Ordering;

use super::super::node::Node;
use super::super::ops::{Float, Post, probit};
use super::Result;
use super::read::Trees;
use crate::proto::Attributes;

/// How the weights of several trees become one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aggregate {
    Sum,
    Average,
    Min,
    Max,
}

/// The sums of one row, and which of them any leaf has added to.
pub(super) struct Sums<'a, T> {
    pub(super) scores: &'a mut [T],
    pub(super) has: &'a mut [bool],
}

impl Aggregate {
    pub(super) fn read(node: &Node<'_>, attributes: Attributes<'_>) -> Result<Self> {
        Ok(match node.text(attributes, "aggregate_function", "SUM")? {
            "SUM" => Self::Sum,
            "AVERAGE" => Self::Average,
            "MIN" => Self::Min,
            "MAX" => Self::Max,
            _ => return Err(node.error("attribute `aggregate_function` is of no known kind")),
        })
    }

    #[inline]
    pub(super) fn add<T: Float>(self, weights: &[(usize, T)], scores: &mut [T], has: &mut [bool]) {
        // Of several weights for a single sum only the first counts.
        let weights = if scores.len() == 1 { &weights[..1] } else { weights };
        for &(at, weight) in weights {
            let (score, has) = (&mut scores[at], &mut has[at]);
            match self {
                Self::Sum | Self::Average => *score = score.add(weight),
                Self::Min if *has && weight.partial_cmp(score) != Some(Ordering::Less) => {}
                Self::Max if *has && weight.partial_cmp(score) != Some(Ordering::Greater) => {}
                Self::Min | Self::Max => *score = weight,
            }
            *has = true;
        }
    }
}

/// A sum that no leaf has added to is zero, whatever its base value.
fn untouched_to_zero<T: Float>(scores: &mut [T], has: &[bool]) {
    scores.iter_mut().zip(has).filter(|(_, has)| !**has).for_each(|(x, _)| *x = T::ZERO);
}

/// The scores of regressions.
pub(super) struct Regressor<T> {
    pub(super) aggregate: Aggregate,
    pub(super) post: Post,
    /// How many trees there are.
    pub(super) trees: T,
    pub(super) base: Vec<T>,
}

impl<T: Float> Regressor<T> {
    pub(super) fn row(&self, sums: Sums<'_, T>, out: &mut Vec<f32>) {
        let Sums { scores, has } = sums;
        if self.aggregate == Aggregate::Average {
            scores.iter_mut().for_each(|x| *x = x.div(self.trees));
        }
        if self.base.len() == scores.len() {
            scores.iter_mut().zip(&self.base).for_each(|(x, base)| *x = x.add(*base));
        }
        untouched_to_zero(scores, has);
        if let [score] = scores {
            // Of a single score onnxruntime applies no other transform.
            if self.post == Post::Probit {
                *score = probit(*score);
            }
        } else {
            self.post.apply(scores);
        }
        out.extend(scores.iter().map(|x| x.to_f64() as f32));
    }
}

/// The scores and labels of classifications.
pub(super) struct Classifier<T> {
    post: Post,
    classes: usize,
    base: Vec<T>,
    /// All weights are for the same one of two classes.
    one_sided: bool,
    /// No weight is negative.
    all_positive: bool,
}

impl<T: Float> Classifier<T> {
    pub(super) fn new(
        node: &Node<'_>,
        post: Post,
        classes: usize,
        trees: &Trees<T>,
    ) -> Result<Self> {
        let base = trees.base.clone();
        if base.len() > classes {
            let problem = format!("{} base values for {classes} classes", base.len());
            return Err(node.error(problem));
        }
        let first = trees.weights.first().map(|weight| weight.0);
        let one_sided = classes == 2 && trees.weights.iter().all(|weight| Some(weight.0) == first);
        let all_positive = !trees.weights.iter().any(|weight| weight.1 < T::ZERO);
        Ok(Self { post, classes, base, one_sided, all_positive })
    }

    /// Whether labels are the numbers 0 and 1 instead of those of the classes.
    pub(super) fn is_literal(&self) -> bool {
        self.classes == 2 && !self.one_sided
    }

    /// Adds the scores of a row, and returns the place of its label.
    pub(super) fn row(&self, sums: Sums<'_, T>, out: &mut Vec<f32>) -> usize {
        match (sums.scores, sums.has) {
            ([zero, one], &mut [has_zero, has_one]) => {
                let (place, scores) = self.two((*zero, has_zero), (*one, has_one));
                out.extend(scores.map(|x| x.to_f64() as f32));
                place
            }
            (scores, has) => {
                for ((score, has), base) in scores.iter_mut().zip(has.iter_mut()).zip(&self.base) {
                    *score = if *has { score.add(*base) } else { *base };
                    *has = true;
                }
                let mut best = None;
                // The label is that of the sums, before the transform.
                for (place, score) in scores.iter().enumerate().filter(|(place, _)| has[*place]) {
                    if best.is_none_or(|(_, top)| *score > top) {
                        best = Some((place, *score));
                    }
                }
                untouched_to_zero(scores, has);
                self.post.apply(scores);
                out.extend(scores.iter().map(|x| x.to_f64() as f32));
                best.map_or(0, |(place, _)| place)
            }
        }
    }

    /// Label and scores of one row of two classes.
    fn two(
        &self,
        (mut zero, has_zero): (T, bool),
        (mut one, has_one): (T, bool),
    ) -> (usize, [T; 2]) {
        // With one or no base value, a row whose leaves spoke for the first class only has a single sum.
        let single = !has_one && self.base.len() < 2;
        match self.base[..] {
            [_, second] if has_one => {
                one = second.add(zero);
                zero = one.neg();
            }
            [first, second] => (zero, one) = (zero.add(first), one.add(second)),
            [first] => zero = zero.add(first),
            _ => {}
        }
        let positive = match (has_one, has_zero) {
            (true, _) => one,
            (false, true) => zero,
            (false, false) => T::ZERO,
        };
        let probabilities = self.one_sided && self.all_positive;
        let bound = if probabilities { T::from_f32(0.5) } else { T::ZERO };
        let place = usize::from(positive > bound);
        let scores = match (single, self.base.len()) {
            (false, _) => {
                let mut scores = [zero, one];
                untouched_to_zero(&mut scores, &[has_zero, has_one]);
                self.post.apply(&mut scores);
                scores
            }
            (true, 1) if !self.one_sided => [zero, T::ZERO],
            (true, _) => self.post.pair(zero, probabilities),
        };
        (place, scores)
    }
}
