"""Answers of one forest, timed: our engine, onnxruntime (Python and C API) and shap, on one thread.

    cargo build --release --manifest-path bench/learners/ort/Cargo.toml
    python bench/learners/predict.py bench/learners/ort/target/release/bench-ort WORK_DIR

A forest of 100 full-depth trees is fitted with scikit-learn on generated data of 8 features and written
twice: as the project writes graphs (a column per input, doubles, threshold and label) and as the
ensemble alone on one matrix, which is the least work for onnxruntime. All sides must give the same
scores. Single rows are medians; batches are timed by processor time. The load is printed, since
a busy machine takes a single row out of the cache.
"""

import argparse
import importlib.metadata
import json
import os
import pathlib
import statistics
import subprocess
import time

import numpy as np
import onnx
import onnxruntime
import shap
from onnx import TensorProto, helper
from sklearn.ensemble import RandomForestRegressor

FEATURES, ROWS, BATCH, SINGLES, EXPLAINED = 8, 8000, 100_000, 4000, 40
OPSETS = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
NAMES = [f"x{i}" for i in range(FEATURES)]


def forest():
    """A forest on 0 and 1 (its mean is the probability), and rows it has not seen."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(ROWS, FEATURES)).astype(np.float32)
    score = 1.5 * x[:, 0] * x[:, 1] + x[:, 2] ** 2 - x[:, 3] + rng.normal(size=ROWS) / 2
    y = (score > np.quantile(score, 0.963)).astype(float)
    flip = rng.random(ROWS) < 0.02
    model = RandomForestRegressor(100, max_features="sqrt", random_state=0, n_jobs=2)
    model.fit(x, np.where(flip, 1 - y, y))
    return model, rng.normal(size=(BATCH, FEATURES)).astype(np.float32)


def ensemble(model):
    """The operator's attributes, with thresholds rounded down to single precision."""
    columns = {name: [] for name in ("tree", "node", "mode", "feature", "value", "left", "right")}
    cover, votes = [], []
    for at, estimator in enumerate(model.estimators_):
        tree = estimator.tree_
        for node in range(tree.node_count):
            leaf = tree.children_left[node] < 0
            threshold = np.float32(0 if leaf else tree.threshold[node])
            if not leaf and threshold > tree.threshold[node]:
                threshold = np.nextafter(threshold, np.float32(-np.inf))
            row = (at, node, "LEAF" if leaf else "BRANCH_LEQ", 0 if leaf else tree.feature[node], threshold)
            children = (0, 0) if leaf else (tree.children_left[node], tree.children_right[node])
            for values, value in zip(columns.values(), row + children):
                values.append(value if isinstance(value, (int, str)) else value.item())
            cover.append(float(tree.weighted_n_node_samples[node]))
            if leaf:
                weight = tree.value[node].item() / len(model.estimators_)
                votes.append((at, node, float(np.float32(weight))))
    return {
        "nodes_treeids": columns["tree"],
        "nodes_nodeids": columns["node"],
        "nodes_modes": columns["mode"],
        "nodes_featureids": columns["feature"],
        "nodes_values": columns["value"],
        "nodes_truenodeids": columns["left"],
        "nodes_falsenodeids": columns["right"],
        "nodes_missing_value_tracks_true": [0] * len(cover),
        "nodes_hitrates": cover,
        "class_treeids": [vote[0] for vote in votes],
        "class_nodeids": [vote[1] for vote in votes],
        "class_ids": [0] * len(votes),
        "class_weights": [vote[2] for vote in votes],
        "classlabels_int64s": [0, 1],
        "post_transform": "NONE",
    }


def save(path, nodes, inputs, outputs, constants=()):
    graph = helper.make_graph(nodes, "bench", inputs, outputs, initializer=list(constants))
    onnx.save(helper.make_model(graph, opset_imports=OPSETS, ir_version=8), path)


