//! What a forest's trees must be, whatever the rows.

use proptest::prelude::*;

use super::*;
use crate::testing::{noisy, rows};
use crate::trees::{GrownNode, Growth, Layout, Size};

const FULL: Size = Size { max_depth: 1000, max_leaves: usize::MAX, growth: Growth::DepthWise };

fn params(trees: usize, features_per_split: usize) -> ForestParams {
    ForestParams {
        trees,
        size: FULL,
        min_leaf: 1.0,
        min_decrease: 0.0,
        features_per_split,
        cutting: Cutting::Best,
        bootstrap: true,
        sample_share: 1.0,
    }
}

fn one_tree(features_per_split: usize) -> ForestParams {
    ForestParams { bootstrap: false, ..params(1, features_per_split) }
}

fn classes(y: &[bool]) -> Vec<u8> {
    y.iter().map(|y| u8::from(*y)).collect()
}

fn binary(columns: Vec<Vec<f32>>, y: &[bool], params: &ForestParams) -> Vec<GrownTree> {
    let binned = Binned::new(&rows(columns), 255, Layout::Columns);
    let target = ForestTarget::Classes { of: &classes(y), count: 2 };
    grow_forest(&binned, target, None, params, Seed(1))
}

#[test]
fn exclusive_or_is_learned_exactly() {
    let x = vec![vec![0.0, 0.0, 1.0, 1.0, 0.2], vec![0.0, 1.0, 0.0, 1.0, 0.9]];
    let y = [false, true, true, false, true];
    let tree = &binary(x.clone(), &y, &one_tree(2))[0];
    for (row, label) in y.iter().enumerate() {
        assert_eq!(tree.value(&[x[0][row], x[1][row]]), f64::from(u8::from(*label)));
    }
}

#[test]
fn histograms_and_touched_bins_find_every_boundary() {
    let values: Vec<f32> = (0..4000).map(|i| ((i * 7919) % 250) as f32).collect();
    let y: Vec<bool> = values.iter().map(|v| (v / 30.0) as i32 % 2 == 1).collect();
    let tree = &binary(vec![values.clone()], &y, &one_tree(1))[0];
    assert_eq!(tree.nodes().len(), 2 * 9 - 1);
    assert!(values.iter().zip(&y).all(|(v, y)| (tree.value(&[*v]) > 0.5) == *y));
}

#[test]
fn threads_change_no_byte_of_any_forest() {
    let (columns, y) = noisy(900, 3);
    for cutting in [Cutting::Best, Cutting::Random] {
        let grow = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| binary(columns.clone(), &y, &ForestParams { cutting, ..params(12, 2) }))
        };
        let one = grow(1);
        assert_eq!(one, grow(2));
        assert_eq!(one, grow(8));
    }
}

#[test]
fn memory_layout_changes_no_tree() {
    let (columns, y) = noisy(500, 8);
    let grow = |layout| {
        let binned = Binned::new(&rows(columns.clone()), 255, layout);
        let target = ForestTarget::Classes { of: &classes(&y), count: 2 };
        grow_forest(&binned, target, None, &params(4, 2), Seed(5))
    };
    assert_eq!(grow(Layout::Columns), grow(Layout::Blocks));
}

