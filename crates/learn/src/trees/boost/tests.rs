//! What a boosted ensemble must be, whatever the rows.

use super::*;
use crate::testing::{noisy, rows};
use crate::trees::{GrownNode, Growth, Layout, Scorer, Size};

const SMALL: Size = Size { max_depth: 3, max_leaves: usize::MAX, growth: Growth::DepthWise };

fn params(loss: Loss, rounds: usize) -> BoostParams {
    BoostParams {
        loss,
        rounds,
        learning_rate: 0.3,
        size: SMALL,
        min_child_weight: 0.1,
        min_leaf: 1,
        min_gain: 0.0,
        lambda: 1.0,
        alpha: 0.0,
        subsample: 1.0,
        features: FeatureShares::ALL,
        monotone: Vec::new(),
        patience: None,
    }
}

fn boost(x: &Matrix, y: &[f64], params: &BoostParams) -> Boosted {
    let binned = Binned::new(x, 255, Layout::Blocks);
    grow_boosted(x, &binned, BoostTarget { y, weights: None }, params, None, Seed(1))
}

fn margins(boosted: &Boosted, x: &Matrix) -> Vec<f64> {
    let outputs = boosted.base.len();
    let mut sums = Scorer::new(&boosted.trees, outputs).sums(x);
    sums.chunks_mut(outputs)
        .for_each(|row| row.iter_mut().zip(&boosted.base).for_each(|(s, b)| *s += b));
    sums
}

fn ring(n: usize) -> (Matrix, Vec<f64>) {
    let (columns, y) = noisy(n, 2);
    (rows(columns), y.iter().map(|y| f64::from(u8::from(*y))).collect())
}

#[test]
fn a_ring_that_no_line_can_is_learned() {
    let (x, y) = ring(600);
    for growth in [Growth::DepthWise, Growth::LeafWise] {
        let size = Size { max_depth: 8, max_leaves: 8, growth };
        let boosted = boost(&x, &y, &BoostParams { size, ..params(Loss::Logistic, 60) });
        let right = margins(&boosted, &x)
            .iter()
            .zip(&y)
            .filter(|(m, y)| (**m > 0.0) == (**y > 0.5))
            .count();
        assert!(right >= 590, "{right} of 600");
    }
}

#[test]
fn threads_change_no_byte_of_any_ensemble() {
    // Enough rows and features that the work is shared.
    let mut columns = noisy(20_000, 5).0;
    columns.extend(noisy(20_000, 6).0);
    columns[2].iter_mut().step_by(7).for_each(|v| *v = f32::NAN);
    let y: Vec<f64> = noisy(20_000, 5).1.iter().map(|y| f64::from(u8::from(*y))).collect();
    let x = rows(columns);
    for loss in [Loss::Logistic, Loss::Softmax { classes: 2 }, Loss::Quantile { alpha: 0.7 }] {
        let features = FeatureShares { tree: 0.9, level: 0.9, node: 0.9 };
        let params = BoostParams { subsample: 0.8, features, ..params(loss, 4) };
        let grow = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| boost(&x, &y, &params))
        };
        let one = grow(1);
        assert_eq!(one, grow(2));
        assert_eq!(one, grow(8));
    }
}

#[test]
fn memory_layout_changes_no_tree_and_so_subtraction_is_counting() {
    let (x, y) = ring(6000);
    let grow = |layout| {
        let binned = Binned::new(&x, 255, layout);
        let target = BoostTarget { y: &y, weights: None };
        grow_boosted(&x, &binned, target, &params(Loss::Logistic, 5), None, Seed(3))
    };
    assert_eq!(grow(Layout::Columns), grow(Layout::Blocks));
}

#[test]
fn without_rounds_the_base_minimises_the_loss() {
    let (x, y) = ring(600);
    let share = y.iter().sum::<f64>() / 600.0;
    let logistic = boost(&x, &y, &params(Loss::Logistic, 0));
    assert!(logistic.trees.is_empty());
    assert!((1.0 / (1.0 + (-logistic.base[0]).exp()) - share).abs() < 1e-3);
    assert_eq!(boost(&x, &y, &params(Loss::Squared, 0)).base, [share]);
    assert_eq!(boost(&x, &y, &params(Loss::Absolute, 0)).base, [0.0]);
    let softmax = boost(&x, &y, &params(Loss::Softmax { classes: 2 }, 0));
    assert!((softmax.base[1].exp() - share).abs() < 1e-3);
}

