//! Takes the attributes of a tree ensemble apart and demands that they are trees.

use super::super::constant;
use super::super::node::Node;
use super::super::ops::Float;
use super::super::value::TensorKind;
use super::Result;
use crate::onnx::TensorProto;
use crate::proto::{AttributeError, Attributes};

/// Names of the attributes that say what leaves add.
#[derive(Debug, Clone, Copy)]
pub(super) struct Prefix {
    pub(super) ids: &'static str,
    pub(super) nodes: &'static str,
    pub(super) trees: &'static str,
    pub(super) weights: &'static str,
    pub(super) tensor: &'static str,
}

impl Prefix {
    pub(super) const CLASS: Self = Self {
        ids: "class_ids",
        nodes: "class_nodeids",
        trees: "class_treeids",
        weights: "class_weights",
        tensor: "class_weights_as_tensor",
    };
    pub(super) const TARGET: Self = Self {
        ids: "target_ids",
        nodes: "target_nodeids",
        trees: "target_treeids",
        weights: "target_weights",
        tensor: "target_weights_as_tensor",
    };
}

/// How a node compares a number with its threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Leq,
    Lt,
    Gte,
    Gt,
    Eq,
    Neq,
}

/// A node; positions are those in the list of nodes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Branch<T> {
    Split {
        mode: Mode,
        feature: usize,
        threshold: T,
        yes: usize,
        no: usize,
        missing_yes: bool,
    },
    /// The place of the leaf among all leaves.
    Leaf(usize),
}

/// Checked trees.
#[derive(Debug)]
pub(super) struct Trees<T> {
    pub(super) nodes: Vec<Branch<T>>,
    /// In the order in which the trees are first named.
    pub(super) roots: Vec<usize>,
    /// Leaf `i` adds the weights from `starts[i]` to `starts[i + 1]`.
    pub(super) starts: Vec<usize>,
    /// Which sum a weight is added to, and the weight.
    pub(super) weights: Vec<(usize, T)>,
    pub(super) base: Vec<T>,
}

/// The lists that describe nodes, all of one length.
struct Lists<'a, T> {
    modes: &'a [Vec<u8>],
    trees: &'a [i64],
    ids: &'a [i64],
    features: &'a [i64],
    yes: &'a [i64],
    no: &'a [i64],
    missing: &'a [i64],
    values: Vec<T>,
}

impl<T: Float> Trees<T> {
    /// How many trees there are.
    pub(super) fn count(&self) -> usize {
        self.roots.len()
    }

    /// Reads trees over rows of `width` numbers that add to `sums` sums.
    pub(super) fn read(
        node: &Node<'_>,
        attributes: Attributes<'_>,
        prefix: Prefix,
        width: usize,
        sums: usize,
    ) -> Result<Self> {
        let lists = Lists::read(node, attributes)?;
        let index = Index::new(lists.trees, lists.ids)
            .map_err(|(tree, id)| node.error(format!("node {id} of tree {tree} stands twice")))?;
        let mut trees = Self {
            nodes: Vec::new(),
            roots: vec![],
            starts: vec![0],
            weights: vec![],
            base: vec![],
        };
        trees.base = numbers(
            node,
            "base_values",
            attributes.optional_floats("base_values"),
            attributes.tensor("base_values_as_tensor"),
        )?;
        let adds = Weights::read(node, attributes, prefix, &index)?;
        trees.take_nodes(node, &lists, &index, &adds, width)?;
        if trees.weights.iter().any(|(sum, _)| *sum >= sums) {
            let problem = format!("attribute `{}` names more than {sums} sums", prefix.ids);
            return Err(node.error(problem));
        }
        trees.take_roots(node, &lists)?;
        Ok(trees)
    }

