"""`/invocations` beside a real `mlflow models serve` of the same bundle: the same shape, and numbers within 1e-6."""

import contextlib
import json
import math
import os
import pathlib
import sys

import mlflow
import numpy as np
import pandas as pd
import requests

import rows

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "registry"))

import services  # noqa: E402

JSON, CSV = "application/json", "text/csv"


@contextlib.contextmanager
def scoring(mlflow_program, bundle, folder, workers=1):
    """MLflow's own scoring server of a bundle."""
    port = services.free_port()
    command = [mlflow_program, "models", "serve", "-m", bundle, "--env-manager", "local"]
    command += ["--host", "127.0.0.1", "--port", port, "--workers", workers]
    # It starts uvicorn, which is beside it, by name.
    path = {"PATH": f"{mlflow_program.parent}{os.pathsep}{os.environ['PATH']}"}
    url = f"http://127.0.0.1:{port}"
    with services.running(command, f"{url}/ping", folder / "mlflow.log", services.environment(path), folder):
        yield url


def accepted(names, table):
    """What both take: the ways that MLflow documents to write rows."""
    columns, first = rows.as_columns(names, table), dict(zip(names, table[0]))
    objects = [dict(zip(names, row)) for row in table]
    other_way = list(reversed(names))
    return {
        "dataframe_split": (JSON, rows.split(names, table)),
        "dataframe_split, columns in another order": (
            JSON, rows.split(other_way, [list(reversed(row)) for row in table])
        ),
        "dataframe_split with an index": (
            JSON, {"dataframe_split": rows.split(names, table)["dataframe_split"] | {"index": list(range(len(table)))}}
        ),
        "dataframe_split of no row": (JSON, rows.split(names, [])),
        "dataframe_records": (JSON, rows.records(names, table)),
        "instances of objects": (JSON, {"instances": objects}),
        "instances of columns": (JSON, {"instances": columns}),
        "inputs of columns": (JSON, {"inputs": columns}),
        "inputs of objects": (JSON, {"inputs": objects}),
        "inputs of one row": (JSON, {"inputs": first}),
        "charset=utf-8": (f"{JSON}; charset=utf-8", rows.split(names, table)),
        "csv": (CSV, rows.csv(names, table)),
        "csv with charset": (f"{CSV}; charset=utf-8", rows.csv(names, table)),
    }


def refused(names, table):
    """What ours refuses, with MLflow's status and ours, and why they differ where they do."""
    split = rows.split(names, table)["dataframe_split"]
    text = [["x", *table[0][1:]]]
    missing = [[None, *table[0][1:]]]
    return {
        "a missing column": (JSON, rows.split(names[1:], [row[1:] for row in table]), 400),
        "a text for a number": (JSON, rows.split(names, text), 400),
        "no form": (JSON, {}, 400),
        "two forms": (JSON, rows.split(names, table) | rows.records(names, table), 400),
        "not JSON": (JSON, "{", 400),
        "rows without names": (JSON, {"inputs": table}, 400),
        "another type": ("text/plain", "1", 415),
        # Ours is strict where MLflow drops or guesses.
        "an extra column": (JSON, {"dataframe_split": {
            "columns": [*names, "other"], "data": [[*row, 1.0] for row in split["data"]]}}, 200),
        "null in a column that is never null": (JSON, rows.split(names, missing), 200),
    }


def post(url, kind, body):
    data = body if isinstance(body, str) else json.dumps(body)
    return requests.post(f"{url}/invocations", data=data, headers={"content-type": kind}, timeout=60)


def shape(value):
    """What a JSON value looks like without its numbers."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value]
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    return type(value).__name__


def numbers(value):
    if isinstance(value, dict):
        return [number for inner in value.values() for number in numbers(inner)]
    if isinstance(value, list):
        return [number for inner in value for number in numbers(inner)]
    return [value]


def same(form, theirs, ours):
    """What differs between two answers; nothing if they are the same."""
    if theirs.status_code != ours.status_code:
        return [f"{form}: MLflow answers {theirs.status_code}, ours {ours.status_code}: {ours.text[:200]}"]
    a, b = theirs.json(), ours.json()
    if shape(a) != shape(b):
        return [f"{form}: MLflow's answer looks like {json.dumps(a)[:300]}, ours like {json.dumps(b)[:300]}"]
    if not all(math.isclose(x, y, rel_tol=1e-6, abs_tol=1e-6) for x, y in zip(numbers(a), numbers(b))):
        return [f"{form}: other numbers: {json.dumps(a)[:300]} and {json.dumps(b)[:300]}"]
    return []


def compare(mlflow_program, bundle, url, folder):
    """The differences between MLflow's scoring server and ours, one a line."""
    names, table, found = list(rows.fields(bundle)), rows.draw(bundle, 7), []
    with scoring(mlflow_program, bundle, folder) as real:
        for form, (kind, body) in accepted(names, table).items():
            found += same(form, post(real, kind, body), post(url, kind, body))
        for form, (kind, body, status) in refused(names, table).items():
            theirs, ours = post(real, kind, body), post(url, kind, body)
            if theirs.status_code != status:
                found.append(f"{form}: MLflow answers {theirs.status_code}, known was {status}")
            if not 400 <= ours.status_code < 500:
                found.append(f"{form}: ours answers {ours.status_code}: {ours.text[:200]}")
            elif "message" not in ours.json() or "error_code" not in ours.json():
                found.append(f"{form}: ours has no error_code and message: {ours.text[:200]}")
            elif status != 200 and theirs.status_code != ours.status_code:
                found.append(f"{form}: MLflow answers {theirs.status_code}, ours {ours.status_code}: {ours.text[:200]}")
        for path in ("/ping", "/health", "/version"):
            theirs, ours = (requests.get(at + path, timeout=60) for at in (real, url))
            if theirs.status_code != ours.status_code or (path != "/health" and theirs.text != ours.text):
                found.append(f"{path}: MLflow answers {theirs.status_code} {theirs.text!r}, ours {ours.status_code} {ours.text!r}")
    return found


def pyfunc(bundle, url):
    """`mlflow.pyfunc` opens the bundle itself and gives what the server gives."""
    names, table = list(rows.fields(bundle)), rows.draw(bundle, 50)
    frame = pd.DataFrame(table, columns=names)
    for name, texts in rows.fields(bundle).items():
        frame[name] = frame[name].astype(object if texts else "float64")
    expected = mlflow.pyfunc.load_model(str(bundle)).predict(frame)
    answer = post(url, JSON, {"dataframe_split": frame.to_dict(orient="split")})
    assert answer.status_code == 200, answer.text
    found = pd.DataFrame(answer.json()["predictions"])
    assert list(found.columns) == list(expected.columns), (found.columns, expected.columns)
    for name in found.columns:
        assert np.allclose(found[name], expected[name], rtol=1e-6, atol=1e-6), name
    return found
