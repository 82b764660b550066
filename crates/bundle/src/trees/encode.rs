//! Tree ensembles as attributes of ONNX's tree operators.
//!
//! The operators allow many encodings of one forest and the engines disagree on some of them. These are
//! the ones on which the scores are right everywhere, labels aside, which nothing reads:
//!
//! - `BRANCH_LEQ` only, tree ids from 0, node ids from 0 in each tree, no base values;
//! - one probability without a transform: `TreeEnsembleClassifier`, weights on class 0 alone, so that
//!   column 1 of `scores` is the plain sum;
//! - one logistic: leaf weights `-s` on class 0 and `+s` on class 1 under `LOGISTIC`;
//! - several classes: a weight per class; a forest of three classes or more leaves zeros out;
//! - sums that are no probabilities: `TreeEnsembleRegressor`, a weight per target.
//!
//! Covers stand in `nodes_hitrates`, which engines read and ignore; they and the directions of missing
//! values are left out where they say nothing. Equal subtrees cannot be written once: a node has one
//! parent, and its weights stand beside its own id.

use super::{Link, Node, Outputs, Tree, TreeEnsemble};
use crate::onnx::AttributeProto;
use crate::proto;

pub(super) const LEQ: &[u8] = b"BRANCH_LEQ";
pub(super) const LEAF: &[u8] = b"LEAF";

/// Which of ONNX's tree operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Classifier,
    Regressor,
}

impl Operator {
    /// The operator that `link` is written as.
    pub(crate) fn of(link: Link) -> Self {
        match link {
            Link::Mean | Link::Logistic | Link::Softmax => Self::Classifier,
            Link::Identity => Self::Regressor,
        }
    }

    /// The operator called `name` in the domain of the classical operators.
    pub(crate) fn named(name: &str) -> Option<Self> {
        [Self::Classifier, Self::Regressor].into_iter().find(|operator| operator.name() == name)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Classifier => "TreeEnsembleClassifier",
            Self::Regressor => "TreeEnsembleRegressor",
        }
    }

    /// The attributes of the encoding, sorted.
    pub(crate) fn attributes(self) -> &'static [&'static str] {
        match self {
            Self::Classifier => &[
                "class_ids",
                "class_nodeids",
                "class_treeids",
                "class_weights",
                "classlabels_int64s",
                "nodes_falsenodeids",
                "nodes_featureids",
                "nodes_hitrates",
                "nodes_missing_value_tracks_true",
                "nodes_modes",
                "nodes_nodeids",
                "nodes_treeids",
                "nodes_truenodeids",
                "nodes_values",
                "post_transform",
            ],
            Self::Regressor => &[
                "aggregate_function",
                "n_targets",
                "nodes_falsenodeids",
                "nodes_featureids",
                "nodes_hitrates",
                "nodes_missing_value_tracks_true",
                "nodes_modes",
                "nodes_nodeids",
                "nodes_treeids",
                "nodes_truenodeids",
                "nodes_values",
                "post_transform",
                "target_ids",
                "target_nodeids",
                "target_treeids",
                "target_weights",
            ],
        }
    }

    /// Names of what leaves add: ids, node ids, tree ids, weights.
    pub(super) fn votes(self) -> [&'static str; 4] {
        match self {
            Self::Classifier => ["class_ids", "class_nodeids", "class_treeids", "class_weights"],
            Self::Regressor => ["target_ids", "target_nodeids", "target_treeids", "target_weights"],
        }
    }
}

/// The attributes under construction.
#[derive(Default)]
struct Columns {
    tree: Vec<i64>,
    node: Vec<i64>,
    mode: Vec<Vec<u8>>,
    feature: Vec<i64>,
    value: Vec<f32>,
    left: Vec<i64>,
    right: Vec<i64>,
    missing_left: Vec<i64>,
    cover: Vec<f32>,
    vote_tree: Vec<i64>,
    vote_node: Vec<i64>,
    vote_output: Vec<i64>,
    vote_weight: Vec<f32>,
}