#[test]
fn one_class_one_row_and_all_missing_stay_finite() {
    let (x, _) = ring(100);
    assert!(margins(&boost(&x, &[1.0; 100], &params(Loss::Logistic, 20)), &x)[0].is_finite());
    for column in [vec![3.0], vec![f32::NAN]] {
        let x = rows(vec![column]);
        let boosted = boost(&x, &[5.0], &params(Loss::Squared, 20));
        assert_eq!(margins(&boosted, &x), [5.0]);
        assert!(boosted.trees.iter().all(|tree| tree.nodes().len() == 1));
    }
    assert!(boost(&rows(vec![vec![]]), &[], &params(Loss::Squared, 2)).base[0].is_finite());
}

#[test]
fn several_classes_are_told_apart() {
    let x = rows(vec![(0..900).map(|i| (i % 90) as f32).collect()]);
    let y: Vec<f64> = (0..900).map(|i| f64::from(i % 90 / 30)).collect();
    let boosted = boost(&x, &y, &params(Loss::Softmax { classes: 3 }, 15));
    assert_eq!(boosted.trees.len(), 45);
    for (row, margin) in margins(&boosted, &x).chunks(3).enumerate() {
        let best = (0..3).max_by(|&a, &b| margin[a].total_cmp(&margin[b])).unwrap();
        assert_eq!(best as f64, y[row]);
    }
}

/// A noisy rise: its noise is even between -1 and 1.
fn rising(n: usize) -> (Matrix, Vec<f64>) {
    let mut rng = Seed(8).rng();
    let x: Vec<f32> = (0..n).map(|_| rng.random::<f32>()).collect();
    let y = x.iter().map(|x| f64::from(*x) * 4.0 + rng.random::<f64>() * 2.0 - 1.0).collect();
    let other = (0..n).map(|_| rng.random::<f32>()).collect();
    (rows(vec![x, other]), y)
}

#[test]
fn quantiles_cover_their_share_and_absolute_loss_finds_the_median() {
    let (x, y) = rising(8000);
    let (new, truth) = {
        let (x, y) = rising(16_000);
        (x, y)
    };
    for (loss, alpha) in [
        (Loss::Quantile { alpha: 0.1 }, 0.1),
        (Loss::Quantile { alpha: 0.9 }, 0.9),
        (Loss::Absolute, 0.5),
    ] {
        let boosted = boost(&x, &y, &BoostParams { learning_rate: 0.1, ..params(loss, 60) });
        let below =
            margins(&boosted, &new).iter().zip(&truth).skip(8000).filter(|(m, y)| y <= m).count();
        assert!((below as f64 / 8000.0 - alpha).abs() < 0.03, "{loss:?}: {below}");
    }
}

#[test]
fn monotone_constraints_hold_on_a_grid() {
    let (x, y) = rising(3000);
    let falling: Vec<f64> = y.iter().map(|y| -y).collect();
    for (target, direction) in [(&y, 1_i8), (&falling, -1), (&y, -1)] {
        for loss in [Loss::Squared, Loss::Absolute] {
            let params =
                BoostParams { monotone: vec![direction, 0], alpha: 0.1, ..params(loss, 30) };
            let boosted = boost(&x, target, &params);
            for other in [0.1, 0.5, 0.9] {
                let grid = (0..200).map(|i| i as f32 / 199.0).collect();
                let grid = margins(&boosted, &rows(vec![grid, vec![other; 200]]));
                let step = |pair: &[f64]| (pair[1] - pair[0]) * f64::from(direction);
                assert!(grid.windows(2).all(|pair| step(pair) >= 0.0));
            }
        }
    }
}

#[test]
fn early_stopping_keeps_the_best_round() {
    let (x, y) = ring(400);
    let (columns, truth) = noisy(300, 77);
    let truth: Vec<f64> = truth.iter().map(|y| f64::from(u8::from(*y))).collect();
    let valid = rows(columns);
    let target = BoostTarget { y: &truth, weights: None };
    let params =
        BoostParams { patience: Some(10), learning_rate: 0.8, ..params(Loss::Logistic, 400) };
    let binned = Binned::new(&x, 255, Layout::Blocks);
    let watch = Some(Validation { x: &valid, target });
    let boosted =
        grow_boosted(&x, &binned, BoostTarget { y: &y, weights: None }, &params, watch, Seed(1));
    let best = (0..boosted.validation.len())
        .min_by(|&a, &b| boosted.validation[a].total_cmp(&boosted.validation[b]));
    assert_eq!(boosted.trees.len(), best.unwrap() + 1);
    assert_eq!(boosted.validation.len(), boosted.trees.len() + 10);
    let loss = Loss::Logistic.mean(target, &margins(&boosted, &valid));
    assert!((loss - boosted.validation[best.unwrap()]).abs() < 1e-12);
}

