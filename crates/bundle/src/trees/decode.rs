//! Tree ensembles from the attributes that [`encode`](super::encode) writes.

use super::encode::{LEAF, LEQ, Operator};
use super::{Link, Node, Outputs, Tree, TreeEnsemble, TreeError};
use crate::proto::{AttributeError, Attributes};

/// Shares that the trees of a model may hold: zeros are not written, so few bytes could ask for many.
const MAX_SHARES: usize = 1 << 26;

fn encoding(problem: impl Into<String>) -> TreeError {
    TreeError::Encoding(problem.into())
}

fn lift_error(error: AttributeError) -> TreeError {
    encoding(error.to_string())
}

/// The checked ensemble that `attributes` encode over rows of `features` columns.
///
/// `attributes` must hold each of [`Operator::attributes`] once, with its type; directions of missing
/// values and covers may be absent.
pub(crate) fn lift(
    operator: Operator,
    attributes: &Attributes<'_>,
    features: usize,
) -> Result<TreeEnsemble, TreeError> {
    let ints = |name| attributes.ints(name).map_err(lift_error);
    let floats = |name| attributes.floats(name).map_err(lift_error);
    let modes = attributes.strings("nodes_modes").map_err(lift_error)?;
    let (link, width) = header(operator, attributes)?;
    let (tree_ids, node_ids) = (ints("nodes_treeids")?, ints("nodes_nodeids")?);
    let (left, right) = (ints("nodes_truenodeids")?, ints("nodes_falsenodeids")?);
    let (columns, values) = (ints("nodes_featureids")?, floats("nodes_values")?);
    let missing =
        attributes.optional_ints("nodes_missing_value_tracks_true").map_err(lift_error)?;
    let covers = attributes.optional_floats("nodes_hitrates").map_err(lift_error)?;
    let all = tree_ids.len();
    let optional = [missing.map_or(all, <[i64]>::len), covers.map_or(all, <[f32]>::len)];
    let numbers = [values.len(), modes.len()].into_iter().chain(optional);
    let lengths = [node_ids, left, right, columns].map(<[i64]>::len);
    if lengths.into_iter().chain(numbers).any(|length| length != tree_ids.len()) {
        return Err(encoding("the nodes_ attributes differ in length"));
    }

    let mut votes = Votes::new(operator, attributes, link, width)?;
    let mut trees: Vec<Tree> = Vec::new();
    for at in 0..tree_ids.len() {
        let stray = || encoding(format!("entry {at} is out of order or out of range"));
        let small = |value: i64| u32::try_from(value).map_err(|_| stray());
        if node_ids[at] == 0 {
            trees.push(Tree::default());
        }
        let tree = trees.len().checked_sub(1).ok_or_else(stray)?;
        let Tree { nodes, shares } = &mut trees[tree];
        if tree_ids[at] != tree as i64 || node_ids[at] != nodes.len() as i64 {
            return Err(stray());
        }
        let cover = covers.map_or(0.0, |covers| covers[at]);
        nodes.push(match modes[at].as_slice() {
            LEQ => Node::Split {
                feature: small(columns[at])?,
                threshold: values[at],
                left: small(left[at])?,
                right: small(right[at])?,
                missing_left: match missing.map_or(0, |missing| missing[at]) {
                    0 => false,
                    1 => true,
                    _ => return Err(stray()),
                },
                cover,
            },
            LEAF => {
                let leaf = votes.leaf(tree_ids[at], node_ids[at], cover, shares);
                leaf.ok_or_else(stray)?
            }
            other => {
                let mode = String::from_utf8_lossy(other);
                return Err(encoding(format!("node mode `{mode}`")));
            }
        });
    }
    if !votes.is_done() {
        return Err(encoding("there are weights without a leaf"));
    }
    TreeEnsemble::with_outputs(features, votes.outputs, link, trees)
}

/// The link and the number of classes or targets.
fn header(operator: Operator, attributes: &Attributes<'_>) -> Result<(Link, usize), TreeError> {
    let transform = attributes.string("post_transform").map_err(lift_error)?;
    let link = match (operator, transform) {
        (Operator::Classifier, b"NONE") => Link::Mean,
        (Operator::Classifier, b"LOGISTIC") => Link::Logistic,
        (Operator::Classifier, b"SOFTMAX") => Link::Softmax,
        (Operator::Regressor, b"NONE") => Link::Identity,
        (_, other) => {
            let other = String::from_utf8_lossy(other);
            return Err(encoding(format!("post_transform is `{other}`")));
        }
    };
    match operator {
        Operator::Classifier => {
            let labels = attributes.ints("classlabels_int64s").map_err(lift_error)?;
            if labels.len() < 2 || !labels.iter().copied().eq(0..labels.len() as i64) {
                return Err(encoding("classlabels_int64s are not 0, 1, ..."));
            }
            Ok((link, labels.len()))
        }
        Operator::Regressor => {
            if attributes.string("aggregate_function").map_err(lift_error)? != b"SUM" {
                return Err(encoding("aggregate_function is not `SUM`"));
            }
            let targets = attributes.int("n_targets").map_err(lift_error)?;
            match targets.and_then(|targets| usize::try_from(targets).ok()) {
                Some(targets @ 1..) => Ok((link, targets)),
                _ => Err(encoding("n_targets is not at least 1")),
            }
        }
    }
}

