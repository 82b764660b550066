//! Tree ensembles as attributes of ONNX's `TreeEnsembleClassifier`, both ways.
//!
//! The operator allows many encodings of one forest and the engines disagree on some of them. This
//! is the one on which column 1 of `scores` is the positive class everywhere: `BRANCH_LEQ` only; an
//! averaged forest votes for class 0 alone without a transform (column 1 is then the plain sum); a
//! boosted one gives each leaf `-s` on class 0 and `+s` on class 1 under `LOGISTIC`. Covers stand in
//! `nodes_hitrates`.

use super::{Link, Node, Tree, TreeEnsemble, TreeError};
use crate::onnx::AttributeProto;
use crate::proto;

const LEQ: &[u8] = b"BRANCH_LEQ";
const LEAF: &[u8] = b"LEAF";

/// The attributes of the encoding.
pub(crate) const ATTRIBUTES: &[&str] = &[
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
];

/// The node columns, in the order of [`ATTRIBUTES`]' meaning rather than their names.
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
    leaf_tree: Vec<i64>,
    leaf_node: Vec<i64>,
    leaf_class: Vec<i64>,
    leaf_weight: Vec<f32>,
}

impl Columns {
    fn push(&mut self, link: Link, tree: usize, node: usize, kind: Node) {
        self.tree.push(tree as i64);
        self.node.push(node as i64);
        match kind {
            Node::Split { feature, threshold, left, right, missing_left, cover } => {
                self.mode.push(LEQ.to_vec());
                self.feature.push(i64::from(feature));
                self.value.push(threshold);
                self.left.push(i64::from(left));
                self.right.push(i64::from(right));
                self.missing_left.push(i64::from(missing_left));
                self.cover.push(cover);
            }
            Node::Leaf { weight, cover } => {
                self.mode.push(LEAF.to_vec());
                self.feature.push(0);
                self.value.push(0.0);
                self.left.push(0);
                self.right.push(0);
                self.missing_left.push(0);
                self.cover.push(cover);
                let votes: &[(i64, f32)] = match link {
                    Link::Mean => &[(0, weight)],
                    Link::Logistic => &[(0, -weight), (1, weight)],
                };
                for &(class, weight) in votes {
                    self.leaf_tree.push(tree as i64);
                    self.leaf_node.push(node as i64);
                    self.leaf_class.push(class);
                    self.leaf_weight.push(weight);
                }
            }
        }
    }
}

/// The attributes of a checked ensemble, sorted by name.
pub(crate) fn lower(ensemble: &TreeEnsemble) -> Vec<AttributeProto> {
    let mut columns = Columns::default();
    for (tree, nodes) in ensemble.trees.iter().enumerate() {
        for (node, kind) in nodes.nodes.iter().enumerate() {
            columns.push(ensemble.link, tree, node, *kind);
        }
    }
    let transform: &[u8] = match ensemble.link {
        Link::Mean => b"NONE",
        Link::Logistic => b"LOGISTIC",
    };
    vec![
        proto::ints("class_ids", columns.leaf_class),
        proto::ints("class_nodeids", columns.leaf_node),
        proto::ints("class_treeids", columns.leaf_tree),
        proto::floats("class_weights", columns.leaf_weight),
        proto::ints("classlabels_int64s", vec![0, 1]),
        proto::ints("nodes_falsenodeids", columns.right),
        proto::ints("nodes_featureids", columns.feature),
        proto::floats("nodes_hitrates", columns.cover),
        proto::ints("nodes_missing_value_tracks_true", columns.missing_left),
        proto::strings("nodes_modes", columns.mode),
        proto::ints("nodes_nodeids", columns.node),
        proto::ints("nodes_treeids", columns.tree),
        proto::ints("nodes_truenodeids", columns.left),
        proto::floats("nodes_values", columns.value),
        proto::string("post_transform", transform),
    ]
}

