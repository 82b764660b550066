//! Each operator on numbers whose result is known, by way of the builder and the engine.

#![allow(missing_docs, clippy::panic, clippy::unwrap_used)]

use gauntlet_bundle::engine::{Engine, Input, Output};
use gauntlet_bundle::graph::{Graph, Vector};

/// The doubles that `build` makes of the columns `a` and `b`.
fn doubles<const N: usize>(
    a: [f64; N],
    b: [f64; N],
    build: impl FnOnce(&mut Graph, Vector<f64>, Vector<f64>) -> Vector<f64>,
) -> Vec<f64> {
    let mut graph = Graph::new();
    let (left, right) = (graph.number("a"), graph.number("b"));
    let value = build(&mut graph, left, right);
    graph.output("y", value);
    let engine = Engine::load(&graph.finish().unwrap()).unwrap();
    match engine.run(&[Input::Double(&a), Input::Double(&b)]).unwrap().pop() {
        Some(Output::Double(values)) => values,
        other => panic!("{other:?}"),
    }
}

#[test]
fn numbers_may_stand_on_either_side() {
    assert_eq!(doubles([3.0], [4.0], |g, a, _| g.sub(10.0, a)), [7.0]);
    assert_eq!(doubles([3.0], [4.0], |g, a, _| g.sub(a, 10.0)), [-7.0]);
    assert_eq!(doubles([3.0], [4.0], |g, a, b| g.div(b, a)), [4.0 / 3.0]);
}

#[test]
fn a_missing_number_can_be_replaced_and_passes_through_otherwise() {
    let impute = |g: &mut Graph, a, _| {
        let missing = g.is_nan(a);
        g.select(missing, -1.0, a)
    };
    assert_eq!(doubles([f64::NAN, 2.0], [0.0; 2], impute), [-1.0, 2.0]);
    assert!(doubles([f64::NAN], [1.0], |g, a, b| g.add(a, b))[0].is_nan());
    assert!(doubles([f64::NAN], [1.0], |g, a, b| g.max(b, a))[0].is_nan());
}

#[test]
fn comparisons_with_nan_are_false() {
    let count = |g: &mut Graph, a, b| {
        let tests = [g.less(a, b), g.less_or_equal(a, b), g.greater(a, b), g.equal(a, b)];
        let numbers = tests.map(|test| g.cast::<bool, f64, _>(test));
        let matrix = g.stack(&numbers);
        g.sum(matrix)
    };
    assert_eq!(doubles([f64::NAN, 1.0, 1.0], [1.0, 1.0, 2.0], count), [0.0, 2.0, 2.0]);
}

#[test]
fn logic_is_that_of_booleans() {
    let exclusive = |g: &mut Graph, a, b| {
        let (a, b) = (g.greater(a, 0.0), g.greater(b, 0.0));
        let (any, both) = (g.or(a, b), g.and(a, b));
        let not_both = g.not(both);
        let one = g.and(any, not_both);
        g.cast(one)
    };
    assert_eq!(
        doubles([0.0, 1.0, 0.0, 1.0], [0.0, 0.0, 1.0, 1.0], exclusive),
        [0.0, 1.0, 1.0, 0.0]
    );
}

#[test]
fn columns_are_joined_and_picked_in_the_order_given() {
    let second_of_reversed = |g: &mut Graph, a, b| {
        let pair = g.stack(&[a, b]);
        let reversed = g.gather(pair, &[1, 0]);
        let four = g.concat(&[pair, reversed]);
        let scaled = g.mul(four, [1.0, 10.0, 100.0, 1000.0].as_slice());
        g.pick(scaled, 3)
    };
    assert_eq!(doubles([1.0, 2.0], [3.0, 4.0], second_of_reversed), [1000.0, 2000.0]);
}

#[test]
fn a_linear_layer_multiplies_and_adds_the_bias() {
    let layer = |g: &mut Graph, a, b| {
        let pair = g.stack(&[a, b]);
        let hidden = g.gemm(pair, &[1.0, 0.0, -1.0, 2.0, 1.0, 0.5], &[10.0, 20.0, 30.0]);
        let sum = g.matmul(hidden, &[1.0, 100.0, 10_000.0], 1);
        g.pick(sum, 0)
    };
    // [1·1 + 3·2 + 10, 1·0 + 3·1 + 20, 1·-1 + 3·0.5 + 30] = [17, 23, 30.5]
    assert_eq!(doubles([1.0], [3.0], layer), [17.0 + 2300.0 + 305_000.0]);
}