/// What leaves add, in the order of the leaves.
struct Votes<'a> {
    link: Link,
    outputs: Outputs,
    output: &'a [i64],
    node: &'a [i64],
    tree: &'a [i64],
    weight: &'a [f32],
    at: usize,
    shares: usize,
}

impl<'a> Votes<'a> {
    fn new(
        operator: Operator,
        attributes: &Attributes<'a>,
        link: Link,
        width: usize,
    ) -> Result<Self, TreeError> {
        let [ids, nodes, trees, weights] = operator.votes();
        let ints = |name| attributes.ints(name).map_err(lift_error);
        let weight = attributes.floats(weights).map_err(lift_error)?;
        let (output, node, tree) = (ints(ids)?, ints(nodes)?, ints(trees)?);
        if [tree.len(), node.len(), output.len()].iter().any(|&length| length != weight.len()) {
            return Err(encoding(format!("the attributes beside {weights} differ in length")));
        }
        // More classes or targets than weights are not needed, and could ask for much memory.
        if width > weight.len().max(2) {
            return Err(encoding(format!("{width} outputs for {} weights", weight.len())));
        }
        let mut votes =
            Self { link, outputs: Outputs::One, output, node, tree, weight, at: 0, shares: 0 };
        votes.outputs = votes.outputs(width);
        Ok(votes)
    }

    /// Which sums the leaves add to, as the first leaves show.
    fn outputs(&self, width: usize) -> Outputs {
        let of_first =
            |at: &usize| self.tree[*at] == self.tree[0] && self.node[*at] == self.node[0];
        let first = (0..self.weight.len()).take_while(of_first).count();
        match (self.link, width, first) {
            (Link::Logistic, ..) | (Link::Mean, 2, 1) | (Link::Identity, 1, _) => Outputs::One,
            (Link::Softmax | Link::Identity, _, 1) => Outputs::Cycle(width),
            _ => Outputs::Shares(width),
        }
    }

    /// The leaf of the next weights, if they are that leaf's; shares are added to `shares`.
    fn leaf(&mut self, tree: i64, node: i64, cover: f32, shares: &mut Vec<f32>) -> Option<Node> {
        match self.outputs {
            Outputs::One if self.link == Link::Logistic => {
                let (negative, weight) = (self.next(tree, node, 0)?, self.next(tree, node, 1)?);
                (negative == -weight).then_some(Node::Leaf { weight, cover })
            }
            Outputs::One => {
                let weight = self.next(tree, node, 0)?;
                Some(Node::Leaf { weight, cover })
            }
            Outputs::Cycle(width) => {
                let weight = self.next(tree, node, tree % width as i64)?;
                Some(Node::Leaf { weight, cover })
            }
            Outputs::Shares(width) => {
                self.shares += width;
                if self.shares > MAX_SHARES {
                    return None;
                }
                let row = u32::try_from(shares.len() / width).ok()?;
                let weights: Vec<Option<f32>> =
                    (0..width as i64).map(|output| self.next(tree, node, output)).collect();
                weights.iter().any(Option::is_some).then_some(())?;
                shares.extend(weights.into_iter().map(Option::unwrap_or_default));
                Some(Node::Shares { row, cover })
            }
        }
    }

    /// The next weight, if it is the one that this leaf adds to `output`.
    fn next(&mut self, tree: i64, node: i64, output: i64) -> Option<f32> {
        let at = self.at;
        let weight = *self.weight.get(at)?;
        let own = self.tree[at] == tree && self.node[at] == node && self.output[at] == output;
        self.at += usize::from(own);
        own.then_some(weight)
    }

    fn is_done(&self) -> bool {
        self.at == self.weight.len()
    }
}

#[cfg(test)]
mod tests {
    use super::super::encode::lower;
    use super::*;
    use crate::onnx::AttributeProto;

    const CASES: [(Outputs, Link); 10] = [
        (Outputs::One, Link::Mean),
        (Outputs::One, Link::Logistic),
        (Outputs::One, Link::Identity),
        (Outputs::Shares(2), Link::Mean),
        (Outputs::Shares(3), Link::Mean),
        (Outputs::Shares(3), Link::Softmax),
        (Outputs::Shares(2), Link::Identity),
        (Outputs::Cycle(2), Link::Softmax),
        (Outputs::Cycle(3), Link::Softmax),
        (Outputs::Cycle(3), Link::Identity),
    ];

