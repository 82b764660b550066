"""Opens registered bundles with MLflow, sends the guide's row, and compares with what our server answers.

    python mlflow_guide.py GAUNTLET_SERVE ROOT...
"""

import json
import pathlib
import sys

import mlflow
import pandas as pd

import guide
from server import serving


def check(binary, root):
    registry = root / "registry"
    model = guide.published(registry)
    assert model, f"no champion of {guide.MODEL} in {registry}"
    pointer = json.loads((registry / "published" / model / "champion.json").read_text())
    opened = mlflow.pyfunc.load_model(str(registry / pointer["artifact"]))
    rows = pd.DataFrame([guide.FEATURES]).astype("float64")
    found = opened.predict(rows)
    with serving(binary, registry) as server:
        status, answer = server.predict(guide.request(model))
    assert status == 200, answer
    assert [int(label) for label in found["prediction"]] == answer["prediction"], (found, answer)
    assert abs(float(found["probability"][0]) - answer["probability"]) <= 1e-6, (found, answer)
    print(f"{root}: {model} answers the guide's row {answer['prediction']} in MLflow and in our server")


def main():
    if len(sys.argv) < 3:
        sys.exit("usage: mlflow_guide.py GAUNTLET_SERVE ROOT...")
    for root in sys.argv[2:]:
        check(sys.argv[1], pathlib.Path(root))


if __name__ == "__main__":
    main()
