//! The node loop of every grower: open a node, divide it, end it.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use serde::{Deserialize, Serialize};

use super::{GrownNode, GrownTree};

/// In which order nodes are divided; it matters once leaves are limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Growth {
    /// Level by level.
    DepthWise,
    /// The node with the largest gain first (Shi 2007).
    LeafWise,
}

/// How large a tree may grow.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Size {
    /// Largest depth; a lone root has depth 0.
    pub max_depth: usize,
    /// Most leaves.
    pub max_leaves: usize,
    /// Order of growth.
    pub growth: Growth,
}

/// A split in terms of feature values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rule {
    pub(super) feature: usize,
    pub(super) threshold: f32,
    pub(super) missing_left: bool,
    pub(super) gain: f64,
}

/// A node and the best split found for it, if it may be divided.
pub(super) type Opened<P> = (<P as Policy>::Node, Option<<P as Policy>::Split>);

/// What a kind of tree does with its nodes.
pub(super) trait Policy {
    /// What an open node knows of its rows.
    type Node;
    /// A split in terms of rows.
    type Split;

    /// Opens the root; looks for a split if `divisible`.
    fn root(&mut self, rows: &[u32], divisible: bool) -> Opened<Self>;

    /// The gain of a split.
    fn gain(&self, split: &Self::Split) -> f64;

    /// Moves the rows that go left to the front, keeping the order of both sides; returns how many they
    /// are, and the split as a rule. Neither side is empty.
    fn partition(&mut self, split: &Self::Split, rows: &mut [u32]) -> (usize, Rule);

    /// Opens both children; looks for their splits if `divisible`.
    fn divide(
        &mut self,
        parent: Self::Node,
        split: Self::Split,
        left: &[u32],
        right: &[u32],
        divisible: bool,
    ) -> [Opened<Self>; 2];

    /// Weight of a node's rows.
    fn cover(&self, node: &Self::Node, rows: &[u32]) -> f32;

    /// Ends a node: appends its values.
    fn leaf(&mut self, node: Self::Node, rows: &[u32], depth: usize, values: &mut Vec<f64>);
}

/// Grows one tree over `rows`, which end up in the order of the leaves. Leaves hold `outputs` values each.
pub(super) fn grow<P: Policy>(
    policy: &mut P,
    rows: &mut [u32],
    size: Size,
    outputs: usize,
) -> GrownTree {
    let mut grower = Grower { policy, rows, nodes: Vec::new(), values: Vec::new() };
    let mut frontier = BinaryHeap::new();
    let mut leaves = 1;
    grower.nodes.push(GrownNode::Leaf { value: 0, cover: 0.0 });
    let place = Place { at: 0, start: 0, end: grower.rows.len(), depth: 0 };
    let divisible = size.max_depth > 0 && size.max_leaves > 1;
    let (root, split) = grower.policy.root(grower.rows, divisible);
    grower.open(place, root, split, size.growth, &mut frontier);
    while leaves < size.max_leaves {
        let Some(Open { place, node, split, .. }) = frontier.pop() else { break };
        leaves += 1;
        let more = leaves < size.max_leaves && place.depth + 1 < size.max_depth;
        for (place, (node, split)) in grower.divide(place, node, split, more) {
            grower.open(place, node, split, size.growth, &mut frontier);
        }
    }
    // Nodes left open end, in the order in which they were made.
    let mut rest = frontier.into_vec();
    rest.sort_unstable_by_key(|open| open.place.at);
    rest.into_iter().for_each(|Open { place, node, .. }| grower.end(place, node));
    GrownTree::new(grower.nodes, grower.values, outputs)
}

/// A node's position in the tree and among the rows.
#[derive(Debug, Clone, Copy)]
struct Place {
    at: usize,
    start: usize,
    end: usize,
    depth: usize,
}

struct Grower<'a, P: Policy> {
    policy: &'a mut P,
    rows: &'a mut [u32],
    nodes: Vec<GrownNode>,
    values: Vec<f64>,
}

impl<P: Policy> Grower<'_, P> {
    fn open(
        &mut self,
        place: Place,
        node: P::Node,
        split: Option<P::Split>,
        growth: Growth,
        frontier: &mut BinaryHeap<Open<P>>,
    ) {
        match split {
            None => self.end(place, node),
            Some(split) => {
                let rank = match growth {
                    Growth::LeafWise => self.policy.gain(&split),
                    Growth::DepthWise => 0.0,
                };
                frontier.push(Open { place, node, split, rank });
            }
        }
    }

    fn divide(
        &mut self,
        place: Place,
        node: P::Node,
        split: P::Split,
        more: bool,
    ) -> [(Place, Opened<P>); 2] {
        let Place { at, start, end, depth } = place;
        let cover = self.policy.cover(&node, &self.rows[start..end]);
        let (count, rule) = self.policy.partition(&split, &mut self.rows[start..end]);
        let (left, right) = self.rows[start..end].split_at(count);
        let [left_node, right_node] = self.policy.divide(node, split, left, right, more);
        let child = self.nodes.len();
        self.nodes.extend([GrownNode::Leaf { value: 0, cover: 0.0 }; 2]);
        self.nodes[at] = GrownNode::Split {
            feature: rule.feature as u32,
            threshold: rule.threshold,
            left: child as u32,
            right: child as u32 + 1,
            missing_left: rule.missing_left,
            gain: rule.gain as f32,
            cover,
        };
        let (depth, middle) = (depth + 1, start + count);
        [
            (Place { at: child, start, end: middle, depth }, left_node),
            (Place { at: child + 1, start: middle, end, depth }, right_node),
        ]
    }

    fn end(&mut self, place: Place, node: P::Node) {
        let rows = &self.rows[place.start..place.end];
        let cover = self.policy.cover(&node, rows);
        let leaves = self.values.len();
        self.policy.leaf(node, rows, place.depth, &mut self.values);
        let outputs = self.values.len() - leaves;
        let value = leaves.checked_div(outputs).unwrap_or(0) as u32;
        self.nodes[place.at] = GrownNode::Leaf { value, cover };
    }
}

/// A node that can be divided.
struct Open<P: Policy> {
    place: Place,
    node: P::Node,
    split: P::Split,
    rank: f64,
}

/// Largest rank first, then the one made first (which is level by level if ranks are equal).
impl<P: Policy> Ord for Open<P> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank.total_cmp(&other.rank).then(other.place.at.cmp(&self.place.at))
    }
}

impl<P: Policy> PartialOrd for Open<P> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<P: Policy> PartialEq for Open<P> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<P: Policy> Eq for Open<P> {}
