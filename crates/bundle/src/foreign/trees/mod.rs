//! Tree ensembles in every encoding that the operators allow, with onnxruntime's scores and labels.
//!
//! `read` takes the attributes apart and demands trees, `lay` turns every kind of branch into one comparison
//! of integers, `walk` finds leaves, `sum` adds up what they hold and tells the label.

mod key;
mod lay;
mod read;
mod sum;
mod walk;

use super::node::Node;
use super::ops::{Classes, Float, Post, matrix};
use super::plan::{Compiled, Run, Source, Type, Value};
use super::value::{Data, Elem, Shape, TensorKind, by_number};
use crate::engine::EngineError;
use crate::proto::Attributes;
use key::Ordered;
use lay::Forest;
use read::{Prefix, Trees};
use sum::{Aggregate, Classifier, Regressor};

/// Attributes that both operators have.
const COMMON: [&str; 14] = [
    "aggregate_function",
    "base_values",
    "base_values_as_tensor",
    "nodes_falsenodeids",
    "nodes_featureids",
    "nodes_hitrates",
    "nodes_hitrates_as_tensor",
    "nodes_missing_value_tracks_true",
    "nodes_modes",
    "nodes_nodeids",
    "nodes_treeids",
    "nodes_truenodeids",
    "nodes_values",
    "nodes_values_as_tensor",
];

/// Rows of keys at a time: a block of them stays in the cache while the trees pass by.
const BLOCK: usize = 64;

type Result<T = Compiled> = std::result::Result<T, EngineError>;

/// An operand whose rows are walked down the trees.
struct Rows {
    source: Source,
    kind: TensorKind,
    width: usize,
}

impl Rows {
    fn new(node: &Node<'_>, x: &Value) -> Result<Self> {
        Ok(Self { source: x.source.clone(), kind: x.kind, width: matrix(node, x)? })
    }

    /// The numbers as trees of this type compare them.
    fn read<T: Float>(&self, slots: &[Data]) -> Vec<T> {
        if self.kind == T::KIND {
            return self.source.read::<T>(slots).to_vec();
        }
        // Integers are compared as singles.
        by_number!(self.kind, U => {
            self.source.read::<U>(slots).iter().map(|&x| T::from_f32(x as f32)).collect()
        }, _ => Vec::new())
    }
}

pub(super) fn regressor(node: &Node<'_>) -> Result {
    let [x] = node.only()?;
    match x.kind {
        TensorKind::F64 => regressor_as::<f64>(node, x),
        _ => regressor_as::<f32>(node, x),
    }
}

fn regressor_as<T: Float + Ordered>(node: &Node<'_>, x: &Value) -> Result {
    let attributes = attributes(node, &["n_targets"], Prefix::TARGET, &[])?;
    let rows = Rows::new(node, x)?;
    let targets = usize::try_from(node.int(attributes, "n_targets", 0)?).unwrap_or(0);
    let trees = Trees::<T>::read(node, attributes, Prefix::TARGET, rows.width, targets)?;
    let aggregate = Aggregate::read(node, attributes)?;
    let post = Post::read(node, attributes)?;
    let finish = Regressor {
        aggregate,
        post,
        trees: T::from_f64(trees.count() as f64),
        base: trees.base.clone(),
    };
    let forest = Forest::new(&trees).ok_or_else(|| node.error("the trees have too many nodes"))?;
    Ok(Compiled::one(Shape::lines(targets), move |_, slots| {
        let mut scores = Vec::new();
        let data = rows.read::<T>(slots);
        forest.sum(&data, rows.width, targets, aggregate, |sums| finish.row(sums, &mut scores));
        scores
    }))
}

pub(super) fn classifier(node: &Node<'_>) -> Result {
    let [x] = node.only()?;
    match x.kind {
        TensorKind::F64 => classifier_as::<f64>(node, x),
        _ => classifier_as::<f32>(node, x),
    }
}

fn classifier_as<T: Float + Ordered>(node: &Node<'_>, x: &Value) -> Result {
    let labels = ["classlabels_int64s", "classlabels_strings"];
    let attributes = attributes(node, &labels, Prefix::CLASS, &["aggregate_function"])?;
    let rows = Rows::new(node, x)?;
    let classes = Classes::read(node, attributes, labels[0])?;
    let count = classes.len();
    if count < 2 {
        return Err(node.error("needs the labels of two or more classes"));
    }
    let trees = Trees::<T>::read(node, attributes, Prefix::CLASS, rows.width, count)?;
    let post = Post::read(node, attributes)?;
    let finish = Classifier::new(node, post, count, &trees)?;
    // Of two classes that both have weights, the labels are the numbers 0 and 1, whatever the model says.
    let names = match classes {
        Classes::Int(_) if finish.is_literal() => Classes::Int(vec![0, 1]),
        classes => classes,
    };
    let forest = Forest::new(&trees).ok_or_else(|| node.error("the trees have too many nodes"))?;
    let outputs = vec![
        Type { kind: names.kind(), shape: Shape::rows() },
        Type { kind: f32::KIND, shape: Shape::lines(count) },
    ];
    let run: Run = Box::new(move |_, slots| {
        let (mut places, mut scores) = (Vec::new(), Vec::new());
        let data = rows.read::<T>(slots);
        forest.sum(&data, rows.width, count, Aggregate::Sum, |sums| {
            places.push(finish.row(sums, &mut scores));
        });
        slots.push(names.name(&places));
        slots.push(Data::F32(scores));
        Ok(())
    });
    Ok(Compiled::Step { outputs, run })
}

/// The node's attributes: those that both operators have but for `without`, those of the prefix, and `own`.
fn attributes<'a>(
    node: &Node<'a>,
    own: &[&str],
    prefix: Prefix,
    without: &[&str],
) -> Result<Attributes<'a>> {
    let mut known: Vec<&str> =
        COMMON.iter().filter(|name| !without.contains(name)).copied().collect();
    known.extend(own);
    known.extend([prefix.ids, prefix.nodes, prefix.trees, prefix.weights, prefix.tensor]);
    known.push("post_transform");
    node.attributes(&known)
}
