use proptest::prelude::*;

use super::*;
use crate::trees::{Link, Node, Outputs, Tree};

/// SplitMix64.
struct Draws(u64);

impl Draws {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % bound as u64) as usize
    }

    fn number(&mut self) -> f32 {
        self.below(2001) as f32 / 1000.0 - 1.0
    }
}

fn grow(
    draws: &mut Draws,
    tree: &mut Tree,
    features: usize,
    depth: usize,
    cover: f32,
    width: usize,
) {
    if depth == 0 || draws.below(6) == 0 {
        let row = (tree.shares.len() / width) as u32;
        if width == 1 {
            return tree.nodes.push(Node::Leaf { weight: draws.number(), cover });
        }
        tree.shares.extend((0..width).map(|_| draws.number()));
        return tree.nodes.push(Node::Shares { row, cover });
    }
    let at = tree.nodes.len();
    tree.nodes.push(Node::Leaf { weight: 0.0, cover });
    // Some branches saw no training row.
    let part = [0.0, 0.1, 0.5, 0.7, 1.0][draws.below(5)] * cover;
    let left = tree.nodes.len() as u32;
    grow(draws, tree, features, depth - 1, part, width);
    let right = tree.nodes.len() as u32;
    grow(draws, tree, features, depth - 1, cover - part, width);
    tree.nodes[at] = Node::Split {
        feature: draws.below(features) as u32,
        threshold: draws.number(),
        left,
        right,
        missing_left: draws.below(2) == 0,
        cover,
    };
}

fn ensemble(draws: &mut Draws, outputs: Outputs, features: usize, depth: usize) -> TreeEnsemble {
    let width = if let Outputs::Shares(width) = outputs { width } else { 1 };
    let trees = (0..2 * outputs.width())
        .map(|_| {
            let mut tree = Tree::default();
            grow(draws, &mut tree, features, depth, 100.0, width);
            tree
        })
        .collect();
    TreeEnsemble::with_outputs(features, outputs, Link::Identity, trees).unwrap()
}

fn row(draws: &mut Draws, features: usize) -> Vec<f32> {
    (0..features).map(|_| if draws.below(5) == 0 { f32::NAN } else { draws.number() }).collect()
}

/// The expected margins if only the features in `known` are known: the definition of the game.
fn expected(ensemble: &TreeEnsemble, row: &[f32], known: usize) -> Vec<f64> {
    let width = ensemble.outputs.width();
    let mut sums = vec![0.0; width];
    for (at, tree) in ensemble.trees.iter().enumerate() {
        let mut add = |node: Node, reach: f64| match node {
            Node::Leaf { weight, .. } => sums[at % width] += reach * f64::from(weight),
            Node::Shares { row, .. } => {
                let shares = &tree.shares[row as usize * width..][..width];
                sums.iter_mut().zip(shares).for_each(|(sum, w)| *sum += reach * f64::from(*w));
            }
            Node::Split { .. } => {}
        };
        descend(tree, 0, row, known, 1.0, &mut add);
    }
    sums
}

fn descend(
    tree: &Tree,
    at: usize,
    row: &[f32],
    known: usize,
    reach: f64,
    add: &mut impl FnMut(Node, f64),
) {
    let node = tree.nodes[at];
    let Node::Split { feature, threshold, left, right, missing_left, cover } = node else {
        return add(node, reach);
    };
    let x = row[feature as usize];
    let goes_left = if x.is_nan() { missing_left } else { x <= threshold };
    for (child, goes) in [(left as usize, goes_left), (right as usize, !goes_left)] {
        let own = f64::from(tree.nodes[child].cover());
        let share = if cover > 0.0 { own / f64::from(cover) } else { 0.5 };
        let part = match known >> feature & 1 {
            1 => f64::from(u8::from(goes)),
            _ => share,
        };
        descend(tree, child, row, known, reach * part, add);
    }
}

