//! Linear models as one operator each.

use super::classical::{matrix, singles};
use super::{Post, Result};
use crate::foreign::node::Node;
use crate::foreign::plan::{Compiled, Run, Source, Type};
use crate::foreign::value::{Data, Shape, TensorKind, Text};
use crate::proto::Attributes;

/// Labels of classes, as one of two attributes gives them.
pub(in crate::foreign) enum Classes {
    Int(Vec<i64>),
    Text(Vec<Text>),
}

impl Classes {
    pub(in crate::foreign) fn read(
        node: &Node<'_>,
        attributes: Attributes<'_>,
        ints: &'static str,
    ) -> Result<Self> {
        let texts = node.lift(attributes.optional_strings("classlabels_strings"))?;
        if let Some(texts) = texts.filter(|texts| !texts.is_empty()) {
            let texts: std::result::Result<_, _> =
                texts.iter().map(|text| std::str::from_utf8(text).map(Text::from)).collect();
            return Ok(Self::Text(
                texts.map_err(|_| node.error("a class label is not UTF-8 text"))?,
            ));
        }
        Ok(Self::Int(node.lift(attributes.optional_ints(ints))?.unwrap_or_default().to_vec()))
    }

    pub(in crate::foreign) fn len(&self) -> usize {
        match self {
            Self::Int(labels) => labels.len(),
            Self::Text(labels) => labels.len(),
        }
    }

    pub(in crate::foreign) fn kind(&self) -> TensorKind {
        match self {
            Self::Int(_) => TensorKind::I64,
            Self::Text(_) => TensorKind::Text,
        }
    }

    /// The labels of classes given by position.
    pub(in crate::foreign) fn name(&self, places: &[usize]) -> Data {
        match self {
            Self::Int(labels) => Data::I64(places.iter().map(|&place| labels[place]).collect()),
            Self::Text(labels) => {
                Data::Text(places.iter().map(|&place| labels[place].clone()).collect())
            }
        }
    }

    /// Two labels for a single score: "0" and "1" if there are not exactly two.
    fn two(self) -> Self {
        match self {
            Self::Int(labels) if labels.len() != 2 => Self::Int(vec![0, 1]),
            Self::Text(labels) if labels.len() != 2 => Self::Text(vec!["0".into(), "1".into()]),
            two => two,
        }
    }
}

/// Coefficients, a line per target, and what is added to each.
pub(super) struct Linear {
    source: Source,
    kind: TensorKind,
    width: usize,
    coefficients: Vec<f32>,
    intercepts: Vec<f32>,
}

impl Linear {
    fn new(node: &Node<'_>, coefficients: &[f32], intercepts: Vec<f32>) -> Result<Self> {
        let [x] = node.only()?;
        let width = matrix(node, x)?;
        if intercepts.is_empty() || intercepts.len().checked_mul(width) != Some(coefficients.len())
        {
            return Err(node.error(format!(
                "{} coefficients for {width} columns and {} targets",
                coefficients.len(),
                intercepts.len()
            )));
        }
        let coefficients = coefficients.to_vec();
        Ok(Self { source: x.source.clone(), kind: x.kind, width, coefficients, intercepts })
    }

    /// The scores of the lines of `x`.
    fn scores(&self, slots: &[Data]) -> Vec<f32> {
        let x = singles(&self.source, self.kind, slots);
        let mut scores = Vec::with_capacity(x.len() / self.width * self.intercepts.len());
        for line in x.chunks_exact(self.width) {
            let targets = self.coefficients.chunks_exact(self.width).zip(&self.intercepts);
            for (weights, intercept) in targets {
                let sum: f32 = line.iter().zip(weights).map(|(x, w)| x * w).sum();
                scores.push(sum + intercept);
            }
        }
        scores
    }
}

pub(super) fn regressor(node: &Node<'_>) -> Result {
    let known = ["coefficients", "intercepts", "targets", "post_transform"];
    let attributes = node.attributes(&known)?;
    let post = Post::read(node, attributes)?;
    let coefficients = node.lift(attributes.floats("coefficients"))?;
    let targets = usize::try_from(node.int(attributes, "targets", 1)?).unwrap_or(0);
    let intercepts = match node.lift(attributes.optional_floats("intercepts"))? {
        Some(intercepts) if intercepts.len() == targets => intercepts.to_vec(),
        None | Some([]) if targets <= coefficients.len() => vec![0.0; targets],
        _ => return Err(node.error(format!("the intercepts do not fit {targets} targets"))),
    };
    let linear = Linear::new(node, coefficients, intercepts)?;
    Ok(Compiled::one(Shape::lines(targets), move |_, slots| {
        let mut scores = linear.scores(slots);
        match (targets, post) {
            (1, Post::Probit) => post.apply(&mut scores),
            // Of a single score onnxruntime applies no other transform.
            (1, _) => {}
            _ => scores.chunks_exact_mut(targets).for_each(|scores| post.apply(scores)),
        }
        scores
    }))
}

/// The label is that of the largest score, or of the sign of the only one; the transform comes after.
pub(super) fn classifier(node: &Node<'_>) -> Result {
    let known = [
        "classlabels_ints",
        "classlabels_strings",
        "coefficients",
        "intercepts",
        "multi_class",
        "post_transform",
    ];
    let attributes = node.attributes(&known)?;
    let post = Post::read(node, attributes)?;
    let classes = Classes::read(node, attributes, "classlabels_ints")?;
    let intercepts = node.lift(attributes.floats("intercepts"))?.to_vec();
    let targets = intercepts.len();
    let linear = Linear::new(node, node.lift(attributes.floats("coefficients"))?, intercepts)?;
    let pair = targets == 1 && classes.len() == 2;
    let classes = if targets == 1 { classes.two() } else { classes };
    if classes.len() < targets {
        return Err(node.error(format!("{} labels for {targets} classes", classes.len())));
    }
    let width = if pair { 2 } else { targets };
    let outputs = vec![
        Type { kind: classes.kind(), shape: Shape::rows() },
        Type { kind: TensorKind::F32, shape: Shape::lines(width) },
    ];
    let run: Run = Box::new(move |_, slots| {
        let sums = linear.scores(slots);
        let mut places = Vec::with_capacity(sums.len() / targets);
        let mut scores = Vec::with_capacity(sums.len() / targets * width);
        for line in sums.chunks_exact(targets) {
            if let [sum] = *line {
                places.push(usize::from(sum > 0.0));
                match (pair, post) {
                    // onnxruntime applies no logistic here.
                    (true, _) => scores.extend(post.pair(sum, true)),
                    (false, Post::Probit) => scores.push(super::post::probit(sum)),
                    (false, _) => scores.push(sum),
                }
            } else {
                places.push(largest(line));
                let start = scores.len();
                scores.extend_from_slice(line);
                post.apply(&mut scores[start..]);
            }
        }
        slots.push(classes.name(&places));
        slots.push(Data::F32(scores));
        Ok(())
    });
    Ok(Compiled::Step { outputs, run })
}

/// The first of the largest scores.
pub(super) fn largest(scores: &[f32]) -> usize {
    let mut best = 0;
    for (place, score) in scores.iter().enumerate() {
        if *score > scores[best] {
            best = place;
        }
    }
    best
}