    fn stumps(outputs: Outputs, link: Link) -> TreeEnsemble {
        let width = outputs.width();
        let leaf = |row: u32, weight, cover| match outputs {
            Outputs::Shares(_) => Node::Shares { row, cover },
            _ => Node::Leaf { weight, cover },
        };
        let shares = |rows: usize| match outputs {
            // A row of zeros, then rows that hold some.
            Outputs::Shares(_) => (0..rows * width).map(|i| (i / width * (i % 3)) as f32).collect(),
            _ => vec![],
        };
        let stump = |threshold, missing_left| {
            let split =
                Node::Split { feature: 1, threshold, left: 1, right: 2, missing_left, cover: 9.0 };
            Tree::with_shares(vec![split, leaf(0, -0.25, 4.0), leaf(1, 0.5, 5.0)], shares(2))
        };
        let bare = Tree::with_shares(vec![leaf(0, 0.0, 9.0)], shares(1));
        let trees = [stump(0.5, true), bare, stump(-1.5, false)];
        let trees = trees.iter().cycle().take(6).cloned().collect();
        TreeEnsemble { features: 2, outputs, link, trees }
    }

    fn lifted(link: Link, attributes: &[AttributeProto]) -> Result<TreeEnsemble, TreeError> {
        let operator = Operator::of(link);
        lift(operator, &Attributes::new(attributes, operator.attributes()).unwrap(), 2)
    }

    #[test]
    fn every_ensemble_comes_back_from_its_attributes() {
        for (outputs, link) in CASES {
            let ensemble = stumps(outputs, link);
            assert_eq!(lifted(link, &lower(&ensemble)), Ok(ensemble));
        }
    }

    #[test]
    fn attributes_are_sorted_and_complete() {
        for (outputs, link) in CASES {
            let attributes = lower(&stumps(outputs, link));
            let names: Vec<_> = attributes.iter().map(AttributeProto::name).collect();
            assert_eq!(names, Operator::of(link).attributes());
        }
    }

    #[test]
    fn what_says_nothing_is_not_written() {
        let mut ensemble = stumps(Outputs::One, Link::Mean);
        for node in ensemble.trees.iter_mut().flat_map(|tree| &mut tree.nodes) {
            match node {
                Node::Split { missing_left, cover, .. } => (*missing_left, *cover) = (false, 0.0),
                Node::Leaf { cover, .. } | Node::Shares { cover, .. } => *cover = 0.0,
            }
        }
        let attributes = lower(&ensemble);
        assert_eq!(attributes.len(), Operator::Classifier.attributes().len() - 2);
        assert_eq!(lifted(Link::Mean, &attributes), Ok(ensemble));
    }

    #[test]
    fn other_encodings_are_refused() {
        let refused = |link, name: &str, change: fn(&mut AttributeProto)| {
            let outputs = if link == Link::Softmax { Outputs::Cycle(3) } else { Outputs::One };
            let mut attributes = lower(&stumps(outputs, link));
            let attribute = attributes.iter_mut().find(|a| a.name() == name).unwrap();
            change(attribute);
            lifted(link, &attributes).unwrap_err().to_string()
        };
        let logistic = |name, change| refused(Link::Logistic, name, change);
        assert!(logistic("nodes_modes", |a| a.strings[0] = b"BRANCH_LT".to_vec()).contains("_LT"));
        assert!(logistic("post_transform", |a| a.s = Some(b"PROBIT".to_vec())).contains("PROBIT"));
        assert!(logistic("nodes_treeids", |a| a.ints[0] = 1).contains("entry 0"));
        assert!(logistic("nodes_nodeids", |a| a.ints[1] = 2).contains("entry 1"));
        assert!(logistic("nodes_values", |a| a.floats.push(0.0)).contains("length"));
        assert!(logistic("class_weights", |a| a.floats[0] = 7.0).contains("entry 1"));
        assert!(logistic("class_ids", |a| a.ints[0] = 1).contains("entry 1"));
        assert!(logistic("nodes_featureids", |a| a.ints[0] = -1).contains("entry 0"));
        assert!(logistic("nodes_truenodeids", |a| a.ints[0] = 0).contains("child 0"));
        assert!(logistic("classlabels_int64s", |a| a.ints[0] = 5).contains("classlabels"));
        let softmax = |name, change| refused(Link::Softmax, name, change);
        assert!(softmax("class_ids", |a| a.ints[0] = 1).contains("entry 1"));
        assert!(softmax("classlabels_int64s", |a| a.ints.push(3)).contains("entry"));
        let many = |a: &mut AttributeProto| a.ints = (0..1000).collect();
        assert!(softmax("classlabels_int64s", many).contains("1000 outputs"));
        let identity = |name, change| refused(Link::Identity, name, change);
        assert!(identity("n_targets", |a| a.i = Some(i64::MAX)).contains("outputs"));
        assert!(identity("n_targets", |a| a.i = Some(0)).contains("n_targets"));
        let average = |a: &mut AttributeProto| a.s = Some(b"AVERAGE".to_vec());
        assert!(identity("aggregate_function", average).contains("SUM"));
    }
}