/// The same splits and leaves; gains and covers may differ by rounding.
fn same_shape(a: &GrownTree, b: &GrownTree) -> bool {
    let rule = |node: &GrownNode| match *node {
        GrownNode::Split { feature, threshold, missing_left, .. } => {
            Some((feature, threshold.to_bits(), missing_left))
        }
        GrownNode::Leaf { .. } => None,
    };
    a.nodes().iter().map(rule).eq(b.nodes().iter().map(rule))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_weight_is_a_repeated_row(
        data in prop::collection::vec((0_u8..20, 0_u8..20, 0_u8..3, 0_u32..4), 4..60),
        random in any::<bool>(),
    ) {
        let cutting = if random { Cutting::Random } else { Cutting::Best };
        let params = ForestParams { cutting, ..one_tree(2) };
        let of = |repeat: bool| {
            let times = |w: u32| if repeat { w as usize } else { 1 };
            let all: Vec<_> = data
                .iter()
                .filter(|row| row.3 > 0)
                .flat_map(|row| std::iter::repeat_n(*row, times(row.3)))
                .collect();
            let x = rows(vec![
                all.iter().map(|row| f32::from(row.0)).collect(),
                all.iter().map(|row| f32::from(row.1)).collect(),
            ]);
            let class: Vec<u8> = all.iter().map(|row| row.2).collect();
            let value: Vec<f64> = class.iter().map(|c| f64::from(*c)).collect();
            let weight: Vec<f32> = all.iter().map(|row| row.3 as f32).collect();
            let weights = (!repeat).then_some(weight.as_slice());
            let binned = Binned::new(&x, 255, Layout::Columns);
            [ForestTarget::Classes { of: &class, count: 3 }, ForestTarget::Values(&value)]
                .map(|target| grow_forest(&binned, target, weights, &params, Seed(9)))
        };
        let ([a, b], [c, d]) = (of(false), of(true));
        prop_assert!(same_shape(&a[0], &c[0]));
        for (weighted, repeated) in [(&a[0], &c[0]), (&b[0], &d[0])] {
            for row in data.iter().filter(|row| row.3 > 0) {
                let x = [f32::from(row.0), f32::from(row.1)];
                let (w, r) = (weighted.values(|f| x[f]), repeated.values(|f| x[f]));
                prop_assert!(w.iter().zip(r).all(|(w, r)| (w - r).abs() < 1e-9), "{w:?} {r:?}");
            }
        }
    }
}

#[test]
fn leaves_of_many_classes_hold_shares() {
    let x: Vec<f32> = (0..600).map(|i| (i % 100) as f32).collect();
    for count in [3, 7, 40] {
        let class: Vec<u8> = x.iter().map(|v| (*v as usize * count / 100) as u8).collect();
        let binned = Binned::new(&rows(vec![x.clone()]), 255, Layout::Columns);
        let target = ForestTarget::Classes { of: &class, count };
        let trees = grow_forest(&binned, target, None, &params(5, 1), Seed(2));
        for (value, class) in x.iter().zip(&class) {
            let shares = trees[0].values(|_| *value);
            assert_eq!(shares.len(), count);
            assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            assert_eq!(shares[usize::from(*class)], 1.0);
        }
    }
}

#[test]
fn a_regression_forest_follows_a_curve_with_an_offset() {
    let x: Vec<f32> = (0..2000).map(|i| i as f32 / 2000.0).collect();
    let y: Vec<f64> = x.iter().map(|x| 1e6 + f64::from(*x * 6.0).sin()).collect();
    for cutting in [Cutting::Best, Cutting::Random] {
        let binned = Binned::new(&rows(vec![x.clone()]), 255, Layout::Columns);
        let params = ForestParams { cutting, min_leaf: 3.0, ..params(20, 1) };
        let trees = grow_forest(&binned, ForestTarget::Values(&y), None, &params, Seed(2));
        let worst = x.iter().zip(&y).map(|(x, y)| {
            let mean = trees.iter().map(|t| t.value(&[*x])).sum::<f64>() / 20.0;
            (mean - y).abs()
        });
        assert!(worst.fold(0.0, f64::max) < 0.1);
    }
}

#[test]
fn limits_of_depth_leaves_and_leaf_weight_hold() {
    let (columns, y) = noisy(800, 4);
    let grow = |size, min_leaf| {
        binary(columns.clone(), &y, &ForestParams { size, min_leaf, ..params(3, 2) })
    };
    let leaves = |tree: &GrownTree| tree.nodes().len().div_ceil(2);
    for growth in [Growth::DepthWise, Growth::LeafWise] {
        let few = grow(Size { max_leaves: 7, growth, ..FULL }, 1.0);
        assert!(few.iter().all(|tree| leaves(tree) == 7));
        let flat = grow(Size { max_depth: 2, growth, ..FULL }, 1.0);
        assert!(flat.iter().all(|tree| leaves(tree) <= 4));
        assert!(grow(Size { max_depth: 0, growth, ..FULL }, 1.0).iter().all(|t| leaves(t) == 1));
        let heavy = grow(Size { growth, ..FULL }, 25.0);
        let covers = heavy.iter().flat_map(GrownTree::nodes).filter_map(|node| match node {
            GrownNode::Leaf { cover, .. } => Some(*cover),
            GrownNode::Split { .. } => None,
        });
        assert!(covers.into_iter().all(|cover| cover >= 25.0));
    }
    let gain = |growth| -> f64 {
        let trees = grow(Size { max_leaves: 9, growth, ..FULL }, 1.0);
        let mut gains = [0.0; 4];
        trees.iter().for_each(|tree| tree.add_gains(&mut gains));
        gains.iter().sum()
    };
    assert!(gain(Growth::LeafWise) > gain(Growth::DepthWise));
}