#[test]
fn softmax_and_the_logistic_agree_on_two_classes() {
    let soft = |g: &mut Graph, a, b| {
        let pair = g.stack(&[a, b]);
        let soft = g.softmax(pair);
        g.pick(soft, 0)
    };
    let logistic = |g: &mut Graph, a, b| {
        let margin = g.sub(a, b);
        g.sigmoid(margin)
    };
    let (a, b) = ([0.3, -7.0, 50.0], [0.1, 4.0, -50.0]);
    for (x, y) in doubles(a, b, soft).into_iter().zip(doubles(a, b, logistic)) {
        assert!((x - y).abs() < 1e-15, "{x} {y}");
    }
}

#[test]
fn powers_and_roots_undo_each_other() {
    let there_and_back = |g: &mut Graph, a, b| {
        let square = g.mul(a, a);
        let root = g.sqrt(square);
        let power = g.exp(b);
        let log = g.log(power);
        let negative = g.neg(root);
        let absolute = g.abs(negative);
        g.add(absolute, log)
    };
    let found = doubles([-3.0, 0.5], [1.25, -2.0], there_and_back);
    assert!((found[0] - 4.25).abs() < 1e-12 && (found[1] + 1.5).abs() < 1e-12, "{found:?}");
}

#[test]
fn the_first_of_equal_columns_is_the_largest() {
    let mut graph = Graph::new();
    let (a, b) = (graph.float("a"), graph.float("b"));
    let pair = graph.stack(&[a, b]);
    let largest = graph.arg_max(pair);
    let mean = graph.mean(pair);
    graph.output("largest", largest);
    graph.output("mean", mean);
    let engine = Engine::load(&graph.finish().unwrap()).unwrap();
    let inputs = [Input::Float(&[1.0, 1.0, 2.0]), Input::Float(&[1.0, 3.0, 1.0])];
    let expected = [Output::Int(vec![0, 1, 0]), Output::Float(vec![1.0, 2.0, 1.5])];
    assert_eq!(engine.run(&inputs).unwrap(), expected);
}

#[test]
fn texts_become_their_codes_and_unknown_ones_missing() {
    let mut graph = Graph::new();
    let text = graph.text("kind");
    let code = graph.encode(text, &[("M".into(), 2.0), ("H".into(), 1.0)]);
    graph.output("code", code);
    let engine = Engine::load(&graph.finish().unwrap()).unwrap();
    let texts = ["H", "M", "h", ""].map(str::to_owned);
    let Some(Output::Float(codes)) = engine.run(&[Input::Text(&texts)]).unwrap().pop() else {
        panic!("no floats")
    };
    assert_eq!(codes[..2], [1.0, 2.0]);
    assert!(codes[2].is_nan() && codes[3].is_nan());
    let borrowed = engine.run(&[Input::Str(&["M"])]).unwrap();
    assert_eq!(borrowed, [Output::Float(vec![2.0])]);
}

#[test]
fn batches_larger_than_working_memory_are_answered_in_order() {
    let values: Vec<f64> = (0..10_007).map(f64::from).collect();
    let mut graph = Graph::new();
    let a = graph.number("a");
    let double = graph.add(a, a);
    graph.output("y", double);
    let engine = Engine::load(&graph.finish().unwrap()).unwrap();
    let expected: Vec<f64> = values.iter().map(|x| 2.0 * x).collect();
    assert_eq!(engine.run(&[Input::Double(&values)]).unwrap(), [Output::Double(expected)]);
}

#[test]
fn a_double_rounds_to_the_nearest_single() {
    let mut graph = Graph::new();
    let a = graph.number("a");
    let single: Vector<f32> = graph.cast(a);
    graph.output("y", single);
    let engine = Engine::load(&graph.finish().unwrap()).unwrap();
    let halfway = 1.0 + f64::from(f32::EPSILON) / 2.0;
    let doubles = [0.1, 1e300, 1e-46, halfway, halfway.next_up()];
    let singles = vec![0.1, f32::INFINITY, 0.0, 1.0, 1.0 + f32::EPSILON];
    assert_eq!(engine.run(&[Input::Double(&doubles)]).unwrap(), [Output::Float(singles)]);
}