    fn take_nodes(
        &mut self,
        node: &Node<'_>,
        lists: &Lists<'_, T>,
        index: &Index,
        adds: &Weights<T>,
        width: usize,
    ) -> Result<()> {
        self.nodes.reserve_exact(lists.ids.len());
        let mut adds = adds.by_node.iter().peekable();
        // Weights are sorted by node, so leaves take theirs from one list.
        for (at, mode) in lists.modes.iter().enumerate() {
            let own = std::iter::from_fn(|| adds.next_if(|add| add.0 == at));
            let named = |problem: &str| {
                node.error(format!("tree {}, node {}: {problem}", lists.trees[at], lists.ids[at]))
            };
            let mode = match mode.as_slice() {
                b"LEAF" => {
                    let start = self.weights.len();
                    self.weights.extend(own.map(|&(_, sum, weight)| (sum, weight)));
                    if self.weights.len() == start {
                        return Err(named("a leaf has no weight"));
                    }
                    self.nodes.push(Branch::Leaf(self.starts.len() - 1));
                    self.starts.push(self.weights.len());
                    continue;
                }
                b"BRANCH_LEQ" => Mode::Leq,
                b"BRANCH_LT" => Mode::Lt,
                b"BRANCH_GTE" => Mode::Gte,
                b"BRANCH_GT" => Mode::Gt,
                b"BRANCH_EQ" => Mode::Eq,
                b"BRANCH_NEQ" => Mode::Neq,
                _ => return Err(named("attribute `nodes_modes` is of no known kind")),
            };
            // Weights of splits are ignored, as in onnxruntime.
            own.for_each(drop);
            let feature = usize::try_from(lists.features[at]).ok().filter(|&f| f < width);
            let feature = feature.ok_or_else(|| named("the feature is beyond the columns"))?;
            let child = |id| {
                index.find(lists.trees[at], id).ok_or_else(|| named("a child is not in the tree"))
            };
            let (yes, no) = (child(lists.yes[at])?, child(lists.no[at])?);
            let missing_yes = lists.missing.get(at) == Some(&1);
            let threshold = lists.values[at];
            self.nodes.push(Branch::Split { mode, feature, threshold, yes, no, missing_yes });
        }
        Ok(())
    }

    /// Finds the root of each tree, which must reach every node of it by one path.
    fn take_roots(&mut self, node: &Node<'_>, lists: &Lists<'_, T>) -> Result<()> {
        let mut has_parent = vec![false; self.nodes.len()];
        for (at, branch) in self.nodes.iter().enumerate() {
            let Branch::Split { yes, no, .. } = *branch else { continue };
            for child in [yes, no] {
                if std::mem::replace(&mut has_parent[child], true) {
                    let (tree, id) = (lists.trees[at], lists.ids[child]);
                    return Err(node.error(format!("tree {tree}, node {id}: has two parents")));
                }
            }
        }
        // A second root of the same tree would never be reached, nor would a circle.
        let mut seen = std::collections::HashSet::new();
        self.roots = (0..self.nodes.len()).filter(|&at| !has_parent[at]).collect();
        if let Some(&root) = self.roots.iter().find(|&&root| !seen.insert(lists.trees[root])) {
            let tree = lists.trees[root];
            return Err(node.error(format!("tree {tree} has more than one root")));
        }
        let mut reached = 0;
        let mut pending = self.roots.clone();
        while let Some(at) = pending.pop() {
            reached += 1;
            if let Branch::Split { yes, no, .. } = self.nodes[at] {
                pending.extend([yes, no]);
            }
        }
        if reached != self.nodes.len() {
            return Err(node.error("the nodes of a tree go round in a circle"));
        }
        let mut first = std::collections::HashMap::new();
        for (at, tree) in lists.trees.iter().enumerate() {
            first.entry(*tree).or_insert(at);
        }
        self.roots.sort_by_key(|&root| first.get(&lists.trees[root]).copied());
        Ok(())
    }
}

impl<'a, T: Float> Lists<'a, T> {
    fn read(node: &Node<'_>, attributes: Attributes<'a>) -> Result<Self> {
        let ints = |name| node.lift(attributes.ints(name));
        let missing = attributes.optional_ints("nodes_missing_value_tracks_true");
        let lists = Self {
            modes: node.lift(attributes.strings("nodes_modes"))?,
            trees: ints("nodes_treeids")?,
            ids: ints("nodes_nodeids")?,
            features: ints("nodes_featureids")?,
            yes: ints("nodes_truenodeids")?,
            no: ints("nodes_falsenodeids")?,
            missing: node.lift(missing)?.unwrap_or_default(),
            values: numbers(
                node,
                "nodes_values",
                attributes.optional_floats("nodes_values"),
                attributes.tensor("nodes_values_as_tensor"),
            )?,
        };
        let count = lists.modes.len();
        let lens = [
            lists.trees.len(),
            lists.ids.len(),
            lists.features.len(),
            lists.yes.len(),
            lists.no.len(),
            lists.values.len(),
        ];
        if count == 0 || lens.iter().any(|&len| len != count) {
            return Err(node.error(format!("{count} modes of nodes, but lists of {lens:?}")));
        }
        Ok(lists)
    }
}