/// The checked ensemble that `attributes` encode over rows of `features` columns.
///
/// `attributes` must hold each of [`ATTRIBUTES`] once, with its type.
pub(crate) fn lift(
    attributes: &proto::Attributes<'_>,
    features: usize,
) -> Result<TreeEnsemble, TreeError> {
    let ints = |name| attributes.ints(name).map_err(|e| TreeError::Encoding(e.to_string()));
    let floats = |name| attributes.floats(name).map_err(|e| TreeError::Encoding(e.to_string()));
    let modes =
        attributes.strings("nodes_modes").map_err(|e| TreeError::Encoding(e.to_string()))?;
    let link = match attributes.string("post_transform") {
        Ok(b"NONE") => Link::Mean,
        Ok(b"LOGISTIC") => Link::Logistic,
        Ok(other) => {
            let other = String::from_utf8_lossy(other);
            return Err(TreeError::Encoding(format!("post_transform is `{other}`")));
        }
        Err(error) => return Err(TreeError::Encoding(error.to_string())),
    };
    if ints("classlabels_int64s")? != [0, 1] {
        return Err(TreeError::Encoding("classlabels_int64s are not 0 and 1".to_owned()));
    }
    let (tree_ids, node_ids) = (ints("nodes_treeids")?, ints("nodes_nodeids")?);
    let (left, right) = (ints("nodes_truenodeids")?, ints("nodes_falsenodeids")?);
    let (columns, missing) = (ints("nodes_featureids")?, ints("nodes_missing_value_tracks_true")?);
    let (values, covers) = (floats("nodes_values")?, floats("nodes_hitrates")?);
    let numbers = [values.len(), covers.len(), modes.len()];
    let lengths = [node_ids, left, right, columns, missing].map(<[i64]>::len);
    if lengths.into_iter().chain(numbers).any(|length| length != tree_ids.len()) {
        return Err(TreeError::Encoding("the nodes_ attributes differ in length".to_owned()));
    }

    let mut leaves = Leaves::new(attributes, link)?;
    let mut trees: Vec<Tree> = Vec::new();
    for at in 0..tree_ids.len() {
        let stray = || TreeError::Encoding(format!("entry {at} is out of order or out of range"));
        let small = |value: i64| u32::try_from(value).map_err(|_| stray());
        if node_ids[at] == 0 {
            trees.push(Tree { nodes: Vec::new() });
        }
        let tree = trees.len().checked_sub(1).ok_or_else(stray)?;
        let nodes = &mut trees[tree].nodes;
        if tree_ids[at] != tree as i64 || node_ids[at] != nodes.len() as i64 {
            return Err(stray());
        }
        nodes.push(match modes[at].as_slice() {
            LEQ => Node::Split {
                feature: small(columns[at])?,
                threshold: values[at],
                left: small(left[at])?,
                right: small(right[at])?,
                missing_left: match missing[at] {
                    0 => false,
                    1 => true,
                    _ => return Err(stray()),
                },
                cover: covers[at],
            },
            LEAF => Node::Leaf {
                weight: leaves.next(tree_ids[at], node_ids[at]).ok_or_else(stray)?,
                cover: covers[at],
            },
            other => {
                let mode = String::from_utf8_lossy(other);
                return Err(TreeError::Encoding(format!("node mode `{mode}`")));
            }
        });
    }
    if !leaves.is_done() {
        return Err(TreeError::Encoding("there are weights without a leaf".to_owned()));
    }
    TreeEnsemble::new(features, link, trees)
}

/// Leaf weights in the order of the leaves.
struct Leaves<'a> {
    link: Link,
    tree: &'a [i64],
    node: &'a [i64],
    class: &'a [i64],
    weight: &'a [f32],
    at: usize,
}

