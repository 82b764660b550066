"""The traps of ONNX's tree operators: what onnxruntime does with them, and that no export steps in one.

    python onnx_traps.py CASES_DIR...

Each trap is a small graph on which onnxruntime answers what the encoding in `src/trees/encode.rs`
avoids. If one of them changes, this fails, and the rule it stands for can be thought about again. Then
every `model.onnx` below the folders is read, and its trees must follow the rules. What other
runtimes make of the same encodings is stated with each rule.
"""

import pathlib
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

TREES = ("TreeEnsembleClassifier", "TreeEnsembleRegressor")
STUMP = {
    "nodes_treeids": [0, 0, 0],
    "nodes_nodeids": [0, 1, 2],
    "nodes_modes": ["BRANCH_LEQ", "LEAF", "LEAF"],
    "nodes_featureids": [0, 0, 0],
    "nodes_values": [0.0, 0.0, 0.0],
    "nodes_truenodeids": [1, 0, 0],
    "nodes_falsenodeids": [2, 0, 0],
    "classlabels_int64s": [0, 1],
    "post_transform": "NONE",
}
LEAF = {
    "nodes_treeids": [0],
    "nodes_nodeids": [0],
    "nodes_modes": ["LEAF"],
    "nodes_featureids": [0],
    "nodes_values": [0.0],
    "nodes_truenodeids": [0],
    "nodes_falsenodeids": [0],
}


def votes(ids, weights, nodes):
    return {
        "class_treeids": [0] * len(ids),
        "class_ids": ids,
        "class_weights": weights,
        "class_nodeids": nodes,
    }


BOTH = votes([0, 1, 0, 1], [0.9, 0.1, 0.2, 0.8], [1, 1, 2, 2])
ZEROS = votes([0, 0], [0.1, 0.8], [1, 2])
ONES = votes([1, 1], [0.1, 0.8], [1, 2])
MARGINS = votes([0, 1, 0, 1], [1.0, -1.0, -2.0, 2.0], [1, 1, 2, 2])


def answer(rows, *attributes, **more):
    """Labels and scores of `rows`, each one number, by a classifier with these attributes."""
    merged = dict(STUMP)
    for part in (*attributes, more):
        merged |= part
    node = helper.make_node(TREES[0], ["x"], ["label", "scores"], domain="ai.onnx.ml", **merged)
    graph = helper.make_graph(
        [node],
        "trap",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 1])],
        [
            helper.make_tensor_value_info("label", TensorProto.INT64, [None]),
            helper.make_tensor_value_info("scores", TensorProto.FLOAT, [None, 2]),
        ],
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    runtime = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return runtime.run(None, {"x": np.array(rows, np.float32).reshape(-1, 1)})


def sigmoid(x):
    return 1 / (1 + np.exp(-np.array(x)))


def close(found, expected):
    return np.allclose(found, expected, rtol=0, atol=1e-6)


def label_of_two_classes_is_not_the_larger():
    """1. With weights on both classes the label is 1 wherever class 1 has any: the label is never read."""
    labels, scores = answer([-1, 1], BOTH)
    return list(labels) == [1, 1] and close(scores[:, 1], [0.1, 0.8])


def weights_on_class_zero_are_the_positive_score():
    """2. Weights on class 0 alone are column 1's sum (tract: its label is always 0, its scores right)."""
    labels, scores = answer([-1, 1], ZEROS)
    logistic = answer([-1, 1], ZEROS, post_transform="LOGISTIC")[1]
    return close(scores[:, 1], [0.1, 0.8]) and close(logistic[:, 1], sigmoid([0.1, 0.8]))


def weights_on_class_one_lose_class_zero():
    """3. With weights on class 1 alone column 0 is 0, or 0.5 under a logistic, and not the rest."""
    plain = answer([-1, 1], ONES)[1]
    logistic = answer([-1, 1], ONES, post_transform="LOGISTIC")[1]
    return close(plain[:, 0], 0) and close(logistic[:, 0], 0.5)


def greater_or_equal_is_a_mode_of_its_own():
    """4. BRANCH_GTE is run here (tract takes such a node for a leaf): only BRANCH_LEQ is written."""
    scores = answer([-1, 0, 1], ZEROS, nodes_modes=["BRANCH_GTE", "LEAF", "LEAF"])[1]
    return close(scores[:, 1], [0.8, 0.1, 0.1])


def base_values_go_to_either_class():
    """5. One base value goes to the positive sum or, under a logistic with weights on both classes, to
    class 0 alone (tract: refuses one for two classes): base scores stand in the first tree."""
    one = answer([-1, 1], ZEROS, base_values=[0.5])[1]
    two = answer([-1, 1], MARGINS, base_values=[0.5], post_transform="LOGISTIC")[1]
    return close(one[:, 1], [0.6, 1.3]) and close(two[:, 1], sigmoid([-1, 2]))