impl Columns {
    fn push(&mut self, ensemble: &TreeEnsemble, tree: usize, node: usize, kind: Node) {
        self.tree.push(tree as i64);
        self.node.push(node as i64);
        self.cover.push(kind.cover());
        let (mode, feature, value, left, right, missing) = match kind {
            Node::Split { feature, threshold, left, right, missing_left, .. } => {
                (LEQ, feature, threshold, left, right, missing_left)
            }
            Node::Leaf { .. } | Node::Shares { .. } => (LEAF, 0, 0.0, 0, 0, false),
        };
        self.mode.push(mode.to_vec());
        self.feature.push(i64::from(feature));
        self.value.push(value);
        self.left.push(i64::from(left));
        self.right.push(i64::from(right));
        self.missing_left.push(i64::from(missing));
        for (output, weight) in votes(ensemble, tree, kind) {
            self.vote_tree.push(tree as i64);
            self.vote_node.push(node as i64);
            self.vote_output.push(output as i64);
            self.vote_weight.push(weight);
        }
    }
}

/// What a leaf adds to which output, in the order of the outputs.
fn votes(ensemble: &TreeEnsemble, at: usize, kind: Node) -> Vec<(usize, f32)> {
    let TreeEnsemble { outputs, link, .. } = *ensemble;
    match kind {
        Node::Split { .. } => vec![],
        Node::Leaf { weight, .. } => match (outputs, link) {
            (Outputs::Cycle(width), _) => vec![(at % width, weight)],
            (_, Link::Logistic) => vec![(0, -weight), (1, weight)],
            _ => vec![(0, weight)],
        },
        Node::Shares { row, .. } => {
            let shares = shares(&ensemble.trees[at], row, outputs.width());
            let all = shares.iter().copied().enumerate();
            if link != Link::Mean || outputs.width() == 2 {
                return all.collect();
            }
            let some: Vec<_> = all.filter(|(_, share)| *share != 0.0).collect();
            if some.is_empty() { vec![(0, 0.0)] } else { some }
        }
    }
}

fn shares(tree: &Tree, row: u32, width: usize) -> &[f32] {
    &tree.shares[row as usize * width..][..width]
}

/// The attributes of a checked ensemble, sorted by name.
pub(crate) fn lower(ensemble: &TreeEnsemble) -> Vec<AttributeProto> {
    let mut columns = Columns::default();
    for (tree, nodes) in ensemble.trees.iter().enumerate() {
        for (node, kind) in nodes.nodes.iter().enumerate() {
            columns.push(ensemble, tree, node, *kind);
        }
    }
    let transform: &[u8] = match ensemble.link {
        Link::Mean | Link::Identity => b"NONE",
        Link::Logistic => b"LOGISTIC",
        Link::Softmax => b"SOFTMAX",
    };
    let operator = Operator::of(ensemble.link);
    let [ids, nodes, trees, weights] = operator.votes();
    let mut attributes = vec![
        proto::ints("nodes_falsenodeids", columns.right),
        proto::ints("nodes_featureids", columns.feature),
        proto::strings("nodes_modes", columns.mode),
        proto::ints("nodes_nodeids", columns.node),
        proto::ints("nodes_treeids", columns.tree),
        proto::ints("nodes_truenodeids", columns.left),
        proto::floats("nodes_values", columns.value),
        proto::string("post_transform", transform),
        proto::ints(ids, columns.vote_output),
        proto::ints(nodes, columns.vote_node),
        proto::ints(trees, columns.vote_tree),
        proto::floats(weights, columns.vote_weight),
    ];
    if columns.cover.iter().any(|&cover| cover != 0.0) {
        attributes.push(proto::floats("nodes_hitrates", columns.cover));
    }
    if columns.missing_left.contains(&1) {
        attributes.push(proto::ints("nodes_missing_value_tracks_true", columns.missing_left));
    }
    let width = ensemble.outputs.width() as i64;
    match operator {
        Operator::Classifier => {
            attributes.push(proto::ints("classlabels_int64s", (0..width.max(2)).collect()));
        }
        Operator::Regressor => attributes
            .extend([proto::string("aggregate_function", b"SUM"), proto::int("n_targets", width)]),
    }
    attributes.sort_by(|a, b| a.name().cmp(b.name()));
    attributes
}