/// Shapley values by their definition, over all coalitions.
fn by_definition(ensemble: &TreeEnsemble, row: &[f32]) -> Vec<f64> {
    let (features, width) = (ensemble.features, ensemble.outputs.width());
    let games: Vec<Vec<f64>> =
        (0..1 << features).map(|known| expected(ensemble, row, known)).collect();
    let factorial = |n: usize| (1..=n).map(|i| i as f64).product::<f64>();
    let mut values = vec![0.0; features * width];
    for feature in 0..features {
        for known in (0..1_usize << features).filter(|known| known >> feature & 1 == 0) {
            let size = known.count_ones() as usize;
            let weight = factorial(size) * factorial(features - 1 - size) / factorial(features);
            for output in 0..width {
                let gain = games[known | 1 << feature][output] - games[known][output];
                values[feature * width + output] += weight * gain;
            }
        }
    }
    values
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn values_are_shapleys_by_definition(
        seed in any::<u64>(), features in 1_usize..11, depth in 0_usize..7, kind in 0_usize..3,
    ) {
        let mut draws = Draws(seed);
        // Ten features have a thousand coalitions.
        let depth = if features > 8 { depth.min(5) } else { depth };
        let outputs = [Outputs::One, Outputs::Cycle(2), Outputs::Shares(3)][kind];
        let ensemble = ensemble(&mut draws, outputs, features, depth);
        let row = row(&mut draws, features);
        let shap = TreeShap::new(&ensemble).unwrap();
        for (found, exact) in shap.values(&row).iter().zip(by_definition(&ensemble, &row)) {
            prop_assert!((found - exact).abs() < 1e-12, "{found} {exact}");
        }
        for (base, exact) in shap.base().iter().zip(expected(&ensemble, &row, 0)) {
            prop_assert!((base - exact).abs() < 1e-12);
        }
    }

    #[test]
    fn values_of_deep_trees_sum_to_margin_minus_base(
        seed in any::<u64>(), features in 1_usize..60, depth in 0_usize..12,
    ) {
        let mut draws = Draws(seed);
        let ensemble = ensemble(&mut draws, Outputs::Shares(2), features, depth);
        let shap = TreeShap::new(&ensemble).unwrap();
        let row = row(&mut draws, features);
        let mut sums = shap.base().to_vec();
        for own in shap.values(&row).chunks_exact(2) {
            sums.iter_mut().zip(own).for_each(|(sum, own)| *sum += own);
        }
        for (sum, margin) in sums.iter().zip(ensemble.margins(&row)) {
            prop_assert!((sum - f64::from(margin)).abs() < 1e-5, "{sum} {margin}");
        }
    }
}

/// A chain in which every level splits on another feature.
fn chain(features: u32) -> TreeEnsemble {
    let mut nodes = Vec::new();
    for feature in 0..features {
        let (left, right) = (2 * feature + 1, 2 * feature + 2);
        let cover = 1.0 + (features - feature) as f32;
        nodes.push(Node::Split { feature, threshold: 0.0, left, right, missing_left: true, cover });
        nodes.push(Node::Leaf { weight: feature as f32, cover: 1.0 });
    }
    nodes.push(Node::Leaf { weight: -7.0, cover: 1.0 });
    TreeEnsemble::new(features as usize, Link::Identity, vec![Tree::new(nodes)]).unwrap()
}

#[test]
fn paths_of_many_features_are_exact_up_to_the_limit_and_refused_beyond() {
    for features in [1, 8, 9, 17, 33, 64, 65, 200, 256] {
        let ensemble = chain(features);
        let shap = TreeShap::new(&ensemble).unwrap();
        for split in [0, features / 2, features] {
            let row: Vec<f32> = (0..features).map(|f| if f < split { 1.0 } else { -1.0 }).collect();
            let sum: f64 = shap.base()[0] + shap.values(&row).iter().sum::<f64>();
            assert!((sum - f64::from(ensemble.margins(&row)[0])).abs() < 1e-9, "{features}: {sum}");
        }
    }
    assert_eq!(TreeShap::new(&chain(257)).unwrap_err(), ExplainError::Deep { found: 257 });
}

#[test]
fn trees_without_covers_are_refused_and_a_lone_leaf_explains_nothing() {
    let split = Node::Split {
        feature: 0,
        threshold: 0.0,
        left: 1,
        right: 2,
        missing_left: true,
        cover: 0.0,
    };
    let leaf = |weight| Node::Leaf { weight, cover: 0.0 };
    let blind = Tree::new(vec![split, leaf(1.0), leaf(2.0)]);
    let blind = TreeEnsemble::new(1, Link::Mean, vec![blind]).unwrap();
    assert_eq!(TreeShap::new(&blind).unwrap_err(), ExplainError::NoCovers);
    let lone = TreeEnsemble::new(1, Link::Mean, vec![Tree::new(vec![leaf(0.25)])]).unwrap();
    let lone = TreeShap::new(&lone).unwrap();
    assert_eq!((lone.base(), lone.values(&[1.0])), (&[0.25][..], vec![0.0]));
}