def write_models(attributes, ours, theirs):
    trees = lambda: helper.make_node(
        "TreeEnsembleClassifier", ["x"], ["label", "scores"], domain="ai.onnx.ml", **attributes
    )
    info = helper.make_tensor_value_info
    save(
        theirs,
        [trees()],
        [info("x", TensorProto.FLOAT, ["rows", FEATURES])],
        [info("scores", TensorProto.FLOAT, ["rows", 2])],
    )
    nodes = []
    for name in NAMES:
        nodes.append(helper.make_node("Cast", [name], [f"{name}_single"], to=TensorProto.FLOAT))
        nodes.append(helper.make_node("Unsqueeze", [f"{name}_single", "axis"], [f"{name}_column"]))
    nodes += [
        helper.make_node("Concat", [f"{name}_column" for name in NAMES], ["x"], axis=1),
        trees(),
        helper.make_node("Gather", ["scores", "one"], ["score"], axis=1),
        helper.make_node("GreaterOrEqual", ["score", "threshold"], ["positive"]),
        helper.make_node("Cast", ["positive"], ["prediction"], to=TensorProto.INT64),
        helper.make_node("Identity", ["score"], ["probability"]),
    ]
    axis = TensorProto(name="axis", data_type=TensorProto.INT64, dims=[1], int64_data=[1])
    one = TensorProto(name="one", data_type=TensorProto.INT64, int64_data=[1])
    half = TensorProto(name="threshold", data_type=TensorProto.FLOAT, float_data=[0.5])
    save(
        ours,
        nodes,
        [info(name, TensorProto.DOUBLE, ["rows"]) for name in NAMES],
        [
            info("probability", TensorProto.FLOAT, ["rows"]),
            info("prediction", TensorProto.INT64, ["rows"]),
        ],
        [axis, one, half],
    )


def onnxruntime_single(path, rows):
    """Median seconds of one row from Python, with inputs and outputs bound beforehand."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    source, target = np.empty((1, FEATURES), np.float32), np.empty((1, 2), np.float32)
    binding = session.io_binding()
    for bind, name, array in (
        (binding.bind_input, "x", source),
        (binding.bind_output, "scores", target),
    ):
        bind(name, "cpu", 0, array.dtype, array.shape, array.ctypes.data)
    seconds = []
    for row in rows[:SINGLES]:
        start = time.perf_counter()
        source[0] = row
        session.run_with_iobinding(binding)
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def shap_single(model, rows):
    """Median seconds of one row, and the contributions found."""
    explainer = shap.TreeExplainer(model, feature_perturbation="tree_path_dependent")
    seconds, values = [], []
    for row in rows[:EXPLAINED]:
        start = time.perf_counter()
        values.append(explainer.shap_values(row[None, :], check_additivity=False)[0])
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds), np.array(values)


def compare(bench_ort, work):
    """The lines of the table, the forest's files written to the folder `work`."""
    work.mkdir(parents=True, exist_ok=True)
    model, rows = forest()
    attributes = ensemble(model)
    write_models(attributes, work / "ours.onnx", work / "theirs.onnx")
    rows.tofile(work / "rows.f32")

    library = next(pathlib.Path(onnxruntime.__file__).parent.glob("capi/libonnxruntime.so*"))
    load = os.getloadavg()[0]
    answer = subprocess.run(
        [bench_ort, work / "ours.onnx", work / "theirs.onnx", work / "rows.f32",
         str(FEATURES), str(EXPLAINED), library],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    found = json.loads(answer.stdout)
    python = onnxruntime_single(work / "theirs.onnx", rows)
    seconds, values = shap_single(model, rows)
    difference = float(np.abs(values.ravel() - np.array(found["contributions"])).max())
    # shap rounds thresholds and weights its own way.
    assert difference < 1e-4, f"contributions differ by {difference}"

    single, batch = found["single_seconds"], found["batch_rows_per_second"]
    explain = found["explain_seconds"]
    table = [
        ("single row, median", f"onnxruntime, Python, bound arrays: {python * 1e6:.1f} µs",
         f"{single['ours'] * 1e6:.1f} µs", python / single["ours"]),
        ("single row, median", f"onnxruntime, C API: {single['ort'] * 1e6:.1f} µs",
         f"{single['ours'] * 1e6:.1f} µs", single["ort"] / single["ours"]),
        (f"{BATCH:,} rows, one thread", f"onnxruntime, C API: {batch['ort']:,.0f} rows/s",
         f"{batch['ours']:,.0f} rows/s", batch["ours"] / batch["ort"]),
        ("TreeSHAP, one row, median", f"shap: {seconds * 1e3:.2f} ms",
         f"{explain * 1e3:.3f} ms", seconds / explain),
    ]  # fmt: skip
    versions = ", ".join(
        f"{name} {importlib.metadata.version(name)}" for name in ("onnxruntime", "shap")
    )
    nodes = len(attributes["nodes_modes"])
    return [
        f"{len(model.estimators_)} trees, {nodes:,} nodes, {FEATURES} features, one thread; {versions}; "
        f"load {load:.2f}; scores of {found['rows_equal']:,} rows equal to the bit, "
        f"contributions within {difference:.0e}",
        "",
        "| what | against | ours | times |",
        "| --- | --- | --- | --- |",
        *(f"| {what} | {theirs} | {ours} | {times:.1f} |" for what, theirs, ours, times in table),
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bench_ort")
    parser.add_argument("work", type=pathlib.Path)
    arguments = parser.parse_args()
    print("\n".join(compare(arguments.bench_ort, arguments.work)))


if __name__ == "__main__":
    main()