#[test]
fn rows_out_of_the_bag_are_out_of_the_bag() {
    let weights: Vec<f32> = (0..500).map(|i| (i % 3) as f32).collect();
    for tree in 0..5 {
        let sample = Sample::draw(500, Some(&weights), &params(5, 1), Seed(1), tree);
        let inside = sample.rows();
        assert!(inside.iter().all(|&row| !sample.leaves_out(row as usize)));
        let outside = (0..500).filter(|&row| sample.leaves_out(row)).count();
        assert_eq!(inside.len() + outside, 500);
        assert!((250..330).contains(&outside), "{outside}");
    }
    // A tree that fits its own rows exactly knows nothing of labels it did not see.
    let x: Vec<f32> = (0..200).map(|i| i as f32).collect();
    let y: Vec<bool> = (0..200).map(|i| i % 2 == 0).collect();
    let trees = binary(vec![x.clone()], &y, &params(3, 1));
    for (number, tree) in trees.iter().enumerate() {
        let sample = Sample::draw(200, None, &params(3, 1), Seed(1), number);
        for row in (0..200).filter(|&row| !sample.leaves_out(row)) {
            assert_eq!(tree.value(&[x[row]]) > 0.5, y[row]);
        }
    }
}

#[test]
fn missing_values_take_the_better_side() {
    for high in [false, true] {
        // Class 1 is on one side, and the rows that miss the feature are of class 1.
        let x = vec![1.0, 2.0, 3.0, 4.0, f32::NAN, f32::NAN];
        let y = [!high, !high, high, high, true, true];
        let tree = &binary(vec![x], &y, &one_tree(1))[0];
        assert_eq!(tree.nodes().len(), 3);
        assert_eq!(tree.value(&[f32::NAN]), 1.0);
        assert_eq!(tree.value(&[if high { 9.0 } else { 0.0 }]), 1.0);
    }
    let alone = &binary(vec![vec![1.0, 2.0, f32::NAN]], &[false, false, true], &one_tree(1))[0];
    assert_eq!((alone.value(&[f32::NAN]), alone.value(&[9e9])), (1.0, 0.0));
}

#[test]
fn nothing_to_learn_gives_one_leaf() {
    let leaf = |columns: Vec<Vec<f32>>, y: &[bool]| {
        let tree = &binary(columns, y, &one_tree(1))[0];
        assert_eq!(tree.nodes().len(), 1);
        tree.value(&[0.0])
    };
    assert_eq!(leaf(vec![vec![7.0; 4]], &[true, false, true, true]), 0.75);
    assert_eq!(leaf(vec![vec![f32::NAN; 4]], &[true, false, true, true]), 0.75);
    assert_eq!(leaf(vec![vec![1.0, 2.0]], &[true, true]), 1.0);
    assert_eq!(leaf(vec![vec![1.0]], &[false]), 0.0);
    assert_eq!(leaf(vec![vec![]], &[]), 0.0);
}

#[test]
fn two_bins_split_once() {
    let x: Vec<f32> = (0..100).map(|i| i as f32).collect();
    let y: Vec<bool> = x.iter().map(|v| *v >= 50.0).collect();
    let binned = Binned::new(&rows(vec![x]), 2, Layout::Columns);
    let target = ForestTarget::Classes { of: &classes(&y), count: 2 };
    let tree = &grow_forest(&binned, target, None, &one_tree(1), Seed(1))[0];
    assert_eq!(tree.nodes().len(), 3);
    assert_eq!((tree.value(&[49.0]), tree.value(&[50.0])), (0.0, 1.0));
}