def opposite_margins_make_both_logistics():
    """6. Weights -s and +s under a logistic are both probabilities, and the label is right."""
    labels, scores = answer([-1, 1], MARGINS, post_transform="LOGISTIC")
    return list(labels) == [0, 1] and close(scores[:, 1], sigmoid([-1, 2])) and close(scores.sum(1), 1)


def leaves_alone_have_a_logistic():
    """7. A tree of one leaf passes through the logistic (onnxruntime issue 27533 says: not always)."""
    leaf = votes([0, 1], [-2.0, 2.0], [0, 0])
    scores = answer([-1, 1], LEAF, leaf, post_transform="LOGISTIC")[1]
    return close(scores[:, 1], sigmoid([2, 2]))


def doubles_reach_trees_as_nearest_singles():
    """8. A value scaled in single precision can pass a threshold that it does not pass in double: trees
    take what was cast last, and nothing is computed between cast and trees."""
    mean, scale, x = 300.05, 2.0003, 304.87
    late = np.float32((x - mean) / scale)
    early = (np.float32(x) - np.float32(mean)) / np.float32(scale)
    threshold = min(late, early)
    sides = answer([late, early], ZEROS, nodes_values=[float(threshold), 0.0, 0.0])[1][:, 1]
    return late != early and sides[0] != sides[1]


def thresholds_round_down():
    """9. The nearest single to the middle of two neighbours is one of them: for `x <= t`, thresholds are
    the largest single that is not above."""
    low = np.float32(1.0)
    wrong = 0
    for _ in range(1000):
        high = np.nextafter(low, np.float32(2))
        middle = (float(low) + float(high)) / 2
        wrong += np.float32(middle) == high
        low = high
    lower, upper = np.float32(1.0), np.nextafter(np.float32(1.0), np.float32(2))
    sides = answer([lower, upper], ZEROS, nodes_values=[float(lower), 0.0, 0.0])[1][:, 1]
    return 400 <= wrong <= 600 and close(sides, [0.1, 0.8])


TRAPS = [
    label_of_two_classes_is_not_the_larger,
    weights_on_class_zero_are_the_positive_score,
    weights_on_class_one_lose_class_zero,
    greater_or_equal_is_a_mode_of_its_own,
    base_values_go_to_either_class,
    opposite_margins_make_both_logistics,
    leaves_alone_have_a_logistic,
    doubles_reach_trees_as_nearest_singles,
    thresholds_round_down,
]


def broken_rules(graph):
    """Rules that the trees of a graph break."""
    readers = {name for node in graph.node for name in node.input}
    readers |= {port.name for port in graph.output}
    for node in graph.node:
        if node.op_type not in TREES:
            continue
        found = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        classifier = node.op_type == TREES[0]
        if set(found["nodes_modes"]) - {b"BRANCH_LEQ", b"LEAF"}:
            yield "a mode other than BRANCH_LEQ and LEAF"
        if any(name.startswith("base_values") for name in found):
            yield "base values"
        if any(name.endswith("_as_tensor") for name in found):
            yield "doubles"
        if classifier and node.output[0] in readers:
            yield "the label is read"
        trees = found["nodes_treeids"]
        if trees[0] != 0 or any(b - a not in (0, 1) for a, b in zip(trees, trees[1:])):
            yield "tree ids that do not count up from 0"
        if not classifier:
            continue
        ids, transform = found["class_ids"], found["post_transform"]
        weights = found["class_weights"]
        if set(ids) == {1}:
            yield "weights on class 1 alone"
        pairs = ids[::2] == [0] * (len(ids) // 2) and weights[::2] == [-w for w in weights[1::2]]
        if transform == b"LOGISTIC" and not pairs:
            yield "a logistic without -s and +s"


def main():
    if len(sys.argv) < 2:
        sys.exit("usage: onnx_traps.py CASES_DIR...")
    failures = [trap.__doc__ for trap in TRAPS if not trap()]
    for failure in failures:
        print(f"onnxruntime answers otherwise: {failure}")
    models = [path for folder in sys.argv[1:] for path in pathlib.Path(folder).rglob("model.onnx")]
    ensembles = 0
    for path in models:
        graph = onnx.load(path).graph
        ensembles += sum(node.op_type in TREES for node in graph.node)
        for rule in broken_rules(graph):
            failures.append(rule)
            print(f"{path}: {rule}")
    print(
        f"onnxruntime {onnxruntime.__version__}: {len(TRAPS)} traps, {len(models)} models with "
        f"{ensembles} ensembles, {len(failures)} failures"
    )
    sys.exit(1 if failures or not ensembles else 0)


if __name__ == "__main__":
    main()
