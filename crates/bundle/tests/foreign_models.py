"""Trains small models with scikit-learn, converts them to ONNX as others do, and compares this engine with onnxruntime.

    python foreign_models.py ANSWERS_BINARY CASES_DIR
    python foreign_models.py record FOLDER

ANSWERS_BINARY is the example `foreign_answers`. Each case is a folder in CASES_DIR: `model.onnx` or an MLflow
folder, `inputs.json` that it is asked, and `answers.json` that the binary writes. Rows are random, on
thresholds, missing and infinite. Labels must be equal, scores within 1e-6 of onnxruntime on one thread.

`record` writes the few models that the Rust tests keep, each with some rows and onnxruntime's answers.
"""

import json
import logging
import pathlib
import shutil
import subprocess
import sys
import warnings

import numpy as np
import onnx
import onnxruntime

import foreign_cases
import foreign_graphs

CLOSE = 1e-6
KINDS = {
    np.dtype(np.float32): "float",
    np.dtype(np.float64): "double",
    np.dtype(np.int64): "int64",
    np.dtype(np.int32): "int32",
    np.dtype(np.bool_): "bool",
}


def jsonable(values):
    """A flat list; what JSON has no number for is text."""
    flat = np.asarray(values).reshape(-1)
    if flat.dtype.kind == "f":
        # As doubles, so that a single prints all of its digits.
        return [float(x) if np.isfinite(x) else str(float(x)) for x in flat]
    return flat.tolist()


def columns_of(case):
    """The inputs as columns of a table: those of a single matrix are called c0, c1, ..."""
    inputs = dict(case.inputs)
    if len(inputs) == 1:
        (matrix,) = inputs.values()
        inputs = {f"c{at}": matrix[:, at] for at in range(matrix.shape[1])}
    # JSON has doubles only, and MLflow casts them.
    double = lambda values: values.astype(np.float64) if values.dtype.kind == "f" else values
    return {name: double(values.reshape(-1)) for name, values in inputs.items()}


def save_by_mlflow(folder, case):
    import mlflow.onnx
    import pandas
    from mlflow.models import infer_signature

    (matrix, *_) = case.inputs.values()
    example = pandas.DataFrame(columns_of(case)) if case.mlflow == "columns" else matrix
    shutil.rmtree(folder)
    copy = onnx.ModelProto.FromString(case.model.SerializeToString())
    mlflow.onnx.save_model(copy, folder, signature=infer_signature(example))


def inputs_of(case):
    inputs = []
    given = columns_of(case) if case.mlflow == "columns" else case.inputs
    for name, values in given.items():
        kind = KINDS.get(values.dtype, "string")
        inputs.append({"name": name, "type": kind, "values": jsonable(values)})
    return {"rows": len(next(iter(case.inputs.values()))), "inputs": inputs}


def write_case(folder, case):
    folder.mkdir(parents=True)
    if case.mlflow:
        save_by_mlflow(folder, case)
    else:
        (folder / "model.onnx").write_bytes(case.model.SerializeToString())
    (folder / "inputs.json").write_text(json.dumps(inputs_of(case)))


def expected(case):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    runtime = onnxruntime.InferenceSession(
        case.model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    answers = runtime.run(None, case.inputs)
    found = {}
    for port, values in zip(runtime.get_outputs(), answers):
        if isinstance(values, list):  # ZipMap
            keys = list(values[0])
            values = np.array([[row[key] for key in keys] for row in values])
            found[port.name + " keys"] = np.array(keys)
        found[port.name] = values
    return found


def differing(mine, theirs, close):
    """Positions in which flat answers differ."""
    if theirs.dtype.kind not in "f":
        return np.flatnonzero(mine != theirs)
    with np.errstate(invalid="ignore"):
        near = np.abs(mine - theirs) <= close * np.maximum(1, np.abs(theirs))
    return np.flatnonzero(~(near | (mine == theirs) | (np.isnan(mine) & np.isnan(theirs))))


def compare(case, answers):
    """How many values were compared, and what differs."""
    try:
        found = expected(case)
    except Exception as error:  # onnxruntime's errors have no common class
        if "error" in answers:
            return 0, []
        return 0, [f"only onnxruntime refuses it: {str(error)[:200]}"]
    if "error" in answers:
        return 0, [f"refused: {answers['error']}"]
    count, problems = 0, []
    outputs = {part["name"]: part for part in answers["outputs"]}
    for name, theirs in found.items():
        is_keys = name.endswith(" keys")
        mine = outputs[name.removesuffix(" keys")]["keys" if is_keys else "values"]
        flat = theirs.reshape(-1)
        if flat.dtype.kind == "f":
            mine = np.array([float(x) for x in mine])
        else:
            mine = np.array(mine, dtype=flat.dtype)
        count += len(flat)
        if len(mine) != len(flat):
            problems.append(f"{name}: {len(mine)} values instead of {len(flat)}")
            continue
        for at in differing(mine, flat, case.close)[:5]:
            problems.append(f"{name}[{at}] of {theirs.shape}: {mine[at]} instead of {flat[at]}")
    return count, problems


RECORDED = [
    "tree_three", "imputed", "logistic_texts", "perceptron_texts", "gaussian_bayes", "svc_binary",
    "columns_mixed", "torch_perceptron", "trees_double_tensor_missing_classes", "trees_mixed_modes",
]


def record(folder):
    """Models and answers for the Rust tests."""
    folder.mkdir(parents=True, exist_ok=True)
    for case in [*foreign_cases.all_cases(), *foreign_graphs.all_graphs()]:
        if case.name not in RECORDED:
            continue
        picked = np.linspace(0, len(next(iter(case.inputs.values()))) - 1, 12).astype(int)
        case.inputs = {name: values[picked] for name, values in case.inputs.items()}
        found = expected(case)
        outputs = [
            {"name": name, "values": jsonable(values), "keys": jsonable(found[name + " keys"])
             if name + " keys" in found else None}
            for name, values in found.items() if not name.endswith(" keys")
        ]
        document = {**inputs_of(case), "outputs": outputs}
        (folder / f"{case.name}.onnx").write_bytes(case.model.SerializeToString())
        (folder / f"{case.name}.json").write_text(json.dumps(document) + "\n")


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: foreign_models.py ANSWERS_BINARY CASES_DIR")
    if sys.argv[1] == "record":
        warnings.filterwarnings("ignore")
        return record(pathlib.Path(sys.argv[2]))
    binary, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    shutil.rmtree(folder, ignore_errors=True)
    warnings.filterwarnings("ignore")
    logging.getLogger("mlflow").setLevel(logging.ERROR)
    cases = [*foreign_cases.all_cases(), *foreign_graphs.all_graphs()]
    for case in cases:
        onnx.checker.check_model(case.model)
        write_case(folder / case.name, case)
    subprocess.run([binary, folder], check=True)
    total, failures = 0, 0
    for case in cases:
        answers = json.loads((folder / case.name / "answers.json").read_text())
        count, problems = compare(case, answers)
        total += count
        failures += bool(problems)
        if problems or not case.name.startswith(("trees_", "op_", "ml_")):
            both = "" if count else " (refused by onnxruntime as well)"
            print(f"{case.name}: {count} values, {len(problems)} differences shown{both}")
        for problem in problems:
            print(f"    {problem}")
    print(
        f"onnxruntime {onnxruntime.__version__}, onnx {onnx.__version__}: {len(cases)} models, "
        f"{total} values, {failures} models differ"
    )
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
