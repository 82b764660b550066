//! Whether trees hold together: everything that reads them may rely on what is checked here.

use super::{Link, Node, Outputs, Tree, TreeEnsemble, TreeError};

impl TreeEnsemble {
    /// Whether every node can be reached on exactly one path, every number is usable, and leaves and
    /// link are those of the outputs.
    ///
    /// # Errors
    /// The first tree and node that is not as it should be.
    pub fn check(&self) -> Result<(), TreeError> {
        if self.features == 0 {
            return Err(TreeError::Empty("features"));
        }
        if self.trees.is_empty() {
            return Err(TreeError::Empty("trees"));
        }
        self.check_link()?;
        let trees = self.trees.len();
        match self.outputs {
            Outputs::Cycle(outputs) if !trees.is_multiple_of(outputs) => {
                return Err(TreeError::Rounds { trees, outputs });
            }
            _ => {}
        }
        let (features, outputs) = (self.features, self.outputs);
        self.trees.iter().enumerate().try_for_each(|(i, tree)| tree.check(i, features, outputs))
    }

    fn check_link(&self) -> Result<(), TreeError> {
        let (link, outputs) = (self.link, self.outputs);
        let refuse = |expected| Err(TreeError::Link { link, outputs, expected });
        match (link, outputs) {
            (_, Outputs::Cycle(0 | 1) | Outputs::Shares(0 | 1)) => {
                refuse("`One`, or at least two outputs")
            }
            (Link::Mean, Outputs::Cycle(_)) => refuse("`One` or `Shares`"),
            (Link::Logistic, Outputs::Cycle(_) | Outputs::Shares(_)) => refuse("`One`"),
            (Link::Softmax, Outputs::One) => refuse("`Cycle` or `Shares`"),
            _ => Ok(()),
        }
    }
}

impl Tree {
    fn check(&self, tree: usize, features: usize, outputs: Outputs) -> Result<(), TreeError> {
        if self.nodes.is_empty() {
            return Err(TreeError::NoNodes { tree });
        }
        let rows = self.check_shares(tree, outputs)?;
        let mut parents = vec![0_usize; self.nodes.len()];
        for (node, kind) in self.nodes.iter().enumerate() {
            let finite = |value: f32, what| {
                let error = TreeError::NotFinite { tree, node, what };
                if value.is_finite() { Ok(()) } else { Err(error) }
            };
            let refuse = |problem| Err(TreeError::Leaf { tree, node, problem });
            finite(kind.cover(), "cover")?;
            match (*kind, outputs) {
                (Node::Leaf { .. }, Outputs::Shares(_)) => {
                    return refuse("a leaf of one weight among leaves of shares");
                }
                (Node::Leaf { weight, .. }, _) => finite(weight, "weight")?,
                (Node::Shares { row, .. }, Outputs::Shares(_)) if (row as usize) < rows => {}
                (Node::Shares { .. }, Outputs::Shares(_)) => {
                    return refuse("the leaf's row of shares is not there");
                }
                (Node::Shares { .. }, _) => {
                    return refuse("a leaf of shares where trees add to one sum");
                }
                (Node::Split { feature, threshold, left, right, .. }, _) => {
                    finite(threshold, "threshold")?;
                    if feature as usize >= features {
                        return Err(TreeError::Feature { tree, node, feature, features });
                    }
                    for child in [left, right] {
                        match parents.get_mut(child as usize) {
                            Some(count) if child as usize > node => *count += 1,
                            _ => return Err(TreeError::Child { tree, node, child }),
                        }
                    }
                }
            }
        }
        match parents.iter().skip(1).position(|&count| count != 1) {
            Some(at) => Err(TreeError::Parents { tree, node: at + 1, parents: parents[at + 1] }),
            None => Ok(()),
        }
    }

    /// The number of rows of shares.
    fn check_shares(&self, tree: usize, outputs: Outputs) -> Result<usize, TreeError> {
        let (shares, width) = (self.shares.len(), outputs.width());
        let whole = match outputs {
            Outputs::Shares(_) => shares.is_multiple_of(width),
            Outputs::One | Outputs::Cycle(_) => shares == 0,
        };
        if !whole {
            return Err(TreeError::Shares { tree, shares, outputs: width });
        }
        match self.shares.iter().position(|share| !share.is_finite()) {
            Some(at) => Err(TreeError::NotFinite { tree, node: at / width, what: "share" }),
            None => Ok(shares / width),
        }
    }
}