#[test]
fn a_weight_is_close_to_a_repeated_row() {
    // Not the same bytes: derivatives are rounded row by row.
    let (x, y) = rising(1500);
    let weights: Vec<f32> = (0..1500).map(|i| (i % 3) as f32).collect();
    let repeated: Vec<usize> = (0..1500).flat_map(|i| std::iter::repeat_n(i, i % 3)).collect();
    let binned = Binned::new(&x, 255, Layout::Blocks);
    let target = BoostTarget { y: &y, weights: Some(&weights) };
    let weighted = grow_boosted(&x, &binned, target, &params(Loss::Squared, 20), None, Seed(1));
    let again = gauntlet_core::Subset::subset(&x, &repeated);
    let targets: Vec<f64> = repeated.iter().map(|&row| y[row]).collect();
    let repeated = boost(&again, &targets, &params(Loss::Squared, 20));
    let apart = margins(&weighted, &x)
        .iter()
        .zip(margins(&repeated, &x))
        .map(|(a, b)| (a - b).powi(2))
        .sum::<f64>();
    assert!((apart / 1500.0).sqrt() < 0.1, "{apart}");
}

#[test]
fn missing_values_take_the_better_side() {
    for high in [false, true] {
        let x: Vec<f32> = (0..120).map(|i| if i % 3 == 0 { f32::NAN } else { i as f32 }).collect();
        let y: Vec<f64> =
            (0..120).map(|i| f64::from(u8::from(i % 3 == 0 || (i >= 60) == high))).collect();
        let x = rows(vec![x]);
        let params =
            BoostParams { size: Size { max_depth: 1, ..SMALL }, ..params(Loss::Squared, 1) };
        let tree = &boost(&x, &y, &params).trees[0];
        let GrownNode::Split { missing_left, .. } = tree.nodes()[0] else { panic!("no split") };
        assert_eq!(missing_left, !high);
    }
}

#[test]
fn limits_penalties_and_smallest_leaves_hold() {
    let (x, y) = ring(2000);
    let leaves = |tree: &GrownTree| tree.nodes().len().div_ceil(2);
    let grow = |change: fn(&mut BoostParams)| {
        let mut params = params(Loss::Logistic, 5);
        change(&mut params);
        boost(&x, &y, &params).trees
    };
    let deep = Size { max_depth: 30, max_leaves: 11, growth: Growth::LeafWise };
    assert_eq!(deep.max_leaves, 11);
    let few = grow(|p| p.size = Size { max_depth: 30, max_leaves: 11, growth: Growth::LeafWise });
    assert!(few.iter().all(|tree| leaves(tree) == 11));
    assert!(grow(|p| p.min_gain = 1e9).iter().all(|tree| leaves(tree) == 1));
    assert!(grow(|p| p.alpha = 1e9).iter().all(|tree| tree.value(&[0.0; 4]) == 0.0));
    assert!(grow(|p| p.min_child_weight = 1e9).iter().all(|tree| leaves(tree) == 1));
    let rows_of = |node: &GrownNode| match *node {
        GrownNode::Leaf { cover, .. } => cover,
        GrownNode::Split { cover, .. } => cover,
    };
    let heavy = grow(|p| p.min_leaf = 150);
    assert!(heavy.iter().any(|tree| leaves(tree) > 2));
    assert!(heavy.iter().flat_map(GrownTree::nodes).all(|node| rows_of(node) >= 150.0));
    assert_eq!(rows_of(&grow(|p| p.subsample = 1.0)[0].nodes()[0]), 2000.0);
    assert!(rows_of(&grow(|p| p.subsample = 0.5)[0].nodes()[0]) < 1200.0);
}

#[test]
fn the_same_seed_gives_the_same_trees_and_another_gives_others() {
    let (x, y) = ring(500);
    let binned = Binned::new(&x, 255, Layout::Blocks);
    let features = FeatureShares { tree: 0.5, level: 1.0, node: 1.0 };
    let params = BoostParams { subsample: 0.7, features, ..params(Loss::Logistic, 5) };
    let target = BoostTarget { y: &y, weights: None };
    let grow = |seed| grow_boosted(&x, &binned, target, &params, None, Seed(seed));
    assert_eq!(grow(1), grow(1));
    assert_ne!(grow(1), grow(2));
}