impl<'a> Leaves<'a> {
    fn new(attributes: &proto::Attributes<'a>, link: Link) -> Result<Self, TreeError> {
        let ints = |name| attributes.ints(name).map_err(|e| TreeError::Encoding(e.to_string()));
        let weight =
            attributes.floats("class_weights").map_err(|e| TreeError::Encoding(e.to_string()))?;
        let (tree, node) = (ints("class_treeids")?, ints("class_nodeids")?);
        let class = ints("class_ids")?;
        if [tree.len(), node.len(), class.len()].iter().any(|&length| length != weight.len()) {
            return Err(TreeError::Encoding("the class_ attributes differ in length".to_owned()));
        }
        Ok(Self { link, tree, node, class, weight, at: 0 })
    }

    /// The weight of the next leaf, if the next entries are that leaf's.
    fn next(&mut self, tree: i64, node: i64) -> Option<f32> {
        let mut vote = |class: i64| {
            let at = self.at;
            let weight = *self.weight.get(at)?;
            self.at += 1;
            let own = self.tree[at] == tree && self.node[at] == node && self.class[at] == class;
            own.then_some(weight)
        };
        match self.link {
            Link::Mean => vote(0),
            Link::Logistic => {
                let (negative, positive) = (vote(0)?, vote(1)?);
                (negative == -positive).then_some(positive)
            }
        }
    }

    fn is_done(&self) -> bool {
        self.at == self.weight.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stumps(link: Link) -> TreeEnsemble {
        let stump = |threshold, missing_left| Tree {
            nodes: vec![
                Node::Split { feature: 1, threshold, left: 1, right: 2, missing_left, cover: 9.0 },
                Node::Leaf { weight: -0.25, cover: 4.0 },
                Node::Leaf { weight: 0.5, cover: 5.0 },
            ],
        };
        let bare = Tree { nodes: vec![Node::Leaf { weight: 0.0, cover: 9.0 }] };
        TreeEnsemble { features: 2, link, trees: vec![stump(0.5, true), bare, stump(-1.5, false)] }
    }

    fn lifted(attributes: &[AttributeProto]) -> Result<TreeEnsemble, TreeError> {
        lift(&proto::Attributes::new(attributes, ATTRIBUTES).unwrap(), 2)
    }

    #[test]
    fn every_ensemble_comes_back_from_its_attributes() {
        for link in [Link::Mean, Link::Logistic] {
            let ensemble = stumps(link);
            assert_eq!(lifted(&lower(&ensemble)), Ok(ensemble));
        }
    }

    #[test]
    fn attributes_are_sorted_and_complete() {
        let names: Vec<_> = lower(&stumps(Link::Mean)).into_iter().filter_map(|a| a.name).collect();
        assert_eq!(names, ATTRIBUTES);
    }

    #[test]
    fn other_encodings_are_refused() {
        let refused = |name: &str, change: fn(&mut AttributeProto)| {
            let mut attributes = lower(&stumps(Link::Logistic));
            let attribute = attributes.iter_mut().find(|a| a.name() == name).unwrap();
            change(attribute);
            lifted(&attributes).unwrap_err().to_string()
        };
        assert!(refused("nodes_modes", |a| a.strings[0] = b"BRANCH_LT".to_vec()).contains("_LT"));
        assert!(refused("post_transform", |a| a.s = Some(b"PROBIT".to_vec())).contains("PROBIT"));
        assert!(refused("nodes_treeids", |a| a.ints[0] = 1).contains("entry 0"));
        assert!(refused("nodes_nodeids", |a| a.ints[1] = 2).contains("entry 1"));
        assert!(refused("nodes_values", |a| a.floats.push(0.0)).contains("length"));
        assert!(refused("class_weights", |a| a.floats[0] = 7.0).contains("entry 1"));
        assert!(refused("class_ids", |a| a.ints[0] = 1).contains("entry 1"));
        assert!(refused("nodes_featureids", |a| a.ints[0] = -1).contains("entry 0"));
        assert!(refused("nodes_truenodeids", |a| a.ints[0] = 0).contains("child 0"));
        assert!(refused("classlabels_int64s", |a| a.ints[0] = 5).contains("classlabels"));
    }
}
