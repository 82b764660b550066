"""Opens bundles with MLflow and compares its answers with the recorded ones.

    python mlflow_opens.py BUNDLE_DIR...

Each bundle must load as a `python_function` and as an `onnx` model, with a readable signature, and
answer the rows of its own example.json: labels equal, numbers within 1e-6.
"""

import json
import pathlib
import sys

import mlflow
import numpy as np
import pandas as pd


def columns(outputs):
    """The recorded answers, by the name of the graph's output."""
    found = {}
    for name, values in outputs.items():
        if name == "probabilities":
            table = np.array(values, dtype=np.float32)
            found |= {f"probability_{k}": table[:, k] for k in range(table.shape[1])}
        elif all(isinstance(value, int) for value in values):
            found[name] = np.array(values, dtype=np.int64)
        else:
            found[name] = np.array(values, dtype=np.float32)
    return found


def check(folder):
    example = json.loads((folder / "example.json").read_text())
    fields = json.loads((folder / "signature.json").read_text())["raw"]
    rows = pd.DataFrame(example["inputs"], columns=[field["name"] for field in fields])
    for field in fields:
        # Texts as objects: MLflow passes pandas 3's own string arrays on to onnxruntime, which
        # refuses them for any model.
        kind = "float64" if field["kind"]["type"] == "number" else object
        rows[field["name"]] = rows[field["name"]].astype(kind)
    expected = columns(example["outputs"])

    model = mlflow.pyfunc.load_model(str(folder))
    found = model.predict(rows)
    assert sorted(found.columns) == sorted(expected), found.columns
    for name, values in expected.items():
        if values.dtype == np.int64:
            assert np.array_equal(found[name], values), found
        else:
            tolerance = 1e-6 * np.maximum(1, np.abs(values))
            assert np.all(np.abs(found[name] - values) <= tolerance), found

    assert [column.name for column in model.metadata.signature.inputs] == list(rows.columns)
    signature = mlflow.models.get_model_info(str(folder)).signature
    assert [column.name for column in signature.outputs] == list(expected)
    graph = mlflow.onnx.load_model(str(folder)).graph
    assert [port.name for port in graph.input] == list(rows.columns)
    print(f"{folder}: {len(rows)} rows as recorded")


def main():
    if len(sys.argv) < 2:
        sys.exit("usage: mlflow_opens.py BUNDLE_DIR...")
    for folder in sys.argv[1:]:
        check(pathlib.Path(folder))
    print(f"mlflow {mlflow.__version__}: {len(sys.argv) - 1} bundles")


if __name__ == "__main__":
    main()