/// What each node adds, sorted by node.
struct Weights<T> {
    by_node: Vec<(usize, usize, T)>,
}

impl<T: Float> Weights<T> {
    fn read(
        node: &Node<'_>,
        attributes: Attributes<'_>,
        prefix: Prefix,
        index: &Index,
    ) -> Result<Self> {
        let ids = node.lift(attributes.ints(prefix.ids))?;
        let nodes = node.lift(attributes.ints(prefix.nodes))?;
        let trees = node.lift(attributes.ints(prefix.trees))?;
        let floats = attributes.optional_floats(prefix.weights);
        let weights = numbers::<T>(node, prefix.weights, floats, attributes.tensor(prefix.tensor))?;
        if [ids.len(), nodes.len(), trees.len()].iter().any(|&len| len != weights.len()) {
            let problem = format!("attribute `{}` and its like differ in length", prefix.weights);
            return Err(node.error(problem));
        }
        let mut by_node = Vec::with_capacity(weights.len());
        for (((&id, &of), &tree), weight) in ids.iter().zip(nodes).zip(trees).zip(weights) {
            let at = index.find(tree, of);
            let at = at.ok_or_else(|| node.error(format!("tree {tree} has no node {of}")))?;
            by_node.push((at, usize::try_from(id).unwrap_or(usize::MAX), weight));
        }
        // Stable: weights of one leaf stay in their order.
        by_node.sort_by_key(|add| add.0);
        Ok(Self { by_node })
    }
}

/// Positions of nodes by tree and id.
struct Index(Vec<(i64, i64, usize)>);

impl Index {
    /// The position of each node, or a node that stands twice.
    fn new(trees: &[i64], ids: &[i64]) -> std::result::Result<Self, (i64, i64)> {
        let mut places: Vec<_> =
            trees.iter().zip(ids).enumerate().map(|(at, (&tree, &id))| (tree, id, at)).collect();
        places.sort_unstable();
        match places.windows(2).find(|pair| (pair[0].0, pair[0].1) == (pair[1].0, pair[1].1)) {
            Some(pair) => Err((pair[0].0, pair[0].1)),
            None => Ok(Self(places)),
        }
    }

    fn find(&self, tree: i64, id: i64) -> Option<usize> {
        let at = self.0.binary_search_by(|place| (place.0, place.1).cmp(&(tree, id))).ok()?;
        Some(self.0[at].2)
    }
}

/// Numbers from a list of singles or from a tensor.
fn numbers<T: Float>(
    node: &Node<'_>,
    name: &str,
    floats: std::result::Result<Option<&[f32]>, AttributeError>,
    tensor: std::result::Result<Option<&TensorProto>, AttributeError>,
) -> Result<Vec<T>> {
    let floats = node.lift(floats)?.unwrap_or_default();
    let Some(tensor) = node.lift(tensor)? else {
        return Ok(floats.iter().map(|&x| T::from_f32(x)).collect());
    };
    let named = |problem: &str| node.error(format!("attribute `{name}_as_tensor` {problem}"));
    if !floats.is_empty() {
        return Err(named("stands beside the one without a tensor"));
    }
    let (_, data) = constant::read(tensor).map_err(|problem| named(&problem))?;
    match data.kind() {
        kind if kind == T::KIND => Ok(T::of(&data).to_vec()),
        TensorKind::F32 => {
            use super::super::value::Elem as _;
            Ok(f32::of(&data).iter().map(|&x| T::from_f32(x)).collect())
        }
        _ => Err(named("is not of the operand's type")),
    }
}
